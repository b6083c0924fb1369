"""Acts of operators: stop, start, limit, release, decouple, couple, emergency stop.

The one idea: what narrows is one act of one person and takes effect in the same command: orders that
no longer fit leave, set-points and limits go out anew. What lets something dangerous come back is
proposed by one and done by another, who agrees with exactly that, while nothing else was done.
"""

from collections.abc import Iterator
from dataclasses import replace

from market.engine.control.alarms import is_member, raised
from market.engine.control.steering import new_setpoints, units_of
from market.engine.decisions import applied, refused
from market.engine.facts.apply_acts import blocked_starts_s
from market.engine.grid.rechecks import after_act
from market.engine.offers.offers import killed
from market.engine.orders.open_orders import open_orders
from market.engine.state import MarketState
from market.model.act import (
    Act,
    ActKind,
    ActPerformed,
    ActProposed,
    ApproveAct,
    AreaCoupled,
    AreaDecoupled,
    Narrowing,
    PerformAct,
    ProposedAct,
    digest_of,
)
from market.model.alarm import AlarmKind, ControlLevel
from market.model.interval import MICROSECONDS
from market.model.messages import Decision, Event, OrdersCancelled
from market.model.order import Side
from market.model.participant import Unit
from market.model.recall import AGREE_WITHIN_S
from market.model.rejection import Code, Rejection
from market.model.units import power_text

SYSTEM_NARROWED = "system_narrowed"
"""Why an order left that a unit may no longer do."""
_ALARMS = {
    ActKind.EMERGENCY_STOP: AlarmKind.EMERGENCY_STOPPED,
    ActKind.STOP: AlarmKind.STOPPED,
    ActKind.DECOUPLE: AlarmKind.DECOUPLED,
}
_OF_AREAS = frozenset({ActKind.DECOUPLE, ActKind.COUPLE})
_LEVELS = {
    ActKind.LIMIT: frozenset({ControlLevel.UNIT, ControlLevel.AREA}),
    ActKind.STOP: frozenset({ControlLevel.UNIT, ControlLevel.AREA}),
    ActKind.START: frozenset({ControlLevel.UNIT, ControlLevel.AREA}),
    ActKind.RELEASE: frozenset(ControlLevel),
    ActKind.EMERGENCY_STOP: frozenset(ControlLevel),
    ActKind.DECOUPLE: frozenset({ControlLevel.AREA}),
    ActKind.COUPLE: frozenset({ControlLevel.AREA}),
    ActKind.CONSENT: frozenset({ControlLevel.AREA}),
}


def perform_act(state: MarketState, command: PerformAct) -> Iterator[Decision]:
    """Do it, or propose it where it takes two; what holds already changes nothing."""
    act = _at_once(command.act, command.now_us)
    refusal = _refusal(state, act, command)
    if refusal is not None:
        yield refused([refusal])
    elif _is_so(state, act, command.now_us):
        yield applied()
    elif takes_two(state, act, command.of_area):
        yield _proposed(state, command, act)
    else:
        yield from _done(
            state,
            ActPerformed(
                act_id=_next_id(state),
                act=act,
                reason=command.reason,
                actors=(command.actor,),
                now_us=command.now_us,
                of_area=command.of_area,
            ),
        )


def _at_once(act: Act, now_us: int) -> Act:
    """A limit without a beginning begins now."""
    if act.kind is not ActKind.LIMIT:
        return act
    now_s = now_us // MICROSECONDS
    return replace(act, from_s=now_s if act.from_s is None else max(act.from_s, now_s))


def _refusal(state: MarketState, act: Act, command: PerformAct) -> Rejection | None:
    if act.level not in _LEVELS[act.kind]:
        return Rejection(code=Code.FIELD_RANGE, pointer="level")
    if not is_member(state, act.level, act.member_id):
        return Rejection(code=Code.NOT_FOUND, pointer="member_id")
    area_id = command.of_area
    if area_id is not None and not is_inside(state, act.level, act.member_id, area_id):
        return Rejection(code=Code.NOT_FOUND, pointer="member_id")
    if act.kind is ActKind.LIMIT:
        return _limit_refusal(state, act)
    if act.limit_id is not None:
        found = state.acts.limit((act.level, act.member_id), act.limit_id)
        if found is None:
            return Rejection(code=Code.NOT_FOUND, pointer="limit_id")
        return _foreign(found, area_id)
    if act.kind is ActKind.START:
        found = state.acts.of(ActKind.STOP, (act.level, act.member_id))
        return None if found is None else _foreign(found, area_id)
    if area_id is not None and act.kind in {ActKind.RELEASE, ActKind.COUPLE}:
        return Rejection(code=Code.NOT_PERMITTED)
    return None


def is_inside(state: MarketState, level: ControlLevel, member_id: str, area_id: str) -> bool:
    """True when a unit or area lies in an area, or is it."""
    match level:
        case ControlLevel.UNIT:
            return area_id in state.acts.around[state.units[member_id].area_id]
        case ControlLevel.AREA:
            return area_id in state.acts.around[member_id]
        case ControlLevel.MARKET:
            return False


def _foreign(found: Narrowing, area_id: str | None) -> Rejection | None:
    """An area takes back what areas around the member made, never what an operator did."""
    if area_id is not None and found.of_area != area_id:
        return Rejection(code=Code.NOT_PERMITTED)
    return None


def _limit_refusal(state: MarketState, act: Act) -> Rejection | None:
    """A limit has to narrow something, for some time, and never widens."""
    if act.withdrawal_max_w is None and act.injection_max_w is None:
        return Rejection(code=Code.FIELD_MISSING, pointer="withdrawal_max_kw")
    assert act.from_s is not None, "a limit begins at some time"
    if act.until_s is not None and act.until_s <= act.from_s:
        return Rejection(code=Code.FIELD_RANGE, pointer="until")
    if act.level is ControlLevel.UNIT:
        unit = state.units[act.member_id]
        most: tuple[int | None, int | None] = (unit.withdrawal_max_w, unit.injection_max_w)
    else:
        area = next(area for area in state.grid.areas if area.area_id == act.member_id)
        most = (area.import_limit_w, area.export_limit_w)
    for pointer, power_w, most_w in (
        ("withdrawal_max_kw", act.withdrawal_max_w, most[0]),
        ("injection_max_kw", act.injection_max_w, most[1]),
    ):
        if power_w is not None and most_w is not None and power_w > most_w:
            named = {f"{pointer.removesuffix('_kw')}_kw": power_text(most_w)}
            return Rejection(code=Code.EXCEEDS_CAPABILITY, pointer=pointer, parameters=named)
    return None


def _is_so(state: MarketState, act: Act, now_us: int) -> bool:
    """True when an act would change nothing."""
    acts, member = state.acts, (act.level, act.member_id)
    match act.kind:
        case ActKind.LIMIT:
            return False
        case ActKind.STOP | ActKind.EMERGENCY_STOP:
            return acts.of(act.kind, member) is not None
        case ActKind.START:
            return acts.of(ActKind.STOP, member) is None and not _is_locked(state, act)
        case ActKind.RELEASE:
            return act.limit_id is None and acts.of(ActKind.EMERGENCY_STOP, member) is None
        case ActKind.DECOUPLE:
            return act.member_id in acts.decoupled
        case ActKind.COUPLE:
            return act.member_id not in acts.decoupled
        case ActKind.CONSENT:
            return not blocked_starts_s(state, act.member_id, now_us)


def takes_two(state: MarketState, act: Act, of_area: str | None = None) -> bool:
    """True for what lets something come back that was stopped for a danger.

    An area's own credential is its grid operator's, whose consent the guard waits for.
    """
    match act.kind:
        case ActKind.CONSENT:
            return of_area is None
        case ActKind.RELEASE:
            return act.limit_id is None
        case ActKind.COUPLE:
            return True
        case ActKind.START:
            return _is_locked(state, act)
        case _:
            return False


def _is_locked(state: MarketState, act: Act) -> bool:
    """True of a unit that has said it is locked, until somebody closes that alarm."""
    about = (AlarmKind.LOCKED, ControlLevel.UNIT, act.member_id)
    return act.level is ControlLevel.UNIT and state.alarms.of(about) is not None


def _next_id(state: MarketState) -> str:
    return f"act-{state.acts.next_number}"


def _proposed(state: MarketState, command: PerformAct, act: Act) -> Decision:
    act_id = _next_id(state)
    version = state.acts.versions.get((act.level, act.member_id), 0)
    return applied(
        ActProposed(
            proposal=ProposedAct(
                act_id=act_id,
                act=act,
                reason=command.reason,
                actor=command.actor,
                version=version,
                digest=digest_of(act_id, act, command.reason, version),
                since_us=command.now_us,
                until_us=command.now_us + AGREE_WITHIN_S * MICROSECONDS,
            ),
        )
    )


def approve_act(state: MarketState, command: ApproveAct) -> Iterator[Decision]:
    """A second operator agrees with exactly what was proposed, while nothing else was done."""
    said = state.acts.proposals.get(command.act_id)
    if said is None:
        yield refused([Rejection(code=Code.NOT_FOUND, pointer="act_id")])
        return
    act = said.act
    version = state.acts.versions.get((act.level, act.member_id), 0)
    code = None
    if command.digest != said.digest:
        code = Code.REVISION_MISMATCH
    elif command.now_us > said.until_us or version != said.version:
        code = Code.ACT_LAPSED
    elif command.actor == said.actor:
        code = Code.SECOND_PERSON_REQUIRED
    if code is not None:
        yield refused([Rejection(code=code)])
        return
    yield from _done(
        state,
        ActPerformed(
            act_id=said.act_id,
            act=act,
            reason=said.reason,
            actors=(said.actor, command.actor),
            now_us=command.now_us,
        ),
    )


def _done(state: MarketState, performed: ActPerformed) -> Iterator[Decision]:
    """The act, then on the state it has made what follows from it."""
    act, now_us = performed.act, performed.now_us
    facts: list[Event] = [performed]
    if act.kind is ActKind.DECOUPLE:
        facts.append(
            AreaDecoupled(
                area_id=act.member_id,
                actor=performed.actors[0],
                reason=performed.reason,
                now_us=now_us,
            )
        )
    elif act.kind is ActKind.COUPLE:
        facts.append(
            AreaCoupled(
                area_id=act.member_id,
                actors=performed.actors,
                reason=performed.reason,
                now_us=now_us,
            )
        )
    if act.kind in _ALARMS:
        parameters = {"reason": performed.reason, "by": performed.actors[0]}
        facts += raised(state, _ALARMS[act.kind], act.level, act.member_id, now_us, parameters)
    yield applied(*facts)
    if act.kind not in _OF_AREAS:
        yield _followed(state, act, now_us)
    again = tuple(after_act(state, act, now_us))
    if again:
        yield applied(*again)


def _followed(state: MarketState, act: Act, now_us: int) -> Decision:
    """Orders that no longer fit leave, set-points and limits go out anew."""
    concerned = [] if _is_sum(act) else list(units_of(state, act.level, act.member_id))
    return applied(*_cancelled(state, concerned, now_us), *new_setpoints(state, concerned, now_us))


def _is_sum(act: Act) -> bool:
    """True of a limit of an area, and of a consent: it is about the sum and is told to no unit."""
    is_sum = act.kind in {ActKind.LIMIT, ActKind.CONSENT} or act.limit_id is not None
    return is_sum and act.level is ControlLevel.AREA


def _cancelled(state: MarketState, concerned: list[Unit], now_us: int) -> Iterator[Event]:
    """What rests of units in intervals in which it no longer fits; trades stay."""
    too_much = _too_much(state, concerned, now_us)
    if not too_much:
        return
    order_ids: dict[str, list[str]] = {}
    for item in open_orders(state):
        if (item.unit_id, item.start_s) in too_much and state.phases.cancel_refusal(
            item.start_s, item.area_id or None
        ) is None:
            order_ids.setdefault(item.participant_id, []).append(item.order_id)
    for owner, ids in order_ids.items():
        yield OrdersCancelled(participant_id=owner, order_ids=tuple(ids), reason=SYSTEM_NARROWED)
    yield from killed(state, lambda offer: (offer.unit_id, offer.start_s) in too_much)


def _too_much(state: MarketState, concerned: list[Unit], now_us: int) -> set[tuple[str, int]]:
    """Units and intervals with more open and traded than is allowed now."""
    found: set[tuple[str, int]] = set()
    if not state.acts:
        return found
    now_s = now_us // MICROSECONDS
    for unit in concerned:
        for start_s in state.commitments.open_starts(unit.unit_id):
            if start_s + state.step_s <= now_s:
                continue
            open_energy = state.commitments.open_energy(unit.unit_id, start_s)
            traded = state.positions.traded(unit.unit_id, start_s)
            for side, open_wh, traded_wh in (
                (Side.BUY, open_energy.buy_wh, traded.bought_wh),
                (Side.SELL, open_energy.sell_wh, traded.sold_wh),
            ):
                most_wh = state.checks.capability_wh(unit, side, start_s)
                if open_wh and open_wh + traded_wh > most_wh:
                    found.add((unit.unit_id, start_s))
    return found
