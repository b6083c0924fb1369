"""All best states of an interval at given prices.

The one idea to know: at supporting prices everything that is best is known line by line: lines whose
rent is positive are full, lines whose rent is negative idle, offers below the price sold, bids above
it served, limits with a rent reached. What is left open are orders exactly at their area's price
and whatever earns exactly nothing; the ranges here say what those may do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.curves import Curves, FloatArray
from clearing.problem import (
    NO_LIMIT_WH,
    PPM,
    BoolArray,
    ClearingProblem,
    IntArray,
    areas_below,
    free_lines,
)
from clearing.refine import Fixing

#: Prices and rents closer than this, in ticks, are equal.
_EQUAL_TICKS: Final = 1e-6

#: Least and most of something, in Wh.
_Range = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedPrices:
    """Supporting prices of a state, not rounded to ticks."""

    area_ticks: FloatArray  # (n, t)
    connection_ticks: FloatArray  # (n, t)
    shadow_ticks: FloatArray  # (l, t)
    supported: BoolArray  # (t,) intervals without prices stay as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """All best states of one interval."""

    lowest_wh: FloatArray  # (n,) net export of simple orders with nothing taken of the tied level
    given_wh: FloatArray  # (n,) what blocks and storages inject
    price_ticks: IntArray  # (n,) of the tied level, where there is one
    sell_wh: IntArray  # (n,) offered at exactly the area's price
    buy_wh: IntArray  # (n,) asked at exactly the area's price
    exchange: _Range  # (n,)
    tree: _Range  # (trees,)
    mesh: _Range  # (r,)
    sent: _Range  # (2, free lines) forward, backward


def face_of(
    problem: ClearingProblem,
    curves: Curves,
    fixing: Fixing,
    given_wh: IntArray,
    prices: TiedPrices,
    t: int,
) -> Face:
    """The face of interval t at the prices found."""
    pi, rho = prices.area_ticks[:, t], prices.connection_ticks[:, t]
    nodes = np.arange(problem.n_areas) * problem.n_intervals + t
    lowest = np.zeros(len(nodes))
    price, sell, buy = (np.zeros(len(nodes), dtype=np.int64) for _ in range(3))
    for a, k in enumerate(nodes):
        first, end = int(curves.level_first[k]), int(curves.level_first[k + 1])
        level = first + int(
            np.searchsorted(curves.level_price_ticks[first:end], pi[a] - _EQUAL_TICKS)
        )
        lowest[a] = float(curves.level_cum_wh[level] - curves.origin_wh[k])
        if level < end and abs(float(curves.level_price_ticks[level]) - pi[a]) <= _EQUAL_TICKS:
            price[a] = curves.level_price_ticks[level]
            sell[a], buy[a] = curves.offered_and_asked(level)
    exchange, tree = _limit_ranges(problem, pi, rho, t)
    return Face(
        lowest_wh=lowest,
        given_wh=given_wh[:, t].astype(np.float64),
        price_ticks=price,
        sell_wh=sell,
        buy_wh=buy,
        exchange=exchange,
        tree=tree,
        mesh=_mesh_ranges(problem, prices, t),
        sent=_line_ranges(problem, fixing, rho, t),
    )


def _limit_ranges(
    problem: ClearingProblem, pi: FloatArray, rho: FloatArray, t: int
) -> tuple[_Range, _Range]:
    """Exchange under every limit: at the limit where it earns a rent."""
    parent, trees = problem.parent, list(areas_below(problem))
    rent = rho - pi
    rent = rent - np.where(parent >= 0, rent[np.maximum(parent, 0)], 0.0)
    most_out = _open_ended(problem.areas.export_limit_wh[:, t])
    most_in = _open_ended(problem.areas.import_limit_wh[:, t])
    low = np.where(rent > _EQUAL_TICKS, most_out, -most_in)
    high = np.where(rent < -_EQUAL_TICKS, -most_in, most_out)
    tree = low[trees], high[trees]
    low[trees], high[trees] = -np.inf, np.inf
    return (low, high), tree


def _mesh_ranges(problem: ClearingProblem, prices: TiedPrices, t: int) -> _Range:
    """Flow of every line of the mesh: at its capacity where that has a price."""
    if problem.ptdf is None:
        return np.zeros(0), np.zeros(0)
    line, lines = problem.ptdf.line, problem.lines
    shadow = prices.shadow_ticks[line, t]
    forward = _open_ended(lines.capacity_forward_wh[line, t])
    backward = _open_ended(lines.capacity_backward_wh[line, t])
    return (
        np.where(shadow > _EQUAL_TICKS, forward, -backward),
        np.where(shadow < -_EQUAL_TICKS, -backward, forward),
    )


def _line_ranges(problem: ClearingProblem, fixing: Fixing, rho: FloatArray, t: int) -> _Range:
    """Flow of every free line: full where it earns a rent, idle where it would cost one."""
    free, lines = free_lines(problem), problem.lines
    i, j, kept = lines.from_area[free], lines.to_area[free], 1.0 - lines.loss_ppm[free] / PPM
    rent = np.stack(
        [
            kept * rho[j] - rho[i] - lines.fee_forward_ticks[free],
            kept * rho[i] - rho[j] - lines.fee_backward_ticks[free],
        ]
    )
    capacity = np.stack(
        [
            _open_ended(lines.capacity_forward_wh[free, t]),
            _open_ended(lines.capacity_backward_wh[free, t]),
        ]
    )
    closed = np.stack([fixing.closed_forward[free, t], fixing.closed_backward[free, t]])
    full = (rent > _EQUAL_TICKS) & ~closed
    idle = (rent < -_EQUAL_TICKS) | closed
    return np.where(full, capacity, 0.0), np.where(idle, 0.0, capacity)


def _open_ended(limit_wh: IntArray) -> FloatArray:
    return np.where(limit_wh >= NO_LIMIT_WH, np.inf, limit_wh.astype(np.float64))
