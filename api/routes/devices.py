"""One's own devices: what each is, what it says of itself, what its meter said last, what is wrong."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET, Channel
from api.answers import definitions, delivery
from api.answers.unit_reports import unit_report
from api.answers.values import Answer
from api.call import CURSOR, LIMIT, Address, Call, answer, page_limit
from market.model.alarm import ControlLevel
from market.model.interval import MICROSECONDS, instant_text, moment_text
from market.model.participant import Unit, UnitKind
from market.model.power import Measurement
from market.model.units import SECONDS_PER_MINUTE
from market.store import queries

UNITS_MAX: Final = 100
"""Most devices in one answer: each is looked for in the readings of two days."""
LOOK_BACK: Final = 192
LATE_AFTER: Final = 2
"""Intervals after which a meter that has said nothing counts as silent."""


async def list_devices(call: Call) -> Response:
    """One's units by id, each with its state, last reading, set-point, outage and open alarms."""
    market, who = call.market, call.participant_id
    limit, after = min(page_limit(call), UNITS_MAX), call.query.get("cursor") or ""
    units = sorted(
        (unit for unit in market.live.units.values() if unit.participant_id == who),
        key=lambda unit: unit.unit_id,
    )
    left = [unit for unit in units if unit.unit_id > after]
    shown = left[:limit]
    step_s = market.rules.interval_minutes * SECONDS_PER_MINUTE
    now_s = call.now_us() // MICROSECONDS
    last_s = now_s - now_s % step_s
    starts_s = range(last_s - (LOOK_BACK - 1) * step_s, last_s + 1, step_s)
    names = [unit.unit_id for unit in shown]

    def read(connection: Connection, market_id: str) -> dict[str, Measurement]:
        return queries.last_readings(connection, market_id, names, starts_s)

    readings = await call.stored(read)
    silent_from_s = last_s - LATE_AFTER * step_s
    items = [_device(call, unit, readings.get(unit.unit_id), silent_from_s) for unit in shown]
    behind = shown[-1].unit_id if len(left) > limit else None
    return answer({"items": items, "next_cursor": behind})


def _device(call: Call, unit: Unit, reading: Measurement | None, silent_from_s: int) -> Answer:
    market = call.market
    state, minutes = call.decided, market.rules.interval_minutes
    report = state.unit_reports.get(unit.unit_id)
    outage = state.outages.get(unit.unit_id)
    now_us = call.now_us()
    shown = market.live.snapshot(Channel.UNIT, unit.unit_id, now_us)
    metered = unit.kind is not UnitKind.RETAILER
    return {
        **definitions.unit(unit),
        "report": None if report is None else unit_report(report),
        "reading": None
        if reading is None
        else delivery.measurement(reading, unit.area_id, minutes),
        "silent": metered and (reading is None or reading.start_s < silent_from_s),
        "setpoint": shown["setpoint"],
        "limits": shown["limits"],
        "outage": None
        if outage is None
        else {
            "from": instant_text(outage.from_s),
            "until": instant_text(outage.until_s),
            "reason": outage.reason,
        },
        "alarms": [
            {"alarm_id": item.alarm_id, "kind": item.kind.value, "severity": item.severity.value,
             "state": item.state.value, "raised_at": moment_text(item.raised_us)}
            for item in state.alarms.open.values()
            if item.level is ControlLevel.UNIT and item.member_id == unit.unit_id
        ],
    }  # fmt: skip


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/account/devices",
        handler=list_devices,
        about="One's own units with state, last reading, set-point, outage and open alarms",
        query=(LIMIT, CURSOR),
    ),
)
