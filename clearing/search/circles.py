"""Energy that runs in a circle: where there is some, and taking out what moves nothing.

The one idea to know: at negative prices burning energy pays, and a lossy line that carries both
directions at once, or a circle of lossy lines, does just that. Grids cannot. Circles of loss-less
lines burn nothing and are taken out by arithmetic; for the others `clearing.search` closes a
direction. Lines of a mesh follow their factors and are left out here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from clearing.curves import FloatArray
from clearing.problem import ClearingProblem, free_lines
from clearing.refine import State

#: Flows below this many Wh are none.
FLOW_WH: Final = 1e-6

#: A step of a circle: line, and True where it is used backward.
Step = tuple[int, bool]


def circle(
    problem: ClearingProblem, forward_wh: FloatArray, backward_wh: FloatArray
) -> list[Step] | None:
    """A directed circle of flow among the lines (l,) of one interval; None where there is none."""
    lines = problem.lines
    leaving: dict[int, list[tuple[int, Step]]] = {}
    for line in free_lines(problem).tolist():
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


def without_idle_circles(problem: ClearingProblem, state: State) -> State:
    """The same state less the circles of loss-less lines, which move nothing."""
    free = np.zeros(len(problem.lines), dtype=np.bool_)
    free[free_lines(problem)] = True
    free &= problem.lines.loss_ppm == 0
    if not free.any():
        return state
    forward, backward = state.forward_wh.copy(), state.backward_wh.copy()
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
    return replace(state, forward_wh=forward, backward_wh=backward)
