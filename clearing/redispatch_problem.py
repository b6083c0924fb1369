"""A redispatch problem and its result as arrays: one area, one interval.

The one idea to know: the schedules are settled, the grid does not bear them; which units should
move, by how many watts, so that it does, at the least cost? Every watt moved down is matched by a
watt moved up: of another unit, or of the replacement that the grid operator buys or sells at the
area's connection.

Units: power W, whole; costs ticks of 0.01 currency per MWh; money quanta of 1e-8 currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from clearing.network import (
    BoolArray,
    FloatArray,
    IndexArray,
    IntArray,
    NetworkArrays,
    network_faults,
)

#: Costs beyond this are a mistake; the bound keeps cost x power x minutes far inside 64 bits.
COST_TICKS_MAX = 10**9
#: No unit of a low-voltage area moves more than this.
POWER_W_MAX = 10**9
#: Sums over some thousands of intervals; far inside what a float tells apart.
BURDEN_W_MAX = 10**14
_BOUNDS = {
    "cost_up_ticks": COST_TICKS_MAX,
    "cost_down_ticks": COST_TICKS_MAX,
    "borne_w": BURDEN_W_MAX,
    "offered_w": BURDEN_W_MAX,
}


class Limit(IntEnum):
    """Which kind of limit binds or is broken."""

    NONE = 0
    VOLTAGE_HIGH = 1  # element: node
    VOLTAGE_LOW = 2  # element: node
    LINE = 3  # element: line
    TRAFO = 4  # element: transformer
    #: The unit moved to balance others' changes: cheaper than the replacement. Element: -1.
    BALANCE = 5
    #: The grid has no operating point at all with this power. Element: -1, value: infinite.
    NO_SOLUTION = 6


class RedispatchRung(StrEnum):
    """How a redispatch was found, best first."""

    NOT_NEEDED = "not_needed"  # nothing was broken, nothing moves
    CHEAPEST = "cheapest"  # the cheapest change found by the model, verified by power flow
    RULE = "rule"  # curtailment by rule, in the solver's process
    FALLBACK = "fallback"  # curtailment by rule in the parent: there was no answer in time
    NOTHING = "nothing"  # not even the rule could be worked out; nothing moves


@dataclass(frozen=True, slots=True, kw_only=True)
class RedispatchProblem:
    """What stands scheduled, how far each unit may be moved, and what that costs.

    A unit that cannot be controlled has `lowest_w = scheduled_w = highest_w`. Costs are what the
    grid operator pays per energy moved; a negative one is what it receives.
    """

    network: NetworkArrays
    scheduled_w: IntArray  # (u,) injection positive
    lowest_w: IntArray  # (u,) <= scheduled
    highest_w: IntArray  # (u,) >= scheduled
    cost_up_ticks: IntArray  # (u,) for injecting more, or withdrawing less
    cost_down_ticks: IntArray  # (u,) for injecting less, or withdrawing more; up + down >= 0
    replacement_ask_ticks: int  # the operator buys replacement for what is moved down
    replacement_bid_ticks: int  # the operator sells what is moved up; <= ask
    minutes: int  # length of the interval
    reactive_var: IntArray | None = None  # (u,) stays as it is; None: unity power factor
    #: (u,) <= lowest; how far down units may be cut by rule, once nothing else helps. None: no
    #: further than `lowest_w`.
    lowest_by_rule_w: IntArray | None = None
    #: (u,) what units have given up by rule so far, and what they could have given up then, summed
    #: over intervals, W: of two that could give the same now, the one that bore less gives more.
    #: None: nobody has borne anything.
    borne_w: IntArray | None = None
    offered_w: IntArray | None = None

    @property
    def floor_w(self) -> IntArray:
        """(u,) the least each unit may be brought to by rule."""
        return self.lowest_w if self.lowest_by_rule_w is None else self.lowest_by_rule_w

    @property
    def power_w(self) -> IntArray:
        """(1, u) the schedule as one step."""
        return self.scheduled_w[np.newaxis, :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violations:
    """Limits that are broken, one row each, worst first within a kind."""

    kind: NDArray[np.int32]  # (k,) a `Limit`
    element: IndexArray  # (k,) node, line or transformer index
    value: FloatArray  # (k,) voltage per unit, or loading as a part of what it bears
    limit: FloatArray  # (k,) what it should not pass

    def __len__(self) -> int:
        """Number of broken limits."""
        return len(self.kind)

    @property
    def excess(self) -> FloatArray:
        """(k,) by how much each limit is broken, above zero; inf where there is no solution."""
        excess: FloatArray = np.abs(self.value - self.limit)
        return excess


@dataclass(frozen=True, slots=True, kw_only=True)
class RedispatchResult:
    """Which units move, why, at what cost, and whether the grid bears it then.

    `change_w.sum() + replacement_w == 0`, always. Losses that change with the flows are stated, not
    bought here: they fall on the source like every other loss.
    """

    change_w: IntArray  # (u,) scheduled + change lies within lowest .. highest
    replacement_w: int  # what the operator buys at the connection; negative: it sells
    cost_quanta: int  # of all changes and the replacement, half-even to the quantum
    cured: bool  # the power flow with the changes breaks no limit
    before: Violations  # of the schedule as it stands
    after: Violations  # with the changes; empty when cured
    reason_kind: NDArray[np.int32]  # (u,) a `Limit`; NONE: the unit does not move
    reason_element: IndexArray  # (u,) the node, line or transformer; -1 where there is none
    by_rule: bool  # not the cheapest: curtailed by rule
    rung: RedispatchRung
    loss_before_w: float | None  # None: that has no solution
    loss_after_w: float | None
    rounds: int  # linearisations the model took
    #: (u,) what each unit was asked for by rule, W >= |change|: its room where it had a hand in a
    #: limit. Zero for those that were not asked, and where nothing was done by rule.
    offered_w: IntArray
    message: str
    audit_faults: tuple[str, ...] = ()  # what the auditor refused on the rungs above this one


class RedispatchFaultyError(Exception):
    """The problem fails its self-check; says everything that is wrong."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("; ".join(found))
        self.faults = tuple(found)


def redispatch_faults(problem: RedispatchProblem) -> list[str]:
    """Everything that is wrong with a problem, all together; empty when it may be solved."""
    network = problem.network
    found = [f"network.{fault}" for fault in network_faults(network)]
    columns = {
        "scheduled_w": problem.scheduled_w,
        "lowest_w": problem.lowest_w,
        "highest_w": problem.highest_w,
        "cost_up_ticks": problem.cost_up_ticks,
        "cost_down_ticks": problem.cost_down_ticks,
    }
    for name in ("reactive_var", "lowest_by_rule_w", "borne_w", "offered_w"):
        array = getattr(problem, name)
        if array is not None:
            columns[name] = array
    wrong = [
        f"{name}: {array.dtype} {array.shape}, expected int64 {(network.n_units,)}"
        for name, array in columns.items()
        if array.dtype != np.int64 or array.shape != (network.n_units,)
    ]
    return found + (wrong or _value_faults(problem, columns))


def _value_faults(problem: RedispatchProblem, columns: dict[str, IntArray]) -> list[str]:
    found = []
    for name, array in columns.items():
        bound = _BOUNDS.get(name, POWER_W_MAX)
        if (np.abs(array) > bound).any():
            found.append(f"{name}: beyond {bound}")
    for what, bad in (
        ("lowest_w: above scheduled_w", problem.lowest_w > problem.scheduled_w),
        ("highest_w: below scheduled_w", problem.highest_w < problem.scheduled_w),
        ("lowest_by_rule_w: above lowest_w", problem.floor_w > problem.lowest_w),
        ("borne_w: below zero, or more than offered_w", _overborne(problem)),
        (
            "cost_up_ticks + cost_down_ticks: below zero, moving to and fro would pay",
            problem.cost_up_ticks + problem.cost_down_ticks < 0,
        ),
    ):
        if bad.any():
            found.append(f"{what}: units {np.flatnonzero(bad)[:10].tolist()}")
    found += [
        f"{name}: beyond {COST_TICKS_MAX}"
        for name in ("replacement_ask_ticks", "replacement_bid_ticks")
        if abs(getattr(problem, name)) > COST_TICKS_MAX
    ]
    if problem.replacement_ask_ticks < problem.replacement_bid_ticks:
        found.append("replacement_ask_ticks: below replacement_bid_ticks")
    if not 0 < problem.minutes <= 24 * 60:
        found.append(f"minutes: {problem.minutes} is no length of an interval")
    found += [
        f"{name}: {type(getattr(problem, name)).__name__}, expected int"
        for name in ("replacement_ask_ticks", "replacement_bid_ticks", "minutes")
        if type(getattr(problem, name)) is not int
    ]
    return found


def _overborne(problem: RedispatchProblem) -> BoolArray:
    nothing = np.zeros_like(problem.scheduled_w)
    borne = nothing if problem.borne_w is None else problem.borne_w
    offered = nothing if problem.offered_w is None else problem.offered_w
    found: BoolArray = (borne < 0) | (borne > offered)
    return found
