"""Decimal numbers as whole counts of their last decimal, one by one and by the column.

The one idea to know: numbers go from decimal text to integers and back, never through a binary
fraction, and a number with more decimals than its unit has is a fault. A column is read at once;
only the fields it cannot read so are looked at one by one, to say what is wrong with each.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import polars as pl

from clearing.problem import BoolArray, IntArray

#: Decimals of an energy in kWh or a power in kW, of a price per MWh, of losses and efficiencies,
#: of acceptance ratios and transfer factors, and of prices before they are rounded to the tick.
KWH_DECIMALS: Final = 3
PRICE_DECIMALS: Final = 2
PPM_DECIMALS: Final = 6
PPB_DECIMALS: Final = 9
MICRO_DECIMALS: Final = 8
#: Decimals of money: one quantum.
MONEY_DECIMALS: Final = 8

#: Longer numbers in a book are mistakes, and these stay far inside 64 bits.
DIGITS_MAX: Final = 15
#: What the engine wrote may be longer: all that fits into 64 bits.
WRITTEN_DIGITS_MAX: Final = 18

_DECIMAL: Final = re.compile(r"([+-]?)(\d+)(?:\.(\d*))?", re.ASCII)


def scaled_integer(text: str, decimals: int, digits: int = DIGITS_MAX) -> int:
    """A decimal number as a whole count of 10^-decimals, exactly.

    Raises:
        ValueError: not a plain decimal number, too long, or more decimals than the unit has.
    """
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is not a decimal number" if text else "empty: no decimal number"
        )
    sign, whole, fraction = found.group(1), found.group(2), (found.group(3) or "").rstrip("0")
    if len(fraction) > decimals:
        raise ValueError(f"{text} has more than {decimals} decimals")
    if len(whole.lstrip("0")) > digits - decimals:
        raise ValueError(f"{text} is too large")
    value = int(whole + fraction.ljust(decimals, "0"))
    return -value if sign == "-" else value


def decimal_text(value: int, decimals: int) -> str:
    """A whole count of 10^-decimals as a decimal number with exactly that many decimals."""
    digits = str(abs(value)).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def scaled_column(
    texts: pl.Series, decimals: int, digits: int = DIGITS_MAX
) -> tuple[IntArray, dict[int, str]]:
    """The numbers of a column, 0 where there is none, and what is wrong by row."""
    plain = rf"^[+-]?0*[0-9]{{1,{digits - decimals}}}(?:\.[0-9]{{0,{decimals}}}0*)?$"
    known = texts.set(~texts.str.contains(plain), None)
    # A decimal of fixed scale is an integer inside: nothing is rounded on the way.
    whole = known.cast(pl.Decimal(38, decimals), strict=False).to_physical().cast(pl.Int64)
    values = whole.fill_null(0).to_numpy().astype(np.int64)
    wrong: dict[int, str] = {}
    for row in np.flatnonzero(whole.is_null().to_numpy()).tolist():
        try:
            values[row] = scaled_integer(texts[row], decimals, digits)
        except ValueError as error:
            wrong[row] = str(error)
    return values, wrong


def decimal_column(values: IntArray, decimals: int, there: BoolArray | None = None) -> pl.Series:
    """A column of whole counts of 10^-decimals as text, empty where nothing is `there`."""
    shown = pl.Series(values if there is None else np.where(there, values, 0), dtype=pl.Int64)
    size = shown.abs()
    frame = pl.DataFrame(
        {
            "sign": pl.Series(np.where(shown.to_numpy() < 0, "-", ""), dtype=pl.String),
            "whole": (size // 10**decimals).cast(pl.String),
            "fraction": (size % 10**decimals).cast(pl.String).str.zfill(decimals),
        }
    )
    text = frame.select(pl.format("{}{}.{}", "sign", "whole", "fraction")).to_series()
    return text if there is None else text.set(pl.Series(~there), None)
