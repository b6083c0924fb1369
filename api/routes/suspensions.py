"""Suspension: a participant is kept out of its market until an operator says otherwise.

The one idea: it stops what a participant could say, not what it owes: its devices go on, and what it
has sold is delivered, measured and settled.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.identity import Suspension
from api.access.permissions import MARKET
from api.call import Address, Call, answer
from api.incoming.members import SuspendIn
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.interval import instant_text
from market.model.rejection import Code


def _participant_id(call: Call) -> str:
    try:
        participant_id = fields.identifier(call.path_id["participant_id"])
    except FieldError:
        raise refuse(Code.PARTICIPANT_UNKNOWN) from None
    if participant_id not in call.market.live.participants:
        raise refuse(Code.PARTICIPANT_UNKNOWN)
    return participant_id


async def suspend(call: Call) -> Response:
    """Keep a participant out until an operator says otherwise; its sockets close."""
    wanted = await call.read(SuspendIn)
    made = Suspension(
        market_id=call.market.rules.market_id,
        participant_id=_participant_id(call),
        suspended_s=int(call.house.real_time_s()),
        suspended_by=call.actor,
        reason=wanted.reason,
    )
    await run_in_threadpool(call.house.identity.suspend, made)
    await run_in_threadpool(
        call.house.sessions.end_participant, made.market_id, made.participant_id
    )
    call.house.end_refused_streams()
    return answer({"participant_id": made.participant_id, "suspended": True})


async def unsuspend(call: Call) -> Response:
    """Let a participant in again."""
    participant_id = _participant_id(call)
    market_id = call.market.rules.market_id
    await run_in_threadpool(call.house.identity.unsuspend, market_id, participant_id)
    return answer({"participant_id": participant_id, "suspended": False})


async def list_suspensions(call: Call) -> Response:
    """Who is suspended in the market, and why."""
    found = await run_in_threadpool(call.house.identity.suspensions, call.market.rules.market_id)
    items = [
        {
            "participant_id": item.participant_id,
            "suspended_at": instant_text(item.suspended_s),
            "suspended_by": item.suspended_by,
            "reason": item.reason,
        }
        for item in found
    ]
    return answer({"items": items, "next_cursor": None})


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/suspensions",
        handler=list_suspensions,
        about="Suspended participants",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/participants/{{participant_id}}:suspend",
        handler=suspend,
        about="Keep a participant out; its sockets close",
        body=SuspendIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/participants/{{participant_id}}:unsuspend",
        handler=unsuspend,
        about="Let a participant in again",
    ),
)
