"""The cheapest cure: linearise, solve, look with a real power flow, linearise there, again.

The one idea to know: the model is only asked where to go; whether it got there the power flow
says. Limits enter the model once they are broken or a change would break them, so it stays small.
The first cure is improved by one more look from where it stands, since the slopes there are
truer; the cheapest that the power flow has seen keep every limit is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.network import BoolArray, FloatArray, IntArray
from clearing.redispatch.found import BALANCE_ROW, UNMOVED_ROW, Change, cost_quanta
from clearing.redispatch.limits import Flow, Limits, responses
from clearing.redispatch.model import Cheapest, Groups, groups_of, solve
from clearing.redispatch_problem import RedispatchProblem
from clearing.solver import SolverFailedError

#: Three or four settle a village; what needs more is bending too much for straight lines.
_ROUNDS_MAX: Final = 10
#: The model stays this far inside a limit, per unit, and twice as far each time it missed one:
#: whole watts and bent curves are not in it.
_MARGIN: Final = 2e-6
#: A cure that costs at most this part less than the last is no reason for another round.
_WORTHWHILE: Final = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """The grid at a change: what the linearisation says of it."""

    change_w: IntArray  # (u,)
    level: FloatArray  # (r,)
    slope: FloatArray  # (r, u) per watt


def cheapest(
    problem: RedispatchProblem, flow: Flow, limits: Limits, expired: Callable[[], bool]
) -> Change | None:
    """The cheapest cure found; None: the model knows none, or the clock had run out before it."""
    groups = groups_of(problem)
    known = np.zeros(len(limits.bound), dtype=np.bool_)
    best: Change | None = None
    best_cost, margin = 0, _MARGIN
    point = _look(problem, flow, np.zeros(problem.network.n_units, dtype=np.int64))
    for rounds in range(1, _ROUNDS_MAX + 1):
        if point is None or expired():
            break
        known |= limits.broken(point.level)
        answer = _answer(groups, limits, point, known, margin)
        if answer is None:
            break
        change_w = _whole(problem, groups, answer.change_w)
        row = _rows(point, known, answer.worth, change_w)
        point = _look(problem, flow, change_w)
        if point is None or limits.broken(point.level).any():
            margin *= 2
            continue
        cost = cost_quanta(problem, change_w)
        improved = best is None or cost < best_cost
        enough = best is not None and cost >= best_cost - _WORTHWHILE * abs(best_cost)
        if improved:
            best, best_cost = Change(change_w=change_w, row=row, rounds=rounds), cost
        if enough:
            break
    return best


def _look(problem: RedispatchProblem, flow: Flow, change_w: IntArray) -> _Point | None:
    found = responses(problem, flow, problem.scheduled_w + change_w, problem.lowest_w)
    if found is None:
        return None
    return _Point(change_w=change_w, level=found[0], slope=found[1])


def _answer(
    groups: Groups, limits: Limits, point: _Point, known: BoolArray, margin: float
) -> Cheapest | None:
    """The model's answer with all limits it should know; those it would break become known."""
    slope = point.slope[:, groups.unit]
    at = np.zeros(len(groups.unit))
    np.add.at(at, groups.of_member, point.change_w[groups.member])
    # Room for the whole change, not for one on top of the last.
    room = limits.bound - margin - point.level + slope @ at
    # Each pass adds a limit, so this ends.
    while True:
        rows = np.flatnonzero(known)
        if (~slope[rows].any(axis=1)).any():
            return None  # nobody who can move has a hand in it
        try:
            answer = solve(groups, slope[rows], room[rows])
        except SolverFailedError:
            return None
        missed = (slope @ answer.change_w > room + margin / 2) & ~known
        if not missed.any():
            return answer
        known |= missed


def _whole(problem: RedispatchProblem, groups: Groups, change_w: FloatArray) -> IntArray:
    """(u,) whole watts of the groups' change, shared by the room of their units.

    A group's total is the whole watt next to it; of a group, the units with the largest remainder
    take the last ones, then those that stand first.
    """
    total, group, member = np.rint(change_w).astype(np.int64), groups.of_member, groups.member
    scheduled = problem.scheduled_w[member]
    up = total[group] > 0
    room = np.where(up, problem.highest_w[member] - scheduled, scheduled - problem.lowest_w[member])
    group_room = np.where(total > 0, groups.room_up_w, groups.room_down_w)
    whole, rest = np.divmod(np.abs(total)[group] * room, np.maximum(group_room, 1)[group])
    missing = np.abs(total)
    np.subtract.at(missing, group, whole)
    order = np.lexsort((np.arange(len(rest)), -rest, group))
    place = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    whole[order] += place < missing[group[order]]
    shared = np.zeros(problem.network.n_units, dtype=np.int64)
    shared[member] = np.where(up, whole, -whole)
    return shared


def _rows(point: _Point, known: BoolArray, worth: FloatArray, change_w: IntArray) -> IntArray:
    """(u,) for whose sake each unit moves: the limit its move relieves most, by what that is worth.

    Who relieves none moves to balance the others, being cheaper than the replacement.
    """
    rows = np.flatnonzero(known)
    relief = -(point.slope[rows] * np.sign(change_w)) * worth[:, np.newaxis]
    found = rows[relief.argmax(axis=0)]
    # What is worth less than moving at all is accuracy, not reason.
    found = np.where(relief.max(axis=0) > 0, found, BALANCE_ROW)
    chosen: IntArray = np.where(change_w == 0, UNMOVED_ROW, found).astype(np.int64)
    return chosen
