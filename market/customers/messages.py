"""Messages that were written, and when participants want to be told.

The one idea: operators write few of them, so all are remembered as far as a later word may concern them;
what they say is in the lists.
"""

from dataclasses import dataclass, field
from hashlib import sha256

from market.model.message import (
    AlertSettings,
    Message,
    MessagePublished,
    MessageScope,
    MessageState,
    MessageText,
    MessageWithdrawn,
)


@dataclass(slots=True)
class Messages:
    """The messages of one market."""

    next_number: int = 1
    scheduled: dict[str, Message] = field(default_factory=dict)
    """Those that are not published yet."""
    published: dict[str, tuple[MessageScope, tuple[str, ...]]] = field(default_factory=dict)
    """Of those that may be read: whom they are for."""
    by_client: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """The writer's own id to the message and a digest of what it says, for ever."""
    settings: dict[str, AlertSettings] = field(default_factory=dict)
    """Of participants that have set something."""

    def was(self, message_id: str) -> bool:
        """True when there is, or was, a message of this id."""
        return any(message_id == known for known, _ in self.by_client.values())

    # --- facts ------------------------------------------------------------------------

    def written(self, message: Message) -> None:
        """A message waits for its time."""
        self.next_number += 1
        self.scheduled[message.message_id] = message
        said = content_of(message.texts, message.scope, message.key, message.severity.value)
        self.by_client[message.client_message_id] = (message.message_id, said)

    def publish(self, event: MessagePublished) -> None:
        """It may be read."""
        del self.scheduled[event.message_id]
        self.published[event.message_id] = (event.scope, event.recipients)

    def withdraw(self, event: MessageWithdrawn) -> None:
        """Nobody is to read it any more."""
        self.scheduled.pop(event.message_id, None)
        self.published.pop(event.message_id, None)

    def state_of(self, message_id: str) -> MessageState | None:
        """How far a message is; None: there never was one."""
        if message_id in self.scheduled:
            return MessageState.SCHEDULED
        if message_id in self.published:
            return MessageState.PUBLISHED
        return MessageState.WITHDRAWN if self.was(message_id) else None


def content_of(
    texts: tuple[MessageText, ...], scope: MessageScope, key: str, severity: str
) -> bytes:
    """What tells one message from another under the same own id."""
    said = [(item.language, item.title, item.text) for item in texts]
    return sha256(repr((said, scope.value, key, severity)).encode()).digest()
