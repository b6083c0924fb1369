"""What a report of a day or month is made of: sums of projections, in whole numbers, no wire strings.

The one idea: a sum says by what it was added up, so that every figure of a report can be added up again from
the ledger, the trades or the settled lines, and is compared with them where two of them know it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from market.model.bill import BillState
from market.model.money import TransferKind
from market.model.order import Side, Venue
from market.model.participant import UnitKind
from market.model.settlement_run import Completeness, RunKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSpan:
    """The local days of a report, one after the other, and their seconds."""

    days: Sequence[date]
    """At least one."""
    from_s: int
    until_s: int

    @property
    def names(self) -> tuple[str, ...]:
        """Its days as they are kept: 2016-06-15."""
        return tuple(day.isoformat() for day in self.days)


class DayState(StrEnum):
    """How far a market day is."""

    OPEN = "open"
    """Not all of its intervals are settled, or its rent is not given back yet."""
    CLOSED = "closed"
    """They are; its first run as a whole is not finished."""
    SETTLED = "settled"
    """A version of it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodDay:
    """How one market day of a report stands."""

    day: str
    state: DayState
    intervals: int
    """It has."""
    settled: int
    """Of them are settled."""
    version: int | None
    """The last finished one; None: none is."""
    kind: RunKind | None
    """What made that version."""
    completeness: Completeness
    """Of that version; of an open day what there is so far."""


# --- money ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSum:
    """What one sort of account received and gave for one reason."""

    account: str
    """participant, grid_operator, rent ...: names up to the colon."""
    kind: TransferKind
    received_quanta: int
    given_quanta: int
    postings: int

    @property
    def net_quanta(self) -> int:
        """Received less given."""
        return self.received_quanta - self.given_quanta


@dataclass(frozen=True, slots=True, kw_only=True)
class NetSum:
    """What one sort of account received less what it gave for one reason."""

    account: str
    kind: TransferKind
    net_quanta: int
    postings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPeriod:
    """One account over the days of a report; those of participants are one."""

    account: str
    opening_quanta: int
    received_quanta: int
    given_quanta: int
    closing_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyFault:
    """A sort of account whose sum by kind is not what its accounts say. There is none, ever."""

    account: str
    by_kind_quanta: int
    """Received less given, by kind."""
    by_account_quanta: int
    """Closing less opening, by account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodMoney:
    """What moved between accounts."""

    booked: tuple[KindSum, ...]
    """On the days of the report: what the trial balances of these days show."""
    delivered: tuple[NetSum, ...]
    """For the days of the report, whenever it was booked."""
    accounts: tuple[AccountPeriod, ...]
    faults: tuple[MoneyFault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """A participant whose account is below zero at the end."""

    participant_id: str
    name: str
    balance_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSum:
    """Bills of a month in one state."""

    month: str
    state: BillState
    bills: int
    total_quanta: int


# --- trades ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """What energy cost in an area, in an interval or over a day."""

    area_id: str
    start_s: int
    """Of the interval, or of the day."""
    price_ticks: int | None
    """Of the interval's last call; None: nothing traded in it, or a whole day."""
    energy_wh: int
    """Traded, bought and sold."""
    value_quanta: int
    """What it was traded for; over the energy it is the volume-weighted mean."""
    least_ticks: int | None
    """None: nothing traded."""
    most_ticks: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRow:
    """Trades of one mode, one side and one sort of unit."""

    venue: Venue
    side: Side
    source: UnitKind
    trades: int
    energy_wh: int
    value_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """What a line was traded to carry in one direction."""

    line_id: str
    from_area: str
    to_area: str
    call_wh: int
    """Sent by calls."""
    match_wh: int
    """Sent by all other modes."""
    received_wh: int
    """Of both."""
    full_intervals: int
    """In which the last call left nothing of its capacity."""

    @property
    def sent_wh(self) -> int:
        """By all modes."""
        return self.call_wh + self.match_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodTrades:
    """Prices, volumes, flows."""

    prices: tuple[PriceRow, ...]
    volumes: tuple[VolumeRow, ...]
    flows: tuple[FlowRow, ...]

    @property
    def sold_wh(self) -> int:
        """Energy of all sales."""
        return sum(row.energy_wh for row in self.volumes if row.side is Side.SELL)

    @property
    def bought_wh(self) -> int:
        """Energy of all purchases."""
        return sum(row.energy_wh for row in self.volumes if row.side is Side.BUY)

    @property
    def lost_wh(self) -> int:
        """Sent less received over all lines."""
        return sum(row.sent_wh - row.received_wh for row in self.flows)

    @property
    def fault_wh(self) -> int:
        """Sold less bought less lost: zero, always."""
        return self.sold_wh - self.bought_wh - self.lost_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMoney:
    """What the price differences over a line, or at a limit, came to for the days of a report."""

    line_id: str
    """Of a limit: `limit:` and its area."""
    fee_quanta: int
    loss_quanta: int
    rent_quanta: int
    rounding_quanta: int
    returned_quanta: int
    """Of its rent: given back to members."""


# --- meters ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ImbalanceRow:
    """What the units of an area deviated from their schedules; the last resort's are not among them."""

    area_id: str
    long_wh: int
    """More delivered or less used, >= 0."""
    short_wh: int
    """Less delivered or more used, >= 0."""
    long_quanta: int
    """What their owners received for it."""
    short_quanta: int
    """What they paid for it."""

    @property
    def net_wh(self) -> int:
        """Injection positive."""
        return self.long_wh - self.short_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRow:
    """What became of the meters of an area in one direction; energies >= 0, from settled days."""

    area_id: str
    is_injection: bool
    metered_wh: int
    traded_wh: int
    own_use_wh: int
    own_storage_wh: int
    retail_wh: int

    @property
    def fault_wh(self) -> int:
        """What the four parts leave of the meter: zero, always."""
        return (
            self.metered_wh
            - self.traded_wh
            - self.own_use_wh
            - self.own_storage_wh
            - self.retail_wh
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodMeters:
    """What meters showed, and what deviated."""

    imbalance: tuple[ImbalanceRow, ...]
    meters: tuple[MeterRow, ...]


# --- certificates ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSum:
    """Green certificates of one sort of unit, Wh: those issued are own use, used and kept."""

    source: UnitKind
    own_use_wh: int
    """Retired at once for the producer."""
    used_wh: int
    """Retired at once for who bought the energy and used it."""
    kept_wh: int
    """Put into somebody's account."""
    carried_wh: int
    """Of used and kept: what trades carried to another participant."""
    moved_wh: int
    """Given to another participant later."""
    retired_wh: int
    """Of those kept: used up later."""
    exported_wh: int
    """Of those kept: left in whole bundles."""

    @property
    def issued_wh(self) -> int:
        """All of them."""
        return self.own_use_wh + self.used_wh + self.kept_wh

    @property
    def left_wh(self) -> int:
        """Still in accounts; below zero where a correction took back what had left already."""
        return self.kept_wh - self.retired_wh - self.exported_wh
