"""Orders become one convex cost curve per node, a node being an area in an interval.

The one idea to know: sort all orders of a node by price, both sides together. With demand D and
the position y counted from the cheapest order on, the net export is x = y - D: one Wh more either
takes the next seller or drops the next buyer, whichever is cheaper, so the marginal cost of
exporting is the price of the order at position y. Orders of one price form a level; the curve is
a list of levels and does not care which order stands where in the input.

Node k = area x n_intervals + interval, so that an (n, t) array read row by row is a vector of nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearing.problem import ClearingProblem, IntArray

FloatArray = NDArray[np.float64]
#: Variable name -> its lower and upper bounds, flat, in the order of its index sets.
Bounds = dict[str, tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The cost curves of all K nodes, as levels of equal price in ascending order.

    All levels of all nodes lie in one row; `level_first` says where a node's begin.
    """

    order_row: IntArray  # (m,) rows of the orders in canonical order
    order_level: IntArray  # (m,) level of each order, in canonical order
    level_first: IntArray  # (K + 1,) index of each node's first level
    level_price_ticks: IntArray  # (L,)
    level_sell_wh: IntArray  # (L,)
    level_buy_wh: IntArray  # (L,)
    level_cum_wh: IntArray  # (L + 1,) energy of all levels before this one, both sides
    level_cost: NDArray[Any]  # (L + 1,) ticks x Wh of all levels before this one
    supply_wh: IntArray  # (K,) all that is offered: the highest net export
    demand_wh: IntArray  # (K,) all that is asked: the highest net import
    origin_wh: IntArray  # (K,) where net export 0 lies in `level_cum_wh`

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.supply_wh)

    def level_below(self, net_export_wh: NDArray[Any]) -> IntArray:
        """Level of the last Wh before the points (K,); level_first - 1 at the lower end."""
        position = self.origin_wh + net_export_wh
        level = np.searchsorted(self.level_cum_wh, position, side="left") - 1
        clipped: IntArray = np.clip(level, self.level_first[:-1] - 1, self.level_first[1:] - 1)
        return clipped

    def level_above(self, net_export_wh: NDArray[Any]) -> IntArray:
        """Level of the next Wh after the points (K,); level_first of the next node at the end."""
        position = self.origin_wh + net_export_wh
        level = np.searchsorted(self.level_cum_wh, position, side="right") - 1
        clipped: IntArray = np.clip(level, self.level_first[:-1], self.level_first[1:])
        return clipped

    def slope_below(self, net_export_wh: NDArray[Any], beyond: float) -> FloatArray:
        """Marginal cost just below the points (K,), in ticks; `beyond` at the lower end."""
        level = self.level_below(net_export_wh)
        return self._price_at(level, level >= self.level_first[:-1], beyond)

    def slope_above(self, net_export_wh: NDArray[Any], beyond: float) -> FloatArray:
        """Marginal cost just above the points (K,), in ticks; `beyond` at the upper end."""
        level = self.level_above(net_export_wh)
        return self._price_at(level, level < self.level_first[1:], beyond)

    def _price_at(self, level: IntArray, inside: NDArray[np.bool_], beyond: float) -> FloatArray:
        if not len(self.level_price_ticks):
            return np.full(self.n_nodes, beyond)
        safe = np.clip(level, 0, len(self.level_price_ticks) - 1)
        return np.where(inside, self.level_price_ticks[safe].astype(np.float64), beyond)

    def value(self, net_export_wh: NDArray[Any]) -> FloatArray:
        """Cost of exporting (K,) Wh, in quanta, against not exporting anything."""
        return self._cost_until(net_export_wh) - self._cost_until(np.zeros(self.n_nodes))

    def _cost_until(self, net_export_wh: NDArray[Any]) -> FloatArray:
        first = self.level_first[:-1]
        level = np.maximum(self.level_below(net_export_wh), first)
        level = np.minimum(level, np.maximum(self.level_first[1:] - 1, first))
        begun: FloatArray = (self.level_cost[level] - self.level_cost[first]).astype(np.float64)
        inside = self.origin_wh + net_export_wh - self.level_cum_wh[level]
        empty = first == self.level_first[1:]
        price = self._price_at(level, ~empty, 0.0)
        return np.where(empty, 0.0, begun + price * inside)


def build_curves(problem: ClearingProblem) -> Curves:
    """The curves of all nodes: one sort and prefix sums over the whole book."""
    orders, n_nodes = problem.orders, problem.n_areas * problem.n_intervals
    node = orders.area.astype(np.int64) * problem.n_intervals + orders.interval
    row = _canonical_rows(problem, node)
    node, price = node[row], orders.price_ticks[row]
    energy, is_sell = orders.energy_wh[row], orders.is_sell[row]

    new = np.ones(len(row), dtype=np.bool_)
    new[1:] = (node[1:] != node[:-1]) | (price[1:] != price[:-1])
    order_level = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    sell = _sums(np.where(is_sell, energy, 0), first)
    buy = _sums(np.where(is_sell, 0, energy), first)
    level_node, level_price = node[first], price[first]
    level_first = np.searchsorted(level_node, np.arange(n_nodes + 1))
    cum = _prefix(sell + buy)
    sell_before, buy_before = _prefix(sell), _prefix(buy)
    supply = sell_before[level_first[1:]] - sell_before[level_first[:-1]]
    demand = buy_before[level_first[1:]] - buy_before[level_first[:-1]]
    return Curves(
        order_row=row,
        order_level=order_level,
        level_first=level_first,
        level_price_ticks=level_price,
        level_sell_wh=sell,
        level_buy_wh=buy,
        level_cum_wh=cum,
        level_cost=_cost_prefix(level_price, sell + buy),
        supply_wh=supply,
        demand_wh=demand,
        origin_wh=cum[level_first[:-1]] + demand,
    )


def _canonical_rows(problem: ClearingProblem, node: IntArray) -> IntArray:
    """Rows sorted by node, price, side, acceptance, energy: the same for any order of input."""
    orders = problem.orders
    span = problem.price_max_ticks - problem.price_min_ticks + 1
    level = node * span + (orders.price_ticks - problem.price_min_ticks)
    key = level * 2 + orders.is_sell
    return np.lexsort((orders.energy_wh, orders.sequence, key))


def _sums(values: IntArray, first: IntArray) -> IntArray:
    return np.add.reduceat(values, first) if len(first) else np.zeros(0, dtype=np.int64)


def _prefix(values: IntArray) -> IntArray:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(values)])


def _cost_prefix(price: IntArray, energy: IntArray) -> NDArray[Any]:
    """Running ticks x Wh: exact where 64 bits hold it, else in doubles.

    The model reads it only to place supporting lines; no money is made from it.
    """
    weight = np.abs(price).astype(np.float64) @ energy.astype(np.float64)
    if weight < 2.0**62:
        return _prefix(price * energy)
    return np.concatenate([[0.0], np.cumsum(price.astype(np.float64) * energy)])
