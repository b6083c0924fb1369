"""The real grids of areas: registered, held against schedules and readings, and what follows from that.

The one idea: what a power flow found comes with the command, so deciding here is only to check that it fits and to say
what it means: set-points that change, instructed energy, minutes outside limits, alarms.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from market.control.share import clipped
from market.engine.control.alarms import raised
from market.engine.control.curtailing import curtailed, differing, held_w
from market.engine.control.guarding import guarded
from market.engine.control.sharing import setpoints
from market.engine.control.steering import caps_of, guard_alarms, moment_of, only
from market.engine.decisions import DONE_BEFORE, applied, refused
from market.engine.grid.network_faults import network_faults
from market.engine.grid.rechecks import after_network
from market.engine.state import MarketState
from market.model.act import ControlReason
from market.model.activation import AreaActivation, UnitActivation, UnitsActivated
from market.model.alarm import AlarmKind, AlarmRaised, ControlLevel
from market.model.burden import BurdenCause, BurdensShared
from market.model.grid_check import (
    ApplyGridCheck,
    AreaCheck,
    AreaSeen,
    ChecksReopened,
    ElementKind,
    GridChecked,
    GridPicture,
    GridSeen,
    InstructionsWithdrawn,
    IntervalChecked,
    UnitChange,
    UnitsRedispatched,
)
from market.model.interval import MICROSECONDS, instant_text
from market.model.messages import Decision, Event, SetpointsChanged
from market.model.network import NetworkRegistered, RegisterNetwork
from market.model.rejection import Code, Rejection


def register_network(state: MarketState, command: RegisterNetwork) -> Decision:
    """A grid, or its next version; the same again is harmless."""
    network = command.network
    known = state.networks.of(network.area_id)
    if known == network:
        return DONE_BEFORE
    if known is not None and network.version <= known.version:
        return refused(
            [
                Rejection(
                    code=Code.EXISTS_WITH_DIFFERENT_FIELDS,
                    pointer="version",
                    parameters={"newest": str(known.version)},
                )
            ]
        )
    faults = list(network_faults(state, network))
    if faults:
        return refused(faults)
    return applied(NetworkRegistered(network=network), *after_network(state, command.now_us))


# --- deciding -------------------------------------------------------------------------------


def apply_grid_check(state: MarketState, command: ApplyGridCheck) -> Iterator[Decision]:
    """Confirm the schedules of an interval, or tell some units something else.

    A second check takes the place of the first one: what it finds differently is withdrawn, then told anew. Of an interval
    that has begun meanwhile it changes nothing.
    """
    start_s, now_us = command.start_s, command.now_us
    faults = _faults(state, command)
    if faults:
        yield refused(faults)
        return
    checked = IntervalChecked(start_s=start_s, now_us=now_us, turn=command.turn)
    again = state.networks.was_checked(start_s)
    if again and start_s * MICROSECONDS <= now_us:
        yield applied(checked)
        return
    helped = command.activations if _can_help(state, command) else ()
    activations = tuple(_activated(item, start_s) for item in helped)
    changes = {item.unit_id: item for area in command.areas for item in area.changes}
    told = state.networks.changes(start_s)
    is_told = again and _is_told(state, start_s, changes, activations)
    if told and not is_told:
        yield applied(InstructionsWithdrawn(start_s=start_s, unit_ids=tuple(told)))
    yield applied(
        *(
            event
            for area in command.areas
            for event in _of_area(state, area, start_s, now_us, is_told=is_told)
        ),
        *(() if is_told else activations),
        *(() if is_told else _setpoints(state, command, helped, told, again=again)),
        checked,
    )


def _faults(state: MarketState, command: ApplyGridCheck) -> list[Rejection]:
    if not state.networks.waits(command.start_s):
        return [Rejection(code=Code.PHASE_CONFLICT, pointer="start")]
    return [
        Rejection(code=Code.UNIT_UNKNOWN, pointer=f"areas/{row}/changes/{place}/unit_id")
        for row, area in enumerate(command.areas)
        for place, change in enumerate(area.changes)
        if not _is_inside(state, area.area_id, change.unit_id, change.to_w)
    ]


def _is_told(
    state: MarketState,
    start_s: int,
    changes: Mapping[str, UnitChange],
    activations: tuple[UnitsActivated, ...],
) -> bool:
    """True when units were told exactly this by an earlier check."""
    told = state.networks.changes(start_s)
    of_grids = {
        name: item for name, item in told.items() if item.reason is not ControlReason.ACTIVATION
    }
    return of_grids == changes and state.networks.activations(start_s) == activations


def _is_inside(state: MarketState, area_id: str, unit_id: str, to_w: int) -> bool:
    unit = state.units.get(unit_id)
    if unit is None or unit.area_id != area_id:
        return False
    return -unit.withdrawal_max_w <= to_w <= unit.injection_max_w


def _of_area(
    state: MarketState, area: AreaCheck, start_s: int, now_us: int, *, is_told: bool
) -> Iterator[Event]:
    yield GridChecked(
        area_id=area.area_id,
        start_s=start_s,
        version=area.version,
        before=area.before,
        after=area.after,
        cured=area.cured,
        by_rule=area.by_rule,
        rung=area.rung,
        now_us=now_us,
    )
    if area.changes and not is_told:
        yield UnitsRedispatched(
            area_id=area.area_id,
            start_s=start_s,
            changes=area.changes,
            replacement_w=area.replacement_w,
            cost_quanta=area.cost_quanta,
        )
    before = state.burdens.shared(start_s, area.area_id, BurdenCause.BY_RULE)
    if area.shares != (() if before is None else before.shares):
        yield BurdensShared(
            area_id=area.area_id,
            start_s=start_s,
            cause=BurdenCause.BY_RULE,
            shares=area.shares,
        )
    if not area.cured:
        yield from _alarms(state, area.area_id, area.after or area.before, start_s, now_us)


def _can_help(state: MarketState, command: ApplyGridCheck) -> bool:
    """False when an operator has meanwhile narrowed a unit or cut a line that was to help.

    All of it falls then: it was chosen together, and the last resort takes what is missing.
    """
    caps = caps_of(state, command.start_s)
    for item in command.activations:
        if any(state.capacity.is_cut(line_id) for line_id in item.line_ids):
            return False
        for told in item.units:
            if not _is_inside(state, item.area_id, told.unit_id, told.to_w):
                return False
            limits = caps.units.get(told.unit_id)
            if limits is not None and clipped(told.to_w, limits) != told.to_w:
                return False
    return True


def _activated(item: AreaActivation, start_s: int) -> UnitsActivated:
    return UnitsActivated(
        start_s=start_s,
        area_id=item.area_id,
        for_area=item.for_area,
        cause=item.cause,
        units=item.units,
        line_ids=item.line_ids,
        received_wh=item.received_wh,
        cost_quanta=item.cost_quanta,
        last_resort_quanta=item.last_resort_quanta,
    )


def _setpoints(
    state: MarketState,
    command: ApplyGridCheck,
    helped: Sequence[AreaActivation],
    withdrawn: Collection[str],
    *,
    again: bool,
) -> Iterator[Event]:
    """Newer set-points of the units that are told something else, area by area.

    An operator may have narrowed a unit while its grid was calculated: that holds against any cure. What
    cures does not wait for the area guard; others may have to wait longer for it.
    """
    changes: list[UnitChange | UnitActivation] = [
        *(item for area in command.areas for item in area.changes),
        *(item for area in helped for item in area.units),
    ]
    if not changes and not withdrawn and not again:
        return
    start_s, caps = command.start_s, caps_of(state, command.start_s)
    told_w = {
        item.unit_id: clipped(item.to_w, caps.units[item.unit_id])
        if item.unit_id in caps.units
        else item.to_w
        for item in changes
    }
    scheduled_wh = state.positions.scheduled_wh(start_s)
    moment = moment_of(state, start_s, command.now_us)
    wanted = setpoints(state, start_s, scheduled_wh, state.setpoint_sequence + 1, caps)
    plan = guarded(
        state,
        tuple(_with_targets(event, told_w) for event in wanted),
        moment,
        caps,
        scheduled_wh=scheduled_wh,
        earlier=state.told.of(start_s - state.step_s),
        at_once=told_w.keys(),
    )
    yield from only(plan.told, {*told_w, *withdrawn, *plan.news})
    apart_w = differing(state, plan.told, scheduled_wh)
    kept_w = differing(state, wanted, scheduled_wh)
    changed = {
        **{name: apart_w.get(name, 0) for name in plan.news if name not in told_w},
        # Who was to wait and moves at once does not wait any more.
        **{name: kept_w.get(name, 0) for name in _waiting(state, start_s, told_w)},
    }
    if again:
        # What units are kept from was told beside the earlier check's changes; now it is beside the trades.
        held = held_w(state, start_s)
        apart_w.update({name: kept_w.get(name, 0) for name in told_w if name not in held})
        apart_w.update(
            {name: state.acts.change_w(name, start_s) for name in told_w if name in held}
        )
        changed |= {
            name: apart_w.get(name, 0)
            for name in {**apart_w, **state.acts.curtailed.get(start_s, {})}
            if apart_w.get(name, 0) != state.acts.change_w(name, start_s)
        }
    yield from curtailed(state, moment, changed, caps, plan, scheduled_wh)
    blocked_s = dict.fromkeys(plan.blocked, start_s)
    yield from guard_alarms(state, blocked_s, plan.blocked, command.now_us)


def _waiting(state: MarketState, start_s: int, unit_ids: Iterable[str]) -> Iterator[str]:
    """Units that were told to wait for their turn in an interval."""
    told = state.told.of(start_s)
    return (name for name in unit_ids if name in told and told[name].wait_s)


def _with_targets(event: SetpointsChanged, told_w: Mapping[str, int]) -> SetpointsChanged:
    changed = tuple(
        replace(item, target_w=told_w[item.unit_id]) if item.unit_id in told_w else item
        for item in event.setpoints
    )
    target_w = sum(item.target_w for item in changed)
    return replace(event, target_w=target_w, setpoints=changed)


def grid_seen(
    state: MarketState, seen: tuple[AreaSeen, ...], start_s: int, now_us: int
) -> Iterator[Event]:
    """What the readings of an interval say about the grids."""
    for area in seen:
        is_safe = area.picture.is_safe
        yield GridSeen(
            area_id=area.area_id,
            start_s=start_s,
            version=area.version,
            picture=area.picture,
            outside_minutes=0 if is_safe else state.rules.interval_minutes,
        )
        if not is_safe:
            yield from _alarms(state, area.area_id, area.picture, start_s, now_us)


def _alarms(
    state: MarketState, area_id: str, picture: GridPicture, start_s: int, now_us: int
) -> Iterator[AlarmRaised]:
    """One for voltages and one for loadings, each with its worst element."""
    start = {"start": instant_text(start_s)}
    if not picture.solved:
        yield from raised(state, AlarmKind.GRID_VOLTAGE, ControlLevel.AREA, area_id, now_us, start)
    for kind, is_bus in ((AlarmKind.GRID_VOLTAGE, True), (AlarmKind.GRID_LOADING, False)):
        broken = [item for item in picture.violations if (item.kind is ElementKind.BUS) is is_bus]
        if broken:
            worst = broken[0]
            parameters = {
                **start,
                "element": worst.element_id,
                "value_ppm": str(worst.value_ppm),
                "limit_ppm": str(worst.limit_ppm),
            }
            yield from raised(state, kind, ControlLevel.AREA, area_id, now_us, parameters)


# --- facts ----------------------------------------------------------------------------------


def registered(state: MarketState, event: NetworkRegistered) -> None:
    """A grid is known."""
    state.networks.put(event.network)


def redispatched(state: MarketState, event: UnitsRedispatched) -> None:
    """Units were told something else than they have traded."""
    state.networks.instruct(event.start_s, event.changes, state.rules.interval_minutes)
    told_wh = state.networks.instructed_wh(event.start_s)
    stored = {unit_id: told_wh[unit_id] for unit_id in told_wh if unit_id in state.storages}
    if stored:
        state.positions.instruct(event.start_s, stored)


def activated(state: MarketState, event: UnitsActivated) -> None:
    """Units were told something else because another area needs it."""
    state.networks.activate(event)
    told_wh = state.networks.instructed_wh(event.start_s)
    stored = {
        item.unit_id: told_wh[item.unit_id]
        for item in event.units
        if item.unit_id in state.storages
    }
    if stored:
        state.positions.instruct(event.start_s, stored)


def interval_checked(state: MarketState, event: IntervalChecked) -> None:
    """The interval's set-points stand."""
    state.networks.checked(event.start_s, event.turn)


def checks_reopened(state: MarketState, event: ChecksReopened) -> None:
    """Intervals wait for their check again."""
    for start_s in event.starts_s:
        state.networks.reopen(start_s)


def instructions_withdrawn(state: MarketState, event: InstructionsWithdrawn) -> None:
    """What an earlier check told units holds no longer."""
    state.networks.withdraw(event.start_s)
    state.positions.withdraw(event.start_s)


def seen(state: MarketState, event: GridSeen) -> None:
    """Count how long a grid was outside its limits."""
    state.networks.seen(event.area_id, event.outside_minutes)
