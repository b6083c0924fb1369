"""What a result says about its prices, as inequalities between two of them.

The one idea to know: a fact of the result is a bound. A Wh sold says the price is not lower than
that order's; a line that carries says its far end is worth the way; a storage that charges says
that what it keeps is worth the price. `slack_wh` says by how many Wh whole numbers may have moved
a node off its fact.

Prices are numbered: area price of node k = area x T + interval, then connection price of node k,
then the values of stored energy, one per storage and stretch of time in which it is one value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.curves import Curves, FloatArray
from clearing.prices.system import Edges
from clearing.problem import (
    NO_LIMIT_WH,
    PPM,
    BoolArray,
    ClearingProblem,
    IntArray,
    areas_below,
    free_lines,
    mesh_areas,
)

#: Flows this close to a capacity are at it.
FLOW_EQUAL_WH: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A state of the grid whose prices are asked for; Wh, whole or not."""

    simple_wh: NDArray[Any]  # (n, t) net export of the simple orders
    net_export_wh: NDArray[Any]  # (n, t) of everything
    forward_wh: NDArray[Any]  # (l, t)
    backward_wh: NDArray[Any]  # (l, t)
    ratio_ppb: IntArray  # (b,) blocks whose conditions count; all 0: blocks are taken as given
    charge_wh: NDArray[Any]  # (s, t)
    discharge_wh: NDArray[Any]  # (s, t)
    stored_wh: NDArray[Any]  # (s, t)
    storages_given: bool = False  # True: what storages do is taken as given


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Inequalities, bounds, and what inequalities of two prices can not say."""

    edges: Edges
    low: FloatArray  # (v,)
    high: FloatArray  # (v,)
    stored_value: IntArray  # (s, t) number of the value of what is stored; -1 outside the window
    mesh_binds: BoolArray  # (2, r, t) a line of the mesh is full forward, full backward
    tree_binds: BoolArray  # (n, t) the limit of an area with others below it is reached


def conditions(
    problem: ClearingProblem,
    curves: Curves,
    position: Position,
    slack_wh: NDArray[Any],
    *,
    exempt: bool,
) -> Conditions:
    """The conditions of a position, with the orders' bounds on area prices.

    Args:
        problem: the auction.
        curves: its simple orders.
        position: what the prices have to support.
        slack_wh: (n, t) by how many Wh a node may miss its facts.
        exempt: let idle lines and storages off the bound that using them would not pay. At
            negative prices any direction may pay that would burn energy.
    """
    shape = (problem.n_areas, problem.n_intervals)
    simple = position.simple_wh.reshape(-1)
    slack = slack_wh.reshape(-1)
    floor, ceiling = -curves.demand_wh, curves.supply_wh
    low = curves.slope_below(np.maximum(simple - slack, floor), -np.inf)
    high = curves.slope_above(np.minimum(simple + slack, ceiling), np.inf)
    edges = Edges()
    tree_binds = _tree_binds(problem, position, slack_wh)
    _limits(problem, position, slack_wh, tree_binds, edges)
    _lines(problem, position, slack_wh, edges, exempt=exempt)
    mesh_binds = _mesh(problem, position, slack_wh, edges)
    number, value_low, value_high = _storages(problem, position, slack_wh, edges, exempt=exempt)
    free = np.full(shape[0] * shape[1], np.inf)
    return Conditions(
        edges=edges,
        low=np.concatenate([low, -free, value_low]),
        high=np.concatenate([high, free, value_high]),
        stored_value=number,
        mesh_binds=mesh_binds,
        tree_binds=tree_binds,
    )


def nodes(problem: ClearingProblem) -> IntArray:
    """(n, t) number of every area price; the connection price's is n x t more."""
    count = problem.n_areas * problem.n_intervals
    return np.arange(count).reshape(problem.n_areas, problem.n_intervals)


def tree_exchange(problem: ClearingProblem, net_export_wh: NDArray[Any]) -> NDArray[Any]:
    """(n, t) exchange under each area's limit: its own and that of all areas below it."""
    total = net_export_wh.copy()
    for area, members in areas_below(problem).items():
        total[area] = net_export_wh[members].sum(axis=0)
    return total


def could_export(
    problem: ClearingProblem, position: Position, slack_wh: NDArray[Any]
) -> tuple[BoolArray, BoolArray]:
    """(n, t) each: the area's limit leaves room to export less, to export more."""
    areas = problem.areas
    exchange = tree_exchange(problem, position.net_export_wh)
    less = (exchange > slack_wh - areas.import_limit_wh) | (areas.import_limit_wh >= NO_LIMIT_WH)
    more = (exchange < areas.export_limit_wh - slack_wh) | (areas.export_limit_wh >= NO_LIMIT_WH)
    return less, more


def _tree_binds(problem: ClearingProblem, position: Position, slack_wh: NDArray[Any]) -> BoolArray:
    binds = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.bool_)
    trees = list(areas_below(problem))
    if trees:
        less, more = could_export(problem, position, slack_wh)
        binds[trees] = ~(less & more)[trees]
    return binds


def _limits(
    problem: ClearingProblem,
    position: Position,
    slack_wh: NDArray[Any],
    tree_binds: BoolArray,
    edges: Edges,
) -> None:
    """Inside and outside of an area, where no limit above it has a say."""
    less, more = could_export(problem, position, slack_wh)
    plain = np.ones_like(less)
    trees, parent = list(areas_below(problem)), problem.parent
    if trees:
        # An area with others below it has no limit of its own.
        less[trees], more[trees] = True, True
        for area in range(problem.n_areas):
            above = area
            while above >= 0:
                plain[area] &= ~tree_binds[above]
                above = int(parent[above])
    inside = nodes(problem)
    outside = inside + inside.size
    edges.at_most(inside, outside, where=less & plain)
    edges.at_most(outside, inside, where=more & plain)


def _lines(
    problem: ClearingProblem,
    position: Position,
    slack_wh: NDArray[Any],
    edges: Edges,
    *,
    exempt: bool,
) -> None:
    free = free_lines(problem)
    if not len(free):
        return
    lines = problem.lines
    outside = nodes(problem) + problem.n_areas * problem.n_intervals
    kept = (1.0 - lines.loss_ppm[free] / PPM)[:, None]
    # Every end may have been moved; a line's slack is that of the end with more.
    i, j = lines.from_area[free], lines.to_area[free]
    slack = np.maximum(slack_wh[i], slack_wh[j])
    forward, backward = position.forward_wh[free], position.backward_wh[free]
    circles = _closing_circles(problem, position, slack_wh)
    idle = (forward <= slack) & (backward <= slack) & exempt
    for start, end, flow, most, fee, closes in (
        (i, j, forward, lines.capacity_forward_wh, lines.fee_forward_ticks, circles[0]),
        (j, i, backward, lines.capacity_backward_wh, lines.fee_backward_ticks, circles[1]),
    ):
        near, far, toll = outside[start], outside[end], fee[free][:, None].astype(np.float64)
        edges.at_most(near, far, kept, -toll, where=flow > slack)
        room = (flow < most[free] - slack) & ~closes[free] & ~idle
        edges.at_most(far, near, 1.0 / kept, toll / kept, where=room)


def _closing_circles(
    problem: ClearingProblem, position: Position, slack_wh: NDArray[Any]
) -> tuple[BoolArray, BoolArray]:
    """(l, t) per direction: sending that way would close a circle with what flows already."""
    lines, n, t = problem.lines, problem.n_areas, problem.n_intervals
    free = free_lines(problem)
    nothing = np.zeros((len(lines), t), dtype=np.bool_)
    if not (lines.loss_ppm[free] > 0).any():
        # Circles without losses burn nothing: their bound is implied by the others'.
        return nothing, nothing
    reach = np.zeros((t, n, n), dtype=np.bool_)
    for line in free.tolist():
        i, j = lines.from_area[line], lines.to_area[line]
        slack = np.maximum(slack_wh[i], slack_wh[j])
        reach[:, i, j] |= position.forward_wh[line] > slack
        reach[:, j, i] |= position.backward_wh[line] > slack
    for middle in range(n):
        reach |= reach[:, :, middle, None] & reach[:, middle, None, :]
    return (
        reach[:, lines.to_area, lines.from_area].T,
        reach[:, lines.from_area, lines.to_area].T,
    )


def _mesh(
    problem: ClearingProblem, position: Position, slack_wh: NDArray[Any], edges: Edges
) -> BoolArray:
    """Which lines of the mesh bind; where none does, all its connections have one price."""
    ptdf = problem.ptdf
    if ptdf is None:
        return np.zeros((2, 0, problem.n_intervals), dtype=np.bool_)
    areas, lines = mesh_areas(problem), problem.lines
    slack = slack_wh[areas].max(axis=0)
    forward, backward = position.forward_wh[ptdf.line], position.backward_wh[ptdf.line]
    binds: BoolArray = np.stack(
        [
            forward >= lines.capacity_forward_wh[ptdf.line] - slack - FLOW_EQUAL_WH,
            backward >= lines.capacity_backward_wh[ptdf.line] - slack - FLOW_EQUAL_WH,
        ]
    )
    outside = nodes(problem)[areas] + problem.n_areas * problem.n_intervals
    open_wide: BoolArray = ~np.logical_or.reduce(binds.reshape(-1, problem.n_intervals), axis=0)
    edges.at_most(outside[1:], outside[:1], where=open_wide)
    edges.at_most(outside[:1], outside[1:], where=open_wide)
    return binds


def _storages(
    problem: ClearingProblem,
    position: Position,
    slack_wh: NDArray[Any],
    edges: Edges,
    *,
    exempt: bool,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Numbers of the stored values, and their bounds."""
    storages, t = problem.storages, problem.n_intervals
    if not len(storages) or position.storages_given:
        none = np.zeros(0)
        return np.full((len(storages), t), -1, dtype=np.int64), none, none
    when = np.arange(t)
    first, last = storages.first_interval[:, None], storages.last_interval[:, None]
    inside = (when >= first) & (when <= last)
    area, slack = storages.area, slack_wh[storages.area]
    stored, capacity = position.stored_wh, storages.capacity_wh[:, None]
    could_hold_less, could_hold_more = stored > slack, stored < capacity - slack
    # One value as long as the storage is neither empty nor full at the end of an interval.
    parts = np.ones_like(inside)
    parts[:, 1:] = ~(could_hold_less & could_hold_more)[:, :-1]
    parts |= when == first
    number = np.full(inside.shape, -1, dtype=np.int64)
    number[inside] = np.cumsum(parts[inside]) - 1
    count = int(number.max()) + 1
    low, high = np.full(count, -np.inf), np.full(count, np.inf)
    base = 2 * problem.n_areas * t
    rows = np.arange(len(storages))
    final, worth = number[rows, storages.last_interval], storages.end_value_ticks
    less = could_hold_less[rows, storages.last_interval]
    more = could_hold_more[rows, storages.last_interval]
    high[final[less]] = worth[less]
    low[final[more]] = worth[more]
    number[inside] += base
    steps = inside[:, :-1] & inside[:, 1:] & (number[:, :-1] != number[:, 1:])
    edges.at_most(number[:, 1:], number[:, :-1], where=steps & could_hold_more[:, :-1])
    edges.at_most(number[:, :-1], number[:, 1:], where=steps & could_hold_less[:, :-1])
    _storage_sides(
        problem, position, slack, edges, nodes(problem)[area], number, inside, exempt=exempt
    )
    return number, low, high


def _storage_sides(
    problem: ClearingProblem,
    position: Position,
    slack: NDArray[Any],
    edges: Edges,
    price: IntArray,
    value: IntArray,
    inside: BoolArray,
    *,
    exempt: bool,
) -> None:
    """Charging is worth the price, or would not be; discharging likewise."""
    storages = problem.storages
    gain = (storages.efficiency_charge_ppm / PPM)[:, None]
    yielded = (storages.efficiency_discharge_ppm / PPM)[:, None]
    spread = storages.spread_ticks[:, None].astype(np.float64)
    charge, discharge = position.charge_wh, position.discharge_wh
    idle = (charge <= 0) & (discharge <= 0) & exempt
    # Rounding may have moved a step off its limit, or off doing nothing, by as much as the node.
    most_in = storages.charge_limit_wh[:, None] - slack
    most_out = storages.discharge_limit_wh[:, None] - slack
    more_in = inside & (charge < most_in) & (discharge == 0) & ~idle
    more_out = inside & (discharge < most_out) & (charge == 0) & ~idle
    charges, discharges = inside & (charge > slack), inside & (discharge > slack)
    edges.at_most(price, value, gain, 0.0, where=charges)
    edges.at_most(value, price, 1.0 / gain, 0.0, where=more_in)
    edges.at_most(value, price, yielded, -yielded * spread, where=discharges)
    edges.at_most(price, value, 1.0 / yielded, spread, where=more_out)
