"""Messages as rows, whom those for some participants are for, and what participants have read."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from market.model.alarm import Severity
from market.model.message import (
    AlertsRead,
    Message,
    MessagePublished,
    MessageScope,
    MessageState,
    MessageWithdrawn,
    MessageWritten,
    changed,
)
from market.store.tables import alert_reads, message_recipients, messages
from market.store.upsert import upsert

MESSAGE_EVENTS: Final = (MessageWritten, MessagePublished, MessageWithdrawn, AlertsRead)
_NAMES: Final = tuple(field.name for field in fields(Message))


def take_message(
    connection: Connection,
    market_id: str,
    event: MessageWritten | MessagePublished | MessageWithdrawn | AlertsRead,
    event_seq: int,
) -> None:
    """Write what an event says into its table."""
    match event:
        case MessageWritten():
            row = {**_row_of(event.message), "market_id": market_id, "number": event_seq}
            connection.execute(insert(messages), row)
        case MessagePublished() | MessageWithdrawn():
            key = (messages.c.market_id == market_id) & (messages.c.message_id == event.message_id)
            before = message_of(connection.execute(select(messages).where(key)).mappings().one())
            after = _row_of(changed(before, event))
            connection.execute(update(messages).where(key).values(**after))
            if isinstance(event, MessagePublished) and event.recipients:
                connection.execute(
                    insert(message_recipients),
                    [
                        {"market_id": market_id, "participant_id": name, "message_id": event.message_id}
                        for name in event.recipients
                    ],
                )  # fmt: skip
        case AlertsRead():
            # The first time counts: what is there stays.
            connection.execute(
                upsert(connection, alert_reads, "participant_id"),
                [
                    {
                        "market_id": market_id,
                        "participant_id": event.participant_id,
                        "alert_id": alert_id,
                        "read_us": event.now_us,
                    }
                    for alert_id in event.alert_ids
                ],
            )


def message_of(row: Mapping[Any, Any]) -> Message:
    """The message of a row."""
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    values |= {
        "severity": Severity(row["severity"]),
        "scope": MessageScope(row["scope"]),
        "state": MessageState(row["state"]),
    }
    return Message(**values)


def _row_of(of: Message) -> dict[str, object]:
    row = {name: getattr(of, name) for name in _NAMES}
    row["severity"], row["scope"], row["state"] = of.severity.value, of.scope.value, of.state.value
    return row
