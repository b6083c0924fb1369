"""Projections: the journal's facts as tables that can be asked.

The one idea: rows come from events alone, in order, so a projection made again from the journal is
the same to the last byte. Inserts of one kind are gathered and written together; before anything
changes rows that exist, what was gathered for that table goes first.
"""
# house: long because it is one arm per event, and what an event does to the tables stands together.

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeAlias, assert_never

import msgspec
from sqlalchemy import Connection, Table, Update, bindparam, case, func, select, update
from sqlalchemy.dialects.sqlite import Insert, insert

from market.model.interval import MICROSECONDS, MarketDay
from market.model.messages import (
    Command,
    DayClosed,
    DepositsMade,
    DeviationsSeen,
    Event,
    IntervalCleared,
    IntervalSettled,
    MarketCreated,
    MeasurementsRecorded,
    OrdersAccepted,
    OrdersCancelled,
    OrdersClosed,
    OrdersRejected,
    ParticipantsRegistered,
    Phase,
    PhaseChanged,
    PlaceOrders,
    SetpointsChanged,
    TradesMade,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.money import TransferKind
from market.model.order import OrderState
from market.model.rules import MarketRules
from market.store import tables
from market.store.database import write_meta
from market.store.journal import Batch, Entry

PROJECTION_VERSION: Final = 1
"""Of the projections' layout and meaning; when the file has another, they are made again."""

SYSTEM_EXPIRED: Final = "system_expired"
"""The reason with which the market itself takes orders out of the book."""

_canonical: Final = msgspec.json.Encoder(order="sorted")
RowValues: TypeAlias = dict[str, Any]

_REPLACE: Final = {
    table: insert(table).prefix_with("OR REPLACE")
    for table in (tables.setpoints, tables.measurements, tables.deviations)
}
_INSERT: Final = {
    table: _REPLACE.get(table, insert(table)) for table in tables.METADATA.sorted_tables
}

_ACCOUNT: Final = insert(tables.accounts)
_BALANCE: Final = _ACCOUNT.on_conflict_do_update(
    index_elements=[tables.accounts.c.market_id, tables.accounts.c.account],
    set_={"balance_quanta": _ACCOUNT.excluded.balance_quanta},
)
_KNOWN_MARKET: Final = select(tables.markets.c.market_id, tables.markets.c.rules)
_ORDER_KEY: Final = (tables.orders.c.market_id == bindparam("of_market")) & (
    tables.orders.c.sequence == bindparam("of_sequence")
)
_LEAVE: Final = (
    update(tables.orders).where(_ORDER_KEY).values(state=bindparam("new_state"), held_quanta=0)
)
_total_wh: Final = tables.orders.c.filled_wh + bindparam("fill_wh")
_FILL: Final = (
    update(tables.orders)
    .where(_ORDER_KEY)
    .values(
        filled_wh=_total_wh,
        held_quanta=0,
        state=case(
            (
                _total_wh >= func.json_extract(tables.orders.c.terms, "$.energy_wh"),
                OrderState.FILLED.value,
            ),
            else_=OrderState.PARTIALLY_FILLED.value,
        ),
    )
)


def order_number(order_id: str) -> int | None:
    """The market's own number in an order's id, which is its acceptance sequence; None: no such id."""
    prefix, _, digits = order_id.partition("-")
    if prefix != "ord" or not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        return None
    return int(digits)


class Projector:
    """Writes batches into the projections, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._gathered: defaultdict[Table, list[RowValues]] = defaultdict(list)
        self._changes_quanta: defaultdict[str, int] = defaultdict(int)
        self._market_id = ""
        self._rules: MarketRules | None = None
        found = connection.execute(_KNOWN_MARKET).one_or_none()
        if found is not None:
            self._market_id, self._rules = found

    def project(self, batches: Iterable[Batch]) -> None:
        """Take in batches in order, and note how far the projections are."""
        last: Batch | None = None
        for batch in batches:
            event_seq = batch.first_event_seq
            for entry in batch.entries:
                for event in entry.events:
                    self._take(event, event_seq, entry)
                    event_seq += 1
            last = batch
        for table in list(self._gathered):
            self._flush(table)
        self._book()
        if last is not None:
            write_meta(self._connection, "projected_batch", last.batch)
            write_meta(self._connection, "projected_command_seq", last.last_command_seq)
            write_meta(self._connection, "projected_event_seq", last.last_event_seq)

    def _take(self, event: Event, event_seq: int, entry: Entry) -> None:  # noqa: C901 - one arm an event
        match event:
            case MarketCreated():
                self._market_created(event)
            case ParticipantsRegistered():
                self._add(tables.participants, map(_fields_of, event.participants))
            case UnitsRegistered():
                self._add(tables.units, map(_fields_of, event.units))
            case OrdersAccepted():
                self._orders_accepted(event)
            case OrdersRejected():
                self._orders_rejected(event, event_seq, entry.command)
            case OrdersCancelled():
                self._orders_cancelled(event)
            case PhaseChanged():
                self._phase_changed(event)
            case IntervalCleared():
                self._interval_cleared(event)
            case TradesMade():
                self._trades_made(event, event_seq)
            case OrdersClosed():
                self._orders_closed(event)
            case TransfersBooked():
                self._transfers_booked(event, event_seq, entry)
            case SetpointsChanged():
                rows = ({**_fields_of(item), "area_id": event.area_id} for item in event.setpoints)
                self._add(tables.setpoints, rows)
            case MeasurementsRecorded():
                rows = (
                    {**_fields_of(item), "area_id": event.area_id} for item in event.measurements
                )
                self._add(tables.measurements, rows)
            case DeviationsSeen():
                rows = (
                    {**_fields_of(item), "position": position}
                    for position, item in enumerate(event.deviations)
                )
                self._add(tables.deviations, rows)
            case IntervalSettled():
                self._interval_settled(event)
            case DepositsMade() | DayClosed():
                pass  # the money is in the TransfersBooked beside it
            case _:
                assert_never(event)

    def _add(self, table: Table, rows: Iterable[RowValues]) -> None:
        gathered = self._gathered[table]
        for row in rows:
            row["market_id"] = self._market_id
            gathered.append(row)

    def _flush(self, table: Table) -> None:
        rows = self._gathered.pop(table, None)
        if rows:
            self._connection.execute(_INSERT[table], rows)

    def _change(self, statement: Update, rows: list[RowValues]) -> None:
        """Change orders that may still be gathered."""
        self._flush(tables.orders)
        if rows:
            self._connection.execute(statement, rows)

    def _market_created(self, event: MarketCreated) -> None:
        self._market_id, self._rules = event.rules.market_id, event.rules
        self._add(tables.markets, [{"rules": event.rules, "grid": event.grid}])

    def _orders_accepted(self, event: OrdersAccepted) -> None:
        orders = event.orders
        self._add(
            tables.orders,
            (
                {
                    "sequence": order_number(order_id),
                    "order_id": order_id,
                    "client_order_id": client_order_id,
                    "participant_id": event.participant_id,
                    "unit_id": unit_id,
                    "area_id": area_id,
                    "start_s": start_s,
                    "side": side.value,
                    "accepted_us": event.now_us,
                    "terms": limit_terms(price_ticks, energy_wh),
                    "state": OrderState.ACTIVE.value,
                    "filled_wh": 0,
                    "held_quanta": held_quanta,
                }
                for (
                    order_id,
                    client_order_id,
                    unit_id,
                    area_id,
                    start_s,
                    side,
                    price_ticks,
                    energy_wh,
                    held_quanta,
                ) in zip(
                    orders.order_id,
                    orders.client_order_id,
                    orders.unit_id,
                    orders.area_id,
                    orders.start_s,
                    orders.side,
                    orders.price_ticks,
                    orders.energy_wh,
                    orders.held_quanta,
                    strict=True,
                )
            ),
        )

    def _orders_rejected(self, event: OrdersRejected, event_seq: int, command: Command) -> None:
        """The interval an order was meant for stands in the command only."""
        meant_for = (
            dict(zip(command.orders.client_order_id, command.orders.start_s, strict=True))
            if isinstance(command, PlaceOrders)
            else {}
        )
        self._add(
            tables.refusals,
            (
                {
                    "event_seq": event_seq,
                    "row": row,
                    "participant_id": event.participant_id,
                    "client_order_id": client_order_id,
                    "start_s": meant_for.get(client_order_id, 0),
                    "code": rejection.code.value,
                }
                for row, (client_order_id, rejection) in enumerate(
                    zip(event.client_order_ids, event.rejections, strict=True)
                )
            ),
        )

    def _orders_cancelled(self, event: OrdersCancelled) -> None:
        state = OrderState.EXPIRED if event.reason == SYSTEM_EXPIRED else OrderState.CANCELLED
        self._change(
            _LEAVE,
            [
                {
                    "of_market": self._market_id,
                    "of_sequence": order_number(order_id),
                    "new_state": state.value,
                }
                for order_id in event.order_ids
            ],
        )

    def _trades_made(self, event: TradesMade, event_seq: int) -> None:
        self._add(
            tables.trades,
            (
                {**_fields_of(trade), "event_seq": event_seq, "row": row}
                for row, trade in enumerate(event.trades)
            ),
        )
        self._change(
            _FILL,
            [
                {
                    "of_market": self._market_id,
                    "of_sequence": order_number(trade.order_id),
                    "fill_wh": trade.energy_wh,
                }
                for trade in event.trades
            ],
        )
        count = insert(tables.intervals).values(
            market_id=self._market_id,
            start_s=event.start_s,
            phase=Phase.LOCKED.value,
            trade_count=len(event.trades),
        )
        self._connection.execute(_upsert(count, {"trade_count": count.excluded.trade_count}))

    def _orders_closed(self, event: OrdersClosed) -> None:
        """Orders without a fill expire; no order of the interval holds money any more."""
        self._flush(tables.orders)
        c = tables.orders.c
        expired = case(
            (c.state == OrderState.ACTIVE.value, OrderState.EXPIRED.value), else_=c.state
        )
        self._connection.execute(
            update(tables.orders)
            .where(c.market_id == self._market_id, c.start_s == event.start_s)
            .values(state=expired, held_quanta=0)
        )

    def _phase_changed(self, event: PhaseChanged) -> None:
        row = insert(tables.intervals).values(
            market_id=self._market_id,
            start_s=event.start_s,
            phase=event.phase.value,
            phase_since_us=event.now_us,
        )
        changed = {"phase": row.excluded.phase, "phase_since_us": row.excluded.phase_since_us}
        self._connection.execute(_upsert(row, changed))

    def _interval_cleared(self, event: IntervalCleared) -> None:
        outcome = event.outcome
        result = {
            "rung": outcome.rung,
            "reproducible": outcome.reproducible,
            "welfare_quanta": outcome.welfare_quanta,
            "upper_bound_quanta": outcome.upper_bound_quanta,
            "solve_ms": outcome.solve_ms,
            "receipt_hash": outcome.receipt_hash,
            "audit_faults": outcome.audit_faults,
        }
        row = insert(tables.intervals).values(
            market_id=self._market_id, start_s=outcome.start_s, phase=Phase.LOCKED.value, **result
        )
        self._connection.execute(_upsert(row, {name: row.excluded[name] for name in result}))
        for table, members in (
            (tables.area_outcomes, outcome.areas),
            (tables.line_outcomes, outcome.lines),
        ):
            self._add(
                table,
                (
                    {**_fields_of(member), "start_s": outcome.start_s, "position": position}
                    for position, member in enumerate(members)
                ),
            )
        self._add_curves(event)

    def _add_curves(self, event: IntervalCleared) -> None:
        supply, demand = dict(event.supply_curve), dict(event.demand_curve)
        self._add(
            tables.curves,
            (
                {
                    "start_s": event.outcome.start_s,
                    "area_id": area_id,
                    "position": position,
                    "supply": supply.get(area_id, ()),
                    "demand": demand.get(area_id, ()),
                }
                for position, area_id in enumerate(dict.fromkeys([*supply, *demand]))
            ),
        )

    def _interval_settled(self, event: IntervalSettled) -> None:
        row = insert(tables.intervals).values(
            market_id=self._market_id,
            start_s=event.start_s,
            phase=Phase.SETTLING.value,
            ledger_sum_quanta=event.ledger_sum_quanta,
        )
        changed = {"ledger_sum_quanta": row.excluded.ledger_sum_quanta}
        self._connection.execute(_upsert(row, changed))
        self._add(
            tables.withdrawals,
            (
                {
                    "start_s": event.start_s,
                    "participant_id": participant_id,
                    "withdrawal_wh": withdrawal_wh,
                }
                for participant_id, withdrawal_wh in event.withdrawal_wh
            ),
        )
        short = dict(event.deviation_price_short_ticks)
        self._add(
            tables.deviation_prices,
            (
                {
                    "start_s": event.start_s,
                    "area_id": area_id,
                    "long_ticks": long_ticks,
                    "short_ticks": short[area_id],
                }
                for area_id, long_ticks in event.deviation_price_long_ticks
            ),
        )

    def _transfers_booked(self, event: TransfersBooked, event_seq: int, entry: Entry) -> None:
        booked_s = entry.command.now_us // MICROSECONDS
        day_start_s = self._first_of_closed_day(entry)
        rows = []
        for row, transfer in enumerate(event.transfers):
            counts_s = transfer.start_s
            if counts_s is None and transfer.kind is TransferKind.RENT_RETURN:
                counts_s = day_start_s
            if counts_s is None:
                counts_s = booked_s
            values = {**_fields_of(transfer), "event_seq": event_seq, "row": row}
            rows.append({**values, "counts_s": counts_s})
        self._add(tables.transfers, rows)
        for item in event.transfers:
            self._changes_quanta[item.debit_account] -= item.amount_quanta
            self._changes_quanta[item.credit_account] += item.amount_quanta

    def _first_of_closed_day(self, entry: Entry) -> int | None:
        """The first interval of the day whose closing booked the transfers; None: no day closed."""
        for event in entry.events:
            if isinstance(event, DayClosed) and self._rules is not None:
                return MarketDay(
                    day=date.fromisoformat(event.day),
                    zone=self._rules.time_zone,
                    minutes=self._rules.interval_minutes,
                ).starts_s()[0]
        return None

    def _book(self) -> None:
        """Add what moved to the balances, in Python: a sum may pass 64 bits."""
        changes, self._changes_quanta = self._changes_quanta, defaultdict(int)
        if not changes:
            return
        c = tables.accounts.c
        rows = self._connection.execute(
            select(c.account, c.balance_quanta).where(c.market_id == self._market_id)
        )
        balances = {row.account: row.balance_quanta for row in rows}
        self._connection.execute(
            _BALANCE,
            [
                {
                    "market_id": self._market_id,
                    "account": account,
                    "balance_quanta": balances.get(account, 0) + change_quanta,
                }
                for account, change_quanta in changes.items()
            ],
        )


def limit_terms(price_ticks: int, energy_wh: int) -> str:
    """A limit order's terms as canonical JSON."""
    terms = {"kind": "limit", "price_ticks": price_ticks, "energy_wh": energy_wh}
    return _canonical.encode(terms).decode()


def _upsert(row: Insert, changed: Mapping[str, object]) -> Insert:
    """Insert an interval, or change only some columns where it stands already."""
    c = tables.intervals.c
    return row.on_conflict_do_update(index_elements=[c.market_id, c.start_s], set_=dict(changed))


def _fields_of(fact: object) -> RowValues:
    """A fact's fields by name; members that are facts themselves stay as they are."""
    return {name: getattr(fact, name) for name in fact.__dataclass_fields__}  # type: ignore[attr-defined]
