"""Schedules of areas beside their nameplates and their meters of the last hour.

The one idea: what is told apart in `market/control/sanity.py` by numbers is put together here from the
market's state.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from market.control.columns import powers_w
from market.control.sanity import Asked, Insane, insane
from market.engine.state import MarketState
from market.model.participant import Unit, UnitKind
from market.model.power import Measurement, PowerLimits
from market.model.units import PPM, power_from_energy_w

_HOUR_S: Final = 3_600


def insane_area(
    state: MarketState,
    area_id: str,
    units: Iterable[Unit],
    start_s: int,
    scheduled_wh: Mapping[str, int],
    capacity: PowerLimits,
) -> Insane | None:
    """What is wrong with the schedule of an area's own units; None: nothing that can be seen."""
    hour = _last_hour(state, area_id, start_s)
    asked = _asked(state, units, scheduled_wh, hour)
    return insane(asked, capacity.withdrawal_max_w + capacity.injection_max_w)


def capacities(state: MarketState) -> dict[str, PowerLimits]:
    """What each area can take in and give out: its rating, else what its devices can do in sum."""
    around = state.acts.around
    sums_w = {area_id: [0, 0] for area_id in around}
    for unit in state.units.values():
        if unit.kind is not UnitKind.RETAILER:
            for area_id in around[unit.area_id]:
                sums_w[area_id][0] += unit.withdrawal_max_w
                sums_w[area_id][1] += unit.injection_max_w
    return {
        area.area_id: PowerLimits(
            withdrawal_max_w=_least(sums_w[area.area_id][0], area.import_limit_w),
            injection_max_w=_least(sums_w[area.area_id][1], area.export_limit_w),
        )
        for area in state.grid.areas
    }


def _least(sum_w: int, rated_w: int | None) -> int:
    return sum_w if rated_w is None else min(sum_w, rated_w)


def _last_hour(state: MarketState, area_id: str, start_s: int) -> list[Mapping[str, Measurement]]:
    """The newest hour that has readings: at a gate the last intervals are not over, or not read yet."""
    step_s = state.step_s
    found: list[Mapping[str, Measurement]] = []
    for number in range(1, 2 * _HOUR_S // step_s + 1):
        readings = state.readings.of_area(start_s - number * step_s, area_id)
        if readings and len(found) * step_s < _HOUR_S:
            found.append(readings)
    return found


def _asked(
    state: MarketState,
    units: Iterable[Unit],
    scheduled_wh: Mapping[str, int],
    hour: Sequence[Mapping[str, Measurement]],
) -> Iterator[Asked]:
    """Each unit's schedule beside what an order for it may ask, a Wh of rounding included."""
    minutes = state.rules.interval_minutes
    asked_w = powers_w(scheduled_wh, minutes)
    tolerated_ppm = PPM + state.rules.capability_tolerance_ppm
    near_w = power_from_energy_w(1, minutes)
    for unit in units:
        taken_w, given_w = unit.withdrawal_max_w, unit.injection_max_w
        is_free = unit.controllable or unit.storage is not None
        yield Asked(
            asked_w.get(unit.unit_id, 0),
            -(taken_w * tolerated_ppm // PPM + near_w) if taken_w else 0,
            given_w * tolerated_ppm // PPM + near_w if given_w else 0,
            () if is_free or not hour else tuple(_seen_w(unit.unit_id, minutes, hour)),
            is_free,
        )


def _seen_w(unit_id: str, minutes: int, hour: Iterable[Mapping[str, Measurement]]) -> Iterator[int]:
    """What a unit's meter showed; what was put in its place, or is doubtful, shows nothing."""
    for readings in hour:
        reading = readings.get(unit_id)
        if reading is not None and not reading.substituted and reading.doubt is None:
            yield power_from_energy_w(reading.injection_wh, minutes)
