"""Orders enter and leave the book.

The one idea: a row is first looked up by its owner's id (a repeat is harmless), then checked by
`trading.risk`, then its money is held; only rows that pass all three become facts.
"""

from typing import Final, TypeVar

from market.engine.state import MarketState, OrderTerms
from market.model.messages import (
    Answer,
    CancelOrders,
    Decision,
    Event,
    OrderAnswer,
    OrdersAccepted,
    OrdersCancelled,
    OrdersRejected,
    PlaceOrders,
)
from market.model.order import AcceptedColumns, OrderColumns
from market.model.rejection import Code, Rejection
from market.trading.risk import Draft, OrderChecks, hold_quanta

USER_CANCEL: Final = "user_cancel"
_Value = TypeVar("_Value")


def order_id_of(number: int) -> str:
    """The market's id of its n-th order."""
    return f"ord-{number}"


def terms_of(orders: OrderColumns | AcceptedColumns, row: int) -> OrderTerms:
    """What makes a row the same order."""
    return (
        orders.unit_id[row],
        orders.start_s[row],
        orders.side[row],
        orders.price_ticks[row],
        orders.energy_wh[row],
    )


def place_orders(state: MarketState, command: PlaceOrders) -> Decision:
    """Answer each row; accepted ones stand in the book, money held."""
    answers = _answers(state, command)
    if command.atomic and any(answer.rejection is not None for answer in answers):
        answers = [
            answer
            if answer.rejection is not None or answer.repeated
            else OrderAnswer(order_id=None, rejection=Rejection(code=Code.BATCH_NOT_APPLIED))
            for answer in answers
        ]
    events = _order_events(state, command, answers)
    return Decision(events=events, answer=Answer(orders=tuple(answers)))


def _answers(state: MarketState, command: PlaceOrders) -> list[OrderAnswer]:
    participant_id, orders = command.participant_id, command.orders
    checks = OrderChecks(
        rules=state.rules,
        phases=state.phases,
        book=state.book,
        positions=state.positions,
        units=state.units,
    )
    draft = Draft(
        available_quanta=state.ledger.available_quanta(participant_id),
        open_count=state.book.open_count(participant_id),
    )
    number = state.next_order_number
    in_command: dict[str, tuple[str, OrderTerms]] = {}
    answers: list[OrderAnswer] = []
    for row, client_order_id in enumerate(orders.client_order_id):
        known = state.client_orders.get((participant_id, client_order_id))
        known = known or in_command.get(client_order_id)
        terms = terms_of(orders, row)
        if known is not None:
            answers.append(_repeat_answer(known, terms))
            continue
        rejection = checks.refusal(participant_id, orders, row, draft)
        if rejection is not None:
            answers.append(OrderAnswer(order_id=None, rejection=rejection))
            continue
        unit_id, start_s, side, price_ticks, energy_wh = terms
        draft.add(unit_id, start_s, side, energy_wh, hold_quanta(side, price_ticks, energy_wh))
        order_id = order_id_of(number)
        in_command[client_order_id] = (order_id, terms)
        answers.append(OrderAnswer(order_id=order_id))
        number += 1
    return answers


def _repeat_answer(known: tuple[str, OrderTerms], terms: OrderTerms) -> OrderAnswer:
    order_id, known_terms = known
    if known_terms == terms:
        return OrderAnswer(order_id=order_id, repeated=True)
    different = Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer="client_order_id")
    return OrderAnswer(order_id=None, rejection=different)


def _order_events(
    state: MarketState, command: PlaceOrders, answers: list[OrderAnswer]
) -> tuple[Event, ...]:
    orders, events = command.orders, []
    new = [
        row
        for row, answer in enumerate(answers)
        if answer.order_id is not None and not answer.repeated
    ]
    if new:
        accepted = _accepted_columns(state, orders, new, answers)
        events.append(
            OrdersAccepted(
                participant_id=command.participant_id, now_us=command.now_us, orders=accepted
            )
        )
    refused = [
        (orders.client_order_id[row], answer.rejection)
        for row, answer in enumerate(answers)
        if answer.rejection is not None
    ]
    if not refused:
        return tuple(events)
    rejected = OrdersRejected(
        participant_id=command.participant_id,
        client_order_ids=tuple(client_order_id for client_order_id, _ in refused),
        rejections=tuple(rejection for _, rejection in refused),
    )
    return (*events, rejected)


def _accepted_columns(
    state: MarketState, orders: OrderColumns, rows: list[int], answers: list[OrderAnswer]
) -> AcceptedColumns:
    def column(values: tuple[_Value, ...]) -> tuple[_Value, ...]:
        return tuple(values[row] for row in rows)

    return AcceptedColumns(
        order_id=tuple(answers[row].order_id or "" for row in rows),
        client_order_id=column(orders.client_order_id),
        unit_id=column(orders.unit_id),
        area_id=tuple(state.units[orders.unit_id[row]].area_id for row in rows),
        start_s=column(orders.start_s),
        side=column(orders.side),
        price_ticks=column(orders.price_ticks),
        energy_wh=column(orders.energy_wh),
        held_quanta=tuple(
            hold_quanta(orders.side[row], orders.price_ticks[row], orders.energy_wh[row])
            for row in rows
        ),
    )


def cancel_orders(state: MarketState, command: CancelOrders) -> Decision:
    """Open orders of the participant leave the book; each row is answered on its own."""
    answers: list[OrderAnswer] = []
    cancelled: dict[str, None] = {}
    for order_id in command.order_ids:
        code = _cancel_refusal(state, command.participant_id, order_id)
        if code is None and order_id in cancelled:
            code = Code.ORDER_ALREADY_CLOSED
        if code is not None:
            answers.append(OrderAnswer(order_id=None, rejection=Rejection(code=code)))
            continue
        cancelled[order_id] = None
        answers.append(OrderAnswer(order_id=order_id))
    answer = Answer(orders=tuple(answers))
    if not cancelled:
        return Decision(events=(), answer=answer)
    event = OrdersCancelled(
        participant_id=command.participant_id, order_ids=tuple(cancelled), reason=USER_CANCEL
    )
    return Decision(events=(event,), answer=answer)


def _cancel_refusal(state: MarketState, participant_id: str, order_id: str) -> Code | None:
    if state.order_owner.get(order_id) != participant_id:
        return Code.ORDER_UNKNOWN
    owner = state.book.owner(order_id)
    if owner is None:
        return Code.ORDER_ALREADY_CLOSED
    return state.phases.entry_refusal(owner[1])
