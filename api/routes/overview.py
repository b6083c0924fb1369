"""Participants as an operator looks at them: access, sockets, money and limits in one record each.

The one idea: nothing is kept here. Each of these things has a place and an address of its own; this list
puts together what is known of a participant at this moment.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.collateral import picture
from api.answers.values import Answer
from api.call import PAGE, Address, Call, QueryField, page_limit
from api.lists import answer_made
from api.wire import fields
from api.wire.formats import TABLES
from market.model.participant import Participant, Role, Unit
from market.model.stop import StopScope
from market.model.units import money_text

OVERVIEW: Final = (
    "participant_id", "name", "area_id", "is_last_resort", "voltage_level", "onboarding", "clients",
    "open_enrolments", "suspended", "stopped", "sockets", "device_sockets", "units", "units_heard",
    "units_connected", "balance", "credit_limit", "held", "available", "margin", "collateral_state",
    "margin_call_due_at", "order_value_max", "exposure_max", "open_orders",
)  # fmt: skip
"""The columns of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Access:
    """Who can come in, and who is here, by participant."""

    clients: dict[str, int]
    enrolments: dict[str, int]
    sockets: Counter[str]
    device_sockets: Counter[str]


async def list_overview(call: Call) -> Response:
    """Every participant with its access, sockets, devices, money and limits, by its id."""
    house, market = call.house, call.market
    market_id, now_s = market.rules.market_id, int(house.real_time_s())
    clients = await run_in_threadpool(house.identity.counts, market_id)
    enrolments = await run_in_threadpool(house.enrolments.open_counts, market_id, now_s)
    # From here on in the event loop: another thread would see the market while it changes.
    sockets, device_sockets = _here(call)
    access = _Access(
        clients=clients, enrolments=enrolments, sockets=sockets, device_sockets=device_sockets
    )
    units: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in market.live.units.values():
        units[unit.participant_id].append(unit)
    after, wanted = call.query.get("cursor") or "", call.query.get("participant_id")
    area_id = call.query.get("area_id")
    found = (
        item
        for name, item in sorted(market.live.participants.items())
        if name > after and wanted in {None, name} and area_id in {None, item.area_id}
    )
    made = [
        _record(call, item, units[item.participant_id], access)
        for item in islice(found, page_limit(call) + 1)
    ]
    return await answer_made(call, "participants", OVERVIEW, made, "participant_id")


def _here(call: Call) -> tuple[Counter[str], Counter[str]]:
    """Open sockets of participants, and of the devices of their units."""
    sockets, devices = Counter[str](), Counter[str]()
    units = call.market.live.units
    for listener in call.market.hub.listeners:
        who = None if listener.access is None else listener.access.principal
        if who is None:
            continue
        if who.role is Role.PARTICIPANT and who.participant_id is not None:
            sockets[who.participant_id] += 1
        elif who.role is Role.DEVICE and (unit := units.get(who.unit_id or "")) is not None:
            devices[unit.participant_id] += 1
    return sockets, devices


def _record(call: Call, item: Participant, units: list[Unit], access: _Access) -> Answer:
    market, name = call.market, item.participant_id
    engine = call.engine
    state = engine.state
    reports = [state.unit_reports[x.unit_id] for x in units if x.unit_id in state.unit_reports]
    limits = state.own_limits.get(name)
    account = picture(engine.collateral(name))
    clients, codes = access.clients.get(name, 0), access.enrolments.get(name, 0)
    return {
        "participant_id": name,
        "name": item.name,
        "area_id": item.area_id,
        "is_last_resort": item.is_last_resort,
        "voltage_level": item.voltage_level.value,
        "onboarding": _onboarding(units, clients, codes),
        "clients": clients,
        "open_enrolments": codes,
        "suspended": (market.rules.market_id, name) in call.house.identity.suspended,
        "stopped": any(
            stop.scope is StopScope.PARTICIPANT and stop.key == name for stop in state.stops.all()
        ),
        "sockets": access.sockets[name],
        "device_sockets": access.device_sockets[name],
        "units": len(units),
        "units_heard": len(reports),
        "units_connected": sum(report.connected for report in reports),
        **{key: account[key] for key in ("balance", "credit_limit", "held", "available", "margin")},
        "collateral_state": account["state"],
        "margin_call_due_at": account["due_at"],
        "order_value_max": _money(None if limits is None else limits.order_value_quanta_max),
        "exposure_max": _money(None if limits is None else limits.exposure_quanta_max),
        "open_orders": state.commitments.open_count(name),
    }


def _money(amount_quanta: int | None) -> str | None:
    return None if amount_quanta is None else money_text(amount_quanta)


def _onboarding(units: list[Unit], clients: int, codes: int) -> str:
    """How far somebody is from trading: what is missing first."""
    if not units:
        return "no_unit"
    if clients:
        return "ready"
    return "invited" if codes else "no_access"


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/participants:overview",
        handler=list_overview,
        about="Participants with access, sockets, devices, money and limits, as they are now",
        query=(
            QueryField(name="participant_id", read=fields.identifier, about="One participant"),
            QueryField(name="area_id", read=fields.identifier, about="Of one area"),
            *PAGE,
        ),
        answers=TABLES,
    ),
)
