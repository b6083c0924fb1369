"""Rows that trade together in continuous trading: baskets, and blocks of consecutive intervals."""

from typing import Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.access.throttle import Kind
from api.answers import trading
from api.call import Address, Call, answer
from api.incoming.orders import BasketIn, ContinuousBlockIn
from api.wire.errors import RefusedError
from market.model.messages import PlaceTogether
from market.model.order import OrderColumns, OrderView
from market.store import queries


async def _place(
    call: Call, client_order_id: str, rows: OrderColumns, *, is_block: bool
) -> Response:
    participant_id = call.participant_id
    call.spend(len(rows) - 1)
    committed = await call.market.submit(
        PlaceTogether(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=participant_id,
            client_order_id=client_order_id,
            rows=rows,
            is_block=is_block,
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
    return answer(told, 200 if row.repeated else 201)


async def place_basket(call: Call) -> Response:
    """Place up to 100 limit orders that trade all in full at once, or not at all."""
    wanted = await call.read(BasketIn)
    return await _place(call, wanted.client_order_id, wanted.columns(), is_block=False)


async def place_block(call: Call) -> Response:
    """Place a block of consecutive intervals, all or none; it rests until its other half comes."""
    wanted = await call.read(ContinuousBlockIn)
    return await _place(call, wanted.client_order_id, wanted.columns(), is_block=True)


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/orders:basket",
        handler=place_basket,
        about="Place limit orders that trade together at once, or not at all",
        budget=Kind.NEW,
        body=BasketIn,
        created=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/orders:block",
        handler=place_block,
        about="Place an all-or-none block in continuous trading",
        budget=Kind.NEW,
        body=ContinuousBlockIn,
        created=True,
    ),
)
