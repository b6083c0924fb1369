"""Orders that only calls take, as one of the kinds of `POST /orders`."""

from starlette.responses import Response

from api.answers import trading
from api.call import Call, answer
from api.incoming.body import validated
from api.incoming.flexible_orders import KINDS, FlexibleIn
from api.wire.errors import RefusedError
from market.model.call import PlaceFlexible
from market.model.order import BlockOrder, CurveOrder, OrderView, StorageOrder
from market.store import queries


def flexible_body(document: object) -> type[FlexibleIn] | None:
    """The body a document names by its kind; None: it is no order of these kinds."""
    kind = document.get("kind") if isinstance(document, dict) else None
    return KINDS.get(kind) if isinstance(kind, str) else None


async def place_flexible(
    call: Call, model: type[FlexibleIn], document: object, owner: str, placed_by: str
) -> Response:
    """Place a curve, block or storage order: 201, or 200 for a harmless repeat."""
    order = validated(model, document).order()
    committed = await call.market.submit(
        PlaceFlexible(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=owner,
            curve=order if isinstance(order, CurveOrder) else None,
            block=order if isinstance(order, BlockOrder) else None,
            storage=order if isinstance(order, StorageOrder) else None,
            placed_by=placed_by,
        )
    )
    (row,) = committed.answer.orders
    if row.rejection is not None:
        raise RefusedError([row.rejection])
    order_id = row.order_id or ""
    view: OrderView | None = await call.stored(
        lambda connection, market_id: queries.order(connection, market_id, order_id)
    )
    assert view is not None, "what was acknowledged can be read"
    told = trading.order(view, call.market.rules.interval_minutes)
    headers = {"Location": f"{call.request.scope['path']}/{order_id}"}
    return answer(told, 200 if row.repeated else 201, headers=headers)
