"""Whether the exact prices that were published support everything, where they are not derived.

The one idea to know: prices that were published are held to within a hair, those that were not
(nothing traded there) are free; then the facts are followed as always, and what is left of the free
ones is asked of the blocks. Whatever can not be said of two prices alone is added here: the mesh
with its shadow prices, limits over several areas, blocks.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clearing.check.block_orders import unsupported_blocks
from clearing.check.facts import (
    Case,
    facts,
    inside_of,
    mesh_binds,
    mesh_prices,
    room,
    under_a_limit,
)
from clearing.check.inequalities import FloatArray, extremes, inequality, joined
from clearing.check.storage_orders import window
from clearing.problem import MICRO, BoolArray, ClearingResult, IntArray

#: How exactly prices are published: two millionths of a tick, and the last digits of a large one.
_NEAR_TICKS: Final = 2e-6
_NEAR_SHARE: Final = 1e-11
#: How exactly a block's rule is kept, in ticks per Wh of its legs.
_BLOCK_NEAR_TICKS: Final = 3e-6


def near_ticks(price_ticks: FloatArray) -> FloatArray:
    """How far published prices may be from what they are due."""
    near: FloatArray = _NEAR_TICKS + _NEAR_SHARE * np.abs(price_ticks)
    return near


def published_ticks(case_result: ClearingResult, inside: BoolArray) -> tuple[FloatArray, BoolArray]:
    """(v,) exact prices in ticks, and whether each was published.

    `inside` (s, t) are the intervals in which storages have a value.
    """
    result, flags = case_result, case_result.has_price.reshape(-1)
    exact = np.concatenate(
        [
            result.price_microticks.reshape(-1),
            result.connection_price_microticks.reshape(-1),
            result.stored_value_microticks.reshape(-1),
        ]
    )
    return exact / MICRO, np.concatenate([flags, flags, inside.reshape(-1)])


def supported_parts(
    case: Case, low: FloatArray, high: FloatArray, part_of: IntArray, n_parts: int
) -> BoolArray:
    """(parts,) whether the published prices support the result there.

    `low` and `high` (v,) are what single orders, and what is left in storages, say of the prices;
    `part_of` (v,) is the part of each price.
    """
    price, published = published_ticks(case.result, window(case.problem))
    near = near_ticks(price)
    low = np.where(published, np.maximum(low, price - near), low)
    high = np.where(published, np.minimum(high, price + near), high)
    rows = facts(case)
    if case.problem.ptdf is not None:
        rows = joined([rows, mesh_prices(case, _NEAR_TICKS)])
    found = extremes(low, high, rows, part_of, n_parts)
    supported = found.fits.copy()
    of_interval = part_of[: case.problem.n_intervals]
    supported[of_interval[limit_rents_wrong(case) & case.intervals]] = False
    if case.result.block_ratio_ppb.any():
        nodes = inside_of(case.problem)
        wrong = unsupported_blocks(
            case.problem,
            case.result.block_ratio_ppb,
            np.where(published, price, found.bottom)[nodes],
            np.where(published, price, found.top)[nodes],
            _BLOCK_NEAR_TICKS,
        )
        supported[of_interval[first_interval(case)[wrong]]] = False
    return supported


def first_interval(case: Case) -> IntArray:
    """(b,) first interval of every block."""
    blocks = case.problem.blocks
    return blocks.leg_interval[blocks.leg_first[:-1]].astype(np.int64)


def shadow_prices_wrong(case: Case) -> BoolArray:
    """(t,) whether a line has a shadow price though it could carry more, or follows no factors."""
    shadow, ptdf = case.result.shadow_price_microticks, case.problem.ptdf
    wrong: BoolArray = np.any(shadow[case.grid.free] != 0, axis=0)
    if ptdf is not None:
        forward, backward = mesh_binds(case)
        of_mesh = shadow[ptdf.line]
        wrong |= (((of_mesh > 0) & ~forward) | ((of_mesh < 0) & ~backward)).any(axis=0)
    return wrong


def limit_rents_wrong(case: Case) -> BoolArray:
    """(t,) whether the prices at the limits of nested areas contradict what binds.

    The rent of an area's own limit is its price outside less inside, less the same of the area
    around it; it has the sign of the side that is reached and is 0 where none is.
    """
    problem, parent = case.problem, case.problem.areas.parent
    wrong = np.zeros(problem.n_intervals, dtype=np.bool_)
    if parent is None or not under_a_limit(case).any():
        return wrong
    result = case.result
    rent = (result.connection_price_microticks - result.price_microticks) / MICRO
    near = 2 * near_ticks(result.price_microticks / MICRO)
    inward, outward = room(case)
    root = (parent < 0)[:, None]
    low = np.where(root & inward, 0.0, -np.inf)
    high = np.where(root & outward, 0.0, np.inf)
    low = np.where(result.has_price, np.maximum(low, rent - near), low)
    high = np.where(result.has_price, np.minimum(high, rent + near), high)
    number = inside_of(problem)
    above = number[np.maximum(parent, 0)]
    less, more = ~root & outward, ~root & inward
    rows = inequality(
        np.concatenate([number[less], above[more]]), np.concatenate([above[less], number[more]])
    )
    interval = np.broadcast_to(np.arange(problem.n_intervals), number.shape).reshape(-1)
    found = extremes(low.reshape(-1), high.reshape(-1), rows, interval, problem.n_intervals)
    wrong |= ~found.fits
    return wrong
