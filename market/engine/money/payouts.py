"""Money that is to leave: asked for and held, approved, sent, and paid or given back, each once.

The one idea: a payout goes one way through its states. Its money is held from the request until the bank's
statement shows that it left, or until it is certain that it will not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from market.engine.decisions import DONE_BEFORE, applied, refused
from market.engine.money.two_people import agreed
from market.engine.state import MarketState
from market.model.messages import Decision, Event
from market.model.payment import (
    OPEN_PAYOUTS,
    CancelWithdrawal,
    Cover,
    DecidePayout,
    PaymentDecided,
    PaymentState,
    Payout,
    PayoutDecision,
    PayoutKind,
    PayoutsChanged,
    PayoutState,
    RejectPayouts,
    RequestWithdrawal,
    SendPayouts,
)
from market.model.rejection import Code, Rejection
from market.model.units import QUANTA_PER_CENT, money_text
from market.settlement.payments import moved_on

UNSENT = frozenset({PayoutState.REQUESTED, PayoutState.APPROVED})


def withdrawable_quanta(state: MarketState, participant_id: str) -> int:
    """What a participant may have paid out: what is available, not lent, and not owed to who covered."""
    claims = state.payments.claims.get(participant_id, Cover())
    return state.own_quanta(participant_id) - claims.total_quanta


def request_withdrawal(state: MarketState, command: RequestWithdrawal) -> Decision:
    """Hold money that is to be paid out. The same request again is harmless."""
    owner, amount_quanta = command.participant_id, command.amount_quanta
    if owner not in state.participants:
        return refused([Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="participant_id")])
    before = state.payments.by_client.get((owner, command.client_payout_id))
    if before is not None:
        if _content(state.payments.payouts[before]) == _wanted(command):
            return DONE_BEFORE
        code = Code.EXISTS_WITH_DIFFERENT_FIELDS
        return refused([Rejection(code=code, pointer="client_withdrawal_id")])
    if amount_quanta <= 0 or amount_quanta % QUANTA_PER_CENT:
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="amount")])
    available_quanta = withdrawable_quanta(state, owner)
    if amount_quanta > available_quanta:
        return refused([short_of(amount_quanta, available_quanta)])
    payout = Payout(
        payout_id=f"out-{state.payments.next_payout_number}",
        kind=PayoutKind.WITHDRAWAL,
        participant_id=owner,
        client_payout_id=command.client_payout_id,
        amount_quanta=amount_quanta,
        payee_name=command.payee_name,
        payee_account=command.payee_account,
        state=PayoutState.REQUESTED,
        requested_us=command.now_us,
        changed_us=command.now_us,
    )
    return applied(
        PayoutsChanged(payouts=(payout,), actors=(command.actor,), now_us=command.now_us)
    )


def _content(payout: Payout) -> tuple[int, str, str]:
    return payout.amount_quanta, payout.payee_name, payout.payee_account


def _wanted(command: RequestWithdrawal) -> tuple[int, str, str]:
    return command.amount_quanta, command.payee_name, command.payee_account


def short_of(needed_quanta: int, available_quanta: int) -> Rejection:
    """Why no more than what is available can go."""
    return Rejection(
        code=Code.INSUFFICIENT_FUNDS,
        pointer="amount",
        parameters={"needed": money_text(needed_quanta), "available": money_text(available_quanta)},
    )


def cancel_withdrawal(state: MarketState, command: CancelWithdrawal) -> Decision:
    """Give back what is held for a request that is not sent."""
    payout = state.payments.payouts.get(command.payout_id)
    if payout is None or payout.participant_id != command.participant_id:
        return refused([Rejection(code=Code.NOT_FOUND)])
    if payout.state is PayoutState.CANCELLED:
        return DONE_BEFORE
    if payout.state not in UNSENT:
        return refused([_closed(payout)])
    gone = moved_on(payout, PayoutState.CANCELLED, command.now_us)
    return applied(PayoutsChanged(payouts=(gone,), actors=(command.actor,), now_us=command.now_us))


def _closed(payout: Payout) -> Rejection:
    return Rejection(code=Code.PAYMENT_CLOSED, parameters={"state": payout.state.value})


_FROM = {
    PayoutDecision.APPROVE: frozenset({PayoutState.REQUESTED}),
    PayoutDecision.REFUSE: UNSENT,
    PayoutDecision.REJECT: frozenset({PayoutState.SENT}),
}
_TO = {
    PayoutDecision.APPROVE: PayoutState.APPROVED,
    PayoutDecision.REFUSE: PayoutState.REFUSED,
    PayoutDecision.REJECT: PayoutState.REJECTED,
}


def decide_payout(state: MarketState, command: DecidePayout) -> Decision:
    """Approve, refuse, or tell that the bank did not carry it out; all but a refusal take two."""
    payout = state.payments.payouts.get(command.payout_id)
    if payout is None:
        return refused([Rejection(code=Code.NOT_FOUND)])
    if payout.state not in _FROM[command.decision]:
        return refused([_closed(payout)])
    if command.decision is PayoutDecision.APPROVE and not _is_covered(state, payout):
        assert payout.participant_id is not None, "a return needs nobody's money"
        available_quanta = state.own_quanta(payout.participant_id)
        return refused([short_of(payout.amount_quanta, available_quanta + payout.amount_quanta)])
    actors: tuple[str, ...] = (command.actor,)
    if command.decision is not PayoutDecision.REFUSE:
        both = agreed(
            state,
            actor=command.actor,
            now_us=command.now_us,
            what=f"payout_{command.decision}",
            target=payout.payout_id,
            content=(payout.changed_us, command.reason),
            said={"reason": command.reason},
        )
        if isinstance(both, Decision):
            return both
        actors = both
    changed = moved_on(payout, _TO[command.decision], command.now_us, reason=command.reason)
    return applied(*_changed(state, [changed], actors, command.now_us))


def _is_covered(state: MarketState, payout: Payout) -> bool:
    """Whether what is held for it is still there: settlement may have taken the account below it."""
    owner = payout.participant_id
    return owner is None or state.own_quanta(owner) >= 0


def _changed(
    state: MarketState, payouts: Iterable[Payout], actors: tuple[str, ...], now_us: int
) -> Iterator[Event]:
    """The payouts as they are now; what was to be sent back by one that failed is unmatched again."""
    changed = tuple(payouts)
    for payout in changed:
        if payout.kind is PayoutKind.RETURN and payout.state not in OPEN_PAYOUTS:
            kept = state.payments.returning[payout.client_payout_id]
            again = replace(kept, state=PaymentState.UNMATCHED, payout_id=None, reason="")
            yield PaymentDecided(payment=again, actors=actors)
    yield PayoutsChanged(payouts=changed, actors=actors, now_us=now_us)


def send_payouts(state: MarketState, command: SendPayouts) -> Decision:
    """All that are approved go together; those whose account has fallen below what is held wait."""
    ready = [
        payout
        for payout in state.payments.in_state(PayoutState.APPROVED)
        if _is_covered(state, payout)
    ]
    if not ready:
        return DONE_BEFORE
    file_id = f"pay-{state.payments.next_file_number}"
    sent = tuple(
        moved_on(payout, PayoutState.SENT, command.now_us, file_id=file_id) for payout in ready
    )
    return applied(PayoutsChanged(payouts=sent, actors=(command.actor,), now_us=command.now_us))


def reject_payouts(state: MarketState, command: RejectPayouts) -> Decision:
    """The bank's channel says what it did not carry out; what it has said before is passed over."""
    faults = [
        Rejection(code=Code.NOT_FOUND, pointer=f"rejected/{place}")
        for place, (payout_id, _) in enumerate(command.rejected)
        if payout_id not in state.payments.payouts
    ]
    if faults:
        return refused(faults)
    changed = [
        moved_on(payout, PayoutState.REJECTED, command.now_us, reason=reason)
        for payout_id, reason in dict(command.rejected).items()
        if (payout := state.payments.payouts[payout_id]).state is PayoutState.SENT
    ]
    if not changed:
        return DONE_BEFORE
    return applied(*_changed(state, changed, (command.actor,), command.now_us))


def refused_unsent(
    state: MarketState, participant_id: str, actors: tuple[str, ...], now_us: int, reason: str
) -> Iterator[Event]:
    """What a participant wanted to withdraw stays where it is."""
    mine = [
        moved_on(payout, PayoutState.REFUSED, now_us, reason=reason)
        for payout in state.payments.payouts.values()
        if payout.participant_id == participant_id and payout.state in UNSENT
    ]
    if mine:
        yield PayoutsChanged(payouts=tuple(mine), actors=actors, now_us=now_us)


# --- facts ------------------------------------------------------------------------------


def payouts_changed(state: MarketState, event: PayoutsChanged) -> None:
    """Payouts are as they say; money is held for those that are open, and for no other."""
    for payout in event.payouts:
        before = state.payments.payouts.get(payout.payout_id)
        held = before is not None and before.state in OPEN_PAYOUTS
        holds = payout.state in OPEN_PAYOUTS
        if payout.participant_id is not None and holds != held:
            change = state.ledger.hold if holds else state.ledger.release
            change(payout.participant_id, payout.amount_quanta)
        state.payments.put_payout(payout)
    if any(payout.state is PayoutState.SENT for payout in event.payouts):
        state.payments.next_file_number += 1  # all that go together are one fact
