"""Alarms that are not closed, found by their id and by what they are about."""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from market.model.alarm import (
    Alarm,
    AlarmAcknowledged,
    AlarmCommented,
    AlarmKind,
    ControlLevel,
    changed,
)

_ID_BYTES: Final = 8

About = tuple[AlarmKind, ControlLevel, str]
"""Kind, level and member: of these at most one alarm is open."""


@dataclass(slots=True)
class Alarms:
    """The open alarms of one market; closed ones are in the projections only."""

    open: dict[str, Alarm] = field(default_factory=dict)
    """By id, oldest first."""
    open_ids: dict[About, str] = field(default_factory=dict)
    raised_count: dict[About, int] = field(default_factory=dict)
    """How many there ever were; it makes the ids."""

    def of(self, about: About) -> Alarm | None:
        """The open alarm of a kind about a member; None: there is none."""
        alarm_id = self.open_ids.get(about)
        return None if alarm_id is None else self.open[alarm_id]

    def next_id(self, about: About) -> str:
        """The id of the next alarm of a kind about a member.

        Decisions raise alarms without knowing of each other, several in one decision, so the id comes
        from what an alarm is about and not from one sequence.
        """
        named = "/".join((*about, str(self.raised_count.get(about, 0) + 1)))
        return f"alm-{blake2b(named.encode(), digest_size=_ID_BYTES).hexdigest()}"

    def add(self, alarm: Alarm) -> None:
        """An alarm is open; where one is open already, that one stands."""
        about = (alarm.kind, alarm.level, alarm.member_id)
        if about not in self.open_ids:
            self.open[alarm.alarm_id] = alarm
            self.open_ids[about] = alarm.alarm_id
            self.raised_count[about] = self.raised_count.get(about, 0) + 1

    def change(self, event: AlarmAcknowledged | AlarmCommented) -> None:
        """Somebody has seen one, or noted something on it."""
        self.open[event.alarm_id] = changed(self.open[event.alarm_id], event)

    def close(self, alarm_id: str) -> None:
        """One is done with."""
        alarm = self.open.pop(alarm_id)
        del self.open_ids[alarm.kind, alarm.level, alarm.member_id]
