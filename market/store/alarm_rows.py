"""Alarms as rows: raised once, then changed by what people do about them."""

from typing import Any

from sqlalchemy import Connection, select, update

from market.model.alarm import (
    AlarmAcknowledged,
    AlarmClosed,
    AlarmCommented,
    AlarmRaised,
    AlarmState,
)
from market.store.tables import alarms
from market.store.upsert import upsert


def raise_alarm(connection: Connection, market_id: str, event: AlarmRaised, event_seq: int) -> None:
    """Store a new alarm. Two parts of one decision may have raised the same one: it is one row."""
    alarm = event.alarm
    row = {
        "market_id": market_id,
        "number": event_seq,
        "alarm_id": alarm.alarm_id,
        "kind": alarm.kind.value,
        "severity": alarm.severity.value,
        "level": alarm.level.value,
        "member_id": alarm.member_id,
        "raised_us": alarm.raised_us,
        "parameters": alarm.parameters,
        "state": alarm.state.value,
        "raised_by": alarm.raised_by,
        "acknowledged_by": None,
        "acknowledged_us": None,
        "closed_by": None,
        "closed_us": None,
        "comments": alarm.comments,
    }
    connection.execute(upsert(connection, alarms), row)


def change_alarm(
    connection: Connection,
    market_id: str,
    event: AlarmAcknowledged | AlarmCommented | AlarmClosed,
) -> None:
    """What somebody did about an alarm that is stored."""
    c = alarms.c
    key = (c.market_id == market_id) & (c.alarm_id == event.alarm_id)
    changed: dict[str, Any]
    match event:
        case AlarmAcknowledged():
            changed = {
                "state": AlarmState.ACKNOWLEDGED.value,
                "acknowledged_by": event.actor,
                "acknowledged_us": event.now_us,
            }
        case AlarmClosed():
            changed = {
                "state": AlarmState.CLOSED.value,
                "closed_by": event.actor,
                "closed_us": event.now_us,
            }
        case AlarmCommented():
            before = connection.execute(select(c.comments).where(key)).scalar_one()
            changed = {"comments": (*before, event.comment)}
    connection.execute(update(alarms).where(key).values(**changed))
