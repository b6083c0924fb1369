"""Flexible demand: when a car stands at its charger, how far a heat pump may be shifted.

The one idea: both are the same thing. What has been consumed since midnight must stay between two
curves, `latest_wh` (no less may have been taken by the end of interval i) and `earliest_wh` (no
more). Comfort is the pair of curves; whoever keeps inside them has the same comfort.

Pure integers; interval indices count from the day's first interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

INTERVALS: Final = 96
INTERVALS_PER_HOUR: Final = 4
#: Charging that pauses for less than this belongs to one stay.
PAUSE_INTERVALS: Final = 8
#: A car that is plugged in at 16:00 or later stays until midnight, the end of the market day.
EVENING_INTERVAL: Final = 64
#: Any other car stays this long after the source's charging ended.
LINGER_INTERVALS: Final = 8
#: A heat pump may run up to two hours before or after the heat is needed.
SHIFT_INTERVALS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A car at its charger: intervals [arrival, departure), and what it must have taken by then."""

    arrival: int
    departure: int
    energy_wh: int
    power_w: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibleNeed:
    """Consumption since midnight must lie between two curves.

    Both have 96 values and never fall, and `latest_wh` can always still be met at `interval_max_wh`.
    """

    latest_wh: tuple[int, ...]
    earliest_wh: tuple[int, ...]
    interval_max_wh: int

    def bounds_wh(self, index: int, taken_wh: int) -> tuple[int, int]:
        """Least and most that may be consumed in interval `index`, given what was taken before.

        A device follows its set-point inside these two; the least is consumed without one.
        """
        least = max(0, self.latest_wh[index] - taken_wh)
        most = max(0, min(self.earliest_wh[index] - taken_wh, self.interval_max_wh))
        return min(least, self.interval_max_wh), max(most, min(least, self.interval_max_wh))


def stays_of(energy_wh: Sequence[int], *, power_w: int) -> tuple[Stay, ...]:
    """Stays that explain a day of charging.

    The source says when a car charged, not when it left. Our reading: it stays two hours longer
    than it charged, in the evening until midnight, but never into its next stay.
    """
    runs: list[list[int]] = []
    for index, energy in enumerate(energy_wh):
        if energy <= 0:
            continue
        if runs and index - runs[-1][1] < PAUSE_INTERVALS:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    stays = []
    for number, (first, last) in enumerate(runs):
        until = INTERVALS if first >= EVENING_INTERVAL else last + 1 + LINGER_INTERVALS
        next_first = runs[number + 1][0] if number + 1 < len(runs) else INTERVALS
        stays.append(
            Stay(
                arrival=first,
                departure=min(until, next_first, INTERVALS),
                energy_wh=sum(energy_wh[first : last + 1]),
                power_w=power_w,
            )
        )
    return tuple(stays)


def car_need(stays: Sequence[Stay]) -> FlexibleNeed:
    """The curves of a car: charge at full power from arrival, or as late as departure allows."""
    interval_max = max((stay.power_w // INTERVALS_PER_HOUR for stay in stays), default=0)
    latest, earliest = [], []
    for index in range(INTERVALS):
        soon = late = 0
        for stay in stays:
            per_interval = stay.power_w // INTERVALS_PER_HOUR
            inside = min(max(index + 1 - stay.arrival, 0), stay.departure - stay.arrival)
            left = max(stay.departure - (index + 1), 0)
            reachable = min(stay.energy_wh, per_interval * (stay.departure - stay.arrival))
            soon += min(reachable, inside * per_interval)
            late += max(0, reachable - left * per_interval) if index >= stay.arrival else 0
        earliest.append(soon)
        latest.append(late)
    return FlexibleNeed(
        latest_wh=tuple(latest), earliest_wh=tuple(earliest), interval_max_wh=interval_max
    )


def heat_need(need_wh: Sequence[int], *, interval_max_wh: int) -> FlexibleNeed:
    """The curves of a heat pump: energy-neutral over the day, each Wh within two hours of its need.

    Args:
        need_wh: (96,) what the heat would take without shifting.
        interval_max_wh: most the pump can take in an interval, at least the largest need.
    """
    total, cumulative = 0, []
    for energy in need_wh:
        total += energy
        cumulative.append(total)
    last = len(cumulative) - 1
    earliest = [cumulative[min(index + SHIFT_INTERVALS, last)] for index in range(last + 1)]
    # It cannot run ahead faster than its power allows either.
    for index in range(last + 1):
        before = earliest[index - 1] if index else 0
        earliest[index] = min(earliest[index], before + interval_max_wh)
    latest = [
        cumulative[index - SHIFT_INTERVALS] if index >= SHIFT_INTERVALS else 0
        for index in range(last + 1)
    ]
    latest[last] = total
    for index in range(last - 1, -1, -1):
        latest[index] = max(latest[index], latest[index + 1] - interval_max_wh)
    return FlexibleNeed(
        latest_wh=tuple(latest), earliest_wh=tuple(earliest), interval_max_wh=interval_max_wh
    )
