"""What stands in for a missing reading, each value with its method."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.interval import MarketDay
from market.model.units import round_half_even
from market.settlement.meter_series import MeterSeries, Origin
from market.settlement.substitution import laid_onto, like_days, substituted

BERLIN = {"zone": "Europe/Berlin", "minutes": 15}
SPRING = MarketDay(day=date(2024, 3, 31), **BERLIN)
AUTUMN = MarketDay(day=date(2024, 10, 27), **BERLIN)
PLAIN = MarketDay(day=date(2024, 3, 24), **BERLIN)
M, LINE, LIKE, PLAN, NO = (
    Origin.MEASURED,
    Origin.LINEAR,
    Origin.LIKE_DAY,
    Origin.SCHEDULE,
    Origin.MISSING,
)


def series_of(*values_wh: int | None) -> MeterSeries:
    """One unit's quarter-hours; None: no reading."""
    return MeterSeries(
        first_s=0,
        step_s=900,
        injection_wh=np.array([[value or 0 for value in values_wh]]),
        origin=np.array([[NO if value is None else M for value in values_wh]], dtype=np.int8),
    )


def told(series: MeterSeries) -> list[tuple[int, int]]:
    return list(zip(series.injection_wh[0].tolist(), series.origin[0].tolist(), strict=True))


def filled(*values_wh: int | None, **how: Any) -> list[tuple[int, int]]:  # noqa: ANN401
    return told(substituted(series_of(*values_wh), **how))


def test_a_short_gap_lies_on_the_line_between_its_neighbours() -> None:
    assert filled(-4, None, None, -10) == [(-4, M), (-6, LINE), (-8, LINE), (-10, M)]
    # 0.5 and 1.5 to the even neighbour.
    assert filled(0, None, 1) == [(0, M), (0, LINE), (1, M)]
    assert filled(1, None, 2) == [(1, M), (2, LINE), (2, M)]


def test_two_hours_are_a_short_gap_and_a_quarter_more_is_not() -> None:
    short = filled(0, *[None] * 8, 9)
    long = filled(0, *[None] * 9, 10)

    assert short == [(wh, LINE if 0 < wh < 9 else M) for wh in range(10)]
    assert {origin for _, origin in long[1:-1]} == {NO}


def test_a_gap_at_the_edge_has_no_line() -> None:
    assert filled(None, 5, None) == [(0, NO), (5, M), (0, NO)]


def test_methods_come_in_order_and_a_like_day_gives_only_what_it_measured() -> None:
    near, far = series_of(7, None, 7), series_of(8, 8, None)

    found = filled(None, None, None, likes=[near, far], schedule_wh=np.array([[1, 2, 3]]))
    assert found == [(7, LIKE), (8, LIKE), (7, LIKE)]
    assert filled(None, None, schedule_wh=np.array([[1, 2]])) == [(1, PLAN), (2, PLAN)]
    assert filled(None, 5, likes=[series_of(None, 1)]) == [(0, NO), (5, M)]


def test_what_stood_in_on_a_like_day_is_not_handed_on() -> None:
    like = substituted(series_of(4, None, 4))
    assert like.origin[0, 1] == LINE

    assert filled(None, None, None, likes=[like]) == [(4, LIKE), (0, NO), (4, LIKE)]


def test_what_was_measured_stays_and_units_do_not_mix() -> None:
    series = MeterSeries(
        first_s=0,
        step_s=900,
        injection_wh=np.array([[5, 0, 9], [1, 2, 0]]),
        origin=np.array([[M, NO, M], [M, M, NO]], dtype=np.int8),
    )
    found = substituted(series, schedule_wh=np.full((2, 3), 40))

    assert found.injection_wh.tolist() == [[5, 7, 9], [1, 2, 40]]
    assert found.origin.tolist() == [[M, LINE, M], [M, M, PLAN]]


@given(st.lists(st.none() | st.integers(-(10**9), 10**9), min_size=1, max_size=40))
def test_the_line_is_the_published_formula(values_wh: list[int | None]) -> None:
    found = filled(*values_wh)

    known = [place for place, value in enumerate(values_wh) if value is not None]
    for place, (value_wh, origin) in enumerate(found):
        before = [each for each in known if each < place]
        after = [each for each in known if each > place]
        given_wh = values_wh[place]
        if given_wh is not None:
            assert (value_wh, origin) == (given_wh, M)
        elif before and after and after[0] - before[-1] - 1 <= 8:
            a, b = before[-1], after[0]
            start_wh, end_wh = values_wh[a], values_wh[b]
            assert start_wh is not None
            assert end_wh is not None
            line_wh = round_half_even(start_wh * (b - a) + (end_wh - start_wh) * (place - a), b - a)
            assert (value_wh, origin) == (line_wh, LINE)
        else:
            assert (value_wh, origin) == (0, NO)


# --- like days ------------------------------------------------------------------------------


def test_like_days_are_of_the_same_kind_nearest_first_and_not_old() -> None:
    monday = date(2024, 5, 13)
    friday, sunday, wednesday = date(2024, 5, 10), date(2024, 5, 12), date(2024, 5, 8)
    old, later = date(2024, 4, 12), date(2024, 5, 14)

    assert like_days(monday, [wednesday, later, sunday, friday, old, monday]) == [friday, wednesday]
    assert like_days(date(2024, 5, 18), [friday, sunday]) == [sunday]


def whole_day(day: MarketDay) -> MeterSeries:
    """A day whose values are the places of its intervals."""
    count = len(day.starts_s())
    return MeterSeries(
        first_s=day.starts_s().start,
        step_s=900,
        injection_wh=np.arange(count)[None, :],
        origin=np.full((1, count), M, dtype=np.int8),
    )


def test_a_plain_day_on_the_day_without_an_hour() -> None:
    found = laid_onto(whole_day(PLAIN), PLAIN, SPRING)

    # 02:00 to 03:00 is not there: quarters 8 to 11 of the plain day are left out.
    assert found.injection_wh[0].tolist() == [*range(8), *range(12, 96)]
    assert (found.first_s, found.step_s) == (SPRING.starts_s().start, 900)
    assert (found.origin == M).all()


def test_the_day_without_an_hour_on_a_plain_day_leaves_that_hour_missing() -> None:
    found = laid_onto(whole_day(SPRING), SPRING, PLAIN)

    assert np.flatnonzero(found.origin[0] == NO).tolist() == [8, 9, 10, 11]
    assert found.injection_wh[0, 12:].tolist() == list(range(8, 92))


def test_both_runs_of_the_hour_that_comes_twice() -> None:
    plain = MarketDay(day=date(2024, 10, 20), **BERLIN)

    onto_long = laid_onto(whole_day(plain), plain, AUTUMN)
    assert onto_long.injection_wh[0].tolist() == [*range(12), *range(8, 96)]
    onto_plain = laid_onto(whole_day(AUTUMN), AUTUMN, plain)
    assert onto_plain.injection_wh[0].tolist() == [*range(12), *range(16, 100)]
    itself = laid_onto(whole_day(AUTUMN), AUTUMN, AUTUMN)
    assert itself.injection_wh[0].tolist() == list(range(100))


def test_another_days_series_is_not_taken_for_it() -> None:
    with pytest.raises(ValueError, match="not the series"):
        laid_onto(whole_day(PLAIN), SPRING, AUTUMN)
