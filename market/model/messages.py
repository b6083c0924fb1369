"""Commands (imperative) and events (past tense): everything that enters or leaves a market's engine.

The one idea: a command carries all it needs, the time included; the events it causes are facts that
rebuild the state when applied in order, without the rules that made them.
"""
# house: long because every command and event of the orders' and the interval's life stands here.

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from market.model.act import (
    ActPerformed,
    ActProposed,
    ApproveAct,
    AreaCoupled,
    AreaDecoupled,
    PerformAct,
    UnitLimitsChanged,
    UnitsCurtailed,
)
from market.model.activation import UnitsActivated
from market.model.alarm import (
    AcknowledgeAlarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmCommented,
    AlarmRaised,
    CloseAlarm,
    CommentAlarm,
    RaiseAlarm,
)
from market.model.balance_group import BalanceGroupSet, SetBalanceGroup
from market.model.bill import BillsDrafted, BillsIssued, DraftBills, IssueBills
from market.model.burden import BurdensShared
from market.model.call import (
    NOT_EXPLAINED,
    CallImplausible,
    CallKind,
    Explained,
    FlexibleAccepted,
    OrderLeftCall,
    OrdersExplained,
    PlaceFlexible,
)
from market.model.case import (
    CaseClosed,
    CaseOpened,
    CaseRated,
    CaseReopened,
    CaseStepped,
    DecideCase,
    DisputeBill,
    NoteCase,
    OpenCase,
    RateCase,
    ReopenCase,
    ResolveCase,
    TakeCase,
    WithdrawCase,
)
from market.model.certificate import (
    CertificatesExported,
    CertificatesIssued,
    CertificatesMoved,
    CertificatesRetired,
    ExportCertificates,
    MoveCertificates,
    RetireCertificates,
)
from market.model.collateral import (
    CollateralWarned,
    CreditLimitProposed,
    CreditLimitSet,
    MarginCalled,
    MarginCallMet,
    MarginCallMissed,
    SetCreditLimit,
)
from market.model.contract import (
    ConfirmContract,
    ContractClosed,
    ContractRegistered,
    DeclineContract,
    RegisterContract,
    WaysSettled,
    WaysTaken,
    WithdrawContract,
)
from market.model.grid import Grid
from market.model.grid_check import (
    ApplyGridCheck,
    AreaSeen,
    ChecksReopened,
    GridChecked,
    GridSeen,
    InstructionsWithdrawn,
    IntervalChecked,
    UnitsRedispatched,
)
from market.model.listing import (
    AcceptQuote,
    AskQuotes,
    CloseInquiry,
    DeclineInquiry,
    GiveQuote,
    InquiryClosed,
    InquiryDeclined,
    InquiryMade,
    ListingClosed,
    ListingPosted,
    ListingTaken,
    PostListing,
    QuoteClosed,
    QuoteGiven,
    TakeListing,
    WithdrawListing,
    WithdrawQuote,
)
from market.model.mandate import (
    GrantMandate,
    MandateGranted,
    MandateRevoked,
    OwnLimitsSet,
    RevokeMandate,
    SetOwnLimits,
)
from market.model.message import (
    AlertSettingsSet,
    AlertsRead,
    MarkRead,
    MessagePublished,
    MessageWithdrawn,
    MessageWritten,
    SetAlertSettings,
    WithdrawMessage,
    WriteMessage,
)
from market.model.money import Transfer
from market.model.network import NetworkRegistered, RegisterNetwork
from market.model.order import AcceptedColumns, BasketOrder, BlockOrder, OrderColumns, Venue
from market.model.participant import Participant, Unit
from market.model.payment import (
    CancelWithdrawal,
    CoverDefault,
    DecidePayment,
    DecidePayout,
    DefaultCovered,
    DefaultRecovered,
    FundPaidIn,
    MoveCollateral,
    PayIntoFund,
    PaymentActProposed,
    PaymentDecided,
    PaymentsRecorded,
    PayoutsChanged,
    RecordPayments,
    RejectPayouts,
    RequestWithdrawal,
    SendPayouts,
)
from market.model.power import Deviation, Measurement, Setpoint
from market.model.reach import AreaHeard, AreaReported, HearArea, MissArea, ReportArea
from market.model.recall import (
    DecideRecall,
    RecallDecided,
    RecallProposed,
    RecallRequested,
    RequestRecall,
)
from market.model.rejection import Rejection
from market.model.rules import MarketRules
from market.model.service import EndOutage, OutageEnded, OutageReported, ReportOutage
from market.model.settled_month import MonthSettled, SettleMonth
from market.model.settlement_run import (
    AreaSettled,
    BeginSettlement,
    FinishSettlement,
    RecordSettledArea,
    SettlementBegun,
    SettlementFinished,
)
from market.model.standing import (
    ForecastsRecorded,
    RecordForecasts,
    SetStandingRule,
    StandingRuleSet,
    StandingRuleWithdrawn,
    WithdrawStandingRule,
)
from market.model.stop import (
    ArmDeadMan,
    CancelAll,
    DeadManArmed,
    ReleaseProposed,
    ReleaseStop,
    StopTrading,
    TradingReleased,
    TradingStopped,
)
from market.model.summing import AreasSummed
from market.model.system import SystemSeen
from market.model.trade import ClearingOutcome, Trade
from market.model.unit_report import ReportUnitState, UnitStateChanged


class Phase(StrEnum):
    """Where a delivery interval stands in an area."""

    SCHEDULED = "scheduled"
    CALL = "call"
    """Sealed order entry of a call auction."""
    LOCKED = "locked"
    """Order entry has closed; the auction is solved."""
    CONTINUOUS = "continuous"
    VOLATILITY_CALL = "volatility_call"
    """A sealed call after prices left the corridor; then continuous again."""
    HALT = "halt"
    """Orders may only be cancelled until two people resume."""
    FROZEN = "frozen"
    """A fault: nothing moves until two people have looked."""
    DELIVERY_LOCK = "delivery_lock"
    SETTLING = "settling"
    SETTLED = "settled"


class Step(StrEnum):
    """Steps of an interval's road, in order; the rules say which of them a market takes."""

    OPEN_DAY_AHEAD = "open_day_ahead"
    CLOSE_DAY_AHEAD = "close_day_ahead"
    CLEAR_DAY_AHEAD = "clear_day_ahead"
    OPEN_CONTINUOUS = "open_continuous"
    OPEN_CALL = "open_call"
    CLOSE_GATE = "close_gate"
    CLEAR = "clear"
    END_DELIVERY = "end_delivery"
    SETTLE = "settle"


# --- commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMarket:
    """Open a market with its rules and grid."""

    now_us: int
    actor: str
    rules: MarketRules
    grid: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterParticipants:
    """Take in participants; all or none."""

    now_us: int
    actor: str
    participants: tuple[Participant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUnits:
    """Take in units of known participants; all or none."""

    now_us: int
    actor: str
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Money paid in from outside."""

    deposit_id: str
    """The payer's own id, unique for ever: a repeat is harmless."""
    participant_id: str
    amount_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDeposits:
    """Book deposits; all or none."""

    now_us: int
    actor: str
    deposits: tuple[Deposit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrders:
    """Place one or many orders of one participant."""

    now_us: int
    actor: str
    participant_id: str
    orders: OrderColumns
    atomic: bool = False
    """True: all or none."""
    placed_by: str = ""
    """The participant that places them under a mandate; empty: the owner itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTogether:
    """Place a basket, or a block for continuous trading: rows that trade together or not at all."""

    now_us: int
    actor: str
    participant_id: str
    client_order_id: str
    rows: OrderColumns
    """A basket's rows; a block's legs, all with the block's price limit."""
    is_block: bool
    """True: one ratio over consecutive intervals, and it may rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceOrder:
    """Change price or energy of an open order."""

    now_us: int
    actor: str
    participant_id: str
    order_id: str
    revision: int
    """The revision the owner knows."""
    price_ticks: int | None = None
    """None: as it is."""
    energy_wh: int | None = None
    """What is to be open from now on; None: as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HibernateOrders:
    """Take open orders out of the book, to be activated again."""

    now_us: int
    actor: str
    participant_id: str
    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateOrders:
    """Bring hibernated orders back, or confirm those that wait for it."""

    now_us: int
    actor: str
    participant_id: str
    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireDue:
    """End what has a time limit that is reached. Sent by the timetable."""

    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrders:
    """Cancel orders of one participant by the market's ids."""

    now_us: int
    actor: str
    participant_id: str
    order_ids: tuple[str, ...]
    placed_by: str = ""
    """The agent who cancels under a mandate; empty: the owner itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDayAhead:
    """Open the opening call of a market day. Sent by the timetable."""

    now_us: int
    start_s: int
    """The day's first interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDayAhead:
    """Close order entry of the opening call. Sent by the timetable."""

    now_us: int
    start_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenContinuous:
    """Open continuous trading of a market day's intervals. Sent by the timetable."""

    now_us: int
    start_s: int
    """The day's first interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """Open the closing call of an interval. Sent by the timetable."""

    now_us: int
    start_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseGate:
    """Close order entry of an interval. Sent by the timetable."""

    now_us: int
    start_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyClearing:
    """Turn an audited auction result into trades, transfers and set-points."""

    now_us: int
    outcomes: tuple[ClearingOutcome, ...]
    """One per interval of the call, in order."""
    call: CallKind = CallKind.CLOSING
    explained: Explained = NOT_EXPLAINED
    """Why each order got what it got."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMeasurements:
    """Meter readings of units in one area."""

    now_us: int
    actor: str
    area_id: str
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDelivery:
    """Note that an interval's delivery is over: meters may report. Sent by the timetable."""

    now_us: int
    start_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleInterval:
    """Price deviations and charge metered withdrawal of an interval. Sent by the timetable."""

    now_us: int
    start_s: int
    grid: tuple[AreaSeen, ...] = ()
    """What the readings say about the areas' grids, where they are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDay:
    """Give congestion rent of a market day back to the members. Sent by the timetable."""

    now_us: int
    day: str
    """Local date, ISO 8601."""


Command: TypeAlias = (
    CreateMarket
    | RegisterParticipants
    | RegisterUnits
    | MakeDeposits
    | PlaceOrders
    | PlaceTogether
    | ReplaceOrder
    | HibernateOrders
    | ActivateOrders
    | CancelOrders
    | ExpireDue
    | OpenDayAhead
    | CloseDayAhead
    | OpenContinuous
    | OpenCall
    | CloseGate
    | ApplyClearing
    | PlaceFlexible
    | EndDelivery
    | RecordMeasurements
    | SettleInterval
    | BeginSettlement
    | RecordSettledArea
    | FinishSettlement
    | MoveCertificates
    | RetireCertificates
    | ExportCertificates
    | SettleMonth
    | SetBalanceGroup
    | CloseDay
    | DraftBills
    | IssueBills
    | DisputeBill
    | OpenCase
    | TakeCase
    | NoteCase
    | ResolveCase
    | ReopenCase
    | RateCase
    | WithdrawCase
    | DecideCase
    | MarkRead
    | SetAlertSettings
    | WithdrawMessage
    | WriteMessage
    | CancelWithdrawal
    | CoverDefault
    | DecidePayment
    | DecidePayout
    | MoveCollateral
    | PayIntoFund
    | RecordPayments
    | RejectPayouts
    | RequestWithdrawal
    | SendPayouts
    | StopTrading
    | ReleaseStop
    | CancelAll
    | ArmDeadMan
    | RequestRecall
    | DecideRecall
    | GrantMandate
    | RevokeMandate
    | SetOwnLimits
    | SetCreditLimit
    | ReportOutage
    | EndOutage
    | AcceptQuote
    | AskQuotes
    | CloseInquiry
    | DeclineInquiry
    | GiveQuote
    | PostListing
    | TakeListing
    | WithdrawListing
    | WithdrawQuote
    | ConfirmContract
    | DeclineContract
    | RegisterContract
    | WithdrawContract
    | RecordForecasts
    | SetStandingRule
    | WithdrawStandingRule
    | RaiseAlarm
    | AcknowledgeAlarm
    | CommentAlarm
    | CloseAlarm
    | PerformAct
    | HearArea
    | MissArea
    | ReportArea
    | ApproveAct
    | RegisterNetwork
    | ApplyGridCheck
    | ReportUnitState
)

# --- events -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketCreated:
    """A market exists."""

    rules: MarketRules
    grid: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantsRegistered:
    """Participants were taken in."""

    participants: tuple[Participant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsRegistered:
    """Units were taken in."""

    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositsMade:
    """Deposits were booked; a TransfersBooked with the money follows."""

    deposits: tuple[Deposit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersAccepted:
    """Orders stand in the book and money is held for them."""

    participant_id: str
    now_us: int
    orders: AcceptedColumns
    venue: Venue = Venue.CALL
    placed_by: str = ""
    """Who placed them under a mandate; empty: the owner itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersPended:
    """Orders that look like mistakes wait for their owner's word; they stand in no book."""

    participant_id: str
    now_us: int
    orders: AcceptedColumns
    """With no money held."""
    placed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TogetherAccepted:
    """A basket or a block was taken; a block that does not trade on arrival rests as one."""

    participant_id: str
    now_us: int
    held_quanta: int
    basket: BasketOrder | None = None
    block: BlockOrder | None = None
    """Exactly one of the two is there."""

    @property
    def order(self) -> BasketOrder | BlockOrder:
        """The one that is there."""
        found = self.basket or self.block
        assert found is not None, "a basket or a block"
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReplaced:
    """An open order has another price or energy from now on."""

    participant_id: str
    order_id: str
    revision: int
    price_ticks: int
    energy_wh: int
    """Open energy from now on."""
    held_quanta: int
    keeps_priority: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersHibernated:
    """Orders left the book to sleep; their holds were released."""

    participant_id: str
    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersActivated:
    """Orders that slept or waited stand in the book again, behind those already there."""

    participant_id: str
    order_ids: tuple[str, ...]
    held_quanta: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersJoinedCall:
    """Orders left continuous trading for the closing call of their interval, limits unchanged."""

    start_s: int
    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTradePrevented:
    """One owner's orders would have met: this much did not trade."""

    participant_id: str
    start_s: int
    order_id: str
    """The arriving order."""
    resting_order_id: str
    prevented_wh: int
    """What would have been matched, counted at the resting order."""
    taken_wh: int = 0
    """By how much the arriving order shrinks without trading."""
    resting_taken_wh: int = 0
    """By how much the resting one does, where it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUse:
    """Energy that a mode other than a call sends over a line; its capacity is drawn.

    Negative energies give back what a match that was undone had drawn.
    """

    line_id: str
    forward: bool
    sent_wh: int
    received_wh: int
    match_id: str = ""
    """The match it belongs to; empty: it can be undone by no recall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesUsed:
    """Capacity of lines was drawn in an interval."""

    start_s: int
    uses: tuple[LineUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersRejected:
    """Orders that were refused, each with its reason."""

    participant_id: str
    client_order_ids: tuple[str, ...]
    rejections: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersCancelled:
    """Orders left the book unfilled and their holds were released."""

    participant_id: str
    order_ids: tuple[str, ...]
    reason: str
    """Who acted and why: user_cancel, operator_kill, system_expired, system_disconnect …"""
    code: str = ""
    """A match outcome's code where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChanged:
    """An interval entered a phase."""

    start_s: int
    phase: Phase
    now_us: int
    area_id: str | None = None
    """None: in every area."""
    step: Step | None = None
    """The step of the road; None: a stop beside it (halt, volatility call) or its end."""
    until_us: int | None = None
    """When it ends by itself; None: by another event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalCleared:
    """An auction ended; trades, transfers and set-points follow in the same batch."""

    outcome: ClearingOutcome
    supply_curve: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    """Per area: (price_ticks, cumulative_wh) steps of the sell orders, cheapest first, thinned."""
    demand_curve: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    """Per area: the same for buy orders, dearest first."""
    call: CallKind = CallKind.CLOSING


@dataclass(frozen=True, slots=True, kw_only=True)
class TradesMade:
    """Trades of one interval. Holds of the orders behind them are used up or released."""

    start_s: int
    trades: tuple[Trade, ...]
    made_us: int = 0
    """When; 0 for those of a call, which no recall asks about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersClosed:
    """The call's orders left its book: filled, partly filled or expired; no hold of them is left.

    Only what goes on is open still, in the book of its own interval.
    """

    start_s: int
    """The interval; of an opening call the day's first."""
    call: CallKind = CallKind.CLOSING
    last_start_s: int | None = None
    """The call's last interval; None: there is one only."""
    going_on: tuple[str, ...] = ()
    """Orders that outlive the call."""
    going_on_wh: tuple[int, ...] = ()
    """What is open of each, > 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransfersBooked:
    """Money moved."""

    transfers: tuple[Transfer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetpointsChanged:
    """New targets of the units of one area for one interval."""

    area_id: str
    start_s: int
    target_w: int
    """Sum over the area's units, injection positive."""
    setpoints: tuple[Setpoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementsRecorded:
    """Readings that were taken: those that count, and those kept beside, marked as such."""

    area_id: str
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationsSeen:
    """What each level of control saw between schedule and meter; units, then areas, then market."""

    start_s: int
    deviations: tuple[Deviation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalSettled:
    """An interval's deviations and fees are booked."""

    start_s: int
    withdrawal_wh: tuple[tuple[str, int], ...]
    """Metered withdrawal (>= 0) of each participant's metering point."""
    deviation_price_long_ticks: tuple[tuple[str, int], ...]
    """Per area: price paid for a surplus."""
    deviation_price_short_ticks: tuple[tuple[str, int], ...]
    """Per area: price charged for a shortage."""
    ledger_sum_quanta: int
    """Sum over all accounts after the booking: zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClosed:
    """Rent of a day was given back."""

    day: str


Event: TypeAlias = (
    MarketCreated
    | ParticipantsRegistered
    | UnitsRegistered
    | DepositsMade
    | OrdersAccepted
    | OrdersPended
    | TogetherAccepted
    | OrdersRejected
    | OrderReplaced
    | OrdersHibernated
    | OrdersActivated
    | OrdersJoinedCall
    | SelfTradePrevented
    | LinesUsed
    | OrdersCancelled
    | PhaseChanged
    | IntervalCleared
    | TradesMade
    | OrdersClosed
    | TransfersBooked
    | SetpointsChanged
    | MeasurementsRecorded
    | DeviationsSeen
    | IntervalSettled
    | SettlementBegun
    | AreaSettled
    | SettlementFinished
    | CertificatesIssued
    | CertificatesMoved
    | CertificatesRetired
    | CertificatesExported
    | MonthSettled
    | BalanceGroupSet
    | DayClosed
    | BillsDrafted
    | BillsIssued
    | CaseOpened
    | CaseStepped
    | CaseClosed
    | CaseReopened
    | CaseRated
    | AlertSettingsSet
    | AlertsRead
    | MessagePublished
    | MessageWithdrawn
    | MessageWritten
    | DefaultCovered
    | DefaultRecovered
    | FundPaidIn
    | PaymentActProposed
    | PaymentDecided
    | PaymentsRecorded
    | PayoutsChanged
    | TradingStopped
    | ReleaseProposed
    | TradingReleased
    | DeadManArmed
    | RecallRequested
    | RecallProposed
    | RecallDecided
    | MandateGranted
    | MandateRevoked
    | OwnLimitsSet
    | CreditLimitProposed
    | CreditLimitSet
    | CollateralWarned
    | MarginCalled
    | MarginCallMissed
    | MarginCallMet
    | OutageReported
    | OutageEnded
    | InquiryClosed
    | InquiryDeclined
    | InquiryMade
    | ListingClosed
    | ListingPosted
    | ListingTaken
    | QuoteClosed
    | QuoteGiven
    | ContractClosed
    | ContractRegistered
    | WaysSettled
    | WaysTaken
    | CallImplausible
    | FlexibleAccepted
    | OrdersExplained
    | OrderLeftCall
    | ForecastsRecorded
    | StandingRuleSet
    | StandingRuleWithdrawn
    | AlarmRaised
    | AlarmAcknowledged
    | AlarmCommented
    | AlarmClosed
    | ActProposed
    | ActPerformed
    | AreaDecoupled
    | AreaCoupled
    | UnitsCurtailed
    | BurdensShared
    | SystemSeen
    | AreasSummed
    | UnitLimitsChanged
    | NetworkRegistered
    | GridChecked
    | UnitsRedispatched
    | UnitsActivated
    | ChecksReopened
    | InstructionsWithdrawn
    | IntervalChecked
    | GridSeen
    | UnitStateChanged
    | AreaHeard
    | AreaReported
)

# --- answers ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswer:
    """The answer to one row of PlaceOrders or CancelOrders: an id, or why not."""

    order_id: str | None
    """The market's id; for a harmless repeat the id it already had; None: refused."""
    rejection: Rejection | None = None
    repeated: bool = False
    """True: this very order was accepted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the engine answers to a command. Valid only once the batch is durable."""

    rejections: tuple[Rejection, ...] = ()
    """Why the command as a whole was refused; empty: it was applied."""
    orders: tuple[OrderAnswer, ...] = ()
    """Row by row, for PlaceOrders and CancelOrders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The engine's decision: facts to be made durable, and the answer to give then."""

    events: tuple[Event, ...]
    answer: Answer
