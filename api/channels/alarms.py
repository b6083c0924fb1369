"""The `alarms` channel: the alarms of a market that are not closed."""

from collections.abc import Iterable, Iterator

from api.access.permissions import Channel
from api.answers.alarms import alarm
from api.answers.values import Answer
from api.channels.deltas import Delta, delta
from market.model.alarm import (
    Alarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmCommented,
    AlarmRaised,
    changed,
)
from market.model.messages import Event


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
