"""Files of meter readings: a month of many units in one request, row by row.

The one idea: a file is not an order that is good or bad as a whole. What can be taken is taken, through
the same command as every other reading; what cannot is told with its line and may be sent again, put right.
"""

from collections import Counter
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.permissions import MARKET
from api.bulk.meter_file import MeterFile, MeterTable
from api.bulk.meter_readings import MeterPart, MeterReadings, in_intervals
from api.call import FILE_BODY_MAX, Address, Call, QueryField, answer
from api.routes.measurements import own_area, told
from api.wire.errors import FAULTS_MAX, RefusedError, detail_of, pointer_text, refuse
from api.wire.fields import FieldError, identifier
from api.wire.formats import Form, taken
from market.model.interval import MarketDay, day_of
from market.model.messages import Event, RecordMeasurements
from market.model.participant import Role
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules

MINUTES_MAX: Final = 24 * 60


def _minutes(text: str) -> int:
    """How long the meter's own intervals are.

    Raises:
        FieldError: no whole number of minutes, or none of a day.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise FieldError(Code.FIELD_FORMAT)
    if not 1 <= int(text) <= MINUTES_MAX:
        raise FieldError(Code.FIELD_RANGE)
    return int(text)


async def add_measurement_file(call: Call) -> Response:
    """Take a file of readings; each row that can be taken is.

    201 when every reading that was taken counts or was there already; 202 when some came after their
    interval was settled.
    """
    taken(call.request.headers.get("content-type"), (Form.CSV,))
    area_id = call.query["area_id"]
    if area_id != own_area(call):
        raise refuse(Code.AREA_UNKNOWN, "area_id")
    rules = call.market.rules
    minutes = call.query.get("minutes", rules.interval_minutes)
    if minutes % rules.interval_minutes:
        multiple = {"multiple_of": str(rules.interval_minutes)}
        raise refuse(Code.FIELD_RANGE, "minutes", **multiple)
    table = await _read(call)
    _check_units(call, table)
    readings = await run_in_threadpool(
        in_intervals,
        table,
        meter_minutes=minutes,
        interval_minutes=rules.interval_minutes,
        origin_s=_midnight_s(rules),
    )
    return await _taken(call, area_id, readings)


async def _read(call: Call) -> MeterTable:
    file = MeterFile()
    async for piece in call.pieces(FILE_BODY_MAX):
        await run_in_threadpool(file.feed, piece)
    return await run_in_threadpool(file.finished)


def _check_units(call: Call, table: MeterTable) -> None:
    """A device reports for itself; of other units it is not told whether they are there."""
    if call.who.role is Role.DEVICE and table.unit_ids not in {(), (call.who.unit_id,)}:
        raise refuse(Code.UNIT_UNKNOWN, "unit_id")


def _midnight_s(rules: MarketRules) -> int:
    """A midnight of the market's zone: meters of an hour or less begin their intervals with it."""
    day = day_of(rules.trading_from_s, rules.time_zone)
    return MarketDay(day=day, zone=rules.time_zone, minutes=rules.interval_minutes).starts_s().start


async def _taken(call: Call, area_id: str, readings: MeterReadings) -> Response:
    faults, refused = list(readings.faults), readings.refused
    sums: Counter[str] = Counter()
    parts = list(readings.in_parts())
    call.spend(len(parts) - 1)
    for part in parts:
        rest, events, found = await _recorded(call, area_id, part)
        sums.update(told(len(rest.at), events))
        faults += found
        refused += len(found)
    if not sums["count"] and faults:
        raise RefusedError(faults)
    sums["count"] += readings.repeated * readings.parts
    sums["repeated"] += readings.repeated * readings.parts
    content = {
        **{name: sums[name] for name in ("count", "repeated", "older", "late", "doubtful")},
        "refused": refused,
        "errors": [_told(fault) for fault in faults[:FAULTS_MAX]],
    }
    return answer(content, 202 if sums["late"] else 201)


async def _recorded(
    call: Call, area_id: str, part: MeterPart
) -> tuple[MeterPart, tuple[Event, ...], tuple[Rejection, ...]]:
    """What the market takes of a part, what happened, and the faults of rows it does not take.

    Raises:
        RefusedError: for a reason that is no single row's.
    """
    faults: tuple[Rejection, ...] = ()
    while len(part.at):
        measurements = await run_in_threadpool(part.measurements)
        try:
            committed = await call.market.submit(
                RecordMeasurements(
                    now_us=call.now_us(),
                    actor=call.actor,
                    area_id=area_id,
                    measurements=measurements,
                )
            )
        except RefusedError as refused:
            less = part.without(refused.rejections)
            if less is None:
                raise
            part, found = less
            faults += found
        else:
            return part, committed.events, faults
    return part, (), faults


def _told(fault: Rejection) -> dict[str, str]:
    return {
        "pointer": pointer_text(fault.pointer),
        "code": fault.code.value,
        "detail": detail_of(fault),
    }


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/measurements:file",
        handler=add_measurement_file,
        about="Report a file of meter readings of one area, up to 1,000,000 rows; each row that can be taken is",
        query=(
            QueryField(
                name="area_id", read=identifier, about="the area of the units", required=True
            ),
            QueryField(
                name="minutes",
                read=_minutes,
                about="how long the meter's own intervals are; left out: as the market's",
            ),
        ),
        takes=(Form.CSV,),
        created=True,
    ),
)
