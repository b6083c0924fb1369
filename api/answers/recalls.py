"""Recalls as the wire says them, to a party or to an operator."""

from typing import Any

from market.model.interval import instant_text, moment_text
from market.model.recall import Proposal, Recall


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
