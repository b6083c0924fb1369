"""Readings of meters become one series per unit in the market's own intervals.

The one idea: what a meter said stays apart from what the market made of it. A reading is laid where it
belongs, a coarse one is cut by a declared rule into whole Wh that sum to it exactly, and every value carries
its origin. What cannot be is a coded fault with its row; all faults are found together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from market.model.interval import MarketDay
from market.model.meter_rows import Label, MeterRows, SplitRule, cut, said_again
from market.model.rejection import Code, Rejection
from market.model.splitting import Integers
from market.model.units import SECONDS_PER_MINUTE


class Origin(IntEnum):
    """Where a value of a series comes from."""

    MISSING = 0
    MEASURED = 1
    LINEAR = 2
    """On the line between the measured neighbours of a short gap."""
    LIKE_DAY = 3
    """The same local time of an earlier day of the same kind."""
    SCHEDULE = 4
    """What the unit was to do."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeterSeries:
    """Values of units in consecutive intervals."""

    first_s: int
    """Start of the first interval."""
    step_s: int
    injection_wh: Integers
    """(n, t) injection positive; 0 where it is missing."""
    origin: NDArray[np.int8]
    """(n, t) an `Origin`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaidOut:
    """Readings laid out, and what was wrong with them."""

    series: MeterSeries
    """Without the rows at fault."""
    faults: tuple[Rejection, ...]
    """In the order of the rows; `pointer` is rows/{row}/{field}."""
    repeated: int
    """Rows that said again what an earlier one had said."""


def lay_out(
    rows: MeterRows,
    *,
    units: int,
    first_s: int,
    count: int,
    interval_minutes: int,
    meter_minutes: int,
    label: Label = Label.START,
    rule: SplitRule = SplitRule.EVEN,
    profile_wh: Integers | None = None,
) -> LaidOut:
    """Lay readings into the market's intervals.

    A row is at fault with UNIT_UNKNOWN, FIELD_RANGE (its time is no boundary of the meter's own
    intervals, which are counted from the start of the series), PRODUCT_UNKNOWN (outside the series) or
    EXISTS_WITH_DIFFERENT_FIELDS (an earlier row of the same unit and time says otherwise). The same
    row again is counted and left out.

    Args:
        rows: the readings.
        units: how many units the series has.
        first_s: start of its first interval.
        count: how many intervals it has.
        interval_minutes: their length.
        meter_minutes: length of the meter's own intervals, a multiple of it.
        label: what the times of the rows are.
        rule: how a coarser reading is cut.
        profile_wh: (t,) weights >= 0 for PROFILE.

    Raises:
        ValueError: lengths that do not go into each other, or PROFILE without a profile.
    """
    if meter_minutes % interval_minutes or meter_minutes <= 0:
        raise ValueError(f"{meter_minutes} minutes are no multiple of {interval_minutes}")
    if (rule is SplitRule.PROFILE) != (profile_wh is not None):
        raise ValueError("a profile and the rule that needs it go together")
    step_s, meter_s = interval_minutes * SECONDS_PER_MINUTE, meter_minutes * SECONDS_PER_MINUTE
    start_s = rows.label_s - (meter_s if label is Label.END else 0)
    fault = _faults(rows, start_s, units, first_s, first_s + count * step_s, meter_s)
    (sound,) = np.nonzero(fault == _SOUND)
    repeated, differing = said_again(rows, sound)
    fault[differing] = _DIFFERS
    keep = np.setdiff1d(sound, np.concatenate((repeated, differing)), assume_unique=True)

    parts = meter_minutes // interval_minutes
    place = (start_s[keep] - first_s) // step_s
    weights = None if profile_wh is None else profile_wh[place[:, None] + np.arange(parts)]
    values = cut(rows.injection_wh[keep], parts, weights)
    injection_wh = np.zeros((units, count), dtype=np.int64)
    origin = np.full((units, count), int(Origin.MISSING), dtype=np.int8)
    for part in range(parts):
        injection_wh[rows.unit[keep], place + part] = values[:, part]
        origin[rows.unit[keep], place + part] = Origin.MEASURED
    series = MeterSeries(first_s=first_s, step_s=step_s, injection_wh=injection_wh, origin=origin)
    return LaidOut(
        series=series, faults=tuple(_told(fault, label, meter_minutes)), repeated=len(repeated)
    )


_SOUND, _UNKNOWN, _CROOKED, _OUTSIDE, _DIFFERS = range(5)
_CODES: Final = {
    _UNKNOWN: (Code.UNIT_UNKNOWN, "unit_id"),
    _CROOKED: (Code.FIELD_RANGE, ""),
    _OUTSIDE: (Code.PRODUCT_UNKNOWN, ""),
    _DIFFERS: (Code.EXISTS_WITH_DIFFERENT_FIELDS, ""),
}
"""The code and the field of each fault; an empty field is that of the time."""


def _faults(
    rows: MeterRows, start_s: Integers, units: int, first_s: int, end_s: int, meter_s: int
) -> Integers:
    """What is wrong with each row on its own; of several the first in precedence."""
    return np.select(
        [
            (rows.unit < 0) | (rows.unit >= units),
            (start_s - first_s) % meter_s != 0,
            (start_s < first_s) | (start_s + meter_s > end_s),
        ],
        [_UNKNOWN, _CROOKED, _OUTSIDE],
        _SOUND,
    )


def _told(fault: Integers, label: Label, meter_minutes: int) -> list[Rejection]:
    told = []
    for row in np.flatnonzero(fault).tolist():
        code, field = _CODES[int(fault[row])]
        crooked = {"minutes": str(meter_minutes)} if code is Code.FIELD_RANGE else {}
        told.append(
            Rejection(code=code, pointer=f"rows/{row}/{field or label.value}", parameters=crooked)
        )
    return told


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Completeness:
    """How much of each unit and day was measured, and what stands in for the rest."""

    day: MarketDay
    expected: int
    """Intervals of the day: 92, 96 or 100 quarter-hours."""
    of_origin: Integers
    """(n, 5) how many there are of each `Origin`."""

    def complete(self) -> NDArray[np.bool_]:
        """(n,) whether everything was measured."""
        return np.equal(self.of_origin[:, Origin.MEASURED], self.expected)


def completeness(series: MeterSeries, days: Sequence[MarketDay]) -> tuple[Completeness, ...]:
    """How complete a series is, by market day. Intervals it does not reach are missing."""
    return tuple(_of_day(series, day) for day in days)


def _of_day(series: MeterSeries, day: MarketDay) -> Completeness:
    starts_s = day.starts_s()
    units, count = series.origin.shape
    first = (starts_s.start - series.first_s) // series.step_s
    inside = slice(max(0, first), max(0, min(count, first + len(starts_s))))
    origin = series.origin[:, inside]
    of_origin = np.stack([(origin == each).sum(axis=1) for each in Origin], axis=1)
    of_origin[:, Origin.MISSING] += len(starts_s) - origin.shape[1]
    return Completeness(
        day=day, expected=len(starts_s), of_origin=of_origin.astype(np.int64).reshape(units, -1)
    )


def gaps(series: MeterSeries) -> list[tuple[int, int, int]]:
    """Runs without a measured value: unit, start of the first interval, how many."""
    missing = np.pad(series.origin != Origin.MEASURED, ((0, 0), (1, 1)))
    turns = np.diff(missing.astype(np.int8), axis=1)
    units, firsts = np.nonzero(turns == 1)
    _, ends = np.nonzero(turns == -1)
    return [
        (unit, series.first_s + first * series.step_s, end - first)
        for unit, first, end in zip(units.tolist(), firsts.tolist(), ends.tolist(), strict=True)
    ]
