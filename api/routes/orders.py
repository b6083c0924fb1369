"""Orders: place one or many, cancel, list."""

from typing import Any, Final

from starlette.responses import Response

from api import answers, fields
from api.bulk import read_orders
from api.call import (
    BATCH_BODY_MAX,
    PAGE,
    START,
    UNIT,
    Address,
    Call,
    QueryField,
    answer,
    listed,
    page_limit,
)
from api.errors import RefusedError, detail_of, refuse
from api.fields import FieldError
from api.permissions import MARKET
from api.schemas import OrderIdsIn, OrderIn, OrdersIn, order_columns
from market.model.messages import CancelOrders, OrderAnswer, OrdersAccepted, PlaceOrders
from market.model.order import OrderColumns, OrderState, OrderView
from market.model.participant import Role
from market.model.rejection import Code, Rejection
from market.model.units import SECONDS_PER_MINUTE
from market.sequencer import Committed
from market.store import queries


def _participant_id(call: Call) -> str:
    participant_id = call.who.participant_id
    assert participant_id is not None, "a participant's token names the participant"
    return participant_id


def _check_ends(call: Call, orders: OrderColumns, ends_s: tuple[int | None, ...]) -> None:
    """An end, where one is given, is the end of the interval that starts then."""
    step_s = call.market.rules.interval_minutes * SECONDS_PER_MINUTE
    single = len(ends_s) == 1
    faults = [
        Rejection(code=Code.PRODUCT_UNKNOWN, pointer="end" if single else f"orders/{row}/end")
        for row, end_s in enumerate(ends_s)
        if end_s is not None and end_s != orders.start_s[row] + step_s
    ]
    if faults:
        raise RefusedError(faults)


async def _place(call: Call, orders: OrderColumns, *, atomic: bool) -> Committed:
    return await call.market.submit(
        PlaceOrders(
            now_us=call.house.clock.now_us(),
            actor=call.who.client_id,
            participant_id=_participant_id(call),
            orders=orders,
            atomic=atomic,
        )
    )


async def place_order(call: Call) -> Response:
    """Place one order: 201, or 200 for a harmless repeat."""
    wanted = await call.read(OrderIn)
    columns = order_columns((wanted,))
    _check_ends(call, columns, (wanted.end_s,))
    committed = await _place(call, columns, atomic=False)
    (row,) = committed.answer.orders
    if row.rejection is not None:
        raise RefusedError([row.rejection])
    if row.repeated:
        return answer(await _order(call, row.order_id or ""))
    (accepted,) = committed.events
    assert isinstance(accepted, OrdersAccepted), "a new order is an event of its own"
    made = answers.accepted_order(
        accepted.participant_id,
        accepted.orders,
        0,
        accepted.now_us,
        call.market.rules.interval_minutes,
    )
    headers = {"Location": f"{call.request.scope['path']}/{made['order_id']}"}
    return answer(made, 201, headers=headers)


async def place_orders(call: Call) -> Response:
    """Place many orders: one answer for each, in the order sent."""
    batch = read_orders(await call.body(BATCH_BODY_MAX))
    _check_ends(call, batch.columns, batch.end_s)
    committed = await _place(call, batch.columns, atomic=batch.atomic)
    rows = zip(batch.columns.client_order_id, committed.answer.orders, strict=True)
    return answer({"items": [_row_answer(name, row) for name, row in rows]})


def _row_answer(client_order_id: str, row: OrderAnswer) -> dict[str, Any]:
    fault = row.rejection
    taken = "repeated" if row.repeated else "accepted"
    return {
        "client_order_id": client_order_id,
        "status": taken if fault is None else "rejected",
        "order_id": row.order_id,
        "code": None if fault is None else fault.code.value,
        "detail": None if fault is None else detail_of(fault),
    }


async def _cancel(call: Call, order_ids: tuple[str, ...]) -> Committed:
    return await call.market.submit(
        CancelOrders(
            now_us=call.house.clock.now_us(),
            actor=call.who.client_id,
            participant_id=_participant_id(call),
            order_ids=order_ids,
        )
    )


async def cancel_order(call: Call) -> Response:
    """Cancel one order; answers the order as it stands then."""
    order_id = _path_order_id(call)
    (row,) = (await _cancel(call, (order_id,))).answer.orders
    if row.rejection is not None:
        raise RefusedError([row.rejection])
    return answer(await _order(call, order_id))


async def cancel_orders(call: Call) -> Response:
    """Cancel several orders: one answer for each, in the order sent."""
    wanted = await call.read(OrderIdsIn, BATCH_BODY_MAX)
    rows = (await _cancel(call, wanted.order_ids)).answer.orders
    items = [
        {
            "order_id": order_id,
            "status": "cancelled" if row.rejection is None else "rejected",
            "code": None if row.rejection is None else row.rejection.code.value,
        }
        for order_id, row in zip(wanted.order_ids, rows, strict=True)
    ]
    return answer({"items": items})


def _path_order_id(call: Call) -> str:
    """The order id of the address; one that is no id at all is no order's."""
    try:
        return fields.identifier(call.path_id["order_id"])
    except FieldError:
        raise refuse(Code.ORDER_UNKNOWN) from None


async def _order(call: Call, order_id: str) -> dict[str, Any]:
    """One order the caller may see; an operator only once the interval's gate has closed."""
    is_operator = call.who.role is Role.OPERATOR

    def found(view: OrderView | None) -> OrderView:
        owner = None if view is None else view.order.header.participant_id
        if view is None or (not is_operator and owner != call.who.participant_id):
            raise refuse(Code.ORDER_UNKNOWN)
        return view

    view = found(
        await call.stored(
            lambda connection, market_id: queries.order(
                connection, market_id, order_id, after_gate=is_operator
            )
        )
    )
    return answers.order(view, call.market.rules.interval_minutes)


async def get_order(call: Call) -> Response:
    """One order."""
    return answer(await _order(call, _path_order_id(call)))


async def list_orders(call: Call) -> Response:
    """Orders in acceptance sequence: one's own, or all of intervals whose gate has closed."""
    is_operator = call.who.role is Role.OPERATOR
    page = await call.stored(
        lambda connection, market_id: queries.orders(
            connection,
            market_id,
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
            start_s=call.query.get("start"),
            state=call.query.get("state"),
            unit_id=call.query.get("unit_id"),
            client_order_id=call.query.get("client_order_id"),
            after_gate=is_operator,
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    minutes = call.market.rules.interval_minutes
    return listed(call, [answers.order(item, minutes) for item in page.items], page.next_cursor)


def _state(text: str) -> OrderState:
    try:
        return OrderState(text)
    except ValueError:
        raise FieldError(Code.FIELD_FORMAT) from None


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/orders",
        handler=place_order,
        about="Place one order",
        body=OrderIn,
        created=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/orders:batch",
        handler=place_orders,
        about="Place up to 10,000 orders, one answer each",
        body=OrdersIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/orders:cancel",
        handler=cancel_orders,
        about="Cancel several orders, one answer each",
        body=OrderIdsIn,
    ),
    Address(
        method="DELETE",
        path=f"{MARKET}/orders/{{order_id}}",
        handler=cancel_order,
        about="Cancel one order",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/orders",
        handler=list_orders,
        about="Orders one may see, in acceptance sequence",
        query=(
            START,
            QueryField(name="state", read=_state, about="One state of an order"),
            UNIT,
            QueryField(name="client_order_id", read=fields.identifier, about="One's own id"),
            *PAGE,
        ),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/orders/{{order_id}}",
        handler=get_order,
        about="One order",
    ),
)
