"""Welfare that no result of a problem can pass.

The one idea to know: all areas in one, energy thrown away for nothing, and everybody deciding for
himself at one price per interval that is not negative. Losses can only throw energy away, limits,
lines and fees can only cost, and what everybody gains for himself bounds what all gain together, at
any such prices (weak duality). At the price that clears the pool the bound is tightest.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from clearing.merit_order.bids import Bids, Side, cost_by_node
from clearing.merit_order.nodes import Lots, price_range
from clearing.problem import PPB, PPM, ClearingProblem, IntArray, exact_dot


def pooled_welfare(problem: ClearingProblem, sells: Bids, buys: Bids) -> int:
    """An upper bound of the welfare of any result, in quanta."""
    intervals = np.arange(problem.n_areas * problem.n_intervals) % problem.n_intervals
    pooled = [_by_interval(problem, bids, intervals) for bids in (sells, buys)]
    legs = [_legs(problem, is_sell=True), _legs(problem, is_sell=False)]
    lots = Lots(sells=(pooled[0], legs[0]), buys=(pooled[1], legs[1]))
    low, high = problem.price_min_ticks, problem.price_max_ticks
    lowest, _ = price_range(lots, problem.n_intervals, low, high)
    price = np.maximum(lowest, 0)
    total = _orders_gain(pooled[0], price) + _orders_gain(pooled[1], -price)
    return total + _blocks_gain(problem, price) + _storages_gain(problem, price)


def _by_interval(problem: ClearingProblem, bids: Bids, interval_of: IntArray) -> Side:
    return Side(
        Bids(
            node=interval_of[bids.node],
            price_ticks=bids.price_ticks,
            ticks=bids.ticks,
            energy_wh=bids.energy_wh,
            sequence=bids.sequence,
            is_last=bids.is_last,
        ),
        problem.n_intervals,
    )


def _legs(problem: ClearingProblem, *, is_sell: bool) -> Side:
    """The legs of blocks as orders, each for itself: they help to find a good price."""
    blocks = problem.blocks
    leg = np.flatnonzero((blocks.is_sell == is_sell)[blocks.leg_block])
    block = blocks.leg_block[leg]
    return Side(
        Bids(
            node=blocks.leg_interval[leg].astype(np.int64),
            price_ticks=(1 if is_sell else -1) * blocks.price_ticks[block],
            ticks=np.zeros(len(leg), dtype=np.int64),
            energy_wh=blocks.leg_energy_wh[leg],
            sequence=blocks.sequence[block],
            is_last=np.zeros(len(leg), dtype=np.bool_),
        ),
        problem.n_intervals,
    )


def _orders_gain(side: Side, price_ticks: IntArray) -> int:
    """What orders of one side gain together when each takes what is best for it."""
    taken = side.each_up_to(price_ticks)
    cost = cost_by_node(side.bids, taken, len(price_ticks))
    return exact_dot(price_ticks[side.bids.node], taken) - sum(int(quanta) for quanta in cost)


def _blocks_gain(problem: ClearingProblem, price_ticks: IntArray) -> int:
    blocks, total = problem.blocks, 0
    first: list[int] = blocks.leg_first.tolist()
    margin = price_ticks[blocks.leg_interval] - blocks.price_ticks[blocks.leg_block]
    margin = np.where(blocks.is_sell[blocks.leg_block], margin, -margin)
    for block, (begin, end) in enumerate(pairwise(first)):
        gains = margin[begin:end].tolist()
        energy = blocks.leg_energy_wh[begin:end].tolist()
        whole = sum(gain * wh for gain, wh in zip(gains, energy, strict=True))
        leg_by_leg = sum(max(gain, 0) * wh for gain, wh in zip(gains, energy, strict=True))
        # In part a block may gain half a Wh a leg by rounding.
        partly = blocks.ratio_min_ppb[block] < PPB
        rounding = sum(abs(gain) for gain in gains) // 2 + 1 if partly else 0
        total += min(leg_by_leg, max(whole, 0) + rounding)
    return total


def _storages_gain(problem: ClearingProblem, price_ticks: IntArray) -> int:
    return sum(_storage_gain(problem, row, price_ticks) for row in range(len(problem.storages)))


def _storage_gain(problem: ClearingProblem, row: int, price_ticks: IntArray) -> int:
    """A bound of what a storage gains: for any worth v >= 0 of a stored Wh, the same all along.

    Energy moves in and out of it at that worth and without its capacity; only what it starts and
    ends with counts besides. Of a few worths the one that bounds best is taken.
    """
    storages = problem.storages
    first, last = int(storages.first_interval[row]), int(storages.last_interval[row]) + 1
    price, end_value = price_ticks[first:last], int(storages.end_value_ticks[row])
    worths = np.unique(
        [max(end_value, 0), *np.quantile(price, [0, 0.25, 0.5, 0.75, 1]).astype(np.int64)]
    )
    bounds: list[int] = []
    for worth in worths.tolist():
        # Rounded so that the bound only grows.
        into = -(-worth * int(storages.efficiency_charge_ppm[row]) // PPM)
        out_of = worth * PPM // int(storages.efficiency_discharge_ppm[row])
        charging = np.maximum(into - price, 0)
        discharging = np.maximum(price - int(storages.spread_ticks[row]) - out_of, 0)
        bounds.append(
            (worth - end_value) * int(storages.start_wh[row])
            + max(end_value - worth, 0) * int(storages.capacity_wh[row])
            + int(charging.sum()) * int(storages.charge_limit_wh[row])
            + int(discharging.sum()) * int(storages.discharge_limit_wh[row])
        )
    return min(bounds)
