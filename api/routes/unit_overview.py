"""Units as an operator looks at them: what each was told, what it says it does, what its meter read, what is wrong.

The one idea: nothing is kept here. Set-points, limits, reports, readings, stops and alarms have addresses of
their own; this list puts together what is known of a unit at this moment, as figures side by side.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET, Channel
from api.answers.values import Answer
from api.call import PAGE, Address, Call, QueryField, page_limit
from api.lists import answer_made
from api.wire import fields
from api.wire.formats import TABLES
from market.model.act import NARROWING_REASONS, ActKind
from market.model.alarm import Alarm, ControlLevel, Severity
from market.model.interval import MICROSECONDS, instant_text, moment_text
from market.model.participant import Role, Unit, UnitKind
from market.model.power import Measurement
from market.model.units import SECONDS_PER_MINUTE, power_from_energy_w, power_text
from market.store import queries

OVERVIEW: Final = (
    "unit_id", "participant_id", "area_id", "kind", "controllable", "injection_max_kw", "withdrawal_max_kw",
    "state", "cause", "connected", "heard_at", "sockets", "target_kw", "power_kw", "voltage_pu",
    "setpoint_kw", "setpoint_start", "setpoint_until", "setpoint_sequence",
    "limit_injection_kw", "limit_withdrawal_kw", "limit_until", "limit_reason",
    "metered_kw", "metered_start", "silent", "stopped", "outage_until", "alarms", "severity",
)  # fmt: skip
"""The columns of a file."""
LOOK_BACK: Final = 8
"""Intervals in which a unit's last reading is looked for; what is older says nothing of now."""
UNITS_MAX: Final = 100
"""Most units whose readings are looked for in one query."""
LATE_AFTER: Final = 2
"""Intervals after which a meter that has said nothing counts as silent."""
_STOPS: Final = tuple(kind for kind in NARROWING_REASONS if kind is not ActKind.LIMIT)
_SEVERITIES: Final = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What is known of all units, by unit."""

    now_s: int
    silent_from_s: int
    readings: dict[str, Measurement]
    sockets: Counter[str]
    alarms: dict[str, list[Alarm]]


async def list_overview(call: Call) -> Response:
    """Every unit one may see with set-point, report, limit, reading, stop and alarms, by its id."""
    market = call.market
    own = call.own(Role.AREA, call.who.area_id)
    after, wanted = call.query.get("cursor") or "", call.query.get("unit_id")
    area_id = call.query.get("area_id")
    found = (
        unit
        for name, unit in sorted(market.live.units.items())
        if name > after
        and wanted in {None, name}
        and area_id in {None, unit.area_id}
        and own in {None, unit.area_id}
    )
    units = list(islice(found, page_limit(call) + 1))
    around = await _around(call, units)
    made = [_record(call, unit, around) for unit in units]
    return await answer_made(call, "units", OVERVIEW, made, "unit_id")


async def _around(call: Call, units: list[Unit]) -> _Around:
    step_s = call.market.rules.interval_minutes * SECONDS_PER_MINUTE
    now_s = call.now_us() // MICROSECONDS
    last_s = now_s - now_s % step_s
    starts_s = range(last_s - (LOOK_BACK - 1) * step_s, last_s + 1, step_s)
    names = [unit.unit_id for unit in units]

    def read(connection: Connection, market_id: str) -> dict[str, Measurement]:
        parts = (names[at : at + UNITS_MAX] for at in range(0, len(names), UNITS_MAX))
        return {
            name: reading
            for part in parts
            for name, reading in queries.last_readings(
                connection, market_id, part, starts_s
            ).items()
        }

    readings = await call.stored(read)
    alarms: dict[str, list[Alarm]] = {}
    for item in call.decided.alarms.open.values():
        if item.level is ControlLevel.UNIT:
            alarms.setdefault(item.member_id, []).append(item)
    listeners = call.market.hub.listeners
    who = [None if each.access is None else each.access.principal for each in listeners]
    sockets = Counter(each.unit_id for each in who if each is not None and each.unit_id is not None)
    return _Around(
        now_s=now_s,
        silent_from_s=last_s - LATE_AFTER * step_s,
        readings=readings,
        sockets=sockets,
        alarms=alarms,
    )


def _record(call: Call, unit: Unit, around: _Around) -> Answer:
    name, state = unit.unit_id, call.decided
    outage = state.outages.get(name)
    found = around.alarms.get(name, [])
    worst = max((_SEVERITIES.index(item.severity) for item in found), default=None)
    return {
        "unit_id": name,
        "participant_id": unit.participant_id,
        "area_id": unit.area_id,
        "kind": unit.kind.value,
        "controllable": unit.controllable,
        "injection_max_kw": power_text(unit.injection_max_w),
        "withdrawal_max_kw": power_text(unit.withdrawal_max_w),
        **_said(call, name),
        "sockets": around.sockets[name],
        **_told(call, name),
        **_metered(call, unit, around),
        "stopped": _stopped(call, unit, around.now_s),
        "outage_until": None if outage is None else instant_text(outage.until_s),
        "alarms": len(found),
        "severity": None if worst is None else _SEVERITIES[worst].value,
    }


def _said(call: Call, name: str) -> Answer:
    """What the unit says of itself."""
    reports = call.market.live.unit_reports
    report, heard_us = reports.of_unit(name) or {}, reports.heard_us(name)
    keys = ("state", "cause", "connected", "target_kw", "power_kw", "voltage_pu")
    return {
        **{key: report.get(key) for key in keys},
        "heard_at": None if heard_us is None else moment_text(heard_us),
    }


def _told(call: Call, name: str) -> Answer:
    """The set-point that holds, else the next one; the newest limit that holds."""
    now_us = call.now_us()
    now = instant_text(now_us // MICROSECONDS)
    shown = call.market.live.snapshot(Channel.UNIT, name, now_us)
    setpoint: Answer = min(shown["setpoints"], key=lambda item: item["start"], default={})
    limits = [item for item in shown["limits"] if item["from"] <= now]
    limit: Answer = limits[-1] if limits else {}
    return {
        "setpoint_kw": setpoint.get("target_kw"),
        "setpoint_start": setpoint.get("start"),
        "setpoint_until": setpoint.get("until"),
        "setpoint_sequence": setpoint.get("sequence"),
        "limit_injection_kw": limit.get("injection_max_kw"),
        "limit_withdrawal_kw": limit.get("withdrawal_max_kw"),
        "limit_until": limit.get("until"),
        "limit_reason": limit.get("reason"),
    }


def _metered(call: Call, unit: Unit, around: _Around) -> Answer:
    """The mean of the last interval that was read, and whether the meter is overdue."""
    reading = around.readings.get(unit.unit_id)
    minutes = call.market.rules.interval_minutes
    late = reading is None or reading.start_s < around.silent_from_s
    return {
        "metered_kw": None
        if reading is None
        else power_text(power_from_energy_w(reading.injection_wh, minutes)),
        "metered_start": None if reading is None else instant_text(reading.start_s),
        "silent": unit.kind is not UnitKind.RETAILER and late,
    }


def _stopped(call: Call, unit: Unit, now_s: int) -> str | None:
    """The strongest stop that holds for the unit."""
    acts = call.decided.acts
    kinds = {item.kind for item in acts.concerning(unit, now_s, now_s + 1)}
    return next((kind.value for kind in _STOPS if kind in kinds), None)


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/units:overview",
        handler=list_overview,
        about="Units with set-point, report, limit, reading, stop and alarms, as they are now",
        query=(
            QueryField(name="unit_id", read=fields.identifier, about="One unit"),
            QueryField(name="area_id", read=fields.identifier, about="Directly in one area"),
            *PAGE,
        ),
        answers=TABLES,
    ),
)
