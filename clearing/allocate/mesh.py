"""Mesh injections in whole Wh, so that every line of the mesh keeps its capacity exactly.

The one idea to know: flows are whole Wh, and a capacity holds for those. Rounding each area's
injection on its own could push a full line over its limit by a Wh. A tiny integer program per interval moves as few areas as possible, those first that
stand inside a level of their book and can move without missing their price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.curves import FloatArray
from clearing.problem import (
    NO_LIMIT_WH,
    PPB,
    BoolArray,
    ClearingProblem,
    IntArray,
    mesh_areas,
)
from clearing.solver import whole_numbers

#: How far from the nearest whole Wh an injection is looked for, tried in this order.
_REACHES_WH: Final = (2, 16, 256)
#: Kept free of every capacity, in Wh: none at first, then a little for the solver's doubles. Where
#: whole injections can not hit a capacity, what a flow exceeds it by must round away.
_MARGINS_WH: Final = (-1e-6, 1e-6, -0.25, -0.49, 1.0)
#: Moving an area off a breakpoint of its book costs so much more than moving another.
_STIFF: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshNeed:
    """What is asked of the mesh in one interval."""

    wanted_wh: FloatArray  # (a,) injections of the continuous solution
    low_wh: IntArray  # (a,) whole bounds of the injections
    high_wh: IntArray  # (a,)
    slack_wh: FloatArray  # (a,) how far each may move without missing its price
    #: Members (a,) of every tree of areas, and the bounds of what they inject together.
    trees: list[tuple[BoolArray, int, int]]


def whole_injections(problem: ClearingProblem, need: MeshNeed, t: int) -> IntArray:
    """Whole injections (a,) of the mesh's areas that add up to 0 and keep every capacity.

    Doing nothing where nothing else is found.
    """
    for margin in _MARGINS_WH:
        for reach in _REACHES_WH:
            found = _nearest(problem, need, t, reach, margin)
            if found is not None and mesh_fits(problem, found, t):
                return found
    return np.zeros(len(need.wanted_wh), dtype=np.int64)


def mesh_fits(problem: ClearingProblem, injection_wh: IntArray, t: int) -> bool:
    """Whether whole injections (a,) add up to 0 and every flow, in whole Wh, keeps its capacity."""
    ptdf, lines = problem.ptdf, problem.lines
    assert ptdf is not None
    if sum(injection_wh.tolist()):
        return False
    flow = mesh_flows(problem, injection_wh)
    return bool(
        (flow <= lines.capacity_forward_wh[ptdf.line, t]).all()
        and (-flow <= lines.capacity_backward_wh[ptdf.line, t]).all()
    )


def mesh_flows(problem: ClearingProblem, injection_wh: IntArray) -> IntArray:
    """(r,) the flow of every line of the mesh, the whole Wh next to it, halves to even."""
    ptdf, areas = problem.ptdf, mesh_areas(problem).tolist()
    assert ptdf is not None
    flows = []
    for r in range(len(ptdf)):
        exact = sum(
            int(ptdf.factor_ppb[r, a]) * z
            for a, z in zip(areas, injection_wh.tolist(), strict=True)
        )
        whole, left = divmod(exact, PPB)
        up = 2 * left > PPB or (2 * left == PPB and whole % 2 == 1)
        flows.append(whole + up)
    return np.array(flows, dtype=np.int64)


def _nearest(
    problem: ClearingProblem, need: MeshNeed, t: int, reach: int, margin: float
) -> IntArray | None:
    """Columns: the moves off the nearest whole Wh, then how far each ends from what is wanted."""
    ptdf, lines = problem.ptdf, problem.lines
    assert ptdf is not None
    count, rows = len(need.wanted_wh), len(ptdf)
    base = np.clip(np.rint(need.wanted_wh), need.low_wh, need.high_wh)
    factor = ptdf.factor_ppb[:, mesh_areas(problem)] / PPB
    off = need.wanted_wh - base
    eye = np.eye(count)
    members = np.array([mask for mask, _, _ in need.trees], dtype=np.float64).reshape(-1, count)
    held = members @ base
    least, most = (
        np.array([tree[side] for tree in need.trees], dtype=np.float64) - held for side in (1, 2)
    )
    matrix = np.vstack(
        [
            np.hstack([np.ones((1, count)), np.zeros((1, count))]),
            np.hstack([factor, np.zeros((rows, count))]),
            np.hstack([members, np.zeros((len(need.trees), count))]),
            np.hstack([-eye, eye]),
            np.hstack([eye, eye]),
        ]
    )
    flow = factor @ base
    forward = _open_ended(lines.capacity_forward_wh[ptdf.line, t], margin)
    backward = _open_ended(lines.capacity_backward_wh[ptdf.line, t], margin)
    free = np.full(count, np.inf)
    found = whole_numbers(
        cost=np.concatenate([np.zeros(count), np.where(need.slack_wh >= 1.0, 1.0, _STIFF)]),
        lower=np.concatenate([np.maximum(-reach, need.low_wh - base), np.zeros(count)]),
        upper=np.concatenate([np.minimum(reach, need.high_wh - base), free]),
        row_lower=np.concatenate([[-base.sum()], -backward - flow, least, -off, off]),
        row_upper=np.concatenate([[-base.sum()], forward - flow, most, free, free]),
        matrix=matrix,
        whole=count,
    )
    if found is None:
        return None
    injections: IntArray = (base + np.rint(found[:count])).astype(np.int64)
    return injections


def _open_ended(capacity_wh: IntArray, margin: float) -> FloatArray:
    limit = np.maximum(capacity_wh.astype(np.float64) - margin, 0.0)
    return np.where(capacity_wh >= NO_LIMIT_WH, np.inf, limit)
