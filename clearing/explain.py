"""Why an order traded, or why it did not: one line of arithmetic per order.

The one idea to know: at a published price an order is better than it, worse, or equal. Better is
served, worse is not, and only the equal ones share what is left. So the reason is the distance
from the price, and for the equal ones the share and the rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from clearing.problem import ClearingProblem, ClearingResult, Rung, Tie


class Reason(StrEnum):
    """What became of an order."""

    IN_THE_MONEY = "in_the_money"
    MARGINAL = "marginal"
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
    text: str


def explain(problem: ClearingProblem, result: ClearingResult, row: int) -> Explanation:
    """Explain the order in `row` of the problem's book."""
    orders = problem.orders
    area, t = int(orders.area[row]), int(orders.interval[row])
    limit, is_sell = int(orders.price_ticks[row]), bool(orders.is_sell[row])
    energy, accepted = int(orders.energy_wh[row]), int(result.accepted_wh[row])
    price = int(result.price_ticks[area, t])
    distance = price - limit if is_sell else limit - price
    equals = (
        (orders.area == area)
        & (orders.interval == t)
        & (orders.is_sell == is_sell)
        & (orders.price_ticks == limit)
    )
    tied, got = int(orders.energy_wh[equals].sum()), int(result.accepted_wh[equals].sum())
    has_price = bool(result.has_price[area, t])
    reason = _reason(result, has_price, distance, accepted, energy)
    shared = 0 < got < tied and int(np.count_nonzero(equals)) > 1
    return Explanation(
        reason=reason,
        accepted_wh=accepted,
        energy_wh=energy,
        price_ticks=price if has_price else None,
        distance_ticks=distance if has_price else 0,
        tied_wh=tied,
        tied_accepted_wh=got,
        tie=problem.tie if shared else None,
        text=_text(reason, accepted, energy, distance, got, tied, problem.tie if shared else None),
    )


def _reason(
    result: ClearingResult, has_price: bool, distance: int, accepted: int, energy: int
) -> Reason:
    if result.rung is Rung.CANCELLED:
        return Reason.CANCELLED
    if not has_price:
        return Reason.NO_VOLUME
    if distance == 0:
        return Reason.MARGINAL
    if distance > 0:
        return Reason.IN_THE_MONEY if accepted == energy else Reason.ROUNDING
    return Reason.OUT_OF_THE_MONEY if accepted == 0 else Reason.ROUNDING


def _text(
    reason: Reason,
    accepted: int,
    energy: int,
    distance: int,
    got: int,
    tied: int,
    tie: Tie | None,
) -> str:
    match reason:
        case Reason.CANCELLED:
            return "The auction was cancelled; nothing was traded."
        case Reason.NO_VOLUME:
            return "Nothing was traded in this area and interval, so there is no price."
        case Reason.IN_THE_MONEY:
            return f"Accepted in full: {_price(distance)} per MWh better than the price."
        case Reason.OUT_OF_THE_MONEY:
            return f"Not accepted: the price missed the limit by {_price(-distance)} per MWh."
        case Reason.ROUNDING:
            return f"{accepted} of {energy} Wh: losses of lines are rounded to whole Wh."
        case Reason.MARGINAL:
            shared = f", shared {_RULES[tie]}" if tie is not None else ""
            return (
                f"{accepted} of {energy} Wh: the limit is the price, where {got} of {tied} Wh "
                f"on this side were traded{shared}."
            )


_RULES = {Tie.TIME: "by time of acceptance", Tie.PRORATA: "pro rata"}


def _price(ticks: int) -> str:
    return f"{ticks // 100}.{ticks % 100:02d}"
