"""Cases as channels tell of them: to whom a case belongs, and to operators."""

from collections.abc import Iterator

from api.access.permissions import Channel
from api.answers.cases import INNER_STEPS, step_shown
from api.answers.values import Answer
from api.channels.deltas import Delta, delta
from market.model.case import (
    CaseClosed,
    CaseEvent,
    CaseOpened,
    CaseRated,
    CaseReopened,
    CaseStepped,
)
from market.model.messages import Event


def news_of(event: CaseEvent) -> tuple[str, Answer] | None:
    """Whose case it is, and what is told; None: it is for operators only."""
    if isinstance(event, CaseOpened):
        new = event.case
        participant_id, case_id, step = new.participant_id, new.case_id, new.history[0]
    else:
        participant_id, case_id, step = event.participant_id, event.case_id, event.step
    if step.kind in INNER_STEPS:
        return None
    return participant_id, {"case_id": case_id, "step": step_shown(step)}


class CaseDesk:
    """What the `alarms` channel tells operators of cases; the lists have them whole."""

    def __init__(self, market_id: str) -> None:
        self._market_id = market_id

    def changes(self, event: Event) -> Iterator[Delta]:
        """Somebody has done something about a case, or a target was missed."""
        if isinstance(event, CaseOpened):
            new = event.case
            told = {"case_id": new.case_id, "participant_id": new.participant_id}
            step = new.history[0]
        elif isinstance(event, CaseStepped | CaseClosed | CaseReopened | CaseRated):
            told = {"case_id": event.case_id, "participant_id": event.participant_id}
            step = event.step
        else:
            return
        data = {"event": "case", **told, "step": step_shown(step)}
        yield delta(Channel.ALARMS, self._market_id, data)
