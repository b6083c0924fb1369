"""The power flow of an area's grid in an interval, bus by bus and line by line, for who looks at it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.values import Answer
from api.call import START, Address, Call, QueryField, answer
from api.wire import fields
from api.wire.errors import refuse
from market.model.grid_check import AreaFlow
from market.model.interval import instant_text
from market.model.network import Network
from market.model.participant import Role
from market.model.power import Measurement
from market.model.rejection import Code
from market.model.units import power_from_energy_w, power_text, voltage_text
from market.store import queries


class Basis(StrEnum):
    """By what members' powers are taken."""

    SCHEDULE = "schedule"
    """By their newest set-points."""
    READINGS = "readings"
    """By their meters; who has no reading by its set-point."""


async def get_power_flow(call: Call) -> Response:
    """Voltages and loadings of a whole grid, by set-points or by meters; as the grid and its members are now."""
    area_id, start_s = call.query["area_id"], call.query["start"]
    engine = call.engine
    network = engine.state.networks.of(area_id)
    own = call.own(Role.AREA, call.who.area_id)
    if network is None or own not in {None, area_id}:
        raise refuse(Code.NOT_FOUND)
    basis = call.query.get("by", Basis.SCHEDULE)
    told_w, readings = await call.stored(_told(start_s, basis))
    if not (told_w if basis is Basis.SCHEDULE else readings):
        raise refuse(Code.NOT_FOUND)
    minutes = call.market.rules.interval_minutes
    metered_w = {
        name: power_from_energy_w(reading.injection_wh, minutes)
        for name, reading in readings.items()
    }
    reactive_var = {name: reading.reactive_var or 0 for name, reading in readings.items()}
    powers = [
        area
        for area in engine.area_powers(told_w | metered_w, reactive_var)
        if area_id in area.around
    ]
    inside = {
        unit.unit_id
        for unit in call.market.live.units.values()
        if area_id in engine.state.acts.around[unit.area_id]
    }
    found = next(item for item in await call.house.flows.of(powers) if item.area_id == area_id)
    return answer(
        {
            "area_id": area_id,
            "start": instant_text(start_s),
            "by": basis.value,
            "units": len(inside),
            "units_read": len(inside & readings.keys()),
            **_flow(network, found),
        }
    )


_Found = tuple[dict[str, int], dict[str, Measurement]]


def _told(start_s: int, basis: Basis) -> Callable[[Connection, str], _Found]:
    """Set-points of all units, and readings where they are wanted."""

    def read(connection: Connection, market_id: str) -> _Found:
        told_w: dict[str, int] = {}
        readings: dict[str, Measurement] = {}
        cursor: str | None = None
        while True:
            setpoints = queries.setpoints(connection, market_id, start_s=start_s, cursor=cursor)
            told_w |= {item.unit_id: item.target_w for item in setpoints.items}
            if (cursor := setpoints.next_cursor) is None:
                break
        while basis is Basis.READINGS:
            page = queries.measurements(
                connection,
                market_id,
                from_s=start_s,
                until_s=start_s + 1,
                cursor=cursor,
                limit=10_000,
            )
            readings |= {
                item.reading.unit_id: item.reading
                for item in page.items
                if not item.reading.substituted
            }
            if (cursor := page.next_cursor) is None:
                break
        return told_w, readings

    return read


def _flow(network: Network, flow: AreaFlow) -> Answer:
    """Figure by figure beside the names of the grid; null where the flow has no solution."""

    def per_unit(values: tuple[int, ...], row: int) -> str | None:
        return voltage_text(values[row]) if flow.solved else None

    def through(values: tuple[int | None, ...], row: int) -> str | None:
        value_w = values[row]
        return None if value_w is None else power_text(value_w)

    return {
        "version": flow.version,
        "solved": flow.solved,
        "loss_kw": power_text(flow.loss_w) if flow.solved else None,
        "source_kw": power_text(flow.source_w) if flow.solved else None,
        "buses": [
            {"bus_id": bus.bus_id, "voltage_pu": per_unit(flow.voltage_ppm, row)}
            for row, bus in enumerate(network.buses)
        ],
        "lines": [
            {
                "line_id": line.line_id,
                "loading_pu": per_unit(flow.line_loading_ppm, row),
                "power_kw": through(flow.line_w, row),
            }
            for row, line in enumerate(network.lines)
        ],
        "transformers": [
            {
                "transformer_id": item.transformer_id,
                "loading_pu": per_unit(flow.transformer_loading_ppm, row),
                "power_kw": through(flow.transformer_w, row),
            }
            for row, item in enumerate(network.transformers)
        ],
    }


def _basis(text: str) -> Basis:
    return fields.one_of(Basis, text)


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/power-flow",
        handler=get_power_flow,
        about="Voltages and loadings of an area's grid in an interval, by set-points or by meters",
        query=(
            QueryField(name="area_id", read=fields.identifier, about="The area", required=True),
            QueryField(name="start", read=START.read, about=START.about, required=True),
            QueryField(name="by", read=_basis, about="schedule (where not given) or readings"),
        ),
    ),
)
