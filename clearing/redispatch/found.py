"""What was found, and how it is told: cost, violations before and after, a reason for every unit."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.network import FloatArray, IndexArray, IntArray, PowerFlow
from clearing.redispatch.limits import Limits, levels, violations
from clearing.redispatch_problem import (
    Limit,
    RedispatchProblem,
    RedispatchResult,
    RedispatchRung,
)

#: Stand in `Change.row` where there is no limit: nothing moves; the unit moves to balance others;
#: it moves because the grid had no operating point.
UNMOVED_ROW: Final = -1
BALANCE_ROW: Final = -2
UNSOLVED_ROW: Final = -3


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of all units, and the limit for whose sake each of them moves."""

    change_w: IntArray  # (u,)
    row: IntArray  # (u,) row of `Limits`, or one of the words above
    rounds: int = 0
    asked_w: IntArray | None = None  # (u,) by rule: see `offered_w`; None: nobody was asked


def no_change(problem: RedispatchProblem) -> Change:
    """Nobody moves."""
    count = problem.network.n_units
    return Change(
        change_w=np.zeros(count, dtype=np.int64),
        row=np.full(count, UNMOVED_ROW, dtype=np.int64),
    )


def cost_quanta(problem: RedispatchProblem, change_w: IntArray) -> int:
    """What the changes and their replacement cost the grid operator, half-even to the quantum."""
    replacement_w = -int(change_w.sum())
    price = problem.replacement_ask_ticks if replacement_w > 0 else problem.replacement_bid_ticks
    each = np.where(
        change_w > 0, change_w * problem.cost_up_ticks, -change_w * problem.cost_down_ticks
    )
    # Wh x tick = quantum; a sum of money may pass 64 bits.
    return round(Fraction((sum(each.tolist()) + replacement_w * price) * problem.minutes, 60))


def result_of(
    problem: RedispatchProblem,
    limits: Limits,
    change: Change,
    flows: tuple[PowerFlow, PowerFlow],
    rung: RedispatchRung,
    message: str,
) -> RedispatchResult:
    """The result of a change, with what flows before and after it (one step each)."""
    before, after = flows
    kind, element = _reasons(limits, np.where(change.change_w == 0, UNMOVED_ROW, change.row))
    left = violations(limits, levels(after)[0])
    return RedispatchResult(
        change_w=change.change_w,
        replacement_w=-int(change.change_w.sum()),
        cost_quanta=cost_quanta(problem, change.change_w),
        cured=len(left) == 0,
        before=violations(limits, levels(before)[0]),
        after=left,
        reason_kind=kind,
        reason_element=element,
        by_rule=rung in (RedispatchRung.RULE, RedispatchRung.FALLBACK),
        rung=rung,
        loss_before_w=_loss_w(before.loss_w),
        loss_after_w=_loss_w(after.loss_w),
        rounds=change.rounds,
        offered_w=np.zeros_like(change.change_w) if change.asked_w is None else change.asked_w,
        message=message,
    )


def unneeded(problem: RedispatchProblem, limits: Limits, now: PowerFlow) -> RedispatchResult:
    """The result where the schedule breaks no limit."""
    rung, text = RedispatchRung.NOT_NEEDED, "no limit is broken"
    return result_of(problem, limits, no_change(problem), (now, now), rung, text)


def _reasons(limits: Limits, row: IntArray) -> tuple[NDArray[np.int32], IndexArray]:
    """(u,) kind of the limit each unit moves for, and its element."""
    kind = np.full(len(row), Limit.NONE, dtype=np.int32)
    kind[row == BALANCE_ROW] = Limit.BALANCE
    kind[row == UNSOLVED_ROW] = Limit.NO_SOLUTION
    element = np.full(len(row), -1, dtype=np.int32)
    named = row >= 0
    kind[named], element[named] = limits.kind[row[named]], limits.element[row[named]]
    return kind, element


def _loss_w(loss_w: FloatArray) -> float | None:
    return None if np.isnan(loss_w[0]) else float(loss_w[0])
