"""Messages as channels tell of them; what they say is asked for."""

from collections.abc import Iterator
from typing import Final

from api.access.permissions import Channel
from api.channels.deltas import Delta, delta
from market.model.message import MessagePublished, MessageScope, MessageWithdrawn, MessageWritten
from market.model.messages import Event

TO_PEOPLE: Final = frozenset({MessageScope.ALL, MessageScope.ROLE})


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
