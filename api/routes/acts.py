"""Acts of operators: one person narrows and stops, two let come back what was stopped for a danger."""

from functools import partial
from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import columns
from api.answers.acts import (
    curtailment,
    decoupling,
    narrowing,
    performed_act,
    proposed_act,
    stored_act,
)
from api.call import FROM, PAGE, TO, UNIT, Address, Call, QueryField, answer
from api.incoming.acts import ActIn, ApprovalIn
from api.lists import Found, answer_list
from api.routes.changes import cancelled_count
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES
from market.model.act import (
    ActKind,
    ActPerformed,
    ActProposed,
    ActState,
    ApproveAct,
    ControlReason,
    Narrowing,
    PerformAct,
)
from market.model.alarm import ControlLevel
from market.model.messages import SetpointsChanged
from market.model.participant import Role
from market.model.rejection import Code
from market.sequencer import Committed
from market.store import queries


def _came_of(committed: Committed) -> Response:
    """What became of an act: done, or waiting, or nothing as it was so already."""
    told: dict[str, Any] = {
        "act": None,
        "cancelled": cancelled_count(committed),
        "setpoints": sum(
            len(event.setpoints)
            for event in committed.events
            if isinstance(event, SetpointsChanged)
        ),
    }
    for event in committed.events:
        if isinstance(event, ActProposed):
            told["act"] = proposed_act(event.proposal)
        elif isinstance(event, ActPerformed):
            told["act"] = performed_act(event)
    return answer(told)


async def perform_act(call: Call) -> Response:
    """Do it at once, or propose it where it takes two."""
    wanted = await call.read(ActIn)
    return _came_of(
        await call.market.submit(
            PerformAct(
                now_us=call.now_us(),
                actor=call.actor,
                act=wanted.act(),
                reason=wanted.reason,
                of_area=call.own(Role.AREA, call.who.area_id),
            )
        )
    )


async def approve_act(call: Call) -> Response:
    """Agree, as a second operator, with exactly what was proposed."""
    wanted = await call.read(ApprovalIn)
    try:
        act_id = fields.identifier(call.path_id["act_id"])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None
    return _came_of(
        await call.market.submit(
            ApproveAct(
                now_us=call.now_us(),
                actor=call.actor,
                act_id=act_id,
                digest=wanted.digest,
            )
        )
    )


async def standing_acts(call: Call) -> Response:
    """What holds now: limits, stops, areas that go on alone, and what waits for a second person."""
    state, now_us = call.decided, call.now_us()
    area_id = call.own(Role.AREA, call.who.area_id)
    acts = state.acts

    def is_seen(item: Narrowing) -> bool:
        match item.level:
            case ControlLevel.UNIT:
                return area_id in {None, state.units[item.member_id].area_id}
            case ControlLevel.AREA:
                return area_id is None or item.member_id in acts.around[area_id]
            case ControlLevel.MARKET:
                return True

    waiting = [said for said in acts.proposals.values() if said.until_us >= now_us]
    return answer(
        {
            "narrowings": [narrowing(item) for item in acts.all() if is_seen(item)],
            "decoupled": [
                decoupling(item)
                for item in acts.decoupled.values()
                if area_id is None or item.area_id in acts.around[area_id]
            ],
            "proposals": [proposed_act(said) for said in waiting if area_id is None],
        }
    )


async def list_acts(call: Call) -> Response:
    """Acts in the order in which they were first asked for: all, or those on one's own area."""
    wanted = queries.ActFilter(
        kind=call.query.get("kind"),
        level=call.query.get("level"),
        member_id=call.query.get("member_id"),
        state=call.query.get("state"),
        area_id=call.own(Role.AREA, call.who.area_id),
    )

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.acts(connection, market_id, wanted, cursor=cursor, limit=limit)
        return [stored_act(item) for item in page.items], page.next_cursor

    return await answer_list(call, "acts", columns.ACT, read)


async def list_curtailments(call: Call) -> Response:
    """What units were told differently from their trades, and why, of the units one may see."""

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.curtailments(
            connection,
            market_id,
            from_s=call.query.get("from"),
            until_s=call.query.get("to"),
            unit_id=call.query.get("unit_id"),
            area_id=call.own(Role.AREA, call.who.area_id),
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
            reason=call.query.get("reason"),
            cursor=cursor,
            limit=limit,
        )
        return [curtailment(item) for item in page.items], page.next_cursor

    return await answer_list(call, "curtailments", columns.CURTAILMENT, read)


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/acts",
        handler=perform_act,
        about="Stop, start, limit, release, decouple, couple or stop in an emergency",
        body=ActIn,
        free=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/acts/{{act_id}}:approve",
        handler=approve_act,
        about="Agree with an act that takes two people",
        body=ApprovalIn,
        free=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/acts",
        handler=list_acts,
        about="Acts, done and proposed, in order",
        query=(
            QueryField(name="kind", read=partial(fields.one_of, ActKind), about="One kind"),
            QueryField(
                name="level", read=partial(fields.one_of, ControlLevel), about="unit, area, market"
            ),
            QueryField(name="member_id", read=fields.identifier, about="On one unit or area"),
            QueryField(
                name="state", read=partial(fields.one_of, ActState), about="proposed, performed"
            ),
            *PAGE,
        ),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/acts:standing",
        handler=standing_acts,
        about="Limits, stops and decoupled areas that hold, and acts that wait for a second person",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/curtailments",
        handler=list_curtailments,
        about="What units were told differently from their trades, and why",
        query=(
            FROM,
            TO,
            UNIT,
            QueryField(
                name="reason", read=partial(fields.one_of, ControlReason), about="For one reason"
            ),
            *PAGE,
        ),
        answers=TABLES,
    ),
)
