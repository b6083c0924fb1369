"""Whether the published ticks are the exact prices, rounded half to even.

The one idea to know: prices that loss-less lines or limits with room tie together a whole number of
ticks apart must stay exactly that far apart. Only halves can part them: of such a set the first
price is rounded, the others follow.
"""

from __future__ import annotations

import numpy as np

from clearing.check.facts import inside_of, outside_of
from clearing.check.grid import Grid
from clearing.check.whole import half_even
from clearing.problem import MICRO, BoolArray, ClearingProblem, ClearingResult, IntArray


def tick_refusals(
    problem: ClearingProblem,
    result: ClearingResult,
    grid: Grid,
    exact_microticks: IntArray,
    known: BoolArray,
) -> list[str]:
    """Published ticks that are not the rounded exact prices.

    `exact_microticks` (2 n t,) holds area prices, then connection prices; `known` (n t,) says where
    they are more than a guess: a price whose set holds a guess may be rounded either way.
    """
    due = half_even(exact_microticks, MICRO)
    half = exact_microticks % MICRO == MICRO // 2
    unsure = np.zeros(len(due), dtype=np.bool_)
    if half.any():
        leader, unsure = _sets(problem, grid, exact_microticks, known)
        follows = due[leader] + (exact_microticks - exact_microticks[leader]) // MICRO
        due = np.where(half, follows, due)
    published = np.concatenate(
        [result.price_ticks.reshape(-1), result.connection_price_ticks.reshape(-1)]
    )
    wrong = published != due
    wrong &= ~(half & unsure & (2 * np.abs(published * MICRO - exact_microticks) == MICRO))
    wrong &= np.tile(result.has_price.reshape(-1), 2)
    refused, t = [], problem.n_intervals
    for number in np.flatnonzero(wrong)[:10].tolist():
        kind, node = divmod(number, problem.n_areas * t)
        refused.append(
            f"area {node // t}, interval {node % t}: {'connection ' * kind}price "
            f"{published[number]}, due {due[number]}"
        )
    return refused


def _sets(
    problem: ClearingProblem, grid: Grid, exact: IntArray, known: BoolArray
) -> tuple[IntArray, BoolArray]:
    """First price of every price's set, and whether a guess may belong to the set."""
    lines = problem.lines
    inside, outside = inside_of(problem), outside_of(problem)
    free = np.flatnonzero(grid.free & (lines.loss_ppm == 0))
    near, far = outside[lines.from_area[free]], outside[lines.to_area[free]]
    one = np.concatenate([inside.reshape(-1), near.reshape(-1), far.reshape(-1)])
    other = np.concatenate([outside.reshape(-1), far.reshape(-1), near.reshape(-1)])
    fees = np.concatenate([lines.fee_forward_ticks[free], lines.fee_backward_ticks[free]])
    apart = np.concatenate([np.zeros(inside.size, np.int64), np.repeat(fees, problem.n_intervals)])
    every = np.tile(known, 2)
    guess = ~every[one] | ~every[other]
    tied = exact[other] - exact[one] == apart * MICRO
    leader = _leaders(len(exact), one[tied], other[tied])
    unsure = np.zeros(len(exact), dtype=np.bool_)
    for end in (one, other):
        unsure[leader[end[guess]]] = True
    return leader, unsure[leader]


def _leaders(count: int, one: IntArray, other: IntArray) -> IntArray:
    """(count,) lowest number among all that the pairs join, directly or through others."""
    leader = np.arange(count)
    while True:
        before = leader.copy()
        least = np.minimum(leader[one], leader[other])
        np.minimum.at(leader, one, least)
        np.minimum.at(leader, other, least)
        leader = leader[leader]
        if (leader == before).all():
            return leader
