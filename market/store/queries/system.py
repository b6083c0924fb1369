"""System pictures: what the market level saw of intervals, and what a day of them adds up to; sums of areas."""

from sqlalchemy import Connection, select

from market.model.call import CallKind
from market.model.summing import AreasSummed
from market.model.system import SystemSeen
from market.store import tables
from market.store.queries.conditions import between
from market.store.queries.pages import fact


def system_pictures(
    connection: Connection,
    market_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
    newest: int | None = None,
) -> tuple[SystemSeen, ...]:
    """Pictures in order of time, from_s <= start < until_s.

    Args:
        connection: of a reader.
        market_id: the market.
        from_s: only of intervals that start then or later.
        until_s: only of intervals that start before.
        newest: only so many of them, the last ones.
    """
    c = tables.system_pictures.c
    query = select(tables.system_pictures).where(c.market_id == market_id)
    query = between(query, c.start_s, from_s, until_s)
    query = query.order_by(c.start_s.desc())
    if newest is not None:
        query = query.limit(newest)
    found = [fact(SystemSeen, row) for row in connection.execute(query)]
    return tuple(reversed(found))


def area_sums(
    connection: Connection, market_id: str, *, call: CallKind, start_s: int | None = None
) -> AreasSummed | None:
    """What the areas added up to in an interval when a call of it was cleared; None: none was.

    Args:
        connection: of a reader.
        market_id: the market.
        call: which call.
        start_s: the interval; None: the last one that was cleared.
    """
    c = tables.area_sums.c
    query = select(tables.area_sums).where(c.market_id == market_id, c.call == call.value)
    if start_s is not None:
        query = query.where(c.start_s == start_s)
    row = connection.execute(query.order_by(c.start_s.desc()).limit(1)).first()
    return None if row is None else fact(AreasSummed, row, call=call)
