"""Debts that are overdue beyond grace: covered by two operators, and the fund that stands in for them."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import payments as payment_answers
from api.call import PAGE, Address, Call, answer
from api.incoming.payments import DefaultIn, FundDepositIn
from api.lists import Found, answer_list
from api.routes.payments import second_person_until
from api.wire.formats import TABLES
from market.model.payment import CoverDefault, DefaultCovered, PayIntoFund
from market.store import queries


async def pay_into_fund(call: Call) -> Response:
    """Note money that was paid into the guarantee fund. 200 for a harmless repeat."""
    wanted = await call.read(FundDepositIn)
    committed = await call.market.submit(
        PayIntoFund(
            now_us=call.now_us(),
            actor=call.actor,
            deposit_id=wanted.deposit_id,
            amount_quanta=wanted.amount_quanta,
        )
    )
    return answer({"count": len(committed.events) // 2}, 201 if committed.events else 200)


async def cover_default(call: Call) -> Response:
    """Propose that an overdue debt be covered, or agree and cover it."""
    wanted = await call.read(DefaultIn)
    committed = await call.market.submit(
        CoverDefault(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=wanted.participant_id,
            reason=wanted.reason,
        )
    )
    covered = [event.default for event in committed.events if isinstance(event, DefaultCovered)]
    return answer(
        {
            "default": payment_answers.default(covered[0]) if covered else None,
            "second_person_until": second_person_until(committed.events),
        }
    )


async def list_defaults(call: Call) -> Response:
    """Debts that were covered, in order."""

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.defaults(connection, market_id, cursor=cursor, limit=limit)
        return [payment_answers.default(item) for item in page.items], page.next_cursor

    return await answer_list(call, "defaults", payment_answers.DEFAULT, read)


async def list_claims(call: Call) -> Response:
    """What others have covered and was not paid back yet."""
    found = await call.stored(queries.claims)
    items = [
        {"participant_id": name, **payment_answers.cover(item)} for name, item in found.items()
    ]
    return answer({"items": items, "next_cursor": None})


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/guarantee-fund:deposit",
        handler=pay_into_fund,
        about="Note money that was paid into the guarantee fund",
        body=FundDepositIn,
        created=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/defaults",
        handler=cover_default,
        about="Cover an overdue debt in the published order; takes two operators",
        body=DefaultIn,
        idempotent=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/defaults",
        handler=list_defaults,
        about="Debts that were covered",
        query=PAGE,
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/defaults/claims",
        handler=list_claims,
        about="What others have covered and was not paid back",
    ),
)
