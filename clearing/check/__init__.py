"""The auditor: is this result a right answer to this problem, by arithmetic alone?

The one idea to know: it shares no formula with the model. It reads orders one by one and lines one
by one, in integers, never builds a curve and never solves anything; prices, where they are
fractions, are followed along the lines one inequality at a time. No result leaves the engine
without passing, and anyone with input and result can run it again.
"""

from __future__ import annotations

from clearing.check.block_orders import block_refusals
from clearing.check.book import read_book
from clearing.check.fallback import fallback_price_refusals
from clearing.check.grid import grid_refusals, read_grid
from clearing.check.orders import order_refusals
from clearing.check.shapes import range_refusals, shape_refusals
from clearing.check.storage_orders import storage_refusals
from clearing.check.supporting import price_refusals
from clearing.check.welfare import injected_wh, statement_refusals
from clearing.problem import ClearingProblem, ClearingResult, Rung


def audit(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Every reason to refuse the result, empty when it stands.

    A merit-order result is audited as areas that each cleared alone; a cancelled one must hold no
    trade at all.
    """
    refused = shape_refusals(problem, result) or range_refusals(problem, result)
    if refused:
        return refused
    book, grid = read_book(problem, result.accepted_wh), read_grid(problem, result)
    refused = [
        *grid_refusals(problem, result, grid, injected_wh(problem, result, book)),
        *block_refusals(problem, result.block_ratio_ppb, result.rung),
        *storage_refusals(problem, result),
        *statement_refusals(problem, result, book),
    ]
    if result.rung is Rung.CANCELLED:
        if result.accepted_wh.any() or result.has_price.any():
            refused.append("a cancelled auction holds trades")
        return refused
    refused += order_refusals(problem, result, book)
    if result.rung is Rung.MERIT_ORDER:
        return refused + fallback_price_refusals(problem, result, book)
    return refused + price_refusals(problem, result, book, grid)
