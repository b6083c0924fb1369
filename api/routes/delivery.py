"""Delivery: set-points go out, measurements come in, deviations are seen."""

from typing import Final

from starlette.responses import Response

from api import answers
from api.call import (
    BATCH_BODY_MAX,
    FROM,
    PAGE,
    START,
    TO,
    UNIT,
    Address,
    Call,
    QueryField,
    answer,
    listed,
    page_limit,
)
from api.errors import RefusedError, refuse
from api.permissions import MARKET
from api.schemas import MeasurementsIn
from market.model.messages import RecordMeasurements
from market.model.participant import Role
from market.model.rejection import Code, Rejection
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
    return listed(call, [answers.setpoint(item) for item in page.items], page.next_cursor)


async def add_measurements(call: Call) -> Response:
    """Take meter readings, all or none; a later reading of the same unit and interval replaces."""
    wanted = await call.read(MeasurementsIn, BATCH_BODY_MAX)
    _check_ownership(call, wanted)
    await call.market.submit(
        RecordMeasurements(
            now_us=call.house.clock.now_us(),
            actor=call.who.client_id,
            area_id=wanted.area_id,
            measurements=tuple(item.measurement() for item in wanted.items),
        )
    )
    return answer({"count": len(wanted.items)}, 201)


def _check_ownership(call: Call, wanted: MeasurementsIn) -> None:
    """A gateway reports for its area, a device for itself; all else answers as if it were not."""
    who, live = call.who, call.market.live
    if who.role is Role.DEVICE:
        foreign = [row for row, item in enumerate(wanted.items) if item.unit_id != who.unit_id]
        faults = [
            Rejection(code=Code.UNIT_UNKNOWN, pointer=f"items/{row}/unit_id") for row in foreign
        ]
        if faults:
            raise RefusedError(faults)
        own_area = live.units[who.unit_id].area_id if who.unit_id is not None else None
    else:
        own_area = who.area_id
    if wanted.area_id != own_area:
        raise refuse(Code.AREA_UNKNOWN, "area_id")


async def list_measurements(call: Call) -> Response:
    """The reading that counts of each unit and interval, of the units one may see."""
    page = await call.stored(
        lambda connection, market_id: queries.measurements(
            connection,
            market_id,
            from_s=call.query.get("from"),
            until_s=call.query.get("to"),
            unit_id=call.query.get("unit_id"),
            area_id=call.own(Role.AREA, call.who.area_id),
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    units, minutes = call.market.live.units, call.market.rules.interval_minutes
    items = [answers.measurement(item, units[item.unit_id].area_id, minutes) for item in page.items]
    return listed(call, items, page.next_cursor)


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
    items = [answers.deviation(item) for item in found[first : first + limit]]
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
        method="POST",
        path=f"{MARKET}/measurements:batch",
        handler=add_measurements,
        about="Report meter readings of one area, all or none",
        body=MeasurementsIn,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/measurements",
        handler=list_measurements,
        about="Meter readings of the units one may see",
        query=(FROM, TO, UNIT, *PAGE),
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
