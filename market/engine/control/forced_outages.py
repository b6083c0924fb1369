"""What units could not follow in an interval that is over, as pieces of it with their reason.

The one idea: the pieces say what was possible at most to be missed. How much of it was missed the meter shows,
so who delivered all the same has missed nothing.
"""

from collections.abc import Iterator
from typing import Final

from market.engine.state import MarketState
from market.model.act import ControlReason, Curtailed, UnitsCurtailed
from market.model.making import maker
from market.model.participant import UnitKind
from market.model.power import Deviation
from market.model.units import power_from_energy_w

FORCED: Final = frozenset({ControlReason.TRIP, ControlReason.FAIL_SAFE, ControlReason.DECOUPLED})
"""Reasons for which nobody told the unit anything."""
make_curtailed: Final = maker(Curtailed)


def forced_outages(state: MarketState, start_s: int) -> Iterator[UnitsCurtailed]:
    """The interval's pieces of all units that could not follow; none: everybody could."""
    items = tuple(_pieces(state, start_s)) if state.forced else ()
    if items:
        yield UnitsCurtailed(start_s=start_s, items=items)


def _pieces(state: MarketState, start_s: int) -> Iterator[Curtailed]:
    until_s = start_s + state.step_s
    traded_wh = state.positions.scheduled_wh(start_s)
    changes, told = state.networks.changes(start_s), state.acts.curtailed.get(start_s, {})
    for unit_id, energy_wh in traded_wh.items():
        unit = state.units[unit_id]
        if unit.kind is UnitKind.RETAILER:
            continue
        windows = [*state.forced.pieces(unit_id, state.acts.around[unit.area_id], start_s, until_s)]
        wanted_w = power_from_energy_w(energy_wh, state.rules.interval_minutes)
        if unit_id in changes:
            wanted_w += changes[unit_id].change_w
        if not windows or not wanted_w:
            continue
        ends = [window.from_s for window in windows[1:]] + [until_s]
        for window, next_s in zip(windows, ends, strict=True):
            assert window.until_s is not None, "it is cut at the interval's end"
            yield make_curtailed(
                unit_id=unit_id,
                start_s=start_s,
                from_s=window.from_s,
                until_s=window.until_s,
                change_w=-wanted_w,
                reason=window.reason,
            )
            # What was told before holds again from the window's end on.
            for piece in told.get(unit_id, ()):
                from_s, to_s = max(piece.from_s, window.until_s), min(piece.until_s, next_s)
                if from_s < to_s:
                    yield make_curtailed(
                        unit_id=unit_id,
                        start_s=start_s,
                        from_s=from_s,
                        until_s=to_s,
                        change_w=piece.change_w,
                        reason=piece.reason,
                    )


def missed_wh(possible_wh: int, deviation_wh: int) -> int:
    """What of a forced outage the meter shows: in its direction, and not beyond it; Wh."""
    if possible_wh < 0:
        return max(possible_wh, min(0, deviation_wh))
    return min(possible_wh, max(0, deviation_wh))


def of_unit_wh(state: MarketState, start_s: int, deviation: Deviation) -> dict[ControlReason, int]:
    """What of a unit's forced outages its deviation shows, by reason; the earlier piece first."""
    left_wh = deviation.deviation_wh
    found: dict[ControlReason, int] = {}
    for piece in state.acts.curtailed.get(start_s, {}).get(deviation.member_id, ()):
        if piece.reason in FORCED:
            energy_wh = missed_wh(piece.energy_wh, left_wh)
            if energy_wh:
                found[piece.reason] = found.get(piece.reason, 0) + energy_wh
                left_wh -= energy_wh
    return found
