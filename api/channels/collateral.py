"""What the `account` channel tells of collateral: a limit, a warning, a margin call."""

from api.answers.values import Answer
from market.model.collateral import (
    CollateralWarned,
    CreditLimitSet,
    MarginCalled,
    MarginCallMet,
    MarginCallMissed,
    MarginCallState,
)
from market.model.interval import moment_text
from market.model.units import money_text

CollateralNews = CreditLimitSet | CollateralWarned | MarginCalled | MarginCallMissed | MarginCallMet


def news_of(event: CollateralNews) -> tuple[str, str, Answer]:
    """Whom an event concerns, the name of the change, and what is told."""
    match event:
        case CreditLimitSet(limit=limit):
            told = {"limit": money_text(limit.limit_quanta), "reason": limit.reason}
            return limit.participant_id, "credit_limit", told
        case CollateralWarned():
            return (
                event.participant_id,
                "collateral",
                {
                    "warned": event.warned,
                    "exposure": money_text(event.exposure_quanta),
                    "covers": money_text(event.covers_quanta),
                },
            )
        case MarginCalled(call=call):
            opened = MarginCallState.OPEN
            told = _call(call.call_id, opened, call.amount_quanta, moment_text(call.due_us))
            return call.participant_id, "margin_call", told
        case MarginCallMissed():
            told = _call(event.call_id, MarginCallState.MISSED, event.missing_quanta, None)
            return event.participant_id, "margin_call", told
        case MarginCallMet():
            told = _call(event.call_id, MarginCallState.MET, 0, None)
            return event.participant_id, "margin_call", told


def _call(call_id: str, state: MarginCallState, missing_quanta: int, due_at: str | None) -> Answer:
    return {
        "call_id": call_id,
        "state": state.value,
        "missing": money_text(missing_quanta),
        "due_at": due_at,
    }
