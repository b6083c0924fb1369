"""The rungs below the solver: merit order, and when even that is refused, no trade.

The one idea to know: an auction always ends, and what is published was audited on every rung. Each
rung is announced by its name and by why the rungs above gave nothing.
"""

from __future__ import annotations

from dataclasses import replace

from clearing.check import audit
from clearing.merit_order import cancelled, merit_order
from clearing.problem import ClearingProblem, ClearingResult


def fallback(
    problem: ClearingProblem, reason: str, audit_faults: tuple[str, ...] = ()
) -> ClearingResult:
    """Every area alone by merit order, or no trade at all.

    Args:
        problem: a problem without faults.
        reason: why the rungs above gave no result; it ends up in the message.
        audit_faults: what the auditor refused on the rungs above.
    """
    try:
        result = merit_order(problem)
        refusals = tuple(audit(problem, result))
    except Exception as error:  # noqa: BLE001 - the last rung is there for whatever may happen
        refusals = (f"merit order failed: {type(error).__name__}: {error}",)
    else:
        if not refusals:
            return replace(result, message=_told(result, reason), audit_faults=audit_faults)
    result = cancelled(problem, f"cancelled, no trade: {reason}; merit order refused")
    return replace(result, audit_faults=(*audit_faults, *refusals))


def _told(result: ClearingResult, reason: str) -> str:
    flows = result.sent_forward_wh.any() or result.sent_backward_wh.any()
    lines = "the last resort delivers inside confirmed flows" if flows else "lines closed"
    return f"merit order, every area alone, {lines}: {reason}"
