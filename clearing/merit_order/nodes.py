"""Every area and interval cleared alone, all at once.

The one idea to know: what is offered up to a price less what is asked above it only grows with the
price. Where it reaches zero begins the range of prices that clear, where it passes zero the range
ends, so two bisections over whole ticks, for all nodes together, are the whole search. Its naive
twin is `clearing.merit_order.naive`; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clearing.merit_order.bids import Bids, Side, up_to
from clearing.merit_order.naive import share
from clearing.problem import BoolArray, ClearingProblem, IntArray, Tie


@dataclass(frozen=True, slots=True, kw_only=True)
class Lots:
    """Both sides of a book, each in one or several lots of orders."""

    sells: tuple[Side, ...]
    buys: tuple[Side, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesCleared:
    """What all nodes do alone; fills lot by lot, aligned with the lots' orders."""

    twice_price_ticks: IntArray  # (K,) twice the exact price, which may be half a tick
    sold_wh: list[IntArray]
    bought_wh: list[IntArray]


def side_of(problem: ClearingProblem, *, is_sell: bool) -> tuple[IntArray, Side]:
    """Rows of one side of the book, and their orders."""
    orders = problem.orders
    rows = np.flatnonzero(orders.is_sell == is_sell)
    turn = 1 if is_sell else -1
    end = orders.price_ticks if orders.price_end_ticks is None else orders.price_end_ticks
    last = orders.is_last_resort
    bids = Bids(
        node=orders.area[rows].astype(np.int64) * problem.n_intervals + orders.interval[rows],
        price_ticks=turn * orders.price_ticks[rows],
        ticks=np.abs(end[rows] - orders.price_ticks[rows]),
        energy_wh=orders.energy_wh[rows],
        sequence=orders.sequence[rows],
        is_last=np.zeros(len(rows), dtype=np.bool_) if last is None else last[rows],
    )
    return rows, Side(bids, problem.n_areas * problem.n_intervals)


def price_range(lots: Lots, n_nodes: int, low: int, high: int) -> tuple[IntArray, IntArray]:
    """Lowest and highest price (K,), within low .. high, at which each node clears."""

    def first(reached: int) -> IntArray:
        """The first price at which more than is asked above it, by `reached` Wh, is offered."""
        bottom = np.full(n_nodes, low, dtype=np.int64)
        top = np.full(n_nodes, high, dtype=np.int64)
        while (bottom < top).any():
            middle = (bottom + top) >> 1
            surplus = up_to(lots.sells, middle) - up_to(lots.buys, -middle - 1)
            there = surplus >= reached
            bottom, top = np.where(there, bottom, middle + 1), np.where(there, middle, top)
        return top

    return first(0), first(1)


def clear_nodes(lots: Lots, n_nodes: int, low: int, high: int, tie: Tie) -> NodesCleared:
    """Prices and fills of all nodes, each for itself."""
    lowest, highest = price_range(lots, n_nodes, low, high)
    twice = lowest + highest
    # At half a tick nobody is tied, and the ticks on either side decide.
    below, above = twice >> 1, -(-twice >> 1)
    offered, wanted = up_to(lots.sells, below), up_to(lots.buys, -above)
    volume = np.minimum(offered, wanted)
    return NodesCleared(
        twice_price_ticks=twice,
        sold_wh=_fills(lots.sells, above - 1, below, volume, tie),
        bought_wh=_fills(lots.buys, -below - 1, -above, volume, tie),
    )


def _fills(
    sides: Sequence[Side], better: IntArray, equal: IntArray, volume_wh: IntArray, tie: Tie
) -> list[IntArray]:
    """Fills of one side: all up to the price `better`, then those tied at `equal` by the rule."""
    left = volume_wh - up_to(sides, better)
    fills = [side.each_up_to(better) for side in sides]
    tied = [side.each_up_to(equal) - sure for side, sure in zip(sides, fills, strict=True)]
    rows = [np.flatnonzero(wh) for wh in tied]
    node, last, sequence = (
        np.concatenate([column(side.bids)[row] for side, row in zip(sides, rows, strict=True)])
        for column in (_node, _is_last, _sequence)
    )
    energy = np.concatenate([wh[row] for wh, row in zip(tied, rows, strict=True)])
    shares = shared(node, energy, last, sequence, left, tie)
    ends = np.cumsum([len(row) for row in rows])[:-1]
    for wh, row, part in zip(fills, rows, np.split(shares, ends), strict=True):
        wh[row] += part
    return fills


def _node(bids: Bids) -> IntArray:
    return bids.node


def _is_last(bids: Bids) -> BoolArray:
    return bids.is_last


def _sequence(bids: Bids) -> IntArray:
    return bids.sequence


def shared(
    node: IntArray,
    energy_wh: IntArray,
    is_last: BoolArray,
    sequence: IntArray,
    volume_wh: IntArray,
    tie: Tie,
) -> IntArray:
    """What orders tied at their node's price get of its volume (K,), the last resort last."""
    others = np.zeros_like(volume_wh)
    np.add.at(others, node[~is_last], energy_wh[~is_last])
    to_others = np.minimum(volume_wh, others)
    group = 2 * node + is_last
    volume = np.where(is_last, (volume_wh - to_others)[node], to_others[node])
    order = np.lexsort((energy_wh, sequence, group))
    group, energy, volume = group[order], energy_wh[order], volume[order]
    shares = np.zeros_like(energy_wh)
    if tie is Tie.TIME:
        _, before = _within(group, energy)
        shares[order] = np.clip(volume - before, 0, energy)
    else:
        shares[order] = _pro_rata(group, energy, volume)
    return shares


def _within(group: IntArray, values: IntArray) -> tuple[IntArray, IntArray]:
    """First row of each row's group, and the sum of the values before the row in its group."""
    new = np.ones(len(group), dtype=np.bool_)
    new[1:] = group[1:] != group[:-1]
    first = np.flatnonzero(new)[np.cumsum(new) - 1]
    before = np.cumsum(values) - values
    return first, before - before[first]


def _pro_rata(group: IntArray, energy: IntArray, volume: IntArray) -> IntArray:
    """Shares by largest remainder; rows are sorted by group, the earlier order first."""
    if not len(group):
        return energy
    first, before = _within(group, energy)
    end = np.append(np.flatnonzero(group[1:] != group[:-1]) + 1, len(group))
    if float(energy.max()) * float(volume.max()) >= 2.0**62:
        starts = np.unique(first)
        parts = [
            share(energy[i:j].tolist(), int(volume[i]), Tie.PRORATA)
            for i, j in zip(starts.tolist(), end.tolist(), strict=True)
        ]
        return np.array([wh for part in parts for wh in part], dtype=np.int64)
    last = end[np.cumsum(np.append(False, group[1:] != group[:-1]))] - 1
    total = (before + energy)[last]
    served: IntArray = energy * volume // total
    remainder = energy * volume % total
    _, served_before = _within(group, served)
    left = volume - (served_before + served)[last]
    by_remainder = np.lexsort((np.arange(len(group)), -remainder, group))
    rank = np.zeros_like(group)
    rank[by_remainder] = np.arange(len(group)) - first
    served += rank < left
    return served
