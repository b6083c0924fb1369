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

from clearing.blocks.lines import limit
from clearing.curves import Curves
from clearing.problem import ClearingProblem


def add(model: Any, problem: ClearingProblem, curves: Curves) -> None:  # noqa: ARG001 - one signature for all blocks
    """State both balances and the limits between them."""
    areas = problem.areas
    imports, exports = areas.import_limit_wh.tolist(), areas.export_limit_wh.tolist()

    def between(_: Any, a: int, t: int) -> tuple[int | None, int | None]:
        lowest = limit(imports[a][t])
        return (None if lowest is None else -lowest, limit(exports[a][t]))

    model.exchange = pyo.Var(model.areas, model.intervals, bounds=between)
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
