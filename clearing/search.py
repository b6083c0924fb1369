"""Which way a line flows: closing directions until no energy runs in a circle.

The one idea to know: at negative prices burning energy pays, and a lossy line that carries both
directions at once, or a circle of lossy lines, does just that. Grids cannot, so wherever the
continuous solution holds a directed circle with a loss in it, one of its directions must be closed:
branch and bound over which one. Circles without losses burn nothing and are taken out by
arithmetic. At positive prices no circle with losses ever pays, and nothing here happens.

Intervals are searched one after the other: nothing but the book of the same interval couples them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from typing import Final

import numpy as np

from clearing.curves import FloatArray
from clearing.problem import BoolArray, ClearingProblem
from clearing.refine import Flows, Relaxation

#: Points of the tree looked at per interval: a count and no clock, so the result is reproducible.
_NODES_MAX: Final = 200
#: Flows below this many Wh are none.
FLOW_WH: Final = 1e-6
#: Costs within this share are equal.
_COST_TOLERANCE: Final = 1e-9

#: A step of a circle: line, and True where it is used backward.
Step = tuple[int, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best flows without circles, what was closed to get them, and a proven lower cost."""

    flows: Flows
    closed_forward: BoolArray  # (l, t)
    closed_backward: BoolArray  # (l, t)
    cost_bound: float  # no flows without circles cost less; equals flows.cost when proven
    proven: bool


def search(problem: ClearingProblem, relaxation: Relaxation) -> Found:
    """The cheapest flows without circles."""
    shape = (len(problem.lines), problem.n_intervals)
    closed = (np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_))
    flows = _without_idle_circles(problem, relaxation.solve(*closed))
    slack, proven = 0.0, True
    for t in range(problem.n_intervals):
        if circle(problem, flows.forward_wh[:, t], flows.backward_wh[:, t]) is None:
            continue
        best, gap = _branch(problem, relaxation, closed, t)
        closed = (best[0], best[1])
        flows = _without_idle_circles(problem, relaxation.solve(*closed))
        slack += gap
        proven = proven and gap <= _COST_TOLERANCE * (1.0 + abs(flows.cost))
    return Found(
        flows=flows,
        closed_forward=closed[0],
        closed_backward=closed[1],
        cost_bound=flows.cost - slack,
        proven=proven,
    )


def _branch(
    problem: ClearingProblem, relaxation: Relaxation, closed: tuple[BoolArray, BoolArray], t: int
) -> tuple[tuple[BoolArray, BoolArray], float]:
    """Best-bound search over the closed directions of interval t.

    Returns the closed directions of the best flows found, and how far (quanta) they may be from
    the best there is: 0 when the tree was emptied.
    """
    root = relaxation.solve(*closed)
    order = count()
    open_points = [(root.cost, next(order), closed)]
    best_cost, best = np.inf, closed
    looked_at = 0
    while open_points:
        bound, _, here = heappop(open_points)
        tolerance = _COST_TOLERANCE * (1.0 + abs(bound))
        if bound >= best_cost - tolerance:
            return best, 0.0
        # Past the limit the search dives: the best point is finished without a tree.
        dive = looked_at >= _NODES_MAX
        flows = _without_idle_circles(problem, relaxation.solve(*here))
        looked_at += 1
        steps = circle(problem, flows.forward_wh[:, t], flows.backward_wh[:, t])
        if steps is None:
            if flows.cost < best_cost:
                best_cost, best = flows.cost, here
            if dive:
                return best, max(0.0, best_cost - bound) if best_cost < np.inf else 0.0
            continue
        if dive and best_cost < np.inf:
            return best, max(0.0, best_cost - bound)
        for line, backward in _cheapest_first(steps, flows, t)[: 1 if dive else None]:
            child = (here[0].copy(), here[1].copy())
            child[1 if backward else 0][line, t] = True
            cost = relaxation.solve(*child).cost
            if cost < best_cost - tolerance or best_cost == np.inf:
                heappush(open_points, (cost, next(order), child))
    return best, 0.0


def _cheapest_first(steps: list[Step], flows: Flows, t: int) -> list[Step]:
    """The steps of a circle, least flow first: closing that one is likely to cost least."""

    def sent(step: Step) -> tuple[float, Step]:
        line, backward = step
        return (float((flows.backward_wh if backward else flows.forward_wh)[line, t]), step)

    return sorted(steps, key=sent)


def circle(
    problem: ClearingProblem, forward_wh: FloatArray, backward_wh: FloatArray
) -> list[Step] | None:
    """A directed circle of flow among the lines (l,) of one interval; None where there is none."""
    lines = problem.lines
    leaving: dict[int, list[tuple[int, Step]]] = {}
    for line in range(len(lines)):
        start, end = int(lines.from_area[line]), int(lines.to_area[line])
        if forward_wh[line] > FLOW_WH:
            leaving.setdefault(start, []).append((end, (line, False)))
        if backward_wh[line] > FLOW_WH:
            leaving.setdefault(end, []).append((start, (line, True)))
    done: set[int] = set()
    for start in sorted(leaving):
        found = _circle_from(start, leaving, done)
        if found is not None:
            return found
    return None


def _circle_from(
    start: int, leaving: dict[int, list[tuple[int, Step]]], done: set[int]
) -> list[Step] | None:
    """Depth-first walk from `start`; areas in `done` are known to lead into no circle."""
    if start in done:
        return None
    path: list[int] = [start]
    steps: list[Step] = []
    waiting = [iter(leaving.get(start, []))]
    while waiting:
        following = next(waiting[-1], None)
        if following is None:
            done.add(path.pop())
            waiting.pop()
            if steps:
                steps.pop()
            continue
        area, step = following
        if area in path:
            return [*steps[path.index(area) :], step]
        if area not in done:
            path.append(area)
            steps.append(step)
            waiting.append(iter(leaving.get(area, [])))
    return None


def _without_idle_circles(problem: ClearingProblem, flows: Flows) -> Flows:
    """The same flows less the circles of loss-less lines, which move nothing."""
    if not len(problem.lines):
        return flows
    forward, backward = flows.forward_wh.copy(), flows.backward_wh.copy()
    free = problem.lines.loss_ppm == 0
    for t in range(problem.n_intervals):
        while True:
            steps = circle(
                problem, np.where(free, forward[:, t], 0.0), np.where(free, backward[:, t], 0.0)
            )
            if steps is None:
                break
            arrays = [(backward if turned else forward, line) for line, turned in steps]
            least = min(float(array[line, t]) for array, line in arrays)
            for array, line in arrays:
                array[line, t] -= least
    return replace(flows, forward_wh=forward, backward_wh=backward)
