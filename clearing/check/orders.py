"""What an order's owner would object to: energy beyond the order, a better order passed over.

The one idea to know: an order in the money is served and one out of the money is not, tested at
the exact price; equal orders share by the published rule. Only steps at the very price at which
their node divides the served from the others can be cut, so only those are looked at closely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.check.book import Book, Steps, bounds_passing_over, steps_of
from clearing.check.whole import most, sums, wide
from clearing.problem import (
    MICRO,
    ClearingProblem,
    ClearingResult,
    IntArray,
    Tie,
)

#: Exact prices this close to an order's are at it, in millionths of a tick.
_NEAR_MICROTICKS: Final = 2


def order_refusals(problem: ClearingProblem, result: ClearingResult, book: Book) -> list[str]:
    """Fills against the price, ties not shared by the rule; fills lie within their orders."""
    return _money_refusals(problem, result, book) + _tie_refusals(problem, book)


def _money_refusals(problem: ClearingProblem, result: ClearingResult, book: Book) -> list[str]:
    """In the money means served, out of the money means not, but for the published rounding."""
    exact = result.price_microticks
    least = -((_NEAR_MICROTICKS - exact) // MICRO)
    highest = (exact + _NEAR_MICROTICKS) // MICRO
    # Where nothing traded no price is published and none can be missed.
    missed = result.has_price & ((book.low_ticks > highest) | (book.high_ticks < least))
    if not missed.any():
        return []
    reach = int(result.rounding_wh.max()) + 1
    steps = steps_of(problem, result.accepted_wh, reach, missed.reshape(-1))
    node, price, sell = steps.node, steps.price_ticks, steps.is_sell
    got, left = steps.accepted_wh, steps.energy_wh - steps.accepted_wh
    below, above = price < least.reshape(-1)[node], price > highest.reshape(-1)[node]
    wrong = np.where(below, np.where(sell, left, got), 0)
    wrong += np.where(above, np.where(sell, got, left), 0)
    against = sums(node, wrong, missed.size).reshape(missed.shape)
    return [
        f"area {area}, interval {t}: {against[area, t]} Wh are filled against the price"
        for area, t in np.argwhere(against > result.rounding_wh)[:10].tolist()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tied:
    """Steps of one node, side and price in the order in which they are served, group by group.

    Retailers of last resort are a group of their own behind the others.
    """

    step: IntArray  # (k,) row of the steps
    energy_wh: IntArray  # (k,)
    accepted_wh: IntArray  # (k,)
    group: IntArray  # (k,) ascending from 0
    total_wh: IntArray  # (g,)
    due_wh: IntArray  # (g,) what the group is due of what it and those before it got


def _tie_refusals(problem: ClearingProblem, book: Book) -> list[str]:
    """Steps of one area, interval, side and price share what they got together by the rule."""
    steps = book.steps
    rows = _perhaps_cut(steps, book)
    if not len(rows):
        return []
    if _could_trade_more(steps, rows, book):
        return ["orders of one area at its price could trade more among themselves"]
    tied = _groups(problem, steps, rows)
    due = _by_time(tied) if problem.tie is Tie.TIME else _by_share(tied)
    wrong = np.flatnonzero(due != tied.accepted_wh)
    if not len(wrong):
        return []
    order = int(steps.order_of(tied.step[wrong[:1]])[0])
    return [f"order {order} and its equals share by another rule than {problem.tie}"]


def _perhaps_cut(steps: Steps, book: Book) -> IntArray:
    """Steps whose price a fill may divide: some served at it and some not.

    Of such a price one fill says it is not too high and one that it is not too low, so it lies
    between the highest and the lowest price that the fills allow, in this order.
    """
    low, high = book.low_ticks.reshape(-1), book.high_ticks.reshape(-1)
    divided = low >= high
    at = np.where(divided, low, np.inf)[steps.node] == steps.price_ticks
    crossed = low > high
    if crossed.any():
        price, node = steps.price_ticks, steps.node
        at |= crossed[node] & (price >= high[node]) & (price <= low[node])
    return np.flatnonzero(at)


def _could_trade_more(steps: Steps, rows: IntArray, book: Book) -> bool:
    """Whether somewhere an offer and a bid that meet are both left, even if nobody would gain."""
    left = rows[steps.accepted_wh[rows] < steps.energy_wh[rows]]
    node, price, sell = steps.node[left], steps.price_ticks[left], steps.is_sell[left]
    ask, bid = np.full(book.net_wh.size, np.inf), np.full(book.net_wh.size, -np.inf)
    np.minimum.at(ask, node[sell], price[sell].astype(np.float64))
    np.maximum.at(bid, node[~sell], price[~sell].astype(np.float64))
    return bool((ask <= bid).any())


def _groups(problem: ClearingProblem, steps: Steps, rows: IntArray) -> _Tied:
    orders, order = problem.orders, steps.order_of(rows)
    last = np.zeros(len(rows), dtype=np.bool_)
    if orders.is_last_resort is not None:
        last = orders.is_last_resort[order]
    side, price = 2 * steps.node[rows] + steps.is_sell[rows], steps.price_ticks[rows]
    energy = steps.energy_wh[rows]
    queue = np.lexsort((energy, orders.sequence[order], last, price, side))
    rows, side, price = rows[queue], side[queue], price[queue]
    last, energy = last[queue], energy[queue]
    accepted = steps.accepted_wh[rows]
    new = np.ones(len(rows), dtype=np.bool_)
    new[1:] = (side[1:] != side[:-1]) | (price[1:] != price[:-1])
    parts = new.copy()
    parts[1:] |= last[1:] != last[:-1]
    first = np.flatnonzero(parts)
    total = np.add.reduceat(energy, first)
    # What a whole price got goes to its first part as far as that takes it.
    whole = np.cumsum(new)[first] - 1
    got = np.add.reduceat(accepted, np.flatnonzero(new))[whole]
    before = np.where(new[first], 0, np.concatenate([[0], total[:-1]]))
    return _Tied(
        step=rows,
        energy_wh=energy,
        accepted_wh=accepted,
        group=np.cumsum(parts) - 1,
        total_wh=total,
        due_wh=np.clip(got - before, 0, total),
    )


def _by_time(tied: _Tied) -> IntArray:
    """Earliest first."""
    before = np.cumsum(tied.energy_wh) - tied.energy_wh
    start = np.cumsum(tied.total_wh) - tied.total_wh
    left = tied.due_wh[tied.group] - (before - start[tied.group])
    due: IntArray = np.clip(left, 0, tied.energy_wh)
    return due


def _by_share(tied: _Tied) -> IntArray:
    """Pro rata, what the division leaves to the largest remainders, earliest first among equals."""
    energy, due = wide(most(tied.energy_wh) * most(tied.due_wh), tied.energy_wh, tied.due_wh)
    product, total = energy * due[tied.group], tied.total_wh[tied.group]
    share: IntArray = (product // total).astype(np.int64)
    rest = (product % total).astype(np.int64)
    missing = tied.due_wh - sums(tied.group, share, len(tied.total_wh))
    by_rest = np.lexsort((-rest, tied.group))
    number = np.arange(len(by_rest)) - np.searchsorted(tied.group, tied.group)
    share[by_rest[number < missing[tied.group]]] += 1
    return share


def bounds_from_orders(
    problem: ClearingProblem, accepted_wh: IntArray, area: int, t: int, rounding_wh: int
) -> tuple[float, float]:
    """Lowest and highest area price, in ticks, that the fills of one area and interval allow.

    The `rounding_wh` Wh that speak loudest on either side are passed over.
    """
    count, node = problem.n_areas * problem.n_intervals, area * problem.n_intervals + t
    steps = steps_of(problem, accepted_wh, rounding_wh + 1, np.arange(count) == node)
    low, high = bounds_passing_over(steps, count, rounding_wh)
    return float(low[node]), float(high[node])
