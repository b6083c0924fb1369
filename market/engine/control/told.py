"""What units were told to do in an interval in the end, and by whose order it differs from their trades.

The one idea: trades, redispatch and operators' acts come together here once, so that substituted readings, deviations,
the picture and the money go by the same schedule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from market.engine.control.forced_outages import FORCED, of_unit_wh
from market.engine.state import MarketState
from market.model.act import ControlReason
from market.model.alarm import ControlLevel
from market.model.power import Deviation
from market.settlement.ordered import Ordered, ordered


def orders_of(
    state: MarketState, start_s: int, *, forced: bool = True
) -> Iterator[tuple[str, ControlReason, int]]:
    """Unit, why and by how much it was told to differ from its trades; Wh, injection positive.

    The retailer of last resort delivers what the others leave; nothing is an order to it.

    Args:
        state: the market.
        start_s: the interval.
        forced: with what units could not follow, which nobody told them.
    """
    redispatched_wh = state.networks.instructed_wh(start_s)
    for unit_id, change in state.networks.changes(start_s).items():
        yield unit_id, change.reason, redispatched_wh[unit_id]
    last_resort_id = state.last_resort_id
    for unit_id, pieces in state.acts.curtailed.get(start_s, {}).items():
        if state.units[unit_id].participant_id != last_resort_id:
            for piece in pieces:
                if forced or piece.reason not in FORCED:
                    yield unit_id, piece.reason, piece.energy_wh


def orders_by_treatment(state: MarketState, start_s: int) -> Ordered:
    """The same by how it is settled."""
    return ordered(orders_of(state, start_s))


def told_schedule_wh(state: MarketState, start_s: int) -> dict[str, int]:
    """Net injection by unit as it was told in the end: its trades, and what was ordered about them."""
    scheduled_wh = state.positions.scheduled_wh(start_s)
    for unit_id, _, energy_wh in orders_of(state, start_s, forced=False):
        scheduled_wh[unit_id] = scheduled_wh.get(unit_id, 0) + energy_wh
    return scheduled_wh


def with_reasons(
    state: MarketState, deviations: tuple[Deviation, ...], start_s: int
) -> tuple[Deviation, ...]:
    """Deviations of units that were told something else, or could not follow, say how much of that, and why."""
    orders: dict[str, dict[ControlReason, int]] = {}
    for item in deviations:
        if item.level == ControlLevel.UNIT and (missed := of_unit_wh(state, start_s, item)):
            orders[item.member_id] = missed
    for unit_id, reason, energy_wh in orders_of(state, start_s, forced=False):
        of_unit = orders.setdefault(unit_id, {})
        of_unit[reason] = of_unit.get(reason, 0) + energy_wh
    if not orders:
        return deviations
    return tuple(
        _with_reason(item, orders[item.member_id])
        if item.level == ControlLevel.UNIT and item.member_id in orders
        else item
        for item in deviations
    )


def _with_reason(item: Deviation, orders: Mapping[ControlReason, int]) -> Deviation:
    """Of several reasons the one that changed most counts."""
    most = max(orders, key=lambda reason: abs(orders[reason]))
    return replace(item, curtailed_wh=sum(orders.values()), reason=most.value)
