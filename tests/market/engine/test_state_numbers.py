"""Whole numbers of a state as bytes: as narrow as they may be, and the same however many there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.engine.state_form import StateUnread
from market.engine.state_numbers import FEW, whole_column, whole_numbers

WIDTHS_BY_BITS = {8: "|i1", 16: "<i2", 32: "<i4", 64: "<i8"}


@pytest.mark.parametrize("count", [1, FEW, FEW + 1, 3 * FEW])
@pytest.mark.parametrize("bits", WIDTHS_BY_BITS)
def test_the_narrowest_width_that_holds_them_is_taken(bits: int, count: int) -> None:
    lowest, highest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    for number, others in ((lowest, [0]), (highest, [0, -1])):
        numbers = [number] + others * (count // 2)
        kind, width, raw = whole_column(numbers)
        assert (kind, width) == ("int", WIDTHS_BY_BITS[bits])
        assert raw == np.array(numbers, dtype=width).tobytes()
        assert whole_numbers(width, raw) == numbers


@pytest.mark.parametrize("count", [1, FEW + 1])
@pytest.mark.parametrize(("number", "width"), [(128, "<i2"), (-129, "<i2"), (2**31, "<i8")])
def test_one_more_than_a_width_holds_takes_the_next(number: int, width: str, count: int) -> None:
    assert whole_column([0] * (count - 1) + [number])[1] == width


@pytest.mark.parametrize("count", [1, FEW + 1])
@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_beyond_64_bits_they_are_decimal_text(number: int, count: int) -> None:
    numbers = [7] * (count - 1) + [number]
    assert whole_column(numbers) == ["wide", [str(item) for item in numbers]]


def test_none_at_all_are_no_bytes() -> None:
    assert whole_column([]) == ["int", "|i1", b""]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3 * FEW))
def test_what_was_written_is_read(numbers: list[int]) -> None:
    _, width, raw = whole_column(numbers)
    assert whole_numbers(width, raw) == numbers


def test_a_width_that_is_never_written_is_not_read() -> None:
    with pytest.raises(StateUnread, match="<f8"):
        whole_numbers("<f8", bytes(8))
