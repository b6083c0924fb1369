"""Inequalities between two prices, and the highest and lowest prices that keep them all.

The one idea to know: every rule ties at most two prices together, price[u] ≤ scale · price[v] +
shift with a scale above 0. Such a set of prices has a highest and a lowest member, highest and
lowest in every price at once: those are the solutions of max Σ and min Σ, found by letting the
bounds run along the inequalities until nothing moves. Their average keeps all of them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.curves import FloatArray
from clearing.problem import BoolArray, IntArray

#: Prices closer than this, in ticks, are equal.
PRICE_TICKS_EQUAL: Final = 1e-6
#: Bounds that move by less than this no longer move.
_STILL: Final = 1e-9
#: Bounds run along lines and through time; only circles with losses need more rounds than that.
_ROUNDS_MAX: Final = 6000


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Prices v and what is known of them."""

    low: FloatArray  # (v,)
    high: FloatArray  # (v,)
    upper: IntArray  # (e,) u of price[u] <= scale x price[v] + shift
    lower: IntArray  # (e,) v
    scale: FloatArray  # (e,) > 0
    shift: FloatArray  # (e,)
    part: IntArray  # (v,) which independent part a price belongs to
    n_parts: int

    def middle(self) -> tuple[BoolArray, FloatArray]:
        """Which parts have supporting prices (parts,), and the average of their extremes (v,)."""
        top, bottom = self._highest(), self._lowest()
        fits = (
            (top >= self.low - PRICE_TICKS_EQUAL)
            & (bottom <= self.high + PRICE_TICKS_EQUAL)
            & (bottom <= top + PRICE_TICKS_EQUAL)
        )
        broken = np.bincount(self.part, weights=~fits, minlength=self.n_parts)
        return broken == 0, (top + bottom) / 2

    def _highest(self) -> FloatArray:
        price = self.high.copy()
        # A price run past the other end supports nothing; held there it can not run to infinity.
        floor = self.low - 1.0 - np.abs(self.low)
        rows = np.arange(len(self.upper))
        for _ in range(_ROUNDS_MAX):
            before = price.copy()
            reach = self.scale[rows] * price[self.lower[rows]] + self.shift[rows]
            np.minimum.at(price, self.upper[rows], reach)
            np.maximum(price, floor, out=price)
            if _moved(before, price) <= _STILL:
                break
            # An inequality whose other price stands still has said all it has to say.
            rows = np.flatnonzero((price != before)[self.lower])
        return price

    def _lowest(self) -> FloatArray:
        price = self.low.copy()
        ceiling = self.high + 1.0 + np.abs(self.high)
        rows = np.arange(len(self.lower))
        for _ in range(_ROUNDS_MAX):
            before = price.copy()
            reach = (price[self.upper[rows]] - self.shift[rows]) / self.scale[rows]
            np.maximum.at(price, self.lower[rows], reach)
            np.minimum(price, ceiling, out=price)
            if _moved(before, price) <= _STILL:
                break
            rows = np.flatnonzero((price != before)[self.upper])
        return price


def _moved(before: FloatArray, after: FloatArray) -> float:
    return float(np.abs(after - before).max(initial=0.0))


class Edges:
    """Inequalities as they are collected."""

    def __init__(self) -> None:
        self._parts: list[tuple[IntArray, IntArray, FloatArray, FloatArray]] = []

    def at_most(
        self,
        upper: IntArray,
        lower: IntArray,
        scale: FloatArray | float = 1.0,
        shift: FloatArray | float = 0.0,
        *,
        where: BoolArray | None = None,
    ) -> None:
        """price[upper] <= scale x price[lower] + shift, for all elements (where told)."""
        shape = np.broadcast_shapes(upper.shape, lower.shape)
        arrays = [np.broadcast_to(array, shape) for array in (upper, lower, scale, shift)]
        chosen = np.ones(shape, dtype=np.bool_) if where is None else np.broadcast_to(where, shape)
        u, v, by, plus = (array[chosen] for array in arrays)
        self._parts.append((u, v, by.astype(np.float64), plus.astype(np.float64)))

    def arrays(self) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        """All of them: upper, lower, scale, shift."""
        none = np.zeros(0, dtype=np.int64)
        parts = [*self._parts, (none, none, none.astype(np.float64), none.astype(np.float64))]
        u, v, scale, shift = (np.concatenate(column) for column in zip(*parts, strict=True))
        return u, v, scale, shift
