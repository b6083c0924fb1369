"""Alarms, closed ones too, in the order in which they were raised."""

from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from market.model.alarm import Alarm, AlarmKind, AlarmState, ControlLevel, Severity
from market.store import tables
from market.store.queries.conditions import equal, units_in
from market.store.queries.pages import AnyRow, fact, numbers, read_page
from market.store.views import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFilter:
    """Which alarms are asked for; None: any."""

    states: tuple[AlarmState, ...] | None = None
    kind: AlarmKind | None = None
    severities: tuple[Severity, ...] | None = None
    level: ControlLevel | None = None
    member_id: str | None = None
    area_id: str | None = None
    """About this area or one of its units."""
    unit_id: str | None = None
    """About this unit only."""


def alarms(
    connection: Connection,
    market_id: str,
    wanted: AlarmFilter,
    *,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Alarm]:
    """Alarms in the order in which they were raised.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.alarms.c
    query = select(tables.alarms).where(c.market_id == market_id)
    query = equal(
        query,
        (c.kind, wanted.kind),
        (c.level, wanted.level),
        (c.member_id, wanted.member_id),
    )
    if wanted.states is not None:
        query = query.where(c.state.in_([state.value for state in wanted.states]))
    if wanted.severities is not None:
        query = query.where(c.severity.in_([item.value for item in wanted.severities]))
    is_unit = c.level == ControlLevel.UNIT.value
    if wanted.area_id is not None:
        inside = units_in(market_id, wanted.area_id)
        is_area = (c.level == ControlLevel.AREA.value) & (c.member_id == wanted.area_id)
        query = query.where(or_(is_area, is_unit & c.member_id.in_(inside)))
    if wanted.unit_id is not None:
        query = query.where(is_unit & (c.member_id == wanted.unit_id))
    if cursor is not None:
        (number,) = numbers(cursor, 1)
        query = query.where(c.number > number)
    return read_page(connection, query, (c.number,), limit, _alarm)


def alarm(connection: Connection, market_id: str, alarm_id: str) -> Alarm | None:
    """One alarm; None: there is none of that id."""
    c = tables.alarms.c
    row = connection.execute(
        select(tables.alarms).where(c.market_id == market_id, c.alarm_id == alarm_id)
    ).one_or_none()
    return None if row is None else _alarm(row)


def _alarm(row: AnyRow) -> Alarm:
    return fact(
        Alarm,
        row,
        kind=AlarmKind(row.kind),
        severity=Severity(row.severity),
        level=ControlLevel(row.level),
        state=AlarmState(row.state),
    )
