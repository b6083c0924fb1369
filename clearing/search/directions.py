"""Which way a line flows where nothing but the book of the same interval couples it.

The one idea to know: intervals are searched one after the other, each by branch and bound over the
direction of a circle that is closed. At positive prices no circle with losses pays, and nothing
happens here.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush
from itertools import count
from typing import Final

import numpy as np

from clearing.problem import ClearingProblem
from clearing.refine import Fixing, Relaxation, State, nothing_fixed
from clearing.search.circles import Step, circle, without_idle_circles
from clearing.search.found import Found

#: Points of the tree looked at per interval: a count and no clock, so the result is reproducible.
_POINTS_MAX: Final = 200
#: Costs within this share are equal.
_COST_TOLERANCE: Final = 1e-9


def search_directions(problem: ClearingProblem, relaxation: Relaxation) -> Found:
    """The cheapest flows without circles."""
    fixing = nothing_fixed(problem)
    state = without_idle_circles(problem, relaxation.solve(fixing))
    slack, proven = 0.0, True
    for t in range(problem.n_intervals):
        if circle(problem, state.forward_wh[:, t], state.backward_wh[:, t]) is None:
            continue
        fixing, gap = _branch(problem, relaxation, fixing, t)
        state = without_idle_circles(problem, relaxation.solve(fixing))
        slack += gap
        proven = proven and gap <= _COST_TOLERANCE * (1.0 + abs(state.cost))
    return Found(
        state=state,
        fixing=fixing,
        cost_bound=state.cost - slack,
        proven=proven,
        reproducible=True,
        points=0,
    )


def _branch(
    problem: ClearingProblem, relaxation: Relaxation, fixing: Fixing, t: int
) -> tuple[Fixing, float]:
    """Best-bound search over the closed directions of interval t.

    Returns the fixing of the best flows found, and how far (quanta) they may be from the best
    there is: 0 when the tree was emptied.
    """
    order = count()
    open_points = [(relaxation.solve(fixing).cost, next(order), fixing)]
    best_cost, best = np.inf, fixing
    looked_at = 0
    while open_points:
        bound, _, here = heappop(open_points)
        tolerance = _COST_TOLERANCE * (1.0 + abs(bound))
        if bound >= best_cost - tolerance:
            return best, 0.0
        # Past the limit the search dives: the best point is finished without a tree.
        dive = looked_at >= _POINTS_MAX
        state = without_idle_circles(problem, relaxation.solve(here))
        looked_at += 1
        steps = circle(problem, state.forward_wh[:, t], state.backward_wh[:, t])
        if steps is None:
            if state.cost < best_cost:
                best_cost, best = state.cost, here
            if dive:
                return best, max(0.0, best_cost - bound) if best_cost < np.inf else 0.0
            continue
        if dive and best_cost < np.inf:
            return best, max(0.0, best_cost - bound)
        for step in cheapest_first(steps, state, t)[: 1 if dive else None]:
            child = closing(here, step, t)
            cost = relaxation.solve(child).cost
            if cost < best_cost - tolerance or best_cost == np.inf:
                heappush(open_points, (cost, next(order), child))
    return best, 0.0


def closing(fixing: Fixing, step: Step, t: int) -> Fixing:
    """The fixing with one more direction of a line closed."""
    line, backward = step
    name = "closed_backward" if backward else "closed_forward"
    closed = getattr(fixing, name).copy()
    closed[line, t] = True
    return replace(fixing, **{name: closed})


def cheapest_first(steps: list[Step], state: State, t: int) -> list[Step]:
    """The steps of a circle, least flow first: closing that one is likely to cost least."""

    def sent(step: Step) -> tuple[float, Step]:
        line, backward = step
        return (float((state.backward_wh if backward else state.forward_wh)[line, t]), step)

    return sorted(steps, key=sent)
