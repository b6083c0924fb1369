"""The naive twin: one area, one interval, orders as lists, obviously right.

The one idea to know: a price clears when what must sell at it (all cheaper offers) finds buyers
who would pay it, and what must be bought at it (all dearer bids) finds sellers who would take it.
Such prices form a range whose ends are prices of orders; its middle is the price, and the largest
volume possible at it is traded. A sloped order is written down rung by rung.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from clearing.problem import Tie


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order, as a person would write it down."""

    is_sell: bool
    price_ticks: int
    energy_wh: int
    sequence: int
    price_end_ticks: int | None = None  # of the last Wh; None: all Wh have one price
    is_last_resort: bool = False  # served last among equals

    def steps(self) -> list[tuple[int, int]]:
        """(price, Wh) of every tick the order crosses: a Wh belongs to the tick next to it."""
        end = self.price_ticks if self.price_end_ticks is None else self.price_end_ticks
        ticks, way = abs(end - self.price_ticks), 1 if end > self.price_ticks else -1
        up_to = [(2 * k + 1) * self.energy_wh // (2 * ticks) for k in range(ticks)]
        sums = [0, *up_to, self.energy_wh]
        rungs = [(self.price_ticks + way * k, sums[k + 1] - sums[k]) for k in range(ticks + 1)]
        return [(price, wh) for price, wh in rungs if wh]


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
        mine = sorted(step for o in orders if o.is_sell == is_sell for step in o.steps())
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
    tied: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for i, order in enumerate(orders):
        for price, wh in order.steps():
            if price == exact:
                tied[order.is_sell].append((i, wh))
            elif (price < exact) == order.is_sell:
                accepted[i] += wh
    for is_sell, at_price in ((True, at_price_sold), (False, at_price_bought)):
        for i, wh in _served(orders, tied[is_sell], at_price, tie):
            accepted[i] += wh
    return Cleared(
        price_ticks=round(exact), exact_price_ticks=exact, accepted_wh=accepted, volume_wh=volume
    )


def _served(
    orders: list[Order], tied: list[tuple[int, int]], volume_wh: int, tie: Tie
) -> list[tuple[int, int]]:
    """(order, Wh) of a volume shared at the price: the last resort gets what others leave."""
    served = []
    for last in (False, True):
        mine = [(i, wh) for i, wh in tied if orders[i].is_last_resort == last]
        mine.sort(key=lambda entry: (orders[entry[0]].sequence, entry[1], entry[0]))
        energies = [wh for _, wh in mine]
        volume = min(volume_wh, sum(energies))
        shares = share(energies, volume, tie)
        served += [(i, wh) for (i, _), wh in zip(mine, shares, strict=True)]
        volume_wh -= volume
    return served


def share(energy_wh: list[int], volume_wh: int, tie: Tie) -> list[int]:
    """How equals, earliest first, share a volume: by time, or pro rata by largest remainder."""
    if tie is Tie.TIME:
        served, left = [], volume_wh
        for wh in energy_wh:
            served.append(min(wh, left))
            left -= served[-1]
        return served
    total = sum(energy_wh)
    exact = [Fraction(wh * volume_wh, total) for wh in energy_wh]
    served = [int(wh) for wh in exact]
    by_remainder = sorted(range(len(served)), key=lambda k: served[k] - exact[k])
    for k in by_remainder[: volume_wh - sum(served)]:
        served[k] += 1
    return served
