"""What the `account` channel tells the parties of a match that is recalled."""

from collections.abc import Iterator
from typing import Any

from market.model.interval import instant_text
from market.model.recall import RecallDecided, RecallRequested, TradeState


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
