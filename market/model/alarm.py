"""Alarms: something a person has to look at, until one has.

The one idea: an alarm is a kind with parameters, about one member of one level of control. While it is
open the same kind about the same member is not raised again; it is acknowledged, commented and closed
by people, and who did so when stays with it. Words are made where somebody reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final


class ControlLevel(StrEnum):
    """Of what level of control something is."""

    UNIT = "unit"
    AREA = "area"
    MARKET = "market"


class Severity(StrEnum):
    """How soon somebody has to look. Order here is from the least."""

    INFO = "info"
    """Nobody has to do anything."""
    WARNING = "warning"
    """Look within the shift."""
    MAJOR = "major"
    """Look now."""
    CRITICAL = "critical"
    """People or plant may be in danger: act now."""


class AlarmKind(StrEnum):
    """What an alarm says. Each has its severity below and its words in the client."""

    CONTACT_LOST = "contact_lost"
    FAIL_SAFE = "fail_safe"
    """A unit or an area holds its stored limits, as nobody it trusts calls."""
    TRIPPED = "tripped"
    """A unit left the grid because of what it measured."""
    LOCKED = "locked"
    """A unit may not come back by itself."""
    TAMPERED = "tampered"
    """Somebody has touched what nobody should."""
    DEVICE_FAULT = "device_fault"
    """A device says it is not well."""
    LIMIT_EXCEEDED = "limit_exceeded"
    """Measured beyond what was allowed."""
    POWER_QUALITY = "power_quality"
    """Voltage or frequency outside its band."""
    STOPPED = "stopped"
    """An operator has stopped a unit or an area."""
    EMERGENCY_STOPPED = "emergency_stopped"
    DECOUPLED = "decoupled"
    """An area goes on alone."""
    AREA_OUT_OF_REACH = "area_out_of_reach"
    """An area's level has not been heard for three heartbeats."""
    GRID_VOLTAGE = "grid_voltage"
    """A voltage of an area's grid is outside its limits, or will be and nothing cures it."""
    GRID_LOADING = "grid_loading"
    """A line or transformer carries more than it may, or will."""
    MEASUREMENT_DOUBTFUL = "measurement_doubtful"
    """A meter's reading is hard to believe."""
    AREA_GUARD = "area_guard"
    """An area was to move too much within too little time, or in a way that cannot be meant."""


SEVERITIES: Final[Mapping[AlarmKind, Severity]] = {
    AlarmKind.CONTACT_LOST: Severity.WARNING,
    AlarmKind.FAIL_SAFE: Severity.MAJOR,
    AlarmKind.TRIPPED: Severity.MAJOR,
    AlarmKind.LOCKED: Severity.MAJOR,
    AlarmKind.TAMPERED: Severity.CRITICAL,
    AlarmKind.DEVICE_FAULT: Severity.WARNING,
    AlarmKind.LIMIT_EXCEEDED: Severity.MAJOR,
    AlarmKind.POWER_QUALITY: Severity.MAJOR,
    AlarmKind.STOPPED: Severity.INFO,
    AlarmKind.EMERGENCY_STOPPED: Severity.CRITICAL,
    AlarmKind.DECOUPLED: Severity.MAJOR,
    AlarmKind.AREA_OUT_OF_REACH: Severity.MAJOR,
    AlarmKind.GRID_VOLTAGE: Severity.MAJOR,
    AlarmKind.GRID_LOADING: Severity.MAJOR,
    AlarmKind.MEASUREMENT_DOUBTFUL: Severity.WARNING,
    AlarmKind.AREA_GUARD: Severity.CRITICAL,
}
"""How severe each kind is, always."""

TOLD_BY_MEMBERS: Final = frozenset(
    {
        AlarmKind.CONTACT_LOST,
        AlarmKind.FAIL_SAFE,
        AlarmKind.TRIPPED,
        AlarmKind.LOCKED,
        AlarmKind.TAMPERED,
        AlarmKind.DEVICE_FAULT,
        AlarmKind.LIMIT_EXCEEDED,
        AlarmKind.POWER_QUALITY,
        AlarmKind.AREA_GUARD,
    }
)
"""What a device may say of its unit, or an area of itself and its units; the rest is the market's."""

COMMENTS_MAX: Final = 100
"""Comments one alarm takes: it is no place to chat, and an alarm is read whole."""


class AlarmState(StrEnum):
    """How far people are with an alarm."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    """Somebody has seen it."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmComment:
    """What somebody noted on an alarm."""

    actor: str
    now_us: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm and what people did about it."""

    alarm_id: str
    kind: AlarmKind
    severity: Severity
    level: ControlLevel
    member_id: str
    """The unit, the area or the market it is about."""
    raised_us: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values for the words, already in wire units."""
    state: AlarmState = AlarmState.OPEN
    raised_by: str = ""
    """The credential that told of it; empty: the market noticed by itself."""
    acknowledged_by: str | None = None
    acknowledged_us: int | None = None
    closed_by: str | None = None
    closed_us: int | None = None
    comments: tuple[AlarmComment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseAlarm:
    """A device or an area tells of something; the same again while it is open changes nothing."""

    now_us: int
    actor: str
    kind: AlarmKind
    level: ControlLevel
    member_id: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeAlarm:
    """Somebody has seen an alarm; a repeat changes nothing."""

    now_us: int
    actor: str
    alarm_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentAlarm:
    """Note something on an alarm that is not closed."""

    now_us: int
    actor: str
    alarm_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAlarm:
    """An acknowledged alarm is done with."""

    now_us: int
    actor: str
    alarm_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised:
    """An alarm is open. Any decision may say so, by `market/engine/control/alarms.py`."""

    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmAcknowledged:
    """Somebody has seen an alarm."""

    alarm_id: str
    actor: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCommented:
    """Somebody noted something on an alarm."""

    alarm_id: str
    comment: AlarmComment


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmClosed:
    """An alarm is done with; the next of its kind and member is a new one."""

    alarm_id: str
    actor: str
    now_us: int


def changed(alarm: Alarm, event: AlarmAcknowledged | AlarmCommented | AlarmClosed) -> Alarm:
    """The alarm after what somebody did about it."""
    match event:
        case AlarmAcknowledged():
            return replace(
                alarm,
                state=AlarmState.ACKNOWLEDGED,
                acknowledged_by=event.actor,
                acknowledged_us=event.now_us,
            )
        case AlarmCommented():
            return replace(alarm, comments=(*alarm.comments, event.comment))
        case AlarmClosed():
            return replace(
                alarm, state=AlarmState.CLOSED, closed_by=event.actor, closed_us=event.now_us
            )
