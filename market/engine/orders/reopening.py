"""Back into continuous trading after a halt or an interruption: always through a call.

The one idea: a reopening call is a phase of its own with an end that derives from state. At its end
one price is found per area and interval (`trading/uncross.py`), its trades are made, and what is left
rests on.
"""

from collections.abc import Iterator

from market.engine.decisions import applied
from market.engine.orders.continuous import trade_events
from market.engine.orders.volatility import interrupted
from market.engine.state import MarketState
from market.model.messages import (
    Decision,
    Event,
    Phase,
    PhaseChanged,
    SelfTradePrevented,
)
from market.model.stop import StopScope
from market.trading.merging import may_meet
from market.trading.resting import Fill, Resting
from market.trading.uncross import Standing, Uncrossed, uncross


def reopened(state: MarketState, scope: StopScope, key: str, now_us: int) -> Iterator[Event]:
    """The calls with which continuous trading comes back where a halt has ended."""
    areas = [area.area_id for area in state.grid.areas]
    if scope is StopScope.AREA:
        areas = [key]
    starts_s = state.phases.continuous_starts_s()
    if scope is StopScope.INTERVAL:
        starts_s = tuple(start_s for start_s in starts_s if str(start_s) == key)
    for start_s in starts_s:
        for area_id in areas:
            yield from interrupted(state, start_s, area_id, now_us)


def _matches(state: MarketState, found: Uncrossed) -> Iterator[tuple[Resting, Fill]]:
    """The call's fills as matches of one sell with one buy, both in time order, at one price.

    Who may not meet (one owner's orders, other partners) is passed over; what then finds nobody stays
    in the book.
    """
    left_wh = dict(found.fills)
    orders = [state.continuous.get(order_id) for order_id in left_wh]
    resting = [order for order in orders if order is not None]
    buys = [order for order in resting if not order.is_sell]
    price = found.price_ticks
    for sell in (order for order in resting if order.is_sell):
        for buy in buys:
            energy_wh = min(left_wh[sell.order_id], left_wh[buy.order_id])
            if energy_wh and buy.owner != sell.owner and may_meet(sell, buy):
                yield sell, Fill(buy, energy_wh, energy_wh, price, price, None)
                left_wh[sell.order_id] -= energy_wh
                left_wh[buy.order_id] -= energy_wh


def _own(state: MarketState, found: Uncrossed) -> Iterator[SelfTradePrevented]:
    """Owners whose own orders would have met in the call, with the volume that did not."""
    sides: dict[str, tuple[list[Resting], list[Resting]]] = {}
    for order_id, _ in found.fills:
        order = state.continuous.get(order_id)
        if order is not None:
            sides.setdefault(order.owner, ([], []))[order.is_sell].append(order)
    volume_wh = dict(found.fills)
    for owner, (buys, sells) in sides.items():
        if buys and sells:
            prevented_wh = min(
                sum(volume_wh[order.order_id] for order in side) for side in (buys, sells)
            )
            yield SelfTradePrevented(
                participant_id=owner,
                start_s=buys[0].start_s,
                order_id=buys[-1].order_id,
                resting_order_id=sells[0].order_id,
                prevented_wh=prevented_wh,
            )


def end_call(state: MarketState, start_s: int, area_id: str, now_us: int) -> Decision:
    """Uncross what rests in one area and interval, and trade on."""
    standing = [
        Standing(o.order_id, o.is_sell, o.price_ticks, o.remaining_wh)
        for o in state.continuous.of_interval(start_s, {area_id})
    ]
    found = uncross(standing)
    events: list[Event] = []
    if found is not None:
        events += _own(state, found)
        events += trade_events(state, start_s, list(_matches(state, found)), now_us)
    events.append(
        PhaseChanged(start_s=start_s, phase=Phase.CONTINUOUS, now_us=now_us, area_id=area_id)
    )
    return applied(*events)
