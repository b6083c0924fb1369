"""Projections: the journal's facts as tables that can be asked.

The one idea: rows come from events alone, in order, so a projection made again from the journal is
the same to the last byte. Inserts of one kind are gathered and written together; before anything
changes rows that exist, what was gathered for that table goes first.
"""
# house: long because it is one arm per event, and what an event does to the tables stands together.

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import repeat
from operator import attrgetter
from typing import Any, ClassVar, Final, TypeAlias

import msgspec
from sqlalchemy import (
    Case,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    case,
    insert,
    select,
    update,
)

from market.model.act import (
    ActPerformed,
    ActProposed,
    AreaCoupled,
    AreaDecoupled,
    UnitLimitsChanged,
    UnitsCurtailed,
)
from market.model.alarm import AlarmAcknowledged, AlarmClosed, AlarmCommented, AlarmRaised
from market.model.balance_group import BalanceGroupSet
from market.model.bill import BillsDrafted, BillsIssued
from market.model.burden import BurdensShared
from market.model.call import (
    CallImplausible,
    FlexibleAccepted,
    OrderLeftCall,
    OrdersExplained,
    PlaceFlexible,
)
from market.model.case import CaseEvent
from market.model.certificate import CertificatesIssued
from market.model.collateral import CollateralWarned, CreditLimitProposed
from market.model.contract import WaysSettled, WaysTaken
from market.model.grid import Grid
from market.model.grid_check import ChecksReopened, InstructionsWithdrawn, IntervalChecked
from market.model.interval import MICROSECONDS, MarketDay, day_of
from market.model.mandate import MandateGranted, MandateRevoked, OwnLimitsSet
from market.model.message import (
    AlertSettingsSet,
    AlertsRead,
    MessagePublished,
    MessageWithdrawn,
    MessageWritten,
)
from market.model.messages import (
    DayClosed,
    DepositsMade,
    DeviationsSeen,
    Event,
    IntervalCleared,
    IntervalSettled,
    LinesUsed,
    MarketCreated,
    MeasurementsRecorded,
    OrderReplaced,
    OrdersAccepted,
    OrdersActivated,
    OrdersCancelled,
    OrdersClosed,
    OrdersHibernated,
    OrdersJoinedCall,
    OrdersPended,
    OrdersRejected,
    ParticipantsRegistered,
    Phase,
    PhaseChanged,
    PlaceOrders,
    SelfTradePrevented,
    SetpointsChanged,
    TogetherAccepted,
    TradesMade,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.network import NetworkRegistered
from market.model.order import (
    PLAIN,
    SYSTEM_EXPIRED,
    BasketOrder,
    BlockOrder,
    CurveOrder,
    Order,
    OrderOptions,
    OrderState,
    Side,
    StorageOrder,
    Venue,
    limit_ticks,
    whole_wh,
)
from market.model.payment import FundPaidIn, PaymentActProposed
from market.model.reach import AreaHeard, AreaReported
from market.model.recall import RecallDecided, RecallProposed, RecallRequested, TradeState
from market.model.rules import MarketRules
from market.model.service import OutageEnded, OutageReported
from market.model.settled_month import MonthSettled
from market.model.settlement_run import SettlementFinished
from market.model.stop import (
    DeadManArmed,
    ReleaseProposed,
    TradingReleased,
    TradingStopped,
)
from market.model.summing import AreasSummed
from market.model.system import SystemSeen
from market.model.unit_report import UnitStateChanged
from market.settlement.bill import PAYMENTS
from market.settlement.passage import parts_of
from market.store import tables
from market.store.account_rows import AccountRows
from market.store.act_rows import ACT_EVENTS, take_act
from market.store.alarm_rows import change_alarm, raise_alarm
from market.store.bill_rows import BILL_EVENTS, take_bills
from market.store.case_rows import CASE_EVENTS, take_case
from market.store.certificate_rows import (
    CERTIFICATE_EVENTS,
    CertificateEvent,
    take_certificates,
)
from market.store.collateral_rows import COLLATERAL_EVENTS, CollateralEvent, take_collateral
from market.store.database import write_meta
from market.store.grid_rows import GRID_EVENTS, GridEvent, GridRows
from market.store.journal import Batch, Entry
from market.store.message_rows import MESSAGE_EVENTS, take_message
from market.store.offer_rows import OFFER_EVENTS, OfferRows, standing_start_s
from market.store.order_changes import OrderChange, OrderChanges
from market.store.payment_rows import PAYMENT_EVENTS, PaymentEvent, PaymentRows
from market.store.posting_days import PostingDays
from market.store.rows import (
    MANY,
    Column,
    RowTuple,
    Same,
    column_of,
    insert_columns,
    insert_rows,
    rows_of,
)
from market.store.run_rows import RUN_EVENTS, RunEvent, take_run
from market.store.upsert import upsert

PROJECTION_VERSION: Final = (3 << 32) + tables.layout()
"""Of the projections' meaning, counted here, and of their layout, which counts by itself; when the
store has another, they are made again."""


_canonical: Final = msgspec.json.Encoder(order="sorted")
RowValues: TypeAlias = dict[str, Any]

_INSERT: Final = {table: insert(table) for table in tables.METADATA.sorted_tables}
_NEWEST_COUNTS: Final = (tables.setpoints, tables.deviations)
"""Where a later row takes the place of the one with its key."""
_KNOWN_MARKET: Final = select(
    tables.markets.c.market_id, tables.markets.c.rules, tables.markets.c.grid
)
_NO_PARTS: Final = (0,) * len(tables.LINE_PARTS)
_ORDER_KEY: Final = (tables.orders.c.market_id == bindparam("of_market")) & (
    tables.orders.c.sequence == bindparam("of_sequence")
)
_total_wh: Final = tables.orders.c.filled_wh + bindparam("fill_wh")
_c: Final = tables.orders.c
_left_wh: Final = _c.energy_wh - _total_wh


def _held(open_wh: ColumnElement[int]) -> Case[int]:
    """Money a limit order holds for what is open of it."""
    return case(
        ((_c.side == Side.BUY.value) & (_c.price_ticks > 0), _c.price_ticks * open_wh),
        ((_c.side == Side.SELL.value) & (_c.price_ticks < 0), -_c.price_ticks * open_wh),
        else_=0,
    )


def _open_state() -> Case[str]:
    return case(
        (_c.filled_wh > 0, OrderState.PARTIALLY_FILLED.value), else_=OrderState.ACTIVE.value
    )


# In the order in which they are written when several happen to different orders.
_CHANGE: Final = update(tables.orders).where(_ORDER_KEY)
_REPLACED: Final = OrderChange(
    rank=1,
    statement=_CHANGE.values(
        revision=bindparam("new_revision"),
        price_ticks=bindparam("new_price_ticks"),
        energy_wh=_c.filled_wh + bindparam("new_open_wh"),
        held_quanta=bindparam("new_held_quanta"),
    ),
    given=("new_revision", "new_price_ticks", "new_open_wh", "new_held_quanta"),
)
_ACTIVATE: Final = OrderChange(
    rank=2,
    statement=_CHANGE.values(held_quanta=bindparam("new_held_quanta"), state=_open_state()),
    given=("new_held_quanta",),
)
_GO_ON: Final = OrderChange(
    rank=3,
    statement=_CHANGE.values(held_quanta=_held(_c.energy_wh - _c.filled_wh), state=_open_state()),
)
_NOW_CONTINUOUS: Final = OrderChange(rank=4, statement=_CHANGE.values(venue=Venue.CONTINUOUS.value))
_SHRINK: Final = OrderChange(
    rank=5,
    statement=_CHANGE.values(energy_wh=_c.energy_wh - bindparam("taken_wh")),
    given=("taken_wh",),
    adds=True,
)
_FILL: Final = OrderChange(
    rank=6,
    statement=_CHANGE.values(
        filled_wh=_total_wh,
        held_quanta=_held(_left_wh),
        state=case(
            (_total_wh >= _c.energy_wh, OrderState.FILLED.value),
            else_=OrderState.PARTIALLY_FILLED.value,
        ),
    ),
    given=("fill_wh",),
    adds=True,
)
_LEAVE: Final = OrderChange(
    rank=7,
    statement=_CHANGE.values(state=bindparam("new_state"), held_quanta=0),
    given=("new_state",),
)


ORDER_PREFIX: Final = "ord-"
_PREFIX: Final = len(ORDER_PREFIX)


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
        self._new_rows: defaultdict[Table, list[RowTuple]] = defaultdict(list)
        """What comes in ten thousands is gathered as it is written."""
        self._order_changes = OrderChanges(connection)
        self._accounts = AccountRows(connection)
        self._posting_days = PostingDays(connection)
        self._traded: defaultdict[int, int] = defaultdict(int)
        self._offers = OfferRows(connection)
        self._grids = GridRows(connection)
        self._payments = PaymentRows(connection)
        self._market_id = ""
        self._rules: MarketRules | None = None
        self._market_grid: Grid | None = None
        found = connection.execute(_KNOWN_MARKET).one_or_none()
        if found is not None:
            self._market_id, self._rules, self._market_grid = found

    def project(self, batches: Iterable[Batch]) -> None:
        """Take in batches in order, and note how far the projections are."""
        last: Batch | None = None
        takes = self._takes
        for batch in batches:
            event_seq = batch.first_event_seq
            for entry in batch.entries:
                for event in entry.events:
                    take = takes[type(event)]
                    if take is not None:
                        take(self, event, event_seq, entry)
                    event_seq += 1
            last = batch
        for table in dict.fromkeys((*self._gathered, *self._new_rows, tables.orders)):
            self._flush(table)
        self._accounts.write(self._market_id)
        self._posting_days.write(self._market_id)
        self._payments.write(self._market_id)
        self._count_trades()
        if last is not None:
            write_meta(
                self._connection,
                projected_batch=last.batch,
                projected_command_seq=last.last_command_seq,
                projected_event_seq=last.last_event_seq,
            )

    def _add(self, table: Table, rows: Iterable[RowValues]) -> None:
        gathered = self._gathered[table]
        for row in rows:
            row["market_id"] = self._market_id
            gathered.append(row)

    def _flush(self, table: Table) -> None:
        rows = self._gathered.pop(table, None)
        if rows and table in _NEWEST_COUNTS:
            names = table.primary_key.columns.keys()
            newest = {tuple(row[name] for name in names): row for row in rows}
            self._connection.execute(upsert(self._connection, table), list(newest.values()))
        elif rows:
            self._connection.execute(_INSERT[table], rows)
        new = self._new_rows.pop(table, None)
        if new:
            insert_rows(self._connection, table, new)
        if table is tables.orders:
            self._order_changes.write(self._market_id)

    def _keep_interval(self, row: RowValues, *changed: str) -> None:
        """Insert an interval, or change only some columns where it stands already."""
        row["market_id"] = self._market_id
        self._connection.execute(upsert(self._connection, tables.intervals, *changed), row)

    def _change(self, change: OrderChange, rows: Iterable[tuple[str, tuple[object, ...]]]) -> None:
        """Change orders by their ids, once what has to be before it is written."""
        numbered = [(int(order_id[_PREFIX:]), values) for order_id, values in rows]
        if self._order_changes.clash(change, numbered):
            self._flush(tables.orders)
        self._order_changes.add(change, numbered)

    def _offer(self, event: Event, *_: object) -> None:
        self._offers.take(event, self._market_id)

    def _market_created(self, event: MarketCreated, *_: object) -> None:
        self._market_id, self._rules = event.rules.market_id, event.rules
        self._market_grid = event.grid
        self._add(tables.markets, [{"rules": event.rules, "grid": event.grid}])

    def _participants(self, event: ParticipantsRegistered, event_seq: int, *_: object) -> None:
        rows = ({**_fields_of(item), "event_seq": event_seq} for item in event.participants)
        self._add(tables.participants, rows)

    def _units(self, event: UnitsRegistered, event_seq: int, *_: object) -> None:
        rows = ({**_fields_of(item), "event_seq": event_seq} for item in event.units)
        self._add(tables.units, rows)

    def _setpoints(self, event: SetpointsChanged, *_: object) -> None:
        rows = ({**_fields_of(item), "area_id": event.area_id} for item in event.setpoints)
        self._add(tables.setpoints, rows)

    def _measurements(self, event: MeasurementsRecorded, event_seq: int, entry: Entry) -> None:
        """Readings come in ten thousands: tuples in the order of the table's columns."""
        market_id, area_id, recorded_us = self._market_id, event.area_id, entry.command.now_us
        rows = self._new_rows[tables.measurements]
        for row, item in enumerate(event.measurements):
            doubt = None if item.doubt is None else item.doubt.value
            key = (market_id, item.start_s, item.unit_id, event_seq, row)
            marks = (doubt, item.older, item.late)
            rows.append((*key, area_id, recorded_us, *_READING(item), *marks))

    def _system_seen(self, event: SystemSeen, *_: object) -> None:
        self._add(tables.system_pictures, [_fields_of(event)])

    def _areas_summed(self, event: AreasSummed, *_: object) -> None:
        self._add(tables.area_sums, [_fields_of(event)])

    def _deviations(self, event: DeviationsSeen, *_: object) -> None:
        rows = (
            {**_fields_of(item), "position": position}
            for position, item in enumerate(event.deviations)
        )
        self._add(tables.deviations, rows)

    def _orders_pended(self, event: OrdersPended, *_: object) -> None:
        accepted = OrdersAccepted(
            participant_id=event.participant_id, now_us=event.now_us, orders=event.orders
        )
        self._add_orders(accepted, OrderState.PENDING)

    def _orders_accepted(self, event: OrdersAccepted, *_: object) -> None:
        self._add_orders(event, OrderState.ACTIVE)

    def _add_orders(self, event: OrdersAccepted, state: OrderState) -> None:
        orders = event.orders
        if len(orders) == 1:
            self._add_order(event, state)
            return
        terms = [limit_terms(options) for options in orders.options or (PLAIN,)]
        columns: dict[str, Column] = {
            "market_id": Same(self._market_id),
            "sequence": [int(order_id[_PREFIX:]) for order_id in orders.order_id],
            "order_id": orders.order_id,
            "client_order_id": orders.client_order_id,
            "participant_id": Same(event.participant_id),
            "unit_id": column_of(orders.unit_id),
            "area_id": column_of(orders.area_id),
            "start_s": column_of(orders.start_s),
            "side": column_of(list(map(str, orders.side))),
            "accepted_us": Same(event.now_us),
            "venue": Same(event.venue.value),
            "revision": Same(1),
            "placed_by": Same(event.placed_by),
            "terms": column_of([terms[number] for number in orders.option_of or (0,)]),
            "price_ticks": column_of(orders.price_ticks),
            "energy_wh": column_of(orders.energy_wh),
            "state": Same(state.value),
            "filled_wh": Same(0),
            "held_quanta": column_of(orders.held_quanta),
        }
        in_order = [columns[column.name] for column in tables.orders.columns]
        if len(orders) < MANY:
            self._new_rows[tables.orders].extend(rows_of(in_order))
            return
        # They stand where no row was before, so they need not wait for what is gathered.
        insert_columns(self._connection, tables.orders, in_order)

    def _add_order(self, event: OrdersAccepted, state: OrderState) -> None:
        """The same of one row alone, as most come; values as the table's columns stand."""
        orders = event.orders
        row = (
            self._market_id,
            int(orders.order_id[0][_PREFIX:]),
            orders.order_id[0],
            orders.client_order_id[0],
            event.participant_id,
            orders.unit_id[0],
            orders.area_id[0],
            orders.start_s[0],
            str(orders.side[0]),
            event.now_us,
            str(event.venue),
            1,
            event.placed_by,
            limit_terms(orders.options[0]) if orders.options else _PLAIN_TERMS,
            orders.price_ticks[0],
            orders.energy_wh[0],
            str(state),
            0,
            orders.held_quanta[0],
        )
        self._new_rows[tables.orders].append(row)

    def _together_accepted(self, event: TogetherAccepted, *_: object) -> None:
        order = event.order
        if isinstance(order, BlockOrder):
            price_ticks, energies_wh = order.price_ticks, [wh for _, wh in order.legs]
        else:
            price_ticks, energies_wh = 0, list(order.rows.energy_wh)
        self._add(
            tables.orders,
            [
                {
                    **_fields_of(order.header),
                    "terms": _canonical.encode(_terms_of(order)).decode(),
                    "price_ticks": price_ticks,
                    "energy_wh": sum(energies_wh),
                    "state": OrderState.ACTIVE.value,
                    "filled_wh": 0,
                    "held_quanta": event.held_quanta,
                }
            ],
        )

    def _order_left_call(self, event: OrderLeftCall, *_: object) -> None:
        self._change(_NOW_CONTINUOUS, [(event.order_id, ())])

    def _flexible_accepted(self, event: FlexibleAccepted, *_: object) -> None:
        order = event.order
        self._add(
            tables.orders,
            [
                {
                    **_fields_of(order.header),
                    "terms": _canonical.encode(_terms_of(order)).decode(),
                    "price_ticks": limit_ticks(order),
                    "energy_wh": whole_wh(order, len(event.starts_s)),
                    "state": OrderState.ACTIVE.value,
                    "filled_wh": 0,
                    "held_quanta": event.held_quanta,
                }
            ],
        )

    def _order_replaced(self, event: OrderReplaced, *_: object) -> None:
        values = (event.revision, event.price_ticks, event.energy_wh, event.held_quanta)
        self._change(_REPLACED, [(event.order_id, values)])

    def _orders_hibernated(self, event: OrdersHibernated, *_: object) -> None:
        hibernated = (OrderState.HIBERNATED.value,)
        self._change(_LEAVE, [(order_id, hibernated) for order_id in event.order_ids])

    def _orders_activated(self, event: OrdersActivated, *_: object) -> None:
        held = zip(event.order_ids, event.held_quanta, strict=True)
        self._change(_ACTIVATE, [(order_id, (held_quanta,)) for order_id, held_quanta in held])

    def _self_trade_prevented(self, event: SelfTradePrevented, *_: object) -> None:
        taken = ((event.order_id, event.taken_wh), (event.resting_order_id, event.resting_taken_wh))
        self._change(_SHRINK, [(order_id, (taken_wh,)) for order_id, taken_wh in taken if taken_wh])

    def _orders_rejected(self, event: OrdersRejected, event_seq: int, entry: Entry) -> None:
        """The interval an order was meant for stands in the command; a standing rule's in its own id."""
        command, meant_for = entry.command, dict[str, int]()
        if isinstance(command, PlaceOrders):
            columns = command.orders
            meant_for = dict(zip(columns.client_order_id, columns.start_s, strict=True))
        elif isinstance(command, PlaceFlexible):
            header = command.order.header
            meant_for = {header.client_order_id: header.start_s}
        self._add(
            tables.refusals,
            (
                {
                    "event_seq": event_seq,
                    "row": row,
                    "participant_id": event.participant_id,
                    "client_order_id": client_order_id,
                    "start_s": meant_for.get(client_order_id, standing_start_s(client_order_id)),
                    "code": rejection.code.value,
                    "pointer": rejection.pointer or "",
                    "parameters": dict(rejection.parameters),
                }
                for row, (client_order_id, rejection) in enumerate(
                    zip(event.client_order_ids, event.rejections, strict=True)
                )
            ),
        )

    def _orders_cancelled(self, event: OrdersCancelled, _event_seq: int, entry: Entry) -> None:
        state = OrderState.EXPIRED if event.reason == SYSTEM_EXPIRED else OrderState.CANCELLED
        left = (state.value,)
        self._change(_LEAVE, [(order_id, left) for order_id in event.order_ids])
        why = (event.reason, event.code, entry.command.now_us)
        self._new_rows[tables.order_ends].extend(
            [(self._market_id, int(order_id[_PREFIX:]), *why) for order_id in event.order_ids]
        )

    def _orders_explained(self, event: OrdersExplained, *_: object) -> None:
        self._add(tables.call_reasons, [_fields_of(event)])

    def _trades_made(self, event: TradesMade, event_seq: int, entry: Entry) -> None:
        rows, state = self._new_rows[tables.trades], TradeState.COMPLETED.value
        parts = self._line_parts(event, entry)
        for row, (trade, own) in enumerate(zip(event.trades, parts, strict=True)):
            side, venue = str(trade.side), str(trade.venue)
            what = (side, trade.price_ticks, trade.energy_wh, venue, state)
            rows.append((self._market_id, event_seq, row, *_TRADE(trade), *what, *own))
        self._change(
            _FILL,
            [
                (trade.order_id, (trade.energy_wh,))
                for trade in event.trades
                # What came from a listing, a quote or a contract is named after that.
                if trade.order_id.startswith(ORDER_PREFIX)
            ],
        )
        self._traded[event.start_s] += len(event.trades)

    def _line_parts(self, event: TradesMade, entry: Entry) -> Iterable[Sequence[int]]:
        """What of each trade is for lines: of a call, by its outcome, which is told beside its trades."""
        for other in entry.events:
            if isinstance(other, IntervalCleared) and other.outcome.start_s == event.start_s:
                assert self._market_grid is not None, "nothing is traded before there is a market"
                parts: list[list[int]] = parts_of(
                    other.outcome, event.trades, self._market_grid
                ).tolist()
                return parts
        return repeat(_NO_PARTS, len(event.trades))

    def _recall_requested(self, event: RecallRequested, *_: object) -> None:
        self._change_trades(event.start_s, event.match_id, TradeState.DISPUTED)

    def _recall_decided(self, event: RecallDecided, *_: object) -> None:
        self._change_trades(event.start_s, event.match_id, event.state)

    def _change_trades(self, start_s: int, match_id: str, state: TradeState) -> None:
        self._flush(tables.trades)
        c = tables.trades.c
        self._connection.execute(
            update(tables.trades)
            .where(c.market_id == self._market_id, c.start_s == start_s, c.match_id == match_id)
            .values(state=state.value)
        )

    def _orders_closed(self, event: OrdersClosed, *_: object) -> None:
        """Orders without a fill expire; no order of the interval holds money any more."""
        self._flush(tables.orders)
        c = tables.orders.c
        expired = case(
            (
                c.state.in_(
                    [
                        OrderState.ACTIVE.value,
                        OrderState.HIBERNATED.value,
                        OrderState.PENDING.value,
                    ]
                ),
                OrderState.EXPIRED.value,
            ),
            else_=c.state,
        )
        last_s = event.start_s if event.last_start_s is None else event.last_start_s
        self._connection.execute(
            update(tables.orders)
            .where(c.market_id == self._market_id, c.start_s.between(event.start_s, last_s))
            .values(state=expired, held_quanta=0)
        )
        self._change(_GO_ON, [(order_id, ()) for order_id in event.going_on])

    def _phase_changed(self, event: PhaseChanged, event_seq: int, *_: object) -> None:
        step = {
            "start_s": event.start_s,
            "event_seq": event_seq,
            "phase": event.phase.value,
            "area_id": event.area_id,
            "step": None if event.step is None else event.step.value,
            "now_us": event.now_us,
            "until_us": event.until_us,
        }
        self._add(tables.phase_steps, [step])
        state = {"phase": event.phase.value, "phase_since_us": event.now_us}
        self._keep_interval({"start_s": event.start_s, **state}, *state)

    def _interval_cleared(self, event: IntervalCleared, *_: object) -> None:
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
        self._keep_interval(
            {"start_s": outcome.start_s, "phase": Phase.LOCKED.value, **result}, *result
        )
        self._add(
            tables.call_results,
            [{"start_s": outcome.start_s, "call": event.call.value, **result}],
        )
        for table, members in (
            (tables.area_outcomes, outcome.areas),
            (tables.line_outcomes, outcome.lines),
        ):
            self._add(
                table,
                (
                    {
                        **_fields_of(member),
                        "start_s": outcome.start_s,
                        "call": event.call.value,
                        "position": position,
                    }
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
                    "call": event.call.value,
                    "area_id": area_id,
                    "position": position,
                    "supply": supply.get(area_id, ()),
                    "demand": demand.get(area_id, ()),
                }
                for position, area_id in enumerate(dict.fromkeys([*supply, *demand]))
            ),
        )

    def _interval_settled(self, event: IntervalSettled, *_: object) -> None:
        self._keep_interval(
            {
                "start_s": event.start_s,
                "phase": Phase.SETTLING.value,
                "ledger_sum_quanta": event.ledger_sum_quanta,
            },
            "ledger_sum_quanta",
        )
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
        assert self._rules is not None, "no money moves before there is a market"
        booked_s = entry.command.now_us // MICROSECONDS
        day_start_s = self._first_of_day(entry)
        day = self._accounts.day(day_of(booked_s, self._rules.time_zone))
        rows, zone = self._new_rows[tables.transfers], self._rules.time_zone
        sums = self._posting_days
        for row, transfer in enumerate(event.transfers):
            counts_s = transfer.start_s
            if counts_s is None:
                counts_s = booked_s if day_start_s is None else day_start_s
            giver, receiver, amount_quanta = _MOVED(transfer)
            kind = str(transfer.kind)
            why = (kind, str(transfer.reference), transfer.start_s, counts_s)
            sums.add(counts_s, zone, transfer)
            rows.append((self._market_id, event_seq, row, giver, receiver, amount_quanta, *why))
            day.book(giver, receiver, amount_quanta, kind)
            if transfer.kind in PAYMENTS:
                self._payments.moved(giver, receiver, amount_quanta)

    def _day_closed(self, event: DayClosed, event_seq: int, *_: object) -> None:
        self._add(tables.closed_days, [{"day": event.day, "event_seq": event_seq}])

    def _lines_used(self, event: LinesUsed, event_seq: int, *_: object) -> None:
        place = {"event_seq": event_seq, "start_s": event.start_s}
        rows = ({**_fields_of(use), **place, "row": row} for row, use in enumerate(event.uses))
        self._add(tables.line_uses, rows)

    def _first_of_day(self, entry: Entry) -> int | None:
        """The first interval of the day whose closing or run booked the transfers; None: neither did.

        What a month has booked counts on the last of its days.
        """
        for event in entry.events:
            if isinstance(event, MonthSettled):
                day, _ = event.settled.basis[-1]
            elif isinstance(event, DayClosed | SettlementFinished):
                day = event.day
            else:
                continue
            if self._rules is not None:
                return MarketDay(
                    day=date.fromisoformat(day),
                    zone=self._rules.time_zone,
                    minutes=self._rules.interval_minutes,
                ).starts_s()[0]
        return None

    def _count_trades(self) -> None:
        """Add the trades of each interval to its count."""
        traded, self._traded = self._traded, defaultdict(int)
        if traded:
            self._connection.execute(
                upsert(self._connection, tables.intervals, added=("trade_count",)),
                [
                    {
                        "market_id": self._market_id,
                        "start_s": start_s,
                        "phase": Phase.SCHEDULED.value,
                        "trade_count": trades,
                    }
                    for start_s, trades in traded.items()
                ],
            )

    def _grid(self, event: GridEvent, event_seq: int, *_: object) -> None:
        self._grids.take(event, self._market_id, event_seq)

    def _withdrawn(self, event: InstructionsWithdrawn, *_: object) -> None:
        self._grids.withdraw(event, self._market_id)

    def _act(
        self,
        event: ActProposed | ActPerformed | UnitsCurtailed | UnitLimitsChanged,
        event_seq: int,
        *_: object,
    ) -> None:
        take_act(self._connection, self._market_id, event, event_seq)

    def _bills(self, event: BillsDrafted | BillsIssued, event_seq: int, *_: object) -> None:
        take_bills(self._connection, self._market_id, event, event_seq)

    def _case(self, event: CaseEvent, event_seq: int, *_: object) -> None:
        take_case(self._connection, self._market_id, event, event_seq)

    def _message(
        self,
        event: MessageWritten | MessagePublished | MessageWithdrawn | AlertsRead,
        event_seq: int,
        *_: object,
    ) -> None:
        take_message(self._connection, self._market_id, event, event_seq)

    def _payment(self, event: PaymentEvent, event_seq: int, *_: object) -> None:
        self._payments.take(event, self._market_id, event_seq)

    def _collateral(self, event: CollateralEvent, event_seq: int, *_: object) -> None:
        take_collateral(self._connection, self._market_id, event, event_seq)

    def _run(self, event: RunEvent, event_seq: int, entry: Entry) -> None:
        take_run(self._connection, self._market_id, event, event_seq, entry)

    def _certificates(self, event: CertificateEvent, event_seq: int, *_: object) -> None:
        assert self._rules is not None, "nobody holds anything before there is a market"
        zone = self._rules.time_zone
        take_certificates(self._connection, self._market_id, event, event_seq, zone)

    def _month(self, event: MonthSettled, *_: object) -> None:
        row = {**_fields_of(event.settled), "market_id": self._market_id}
        self._connection.execute(insert(tables.settled_months), row)

    def _alarm_raised(self, event: AlarmRaised, event_seq: int, *_: object) -> None:
        raise_alarm(self._connection, self._market_id, event, event_seq)

    def _alarm_changed(
        self, event: AlarmAcknowledged | AlarmCommented | AlarmClosed, *_: object
    ) -> None:
        change_alarm(self._connection, self._market_id, event)

    # One line an event: what it does to the tables. None: nothing; what it says shows elsewhere.
    # A test holds this against the union of all events.
    _takes: ClassVar[Mapping[type, Callable[..., None] | None]] = {
        MarketCreated: _market_created,
        ParticipantsRegistered: _participants,
        UnitsRegistered: _units,
        DepositsMade: None,  # the money is in the TransfersBooked beside it
        OrdersAccepted: _orders_accepted,
        OrdersPended: _orders_pended,
        TogetherAccepted: _together_accepted,
        OrdersRejected: _orders_rejected,
        OrderReplaced: _order_replaced,
        OrdersHibernated: _orders_hibernated,
        OrdersActivated: _orders_activated,
        SelfTradePrevented: _self_trade_prevented,
        OrdersJoinedCall: None,  # an order's venue is where it entered
        OrderLeftCall: _order_left_call,
        CallImplausible: None,  # for the operator's alarms
        FlexibleAccepted: _flexible_accepted,
        OrdersExplained: _orders_explained,
        TradingStopped: None,  # stops are asked of the market itself
        ReleaseProposed: None,
        TradingReleased: None,
        DeadManArmed: None,
        RecallRequested: _recall_requested,
        RecallProposed: None,  # what waits for a second person is asked of the market itself
        RecallDecided: _recall_decided,
        MandateGranted: None,  # mandates and limits are asked of the market itself
        MandateRevoked: None,
        OwnLimitsSet: None,
        CreditLimitProposed: None,
        CollateralWarned: None,  # how accounts stand is asked of the market itself
        **dict.fromkeys(COLLATERAL_EVENTS, _collateral),
        OutageReported: None,
        OutageEnded: None,
        LinesUsed: _lines_used,
        OrdersCancelled: _orders_cancelled,
        PhaseChanged: _phase_changed,
        IntervalCleared: _interval_cleared,
        TradesMade: _trades_made,
        OrdersClosed: _orders_closed,
        TransfersBooked: _transfers_booked,
        SetpointsChanged: _setpoints,
        MeasurementsRecorded: _measurements,
        DeviationsSeen: _deviations,
        IntervalSettled: _interval_settled,
        SystemSeen: _system_seen,
        AreasSummed: _areas_summed,
        DayClosed: _day_closed,
        **dict.fromkeys(BILL_EVENTS, _bills),
        **dict.fromkeys(CASE_EVENTS, _case),
        **dict.fromkeys(MESSAGE_EVENTS, _message),
        AlertSettingsSet: None,  # settings are asked of the market itself
        **dict.fromkeys(PAYMENT_EVENTS, _payment),
        PaymentActProposed: None,  # what waits for a second person is asked of the market itself
        FundPaidIn: None,  # the money is in the TransfersBooked beside it
        **dict.fromkeys(ACT_EVENTS, _act),
        AreaDecoupled: None,  # which areas go on alone is asked of the market itself
        AreaCoupled: None,
        AlarmRaised: _alarm_raised,
        **dict.fromkeys((AlarmAcknowledged, AlarmCommented, AlarmClosed), _alarm_changed),
        NetworkRegistered: None,  # grids are asked of the market itself
        IntervalChecked: None,
        UnitStateChanged: None,  # states of units are asked of the market itself
        AreaHeard: None,  # so is who is to be heard, and what it said last
        BurdensShared: None,  # the account is asked of the market itself
        AreaReported: None,
        **dict.fromkeys(GRID_EVENTS, _grid),
        InstructionsWithdrawn: _withdrawn,
        ChecksReopened: None,  # they are checked again, which is told then
        **dict.fromkeys(RUN_EVENTS, _run),
        CertificatesIssued: None,  # its sums are read off the run's areas when it is finished
        **dict.fromkeys(CERTIFICATE_EVENTS, _certificates),
        MonthSettled: _month,
        BalanceGroupSet: None,  # groups are asked of the market itself
        **dict.fromkeys(OFFER_EVENTS, _offer),
        WaysTaken: None,  # what a way was worth is in the TransfersBooked of its call
        WaysSettled: None,
    }


def limit_terms(options: OrderOptions) -> str:
    """What a limit order says beside price and energy, as canonical JSON."""
    return _canonical.encode({"kind": "limit", "options": options}).decode()


def _terms_of(order: Order) -> dict[str, object]:
    """What an order says beside its header."""
    if isinstance(order, BasketOrder):
        return {"kind": "basket", "rows": order.rows}
    if isinstance(order, CurveOrder):
        return {"kind": "curve", "steps": order.steps}
    if isinstance(order, StorageOrder):
        names = ("end_s", "charge_max_wh", "discharge_max_wh", "spread_ticks", "end_value_ticks")
        return {"kind": "storage", **{name: getattr(order, name) for name in names}}
    assert isinstance(order, BlockOrder), "limit orders come in columns"
    names = ("legs", "ratio_min_ppm", "parent", "group", "options")
    return {"kind": "block", **{name: getattr(order, name) for name in names}}


def _fields_of(fact: object) -> RowValues:
    """A fact's fields by name; members that are facts themselves stay as they are."""
    return {name: getattr(fact, name) for name in fact.__dataclass_fields__}  # type: ignore[attr-defined]


_PLAIN_TERMS: Final = limit_terms(PLAIN)
_READING: Final = attrgetter(*[column.name for column in tables.measurements.columns][7:-3])
"""What a reading says beside its key and the market's marks, in the order of the table's columns."""
_TRADE: Final = attrgetter(*[column.name for column in tables.trades.columns][3:10])
"""Who and what a trade is of, in the order of the table's columns; its terms follow."""
_MOVED: Final = attrgetter("debit_account", "credit_account", "amount_quanta")
