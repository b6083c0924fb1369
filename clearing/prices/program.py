"""Prices where more than two of them meet in one rule: blocks, meshes, limits over trees.

The one idea to know: then the highest price of one area may ask for the lowest of another, and
"the middle" needs a direction. By the published rule it is the average of two solutions, one with
the largest and one with the smallest sum of all area prices. Areas and intervals weigh a hair
differently, falling by number, so that each of the two is one point and the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.curves import FloatArray
from clearing.prices.conditions import Conditions, Position, could_export, nodes
from clearing.prices.families import Families
from clearing.prices.system import System
from clearing.problem import PPB, ClearingProblem, IntArray, mesh_areas
from clearing.solver import Program, SolverFailedError

#: How much more the first area price weighs than the last, so that no two optima tie.
_WEIGHT_SPREAD: Final = 1e-3


#: Ticks by which prices may miss a rule where factors and efficiencies have many digits.
_ACCURACY_TICKS: Final = 1e-6


class _Rows:
    """Rows low <= Σ coefficient · column <= high, as they are collected."""

    def __init__(self) -> None:
        self._row: list[IntArray] = []
        self._column: list[IntArray] = []
        self._value: list[FloatArray] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, columns: IntArray, values: FloatArray, low: float, high: float) -> None:
        self._row.append(np.full(len(columns), len(self.low)))
        self._column.append(columns)
        self._value.append(values)
        self.low.append(low)
        self.high.append(high)

    def add_pairs(
        self, one: IntArray, other: IntArray, factor: FloatArray, high: FloatArray
    ) -> None:
        """One row each: column `one` + factor x column `other` <= high."""
        number = len(self.low) + np.arange(len(one))
        self._row += [number, number]
        self._column += [one, other]
        self._value += [np.ones(len(one)), factor]
        self.low += [-np.inf] * len(one)
        self.high += high.tolist()

    def program(self, cost: FloatArray, lower: FloatArray, upper: FloatArray) -> Program:
        none = np.zeros(0, dtype=np.int64)
        row, column = np.concatenate([none, *self._row]), np.concatenate([none, *self._column])
        value = np.concatenate([none.astype(np.float64), *self._value])
        order = np.lexsort((row, column))
        start = np.searchsorted(column[order], np.arange(len(cost) + 1))
        return Program(
            cost=cost,
            lower=lower,
            upper=upper,
            row_lower=np.array(self.low, dtype=np.float64),
            row_upper=np.array(self.high, dtype=np.float64),
            start=start.astype(np.int32),
            index=row[order].astype(np.int32),
            value=value[order],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose prices are chosen: one independent part of a position."""

    position: Position
    slack_wh: FloatArray  # (n, t)
    found: Conditions
    system: System
    rules: Families
    allowance_ticks: float  # per Wh by which a family may miss its rule
    part: int
    intervals: IntArray  # of the part


def chosen_prices(
    problem: ClearingProblem, asked: Asked
) -> tuple[IntArray, FloatArray, FloatArray] | None:
    """Numbers and values of the part's prices, and shadow prices (r, its intervals), by the rule.

    Rules are kept exactly if that can be, else to within the solver's accuracy. None where nothing
    supports the position.
    """
    exact = _chosen(problem, asked, 0.0)
    return exact if exact is not None else _chosen(problem, asked, _ACCURACY_TICKS)


def _chosen(
    problem: ClearingProblem, asked: Asked, accuracy: float
) -> tuple[IntArray, FloatArray, FloatArray] | None:
    system, when = asked.system, asked.intervals
    mine = np.flatnonzero(system.part == asked.part)
    place = np.full(len(system.low), -1, dtype=np.int64)
    place[mine] = np.arange(len(mine))
    rows = _Rows()
    inside = system.part[system.upper] == asked.part
    upper, lower = place[system.upper[inside]], place[system.lower[inside]]
    rows.add_pairs(upper, lower, -system.scale[inside], system.shift[inside] + accuracy)
    _add_families(rows, asked.rules, place, asked.allowance_ticks)
    _add_trees(rows, problem, asked, place)
    mesh = _add_mesh(rows, problem, asked, place, len(mine))
    lower = np.concatenate([system.low[mine], mesh[0]])
    upper = np.concatenate([system.high[mine], mesh[1]])
    areas = problem.n_areas * problem.n_intervals
    weight = 1.0 + _WEIGHT_SPREAD * (1.0 - mine / areas)
    cost = np.zeros(len(lower))
    cost[: len(mine)] = np.where(mine < areas, weight, 0.0)
    program = rows.program(cost, lower, upper)
    try:
        program.solve()
        bottom = program.columns.copy()
        program.set_costs(np.arange(len(cost)), -cost)
        program.solve()
    except SolverFailedError:
        return None
    middle = (bottom + program.columns) / 2
    shadow = middle[len(mine) + len(when) :].reshape(-1, len(when))
    return mine, middle[: len(mine)], shadow


def _add_families(rows: _Rows, rules: Families, place: IntArray, allowance_ticks: float) -> None:
    for f in range(len(rules)):
        mine = rules.row == f
        node, index = np.unique(place[rules.node[mine]], return_inverse=True)
        if (node < 0).any():
            continue
        size = max(float(rules.size_wh[f]), 1.0)
        values = np.bincount(index, weights=rules.coefficient_wh[mine]) / size
        due = float(rules.due_quanta[f]) / size
        most = due + allowance_ticks if rules.exact[f] else np.inf
        rows.add(node, values, due - allowance_ticks, most)


def _add_trees(rows: _Rows, problem: ClearingProblem, asked: Asked, place: IntArray) -> None:
    """The rent of a limit, ρ − π less that of the area above, has the sign of what binds."""
    inside, parent = nodes(problem), problem.parent
    outside = inside + inside.size
    bound = np.flatnonzero(asked.found.tree_binds.any(axis=0))
    if not len(bound):
        return
    less, more = could_export(problem, asked.position, asked.slack_wh)
    for t in np.intersect1d(bound, asked.intervals).tolist():
        for area in range(problem.n_areas):
            columns, values = [outside[area, t], inside[area, t]], [1.0, -1.0]
            above = int(parent[area])
            if above >= 0:
                columns += [outside[above, t], inside[above, t]]
                values += [-1.0, 1.0]
            low = 0.0 if less[area, t] else -np.inf
            high = 0.0 if more[area, t] else np.inf
            rows.add(place[np.array(columns)], np.array(values), low, high)


def _add_mesh(
    rows: _Rows, problem: ClearingProblem, asked: Asked, place: IntArray, count: int
) -> tuple[FloatArray, FloatArray]:
    """ρ = λ − Σ factor · μ in the mesh; bounds of λ (t,) and μ (r x t), the columns added."""
    ptdf, when = problem.ptdf, asked.intervals
    t = len(when)
    if ptdf is None:
        return np.zeros(t), np.zeros(t)
    hub = count + np.arange(t)
    shadow = count + t + np.arange(len(ptdf) * t).reshape(len(ptdf), t)
    outside = nodes(problem) + problem.n_areas * problem.n_intervals
    factor = ptdf.factor_ppb / PPB
    for area in mesh_areas(problem).tolist():
        used = np.flatnonzero(factor[:, area])
        for column, interval in enumerate(when.tolist()):
            columns = np.concatenate(
                [[place[outside[area, interval]], hub[column]], shadow[used, column]]
            )
            values = np.concatenate([[1.0, -1.0], factor[used, area]])
            rows.add(columns.astype(np.int64), values, 0.0, 0.0)
    forward, backward = asked.found.mesh_binds[:, :, when]
    free = np.full(t, np.inf)
    # A line that is full forward may earn a rent forward, and only then.
    return (
        np.concatenate([-free, np.where(backward, -np.inf, 0.0).reshape(-1)]),
        np.concatenate([free, np.where(forward, np.inf, 0.0).reshape(-1)]),
    )
