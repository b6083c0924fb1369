"""Recalls: a party or an operator disputes a match, two operators decide."""

from typing import Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.recalls import recall
from api.call import Address, Call, answer
from api.incoming.stops import RecallDecisionIn, RecallIn
from market.model.interval import moment_text
from market.model.participant import Role
from market.model.recall import (
    DecideRecall,
    RecallDecided,
    RecallProposed,
    RequestRecall,
    TradeState,
)
from market.sequencer import Committed


def _state_after(committed: Committed) -> TradeState:
    decided = [event for event in committed.events if isinstance(event, RecallDecided)]
    return decided[0].state if decided else TradeState.DISPUTED


async def request_recall(call: Call) -> Response:
    """Dispute a match of one's own, or, as an operator, any."""
    wanted = await call.read(RecallIn)
    committed = await call.market.submit(
        RequestRecall(
            now_us=call.now_us(),
            actor=call.actor,
            match_id=wanted.match_id,
            start_s=wanted.start_s,
            reason=wanted.reason,
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
        )
    )
    return answer({"match_id": wanted.match_id, "state": _state_after(committed).value})


async def decide_recall(call: Call) -> Response:
    """Propose what becomes of a disputed match, or agree."""
    wanted = await call.read(RecallDecisionIn)
    committed = await call.market.submit(
        DecideRecall(
            now_us=call.now_us(),
            actor=call.actor,
            match_id=wanted.match_id,
            start_s=wanted.start_s,
            cancel=wanted.decision == "cancel",
        )
    )
    waiting = [event for event in committed.events if isinstance(event, RecallProposed)]
    until = moment_text(waiting[0].until_us) if waiting else None
    return answer(
        {
            "match_id": wanted.match_id,
            "state": _state_after(committed).value,
            "second_person_until": until,
        }
    )


async def list_recalls(call: Call) -> Response:
    """Recalls of intervals whose gate is open: those of one's own matches, or all."""
    mine = call.own(Role.PARTICIPANT, call.who.participant_id)
    items = [
        recall(found, mine)
        for found in call.decided.recalls.all()
        if mine is None or any(trade.participant_id == mine for trade in found.trades)
    ]
    return answer({"items": items, "next_cursor": None})


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/recalls",
        handler=request_recall,
        about="Ask within 15 minutes that a match be undone",
        body=RecallIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/recalls:decide",
        handler=decide_recall,
        about="Cancel a disputed match or let it stand; takes two operators",
        body=RecallDecisionIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/recalls",
        handler=list_recalls,
        about="Recalls of intervals whose gate is open",
    ),
)
