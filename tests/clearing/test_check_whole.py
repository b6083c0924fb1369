"""The auditor's sums and products: exact on both sides of what 64 bits and doubles hold."""

from fractions import Fraction

import numpy as np

from clearing.check.whole import dot, half_even, most, sums, wide
from clearing.problem import IntArray

DOUBLES_END = 2**53


def column(*amounts: int) -> IntArray:
    return np.array(amounts, dtype=np.int64)


def test_amounts_are_added_up_place_by_place() -> None:
    total = sums(column(2, 0, 2, 0), column(5, -7, 6, 1), 4)

    assert total.tolist() == [-6, 0, 11, 0]
    assert total.dtype == np.int64
    assert sums(column(), column(), 2).tolist() == [0, 0]


def test_sums_are_exact_beyond_what_doubles_count() -> None:
    for amounts in (
        (DOUBLES_END, 1),
        (-DOUBLES_END, -1),
        (DOUBLES_END // 2, DOUBLES_END // 2, 1),
        # Their sizes add up to one more than 64 bits hold, and so to next to nothing.
        (2**62 + 1, 2**62, -(2**62), -(2**62)),
    ):
        total = sums(np.ones(len(amounts), dtype=np.int64), column(*amounts), 3)
        assert total.tolist() == [0, sum(amounts), 0]
        assert total.dtype == np.int64


def test_columns_stay_as_they_are_while_their_product_fits() -> None:
    one, other = column(3), column(4)

    narrow = wide(float(np.nextafter(2.0**62, 0)), one, other)
    assert narrow[0] is one
    assert narrow[1] is other
    assert [each.dtype for each in wide(2.0**62, one, other)] == [object, object]
    assert [each.tolist() for each in wide(2.0**63, one, other)] == [[3], [4]]


def test_the_largest_size_counts_on_either_side_of_nothing() -> None:
    assert most(column()) == 0.0
    assert most(column(3, -5)) == 5.0
    assert most(column(7, -5)) == 7.0
    assert most(column(-2)) == 2.0


def test_products_are_added_up_whatever_their_size() -> None:
    huge = 2**61

    assert dot(column(), column()) == 0
    assert dot(column(2, 3), column(5, -7)) == -11
    assert dot(column(huge, huge, 1), column(huge, huge, 1)) == 2 * huge * huge + 1
    # Each product fits, and so do two of them; three do not.
    assert dot(column(2**31, 2**31, 2**31), column(2**31, 2**31, 2**31)) == 3 * 2**62
    assert dot(column(2**31, -(2**31)), column(2**31, 2**31)) == 0
    square = column(1, 2, 3, 4).reshape(2, 2)
    assert dot(square, square) == 30
    assert isinstance(dot(column(1), column(1)), int)


def test_halves_go_to_the_even_number_and_nothing_else_does() -> None:
    for unit in (1, 2, 3, 10):
        amounts = column(*range(-4 * unit, 4 * unit + 1))
        whole = half_even(amounts, unit)
        assert whole.tolist() == [round(Fraction(each, unit)) for each in amounts.tolist()]
        assert whole.dtype == np.int64
    assert half_even(np.array([5 * 10**30], dtype=object), 10**30).tolist() == [5]
