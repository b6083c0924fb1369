"""Alarms as the wire says them."""

from api.answers.values import Answer, optional
from market.model.alarm import Alarm
from market.model.interval import moment_text


def alarm(item: Alarm) -> Answer:
    """An alarm and what people did about it."""
    return {
        "alarm_id": item.alarm_id,
        "kind": item.kind.value,
        "severity": item.severity.value,
        "level": item.level.value,
        "member_id": item.member_id,
        "parameters": dict(item.parameters),
        "state": item.state.value,
        "raised_at": moment_text(item.raised_us),
        "raised_by": item.raised_by or None,
        "acknowledged_at": optional(moment_text, item.acknowledged_us),
        "acknowledged_by": item.acknowledged_by,
        "closed_at": optional(moment_text, item.closed_us),
        "closed_by": item.closed_by,
        "comments": [
            {"by": note.actor, "at": moment_text(note.now_us), "text": note.text}
            for note in item.comments
        ],
    }
