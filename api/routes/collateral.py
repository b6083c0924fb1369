"""Collateral: how accounts stand, credit limits by operators, margin calls."""

from itertools import islice
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import collateral
from api.call import PAGE, Address, Call, QueryField, answer, page_limit
from api.incoming.payments import CollateralMoveIn, CreditLimitIn
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES
from market.model.collateral import (
    CollateralState,
    CreditLimitProposed,
    MarginCallState,
    SetCreditLimit,
)
from market.model.interval import moment_text
from market.model.participant import Role
from market.model.payment import MoveCollateral
from market.model.rejection import Code
from market.model.units import money_text
from market.store import queries


async def get_own(call: Call) -> Response:
    """How one's own account stands."""
    found = call.engine.collateral(call.participant_id)
    return answer(collateral.picture(found))


async def put_down(call: Call) -> Response:
    """Set money apart as collateral."""
    return await _move(call, 1)


async def take_back(call: Call) -> Response:
    """Take back what no debt needs."""
    return await _move(call, -1)


async def _move(call: Call, sign: int) -> Response:
    wanted = await call.read(CollateralMoveIn)
    await call.market.submit(
        MoveCollateral(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=call.participant_id,
            amount_quanta=sign * wanted.amount_quanta,
        )
    )
    return await get_own(call)


async def list_accounts(call: Call) -> Response:
    """How every account stands, by the participants' ids."""
    state: CollateralState | None = call.query.get("state")
    engine, after = call.engine, call.query.get("cursor") or ""
    # Looked at here: another thread would see the market while it changes.
    accounts = (
        engine.collateral(participant_id)
        for participant_id in sorted(call.market.live.participants)
        if participant_id > after
    )
    asked_for = (found for found in accounts if state is None or found.state is state)
    pictures = [*map(collateral.picture, islice(asked_for, page_limit(call) + 1))]

    def read(_connection: Connection, _market_id: str, cursor: str | None, limit: int) -> Found:
        left = [item for item in pictures if item["participant_id"] > (cursor or "")]
        more = left[limit - 1]["participant_id"] if len(left) > limit else None
        return left[:limit], more

    return await answer_list(call, "collateral", collateral.PICTURE, read)


async def set_limit(call: Call) -> Response:
    """Set how far below zero an account may be used; a larger limit takes two operators."""
    wanted = await call.read(CreditLimitIn)
    try:
        participant_id = fields.identifier(call.path_id["participant_id"])
    except FieldError:
        raise refuse(Code.PARTICIPANT_UNKNOWN) from None
    committed = await call.market.submit(
        SetCreditLimit(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=participant_id,
            limit_quanta=wanted.limit_quanta,
            reason=wanted.reason,
        )
    )
    waiting = [event for event in committed.events if isinstance(event, CreditLimitProposed)]
    holds = call.engine.collateral(participant_id).credit_limit_quanta
    return answer(
        {
            "participant_id": participant_id,
            "limit": money_text(holds),
            "second_person_until": moment_text(waiting[0].until_us) if waiting else None,
        }
    )


async def list_limits(call: Call) -> Response:
    """Credit limits in the order in which they were set: one's own, or all."""
    mine = call.own(Role.PARTICIPANT, call.who.participant_id)

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.credit_limits(
            connection, market_id, participant_id=mine, cursor=cursor, limit=limit
        )
        items = [collateral.credit_limit(item, names=mine is None) for item in page.items]
        return items, page.next_cursor

    return await answer_list(call, "credit-limits", collateral.CREDIT_LIMIT, read)


async def list_calls(call: Call) -> Response:
    """Margin calls in the order in which they were made: one's own, or all."""
    mine = call.own(Role.PARTICIPANT, call.who.participant_id)
    state: MarginCallState | None = call.query.get("state")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.margin_calls(
            connection, market_id, participant_id=mine, state=state, cursor=cursor, limit=limit
        )
        return [collateral.margin_call(item) for item in page.items], page.next_cursor

    return await answer_list(call, "margin-calls", collateral.MARGIN_CALL, read)


def _state(text: str) -> CollateralState:
    if text not in set(CollateralState):
        raise FieldError(Code.FIELD_FORMAT)
    return CollateralState(text)


def _call_state(text: str) -> MarginCallState:
    if text not in set(MarginCallState):
        raise FieldError(Code.FIELD_FORMAT)
    return MarginCallState(text)


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/account/collateral",
        handler=get_own,
        about="What one's own account may use, and what it may come to owe",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/account/collateral:put-down",
        handler=put_down,
        about="Set money of one's own apart as collateral",
        body=CollateralMoveIn,
        idempotent=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/account/collateral:take-back",
        handler=take_back,
        about="Take back the collateral that no debt needs",
        body=CollateralMoveIn,
        idempotent=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/collateral",
        handler=list_accounts,
        about="How every account stands",
        query=(QueryField(name="state", read=_state, about="covered, warned, called …"), *PAGE),
        answers=TABLES,
    ),
    Address(
        method="PUT",
        path=f"{MARKET}/participants/{{participant_id}}/credit-limit",
        handler=set_limit,
        about="Set how far below zero an account may be used; a larger limit takes two operators",
        body=CreditLimitIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/credit-limits",
        handler=list_limits,
        about="Credit limits in the order in which they were set",
        query=PAGE,
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/margin-calls",
        handler=list_calls,
        about="Margin calls, and what became of them",
        query=(QueryField(name="state", read=_call_state, about="open, missed or met"), *PAGE),
        answers=TABLES,
    ),
)
