"""The certificates (绿证) of a day that is settled as a whole: from its meters and trades to who has which.

The one idea: a run has read everything already; certificates are the same day seen once more, so they come to
the same however often it is run, and a version books what the one before it did not. No match is of two
intervals, so each is certified by itself: a few at a time are near at hand, where the whole day is not.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from market.certificates.issuing import DeliveryColumns, GenerationColumns, settled_shares
from market.certificates.sheets import DaySheet, IntervalSheet, difference, use_of
from market.model.certificate import IssuedCertificates
from market.model.participant import GREEN_KINDS, UnitKind
from market.model.splitting import Integers, members
from market.settlement.allocation import TradeColumns, deliveries
from market.settlement.day_facts import DayFacts, Flags, MeterUse
from market.settlement.meter_series import Origin
from market.store.certificate_sheets import green_bytes, share_bytes

_TOGETHER: Final = 8
"""Intervals whose columns are read together: numbers of 64 bits that a processor fetches at once."""
_SPARSE: Final = 8
_AT_ONCE: Final = 2
"""Threads: little of the work is spent in Python."""
_Kind = TypeVar("_Kind", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayCertificates:
    """A day's certificates."""

    facts: DayFacts
    people: Sequence[str]
    """Participants by their numbers on the sheet: those of an area follow each other."""
    numbers: Mapping[str, range]
    """Those of an area's participants."""
    sheet: DaySheet

    def issued(self, before: IssuedCertificates) -> IssuedCertificates:
        """What this version issues beside the one that stands."""
        return difference(before, self.sheet.issued(self.people))

    def area_bytes(self, area_id: str) -> tuple[bytes, bytes]:
        """What concerns an area's participants: their certificates, and how green they were."""
        own = self.numbers[area_id]
        return (
            share_bytes(self.facts, self.people, self.sheet.shares(own)),
            green_bytes(self.facts, self.people, self.sheet.green(own)),
        )


def day_certificates(facts: DayFacts, use: MeterUse) -> DayCertificates:
    """The certificates of a settled day: of all units, whether their lines are old or new.

    Only a reading is generation: where the schedule stands in for the meter, nothing is certified until one
    comes. What a unit is paid the last resort's feed-in price for, as nothing was traded in its area, is
    supported and brings none.

    Raises:
        CertificateError: they do not add up to the meters; nothing may be booked on them.
    """
    numbers = _by_area(facts)
    people = [name for names in numbers.values() for name in names]
    day = _Day.of(facts, use, {name: number for number, name in enumerate(people)})
    with ThreadPoolExecutor(_AT_ONCE) as beside:
        parts = beside.map(day.sheets, range(0, len(facts.starts_s), _TOGETHER))
        sheet = DaySheet(intervals=[item for part in parts for item in part])
    return DayCertificates(facts=facts, people=people, numbers=_ranges(numbers), sheet=sheet)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Day:
    """A day that is certified, interval by interval."""

    facts: DayFacts
    use: MeterUse
    owner: Integers
    """(n,) number of the participant whose unit it is."""
    green: Integers
    """(g,) rows of units that may bring certificates."""
    place: Integers
    """(n,) of a unit among them; -1: it is not."""
    resells: Flags
    """(n,) what it takes is sold again."""
    supported: Flags
    """(g, t)"""
    legs: Sequence[Integers]
    """The day's trades, by interval."""

    @classmethod
    def of(cls, facts: DayFacts, use: MeterUse, number: Mapping[str, int]) -> "_Day":
        units = list(facts.units.values())
        green = np.flatnonzero([unit.kind in GREEN_KINDS for unit in units])
        place = np.full(len(units), -1, dtype=np.int64)
        place[green] = np.arange(len(green))
        return cls(
            facts=facts,
            use=use,
            owner=np.array([number[unit.participant_id] for unit in units], dtype=np.int64),
            green=green,
            place=place,
            resells=np.array([unit.kind is UnitKind.RETAILER for unit in units], dtype=np.bool_),
            supported=_supported(facts, green),
            legs=members(facts.trades.interval, len(facts.starts_s)),
        )

    def sheets(self, first: int) -> list[IntervalSheet]:
        """Some intervals from one on."""
        use, green = self.use, self.green
        some = slice(first, first + _TOGETHER)
        generation = (
            GenerationColumns(
                owner=self.owner[green],
                renewable=origin == Origin.MEASURED,
                supported=supported,
                metered_wh=metered_wh,
                own_use_wh=own_use_wh,
                own_storage_wh=own_storage_wh,
                retail_wh=retail_wh,
            )
            for origin, supported, metered_wh, own_use_wh, own_storage_wh, retail_wh in zip(
                _turned(use.origin[green, some]),
                _turned(self.supported[:, some]),
                _turned(use.metered_wh[green, some]),
                _turned(use.own_use_wh[green, some]),
                _turned(use.own_storage_wh[green, some]),
                _turned(use.retail_wh[green, some]),
                strict=True,
            )
        )
        return [
            self._sheet(*of)
            for of in zip(
                self.legs[some],
                generation,
                _turned(use.metered_wh[:, some]),
                _turned(use.traded_wh[:, some]),
                strict=True,
            )
        ]

    def _sheet(
        self,
        legs: Integers,
        generation: GenerationColumns,
        metered_wh: Integers,
        traded_wh: Integers,
    ) -> IntervalSheet:
        """One interval.

        Args:
            legs: its trades.
            generation: of green units; of the others nothing is asked but what they were given.
            metered_wh: (n,)
            traded_wh: (n,) what of it went to trades.
        """
        trades = self.facts.trades
        unit, rank, injection_wh = trades.unit[legs], trades.rank[legs], trades.injection_wh[legs]
        given = TradeColumns(row=unit, rank=rank, injection_wh=injection_wh)
        shares = settled_shares(
            generation,
            DeliveryColumns(
                row=self.place[unit],
                owner=self.owner[unit],
                match=_matches(rank),
                sold=injection_wh > 0,
                asks_green=trades.asks_green[legs],
                keeps=self.resells[unit],
                delivered_wh=deliveries(traded_wh, given),
            ),
        )
        # By the numbers of all units again, in whose order the green ones stand.
        shares = replace(shares, unit=self.green[shares.unit])
        # What a retailer takes to sell it again is nobody's use.
        used_wh = np.where(self.resells, 0, metered_wh)
        return IntervalSheet.of(shares, use_of(self.owner, used_wh))


def _matches(ranks: Integers) -> Integers:
    """Numbers from 0 on for matches of an interval."""
    if not len(ranks):
        return ranks
    first = int(ranks.min())
    most = int(ranks.max()) - first + 1
    if most > _SPARSE * len(ranks):
        return np.unique(ranks, return_inverse=True)[1].astype(np.int64)
    # Sooner than sorting them.
    known = np.zeros(most, dtype=np.int64)
    known[ranks - first] = 1
    return (np.cumsum(known) - 1)[ranks - first]


def _turned(columns: NDArray[_Kind]) -> Iterator[NDArray[_Kind]]:
    """Columns of units by intervals, one interval after the other."""
    yield from np.ascontiguousarray(columns.T)


def _supported(facts: DayFacts, rows: Integers) -> NDArray[np.bool_]:
    """(rows, t) whether what nobody bought is paid the last resort's price: its area has none of its own."""
    places = {area.area_id: place for place, area in enumerate(facts.grid.areas)}
    without = np.ones((len(places), len(facts.starts_s)), dtype=np.bool_)
    if not any(item.is_last_resort for item in facts.participants.values()):
        # Nobody pays for it at all.
        without[:] = False
    for interval, outcome in enumerate(facts.priced):
        for area in () if outcome is None else outcome.areas:
            if area.price_ticks is not None:
                without[places[area.area_id], interval] = False
    areas = np.array([places[unit.area_id] for unit in facts.units.values()], dtype=np.int64)
    found: NDArray[np.bool_] = without[areas[rows]]
    return found


def _by_area(facts: DayFacts) -> dict[str, list[str]]:
    """Participants by the area of their first unit: everybody is in one."""
    home: dict[str, str] = {}
    for unit in facts.units.values():
        home.setdefault(unit.participant_id, unit.area_id)
    found: dict[str, list[str]] = {area.area_id: [] for area in facts.grid.areas}
    for name in facts.participants:
        if name in home:  # who has no unit has no certificates either
            found[home[name]].append(name)
    return found


def _ranges(names: Mapping[str, Sequence[str]]) -> dict[str, range]:
    """Numbers from 0 on, group after group."""
    found, first = dict[str, range](), 0
    for area_id, own in names.items():
        found[area_id] = range(first, first + len(own))
        first += len(own)
    return found
