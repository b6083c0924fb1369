"""What a flexible unit would buy or sell in the next interval, and for how much.

The one idea: a battery, a car and a heat pump are the same plan (`sim.value`) with other limits; this
module fills in the limits and cuts the plan's first interval into a few blocks to order.

Levels and energies are Wh, prices ticks; blocks carry prices as plans have them, not yet whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.profiles import INTERVALS_PER_HOUR, PPM, Battery, UnitProfile
from sim.stays import FlexibleNeed
from sim.value import (
    Block,
    FlexibleUnit,
    Surroundings,
    level_values,
    purchase_blocks,
    sale_blocks,
)

FloatArray = NDArray[np.float64]

#: Ageing of a battery per MWh through its terminals, each way: 1 ct/kWh.
WEAR_TICKS: Final = 1_000
#: Steps of level a battery plans in per interval of full power.
STORAGE_STEPS: Final = 4


def storage_blocks(
    battery: Battery,
    around: Surroundings,
    *,
    level_wh: int,
    low_ticks: float,
    high_ticks: float,
) -> tuple[list[Block], list[Block]]:
    """What a battery buys at most at η_c v − wear, and sells at least at v / η_d + wear.

    Args:
        battery: the unit.
        around: prices and the household's other units, from the next interval to the day's end.
        level_wh: state of charge at the beginning of the next interval.
        low_ticks: what a Wh beyond the day's first state of charge is worth at its end.
        high_ticks: what a Wh missing there costs.
    """
    flexible = _as_flexible(
        battery, intervals=len(around.others_wh), low_ticks=low_ticks, high_ticks=high_ticks
    )
    values = level_values(flexible, around)
    return (
        purchase_blocks(flexible, around, values, level_wh),
        sale_blocks(flexible, around, values, level_wh),
    )


def need_blocks(
    need: FlexibleNeed,
    around: Surroundings,
    *,
    index: int,
    level_wh: int,
    step_wh: float,
    final_ticks: float,
) -> list[Block]:
    """What a car or heat pump takes now because it will not be cheaper later.

    Args:
        need: between which curves its consumption must stay.
        around: prices and the household's other units, from interval `index` on.
        index: the next interval.
        level_wh: taken since midnight when it begins.
        step_wh: step of level to plan in.
        final_ticks: what a Wh already taken is worth when `around` ends.
    """
    least, most = need.bounds_wh(index, level_wh)
    if most <= 0:
        return []
    until = index + len(around.others_wh)
    levels = int(np.ceil(need.earliest_wh[-1] / step_wh)) + 1
    flexible = FlexibleUnit(
        step_wh=step_wh,
        levels=levels,
        up_steps=max(1, min(int(need.interval_max_wh / step_wh), levels - 1)),
        down_steps=0,
        efficiency_up=1.0,
        efficiency_down=1.0,
        wear_ticks=0.0,
        least_wh=np.array(need.latest_wh[index:until], dtype=np.float64),
        most_wh=np.array(need.earliest_wh[index:until], dtype=np.float64) + step_wh,
        final_values=np.arange(levels, dtype=np.float64) * (final_ticks * step_wh),
    )
    values = level_values(flexible, around)
    return _needed(purchase_blocks(flexible, around, values, level_wh), least, most)


def level_after(unit: UnitProfile, level_wh: int, bought_wh: int) -> int:
    """Level of a device after an interval in which it took `bought_wh` (negative: delivered).

    Storage: ⌊η_c · charge⌋ is added, ⌈discharge / η_d⌉ taken away, both in whole Wh.
    """
    battery = unit.battery
    if battery is None:
        return level_wh + bought_wh
    if bought_wh >= 0:
        return level_wh + bought_wh * battery.efficiency_charge_ppm // PPM
    # Floor division of a negative number: what is taken away is rounded up.
    return level_wh + bought_wh * PPM // battery.efficiency_discharge_ppm


def _as_flexible(
    battery: Battery, *, intervals: int, low_ticks: float, high_ticks: float
) -> FlexibleUnit:
    """A battery as a unit with a level.

    The day's end is valued, not forced: what is missing from the charge it began with costs the
    delivered retail price, what is left over is worth the feed-in price.
    """
    efficiency_up = battery.efficiency_charge_ppm / PPM
    efficiency_down = battery.efficiency_discharge_ppm / PPM
    largest_wh = battery.power_w / INTERVALS_PER_HOUR
    step_wh = largest_wh * efficiency_up / STORAGE_STEPS
    levels = int(battery.capacity_wh / step_wh) + 1
    above: FloatArray = np.arange(levels, dtype=np.float64) * step_wh - battery.start_wh
    return FlexibleUnit(
        step_wh=step_wh,
        levels=levels,
        up_steps=STORAGE_STEPS,
        down_steps=max(1, int(largest_wh / efficiency_down / step_wh)),
        efficiency_up=efficiency_up,
        efficiency_down=efficiency_down,
        wear_ticks=float(WEAR_TICKS),
        least_wh=np.zeros(intervals),
        most_wh=np.full(intervals, float(battery.capacity_wh)),
        final_values=np.where(above < 0, above * high_ticks, above * low_ticks),
    )


def _needed(blocks: Sequence[Block], least_wh: int, most_wh: int) -> list[Block]:
    """Blocks cut to what may be taken, what must be taken now first."""
    result = []
    if least_wh > 0:
        result.append(Block(energy_wh=least_wh, price_ticks=float("inf"), must_run=True))
    passed = 0
    for block in blocks:
        begin, end = max(passed, least_wh), min(passed + block.energy_wh, most_wh)
        if end > begin:
            result.append(Block(energy_wh=end - begin, price_ticks=block.price_ticks))
        passed += block.energy_wh
    return result
