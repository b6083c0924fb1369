"""Curtailment by rule: what is done when no cure was found in time, and whether it is enough.

The one idea to know: it needs no solver and always ends. The worst broken limit first: of the
units with a hand in it, those whose own power makes it worse give up the same part of that power,
the smallest part that is enough by the power flow; if all of it is not enough, units move as far as
they may in whichever direction relieves it. First those that can be steered; what nobody steers is
cut only where they do not suffice. What then remains is said.

The same part counts over time: of what a unit could have given up so far, this time included. Who
has borne less than others gives more until it has borne as much, see `_given`.

The part is found by trying sixteen parts at once, and between two of them sixteen again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.network import BoolArray, FloatArray, IntArray
from clearing.redispatch.found import UNMOVED_ROW, UNSOLVED_ROW, Change, no_change
from clearing.redispatch.limits import Flow, Limits, levels, responses
from clearing.redispatch_problem import RedispatchProblem

#: Each round cures a limit or finds that it cannot be; a village breaks a few at once.
_STEPS_MAX: Final = 80
#: Units that can be steered and answer with less than this part of the best placed one's effect
#: are left alone.
_WELL_PLACED: Final = 0.2
#: The same for what nobody steers: all of a feeder bear what only its end would have to.
_CONCERNED: Final = 0.1
#: A limit that all of them together move by less than this, per unit, is not theirs to relieve.
_WORTHWHILE: Final = 1e-6
_PARTS: Final = 16
#: Sixteen parts, three times: 1/4096 of what could be taken.
_DEPTH: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """Who is asked, and how far."""

    lowest_w: IntArray  # (u,) how far down each may go
    to_rest: bool  # only what makes it worse, and no further than to nothing
    placed: float  # who answers with less than this part of the best placed one is left alone


def by_rule(
    problem: RedispatchProblem, flow: Flow, limits: Limits, expired: Callable[[], bool]
) -> Change:
    """The change by rule: the best that was seen, whether it cures or not."""
    now = no_change(problem)
    first = _solved_again(problem, flow, now)
    if first is None:
        return now
    now = best = first
    left = np.inf
    stages = _stages(problem)
    # Rows nothing more can be done for, stage by stage.
    given_up = np.zeros((len(stages), len(limits.bound)), dtype=np.bool_)
    for _ in range(_STEPS_MAX):
        found = responses(problem, flow, problem.scheduled_w + now.change_w, problem.floor_w)
        if found is None:
            break
        level, slope = found
        excess = np.where(limits.broken(level), level - limits.bound, 0.0)
        if excess.sum() < left:
            best, left = now, float(excess.sum())
        chosen = None if expired() else _next_step(problem, stages, excess, slope, now, given_up)
        if chosen is None:
            break
        row, stage, step = chosen
        taken, enough = _smallest(problem, flow, now.change_w, step, _kept(limits, row))
        given_up[stage, row] = not enough
        moved = (taken != now.change_w) & (now.row == UNMOVED_ROW)
        now = Change(
            change_w=taken,
            row=np.where(moved, row, now.row),
            asked_w=_asked(now, step),
        )
    return best


def _stages(problem: RedispatchProblem) -> tuple[_Stage, ...]:
    """What can be steered, to rest and then as far as it may; then the same with all there is."""
    steered, floor = problem.lowest_w, problem.floor_w
    found = [_Stage(lowest_w=steered, to_rest=rest, placed=_WELL_PLACED) for rest in (True, False)]
    if (floor < steered).any():
        found += [_Stage(lowest_w=floor, to_rest=rest, placed=_CONCERNED) for rest in (True, False)]
    return tuple(found)


def _next_step(
    problem: RedispatchProblem,
    stages: tuple[_Stage, ...],
    excess: FloatArray,
    slope: FloatArray,
    now: Change,
    given_up: BoolArray,
) -> tuple[int, int, IntArray] | None:
    """The worst limit for which somebody can still move: its row, the stage, and how far each."""
    for row in np.argsort(-excess, kind="stable").tolist():
        if excess[row] <= 0:
            return None
        for number in np.flatnonzero(~given_up[:, row]).tolist():
            step = _step(problem, slope[row], now.change_w, stages[number])
            if np.abs(slope[row] * step).sum() > _WORTHWHILE:
                return row, number, step
            given_up[number, row] = True
    return None


def _kept(limits: Limits, row: int) -> Callable[[FloatArray], BoolArray]:
    def kept(level: FloatArray) -> BoolArray:
        found: BoolArray = level[:, row] <= limits.bound[row]
        return found

    return kept


def _step(
    problem: RedispatchProblem, slope: FloatArray, change_w: IntArray, stage: _Stage
) -> IntArray:
    """(u,) how far each unit may go for a limit."""
    power = problem.scheduled_w + change_w
    down = slope > 0
    # By a rule that goes further a unit may be below what it may be steered to.
    below = np.maximum(power - stage.lowest_w, 0)
    room: IntArray = np.where(down, below, problem.highest_w - power)
    if stage.to_rest:
        worsens = power * slope > 0
        room = np.where(worsens, np.minimum(room, np.abs(power)), 0)
    effect = np.where(room > 0, np.abs(slope), 0.0)
    room = np.where(effect >= stage.placed * effect.max(initial=0.0), room, 0)
    step: IntArray = np.where(down, -room, np.where(slope < 0, room, 0))
    return step


def _asked(now: Change, step_w: IntArray) -> IntArray:
    """(u,) what units were asked for until now, with this step."""
    reach = np.where(step_w != 0, np.abs(now.change_w) + np.abs(step_w), 0)
    before = np.zeros_like(reach) if now.asked_w is None else now.asked_w
    asked: IntArray = np.maximum(before, reach)
    return asked


def _given(
    problem: RedispatchProblem, change_w: IntArray, step_w: IntArray, part: FloatArray
) -> IntArray:
    """(s, u) how far of a step each unit goes so that all have given up a part (s,) of their all.

    Their all is what they could have given up so far, earlier rounds and this step included; who
    has given that part already goes nowhere, who cannot reach it goes all the way. Where nobody has
    borne anything it is the same part of the step.
    """
    nothing = np.zeros_like(step_w)
    borne = (nothing if problem.borne_w is None else problem.borne_w) + np.abs(change_w)
    offered = (nothing if problem.offered_w is None else problem.offered_w) + np.abs(change_w)
    whole = part[:, np.newaxis] * (offered + np.abs(step_w)) - borne
    # Whole watts, never less than the part.
    given: IntArray = np.clip(np.ceil(whole), 0, np.abs(step_w)).astype(np.int64)
    return given


def _depth(problem: RedispatchProblem, change_w: IntArray, step_w: IntArray) -> int:
    """How often the part is divided by sixteen: the longer the account, the finer its parts."""
    asked = np.abs(step_w) > 0
    offered = np.abs(change_w) + (0 if problem.offered_w is None else problem.offered_w)
    longest = float(offered[asked].max(initial=0)) / float(np.abs(step_w).max(initial=1))
    return _DEPTH + int(np.ceil(np.log(1 + longest) / np.log(_PARTS)))


def _smallest(
    problem: RedispatchProblem,
    flow: Flow,
    change_w: IntArray,
    step_w: IntArray,
    enough: Callable[[FloatArray], BoolArray],
) -> tuple[IntArray, bool]:
    """The change with the smallest part of a step that is enough, and whether any is."""
    low, high = 0.0, 1.0

    def at(parts: FloatArray) -> IntArray:
        whole = _given(problem, change_w, step_w, parts)
        changes: IntArray = change_w + np.where(step_w < 0, -whole, whole)
        return changes

    reached = False
    for _ in range(_depth(problem, change_w, step_w)):
        parts = low + (high - low) * np.arange(1, _PARTS + 1) / _PARTS
        found = flow(problem.scheduled_w + at(parts))
        good = found.converged & enough(levels(found))
        if not good.any():
            break
        reached, place = True, int(good.argmax())
        low, high = (parts[place - 1] if place else low), float(parts[place])
    return at(np.array([high]))[0], reached


def _solved_again(problem: RedispatchProblem, flow: Flow, now: Change) -> Change | None:
    """A change at which the grid has an operating point: none, or the same part of all power.

    First of what can be steered, then of all. None: not even with everything at rest that can be.
    """
    if flow(problem.power_w).converged[0]:
        return now
    scheduled = problem.scheduled_w
    for lowest in (problem.lowest_w, problem.floor_w):
        to_rest = np.clip(0, lowest, problem.highest_w) - scheduled
        changes = np.rint(np.arange(_PARTS + 1)[:, np.newaxis] / _PARTS * to_rest).astype(np.int64)
        solved = flow(scheduled + changes).converged
        if solved.any():
            # One part more than has to be: at the very edge nothing can be said of what answers to
            # what.
            taken = changes[min(int(solved.argmax()) + 1, _PARTS)]
            row = np.where(taken != 0, UNSOLVED_ROW, UNMOVED_ROW)
            return Change(change_w=taken, row=row, asked_w=np.abs(to_rest))
    return None
