"""What the owner of a block would object to: its ratio, its parent, its group, a loss.

The one idea to know: with s the surplus of a whole block at the prices, a family's gain is

    F(b) = s(b) + Σ F(c) over the accepted children c held at b's ratio,

what is lost when b and all that must follow it take a little less. No accepted block has F < 0; one
that could take more or less freely has F = 0; the members of an exclusive group that share all of
it have equal F, or energy would move between them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.check.whole import half_even, most, sums, wide
from clearing.problem import PPB, BoolArray, ClearingProblem, IntArray, Rung

FloatArray = NDArray[np.float64]
#: Sums of doubles are off by less than this share of what was added.
_DOUBLES: Final = 1e-13
#: Ratios are rounded to billionths: a group this close to all of it is used up.
_ROUNDED_PPB: Final = 8


def accepted_wh(problem: ClearingProblem, ratio_ppb: IntArray) -> IntArray:
    """(g,) Wh accepted of each leg: whole Wh next to ratio x energy, halves to even."""
    blocks = problem.blocks
    ratio, energy = wide(
        most(blocks.leg_energy_wh) * PPB, ratio_ppb[blocks.leg_block], blocks.leg_energy_wh
    )
    return half_even(ratio * energy, PPB)


def block_refusals(problem: ClearingProblem, ratio_ppb: IntArray, rung: Rung) -> list[str]:
    """Ratios that an owner did not allow, children without their parents, groups taken twice."""
    blocks = problem.blocks
    if not len(blocks):
        return []
    if rung in (Rung.MERIT_ORDER, Rung.CANCELLED):
        return ["a block is accepted on a rung without blocks"] if ratio_ppb.any() else []
    has_parent, in_group = blocks.parent >= 0, blocks.group >= 0
    rules = [
        ("accepted below its minimum", (ratio_ppb > 0) & (ratio_ppb < blocks.ratio_min_ppb)),
        ("accepted more than its parent", has_parent & (ratio_ppb > ratio_ppb[blocks.parent])),
        ("in a group accepted more than once", in_group & (_group_ppb(problem, ratio_ppb) > PPB)),
    ]
    return [
        f"block {int(np.flatnonzero(wrong)[0])}: {text}" for text, wrong in rules if wrong.any()
    ]


def _group_ppb(problem: ClearingProblem, ratio_ppb: IntArray) -> IntArray:
    """(b,) sum of the ratios of each block's group; its own ratio where it has none."""
    group = problem.blocks.group
    _, number = np.unique(group, return_inverse=True)
    total = sums(number, ratio_ppb, int(number.max(initial=0)) + 1)[number]
    return np.where(group >= 0, total, ratio_ppb)


def unsupported_blocks(
    problem: ClearingProblem,
    ratio_ppb: IntArray,
    low_ticks: FloatArray,
    high_ticks: FloatArray,
    near_ticks: float,
    *,
    strict: bool = False,
) -> BoolArray:
    """(b,) blocks whose rules no area prices between `low_ticks` and `high_ticks` (n, t) keep.

    `near_ticks` is how exactly the prices are known, per Wh of a block's legs. Where a child shares
    a group, what it would hand up to its parent is known only in part; `strict` leaves no such room.
    """
    blocks = problem.blocks
    accepted, partial = ratio_ppb > 0, (ratio_ppb > 0) & (ratio_ppb < PPB)
    held = accepted & (blocks.parent >= 0) & (ratio_ppb == ratio_ppb[blocks.parent])
    full = partial & (blocks.group >= 0) & (_group_ppb(problem, ratio_ppb) >= PPB - _ROUNDED_PPB)
    least, highest = _surplus(problem, low_ticks, high_ticks, near_ticks)
    for children in _deepest_first(problem):
        joined = children[held[children]]
        unknown = full[joined] & (not strict)
        handed_up = np.where(unknown, np.minimum(least[joined], 0.0), least[joined])
        np.add.at(least, blocks.parent[joined], handed_up)
        np.add.at(highest, blocks.parent[joined], highest[joined])
    wrong: BoolArray = (accepted & (highest < 0)) | (partial & ~held & ~full & (least > 0))
    # Between the members of a full group no energy wants to move; a held one could not take more.
    _, number = np.unique(blocks.group, return_inverse=True)
    dearest = np.full(int(number.max(initial=0)) + 1, -np.inf)
    movable = full if strict else full & ~held
    np.maximum.at(dearest, number[movable], least[movable])
    wrong |= full & (highest < dearest[number])
    return wrong


def _surplus(
    problem: ClearingProblem, low_ticks: FloatArray, high_ticks: FloatArray, near_ticks: float
) -> tuple[FloatArray, FloatArray]:
    """(b,) least and highest surplus of whole blocks, without their children, in ticks x Wh."""
    blocks = problem.blocks
    block, energy = blocks.leg_block, blocks.leg_energy_wh.astype(np.float64)
    place = blocks.area[block], blocks.leg_interval
    sell, limit = blocks.is_sell[block], blocks.price_ticks[block]
    least = energy * np.where(sell, low_ticks[place] - limit, limit - high_ticks[place])
    highest = energy * np.where(sell, high_ticks[place] - limit, limit - low_ticks[place])
    near = energy * near_ticks + _DOUBLES * (np.abs(least) + np.abs(highest))
    total = np.zeros((2, len(blocks)))
    np.add.at(total[0], block, least - near)
    np.add.at(total[1], block, highest + near)
    return total[0], total[1]


def _deepest_first(problem: ClearingProblem) -> list[IntArray]:
    """Blocks with a parent, those with the most above them first."""
    parent = problem.blocks.parent.astype(np.int64)
    above, depth = parent.copy(), np.zeros(len(parent), dtype=np.int64)
    while (above >= 0).any():
        depth += above >= 0
        above = np.where(above >= 0, parent[above], -1)
    return [np.flatnonzero(depth == level) for level in range(int(depth.max(initial=0)), 0, -1)]
