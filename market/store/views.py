"""What reading gives back where the model has no word of its own: rows of projections, pages, sums.

The one idea: these are answers, made when somebody asks; integers with their unit, no wire strings.
"""
# house: long because what reading gives back stands in one place.

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from market.model.bill import Bill, BillState, ChargeKind, LineParts
from market.model.case import Case
from market.model.demand import Owed
from market.model.messages import Phase
from market.model.money import TransferKind
from market.model.power import Measurement
from market.model.trade import AreaOutcome, LineOutcome

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[ItemT]):
    """Some rows of a list, and where the next ones begin."""

    items: tuple[ItemT, ...]
    next_cursor: str | None
    """Hand it in to read on; None: this was the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaPrice:
    """What the auction of one interval decided for one area."""

    start_s: int
    area: AreaOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRow:
    """Where a delivery interval stands and how its auction ended; None: not known yet."""

    start_s: int
    phase: Phase
    phase_since_us: int | None
    """Market time of the last change of phase; None: still scheduled."""
    rung: str | None
    reproducible: bool | None
    welfare_quanta: int | None
    upper_bound_quanta: int | None
    solve_ms: int | None
    receipt_hash: str | None
    audit_faults: tuple[str, ...] | None
    trade_count: int | None
    ledger_sum_quanta: int | None
    """Sum over all accounts when the interval was settled: zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalView:
    """An interval with what its auction decided for areas and lines."""

    interval: IntervalRow
    areas: tuple[AreaOutcome, ...]
    lines: tuple[LineOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPosition:
    """What a unit has traded in one interval, however the trades were made."""

    unit_id: str
    participant_id: str
    area_id: str
    start_s: int
    bought_wh: int
    sold_wh: int

    @property
    def net_wh(self) -> int:
        """What it is to put into the grid: injection positive."""
        return self.sold_wh - self.bought_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingView:
    """A reading with its place among all that came in about its unit and interval."""

    reading: Measurement
    area_id: str
    recorded_us: int
    """Market time at which it was taken."""
    version: int
    """1 for the first that came in."""
    counts: bool
    """True: settlement goes by this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingGap:
    """A unit and interval without a reading."""

    unit_id: str
    area_id: str
    start_s: int
    substituted: bool
    """True: it was settled on the schedule; False: a reading may still come in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Supply and demand of one area (or `market`: all together) in one interval's auction."""

    start_s: int
    area_id: str
    supply: tuple[tuple[int, int], ...]
    """(price_ticks, cumulative_wh), cheapest first."""
    demand: tuple[tuple[int, int], ...]
    """(price_ticks, cumulative_wh), dearest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedCurve:
    """A curve with the price at which it cleared."""

    curve: Curve
    price_ticks: int | None
    """None: nothing traded, or the curve of the whole market, which has no one price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingLeg:
    """One interval of a listing."""

    number: int
    """Of the listing."""
    start_s: int
    energy_wh: int
    left_wh: int
    """What can still be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPartner:
    """Somebody a listing is for."""

    number: int
    """Of the listing."""
    participant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryAsked:
    """Somebody who was asked for a quote."""

    participant_id: str
    number: int
    """Of the inquiry."""
    declined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An order that was refused."""

    participant_id: str
    client_order_id: str
    start_s: int
    """The delivery interval it was meant for."""
    code: str
    pointer: str
    """The field at fault; empty: the order as a whole."""
    parameters: dict[str, str]
    """Values for the text, in wire units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """How one call ended, for one of its intervals; of several the first one has the welfare."""

    start_s: int
    call: str
    rung: str
    reproducible: bool
    welfare_quanta: int
    upper_bound_quanta: int
    solve_ms: int
    receipt_hash: str
    """The same for all intervals of a call."""
    audit_faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecipient:
    """A participant that a message was for."""

    participant_id: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRead:
    """A participant has read an alert."""

    alert_id: str
    participant_id: str
    read_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStep:
    """An interval entered a phase, in every area or in one."""

    start_s: int
    phase: str
    area_id: str | None
    """None: in every area."""
    step: str | None
    """Of the road; None: a stop beside it, or its end."""
    now_us: int
    until_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnd:
    """How an order left before it was filled."""

    sequence: int
    """Of the order."""
    reason: str
    """Who acted and why."""
    code: str
    """A match outcome's code; empty: none."""
    ended_us: int
    """Market time, UTC microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Metered withdrawal of one participant in a settled interval, >= 0."""

    start_s: int
    participant_id: str
    withdrawal_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationPriceRow:
    """What a deviation cost in one area and interval."""

    start_s: int
    area_id: str
    long_ticks: int
    """Price paid for a surplus."""
    short_ticks: int
    """Price charged for a shortage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBalance:
    """One account of the ledger."""

    account: str
    balance_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """A participant's money."""

    participant_id: str
    balance_quanta: int
    held_quanta: int

    @property
    def available_quanta(self) -> int:
        """What may still be held or paid."""
        return self.balance_quanta - self.held_quanta


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """Money of one kind over a span; positive is received."""

    kind: TransferKind
    amount_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBill:
    """A bill and how far it is."""

    bill: Bill
    state: BillState
    issued_us: int | None
    """None: it never was."""
    cases: tuple[Case, ...] = ()
    """Disputes about this version and earlier ones of its month, oldest first."""
    owed: Owed | None = None
    """What of it is payable and paid; None: it is a draft, or was replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillDetail:
    """One trade or posting behind a line of a bill."""

    kind: ChargeKind
    start_s: int | None
    """Its delivery interval; None: it belongs to none."""
    reference: str
    """The trade, unit, metering point, line or area it is of."""
    energy_wh: int | None
    price_ticks: int | None
    amount_quanta: int
    """Positive: the participant pays."""
    parts: LineParts = field(default_factory=LineParts)
    """What of the amount is for lines, of a purchase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingDay:
    """What moved between two accounts on a day of delivery, by kind."""

    day: str
    """As in 2016-06-15."""
    first_account: str
    """The earlier of the two by name."""
    second_account: str
    kind: str
    high_quanta: int
    """First to second less what went back, in 2**32 quanta rounded down, ..."""
    low_quanta: int
    """... and the rest."""
    postings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDay:
    """What was booked to one account on one local day."""

    account: str
    day: str
    """As in 2016-06-15."""
    received_quanta: int
    given_quanta: int
    balance_quanta: int
    """At the day's end."""

    @property
    def opening_quanta(self) -> int:
        """The balance at the day's beginning."""
        return self.balance_quanta - self.received_quanta + self.given_quanta


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMovement:
    """What one sort of account gave another for one reason on one local day."""

    day: str
    """On which it was booked, as in 2016-06-15."""
    giver: str
    """What sort of account gave: participant, grid_operator, rent ..."""
    receiver: str
    kind: TransferKind
    amount_quanta: int
    """Sum of so many ..."""
    postings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One movement between two accounts, as it was booked."""

    posting_id: str
    """The event that booked it, and its place in it."""
    giver: str
    receiver: str
    amount_quanta: int
    kind: TransferKind
    reference: str
    start_s: int | None
    """The delivery interval it belongs to; None: none."""
    counts_s: int
    """When it counts: its interval, the first of its day, or the booking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """Every account at the end of one local day; what was received in sum was given in sum."""

    day: str
    accounts: tuple[AccountDay, ...]
    """Those to which anything had been booked by then, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """All accounts and their sum, which is zero."""

    accounts: tuple[AccountBalance, ...]
    sum_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantTotals:
    """One participant's market day."""

    participant_id: str
    area_id: str
    amounts_quanta: Mapping[TransferKind, int]
    """By kind; positive is received."""
    total_quanta: int
    bought_wh: int
    sold_wh: int
    withdrawal_wh: int
    substituted: int
    """Readings of its units that were put in by rule because none came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """A market day in numbers. `from_s` <= delivery start < `until_s`."""

    from_s: int
    until_s: int
    intervals_cleared: int
    trade_count: int
    orders_accepted: int
    orders_rejected: int
    orders_cancelled: int
    bought_wh: int
    sold_wh: int
    losses_wh: int
    """Sent less received over all lines."""
    welfare_quanta: int
    audit_failures: int
    """Faults the auditor found before a result was taken."""
    solve_ms: tuple[int, ...]
    """Real time of each auction, smallest first."""
    binding_intervals: Mapping[str, int]
    """Per line: intervals in which it carried all it could."""
    rungs: Mapping[str, int]
    ledger: LedgerView
    participants: tuple[ParticipantTotals, ...]

    def solve_ms_quantile(self, percent: int) -> int | None:
        """The smallest time that so many percent of the auctions did not exceed; None: none ran."""
        if not self.solve_ms:
            return None
        rank = -(-len(self.solve_ms) * percent // 100)
        return self.solve_ms[max(rank, 1) - 1]
