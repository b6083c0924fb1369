"""Withdrawals: asked for by participants, decided by operators."""

from functools import partial
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import payments as payment_answers
from api.call import PAGE, Address, Call, QueryField, answer
from api.incoming.payments import WithdrawalDecisionIn, WithdrawalIn
from api.lists import Found, answer_list
from api.routes.payments import second_person_until
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES
from market.model.participant import Role
from market.model.payment import (
    CancelWithdrawal,
    DecidePayout,
    Payout,
    PayoutDecision,
    PayoutState,
    RequestWithdrawal,
)
from market.model.rejection import Code
from market.store import queries


async def request_withdrawal(call: Call) -> Response:
    """Ask that money be paid out; it is held at once. 200 for a harmless repeat."""
    wanted = await call.read(WithdrawalIn)
    owner = call.participant_id
    committed = await call.market.submit(
        RequestWithdrawal(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=owner,
            client_payout_id=wanted.client_withdrawal_id,
            amount_quanta=wanted.amount_quanta,
            payee_name=wanted.payee_name,
            payee_account=wanted.payee_account,
        )
    )
    payments = call.decided.payments
    payout_id = payments.by_client[owner, wanted.client_withdrawal_id]
    found = await _stored(call, payout_id)
    return answer(payment_answers.withdrawal(found), 201 if committed.events else 200)


async def _stored(call: Call, payout_id: str) -> Payout:
    found = await call.stored(
        lambda connection, market_id: queries.payout(connection, market_id, payout_id)
    )
    if found is None:
        raise refuse(Code.NOT_FOUND)
    return found


async def list_withdrawals(call: Call) -> Response:
    """Withdrawals of oneself, or all, and what is sent back."""
    own = call.own(Role.PARTICIPANT, call.who.participant_id)

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.payouts(
            connection,
            market_id,
            participant_id=own or call.query.get("participant_id"),
            state=call.query.get("state"),
            cursor=cursor,
            limit=limit,
        )
        return [payment_answers.withdrawal(item) for item in page.items], page.next_cursor

    return await answer_list(call, "withdrawals", payment_answers.WITHDRAWAL, read)


def _payout_id(call: Call) -> str:
    try:
        return fields.identifier(call.path_id["withdrawal_id"])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None


async def cancel_withdrawal(call: Call) -> Response:
    """Take a request back that is not sent."""
    payout_id = _payout_id(call)
    await call.market.submit(
        CancelWithdrawal(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=call.participant_id,
            payout_id=payout_id,
        )
    )
    return answer(payment_answers.withdrawal(await _stored(call, payout_id)))


async def decide_withdrawal(call: Call, decision: PayoutDecision) -> Response:
    """Say what becomes of a withdrawal."""
    wanted = await call.read(WithdrawalDecisionIn)
    payout_id = _payout_id(call)
    committed = await call.market.submit(
        DecidePayout(
            now_us=call.now_us(),
            actor=call.actor,
            payout_id=payout_id,
            decision=decision,
            reason=wanted.reason,
        )
    )
    return answer(
        {
            "withdrawal": payment_answers.withdrawal(await _stored(call, payout_id)),
            "second_person_until": second_person_until(committed.events),
        }
    )


_WITHDRAWAL: Final = f"{MARKET}/withdrawals/{{withdrawal_id}}"
_ABOUT: Final = {
    PayoutDecision.APPROVE: "Let a withdrawal go with the next sending; takes two operators",
    PayoutDecision.REFUSE: "Refuse a withdrawal that is not sent",
    PayoutDecision.REJECT: "Say that the bank did not carry a withdrawal out; takes two operators",
}


def _decides(decision: PayoutDecision) -> Address:
    async def handler(call: Call) -> Response:
        return await decide_withdrawal(call, decision)

    handler.__name__ = f"{decision}_withdrawal"
    return Address(
        method="POST",
        path=f"{_WITHDRAWAL}:{decision}",
        handler=handler,
        about=_ABOUT[decision],
        body=WithdrawalDecisionIn,
    )


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/account/withdrawals",
        handler=request_withdrawal,
        about="Ask that money be paid out; it is held at once",
        body=WithdrawalIn,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/withdrawals",
        handler=list_withdrawals,
        about="Withdrawals, in the order asked for",
        query=(
            *PAGE,
            QueryField(
                name="participant_id", read=fields.identifier, about="Only of one participant"
            ),
            QueryField(
                name="state", read=partial(fields.one_of, PayoutState), about="Only in one state"
            ),
        ),
        answers=TABLES,
    ),
    Address(
        method="POST",
        path=f"{_WITHDRAWAL}:cancel",
        handler=cancel_withdrawal,
        about="Take a withdrawal back that is not sent",
    ),
    *map(_decides, PayoutDecision),
)
