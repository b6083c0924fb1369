"""Facts of the call auctions made true: orders enter the sealed books, leave them, and are cleared.

The one idea: money and energy are held exactly while an order is in a book; whatever leaves one is
told as sums, so that a hundred thousand rows are given back as few additions.
"""

from itertools import repeat

from market.engine.facts.apply_continuous import forget
from market.engine.facts.order_terms import flexible_terms, terms_by_row, terms_of
from market.engine.state import MarketState
from market.model.call import CallKind, FlexibleAccepted, OrderLeftCall
from market.model.messages import IntervalCleared, OrdersAccepted, OrdersClosed
from market.model.order import (
    PLAIN,
    AcceptedColumns,
    BlockOrder,
    CurveOrder,
    OrderOptions,
)
from market.trading.call_book import Waiting
from market.trading.deadlines import DeadlineKind
from market.trading.flexible import Energy
from market.trading.gone import Gone
from market.trading.order_numbers import order_number
from market.trading.sleeping import SleepingOrder


def accepted(state: MarketState, event: OrdersAccepted) -> None:
    """Limit orders stand in the calls of their intervals; their money is held."""
    orders = event.orders
    state.hold(event.participant_id, sum(orders.held_quanta))
    energy = state.book.add(event.participant_id, orders, state.phases.call_of)
    state.commitments.count(event.participant_id, len(orders))
    _speak_for(state, energy)
    if orders.options and any(options != PLAIN for options in orders.options):
        for row, order_id in enumerate(orders.order_id):
            note_options(state, order_id, orders.options_of(row))


def note_orders(
    state: MarketState, participant_id: str, placed_by: str, orders: AcceptedColumns
) -> None:
    """Remember whose order has which id and content, for ever."""
    sender = placed_by or participant_id
    ids = orders.order_id
    if len(ids) == 1:  # by far the most commands bring one
        state.client_orders[sender, orders.client_order_id[0]] = (ids[0], terms_of(orders, 0))
        state.order_owner[ids[0]] = participant_id
        if placed_by:
            state.order_agent[ids[0]] = placed_by
        state.next_order_number = order_number(ids[0]) + 1
        return
    state.client_orders.update(
        zip(
            ((sender, client_id) for client_id in orders.client_order_id),
            zip(ids, terms_by_row(orders), strict=True),
            strict=True,
        )
    )
    state.order_owner.update(zip(ids, repeat(participant_id)))
    if placed_by:
        state.order_agent.update(zip(ids, repeat(placed_by)))
    state.next_order_number = order_number(ids[-1]) + 1


def note_options(state: MarketState, order_id: str, options: OrderOptions) -> None:
    """What an open order asks beyond price and energy, and when it ends by itself."""
    if options == PLAIN:
        return
    state.order_options[order_id] = options
    if options.expires_us is not None:
        state.deadlines.put(DeadlineKind.ORDER, order_id, options.expires_us)
    if options.cancel_on_disconnect:
        state.session_orders.setdefault(options.session_id, {})[order_id] = None


def flexible_accepted(state: MarketState, event: FlexibleAccepted) -> None:
    """A curve, block or storage order stands in its call."""
    order = event.order
    header = order.header
    sender = event.placed_by or event.participant_id
    state.client_orders[sender, header.client_order_id] = (
        header.order_id,
        flexible_terms(order),
    )
    state.order_owner[header.order_id] = event.participant_id
    if event.placed_by:
        state.order_agent[header.order_id] = event.placed_by
    state.next_order_number = header.sequence + 1
    key = state.phases.call_of(header.start_s)
    assert key[0] is event.call, "the call is the one whose phase it is"
    if isinstance(order, CurveOrder):
        energy = state.book.add_curve(key, order)
    elif isinstance(order, BlockOrder):
        energy = state.book.add_block(key, order)
    else:
        energy = state.book.add_storage(key, order, event.starts_s, event.held_quanta)
    state.hold(event.participant_id, event.held_quanta)
    state.commitments.count(event.participant_id, 1)
    _speak_for(state, energy)
    if isinstance(order, BlockOrder):
        note_options(state, header.order_id, order.options)


def _speak_for(state: MarketState, energy: Energy, sign: int = 1) -> None:
    for (unit_id, start_s, sells), energy_wh in energy.items():
        state.commitments.add(unit_id, start_s, sells=sells, energy_wh=sign * energy_wh)


def give_back(state: MarketState, gone: Gone) -> None:
    """Orders have left: their money and their energy are free again."""
    for participant_id, quanta in gone.held_quanta.items():
        state.ledger.release(participant_id, quanta)
    for participant_id, orders in gone.orders.items():
        state.commitments.count(participant_id, -orders)
    _speak_for(state, gone.energy_wh, -1)
    for order_id in gone.with_options:
        forget(state, order_id)


def cleared(state: MarketState, event: IntervalCleared) -> None:
    """Keep the outcome until settlement needs it; what flows is no longer free for others."""
    outcome = event.outcome
    kept = state.day_ahead_outcomes if event.call is CallKind.DAY_AHEAD else state.outcomes
    kept[outcome.start_s] = outcome
    for line in outcome.lines:
        for forward, sent_wh, received_wh in (
            (True, line.sent_forward_wh, line.received_forward_wh),
            (False, line.sent_backward_wh, line.received_backward_wh),
        ):
            if sent_wh:
                state.capacity.draw(line.line_id, forward, outcome.start_s, sent_wh, received_wh)


def closed(state: MarketState, event: OrdersClosed) -> None:
    """The call's book is dropped and its holds are released, but for what goes on."""
    waiting = [
        _waiting(state, event, order_id, energy_wh)
        for order_id, energy_wh in zip(event.going_on, event.going_on_wh, strict=True)
    ]
    options = {order_id: state.options_of(order_id) for order_id in event.going_on}
    give_back(state, state.book.close(event.call, event.start_s))
    for order in waiting:
        _wait(state, order, options[f"ord-{order.number}"])
    if event.call is CallKind.CLOSING:
        for order_id in [o.order_id for o in state.sleeping.values() if o.start_s == event.start_s]:
            del state.sleeping[order_id]


def _waiting(state: MarketState, event: OrdersClosed, order_id: str, energy_wh: int) -> Waiting:
    call = state.book.call(event.call, event.start_s)
    number = order_number(order_id)
    row = call.one(number)
    place = state.book.place_of(order_id)
    assert place is not None, "what goes on is open"
    participant_id, unit_id, area_id, start_s = place
    return Waiting(
        number=number,
        participant_id=participant_id,
        unit_id=unit_id,
        area_id=area_id,
        start_s=start_s,
        is_sell=row.is_sell,
        price_ticks=row.price_ticks,
        energy_wh=energy_wh,
    )


def _wait(state: MarketState, order: Waiting, options: OrderOptions) -> None:
    """The rest of an order stands in the closing call's book of its interval."""
    state.book.wait(order)
    state.hold(order.participant_id, order.held_quanta)
    state.commitments.count(order.participant_id, 1)
    state.commitments.add(
        order.unit_id, order.start_s, sells=order.is_sell, energy_wh=order.energy_wh
    )
    note_options(state, f"ord-{order.number}", options)


def left_call(state: MarketState, event: OrderLeftCall) -> None:
    """An order leaves the interval's book; it enters continuous trading in the same decision."""
    item = sleeping_of(state, event.order_id)
    give_back(state, state.book.cancel(event.order_id))
    state.sleeping[event.order_id] = item


def sleeping_of(state: MarketState, order_id: str) -> SleepingOrder:
    """An order that waits in its interval's book, as one that is about to enter another."""
    place = state.book.place_of(order_id)
    assert place is not None, "it waits in a book"
    participant_id, unit_id, area_id, start_s = place
    call = state.book.call(CallKind.CLOSING, start_s)
    row = call.one(order_number(order_id))
    return SleepingOrder(
        order_id=order_id,
        participant_id=participant_id,
        unit_id=unit_id,
        area_id=area_id,
        start_s=start_s,
        side=row.side,
        price_ticks=row.price_ticks,
        energy_wh=row.energy_wh,
        options=state.options_of(order_id),
        waits_for_word=False,
    )
