"""Readings become series: labels, coarse meters, faults, days of 92, 96 and 100 quarter-hours."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.interval import MarketDay
from market.model.meter_rows import Label, MeterRows, SplitRule
from market.model.rejection import Code
from market.settlement.meter_series import (
    LaidOut,
    MeterSeries,
    Origin,
    completeness,
    gaps,
    lay_out,
)

QUARTER_S = 900
MIDNIGHT_S = 1_465_945_200
M = Origin.MEASURED
NO = Origin.MISSING


def rows_of(*rows: tuple[int, int, int]) -> MeterRows:
    """Readings as (unit, minutes after the series begins, energy)."""
    unit, minutes, energy_wh = zip(*rows, strict=True) if rows else ((), (), ())
    return MeterRows(
        unit=np.array(unit, dtype=np.int64),
        label_s=np.array([MIDNIGHT_S + 60 * each for each in minutes], dtype=np.int64),
        injection_wh=np.array(energy_wh, dtype=np.int64),
    )


def laid(*rows: tuple[int, int, int], count: int = 4, units: int = 1, **how: Any) -> LaidOut:  # noqa: ANN401
    how = {"meter_minutes": 15, **how}
    return lay_out(
        rows_of(*rows),
        units=units,
        first_s=MIDNIGHT_S,
        count=count,
        interval_minutes=15,
        **how,
    )


def values(found: LaidOut) -> list[list[int]]:
    return found.series.injection_wh.tolist()


def faults(found: LaidOut) -> list[tuple[str | None, Code]]:
    return [(fault.pointer, fault.code) for fault in found.faults]


# --- where a reading lies -------------------------------------------------------------------


def test_a_reading_lies_where_its_start_says_and_the_rest_is_missing() -> None:
    found = laid((0, 15, -7), (1, 0, 4), units=2)

    assert values(found) == [[0, -7, 0, 0], [4, 0, 0, 0]]
    assert found.series.origin.tolist() == [[NO, M, NO, NO], [M, NO, NO, NO]]
    assert gaps(found.series) == [
        (0, MIDNIGHT_S, 1),
        (0, MIDNIGHT_S + 2 * QUARTER_S, 2),
        (1, MIDNIGHT_S + QUARTER_S, 3),
    ]


def test_a_series_labelled_by_ends_is_the_same_series() -> None:
    by_end = laid((0, 15, 1), (0, 60, 4), label=Label.END)

    assert values(by_end) == [[1, 0, 0, 4]]
    assert values(laid((0, 0, 1), (0, 45, 4))) == values(by_end)


def test_what_is_said_twice_counts_once() -> None:
    found = laid((0, 0, 5), (0, 0, 5), (0, 15, 2), (0, 0, 5))

    assert values(found) == [[5, 2, 0, 0]]
    assert (found.repeated, found.faults) == (2, ())


# --- coarse meters --------------------------------------------------------------------------


def test_half_hours_and_hours_are_cut_into_whole_wh_the_earliest_first() -> None:
    assert values(laid((0, 0, 9), (0, 30, -9), meter_minutes=30)) == [[5, 4, -5, -4]]
    assert values(laid((0, 0, 7), meter_minutes=60)) == [[2, 2, 2, 1]]
    assert values(laid((0, 60, -2), meter_minutes=60, label=Label.END)) == [[-1, -1, 0, 0]]


def test_a_profile_shapes_what_the_meter_only_sums() -> None:
    profile = np.array([0, 1, 1, 2])
    shaped = {"rule": SplitRule.PROFILE, "profile_wh": profile}

    # 10/4, 10/4 and 20/4: one Wh is left, and of equal rests the earlier gets it.
    assert values(laid((0, 0, -10), meter_minutes=60, **shaped)) == [[0, -3, -2, -5]]
    nothing = {"rule": SplitRule.PROFILE, "profile_wh": np.zeros(4, dtype=np.int64)}
    assert values(laid((0, 0, 10), meter_minutes=60, **nothing)) == [[3, 3, 2, 2]]


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6),
    st.sampled_from([30, 60]),
    st.none() | st.lists(st.integers(0, 10**6), min_size=24, max_size=24),
)
def test_cut_readings_sum_to_what_the_meter_said(
    energies_wh: list[int], meter_minutes: int, weights: list[int] | None
) -> None:
    rows = [(0, place * meter_minutes, energy_wh) for place, energy_wh in enumerate(energies_wh)]
    shaped = (
        {}
        if weights is None
        else {"rule": SplitRule.PROFILE, "profile_wh": np.array(weights, dtype=np.int64)}
    )
    found = laid(*rows, count=24, meter_minutes=meter_minutes, **shaped)

    parts = meter_minutes // 15
    series = found.series.injection_wh[0]
    for place, energy_wh in enumerate(energies_wh):
        cut = series[place * parts : (place + 1) * parts]
        assert int(cut.sum()) == energy_wh
        # Never part forwards and part backwards.
        assert all(part * energy_wh >= 0 for part in cut.tolist())
        if weights is None:
            assert int(abs(cut).max() - abs(cut).min()) <= 1


def test_lengths_that_do_not_fit_are_no_reading_of_this_market() -> None:
    with pytest.raises(ValueError, match="no multiple"):
        laid((0, 0, 1), meter_minutes=20)
    with pytest.raises(ValueError, match="profile"):
        laid((0, 0, 1), rule=SplitRule.PROFILE)


# --- faults ---------------------------------------------------------------------------------


def test_all_faults_are_told_together_and_the_rest_is_laid_out() -> None:
    found = laid(
        (0, 0, 8),
        (7, 0, 1),
        (0, 10, 1),
        (0, 120, 1),
        (0, 0, 9),
        (0, 45, 1),
        meter_minutes=30,
    )

    assert faults(found) == [
        ("rows/1/unit_id", Code.UNIT_UNKNOWN),
        ("rows/2/start", Code.FIELD_RANGE),
        ("rows/3/start", Code.PRODUCT_UNKNOWN),
        ("rows/4/start", Code.EXISTS_WITH_DIFFERENT_FIELDS),
        ("rows/5/start", Code.FIELD_RANGE),
    ]
    assert found.faults[1].parameters == {"minutes": "30"}
    assert values(found) == [[4, 4, 0, 0]]


def test_a_fault_names_the_column_the_file_has() -> None:
    assert faults(laid((0, 0, 1), label=Label.END)) == [("rows/0/end", Code.PRODUCT_UNKNOWN)]


def test_a_reading_that_only_half_lies_in_the_series_is_not_cut_off() -> None:
    assert faults(laid((0, 0, 9), count=1, meter_minutes=30)) == [
        ("rows/0/start", Code.PRODUCT_UNKNOWN)
    ]


# --- days -----------------------------------------------------------------------------------

BERLIN = {"zone": "Europe/Berlin", "minutes": 15}
DAYS = {
    92: MarketDay(day=date(2024, 3, 31), **BERLIN),
    96: MarketDay(day=date(2024, 2, 29), **BERLIN),
    100: MarketDay(day=date(2024, 10, 27), **BERLIN),
}


@pytest.mark.parametrize(("expected", "day"), DAYS.items())
def test_a_day_has_as_many_quarter_hours_as_its_clocks_show(expected: int, day: MarketDay) -> None:
    starts_s = day.starts_s()
    half_hours = starts_s[::2]
    found = lay_out(
        MeterRows(
            unit=np.zeros(len(half_hours), dtype=np.int64),
            label_s=np.array(half_hours),
            injection_wh=np.full(len(half_hours), -3, dtype=np.int64),
        ),
        units=1,
        first_s=starts_s.start,
        count=len(starts_s),
        interval_minutes=15,
        meter_minutes=30,
    )

    (whole,) = completeness(found.series, [day])
    assert whole.expected == expected
    assert whole.of_origin.tolist() == [[0, expected, 0, 0, 0]]
    assert whole.complete().tolist() == [True]
    assert int(found.series.injection_wh.sum()) == -3 * expected // 2


def test_completeness_counts_what_a_series_does_not_reach_as_missing() -> None:
    day = MarketDay(day=date(2016, 6, 15), zone="Etc/GMT-1", minutes=15)
    after = MarketDay(day=date(2016, 6, 16), zone="Etc/GMT-1", minutes=15)
    found = laid((0, 0, 1), (0, 15, 1), (1, 60 * 24, 1), count=97, units=2)

    first, second = completeness(found.series, [day, after])

    assert first.of_origin.tolist() == [[94, 2, 0, 0, 0], [96, 0, 0, 0, 0]]
    assert second.of_origin.tolist() == [[96, 0, 0, 0, 0], [95, 1, 0, 0, 0]]
    assert not first.complete().any()


def test_an_empty_series_is_one_gap() -> None:
    series: MeterSeries = laid().series

    assert gaps(series) == [(0, MIDNIGHT_S, 4)]
