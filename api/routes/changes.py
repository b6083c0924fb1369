"""Open orders change: replace, hibernate, activate; and all of one's own at once."""

from typing import Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.access.throttle import Kind
from api.call import Address, Call, answer
from api.incoming.orders import CancelAfterIn, CancelAllIn, OrderIdsIn, ReplaceIn
from api.wire.errors import RefusedError
from market.model.messages import (
    ActivateOrders,
    Command,
    HibernateOrders,
    OrdersCancelled,
    ReplaceOrder,
)
from market.model.rejection import Rejection
from market.model.stop import CancelAll
from market.sequencer import Committed, SubmitRefused

USER_CANCEL_ALL: Final = "user_cancel_all"


async def replace_order(call: Call) -> Response:
    """Change price or energy; a smaller energy alone keeps the order's place."""
    wanted = await call.read(ReplaceIn)
    order_id = call.order_id
    committed = await call.market.submit(
        ReplaceOrder(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=call.participant_id,
            order_id=order_id,
            revision=wanted.revision,
            price_ticks=wanted.price_ticks,
            energy_wh=wanted.energy_wh,
        )
    )
    return answer(
        {"order_id": order_id, "revision": wanted.revision + 1, "events": _told(committed)}
    )


def _told(committed: Committed) -> list[str]:
    """What happened at once, by name; the stream and the lists have it in full."""
    return [type(event).__name__ for event in committed.events]


async def _each(call: Call, command: Command, order_ids: tuple[str, ...], done: str) -> Response:
    rows = (await call.market.submit(command)).answer.orders
    items = [
        {
            "order_id": order_id,
            "status": done if row.rejection is None else "rejected",
            "code": None if row.rejection is None else row.rejection.code.value,
        }
        for order_id, row in zip(order_ids, rows, strict=True)
    ]
    return answer({"items": items})


async def hibernate_orders(call: Call) -> Response:
    """Take orders out of continuous trading for a while: one answer for each."""
    order_ids = (await call.read(OrderIdsIn)).order_ids
    command = HibernateOrders(
        now_us=call.now_us(),
        actor=call.actor,
        participant_id=call.participant_id,
        order_ids=order_ids,
    )
    return await _each(call, command, order_ids, "hibernated")


async def activate_orders(call: Call) -> Response:
    """Bring orders back, or give the word that was asked for: one answer for each."""
    order_ids = (await call.read(OrderIdsIn)).order_ids
    command = ActivateOrders(
        now_us=call.now_us(),
        actor=call.actor,
        participant_id=call.participant_id,
        order_ids=order_ids,
    )
    return await _each(call, command, order_ids, "activated")


async def cancel_all(call: Call) -> Response:
    """Cancel everything that is open of one's own, or of one unit; answers how many."""
    wanted = await call.read(CancelAllIn)
    committed = await call.market.submit(
        CancelAll(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=call.participant_id,
            reason=USER_CANCEL_ALL,
            unit_id=wanted.unit_id,
        )
    )
    return answer({"cancelled": cancelled_count(committed)})


def cancelled_count(committed: Committed) -> int:
    """How many orders a command has cancelled."""
    return sum(
        len(event.order_ids) for event in committed.events if isinstance(event, OrdersCancelled)
    )


async def cancel_after(call: Call) -> Response:
    """Arm, renew or disarm the dead-man timer: without a renewal in time all orders are cancelled."""
    wanted = await call.read(CancelAfterIn)
    try:
        await call.market.liveness.arm(call.participant_id, call.who.client_id, wanted.after_s)
    except SubmitRefused as fault:
        raise RefusedError([Rejection(code=fault.code)]) from fault
    return answer({"after_s": wanted.after_s})


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/orders/{{order_id}}:replace",
        handler=replace_order,
        about="Change price or energy of an open order",
        body=ReplaceIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/orders:hibernate",
        handler=hibernate_orders,
        about="Take orders out of continuous trading for a while, one answer each",
        body=OrderIdsIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/orders:activate",
        handler=activate_orders,
        about="Bring orders back, or confirm those that wait for it, one answer each",
        body=OrderIdsIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/me/orders:delete",
        handler=cancel_all,
        about="Cancel all one's open orders",
        body=CancelAllIn,
        budget=Kind.CANCEL,
        free=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/me/orders:cancel-after",
        handler=cancel_after,
        about="Cancel all one's orders unless this is sent again in time",
        body=CancelAfterIn,
        free=True,
    ),
)
