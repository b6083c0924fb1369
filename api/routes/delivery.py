"""Delivery: set-points go out, deviations are seen."""

from typing import Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import delivery
from api.call import (
    PAGE,
    START,
    UNIT,
    Address,
    Call,
    QueryField,
    listed,
    page_limit,
)
from api.wire.errors import refuse
from market.model.participant import Role
from market.model.rejection import Code
from market.store import queries


async def list_setpoints(call: Call) -> Response:
    """The newest set-point of each unit and interval, of the units one may see."""
    page = await call.stored(
        lambda connection, market_id: queries.setpoints(
            connection,
            market_id,
            start_s=call.query.get("start"),
            unit_id=call.query.get("unit_id"),
            area_id=call.own(Role.AREA, call.who.area_id),
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    return listed(call, [delivery.setpoint(item) for item in page.items], page.next_cursor)


async def list_deviations(call: Call) -> Response:
    """What each level of control saw in one interval: units, then areas, then the market."""
    start_s: int = call.query["start"]
    limit = page_limit(call)
    text = call.query.get("cursor", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise refuse(Code.FIELD_FORMAT, "cursor")
    first = int(text)
    found = await call.stored(
        lambda connection, market_id: queries.deviations(
            connection,
            market_id,
            start_s=start_s,
            area_id=call.own(Role.AREA, call.who.area_id),
        )
    )
    items = [delivery.deviation(item) for item in found[first : first + limit]]
    return listed(call, items, str(first + limit) if len(found) > first + limit else None)


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/setpoints",
        handler=list_setpoints,
        about="Set-points of the units one may see",
        query=(START, UNIT, *PAGE),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/deviations",
        handler=list_deviations,
        about="Scheduled and measured energy of one interval at every level",
        query=(
            QueryField(name="start", read=START.read, about=START.about, required=True),
            *PAGE,
        ),
    ),
)
