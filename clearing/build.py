"""The list of blocks: this is the model.

The one idea to know: blocks do not name each other's variables. They add terms to three
accumulators, `injection[area, interval]` (Wh into the inner node), `outflow[area, interval]`
(Wh out of the connection) and `welfare_terms[name]` (quanta), and the last two blocks close them.
A new technology is one new file and one line here. The structure is stated in Pyomo and compiled to
arrays by Pyomo's own standard-form compiler; each block also says what the bounds of its variables
are in a given problem. Without block and storage orders those bounds are all that changes from
auction to auction, and the arrays of a grid are compiled once. Of storages whose windows are
equally long one is stated, and its arrays are repeated (`clearing.compiled`).
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyomo.environ as pyo
from pyomo.opt import WriterFactory

from clearing.blocks import (
    balance,
    block_orders,
    lines,
    mesh,
    net_position,
    storage,
    welfare,
)
from clearing.compiled import Compiled, has_alike, repeated, with_stand_ins
from clearing.curves import Curves, FloatArray
from clearing.problem import ClearingProblem

BLOCKS: Final = (net_position, block_orders, storage, lines, mesh, balance, welfare)
#: A market has one grid; so many leave room for a process that clears several.
_GRIDS_KEPT: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A compiled structure with the bounds of one problem."""

    compiled: Compiled
    lower: FloatArray  # (columns,)
    upper: FloatArray  # (columns,)


def build(problem: ClearingProblem, curves: Curves) -> Model:
    """The model of a problem: its structure and this problem's bounds."""
    compiled = _compiled(problem)
    lower, upper = np.empty(len(compiled.cost)), np.empty(len(compiled.cost))
    for block in BLOCKS:
        for name, (low, high) in block.bounds(problem, curves).items():
            lower[compiled.column[name]], upper[compiled.column[name]] = low, high
    return Model(compiled=compiled, lower=lower, upper=upper)


_grids: OrderedDict[Hashable, Compiled] = OrderedDict()


def _compiled(problem: ClearingProblem) -> Compiled:
    """The structure of a problem; that of a grid without block and storage orders is kept."""
    if len(problem.blocks) or len(problem.storages):
        with _no_collection():
            if not has_alike(problem.storages):
                return compile_model(state(problem))
            return repeated(compile_model(state(with_stand_ins(problem))), problem)
    key = _grid_key(problem)
    kept = _grids.get(key)
    if kept is None:
        kept = compile_model(state(problem))
        _grids[key] = kept
        while len(_grids) > _GRIDS_KEPT:
            _grids.popitem(last=False)
    return kept


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pyomo makes objects by the hundred thousand, and walking them again and again costs most."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _grid_key(problem: ClearingProblem) -> Hashable:
    """What the structure of a problem without block and storage orders depends on."""
    lines, ptdf = problem.lines, problem.ptdf
    arrays = [
        lines.from_area,
        lines.to_area,
        lines.loss_ppm,
        lines.fee_forward_ticks,
        lines.fee_backward_ticks,
        problem.parent,
    ]
    if ptdf is not None:
        arrays += [ptdf.line, ptdf.factor_ppb]
    shape = problem.n_areas, problem.n_intervals, ptdf is not None
    return (*shape, *(np.ascontiguousarray(array).tobytes() for array in arrays))


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
    row: dict[str, list[int]] = {}
    for i, entry in enumerate(form.rows):
        row.setdefault(entry.constraint.parent_component().name, []).append(i)
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
        row={name: np.array(rows, dtype=np.int64) for name, rows in row.items()},
        offset=float(np.asarray(form.c_offset).reshape(-1)[0]),
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
