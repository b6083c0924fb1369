"""Messages as the wire says them, and what the channels tell of them."""

from collections.abc import Iterator
from typing import Final

from api.access.permissions import Channel
from api.answers.nouns import Answer
from api.channels.deltas import Delta, delta
from market.model.interval import moment_text
from market.model.message import (
    Message,
    MessagePublished,
    MessageScope,
    MessageWithdrawn,
    MessageWritten,
)
from market.model.messages import Event

MESSAGE: Final = (
    "message_id", "client_message_id", "severity", "state", "written_by", "written_at", "publish_at",
    "published_at", "withdrawn_at", "recipients", "read",
)  # fmt: skip
"""The columns of a file of messages."""
TO_PEOPLE: Final = frozenset({MessageScope.ALL, MessageScope.ROLE})


def message(item: Message, *, read: int | None) -> Answer:
    """A message; `read`: how many have, for operators only."""
    inner = {
        "client_message_id": item.client_message_id,
        "written_by": item.written_by,
        "written_at": moment_text(item.written_us),
        "recipients": item.recipients,
        "read": read,
    }
    return {
        "message_id": item.message_id,
        "texts": [
            {"language": text.language, "title": text.title, "text": text.text}
            for text in item.texts
        ],
        "severity": item.severity.value,
        "target": {"scope": item.scope.value, "key": item.key or None},
        "state": item.state.value,
        "publish_at": moment_text(item.publish_us),
        "published_at": _moment(item.published_us),
        "withdrawn_at": _moment(item.withdrawn_us),
        **({} if read is None else inner),
    }


def _moment(now_us: int | None) -> str | None:
    return None if now_us is None else moment_text(now_us)


class MessageNews:
    """What `messages` tells everybody of messages to all or a role, and `alarms` operators of each.

    Those for some are told on the accounts of those they are for.
    """

    def __init__(self, market_id: str) -> None:
        self._market_id = market_id

    def changes(self, event: Event) -> Iterator[Delta]:
        """A message was written, published or taken back; what it says is asked for."""
        match event:
            case MessageWritten():
                told = {"message_id": event.message.message_id, "state": "scheduled"}
                scope = None
            case MessagePublished():
                told, scope = {"message_id": event.message_id, "state": "published"}, event.scope
            case MessageWithdrawn():
                told, scope = {"message_id": event.message_id, "state": "withdrawn"}, event.scope
            case _:
                return
        yield delta(Channel.ALARMS, self._market_id, {"event": "message", **told})
        if scope in TO_PEOPLE:
            yield delta(Channel.MESSAGES, self._market_id, {"event": "message", **told})
