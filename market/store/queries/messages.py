"""Messages: all of them for operators, those that may be read for who they are for, and who has read one."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, or_, select

from market.model.message import Message, MessageScope, MessageState
from market.store import tables
from market.store.message_rows import message_of
from market.store.queries.pages import AnyRow, bounded, cursor_of, numbers, page, read_page
from market.store.views import AlertRead, Page

MESSAGE_PREFIX: Final = "message:"
"""Before a message's id in the id of its alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages are asked for; None: any."""

    state: MessageState | None = None
    participant_id: str | None = None
    """That this one may read."""
    area_id: str | None = None
    """That this area may read."""
    from_us: int | None = None
    """Published then or later."""


def messages(
    connection: Connection,
    market_id: str,
    wanted: MessageFilter,
    *,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Message]:
    """Messages, the newest first.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.messages.c
    query = select(tables.messages).where(c.market_id == market_id)
    if wanted.state is not None:
        query = query.where(c.state == wanted.state.value)
    if wanted.participant_id is not None:
        query = query.where(_is_for(market_id, wanted.participant_id))
    if wanted.area_id is not None:
        everybody = c.scope == MessageScope.ALL.value
        areas = (c.scope == MessageScope.ROLE.value) & (c.key == "area")
        own = (c.scope == MessageScope.AREA.value) & (c.key == wanted.area_id)
        query = query.where(or_(everybody, areas, own))
    if wanted.participant_id is not None or wanted.area_id is not None:
        query = query.where(c.state == MessageState.PUBLISHED.value)
    if wanted.from_us is not None:
        query = query.where(c.published_us >= wanted.from_us)
    if cursor is not None:
        query = query.where(c.number < numbers(cursor, 1)[0])
    count = bounded(limit)
    rows = connection.execute(query.order_by(c.number.desc()).limit(count + 1)).all()
    return page(rows, count, _message, lambda row: cursor_of(row.number))


def _is_for(market_id: str, participant_id: str) -> ColumnElement[bool]:
    """The message is for this participant: as one of all, or by name."""
    c, named = tables.messages.c, tables.message_recipients.c
    everybody = c.scope == MessageScope.ALL.value
    participants = (c.scope == MessageScope.ROLE.value) & (c.key == "participant")
    by_name = select(named.message_id).where(
        named.market_id == market_id, named.participant_id == participant_id
    )
    return or_(everybody, participants, c.message_id.in_(by_name))


def message(connection: Connection, market_id: str, message_id: str) -> Message | None:
    """One message; None: there is none of that id."""
    c = tables.messages.c
    row = connection.execute(
        select(tables.messages).where(c.market_id == market_id, c.message_id == message_id)
    ).one_or_none()
    return None if row is None else _message(row)


def read_counts(
    connection: Connection, market_id: str, message_ids: tuple[str, ...]
) -> dict[str, int]:
    """How many participants have read each of these messages."""
    c = tables.alert_reads.c
    names = [MESSAGE_PREFIX + name for name in message_ids]
    rows = connection.execute(
        select(c.alert_id, func.count())
        .where(c.market_id == market_id, c.alert_id.in_(names))
        .group_by(c.alert_id)
    )
    return {row[0].removeprefix(MESSAGE_PREFIX): int(row[1]) for row in rows}


def readers(
    connection: Connection,
    market_id: str,
    message_id: str,
    *,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[AlertRead]:
    """Who has read a message, by participant."""
    c = tables.alert_reads.c
    query = select(tables.alert_reads).where(
        c.market_id == market_id, c.alert_id == MESSAGE_PREFIX + message_id
    )
    if cursor is not None:
        query = query.where(c.participant_id > cursor)
    return read_page(
        connection,
        query,
        (c.participant_id,),
        limit,
        lambda row: AlertRead(
            alert_id=row.alert_id, participant_id=row.participant_id, read_us=row.read_us
        ),
    )


def _message(row: AnyRow) -> Message:
    return message_of(row._mapping)  # noqa: SLF001 - the public way to read a row by name
