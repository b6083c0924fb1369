"""What units have traded, interval by interval, over all the ways in which trades are made."""

from sqlalchemy import BigInteger, ColumnElement, Connection, case, cast, func, select, tuple_

from market.model.order import Side
from market.model.recall import TradeState
from market.store import tables
from market.store.queries.conditions import between, equal
from market.store.queries.pages import bounded, cursor_of, fact, number_and_name, page
from market.store.views import Page, UnitPosition


def positions(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    area_id: str | None = None,
    unit_id: str | None = None,
    start_s: int | None = None,
    from_s: int | None = None,
    until_s: int | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[UnitPosition]:
    """Positions in order of interval and unit; from_s <= delivery start < until_s.

    A unit without a trade in an interval has no row there.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.trades.c
    key = (c.start_s, c.unit_id)
    query = select(
        *key,
        c.participant_id,
        c.area_id,
        _sum_wh(Side.BUY).label("bought_wh"),
        _sum_wh(Side.SELL).label("sold_wh"),
    ).where(c.market_id == market_id, c.state != TradeState.CANCELLED.value)
    query = equal(
        query,
        (c.participant_id, participant_id),
        (c.area_id, area_id),
        (c.unit_id, unit_id),
        (c.start_s, start_s),
    )
    query = between(query, c.start_s, from_s, until_s)
    if cursor is not None:
        query = query.where(tuple_(*key) > tuple_(*number_and_name(cursor)))
    count = bounded(limit)
    grouped = query.group_by(*key, c.participant_id, c.area_id).order_by(*key)
    rows = connection.execute(grouped.limit(count + 1)).all()
    return page(
        rows,
        count,
        lambda row: fact(UnitPosition, row),
        lambda row: cursor_of(row.start_s, row.unit_id),
    )


def _sum_wh(side: Side) -> ColumnElement[int]:
    """Energy of one side; a sum of whole numbers is one, which not every database says by itself."""
    c = tables.trades.c
    return cast(func.sum(case((c.side == side.value, c.energy_wh), else_=0)), BigInteger)
