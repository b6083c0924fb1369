"""Every verb of the market, said once for the blocking and the awaiting client.

The one idea: a method here describes a conversation (see `exchange.py`); calling it on `Client`
gives the answer, on `AsyncClient` something to await. Answers are the wire's own records: decimal
strings with the unit in the field's name, times in UTC. docs/wire.md lists the fields.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from wattmarket.errors import UsageError
from wattmarket.exchange import Exchange, Group, S_co, verb
from wattmarket.session import Session
from wattmarket.tables import Format, Json, Record, Table, table

Time = str | dt.datetime
Number = str | Decimal | int

ORDERS_PER_BATCH = 10_000
ROWS_PER_PAGE = 1_000


class Verbs(Group[S_co]):
    """What all groups of verbs need: asking, in the session's market, page by page."""

    @property
    def _asking(self) -> Session:
        return cast("Session", self._session)  # both kinds of session are

    def _get(self, path: str, **params: Json) -> Exchange[Json]:
        return (yield from self._asking.ask("GET", self._asking.in_market(path), params=params))

    def _post(self, path: str, json: Json, *, repeatable: bool = True) -> Exchange[Json]:
        address = self._asking.in_market(path)
        return (yield from self._asking.ask("POST", address, json=json, repeatable=repeatable))

    def _rows(self, path: str, as_: Format, **params: Json) -> Exchange[Table]:
        """All pages of a list as one table."""
        rows: list[Record] = []
        cursor: str | None = None
        while True:
            page = yield from self._get(path, limit=ROWS_PER_PAGE, cursor=cursor, **params)
            rows += page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return table(rows, as_)


class Orders(Verbs[S_co]):
    """Orders: place, cancel, list."""

    @verb
    def place(
        self,
        *,
        unit_id: str,
        start: Time,
        side: str,
        price_per_mwh: Number,
        energy_kwh: Number,
        end: Time | None = None,
        client_order_id: str | None = None,
        kind: str = "limit",
    ) -> Exchange[Record]:
        """Place one order and return it as the market keeps it.

        Args:
            unit_id: the unit that delivers or takes.
            start: start of the delivery interval.
            side: "buy" or "sell".
            price_per_mwh: limit price, at most 2 decimals.
            energy_kwh: quantity, positive, at most 3 decimals.
            end: end of the delivery interval; None: as the market's intervals are.
            client_order_id: your own name for it; the same order again under the same name is
                answered again and placed once. None: one is made.
            kind: "limit".

        Raises:
            RefusedError: with the reason's code.
        """
        order = {
            "kind": kind,
            "client_order_id": client_order_id or new_client_order_id(),
            "unit_id": unit_id,
            "start": start,
            "side": side,
            "price_per_mwh": price_per_mwh,
            "energy_kwh": energy_kwh,
        }
        if end is not None:
            order["end"] = end
        record: Record = yield from self._post("orders", order)
        return record

    @verb
    def place_many(
        self, orders: Table | Iterable[Mapping[str, Any]], *, atomic: bool = False
    ) -> Exchange[list[Record]]:
        """Place many orders; one result each, in the order given.

        Args:
            orders: mappings with the fields of `place`, or a frame with such columns.
            atomic: True: all or none; then at most 10,000.

        Returns:
            Records with client_order_id, status ("accepted", "repeated" or "rejected"),
            order_id, code, detail. A rejected order is a result, not an exception.
        """
        named = [_with_name(order) for order in _mappings(orders)]
        if atomic and len(named) > ORDERS_PER_BATCH:
            raise UsageError(f"an atomic batch holds at most {ORDERS_PER_BATCH} orders")
        results: list[Record] = []
        for first in range(0, len(named), ORDERS_PER_BATCH):
            part = named[first : first + ORDERS_PER_BATCH]
            answer = yield from self._post("orders:batch", {"orders": part, "atomic": atomic})
            results += answer["items"]
        return results

    @verb
    def cancel(self, order_id: str) -> Exchange[Record]:
        """Cancel one order and return it."""
        path = self._asking.in_market(f"orders/{order_id}")
        record: Record = yield from self._asking.ask("DELETE", path)
        return record

    @verb
    def cancel_many(self, order_ids: Iterable[str]) -> Exchange[list[Record]]:
        """Cancel several orders; one result each, in the order given."""
        answer = yield from self._post("orders:cancel", {"order_ids": list(order_ids)})
        rows: list[Record] = answer["items"]
        return rows

    @verb
    def get(self, order_id: str) -> Exchange[Record]:
        """One order."""
        record: Record = yield from self._get(f"orders/{order_id}")
        return record

    @verb
    def list(
        self,
        *,
        start: Time | None = None,
        state: str | None = None,
        unit_id: str | None = None,
        client_order_id: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Orders, filtered, as a table."""
        return (
            yield from self._rows(
                "orders",
                as_,
                start=start,
                state=state,
                unit_id=unit_id,
                client_order_id=client_order_id,
            )
        )


class MarketVerbs(Verbs[S_co]):
    """What everybody, a participant, an area and an operator can ask and say."""

    def __init__(self, session: S_co) -> None:
        super().__init__(session)
        self.orders: Orders[S_co] = Orders(session)

    # Everybody

    @verb
    def health(self) -> Exchange[Record]:
        """Whether the server is well, and its version."""
        record: Record = yield from self._asking.ask("GET", "/v1/health")
        return record

    @verb
    def clock(self) -> Exchange[Record]:
        """The market's clock: now, speed, simulated, running."""
        record: Record = yield from self._asking.ask("GET", "/v1/clock")
        return record

    @verb
    def markets(self) -> Exchange[list[Record]]:
        """The markets of the server."""
        answer = yield from self._asking.ask("GET", "/v1/markets")
        rows: list[Record] = answer["items"]
        return rows

    @verb
    def definition(self) -> Exchange[Record]:
        """The market's rules, areas and lines."""
        path = f"/v1/markets/{self._asking.market}"
        record: Record = yield from self._asking.ask("GET", path)
        return record

    @verb
    def prices(
        self, *, from_: Time | None = None, to: Time | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Prices and traded energy per area and interval, as a table."""
        return (yield from self._rows("prices", as_, **{"from": from_, "to": to}))

    @verb
    def intervals(
        self, *, from_: Time | None = None, to: Time | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Phase, result, areas and lines per interval, as a table."""
        return (yield from self._rows("intervals", as_, **{"from": from_, "to": to}))

    @verb
    def curves(self, start: Time) -> Exchange[Record]:
        """Supply and demand of one interval, once its result is out."""
        record: Record = yield from self._get("curves", start=start)
        return record

    # A participant

    @verb
    def account(self) -> Exchange[Record]:
        """Balance, held and available money."""
        record: Record = yield from self._get("account")
        return record

    @verb
    def statement(
        self, *, from_: Time | None = None, to: Time | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Money received (positive) and paid per kind, as a table."""
        answer = yield from self._get("account/statement", **{"from": from_, "to": to})
        return table(answer["items"], as_)

    @verb
    def trades(
        self,
        *,
        start: Time | None = None,
        unit_id: str | None = None,
        from_: Time | None = None,
        to: Time | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Trades, filtered, as a table."""
        return (
            yield from self._rows(
                "trades", as_, start=start, unit_id=unit_id, **{"from": from_, "to": to}
            )
        )

    @verb
    def setpoints(self, *, start: Time | None = None, as_: Format = "records") -> Exchange[Table]:
        """Set-points of the units one may see, as a table."""
        return (yield from self._rows("setpoints", as_, start=start))

    @verb
    def measurements(
        self, *, from_: Time | None = None, to: Time | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Meter readings of the units one may see, as a table."""
        return (yield from self._rows("measurements", as_, **{"from": from_, "to": to}))

    # An area's gateway or a device

    @verb
    def report_measurements(
        self, area_id: str, items: Iterable[Mapping[str, Any]]
    ) -> Exchange[int]:
        """Report meter readings; returns how many were taken.

        Args:
            area_id: the area of the units.
            items: mappings with unit_id, start, consumption_kwh, generation_kwh and
                state_of_charge_kwh (None: it stores nothing).
        """
        answer = yield from self._post(
            "measurements:batch", {"area_id": area_id, "items": list(items)}
        )
        return int(answer["count"])

    @verb
    def participants(self, *, as_: Format = "records") -> Exchange[Table]:
        """The participants one may see, as a table."""
        return (yield from self._rows("participants", as_))

    @verb
    def units(self, *, as_: Format = "records") -> Exchange[Table]:
        """The units one may see, as a table."""
        return (yield from self._rows("units", as_))

    # An operator

    @verb
    def create_market(self, definition: Mapping[str, Any]) -> Exchange[Record]:
        """Create a market from its definition; the same again is harmless."""
        record: Record = yield from self._asking.ask("POST", "/v1/markets", json=definition)
        return record

    @verb
    def add_participants(self, items: Iterable[Mapping[str, Any]]) -> Exchange[int]:
        """Add participants, all or none; the same again is harmless."""
        return (yield from self._add("participants:batch", items))

    @verb
    def add_units(self, items: Iterable[Mapping[str, Any]]) -> Exchange[int]:
        """Add units, all or none; the same again is harmless."""
        return (yield from self._add("units:batch", items))

    @verb
    def add_deposits(self, items: Iterable[Mapping[str, Any]]) -> Exchange[int]:
        """Book deposits, all or none; the same again is harmless."""
        return (yield from self._add("deposits:batch", items))

    @verb
    def create_clients(self, items: Iterable[Mapping[str, Any]]) -> Exchange[list[Record]]:
        """Make credentials; the secrets are shown this once. Each call makes new ones."""
        answer = yield from self._post("clients:batch", {"items": list(items)}, repeatable=False)
        rows: list[Record] = answer["items"]
        return rows

    @verb
    def start_clock(self) -> Exchange[Record]:
        """Start a simulated clock that waits."""
        record: Record = yield from self._asking.ask("POST", "/v1/clock:start")
        return record

    @verb
    def deviations(self, start: Time, *, as_: Format = "records") -> Exchange[Table]:
        """Scheduled and measured energy of one interval at every level, as a table."""
        return (yield from self._rows("deviations", as_, start=start))

    @verb
    def ledger(self) -> Exchange[Record]:
        """Every account's balance and their sum."""
        record: Record = yield from self._get("ledger")
        return record

    @verb
    def report(self, day: str) -> Exchange[Record]:
        """Totals of a market day, "2016-06-15"."""
        record: Record = yield from self._get("report", day=day)
        return record

    def _add(self, path: str, items: Iterable[Mapping[str, Any]]) -> Exchange[int]:
        answer = yield from self._post(path, {"items": list(items)})
        return int(answer["count"])


def new_client_order_id() -> str:
    """A name for an order that nobody else has."""
    return uuid.uuid4().hex


def _mappings(orders: Table) -> Iterator[Mapping[str, Any]]:
    """Rows of a frame (polars: iter_rows; arrow: to_pylist; pandas: to_dict) or mappings as given."""
    if hasattr(orders, "iter_rows"):
        return iter(orders.iter_rows(named=True))
    if hasattr(orders, "to_pylist"):
        return iter(orders.to_pylist())
    if hasattr(orders, "to_dict"):
        return iter(orders.to_dict("records"))
    return iter(orders)


def _with_name(order: Mapping[str, Any]) -> dict[str, Any]:
    """The order with its kind and with a client_order_id, which is made before the first sending."""
    named = {"kind": "limit", **order}
    if named.get("client_order_id") is None:
        named["client_order_id"] = new_client_order_id()
    return named
