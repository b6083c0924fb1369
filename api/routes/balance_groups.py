"""Balance groups: set by operators, seen by who answers for them and by who is in them."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.balance_groups import MONTH_COLUMNS, balance_group, month_line
from api.call import PAGE, Address, Call, QueryField, answer
from api.incoming.balance_groups import BalanceGroupIn
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.formats import TABLES
from market.model.balance_group import BalanceGroupSet, SetBalanceGroup
from market.model.participant import Role
from market.model.rejection import Code
from market.store import queries


async def set_group(call: Call) -> Response:
    """Say who is in a group from a day on; the same again is harmless."""
    wanted = await call.read(BalanceGroupIn)
    committed = await call.market.submit(
        SetBalanceGroup(
            now_us=call.now_us(),
            actor=call.actor,
            group=wanted.group(),
            reason=wanted.reason,
        )
    )
    words = call.decided.balance_groups.words[wanted.group_id]
    (said,) = (event for event in tuple(words) if event.group.from_day == wanted.from_day)
    return answer(balance_group(said, None), 201 if committed.events else 200)


async def list_groups(call: Call) -> Response:
    """Every word of every group; for a participant of those it answers for or has units in."""
    state = call.decided
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    words = [event for kept in tuple(state.balance_groups.words.values()) for event in tuple(kept)]
    if own is None:
        return answer({"items": [balance_group(item, None) for item in words], "next_cursor": None})
    units = {unit.unit_id for unit in tuple(state.units.values()) if unit.participant_id == own}
    seen = [
        balance_group(item, None if item.group.participant_id == own else units)
        for item in words
        if item.group.participant_id == own or units.intersection(item.group.unit_ids)
    ]
    return answer({"items": seen, "next_cursor": None})


async def list_month(call: Call) -> Response:
    """What a month gives back of adders, by group and unit; for a participant of its own units and groups."""
    month, version = call.query["month"], call.query.get("version")
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    words = call.decided.balance_groups.words
    answered_for = [
        name
        for name, kept in tuple(words.items())
        if own is not None and _answers(kept, own, month)
    ]

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        text = cursor or "0"
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            raise queries.CursorFault
        first = int(text)
        settled = queries.settled_month(connection, market_id, month, version)
        if settled is None:
            return [], None
        lines = queries.month_lines(
            connection, market_id, settled, participant_id=own, group_ids=answered_for
        )
        items = [month_line(line, settled) for line in lines[first : first + limit]]
        return items, str(first + limit) if len(lines) > first + limit else None

    return await answer_list(call, "settled-month", MONTH_COLUMNS, read)


def _answers(words: list[BalanceGroupSet], participant_id: str, month: str) -> bool:
    """Whether a participant answers for a group on every day of a month on which it is one."""
    before = [item for item in words if item.group.from_day[: len(month)] < month]
    within = [item for item in words if item.group.from_day[: len(month)] == month]
    held = [item for item in (*before[-1:], *within) if item.group.unit_ids]
    return bool(held) and all(item.group.participant_id == participant_id for item in held)


def _version(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise fields.FieldError(Code.FIELD_FORMAT)
    return int(text)


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/balance-groups",
        handler=set_group,
        about="Say who is in a balance group from a day on",
        body=BalanceGroupIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/balance-groups",
        handler=list_groups,
        about="Balance groups, every word of each",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/settled-months",
        handler=list_month,
        about="What a month gave back of adders, by balance group and unit",
        query=(
            QueryField(
                name="month", read=fields.local_month, about="Local month, 2016-06", required=True
            ),
            QueryField(
                name="version", read=_version, about="A version of the month; the last one else"
            ),
            *PAGE,
        ),
        answers=TABLES,
    ),
)
