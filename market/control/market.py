"""Control of a market: from traded energy to set-points, from meters to deviations.

The one idea: one pass down, in which every unit of every area gets a set-point for the interval
(zero when it has not traded), and one pass up, in which every level sums what its members saw.

What an area's limits leave over is not offered to other areas yet: it shows as a deviation and is
priced as one.
"""

from collections.abc import Iterable, Mapping

from market.control.area import AreaControl, summed
from market.control.unit import UnitControl
from market.model.grid import Grid
from market.model.messages import SetpointsChanged
from market.model.participant import Unit
from market.model.power import Deviation, Setpoint
from market.model.rules import MarketRules
from market.model.units import SECONDS_PER_MINUTE, power_from_energy_w


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
        self, *, start_s: int, scheduled_wh: Mapping[str, int], sequence: int
    ) -> tuple[SetpointsChanged, ...]:
        """Set-points of every unit for one interval, area by area in the grid's order.

        A target is the traded energy as constant power inside the unit's limits. It holds from the
        interval's start to its end and falls back to zero after that.

        Args:
            start_s: start of the interval.
            scheduled_wh: traded net injection by unit; none: zero.
            sequence: larger than that of every earlier schedule.
        """
        minutes = self._rules.interval_minutes
        targets_w = {
            unit_id: power_from_energy_w(energy_wh, minutes)
            for unit_id, energy_wh in scheduled_wh.items()
        }
        for area in self._top:
            area.schedule(targets_w)
        until_s = start_s + minutes * SECONDS_PER_MINUTE
        return tuple(
            SetpointsChanged(
                area_id=area_id,
                start_s=start_s,
                target_w=sum(area.targets_w().values()),
                setpoints=tuple(
                    Setpoint(
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
