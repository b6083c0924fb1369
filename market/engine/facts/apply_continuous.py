"""Facts of continuous trading made true: orders rest, trade, change, sleep and wake.

The one idea: an order holds money and energy exactly while it rests; every way in takes the hold and
every way out gives back what is left of it, here and nowhere else.
"""

from typing import Final

from market.engine.facts import apply_together
from market.engine.facts.order_facts import BUY, SELL
from market.engine.state import MarketState
from market.model.messages import (
    LinesUsed,
    OrderReplaced,
    OrdersAccepted,
    OrdersActivated,
    OrdersHibernated,
    OrdersPended,
    SelfTradePrevented,
)
from market.model.order import PLAIN, AcceptedColumns, OrderOptions, Side
from market.model.participant import GREEN_KINDS, Unit
from market.model.trade import Trade
from market.trading.deadlines import DeadlineKind
from market.trading.holds import hold_quanta
from market.trading.resting import Resting, terms_of
from market.trading.sleeping import SleepingOrder

_GREEN: Final = tuple(GREEN_KINDS)
"""The same as a row: the hash of an enum's member costs more than looking at three."""


def accepted(state: MarketState, event: OrdersAccepted) -> None:
    """Orders come to rest, behind those that are there."""
    owner, columns = event.participant_id, event.orders
    for row, order_id in enumerate(columns.order_id):
        options = columns.options_of(row)
        order = arriving(
            state.units[columns.unit_id[row]],
            owner=owner,
            order_id=order_id,
            start_s=columns.start_s[row],
            side=columns.side[row],
            price_ticks=columns.price_ticks[row],
            energy_wh=columns.energy_wh[row],
            options=options,
        )
        _stand(state, order, options, columns.held_quanta[row])


def arriving(
    unit: Unit,
    *,
    owner: str,
    order_id: str,
    start_s: int,
    side: Side,
    price_ticks: int,
    energy_wh: int,
    options: OrderOptions,
) -> Resting:
    """An order as matching sees it; its place in time is given when it comes to rest."""
    sells = side is SELL
    if options is PLAIN and not sells:
        terms = None
    else:
        terms = terms_of(options, sells and unit.kind in _GREEN)
    return Resting(
        order_id, owner, unit.unit_id, unit.area_id, start_s, sells, price_ticks, energy_wh, terms
    )


def rest(state: MarketState, order: Resting, options: OrderOptions) -> None:
    """Put an order into the book and hold what it needs."""
    _stand(state, order, options, _held(order, order.remaining_wh))


def _stand(state: MarketState, order: Resting, options: OrderOptions, held_quanta: int) -> None:
    owner = order.owner
    state.continuous.rest(order)
    if held_quanta:
        hold = state.hold if state.exposures.is_on else state.ledger.hold
        hold(owner, held_quanta)
    state.commitments.count(owner, 1)
    state.commitments.add(
        order.unit_id, order.start_s, sells=order.is_sell, energy_wh=order.remaining_wh
    )
    if options is PLAIN or options == PLAIN:
        return
    state.order_options[order.order_id] = options
    if options.expires_us is not None:
        state.deadlines.put(DeadlineKind.ORDER, order.order_id, options.expires_us)
    if options.cancel_on_disconnect:
        state.session_orders.setdefault(options.session_id, {})[order.order_id] = None


def side_of(order: Resting) -> Side:
    """Its side as the rest of the market says it."""
    return SELL if order.is_sell else BUY


def _held(order: Resting, energy_wh: int) -> int:
    return hold_quanta(SELL if order.is_sell else BUY, order.price_ticks, energy_wh)


def leave(state: MarketState, order_id: str) -> Resting | None:
    """Take an order out of the book and give back what it still holds; None: it is not there."""
    order = state.continuous.get(order_id)
    if order is not None:
        state.continuous.remove(order_id)
        _give_back(state, order, order.remaining_wh)
        state.commitments.count(order.owner, -1)
        if order_id in state.order_options:
            forget(state, order_id)
    return order


def leave_block(state: MarketState, order_id: str) -> bool:
    """Take a block out of continuous trading; False: there is none of this id."""
    if apply_together.leave(state, order_id) is None:
        return False
    forget(state, order_id)
    return True


def _give_back(state: MarketState, order: Resting, energy_wh: int) -> None:
    held_quanta = _held(order, energy_wh)
    if held_quanta:
        state.ledger.release(order.owner, held_quanta)
    state.commitments.add(order.unit_id, order.start_s, sells=order.is_sell, energy_wh=-energy_wh)


def forget(state: MarketState, order_id: str) -> None:
    """An order that has ended has no wishes any more."""
    options = state.order_options.pop(order_id, None)
    if options is None:
        return
    state.deadlines.drop(DeadlineKind.ORDER, order_id)
    if options.cancel_on_disconnect:
        mine = state.session_orders.get(options.session_id)
        if mine is not None:
            mine.pop(order_id, None)
            if not mine:
                del state.session_orders[options.session_id]


def traded(state: MarketState, trade: Trade) -> None:
    """A leg of a resting order: what it held for this energy is free; the money moves beside it."""
    order = state.continuous.get(trade.order_id)
    if order is None:
        apply_together.traded(state, trade)
        return
    _give_back(state, order, trade.energy_wh)
    state.continuous.fill(trade.order_id, trade.energy_wh)
    if order.remaining_wh == 0:
        state.commitments.count(order.owner, -1)
        if trade.order_id in state.order_options:
            forget(state, trade.order_id)
    place = (trade.start_s, trade.area_id)
    if state.last_price_ticks.get(place) != trade.price_ticks:
        state.last_price_ticks[place] = trade.price_ticks
        state.collars.pop(place, None)


def self_trade_prevented(state: MarketState, event: SelfTradePrevented) -> None:
    """Both orders lose what may not meet; one that loses all of it is cancelled beside this."""
    for order_id, taken_wh in (
        (event.order_id, event.taken_wh),
        (event.resting_order_id, event.resting_taken_wh),
    ):
        order = state.continuous.get(order_id)
        if order is not None and 0 < taken_wh < order.remaining_wh:
            _give_back(state, order, taken_wh)
            state.continuous.reduce(order_id, order.remaining_wh - taken_wh)


def lines_used(state: MarketState, event: LinesUsed) -> None:
    """Capacity is drawn; a call later finds less."""
    for use in event.uses:
        state.capacity.draw(use.line_id, use.forward, event.start_s, use.sent_wh, use.received_wh)
    state.recalls.used(event.start_s, event.uses)


def pended(state: MarketState, event: OrdersPended) -> None:
    """Orders wait for their owner's word, in no book."""
    for row, order_id in enumerate(event.orders.order_id):
        _sleep(state, event.participant_id, event.orders, row, order_id)


def _sleep(
    state: MarketState, owner: str, columns: AcceptedColumns, row: int, order_id: str
) -> None:
    state.sleeping[order_id] = SleepingOrder(
        order_id=order_id,
        participant_id=owner,
        unit_id=columns.unit_id[row],
        area_id=columns.area_id[row],
        start_s=columns.start_s[row],
        side=columns.side[row],
        price_ticks=columns.price_ticks[row],
        energy_wh=columns.energy_wh[row],
        options=columns.options_of(row),
        waits_for_word=True,
    )


def hibernated(state: MarketState, event: OrdersHibernated) -> None:
    """Orders leave the book and sleep."""
    for order_id in event.order_ids:
        fall_asleep(state, order_id)


def fall_asleep(state: MarketState, order_id: str) -> None:
    """Out of the book, holding nothing, to come back."""
    options = state.order_options.get(order_id, PLAIN)
    order = leave(state, order_id)
    assert order is not None, "only what rests falls asleep"
    state.sleeping[order_id] = SleepingOrder(
        order_id=order_id,
        participant_id=order.owner,
        unit_id=order.unit_id,
        area_id=order.area_id,
        start_s=order.start_s,
        side=side_of(order),
        price_ticks=order.price_ticks,
        energy_wh=order.remaining_wh,
        options=options,
        waits_for_word=False,
    )


def activated(state: MarketState, event: OrdersActivated) -> None:
    """Orders come back and stand behind those already there."""
    for order_id in event.order_ids:
        item = state.sleeping.pop(order_id)
        rest(state, woken(state, item), item.options)


def woken(state: MarketState, item: SleepingOrder) -> Resting:
    """A sleeping order as matching sees it."""
    return arriving(
        state.units[item.unit_id],
        owner=item.participant_id,
        order_id=item.order_id,
        start_s=item.start_s,
        side=item.side,
        price_ticks=item.price_ticks,
        energy_wh=item.energy_wh,
        options=item.options,
    )


def replaced(state: MarketState, event: OrderReplaced) -> None:
    """A smaller volume keeps its place; anything else leaves the book and sleeps until it re-enters."""
    state.revisions[event.order_id] = event.revision
    if event.keeps_priority:
        order = state.continuous.get(event.order_id)
        assert order is not None, "only what rests is replaced"
        _give_back(state, order, order.remaining_wh - event.energy_wh)
        state.continuous.reduce(event.order_id, event.energy_wh)
        return
    if event.order_id not in state.sleeping:
        fall_asleep(state, event.order_id)
    item = state.sleeping[event.order_id]
    item.price_ticks, item.energy_wh = event.price_ticks, event.energy_wh
