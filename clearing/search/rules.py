"""What a continuous solution breaks, and what would mend it.

The one idea to know: everything the linear program may not decide is a direction or a block. A
conflict names what it is about and the bounds that would end it, each a way to branch; closing the
least of every conflict at once is the dive.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from clearing.curves import FloatArray
from clearing.problem import PPB, BoolArray, ClearingProblem, IntArray
from clearing.refine import Fixing, State
from clearing.search.circles import FLOW_WH, Step, circle, without_idle_circles
from clearing.search.directions import cheapest_first, closing

#: Ratios this close to 0, to 1 or to the minimum acceptance ratio are there.
RATIO_EQUAL: Final = 1e-7


def flow_circles(problem: ClearingProblem, state: State) -> list[tuple[int, list[Step]]]:
    """Interval and steps of one circle in every interval that has any that burns energy."""
    found: list[tuple[int, list[Step]]] = []
    if not (problem.lines.loss_ppm > 0).any():
        return found
    state = without_idle_circles(problem, state)
    for t in range(problem.n_intervals):
        steps = circle(problem, state.forward_wh[:, t], state.backward_wh[:, t])
        if steps is not None:
            found.append((t, steps))
    return found


def both_ways(state: State) -> IntArray:
    """(k, 2) storage and interval of every charge beside a discharge."""
    return np.argwhere((state.charge_wh > FLOW_WH) & (state.discharge_wh > FLOW_WH))


def ratio_min(problem: ClearingProblem) -> FloatArray:
    """(b,) minimum acceptance ratios as numbers."""
    return problem.blocks.ratio_min_ppb / PPB


def split_blocks(problem: ClearingProblem, state: State) -> BoolArray:
    """(b,) accepted, but below the minimum acceptance ratio."""
    low = ratio_min(problem)
    split: BoolArray = (state.ratio > RATIO_EQUAL) & (state.ratio < low - RATIO_EQUAL)
    return split


def accepted_blocks(state: State) -> BoolArray:
    """(b,) accepted at all."""
    accepted: BoolArray = state.ratio > RATIO_EQUAL
    return accepted


def with_out(fixing: Fixing, blocks: BoolArray | int) -> Fixing:
    """The fixing with blocks kept out."""
    high = fixing.ratio_high.copy()
    high[blocks] = 0.0
    return replace(fixing, ratio_high=high)


def with_in(problem: ClearingProblem, fixing: Fixing, blocks: BoolArray | int) -> Fixing:
    """The fixing with blocks accepted, at their minimum acceptance ratio at least."""
    low = fixing.ratio_low.copy()
    low[blocks] = ratio_min(problem)[blocks]
    return replace(fixing, ratio_low=low)


def only(fixing: Fixing, blocks: BoolArray) -> Fixing:
    """The fixing with some blocks free between 0 and 1 and all others out."""
    return replace(
        fixing,
        ratio_low=np.zeros_like(fixing.ratio_low),
        ratio_high=np.where(blocks, 1.0, 0.0),
    )


def without_storage_side(fixing: Fixing, s: int, t: int, *, charge: bool) -> Fixing:
    """The fixing with one direction of a storage closed in an interval."""
    name = "closed_charge" if charge else "closed_discharge"
    closed = getattr(fixing, name).copy()
    closed[s, t] = True
    return replace(fixing, **{name: closed})


def branches(problem: ClearingProblem, fixing: Fixing, state: State) -> list[Fixing]:
    """Ways to end one conflict of directions; empty where there is none."""
    for s, t in both_ways(state).tolist():
        least = bool(state.charge_wh[s, t] < state.discharge_wh[s, t])
        return [without_storage_side(fixing, s, t, charge=charge) for charge in (least, not least)]
    for t, steps in flow_circles(problem, state):
        return [closing(fixing, step, t) for step in cheapest_first(steps, state, t)]
    return []


def mended(problem: ClearingProblem, fixing: Fixing, state: State) -> Fixing | None:
    """The fixing that ends every conflict at once, each at its least; None where there is none.

    Blocks below their minimum acceptance are kept out, so what a dive ends with is supported by
    prices unless a block was forced in.
    """
    split = split_blocks(problem, state)
    pairs, circles = both_ways(state).tolist(), flow_circles(problem, state)
    if not (split.any() or pairs or circles):
        return None
    after = with_out(fixing, _least_accepted(problem, state, split)) if split.any() else fixing
    for s, t in pairs:
        charge = bool(state.charge_wh[s, t] < state.discharge_wh[s, t])
        after = without_storage_side(after, s, t, charge=charge)
    for t, steps in circles:
        after = closing(after, cheapest_first(steps, state, t)[0], t)
    return after


def _least_accepted(problem: ClearingProblem, state: State, split: BoolArray) -> BoolArray:
    """(b,) the half of the split blocks furthest from their minimum acceptance.

    What they leave makes room for the others, which may then be accepted whole.
    """
    share = np.where(split, state.ratio / ratio_min(problem), np.inf)
    least: BoolArray = share <= np.median(share[split])
    return least
