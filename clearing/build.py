"""The list of blocks: this is the model.

The one idea to know: blocks do not name each other's variables. They add terms to three
accumulators, `injection[area, interval]` (Wh into the inner node), `outflow[area, interval]`
(Wh out of the connection) and `welfare_terms[name]` (quanta), and the last two blocks close them.
A new technology is one new file and one line here. The structure is stated in Pyomo and compiled to
arrays by Pyomo's own standard-form compiler, once per grid; each block also says what the bounds
of its variables are in a given problem, and those are all that changes from auction to auction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.opt import WriterFactory

from clearing.blocks import balance, lines, net_position, welfare
from clearing.curves import Curves, FloatArray
from clearing.problem import (
    NO_LIMIT_WH,
    Areas,
    ClearingProblem,
    IntArray,
    Lines,
    StepOrders,
    Tie,
)

BLOCKS: Final = (net_position, lines, balance, welfare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The structure as arrays: min cost x, row_lower <= A x <= row_upper. Nobody writes to them."""

    cost: FloatArray  # (columns,)
    row_lower: FloatArray  # (rows,)
    row_upper: FloatArray  # (rows,)
    start: NDArray[np.int32]  # (columns + 1,) of A, column by column
    index: NDArray[np.int32]
    value: FloatArray
    column: dict[str, IntArray]  # variable name -> columns, in the order of its index sets


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A compiled structure with the bounds of one problem."""

    compiled: Compiled
    lower: FloatArray  # (columns,)
    upper: FloatArray  # (columns,)


def build(problem: ClearingProblem, curves: Curves) -> Model:
    """The model of a problem: its structure, compiled once per grid, and this problem's bounds.

    From auction to auction the book and the capacities change, and they are bounds only.
    """
    lines = problem.lines
    compiled = _compiled_grid(
        problem.n_areas,
        problem.n_intervals,
        tuple(
            zip(
                lines.from_area.tolist(),
                lines.to_area.tolist(),
                lines.loss_ppm.tolist(),
                lines.fee_forward_ticks.tolist(),
                lines.fee_backward_ticks.tolist(),
                strict=True,
            )
        ),
    )
    lower, upper = np.empty(len(compiled.cost)), np.empty(len(compiled.cost))
    for block in BLOCKS:
        for name, (low, high) in block.bounds(problem, curves).items():
            lower[compiled.column[name]], upper[compiled.column[name]] = low, high
    return Model(compiled=compiled, lower=lower, upper=upper)


# A market has one grid; 16 leave room for a process that clears several, and bound its memory.
@lru_cache(maxsize=16)
def _compiled_grid(
    n_areas: int, n_intervals: int, lines: tuple[tuple[int, int, int, int, int], ...]
) -> Compiled:
    """The structure of all problems on one grid."""
    nothing = np.zeros((len(lines), n_intervals), dtype=np.int64)
    open_wide = np.full((n_areas, n_intervals), NO_LIMIT_WH, dtype=np.int64)
    start, end, loss, forward, backward = zip(*lines, strict=True) if lines else ((),) * 5
    none = np.zeros(0, dtype=np.int64)
    grid = ClearingProblem(
        n_areas=n_areas,
        n_intervals=n_intervals,
        areas=Areas(import_limit_wh=open_wide, export_limit_wh=open_wide),
        lines=Lines(
            from_area=np.array(start, dtype=np.int32),
            to_area=np.array(end, dtype=np.int32),
            capacity_forward_wh=nothing,
            capacity_backward_wh=nothing,
            loss_ppm=np.array(loss, dtype=np.int64),
            fee_forward_ticks=np.array(forward, dtype=np.int64),
            fee_backward_ticks=np.array(backward, dtype=np.int64),
        ),
        orders=StepOrders(
            area=none.astype(np.int32),
            interval=none.astype(np.int32),
            is_sell=none.astype(np.bool_),
            price_ticks=none,
            energy_wh=none,
            sequence=none,
        ),
        price_min_ticks=-1,
        price_max_ticks=1,
        tie=Tie.TIME,
    )
    return compile_model(state(grid))


def state(problem: ClearingProblem) -> pyo.ConcreteModel:
    """The Pyomo model of a problem's grid: all blocks in order."""
    model = pyo.ConcreteModel()
    model.areas = pyo.RangeSet(0, problem.n_areas - 1)
    model.intervals = pyo.RangeSet(0, problem.n_intervals - 1)
    nodes = [(a, t) for a in range(problem.n_areas) for t in range(problem.n_intervals)]
    model.injection = {node: [] for node in nodes}
    model.outflow = {node: [] for node in nodes}
    model.welfare_terms = {}
    for block in BLOCKS:
        block.add(model, problem)
    return model


def compile_model(model: pyo.ConcreteModel) -> Compiled:
    """Pyomo's standard form of the model, with the columns of every variable by its name."""
    form = WriterFactory("compile_standard_form").write(model, mixed_form=True)
    place = {id(variable): i for i, variable in enumerate(form.columns)}
    # Variables that no row and no objective mentions are not in the form; none of ours is unused.
    column = {
        variable.name: np.array([place[id(data)] for data in variable.values()], dtype=np.int64)
        for variable in model.component_objects(pyo.Var)
    }
    rhs = np.asarray(form.rhs, dtype=np.float64)
    kind = np.array([row.bound_type for row in form.rows])
    matrix = form.A.tocsc()
    return Compiled(
        cost=np.asarray(form.c.toarray(), dtype=np.float64).reshape(-1)[: len(form.columns)],
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
