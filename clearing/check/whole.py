"""Sums and products of whole numbers that are exact whatever their size.

The one idea to know: 64 bits, and doubles up to 2**53, hold almost everything; where a bound says
they might not, the same lines run on Python's integers. Nothing in the auditor overflows silently.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.problem import IntArray

#: Doubles count every whole number below this; a little less allows for the bound's own rounding.
_DOUBLES_EXACT: Final = 2.0**53 * (1 - 1e-6)
_INTEGERS_EXACT: Final = 2.0**62


def sums(place: NDArray[Any], amount: IntArray, count: int) -> IntArray:
    """(count,) sum of the amounts at each place, exactly."""
    if float(np.abs(amount).sum(dtype=np.float64)) < _DOUBLES_EXACT:
        return np.bincount(place, weights=amount, minlength=count).astype(np.int64)
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, place, amount)
    return total


def wide(bound: float, *columns: IntArray) -> tuple[NDArray[Any], ...]:
    """The columns as they are, or as Python's integers where a product may reach `bound`."""
    if bound < _INTEGERS_EXACT:
        return columns
    return tuple(column.astype(object) for column in columns)


def most(column: NDArray[Any]) -> float:
    """Largest size in a column, 0 of an empty one."""
    return float(max(int(column.max()), -int(column.min()))) if column.size else 0.0


def dot(left: IntArray, right: IntArray) -> int:
    """Sum of products as a Python integer."""
    if not left.size:
        return 0
    one, other = wide(most(left) * most(right) * left.size, left.reshape(-1), right.reshape(-1))
    return int(np.dot(one, other))


def half_even(amount: NDArray[Any], unit: int) -> IntArray:
    """Whole number next to amount / unit, halves to even."""
    below, left = amount // unit, amount % unit
    up = (2 * left > unit) | ((2 * left == unit) & (below % 2 == 1))
    whole: IntArray = (below + up).astype(np.int64)
    return whole
