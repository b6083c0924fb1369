"""The naive twin: one area, one interval, orders as lists, obviously right.

The one idea to know: a price clears when what must sell at it (all cheaper offers) finds buyers
who would pay it, and what must be bought at it (all dearer bids) finds sellers who would take it.
Such prices form a range whose ends are prices of orders; its middle is the price, and the largest
volume possible at it is traded.

The engine is tested against it, and it is the last rung but one of the deadline ladder: every area
clears alone, lines closed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

import numpy as np

from clearing.problem import NO_PRICE_TICKS, ClearingProblem, ClearingResult, Rung, Tie


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One step order, as a person would write it down."""

    is_sell: bool
    price_ticks: int
    energy_wh: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What one area does on its own."""

    price_ticks: int  # half-even of the exact price
    exact_price_ticks: Fraction
    accepted_wh: list[int]  # aligned with the orders as given
    volume_wh: int


class _Side:
    """Energy of one side up to a price."""

    def __init__(self, orders: list[Order], *, is_sell: bool) -> None:
        mine = sorted((o.price_ticks, o.energy_wh) for o in orders if o.is_sell == is_sell)
        self.prices = [price for price, _ in mine]
        self._sums = [0, *accumulate(wh for _, wh in mine)]
        self.total = self._sums[-1]

    def below(self, price: Fraction | int) -> int:
        return self._sums[bisect_left(self.prices, price)]

    def up_to(self, price: Fraction | int) -> int:
        return self._sums[bisect_right(self.prices, price)]


def clear_area(
    orders: list[Order], *, price_min_ticks: int, price_max_ticks: int, tie: Tie
) -> Cleared:
    """Clear the orders of one area and interval among themselves."""
    sells, buys = _Side(orders, is_sell=True), _Side(orders, is_sell=False)

    def clears(price: int) -> bool:
        must_sell, may_sell = sells.below(price), sells.up_to(price)
        must_buy, may_buy = buys.total - buys.up_to(price), buys.total - buys.below(price)
        return must_sell <= may_buy and must_buy <= may_sell

    ends = {price_min_ticks, price_max_ticks, *sells.prices, *buys.prices}
    clearing = [price for price in ends if clears(price)]
    exact = Fraction(min(clearing) + max(clearing), 2)
    volume = min(sells.up_to(exact), buys.total - buys.below(exact))
    at_price_sold = volume - sells.below(exact)
    at_price_bought = volume - (buys.total - buys.up_to(exact))
    accepted = [0] * len(orders)
    for is_sell, at_price in ((True, at_price_sold), (False, at_price_bought)):
        tied = []
        for i, order in enumerate(orders):
            if order.is_sell != is_sell:
                continue
            if order.price_ticks == exact:
                tied.append(i)
            elif (order.price_ticks < exact) == is_sell:
                accepted[i] = order.energy_wh
        for i, wh in zip(tied, _share(orders, tied, at_price, tie), strict=True):
            accepted[i] = wh
    return Cleared(
        price_ticks=round(exact), exact_price_ticks=exact, accepted_wh=accepted, volume_wh=volume
    )


def _share(orders: list[Order], tied: list[int], volume_wh: int, tie: Tie) -> list[int]:
    """How the tied orders share a volume: earliest first, or pro rata by largest remainder."""
    queue = sorted(range(len(tied)), key=lambda k: _seniority(orders[tied[k]], tied[k]))
    share = [0] * len(tied)
    if tie is Tie.TIME:
        left = volume_wh
        for k in queue:
            share[k] = min(orders[tied[k]].energy_wh, left)
            left -= share[k]
        return share
    total = sum(orders[i].energy_wh for i in tied)
    exact = [Fraction(orders[i].energy_wh * volume_wh, total) for i in tied]
    share = [int(wh) for wh in exact]
    for k in sorted(queue, key=lambda k: share[k] - exact[k])[: volume_wh - sum(share)]:
        share[k] += 1
    return share


def _seniority(order: Order, row: int) -> tuple[int, int, int]:
    return (order.sequence, order.energy_wh, row)


def merit_order(problem: ClearingProblem, message: str = "") -> ClearingResult:
    """Every area and interval cleared alone, lines closed: the fallback of the deadline ladder."""
    shape = (problem.n_areas, problem.n_intervals)
    book = problem.orders
    price = np.zeros(shape, dtype=np.int64)
    has_price = np.zeros(shape, dtype=np.bool_)
    accepted = np.zeros(len(book), dtype=np.int64)
    bids = np.full(shape, NO_PRICE_TICKS, dtype=np.int64)
    offers = np.full(shape, NO_PRICE_TICKS, dtype=np.int64)
    for (area, t), rows in _rows_by_node(problem).items():
        orders = [_order(problem, row) for row in rows]
        cleared = clear_area(
            orders,
            price_min_ticks=problem.price_min_ticks,
            price_max_ticks=problem.price_max_ticks,
            tie=problem.tie,
        )
        price[area, t], has_price[area, t] = cleared.price_ticks, cleared.volume_wh > 0
        accepted[rows] = cleared.accepted_wh
        bids[area, t] = max(
            (o.price_ticks for o in orders if not o.is_sell), default=NO_PRICE_TICKS
        )
        offers[area, t] = min((o.price_ticks for o in orders if o.is_sell), default=NO_PRICE_TICKS)
    flows = np.zeros((len(problem.lines), problem.n_intervals), dtype=np.int64)
    return ClearingResult(
        rung=Rung.MERIT_ORDER,
        reproducible=False,
        price_ticks=price,
        connection_price_ticks=price.copy(),
        has_price=has_price,
        best_bid_ticks=bids,
        best_offer_ticks=offers,
        accepted_wh=accepted,
        sent_forward_wh=flows,
        sent_backward_wh=flows.copy(),
        received_forward_wh=flows.copy(),
        received_backward_wh=flows.copy(),
        net_export_wh=np.zeros(shape, dtype=np.int64),
        rounding_wh=np.zeros(shape, dtype=np.int64),
        welfare_quanta=_welfare(problem, accepted),
        upper_bound_quanta=_pooled_welfare(problem),
        timings_ms={},
        message=message,
    )


def cancelled(problem: ClearingProblem, message: str) -> ClearingResult:
    """No trade at all: the last rung of the ladder. Every hold is given back."""
    shape = (problem.n_areas, problem.n_intervals)
    nodes, flows = np.zeros(shape, dtype=np.int64), (len(problem.lines), problem.n_intervals)
    closed = np.zeros(flows, dtype=np.int64)
    book = merit_order(problem)
    return ClearingResult(
        rung=Rung.CANCELLED,
        reproducible=False,
        price_ticks=nodes,
        connection_price_ticks=nodes.copy(),
        has_price=np.zeros(shape, dtype=np.bool_),
        best_bid_ticks=book.best_bid_ticks,
        best_offer_ticks=book.best_offer_ticks,
        accepted_wh=np.zeros(len(problem.orders), dtype=np.int64),
        sent_forward_wh=closed,
        sent_backward_wh=closed.copy(),
        received_forward_wh=closed.copy(),
        received_backward_wh=closed.copy(),
        net_export_wh=nodes.copy(),
        rounding_wh=nodes.copy(),
        welfare_quanta=0,
        upper_bound_quanta=book.upper_bound_quanta,
        timings_ms={},
        message=message,
    )


def _order(problem: ClearingProblem, row: int) -> Order:
    book = problem.orders
    return Order(
        is_sell=bool(book.is_sell[row]),
        price_ticks=int(book.price_ticks[row]),
        energy_wh=int(book.energy_wh[row]),
        sequence=int(book.sequence[row]),
    )


def _rows_by_node(problem: ClearingProblem) -> dict[tuple[int, int], list[int]]:
    rows: dict[tuple[int, int], list[int]] = {}
    places = zip(problem.orders.area.tolist(), problem.orders.interval.tolist(), strict=True)
    for row, place in enumerate(places):
        rows.setdefault(place, []).append(row)
    # An area without orders has a price range too: all of it. Its middle is never published.
    for area in range(problem.n_areas):
        for t in range(problem.n_intervals):
            rows.setdefault((area, t), [])
    return rows


def _welfare(
    problem: ClearingProblem, accepted: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> int:
    book = problem.orders
    return sum(
        (-price if sell else price) * wh
        for price, sell, wh in zip(
            book.price_ticks.tolist(), book.is_sell.tolist(), accepted.tolist(), strict=True
        )
    )


def _pooled_welfare(problem: ClearingProblem) -> int:
    """Welfare no result can pass: all areas in one, and energy thrown away for nothing.

    Losses can only throw energy away, limits and fees can only cost.
    """
    by_interval: dict[int, list[Order]] = {}
    for row, t in enumerate(problem.orders.interval.tolist()):
        by_interval.setdefault(t, []).append(_order(problem, row))
    total = 0
    for orders in by_interval.values():
        supply = sum(order.energy_wh for order in orders if order.is_sell)
        bin_ = Order(is_sell=False, price_ticks=0, energy_wh=supply + 1, sequence=0)
        pool = [*orders, bin_]
        cleared = clear_area(
            pool,
            price_min_ticks=min(problem.price_min_ticks, 0),
            price_max_ticks=max(problem.price_max_ticks, 0),
            tie=Tie.TIME,
        )
        total += sum(
            (-order.price_ticks if order.is_sell else order.price_ticks) * wh
            for order, wh in zip(pool, cleared.accepted_wh, strict=True)
        )
    return total
