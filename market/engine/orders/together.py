"""Baskets and blocks of continuous trading: several rows that trade in full together, or not at all.

The one idea: the rows are checked one after another as if those before them stood already, planned as
one, and written down as one order whose trades all carry its id. Only a block may rest.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from market.engine.facts.apply_continuous import arriving
from market.engine.facts.order_terms import order_id_of, together_answer
from market.engine.orders.continuous import prevented_events, refusal_of, trade_events
from market.engine.orders.volatility import is_interrupting
from market.engine.state import MarketState
from market.model.messages import (
    Answer,
    Decision,
    Event,
    OrderAnswer,
    OrdersCancelled,
    OrdersRejected,
    Phase,
    PlaceTogether,
    TogetherAccepted,
)
from market.model.order import (
    SYSTEM_MATCH,
    BasketOrder,
    BlockOrder,
    OrderColumns,
    OrderHeader,
    OrderOptions,
    Side,
    Venue,
)
from market.model.participant import GREEN_KINDS
from market.model.rejection import Code, Rejection
from market.model.units import SECONDS_PER_MINUTE
from market.trading.holds import hold_quanta
from market.trading.resting import (
    Ending,
    Fill,
    Plan,
    Resting,
    RestingBlock,
    RowsPlan,
    terms_of,
)

ROWS_MAX: Final = 100
"""Most rows of a basket or block (exchange.md 3.4)."""


def place_together(state: MarketState, command: PlaceTogether) -> Decision:
    """Take a basket or a block, or say why not."""
    key = (command.participant_id, command.client_order_id)
    known = state.client_orders.get(key)
    if known is not None:
        return Decision(events=(), answer=Answer(orders=(together_answer(known, command),)))
    refusal = _form_refusal(state, command) or _rows_refusal(state, command)
    if refusal is not None:
        return _rejected(command, refusal)
    order_id = order_id_of(state.next_order_number)
    if command.is_block:
        return _place_block(state, command, order_id)
    return _place_basket(state, command, order_id)


def _form_refusal(state: MarketState, command: PlaceTogether) -> Rejection | None:
    """What the rows are as a whole: few enough, and a block's legs of one piece."""
    rows = command.rows
    code = Code.BLOCK_INVALID if command.is_block else Code.BASKET_INVALID
    if not 0 < len(rows) <= ROWS_MAX:
        return Rejection(code=code, pointer="rows")
    if command.is_block:
        step_s = state.rules.interval_minutes * SECONDS_PER_MINUTE
        follow = tuple(range(rows.start_s[0], rows.start_s[0] + step_s * len(rows), step_s))
        alike = (set(rows.unit_id), set(rows.side), set(rows.price_ticks))
        if rows.start_s != follow or any(len(values) > 1 for values in alike):
            return Rejection(code=code, pointer="legs")
    elif len({*zip(rows.unit_id, rows.start_s, rows.side, strict=True)}) < len(rows):
        return Rejection(code=code, pointer="rows")
    return None


def _rows_refusal(state: MarketState, command: PlaceTogether) -> Rejection | None:
    rows = command.rows
    draft = state.draft(command.participant_id)
    for row in range(len(rows)):
        refusal = refusal_of(
            state,
            command.actor,
            command.participant_id,
            rows,
            row,
            command.now_us,
            confirmed=True,
            draft=draft,
        )
        if refusal is None and not _trades(state, rows, row):
            refusal = Rejection(code=Code.MODE_NOT_OFFERED, pointer="start")
        if refusal is not None:
            place = f"rows/{row}/{refusal.pointer or ''}".rstrip("/")
            return Rejection(code=refusal.code, pointer=place, parameters=refusal.parameters)
        side, price_ticks, energy_wh = rows.side[row], rows.price_ticks[row], rows.energy_wh[row]
        held = hold_quanta(side, price_ticks, energy_wh)
        draft.add(rows.unit_id[row], rows.start_s[row], side, energy_wh, held)
    return None


def _trades(state: MarketState, rows: OrderColumns, row: int) -> bool:
    area_id = state.units[rows.unit_id[row]].area_id
    return state.phases.of(rows.start_s[row], area_id) is Phase.CONTINUOUS


def _rejected(command: PlaceTogether, rejection: Rejection) -> Decision:
    event = OrdersRejected(
        participant_id=command.participant_id,
        client_order_ids=(command.client_order_id,),
        rejections=(rejection,),
    )
    answer = OrderAnswer(order_id=None, rejection=rejection)
    return Decision(events=(event,), answer=Answer(orders=(answer,)))


def _header(state: MarketState, command: PlaceTogether, order_id: str) -> OrderHeader:
    rows = command.rows
    return OrderHeader(
        order_id=order_id,
        client_order_id=command.client_order_id,
        participant_id=command.participant_id,
        unit_id=rows.unit_id[0],
        area_id=state.units[rows.unit_id[0]].area_id,
        start_s=rows.start_s[0],
        side=rows.side[0],
        sequence=state.next_order_number,
        accepted_us=command.now_us,
        venue=Venue.CONTINUOUS,
    )


def _place_basket(state: MarketState, command: PlaceTogether, order_id: str) -> Decision:
    rows, options = command.rows, command.rows.options_of(0)
    orders = [
        arriving(
            state.units[rows.unit_id[row]],
            owner=command.participant_id,
            order_id=order_id,
            start_s=rows.start_s[row],
            side=rows.side[row],
            price_ticks=rows.price_ticks[row],
            energy_wh=rows.energy_wh[row],
            options=rows.options_of(row),
        )
        for row in range(len(rows))
    ]
    plan = state.continuous.plan_basket(orders, options)
    if plan.ending is Ending.REFUSED or _interrupts(state, orders, plan):
        return _rejected(command, Rejection(code=plan.code or Code.FOK_NOT_FILLED))
    accepted = TogetherAccepted(
        participant_id=command.participant_id,
        now_us=command.now_us,
        held_quanta=0,
        basket=BasketOrder(header=_header(state, command, order_id), rows=rows),
    )
    prevented = [
        event
        for found in plan.prevented
        for event in prevented_events(command.participant_id, order_id, found)
    ]
    events = (accepted, *prevented, *_row_trades(state, orders, plan, command.now_us))
    return Decision(events=events, answer=Answer(orders=(OrderAnswer(order_id=order_id),)))


def _interrupts(state: MarketState, orders: Sequence[Resting], plan: RowsPlan) -> bool:
    """A price outside the corridor of one row's interval: then none of it trades."""
    return any(
        is_interrupting(state, order, Plan(Ending.FILLED, fills))
        for order, fills in zip(orders, plan.rows, strict=False)
    )


def _row_trades(
    state: MarketState, orders: Sequence[Resting], plan: RowsPlan, now_us: int
) -> Iterator[Event]:
    """The trades of each row; numbers go on from row to row."""
    number = state.next_trade_number
    for order, fills in zip(orders, plan.rows, strict=True):
        yield from trade_events(
            state, order.start_s, [(order, fill) for fill in fills], now_us, number
        )
        number += 2 * len(fills)


def _place_block(state: MarketState, command: PlaceTogether, order_id: str) -> Decision:
    rows, options = command.rows, command.rows.options_of(0)
    block = _block_of(state, command, order_id, options)
    plan = state.continuous.plan_block(block, options)
    legs = [_leg(block, start_s, energy_wh) for start_s, energy_wh in block.legs]
    if plan.ending is Ending.REFUSED or _interrupts(state, legs, plan):
        return _rejected(command, Rejection(code=plan.code or Code.FOK_NOT_FILLED))
    order = BlockOrder(
        header=_header(state, command, order_id),
        price_ticks=block.price_ticks,
        legs=block.legs,
        options=options,
    )
    held = sum(hold_quanta(rows.side[0], block.price_ticks, wh) for _, wh in block.legs)
    events: list[Event] = [
        TogetherAccepted(
            participant_id=command.participant_id,
            now_us=command.now_us,
            held_quanta=held,
            block=order,
        )
    ]
    for found in plan.prevented:
        events += prevented_events(command.participant_id, order_id, found)
    if plan.counterpart is not None:
        events += _block_trades(state, block, plan.counterpart, command.now_us)
    elif plan.rows:
        events += _row_trades(state, legs, plan, command.now_us)
    if plan.ending is Ending.CANCELLED:
        events.append(
            OrdersCancelled(
                participant_id=command.participant_id,
                order_ids=(order_id,),
                reason=SYSTEM_MATCH,
                code="" if plan.code is None else plan.code.value,
            )
        )
    return Decision(events=tuple(events), answer=Answer(orders=(OrderAnswer(order_id=order_id),)))


def _block_of(
    state: MarketState, command: PlaceTogether, order_id: str, options: OrderOptions
) -> RestingBlock:
    rows = command.rows
    unit = state.units[rows.unit_id[0]]
    sells = rows.side[0] is Side.SELL
    return RestingBlock(
        order_id,
        command.participant_id,
        unit.unit_id,
        unit.area_id,
        sells,
        rows.price_ticks[0],
        tuple(zip(rows.start_s, rows.energy_wh, strict=True)),
        terms_of(options, sells and unit.kind in GREEN_KINDS),
    )


def _leg(block: RestingBlock, start_s: int, energy_wh: int) -> Resting:
    """One interval of a block as an order of its own, for its trades."""
    return Resting(
        block.order_id,
        block.owner,
        block.unit_id,
        block.area_id,
        start_s,
        block.is_sell,
        block.price_ticks,
        energy_wh,
        block.terms,
    )


def _block_trades(
    state: MarketState, block: RestingBlock, resting: RestingBlock, now_us: int
) -> Iterator[Event]:
    """Two identical blocks meet, interval by interval, at the price of the one that rested."""
    number = state.next_trade_number
    price = resting.price_ticks
    for start_s, energy_wh in block.legs:
        fill = Fill(_leg(resting, start_s, energy_wh), energy_wh, energy_wh, price, price, None)
        legs = [(_leg(block, start_s, energy_wh), fill)]
        yield from trade_events(state, start_s, legs, now_us, number)
        number += 2
