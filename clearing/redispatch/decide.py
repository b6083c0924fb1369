"""One redispatch from arrays to an audited result: the table of contents.

check → power flow → (nothing broken: done) → cheapest → rule → audit.

The one idea to know: the grid is asked before and after. What leaves here has been verified by the
power flow it was found with and by the auditor's own, and a grid that is not cured is never called
so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearing.check.redispatch import audit_redispatch
from clearing.network import PowerFlow
from clearing.power_flow import FlowModel
from clearing.redispatch.cheapest import cheapest
from clearing.redispatch.fallback import by_rule_with
from clearing.redispatch.found import result_of, unneeded
from clearing.redispatch.limits import Flow, levels, limits_of
from clearing.redispatch_problem import (
    RedispatchFaultyError,
    RedispatchProblem,
    RedispatchResult,
    RedispatchRung,
    redispatch_faults,
)


class RedispatchRefusedError(Exception):
    """The auditor refused every result; `refusals` holds its reasons."""

    def __init__(self, refusals: tuple[str, ...]) -> None:
        super().__init__("; ".join(refusals))
        self.refusals = refusals


def redispatch(
    problem: RedispatchProblem, expired: Callable[[], bool] = lambda: False
) -> RedispatchResult:
    """The cheapest change that cures an area's grid, else curtailment by rule; audited.

    Args:
        problem: the area's schedules in one interval.
        expired: says that the time for the cheapest has run out.

    Raises:
        RedispatchFaultyError: the problem fails its self-check.
        RedispatchRefusedError: the auditor refused the results.
    """
    found = redispatch_faults(problem)
    if found:
        raise RedispatchFaultyError(found)
    flow = _flow(problem)
    refused: tuple[str, ...] = ()
    result = _unneeded_or_cheapest(problem, flow, expired)
    if result is not None:
        refused = tuple(audit_redispatch(problem, result))
        if not refused:
            return result
    why = "the auditor refused the cheapest cure" if refused else "no cure was found by the model"
    if expired():
        why = "no cure was found in time"
    result = by_rule_with(problem, flow, RedispatchRung.RULE, why)
    worse = tuple(audit_redispatch(problem, result))
    if worse:
        raise RedispatchRefusedError(refused + worse)
    return replace(result, audit_faults=refused)


def _unneeded_or_cheapest(
    problem: RedispatchProblem, flow: Flow, expired: Callable[[], bool]
) -> RedispatchResult | None:
    limits = limits_of(problem.network)
    before = flow(problem.power_w)
    if not before.converged[0]:
        return None
    if not limits.broken(levels(before)[0]).any():
        return unneeded(problem, limits, before)
    change = cheapest(problem, flow, limits, expired)
    if change is None:
        return None
    after = flow((problem.scheduled_w + change.change_w)[np.newaxis, :])
    text = f"the cheapest cure, by {change.rounds} linearisations"
    rung = RedispatchRung.CHEAPEST
    return result_of(problem, limits, change, (before, after), rung, text)


def _flow(problem: RedispatchProblem) -> Flow:
    model, q = FlowModel(problem.network), problem.reactive_var

    def flow(power_w: NDArray[Any]) -> PowerFlow:
        reactive = None if q is None else np.broadcast_to(q, power_w.shape)
        return model.at_units(power_w, reactive)

    return flow
