"""Net position: what an area's own orders export, and what that costs.

Sets: areas a, intervals t.

    −demand[a,t] ≤ net_position[a,t] ≤ supply[a,t]                    Wh
    cost[a,t] ≥ f(x̂) + g · (net_position[a,t] − x̂)                   quanta, for every x̂ visited

f is the convex cost curve of the area's simple orders in that interval (`clearing.curves`), g a
slope of f at x̂ in ticks. The supporting lines are not written here: `clearing.refine` adds those
the solution touches, so the model does not grow with the number of orders.

Adds `net_position` to the injection of the inner node and `−cost` to the welfare.

Source: supporting lines of a convex cost are Kelley's cutting-plane method (1960).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from clearing.curves import Bounds, Curves
from clearing.problem import ClearingProblem


def add(model: Any, problem: ClearingProblem) -> None:  # noqa: ARG001 - one signature for all blocks
    """State the net position and its cost."""
    model.net_position = pyo.Var(model.areas, model.intervals)
    model.cost = pyo.Var(model.areas, model.intervals)
    for key, variable in model.net_position.items():
        model.injection[key].append(variable)
    model.welfare_terms["simple orders"] = [-cost for cost in model.cost.values()]


def bounds(problem: ClearingProblem, curves: Curves) -> Bounds:  # noqa: ARG001 - one signature
    """An area exports at most all it offers and imports at most all it asks."""
    free = np.full(curves.n_nodes, np.inf)
    return {
        "net_position": (
            -curves.demand_wh.astype(np.float64),
            curves.supply_wh.astype(np.float64),
        ),
        "cost": (-free, free),
    }
