"""Credit limits, warnings, margin calls, and accounts that may only reduce.

The one idea: after every decision the accounts on which something has moved are looked at once, and what
has become true of them is told in the same decision. Without a rule nothing is counted and nobody is
looked at.
"""

from collections.abc import Iterator
from typing import Final

from market.engine.decisions import applied, refused
from market.engine.exposure_rates import calling_rule
from market.engine.interventions.stops import AGREE_WITHIN_S, cancel_all, cancelled
from market.engine.offers.offers import Held, killed
from market.engine.orders.open_orders import OpenOrder, open_orders
from market.engine.state import MarketState
from market.model.collateral import (
    CollateralPicture,
    CollateralRule,
    CollateralState,
    CollateralWarned,
    CreditLimit,
    CreditLimitProposed,
    CreditLimitSet,
    MarginCall,
    MarginCalled,
    MarginCallMet,
    MarginCallMissed,
    SetCreditLimit,
)
from market.model.interval import MICROSECONDS, day_of
from market.model.messages import Answer, Decision, Event
from market.model.money import collateral_account, participant_account
from market.model.order import Side
from market.model.rejection import Code, Rejection
from market.model.stop import CancelAll
from market.model.units import PPM, SECONDS_PER_MINUTE
from market.trading.deadlines import DeadlineKind

SYSTEM_MARGIN_CALL: Final = "system_margin_call"
_PREFIX: Final = participant_account("")
_WARNED_UNTIL_PERCENT: Final = 90
"""A warning is over below this part of where it began, so that it does not flicker."""


# --- limits ---------------------------------------------------------------------------


def set_credit_limit(state: MarketState, command: SetCreditLimit) -> Decision:
    """A smaller limit holds at once, a larger one when a second operator says the same."""
    participant_id, limit_quanta = command.participant_id, command.limit_quanta
    if participant_id not in state.participants:
        return refused([Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="participant_id")])
    now_quanta = state.ledger.lent_quanta(participant_id)
    if limit_quanta == now_quanta:
        return Decision(events=(), answer=Answer())
    actors: tuple[str, ...] = (command.actor,)
    if limit_quanta > now_quanta:
        proposer = state.collateral.proposer(participant_id, limit_quanta, command.now_us)
        if proposer is None:
            return applied(_proposed(command))
        if proposer == command.actor:
            return refused([Rejection(code=Code.SECOND_PERSON_REQUIRED)])
        actors = (proposer, command.actor)
    limit = CreditLimit(
        participant_id=participant_id,
        limit_quanta=limit_quanta,
        actors=actors,
        reason=command.reason,
        since_us=command.now_us,
    )
    return applied(CreditLimitSet(limit=limit))


def _proposed(command: SetCreditLimit) -> CreditLimitProposed:
    return CreditLimitProposed(
        participant_id=command.participant_id,
        limit_quanta=command.limit_quanta,
        actor=command.actor,
        reason=command.reason,
        until_us=command.now_us + AGREE_WITHIN_S * MICROSECONDS,
    )


# --- the picture ------------------------------------------------------------------------


def picture(state: MarketState, participant_id: str) -> CollateralPicture:
    """What one account has, may use, and may come to owe."""
    exposures = state.exposures
    traded_quanta = exposures.traded_quanta(participant_id)
    return CollateralPicture(
        participant_id=participant_id,
        balance_quanta=state.ledger.balance_quanta(participant_account(participant_id)),
        credit_limit_quanta=state.ledger.lent_quanta(participant_id),
        held_quanta=state.ledger.held_quanta(participant_id),
        traded_quanta=traded_quanta,
        open_quanta=exposures.worst_quanta(participant_id) - traded_quanta,
        unbilled_quanta=state.unbilled.expected_quanta(participant_id),
        state=state.collateral.state_of(participant_id),
        call=state.collateral.call_of(participant_id),
        put_down_quanta=state.ledger.balance_quanta(collateral_account(participant_id)),
    )


# --- after every decision -----------------------------------------------------------------


def forget_moves(state: MarketState) -> None:
    """Whatever has moved until now was looked at by the decision that moved it.

    After a restart facts are made true without decisions, and what they moved is forgotten here.
    """
    state.exposures.forget_changes()
    state.collateral.touched.clear()


def reviewed(state: MarketState, now_us: int) -> tuple[Event, ...]:
    """What has become true of the accounts on which something has moved."""
    touched = state.exposures.take_changes() | state.collateral.touched
    state.collateral.touched.clear()
    if not touched:
        return ()
    rule = calling_rule(
        state.rules, day_of(now_us // MICROSECONDS, state.rules.time_zone).isoformat()
    )
    events: list[Event] = []
    called = 0
    for participant_id in sorted(touched):
        found = state.participants[participant_id]
        if found.is_last_resort:
            continue
        for event in _looked_at(state, participant_id, rule, now_us, called):
            called += isinstance(event, MarginCalled)
            events.append(event)
    return tuple(events)


def _looked_at(
    state: MarketState,
    participant_id: str,
    rule: CollateralRule,
    now_us: int,
    called: int,
) -> Iterator[Event]:
    shown = picture(state, participant_id)
    if shown.call is not None:
        if shown.margin_quanta < 0:
            if shown.state is CollateralState.REDUCE_ONLY:
                yield from _overtaken(state, participant_id)
            return
        yield MarginCallMet(
            call_id=shown.call.call_id, participant_id=participant_id, now_us=now_us
        )
    elif shown.margin_quanta < 0:
        due_us = now_us + rule.call_minutes * SECONDS_PER_MINUTE * MICROSECONDS
        yield MarginCalled(
            call=MarginCall(
                call_id=state.collateral.call_id(called),
                participant_id=participant_id,
                amount_quanta=-shown.margin_quanta,
                called_us=now_us,
                due_us=due_us,
            )
        )
        return
    yield from _warned(state, shown, rule, now_us)


def _overtaken(state: MarketState, participant_id: str) -> Iterator[Event]:
    """What was to reduce a position that has become smaller meanwhile would turn it: it ends."""

    def turns(item: OpenOrder | Held) -> bool:
        left_wh = state.exposures.reducible_wh
        return any(left_wh(item.unit_id, item.start_s, side) < 0 for side in Side)

    mine = (item for item in open_orders(state, participant_id) if turns(item))
    yield from cancelled(state, mine, SYSTEM_MARGIN_CALL)
    yield from killed(state, lambda offer: offer.participant_id == participant_id and turns(offer))


def _warned(
    state: MarketState, shown: CollateralPicture, rule: CollateralRule, now_us: int
) -> Iterator[Event]:
    """A warning begins at the part of the rule, and ends a tenth below it."""
    before = state.collateral.is_warned(shown.participant_id)
    exposure_quanta = shown.traded_quanta + shown.unbilled_quanta
    covers_quanta = shown.balance_quanta + shown.credit_limit_quanta
    warned = False
    if exposure_quanta > 0:
        percent = _WARNED_UNTIL_PERCENT if before else 100
        warned = exposure_quanta * PPM * 100 >= covers_quanta * rule.warn_ppm * percent
    if warned is not before:
        yield CollateralWarned(
            participant_id=shown.participant_id,
            warned=warned,
            exposure_quanta=exposure_quanta,
            covers_quanta=covers_quanta,
            now_us=now_us,
        )


def miss_call(state: MarketState, participant_id: str, now_us: int) -> Decision:
    """The time of a margin call is over: what is open of the account ends, it may only reduce."""
    call = state.collateral.call_of(participant_id)
    assert call is not None, "a call that is met has no deadline"
    missed = MarginCallMissed(
        call_id=call.call_id,
        participant_id=participant_id,
        missing_quanta=-picture(state, participant_id).margin_quanta,
        now_us=now_us,
    )
    ended = cancel_all(
        state,
        CancelAll(
            now_us=now_us, actor="", participant_id=participant_id, reason=SYSTEM_MARGIN_CALL
        ),
    )
    return applied(missed, *ended.events)


# --- applying -------------------------------------------------------------------------


def credit_limit_proposed(state: MarketState, event: CreditLimitProposed) -> None:
    """One of two people wants a larger limit."""
    state.collateral.propose(
        event.participant_id, event.actor, event.limit_quanta, event.until_us, event.reason
    )


def credit_limit_set(state: MarketState, event: CreditLimitSet) -> None:
    """The limit counts for what comes from now on."""
    state.ledger.lend(event.limit.participant_id, event.limit.limit_quanta)
    state.collateral.set_limit(event.limit)


def collateral_warned(state: MarketState, event: CollateralWarned) -> None:
    """The account was told."""
    state.collateral.warn(event.participant_id, warned=event.warned)


def margin_called(state: MarketState, event: MarginCalled) -> None:
    """The call waits to be met."""
    state.collateral.call(event.call)
    state.deadlines.put(DeadlineKind.MARGIN, event.call.participant_id, event.call.due_us)


def margin_call_missed(state: MarketState, event: MarginCallMissed) -> None:
    """The account may only reduce."""
    state.collateral.miss(event.participant_id)
    state.deadlines.drop(DeadlineKind.MARGIN, event.participant_id)


def margin_call_met(state: MarketState, event: MarginCallMet) -> None:
    """The call is over."""
    state.collateral.meet(event.participant_id)
    state.deadlines.drop(DeadlineKind.MARGIN, event.participant_id)
