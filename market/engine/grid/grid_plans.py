"""What a power flow of an area is made of: who does what by schedule or meter, and how far it may be moved.

The one idea: everything is read from the market's state, so the same plan comes out whenever it is asked for again.
"""

from collections.abc import Mapping, Sequence

from market.control.grid_check import AreaPlan, AreaPowers
from market.control.network_arrays import Moves
from market.engine.control.curtailing import held_w
from market.engine.control.sharing import setpoints
from market.engine.control.steering import caps_of
from market.engine.control.told import told_schedule_wh
from market.engine.grid.settling import priced_outcome
from market.engine.state import MarketState
from market.model.burden import BurdenCause
from market.model.network import Network
from market.model.participant import GREEN_KINDS, Unit, UnitKind
from market.model.units import PPM, power_from_energy_w
from market.settlement.imbalance import (
    DeviationPrice,
    delivered_ticks,
    deviation_prices,
    last_resort_band,
)
from market.settlement.redispatch import moving_costs, reference_prices
from market.trading.flexible import needed_after_wh, stored_before_wh

_CUT_BY_RULE = GREEN_KINDS | {UnitKind.GENERATOR}
"""What a grid operator may cut although nobody steers it."""


def grid_plans(state: MarketState, start_s: int) -> tuple[AreaPlan, ...]:
    """The schedules of an interval in every area with a grid, inner areas first."""
    networks = _inner_first(state)
    if not networks:
        return ()
    told_w = targets_w(state, start_s)
    price_of, reference = reference_of(state, start_s)
    members = _members(state)
    return tuple(
        _plan(state, network, members, start_s, told_w, price_of, reference) for network in networks
    )


def reference_of(
    state: MarketState, start_s: int
) -> tuple[Mapping[str, DeviationPrice], Mapping[str, int]]:
    """What moving a unit is paid by: deviation prices and area prices of an interval, by area."""
    outcome = priced_outcome(state, start_s)
    prices = deviation_prices(rules=state.rules, grid=state.grid, outcome=outcome, start_s=start_s)
    return {price.area_id: price for price in prices}, reference_prices(prices, outcome)


def measured_powers(state: MarketState, start_s: int) -> tuple[AreaPowers, ...]:
    """Each grid with its members and their power by the meters; one without a reading as told."""
    energies_wh = {**told_schedule_wh(state, start_s), **state.measured_wh.get(start_s, {})}
    minutes = state.rules.interval_minutes

    def reactive_var(unit: Unit) -> int:
        reading = state.readings.of_unit(start_s, unit.area_id, unit.unit_id)
        return 0 if reading is None else reading.reactive_var or 0

    return area_powers(
        state,
        {name: power_from_energy_w(energy_wh, minutes) for name, energy_wh in energies_wh.items()},
        {name: reactive_var(unit) for name, unit in state.units.items()},
    )


def area_powers(
    state: MarketState, power_w: Mapping[str, int], reactive_var: Mapping[str, int]
) -> tuple[AreaPowers, ...]:
    """Each grid with its members and these powers of units, injection positive; inner areas first."""
    members_of = _members(state)

    def summed(member_id: str, of_unit: Mapping[str, int]) -> int:
        if member_id in state.units:
            return of_unit.get(member_id, 0)
        return sum(summed(name, of_unit) for name in members_of[member_id])

    return tuple(
        AreaPowers(
            network=network,
            member_ids=members,
            power_w=tuple(summed(name, power_w) for name in members),
            reactive_var=found if any(found) else None,
            around=state.acts.around[network.area_id],
        )
        for network in _inner_first(state)
        for members in (members_of[network.area_id],)
        for found in (tuple(summed(name, reactive_var) for name in members),)
    )


def targets_w(state: MarketState, start_s: int) -> dict[str, int]:
    """What every unit is to do by its trades, inside what is allowed; W, injection positive."""
    changed = setpoints(
        state,
        start_s,
        state.positions.scheduled_wh(start_s),
        state.setpoint_sequence,
        caps_of(state, start_s),
    )
    targets_w = {item.unit_id: item.target_w for event in changed for item in event.setpoints}
    return {**targets_w, **held_w(state, start_s)}


def _inner_first(state: MarketState) -> list[Network]:
    parent = {area.area_id: area.parent for area in state.grid.areas}

    def depth(area_id: str | None) -> int:
        return 0 if area_id is None else 1 + depth(parent[area_id])

    return sorted(state.networks.all(), key=lambda network: -depth(network.area_id))


def _members(state: MarketState) -> Mapping[str, tuple[str, ...]]:
    """Of each area the units directly in it, then the areas directly in it."""
    found: dict[str, list[str]] = {area.area_id: [] for area in state.grid.areas}
    for unit in state.units.values():
        found[unit.area_id].append(unit.unit_id)
    for area in state.grid.areas:
        if area.parent is not None:
            found[area.parent].append(area.area_id)
    return {area_id: tuple(members) for area_id, members in found.items()}


def _plan(
    state: MarketState,
    network: Network,
    members_of: Mapping[str, tuple[str, ...]],
    start_s: int,
    told_w: Mapping[str, int],
    price_of: Mapping[str, DeviationPrice],
    reference: Mapping[str, int],
) -> AreaPlan:
    members = members_of[network.area_id]
    rows = [_range(state, members_of, member_id, start_s, told_w) for member_id in members]
    costs = [
        moving_costs(state.units[name], price_of, reference) if name in state.units else (0, 0)
        for name in members
    ]
    burdens = _borne(state, network.area_id, start_s, members)
    band = last_resort_band(state.rules, start_s)
    ask, bid = delivered_ticks(band=band, grid=state.grid, area_id=network.area_id)
    return AreaPlan(
        network=network,
        member_ids=members,
        moves=Moves(
            scheduled_w=tuple(row[0] for row in rows),
            lowest_w=tuple(row[1] for row in rows),
            highest_w=tuple(row[2] for row in rows),
            cost_up_ticks=tuple(up for up, _ in costs),
            cost_down_ticks=tuple(-avoided for _, avoided in costs),
            replacement_ask_ticks=max(ask, bid),
            replacement_bid_ticks=min(ask, bid),
            minutes=state.rules.interval_minutes,
            lowest_by_rule_w=tuple(row[3] for row in rows),
            borne_w=tuple(borne_w for borne_w, _ in burdens),
            could_w=tuple(could_w for _, could_w in burdens),
        ),
        around=state.acts.around[network.area_id],
    )


def _borne(
    state: MarketState, area_id: str, start_s: int, members: Sequence[str]
) -> list[tuple[int, int]]:
    """By what a cut by rule is weighed: when it is made again, by the same as before."""
    before = state.burdens.shared(start_s, area_id, BurdenCause.BY_RULE)
    weighed = {
        share.unit_id: (share.borne_w, share.could_w)
        for share in (() if before is None else before.shares)
    }
    return [weighed.get(name) or state.burdens.of(name) for name in members]


def _range(
    state: MarketState,
    members_of: Mapping[str, tuple[str, ...]],
    member_id: str,
    start_s: int,
    targets: Mapping[str, int],
) -> tuple[int, int, int, int]:
    """A member's power, the least and most it may be steered to, and the least by rule."""
    unit = state.units.get(member_id)
    if unit is None:
        inner_w = _scheduled_w(members_of, member_id, targets)
        return inner_w, inner_w, inner_w, inner_w
    told_w = targets.get(member_id, 0)
    least_w, most_w = steered_range(state, unit, start_s, told_w)
    cut_w = least_w
    if unit.kind in _CUT_BY_RULE:
        cut_w = min(told_w, 0)
    elif unit.storage is not None and unit.controllable:
        # Before the limits of a grid are given up, what it has traded for later comes second.
        cut_w = _storage_range(state, unit, start_s, told_w, keeps_later=False)[0]
    return told_w, least_w, most_w, min(least_w, cut_w)


def _scheduled_w(
    members_of: Mapping[str, tuple[str, ...]], member_id: str, targets: Mapping[str, int]
) -> int:
    """What a unit, or all in an area, are to inject."""
    if member_id not in members_of:
        return targets.get(member_id, 0)
    return sum(_scheduled_w(members_of, name, targets) for name in members_of[member_id])


def steered_range(state: MarketState, unit: Unit, start_s: int, told_w: int) -> tuple[int, int]:
    """How far a unit can be moved: what shines can only be cut, what consumes only be spared."""
    if not unit.controllable or unit.kind is UnitKind.RETAILER:
        return told_w, told_w
    if unit.storage is not None:
        return _storage_range(state, unit, start_s, told_w, keeps_later=True)
    if unit.kind in GREEN_KINDS:
        return min(told_w, 0), told_w
    if unit.injection_max_w:
        limits = state.acts.allowed(unit, start_s, start_s + state.step_s).limits
        return min(told_w, 0), max(told_w, limits.injection_max_w)
    return told_w, max(told_w, 0)


def _storage_range(
    state: MarketState, unit: Unit, start_s: int, told_w: int, *, keeps_later: bool
) -> tuple[int, int]:
    """Inside what it may do, what it holds before the interval and, wanted so, what it has traded later.

    Nobody pays a storage for what it cannot deliver tomorrow because it had to help today.
    """
    storage = unit.storage
    assert storage is not None, "only a storage has such a range"
    limits = state.acts.allowed(unit, start_s, start_s + state.step_s).limits
    stored_wh = stored_before_wh(state.positions, unit.unit_id, storage, start_s)
    least_wh, most_wh = 0, storage.capacity_wh
    if keeps_later:
        least_wh, most_wh = needed_after_wh(state.positions, unit.unit_id, storage, start_s)
    gives_wh = max(0, stored_wh - least_wh) * storage.efficiency_discharge_ppm // PPM
    takes_wh = max(0, most_wh - stored_wh) * PPM // storage.efficiency_charge_ppm
    minutes = state.rules.interval_minutes
    most_w = min(limits.injection_max_w, power_from_energy_w(gives_wh, minutes))
    least_w = -min(limits.withdrawal_max_w, power_from_energy_w(takes_wh, minutes))
    return min(least_w, told_w), max(most_w, told_w)
