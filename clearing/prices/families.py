"""Which accepted blocks, with what they carry, gain or lose at given prices.

The one idea to know: a parent may lose as long as its children make up for it, a leaf may not. So
what counts is the family: F(b) = surplus(b) + Σ F(c) over accepted children c that are held at
their parent's ratio. Every family must not lose. A block accepted in part that nothing else holds
(its parent's ratio, a group that is used up) must gain exactly nothing, or it would be accepted
more or less. Each such rule is one linear inequality of the area prices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearing.curves import FloatArray
from clearing.problem import PPB, BoolArray, ClearingProblem, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Families:
    """Rules of accepted blocks: Σ coefficient · π(node) − due ≥ 0, or = 0 where `exact`."""

    row: IntArray  # (e,) rule of each coefficient
    node: IntArray  # (e,) node of each coefficient
    coefficient_wh: FloatArray  # (e,) energy per unit of ratio, selling positive
    due_quanta: FloatArray  # (f,)
    exact: BoolArray  # (f,)
    size_wh: FloatArray  # (f,) all energy of a rule, by which its faults are measured

    def __len__(self) -> int:
        """Number of rules."""
        return len(self.due_quanta)

    def short_ticks(self, price_ticks: FloatArray) -> FloatArray:
        """(f,) by how much each rule is missed at area prices (K,), per Wh; 0 where it is kept."""
        earned = np.bincount(
            self.row,
            weights=self.coefficient_wh * price_ticks[self.node],
            minlength=len(self),
        )
        gain = (earned - self.due_quanta) / np.maximum(self.size_wh, 1.0)
        return np.where(self.exact, np.abs(gain), np.maximum(-gain, 0.0))


def families(problem: ClearingProblem, ratio_ppb: IntArray) -> Families:
    """The rules of all accepted blocks."""
    blocks = problem.blocks
    accepted = ratio_ppb > 0
    held = _held_by_parent(problem, ratio_ppb)
    rules: list[tuple[list[tuple[int, float]], bool]] = []
    members = _members(problem, accepted, held)
    full = _full_groups(problem, ratio_ppb)
    partial: dict[int, int] = {}
    for b in np.flatnonzero(accepted).tolist():
        family = [(c, 1.0) for c in members[b]]
        group = int(blocks.group[b])
        free = ratio_ppb[b] < PPB and not held[b]
        rules.append((family, bool(free and group not in full)))
        if free and group in full:
            # Members that share a used-up group gain alike, or the group would shift.
            other = partial.setdefault(group, b)
            if other != b:
                rules.append((family + [(c, -1.0) for c in members[other]], True))
    return _rules(problem, rules)


def _held_by_parent(problem: ClearingProblem, ratio_ppb: IntArray) -> BoolArray:
    """(b,) accepted with its parent's ratio."""
    parent = problem.blocks.parent
    above = ratio_ppb[np.maximum(parent, 0)]
    held: BoolArray = (parent >= 0) & (ratio_ppb > 0) & (ratio_ppb == above)
    return held


def _members(
    problem: ClearingProblem, accepted: BoolArray, held: BoolArray
) -> dict[int, list[int]]:
    """Every accepted block with all it carries."""
    parent = problem.blocks.parent.tolist()
    members: dict[int, list[int]] = {b: [] for b in np.flatnonzero(accepted).tolist()}
    for b in members:
        above = b
        while True:
            members[above].append(b)
            if not held[above]:
                break
            above = parent[above]
    return members


def _full_groups(problem: ClearingProblem, ratio_ppb: IntArray) -> set[int]:
    """Exclusive groups whose ratios add up to 1."""
    group = problem.blocks.group
    grouped = group >= 0
    total: dict[int, int] = {}
    for g, ratio in zip(group[grouped].tolist(), ratio_ppb[grouped].tolist(), strict=True):
        total[g] = total.get(g, 0) + ratio
    # Ratios are rounded: a few billionths missing is none missing.
    return {g for g, ratio in total.items() if ratio >= PPB - 8}


def _rules(problem: ClearingProblem, rules: list[tuple[list[tuple[int, float]], bool]]) -> Families:
    blocks = problem.blocks
    sign = np.where(blocks.is_sell, 1.0, -1.0)
    rows: list[IntArray] = []
    legs: list[IntArray] = []
    weights: list[FloatArray] = []
    for number, (family, _) in enumerate(rules):
        for b, share in family:
            mine = np.arange(blocks.leg_first[b], blocks.leg_first[b + 1])
            legs.append(mine)
            rows.append(np.full(len(mine), number))
            weights.append(np.full(len(mine), share))
    none = np.zeros(0, dtype=np.int64)
    row, leg = np.concatenate([none, *rows]), np.concatenate([none, *legs])
    weight = np.concatenate([none.astype(np.float64), *weights])
    block = blocks.leg_block[leg]
    energy = weight * sign[block] * blocks.leg_energy_wh[leg]
    count = len(rules)
    return Families(
        row=row,
        node=blocks.area[block].astype(np.int64) * problem.n_intervals + blocks.leg_interval[leg],
        coefficient_wh=energy,
        due_quanta=_sums(row, energy * blocks.price_ticks[block], count),
        exact=np.array([exact for _, exact in rules], dtype=np.bool_),
        size_wh=_sums(row, np.abs(energy), count),
    )


def _sums(row: IntArray, weights: FloatArray, count: int) -> FloatArray:
    """(count,) sum of the weights of each row; doubles even where there is nothing to add."""
    return np.bincount(row, weights=weights, minlength=count).astype(np.float64)
