"""What the book and its fills say about the price of every area and interval.

The one idea to know: a Wh sold, or a bid's Wh not served, says the price is not lower than that
order's; a Wh offered and not sold, or a bid's Wh served, says it is not higher. Orders are read one
by one; of sloped ones only the rungs next to the end of their fill, which speak loudest.

A node is an area in an interval: area x n_intervals + interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.check.ladder import rungs_near
from clearing.check.whole import sums
from clearing.problem import BoolArray, ClearingProblem, IntArray

FloatArray = NDArray[np.float64]
#: Nothing speaks; prices stay far away from it.
_SILENT: Final = -(2**60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Steps that speak about prices: simple orders as they are, rungs of sloped ones."""

    node: IntArray  # (k,)
    is_sell: BoolArray  # (k,)
    price_ticks: IntArray  # (k,)
    energy_wh: IntArray  # (k,)
    accepted_wh: IntArray  # (k,)
    order: IntArray | None  # (k,) row of the book; None: row k is step k

    def order_of(self, rows: IntArray) -> IntArray:
        """Rows of the book of some steps."""
        return rows if self.order is None else self.order[rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The fills, added up node by node."""

    steps: Steps
    traded_wh: IntArray  # (n, t) sold and bought
    net_wh: IntArray  # (n, t) sold less bought
    best_bid_ticks: IntArray  # (n, t) the lowest number there is where nobody bids
    best_offer_ticks: IntArray  # (n, t) the highest where nobody offers
    low_ticks: FloatArray  # (n, t) lowest price the fills allow, -inf where nothing speaks
    high_ticks: FloatArray  # (n, t) highest price the fills allow, inf where nothing speaks


def read_book(problem: ClearingProblem, accepted_wh: IntArray) -> Book:
    """One pass over the orders; fills must lie within 0 .. energy."""
    orders, shape = problem.orders, (problem.n_areas, problem.n_intervals)
    count = problem.n_areas * problem.n_intervals
    steps = steps_of(problem, accepted_wh, 1)
    node = steps.node if steps.order is None else nodes_of(problem)
    slot = 2 * node + orders.is_sell
    filled = sums(slot, accepted_wh, 2 * count).reshape(count, 2)
    best = np.full(2 * count, _SILENT, dtype=np.int64)
    np.maximum.at(best, slot, orders.price_ticks * _sign(~orders.is_sell))
    low, high = bounds(steps, count)
    return Book(
        steps=steps,
        traded_wh=(filled[:, 1] + filled[:, 0]).reshape(shape),
        net_wh=(filled[:, 1] - filled[:, 0]).reshape(shape),
        best_bid_ticks=best[0::2].reshape(shape),
        best_offer_ticks=-best[1::2].reshape(shape),
        low_ticks=low.reshape(shape),
        high_ticks=high.reshape(shape),
    )


def silent(best_ticks: IntArray) -> BoolArray:
    """Where nobody bids or offers."""
    there: BoolArray = np.abs(best_ticks) == -_SILENT
    return there


def nodes_of(problem: ClearingProblem) -> IntArray:
    """(m,) node of every order."""
    return problem.orders.area.astype(np.int64) * problem.n_intervals + problem.orders.interval


def steps_of(
    problem: ClearingProblem,
    accepted_wh: IntArray,
    reach_wh: int,
    wanted: BoolArray | None = None,
) -> Steps:
    """The steps of the book; of sloped orders the rungs within `reach_wh` of their fill's end.

    `wanted` (count,) are the nodes asked for; None: all.
    """
    orders, node = problem.orders, nodes_of(problem)
    sloped = orders.sloped if orders.price_end_ticks is not None else None
    if sloped is None and wanted is None:
        return Steps(
            node=node,
            is_sell=orders.is_sell,
            price_ticks=orders.price_ticks,
            energy_wh=orders.energy_wh,
            accepted_wh=accepted_wh,
            order=None,
        )
    asked = np.ones(len(node), dtype=np.bool_) if wanted is None else wanted[node]
    if sloped is None:
        sloped = np.zeros(len(node), dtype=np.bool_)
    flat, steep = np.flatnonzero(asked & ~sloped), np.flatnonzero(asked & sloped)
    place, price, energy, accepted = rungs_near(orders, steep, accepted_wh, reach_wh)
    rows = np.concatenate([flat, steep[place]])
    return Steps(
        node=node[rows],
        is_sell=orders.is_sell[rows],
        price_ticks=np.concatenate([orders.price_ticks[flat], price]),
        energy_wh=np.concatenate([orders.energy_wh[flat], energy]),
        accepted_wh=np.concatenate([accepted_wh[flat], accepted]),
        order=rows,
    )


def bounds(steps: Steps, count: int) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest price (count,) of every node that every single Wh agrees with."""
    served = steps.accepted_wh > 0
    # A step served or passed over as a whole speaks for one side, one cut in two for both.
    for_floor = steps.is_sell == served
    loudest = np.full(2 * count, _SILENT, dtype=np.int64)
    np.maximum.at(loudest, 2 * steps.node + for_floor, steps.price_ticks * _sign(for_floor))
    cut = np.flatnonzero(served & (steps.accepted_wh < steps.energy_wh))
    other = ~for_floor[cut]
    np.maximum.at(loudest, 2 * steps.node[cut] + other, steps.price_ticks[cut] * _sign(other))
    floor, ceiling = loudest[1::2], -loudest[0::2]
    return (
        np.where(floor == _SILENT, -np.inf, floor),
        np.where(ceiling == -_SILENT, np.inf, ceiling),
    )


def bounds_passing_over(steps: Steps, count: int, skip_wh: int) -> tuple[FloatArray, FloatArray]:
    """`bounds` once the `skip_wh` Wh that speak loudest on either side are passed over."""
    got, left = steps.accepted_wh, steps.energy_wh - steps.accepted_wh
    node, price, sell = steps.node, steps.price_ticks, steps.is_sell
    floor = _peeled(node, price, np.where(sell, got, left), count, skip_wh)
    ceiling = _peeled(node, -price, np.where(sell, left, got), count, skip_wh)
    return floor, -ceiling


def _peeled(
    node: IntArray, price: IntArray, energy_wh: IntArray, count: int, skip_wh: int
) -> FloatArray:
    """Highest price (count,) with energy behind it once `skip_wh` are passed over, else -inf."""
    found = np.full(count, -np.inf)
    passed = np.zeros(count, dtype=np.int64)
    rows = np.flatnonzero(energy_wh > 0)
    # Every round takes the highest price off every node: at least a Wh each, so few rounds.
    while len(rows):
        node, price, energy_wh = node[rows], price[rows], energy_wh[rows]
        top = np.full(count, _SILENT, dtype=np.int64)
        np.maximum.at(top, node, price)
        at_top = price == top[node]
        passed += sums(node[at_top], energy_wh[at_top], count)
        reached = (passed > skip_wh) & (found == -np.inf) & (top > _SILENT)
        found[reached] = top[reached]
        rows = np.flatnonzero(~at_top & ~(passed > skip_wh)[node])
    return found


def _sign(positive: BoolArray) -> IntArray:
    return 2 * positive.astype(np.int64) - 1
