"""The shapes of all messages of the stream: one table, from which the description is made.

The one idea: what is told is written by the reducers, what may be told stands here, and a test holds
the one against the other. A field that is not here is not sent; a later server may add some.
"""
# house: long because a stranger reads all messages of the stream in one place.

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from api.access.permissions import Channel
from api.channels.depth import MERGED
from api.shapes.acting import ActTerms, Alarm, AnsweredAct, Curtailment
from api.shapes.areas import AreaLimit, CurtailedEnergy, PublicArea, PublicSums, Retail
from api.shapes.bills import CaseStep
from api.shapes.delivery import Deviation, Limit, MeterReading, Setpoint, UnitReport
from api.shapes.grids import Activation, MeteredGrid, Redispatch, ScheduleCheck
from api.shapes.nouns import Order, Trade
from api.shapes.own import OwnMoney
from api.shapes.results import BookInterval, CallName, Depth, Interval
from api.shapes.values import (
    Code,
    Count,
    Energy,
    Frequency,
    Instant,
    Moment,
    Money,
    Power,
    Price,
    Shape,
    Voltage,
)
from market.model.act import ControlReason
from market.model.collateral import MarginCallState
from market.model.message import MessageState
from market.model.messages import Phase
from market.model.money import TransferKind
from market.model.order import OrderState, Side, Venue
from market.model.participant import UnitKind
from market.model.payment import PayoutState
from market.model.recall import TradeState
from market.model.settlement_run import RunKind, RunPhase
from market.model.system import AreaState


class Told(Shape, kw_only=True, tag_field="event"):
    """A change; its name is in `event`."""

    event_seq: Count
    """The market's journal up to which it is true."""


def _told(item: type[Shape], tag: str, about: str, **more: object) -> type[Any]:
    """A change that tells of one thing with all its fields, and `more` of them."""
    return msgspec.defstruct(
        "".join(word.capitalize() for word in tag.split("_")) + "Told",
        [("event_seq", Count), *more.items()],
        bases=(item,),
        module=__name__,
        namespace={"__doc__": about},
        tag_field="event",
        tag=tag,
    )


class State(Shape, kw_only=True):
    """A snapshot."""

    event_seq: Count


# --- market ---------------------------------------------------------------------------


class Place(Shape):
    """A stop and where it holds; null: everywhere."""

    start: Instant | None
    area: str | None
    phase: Phase


class PublicSystem(Shape):
    """The market level's picture of an interval that is over."""

    start: Instant
    end: Instant
    at: Moment
    areas: list[PublicArea]
    small_areas_load_kwh: Energy | None
    retail: Retail


SystemTold = _told(
    PublicSystem, "system", "An interval is settled: the market level's picture of it."
)


SumsTold = _told(PublicSums, "sums", "A call is cleared: what areas add up to.")


class MarketState(State):
    """The trading day."""

    intervals: list[Interval]
    stops: list[Place]
    decoupled: list[str]
    """Areas that go on alone: nothing more is traded over their lines."""
    system: PublicSystem | None
    """Of the interval settled last; null: none is."""
    sums: PublicSums | None
    """Of the closing call cleared last; null: none is."""
    now: Moment


class DecoupledTold(Told, tag="decoupled"):
    """An area goes on alone."""

    area: str
    at: Moment


class CoupledTold(Told, tag="coupled"):
    """An area takes part again."""

    area: str
    at: Moment


class PhaseTold(Told, tag="phase"):
    """An interval entered a phase; area null: in every area."""

    start: Instant
    area: str | None
    phase: Phase
    at: Moment


StoppedTold = _told(Place, "stopped", "Trading was halted at a place.", at=Moment)


class ReleasedTold(Told, tag="released"):
    """A halt has ended; what follows it comes as a phase."""

    start: Instant | None
    area: str | None
    at: Moment


class ClearedTold(Told, tag="cleared"):
    """An auction has its result."""

    interval: Interval


class SettledTold(Told, tag="settled"):
    """An interval is settled."""

    start: Instant
    ledger_sum: Money


class DayClosedTold(Told, tag="day_closed"):
    """A market day is closed."""

    day: str


class RunBegunTold(Told, tag="run_begun"):
    """A market day is being settled as a whole."""

    run_id: str
    day: str
    version: Count
    kind: RunKind
    areas: Count


class RunProgressTold(Told, tag="run_progress"):
    """How far a run is."""

    run_id: str
    phase: RunPhase
    areas_done: Count
    areas: Count


class DaySettledTold(Told, tag="day_settled"):
    """A market day was settled as a whole, or settled again."""

    day: str
    version: Count
    kind: RunKind
    run_id: str


# --- trades, book, listings -------------------------------------------------------------


class PublicTrade(Shape, omit_defaults=True):
    """A trade as everybody sees it."""

    trade_id: str
    side: Side
    price_per_mwh: Price
    energy_kwh: Energy
    venue: Venue
    state: TradeState
    start: Instant | msgspec.UnsetType = msgspec.UNSET


class TradesState(State):
    """The latest trades of an area, oldest first."""

    items: list[PublicTrade]


class TradesTold(Told, tag="trades"):
    """Trades of one interval."""

    start: Instant
    phase: Phase
    items: list[PublicTrade]


class TradeOutcome(Shape):
    """What has become of a trade."""

    trade_id: str
    state: TradeState


class TradesRecalled(Told, tag="trades_recalled"):
    """The recall of trades of one interval was asked for, or decided."""

    start: Instant
    items: list[TradeOutcome]


class DepthTold(Told, tag="depth"):
    """Levels that changed."""

    revision: Count
    intervals: list[BookInterval]
    since: Count | msgspec.UnsetType = msgspec.UNSET
    """It stands for the changes from this number on: its reader lagged."""
    checksum: Count | msgspec.UnsetType = msgspec.UNSET


class ChecksumTold(Told, tag="checksum"):
    """What the book must add up to now."""

    revision: Count
    checksum: Count


class ListedLeg(Shape):
    """What is left of a listing in one interval."""

    start: Instant
    energy_kwh: Energy


class Listed(Shape):
    """A listing as everybody of the market sees it."""

    listing_id: str
    area_id: str
    side: Side
    source: UnitKind
    green: bool
    seller: str
    """Its owner's name, or a pseudonym that is the same for all its listings."""
    price_per_mwh: Price
    minimum_kwh: Energy
    """Least energy one may take of an interval."""
    neighbours_only: bool
    legs: list[ListedLeg]


class ListingsState(State):
    """What is listed in an area."""

    items: list[Listed]


class ListedTold(Told, tag="listed"):
    """A listing was posted."""

    listing: Listed


class ListingChangedTold(Told, tag="listing_changed"):
    """What is left of a listing; no legs: nothing."""

    listing_id: str
    legs: list[ListedLeg]


# --- areas and units ----------------------------------------------------------------------


class PerformedAct(ActTerms):
    """What an operator did."""

    state: Literal["performed"]


class ActTold(Told, tag="act"):
    """An operator did something to the unit, the area, or all of it."""

    act: PerformedAct


class LimitsTold(Told, tag="limits"):
    """New limits of units, on the grid channel."""

    limits: list[Limit]


CurtailedTold = _told(
    Curtailment,
    "curtailed",
    "From a moment on the unit is told something else than it has traded; 0 kW: it no longer is.",
)


class WholePicture(Shape):
    """What the market level saw of an area in an interval that is over."""

    start: Instant
    area_id: str
    state: AreaState
    withdrawal_max_kw: Power
    injection_max_kw: Power
    reserve_up_kw: Power
    reserve_down_kw: Power
    limit_binds: bool
    scheduled_kwh: Energy
    measured_kwh: Energy
    load_kwh: Energy
    load_owners: Count
    load_forecast_kwh: Energy | None
    untraded_load_kwh: Energy
    generation_kwh: Energy | None
    generation_forecast_kwh: Energy | None
    outside_minutes: Count
    not_served_kwh: Energy
    curtailed: list[CurtailedEnergy]
    voltage_pu: tuple[Voltage | None, Voltage | None]
    """Lowest and highest."""
    frequency_hz: tuple[Frequency | None, Frequency | None]
    missing_readings: Count
    doubtful_readings: Count


PictureTold = _told(
    WholePicture,
    "picture",
    "An interval is settled: limits, reserve, power quality, measured sum and what was curtailed.",
)


StateTold = _told(
    UnitReport,
    "state",
    "A unit says in which state it is; kept only when it is another one than before.",
    at=Moment,
)


class WholeSum(Shape):
    """What an area adds up to, with the areas in it, once a call of an interval is cleared."""

    start: Instant
    end: Instant
    at: Moment
    call: CallName
    area_id: str
    withdrawal: AreaLimit
    injection: AreaLimit
    room_up_kw: Power
    room_down_kw: Power
    scheduled_kwh: Energy
    load_forecast_kwh: Energy | None
    generation_forecast_kwh: Energy | None
    bid_kwh: Energy
    offered_kwh: Energy
    bought_kwh: Energy
    sold_kwh: Energy


SumTold = _told(WholeSum, "sum", "A call is cleared: what the area adds up to.")


class AreaUnitsState(State):
    """Units of an area, their set-points and limits."""

    area: str
    units: list[str]
    setpoints: list[Setpoint]
    limits: list[Limit]
    decoupled: bool
    picture: WholePicture | None
    """Of the interval settled last; null: none is."""
    sum: WholeSum | None
    """Of the closing call cleared last; null: none is."""
    reports: list[UnitReport]
    """The latest word of units that have said something."""


class SetpointsTold(Told, tag="setpoints"):
    """New targets of an area's units."""

    start: Instant
    until: Instant
    target_kw: Power
    setpoints: list[Setpoint]


DeviationTold = _told(Deviation, "deviation", "Schedule and meter of one member of a level.")


GridCheckedTold = _told(
    ScheduleCheck,
    "grid_checked",
    "The schedule of an area was held against its grid.",
)


RedispatchedTold = _told(
    Redispatch,
    "redispatched",
    "Units of an area are told something else than they have traded.",
    start=Instant,
)


ActivatedTold = _told(
    Activation,
    "activated",
    "Units of one area help another; `units` is null to the area they help.",
)


class InstructionsWithdrawnTold(Told, tag="instructions_withdrawn"):
    """What an earlier check told units holds no longer; what holds is told next."""

    start: Instant
    unit_ids: list[str]


GridSeenTold = _told(
    MeteredGrid,
    "grid_seen",
    "What the meters of an area said about its grid.",
    start=Instant,
)


class OneUnitState(State):
    """A unit's set-points: the latest, and all of intervals that are not over; its limits, its word."""

    unit: str
    setpoint: Setpoint | None
    setpoints: list[Setpoint]
    limits: list[Limit]
    report: UnitReport | None


SetpointTold = _told(Setpoint, "setpoint", "A unit's new target.")


class UnitRedispatchedTold(Told, tag="redispatched"):
    """A unit is told something else than it has traded."""

    unit_id: str
    start: Instant
    from_kw: Power
    to_kw: Power
    reason: ControlReason


class UnitActivatedTold(Told, tag="activated"):
    """A unit is told something else than it has traded, because an area needs it."""

    unit_id: str
    start: Instant
    for_area: str
    from_kw: Power
    to_kw: Power
    changed_kwh: Energy
    weighed_cost: Money


class UnitInstructionWithdrawnTold(Told, tag="instruction_withdrawn"):
    """What an earlier check told the unit holds no longer."""

    unit_id: str
    start: Instant


MeasurementTold = _told(MeterReading, "measurement", "A meter reading.")


# --- account --------------------------------------------------------------------------------


class MoneyTold(OwnMoney, tag_field="event"):
    """A change of an account, with its money after it."""

    event_seq: Count


class AccountState(OwnMoney):
    """Money and orders that are not closed."""

    event_seq: Count
    orders: list[Order]


class OrdersAcceptedTold(MoneyTold, tag="orders_accepted"):
    """Orders stand in a book."""

    items: list[Order]


class OrdersPendedTold(MoneyTold, tag="orders_pended"):
    """Orders wait for their owner's word."""

    items: list[Order]


class OrderReplacedTold(MoneyTold, tag="order_replaced"):
    """An order has another price or energy."""

    items: list[Order]


class OrdersHibernatedTold(MoneyTold, tag="orders_hibernated"):
    """Orders sleep."""

    items: list[Order]


class OrdersActivatedTold(MoneyTold, tag="orders_activated"):
    """Orders stand in a book again."""

    items: list[Order]


class RefusedOrder(Shape):
    """An order that was refused."""

    client_order_id: str
    code: Code
    detail: str


class OrdersRejectedTold(MoneyTold, tag="orders_rejected"):
    """Orders were refused."""

    items: list[RefusedOrder]


class OrdersCancelledTold(MoneyTold, tag="orders_cancelled"):
    """Orders left their book."""

    order_ids: list[str]
    reason: str
    code: Code | None


class OrdersJoinedCallTold(MoneyTold, tag="orders_joined_call"):
    """Orders left continuous trading for the closing call of their interval."""

    start: Instant
    order_ids: list[str]


class ClosedOrder(Shape):
    """How an order ended."""

    order_id: str
    client_order_id: str
    state: OrderState
    filled_kwh: Energy


class OrdersClosedTold(MoneyTold, tag="orders_closed"):
    """An interval's orders left the book."""

    start: Instant
    items: list[ClosedOrder]


class FilledOrder(Shape):
    """What trades made of an order."""

    order_id: str
    client_order_id: str
    filled_kwh: Energy
    held: Money
    state: OrderState


class OwnTradesTold(MoneyTold, tag="trades"):
    """One's own trades of an interval."""

    start: Instant
    items: list[Trade]
    orders: list[FilledOrder]


class SelfTradePreventedTold(MoneyTold, tag="self_trade_prevented"):
    """One's own orders would have met."""

    start: Instant
    order_id: str
    resting_order_id: str
    prevented_kwh: Energy


class RecallTold(MoneyTold, tag="recall"):
    """The recall of a match of one's own was asked for, or decided."""

    match_id: str
    start: Instant
    state: TradeState
    trade_ids: list[str]
    reason: str | None
    by: Literal["self", "other_party", "operator", "two_operators", "both_parties", "gate"]


class BillTold(MoneyTold, tag="bill"):
    """A bill of one's own stands."""

    bill_id: str
    month: str
    version: Count
    total: Money


class CaseTold(MoneyTold, tag="case"):
    """Something happened to a case of one's own."""

    case_id: str
    step: CaseStep


class MessageToMe(MoneyTold, tag="message"):
    """A message for some, oneself among them, may be read, or no longer."""

    message_id: str
    state: Literal["published", "withdrawn"]


class AlertsReadTold(MoneyTold, tag="alerts_read"):
    """Some alerts were read."""

    alert_ids: list[str]


class CertificatesTold(MoneyTold, tag="certificates"):
    """Certificates came into one's account, or left it."""

    what: Literal["settled", "received", "move", "retire", "export"]
    energy_kwh: Energy
    """What came; negative: what went."""
    reference: str
    """The run, or the act's own id."""


class PaymentTold(MoneyTold, tag="payment"):
    """A movement on the market's bank account that is one's own; below zero it went out."""

    bank_id: str
    amount: Money
    bill_id: str | None
    withdrawal_id: str | None


class WithdrawalTold(MoneyTold, tag="withdrawal"):
    """A withdrawal of one's own has gone a step further."""

    withdrawal_id: str
    client_withdrawal_id: str
    amount: Money
    state: PayoutState
    reason: str


class DebtCoveredTold(MoneyTold, tag="debt_covered"):
    """Others have paid an overdue debt of one's own; it is owed to them now."""

    default_id: str
    amount: Money


class DebtPaidBackTold(MoneyTold, tag="debt_paid_back"):
    """Some of what others had covered went back to them."""

    amount: Money


class CreditLimitTold(MoneyTold, tag="credit_limit"):
    """How far below zero one's account may be used from now on."""

    limit: Money
    reason: str


class CollateralTold(MoneyTold, tag="collateral"):
    """One's exposure has reached the part of the rule, or has left it again."""

    warned: bool
    exposure: Money
    covers: Money


class MarginCallTold(MoneyTold, tag="margin_call"):
    """A margin call was made, missed or met."""

    call_id: str
    state: MarginCallState
    missing: Money
    due_at: Moment | None


class OfferTold(MoneyTold, tag="offer"):
    """A step of a listing, an inquiry, a quote or a contract that concerns one."""

    what: Literal["listing", "inquiry", "quote", "contract"]
    id: str
    state: str


class Movement(Shape):
    """Money that moved; positive was received."""

    kind: TransferKind
    amount: Money
    reference: str
    start: Instant | None
    balance: Money


class TransfersTold(MoneyTold, tag="transfers"):
    """Money moved."""

    items: list[Movement]


# --- alarms and messages ----------------------------------------------------------------------


class Notice(Shape):
    """What somebody should know; the code is explained in docs/wire.md."""

    code: Code
    at: Moment
    start: Instant | None
    area: str | None
    details: dict[str, str | list[str]]


class NoticesState(State):
    """The latest notices, oldest first."""

    items: list[Notice]


NoticeTold = _told(Notice, "notice", "A notice.")


class AlarmsState(NoticesState):
    """The latest notices, oldest first, and the alarms that are not closed."""

    alarms: list[Alarm]


class DeskTold(Told, tag="case"):
    """Something happened to a case; the lists have it whole."""

    case_id: str
    participant_id: str
    step: CaseStep


class ApprovalsTold(Told, tag="approvals"):
    """What waits for a second person has changed: read the list again."""

    what: Literal["proposed", "done"]


class MessageTold(Told, tag="message"):
    """A message was written, published or taken back; what it says is asked for."""

    message_id: str
    state: MessageState


class OperatorActTold(Told, tag="act"):
    """An operator did something, or wants to and needs a second one."""

    act: AnsweredAct


class AlarmTold(Told, tag="alarm"):
    """An alarm as it is from now on: raised, acknowledged, commented or closed."""

    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelShape:
    """What a channel carries."""

    about: str
    key: str
    """What its key is."""
    snapshot: type[Shape]
    deltas: tuple[type[Shape], ...]


CHANNEL_SHAPES: Final[Mapping[Channel, ChannelShape]] = {
    Channel.MARKET: ChannelShape(
        about="Phases, results, settlement",
        key="market id",
        snapshot=MarketState,
        deltas=(
            PhaseTold,
            StoppedTold,
            ReleasedTold,
            ClearedTold,
            SettledTold,
            DayClosedTold,
            RunBegunTold,
            RunProgressTold,
            DaySettledTold,
            DecoupledTold,
            CoupledTold,
            SystemTold,
            SumsTold,
        ),
    ),
    Channel.TRADES: ChannelShape(
        about="Public trades",
        key="area id",
        snapshot=TradesState,
        deltas=(TradesTold, TradesRecalled),
    ),
    Channel.BOOK: ChannelShape(
        about="Depth of continuous trading",
        key=f"area id, or {MERGED} for small areas together",
        snapshot=Depth,
        deltas=(DepthTold, ChecksumTold),
    ),
    Channel.LISTINGS: ChannelShape(
        about="What is listed in an area",
        key="area id",
        snapshot=ListingsState,
        deltas=(ListedTold, ListingChangedTold),
    ),
    Channel.AREA: ChannelShape(
        about="Set-points of an area",
        key="area id",
        snapshot=AreaUnitsState,
        deltas=(
            SetpointsTold,
            LimitsTold,
            ActTold,
            DeviationTold,
            GridCheckedTold,
            RedispatchedTold,
            ActivatedTold,
            InstructionsWithdrawnTold,
            GridSeenTold,
            PictureTold,
            SumTold,
            StateTold,
        ),
    ),
    Channel.UNIT: ChannelShape(
        about="One unit",
        key="unit id",
        snapshot=OneUnitState,
        deltas=(
            SetpointTold,
            LimitsTold,
            ActTold,
            CurtailedTold,
            MeasurementTold,
            DeviationTold,
            UnitRedispatchedTold,
            UnitActivatedTold,
            UnitInstructionWithdrawnTold,
            StateTold,
        ),
    ),
    Channel.ACCOUNT: ChannelShape(
        about="Own orders, trades and money",
        key="participant id",
        snapshot=AccountState,
        deltas=(
            OrdersAcceptedTold,
            OrdersPendedTold,
            OrderReplacedTold,
            OrdersHibernatedTold,
            OrdersActivatedTold,
            OrdersRejectedTold,
            OrdersCancelledTold,
            OrdersJoinedCallTold,
            OrdersClosedTold,
            OwnTradesTold,
            SelfTradePreventedTold,
            RecallTold,
            BillTold,
            CaseTold,
            MessageToMe,
            AlertsReadTold,
            CertificatesTold,
            PaymentTold,
            WithdrawalTold,
            DebtCoveredTold,
            DebtPaidBackTold,
            CreditLimitTold,
            CollateralTold,
            MarginCallTold,
            OfferTold,
            TransfersTold,
        ),
    ),
    Channel.ALARMS: ChannelShape(
        about="What an operator must look at",
        key="market id",
        snapshot=AlarmsState,
        deltas=(NoticeTold, AlarmTold, OperatorActTold, DeskTold, ApprovalsTold, MessageTold),
    ),
    Channel.MESSAGES: ChannelShape(
        about="What everybody should know",
        key="market id",
        snapshot=NoticesState,
        deltas=(NoticeTold, MessageTold),
    ),
}


# --- messages without a channel of their own ----------------------------------------------------


class Limits(Shape):
    """Bounds of one socket; s are real seconds."""

    subscriptions: Count
    message_bytes: Count
    silence_s: float
    unsent_messages: Count
    unsent_s: float
    held_messages: Count
    held_s: float


class HelloData(Shape, omit_defaults=True):
    """The server's first word, and its answer to a new token."""

    market_id: str
    role: str | None
    expires_in: int | None
    now: Moment
    running: bool
    speed: float
    server_time: Moment
    heartbeat_s: float
    subscriptions_max: Count
    limits: Limits
    budgets: Any = None
    """What is left of one's own budgets, as GET me/limits says; with a token only."""
    session_id: str | None = None


class HeartbeatData(Shape, omit_defaults=True):
    """All is well; the last number of every subscription, by `channel.key`."""

    seqs: dict[str, Count]
    now: Moment
    running: bool
    speed: float
    budgets: Any = None


class ResyncData(Shape):
    """The subscription (or all of them) has ended: subscribe again."""

    expected: Count | None
    current: Count | None
    reason: str


class ErrorData(msgspec.Struct, kw_only=True):
    """Why nothing came of a request; the socket stays open. A code's parameters stand beside it."""

    code: Code
    detail: str


SERVER_DATA: Final[Mapping[str, type[msgspec.Struct]]] = {
    "hello": HelloData,
    "heartbeat": HeartbeatData,
    "resync_required": ResyncData,
    "error": ErrorData,
}
