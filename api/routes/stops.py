"""Stops: kills and halts, by one person; their release, by two."""

from typing import Any, Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.call import Address, Call, answer
from api.incoming.stops import OwnStopIn, StopIn, StopKeyIn
from api.routes.changes import cancelled_count
from market.model.interval import moment_text
from market.model.messages import Command
from market.model.participant import Role
from market.model.stop import (
    ReleaseProposed,
    ReleaseStop,
    Stop,
    StopKind,
    StopScope,
    StopTrading,
)


def _stop_answer(stop: Stop) -> dict[str, Any]:
    return {
        "kind": stop.kind.value,
        "scope": stop.scope.value,
        "key": stop.key,
        "reason": stop.reason,
        "since": moment_text(stop.since_us),
        "by": "participant" if stop.owner is not None else "operator",
    }


async def _stop(call: Call, command: Command) -> Response:
    committed = await call.market.submit(command)
    return answer({"stopped": True, "cancelled": cancelled_count(committed)})


async def stop(call: Call) -> Response:
    """Kill or halt at once."""
    wanted = await call.read(StopIn)
    return await _stop(
        call,
        StopTrading(
            now_us=call.now_us(),
            actor=call.actor,
            kind=StopKind(wanted.kind),
            scope=StopScope(wanted.scope),
            key=wanted.key,
            reason=wanted.reason,
        ),
    )


async def deactivate(call: Call) -> Response:
    """Kill one's own trading: for the whole company, or one unit or credential of it."""
    wanted = await call.read(OwnStopIn)
    owner = call.who.participant_id or ""
    return await _stop(
        call,
        StopTrading(
            now_us=call.now_us(),
            actor=call.actor,
            kind=StopKind.KILL,
            scope=StopScope(wanted.scope),
            key=wanted.key or owner,
            reason=wanted.reason,
            owner=owner,
        ),
    )


async def release(call: Call) -> Response:
    """Propose the end of a stop, or agree to it; what one stopped oneself ends at once."""
    wanted = await call.read(StopKeyIn)
    is_own = call.who.role is Role.PARTICIPANT
    committed = await call.market.submit(
        ReleaseStop(
            now_us=call.now_us(),
            actor=call.actor,
            kind=StopKind(wanted.kind),
            scope=StopScope(wanted.scope),
            key=wanted.key,
            owner=call.who.participant_id if is_own else None,
        )
    )
    waiting = [event for event in committed.events if isinstance(event, ReleaseProposed)]
    until = moment_text(waiting[0].until_us) if waiting else None
    return answer({"released": not waiting, "second_person_until": until})


async def list_stops(call: Call) -> Response:
    """The stops that hold; a participant sees those that concern everybody or itself."""
    stops = call.decided.stops.all()
    mine = call.who.participant_id
    places = {StopScope.MARKET, StopScope.AREA, StopScope.INTERVAL}
    seen = [
        _stop_answer(item)
        for item in stops
        if call.who.role is Role.OPERATOR or item.scope in places or mine in {item.owner, item.key}
    ]
    return answer({"items": seen, "next_cursor": None})


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/stops",
        handler=stop,
        about="Kill or halt trading; takes one person",
        body=StopIn,
        free=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/stops:release",
        handler=release,
        about="End a stop; takes two people, or whoever stopped only itself",
        body=StopKeyIn,
        free=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/stops",
        handler=list_stops,
        about="Stops that hold",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/me/orders:deactivate",
        handler=deactivate,
        about="Kill one's own trading",
        body=OwnStopIn,
        free=True,
    ),
)
