"""Mandates come and go; participants bind themselves.

The one idea: what an agent placed is the owner's; when the mandate ends, what still rests of it goes.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from market.engine.decisions import applied, refused
from market.engine.orders.open_orders import open_orders
from market.engine.state import MarketState
from market.model.mandate import (
    GrantMandate,
    Mandate,
    MandateGranted,
    MandateRevoked,
    OwnLimitsSet,
    RevokeMandate,
    SetOwnLimits,
)
from market.model.messages import Answer, Decision, OrderAnswer, OrdersCancelled
from market.model.rejection import Code, Rejection

MANDATE_REVOKED: Final = "user_mandate_revoked"


def grant_mandate(state: MarketState, command: GrantMandate) -> Decision:
    """Take in a mandate; the owner's own id makes a repeat harmless."""
    wanted = command.mandate
    known = state.mandates.client_ids.get((wanted.owner, wanted.client_mandate_id))
    if known is not None:
        same = state.mandates.find(known) == replace(wanted, mandate_id=known)
        if same:
            return _named(known)
        return refused(
            [Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer="client_mandate_id")]
        )
    faults = list(_faults(state, wanted))
    if faults:
        return refused(faults)
    mandate = replace(wanted, mandate_id=f"man-{state.mandates.next_number}")
    made = MandateGranted(mandate=mandate, now_us=command.now_us)
    return Decision(events=(made,), answer=_named(mandate.mandate_id).answer)


def _named(mandate_id: str) -> Decision:
    return Decision(events=(), answer=Answer(orders=(OrderAnswer(order_id=mandate_id),)))


def _faults(state: MarketState, wanted: Mandate) -> Iterator[Rejection]:
    if wanted.agent not in state.participants or wanted.agent == wanted.owner:
        yield Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="agent")
    for row, unit_id in enumerate(wanted.unit_ids):
        unit = state.units.get(unit_id)
        if unit is None or unit.participant_id != wanted.owner:
            yield Rejection(code=Code.UNIT_UNKNOWN, pointer=f"unit_ids/{row}")
    if wanted.until_s <= wanted.from_s:
        yield Rejection(code=Code.FIELD_RANGE, pointer="until")


def revoke_mandate(state: MarketState, command: RevokeMandate) -> Decision:
    """End a mandate and what still rests of it; a repeat is harmless."""
    mandate = state.mandates.find(command.mandate_id)
    if mandate is None or mandate.owner != command.owner:
        return refused([Rejection(code=Code.NOT_FOUND, pointer="mandate_id")])
    if not state.mandates.holds(command.mandate_id):
        return Decision(events=(), answer=Answer())
    revoked = MandateRevoked(mandate_id=command.mandate_id, now_us=command.now_us)
    order_ids = tuple(
        item.order_id
        for item in open_orders(state, mandate.owner)
        if state.order_agent.get(item.order_id) == mandate.agent
        and (not mandate.unit_ids or item.unit_id in mandate.unit_ids)
        and mandate.from_s <= item.start_s < mandate.until_s
        and state.phases.cancel_refusal(item.start_s, item.area_id or None) is None
    )
    if not order_ids:
        return applied(revoked)
    cancelled = OrdersCancelled(
        participant_id=mandate.owner, order_ids=order_ids, reason=MANDATE_REVOKED
    )
    return applied(revoked, cancelled)


def set_own_limits(state: MarketState, command: SetOwnLimits) -> Decision:
    """Bind oneself; the same limits again change nothing."""
    if state.own_limits.get(command.participant_id) == command.limits:
        return Decision(events=(), answer=Answer())
    return applied(OwnLimitsSet(participant_id=command.participant_id, limits=command.limits))
