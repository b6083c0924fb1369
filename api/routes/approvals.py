"""Approvals: one list of everything that waits for a second person."""

from typing import Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.approvals import APPROVAL, approvals
from api.call import PAGE, Address, Call
from api.lists import Found, answer_list
from api.wire.formats import TABLES
from market.store import queries


async def list_approvals(call: Call) -> Response:
    """What waits, what lapses first first; whose word it is says whether one may agree."""
    market = call.market
    made = approvals(
        call.decided,
        prefix=f"/v1/markets/{market.rules.market_id}",
        me=call.actor,
        now_us=call.now_us(),
    )

    def read(_connection: object, _market_id: str, cursor: str | None, limit: int) -> Found:
        text = cursor or "0"
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            raise queries.CursorFault(text)
        first = int(text)
        behind = str(first + limit) if len(made) > first + limit else None
        return made[first : first + limit], behind

    return await answer_list(call, "approvals", APPROVAL, read)


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/approvals",
        handler=list_approvals,
        about="Everything that waits for a second person, with the request that agrees",
        query=PAGE,
        answers=TABLES,
    ),
)
