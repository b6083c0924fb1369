"""A schedule held against the real grid of its area, and what has to change so that the grid bears it.

The one idea: power flow, then the cheapest change of what can be steered, then power flow again. Where that leads to
no state inside the limits, it goes by rule, and injection of units that nobody steers is cut as well. What was found goes to the
market as facts; nothing is decided here. Areas inside an area come first, and count in it as they came out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from market.control.network_arrays import (
    Moves,
    NetworkArrays,
    PowerFlow,
    PowerRows,
    RedispatchProblem,
    RedispatchResult,
    binding_element,
    change_reason,
    flow_of,
    network_arrays,
    picture,
    power_rows,
    redispatch_problem,
)
from market.model.burden import BurdenShare
from market.model.grid_check import AreaCheck, AreaFlow, AreaSeen, GridPicture, UnitChange
from market.model.network import Network

NO_CHANGE = "none"
"""The rung of a check that needed no cure."""
FLOW_DEADLINE_S: Final = 10
"""A power flow takes milliseconds; what takes so long hangs."""
METERED_TOLERANCE_PPM = 100
"""Whole Wh of an interval's mean do not tell a voltage any better."""


class FlowSolver(Protocol):
    """What calculates a power flow."""

    def power_flow(
        self,
        network: NetworkArrays,
        power_w: PowerRows,
        reactive_var: PowerRows | None = None,
        *,
        deadline_s: int = FLOW_DEADLINE_S,
    ) -> PowerFlow:
        """Voltages and flows of each step, in time or in another way; no reactive power: None."""
        ...


class GridSolver(FlowSolver, Protocol):
    """What calculates; `clearing.service.ClearingService` does, in its own process."""

    def redispatch(self, problem: RedispatchProblem, deadline_s: int) -> RedispatchResult:
        """The cheapest change, or one by rule when there is no better one in time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaPlan:
    """An area's schedule of one interval, as its members are to run it."""

    network: Network
    member_ids: tuple[str, ...]
    """Its units, then the areas that lie directly in it."""
    moves: Moves
    """What the market may steer, and what the grid operator may cut when nothing else helps."""
    around: tuple[str, ...] = ()
    """The area itself and the areas it lies in, from the inside out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaPowers:
    """What flowed in an area in an interval."""

    network: Network
    member_ids: tuple[str, ...]
    power_w: tuple[int, ...]
    """Of each member, injection positive."""
    reactive_var: tuple[int, ...] | None = None
    """Of each member; None: no meter tells any."""
    around: tuple[str, ...] = ()
    """The area itself and the areas it lies in, from the inside out."""


def check(plans: Sequence[AreaPlan], solver: GridSolver, deadline_s: int) -> tuple[AreaCheck, ...]:
    """Each area's schedule against its grid; inner areas stand first in `plans`."""
    inner = _Inner()
    checks = []
    for plan in plans:
        found = _checked(_with_inner(plan, inner), solver, deadline_s)
        inner.add(plan.around, -found.replacement_w, found.after or found.before)
        checks.append(found)
    return tuple(checks)


def see(powers: Sequence[AreaPowers], solver: FlowSolver) -> tuple[AreaSeen, ...]:
    """What readings say about each grid; inner areas stand first in `powers`."""
    return tuple(
        AreaSeen(area_id=area.network.area_id, version=area.network.version, picture=found)
        for area, _, found in _pictures(powers, solver)
    )


def flows(powers: Sequence[AreaPowers], solver: FlowSolver) -> tuple[AreaFlow, ...]:
    """All voltages and loadings of each grid; inner areas stand first in `powers`."""
    return tuple(area_flow for _, area_flow, _ in _pictures(powers, solver))


def _pictures(
    powers: Sequence[AreaPowers], solver: FlowSolver
) -> Iterator[tuple[AreaPowers, AreaFlow, GridPicture]]:
    inner = _Inner()
    for area in powers:
        network, told_w = area.network, inner.told(area.member_ids, area.power_w)
        arrays = network_arrays(network, area.member_ids)
        flow = solver.power_flow(
            arrays,
            power_rows(told_w),
            None if area.reactive_var is None else power_rows(area.reactive_var),
        )
        found = picture(network, flow, tolerance_ppm=METERED_TOLERANCE_PPM)
        inner.add(area.around, 0, found)
        yield area, flow_of(network, flow, told_w, arrays.unit_node.tolist()), found


class _Inner:
    """By how much areas give more than their units were to give in sum: changes, less what is lost.

    Areas without a grid of their own lie between others too, so what an area adds counts all the way out.
    """

    def __init__(self) -> None:
        self._more_w: dict[str, int] = {}

    def __bool__(self) -> bool:
        return any(self._more_w.values())

    def add(self, around: Sequence[str], change_w: int, seen: GridPicture) -> None:
        for area_id in around:
            self._more_w[area_id] = self._more_w.get(area_id, 0) + change_w - seen.loss_w

    def told(self, member_ids: Sequence[str], power_w: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(
            value + self._more_w.get(name, 0)
            for name, value in zip(member_ids, power_w, strict=True)
        )


def _with_inner(plan: AreaPlan, inner: _Inner) -> AreaPlan:
    """Inner areas that were checked already count with what comes out of them in the end."""

    def told(values: tuple[int, ...]) -> tuple[int, ...]:
        return inner.told(plan.member_ids, values)

    if not inner:
        return plan
    moves = plan.moves
    return replace(
        plan,
        moves=replace(
            moves,
            scheduled_w=told(moves.scheduled_w),
            lowest_w=told(moves.lowest_w),
            highest_w=told(moves.highest_w),
            lowest_by_rule_w=told(moves.lowest_by_rule_w),
        ),
    )


def _checked(plan: AreaPlan, solver: GridSolver, deadline_s: int) -> AreaCheck:
    network, moves = plan.network, plan.moves
    arrays = network_arrays(network, plan.member_ids)

    def seen(power_w: Sequence[int]) -> GridPicture:
        return picture(network, solver.power_flow(arrays, power_rows(power_w)))

    before = seen(moves.scheduled_w)
    none = AreaCheck(
        area_id=network.area_id,
        version=network.version,
        before=before,
        after=None,
        changes=(),
        replacement_w=0,
        cost_quanta=0,
        by_rule=False,
        rung=NO_CHANGE,
    )
    if before.is_safe:
        return none
    result = solver.redispatch(redispatch_problem(arrays, moves), deadline_s)
    told_w = _told(moves, result)
    after = seen(told_w)
    changes = _changes(plan, told_w, result)
    return replace(
        none,
        after=after if changes else None,
        changes=changes,
        replacement_w=-sum(change.change_w for change in changes),
        cost_quanta=result.cost_quanta if changes else 0,
        by_rule=result.by_rule,
        rung=result.rung.value,
        shares=_shares(plan, result),
    )


def _told(moves: Moves, result: RedispatchResult) -> tuple[int, ...]:
    changes: list[int] = result.change_w.tolist()
    return tuple(
        scheduled + change for scheduled, change in zip(moves.scheduled_w, changes, strict=True)
    )


def _changes(
    plan: AreaPlan, told_w: tuple[int, ...], result: RedispatchResult
) -> tuple[UnitChange, ...]:
    scheduled_w = plan.moves.scheduled_w
    return tuple(
        UnitChange(
            unit_id=member_id,
            from_w=scheduled_w[row],
            to_w=told_w[row],
            reason=change_reason(result, row),
            element_id=binding_element(plan.network, result, row),
        )
        for row, member_id in enumerate(plan.member_ids)
        if told_w[row] != scheduled_w[row]
    )


def _shares(plan: AreaPlan, result: RedispatchResult) -> tuple[BurdenShare, ...]:
    """By rule: who gave up how much of what he was asked for."""
    if not result.by_rule:
        return ()
    moves, offered_w, change_w = plan.moves, result.offered_w.tolist(), result.change_w.tolist()
    return tuple(
        BurdenShare(
            unit_id=member_id,
            given_w=abs(change_w[row]),
            offered_w=offered_w[row],
            borne_w=moves.borne_w[row],
            could_w=moves.could_w[row],
        )
        for row, member_id in enumerate(plan.member_ids)
        if offered_w[row]
    )
