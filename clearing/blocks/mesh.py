"""Mesh: lines whose flows follow the areas' injections by transfer factors.

Sets: lines r of the mesh, areas a of the mesh, intervals t.

    mesh_injection[a,t]                                               Wh, free in sign
    mesh_balance:  Σ mesh_injection[a,t] over a = 0
    mesh_flow[r,t] = Σ factor[r,a] · mesh_injection[a,t]              Wh, dual: shadow price
    −capacity_backward[r,t] ≤ mesh_flow[r,t] ≤ capacity_forward[r,t]

Adds `mesh_injection` to the outflow of the connections of its areas. The areas of the mesh are the
ends of its lines and all areas with a factor. No losses, no fees.

Source: power transfer distribution factors of the linearised (DC) power flow, as in the
flow-based description of the European day-ahead coupling (EUPHEMIA, section on flow-based models).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from clearing.blocks.lines import limits
from clearing.curves import Bounds, Curves
from clearing.problem import PPB, ClearingProblem, mesh_areas


def add(model: Any, problem: ClearingProblem) -> None:
    """State injections into the mesh and the flows they cause."""
    areas, ptdf = mesh_areas(problem).tolist(), problem.ptdf
    rows = range(0 if ptdf is None else len(ptdf))
    model.mesh_areas = pyo.Set(initialize=areas)
    model.mesh_rows = pyo.RangeSet(0, len(rows) - 1)
    model.mesh_injection = pyo.Var(model.mesh_areas, model.intervals)
    model.mesh_flow = pyo.Var(model.mesh_rows, model.intervals)
    for (a, t), variable in model.mesh_injection.items():
        model.outflow[a, t].append(variable)
    if ptdf is None or not areas:
        return
    factor = (ptdf.factor_ppb / PPB).tolist()
    model.mesh_balance = pyo.Constraint(
        model.intervals,
        rule=lambda m, t: pyo.quicksum(m.mesh_injection[a, t] for a in areas) == 0,
    )
    model.mesh_transfer = pyo.Constraint(
        model.mesh_rows,
        model.intervals,
        rule=lambda m, r, t: (
            m.mesh_flow[r, t]
            - pyo.quicksum(factor[r][a] * m.mesh_injection[a, t] for a in areas if factor[r][a])
            == 0
        ),
    )


def bounds(problem: ClearingProblem, curves: Curves) -> Bounds:  # noqa: ARG001 - one signature
    """A line of the mesh carries at most its capacity in either direction."""
    free = np.full(len(mesh_areas(problem)) * problem.n_intervals, np.inf)
    lines = [] if problem.ptdf is None else problem.ptdf.line.tolist()
    return {
        "mesh_injection": (-free, free),
        "mesh_flow": (
            -limits(problem.lines.capacity_backward_wh[lines]),
            limits(problem.lines.capacity_forward_wh[lines]),
        ),
    }
