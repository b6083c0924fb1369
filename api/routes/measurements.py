"""Measurements: what meters read comes in, and everything they ever said can be asked for."""

from collections import Counter
from typing import Final

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import columns, delivery
from api.call import (
    AS_OF,
    BATCH_BODY_MAX,
    FROM,
    PAGE,
    TO,
    UNIT,
    Address,
    Call,
    QueryField,
    answer,
    listed,
    page_limit,
)
from api.incoming.measurements import MeasurementsIn
from api.lists import Found, answer_list
from api.routes.listings import flag
from api.wire.errors import RefusedError, refuse
from api.wire.formats import TABLES
from market.model.messages import Event, MeasurementsRecorded, RecordMeasurements
from market.model.participant import Role
from market.model.power import Measurement
from market.model.rejection import Code, Rejection
from market.model.signing import is_signed_by
from market.store import queries

GAP_SPAN_MAX_S: Final = 7 * 86_400
"""Longest span of one look for gaps: every unit is held against every interval of it."""


async def add_measurements(call: Call) -> Response:
    """Take meter readings, all or none.

    201 when every reading counts or was there already; 202 when some came after their interval was
    settled: they are kept for a correction and change nothing yet.
    """
    wanted = await call.read(MeasurementsIn, BATCH_BODY_MAX)
    _check_ownership(call, wanted)
    readings = tuple(item.measurement() for item in wanted.items)
    await _check_signatures(call, readings)
    committed = await call.market.submit(
        RecordMeasurements(
            now_us=call.now_us(),
            actor=call.actor,
            area_id=wanted.area_id,
            measurements=readings,
        )
    )
    said = told(len(readings), committed.events)
    return answer(said, 202 if said["late"] else 201)


def told(count: int, events: tuple[Event, ...]) -> dict[str, int]:
    """How many readings there were, and of how many something special is to be said."""
    taken = 0
    marks: Counter[str] = Counter()
    for event in events:
        if isinstance(event, MeasurementsRecorded):
            taken += len(event.measurements)
            for reading in event.measurements:
                marks["older"] += reading.older
                marks["late"] += reading.late
                marks["doubtful"] += reading.doubt is not None
    return {
        "count": count,
        "repeated": count - taken,
        **{name: marks[name] for name in ("older", "late", "doubtful")},
    }


def own_area(call: Call) -> str | None:
    """The area whose readings the caller may report; None: it has none."""
    who = call.who
    if who.role is not Role.DEVICE:
        return who.area_id
    return call.market.live.units[who.unit_id].area_id if who.unit_id is not None else None


def _check_ownership(call: Call, wanted: MeasurementsIn) -> None:
    """A gateway reports for its area, a device for itself; all else answers as if it were not."""
    if call.who.role is Role.DEVICE:
        own = call.who.unit_id
        foreign = [row for row, item in enumerate(wanted.items) if item.unit_id != own]
        faults = [
            Rejection(code=Code.UNIT_UNKNOWN, pointer=f"items/{row}/unit_id") for row in foreign
        ]
        if faults:
            raise RefusedError(faults)
    if wanted.area_id != own_area(call):
        raise refuse(Code.AREA_UNKNOWN, "area_id")


async def _check_signatures(call: Call, readings: tuple[Measurement, ...]) -> None:
    """Every signature there is has to be the unit's own device's."""
    unit_ids = {reading.unit_id for reading in readings if reading.signature}
    if not unit_ids:
        return
    market_id, now_s = call.market.rules.market_id, int(call.house.real_time_s())

    def wrong_rows() -> list[int]:
        keys = call.house.identity.device_keys(market_id, unit_ids, now_s)
        return [
            row
            for row, reading in enumerate(readings)
            if reading.signature
            and not any(
                is_signed_by(key, market_id, reading) for key in keys.get(reading.unit_id, ())
            )
        ]

    wrong = await run_in_threadpool(wrong_rows)
    if wrong:
        raise RefusedError(
            [
                Rejection(code=Code.SIGNATURE_WRONG, pointer=f"items/{row}/signature")
                for row in wrong
            ]
        )


async def list_measurements(call: Call) -> Response:
    """The reading that counts of each unit and interval, or every version, of units one may see."""
    minutes = call.market.rules.interval_minutes

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.measurements(
            connection,
            market_id,
            from_s=call.query.get("from"),
            until_s=call.query.get("to"),
            unit_id=call.query.get("unit_id"),
            area_id=call.own(Role.AREA, call.who.area_id),
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
            versions=call.query.get("versions", False),
            as_of_us=call.query.get("as_of"),
            cursor=cursor,
            limit=limit,
        )
        return [delivery.reading(item, minutes) for item in page.items], page.next_cursor

    return await answer_list(call, "measurements", columns.MEASUREMENT, read)


async def list_gaps(call: Call) -> Response:
    """Units and intervals without a reading, of units one may see, by interval and unit."""
    from_s, until_s = call.query["from"], call.query["to"]
    if not 0 < until_s - from_s <= GAP_SPAN_MAX_S:
        raise refuse(Code.FIELD_RANGE, "to", hours_max=str(GAP_SPAN_MAX_S // 3_600))
    limit = page_limit(call)
    text = call.query.get("cursor", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise refuse(Code.FIELD_FORMAT, "cursor")
    first = int(text)
    found = await call.stored(
        lambda connection, market_id: queries.gaps(
            connection,
            market_id,
            from_s=from_s,
            until_s=until_s,
            unit_id=call.query.get("unit_id"),
            area_id=call.own(Role.AREA, call.who.area_id),
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
        )
    )
    minutes = call.market.rules.interval_minutes
    items = [delivery.reading_gap(item, minutes) for item in found[first : first + limit]]
    return listed(call, items, str(first + limit) if len(found) > first + limit else None)


def _required(field: QueryField) -> QueryField:
    return QueryField(name=field.name, read=field.read, about=field.about, required=True)


ADDRESSES: Final = (
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
        query=(
            FROM,
            TO,
            UNIT,
            QueryField(name="versions", read=flag, about="true: every reading that came in"),
            AS_OF,
            *PAGE,
        ),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/measurements:gaps",
        handler=list_gaps,
        about="Units and intervals without a reading, of the units one may see",
        query=(_required(FROM), _required(TO), UNIT, *PAGE),
    ),
)
