"""Every verb of the market, said once for the blocking and the awaiting client.

The one idea: a method here describes a conversation (see `exchange.py`); calling it on `Client`
gives the answer, on `AsyncClient` something to await. Answers are the wire's own records: decimal
strings with the unit in the field's name, times in UTC. docs/wire.md lists the fields.
"""

# house: long because every verb has its one description here.

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Unpack

from wattmarket.acts import Acts
from wattmarket.alarms import Alarms
from wattmarket.asking import ROWS_PER_PAGE, Number, Time, Verbs, new_own_id
from wattmarket.balance_groups import BalanceGroups
from wattmarket.call_orders import CallOrders
from wattmarket.cases import Cases
from wattmarket.certificates import Certificates
from wattmarket.changes import OrderChanges, OrderOptions, asked_options
from wattmarket.collateral import Collateral
from wattmarket.errors import RefusedError, UsageError, further_down
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.mandates import Limits, Mandates
from wattmarket.networks import Networks
from wattmarket.offers import Contracts, Inquiries, Listings, Standing
from wattmarket.payments import Payments
from wattmarket.recalls import Recalls
from wattmarket.reports import Reports
from wattmarket.runs import Runs
from wattmarket.session import read_answer
from wattmarket.stops import Stops
from wattmarket.tables import (
    CSV,
    FRAME_FILES,
    Format,
    Part,
    Record,
    Table,
    arrow_orders,
    frame_parts,
    read_frame,
    table,
    text_parts,
)

ORDERS_PER_BATCH = 10_000


class Orders(OrderChanges[S_co], CallOrders[S_co]):
    """Orders: place, change, cancel, list, explain."""

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
        on_behalf_of: str | None = None,
        **options: Unpack[OrderOptions],
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
            on_behalf_of: the owner for whom one acts under a mandate; None: for oneself.
            **options: what else it asks: tif, expires, post_only, display_kwh ... (`OrderOptions`).

        Raises:
            RefusedError: with the reason's code.
            UsageError: there is no such option.
        """
        order = {
            "kind": kind,
            "client_order_id": client_order_id or new_client_order_id(),
            "unit_id": unit_id,
            "start": start,
            "side": side,
            "price_per_mwh": price_per_mwh,
            "energy_kwh": energy_kwh,
            **asked_options(options),
        }
        if end is not None:
            order["end"] = end
        path = self._asking.in_market("orders")
        record: Record = yield from self._asking.ask(
            "POST", path, params={"on_behalf_of": on_behalf_of}, json=order
        )
        return record

    @verb
    def place_many(
        self,
        orders: Table | Iterable[Mapping[str, Any]],
        *,
        atomic: bool = False,
        on_behalf_of: str | None = None,
    ) -> Exchange[list[Record]]:
        """Place many orders; one result each, in the order given.

        Args:
            orders: mappings with the fields of `place`, or a frame with such columns.
            atomic: True: all or none; then at most 10,000.
            on_behalf_of: the owner for whom one acts under a mandate; None: for oneself.

        Returns:
            Records with client_order_id, status ("accepted", "repeated" or "rejected"),
            order_id, code, detail. A rejected order is a result, not an exception.

        Raises:
            UsageError: an atomic batch of more.
        """
        named = [_with_name(order) for order in _mappings(orders)]
        if atomic and len(named) > ORDERS_PER_BATCH:
            raise UsageError(f"an atomic batch holds at most {ORDERS_PER_BATCH} orders")
        results: list[Record] = []
        for first in range(0, len(named), ORDERS_PER_BATCH):
            part = named[first : first + ORDERS_PER_BATCH]
            answer = yield from self._asking.ask(
                "POST",
                self._asking.in_market("orders:batch"),
                params={"on_behalf_of": on_behalf_of},
                json={"orders": part, "atomic": atomic},
            )
            results += answer["items"]
        return results

    @verb
    def submit(
        self,
        orders: Table | Iterable[Mapping[str, Any]],
        *,
        atomic: bool = False,
        on_behalf_of: str | None = None,
    ) -> Exchange[list[Record]]:
        """Place very many orders, sent as Arrow columns; one result each, in the order given.

        Args:
            orders: a frame (polars, pyarrow, pandas) with the fields of `place` as columns, or
                mappings with such fields. Energy and price are text or decimals, or whole numbers
                in columns named energy_wh and price_ticks; a float is refused. Times have a zone.
                Without a column client_order_id, names are made.
            atomic: True: all or none; then at most 10,000.
            on_behalf_of: the owner for whom one acts under a mandate; None: for oneself.

        Returns:
            The same records as `place_many`.

        Raises:
            UsageError: an atomic batch of more, or columns that have no form on the wire.
        """
        table = arrow_orders(orders, new_client_order_id)
        if atomic and table.num_rows > ORDERS_PER_BATCH:
            raise UsageError(f"an atomic batch holds at most {ORDERS_PER_BATCH} orders")
        params = {"atomic": "true" if atomic else None, "on_behalf_of": on_behalf_of}
        results: list[Record] = []
        for part in frame_parts(table, ORDERS_PER_BATCH):
            results += yield from self._batch(part, params)
        return results

    @verb
    def submit_file(
        self,
        path: str | Path,
        *,
        atomic: bool = False,
        label: str = "start",
        on_behalf_of: str | None = None,
    ) -> Exchange[list[Record]]:
        """Place the orders of a file, in parts of 10,000; one result each, in the order they stand.

        Args:
            path: CSV as a spreadsheet writes it, NDJSON (.ndjson, .jsonl), Parquet (.parquet) or
                Arrow (.arrow, .feather, .ipc). Text goes as it is, so a fault is told with its line.
            atomic: True: all or none; then at most 10,000.
            label: "end": the times are the ends of intervals.
            on_behalf_of: the owner for whom one acts under a mandate; None: for oneself.

        Raises:
            RefusedError: a part was not understood. Parts before it have been placed; the file may
                be sent again, since each order has its client_order_id.
        """
        file = Path(path)
        parts = (
            list(frame_parts(read_frame(file), ORDERS_PER_BATCH))
            if file.suffix.lower() in FRAME_FILES
            else text_parts(file, ORDERS_PER_BATCH)
        )
        if atomic and len(parts) > 1:
            raise UsageError(f"an atomic batch holds at most {ORDERS_PER_BATCH} orders")
        params = {
            "atomic": "true" if atomic else None,
            "label": None if label == "start" else label,
            "on_behalf_of": on_behalf_of,
        }
        results: list[Record] = []
        for part in parts:
            try:
                results += yield from self._batch(part, params)
            except RefusedError as refused:
                raise further_down(refused, part.lines_before) from None
        return results

    def _batch(self, part: Part, params: Mapping[str, Any]) -> Exchange[list[Record]]:
        response = yield from self._asking.fetch(
            "POST",
            self._asking.in_market("orders:batch"),
            params=params,
            body=part.body,
            media=part.media,
        )
        rows: list[Record] = read_answer(response)["items"]
        return rows

    @verb
    def cancel(self, order_id: str, *, on_behalf_of: str | None = None) -> Exchange[Record]:
        """Cancel one order, one's own or one placed for somebody, and return it."""
        path = self._asking.in_market(f"orders/{order_id}")
        record: Record = yield from self._asking.ask(
            "DELETE", path, params={"on_behalf_of": on_behalf_of}
        )
        return record

    @verb
    def cancel_many(
        self, order_ids: Iterable[str], *, on_behalf_of: str | None = None
    ) -> Exchange[list[Record]]:
        """Cancel several orders; one result each, in the order given."""
        answer = yield from self._asking.ask(
            "POST",
            self._asking.in_market("orders:cancel"),
            params={"on_behalf_of": on_behalf_of},
            json={"order_ids": list(order_ids)},
        )
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
        on_behalf_of: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Orders, filtered, as a table; `on_behalf_of`: those one placed for that owner."""
        return (
            yield from self._frame(
                "orders",
                as_,
                start=start,
                state=state,
                unit_id=unit_id,
                client_order_id=client_order_id,
                on_behalf_of=on_behalf_of,
            )
        )


class Access(Verbs[S_co]):
    """Credentials of one's own and of one's units' devices; an operator's of everybody."""

    @verb
    def create_code(
        self,
        role: str,
        *,
        participant_id: str | None = None,
        area_id: str | None = None,
        unit_id: str | None = None,
        lifetime_s: int | None = None,
    ) -> Exchange[Record]:
        """Make a one-time code that becomes credentials; its `code` is shown this once.

        Args:
            role: "participant", "device", "area" or "operator".
            participant_id: for a participant: which.
            area_id: for an area: which.
            unit_id: for a device: its unit.
            lifetime_s: how long it is good; None: a day.
        """
        wanted = {
            "role": role,
            "participant_id": participant_id,
            "area_id": area_id,
            "unit_id": unit_id,
            "lifetime_s": lifetime_s,
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        record: Record = yield from self._post("enrolments", body, act=True)
        return record

    @verb
    def codes(self, *, as_: Format = "records") -> Exchange[Table]:
        """One-time codes one may see, without the codes themselves, as a table."""
        return (yield from self._rows("enrolments", as_))

    @verb
    def revoke_code(self, enrolment_id: str) -> Exchange[Record]:
        """Let a one-time code be used no more."""
        record: Record = yield from self._post(f"enrolments/{enrolment_id}:revoke", {})
        return record

    @verb
    def enrol(self, code: str) -> Exchange[Record]:
        """Turn a one-time code into credentials; needs none. `client_secret` is shown this once."""
        record: Record = yield from self._asking.ask(
            "POST", "/v1/enrol", json={"code": code}, act=True
        )
        return record

    @verb
    def clients(self) -> Exchange[list[Record]]:
        """The clients one may see, without secrets."""
        rows: list[Record] = []
        cursor: str | None = None
        while True:
            params = {"limit": ROWS_PER_PAGE, "cursor": cursor}
            page = yield from self._asking.ask("GET", "/v1/clients", params=params)
            rows += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows

    @verb
    def rotate(self, client_id: str, *, grace_s: int = 0) -> Exchange[Record]:
        """Give a client a new secret, shown this once.

        Args:
            client_id: one's own, or of a unit of one's own.
            grace_s: how long the secret before stays good beside it, at most a day.
        """
        record: Record = yield from self._asking.ask(
            "POST", f"/v1/clients/{client_id}:rotate", json={"grace_s": grace_s}, act=True
        )
        return record

    @verb
    def revoke(self, client_id: str) -> Exchange[Record]:
        """Let a client in no more, for good; its sockets close."""
        record: Record = yield from self._asking.ask(
            "POST", f"/v1/clients/{client_id}:revoke", json={}
        )
        return record

    @verb
    def limits(self) -> Exchange[Record]:
        """One's own budgets and what is left of them."""
        record: Record = yield from self._asking.ask("GET", "/v1/me/limits")
        return record

    @verb
    def suspend(self, participant_id: str, *, reason: str) -> Exchange[Record]:
        """Keep a participant out of the market (operators)."""
        record: Record = yield from self._post(
            f"participants/{participant_id}:suspend", {"reason": reason}
        )
        return record

    @verb
    def unsuspend(self, participant_id: str) -> Exchange[Record]:
        """Let a participant in again (operators)."""
        record: Record = yield from self._post(f"participants/{participant_id}:unsuspend", {})
        return record

    @verb
    def suspensions(self) -> Exchange[list[Record]]:
        """Who is kept out, and why (operators)."""
        answer = yield from self._get("suspensions")
        rows: list[Record] = answer["items"]
        return rows


class MarketVerbs(Verbs[S_co]):
    """What everybody, a participant, an area and an operator can ask and say."""

    def __init__(self, session: S_co) -> None:
        super().__init__(session)
        self.orders: Orders[S_co] = Orders(session)
        self.access: Access[S_co] = Access(session)
        self.listings: Listings[S_co] = Listings(session)
        self.inquiries: Inquiries[S_co] = Inquiries(session)
        self.contracts: Contracts[S_co] = Contracts(session)
        self.standing: Standing[S_co] = Standing(session)
        self.stops: Stops[S_co] = Stops(session)
        self.recalls: Recalls[S_co] = Recalls(session)
        self.reports: Reports[S_co] = Reports(session)
        self.runs: Runs[S_co] = Runs(session)
        self.payments: Payments[S_co] = Payments(session)
        self.acts: Acts[S_co] = Acts(session)
        self.alarms: Alarms[S_co] = Alarms(session)
        self.cases: Cases[S_co] = Cases(session)
        self.certificates: Certificates[S_co] = Certificates(session)
        self.balance_groups: BalanceGroups[S_co] = BalanceGroups(session)
        self.mandates: Mandates[S_co] = Mandates(session)
        self.networks: Networks[S_co] = Networks(session)
        self.limits: Limits[S_co] = Limits(session)
        self.collateral: Collateral[S_co] = Collateral(session)

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
        return (yield from self._frame("prices", as_, **{"from": from_, "to": to}))

    @verb
    def intervals(
        self, *, from_: Time | None = None, to: Time | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Phase, result, areas and lines per interval, as a table."""
        return (yield from self._rows("intervals", as_, **{"from": from_, "to": to}))

    @verb
    def area_trades(
        self,
        area_id: str,
        *,
        start: Time | None = None,
        from_: Time | None = None,
        to: Time | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """An area's trades as everybody sees them, without a name, as a table."""
        path = f"areas/{area_id}/trades"
        return (yield from self._frame(path, as_, start=start, **{"from": from_, "to": to}))

    @verb
    def depth(self, area_id: str, *, start: Time | None = None) -> Exchange[Record]:
        """The open book of continuous trading; "market": what small areas hold together."""
        record: Record = yield from self._get("depth", area_id=area_id, start=start)
        return record

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
    def bills(
        self, *, month: str | None = None, state: str | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Bills: one's own that were issued; for operators all, drafts too.

        Args:
            month: only of one, "2016-06".
            state: only draft, issued or replaced.
            as_: records, or a frame.
        """
        return (yield from self._rows("bills", as_, month=month, state=state))

    @verb
    def bill_details(self, bill_id: str, *, as_: Format = "records") -> Exchange[Table]:
        """Every trade and posting behind the lines of one bill."""
        return (yield from self._rows(f"bills/{bill_id}/details", as_))

    @verb
    def bill_page(
        self, bill_id: str, *, language: str = "en", media: str = "text/html"
    ) -> Exchange[bytes]:
        """One bill as a page for people, to be written to a file.

        Args:
            bill_id: which.
            language: "en" or "zh".
            media: "text/html", or "application/pdf" where the server has the extra.

        Raises:
            RefusedError: PDF_NOT_INSTALLED: it has not.
        """
        path = self._asking.in_market(f"bills/{bill_id}/page")
        response = yield from self._asking.fetch(
            "GET", path, params={"language": language}, accept=media
        )
        return response.content

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
            yield from self._frame(
                "trades", as_, start=start, unit_id=unit_id, **{"from": from_, "to": to}
            )
        )

    @verb
    def positions(
        self,
        *,
        start: Time | None = None,
        unit_id: str | None = None,
        area_id: str | None = None,
        from_: Time | None = None,
        to: Time | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Energy bought, sold and net (injection positive) per unit, area and interval."""
        return (
            yield from self._frame(
                "positions",
                as_,
                start=start,
                unit_id=unit_id,
                area_id=area_id,
                **{"from": from_, "to": to},
            )
        )

    @verb
    def setpoints(self, *, start: Time | None = None, as_: Format = "records") -> Exchange[Table]:
        """Set-points of the units one may see, as a table."""
        return (yield from self._rows("setpoints", as_, start=start))

    @verb
    def measurements(
        self,
        *,
        from_: Time | None = None,
        to: Time | None = None,
        unit_id: str | None = None,
        versions: bool = False,
        as_of: Time | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Meter readings of the units one may see, as a table.

        Args:
            from_: only of intervals that start then or later.
            to: only of intervals that start before.
            unit_id: only of this unit.
            versions: every reading that came in; False: those that count.
            as_of: as it was known at this instant; None: now.
            as_: the form of the table.
        """
        return (
            yield from self._rows(
                "measurements",
                as_,
                unit_id=unit_id,
                versions="true" if versions else None,
                as_of=as_of,
                **{"from": from_, "to": to},
            )
        )

    @verb
    def measurement_gaps(
        self, *, from_: Time, to: Time, unit_id: str | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Units and intervals without a reading, of the units one may see, as a table."""
        return (
            yield from self._rows(
                "measurements:gaps", as_, unit_id=unit_id, **{"from": from_, "to": to}
            )
        )

    @verb
    def system(self, *, start: Time | None = None) -> Exchange[Record]:
        """The market level's picture of an interval; of the newest settled one without a start."""
        record: Record = yield from self._get("system", start=start)
        return record

    @verb
    def sums(self, *, start: Time | None = None, call: str | None = None) -> Exchange[Record]:
        """What areas added up to when a call (closing, day_ahead) was cleared; of the last one without a start."""
        record: Record = yield from self._get("sums", start=start, call=call)
        return record

    @verb
    def reliability(self, day: str) -> Exchange[Record]:
        """Minutes outside limits, energy not served and curtailed energy of a market day."""
        record: Record = yield from self._get("reliability", day=day)
        return record

    # An area's gateway or a device

    @verb
    def report_measurements(
        self, area_id: str, items: Iterable[Mapping[str, Any]]
    ) -> Exchange[int]:
        """Report meter readings; returns how many were taken.

        Args:
            area_id: the area of the units.
            items: mappings with unit_id, start, consumption_kwh, generation_kwh and
                state_of_charge_kwh (None: it stores nothing); also power_kw, reactive_kvar,
                voltage_pu, frequency_hz, sequence and measured_at, where the meter measures
                them. `wattmarket.signing.signed` adds a device's signature.
        """
        answer = yield from self._post(
            "measurements:batch", {"area_id": area_id, "items": list(items)}
        )
        return int(answer["count"])

    @verb
    def report_measurement_file(
        self, area_id: str, path: str | Path, *, minutes: int | None = None
    ) -> Exchange[Record]:
        """Report a CSV file of meter readings, each row that can be taken; returns what became of them.

        Args:
            area_id: the area of the units.
            path: columns unit_id, start or end, consumption_kwh and generation_kwh (or one of the
                two); at most 64 MB and 1,000,000 rows.
            minutes: length of the meter's own intervals; None: as the market's.

        Raises:
            RefusedError: not one row could be taken.
        """
        file = Path(path)
        try:
            body = file.read_bytes()
        except OSError as fault:
            raise UsageError(f"{file}: {fault.strerror}") from fault
        response = yield from self._asking.fetch(
            "POST",
            self._asking.in_market("measurements:file"),
            params={"area_id": area_id, "minutes": minutes},
            body=body,
            media=CSV,
        )
        told: Record = read_answer(response)
        return told

    @verb
    def report_unit_state(self, unit_id: str, report: Mapping[str, Any]) -> Exchange[Record]:
        """Say in which state a unit's controller is and what it measures, and return that.

        Args:
            unit_id: the device's own unit, or one of the gateway's area.
            report: state, connected and target_kw; where known also cause, power_kw, voltage_pu,
                frequency_hz and state_of_charge_kwh.
        """
        record: Record = yield from self._post(f"units/{unit_id}:state", dict(report))
        return record

    @verb
    def report_area(self, area_id: str, report: Mapping[str, Any]) -> Exchange[Record]:
        """Say how one's area stands, which after a silence couples it again; returns how it stands.

        Args:
            area_id: the gateway's own area.
            report: sequence, standing, given_import_kw, given_export_kw and given_until; where known
                also alone_since, limits_epoch and limits_sequence.
        """
        record: Record = yield from self._post(f"areas/{area_id}:report", dict(report))
        return record

    @verb
    def reach(self) -> Exchange[list[Record]]:
        """Which areas one may see are heard, for how long the others are silent, what they reported."""
        record: Record = yield from self._get("reach")
        rows: list[Record] = record["items"]
        return rows

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
        answer = yield from self._post("clients:batch", {"items": list(items)}, act=True)
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
    def draft_bills(self, month: str) -> Exchange[Record]:
        """Make the bills of a month that is over, "2016-06"; nothing is booked."""
        record: Record = yield from self._post("bills:draft", {"month": month}, act=True)
        return record

    @verb
    def issue_bills(self, month: str, bill_ids: Iterable[str] = ()) -> Exchange[Record]:
        """Let drafts stand, all of the month or those named; their tax and rounding are booked."""
        body = {"month": month, "bill_ids": list(bill_ids)}
        record: Record = yield from self._post("bills:issue", body, act=True)
        return record

    @verb
    def settlement_runs(
        self, *, day: str | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Runs that settled a day as a whole, in the order in which they began.

        Args:
            day: only of one local day, "2016-06-15".
            as_: records, or a frame.
        """
        return (yield from self._rows("settlement-runs", as_, day=day))

    @verb
    def settle_again(self, day: str, reason: str) -> Exchange[Record]:
        """Settle a closed local day again, as readings have changed; nothing new, nothing booked."""
        body = {"day": day, "reason": reason}
        record: Record = yield from self._post("settlement-runs", body, act=True)
        return record

    @verb
    def trial_balance(self, day: str) -> Exchange[Record]:
        """Every account at the end of a local day, "2016-06-15", and what was booked on it."""
        record: Record = yield from self._get("ledger/trial-balance", day=day)
        return record

    @verb
    def audit(
        self,
        *,
        actor: str | None = None,
        kind: str | None = None,
        from_seq: int | None = None,
        to_seq: int | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Every command the market was given (operators): by whom, what came of it, and its place in the chain.

        Args:
            actor: one credential.
            kind: one kind of command, "PlaceOrders".
            from_seq: from this command on.
            to_seq: up to this command.
            as_: records, or a frame.
        """
        return (
            yield from self._rows(
                "audit", as_, actor=actor, kind=kind, from_seq=from_seq, to_seq=to_seq
            )
        )

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
    return new_own_id()


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
