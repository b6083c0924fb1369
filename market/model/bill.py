"""Bills: what a participant's month came to, line by line, and what each line rests on.

The one idea: a bill states what is booked already. It adds tax and rounds once, to whole cents; only
these two move money, when the bill is issued. Amounts are positive where the participant pays.
"""

from dataclasses import dataclass
from enum import StrEnum

from market.model.money import TransferKind


class ChargeKind(StrEnum):
    """What a line is for."""

    ENERGY_BOUGHT = "energy_bought"
    ENERGY_SOLD = "energy_sold"
    DEVIATION_SHORT = "deviation_short"
    """Less fed in, or more taken, than was scheduled."""
    DEVIATION_LONG = "deviation_long"
    DEVIATION = "deviation"
    """What a day settled again changed about deviations, where both directions are not told apart."""
    GROUP_NETTING = "group_netting"
    """Adders given back on what its balance group has met with its own."""
    BAND_WAIVER = "band_waiver"
    """Adders given back on what is within the band of its balance group."""
    NETWORK_FEE = "network_fee"
    LEVIES = "levies"
    DAY_CHARGE = "day_charge"
    """What the metering point pays for each day."""
    LINE_RENT = "line_rent"
    """What the way of an agreed trade was worth beyond its fee."""
    RENT_RETURN = "rent_return"
    REDISPATCH = "redispatch"
    ACTIVATION = "activation"
    """Help a unit gave to another area."""
    INSTRUCTED = "instructed"
    """What an order kept a unit from, at the area price."""
    LAST_RESORT = "last_resort"
    """Energy the retailer of last resort delivered or took."""
    REPLACEMENT = "replacement"
    CREDIT = "credit"
    """What a dispute has brought. A line of this kind says in `detail` which kind of line was wrong, and is
    taxed as that; empty: the bill as a whole was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRule:
    """A tax on some lines of a bill, from a day of delivery on."""

    tax_id: str
    """Rules of one tax follow each other; the latest that has begun holds."""
    name: str
    from_day: str
    """The first local day, as in 2016-06-15."""
    rate_ppm: int
    """0: the tax is over."""
    on: tuple[ChargeKind, ...]


# --- what a bill is made of -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LineParts:
    """What of the price of bought energy is for the lines and limits it came over; each of either sign."""

    fee_quanta: int = 0
    """Wheeling fees, to the grid operator."""
    loss_quanta: int = 0
    """With this the lines bought what was lost on the way."""
    rent_quanta: int = 0
    """Congestion rent of lines and limits, which goes back to members."""
    rounding_quanta: int = 0
    """Of whole ticks and whole Wh."""

    @property
    def whole_quanta(self) -> int:
        """All four; the rest of the price is the energy's own."""
        return self.fee_quanta + self.loss_quanta + self.rent_quanta + self.rounding_quanta


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """Energy with a price: a participant's trades or deviations of one kind, added up."""

    kind: ChargeKind
    period: int
    """Number of the part of the month in which the same taxes hold."""
    detail: str = ""
    """Of trades the venue."""
    count: int
    energy_wh: int
    """Always >= 0; the kind says which way it went."""
    amount_quanta: int
    price_min_ticks: int | None
    """None: a price is missing. That is no price of zero, and no bill can be made."""
    price_max_ticks: int | None
    parts: LineParts | None = None
    """Of energy that calls brought over lines; None: no part of its price is for any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Readings of a participant's metering point in intervals with one tariff, added up."""

    tariff: int
    """Number of the tariff among those of the month."""
    count: int
    withdrawn_wh: int
    fed_in_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What the ledger says of a participant's account, of one kind, added up."""

    kind: TransferKind
    period: int
    count: int
    amount_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The version of a day that a run has settled again."""

    day: str
    """Local, as in 2016-06-15."""
    version: int
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What a run has booked to or from a participant's account, of one kind, added up."""

    kind: TransferKind
    period: int
    run: Correction
    count: int
    amount_quanta: int
    directions: tuple[int, int] | None = None
    """Of deviations where a tax is on one direction alone: what of the amount is for shortages, and what for
    surpluses; None: not told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """What a dispute has brought for one line of an earlier bill."""

    kind: ChargeKind
    """Of that line; CREDIT: it was the bill as a whole."""
    period: int
    case_id: str
    amount_quanta: int
    """> 0: the participant received it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenEnergy:
    """What of a participant's use green certificates are retired for, from one kind of unit in one area."""

    source: str
    """The kind of unit."""
    area_id: str
    own_use_wh: int
    """Generated behind the own metering point."""
    bought_wh: int
    """Came with energy it bought."""
    retired_wh: int
    """Retired by acts of its own, as far as it used so much."""

    @property
    def covered_wh(self) -> int:
        """All three."""
        return self.own_use_wh + self.bought_wh + self.retired_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSource:
    """Everything a participant's bill of one month is made from."""

    participant_id: str
    charged: tuple[Charged, ...] = ()
    metered: tuple[Metered, ...] = ()
    posted: tuple[Posted, ...] = ()
    """All postings, those of runs among them."""
    corrected: tuple[Corrected, ...] = ()
    """Those of runs alone."""
    credited: tuple[Credited, ...] = ()
    """What disputes have brought."""
    substituted: int = 0
    """Readings of its units that the market put in the place of missing ones."""
    green: tuple[GreenEnergy, ...] = ()


# --- the bill -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line. `GET …/bills/{bill_id}/details` lists what it is the sum of."""

    kind: ChargeKind
    detail: str
    from_s: int
    """The part of the month it is for."""
    until_s: int
    count: int
    """How many trades, readings or postings it adds up."""
    energy_wh: int | None
    """None: the amount goes by something else than energy."""
    price_ticks: int | None
    """The one price of all its energy; None: there were several, or there is no energy."""
    amount_quanta: int
    correction: Correction | None = None
    """The run that has changed so much about a day; None: it is what the intervals came to."""
    case_id: str | None = None
    """The case of a credit; None: it is none."""
    parts: LineParts | None = None
    """What of the amount is for the lines its energy came over; None: nothing. It moves no money of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxLine:
    """A tax on the lines to which it applies."""

    tax_id: str
    name: str
    rate_ppm: int
    base_quanta: int
    amount_quanta: int
    """To the quantum, half to even."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainBill:
    """What the same meter would have cost at the retailer of last resort, without any trade."""

    energy_quanta: int
    fed_in_quanta: int
    """What is paid for energy fed in; lessens the total."""
    network_quanta: int
    levies_quanta: int
    tax_quanta: int
    total_quanta: int
    """Whole cents, rounded once, half to even."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A participant's month. A later version takes the place of an earlier one and names it."""

    bill_id: str
    participant_id: str
    month: str
    """As in 2016-06, local."""
    version: int
    corrects: str | None
    """The issued bill of the month in whose place it comes; None: it is the first."""
    before_quanta: int
    """The total of that one; 0 without one."""
    from_s: int
    until_s: int
    as_of_event_seq: int
    """It was made from what the journal said up to this event."""
    drafted_us: int
    lines: tuple[BillLine, ...]
    taxes: tuple[TaxLine, ...]
    net_quanta: int
    """Sum of the lines, which is what the ledger says."""
    tax_quanta: int
    rounding_quanta: int
    """What whole cents add to it; either sign."""
    total_quanta: int
    """Whole cents."""
    paid_in_quanta: int
    """Deposits booked in the month."""
    withdrawn_wh: int
    """Like fed_in_wh by the readings that intervals were settled on."""
    fed_in_wh: int
    substituted: int
    plain: PlainBill | None
    """None: for the retailer of last resort itself, and where a run has corrected what its units did."""
    green: tuple[GreenEnergy, ...] = ()
    """What of its use was green, by the versions of the days that stood when it was drafted; moves no money."""


class BillState(StrEnum):
    """How far a bill is."""

    DRAFT = "draft"
    """Seen by operators; nothing is booked."""
    ISSUED = "issued"
    """It stands, its tax and rounding are booked."""
    REPLACED = "replaced"
    """A later version of the month took its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillDue:
    """What has to be remembered of a bill to issue it, and to undo what it booked."""

    bill_id: str
    participant_id: str
    month: str
    version: int
    digest: str
    """Of everything the bill says about money, and of what was green (`market/settlement/issuing.py`)."""
    total_quanta: int
    taxes_quanta: tuple[tuple[str, int], ...]
    """By tax."""
    rounding_quanta: int
    case_ids: tuple[str, ...] = ()
    """Cases whose credits are on it."""


# --- commands and events --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBills:
    """Make the bills of a month that is over, anew where they are drafts or no longer right."""

    now_us: int
    actor: str
    month: str
    as_of_event_seq: int
    sources: tuple[BillSource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueBills:
    """Let drafts stand, and book their tax and rounding."""

    now_us: int
    actor: str
    month: str
    bill_ids: tuple[str, ...]
    """Empty: all drafts of the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillsDrafted:
    """Bills were made; nothing is booked by it."""

    bills: tuple[Bill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillsIssued:
    """Drafts stand; tax and rounding are in the TransfersBooked beside it."""

    month: str
    bills: tuple[BillDue, ...]
    now_us: int
