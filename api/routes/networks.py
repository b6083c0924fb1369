"""Real grids of areas: registered by an operator, seen by it and by the area alone; checks of schedules."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import grids as grid_answers
from api.answers.explaining import unit_explanation
from api.call import (
    BATCH_BODY_MAX,
    FROM,
    PAGE,
    START,
    TO,
    Address,
    Call,
    QueryField,
    answer,
    listed,
    page_limit,
)
from api.incoming.networks import NetworkIn
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.burden import BURDEN_DAYS
from market.model.network import RegisterNetwork
from market.model.participant import Role, Unit
from market.model.power import Setpoint
from market.model.rejection import Code
from market.store import queries


async def register_network(call: Call) -> Response:
    """Say how the grid of an area is built; the same again is harmless, a change is the next version."""
    wanted = await call.read(NetworkIn, BATCH_BODY_MAX)
    committed = await call.market.submit(
        RegisterNetwork(now_us=call.now_us(), actor=call.actor, network=wanted.network())
    )
    return answer(
        {"area_id": wanted.area_id, "version": wanted.version}, 201 if committed.events else 200
    )


async def list_networks(call: Call) -> Response:
    """The grids one may see, each whole."""
    own = call.own(Role.AREA, call.who.area_id)
    found = [
        grid_answers.network(item)
        for item in call.decided.networks.all()
        if own is None or item.area_id == own
    ]
    return answer({"items": found, "next_cursor": None})


async def list_checks(call: Call) -> Response:
    """Schedules held against their grids, what was changed, and what the meters said afterwards."""
    page = await call.stored(
        lambda connection, market_id: queries.grid_checks(
            connection,
            market_id,
            from_s=call.query.get("from"),
            until_s=call.query.get("to"),
            area_id=call.own(Role.AREA, call.who.area_id) or call.query.get("area_id"),
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    return listed(call, [grid_answers.grid_check(item) for item in page.items], page.next_cursor)


async def list_activations(call: Call) -> Response:
    """Who was activated for which area, at what cost; an area sees who helps it, not by which units."""
    own = call.own(Role.AREA, call.who.area_id)
    page = await call.stored(
        lambda connection, market_id: queries.activations(
            connection,
            market_id,
            from_s=call.query.get("from"),
            until_s=call.query.get("to"),
            area_id=own or call.query.get("area_id"),
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    return listed(
        call,
        [
            grid_answers.activation(item, sees_units=own is None or own == item.area_id)
            for item in page.items
        ],
        page.next_cursor,
    )


async def list_burdens(call: Call) -> Response:
    """What units have given up for limits in the last market days, of what they could have given up."""
    owner = call.own(Role.PARTICIPANT, call.who.participant_id)
    area = call.own(Role.AREA, call.who.area_id)
    burdens = call.decided.burdens
    minutes = call.market.rules.interval_minutes
    found = [
        grid_answers.burden(unit, given_w, could_w, minutes)
        for unit in call.market.live.units.values()
        if owner in {None, unit.participant_id} and area in {None, unit.area_id}
        for given_w, could_w in (burdens.of(unit.unit_id),)
        if could_w
    ]
    return answer({"days": BURDEN_DAYS, "items": found, "next_cursor": None})


async def explain_unit(call: Call) -> Response:
    """Why a unit's target in an interval is what it is."""
    unit = _own_unit(call)
    start_s: int = call.query["start"]

    def read(
        connection: Connection, market_id: str
    ) -> tuple[queries.UnitPosition | None, queries.Page[Setpoint], queries.UnitTold | None]:
        traded = queries.positions(
            connection, market_id, from_s=start_s, until_s=start_s + 1, unit_id=unit.unit_id
        )
        told = queries.setpoints(
            connection, market_id, start_s=start_s, unit_id=unit.unit_id, limit=1
        )
        changed = queries.unit_told(connection, market_id, unit.unit_id, start_s)
        return next(iter(traded.items), None), told, changed

    position, setpoints, changed = await call.stored(read)
    sees_grid = call.who.role in {Role.AREA, Role.OPERATOR}
    return answer(
        unit_explanation(
            unit.unit_id,
            start_s,
            traded_wh=0 if position is None else position.net_wh,
            setpoint=next(iter(setpoints.items), None),
            told=changed,
            minutes=call.market.rules.interval_minutes,
            sees_grid=sees_grid,
        )
    )


def _own_unit(call: Call) -> Unit:
    try:
        unit = call.market.live.units.get(fields.identifier(call.path_id["unit_id"]))
    except FieldError:
        unit = None
    owner = call.own(Role.PARTICIPANT, call.who.participant_id)
    area = call.own(Role.AREA, call.who.area_id)
    if (
        unit is None
        or (owner is not None and unit.participant_id != owner)
        or (area is not None and unit.area_id != area)
    ):
        raise refuse(Code.UNIT_UNKNOWN)
    return unit


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/networks",
        handler=register_network,
        about="Register the real grid of an area, or its next version",
        body=NetworkIn,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/networks",
        handler=list_networks,
        about="Real grids one may see",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/grid-checks",
        handler=list_checks,
        about="Schedules held against their grids, cures, and what the meters said",
        query=(
            FROM,
            TO,
            QueryField(name="area_id", read=fields.identifier, about="Only of this area"),
            *PAGE,
        ),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/activations",
        handler=list_activations,
        about="Units activated for what an area lacks or has too much",
        query=(
            FROM,
            TO,
            QueryField(name="area_id", read=fields.identifier, about="Only there, or for it"),
            *PAGE,
        ),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/burdens",
        handler=list_burdens,
        about="What units have given up for limits, of what they could have given up",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/units/{{unit_id}}/explanation",
        handler=explain_unit,
        about="Why a unit's target is what it is",
        query=(QueryField(name="start", read=START.read, about=START.about, required=True),),
    ),
)
