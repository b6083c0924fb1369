"""Set-points, meter readings, and what deviated."""

from sqlalchemy import Connection, select, tuple_

from market.model.power import Deviation, Measurement, Setpoint
from market.store import tables
from market.store.queries.pages import bounded, cursor_of, fact, number_and_name, page
from market.store.views import Page


def setpoints(
    connection: Connection,
    market_id: str,
    *,
    start_s: int | None = None,
    from_s: int | None = None,
    unit_id: str | None = None,
    area_id: str | None = None,
    participant_id: str | None = None,
    cursor: str | None = None,
    limit: int = 10_000,
) -> Page[Setpoint]:
    """The newest set-point of each unit and interval, in order of time and unit.

    Args:
        connection: of a reader.
        market_id: the market.
        start_s: only of this interval.
        from_s: only of intervals that start then or later.
        unit_id: only of this unit.
        area_id: only of units in this area.
        participant_id: only of this participant's units.
        cursor: read on from here.
        limit: most set-points to give back.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c, units = tables.setpoints.c, tables.units.c
    query = select(tables.setpoints).where(c.market_id == market_id)
    for column, wanted in ((c.start_s, start_s), (c.unit_id, unit_id), (c.area_id, area_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    if from_s is not None:
        query = query.where(c.start_s >= from_s)
    if participant_id is not None:
        own = select(units.unit_id).where(
            units.market_id == market_id, units.participant_id == participant_id
        )
        query = query.where(c.unit_id.in_(own))
    if cursor is not None:
        query = query.where(tuple_(c.start_s, c.unit_id) > tuple_(*number_and_name(cursor)))
    count = bounded(limit)
    rows = connection.execute(query.order_by(c.start_s, c.unit_id).limit(count + 1)).all()
    return page(
        rows,
        count,
        lambda row: fact(Setpoint, row),
        lambda row: cursor_of(row.start_s, row.unit_id),
    )


def measurements(
    connection: Connection,
    market_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
    unit_id: str | None = None,
    area_id: str | None = None,
    participant_id: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Measurement]:
    """The reading that counts of each unit and interval, from_s <= start < until_s.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c, units = tables.measurements.c, tables.units.c
    query = select(tables.measurements).where(c.market_id == market_id)
    for column, wanted in ((c.unit_id, unit_id), (c.area_id, area_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    if from_s is not None:
        query = query.where(c.start_s >= from_s)
    if until_s is not None:
        query = query.where(c.start_s < until_s)
    if participant_id is not None:
        own = select(units.unit_id).where(
            units.market_id == market_id, units.participant_id == participant_id
        )
        query = query.where(c.unit_id.in_(own))
    if cursor is not None:
        query = query.where(tuple_(c.start_s, c.unit_id) > tuple_(*number_and_name(cursor)))
    count = bounded(limit)
    rows = connection.execute(query.order_by(c.start_s, c.unit_id).limit(count + 1)).all()
    return page(
        rows,
        count,
        lambda row: fact(Measurement, row),
        lambda row: cursor_of(row.start_s, row.unit_id),
    )


def deviations(
    connection: Connection, market_id: str, *, start_s: int, area_id: str | None = None
) -> tuple[Deviation, ...]:
    """What each level saw in an interval: units, then areas, then the market.

    Args:
        connection: of a reader.
        market_id: the market.
        start_s: the delivery interval.
        area_id: only this area's and its units'; None: all.
    """
    c, units = tables.deviations.c, tables.units.c
    query = select(tables.deviations).where(c.market_id == market_id, c.start_s == start_s)
    if area_id is not None:
        inside = select(units.unit_id).where(units.market_id == market_id, units.area_id == area_id)
        own = (c.level == "area") & (c.member_id == area_id)
        query = query.where(own | ((c.level == "unit") & c.member_id.in_(inside)))
    rows = connection.execute(query.order_by(c.position))
    return tuple(fact(Deviation, row) for row in rows)
