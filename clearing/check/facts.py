"""Every fact of a result as an inequality between two prices.

The one idea to know: a line that carries says carrying pays, one with room says carrying more would
not; a limit with room on one side says the price outside is no better than inside on that side; a
storage that charges says what it keeps is worth the price. Prices are numbered: inside every node,
then outside its limits, then what a Wh stored is worth at the end of every interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearing.check.grid import Grid, leads
from clearing.check.inequalities import FloatArray, Inequalities, inequality, joined
from clearing.check.storage_orders import window
from clearing.problem import (
    NO_LIMIT_WH,
    PPB,
    PPM,
    BoolArray,
    ClearingProblem,
    ClearingResult,
    IntArray,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A result whose prices are asked for, under one try of rounding."""

    problem: ClearingProblem
    result: ClearingResult
    grid: Grid
    intervals: BoolArray  # (t,) the intervals in question
    slack_wh: IntArray  # (n, t) by how many Wh a node may have been moved
    idle_exempt: bool  # idle lines and storages need not say that using them would not pay


def inside_of(problem: ClearingProblem) -> IntArray:
    """(n, t) number of every area price."""
    shape = (problem.n_areas, problem.n_intervals)
    return np.arange(shape[0] * shape[1]).reshape(shape)


def outside_of(problem: ClearingProblem) -> IntArray:
    """(n, t) number of every connection price."""
    return inside_of(problem) + problem.n_areas * problem.n_intervals


def stored_of(problem: ClearingProblem) -> IntArray:
    """(s, t) number of every value of what is stored."""
    shape = (len(problem.storages), problem.n_intervals)
    base = 2 * problem.n_areas * problem.n_intervals
    return base + np.arange(shape[0] * shape[1]).reshape(shape)


def facts(case: Case) -> Inequalities:
    """All inequalities between two prices; limits below a limit that binds say nothing here."""
    parts = [_limits(case)]
    if case.grid.free.any():
        parts += _lines(case)
    if case.problem.ptdf is not None:
        parts += _open_mesh(case)
    if len(case.problem.storages):
        parts += _storages(case)
    return joined(parts)


def room(case: Case) -> tuple[BoolArray, BoolArray]:
    """(n, t) each: whether the limits of an area leave room to take in more, to give out more."""
    areas, net, slack = case.problem.areas, case.grid.below_wh, case.slack_wh
    inward = (-net < areas.import_limit_wh - slack) | (areas.import_limit_wh >= NO_LIMIT_WH)
    outward = (net < areas.export_limit_wh - slack) | (areas.export_limit_wh >= NO_LIMIT_WH)
    return inward, outward


def under_a_limit(case: Case) -> BoolArray:
    """(n, t) whether an area lies in another one whose limit is reached."""
    parent = case.problem.areas.parent
    under = np.zeros(case.slack_wh.shape, dtype=np.bool_)
    if parent is None:
        return under
    inward, outward = room(case)
    reached, above = ~(inward & outward), parent.astype(np.int64)
    while (above >= 0).any():
        under |= (above >= 0)[:, None] & reached[above]
        above = np.where(above >= 0, parent[above], -1)
    return under


def _limits(case: Case) -> Inequalities:
    inside, outside = inside_of(case.problem), outside_of(case.problem)
    inward, outward = room(case)
    asked = case.intervals & ~under_a_limit(case)
    no_dearer, no_cheaper = asked & outward, asked & inward
    # What could still leave makes the outside no dearer than the inside, and the reverse.
    return inequality(
        np.concatenate([outside[no_dearer], inside[no_cheaper]]),
        np.concatenate([inside[no_dearer], outside[no_cheaper]]),
    )


def _lines(case: Case) -> list[Inequalities]:
    problem, result, lines = case.problem, case.result, case.problem.lines
    asked, outside = case.grid.free[:, None] & case.intervals, outside_of(problem)
    i, j, kept = lines.from_area, lines.to_area, 1.0 - lines.loss_ppm / PPM
    # Either end may have been moved.
    slack = np.maximum(case.slack_wh[i], case.slack_wh[j])
    forward, backward = result.sent_forward_wh, result.sent_backward_wh
    exempt = case.idle_exempt & (forward <= slack) & (backward <= slack)
    if (lines.loss_ppm[case.grid.free] > 0).any():
        reach = leads(problem, result, case.grid, slack, case.intervals)
        closes = (reach[:, j, i].T, reach[:, i, j].T)
    else:
        # Where nothing is lost a line that closes a circle says nothing that the circle does not.
        closes = (np.zeros_like(asked), np.zeros_like(asked))
    parts = []
    for start, end, flow, highest, fee, closing in (
        (i, j, forward, lines.capacity_forward_wh, lines.fee_forward_ticks, closes[0]),
        (j, i, backward, lines.capacity_backward_wh, lines.fee_backward_ticks, closes[1]),
    ):
        # It carries energy, so carrying pays.
        line, t = np.nonzero(asked & (flow > slack))
        near, far = outside[start[line], t], outside[end[line], t]
        parts.append(inequality(near, far, kept[line], -fee[line].astype(np.float64)))
        # It could carry more, so carrying more would not pay.
        line, t = np.nonzero(asked & (flow < highest - slack) & ~exempt & ~closing)
        near, far = outside[start[line], t], outside[end[line], t]
        parts.append(inequality(far, near, 1 / kept[line], fee[line] / kept[line]))
    return parts


def mesh_binds(case: Case) -> tuple[BoolArray, BoolArray]:
    """(r, t) each: whether a line of the mesh is full forward, full backward."""
    ptdf, lines = case.problem.ptdf, case.problem.lines
    if ptdf is None:
        none = np.zeros((0, case.problem.n_intervals), dtype=np.bool_)
        return none, none
    slack = case.slack_wh[case.grid.hub].max(axis=0, initial=0)
    forward, backward = case.result.sent_forward_wh, case.result.sent_backward_wh
    return (
        forward[ptdf.line] >= lines.capacity_forward_wh[ptdf.line] - slack,
        backward[ptdf.line] >= lines.capacity_backward_wh[ptdf.line] - slack,
    )


def _open_mesh(case: Case) -> list[Inequalities]:
    """Where no line of the mesh is full, all its areas have one connection price."""
    forward, backward = mesh_binds(case)
    t = np.flatnonzero(case.intervals & ~(forward | backward).any(axis=0))
    outside = outside_of(case.problem)[case.grid.hub][:, t]
    first = np.broadcast_to(outside[:1], outside.shape)
    return [
        inequality(outside.reshape(-1), first.reshape(-1)),
        inequality(first.reshape(-1), outside.reshape(-1)),
    ]


def mesh_prices(case: Case, near_ticks: float) -> Inequalities:
    """Connection prices of the mesh as the published shadow prices ask, to within `near_ticks`.

    Connection price = one price of the mesh less the sum of factor x shadow price of its lines.
    """
    problem, ptdf = case.problem, case.problem.ptdf
    assert ptdf is not None
    t = np.flatnonzero(case.intervals)
    shadow = case.result.shadow_price_microticks[ptdf.line][:, t] / 1e6
    factor = ptdf.factor_ppb[:, case.grid.hub] / PPB
    below = factor.T @ shadow
    near = near_ticks * (1.0 + np.abs(factor).sum(axis=0)[:, None])
    outside = outside_of(problem)[case.grid.hub][:, t]
    first = np.broadcast_to(outside[:1], outside.shape)
    less, near = below - below[:1], np.broadcast_to(near + near[:1], outside.shape)
    return joined(
        [
            inequality(outside.reshape(-1), first.reshape(-1), 1.0, (near - less).reshape(-1)),
            inequality(first.reshape(-1), outside.reshape(-1), 1.0, (near + less).reshape(-1)),
        ]
    )


def stored_bounds(case: Case) -> tuple[FloatArray, FloatArray]:
    """(s, t) lowest and highest value of what is stored that its worth in the end allows."""
    storages, shape = case.problem.storages, case.result.stored_wh.shape
    low, high = np.full(shape, -np.inf), np.full(shape, np.inf)
    less, more = _could_hold(case)
    row, last = np.arange(len(storages)), storages.last_interval
    worth = storages.end_value_ticks.astype(np.float64)
    low[row, last] = np.where(more[row, last], worth, -np.inf)
    high[row, last] = np.where(less[row, last], worth, np.inf)
    return low, high


def _could_hold(case: Case) -> tuple[BoolArray, BoolArray]:
    """(s, t) each: whether less, or more, could be stored at the end of the interval."""
    stored, slack = case.result.stored_wh, case.slack_wh[case.problem.storages.area]
    return stored > slack, stored < case.problem.storages.capacity_wh[:, None] - slack


def _storages(case: Case) -> list[Inequalities]:
    problem, storages = case.problem, case.problem.storages
    inside, stored = inside_of(problem)[storages.area], stored_of(problem)
    asked = window(problem) & case.intervals
    charge, discharge = case.result.charge_wh, case.result.discharge_wh
    gain, given = storages.efficiency_charge_ppm / PPM, storages.efficiency_discharge_ppm / PPM
    spread = storages.spread_ticks.astype(np.float64)
    exempt = case.idle_exempt & (charge == 0) & (discharge == 0)
    # Rounding may have moved a step off its limit, or off doing nothing, by as much as the node.
    slack = case.slack_wh[storages.area]
    more_in = (charge < storages.charge_limit_wh[:, None] - slack) & (discharge == 0) & ~exempt
    more_out = (discharge < storages.discharge_limit_wh[:, None] - slack) & (charge == 0) & ~exempt

    def rows(
        said: BoolArray, lower: IntArray, upper: IntArray, scale: FloatArray, shift: FloatArray
    ) -> Inequalities:
        storage, t = np.nonzero(asked & said)
        return inequality(lower[storage, t], upper[storage, t], scale[storage], shift[storage])

    less, more = _could_hold(case)
    follows = asked[:, 1:] & asked[:, :-1]
    later, earlier = stored[:, 1:], stored[:, :-1]
    return [
        rows(charge > slack, inside, stored, gain, 0 * gain),
        rows(more_in, stored, inside, 1 / gain, 0 * gain),
        rows(discharge > slack, stored, inside, given, -given * spread),
        rows(more_out, inside, stored, 1 / given, spread),
        # What could be used one interval earlier is worth no more now, and the reverse.
        inequality(earlier[follows & less[:, :-1]], later[follows & less[:, :-1]]),
        inequality(later[follows & more[:, :-1]], earlier[follows & more[:, :-1]]),
    ]
