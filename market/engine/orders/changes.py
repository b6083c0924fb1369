"""Orders that change: replaced, hibernated, activated, confirmed.

The one idea: only a smaller volume keeps its place in time. Everything else leaves the book first and
enters again like a new order, in a second decision on the state the first one has made.
"""

from collections.abc import Iterator

from market.engine.decisions import refused
from market.engine.facts.apply_continuous import side_of, woken
from market.engine.orders.continuous import entry_refusal_of, matched
from market.engine.orders.open_orders import open_order
from market.engine.state import MarketState
from market.model.messages import (
    ActivateOrders,
    Answer,
    Decision,
    Event,
    HibernateOrders,
    OrderAnswer,
    OrderReplaced,
    OrdersActivated,
    OrdersCancelled,
    OrdersHibernated,
    Phase,
    ReplaceOrder,
)
from market.model.order import SYSTEM_MATCH
from market.model.rejection import Code, Rejection
from market.trading.holds import hold_quanta
from market.trading.resting import Ending, Resting
from market.trading.sleeping import SleepingOrder


def replace_order(state: MarketState, command: ReplaceOrder) -> Iterator[Decision]:
    """Change price or energy of an order in continuous trading."""
    order = state.continuous.get(command.order_id)
    fault = _replace_fault(state, command, order)
    if fault is not None or order is None:
        yield refused([fault or Rejection(code=Code.ORDER_UNKNOWN)])
        return
    price_ticks = order.price_ticks if command.price_ticks is None else command.price_ticks
    energy_wh = order.remaining_wh if command.energy_wh is None else command.energy_wh
    keeps = price_ticks == order.price_ticks and energy_wh <= order.remaining_wh
    replaced = OrderReplaced(
        participant_id=order.owner,
        order_id=order.order_id,
        revision=command.revision + 1,
        price_ticks=price_ticks,
        energy_wh=energy_wh,
        held_quanta=hold_quanta(side_of(order), price_ticks, energy_wh),
        keeps_priority=keeps,
    )
    answer = Answer(orders=(OrderAnswer(order_id=order.order_id),))
    if keeps:
        yield Decision(events=(replaced,), answer=answer)
        return
    changed = _as_changed(state, order, price_ticks, energy_wh)
    refusal = entry_refusal_of(state, command.actor, changed, command.now_us, instead_of=order)
    if refusal is not None:
        yield refused([refusal])
        return
    yield Decision(events=(replaced,), answer=answer)
    yield Decision(
        events=tuple(entering(state, state.sleeping[order.order_id], command.now_us)),
        answer=Answer(),
    )


def _as_changed(
    state: MarketState, order: Resting, price_ticks: int, energy_wh: int
) -> SleepingOrder:
    return SleepingOrder(
        order_id=order.order_id,
        participant_id=order.owner,
        unit_id=order.unit_id,
        area_id=order.area_id,
        start_s=order.start_s,
        side=side_of(order),
        price_ticks=price_ticks,
        energy_wh=energy_wh,
        options=state.options_of(order.order_id),
        waits_for_word=False,
    )


def _replace_fault(
    state: MarketState, command: ReplaceOrder, order: Resting | None
) -> Rejection | None:
    if state.order_owner.get(command.order_id) != command.participant_id:
        return Rejection(code=Code.ORDER_UNKNOWN)
    if order is None:
        found = open_order(state, command.order_id)
        return Rejection(code=Code.ORDER_ALREADY_CLOSED if found is None else Code.TIF_UNSUPPORTED)
    known = state.revisions.get(command.order_id, 1)
    if command.revision != known:
        return Rejection(
            code=Code.REVISION_MISMATCH, pointer="revision", parameters={"revision": str(known)}
        )
    code = state.phases.entry_refusal(order.start_s, order.area_id)
    return None if code is None else Rejection(code=code)


def entering(state: MarketState, item: SleepingOrder, now_us: int) -> Iterator[Event]:
    """A sleeping order enters like a new one: it may trade on arrival."""
    order = woken(state, item)
    matches = state.phases.of(order.start_s, order.area_id) is Phase.CONTINUOUS
    plan = state.continuous.plan(order, item.options) if matches else None
    if plan is not None and plan.ending is Ending.REFUSED:
        yield OrdersCancelled(
            participant_id=item.participant_id,
            order_ids=(item.order_id,),
            reason=SYSTEM_MATCH,
            code="" if plan.code is None else plan.code.value,
        )
        return
    held = hold_quanta(item.side, item.price_ticks, item.energy_wh)
    yield OrdersActivated(
        participant_id=item.participant_id, order_ids=(item.order_id,), held_quanta=(held,)
    )
    if plan is not None:
        yield from matched(state, order, plan, now_us)


def hibernate_orders(state: MarketState, command: HibernateOrders) -> Decision:
    """Orders of continuous trading leave the book to sleep; each is answered on its own."""
    answers: list[OrderAnswer] = []
    slept: dict[str, None] = {}
    for order_id in command.order_ids:
        code = _hibernate_refusal(state, command.participant_id, order_id)
        if code is None and order_id in slept:
            code = Code.ORDER_ALREADY_CLOSED
        if code is not None:
            answers.append(OrderAnswer(order_id=None, rejection=Rejection(code=code)))
            continue
        slept[order_id] = None
        answers.append(OrderAnswer(order_id=order_id))
    event = OrdersHibernated(participant_id=command.participant_id, order_ids=tuple(slept))
    return Decision(events=(event,) if slept else (), answer=Answer(orders=tuple(answers)))


def _hibernate_refusal(state: MarketState, participant_id: str, order_id: str) -> Code | None:
    if state.order_owner.get(order_id) != participant_id:
        return Code.ORDER_UNKNOWN
    order = state.continuous.get(order_id)
    if order is None:
        found = open_order(state, order_id)
        return Code.ORDER_ALREADY_CLOSED if found is None else Code.TIF_UNSUPPORTED
    return state.phases.cancel_refusal(order.start_s, order.area_id)


def activate_orders(state: MarketState, command: ActivateOrders) -> Iterator[Decision]:
    """Sleeping orders enter again, those that waited for a word with it given; one by one."""
    for order_id in command.order_ids:
        item = state.sleeping.get(order_id)
        if state.order_owner.get(order_id) != command.participant_id:
            yield _no(Rejection(code=Code.ORDER_UNKNOWN))
        elif item is None:
            yield _no(Rejection(code=Code.ORDER_ALREADY_CLOSED))
        elif (refusal := entry_refusal_of(state, command.actor, item, command.now_us)) is not None:
            yield _no(refusal)
        else:
            yield Decision(
                events=tuple(entering(state, item, command.now_us)),
                answer=Answer(orders=(OrderAnswer(order_id=order_id),)),
            )


def _no(rejection: Rejection) -> Decision:
    answer = OrderAnswer(order_id=None, rejection=rejection)
    return Decision(events=(), answer=Answer(orders=(answer,)))
