"""Messages as the wire says them."""

from typing import Final

from api.answers.values import Answer, optional
from market.model.interval import moment_text
from market.model.message import Message

MESSAGE: Final = (
    "message_id", "client_message_id", "severity", "state", "written_by", "written_at", "publish_at",
    "published_at", "withdrawn_at", "recipients", "read",
)  # fmt: skip
"""The columns of a file of messages."""


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
        "published_at": optional(moment_text, item.published_us),
        "withdrawn_at": optional(moment_text, item.withdrawn_us),
        **({} if read is None else inner),
    }
