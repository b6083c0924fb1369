"""Whole numbers of a state: an array of the narrowest width that holds them, as bytes.

The one idea: a state is mostly whole numbers, and mostly in short columns. Long ones are handled by
numpy, short ones packed one by one, as an array costs more than it saves there; the bytes are the same.
"""

import struct
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from market.engine.state_form import StateUnread

Column: TypeAlias = list[Any]
Values: TypeAlias = Sequence[Any]

_CODES: Final = {"|i1": "b", "<i2": "h", "<i4": "i", "<i8": "q"}
"""Widths as they are written, the narrowest first, and what `struct` calls them."""
_HIGHEST: Final = {"|i1": 2**7 - 1, "<i2": 2**15 - 1, "<i4": 2**31 - 1, "<i8": 2**63 - 1}
FEW: Final = 64
"""Up to as many numbers are packed one by one."""
STRIDE: Final = 32_768
"""Values handled in one go: nobody else runs meanwhile, some five milliseconds."""


def whole_column(values: Values) -> Column:
    """The column of whole numbers; beyond 64 bits they are decimal text."""
    try:
        if len(values) <= FEW:
            width = _width(min(values, default=0), max(values, default=0))
            return ["int", width, struct.pack(f"<{len(values)}{_CODES[width]}", *values)]
        parts = [values[start : start + STRIDE] for start in range(0, len(values), STRIDE)]
        array = np.concatenate([np.array(part, dtype=np.int64) for part in parts])
    except OverflowError:
        return ["wide", [str(value) for value in values]]  # a loop in which others get their turn
    width = _width(int(array.min()), int(array.max()))
    return ["int", width, array.astype(width).tobytes()]


def _width(low: int, high: int) -> str:
    """The narrowest width that holds both.

    Raises:
        OverflowError: they want more than 64 bits.
    """
    for width, highest in _HIGHEST.items():
        if -highest - 1 <= low and high <= highest:
            return width
    raise OverflowError


def whole_numbers(width: str, raw: bytes) -> list[Any]:
    """The numbers of a column.

    Raises:
        StateUnread: no width that is written.
        ValueError: the bytes are no array of that width.
    """
    if width not in _CODES:
        raise StateUnread(f"numbers of width {width}")
    found: list[Any] = np.frombuffer(raw, dtype=width).tolist()
    return found
