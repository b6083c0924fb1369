"""The certificates (绿证) of a day that is settled as a whole: from its meters and trades to who has which.

The one idea: a run has read everything already; certificates are the same day seen once more, so they come to
the same however often it is run, and a version books what the one before it did not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from market.certificates.issuing import DeliveryColumns, GenerationColumns, settled_shares
from market.certificates.sheets import DaySheet, difference, use_of
from market.model.certificate import IssuedCertificates
from market.model.participant import GREEN_KINDS, UnitKind
from market.model.splitting import Integers, members
from market.settlement.allocation import TradeColumns, deliveries
from market.settlement.day_facts import DayFacts, MeterUse
from market.settlement.meter_series import Origin
from market.store.certificate_sheets import green_bytes, share_bytes

_SPARSE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayCertificates:
    """A day's certificates."""

    facts: DayFacts
    sheet: DaySheet
    rows: Mapping[str, tuple[Integers, Integers]]
    """Of the sheet's shares and uses, by the area of whose they are."""

    def issued(self, before: IssuedCertificates) -> IssuedCertificates:
        """What this version issues beside the one that stands."""
        return difference(before, self.sheet.issued(list(self.facts.participants)))

    def area_bytes(self, area_id: str) -> tuple[bytes, bytes]:
        """What concerns an area's participants: their certificates, and how green they were."""
        shares, green = self.rows[area_id]
        return (
            share_bytes(self.facts, self.sheet.shares.rows(shares)),
            green_bytes(self.facts, self.sheet.green.rows(green)),
        )


def day_certificates(facts: DayFacts, use: MeterUse) -> DayCertificates:
    """The certificates of a settled day: of all units, whether their lines are old or new.

    Only a reading is generation: where the schedule stands in for the meter, nothing is certified until one
    comes. What a unit is paid the last resort's feed-in price for, as nothing was traded in its area, is
    supported and brings none.

    Raises:
        CertificateError: they do not add up to the meters; nothing may be booked on them.
    """
    units, times = list(facts.units.values()), len(facts.starts_s)
    numbers = {name: number for number, name in enumerate(facts.participants)}
    owner = np.array([numbers[unit.participant_id] for unit in units], dtype=np.int64)
    green = np.array([unit.kind in GREEN_KINDS for unit in units], dtype=np.bool_)
    resells = np.array([unit.kind is UnitKind.RETAILER for unit in units], dtype=np.bool_)
    cell_owner = (owner[:, None] * times + np.arange(times)).ravel()
    trades = facts.trades
    row = trades.unit * times + trades.interval
    given = TradeColumns(row=row, rank=trades.rank, injection_wh=trades.injection_wh)
    # Of the others nothing is asked but what they were given.
    rows = np.flatnonzero(green)
    place = np.full(len(units), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    of_trades = place[trades.unit]
    shares = settled_shares(
        GenerationColumns(
            owner=(owner[rows, None] * times + np.arange(times)).ravel(),
            renewable=(use.origin[rows] == Origin.MEASURED).ravel(),
            supported=_supported(facts, rows).ravel(),
            metered_wh=use.metered_wh[rows].ravel(),
            own_use_wh=use.own_use_wh[rows].ravel(),
            own_storage_wh=use.own_storage_wh[rows].ravel(),
            retail_wh=use.retail_wh[rows].ravel(),
        ),
        DeliveryColumns(
            row=np.where(of_trades < 0, -1, of_trades * times + trades.interval),
            owner=owner[trades.unit] * times + trades.interval,
            match=_matches(trades.rank * times + trades.interval),
            sold=trades.injection_wh > 0,
            asks_green=trades.asks_green,
            keeps=resells[trades.unit],
            delivered_wh=deliveries(use.traded_wh.ravel(), given),
        ),
    )
    # By the numbers of all units again, in whose order the green ones stand.
    unit, interval = np.divmod(shares.unit, times)
    shares = replace(shares, unit=rows[unit] * times + interval)
    # What a retailer takes to sell it again is nobody's use.
    used_wh = np.where(resells[:, None], 0, use.metered_wh).ravel()
    sheet = DaySheet.of(shares, use_of(cell_owner, used_wh), times)
    return DayCertificates(facts=facts, sheet=sheet, rows=_by_area(facts, sheet))


def _matches(numbers: Integers) -> Integers:
    """Numbers from 0 for matches, each in one interval."""
    most = int(numbers.max(initial=0)) + 1
    if most > _SPARSE * len(numbers):
        return np.unique(numbers, return_inverse=True)[1].astype(np.int64)
    # Sooner than sorting them.
    known = np.zeros(most, dtype=np.int64)
    known[numbers] = 1
    return (np.cumsum(known) - 1)[numbers]


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


def _by_area(facts: DayFacts, sheet: DaySheet) -> dict[str, tuple[Integers, Integers]]:
    """Shares and uses by the area of the participant's first unit: everybody is in one area."""
    home: dict[str, str] = {}
    for unit in facts.units.values():
        home.setdefault(unit.participant_id, unit.area_id)
    areas = [area.area_id for area in facts.grid.areas]
    place = {area_id: number for number, area_id in enumerate(areas)}
    # Who has no unit has no certificates either.
    group = np.array([place.get(home.get(name, ""), 0) for name in facts.participants], np.int64)
    shares, green = (
        members(group[of], len(areas)) for of in (sheet.shares.holder, sheet.green.participant)
    )
    return dict(zip(areas, zip(shares, green, strict=True), strict=True))
