"""What listings, inquiries, contracts and rules have in common on their way through a request.

The one idea: an act answers the thing as it stands then: 201 where it was made, 200 where it was there.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from starlette.responses import Response

from api.answers.values import Answer
from api.call import Call, answer
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.participant import Role
from market.model.rejection import Code

Shown: TypeAlias = Callable[[Call, str], Awaitable[Answer]]


def sender(call: Call) -> dict[str, Any]:
    """Who wants something, and when: the first fields of every command."""
    return {
        "now_us": call.now_us(),
        "actor": call.actor,
        "participant_id": call.participant_id,
    }


def viewer(call: Call) -> str | None:
    """The participant who looks; None: the public, or an operator."""
    if call.access is None or call.who.role is not Role.PARTICIPANT:
        return None
    if call.who.market_id not in {None, call.market.rules.market_id}:
        return None
    return call.who.participant_id


def sees_all(call: Call) -> bool:
    """True for an operator, for whom nothing is hidden."""
    return call.access is not None and call.who.role is Role.OPERATOR


def path_id(call: Call, name: str, unknown: Code) -> str:
    """An id in the address; one that is no id at all is nobody's."""
    try:
        return fields.identifier(call.path_id[name])
    except FieldError:
        raise refuse(unknown) from None


async def made(call: Call, command: Any, show: Shown) -> Response:  # noqa: ANN401 - any of the commands with one row
    """Have something made; 201 with its address, or 200 for a harmless repeat."""
    (row,) = (await call.market.submit(command)).answer.orders
    made_id = row.order_id or ""
    shown = await show(call, made_id)
    if row.repeated:
        return answer(shown)
    return answer(shown, 201, headers={"Location": f"{call.request.scope['path']}/{made_id}"})


async def done(call: Call, command: Any, show: Shown) -> Response:  # noqa: ANN401 - as above
    """Have something done to what is there; 200 with it as it stands then."""
    (row,) = (await call.market.submit(command)).answer.orders
    return answer(await show(call, row.order_id or ""))
