"""Messages: operators write them, for now or for later; who they are for reads them."""

from functools import partial
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.messages import MESSAGE, message
from api.call import PAGE, Address, Call, QueryField, answer, listed, page_limit
from api.incoming.messages import MessageIn
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES
from market.model.interval import moment_text
from market.model.message import MessageState, MessageWritten, WithdrawMessage, WriteMessage
from market.model.participant import Role
from market.model.rejection import Code
from market.store import queries


def _message_id(call: Call) -> str:
    try:
        return fields.identifier(call.path_id["message_id"])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None


async def _shown(call: Call, message_id: str, status: int = 200) -> Response:
    """One message with how many have read it.

    Raises:
        RefusedError: NOT_FOUND.
    """

    def read(connection: Connection, market_id: str) -> tuple[object, int] | None:
        found = queries.message(connection, market_id, message_id)
        if found is None:
            return None
        count = queries.read_counts(connection, market_id, (message_id,)).get(message_id, 0)
        return message(found, read=count), count

    found = await call.stored(read)
    if found is None:
        raise refuse(Code.NOT_FOUND)
    return answer(found[0], status)


async def write_message(call: Call) -> Response:
    """Write a message; the same under the same own id changes nothing."""
    wanted = await call.read(MessageIn)
    committed = await call.market.submit(
        WriteMessage(
            now_us=call.now_us(),
            actor=call.actor,
            client_message_id=wanted.client_message_id,
            texts=tuple(item.message_text() for item in wanted.texts),
            severity=wanted.message_severity(),
            scope=wanted.message_scope(),
            key=wanted.target.key or "",
            publish_us=wanted.publish_us,
        )
    )
    new = [event.message for event in committed.events if isinstance(event, MessageWritten)]
    if new:
        return await _shown(call, new[0].message_id, 201)
    known = call.decided.messages.by_client
    return await _shown(call, known[wanted.client_message_id][0])


async def withdraw_message(call: Call) -> Response:
    """Take a message back; harmless again."""
    message_id = _message_id(call)
    command = WithdrawMessage(now_us=call.now_us(), actor=call.actor, message_id=message_id)
    await call.market.submit(command)
    return await _shown(call, message_id)


async def list_messages(call: Call) -> Response:
    """Messages, the newest first: those one may read, or all."""
    is_operator = call.who.role is Role.OPERATOR
    wanted = queries.MessageFilter(
        state=call.query.get("state"),
        participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
        area_id=call.own(Role.AREA, call.who.area_id),
    )

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.messages(connection, market_id, wanted, cursor=cursor, limit=limit)
        names = tuple(item.message_id for item in page.items)
        counts = queries.read_counts(connection, market_id, names) if is_operator else {}
        shown = [
            message(item, read=counts.get(item.message_id, 0) if is_operator else None)
            for item in page.items
        ]
        return shown, page.next_cursor

    return await answer_list(call, "messages", MESSAGE, read)


async def list_readers(call: Call) -> Response:
    """Who has read a message, by participant."""
    message_id = _message_id(call)
    if call.decided.messages.state_of(message_id) is None:
        raise refuse(Code.NOT_FOUND)
    page = await call.stored(
        lambda connection, market_id: queries.readers(
            connection,
            market_id,
            message_id,
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    items = [
        {"participant_id": item.participant_id, "read_at": moment_text(item.read_us)}
        for item in page.items
    ]
    return listed(call, items, page.next_cursor)


_MESSAGE: Final = f"{MARKET}/messages/{{message_id}}"
ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/messages",
        handler=write_message,
        about="Write a message to all, an area, a role or a participant, for now or for later",
        body=MessageIn,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/messages",
        handler=list_messages,
        about="Messages one may read, the newest first",
        query=(
            QueryField(
                name="state",
                read=partial(fields.one_of, MessageState),
                about="scheduled, published, withdrawn",
            ),
            *PAGE,
        ),
        answers=TABLES,
    ),
    Address(
        method="POST",
        path=f"{_MESSAGE}:withdraw",
        handler=withdraw_message,
        about="Take a message back, published or not",
    ),
    Address(
        method="GET",
        path=f"{_MESSAGE}/readers",
        handler=list_readers,
        about="Who has read a message",
        query=PAGE,
    ),
)
