"""Control of a market: from traded energy to set-points, from meters to deviations.

The one idea: one pass down, in which every unit of every area gets a set-point for the interval
(zero when it has not traded), and one pass up, in which every level sums what its members saw.

What an area's limits leave over is offered to all areas with the check of the interval's grids (`activation.py`);
what nobody does cheaper than the last resort shows as a deviation and is priced as one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from market.control.area import AreaControl, summed
from market.control.burdens import NOTHING_BORNE, Account
from market.control.caps import NO_CAPS, Caps
from market.control.columns import powers_w
from market.control.summing import Counted, Figures, together
from market.control.unit import UnitControl
from market.model.burden import BurdenShare
from market.model.grid import Grid
from market.model.making import maker
from market.model.messages import SetpointsChanged
from market.model.participant import Unit
from market.model.power import Deviation, PowerLimits, Setpoint
from market.model.rules import MarketRules
from market.model.summing import LimitedBy
from market.model.units import SECONDS_PER_MINUTE

make_setpoint: Final = maker(Setpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What an area may do in an interval, and what it has in reserve."""

    limits: PowerLimits
    limited_by: tuple[LimitedBy, LimitedBy]
    """What import and export limit come from."""
    reserve_up_w: int
    """How far its controllable units could still move upward ..."""
    reserve_down_w: int
    """... and downward, inside the area's own limits too."""


class MarketControl:
    """The areas of a market as a tree, with the units in them."""

    def __init__(self, grid: Grid, units: Iterable[Unit], rules: MarketRules) -> None:
        self._rules = rules
        self._areas = {area.area_id: AreaControl(area, {}) for area in grid.areas}
        self._top: list[AreaControl] = []
        for area in grid.areas:
            control = self._areas[area.area_id]
            if area.parent is None:
                self._top.append(control)
            else:
                self._areas[area.parent].add(area.area_id, control)
        self.add_units(units)

    def add_units(self, units: Iterable[Unit]) -> None:
        """Take in units; each into the area it names.

        Raises:
            KeyError: no such area.
            ValueError: a unit is in already.
        """
        for unit in units:
            self._areas[unit.area_id].add(unit.unit_id, UnitControl(unit))

    def schedule(
        self,
        *,
        start_s: int,
        scheduled_wh: Mapping[str, int],
        sequence: int,
        caps: Caps = NO_CAPS,
        account: Account = NOTHING_BORNE,
    ) -> tuple[SetpointsChanged, ...]:
        """Set-points of every unit for one interval, area by area in the grid's order.

        A target is the traded energy as constant power inside the unit's limits. It holds from the
        interval's start to its end and falls back to zero after that.

        Args:
            start_s: start of the interval.
            scheduled_wh: traded net injection by unit; none: zero.
            sequence: larger than that of every earlier schedule.
            caps: what narrows units and areas in the interval.
            account: what units have given up before; who bore less gives first.
        """
        minutes = self._rules.interval_minutes
        targets_w = powers_w(scheduled_wh, minutes)
        turn = start_s // (minutes * SECONDS_PER_MINUTE)
        for area in self._top:
            area.schedule(targets_w, caps, turn, account)
        until_s = start_s + minutes * SECONDS_PER_MINUTE
        return tuple(
            SetpointsChanged(
                area_id=area_id,
                start_s=start_s,
                target_w=sum(area.targets_w().values()),
                setpoints=tuple(
                    make_setpoint(
                        unit_id=unit_id,
                        start_s=start_s,
                        until_s=until_s,
                        target_w=target_w,
                        fallback_w=0,
                        sequence=sequence,
                    )
                    for unit_id, target_w in area.targets_w().items()
                ),
            )
            for area_id, area in self._areas.items()
        )

    def limits(self, caps: Caps = NO_CAPS) -> Mapping[str, PowerLimits]:
        """What each area may do in sum."""
        return {area_id: area.limits(caps) for area_id, area in self._areas.items()}

    def shares(self, account: Account) -> dict[str, tuple[BurdenShare, ...]]:
        """What units gave up in the last schedule for limits of areas, by the area they are in.

        Args:
            account: the one the schedule was made with.
        """
        return {area_id: area.shares(account) for area_id, area in self._areas.items()}

    def security(
        self, *, scheduled_wh: Mapping[str, int], caps: Caps = NO_CAPS
    ) -> Mapping[str, Security]:
        """What each area may do, and how far it could still move from these schedules.

        Args:
            scheduled_wh: net injection by unit as it was told; none: zero.
            caps: what narrows units and areas in the interval.
        """
        minutes = self._rules.interval_minutes
        targets_w = powers_w(scheduled_wh, minutes)
        for area in self._top:
            area.schedule(targets_w, caps)
        return {area_id: _security(area, caps) for area_id, area in self._areas.items()}

    def counted(self, own: Mapping[str, Counted]) -> Mapping[str, Counted]:
        """One pass up: what each area has in it, with the areas inside it.

        Args:
            own: what is directly in each area; none: nothing.
        """
        found: dict[str, Counted] = {}
        for area in self._top:
            found |= area.counted(own)
        return found

    def shown(
        self, of: Figures, own: Mapping[str, Counted], totals: Mapping[str, Counted]
    ) -> tuple[Mapping[str, int], int | None]:
        """What of one figure everybody may see, by area, and what no area shows as one sum.

        Args:
            of: which figure.
            own: what is directly in each area; none: nothing.
            totals: what `counted` has answered.
        """
        return together([area.shown(of, own, totals) for area in self._top])

    def deviations(
        self, *, start_s: int, scheduled_wh: Mapping[str, int], measured_wh: Mapping[str, int]
    ) -> tuple[Deviation, ...]:
        """What each level saw: all units, then areas (inner ones first), then the market.

        Args:
            start_s: start of the interval.
            scheduled_wh: traded net injection by unit, Wh; none: zero.
            measured_wh: metered net injection by unit, Wh; none: as scheduled.
        """
        units: list[Deviation] = []
        areas: list[Deviation] = []
        top: list[Deviation] = []
        for area in self._top:
            below_units, below_areas, total = area.deviations(start_s, scheduled_wh, measured_wh)
            units += below_units
            areas += (*below_areas, total)
            top.append(total)
        market = summed("market", self._rules.market_id, start_s, top)
        return (*units, *areas, market)


def _security(area: AreaControl, caps: Caps) -> Security:
    (taken_w, taken_by), (given_w, given_by) = area.sources(caps)
    return Security(
        limits=PowerLimits(withdrawal_max_w=taken_w, injection_max_w=given_w),
        limited_by=(taken_by, given_by),
        reserve_up_w=area.room_w(caps, upward=True),
        reserve_down_w=area.room_w(caps, upward=False),
    )
