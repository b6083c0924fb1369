"""Alarms as the wire says them, and the part of the `alarms` channel that follows them."""

from collections.abc import Iterable, Iterator

from api.access.permissions import Channel
from api.answers.nouns import Answer
from api.channels.deltas import Delta, delta
from market.model.alarm import (
    Alarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmCommented,
    AlarmRaised,
    changed,
)
from market.model.interval import moment_text
from market.model.messages import Event


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
        "acknowledged_at": _moment(item.acknowledged_us),
        "acknowledged_by": item.acknowledged_by,
        "closed_at": _moment(item.closed_us),
        "closed_by": item.closed_by,
        "comments": [
            {"by": note.actor, "at": moment_text(note.now_us), "text": note.text}
            for note in item.comments
        ],
    }


def _moment(now_us: int | None) -> str | None:
    return None if now_us is None else moment_text(now_us)


class OpenAlarms:
    """The alarms of one market that are not closed."""

    def __init__(self, market_id: str, stored: Iterable[Alarm]) -> None:
        self._market_id = market_id
        self._open = {item.alarm_id: item for item in stored}

    def snapshot(self) -> list[Answer]:
        """All of them, oldest first."""
        return [alarm(item) for item in self._open.values()]

    def changes(self, event: Event) -> Iterator[Delta]:
        """An alarm was raised, or somebody did something about it."""
        match event:
            case AlarmRaised():
                now = self._open[event.alarm.alarm_id] = event.alarm
            case AlarmAcknowledged() | AlarmCommented():
                now = self._open[event.alarm_id] = changed(self._open[event.alarm_id], event)
            case AlarmClosed():
                now = changed(self._open.pop(event.alarm_id), event)
            case _:
                return
        yield delta(Channel.ALARMS, self._market_id, {"event": "alarm", "alarm": alarm(now)})
