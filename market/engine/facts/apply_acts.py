"""Facts of operators' acts: what they narrow and decouple holds, or holds no longer."""

from market.engine.state import MarketState
from market.model.act import (
    ActKind,
    ActPerformed,
    ActProposed,
    AreaCoupled,
    AreaDecoupled,
    ControlReason,
    Decoupling,
    Narrowing,
    UnitLimitsChanged,
    UnitsCurtailed,
)
from market.model.alarm import ControlLevel
from market.model.burden import BurdensShared
from market.model.interval import MICROSECONDS
from market.model.reach import SERVER


def proposed(state: MarketState, event: ActProposed) -> None:
    """An act waits for a second person; what has lapsed is forgotten."""
    acts, now_us = state.acts, event.proposal.since_us
    acts.proposals = {
        act_id: said for act_id, said in acts.proposals.items() if said.until_us >= now_us
    }
    acts.proposals[event.proposal.act_id] = event.proposal
    acts.next_number += 1


def performed(state: MarketState, event: ActPerformed) -> None:
    """What an act narrows holds, or holds no longer."""
    act, acts = event.act, state.acts
    member = (act.level, act.member_id)
    was_proposed = acts.proposals.pop(event.act_id, None) is not None
    acts.done(member, numbered=not was_proposed)
    match act.kind:
        case ActKind.LIMIT | ActKind.STOP | ActKind.EMERGENCY_STOP:
            _narrow(state, _narrowing(event))
        case ActKind.START:
            _end(state, acts.of(ActKind.STOP, member))
        case ActKind.RELEASE if act.limit_id is not None:
            _end(state, acts.limit(member, act.limit_id))
        case ActKind.RELEASE:
            _end(state, acts.of(ActKind.EMERGENCY_STOP, member))
        case ActKind.CONSENT:
            for start_s in blocked_starts_s(state, act.member_id, event.now_us):
                state.told.consent(start_s, act.member_id)
        case ActKind.DECOUPLE | ActKind.COUPLE:
            pass  # the facts beside it say so


def blocked_starts_s(state: MarketState, area_id: str, now_us: int) -> list[int]:
    """Intervals that are not over in which the guard holds units of an area where they were."""
    acts, now_s = state.acts, now_us // MICROSECONDS
    return [
        start_s
        for start_s, units in acts.curtailed.items()
        if start_s + state.step_s > now_s
        and any(
            pieces[-1].change_w
            and pieces[-1].reason is ControlReason.AREA_GUARD
            and area_id in acts.around[state.units[unit_id].area_id]
            for unit_id, pieces in units.items()
        )
    ]


def _narrowing(event: ActPerformed) -> Narrowing:
    act = event.act
    is_limit = act.kind is ActKind.LIMIT
    return Narrowing(
        narrowing_id=event.act_id,
        kind=act.kind,
        level=act.level,
        member_id=act.member_id,
        from_s=event.now_us // MICROSECONDS if act.from_s is None else act.from_s,
        until_s=act.until_s,
        withdrawal_max_w=act.withdrawal_max_w if is_limit else 0,
        injection_max_w=act.injection_max_w if is_limit else 0,
        actor=event.actors[0],
        reason=event.reason,
        since_us=event.now_us,
        of_area=event.of_area,
    )


def _narrow(state: MarketState, narrowing: Narrowing) -> None:
    state.acts.add(narrowing)
    if _is_area_limit(narrowing):
        state.capacity.narrow(narrowing)


def _end(state: MarketState, narrowing: Narrowing | None) -> None:
    if narrowing is None:
        return
    state.acts.end(narrowing)
    if _is_area_limit(narrowing):
        state.capacity.widen(narrowing.member_id, narrowing.narrowing_id)


def _is_area_limit(narrowing: Narrowing) -> bool:
    return narrowing.kind is ActKind.LIMIT and narrowing.level is ControlLevel.AREA


def end_limits(state: MarketState, now_s: int) -> None:
    """Limits whose time is over are forgotten."""
    if state.acts:
        for narrowing in state.acts.over(now_s):
            _end(state, narrowing)


def area_decoupled(state: MarketState, event: AreaDecoupled) -> None:
    """Nothing more is traded over the area's lines."""
    state.acts.decoupled[event.area_id] = Decoupling(
        area_id=event.area_id, actor=event.actor, reason=event.reason, since_us=event.now_us
    )
    state.capacity.decouple(event.area_id)
    if event.actor == SERVER:
        state.forced.lost(event.area_id, event.now_us // MICROSECONDS)


def area_coupled(state: MarketState, event: AreaCoupled) -> None:
    """The area's lines carry what they have left again."""
    state.acts.decoupled.pop(event.area_id, None)
    state.capacity.couple(event.area_id)
    state.forced.found(event.area_id, event.now_us // MICROSECONDS)


def units_curtailed(state: MarketState, event: UnitsCurtailed) -> None:
    """Why units were told something else, until the interval is settled."""
    for item in event.items:
        state.acts.curtail(item)


def burdens_shared(state: MarketState, event: BurdensShared) -> None:
    """Who gave up what for a limit, of what he could have given up."""
    state.burdens.take(event)


def unit_limits_changed(state: MarketState, event: UnitLimitsChanged) -> None:
    """Limits went out; the next ones are newer."""
    for item in event.limits:
        state.acts.sent(item)
