"""Fills: from whole net exports back to single orders, in integers, ties by rule.

The one idea to know: the net export alone says how far up the curve an area stands. Offers below
that level are sold and bids above it served in full; at the level itself the largest volume is
traded, and its orders share it by acceptance time or pro rata with the largest remainder.
"""

from __future__ import annotations

import numpy as np

from clearing.curves import Curves
from clearing.problem import ClearingProblem, IntArray, Tie


def fills(problem: ClearingProblem, curves: Curves, net_export_wh: IntArray) -> IntArray:
    """Accepted energy (m,) of every order, aligned with the rows of the problem."""
    accepted = np.zeros(len(problem.orders), dtype=np.int64)
    if not len(curves.level_price_ticks):
        return accepted
    sold, bought = level_volumes(curves, net_export_wh.reshape(-1))
    row, level = curves.order_row, curves.order_level
    is_sell, energy = problem.orders.is_sell[row], problem.orders.energy_wh[row]
    group_wh = np.where(is_sell, sold[level], bought[level])
    # Energy of the same level and side that was accepted earlier: canonical order is by side,
    # then acceptance, so a running sum over the whole book less its value at the group's start.
    before = np.cumsum(energy) - energy
    group = level * 2 + is_sell
    new = np.ones(len(row), dtype=np.bool_)
    new[1:] = group[1:] != group[:-1]
    first = np.flatnonzero(new)
    number = np.cumsum(new) - 1
    accepted[row] = np.clip(group_wh - (before - before[first][number]), 0, energy)
    if problem.tie is Tie.PRORATA:
        total = np.add.reduceat(energy, first)
        volume = group_wh[first]
        end = np.append(first[1:], len(row))
        for g in np.flatnonzero((volume > 0) & (volume < total)):
            here = slice(int(first[g]), int(end[g]))
            accepted[row[here]] = shares(int(volume[g]), energy[here])
    return accepted


def level_volumes(curves: Curves, net_export_wh: IntArray) -> tuple[IntArray, IntArray]:
    """What is sold and bought at every level (L,), given the net export of every node (K,)."""
    node = np.repeat(np.arange(curves.n_nodes), np.diff(curves.level_first))
    position = (curves.origin_wh + net_export_wh)[node]
    sell, buy = curves.level_sell_wh, curves.level_buy_wh
    # How far into its level the position stands: 0 keeps all bids and sells nothing.
    inside = np.clip(position - curves.level_cum_wh[:-1], 0, sell + buy)
    sold = np.minimum(sell, inside)
    return sold, buy - (inside - sold)


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
