"""Events of messages, one of each, as the stream is told of them."""

from market.model.alarm import Severity
from market.model.message import (
    AlertsRead,
    Message,
    MessagePublished,
    MessageScope,
    MessageText,
    MessageWithdrawn,
    MessageWritten,
)
from market.model.messages import Event


def messages(now_us: int) -> tuple[Event, ...]:
    """A message to Ann and one to all are written, published, read and taken back."""
    found: list[Event] = []
    for number, scope, names in (
        (1, MessageScope.PARTICIPANT, ("ann",)),
        (2, MessageScope.ALL, ()),
    ):
        message_id = f"msg-{number}"
        message = Message(
            message_id=message_id,
            client_message_id=f"m-{number}",
            texts=(MessageText(language="en", title="Works", text="On Monday."),),
            severity=Severity.INFO,
            scope=scope,
            key="ann" if names else "",
            written_by="op1",
            written_us=now_us,
            publish_us=now_us + 9,
        )
        found += (
            MessageWritten(message=message),
            MessagePublished(
                message_id=message_id, scope=scope, recipients=names, count=1, now_us=now_us
            ),
            AlertsRead(
                participant_id="ann", alert_ids=(f"message:{message_id}",), now_us=now_us
            ),
            MessageWithdrawn(
                message_id=message_id, scope=scope, recipients=names, actor="op1", now_us=now_us
            ),
        )  # fmt: skip
    return tuple(found)
