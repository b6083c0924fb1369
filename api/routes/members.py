"""Participants, units and deposits: who and what takes part."""

from typing import Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import definitions
from api.call import (
    BATCH_BODY_MAX,
    PAGE,
    Address,
    Call,
    QueryField,
    answer,
    listed,
    page_limit,
)
from api.incoming.members import DepositsIn, ParticipantsIn, UnitsIn
from api.wire import fields
from market.model.messages import Command, MakeDeposits, RegisterParticipants, RegisterUnits
from market.model.participant import Role
from market.store import queries


async def _taken(call: Call, command: Command, count: int) -> Response:
    """201 for something new, 200 when all of it was there already."""
    committed = await call.market.submit(command)
    return answer({"count": count}, 201 if committed.events else 200)


async def add_participants(call: Call) -> Response:
    """Register participants, all or none; an identical repeat is harmless."""
    wanted = await call.read(ParticipantsIn, BATCH_BODY_MAX)
    command = RegisterParticipants(
        now_us=call.now_us(),
        actor=call.actor,
        participants=tuple(item.participant() for item in wanted.items),
    )
    return await _taken(call, command, len(wanted.items))


async def add_units(call: Call) -> Response:
    """Register units, all or none; an identical repeat is harmless."""
    wanted = await call.read(UnitsIn, BATCH_BODY_MAX)
    command = RegisterUnits(
        now_us=call.now_us(),
        actor=call.actor,
        units=tuple(item.unit() for item in wanted.items),
    )
    return await _taken(call, command, len(wanted.items))


async def add_deposits(call: Call) -> Response:
    """Book deposits, all or none; an identical repeat is harmless."""
    wanted = await call.read(DepositsIn, BATCH_BODY_MAX)
    command = MakeDeposits(
        now_us=call.now_us(),
        actor=call.actor,
        deposits=tuple(item.deposit() for item in wanted.items),
    )
    return await _taken(call, command, len(wanted.items))


async def list_participants(call: Call) -> Response:
    """Participants: one's own, those of one's area, or all."""
    page = await call.stored(
        lambda connection, market_id: queries.participants(
            connection,
            market_id,
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
            area_id=call.own(Role.AREA, call.who.area_id),
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    return listed(call, [definitions.participant(item) for item in page.items], page.next_cursor)


async def list_units(call: Call) -> Response:
    """Units: the device's own, a participant's, those of one's area, or all."""
    if call.who.role is Role.DEVICE:
        unit = call.market.live.units.get(call.who.unit_id or "")
        return listed(call, [] if unit is None else [definitions.unit(unit)], None)
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    page = await call.stored(
        lambda connection, market_id: queries.units(
            connection,
            market_id,
            participant_id=own or call.query.get("participant_id"),
            area_id=call.own(Role.AREA, call.who.area_id),
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    return listed(call, [definitions.unit(item) for item in page.items], page.next_cursor)


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/participants:batch",
        handler=add_participants,
        about="Register participants, all or none",
        body=ParticipantsIn,
        created=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/units:batch",
        handler=add_units,
        about="Register units, all or none",
        body=UnitsIn,
        created=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/deposits:batch",
        handler=add_deposits,
        about="Book deposits, all or none",
        body=DepositsIn,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/participants",
        handler=list_participants,
        about="Participants one may see",
        query=PAGE,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/units",
        handler=list_units,
        about="Units one may see",
        query=(
            *PAGE,
            QueryField(
                name="participant_id", read=fields.identifier, about="Only of one participant"
            ),
        ),
    ),
)
