"""The last rungs: curtailment by rule as a result, and what can be said when even that fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clearing.check.flow import OwnGrid
from clearing.check.redispatch import audit_redispatch
from clearing.network import no_flow
from clearing.redispatch.found import no_change, result_of, unneeded
from clearing.redispatch.limits import Flow, levels, limits_of
from clearing.redispatch.rule import by_rule
from clearing.redispatch_problem import RedispatchProblem, RedispatchResult, RedispatchRung


def by_rule_with(
    problem: RedispatchProblem, flow: Flow, rung: RedispatchRung, why: str
) -> RedispatchResult:
    """The result of the rule, verified with the flow it is given."""
    limits = limits_of(problem.network)
    before = flow(problem.power_w)
    if before.converged[0] and not limits.broken(levels(before)[0]).any():
        return unneeded(problem, limits, before)
    change = by_rule(problem, flow, limits, lambda: False)
    after = flow((problem.scheduled_w + change.change_w)[np.newaxis, :])
    result = result_of(problem, limits, change, (before, after), rung, "")
    ends = "cures" if result.cured else f"leaves {len(result.after)} limits broken"
    return replace(result, message=f"curtailed by rule, which {ends}: {why}")


def fallback(problem: RedispatchProblem, why: str, refused: tuple[str, ...]) -> RedispatchResult:
    """What needs no solver's process: the rule with the auditor's power flow, else nothing."""
    q = problem.reactive_var
    try:
        own = OwnGrid(problem.network)
        rung = RedispatchRung.FALLBACK
        result = by_rule_with(problem, lambda power_w: own.flow(power_w, q), rung, why)
        worse = tuple(audit_redispatch(problem, result))
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        worse = (f"{type(error).__name__}: {error}",)
    else:
        if not worse:
            return replace(result, audit_faults=refused)
    unknown = no_flow(problem.network, 1)
    result = result_of(
        problem,
        limits_of(problem.network),
        no_change(problem),
        (unknown, unknown),
        RedispatchRung.NOTHING,
        f"nothing could be worked out: {why}",
    )
    return replace(result, audit_faults=refused + worse)
