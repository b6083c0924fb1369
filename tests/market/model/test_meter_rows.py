"""Readings in columns: what was said again, and coarse ones in whole Wh."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from market.model.meter_rows import MeterRows, cut, said_again
from market.model.units import split_exactly


def again(*rows: tuple[int, int, int], sound: list[int] | None = None) -> tuple[list[int], ...]:
    unit, label_s, injection_wh = np.array(rows).T
    found = said_again(
        MeterRows(unit=unit, label_s=label_s, injection_wh=injection_wh),
        np.arange(len(rows)) if sound is None else np.array(sound),
    )
    return tuple(rows_.tolist() for rows_ in found)


def test_the_first_word_of_a_unit_and_time_counts() -> None:
    assert again((0, 9, 5), (1, 9, 6), (0, 9, 5), (0, 18, 6), (1, 9, 7), (0, 9, 6)) == (
        [2],
        [4, 5],
    )


def test_a_row_at_fault_is_no_first_word() -> None:
    assert again((0, 9, 5), (0, 9, 6), (0, 9, 6), sound=[1, 2]) == ([2], [])


@given(st.integers(-(10**9), 10**9), st.integers(1, 12))
def test_even_parts_are_split_exactly(energy_wh: int, parts: int) -> None:
    assert cut(np.array([energy_wh]), parts).tolist() == [split_exactly(energy_wh, [1] * parts)]
