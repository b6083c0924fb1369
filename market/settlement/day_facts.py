"""What a market day is settled on, as columns; and what comes out of it, unit by unit.

Arrays are (n, t): a row for each unit in the order of `DayFacts.units`, a column for each interval of
the day, whole Wh with injection positive and whole quanta with what is received positive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from market.model.activation import UnitsActivated
from market.model.grid import Grid
from market.model.participant import Participant, Unit
from market.model.rules import MarketRules
from market.model.splitting import Integers
from market.model.trade import ClearingOutcome
from market.settlement.dues import Dues

Flags: TypeAlias = NDArray[np.bool_]
Origins: TypeAlias = NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayTrades:
    """All trades of a day that stand, in any order; (m,) each."""

    unit: Integers
    interval: Integers
    rank: Integers
    """When the contract was made: smaller is earlier, equal is together."""
    injection_wh: Integers
    amount_quanta: Integers
    """What the owner received for it; negative: paid."""
    asks_green: NDArray[np.bool_]
    """Whether its order is a buyer's who wants renewable energy."""

    def injection_by_cell_wh(self, shape: tuple[int, int]) -> Integers:
        """What each unit has sold less what it has bought, by interval; of the given shape."""
        total_wh = np.zeros(shape, dtype=np.int64)
        np.add.at(total_wh, (self.unit, self.interval), self.injection_wh)
        return total_wh

    def of_rows(self, rows: Integers, count: int) -> "DayTrades":
        """The trades of some units, as of a day of these units alone; `count`: of all units of the day."""
        place = np.full(count, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        legs = np.flatnonzero(place[self.unit] >= 0)
        return DayTrades(
            unit=place[self.unit[legs]],
            interval=self.interval[legs],
            rank=self.rank[legs],
            injection_wh=self.injection_wh[legs],
            amount_quanta=self.amount_quanta[legs],
            asks_green=self.asks_green[legs],
        )

    def some(self, legs: Integers, rows: Integers, columns: Integers) -> "DayTrades":
        """These trades, of a day of these units and intervals alone, to which all of them belong."""
        return DayTrades(
            unit=np.searchsorted(rows, self.unit[legs]),
            interval=np.searchsorted(columns, self.interval[legs]),
            rank=self.rank[legs],
            injection_wh=self.injection_wh[legs],
            amount_quanta=self.amount_quanta[legs],
            asks_green=self.asks_green[legs],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayFrame:
    """What of a day's facts is the same whatever its meters show."""

    day: str
    """Local date, ISO 8601."""
    starts_s: Sequence[int]
    rules: MarketRules
    grid: Grid
    participants: Mapping[str, Participant]
    units: Mapping[str, Unit]
    """In the order of the rows."""
    exchanged: Sequence[ClearingOutcome | None]
    """By interval, what flows over lines in all calls together."""
    rents_quanta: Mapping[str, int]
    """The day's congestion rent by rent account."""
    newcomers: frozenset[str]
    """Participants who came after the day was closed: no rent of it is theirs."""
    points: frozenset[str]
    """Participants that had a metering point on the day; asked for only where the day is charged for."""

    @property
    def last_resort_id(self) -> str | None:
        """The retailer of last resort; None: there is none."""
        for participant in self.participants.values():
            if participant.is_last_resort:
                return participant.participant_id
        return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayFacts:
    """Everything that settling a day depends on."""

    day: str
    """Local date, ISO 8601."""
    starts_s: Sequence[int]
    """The day's intervals: 96 quarter-hours, 92 or 100 where clocks change."""
    rules: MarketRules
    """With the tariff that holds on the day."""
    grid: Grid
    participants: Mapping[str, Participant]
    units: Mapping[str, Unit]
    """In the order of the rows."""
    trades: DayTrades
    instructed_wh: Integers
    """(n, t) by how much a unit was told to differ from its trades."""
    uncompensated_wh: Integers
    """(n, t) what of that is settled at the area price: stops, waits for the area guard."""
    activations: Mapping[int, Sequence[UnitsActivated]]
    """Of intervals that have any, by place in the day, in the order in which they were made."""
    metered_wh: Integers
    """(n, t) readings that count; what is missing is filled already."""
    origin: NDArray[np.int8]
    """(n, t) an `Origin`: where the value comes from; nothing is missing."""
    priced: Sequence[ClearingOutcome | None]
    """By interval, whose area prices hold; None: no call."""
    exchanged: Sequence[ClearingOutcome | None]
    """By interval, what flows over lines in all calls together."""
    rents_quanta: Mapping[str, int]
    """The day's congestion rent by rent account."""
    newcomers: frozenset[str] = frozenset()
    """Participants who came after the day was closed: no rent of it is theirs."""
    points: frozenset[str] = frozenset()
    """Participants that had a metering point on the day; asked for only where the day is charged for."""

    def frame(self) -> DayFrame:
        """What of it is the same whatever its meters show."""
        return DayFrame(**{field.name: getattr(self, field.name) for field in fields(DayFrame)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayDetail:
    """What each unit did in each interval, and what that came to; (n, t) each."""

    scheduled_wh: Integers
    """What it was to inject: its trades and what of an instructed change was followed."""
    told_wh: Integers
    """By how much it was told to differ from its trades."""
    instructed_wh: Integers
    """What of that was followed."""
    metered_wh: Integers
    traded_wh: Integers
    """Of the meter: to trades."""
    own_use_wh: Integers
    own_storage_wh: Integers
    retail_wh: Integers
    """Of the meter: with the retailer of last resort."""
    withdrawal_wh: Integers
    """Its share of what its metering point withdrew, >= 0."""
    trade_quanta: Integers
    deviation_quanta: Integers
    instructed_quanta: Integers
    """For what was instructed: redispatch and activation."""
    network_fee_quanta: Integers
    levies_quanta: Integers
    origin: NDArray[np.int8]
    """An `Origin`: where the metered value comes from."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The columns of whole numbers, in order."""
        return tuple(field.name for field in fields(cls) if field.name != "origin")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeterUse:
    """What became of the meters of a day; (n, t) each."""

    metered_wh: Integers
    traded_wh: Integers
    """Of the meter: to trades."""
    own_use_wh: Integers
    own_storage_wh: Integers
    retail_wh: Integers
    """Of the meter: with the retailer of last resort."""
    origin: Origins
    """An `Origin`: where the metered value comes from."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The columns of whole numbers, in order."""
        return tuple(field.name for field in fields(cls) if field.name != "origin")

    @classmethod
    def of(cls, detail: DayDetail) -> "MeterUse":
        """That of a day."""
        return cls(**{field.name: getattr(detail, field.name) for field in fields(cls)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DueColumns:
    """The columns of a day that its dues are added up from; (n, t) each."""

    scheduled_wh: Integers
    metered_wh: Integers
    withdrawal_wh: Integers
    deviation_quanta: Integers
    network_fee_quanta: Integers
    levies_quanta: Integers

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The columns, in order."""
        return tuple(field.name for field in fields(cls))

    @classmethod
    def of(cls, detail: DayDetail) -> "DueColumns":
        """Those of a day."""
        return cls(**{name: getattr(detail, name) for name in cls.names()})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DaySettled:
    """A day as its facts say."""

    detail: DayDetail
    dues: Dues
    """What is due for the whole day because of meters and fees."""
    withdrawal_wh: Mapping[str, int]
    """The day's metered withdrawal by participant."""
