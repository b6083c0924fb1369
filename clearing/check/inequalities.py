"""Many inequalities, each between two prices: the highest and the lowest prices that keep all.

The one idea to know: price[u] ≤ scale · price[v] + shift, run from the upper bounds until nothing
moves, gives the highest price everywhere at once; read from the other end, the lowest. Variables
fall into sets that no inequality joins; each set is done for itself, all of them at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.problem import BoolArray, IntArray

FloatArray = NDArray[np.float64]
#: Prices this close, in ticks, are equal.
EQUAL_TICKS: Final = 1e-6
#: Prices that move by less than this no longer move.
_STILL_TICKS: Final = 1e-9
#: Bounds run along chains of inequalities; only circles with losses need more rounds than links.
_ROUNDS_MAX: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Inequalities:
    """price[lower] ≤ scale · price[upper] + shift, one row each."""

    lower: IntArray
    upper: IntArray
    scale: FloatArray
    shift: FloatArray


def inequality(
    lower: IntArray,
    upper: IntArray,
    scale: FloatArray | float = 1.0,
    shift: FloatArray | float = 0.0,
) -> Inequalities:
    """Rows from arrays of one length; `scale` and `shift` may be the same for all."""
    return Inequalities(
        lower=lower,
        upper=upper,
        scale=np.broadcast_to(np.asarray(scale, dtype=np.float64), lower.shape),
        shift=np.broadcast_to(np.asarray(shift, dtype=np.float64), lower.shape),
    )


def joined(parts: list[Inequalities]) -> Inequalities:
    """All rows of all parts."""
    return Inequalities(
        lower=np.concatenate([part.lower for part in parts]),
        upper=np.concatenate([part.upper for part in parts]),
        scale=np.concatenate([part.scale for part in parts]),
        shift=np.concatenate([part.shift for part in parts]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremes:
    """The highest and the lowest prices, and the sets in which there are any."""

    top: FloatArray  # (v,)
    bottom: FloatArray  # (v,)
    fits: BoolArray  # (sets,)


def extremes(
    low: FloatArray, high: FloatArray, rows: Inequalities, set_of: IntArray, n_sets: int
) -> Extremes:
    """Highest and lowest prices between `low` and `high` (v,) that keep all rows.

    `set_of` (v,) numbers the set of each variable; rows join variables of one set only.
    """
    top = _fallen(high, low, rows, set_of, n_sets)
    # Upside down: -price[upper] ≤ (-price[lower] + shift) / scale.
    turned = Inequalities(
        lower=rows.upper, upper=rows.lower, scale=1 / rows.scale, shift=rows.shift / rows.scale
    )
    bottom = -_fallen(-low, -high, turned, set_of, n_sets)
    # Highest prices are never above `high`, lowest never below `low`: what is kept between lies there too.
    fits = np.ones(n_sets, dtype=np.bool_)
    fits[set_of[bottom > top + EQUAL_TICKS]] = False
    return Extremes(top=top, bottom=bottom, fits=fits)


def _fallen(
    start: FloatArray, floor: FloatArray, rows: Inequalities, set_of: IntArray, n_sets: int
) -> FloatArray:
    """Prices let down from `start` until they keep all rows, or are below their floor."""
    order = np.argsort(rows.upper)
    lower, upper = rows.lower[order], rows.upper[order]
    scale, shift = rows.scale[order], rows.shift[order]
    first = np.searchsorted(upper, np.arange(len(start) + 1))
    price, news = start, np.arange(len(lower))
    for _ in range(_ROUNDS_MAX):
        fallen = price.copy()
        np.minimum.at(fallen, lower[news], scale[news] * price[upper[news]] + shift[news])
        other = np.flatnonzero(fallen != price)
        moved = other[fallen[other] < price[other] - _STILL_TICKS]
        price = fallen
        # A set at rest is done, and so is one with a price that supports nothing any more.
        runs = np.zeros(n_sets, dtype=np.bool_)
        runs[set_of[moved]] = True
        runs[set_of[price < floor - EQUAL_TICKS]] = False
        # Where the upper price is what it was, the row has been kept already.
        news = _rows_of(other[runs[set_of[other]]], first)
        if not len(news):
            break
    return price


def _rows_of(variables: IntArray, first: IntArray) -> IntArray:
    """The rows of some variables, where those of variable u are first[u] .. first[u + 1]."""
    begin, count = first[variables], first[variables + 1] - first[variables]
    return np.repeat(begin - np.cumsum(count) + count, count) + np.arange(count.sum())
