"""What units are told differently from their trades: by how much, from when to when, and why.

The one idea: nobody is blamed for what he was told, so every piece of an interval in which a unit was told
something else than it has traded is a fact with its reason.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from market.control.caps import Caps
from market.control.share import clipped
from market.engine.control.guarding import Guarded, Moment
from market.engine.state import MarketState
from market.model.act import ControlReason, Curtailed, UnitsCurtailed
from market.model.making import maker
from market.model.messages import SetpointsChanged
from market.model.participant import Unit
from market.model.power import PowerLimits, Setpoint
from market.model.units import power_from_energy_w

make_curtailed: Final = maker(Curtailed)


def differing(
    state: MarketState, told: Iterable[SetpointsChanged], scheduled_wh: Mapping[str, int]
) -> dict[str, int]:
    """By how much units are told something else than they were to do; W, injection positive."""
    minutes = state.rules.interval_minutes
    found: dict[str, int] = {}
    for event in told:
        for item in event.setpoints:
            wanted_w = power_from_energy_w(scheduled_wh.get(item.unit_id, 0), minutes)
            if wanted_w != item.target_w:
                # A trade may pass the nameplate by the tolerance; that much nobody takes away.
                change_w = item.target_w - clipped(wanted_w, nameplate(state.units[item.unit_id]))
                if change_w:
                    found[item.unit_id] = change_w
    return found


def nameplate(unit: Unit) -> PowerLimits:
    """What a unit can do at all."""
    return PowerLimits(withdrawal_max_w=unit.withdrawal_max_w, injection_max_w=unit.injection_max_w)


def curtailed(
    state: MarketState,
    moment: Moment,
    changes_w: Mapping[str, int],
    caps: Caps,
    plan: Guarded,
    scheduled_wh: Mapping[str, int],
) -> Iterator[UnitsCurtailed]:
    """What units are told differently from now on, each with the reason that binds it.

    Who waits for its turn does something else than it has traded until then, and after that perhaps too.
    """
    if not changes_w:
        return
    start_s, minutes = moment.start_s, state.rules.interval_minutes
    until_s = start_s + state.step_s
    items: list[Curtailed] = []
    told = {item.unit_id: item for event in plan.told for item in event.setpoints}
    for unit_id, change_w in changes_w.items():
        item, unit = told[unit_id], state.units[unit_id]
        from_s, turn_s = max(start_s, moment.now_s), start_s + item.wait_s
        reason = None
        if item.wait_s and from_s < turn_s:
            wanted_w = power_from_energy_w(scheduled_wh.get(unit_id, 0), minutes)
            waits_w = item.before_w - clipped(wanted_w, nameplate(unit))
            reason = ControlReason.AREA_GUARD
            items.append(_piece(item, start_s, (from_s, turn_s), waits_w, reason))
            from_s = turn_s
        if unit_id in plan.held:
            reason = ControlReason.AREA_GUARD
        elif change_w:
            reason = _reason(state, unit, start_s, caps)
        elif reason is None:
            reason = state.acts.last_reason(unit_id, start_s)
            if reason is None:
                continue
        items.append(_piece(item, start_s, (from_s, until_s), change_w, reason))
    if items:
        yield UnitsCurtailed(start_s=start_s, items=tuple(items))


def _piece(
    item: Setpoint, start_s: int, window_s: tuple[int, int], change_w: int, reason: ControlReason
) -> Curtailed:
    return make_curtailed(
        unit_id=item.unit_id,
        start_s=start_s,
        from_s=window_s[0],
        until_s=window_s[1],
        change_w=change_w,
        reason=reason,
    )


def _reason(state: MarketState, unit: Unit, start_s: int, caps: Caps) -> ControlReason:
    """What holds the unit itself, else what holds an area around it."""
    if unit.unit_id in caps.units:
        reason = state.acts.allowed(unit, start_s, start_s + state.step_s).reason
        assert reason is not None, "what is capped has a reason"
        return reason
    change = state.networks.changes(start_s).get(unit.unit_id)
    if change is not None:
        return change.reason
    narrowed = any(
        bound_w is not None
        for area_id in state.acts.around[unit.area_id]
        for bound_w in caps.areas.get(area_id, ())
    )
    return ControlReason.OPERATOR_LIMIT if narrowed else ControlReason.AREA_LIMIT


def held_w(state: MarketState, start_s: int) -> dict[str, int]:
    """Units that the area guard holds where they are in an interval, and where that is.

    One that has to move for the grid since then is weighed by where it was held before that.
    """
    told, changes = state.told.of(start_s), state.networks.changes(start_s)
    return {
        unit_id: changes[unit_id].from_w if unit_id in changes else told[unit_id].target_w
        for unit_id, pieces in state.acts.curtailed.get(start_s, {}).items()
        if pieces[-1].change_w and pieces[-1].reason is ControlReason.AREA_GUARD
    }
