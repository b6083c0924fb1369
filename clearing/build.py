"""The list of blocks: this is the model.

The one idea to know: blocks do not name each other's variables. They add terms to three
accumulators, `injection[area, interval]` (Wh into the inner node), `outflow[area, interval]`
(Wh out of the connection) and `welfare_terms[name]` (quanta), and the last two blocks close them.
A new technology is one new file and one line here. The model is stated once in Pyomo and compiled
once to arrays by Pyomo's own standard-form compiler; afterwards only numbers change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.opt import WriterFactory

from clearing.blocks import balance, lines, net_position, welfare
from clearing.curves import Curves, FloatArray
from clearing.problem import ClearingProblem, IntArray

BLOCKS: Final = (net_position, lines, balance, welfare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The model as arrays: min cost x, row_lower <= A x <= row_upper, lower <= x <= upper."""

    cost: FloatArray  # (columns,)
    lower: FloatArray  # (columns,)
    upper: FloatArray  # (columns,)
    row_lower: FloatArray  # (rows,)
    row_upper: FloatArray  # (rows,)
    start: NDArray[np.int32]  # (columns + 1,) of A, column by column
    index: NDArray[np.int32]
    value: FloatArray
    column: dict[str, IntArray]  # variable name -> columns, in the order of its index sets


def state(problem: ClearingProblem, curves: Curves) -> pyo.ConcreteModel:
    """The Pyomo model of a problem: all blocks in order."""
    model = pyo.ConcreteModel()
    model.areas = pyo.RangeSet(0, problem.n_areas - 1)
    model.intervals = pyo.RangeSet(0, problem.n_intervals - 1)
    nodes = [(a, t) for a in range(problem.n_areas) for t in range(problem.n_intervals)]
    model.injection = {node: [] for node in nodes}
    model.outflow = {node: [] for node in nodes}
    model.welfare_terms = {}
    for block in BLOCKS:
        block.add(model, problem, curves)
    return model


def compile_model(model: pyo.ConcreteModel) -> Compiled:
    """Pyomo's standard form of the model, with the columns of every variable by its name."""
    form = WriterFactory("compile_standard_form").write(model, mixed_form=True)
    place = {id(variable): i for i, variable in enumerate(form.columns)}
    count = len(form.columns)
    # Variables that no row and no objective mentions are not in the form; none of ours is unused.
    column = {
        block.name: np.array([place[id(data)] for data in block.values()], dtype=np.int64)
        for block in model.component_objects(pyo.Var)
    }
    bounds = [variable.bounds for variable in form.columns]
    rhs = np.asarray(form.rhs, dtype=np.float64)
    kind = np.array([row.bound_type for row in form.rows])
    matrix = form.A.tocsc()
    return Compiled(
        cost=np.asarray(form.c.toarray(), dtype=np.float64).reshape(-1)[:count],
        lower=np.array([-np.inf if low is None else low for low, _ in bounds], dtype=np.float64),
        upper=np.array([np.inf if high is None else high for _, high in bounds], dtype=np.float64),
        row_lower=np.where(kind == 1, -np.inf, rhs),
        row_upper=np.where(kind == -1, np.inf, rhs),
        start=matrix.indptr.astype(np.int32),
        index=matrix.indices.astype(np.int32),
        value=np.asarray(matrix.data, dtype=np.float64),
        column=column,
    )


def manual() -> str:
    """The blocks' own descriptions as the sections of a page, in the order of the model."""
    sections = []
    for block in BLOCKS:
        title, _, text = (block.__doc__ or "").strip().partition("\n")
        name = block.__name__.rpartition(".")[2]
        sections.append(
            f"### {name}: {title.partition(': ')[2] or title}\n{_formulas_fenced(text)}"
        )
    return "\n\n".join(sections) + "\n"


def _formulas_fenced(text: str) -> str:
    """Indented formulas as fenced blocks, so that every reader of the page shows them as they are."""
    lines: list[str] = []
    inside = False
    for line in text.split("\n"):
        formula = line.startswith("    ")
        if formula != inside and (formula or line):
            # The blank line before a formula or a text belongs outside the fence.
            lines.append("```") if not inside else lines.insert(_last_filled(lines), "```")
            inside = not inside
        lines.append(line[4:] if formula else line)
    return "\n".join(lines)


def _last_filled(lines: list[str]) -> int:
    return max(i for i, line in enumerate(lines) if line) + 1
