"""What the grid says about a result: losses, directions, circles, balance, limits, the mesh.

The one idea to know: energy is counted to the Wh. What an area injects goes into its free lines or
into the mesh; what the mesh is given adds up to nothing, and its lines carry exactly what the
transfer factors say, rounded only to be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.check.whole import half_even, most, wide
from clearing.problem import (
    NO_LIMIT_WH,
    PPB,
    PPM,
    BoolArray,
    ClearingProblem,
    ClearingResult,
    IntArray,
    Rung,
)

#: Cells of the tables of who leads to whom that are worked on at once.
_CLOSURE_CELLS: Final = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """How a result's energy moves."""

    free: BoolArray  # (l,) lines that do not follow transfer factors
    hub: BoolArray  # (n,) areas of the mesh
    outward_wh: IntArray  # (n, t) sent into free lines less received from them
    below_wh: IntArray  # (n, t) net export of an area and all areas below it


def read_grid(problem: ClearingProblem, result: ClearingResult) -> Grid:
    """Where the energy of a result goes."""
    lines, shape = problem.lines, (problem.n_areas, problem.n_intervals)
    free, hub = np.ones(len(lines), dtype=np.bool_), np.zeros(problem.n_areas, dtype=np.bool_)
    if problem.ptdf is not None:
        mesh = problem.ptdf.line
        free[mesh] = False
        hub[lines.from_area[mesh]] = hub[lines.to_area[mesh]] = True
        hub |= (problem.ptdf.factor_ppb != 0).any(axis=0)
    outward = np.zeros(shape, dtype=np.int64)
    forward, backward = result.sent_forward_wh, result.sent_backward_wh
    np.add.at(outward, lines.from_area[free], (forward - result.received_backward_wh)[free])
    np.add.at(outward, lines.to_area[free], (backward - result.received_forward_wh)[free])
    return Grid(
        free=free,
        hub=hub,
        outward_wh=outward,
        below_wh=_sums_of_subtrees(problem, result.net_export_wh),
    )


def _sums_of_subtrees(problem: ClearingProblem, amount: IntArray) -> IntArray:
    """(n, t) amounts of every area and all areas below it."""
    if problem.areas.parent is None:
        return amount
    total, above = amount.copy(), problem.areas.parent.astype(np.int64)
    while (above >= 0).any():
        there = np.flatnonzero(above >= 0)
        np.add.at(total, above[there], amount[there])
        above[there] = problem.areas.parent[above[there]]
    return total


def grid_refusals(
    problem: ClearingProblem, result: ClearingResult, grid: Grid, injected_wh: IntArray
) -> list[str]:
    """Everything a meter or a line would object to.

    `injected_wh` (n, t) is what orders, blocks and storages inject, net.
    """
    return [
        *_line_refusals(problem, result),
        *_fallback_refusals(problem, result),
        *_circle_refusals(problem, result, grid),
        *_balance_refusals(result, grid, injected_wh),
        *_limit_refusals(problem, grid),
        *_mesh_refusals(problem, result, grid, injected_wh),
    ]


def _line_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    loss, refused = problem.lines.loss_ppm[:, None], []
    for name, sent, received in (
        ("forward", result.sent_forward_wh, result.received_forward_wh),
        ("backward", result.sent_backward_wh, result.received_backward_wh),
    ):
        # The loss is rounded up; whole millions of Wh lose whole Wh.
        lost = sent // PPM * loss - (-(sent % PPM * loss)) // PPM
        refused += [
            f"line {line}, interval {t}, {name}: wrong loss"
            for line, t in np.argwhere(received != sent - lost)[:10].tolist()
        ]
    if ((result.sent_forward_wh > 0) & (result.sent_backward_wh > 0)).any():
        refused.append("a line carries both directions at once")
    return refused


def _fallback_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Without the model no flow is new: at most what was confirmed before, or none."""
    if result.rung not in (Rung.MERIT_ORDER, Rung.CANCELLED):
        return []
    most_sent = np.zeros((2, *result.sent_forward_wh.shape), dtype=np.int64)
    if problem.confirmed_wh is not None and result.rung is Rung.MERIT_ORDER:
        most_sent = problem.confirmed_wh
    if (np.stack([result.sent_forward_wh, result.sent_backward_wh]) > most_sent).any():
        return ["flows that were not confirmed on a rung whose lines are closed"]
    return []


def _circle_refusals(problem: ClearingProblem, result: ClearingResult, grid: Grid) -> list[str]:
    """Energy must not run in a circle of free lines.

    Flows out of areas that receive from nobody are taken off in turn; what is left runs in circles.
    """
    lines, count = problem.lines, problem.n_areas * problem.n_intervals
    flows = []
    for start, end, sent in (
        (lines.from_area, lines.to_area, result.sent_forward_wh),
        (lines.to_area, lines.from_area, result.sent_backward_wh),
    ):
        line, t = np.nonzero(grid.free[:, None] & (sent > 0))
        nodes = np.stack([start[line], end[line]]).astype(np.int64) * problem.n_intervals + t
        flows.append(nodes)
    giver, taker = np.concatenate(flows, axis=1)
    while len(giver):
        fed = np.zeros(count, dtype=np.bool_)
        fed[taker] = True
        left = fed[giver]
        if left.all():
            break
        giver, taker = giver[left], taker[left]
    intervals = np.unique(giver % problem.n_intervals)
    return [f"interval {t}: energy runs in a circle" for t in intervals[:10].tolist()]


def leads(
    problem: ClearingProblem,
    result: ClearingResult,
    grid: Grid,
    slack_wh: IntArray,
    intervals: BoolArray,
) -> BoolArray:
    """(t, n, n) whether flows lead from one area to another, directly or through others.

    Only free lines count, only the given intervals (t,), only flows above `slack_wh` (l, t).
    """
    lines, n = problem.lines, problem.n_areas
    reach = np.zeros((problem.n_intervals, n, n), dtype=np.bool_)
    asked = grid.free[:, None] & intervals
    for start, end, sent in (
        (lines.from_area, lines.to_area, result.sent_forward_wh),
        (lines.to_area, lines.from_area, result.sent_backward_wh),
    ):
        line, t = np.nonzero(asked & (sent > slack_wh))
        reach[t, start[line], end[line]] = True
    flowing = np.flatnonzero(reach.any(axis=(1, 2)))
    for some in np.array_split(flowing, 1 + len(flowing) * n * n // _CLOSURE_CELLS):
        reach[some] = _closure(reach[some])
    return reach


def _closure(steps: BoolArray) -> BoolArray:
    """(t, n, n) whether one step or several lead there: each round doubles their number."""
    reach = steps.astype(np.float32)
    while True:
        further = np.minimum(reach + reach @ reach, 1.0)
        if (further == reach).all():
            return further > 0
        reach = further


def _balance_refusals(result: ClearingResult, grid: Grid, injected_wh: IntArray) -> list[str]:
    refused = []
    apart = (grid.outward_wh != injected_wh) & ~grid.hub[:, None]
    if apart.any():
        where = np.argwhere(apart)[0].tolist()
        refused.append(f"area, interval {where}: sold + received is not bought + sent")
    if (result.net_export_wh != injected_wh).any():
        refused.append("net_export_wh is not what orders, blocks and storages inject")
    return refused


def _limit_refusals(problem: ClearingProblem, grid: Grid) -> list[str]:
    limited_in, limited_out = problem.areas.import_limit_wh, problem.areas.export_limit_wh
    refused = []
    if ((-grid.below_wh > limited_in) & (limited_in < NO_LIMIT_WH)).any():
        refused.append("an import limit is exceeded")
    if ((grid.below_wh > limited_out) & (limited_out < NO_LIMIT_WH)).any():
        refused.append("an export limit is exceeded")
    return refused


def _mesh_refusals(
    problem: ClearingProblem, result: ClearingResult, grid: Grid, injected_wh: IntArray
) -> list[str]:
    """Nothing stays in the mesh, and its lines carry what the factors say."""
    ptdf, refused = problem.ptdf, []
    if ptdf is None:
        return []
    given = np.where(grid.hub[:, None], injected_wh - grid.outward_wh, 0)
    if given.sum(axis=0).any():
        refused.append("what areas give to the mesh does not add up to nothing")
    factor, given = wide(PPB * most(given) * problem.n_areas, ptdf.factor_ppb, given)
    exact = np.matmul(factor, given)
    forward, backward = result.sent_forward_wh[ptdf.line], result.sent_backward_wh[ptdf.line]
    if (forward - backward != half_even(exact, PPB)).any():
        refused.append("a line of the mesh does not carry what the factors say")
    return refused
