"""Checks of grids, and why a unit is told something else than it has traded."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select, tuple_

from market.model.act import ControlReason
from market.model.activation import ActivationCause, UnitsActivated
from market.model.grid_check import (
    GridChecked,
    GridPicture,
    GridSeen,
    UnitChange,
    UnitsRedispatched,
)
from market.store import tables
from market.store.queries.conditions import between
from market.store.queries.pages import (
    AnyRow,
    fact,
    number_and_name,
    number_and_names,
    read_page,
)
from market.store.views import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCheckView:
    """A check with what was changed for it, and what the meters said afterwards; None: not yet, or nothing."""

    check: GridChecked
    redispatch: UnitsRedispatched | None
    seen: GridSeen | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTold:
    """A unit was told something else than it has traded."""

    change: UnitChange
    by_rule: bool


def grid_checks(
    connection: Connection,
    market_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
    area_id: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[GridCheckView]:
    """Checks by interval and area, from_s <= start < until_s.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    checks, changes, seen = tables.grid_checks, tables.redispatches, tables.grid_seen
    c = checks.c
    same = [
        and_(
            other.c.market_id == c.market_id,
            other.c.start_s == c.start_s,
            other.c.area_id == c.area_id,
        )
        for other in (changes, seen)
    ]
    query = (
        select(
            checks,
            changes.c.changes,
            changes.c.replacement_w,
            changes.c.cost_quanta,
            seen.c.picture,
            seen.c.outside_minutes,
            seen.c.version.label("seen_version"),
        )
        .select_from(checks.outerjoin(changes, same[0]).outerjoin(seen, same[1]))
        .where(c.market_id == market_id)
    )
    query = between(query, c.start_s, from_s, until_s)
    if area_id is not None:
        query = query.where(c.area_id == area_id)
    if cursor is not None:
        query = query.where(tuple_(c.start_s, c.area_id) > tuple_(*number_and_name(cursor)))
    return read_page(connection, query, (c.start_s, c.area_id), limit, _view)


def _view(row: AnyRow) -> GridCheckView:
    return GridCheckView(
        check=fact(GridChecked, row, cured=bool(row.cured), by_rule=bool(row.by_rule)),
        redispatch=None if row.changes is None else fact(UnitsRedispatched, row),
        seen=None
        if row.picture is None
        else GridSeen(
            area_id=row.area_id,
            start_s=row.start_s,
            version=row.seen_version,
            picture=_picture(row.picture),
            outside_minutes=row.outside_minutes,
        ),
    )


def _picture(value: object) -> GridPicture:
    assert isinstance(value, GridPicture), "the column says so"
    return value


def activations(
    connection: Connection,
    market_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
    area_id: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[UnitsActivated]:
    """Who was activated for whom, by interval, from_s <= start < until_s; of an area: there, or for it.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.activations.c
    query = select(tables.activations).where(c.market_id == market_id)
    query = between(query, c.start_s, from_s, until_s)
    if area_id is not None:
        query = query.where((c.area_id == area_id) | (c.for_area == area_id))
    order = (c.start_s, c.area_id, c.for_area, c.cause)
    if cursor is not None:
        query = query.where(tuple_(*order) > tuple_(*number_and_names(cursor, 3)))
    return read_page(
        connection,
        query,
        order,
        limit,
        lambda row: fact(UnitsActivated, row, cause=ActivationCause(row.cause)),
    )


def unit_told(
    connection: Connection, market_id: str, unit_id: str, start_s: int
) -> UnitTold | None:
    """What a unit was told instead of its trades; None: they stand."""
    c = tables.unit_changes.c
    row = connection.execute(
        select(tables.unit_changes).where(
            c.market_id == market_id, c.start_s == start_s, c.unit_id == unit_id
        )
    ).one_or_none()
    if row is None:
        return None
    return UnitTold(
        change=fact(UnitChange, row, reason=ControlReason(row.reason)), by_rule=bool(row.by_rule)
    )


def outside_minutes(connection: Connection, market_id: str) -> dict[str, int]:
    """How long each area's grid was outside its limits by its meters."""
    c = tables.grid_seen.c
    rows = connection.execute(
        select(c.area_id, func.sum(c.outside_minutes))
        .where(c.market_id == market_id)
        .group_by(c.area_id)
    )
    return {area_id: int(minutes) for area_id, minutes in rows}
