"""Balance: every area's inner node and its connection to the lines.

Sets: areas a, intervals t.

    Σ injection[a,t] = exchange[a,t]                                  Wh, dual: area price
    exchange[a,t] = Σ outflow[a,t]                                    Wh, dual: connection price
    −import_limit[a,t] ≤ exchange[a,t] ≤ export_limit[a,t]            Wh

Two nodes per area: where a limit binds, the price inside parts from the price
outside, and the difference is the limit's rent.

Closes the accumulators `injection` and `outflow`; all blocks that add to them stand before it.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from clearing.blocks.lines import limits
from clearing.curves import Bounds, Curves
from clearing.problem import ClearingProblem


def add(model: Any, problem: ClearingProblem) -> None:  # noqa: ARG001 - one signature for all blocks
    """State both balances."""
    model.exchange = pyo.Var(model.areas, model.intervals)
    model.inner_balance = pyo.Constraint(
        model.areas,
        model.intervals,
        rule=lambda m, a, t: pyo.quicksum(m.injection[a, t]) - m.exchange[a, t] == 0,
    )
    model.connection_balance = pyo.Constraint(
        model.areas,
        model.intervals,
        rule=lambda m, a, t: m.exchange[a, t] - pyo.quicksum(m.outflow[a, t]) == 0,
    )


def bounds(problem: ClearingProblem, curves: Curves) -> Bounds:  # noqa: ARG001 - one signature
    """An area exchanges at most what its limits let in and out."""
    areas = problem.areas
    return {"exchange": (-limits(areas.import_limit_wh), limits(areas.export_limit_wh))}
