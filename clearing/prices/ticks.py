"""The tick a price is paid at, and the millionth of a tick it is proven at.

The one idea to know: prices are rounded half to even, but a set of prices that lossless lines and
open limits tie together at whole ticks must stay exactly that far apart. Only halves can part such
a set, so there the first of it is rounded and the others follow.
"""

from __future__ import annotations

import numpy as np

from clearing.curves import FloatArray
from clearing.prices.support import Prices
from clearing.prices.system import PRICE_TICKS_EQUAL
from clearing.problem import MICRO, ClearingProblem, IntArray, free_lines


def microticks(price_ticks: FloatArray) -> IntArray:
    """Prices in millionths of a tick, any shape."""
    return np.rint(price_ticks * MICRO).astype(np.int64)


def ticks(problem: ClearingProblem, prices: Prices) -> tuple[IntArray, IntArray]:
    """Area and connection prices rounded half-even to the tick, both (n, t).

    Prices a whole number of ticks apart because a loss-less line or an open limit ties them
    stay exactly that far apart: of such a set the lowest-numbered area price is rounded (where
    none is in it, the lowest-numbered connection price) and the others follow.
    """
    # Rounding away the last digits first makes a half a half on every machine.
    exact = np.round(np.concatenate([prices.area_ticks, prices.connection_ticks]), 6)
    rounded = np.rint(exact).astype(np.int64)
    half = np.abs(np.abs(exact - np.floor(exact)) - 0.5) < PRICE_TICKS_EQUAL
    for t in np.flatnonzero(half.any(axis=0)):
        # Only halves can part a set: anything else rounds the same way throughout.
        offset = _offset_to_first(problem, exact[:, t])
        for node in np.flatnonzero(half[:, t]):
            first, distance = offset[int(node)]
            rounded[node, t] = int(np.rint(exact[first, t])) + distance
    n = problem.n_areas
    return rounded[:n], rounded[n:]


def _offset_to_first(problem: ClearingProblem, exact: FloatArray) -> list[tuple[int, int]]:
    """For each of the 2 n prices of an interval: first price of its set, whole ticks above it."""
    n, lines = problem.n_areas, problem.lines
    tied: list[list[tuple[int, int]]] = [[] for _ in range(2 * n)]

    def tie(one: int, other: int, distance: int) -> None:
        if abs(exact[other] - exact[one] - distance) < PRICE_TICKS_EQUAL:
            tied[one].append((other, distance))
            tied[other].append((one, -distance))

    for area in range(n):
        tie(area, n + area, 0)
    free = free_lines(problem)
    for line in free[lines.loss_ppm[free] == 0]:
        i, j = n + int(lines.from_area[line]), n + int(lines.to_area[line])
        tie(i, j, int(lines.fee_forward_ticks[line]))
        tie(j, i, int(lines.fee_backward_ticks[line]))
    offset: list[tuple[int, int] | None] = [None] * (2 * n)
    for first in range(2 * n):
        waiting = [(first, 0)]
        while waiting:
            node, distance = waiting.pop()
            if offset[node] is None:
                offset[node] = (first, distance)
                waiting += [(other, distance + step) for other, step in tied[node]]
    return [place for place in offset if place is not None]
