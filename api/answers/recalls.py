"""What the wire says of recalls: to the parties of a match, and of those that are kept."""

from collections.abc import Iterator
from typing import Any

from market.model.interval import instant_text, moment_text
from market.model.recall import (
    Proposal,
    Recall,
    RecallDecided,
    RecallRequested,
    TradeState,
)


def news_of(event: RecallRequested | RecallDecided) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each party of the match, and what it is told."""
    if isinstance(event, RecallRequested):
        state, reason = TradeState.DISPUTED, event.reason
    else:
        state, reason = event.state, None
    for participant_id in dict.fromkeys(trade.participant_id for trade in event.trades):
        own = [t.trade_id for t in event.trades if t.participant_id == participant_id]
        yield (
            participant_id,
            {
                "match_id": event.match_id,
                "start": instant_text(event.start_s),
                "state": state.value,
                "trade_ids": own,
                "reason": reason,
                "by": _by(event, participant_id),
            },
        )


def _by(event: RecallRequested | RecallDecided, participant_id: str) -> str:
    """Who acted, as one of the parties sees it: the other one stays nameless."""
    if isinstance(event, RecallDecided):
        return event.rule.value
    if event.participant_id is None:
        return "operator"
    return "self" if event.participant_id == participant_id else "other_party"


def recall(found: Recall, mine: str | None) -> dict[str, Any]:
    """A recall as one of the parties sees it, or an operator (`mine`: None)."""
    first = found.trades[0]
    made: dict[str, Any] = {
        "match_id": first.match_id,
        "start": instant_text(first.start_s),
        "state": found.state.value,
        "since": moment_text(found.since_us),
        "reason": found.reason,
        "trade_ids": [t.trade_id for t in found.trades if mine in {None, t.participant_id}],
        "asked_by": [name for name in found.asked_by if mine in {None, name}],
        "asked_by_operator": found.by_operator,
    }
    if mine is None:
        made["proposal"] = None if found.proposal is None else _proposal(found.proposal)
    return made


def _proposal(said: Proposal) -> dict[str, Any]:
    return {
        "decision": "cancel" if said.cancel else "deny",
        "by": said.actor,
        "until": moment_text(said.until_us),
    }
