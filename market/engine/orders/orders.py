"""Orders enter and leave the book.

The one idea: a row is first looked up by its owner's id (a repeat is harmless), then checked by
`trading.risk`, then its money is held; only rows that pass all three become facts.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeVar

from market.engine.facts.order_facts import (
    make_accepted,
    make_answer,
    make_cancelled,
    make_columns,
    make_decision,
    make_order_answer,
)
from market.engine.facts.order_terms import order_id_of, repeat_answer, terms_of
from market.engine.orders import admission, continuous
from market.engine.orders.open_orders import open_order
from market.engine.state import MarketState, OrderTerms
from market.model.messages import (
    Answer,
    CancelOrders,
    Decision,
    Event,
    OrderAnswer,
    OrdersRejected,
    Phase,
    PlaceOrders,
)
from market.model.order import AcceptedColumns, OrderColumns
from market.model.rejection import Code, Rejection
from market.trading.holds import hold_quanta

USER_CANCEL: Final = "user_cancel"
_TRADES: Final = Phase.CONTINUOUS
_INTERRUPTED: Final = Phase.VOLATILITY_CALL
_Value = TypeVar("_Value")


def place_orders(state: MarketState, command: PlaceOrders) -> Decision | Iterator[Decision]:
    """Answer each row; accepted ones stand in the call of their interval or trade at once."""
    if command.placed_by:
        outside = _outside_mandate(state, command)
        if outside is not None:
            return Decision(events=(), answer=Answer(rejections=(outside,)))
    if state.rules.continuous is None:
        return _place_in_calls(state, command)
    unit_ids = command.orders.unit_id
    if len(unit_ids) == 1:  # by far the most commands bring one
        phase = _trading_phase(state, command.orders, 0)
        if phase is None:
            return _place_in_calls(state, command)
        return continuous.place_row(state, command, 0, matches=phase is _TRADES)
    rows = len(unit_ids)
    trades = [_trading_phase(state, command.orders, row) for row in range(rows)]
    if not any(trades):
        return _place_in_calls(state, command)
    if command.atomic:
        fault = Rejection(code=Code.BASKET_INVALID, pointer="atomic")
        return Decision(events=(), answer=Answer(rejections=(fault,)))
    return _place_one_by_one(state, command, trades)


def _outside_mandate(state: MarketState, command: PlaceOrders) -> Rejection | None:
    """The first row an agent has no mandate for: then none of its rows is taken."""
    owner, agent, orders = command.participant_id, command.placed_by, command.orders
    for row in range(len(orders)):
        refusal = state.mandates.refusal(owner, agent, orders, row)
        if refusal is not None:
            place = f"orders/{row}/{refusal.pointer or ''}".rstrip("/")
            return replace(refusal, pointer=place if len(orders) > 1 else refusal.pointer)
    return None


def _trading_phase(state: MarketState, orders: OrderColumns, row: int) -> Phase | None:
    """The phase when the row's interval is in continuous trading, or interrupted in it."""
    unit = state.units.get(orders.unit_id[row])
    phase = state.phases.of(orders.start_s[row], None if unit is None else unit.area_id)
    return phase if phase is _TRADES or phase is _INTERRUPTED else None


def _place_one_by_one(
    state: MarketState, command: PlaceOrders, trades: list[Phase | None]
) -> Iterator[Decision]:
    """In the order sent: rows for calls in runs, the others each on the state the last one made."""
    row, rows = 0, len(trades)
    while row < rows:
        if trades[row]:
            # Asked anew: an earlier row may have interrupted the interval.
            phase = _trading_phase(state, command.orders, row)
            yield continuous.place_row(state, command, row, matches=phase is _TRADES)
            row += 1
            continue
        first = row
        while row < rows and not trades[row]:
            row += 1
        yield _place_in_calls(state, replace(command, orders=_rows(command.orders, first, row)))


def _rows(orders: OrderColumns, first: int, end: int) -> OrderColumns:
    return OrderColumns(
        client_order_id=orders.client_order_id[first:end],
        unit_id=orders.unit_id[first:end],
        start_s=orders.start_s[first:end],
        side=orders.side[first:end],
        price_ticks=orders.price_ticks[first:end],
        energy_wh=orders.energy_wh[first:end],
        options=orders.options,
        option_of=orders.option_of[first:end],
    )


def _place_in_calls(state: MarketState, command: PlaceOrders) -> Decision:
    columns = admission.admitted(state, command)
    if columns is not None:
        return Decision(
            events=_order_events(command, columns.answers, columns.accepted),
            answer=Answer(orders=tuple(columns.answers)),
        )
    answers = _answers(state, command)
    if command.atomic and any(answer.rejection is not None for answer in answers):
        answers = [
            answer
            if answer.rejection is not None or answer.repeated
            else OrderAnswer(order_id=None, rejection=Rejection(code=Code.BATCH_NOT_APPLIED))
            for answer in answers
        ]
    accepted = _accepted_columns(state, command.orders, answers)
    events = _order_events(command, answers, accepted)
    return make_decision(events=events, answer=make_answer(orders=tuple(answers)))


def _answers(state: MarketState, command: PlaceOrders) -> list[OrderAnswer]:
    participant_id, orders = command.participant_id, command.orders
    checks = state.checks
    draft = state.draft(participant_id)
    number = state.next_order_number
    in_command: dict[str, tuple[str, OrderTerms]] = {}
    answers: list[OrderAnswer] = []
    for row, client_order_id in enumerate(orders.client_order_id):
        known = state.client_orders.get((command.placed_by or participant_id, client_order_id))
        known = known or in_command.get(client_order_id)
        terms = terms_of(orders, row)
        if known is not None:
            answers.append(repeat_answer(known, terms))
            continue
        rejection = checks.refusal(
            participant_id, orders, row, draft, command.actor, command.now_us
        )
        if rejection is not None:
            answers.append(OrderAnswer(order_id=None, rejection=rejection))
            continue
        side, energy_wh = orders.side[row], orders.energy_wh[row]
        held = hold_quanta(side, orders.price_ticks[row], energy_wh)
        draft.add(orders.unit_id[row], orders.start_s[row], side, energy_wh, held)
        order_id = order_id_of(number)
        in_command[client_order_id] = (order_id, terms)
        answers.append(make_order_answer(order_id=order_id))
        number += 1
    return answers


def _order_events(
    command: PlaceOrders, answers: list[OrderAnswer], accepted: AcceptedColumns | None
) -> tuple[Event, ...]:
    orders, events = command.orders, []
    if accepted is not None:
        events.append(
            make_accepted(
                participant_id=command.participant_id,
                now_us=command.now_us,
                orders=accepted,
                placed_by=command.placed_by,
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
    state: MarketState, orders: OrderColumns, answers: list[OrderAnswer]
) -> AcceptedColumns | None:
    """The rows that are new; None: none is."""
    rows = [
        row
        for row, answer in enumerate(answers)
        if answer.order_id is not None and not answer.repeated
    ]
    if not rows:
        return None

    all_stand = len(rows) == len(answers)

    def column(values: tuple[_Value, ...]) -> tuple[_Value, ...]:
        return values if all_stand else tuple([values[row] for row in rows])

    return make_columns(
        order_id=tuple([answers[row].order_id or "" for row in rows]),
        client_order_id=column(orders.client_order_id),
        unit_id=column(orders.unit_id),
        area_id=tuple([state.units[orders.unit_id[row]].area_id for row in rows]),
        start_s=column(orders.start_s),
        side=column(orders.side),
        price_ticks=column(orders.price_ticks),
        energy_wh=column(orders.energy_wh),
        held_quanta=tuple(
            [
                hold_quanta(orders.side[row], orders.price_ticks[row], orders.energy_wh[row])
                for row in rows
            ]
        ),
        options=orders.options,
        option_of=column(orders.option_of) if orders.options else (),
    )


def cancel_orders(state: MarketState, command: CancelOrders) -> Decision:
    """Open orders of the participant leave the book; each row is answered on its own."""
    owner, agent = command.participant_id, command.placed_by
    if agent and not state.mandates.may_see(owner, agent):
        fault = Rejection(code=Code.DELEGATION_MISSING)
        return Decision(events=(), answer=Answer(rejections=(fault,)))
    answers: list[OrderAnswer] = []
    cancelled: dict[str, None] = {}
    for order_id in command.order_ids:
        code = _cancel_refusal(state, owner, order_id)
        if agent and state.order_agent.get(order_id) != agent:
            code = Code.ORDER_UNKNOWN  # an agent takes back what it placed, nothing else
        if code is None and order_id in cancelled:
            code = Code.ORDER_ALREADY_CLOSED
        if code is not None:
            answers.append(make_order_answer(order_id=None, rejection=Rejection(code=code)))
            continue
        cancelled[order_id] = None
        answers.append(make_order_answer(order_id=order_id))
    answer = make_answer(orders=tuple(answers))
    if not cancelled:
        return make_decision(events=(), answer=answer)
    event = make_cancelled(participant_id=owner, order_ids=tuple(cancelled), reason=USER_CANCEL)
    return make_decision(events=(event,), answer=answer)


def _cancel_refusal(state: MarketState, participant_id: str, order_id: str) -> Code | None:
    resting = state.continuous.get(order_id)
    if resting is not None and resting.owner == participant_id:  # most are there
        return state.phases.cancel_refusal(resting.start_s, resting.area_id)
    if state.order_owner.get(order_id) != participant_id:
        return Code.ORDER_UNKNOWN
    order = open_order(state, order_id)
    if order is None:
        return Code.ORDER_ALREADY_CLOSED
    return state.phases.cancel_refusal(order.start_s, order.area_id or None)
