"""What a balance group's month is given back of its adders: what it nets inside, and what is within its band.

The one idea: the price of a deviation is the area price and an adder; only adders are ever given back, so nobody
settles at better than the area price. Of a group in an area and interval with an area price and the adder k:

    L, S = surplus and shortage of its units in sum, both >= 0
    netted = min(L, S) of either side, in proportion to the deviations    its adders are given back
    carried r_u = |deviation| - netted of each unit;  sum of r_u = |L - S|

and over the local month, with M the metered volume of its units (sum of |metered| by unit and interval):

    V = sum of r_u       C_u = sum of k x r_u       C = sum of C_u
    B = floor(band x M)                             the band
    waived = C if V <= B, else floor(C x B / V);    to each unit in proportion to C_u

A unit in no group is its own. Where nothing traded there is no area price and no adder: what deviates there is
settled at the last resort's prices and counts for neither side of V <= B. Parts are by largest remainder, ties to the earlier unit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from market.model.balance_group import ALONE
from market.model.money import BALANCING, TransferKind, participant_account
from market.model.participant import Unit
from market.model.splitting import Integers, split_groups
from market.model.units import PPM, split_exactly
from market.settlement.dues import Dues, add
from market.settlement.energy import ConservationError

_INT64_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayDeviations:
    """What units deviated on a day; those whose deviations are priced."""

    unit_ids: Sequence[str]
    group_ids: Sequence[str]
    """The group of each on that day; ALONE: none."""
    area: Integers
    """(n,) number of the area of each."""
    deviation_wh: Integers
    """(n, t) metered less scheduled."""
    metered_wh: Integers
    """(n, t) injection positive."""
    has_price: NDArray[np.bool_]
    """(areas, t) whether there is an area price."""
    adder_ticks: Integers
    """(areas, t) >= 0; of no meaning where there is none."""


@dataclass(slots=True)
class UnitSums:
    """A unit's part of a group's month, so far."""

    carried_wh: int = 0
    """What of its deviations is not netted, where there is an adder."""
    metered_wh: int = 0
    adder_quanta: int = 0
    """Adders on what is carried."""
    netted_quanta: int = 0
    """Adders on what is netted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitMonth:
    """A unit in a group's month."""

    group_id: str
    """ALONE: it is its own."""
    unit_id: str
    carried_wh: int
    metered_wh: int
    adder_quanta: int
    netted_quanta: int
    """Given back."""
    waived_quanta: int
    """Given back."""
    group_carried_wh: int
    band_wh: int
    """Of its group."""


@dataclass(slots=True)
class MonthSums:
    """The days of a month, added up by group and unit."""

    of: dict[str, dict[str, UnitSums]] = field(default_factory=dict)

    def add(self, day: DayDeviations) -> None:
        """Count a day.

        Raises:
            ConservationError: what is netted and what is carried is not what deviates.
            OverflowError: amounts of a day beyond 64 bits.
        """
        counted_wh = np.where(day.has_price[day.area], day.deviation_wh, 0)
        netted_wh = _netted_wh(day, counted_wh)
        carried_wh = np.abs(counted_wh) - netted_wh
        adder = np.where(day.has_price, day.adder_ticks, 0)[day.area]
        columns = (
            carried_wh.sum(axis=1),
            np.abs(day.metered_wh).sum(axis=1),
            _products(adder, carried_wh),
            _products(adder, netted_wh),
        )
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for unit_id, group_id, found in zip(day.unit_ids, day.group_ids, rows, strict=True):
            own = self.of.setdefault(group_id or _own(unit_id), {}).setdefault(unit_id, UnitSums())
            carried, metered, adders, netted = found
            own.carried_wh += carried
            own.metered_wh += metered
            own.adder_quanta += adders
            own.netted_quanta += netted

    def units(self, band_ppm: int) -> tuple[UnitMonth, ...]:
        """What the month comes to, by group and unit."""
        found: list[UnitMonth] = []
        for name, members in self.of.items():
            carried_wh = sum(item.carried_wh for item in members.values())
            band_wh = sum(item.metered_wh for item in members.values()) * band_ppm // PPM
            adders = [item.adder_quanta for item in members.values()]
            waived = split_exactly(_waived(sum(adders), carried_wh, band_wh), adders)
            found += [
                UnitMonth(
                    group_id=ALONE if name.startswith(_MARK) else name,
                    unit_id=unit_id,
                    carried_wh=item.carried_wh,
                    metered_wh=item.metered_wh,
                    adder_quanta=item.adder_quanta,
                    netted_quanta=item.netted_quanta,
                    waived_quanta=part,
                    group_carried_wh=carried_wh,
                    band_wh=band_wh,
                )
                for (unit_id, item), part in zip(members.items(), waived, strict=True)
            ]
        return tuple(found)


_MARK: Final = "\0"
"""No id of a group begins so."""


def _own(unit_id: str) -> str:
    return _MARK + unit_id


def _waived(adders_quanta: int, carried_wh: int, band_wh: int) -> int:
    """Adders within the band; V = 0 has none."""
    if carried_wh <= band_wh:
        return adders_quanta
    return adders_quanta * band_wh // carried_wh


def _netted_wh(day: DayDeviations, counted_wh: Integers) -> Integers:
    """(n, t) what of each deviation is met by the group's own in the same area and interval."""
    members: dict[tuple[str, int], list[int]] = {}
    for row, (group_id, area) in enumerate(zip(day.group_ids, day.area.tolist(), strict=True)):
        if group_id != ALONE:
            members.setdefault((group_id, area), []).append(row)
    netted_wh = np.zeros_like(counted_wh)
    for rows in members.values():
        if len(rows) > 1:
            netted_wh[rows] = _of_group(counted_wh[rows])
    return netted_wh


def _of_group(deviation_wh: Integers) -> Integers:
    """What the units of a group in one area net, by unit and interval."""
    sides = np.maximum(deviation_wh, 0), np.maximum(-deviation_wh, 0)
    long_wh, short_wh = (side.sum(axis=0) for side in sides)
    both_wh = np.minimum(long_wh, short_wh)
    interval = np.broadcast_to(np.arange(deviation_wh.shape[1]), deviation_wh.shape).ravel()
    netted_wh = np.zeros_like(deviation_wh)
    for side in sides:
        netted_wh += split_groups(both_wh, interval, side.ravel()).reshape(side.shape)
    carried_wh = (np.abs(deviation_wh) - netted_wh).sum(axis=0)
    if not np.array_equal(carried_wh, np.abs(long_wh - short_wh)):
        raise ConservationError("what a group nets and carries is not what it deviates")
    return netted_wh


def _products(ticks: Integers, energy_wh: Integers) -> Integers:
    """Price times energy of a day by unit, exact."""
    if energy_wh.size:
        most = int(np.abs(ticks).max()) * int(np.abs(energy_wh).max()) * energy_wh.shape[1]
        if most > _INT64_MAX:
            raise OverflowError(f"{most} quanta for a unit and day")
    found: Integers = (ticks * energy_wh).sum(axis=1)
    return found


def month_dues(months: Iterable[UnitMonth], units: Mapping[str, Unit]) -> Dues:
    """What a month's groups are given back, by owner."""
    dues: Dues = {}
    for item in months:
        owner = participant_account(units[item.unit_id].participant_id)
        add(dues, BALANCING, owner, item.netted_quanta, TransferKind.GROUP_NETTING)
        add(dues, BALANCING, owner, item.waived_quanta, TransferKind.BAND_WAIVER)
    return dues
