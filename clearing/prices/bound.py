"""What nothing can surpass: the dual certificate of prices, in whole numbers.

The one idea to know: at given prices every order, line and limit takes what is best for itself
alone; the sum of what they earn bounds the welfare of anything feasible (weak duality), whatever
the prices are, and is tight when they support an optimum.
"""

from __future__ import annotations

import numpy as np

from clearing.curves import Curves
from clearing.prices.support import Prices
from clearing.prices.ticks import microticks
from clearing.problem import MICRO, PPM, ClearingProblem, IntArray, exact_dot


def upper_bound(
    problem: ClearingProblem, curves: Curves, prices: Prices, trading_alone_quanta: int
) -> int:
    """No result of simple orders on free lines has more welfare than this many quanta.

    Computed in whole micro-ticks, so the bound is exact. `trading_alone_quanta` is the welfare of
    every area trading within itself, from which the curves count.
    """
    pi = microticks(prices.area_ticks.reshape(-1))
    rho = microticks(prices.connection_ticks.reshape(-1))
    supply, demand = curves.supply_wh, curves.demand_wh
    most_out = np.minimum(problem.areas.export_limit_wh.reshape(-1), supply)
    most_in = np.minimum(problem.areas.import_limit_wh.reshape(-1), demand)
    gain = rho - pi
    total = _best_of_curves(curves, pi)
    total += _product_sum(np.abs(gain), np.where(gain > 0, most_out, most_in))
    total += _best_of_lines(problem, curves, rho) + trading_alone_quanta * MICRO
    return -(-total // MICRO)


def _product_sum(micro: IntArray, energy_wh: IntArray) -> int:
    """Σ micro-ticks x Wh as a Python integer; prices may be large and so may energies."""
    return exact_dot(micro >> 20, energy_wh) * (1 << 20) + exact_dot(
        micro & ((1 << 20) - 1), energy_wh
    )


def _best_of_curves(curves: Curves, pi: IntArray) -> int:
    """Σ over nodes of the most that selling or buying at pi (micro-ticks) gains over x = 0."""
    if curves.level_cost.dtype == np.int64 and len(curves.level_price_ticks):
        return _by_prefix_sums(curves, pi)
    return _level_by_level(curves, pi)


def _by_prefix_sums(curves: Curves, pi: IntArray) -> int:
    """The energy between x = 0 and the best level at pi, less what the curve says it costs."""
    first, last = curves.level_first[:-1], len(curves.level_price_ticks) - 1
    best = curves.level_at_price(pi, MICRO)
    nothing = np.zeros(curves.n_nodes, dtype=np.int64)
    origin = np.maximum(curves.level_below(nothing), first)
    safe = np.minimum(origin, last)
    empty = first == curves.level_first[1:]
    begun = np.where(empty, 0, curves.origin_wh - curves.level_cum_wh[safe])
    energy = np.where(empty, 0, curves.level_cum_wh[best] - curves.origin_wh)
    cost = (curves.level_cost[best] - curves.level_cost[origin]).tolist()
    total = sum(p * e for p, e in zip(pi.tolist(), energy.tolist(), strict=True))
    spent = sum(cost) - exact_dot(curves.level_price_ticks[safe], begun)
    return int(total - MICRO * spent)


def _level_by_level(curves: Curves, pi: IntArray) -> int:
    """The same where prefix sums do not fit 64 bits."""
    cum, node = curves.level_cum_wh, curves.level_node
    origin, margin = curves.origin_wh[node], pi[node] - curves.level_price_ticks * MICRO
    # Signed energy of each level between x = 0 and the best x: taken above 0, given back below.
    above = np.clip(cum[1:] - np.maximum(cum[:-1], origin), 0, None)
    below = np.clip(np.minimum(cum[1:], origin) - cum[:-1], 0, None)
    return _product_sum(np.abs(margin), np.where(margin > 0, above, below))


def _best_of_lines(problem: ClearingProblem, curves: Curves, rho: IntArray) -> int:
    """Σ over lines of the most that its better direction earns at rho, in quanta x 10^6."""
    lines, t = problem.lines, problem.n_intervals
    # Nothing sends more than there is to sell.
    most = int(curves.supply_wh.sum())
    price = rho.reshape(problem.n_areas, t)
    total = 0
    for line in range(len(lines)):
        i, j = int(lines.from_area[line]), int(lines.to_area[line])
        kept = PPM - int(lines.loss_ppm[line])
        ways = [
            (i, j, int(lines.fee_forward_ticks[line]), lines.capacity_forward_wh[line]),
            (j, i, int(lines.fee_backward_ticks[line]), lines.capacity_backward_wh[line]),
        ]
        for interval in range(t):
            rents = [
                (kept * int(price[end, interval]) - PPM * int(price[start, interval]))
                - PPM * PPM * fee
                for start, end, fee, _ in ways
            ]
            earned = [
                rent * min(int(way[3][interval]), most)
                for rent, way in zip(rents, ways, strict=True)
            ]
            total += -(-max(0, *earned) // PPM)
            if kept < PPM:
                # A loss rounded up burns up to a Wh more, which a negative price rewards.
                total += max(0, -int(price[i, interval]), -int(price[j, interval]))
    return total
