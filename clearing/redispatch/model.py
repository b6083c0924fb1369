"""The model: the cheapest change of power that keeps the linearised limits.

Sets: groups g of units that stand on one node at the same costs, limits r that were broken or came
near it.

    min  Σ cost_up[g] · raised[g] + Σ cost_down[g] · lowered[g] + ask · bought − bid · sold
    0 ≤ raised[g]  ≤ room_up[g]                                       W
    0 ≤ lowered[g] ≤ room_down[g]                                     W
    Σ raised − Σ lowered + bought − sold = 0                          W, pairs balance
    Σ slope[r,g] · (raised[g] − lowered[g]) ≤ room[r]                 millionths, r

A watt moved down is matched by a watt moved up, of another unit or bought at the connection; that
one is free of limits here, since the source holds its voltage, and what it does to lines and the
transformer is what the units' slopes already say.

Source: linearised optimal power flow by sensitivities, the standard form for redispatch in radial
grids; own formulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyomo.environ as pyo

from clearing.build import compile_model
from clearing.network import FloatArray, IntArray
from clearing.redispatch_problem import RedispatchProblem
from clearing.solver import Program

#: Rows are told in millionths, so that a watt and a limit are numbers of like size.
_MICRO: Final = 1e6
#: Of all cheapest changes the smallest, so a watt moved costs this much more; ticks per MWh.
_MOVED_TICKS: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Units that can move and are all the same to the model: on one node, at the same costs."""

    member: IntArray  # (m,) units that can move, ascending
    of_member: IntArray  # (m,) group of each
    unit: IntArray  # (g,) the first unit of each group
    room_up_w: IntArray  # (g,)
    room_down_w: IntArray  # (g,)
    up_ticks: FloatArray  # (g,) what counts, see `groups_of`
    down_ticks: FloatArray  # (g,)
    ask_ticks: float
    bid_ticks: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheapest:
    """The answer of the model."""

    change_w: FloatArray  # (g,)
    worth: FloatArray  # (r,) what a millionth more room in a limit would save, ticks; >= 0


def groups_of(problem: RedispatchProblem) -> Groups:
    """The groups of a problem, and costs that never make moving pay for itself.

    Redispatch cures, it does not trade. Since pairs balance, costs may be told against any price:
    against one at which no move pays, they are as given. Where there is none (a pair of moves
    would earn money) the nearest price is taken and what still pays counts as free.
    """
    member = np.flatnonzero(problem.lowest_w < problem.highest_w)
    columns = np.column_stack(
        [problem.network.unit_node, problem.cost_up_ticks, problem.cost_down_ticks]
    )
    _, first, of_member = np.unique(columns[member], axis=0, return_index=True, return_inverse=True)
    unit, of_member = member[first], of_member.reshape(-1)

    def summed(room_w: IntArray) -> IntArray:
        total = np.zeros(len(unit), dtype=np.int64)
        np.add.at(total, of_member, room_w[member])
        return total

    room_up = summed(problem.highest_w - problem.scheduled_w)
    room_down = summed(problem.scheduled_w - problem.lowest_w)
    up, down = problem.cost_up_ticks[unit], problem.cost_down_ticks[unit]
    ask, bid = problem.replacement_ask_ticks, problem.replacement_bid_ticks
    low = max([bid, *(-down[room_down > 0]).tolist()])
    high = min([ask, *up[room_up > 0].tolist()])
    price = (low + high) / 2
    return Groups(
        member=member,
        of_member=of_member,
        unit=unit,
        room_up_w=room_up,
        room_down_w=room_down,
        up_ticks=np.maximum(up - price, 0.0) + _MOVED_TICKS,
        down_ticks=np.maximum(down + price, 0.0) + _MOVED_TICKS,
        ask_ticks=max(ask - price, 0.0),
        bid_ticks=min(bid - price, 0.0),
    )


def state(groups: Groups, slope: FloatArray, room: FloatArray) -> pyo.ConcreteModel:
    """The model in Pyomo but for the bounds; slope (r, g) per watt, room (r,) per unit."""
    model = pyo.ConcreteModel()
    model.groups = pyo.RangeSet(0, len(groups.unit) - 1)
    model.limits = pyo.RangeSet(0, len(room) - 1)
    model.raised, model.lowered = pyo.Var(model.groups), pyo.Var(model.groups)
    model.bought, model.sold = pyo.Var(), pyo.Var()
    moved = [model.raised[g] - model.lowered[g] for g in model.groups]
    model.pairs_balance = pyo.Constraint(expr=pyo.quicksum(moved) + model.bought - model.sold == 0)
    per_watt = (slope * _MICRO).tolist()
    model.limit = pyo.Constraint(
        model.limits,
        rule=lambda m, r: (
            pyo.quicksum(per_watt[r][g] * moved[g] for g in m.groups if per_watt[r][g])
            <= float(room[r]) * _MICRO
        ),
    )
    up, down = groups.up_ticks.tolist(), groups.down_ticks.tolist()
    model.cost = pyo.Objective(
        expr=pyo.quicksum(
            up[g] * model.raised[g] + down[g] * model.lowered[g] for g in model.groups
        )
        + groups.ask_ticks * model.bought
        - groups.bid_ticks * model.sold
    )
    return model


def solve(groups: Groups, slope: FloatArray, room: FloatArray) -> Cheapest:
    """The cheapest change of all groups that keeps the limits; each of them answers to somebody.

    Raises:
        SolverFailedError: no change keeps them.
    """
    compiled = compile_model(state(groups, slope, room))
    lower, upper = np.zeros(len(compiled.cost)), np.empty(len(compiled.cost))
    raised, lowered = compiled.column["raised"], compiled.column["lowered"]
    upper[raised], upper[lowered] = groups.room_up_w, groups.room_down_w
    upper[compiled.column["bought"]] = groups.room_down_w.sum()
    upper[compiled.column["sold"]] = groups.room_up_w.sum()
    program = Program(
        cost=compiled.cost,
        lower=lower,
        upper=upper,
        row_lower=compiled.row_lower,
        row_upper=compiled.row_upper,
        start=compiled.start,
        index=compiled.index,
        value=compiled.value,
    )
    program.solve()
    return Cheapest(
        change_w=program.columns[raised] - program.columns[lowered],
        worth=np.abs(program.row_duals[compiled.row["limit"]]),
    )
