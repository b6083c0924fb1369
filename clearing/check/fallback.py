"""Prices of areas that cleared alone, with no more flowing between them than was confirmed before.

The one idea to know: each area and interval is its own market. Its price is the middle of what its
own orders allow; where energy came in or went out that middle need not be kept, but the orders
must agree with the price, and what was carried must have been worth the way.
"""

from __future__ import annotations

import numpy as np

from clearing.check.book import Book
from clearing.check.published import near_ticks
from clearing.check.whole import half_even
from clearing.problem import MICRO, PPM, ClearingProblem, ClearingResult


def fallback_price_refusals(
    problem: ClearingProblem, result: ClearingResult, book: Book
) -> list[str]:
    """Prices of the merit-order rung that its rules do not give."""
    exact, there = result.price_microticks, result.has_price
    due = half_even(exact, MICRO)
    price = exact / MICRO
    low = np.maximum(book.low_ticks, problem.price_min_ticks)
    high = np.minimum(book.high_ticks, problem.price_max_ticks)
    near, flows = near_ticks(price), (result.sent_forward_wh > 0) | (result.sent_backward_wh > 0)
    crossed = np.zeros(there.shape, dtype=np.bool_)
    for ends in (problem.lines.from_area, problem.lines.to_area):
        np.logical_or.at(crossed, ends, flows)
    rules = [
        ("orders that could still trade", low > high),
        ("a price its orders do not allow", there & ((price < low - near) | (price > high + near))),
        (
            "a price that is not the middle of what its orders allow",
            there & ~crossed & (np.abs(price - (low + high) / 2) > near),
        ),
        ("a tick that is not the exact price, rounded", there & (result.price_ticks != due)),
        (
            "a connection price of its own",
            there
            & (
                (result.connection_price_ticks != result.price_ticks)
                | (result.connection_price_microticks != exact)
            ),
        ),
        ("a rounding", result.rounding_wh != 0),
    ]
    refused = [
        f"area {where[0]}, interval {where[1]}: {text}"
        for text, wrong in rules
        for where in np.argwhere(wrong)[:1].tolist()
    ]
    if result.shadow_price_microticks.any():
        refused.append("a shadow price on a rung without a mesh")
    return refused + _rent_refusals(problem, result)


def _rent_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """What a line carries is worth the way: no rent is below nothing."""
    lines, price = problem.lines, result.price_microticks / MICRO
    kept = (1.0 - lines.loss_ppm / PPM)[:, None]
    i, j = price[lines.from_area], price[lines.to_area]
    refused = []
    for near, far, sent, fee in (
        (i, j, result.sent_forward_wh, lines.fee_forward_ticks),
        (j, i, result.sent_backward_wh, lines.fee_backward_ticks),
    ):
        lost = kept * far - near - fee[:, None] < -near_ticks(near) - near_ticks(far)
        refused += [
            f"line {line}, interval {t}: what it carries is not worth the way"
            for line, t in np.argwhere((sent > 0) & lost)[:10].tolist()
        ]
    return refused
