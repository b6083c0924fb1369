"""What stands in for readings that never came, each value marked with its method.

The one idea: methods in order of what is known: a short gap lies on the line between its neighbours, a long
one looks like an earlier day of the same kind, and what neither knows was as scheduled. The order and the
limits are published in docs/settlement.md, so anybody can make the same value again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from market.model.interval import MarketDay
from market.model.splitting import Integers
from market.settlement.meter_series import MeterSeries, Origin

LINEAR_MAX_S: Final = 2 * 3_600
"""Longest gap that is bridged by a line."""
LIKE_DAYS_MAX: Final = 28
"""How far back a like day may lie."""
_SATURDAY: Final = 5
_NONE: Final = -1


def substituted(
    series: MeterSeries, *, likes: Sequence[MeterSeries] = (), schedule_wh: Integers | None = None
) -> MeterSeries:
    """The series with everything filled that can be; what was there stays as it is.

    Args:
        series: what was measured.
        likes: series of like days laid onto the same intervals (`laid_onto`), nearest first; of
            each only measured values are taken.
        schedule_wh: (n, t) what units were to inject; None: what is left stays missing.
    """
    filled = _on_the_line(series)
    for like in likes:
        measured = like.origin == Origin.MEASURED
        filled = _filled(filled, measured, like.injection_wh, Origin.LIKE_DAY)
    if schedule_wh is not None:
        everywhere = np.ones_like(filled.origin, dtype=np.bool_)
        filled = _filled(filled, everywhere, schedule_wh, Origin.SCHEDULE)
    return filled


def _filled(
    series: MeterSeries, known: NDArray[np.bool_], values_wh: Integers, origin: Origin
) -> MeterSeries:
    fills = (series.origin == Origin.MISSING) & known
    return replace(
        series,
        injection_wh=np.where(fills, values_wh, series.injection_wh),
        origin=np.where(fills, np.int8(origin), series.origin),
    )


def _on_the_line(series: MeterSeries) -> MeterSeries:
    """Short gaps between two measured values, each value rounded half to even.

    The k-th of n values between a and b is a + (b - a) * k / (n + 1).
    """
    units, count = series.origin.shape
    if not count:
        return series
    measured = series.origin == Origin.MEASURED
    at = np.broadcast_to(np.arange(count), (units, count))
    before = np.maximum.accumulate(np.where(measured, at, _NONE), axis=1)
    after = np.where(measured, at, count)
    after = np.minimum.accumulate(after[:, ::-1], axis=1)[:, ::-1]
    short = (after - before - 1) * series.step_s <= LINEAR_MAX_S
    unit, place = np.nonzero(~measured & (before >= 0) & (after < count) & short)
    left, right = before[unit, place], after[unit, place]
    start_wh, end_wh = series.injection_wh[unit, left], series.injection_wh[unit, right]
    values_wh = np.zeros_like(series.injection_wh)
    values_wh[unit, place] = _half_even(
        start_wh * (right - place) + end_wh * (place - left), right - left
    )
    known = np.zeros_like(measured)
    known[unit, place] = True
    return _filled(series, known, values_wh, Origin.LINEAR)


def _half_even(numerators: Integers, denominators: Integers) -> Integers:
    """Quotients rounded half to even; denominators > 0."""
    quotients, rests = np.divmod(numerators, denominators)
    up = (2 * rests > denominators) | ((2 * rests == denominators) & (quotients % 2 == 1))
    return np.where(up, quotients + 1, quotients)


def like_days(day: date, among: Sequence[date]) -> list[date]:
    """Of some days those that may stand in for one, nearest first.

    A like day is at most 28 days earlier, and both are working days or both on a weekend. Holidays
    are not known here and count as the day of the week they fall on.
    """
    earlier = (other for other in among if 0 < (day - other).days <= LIKE_DAYS_MAX)
    alike = (other for other in earlier if _is_weekend(other) is _is_weekend(day))
    return sorted(alike, reverse=True)


def _is_weekend(day: date) -> bool:
    return day.weekday() >= _SATURDAY


def laid_onto(like: MeterSeries, like_day: MarketDay, day: MarketDay) -> MeterSeries:
    """The series of a like day on the intervals of another day, each by its local time.

    Of the hour that comes twice each run looks like its own run; where the like day has one only,
    both look like it. An hour that the like day lacks stays missing.

    Args:
        like: series that covers the like day from its first interval to its last.
        like_day: the day it stands for.
        day: the day to lay it onto.

    Raises:
        ValueError: the series is not that of the like day.
    """
    if like.first_s != like_day.starts_s().start or like.origin.shape[1] != len(
        like_day.starts_s()
    ):
        raise ValueError("not the series of the like day")
    place_of = {local: place for place, local in enumerate(_locals(like_day))}
    places = np.array(
        [place_of.get((clock, run), place_of.get((clock, 0), _NONE)) for clock, run in _locals(day)]
    )
    there = places != _NONE
    return MeterSeries(
        first_s=day.starts_s().start,
        step_s=like.step_s,
        injection_wh=np.where(there, like.injection_wh[:, places], 0),
        origin=np.where(there, like.origin[:, places], np.int8(Origin.MISSING)),
    )


def _locals(day: MarketDay) -> Iterator[tuple[str, int]]:
    """The clock of each interval of a day, and which run of the hour it is: 0, or 1 for the second."""
    zone = ZoneInfo(day.zone)
    for start_s in day.starts_s():
        local = datetime.fromtimestamp(start_s, zone)
        yield local.strftime("%H:%M"), local.fold
