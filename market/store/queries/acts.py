"""What operators did, what units may do at most, and what was taken from them."""

from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, tuple_

from market.model.act import ActKind, ActState, ControlReason, Curtailed, StoredAct
from market.model.alarm import ControlLevel
from market.model.power import UnitLimit
from market.store import tables
from market.store.queries.conditions import between, equal, units_in, units_of
from market.store.queries.pages import (
    SEPARATOR,
    AnyRow,
    CursorFault,
    cursor_of,
    fact,
    numbers,
    read_page,
)
from market.store.views import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ActFilter:
    """Which acts are asked for; None: any."""

    kind: ActKind | None = None
    level: ControlLevel | None = None
    member_id: str | None = None
    state: ActState | None = None
    area_id: str | None = None
    """On this area, one of its units, or everything."""


def acts(
    connection: Connection,
    market_id: str,
    wanted: ActFilter,
    *,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[StoredAct]:
    """Acts in the order in which they were first asked for.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.acts.c
    query = select(tables.acts).where(c.market_id == market_id)
    query = equal(
        query,
        (c.kind, wanted.kind),
        (c.level, wanted.level),
        (c.member_id, wanted.member_id),
        (c.state, wanted.state),
    )
    if wanted.area_id is not None:
        is_area = (c.level == ControlLevel.AREA.value) & (c.member_id == wanted.area_id)
        is_unit = c.level == ControlLevel.UNIT.value
        inside = units_in(market_id, wanted.area_id)
        everything = c.level == ControlLevel.MARKET.value
        query = query.where(or_(is_area, everything, is_unit & c.member_id.in_(inside)))
    if cursor is not None:
        (number,) = numbers(cursor, 1)
        query = query.where(c.number > number)
    return read_page(
        connection,
        query,
        (c.number,),
        limit,
        lambda row: fact(
            StoredAct,
            row,
            kind=ActKind(row.kind),
            level=ControlLevel(row.level),
            state=ActState(row.state),
        ),
    )


def curtailments(
    connection: Connection,
    market_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
    unit_id: str | None = None,
    area_id: str | None = None,
    participant_id: str | None = None,
    reason: ControlReason | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Curtailed]:
    """What units were told differently from their trades, in order of interval, unit and time.

    Args:
        connection: of a reader.
        market_id: the market.
        from_s: only of intervals that start then or later.
        until_s: only of intervals that start before.
        unit_id: only of this unit.
        area_id: only of units in this area.
        participant_id: only of this participant's units.
        reason: only for this reason.
        cursor: read on from here.
        limit: most pieces to give back.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.curtailments.c
    query = select(tables.curtailments).where(c.market_id == market_id)
    query = between(query, c.start_s, from_s, until_s)
    query = equal(query, (c.unit_id, unit_id), (c.reason, reason))
    if area_id is not None:
        query = query.where(c.unit_id.in_(units_in(market_id, area_id)))
    if participant_id is not None:
        query = query.where(c.unit_id.in_(units_of(market_id, participant_id)))
    if cursor is not None:
        query = query.where(tuple_(c.start_s, c.unit_id, c.from_s) > tuple_(*_piece(cursor)))
    order = (c.start_s, c.unit_id, c.from_s)
    return read_page(
        connection,
        query,
        order,
        limit,
        lambda row: fact(Curtailed, row, reason=ControlReason(row.reason)),
    )


def _piece(cursor: str) -> tuple[int, str, int]:
    parts = cursor.split(SEPARATOR)
    if len(parts) != 3:
        raise CursorFault(cursor)
    start_s, from_s = numbers(cursor_of(parts[0], parts[2]), 2)
    return start_s, parts[1], from_s


def unit_limits(
    connection: Connection,
    market_id: str,
    *,
    after_s: int,
    participant_id: str | None = None,
) -> tuple[UnitLimit, ...]:
    """Limits that are not over after a time, the oldest word first."""
    c = tables.unit_limits.c
    query = select(tables.unit_limits).where(c.market_id == market_id, c.until_s > after_s)
    if participant_id is not None:
        query = query.where(c.unit_id.in_(units_of(market_id, participant_id)))
    rows: list[AnyRow] = list(connection.execute(query.order_by(c.epoch, c.sequence)))
    return tuple(fact(UnitLimit, row) for row in rows)
