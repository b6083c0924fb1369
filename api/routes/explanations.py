"""Why: what became of an order, and what did not, in codes with parameters."""

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.explaining import explanation, refusal_explanation
from api.call import Address, Call, QueryField, answer
from api.wire import fields
from api.wire.errors import refuse
from market.model.participant import Role
from market.model.rejection import Code
from market.store import queries


async def explain_order(call: Call) -> Response:
    """Why an order stands where it stands; of every order, in every state."""
    order_id = call.order_id
    is_operator = call.who.role is Role.OPERATOR
    story = await call.stored(
        lambda connection, market_id: queries.order_story(
            connection, market_id, order_id, after_gate=is_operator
        )
    )
    if story is None:
        raise refuse(Code.ORDER_UNKNOWN)
    header = story.view.order.header
    if not is_operator and call.who.participant_id not in {header.participant_id, header.placed_by}:
        raise refuse(Code.ORDER_UNKNOWN)
    return answer(_told(call, story))


def _told(call: Call, story: queries.OrderStory) -> dict[str, Any]:
    header = story.view.order.header
    phase = call.market.live.calendar.phase(header.start_s, header.area_id)
    sees_grid = call.who.role is Role.OPERATOR
    return explanation(story, call.market.grid, phase, sees_grid=sees_grid)


async def explain_own(call: Call) -> Response:
    """The same by one's own id, also of an order that was refused and has no other."""
    participant_id = call.participant_id
    name: str = call.query["client_order_id"]

    def read(connection: Connection, market_id: str) -> queries.OrderStory | queries.Refusal | None:
        page = queries.orders(
            connection, market_id, participant_id=participant_id, client_order_id=name, limit=1
        )
        if page.items:
            order_id = page.items[0].order.header.order_id
            return queries.order_story(connection, market_id, order_id)
        return queries.refused(connection, market_id, participant_id, name)

    found = await call.stored(read)
    if found is None:
        raise refuse(Code.ORDER_UNKNOWN)
    if isinstance(found, queries.Refusal):
        return answer(refusal_explanation(found))
    return answer(_told(call, found))


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/orders/{{order_id}}/explanation",
        handler=explain_order,
        about="Why an order got what it got",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/orders:explain",
        handler=explain_own,
        about="The same by one's own id, also of a refused order",
        query=(
            QueryField(
                name="client_order_id",
                read=fields.identifier,
                about="One's own id of the order",
                required=True,
            ),
        ),
    ),
)
