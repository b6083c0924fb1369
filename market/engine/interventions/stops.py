"""Kills, halts, their release, and orders that end with their session.

The one idea: stopping is one act of one person and takes effect in the same decision: what rests is
cancelled, what is new refused, trades stay. Releasing needs a second person, and continuous trading
reopens through a call.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from market.engine.decisions import applied, refused
from market.engine.offers.offers import Held, killed
from market.engine.orders.open_orders import OpenOrder, open_orders
from market.engine.orders.reopening import reopened
from market.engine.state import MarketState
from market.model.interval import MICROSECONDS
from market.model.messages import Answer, Decision, Event, OrdersCancelled
from market.model.rejection import Code, Rejection
from market.model.stop import (
    ArmDeadMan,
    CancelAll,
    DeadManArmed,
    ReleaseProposed,
    ReleaseStop,
    Stop,
    StopKind,
    StopScope,
    StopTrading,
    TradingReleased,
    TradingStopped,
)

OPERATOR_KILL: Final = "operator_kill"
USER_KILL: Final = "user_kill"
SYSTEM_HALTED: Final = "system_halted"
AGREE_WITHIN_S: Final = 900
"""How long a proposal to release waits for the second person (security.md 5.5)."""
_PLACES: Final = frozenset({StopScope.AREA, StopScope.INTERVAL, StopScope.MARKET})


def stop_trading(state: MarketState, command: StopTrading) -> Decision:
    """Stop at once; the same stop again is harmless."""
    fault = _stop_fault(state, command)
    if fault is not None:
        return refused([fault])
    if state.stops.of((command.kind, command.scope, command.key)) is not None:
        return Decision(events=(), answer=Answer())
    stop = Stop(
        kind=command.kind,
        scope=command.scope,
        key=command.key,
        actor=command.actor,
        reason=command.reason,
        since_us=command.now_us,
        owner=command.owner,
    )
    events: list[Event] = [TradingStopped(stop=stop)]
    if command.kind is StopKind.KILL:
        reason = OPERATOR_KILL if command.owner is None else USER_KILL
        concerned = (item for item in open_orders(state) if _concerns(stop, item))
        events += cancelled(state, concerned, reason)
        events += killed(state, lambda offer: _concerns(stop, offer))
    return applied(*events)


def _stop_fault(state: MarketState, command: StopTrading) -> Rejection | None:
    scope, key = command.scope, command.key
    if command.kind is StopKind.HALT and scope not in _PLACES:
        return Rejection(code=Code.FIELD_RANGE, pointer="scope")
    known = {
        StopScope.PARTICIPANT: key in state.participants,
        StopScope.UNIT: key in state.units,
        StopScope.AREA: key in state.grid.area_index(),
        StopScope.INTERVAL: key.isdecimal() and state.phases.is_interval(int(key)),
        StopScope.MARKET: key == "",
        StopScope.CLIENT: key != "",
    }
    if not known[scope] or (command.owner is not None and not _is_own(state, command)):
        return Rejection(code=Code.NOT_FOUND, pointer="key")
    return None


def _is_own(state: MarketState, command: StopTrading | ReleaseStop) -> bool:
    """True when what a participant stops is its own."""
    unit = state.units.get(command.key)
    match command.scope:
        case StopScope.CLIENT:
            return True
        case StopScope.PARTICIPANT:
            return command.key == command.owner
        case StopScope.UNIT:
            return unit is not None and unit.participant_id == command.owner
        case _:
            return False


def _concerns(stop: Stop, order: OpenOrder | Held) -> bool:
    match stop.scope:
        case StopScope.MARKET:
            return True
        case StopScope.PARTICIPANT:
            return order.participant_id == stop.key
        case StopScope.UNIT:
            return order.unit_id == stop.key
        case StopScope.AREA:
            return order.area_id == stop.key
        case StopScope.INTERVAL:
            return str(order.start_s) == stop.key
        case StopScope.CLIENT:
            return False  # an order does not keep which credential sent it


def cancelled(
    state: MarketState, concerned: Iterator[OpenOrder], reason: str
) -> list[OrdersCancelled]:
    """One event per owner; what a phase holds fast stays (its gate has closed)."""
    order_ids: defaultdict[str, list[str]] = defaultdict(list)
    for item in concerned:
        if state.phases.cancel_refusal(item.start_s, item.area_id) is None:
            order_ids[item.participant_id].append(item.order_id)
    return [
        OrdersCancelled(participant_id=owner, order_ids=tuple(ids), reason=reason)
        for owner, ids in order_ids.items()
    ]


def release_stop(state: MarketState, command: ReleaseStop) -> Decision:
    """Propose the end of a stop, or agree with a proposal and end it."""
    key = (command.kind, command.scope, command.key)
    stop = state.stops.of(key)
    if stop is None:
        return refused([Rejection(code=Code.NOT_FOUND, pointer="key")])
    if command.owner is not None:
        if stop.owner != command.owner:
            return refused([Rejection(code=Code.NOT_PERMITTED)])
        return _released(state, command, (command.actor,))
    proposer = state.stops.proposal(key, command.now_us)
    if proposer == command.actor:
        return refused([Rejection(code=Code.SECOND_PERSON_REQUIRED)])
    if proposer is not None:
        return _released(state, command, (proposer, command.actor))
    return applied(
        ReleaseProposed(
            kind=command.kind,
            scope=command.scope,
            key=command.key,
            actor=command.actor,
            until_us=command.now_us + AGREE_WITHIN_S * MICROSECONDS,
        )
    )


def _released(state: MarketState, command: ReleaseStop, actors: tuple[str, ...]) -> Decision:
    released = TradingReleased(
        kind=command.kind,
        scope=command.scope,
        key=command.key,
        actors=actors,
        now_us=command.now_us,
    )
    if command.kind is StopKind.KILL:
        return applied(released)
    return applied(released, *reopened(state, command.scope, command.key, command.now_us))


def decoupled(state: MarketState, start_s: int) -> list[OrdersCancelled]:
    """At the gate an area that is still halted takes no part: its orders of the interval end."""
    order_ids: defaultdict[str, list[str]] = defaultdict(list)
    if state.phases.stops():
        for item in open_orders(state):
            area_id = item.area_id
            if item.start_s == start_s and state.phases.is_halted(start_s, area_id):
                order_ids[item.participant_id].append(item.order_id)
    return [
        OrdersCancelled(participant_id=owner, order_ids=tuple(ids), reason=SYSTEM_HALTED)
        for owner, ids in order_ids.items()
    ]


def arm_dead_man(state: MarketState, command: ArmDeadMan) -> Decision:
    """Note the length of a participant's timer; a renewal of the same length changes nothing."""
    if state.dead_man_s.get(command.participant_id, 0) == command.after_s:
        return Decision(events=(), answer=Answer())
    return applied(DeadManArmed(participant_id=command.participant_id, after_s=command.after_s))


def cancel_all(state: MarketState, command: CancelAll) -> Decision:
    """Cancel what is open of a participant; the ids are in the events.

    A session's end takes its orders alone; otherwise offers outside the books are taken back too.
    """
    if command.session_id is not None:
        wanted = state.session_orders.get(command.session_id, {})
        found = (
            item for item in open_orders(state, command.participant_id) if item.order_id in wanted
        )
        return applied(*cancelled(state, found, command.reason))
    units = {command.unit_id} - {None}
    found = (
        item
        for item in open_orders(state, command.participant_id)
        if not units or item.unit_id in units
    )
    offers = killed(
        state,
        lambda offer: (
            offer.participant_id == command.participant_id and (not units or offer.unit_id in units)
        ),
    )
    return applied(*cancelled(state, found, command.reason), *offers)
