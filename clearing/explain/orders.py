"""Why a simple order traded, or why it did not: one line of arithmetic per order.

The one idea to know: at a published price an order is better than it, worse, or equal. Better is
served, worse is not, and only the equal ones share what is left. So the reason is the distance
from the price, and for the equal ones the share and the rule. A sloped order may be all three at
once: better with its first Wh, equal with one tick, worse with its last.

Served or not is decided at the exact price; the distance is told from the tick that is paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from clearing.explain import words
from clearing.ladder import rung_energy_wh
from clearing.problem import MICRO, ClearingProblem, ClearingResult, IntArray, Rung, Tie

#: Exact prices are rounded to millionths of a tick, so this close is equal.
NEAR_MICROTICKS: Final = 2


class Reason(StrEnum):
    """What became of an order."""

    IN_THE_MONEY = "in_the_money"
    MARGINAL = "marginal"
    ON_ITS_SLOPE = "on_its_slope"
    OUT_OF_THE_MONEY = "out_of_the_money"
    ROUNDING = "rounding"
    NO_VOLUME = "no_volume"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What became of one order and what would have changed it."""

    reason: Reason
    accepted_wh: int
    energy_wh: int
    price_ticks: int | None  # of the order's area and interval; None where there is none
    distance_ticks: int  # how much better than the price the order was; negative: worse
    tied_wh: int  # energy of all orders at the same price, area, interval and side
    tied_accepted_wh: int  # what those got together
    tie: Tie | None  # the rule by which they share; None where nothing was shared
    is_last_resort: bool  # served last among them
    text: str


@dataclass(frozen=True, slots=True)
class _Order:
    """One order, seen from its better end: numbers that grow are better for it."""

    accepted_wh: int
    energy_wh: int
    first: int  # how much better than the exact price its first Wh is, in millionths of a tick
    last: int  # the same of its last Wh; of equal size where the order is a step
    distance_ticks: int


@dataclass(frozen=True, slots=True)
class _Tied:
    """Those who stand at one price on one side."""

    energy_wh: int
    accepted_wh: int
    shares: bool  # those of the order's own kind, last resort or not, share what they get


def explain(problem: ClearingProblem, result: ClearingResult, row: int) -> Explanation:
    """Explain the order in `row` of the problem's book."""
    orders = problem.orders
    node = int(orders.area[row]), int(orders.interval[row])
    has_price, price = bool(result.has_price[node]), int(result.price_ticks[node])
    order = _order(problem, result, row)
    reason = _reason(result, order, has_price=has_price)
    # Of a sloped order the tick that may be shared is the one at the price.
    level = price if reason is Reason.ON_ITS_SLOPE else int(orders.price_ticks[row])
    tied = _tied(problem, result, row, level)
    last = orders.is_last_resort is not None and bool(orders.is_last_resort[row])
    tie = problem.tie if tied.shares else None
    return Explanation(
        reason=reason,
        accepted_wh=order.accepted_wh,
        energy_wh=order.energy_wh,
        price_ticks=price if has_price else None,
        distance_ticks=order.distance_ticks if has_price else 0,
        tied_wh=tied.energy_wh,
        tied_accepted_wh=tied.accepted_wh,
        tie=tie,
        is_last_resort=last,
        text=_text(reason, order, tied, tie, is_last_resort=last),
    )


def _order(problem: ClearingProblem, result: ClearingResult, row: int) -> _Order:
    orders = problem.orders
    node = int(orders.area[row]), int(orders.interval[row])
    turn = 1 if orders.is_sell[row] else -1
    start = int(orders.price_ticks[row])
    end = start if orders.price_end_ticks is None else int(orders.price_end_ticks[row])
    exact = int(result.price_microticks[node])
    first, last = turn * (exact - start * MICRO), turn * (exact - end * MICRO)
    worst = end if last > NEAR_MICROTICKS else start
    return _Order(
        accepted_wh=int(result.accepted_wh[row]),
        energy_wh=int(orders.energy_wh[row]),
        first=first,
        last=last,
        # In the money as a whole it is told from its last Wh, else from its first.
        distance_ticks=turn * (int(result.price_ticks[node]) - worst),
    )


def _reason(result: ClearingResult, order: _Order, *, has_price: bool) -> Reason:
    if result.rung is Rung.CANCELLED:
        return Reason.CANCELLED
    if not has_price:
        return Reason.NO_VOLUME
    if order.last > NEAR_MICROTICKS:
        full = order.accepted_wh == order.energy_wh
        return Reason.IN_THE_MONEY if full else Reason.ROUNDING
    if order.first < -NEAR_MICROTICKS:
        return Reason.ROUNDING if order.accepted_wh else Reason.OUT_OF_THE_MONEY
    return Reason.MARGINAL if order.first == order.last else Reason.ON_ITS_SLOPE


def _tied(problem: ClearingProblem, result: ClearingResult, row: int, level_ticks: int) -> _Tied:
    """Who else stands at a price in the order's area, interval and side."""
    orders = problem.orders
    rows = np.flatnonzero(
        (orders.area == orders.area[row])
        & (orders.interval == orders.interval[row])
        & (orders.is_sell == orders.is_sell[row])
    )
    turn = 1 if orders.is_sell[row] else -1
    below = _up_to(problem, rows, turn, level_ticks - turn)
    energy = _up_to(problem, rows, turn, level_ticks) - below
    accepted = np.clip(result.accepted_wh[rows] - below, 0, energy)
    last = orders.is_last_resort
    alike = energy > 0
    if last is not None:
        alike &= last[rows] == last[row]
    got, whole = int(accepted[alike].sum()), int(energy[alike].sum())
    return _Tied(
        energy_wh=int(energy.sum()),
        accepted_wh=int(accepted.sum()),
        shares=0 < got < whole and int(np.count_nonzero(alike)) > 1,
    )


def _up_to(problem: ClearingProblem, rows: IntArray, turn: int, level_ticks: int) -> IntArray:
    """Wh that some orders of one side trade at a price or a better one."""
    orders = problem.orders
    start, energy = orders.price_ticks[rows], orders.energy_wh[rows]
    end = start if orders.price_end_ticks is None else orders.price_end_ticks[rows]
    ticks, rung = np.abs(end - start), turn * (level_ticks - start)
    step = np.where(rung >= 0, energy, 0)
    return np.where(ticks > 0, rung_energy_wh(energy, np.maximum(ticks, 1), rung), step)


def _text(
    reason: Reason, order: _Order, tied: _Tied, tie: Tie | None, *, is_last_resort: bool
) -> str:
    part = f"{order.accepted_wh} of {order.energy_wh} Wh"
    shared = f", shared {_RULES[tie]}" if tie is not None else ""
    behind = ", the last resort after all others" if is_last_resort else ""
    traded = f"{tied.accepted_wh} of {tied.energy_wh} Wh on this side were traded{shared}{behind}"
    match reason:
        case Reason.CANCELLED:
            return words.CANCELLED
        case Reason.NO_VOLUME:
            return "Nothing was traded in this area and interval, so there is no price."
        case Reason.IN_THE_MONEY:
            return (
                f"Accepted in full: {words.distance(order.distance_ticks)} better than the price."
            )
        case Reason.OUT_OF_THE_MONEY:
            missed = words.distance(-order.distance_ticks)
            return f"Not accepted: the price missed the limit by {missed}."
        case Reason.ROUNDING:
            return f"{part}: losses, blocks and storage are rounded to whole Wh."
        case Reason.MARGINAL:
            return f"{part}: the limit is the price, where {traded}."
        case Reason.ON_ITS_SLOPE:
            return f"{part}: the price lies on the order's slope; at this tick {traded}."


_RULES = {Tie.TIME: "by time of acceptance", Tie.PRORATA: "pro rata"}
