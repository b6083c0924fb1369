"""All limits of a grid as one column: level <= bound, whatever kind they are of.

The one idea to know: a voltage that is too high, a voltage that is too low, a line and a
transformer that carry too much are rows of one table, so neither the model nor the rule has a case
for each. A row for low voltage holds the voltage with its sign turned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.network import (
    BoolArray,
    FloatArray,
    IndexArray,
    IntArray,
    NetworkArrays,
    PowerFlow,
)
from clearing.redispatch_problem import Limit, RedispatchProblem, Violations

#: The flow with power (s, u) of the units: the library's, or the auditor's where that failed.
Flow = Callable[[NDArray[Any]], PowerFlow]

#: By how much a limit may be passed and still count as kept, per unit.
TOLERANCE: Final = 1e-9
#: Power by which each unit is moved up and down to see what answers. Small against what bends the
#: answer, large against the accuracy of the flow.
_NUDGE_W: Final = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a grid, one row each."""

    kind: NDArray[np.int32]  # (r,) a `Limit`
    element: IndexArray  # (r,) node, line or transformer
    bound: FloatArray  # (r,) levels above this break the limit

    def broken(self, level: FloatArray) -> BoolArray:
        """(r,) which limits are broken."""
        found: BoolArray = level > self.bound + TOLERANCE
        return found


def limits_of(network: NetworkArrays) -> Limits:
    """All limits of a grid: voltages high, voltages low, lines, transformers."""
    n, lines, trafos = network.n_nodes, network.n_lines, network.n_trafos
    kinds = [Limit.VOLTAGE_HIGH, Limit.VOLTAGE_LOW, Limit.LINE, Limit.TRAFO]
    counts = [n, n, lines, trafos]
    return Limits(
        kind=np.repeat(np.array(kinds, dtype=np.int32), counts),
        element=np.concatenate([np.arange(count, dtype=np.int32) for count in counts]),
        bound=np.concatenate(
            [network.node_v_max_pu, -network.node_v_min_pu, np.ones(lines), np.ones(trafos)]
        ),
    )


def levels(flow: PowerFlow) -> FloatArray:
    """(s, r) level of every limit in every step."""
    parts = [flow.voltage_pu, -flow.voltage_pu, flow.line_loading, flow.trafo_loading]
    return np.concatenate(parts, axis=1)


def violations(limits: Limits, level: FloatArray) -> Violations:
    """What is broken at the levels (r,), worst first within a kind; NaN levels: no solution."""
    if np.isnan(level).any():
        return Violations(
            kind=np.array([Limit.NO_SOLUTION], dtype=np.int32),
            element=np.array([-1], dtype=np.int32),
            value=np.array([np.inf]),
            limit=np.zeros(1),
        )
    rows = np.flatnonzero(limits.broken(level))
    excess = level[rows] - limits.bound[rows]
    rows = rows[np.lexsort((limits.element[rows], -excess, limits.kind[rows]))]
    sign = np.where(limits.kind[rows] == Limit.VOLTAGE_LOW, -1.0, 1.0)
    return Violations(
        kind=limits.kind[rows],
        element=limits.element[rows],
        value=sign * level[rows],
        limit=sign * limits.bound[rows],
    )


def responses(
    problem: RedispatchProblem, flow: Flow, power_w: NDArray[Any], lowest_w: IntArray
) -> tuple[FloatArray, FloatArray] | None:
    """(r,) levels at the power (u,), and (r, u) what a watt more of each unit adds to them.

    By moving one unit of each node a little up and down, all in one batch; where nobody can move
    (above `lowest_w`, (u,)), zero. None: the power, or what is next to it, has no solution.
    """
    network = problem.network
    movable = np.flatnonzero(lowest_w < problem.highest_w)
    nodes, first = np.unique(network.unit_node[movable], return_index=True)
    count = len(first)
    steps = np.tile(np.asarray(power_w, dtype=np.float64), (2 * count + 1, 1))
    steps[1 + np.arange(count), movable[first]] += _NUDGE_W
    steps[1 + count + np.arange(count), movable[first]] -= _NUDGE_W
    found = flow(steps)
    if not found.converged.all():
        return None
    level = levels(found)
    per_node = np.zeros((level.shape[1], network.n_nodes))
    per_node[:, nodes] = (level[1 : 1 + count] - level[1 + count :]).T / (2 * _NUDGE_W)
    return level[0], per_node[:, network.unit_node]
