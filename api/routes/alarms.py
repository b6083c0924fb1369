"""Alarms: raised by devices and areas, seen, acknowledged, commented and closed by operators."""

from functools import partial
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import columns
from api.answers.alarms import alarm
from api.call import PAGE, Address, Call, QueryField, answer
from api.incoming.acts import AlarmIn, CommentIn
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES
from market.model.alarm import (
    AcknowledgeAlarm,
    AlarmKind,
    AlarmRaised,
    AlarmState,
    CloseAlarm,
    CommentAlarm,
    ControlLevel,
    RaiseAlarm,
    Severity,
)
from market.model.messages import Command
from market.model.participant import Role
from market.model.rejection import Code
from market.store import queries


async def raise_alarm(call: Call) -> Response:
    """Tell of something; the same again while it is open changes nothing."""
    wanted = await call.read(AlarmIn)
    level = ControlLevel(wanted.level)
    _check_member(call, level, wanted.member_id)
    committed = await call.market.submit(
        RaiseAlarm(
            now_us=call.now_us(),
            actor=call.actor,
            kind=wanted.alarm_kind(),
            level=level,
            member_id=wanted.member_id,
            parameters=wanted.parameters,
        )
    )
    new = [event.alarm for event in committed.events if isinstance(event, AlarmRaised)]
    if new:
        return answer(alarm(new[0]), 201)
    about = (wanted.alarm_kind(), level, wanted.member_id)
    known = call.decided.alarms.of(about)
    return answer({} if known is None else alarm(known))


def _check_member(call: Call, level: ControlLevel, member_id: str) -> None:
    """A device speaks of its unit, an area of itself and its units; else as if it were not."""
    who, live = call.who, call.market.live
    if who.role is Role.DEVICE:
        own = level is ControlLevel.UNIT and member_id == who.unit_id
    elif level is ControlLevel.AREA:
        own = member_id == who.area_id
    else:
        unit = live.units.get(member_id)
        own = unit is not None and unit.area_id == who.area_id
    if not own:
        raise refuse(Code.NOT_FOUND, "member_id")


def _alarm_id(call: Call) -> str:
    try:
        return fields.identifier(call.path_id["alarm_id"])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None


async def _changed(call: Call, command: Command, alarm_id: str) -> Response:
    await call.market.submit(command)
    found = await call.stored(
        lambda connection, market_id: queries.alarm(connection, market_id, alarm_id)
    )
    assert found is not None, "what was changed is there"
    return answer(alarm(found))


async def acknowledge_alarm(call: Call) -> Response:
    """Say that one has seen it."""
    alarm_id = _alarm_id(call)
    command = AcknowledgeAlarm(now_us=call.now_us(), actor=call.actor, alarm_id=alarm_id)
    return await _changed(call, command, alarm_id)


async def comment_alarm(call: Call) -> Response:
    """Note something on it."""
    alarm_id, wanted = _alarm_id(call), await call.read(CommentIn)
    command = CommentAlarm(
        now_us=call.now_us(),
        actor=call.actor,
        alarm_id=alarm_id,
        text=wanted.text,
    )
    return await _changed(call, command, alarm_id)


async def close_alarm(call: Call) -> Response:
    """It is done with."""
    alarm_id = _alarm_id(call)
    command = CloseAlarm(now_us=call.now_us(), actor=call.actor, alarm_id=alarm_id)
    return await _changed(call, command, alarm_id)


async def list_alarms(call: Call) -> Response:
    """Alarms in the order in which they were raised: all, or those of one's own area or unit."""
    severity: Severity | None = call.query.get("severity")
    wanted = queries.AlarmFilter(
        states=call.query.get("state"),
        kind=call.query.get("kind"),
        severities=None if severity is None else (severity,),
        level=call.query.get("level"),
        member_id=call.query.get("member_id"),
        area_id=call.own(Role.AREA, call.who.area_id),
        unit_id=call.own(Role.DEVICE, call.who.unit_id),
    )

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.alarms(connection, market_id, wanted, cursor=cursor, limit=limit)
        return [alarm(item) for item in page.items], page.next_cursor

    return await answer_list(call, "alarms", columns.ALARM, read)


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/alarms",
        handler=list_alarms,
        about="Alarms, closed ones too, of what one may see",
        query=(
            QueryField(name="state", read=partial(fields.some_of, AlarmState), about="open, acknowledged, closed; several with commas between"),
            QueryField(name="kind", read=partial(fields.one_of, AlarmKind), about="One kind"),
            QueryField(name="severity", read=partial(fields.one_of, Severity), about="info, warning, major, critical"),
            QueryField(name="level", read=partial(fields.one_of, ControlLevel), about="unit, area, market"),
            QueryField(name="member_id", read=fields.identifier, about="Of one unit or area"),
            *PAGE,
        ),
        answers=TABLES,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/alarms",
        handler=raise_alarm,
        about="Tell of something a person has to look at",
        body=AlarmIn,
        created=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/alarms/{{alarm_id}}:acknowledge",
        handler=acknowledge_alarm,
        about="Say that one has seen an alarm",
        free=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/alarms/{{alarm_id}}:comment",
        handler=comment_alarm,
        about="Note something on an alarm",
        body=CommentIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/alarms/{{alarm_id}}:close",
        handler=close_alarm,
        about="Close an alarm that was acknowledged",
    ),
)  # fmt: skip
