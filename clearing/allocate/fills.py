"""Fills: from whole net exports back to single orders, in integers, ties by rule.

The one idea to know: the net export alone says how far up the curve an area stands. Offers below
that level are sold and bids above it served in full; at the level itself the largest volume is
traded, and its orders share it by acceptance time or pro rata with the largest remainder, the
retailer of last resort after all others. So one comparison settles almost every order, and only
those at their node's level are ever put in order.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clearing.curves import Curves, node_of
from clearing.problem import ClearingProblem, IntArray, Tie

#: Rows settled at a time: what is read again is still in the processor's cache.
_CHUNK: Final = 1 << 15


def fills(problem: ClearingProblem, curves: Curves, simple_wh: IntArray) -> IntArray:
    """Accepted energy (m,) of every order, aligned with the rows of the problem.

    `simple_wh` (n, t) is the whole net export of the simple orders of each node.
    """
    orders = problem.orders
    if not len(curves.level_price_ticks):
        return np.zeros(len(orders), dtype=np.int64)
    level, sold, bought = curves.margin(simple_wh.reshape(-1))
    margin = curves.level_price_ticks[np.minimum(level, len(curves.level_price_ticks) - 1)]
    node = node_of(problem)
    accepted = np.empty(len(orders), dtype=np.int64)
    tied = [np.zeros(0, dtype=np.int64)]
    for begin in range(0, len(orders), _CHUNK):
        here = slice(begin, begin + _CHUNK)
        distance = orders.price_ticks[here] - margin[node[here]]
        equal = distance == 0
        # A seller below the level and a buyer above it are served; those at it share.
        served = (distance < 0) == orders.is_sell[here]
        served &= ~equal
        np.multiply(orders.energy_wh[here], served, out=accepted[here])
        tied.append(begin + np.flatnonzero(equal))
    rows = np.concatenate(tied)
    if len(rows):
        volume = np.stack([bought, sold])
        accepted[rows] = _shared(problem, rows, node[rows], volume)
    return accepted


def _shared(
    problem: ClearingProblem, rows: IntArray, node: IntArray, volume_wh: IntArray
) -> IntArray:
    """What the orders in `rows`, each at its node's level, get of the volumes (2, K) there."""
    orders = problem.orders
    sell = orders.is_sell[rows].astype(np.int64)
    last = orders.is_last_resort
    late = np.zeros(len(rows), dtype=np.bool_) if last is None else last[rows]
    energy = orders.energy_wh[rows]
    # Stable order by node, side, last resort, acceptance, energy.
    order = np.lexsort((energy, orders.sequence[rows], late, sell, node))
    key = (node * 2 + sell)[order]
    wh, late = energy[order], late[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(key))))
    due = volume_wh[sell[order][first], node[order][first]]
    before = np.cumsum(wh) - wh
    queue = np.clip(due[group] - (before - before[first][group]), 0, wh)
    if problem.tie is Tie.PRORATA:
        total = np.add.reduceat(wh, first)
        end = np.append(first[1:], len(key))
        for g in np.flatnonzero((due > 0) & (due < total)).tolist():
            here = np.arange(first[g], end[g])
            left = int(due[g])
            # The last resort shares what all others leave.
            for these in (here[~late[here]], here[late[here]]):
                if len(these):
                    volume = min(left, int(wh[these].sum()))
                    queue[these] = shares(volume, wh[these])
                    left -= volume
    got = np.empty(len(rows), dtype=np.int64)
    got[order] = queue
    return got


def shares(volume_wh: int, energy_wh: IntArray) -> IntArray:
    """`volume_wh` pro rata to `energy_wh` (orders by acceptance), by largest remainder."""
    total = int(energy_wh.sum())
    if float(volume_wh) * float(energy_wh.max()) < 2.0**62:
        product = energy_wh * volume_wh
        share, rest = product // total, product % total
    else:
        exact = [divmod(int(wh) * volume_wh, total) for wh in energy_wh]
        share = np.array([whole for whole, _ in exact], dtype=np.int64)
        rest = np.array([left for _, left in exact], dtype=np.int64)
    missing = volume_wh - int(share.sum())
    # Stable: among equal remainders the earlier accepted order comes first.
    largest = np.argsort(-rest, kind="stable")[:missing]
    share[largest] += 1
    return share
