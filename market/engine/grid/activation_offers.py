"""What areas lack once their grids and limits have spoken, and which units anywhere could help, at what cost.

The one idea: read from the market's state alone, after the checks of the grids, so the same offers come out whenever
they are asked for again; where nothing is missing nothing is looked at.
"""

from collections.abc import Iterator, Mapping, Sequence

from market.control.activation import Helper, Offers
from market.engine.control.steering import caps_of
from market.engine.grid.grid_plans import reference_of, steered_range, targets_w
from market.engine.grid.settling import exchange
from market.engine.state import MarketState
from market.model.activation import ActivationCause
from market.model.grid_check import AreaCheck
from market.model.participant import Unit, UnitKind, VoltageLevel
from market.model.units import energy_from_power_wh
from market.settlement.activation_terms import ActivationTerms
from market.settlement.redispatch import moving_costs
from market.settlement.tariff import network_ticks


def activation_offers(
    state: MarketState, start_s: int, checks: Sequence[AreaCheck]
) -> Offers | None:
    """What is missing in an interval, and who could help; None: nothing is, or nobody is asked instead.

    Args:
        state: with the interval's set-points.
        start_s: the interval.
        checks: what its areas' grids have changed.
    """
    short_wh = _short_wh(state, start_s, checks)
    if not short_wh or state.last_resort_id is None:
        return None
    told_w = targets_w(state, start_s)
    changed_w = {change.unit_id: change.to_w for check in checks for change in check.changes}
    return Offers(
        short_wh=short_wh,
        helpers=tuple(_helpers(state, start_s, told_w, changed_w)),
        headroom_wh=_headroom_wh(state, start_s, {**told_w, **changed_w}),
        around=state.acts.around,
        terms=activation_terms(state, start_s),
        minutes=state.rules.interval_minutes,
    )


def activation_terms(state: MarketState, start_s: int) -> ActivationTerms:
    """Lines and last resort of an interval, with what lines have left now."""
    lines = state.grid.lines
    capacity = state.capacity
    return ActivationTerms(
        rules=state.rules,
        grid=state.grid,
        start_s=start_s,
        exchange=exchange(state, start_s),
        left_wh={
            (line.line_id, forward): capacity.left_wh(line.line_id, forward, start_s)
            for line in lines
            for forward in (True, False)
        },
        cut=frozenset(line.line_id for line in lines if capacity.is_cut(line.line_id)),
    )


def _short_wh(
    state: MarketState, start_s: int, checks: Sequence[AreaCheck]
) -> dict[tuple[str, ActivationCause], int]:
    """By area and cause; what comes to nothing is left out."""
    minutes = state.rules.interval_minutes
    found: dict[tuple[str, ActivationCause], int] = {}
    for check in checks:
        moved_wh = [energy_from_power_wh(change.change_w, minutes) for change in check.changes]
        found[check.area_id, ActivationCause.REDISPATCH] = -sum(moved_wh)
    for unit_id, energy_wh in state.acts.given_up_wh(start_s).items():
        key = (state.units[unit_id].area_id, ActivationCause.LEFT_OVER)
        found[key] = found.get(key, 0) - energy_wh
    return {key: energy_wh for key, energy_wh in found.items() if energy_wh}


def _helpers(
    state: MarketState, start_s: int, told_w: Mapping[str, int], changed_w: Mapping[str, int]
) -> Iterator[Helper]:
    """Units that can be steered and do as they have traded until now."""
    minutes, rules = state.rules.interval_minutes, state.rules
    fees_ticks = {
        level: network_ticks(rules, start_s, level) + rules.tariff.levies_ticks
        for level in VoltageLevel
    }
    prices, reference = reference_of(state, start_s)
    limited = state.acts.given_up_wh(start_s)
    for unit in state.units.values():
        name = unit.unit_id
        if not _may_help(unit) or name in changed_w or name in limited:
            continue
        target_w = told_w.get(name, 0)
        least_w, most_w = steered_range(state, unit, start_s, target_w)
        up_wh = energy_from_power_wh(most_w - target_w, minutes)
        down_wh = energy_from_power_wh(target_w - least_w, minutes)
        if not up_wh and not down_wh:
            continue
        more_ticks, less_ticks = moving_costs(unit, prices, reference)
        owner = state.participants[unit.participant_id]
        yield Helper(
            unit_id=name,
            area_id=unit.area_id,
            told_w=target_w,
            up_wh=up_wh,
            down_wh=down_wh,
            up_ticks=more_ticks,
            # At worst all of it is withdrawn at its meter, and what that is charged is paid back.
            down_ticks=-less_ticks
            + (0 if owner.is_last_resort else fees_ticks[owner.voltage_level]),
        )


def _may_help(unit: Unit) -> bool:
    return unit.controllable and unit.kind is not UnitKind.RETAILER


def _headroom_wh(
    state: MarketState, start_s: int, told_w: Mapping[str, int]
) -> dict[str, tuple[int, int]]:
    """How far each area's sum may still move up and down inside its rating and operators' limits."""
    minutes = state.rules.interval_minutes
    sum_w = dict.fromkeys(state.acts.around, 0)
    for unit in state.units.values():
        for name in state.acts.around[unit.area_id]:
            sum_w[name] += told_w.get(unit.unit_id, 0)
    limits = state.control.limits(caps_of(state, start_s))
    return {
        name: (
            energy_from_power_wh(max(0, limits[name].injection_max_w - set_w), minutes),
            energy_from_power_wh(max(0, limits[name].withdrawal_max_w + set_w), minutes),
        )
        for name, set_w in sum_w.items()
    }
