"""Balance: every area's inner node and its connection to the lines.

Sets: areas a, intervals t.

    Σ injection[a,t] = exchange[a,t]                                  Wh, dual: area price
    exchange[a,t] = Σ outflow[a,t]                                    Wh, dual: connection price
    −import_limit[a,t] ≤ exchange[a,t] ≤ export_limit[a,t]            Wh, a without areas below it
    tree_exchange[a,t] = Σ exchange of a and of all areas below it    Wh, a with areas below it
    −import_limit[a,t] ≤ tree_exchange[a,t] ≤ export_limit[a,t]       Wh

Two nodes per area: where a limit binds, the price inside parts from the price
outside, and the difference is the limit's rent. Areas form a tree; the limit of an area with others
below it holds for their sum, and its rent is added to theirs.

Closes the accumulators `injection` and `outflow`; all blocks that add to them stand before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from clearing.blocks.lines import limits
from clearing.curves import Bounds, Curves
from clearing.problem import ClearingProblem, areas_below


def add(model: Any, problem: ClearingProblem) -> None:
    """State both balances and the sums of the tree."""
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
    below = areas_below(problem)
    model.trees = pyo.Set(initialize=list(below))
    model.tree_exchange = pyo.Var(model.trees, model.intervals)
    model.tree_sum = pyo.Constraint(
        model.trees,
        model.intervals,
        rule=lambda m, a, t: (
            m.tree_exchange[a, t] - pyo.quicksum(m.exchange[k, t] for k in below[a]) == 0
        ),
    )


def bounds(problem: ClearingProblem, curves: Curves) -> Bounds:  # noqa: ARG001 - one signature
    """An area exchanges at most what its limits let in and out."""
    areas, trees = problem.areas, list(areas_below(problem))
    low = -limits(areas.import_limit_wh).reshape(areas.import_limit_wh.shape)
    high = limits(areas.export_limit_wh).reshape(areas.export_limit_wh.shape)
    tree_bounds = low[trees].reshape(-1), high[trees].reshape(-1)
    low[trees], high[trees] = -np.inf, np.inf
    return {"exchange": (low.reshape(-1), high.reshape(-1)), "tree_exchange": tree_bounds}
