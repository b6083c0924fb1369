"""Orders become one convex cost curve per node, a node being an area in an interval.

The one idea to know: sort all orders of a node by price, both sides together. With demand D and
the position y counted from the cheapest order on, the net export is x = y - D: one Wh more either
takes the next seller or drops the next buyer, whichever is cheaper, so the marginal cost of
exporting is the price of the order at position y. Orders of one price form a level; the curve is
a list of levels and does not care which order stands where in the input.

Where there are few prices for the orders there are, levels are counted; else node, price and row
are packed into one number each and sorted, which is several times quicker than sorting by columns.

Node k = area x n_intervals + interval, so that an (n, t) array read row by row is a vector of nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.problem import ClearingProblem, IntArray, StepOrders

FloatArray = NDArray[np.float64]
#: Variable name -> its lower and upper bounds, flat, in the order of its index sets.
Bounds = dict[str, tuple[FloatArray, FloatArray]]

#: Up to so many (node, price) pairs per order are counted rather than sorted.
_COUNTED_PER_ORDER: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The cost curves of all K nodes, as levels of equal price in ascending order.

    All levels of all nodes lie in one row; `level_first` says where a node's begin.
    """

    level_first: IntArray  # (K + 1,) index of each node's first level
    level_price_ticks: IntArray  # (L,)
    level_sell_wh: IntArray  # (L,)
    level_buy_wh: IntArray  # (L,)
    level_cum_wh: IntArray  # (L + 1,) energy of all levels before this one, both sides
    level_buy_cum_wh: IntArray  # (L + 1,) what is asked by all levels before this one
    level_cost: NDArray[Any]  # (L + 1,) ticks x Wh of all levels before this one
    supply_wh: IntArray  # (K,) all that is offered: the highest net export
    demand_wh: IntArray  # (K,) all that is asked: the highest net import
    origin_wh: IntArray  # (K,) where net export 0 lies in `level_cum_wh`

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.supply_wh)

    @property
    def level_node(self) -> IntArray:
        """(L,) node of each level."""
        return np.repeat(np.arange(self.n_nodes), np.diff(self.level_first))

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

    def level_at_price(self, price: IntArray, scale: int = 1) -> IntArray:
        """First level (K,) of each node whose price x `scale` is at least `price`; else its end."""
        low, high = self.level_first[:-1].copy(), self.level_first[1:].copy()
        last = len(self.level_price_ticks) - 1
        # A binary search in all nodes at once.
        while (low < high).any():
            middle = (low + high) // 2
            less = self.level_price_ticks[np.minimum(middle, last)] * scale < price
            less &= low < high
            low, high = (
                np.where(less, middle + 1, low),
                np.where(less, high, np.minimum(middle, high)),
            )
        return low

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

    def volumes(self, net_export_wh: IntArray) -> tuple[IntArray, IntArray]:
        """What is sold and bought at every level (L,), given the whole net export of every node."""
        position = (self.origin_wh + net_export_wh)[self.level_node]
        sell, buy = self.level_sell_wh, self.level_buy_wh
        # How far into its level the position stands: 0 keeps all bids and sells nothing.
        inside = np.clip(position - self.level_cum_wh[:-1], 0, sell + buy)
        sold = np.minimum(sell, inside)
        return sold, buy - (inside - sold)

    def best_prices(self, none: int) -> tuple[IntArray, IntArray]:
        """(K,) highest bid and lowest offer of every node, `none` where there is none."""
        first, end, levels = self.level_first[:-1], self.level_first[1:], len(self.level_buy_wh)
        asked, offered = np.flatnonzero(self.level_buy_wh), np.flatnonzero(self.level_sell_wh)
        # Levels ascend: a node's last with a bid, its first with an offer; -1 and L stand for none.
        last = np.concatenate([[-1], asked])[np.searchsorted(asked, end)]
        next_ = np.append(offered, levels)[np.searchsorted(offered, first)]
        price = np.append(self.level_price_ticks, none)
        bids: IntArray = price[np.where(last >= first, last, levels)]
        offers: IntArray = price[np.where(next_ < end, next_, levels)]
        return bids, offers

    def margin(self, net_export_wh: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Level (K,) on which whole net exports end, and what is sold and bought at that level.

        Cheaper offers are sold and dearer bids served in full, the rest not at all; within the
        level the largest volume is traded. A node without orders gets level_first.
        """
        first, end = self.level_first[:-1], self.level_first[1:]
        level = np.maximum(self.level_below(net_export_wh), first)
        empty = first == end
        if not len(self.level_price_ticks):
            nothing = np.zeros(self.n_nodes, dtype=np.int64)
            return level, nothing, nothing
        safe = np.minimum(level, len(self.level_price_ticks) - 1)
        sell = np.where(empty, 0, self.level_sell_wh[safe])
        buy = np.where(empty, 0, self.level_buy_wh[safe])
        position = self.origin_wh + net_export_wh - self.level_cum_wh[safe]
        # How far into its level the position stands: 0 keeps all bids and sells nothing.
        inside = np.clip(position, 0, sell + buy)
        sold = np.minimum(sell, inside)
        return level, sold, buy - (inside - sold)


def node_of(problem: ClearingProblem) -> IntArray:
    """(m,) node of each order."""
    return problem.orders.area.astype(np.int64) * problem.n_intervals + problem.orders.interval


def build_curves(problem: ClearingProblem) -> Curves:
    """The curves of all nodes: one count or one sort, and prefix sums over the whole book."""
    n_nodes = problem.n_areas * problem.n_intervals
    orders = problem.orders
    if not len(orders):
        none = np.zeros(0, dtype=np.int64)
        return _curves(none, none, none, none, n_nodes)
    lowest = int(orders.price_ticks.min())
    span = int(orders.price_ticks.max()) - lowest + 1
    key = node_of(problem)
    key *= span
    key += orders.price_ticks
    key -= lowest
    if n_nodes * span <= _COUNTED_PER_ORDER * len(orders):
        level, sell, buy = _counted(key, orders, n_nodes * span)
    else:
        level, sell, buy = _sorted(key, orders, n_nodes * span)
    node = level // span
    return _curves(node, level - node * span + lowest, sell, buy, n_nodes)


def _counted(key: IntArray, orders: StepOrders, bins: int) -> tuple[IntArray, IntArray, IntArray]:
    """Levels by counting. Doubles are exact here: the whole book holds less than 2**53 Wh."""
    energy = orders.energy_wh.astype(np.float64)
    both = np.bincount(2 * key + orders.is_sell, weights=energy, minlength=2 * bins)
    buy, sell = both.reshape(-1, 2).T
    level = np.flatnonzero((buy > 0) | (sell > 0))
    return level, sell[level].astype(np.int64), buy[level].astype(np.int64)


def _sorted(key: IntArray, orders: StepOrders, bins: int) -> tuple[IntArray, IntArray, IntArray]:
    """Levels by sorting."""
    shift = len(orders).bit_length()
    if bins.bit_length() + shift <= 63:
        packed = key << shift
        packed |= np.arange(len(orders), dtype=np.int64)
        packed.sort()
        row = packed & ((1 << shift) - 1)
        packed >>= shift
        ordered = packed
    else:
        row = np.argsort(key, kind="stable")
        ordered = key[row]
    new = np.empty(len(ordered), dtype=np.bool_)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    first = np.flatnonzero(new)
    energy = orders.energy_wh[row]
    total = np.add.reduceat(energy, first)
    sell = np.add.reduceat(energy * orders.is_sell[row], first)
    return ordered[first], sell, total - sell


def _curves(
    level_node: IntArray, price: IntArray, sell: IntArray, buy: IntArray, n_nodes: int
) -> Curves:
    level_first = np.searchsorted(level_node, np.arange(n_nodes + 1))
    energy = sell + buy
    cum, buy_before = _prefix(energy), _prefix(buy)
    demand = buy_before[level_first[1:]] - buy_before[level_first[:-1]]
    total = cum[level_first[1:]] - cum[level_first[:-1]]
    return Curves(
        level_first=level_first,
        level_price_ticks=price,
        level_sell_wh=sell,
        level_buy_wh=buy,
        level_cum_wh=cum,
        level_buy_cum_wh=buy_before,
        level_cost=_cost_prefix(price, energy),
        supply_wh=total - demand,
        demand_wh=demand,
        origin_wh=cum[level_first[:-1]] + demand,
    )


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
