"""What units are told for an interval: what they traded, inside what operators allow, and why not all.

The one idea: the same pass makes the first set-points at the gate and newer ones whenever what is
allowed changes; what it had to take away is a fact with its reason, so nobody is blamed for it.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from market.control.caps import NO_CAPS, Caps
from market.control.share import clipped
from market.engine.control.alarms import raised
from market.engine.control.curtailing import curtailed, differing, nameplate
from market.engine.control.guarding import Moment, guarded
from market.engine.control.sharing import setpoints, shared
from market.engine.state import MarketState
from market.model.act import UnitLimitsChanged
from market.model.alarm import AlarmKind, AlarmRaised, ControlLevel
from market.model.interval import MICROSECONDS, instant_text
from market.model.messages import Event, SetpointsChanged, Step
from market.model.participant import Unit, UnitKind
from market.model.power import PowerLimits, Setpoint, UnitLimit
from market.model.units import power_from_energy_w
from market.trading.acts import Allowed

LIMIT_RENEWED_S = 86_400
"""A limit that narrows nothing is sent for a day, to units that were once narrowed, and renewed."""


def units_of(state: MarketState, level: ControlLevel, member_id: str) -> Iterator[Unit]:
    """The devices a stop of this member stops; a retailer's contract only where it is named."""
    if level is ControlLevel.UNIT:
        yield state.units[member_id]
        return
    around = state.acts.around
    for unit in state.units.values():
        inside = level is ControlLevel.MARKET or member_id in around[unit.area_id]
        if inside and unit.kind is not UnitKind.RETAILER:
            yield unit


def caps_of(state: MarketState, start_s: int) -> Caps:
    """What narrows units and areas in an interval."""
    acts = state.acts
    if not acts:
        return NO_CAPS
    until_s = start_s + state.step_s
    touched = {
        unit.unit_id: unit
        for level, member_id in acts.narrowings
        for unit in units_of(state, level, member_id)
    }
    units: dict[str, PowerLimits] = {}
    for unit_id, unit in touched.items():
        allowed = acts.allowed(unit, start_s, until_s)
        if allowed.reason is not None:
            units[unit_id] = allowed.limits
    areas = {
        member_id: acts.area_limits(member_id, start_s, until_s)
        for level, member_id in acts.narrowings
        if level is ControlLevel.AREA
    }
    return Caps(units=units, areas=areas)


def first_setpoints(
    state: MarketState, start_s: int, scheduled_wh: Mapping[str, int], now_us: int
) -> Iterator[Event]:
    """At the gate: every unit's set-point, the limits that go with them, and what was taken away."""
    caps = caps_of(state, start_s)
    wanted = setpoints(state, start_s, scheduled_wh, state.setpoint_sequence + 1, caps)
    burdens = shared(state, start_s)
    moment = moment_of(state, start_s, now_us)
    plan = guarded(
        state,
        wanted,
        moment,
        caps,
        scheduled_wh=scheduled_wh,
        earlier=state.told.of(start_s - state.step_s),
    )
    yield from plan.told
    changed = {**dict.fromkeys(_waiting(plan.told), 0), **differing(state, plan.told, scheduled_wh)}
    yield from curtailed(state, moment, changed, caps, plan, scheduled_wh)
    yield from burdens
    yield from guard_alarms(state, dict.fromkeys(plan.blocked, start_s), plan.blocked, now_us)
    renewed = {
        unit_id: None
        for unit_id, until_s in state.acts.limits_until_s.items()
        if until_s < start_s + state.step_s
    }
    concerned = [state.units[unit_id] for unit_id in {**dict.fromkeys(caps.units), **renewed}]
    yield from _limits(state, concerned, (start_s,), start_s)


def new_setpoints(state: MarketState, concerned: Iterable[Unit], now_us: int) -> Iterator[Event]:
    """Once something else is allowed: newer set-points of the running and the coming intervals.

    Args:
        state: in which it is allowed.
        concerned: the units whose limits may have changed; they are told theirs.
        now_us: when.
    """
    now_s = now_us // MICROSECONDS
    starts_s = delivering_starts_s(state, now_s)
    sequence = state.setpoint_sequence
    earlier = state.told.of(starts_s[0] - state.step_s) if starts_s else {}
    blocked: dict[str, str] = {}
    blocked_s: dict[str, int] = {}
    for start_s in starts_s:
        caps = caps_of(state, start_s)
        scheduled_wh = instructed_schedule_wh(state, start_s)
        scheduled = setpoints(state, start_s, scheduled_wh, sequence + 1, caps)
        yield from shared(state, start_s)
        wanted = _as_checked(state, scheduled, start_s, caps)
        moment = moment_of(state, start_s, now_us)
        plan = guarded(
            state,
            wanted,
            moment,
            caps,
            scheduled_wh=scheduled_wh,
            earlier=earlier,
            at_once=state.networks.changes(start_s).keys(),
        )
        apart_w = differing(state, plan.told, scheduled_wh)
        changed = {
            unit_id: apart_w.get(unit_id, 0)
            for unit_id in {**apart_w, **state.acts.curtailed.get(start_s, {}), **plan.news}
            if unit_id in plan.news
            or apart_w.get(unit_id, 0) != state.acts.change_w(unit_id, start_s)
        }
        yield from only(plan.told, changed)
        sequence += 1 if changed else 0
        yield from curtailed(state, moment, changed, caps, plan, scheduled_wh)
        blocked = {**plan.blocked, **blocked}
        blocked_s = {**dict.fromkeys(plan.blocked, start_s), **blocked_s}
        earlier = {item.unit_id: item for event in plan.told for item in event.setpoints}
    yield from guard_alarms(state, blocked_s, blocked, now_us)
    yield from _limits(state, concerned, starts_s, now_s)


def moment_of(state: MarketState, start_s: int, now_us: int) -> Moment:
    """For which interval set-points are made, and when."""
    return Moment(start_s=start_s, now_s=now_us // MICROSECONDS, step_s=state.step_s)


def guard_alarms(
    state: MarketState, blocked_s: Mapping[str, int], why: Mapping[str, str], now_us: int
) -> Iterator[AlarmRaised]:
    """Somebody has to look at every area whose move was blocked, in the first interval of it."""
    for area_id, start_s in blocked_s.items():
        parameters = {"why": why[area_id], "start": instant_text(start_s)}
        yield from raised(
            state, AlarmKind.AREA_GUARD, ControlLevel.AREA, area_id, now_us, parameters
        )


def _waiting(told: Iterable[SetpointsChanged]) -> Iterator[str]:
    """Units that do not move at once."""
    for event in told:
        yield from (item.unit_id for item in event.setpoints if item.wait_s)


def _as_checked(
    state: MarketState, told: tuple[SetpointsChanged, ...], start_s: int, caps: Caps
) -> tuple[SetpointsChanged, ...]:
    """Set-points that do not go back beyond what the check of the grid has told a unit.

    It was worked out with what was allowed then; that more is allowed now makes no grid stronger.
    """
    changes = state.networks.changes(start_s)
    if not changes:
        return told
    # Instructed energy is whole Wh, so a target may miss what was told by less than one of them.
    near_w = power_from_energy_w(1, state.rules.interval_minutes)

    def checked_w(item: Setpoint) -> int:
        change = changes.get(item.unit_id)
        if change is None:
            return item.target_w
        beyond_w = item.target_w - change.to_w
        if abs(beyond_w) < near_w or (beyond_w > 0) is (change.change_w > 0):
            return item.target_w
        limits = caps.units.get(item.unit_id)
        return change.to_w if limits is None else clipped(change.to_w, limits)

    found = []
    for event in told:
        setpoints = tuple(replace(item, target_w=checked_w(item)) for item in event.setpoints)
        moved_w = sum(item.target_w for item in setpoints) - sum(
            item.target_w for item in event.setpoints
        )
        found.append(replace(event, target_w=event.target_w + moved_w, setpoints=setpoints))
    return tuple(found)


def instructed_schedule_wh(state: MarketState, start_s: int) -> dict[str, int]:
    """What each unit is to do but for operators' acts: its trades, and what redispatch changed."""
    scheduled_wh = dict(state.positions.scheduled_wh(start_s))
    for unit_id, energy_wh in state.networks.instructed_wh(start_s).items():
        scheduled_wh[unit_id] = scheduled_wh.get(unit_id, 0) + energy_wh
    return scheduled_wh


def delivering_starts_s(state: MarketState, now_s: int) -> tuple[int, ...]:
    """Intervals that have their set-points and are not over."""
    first_s = now_s - (now_s - state.rules.trading_from_s) % state.step_s
    found: list[int] = []
    at_s = max(first_s, state.rules.trading_from_s)
    while state.phases.is_interval(at_s) and state.phases.has_taken(at_s, Step.CLEAR):
        found.append(at_s)
        at_s += state.step_s
    return tuple(found)


def only(told: Iterable[SetpointsChanged], unit_ids: Container[str]) -> Iterator[SetpointsChanged]:
    """The set-points of some units; areas in which none of them lies are left out."""
    for event in told:
        setpoints = tuple(item for item in event.setpoints if item.unit_id in unit_ids)
        if setpoints:
            yield replace(event, setpoints=setpoints)


def _until_s(state: MarketState, unit: Unit, now_s: int) -> int:
    """Until when what a unit may do stays as it is, while no interval has its set-points yet."""
    turns_s = [now_s + LIMIT_RENEWED_S]
    for item in state.acts.concerning(unit, now_s, turns_s[0]):
        turns_s += [at_s for at_s in (item.from_s, item.until_s) if at_s is not None]
    return min(at_s for at_s in turns_s if at_s > now_s)


def _limits(
    state: MarketState, concerned: Iterable[Unit], starts_s: Iterable[int], now_s: int
) -> Iterator[UnitLimitsChanged]:
    """The grid channel's word to these units, one for each interval in which they are narrowed.

    Who is not narrowed any more is told so for a day; a limit that only ran out would leave the unit
    with what it does when nobody calls.
    """
    delivering = [(max(start_s, now_s), start_s + state.step_s) for start_s in starts_s]
    by_area: dict[str, list[UnitLimit]] = {}
    sequence = state.acts.limit_sequence
    for unit in concerned:
        windows = delivering or [(now_s, _until_s(state, unit, now_s))]
        allowed = [(window, state.acts.allowed(unit, *window)) for window in windows]
        words = [(window, item) for window, item in allowed if item.reason is not None]
        if unit.unit_id in state.acts.limits_until_s and len(words) < len(windows):
            # Wide and older than the narrow ones, which hold where they hold.
            wide = Allowed(nameplate(unit), None)
            words.insert(0, ((now_s, now_s + LIMIT_RENEWED_S), wide))
        for (from_s, until_s), item in words:
            sequence += 1
            by_area.setdefault(unit.area_id, []).append(
                UnitLimit(
                    unit_id=unit.unit_id,
                    from_s=from_s,
                    until_s=until_s,
                    withdrawal_max_w=item.limits.withdrawal_max_w,
                    injection_max_w=item.limits.injection_max_w,
                    sequence=sequence,
                    epoch=0,  # the stream says which start of the writer speaks
                    reason="" if item.reason is None else item.reason.value,
                )
            )
    for area_id, items in by_area.items():
        yield UnitLimitsChanged(area_id=area_id, limits=tuple(items))
