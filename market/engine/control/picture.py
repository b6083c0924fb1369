"""The market level's look at an interval that is over: security, load and retail in one fact.

The one idea: everything that is told about an interval's safety is made here once, from what the
levels below have answered, when the meters have spoken; nothing is estimated later from lists.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from market.control.forecast import generation_of, load_of, untraded_load_of
from market.control.market import Security
from market.engine.control.forced_outages import FORCED, of_unit_wh
from market.engine.control.steering import caps_of
from market.engine.state import MarketState
from market.model.act import ActKind, ControlReason
from market.model.alarm import ControlLevel
from market.model.grid import Area
from market.model.grid_check import GridSeen
from market.model.participant import GREEN_KINDS, UnitKind
from market.model.power import Deviation, Measurement
from market.model.system import (
    AreaPicture,
    AreaState,
    CurtailedEnergy,
    RetailPicture,
    SystemSeen,
)
from market.model.units import PPM, energy_from_power_wh
from market.settlement.imbalance import last_resort_band

LOAD_KINDS: Final = frozenset({UnitKind.LOAD, UnitKind.HEAT_PUMP, UnitKind.EV_CHARGER})
"""Units that consume; what a storage takes in comes back."""
GENERATING_KINDS: Final = GREEN_KINDS | {UnitKind.GENERATOR}
"""Units whose injection is expected to come again; a storage gives what it is told."""
VOLTAGE_BAND_PPM: Final = 100_000
"""Either side of rated, as EN 50160 has it for low voltage; confirm against the standard."""
INTERRUPTIONS: Final = frozenset(
    {
        ControlReason.EMERGENCY_STOP,
        ControlReason.STOPPED,
        ControlReason.DECOUPLED,
        ControlReason.FAIL_SAFE,
        ControlReason.TRIP,
    }
)
"""Reasons for which withdrawal is not made smaller but is not served."""


@dataclass(slots=True)
class _Units:
    """What the units directly in one area add up to."""

    load_wh: int = 0
    untraded_load_wh: int = 0
    generation_wh: int = 0
    owners: set[str] = field(default_factory=set)
    missing: int = 0
    doubtful: int = 0
    voltages_ppm: list[int] = field(default_factory=list)
    frequencies_mhz: list[int] = field(default_factory=list)
    curtailed_wh: defaultdict[ControlReason, int] = field(default_factory=lambda: defaultdict(int))
    not_served_wh: int = 0


def system_seen(
    state: MarketState,
    *,
    start_s: int,
    now_us: int,
    scheduled_wh: Mapping[str, int],
    measured_wh: Mapping[str, int],
    deviations: Iterable[Deviation],
    grids: Iterable[GridSeen],
) -> SystemSeen:
    """The picture of an interval.

    Args:
        state: before the interval is settled.
        start_s: the interval.
        now_us: when.
        scheduled_wh: net injection by unit as it was told in the end.
        measured_wh: metered net injection of every unit, the substituted ones too.
        deviations: what each level saw.
        grids: what the readings say about the areas' grids.
    """
    security = state.control.security(scheduled_wh=scheduled_wh, caps=caps_of(state, start_s))
    net = {item.member_id: item for item in deviations if item.level == ControlLevel.AREA.value}
    outside = {item.area_id: item.outside_minutes for item in grids}
    bound = _bound_areas(state, start_s)
    units = _units_by_area(state, start_s, measured_wh)
    _add_curtailed(state, start_s, units, deviations)
    return SystemSeen(
        start_s=start_s,
        now_us=now_us,
        areas=tuple(
            _area(
                state,
                area,
                start_s=start_s,
                security=security[area.area_id],
                net=net[area.area_id],
                units=units[area.area_id],
                grid_minutes=outside.get(area.area_id, 0),
                limit_binds=area.area_id in bound,
            )
            for area in state.grid.areas
        ),
        retail=_retail(state, start_s),
    )


def system_learned(state: MarketState, event: SystemSeen) -> None:
    """What was metered makes the next forecasts."""
    for area in event.areas:
        state.forecast.learn(load_of(area.area_id), event.start_s, area.load_wh)
        series = untraded_load_of(area.area_id)
        state.forecast.learn(series, event.start_s, area.untraded_load_wh)
        if area.generation_wh is not None:
            state.forecast.learn(generation_of(area.area_id), event.start_s, area.generation_wh)


def held_back_wh(state: MarketState, starts_s: Iterable[int]) -> dict[tuple[str, int], int]:
    """What of the areas' import limits is kept free of auctions: load that takes without asking.

    An area carries what is expected in the areas inside it too.
    """
    held: dict[tuple[str, int], int] = {}
    if not state.rules.limits_less_forecast:
        return held
    for area_id, around in state.acts.around.items():
        series = untraded_load_of(area_id)
        for start_s in starts_s:
            expected_wh = state.forecast.expected_wh(series, start_s) or 0
            for name in around:
                held[name, start_s] = held.get((name, start_s), 0) + expected_wh
    return held


def _area(
    state: MarketState,
    area: Area,
    *,
    start_s: int,
    security: Security,
    net: Deviation,
    units: _Units,
    grid_minutes: int,
    limit_binds: bool,
) -> AreaPicture:
    voltages_ppm, frequencies_mhz = units.voltages_ppm, units.frequencies_mhz
    area_id, minutes = area.area_id, state.rules.interval_minutes
    outside = grid_minutes or _is_outside(state, area, start_s, net.measured_wh, units)
    return AreaPicture(
        area_id=area_id,
        state=_state_of(state, area_id, start_s),
        withdrawal_max_w=security.limits.withdrawal_max_w,
        injection_max_w=security.limits.injection_max_w,
        reserve_up_w=security.reserve_up_w,
        reserve_down_w=security.reserve_down_w,
        limit_binds=limit_binds,
        scheduled_wh=net.scheduled_wh,
        measured_wh=net.measured_wh,
        load_wh=units.load_wh,
        load_owners=len(units.owners),
        load_forecast_wh=state.forecast.expected_wh(load_of(area_id), start_s),
        untraded_load_wh=units.untraded_load_wh,
        outside_minutes=minutes if outside else 0,
        not_served_wh=units.not_served_wh,
        curtailed=tuple(
            CurtailedEnergy(reason=reason, energy_wh=energy_wh)
            for reason, energy_wh in sorted(units.curtailed_wh.items())
        ),
        voltage_min_ppm=min(voltages_ppm, default=None),
        voltage_max_ppm=max(voltages_ppm, default=None),
        frequency_min_mhz=min(frequencies_mhz, default=None),
        frequency_max_mhz=max(frequencies_mhz, default=None),
        missing_readings=units.missing,
        doubtful_readings=units.doubtful,
        generation_wh=units.generation_wh,
        generation_forecast_wh=state.forecast.expected_wh(generation_of(area_id), start_s),
    )


def _state_of(state: MarketState, area_id: str, start_s: int) -> AreaState:
    """The strongest word about the area or one around it."""
    acts = state.acts
    around = acts.around[area_id]
    members = [(ControlLevel.AREA, name) for name in around]
    members.append((ControlLevel.MARKET, state.rules.market_id))
    until_s = start_s + state.step_s
    for member in members:
        for item in acts.narrowings.get(member, {}).values():
            if item.kind is not ActKind.LIMIT and item.holds(start_s, until_s):
                return AreaState.STOPPED
    return (
        AreaState.DECOUPLED if any(name in acts.decoupled for name in around) else AreaState.COUPLED
    )


def _is_outside(
    state: MarketState, area: Area, start_s: int, measured_wh: int, units: _Units
) -> bool:
    """True when meters tell of a voltage outside its band or of more over the connection than allowed."""
    if any(abs(voltage_ppm - PPM) > VOLTAGE_BAND_PPM for voltage_ppm in units.voltages_ppm):
        return True
    narrowed = state.acts.area_limits(area.area_id, start_s, start_s + state.step_s)
    rated = (area.import_limit_w, area.export_limit_w)
    return any(
        limit_w is not None
        and energy_wh > energy_from_power_wh(limit_w, state.rules.interval_minutes)
        for limits in (rated, narrowed)
        for energy_wh, limit_w in zip((-measured_wh, measured_wh), limits, strict=True)
    )


def _bound_areas(state: MarketState, start_s: int) -> set[str]:
    """Areas whose connection limit an auction of the interval put a price on."""
    outcomes = (state.outcomes.get(start_s), state.day_ahead_outcomes.get(start_s))
    return {
        area.area_id
        for outcome in outcomes
        if outcome is not None
        for area in outcome.areas
        if area.price_ticks is not None and area.connection_price_ticks != area.price_ticks
    }


def _units_by_area(
    state: MarketState, start_s: int, measured_wh: Mapping[str, int]
) -> Mapping[str, _Units]:
    found = {area.area_id: _Units() for area in state.grid.areas}
    readings = {area_id: state.readings.of_area(start_s, area_id) for area_id in found}
    traded = state.positions.scheduled_wh(start_s)
    for unit_id, unit in state.units.items():
        if unit.kind is UnitKind.RETAILER:
            continue
        here = found[unit.area_id]
        if unit.kind in LOAD_KINDS:
            load_wh = max(0, -measured_wh.get(unit_id, 0))
            here.load_wh += load_wh
            here.owners.add(unit.participant_id)
            if not unit.controllable and unit_id not in traded:
                here.untraded_load_wh += load_wh
        elif unit.kind in GENERATING_KINDS:
            here.generation_wh += max(0, measured_wh.get(unit_id, 0))
        _add_reading(here, readings[unit.area_id].get(unit_id))
    return found


def _add_reading(here: _Units, reading: Measurement | None) -> None:
    if reading is None:
        here.missing += 1
        return
    here.doubtful += reading.doubt is not None
    if reading.voltage_ppm is not None:
        here.voltages_ppm.append(reading.voltage_ppm)
    if reading.frequency_mhz is not None:
        here.frequencies_mhz.append(reading.frequency_mhz)


def _add_curtailed(
    state: MarketState, start_s: int, found: Mapping[str, _Units], deviations: Iterable[Deviation]
) -> None:
    """What acts, limits and redispatch took away from what units had traded, and what was missed by force."""
    traded_wh = state.positions.scheduled_wh(start_s)
    for unit_id, reason, change_wh in _changes(state, start_s, deviations):
        here, wanted_wh = found[state.units[unit_id].area_id], traded_wh.get(unit_id, 0)
        # Less of what it traded is taken away; more, or the other way, is an activation.
        taken_wh = min(-change_wh, wanted_wh) if wanted_wh > 0 else min(change_wh, -wanted_wh)
        if taken_wh > 0:
            here.curtailed_wh[reason] += taken_wh
            if wanted_wh < 0 and reason in INTERRUPTIONS:
                here.not_served_wh += taken_wh


def _changes(
    state: MarketState, start_s: int, deviations: Iterable[Deviation]
) -> Iterator[tuple[str, ControlReason, int]]:
    """Unit, why and by how much it did something else than it has traded; Wh, injection positive."""
    minutes = state.rules.interval_minutes
    for unit_id, pieces in state.acts.curtailed.get(start_s, {}).items():
        for piece in pieces:
            if piece.reason not in FORCED:
                yield unit_id, piece.reason, piece.energy_wh
    for item in deviations:
        if item.level == ControlLevel.UNIT:
            for reason, energy_wh in of_unit_wh(state, start_s, item).items():
                yield item.member_id, reason, energy_wh
    for unit_id, change in state.networks.changes(start_s).items():
        yield unit_id, change.reason, energy_from_power_wh(change.change_w, minutes)


def _retail(state: MarketState, start_s: int) -> RetailPicture:
    band = last_resort_band(state.rules, start_s)
    retailers = [unit for unit in state.units.values() if unit.kind is UnitKind.RETAILER]
    traded = [state.positions.traded(unit.unit_id, start_s) for unit in retailers]
    return RetailPicture(
        ask_ticks=band.ask_ticks,
        bid_ticks=band.bid_ticks,
        sold_wh=sum(item.sold_wh for item in traded),
        bought_wh=sum(item.bought_wh for item in traded),
    )
