"""Whole Wh: from a continuous solution to flows and net exports that balance exactly.

The one idea to know: in an optimal grid state almost every area stands at a breakpoint of its
book, a whole number, and only a few marginal areas stand between. Lines at their limit or idle are
whole already. What is left is a forest of lines; walking it from the leaves to a marginal area,
every line sends exactly what its area needs, the loss is rounded up to a Wh, and the marginal area
takes whatever the roundings leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.allocate.mesh import MeshNeed, mesh_flows, whole_injections
from clearing.curves import Curves, FloatArray
from clearing.problem import (
    NO_LIMIT_WH,
    PPM,
    ClearingProblem,
    IntArray,
    areas_below,
    free_lines,
    mesh_areas,
    received_wh,
)
from clearing.refine import State

#: Stands for the mesh where an edge ends there.
_MESH: Final = -1
#: Rounds of single Wh taken off; rounding leaves a few Wh per line, so this only bounds the loop.
_STEPS_MAX: Final = 20_000
#: Single Wh taken off what crosses the border of a tree; rounding never leaves more.
_TREE_STEPS_MAX: Final = 1_000
#: A continuous value this close to a whole Wh is that whole Wh.
_WHOLE_WH: Final = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeFlows:
    """Integer flows; every line carries one direction, every area balances to the Wh."""

    sent_forward_wh: IntArray  # (l, t)
    sent_backward_wh: IntArray  # (l, t)
    received_forward_wh: IntArray  # (l, t)
    received_backward_wh: IntArray  # (l, t)
    net_export_wh: IntArray  # (n, t)


@dataclass(slots=True, kw_only=True)
class _Edge:
    """A line in the direction it is used."""

    line: int
    start: int
    end: int
    backward: bool
    capacity_wh: int
    loss_ppm: int
    sent_wh: int  # decided, or the nearest whole Wh while open
    open: bool  # may still be changed to balance an area

    @property
    def arrives_wh(self) -> int:
        return self.sent_wh - lost_wh(self.sent_wh, self.loss_ppm)


def lost_wh(sent_wh: int, loss_ppm: int) -> int:
    """Loss of what is sent, rounded up to the Wh."""
    return -(-sent_wh * loss_ppm // PPM)


def sent_for(arrives_wh: int, loss_ppm: int) -> int:
    """The least Wh to send so that at least `arrives_wh` arrive.

    Sending one Wh more lets none or one more arrive, so every whole number can be hit exactly.
    """
    sent = arrives_wh * PPM // (PPM - loss_ppm)
    while sent - lost_wh(sent, loss_ppm) < arrives_wh:
        sent += 1
    while sent > 0 and sent - 1 - lost_wh(sent - 1, loss_ppm) >= arrives_wh:
        sent -= 1
    return sent


def whole_flows(
    problem: ClearingProblem,
    curves: Curves,
    state: State,
    given_wh: IntArray,
    slack_wh: FloatArray,
) -> WholeFlows:
    """Integer flows next to the continuous ones.

    `given_wh` (n, t) is what blocks and storages inject, `slack_wh` (n, t) says how far an area's
    net export may move without missing its price: the areas with the most of it take the
    remainders.
    """
    lines, shape = problem.lines, (len(problem.lines), problem.n_intervals)
    forward, backward = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    lowest, highest = _ranges(problem, curves, given_wh)
    hub = mesh_areas(problem)
    net = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.int64)
    for t in range(problem.n_intervals):
        edges = _edges(problem, state.forward_wh[:, t], state.backward_wh[:, t], t)
        target = np.clip(np.rint(state.net_export_wh[:, t]), lowest[:, t], highest[:, t])
        whole = target.astype(np.int64)
        bound = _fitted_trees(problem, whole, slack_wh[:, t], t)
        if problem.ptdf is not None:
            given = _meshed(
                problem,
                edges,
                state,
                whole,
                slack_wh[:, t],
                bound,
                (lowest[:, t], highest[:, t]),
                t,
            )
            flow = mesh_flows(problem, given)
            forward[problem.ptdf.line, t] = np.maximum(flow, 0)
            backward[problem.ptdf.line, t] = np.maximum(-flow, 0)
            net[hub, t] += given
        elif edges:
            _balance(edges, whole.tolist(), slack_wh[:, t], bound)
            _keep_limits(problem, edges, lowest[:, t].tolist(), highest[:, t].tolist(), t)
        for edge in edges:
            (backward if edge.backward else forward)[edge.line, t] = edge.sent_wh
    arrived_forward = received_wh(forward, lines.loss_ppm)
    arrived_backward = received_wh(backward, lines.loss_ppm)
    free = free_lines(problem)
    np.add.at(net, lines.from_area[free], (forward - arrived_backward)[free])
    np.add.at(net, lines.to_area[free], (backward - arrived_forward)[free])
    return WholeFlows(
        sent_forward_wh=forward,
        sent_backward_wh=backward,
        received_forward_wh=arrived_forward,
        received_backward_wh=arrived_backward,
        net_export_wh=net,
    )


def _fitted_trees(
    problem: ClearingProblem, target_wh: IntArray, slack_wh: FloatArray, t: int
) -> set[int]:
    """Move rounded targets (n,) so that every tree keeps its limits; areas whose tree is full.

    Rounding each area on its own may add a Wh or two to a sum that was at its limit; the members
    with the most slack give it back. Small trees first, as they lie within larger ones.
    """
    bound: set[int] = set()
    below = areas_below(problem)
    for area in sorted(below, key=lambda top: (len(below[top]), top)):
        members = below[area]
        total = int(target_wh[members].sum())
        most_out = int(problem.areas.export_limit_wh[area, t])
        most_in = int(problem.areas.import_limit_wh[area, t])
        excess = max(total - most_out, 0) - max(-total - most_in, 0)
        if total >= most_out or -total >= most_in:
            bound |= set(members)
        for member in sorted(members, key=lambda a: (-float(slack_wh[a]), a)):
            if not excess:
                break
            step = int(np.clip(excess, -1, 1))
            target_wh[member] -= step
            excess -= step
    return bound


def _meshed(
    problem: ClearingProblem,
    edges: list[_Edge],
    state: State,
    target: IntArray,
    slack_wh: FloatArray,
    bound: set[int],
    ranges: tuple[IntArray, IntArray],
    t: int,
) -> IntArray:
    """Set the free lines and return what the areas of the mesh give to it, in whole Wh.

    The mesh is rounded first, the free lines carry what is left to every area, and where that
    leaves an area outside its range the mesh evens it out.
    """
    hub = mesh_areas(problem)
    wanted = (state.net_export_wh[:, t] - _carried(problem, state, t))[hub]
    wide = np.full(len(hub), NO_LIMIT_WH, dtype=np.int64)
    first = MeshNeed(wanted_wh=wanted, low_wh=-wide, high_wh=wide, slack_wh=slack_wh[hub], trees=[])
    given = whole_injections(problem, first, t)
    through_mesh = [
        _mesh_edge(area, wh) for area, wh in zip(hub.tolist(), given.tolist(), strict=True)
    ]
    together = edges + through_mesh
    _balance(together, target.tolist(), slack_wh, bound)
    _keep_limits(problem, together, ranges[0].tolist(), ranges[1].tolist(), t)
    carried = np.array([_exports(edges, area) for area in range(problem.n_areas)], dtype=np.int64)
    low, high = (bound - carried for bound in ranges)
    below = areas_below(problem)
    areas = problem.areas
    need = MeshNeed(
        wanted_wh=given.astype(np.float64),
        low_wh=low[hub],
        high_wh=high[hub],
        slack_wh=slack_wh[hub],
        trees=[
            (
                np.isin(hub, members),
                -int(areas.import_limit_wh[area, t] + carried[members].sum()),
                int(areas.export_limit_wh[area, t] - carried[members].sum()),
            )
            for area, members in below.items()
        ],
    )
    return whole_injections(problem, need, t)


def _mesh_edge(area: int, wh: int) -> _Edge:
    """What an area gives to the mesh, or takes from it, as a line that is not to be changed."""
    return _Edge(
        line=_MESH,
        start=area if wh >= 0 else _MESH,
        end=_MESH if wh >= 0 else area,
        backward=False,
        capacity_wh=abs(wh),
        loss_ppm=0,
        sent_wh=abs(wh),
        open=False,
    )


def _keep_limits(
    problem: ClearingProblem, edges: list[_Edge], lowest: list[int], highest: list[int], t: int
) -> None:
    """Reduce flows until every area and every tree of areas keeps its limits."""
    below = areas_below(problem)
    for _ in range(_TREE_STEPS_MAX):
        _shrink(edges, lowest, highest)
        if not below or not _shrink_trees(problem, edges, below, t):
            return


def _carried(problem: ClearingProblem, state: State, t: int) -> FloatArray:
    """(n,) what free lines carry out of each area in the continuous solution, net."""
    free, lines = free_lines(problem), problem.lines
    kept = 1.0 - lines.loss_ppm[free] / PPM
    forward, backward = state.forward_wh[free, t], state.backward_wh[free, t]
    net = np.zeros(problem.n_areas)
    np.add.at(net, lines.from_area[free], forward - kept * backward)
    np.add.at(net, lines.to_area[free], backward - kept * forward)
    return net


def _ranges(
    problem: ClearingProblem, curves: Curves, given_wh: IntArray
) -> tuple[IntArray, IntArray]:
    """(n, t) lowest and highest net export of every area, its own limits included."""
    shape = (problem.n_areas, problem.n_intervals)
    highest = given_wh + curves.supply_wh.reshape(shape)
    lowest = given_wh - curves.demand_wh.reshape(shape)
    own = np.ones(problem.n_areas, dtype=np.bool_)
    own[list(areas_below(problem))] = False
    highest[own] = np.minimum(highest[own], problem.areas.export_limit_wh[own])
    lowest[own] = np.maximum(lowest[own], -problem.areas.import_limit_wh[own])
    return lowest, highest


def _edges(
    problem: ClearingProblem, forward_wh: FloatArray, backward_wh: FloatArray, t: int
) -> list[_Edge]:
    lines, edges = problem.lines, []
    for line in free_lines(problem).tolist():
        i, j = int(lines.from_area[line]), int(lines.to_area[line])
        turned = bool(backward_wh[line] > forward_wh[line])
        flow = float(backward_wh[line] if turned else forward_wh[line])
        if flow <= _WHOLE_WH:
            continue
        capacity = (lines.capacity_backward_wh if turned else lines.capacity_forward_wh)[line, t]
        full = flow >= int(capacity) - _WHOLE_WH
        edges.append(
            _Edge(
                line=line,
                start=j if turned else i,
                end=i if turned else j,
                backward=turned,
                capacity_wh=int(capacity),
                loss_ppm=int(lines.loss_ppm[line]),
                sent_wh=int(capacity) if full else round(flow),
                open=not full,
            )
        )
    return edges


def _exports(edges: list[_Edge], area: int) -> int:
    """What the flows make an area export, net."""
    sent = sum(edge.sent_wh for edge in edges if edge.start == area)
    return sent - sum(edge.arrives_wh for edge in edges if edge.end == area)


def _balance(edges: list[_Edge], target: list[int], slack_wh: FloatArray, bound: set[int]) -> None:
    """Give every area its target but the one with the most slack in each set of open lines.

    An area in `bound` gives its target before any other: a limit it shares would not hold.
    """
    touching: dict[int, list[_Edge]] = {}
    for edge in edges:
        if edge.open:
            touching.setdefault(edge.start, []).append(edge)
            touching.setdefault(edge.end, []).append(edge)
    seen: set[int] = set()

    # Most slack first, lowest number among equals; each set is entered once, at its root.
    def rank(area: int) -> tuple[bool, float, int]:
        return (area in bound, -float(slack_wh[area]), area)

    for root in sorted(touching, key=rank):
        if root in seen:
            continue
        seen.add(root)
        walk: list[tuple[int, _Edge]] = []
        waiting = [root]
        while waiting:
            here = waiting.pop(0)
            for edge in touching[here]:
                there = edge.end if edge.start == here else edge.start
                if there not in seen:
                    seen.add(there)
                    walk.append((there, edge))
                    waiting.append(there)
        for area, edge in reversed(walk):
            _meet(edges, area, edge, target[area])


def _meet(edges: list[_Edge], area: int, edge: _Edge, target: int) -> None:
    """Set one line so that its area exports `target`, as far as the line can."""
    touching = [other for other in edges if other is not edge and area in (other.start, other.end)]
    others = _exports(touching, area)
    need = (
        target - others if edge.start == area else sent_for(max(others - target, 0), edge.loss_ppm)
    )
    edge.sent_wh = min(max(need, 0), edge.capacity_wh)


def _shrink(edges: list[_Edge], lowest: list[int], highest: list[int]) -> None:
    """Reduce flows by single Wh until no area is asked for more than it has or may.

    An area that exports too much sends something, one that imports too much receives something,
    so there is always a flow to reduce; every step makes the flows smaller, so this ends.
    """
    for _ in range(min(sum(edge.sent_wh for edge in edges) + 1, _STEPS_MAX)):
        moved = False
        for area in sorted({edge.start for edge in edges} | {edge.end for edge in edges}):
            if area == _MESH:
                continue
            net = _exports(edges, area)
            if net > highest[area]:
                moved |= _reduce([edge for edge in edges if edge.start == area])
            elif net < lowest[area]:
                moved |= _reduce([edge for edge in edges if edge.end == area])
        if not moved:
            return


def _reduce(candidates: list[_Edge]) -> bool:
    """Take one Wh from a flow, from a line with room before a full one; False where none flows."""
    flowing = [edge for edge in candidates if edge.sent_wh > 0 and edge.line != _MESH]
    if not flowing:
        return False
    least = min(flowing, key=lambda edge: (edge.sent_wh >= edge.capacity_wh, edge.line))
    least.sent_wh -= 1
    return True


def _shrink_trees(
    problem: ClearingProblem, edges: list[_Edge], below: dict[int, list[int]], t: int
) -> bool:
    """Take single Wh off what crosses the border of trees beyond their limits; True if any."""
    moved = False
    for area, members in below.items():
        most_out = int(problem.areas.export_limit_wh[area, t])
        most_in = int(problem.areas.import_limit_wh[area, t])
        inside = set(members)
        net = sum(_exports(edges, member) for member in members)
        if net > most_out and most_out < NO_LIMIT_WH:
            leaving = [e for e in edges if e.start in inside and e.end not in inside]
            # What lines inside lose counts as exported too, and is rounded up.
            lossy = [e for e in edges if e.start in inside and e.end in inside and e.loss_ppm]
            moved |= _reduce(leaving) or _reduce(lossy)
        elif -net > most_in and most_in < NO_LIMIT_WH:
            moved |= _reduce([e for e in edges if e.end in inside and e.start not in inside])
    return moved
