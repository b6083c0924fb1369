"""Where a program begins: nothing sent, nothing stored, no block, every area at a known point.

The one idea to know: that state is feasible and known without solving, yet a simplex begun from
nothing spends most of its steps on finding it: a step for every balance and for every state of
charge. Given as a basis it costs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.build import Model
from clearing.curves import Curves, FloatArray
from clearing.problem import IntArray
from clearing.solver import BASIC, FREE, HELD, LOWER, UPPER, Basis

#: Less than this, in Wh, is the arithmetic of doubles.
_EQUAL_WH: Final = 1e-6
#: Variables that stand in the basis for the rows that define them when nothing moves.
_DEFINED: Final = (
    ("net_position", "inner_balance"),
    ("exchange", "connection_balance"),
    ("tree_exchange", "tree_sum"),
    ("stored", "state_of_charge"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Levels of the curves that stand in a program as columns, in the order of the columns."""

    node: IntArray  # (p,)
    level: IntArray  # (p,)


def idle_basis(
    model: Model, curves: Curves, near_wh: FloatArray, levels: Levels, between: int
) -> Basis:
    """Nothing moves but the simple orders, which stand at net exports `near_wh` (K,).

    Columns: the model's own, `between` that stand idle, the levels. Rows: the model's own, one a
    node that says what its levels add up to. Levels before the point are taken; the one it cuts is
    in the basis for its node's row, or the row for itself where there is none.
    """
    compiled = model.compiled
    columns = np.where(
        np.isfinite(model.lower), LOWER, np.where(np.isfinite(model.upper), UPPER, FREE)
    )
    rows = np.full(len(compiled.row_lower), BASIC)
    for variable, constraint in _DEFINED:
        columns[compiled.column[variable]] = BASIC
        rows[compiled.row.get(constraint, np.zeros(0, dtype=np.int64))] = HELD
    position = (curves.origin_wh + near_wh)[levels.node]
    taken = curves.level_cum_wh[levels.level + 1] <= position + _EQUAL_WH
    cut = ~taken & (curves.level_cum_wh[levels.level] < position - _EQUAL_WH)
    standing = np.where(taken, UPPER, LOWER)
    standing[cut] = BASIC
    node_rows = np.full(curves.n_nodes, BASIC)
    node_rows[levels.node[cut]] = HELD
    return Basis(
        columns=np.concatenate([columns, np.full(between, LOWER), standing]),
        rows=np.concatenate([rows, node_rows]),
    )
