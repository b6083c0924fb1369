"""Trades are recalled: asked for by a party or an operator, decided by two people or by rule.

The one idea: a recall is decided on the state of now, so what it gives back has to fit: the party that
pays has to be able to, and no area's limit may be passed because an opposite flow is gone. Where it does
not fit, the trade stays disputed and the reason is told.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.interval import MICROSECONDS, moment_text
from market.model.messages import (
    Decision,
    Event,
    LinesUsed,
    Phase,
    Step,
    TransfersBooked,
)
from market.model.money import Transfer, participant_account
from market.model.recall import (
    AGREE_WITHIN_S,
    RECALL_WITHIN_S,
    DecideRecall,
    Proposal,
    RecallDecided,
    RecallProposed,
    RecallRequested,
    RecallRule,
    RequestRecall,
    TradeState,
)
from market.model.rejection import Code, Rejection
from market.model.trade import Trade
from market.model.units import money_text
from market.settlement.trades import matched_transfers
from market.trading.recalls import Dispute

# --- deciding -----------------------------------------------------------------------


def request_recall(state: MarketState, command: RequestRecall) -> Decision:
    """Dispute a match; when both its parties want it undone, it is."""
    start_s, match_id = command.start_s, command.match_id
    refusal = _request_refusal(state, command)
    if refusal is not None:
        return refused([refusal])
    legs = state.recalls.legs_of(start_s, match_id)
    dispute = state.recalls.dispute(start_s, match_id)
    asked = set() if dispute is None else set(dispute.asked_by)
    if command.participant_id is None:
        if dispute is not None and dispute.by_operator:
            return applied()
    elif command.participant_id in asked:
        return applied()
    else:
        asked.add(command.participant_id)
    requested = RecallRequested(
        match_id=match_id,
        start_s=start_s,
        trades=legs,
        actor=command.actor,
        participant_id=command.participant_id,
        reason=command.reason,
        now_us=command.now_us,
    )
    parties = {leg.participant_id for leg in legs}
    if not parties <= asked or _cancel_refusal(state, start_s, match_id, legs) is not None:
        return applied(requested)
    actors = tuple(dict.fromkeys(leg.participant_id for leg in legs))
    return applied(requested, *_cancelled(state, command, RecallRule.BOTH_PARTIES, actors))


def _request_refusal(state: MarketState, command: RequestRecall) -> Rejection | None:
    start_s, match_id = command.start_s, command.match_id
    if state.phases.of(start_s) is None:
        return Rejection(code=Code.PRODUCT_UNKNOWN, pointer="start")
    if _is_of_a_call(match_id, start_s):
        return Rejection(code=Code.RECALL_NEEDS_REPLACEMENT, pointer="match_id")
    if state.phases.has_taken(start_s, Step.CLOSE_GATE):
        return Rejection(code=Code.GATE_CLOSED, pointer="start")
    legs = state.recalls.legs_of(start_s, match_id)
    who = command.participant_id
    if not legs or (who is not None and all(leg.participant_id != who for leg in legs)):
        return Rejection(code=Code.NOT_FOUND, pointer="match_id")
    dispute = state.recalls.dispute(start_s, match_id)
    if dispute is not None and dispute.state is not TradeState.DISPUTED:
        return Rejection(
            code=Code.RECALL_CLOSED, pointer="match_id", parameters={"state": dispute.state.value}
        )
    until_us = state.recalls.intervals[start_s].made_us[match_id] + RECALL_WITHIN_S * MICROSECONDS
    # Once it is disputed the other party may join in until it is decided.
    if dispute is None and command.now_us > until_us:
        parameters = {"until": moment_text(until_us)}
        return Rejection(code=Code.RECALL_TOO_LATE, pointer="match_id", parameters=parameters)
    return None


def _is_of_a_call(match_id: str, start_s: int) -> bool:
    """True for the one match of an auction of that interval (`cleared_trades.py` names it)."""
    return match_id in {f"mat-{start_s}", f"mat-d{start_s}"}


def decide_recall(state: MarketState, command: DecideRecall) -> Decision:
    """Propose what becomes of a disputed match, or agree with a proposal and do it."""
    start_s, match_id = command.start_s, command.match_id
    dispute = state.recalls.dispute(start_s, match_id)
    refusal = _decide_refusal(state, command, dispute)
    if refusal is not None or dispute is None:
        return refused([refusal or Rejection(code=Code.NOT_FOUND, pointer="match_id")])
    legs = state.recalls.legs_of(start_s, match_id)
    if command.cancel:
        refusal = _cancel_refusal(state, start_s, match_id, legs)
        if refusal is not None:
            return refused([refusal])
    standing = _standing(dispute, command)
    if standing is None:
        return applied(
            RecallProposed(
                match_id=match_id,
                start_s=start_s,
                cancel=command.cancel,
                actor=command.actor,
                until_us=command.now_us + AGREE_WITHIN_S * MICROSECONDS,
            )
        )
    if standing == command.actor:
        return refused([Rejection(code=Code.SECOND_PERSON_REQUIRED)])
    actors = (standing, command.actor)
    if command.cancel:
        return applied(*_cancelled(state, command, RecallRule.TWO_OPERATORS, actors))
    return applied(
        _decided(
            command.now_us,
            legs,
            state=TradeState.NOT_CANCELLED,
            rule=RecallRule.TWO_OPERATORS,
            actors=actors,
        )
    )


def _decide_refusal(
    state: MarketState, command: DecideRecall, dispute: Dispute | None
) -> Rejection | None:
    if state.phases.has_taken(command.start_s, Step.CLOSE_GATE):
        return Rejection(code=Code.GATE_CLOSED, pointer="start")
    if dispute is None or dispute.state is TradeState.DISPUTED:
        return None
    parameters = {"state": dispute.state.value}
    return Rejection(code=Code.RECALL_CLOSED, pointer="match_id", parameters=parameters)


def _standing(dispute: Dispute, command: DecideRecall) -> str | None:
    """Who has proposed the same and still waits for a second person; None: nobody."""
    said = dispute.proposal
    if said is None or said.cancel is not command.cancel or command.now_us > said.until_us:
        return None
    return said.actor


def _cancel_refusal(
    state: MarketState, start_s: int, match_id: str, legs: tuple[Trade, ...]
) -> Rejection | None:
    """Why a match cannot be undone now; None: it can."""
    # While a call of the interval is being solved it counts on what it found.
    if any(state.phases.of(start_s, leg.area_id) is Phase.LOCKED for leg in legs):
        return Rejection(code=Code.NOT_OPEN, pointer="start")
    use = state.recalls.intervals[start_s].uses.get(match_id)
    if use is not None and not state.capacity.can_give_back(
        use.line_id, use.forward, start_s, use.sent_wh, use.received_wh
    ):
        return Rejection(code=Code.GRID_LIMIT, parameters={"line_id": use.line_id})
    for participant_id, owed_quanta in _owed(reversal(state, start_s, match_id, legs)).items():
        available = state.ledger.available_quanta(participant_id)
        if owed_quanta > max(0, available):
            return Rejection(
                code=Code.INSUFFICIENT_FUNDS,
                parameters={
                    "participant_id": participant_id,
                    "needed": money_text(owed_quanta),
                    "available": money_text(available),
                },
            )
    return None


def _owed(transfers: tuple[Transfer, ...]) -> dict[str, int]:
    """What each participant has to pay, quanta; those that only receive are not in it."""
    owed: defaultdict[str, int] = defaultdict(int)
    prefix = participant_account("")
    for item in transfers:
        for account, quanta in (
            (item.debit_account, item.amount_quanta),
            (item.credit_account, -item.amount_quanta),
        ):
            if account.startswith(prefix):
                owed[account.removeprefix(prefix)] += quanta
    return {participant_id: quanta for participant_id, quanta in owed.items() if quanta > 0}


def reversal(
    state: MarketState, start_s: int, match_id: str, legs: tuple[Trade, ...]
) -> tuple[Transfer, ...]:
    """The exact opposite of every transfer a match made, under the match's name."""
    use = state.recalls.intervals[start_s].uses.get(match_id)
    line = None if use is None else state.lines[use.line_id]
    return tuple(
        replace(
            item,
            debit_account=item.credit_account,
            credit_account=item.debit_account,
            reference=match_id,
        )
        for item in matched_transfers(legs=legs, use=use, line=line)
    )


def _cancelled(
    state: MarketState,
    command: RequestRecall | DecideRecall,
    rule: RecallRule,
    actors: tuple[str, ...],
) -> tuple[Event, ...]:
    """The facts of a match that is undone."""
    start_s, match_id = command.start_s, command.match_id
    legs = state.recalls.legs_of(start_s, match_id)
    events: list[Event] = [
        _decided(command.now_us, legs, state=TradeState.CANCELLED, rule=rule, actors=actors)
    ]
    use = state.recalls.intervals[start_s].uses.get(match_id)
    if use is not None:
        back = replace(use, sent_wh=-use.sent_wh, received_wh=-use.received_wh)
        events.append(LinesUsed(start_s=start_s, uses=(back,)))
    transfers = reversal(state, start_s, match_id, legs)
    if transfers:
        events.append(TransfersBooked(transfers=transfers))
    return tuple(events)


def _decided(
    now_us: int,
    legs: tuple[Trade, ...],
    *,
    state: TradeState,
    rule: RecallRule,
    actors: tuple[str, ...],
) -> RecallDecided:
    return RecallDecided(
        match_id=legs[0].match_id,
        start_s=legs[0].start_s,
        state=state,
        rule=rule,
        actors=actors,
        trades=legs,
        now_us=now_us,
    )


def end_at_gate(state: MarketState, start_s: int, now_us: int) -> Iterator[Event]:
    """What nobody has decided when an interval's gate closes stands."""
    for match_id in state.recalls.open(start_s):
        yield _decided(
            now_us,
            state.recalls.legs_of(start_s, match_id),
            state=TradeState.NOT_CANCELLED,
            rule=RecallRule.GATE,
            actors=(),
        )


# --- facts --------------------------------------------------------------------------


def requested(state: MarketState, event: RecallRequested) -> None:
    """A match is disputed."""
    disputes = state.recalls.intervals[event.start_s].disputes
    dispute = disputes.get(event.match_id)
    if dispute is None:
        dispute = disputes[event.match_id] = Dispute(reason=event.reason, since_us=event.now_us)
    if event.participant_id is None:
        dispute.by_operator = True
    else:
        dispute.asked_by[event.participant_id] = None


def proposed(state: MarketState, event: RecallProposed) -> None:
    """One operator's word waits for a second one; a word to the contrary takes its place."""
    dispute = state.recalls.dispute(event.start_s, event.match_id)
    assert dispute is not None, "only what is disputed is decided"
    dispute.proposal = Proposal(actor=event.actor, cancel=event.cancel, until_us=event.until_us)


def decided(state: MarketState, event: RecallDecided) -> None:
    """A cancelled match leaves the positions, and its way owes nothing; money and lines follow."""
    dispute = state.recalls.dispute(event.start_s, event.match_id)
    assert dispute is not None, "only what is disputed is decided"
    dispute.state, dispute.proposal = event.state, None
    if event.state is not TradeState.CANCELLED:
        return
    state.positions.remove(event.start_s, event.trades)
    ways = state.contracts.ways.get(event.start_s)
    if ways is not None:
        ways[:] = [way for way in ways if way.match_id != event.match_id]
