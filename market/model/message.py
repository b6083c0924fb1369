"""Messages of the market to those in it, and what somebody has read.

The one idea: a message has the same content in several languages and goes to everybody, an area, a role or
one participant. When it is published its recipients are named in the fact, so it stays true who was told
whatever becomes of the area. What else a participant is alerted of is read off other facts; only what it
has read, and from when on it wants to be told, are facts here.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from market.model.alarm import Severity


class MessageScope(StrEnum):
    """Whom a message is for."""

    ALL = "all"
    AREA = "area"
    """Participants of an area and of those inside it, and the area itself."""
    ROLE = "role"
    """Everybody who comes as one: participants, areas or operators."""
    PARTICIPANT = "participant"


class MessageState(StrEnum):
    """How far a message is."""

    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageText:
    """What a message says in one language."""

    language: str
    """As in en, or zh-CN."""
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message and what became of it."""

    message_id: str
    client_message_id: str
    """The writer's own id, unique for ever."""
    texts: tuple[MessageText, ...]
    severity: Severity
    scope: MessageScope
    key: str
    """The area, role or participant; empty: everybody."""
    written_by: str
    written_us: int
    publish_us: int
    """From when on it is to be read."""
    state: MessageState = MessageState.SCHEDULED
    published_us: int | None = None
    withdrawn_us: int | None = None
    recipients: int | None = None
    """How many participants it is for; None: it is not published."""


RECIPIENT_ROLES: Final = ("participant", "area", "operator")
"""Roles a message may be for."""
READ_AT_ONCE_MAX: Final = 200
"""Most alerts that are marked at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """From when on a participant wants to be told; None: not at all."""

    participant_id: str
    price_above_ticks: int | None = None
    price_below_ticks: int | None = None
    use_above_ppm: int | None = 1_500_000
    """A day's use as part of what is usual."""
    silent_minutes: int | None = 60
    """How long a meter may say nothing."""
    bill_days: int | None = 3
    """Days before a bill is due."""


# --- commands and events --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteMessage:
    """Write a message, for now or for later. The same under the same own id changes nothing."""

    now_us: int
    actor: str
    client_message_id: str
    texts: tuple[MessageText, ...]
    severity: Severity
    scope: MessageScope
    key: str
    publish_us: int | None
    """None: at once, as is a time that has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawMessage:
    """Take a message back, published or not; a repeat changes nothing."""

    now_us: int
    actor: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRead:
    """A participant has read these alerts."""

    now_us: int
    actor: str
    participant_id: str
    alert_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAlertSettings:
    """A participant says when it wants to be told."""

    now_us: int
    actor: str
    settings: AlertSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWritten:
    """A message is written; it is not to be read yet."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePublished:
    """A message may be read from now on."""

    message_id: str
    scope: MessageScope
    recipients: tuple[str, ...]
    """Participants it is for; empty where it is for all of them, or for none."""
    count: int
    """How many participants it is for."""
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWithdrawn:
    """A message is not to be read any more."""

    message_id: str
    scope: MessageScope
    recipients: tuple[str, ...]
    """Those who were told of it, as when it was published."""
    actor: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsRead:
    """A participant has read something."""

    participant_id: str
    alert_ids: tuple[str, ...]
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettingsSet:
    """A participant's settings are these from now on."""

    settings: AlertSettings


def changed(message: Message, event: MessagePublished | MessageWithdrawn) -> Message:
    """The message after what became of it."""
    if isinstance(event, MessagePublished):
        return replace(
            message,
            state=MessageState.PUBLISHED,
            published_us=event.now_us,
            recipients=event.count,
        )
    return replace(message, state=MessageState.WITHDRAWN, withdrawn_us=event.now_us)
