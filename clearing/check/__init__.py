"""The auditor: is this result a right answer to this problem, by arithmetic alone?

The one idea to know: it shares no formula with the model. It reads orders one by one and lines one
by one, in integers, never builds a curve and never solves anything; prices, where they are
fractions, are followed along the lines one inequality at a time. No result leaves the engine
without passing, and anyone with input and result can run it again.
"""

from __future__ import annotations

from clearing.check.grid import grid_refusals, shape_refusals
from clearing.check.orders import order_refusals
from clearing.check.supporting import price_refusals
from clearing.problem import ClearingProblem, ClearingResult, Rung


def audit(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Every reason to refuse the result, empty when it stands.

    A merit-order result is audited as a market whose lines are closed; a cancelled one must hold
    no trade at all.
    """
    refused = shape_refusals(problem, result)
    if refused:
        return refused
    refused = grid_refusals(problem, result) + order_refusals(problem, result)
    if result.rung is Rung.CANCELLED:
        if result.accepted_wh.any() or result.has_price.any():
            refused.append("a cancelled auction holds trades")
        return refused
    return refused + price_refusals(problem, result)
