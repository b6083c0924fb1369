"""What each way may carry where a limit is too small for what all ask.

The one idea to know: every limit is read so that a way can only use it up and never give room to
another: what leaves an area with all areas below it, what enters it, and inside it the loss. So
giving every way the same part of what it asks for keeps every limit, whatever the others do.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from clearing.merit_order.ways import LastResort, Ways
from clearing.problem import NO_LIMIT_WH, PPM, BoolArray, ClearingProblem, IntArray


class _Use(IntEnum):
    """What of a way counts against a limit."""

    NOTHING = 0
    SENT = 1
    ARRIVED = 2
    LOST = 3


def rationed(
    problem: ClearingProblem, resort: LastResort, ways: Ways, sent_wh: IntArray, *, selling: bool
) -> IntArray:
    """Most (k,) that may be sent so that all limits hold, if `sent_wh` is what is asked for."""
    most = ways.most_wh.copy()
    amounts = _amounts(ways, sent_wh)
    areas, inside = problem.areas, _inside(problem)
    for row in range(problem.n_areas):
        starts, ends = inside[row, ways.start], inside[row, ways.end]
        leaves = np.where(starts, np.where(ends, _Use.LOST, _Use.SENT), _Use.NOTHING)
        enters = np.where(ends & ~starts, _Use.ARRIVED, _Use.NOTHING)
        _ration(most, ways, amounts, leaves, ways.interval, areas.export_limit_wh[row])
        _ration(most, ways, amounts, enters, ways.interval, areas.import_limit_wh[row])
    home, use = (ways.start, _Use.SENT) if selling else (ways.end, _Use.ARRIVED)
    pool = home * problem.n_intervals + ways.interval
    uses = np.full(len(ways), use)
    _ration(most, ways, amounts, uses, pool, resort.energy_wh.reshape(-1))
    return most


def _amounts(ways: Ways, sent_wh: IntArray) -> IntArray:
    """(4, k) Wh by what counts."""
    arrived = ways.received(sent_wh)
    return np.stack([np.zeros_like(sent_wh), sent_wh, arrived, sent_wh - arrived])


def _inside(problem: ClearingProblem) -> BoolArray:
    """(n, n) True where the second area is the first or lies below it."""
    inside, above = np.eye(problem.n_areas, dtype=np.bool_), problem.parent.astype(np.int64)
    area, reached = np.arange(problem.n_areas), above
    while (reached >= 0).any():
        area, reached = area[reached >= 0], reached[reached >= 0]
        inside[reached, area] = True
        reached = above[reached]
    return inside


def _ration(
    most_wh: IntArray,
    ways: Ways,
    amounts: IntArray,
    uses: IntArray,
    pool: IntArray,
    limit_wh: IntArray,
) -> None:
    """Give all who draw on a pool that is too small the same part of what they ask for."""
    amount = np.take_along_axis(amounts, uses[None, :].astype(np.int64), axis=0)[0]
    asked = np.zeros_like(limit_wh)
    np.add.at(asked, pool, amount)
    short = (asked > limit_wh) & (limit_wh < NO_LIMIT_WH)
    for k in np.flatnonzero(short[pool] & (amount > 0)).tolist():
        part = int(amount[k]) * int(limit_wh[pool[k]]) // int(asked[pool[k]])
        sent = _most_sent(_Use(int(uses[k])), part, int(ways.loss_ppm[k]))
        most_wh[k] = min(int(most_wh[k]), sent)


def _most_sent(use: _Use, part_wh: int, loss_ppm: int) -> int:
    """The most that may be sent while what counts of it is at most `part_wh`."""
    if use is _Use.LOST:
        return part_wh * PPM // loss_ppm
    if use is _Use.ARRIVED:
        return -(-(part_wh + 1) * PPM // (PPM - loss_ppm)) - 1
    return part_wh
