"""Orders: place one or many, cancel, list."""

from functools import partial
from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.access.throttle import Kind
from api.answers import columns, trading
from api.bulk import OrderBatch, bulk_answer, read_orders
from api.call import (
    BATCH_BODY_MAX,
    PAGE,
    START,
    UNIT,
    Address,
    Call,
    QueryField,
    answer,
)
from api.incoming.body import validated
from api.incoming.flexible_orders import KINDS
from api.incoming.orders import OrderIdsIn, OrderIn, OrdersIn, order_columns
from api.lists import Found, answer_list
from api.routes.flexible_orders import flexible_body, place_flexible
from api.wire import fields
from api.wire.errors import RefusedError, refuse
from api.wire.fields import FieldError
from api.wire.formats import BULK, TABLES, taken
from api.wire.json_body import parse_json
from market.model.messages import CancelOrders, OrdersAccepted, PlaceOrders
from market.model.order import OrderColumns, OrderState, OrderView, Side
from market.model.participant import Role
from market.model.rejection import Code, Rejection
from market.model.units import SECONDS_PER_MINUTE
from market.sequencer import Committed
from market.store import queries


def _step_s(call: Call) -> int:
    return call.market.rules.interval_minutes * SECONDS_PER_MINUTE


def _check_ends(call: Call, batch: OrderBatch) -> None:
    """An end, where one is given, is the end of the interval that starts then."""
    step_s = _step_s(call)
    faults = [
        batch.places.rejection(row, Rejection(code=Code.PRODUCT_UNKNOWN), name="end")
        for row, (start_s, end_s) in enumerate(zip(batch.columns.start_s, batch.end_s, strict=True))
        if end_s is not None and end_s != start_s + step_s
    ]
    if faults:
        raise RefusedError(faults)


def _parties(call: Call) -> tuple[str, str]:
    """Whose order it is, and who places it under a mandate (empty: the owner itself)."""
    caller = call.participant_id
    owner = call.query.get("on_behalf_of", caller)
    return owner, "" if owner == caller else caller


async def _place(call: Call, orders: OrderColumns, *, atomic: bool) -> Committed:
    participant_id, placed_by = _parties(call)
    for options in orders.options:
        if options.cancel_on_disconnect and not call.market.liveness.is_open(
            options.session_id, call.participant_id
        ):
            raise refuse(Code.FIELD_RANGE, "session_id")
    return await call.market.submit(
        PlaceOrders(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=participant_id,
            orders=orders,
            atomic=atomic,
            placed_by=placed_by,
        )
    )


async def place_order(call: Call) -> Response:
    """Place one order: 201, or 200 for a harmless repeat."""
    document = parse_json(await call.body())
    model = flexible_body(document)
    if model is not None:
        return await place_flexible(call, model, document, *_parties(call))
    wanted = validated(OrderIn, document)
    ordered = order_columns((wanted,))
    if wanted.end_s is not None and wanted.end_s != wanted.start_s + _step_s(call):
        raise refuse(Code.PRODUCT_UNKNOWN, "end")
    committed = await _place(call, ordered, atomic=False)
    (row,) = committed.answer.orders
    if row.rejection is not None:
        raise RefusedError([row.rejection])
    if row.repeated:
        return answer(await _order(call, row.order_id or ""))
    made = await _placed(call, committed, row.order_id or "")
    headers = {"Location": f"{call.request.scope['path']}/{made['order_id']}"}
    return answer(made, 201, headers=headers)


async def _placed(call: Call, committed: Committed, order_id: str) -> dict[str, Any]:
    """The order as it stands; most stand as they came, and need not be read for that."""
    match committed.events:
        case (OrdersAccepted() as accepted,):
            return trading.accepted_order(
                accepted.participant_id,
                accepted.orders,
                0,
                accepted.now_us,
                call.market.rules.interval_minutes,
            )
        case _:  # it traded at once, was taken out again, or waits for a confirmation
            return await _order(call, order_id)


async def place_orders(call: Call) -> Response:
    """Place many orders: one answer for each, in the order sent."""
    form = taken(call.request.headers.get("content-type"), BULK)
    body = await call.body(BATCH_BODY_MAX)
    batch = read_orders(body, form, atomic=call.query.get("atomic", False))
    call.spend(len(batch.columns) - 1)
    if call.query.get("label") == "end":
        batch = batch.labelled_by_end(_step_s(call))
    if batch.end_s:
        _check_ends(call, batch)
    committed = await _place(call, batch.columns, atomic=batch.atomic)
    content = bulk_answer(call.form, batch.columns.client_order_id, committed.answer.orders)
    return Response(content, media_type=call.form.value)


async def _cancel(call: Call, order_ids: tuple[str, ...]) -> Committed:
    participant_id, placed_by = _parties(call)
    return await call.market.submit(
        CancelOrders(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=participant_id,
            order_ids=order_ids,
            placed_by=placed_by,
        )
    )


async def cancel_order(call: Call) -> Response:
    """Cancel one order; answers the order as it stands then."""
    order_id = call.order_id
    (row,) = (await _cancel(call, (order_id,))).answer.orders
    if row.rejection is not None:
        raise RefusedError([row.rejection])
    return answer(await _order(call, order_id))


async def cancel_orders(call: Call) -> Response:
    """Cancel several orders: one answer for each, in the order sent."""
    wanted = await call.read(OrderIdsIn, BATCH_BODY_MAX)
    call.spend(len(wanted.order_ids) - 1)
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


async def _order(call: Call, order_id: str) -> dict[str, Any]:
    """One order the caller may see; an operator only once the interval's gate has closed."""
    is_operator = call.who.role is Role.OPERATOR

    def found(view: OrderView | None) -> OrderView:
        if view is None:
            raise refuse(Code.ORDER_UNKNOWN)
        header = view.order.header
        if not is_operator and call.who.participant_id not in {
            header.participant_id,
            header.placed_by,
        }:
            raise refuse(Code.ORDER_UNKNOWN)
        return view

    view = found(
        await call.stored(
            lambda connection, market_id: queries.order(
                connection, market_id, order_id, after_gate=is_operator
            )
        )
    )
    return trading.order(view, call.market.rules.interval_minutes)


async def get_order(call: Call) -> Response:
    """One order."""
    return answer(await _order(call, call.order_id))


async def list_orders(call: Call) -> Response:
    """Orders in acceptance sequence: one's own, or all of intervals whose gate has closed."""
    is_operator = call.who.role is Role.OPERATOR
    minutes = call.market.rules.interval_minutes
    owner, placed_by = (None, "") if is_operator else _parties(call)

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.orders(
            connection,
            market_id,
            participant_id=owner or call.query.get("participant_id"),
            start_s=call.query.get("start"),
            state=call.query.get("state"),
            unit_id=call.query.get("unit_id"),
            client_order_id=call.query.get("client_order_id"),
            placed_by=placed_by or None,
            area_id=call.query.get("area_id"),
            side=call.query.get("side"),
            after_gate=is_operator,
            cursor=cursor,
            limit=limit,
        )
        return [trading.order(item, minutes) for item in page.items], page.next_cursor

    return await answer_list(call, "orders", columns.ORDER, read)


def _state(text: str) -> OrderState:
    try:
        return OrderState(text)
    except ValueError:
        raise FieldError(Code.FIELD_FORMAT) from None


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise FieldError(Code.FIELD_FORMAT)
    return text == "true"


def _label(text: str) -> str:
    if text not in {"start", "end"}:
        raise FieldError(Code.FIELD_FORMAT)
    return text


_FOR: Final = QueryField(
    name="on_behalf_of",
    read=fields.identifier,
    about="The owner for whom one acts under a mandate",
)

ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/orders",
        handler=place_order,
        about="Place one order, of any kind",
        budget=Kind.NEW,
        query=(_FOR,),
        body=OrderIn,
        bodies=tuple(KINDS.values()),
        created=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/orders:batch",
        handler=place_orders,
        about="Place up to 10,000 orders, one answer each",
        budget=Kind.NEW,
        query=(
            _FOR,
            QueryField(name="atomic", read=_flag, about="true: all or none"),
            QueryField(
                name="label", read=_label, about="end: the times given are the ends of intervals"
            ),
        ),
        body=OrdersIn,
        takes=BULK,
        answers=BULK,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/orders:cancel",
        handler=cancel_orders,
        about="Cancel several orders, one answer each",
        budget=Kind.CANCEL,
        query=(_FOR,),
        body=OrderIdsIn,
    ),
    Address(
        method="DELETE",
        path=f"{MARKET}/orders/{{order_id}}",
        handler=cancel_order,
        about="Cancel one order",
        query=(_FOR,),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/orders",
        handler=list_orders,
        about="Orders one may see, in acceptance sequence",
        answers=TABLES,
        query=(
            START,
            QueryField(name="state", read=_state, about="One state of an order"),
            UNIT,
            QueryField(name="client_order_id", read=fields.identifier, about="One's own id"),
            QueryField(name="area_id", read=fields.identifier, about="Of units in one area"),
            QueryField(name="side", read=partial(fields.one_of, Side), about="buy or sell"),
            QueryField(
                name="participant_id",
                read=fields.identifier,
                about="For operators: of one participant",
            ),
            _FOR,
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
