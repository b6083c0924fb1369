"""Block orders: a profile over several intervals, accepted with one ratio.

Sets: blocks b with legs (area a(b), interval t, energy q[b,t]), linked pairs (child, parent),
exclusive groups G.

    0 ≤ accepted[b] ≤ 1                                               ratio
    child_needs_parent:  accepted[child] ≤ accepted[parent]
    one_of_group:        Σ accepted[b] over b in G ≤ 1

A selling block adds `q · accepted` to the injection of its area in every interval of its profile
and takes `price · Σ q · accepted` from the welfare; a buying block the other way round. That a
ratio is 0 or at least the minimum acceptance ratio is no linear rule: `clearing.search` branches
on it, and on it only.

Source: block, linked and exclusive orders as in the public description of the European day-ahead
coupling (EUPHEMIA, section on block orders).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from clearing.curves import Bounds, Curves
from clearing.problem import ClearingProblem


def add(model: Any, problem: ClearingProblem) -> None:
    """State acceptance, links and groups."""
    blocks = problem.blocks
    model.block_orders = pyo.RangeSet(0, len(blocks) - 1)
    model.accepted = pyo.Var(model.block_orders)
    sign = np.where(blocks.is_sell, 1.0, -1.0)
    energy = (sign[blocks.leg_block] * blocks.leg_energy_wh).tolist()
    legs = zip(
        blocks.leg_block.tolist(),
        blocks.area[blocks.leg_block].tolist(),
        blocks.leg_interval.tolist(),
        energy,
        strict=True,
    )
    accepted = [model.accepted[b] for b in range(len(blocks))]
    total = np.zeros(len(blocks))
    np.add.at(total, blocks.leg_block, energy)
    for b, area, t, wh in legs:
        model.injection[area, t].append(wh * accepted[b])
    cost = (blocks.price_ticks * total).tolist()
    model.welfare_terms["block orders"] = [
        -cost[b] * accepted[b] for b in range(len(blocks)) if cost[b]
    ]
    children = np.flatnonzero(blocks.parent >= 0).tolist()
    model.child_needs_parent = pyo.Constraint(
        children, rule=lambda m, b: m.accepted[b] - m.accepted[int(blocks.parent[b])] <= 0
    )
    groups = sorted(set(blocks.group[blocks.group >= 0].tolist()))
    members = {g: np.flatnonzero(blocks.group == g).tolist() for g in groups}
    model.one_of_group = pyo.Constraint(
        groups, rule=lambda m, g: pyo.quicksum(m.accepted[b] for b in members[g]) <= 1
    )


def bounds(problem: ClearingProblem, curves: Curves) -> Bounds:  # noqa: ARG001 - one signature
    """A ratio lies between 0 and 1."""
    count = len(problem.blocks)
    return {"accepted": (np.zeros(count), np.ones(count))}
