"""Orders become one convex cost curve per node, a node being an area in an interval.

The one idea to know: sort all orders of a node by price, both sides together. With demand D and
the position y counted from the cheapest order on, the net export is x = y - D: one Wh more either
takes the next seller or drops the next buyer, whichever is cheaper, so the marginal cost of
exporting is the price of the order at position y. Orders of one price form a level; the curve is
a list of levels and does not care which order stands where in the input.

Where there are few prices for the orders there are, levels are counted; else node, price, side and
energy are packed into one number each and sorted, which is several times quicker than sorting by
columns and leaves nothing to fetch.

Node k = area x n_intervals + interval, so that an (n, t) array read row by row is a vector of nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearing.problem import ClearingProblem, IntArray, StepOrders

FloatArray = NDArray[np.float64]
#: Variable name -> its lower and upper bounds, flat, in the order of its index sets.
Bounds = dict[str, tuple[FloatArray, FloatArray]]

#: Up to so many (node, price) pairs per order are counted rather than sorted.
_COUNTED_PER_ORDER: Final = 2
#: Orders looked at at a time: what is read again is still in the processor's cache.
_CHUNK: Final = 1 << 15
_EVERY: Final = slice(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The cost curves of all K nodes, as levels of equal price in ascending order.

    All levels of all nodes lie in one row; `level_first` says where a node's begin.
    """

    level_first: IntArray  # (K + 1,) index of each node's first level
    level_price_ticks: IntArray  # (L,)
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
        position = _whole(np.ceil(self.origin_wh + net_export_wh))
        level = np.searchsorted(self.level_cum_wh, position, side="left") - 1
        clipped: IntArray = np.clip(level, self.level_first[:-1] - 1, self.level_first[1:] - 1)
        return clipped

    def level_above(self, net_export_wh: NDArray[Any]) -> IntArray:
        """Level of the next Wh after the points (K,); level_first of the next node at the end."""
        position = _whole(np.floor(self.origin_wh + net_export_wh))
        level = np.searchsorted(self.level_cum_wh, position, side="right") - 1
        clipped: IntArray = np.clip(level, self.level_first[:-1], self.level_first[1:])
        return clipped

    def offered_and_asked(self, level: IntArray | int) -> tuple[IntArray, IntArray]:
        """Wh offered and Wh asked at some levels."""
        both = self.level_cum_wh[level + 1] - self.level_cum_wh[level]
        asked = self.level_buy_cum_wh[level + 1] - self.level_buy_cum_wh[level]
        return both - asked, asked

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
        sell, buy = self.offered_and_asked(np.arange(len(self.level_price_ticks)))
        # How far into its level the position stands: 0 keeps all bids and sells nothing.
        inside = np.clip(position - self.level_cum_wh[:-1], 0, sell + buy)
        sold = np.minimum(sell, inside)
        return sold, buy - (inside - sold)

    def best_prices(self, none: int) -> tuple[IntArray, IntArray]:
        """(K,) highest bid and lowest offer of every node, `none` where there is none."""
        price = self.level_price_ticks
        if not len(price):
            nothing = np.full(self.n_nodes, none, dtype=np.int64)
            return nothing, nothing
        first, end = self.level_first[:-1], self.level_first[1:]
        buys, sells = self.level_buy_cum_wh, self.level_cum_wh - self.level_buy_cum_wh
        # The last level that adds to what all before have asked, the first that adds to the offers.
        bid = np.searchsorted(buys, buys[end], side="left") - 1
        offer = np.minimum(np.searchsorted(sells, sells[first], side="right"), len(price)) - 1
        bids: IntArray = np.where(buys[end] > buys[first], price[bid], none)
        offers: IntArray = np.where(sells[end] > sells[first], price[offer], none)
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
        offered, asked = self.offered_and_asked(safe)
        sell, buy = np.where(empty, 0, offered), np.where(empty, 0, asked)
        position = self.origin_wh + net_export_wh - self.level_cum_wh[safe]
        # How far into its level the position stands: 0 keeps all bids and sells nothing.
        inside = np.clip(position, 0, sell + buy)
        sold = np.minimum(sell, inside)
        return level, sold, buy - (inside - sold)


def _whole(position_wh: NDArray[Any]) -> IntArray:
    """Whole positions as integers: a search for doubles would make doubles of all levels first."""
    return position_wh.astype(np.int64)


def node_of(problem: ClearingProblem, rows: slice | IntArray = _EVERY) -> IntArray:
    """(m,) node of each order, or of those in some rows."""
    orders = problem.orders
    return orders.area[rows].astype(np.int64) * problem.n_intervals + orders.interval[rows]


def rows_at(problem: ClearingProblem, price_ticks: IntArray) -> IntArray:
    """Rows of all orders that stand exactly at the price of their node (K,)."""
    price, found = problem.orders.price_ticks, [np.zeros(0, dtype=np.int64)]
    for begin in range(0, len(price), _CHUNK):
        here = slice(begin, begin + _CHUNK)
        at = np.flatnonzero(price[here] == price_ticks[node_of(problem, here)])
        found.append(begin + at)
    return np.concatenate(found)


def build_curves(problem: ClearingProblem) -> Curves:
    """The curves of all nodes: one count or one sort, and prefix sums over the whole book."""
    n_nodes = problem.n_areas * problem.n_intervals
    orders = problem.orders
    if not len(orders):
        none, nothing = np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
        return _curves(_Levels(np.zeros(n_nodes, dtype=np.int64), none, nothing, nothing.copy()))
    lowest = int(orders.price_ticks.min())
    span = int(orders.price_ticks.max()) - lowest + 1
    places = _Places(n_nodes=n_nodes, span=span, lowest=lowest)
    key = node_of(problem)
    key *= span
    key += orders.price_ticks
    key -= lowest
    few = places.count <= _COUNTED_PER_ORDER * len(orders)
    return _curves((_counted if few else _sorted)(key, orders, places))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Node and price as one number: node x span + price - lowest."""

    n_nodes: int
    span: int
    lowest: int

    @property
    def count(self) -> int:
        return self.n_nodes * self.span

    def apart(self, place: IntArray) -> tuple[IntArray, IntArray]:
        """Node and price again."""
        node = place // self.span
        return node, place - node * self.span + self.lowest


class _Levels(NamedTuple):
    """All levels in the order of node and price."""

    per_node: IntArray  # (K,) how many levels each node has
    price_ticks: IntArray  # (L,)
    cum_wh: IntArray  # (L + 1,) energy of all before, both sides
    sell_cum_wh: IntArray  # (L + 1,) what is offered by all before


def _counted(key: IntArray, orders: StepOrders, places: _Places) -> _Levels:
    """Levels by counting. Doubles are exact here: the whole book holds less than 2**53 Wh."""
    energy = orders.energy_wh.astype(np.float64)
    both = np.bincount(2 * key + orders.is_sell, weights=energy, minlength=2 * places.count)
    buy, sell = both.reshape(-1, 2).T
    level = np.flatnonzero((buy > 0) | (sell > 0))
    node, price = places.apart(level)
    sells = sell[level].astype(np.int64)
    return _Levels(
        np.bincount(node, minlength=places.n_nodes),
        price,
        _prefix(sells + buy[level].astype(np.int64)),
        _prefix(sells),
    )


def _sorted(key: IntArray, orders: StepOrders, places: _Places) -> _Levels:
    """Levels by sorting; `key` is used up.

    What is sorted holds side and energy beside node and price, where 63 bits do: fetching them
    afterwards, row by row from all over a large book, would take longer than the sort.
    """
    width = int(orders.energy_wh.max()).bit_length()
    if places.count.bit_length() + 1 + width > 63:
        row = np.argsort(key)
        key, wh, offers = key[row], orders.energy_wh[row], orders.is_sell[row]
        return _in_order(lambda here: (key[here], wh[here], offers[here]), places, key)
    key <<= 1
    key |= orders.is_sell
    key <<= width
    key |= orders.energy_wh
    key.sort()

    def unpacked(here: slice) -> _Rows:
        packed = key[here]
        return packed >> (width + 1), packed & ((1 << width) - 1), (packed >> width) & 1

    return _in_order(unpacked, places, key)


#: Place, energy, and whether it is offered, of some orders.
_Rows = tuple[IntArray, IntArray, NDArray[Any]]


def _in_order(rows: Callable[[slice], _Rows], places: _Places, used_up: IntArray) -> _Levels:
    """Levels of orders that come in the order of their places, some of them at a time.

    What belongs to some of them stays in the processor's cache; whole columns of a large book
    would each be written to memory and read again. There are never more levels than rows have been
    read, so the prices go where the rows were, in `used_up`.
    """
    levels = np.zeros(places.n_nodes, dtype=np.int64)
    price, done, count = used_up, 0, len(used_up)
    cum, sell_cum = np.zeros(count + 1, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    both, sold = 0, 0
    for begin in range(0, count, _CHUNK):
        # One row more than is counted, to see where the last of them ends its level.
        place, wh, offers = rows(slice(begin, begin + _CHUNK + 1))
        here = min(_CHUNK, count - begin)
        last = np.flatnonzero(place[1:] != place[:-1])
        if len(place) == here:
            last = np.append(last, here - 1)
        until, sold_until = np.cumsum(wh[:here]), np.cumsum((wh * offers)[:here])
        to = slice(done + 1, done + 1 + len(last))
        np.add(until[last], both, out=cum[to])
        np.add(sold_until[last], sold, out=sell_cum[to])
        both, sold = both + int(until[-1]), sold + int(sold_until[-1])
        if len(last):
            node, price[done : done + len(last)] = places.apart(place[last])
            levels[node[0] : node[-1] + 1] += np.bincount(node - node[0])
        done += len(last)
    return _Levels(levels, price[:done], cum[: done + 1], sell_cum[: done + 1])


def _curves(levels: _Levels) -> Curves:
    cum, buy_before = levels.cum_wh, levels.sell_cum_wh
    np.subtract(cum, buy_before, out=buy_before)
    level_first = _prefix(levels.per_node)
    demand = buy_before[level_first[1:]] - buy_before[level_first[:-1]]
    total = cum[level_first[1:]] - cum[level_first[:-1]]
    return Curves(
        level_first=level_first,
        level_price_ticks=levels.price_ticks,
        level_cum_wh=cum,
        level_buy_cum_wh=buy_before,
        level_cost=_cost_prefix(levels.price_ticks, cum),
        supply_wh=total - demand,
        demand_wh=demand,
        origin_wh=cum[level_first[:-1]] + demand,
    )


def _prefix(values: IntArray) -> IntArray:
    before = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=before[1:])
    return before


def _cost_prefix(price: IntArray, cum_wh: IntArray) -> NDArray[Any]:
    """Running ticks x Wh: exact where 64 bits hold it, else in doubles.

    The model reads it only to place supporting lines; no money is made from it.
    """
    if _largest(price) * float(cum_wh[-1]) >= 2.0**62:
        energy = np.diff(cum_wh)
        weight = np.abs(price).astype(np.float64) @ energy.astype(np.float64)
        if weight >= 2.0**62:
            return np.concatenate([[0.0], np.cumsum(price.astype(np.float64) * energy)])
    cost = np.zeros(len(cum_wh), dtype=np.int64)
    np.subtract(cum_wh[1:], cum_wh[:-1], out=cost[1:])
    cost[1:] *= price
    return np.cumsum(cost, out=cost)


def _largest(price: IntArray) -> float:
    """Largest size of a price, 0 where there is none."""
    return float(max(price.max(), -price.min())) if len(price) else 0.0
