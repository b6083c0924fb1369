"""Commands (imperative) and events (past tense): everything that enters or leaves a market's engine.

The one idea: a command carries all it needs, the time included; the events it causes are facts that
rebuild the state when applied in order, without the rules that made them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from market.model.grid import Grid
from market.model.money import Transfer
from market.model.order import AcceptedColumns, OrderColumns
from market.model.participant import Participant, Unit
from market.model.power import Deviation, Measurement, Setpoint
from market.model.rejection import Rejection
from market.model.rules import MarketRules
from market.model.trade import ClearingOutcome, Trade


class Phase(StrEnum):
    """Where a delivery interval stands; the same in every area until areas may differ."""

    SCHEDULED = "scheduled"
    CALL = "call"
    LOCKED = "locked"
    DELIVERY_LOCK = "delivery_lock"
    SETTLING = "settling"
    SETTLED = "settled"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrders:
    """Cancel orders of one participant by the market's ids."""

    now_us: int
    actor: str
    participant_id: str
    order_ids: tuple[str, ...]


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
    outcome: ClearingOutcome


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
    | CancelOrders
    | OpenCall
    | CloseGate
    | ApplyClearing
    | EndDelivery
    | RecordMeasurements
    | SettleInterval
    | CloseDay
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
    """user_cancel, or system_expired when the gate's auction left them unfilled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChanged:
    """An interval entered a phase."""

    start_s: int
    phase: Phase
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalCleared:
    """An auction ended; trades, transfers and set-points follow in the same batch."""

    outcome: ClearingOutcome
    supply_curve: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    """Per area: (price_ticks, cumulative_wh) steps of the sell orders, cheapest first, thinned."""
    demand_curve: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    """Per area: the same for buy orders, dearest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradesMade:
    """Trades of one interval. Holds of the orders behind them are used up or released."""

    start_s: int
    trades: tuple[Trade, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersClosed:
    """The interval's orders left the book: filled, partly filled or expired; no hold is left."""

    start_s: int


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
    """Readings that were taken; a later reading of the same unit and interval replaces it."""

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
    | OrdersRejected
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
    | DayClosed
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
