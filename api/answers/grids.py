"""Grids, what power flows found in them, and what was changed, as they stand on the wire."""

from dataclasses import asdict

from api.answers.values import Answer
from market.model.activation import UnitActivation, UnitsActivated
from market.model.grid_check import (
    GridChecked,
    GridPicture,
    GridSeen,
    UnitChange,
    UnitsRedispatched,
)
from market.model.interval import instant_text, moment_text
from market.model.network import Network
from market.model.participant import Unit
from market.model.units import (
    PPM,
    energy_from_power_wh,
    energy_text,
    money_text,
    power_text,
    voltage_text,
)
from market.store.queries import GridCheckView


def network(item: Network) -> Answer:
    """A grid, figure for figure as it was registered."""
    return asdict(item)


def picture(item: GridPicture) -> Answer:
    """Extremes and limits that are not kept; voltages and loadings per unit."""
    return {
        "solved": item.solved,
        "lowest_voltage_pu": voltage_text(item.lowest_voltage_ppm),
        "lowest_bus": item.lowest_bus,
        "highest_voltage_pu": voltage_text(item.highest_voltage_ppm),
        "highest_bus": item.highest_bus,
        "highest_loading_pu": voltage_text(item.highest_loading_ppm),
        "loaded_element": item.loaded_element,
        "loss_kw": power_text(item.loss_w),
        "source_kw": power_text(item.source_w),
        "violation_count": item.violation_count,
        "violations": [
            {
                "kind": broken.kind.value,
                "element_id": broken.element_id,
                "value_pu": voltage_text(broken.value_ppm),
                "limit_pu": voltage_text(broken.limit_ppm),
            }
            for broken in item.violations
        ],
    }


def checked(item: GridChecked) -> Answer:
    """What the power flow of a schedule found."""
    return {
        "area_id": item.area_id,
        "start": instant_text(item.start_s),
        "version": item.version,
        "before": picture(item.before),
        "after": None if item.after is None else picture(item.after),
        "cured": item.cured,
        "by_rule": item.by_rule,
        "rung": item.rung,
        "at": moment_text(item.now_us),
    }


def change(item: UnitChange) -> Answer:
    """What a unit is told instead; injection positive."""
    return {
        "unit_id": item.unit_id,
        "from_kw": power_text(item.from_w),
        "to_kw": power_text(item.to_w),
        "reason": item.reason.value,
        "element_id": item.element_id,
    }


def redispatched(item: UnitsRedispatched) -> Answer:
    """What was changed in an area, what replaces it, and how it was weighed."""
    return {
        "changes": [change(each) for each in item.changes],
        "replacement_kw": power_text(item.replacement_w),
        "weighed_cost": money_text(item.cost_quanta),
    }


def activation(item: UnitsActivated, *, sees_units: bool) -> Answer:
    """Units that help an area; `changed_kwh` injection positive, `received_kwh` into the area they help."""
    return {
        "start": instant_text(item.start_s),
        "area_id": item.area_id,
        "for_area": item.for_area,
        "cause": item.cause.value,
        "line_ids": list(item.line_ids),
        "changed_kwh": energy_text(item.energy_wh),
        "received_kwh": energy_text(item.received_wh),
        "weighed_cost": money_text(item.cost_quanta),
        "last_resort_cost": money_text(item.last_resort_quanta),
        "units": [activated_unit(each) for each in item.units] if sees_units else None,
    }


def activated_unit(item: UnitActivation) -> Answer:
    """What an activated unit is told instead; injection positive."""
    return {
        "unit_id": item.unit_id,
        "from_kw": power_text(item.from_w),
        "to_kw": power_text(item.to_w),
        "changed_kwh": energy_text(item.energy_wh),
        "weighed_cost": money_text(item.cost_quanta),
    }


def burden(unit: Unit, given_w: int, could_w: int, minutes: int) -> Answer:
    """What a unit has given up for limits (W over intervals, summed), of what it could have."""
    return {
        "unit_id": unit.unit_id,
        "area_id": unit.area_id,
        "given_kwh": energy_text(energy_from_power_wh(given_w, minutes)),
        "could_kwh": energy_text(energy_from_power_wh(could_w, minutes)),
        "part_ppm": given_w * PPM // could_w,
    }


def seen(item: GridSeen) -> Answer:
    """What the meters said."""
    return {
        "version": item.version,
        "outside_minutes": item.outside_minutes,
        "picture": picture(item.picture),
    }


def grid_check(view: GridCheckView) -> Answer:
    """A check with what followed from it."""
    return {
        **checked(view.check),
        "redispatch": None if view.redispatch is None else redispatched(view.redispatch),
        "metered": None if view.seen is None else seen(view.seen),
    }
