"""Credit limits and margin calls, those that are over too."""

from sqlalchemy import Connection, Table, select

from market.model.collateral import CreditLimit, MarginCallState, StoredMarginCall
from market.store import tables
from market.store.queries.conditions import equal
from market.store.queries.pages import AnyRow, bounded, cursor_of, fact, numbers, page
from market.store.views import Page


def credit_limits(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[CreditLimit]:
    """Limits in the order in which they were set, of one participant or of all.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    count = bounded(limit)
    rows = _rows(connection, tables.credit_limits, market_id, participant_id, None, cursor, count)
    return page(rows, count, lambda row: fact(CreditLimit, row), _cursor)


def margin_calls(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    state: MarginCallState | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[StoredMarginCall]:
    """Margin calls in the order in which they were made, of one participant or of all.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    count = bounded(limit)
    rows = _rows(connection, tables.margin_calls, market_id, participant_id, state, cursor, count)
    return page(
        rows,
        count,
        lambda row: fact(StoredMarginCall, row, state=MarginCallState(row.state)),
        _cursor,
    )


def _cursor(row: AnyRow) -> str:
    return cursor_of(row.number)


def _rows(
    connection: Connection,
    table: Table,
    market_id: str,
    participant_id: str | None,
    state: MarginCallState | None,
    cursor: str | None,
    count: int,
) -> list[AnyRow]:
    c = table.c
    query = select(table).where(c.market_id == market_id)
    query = equal(query, (c.participant_id, participant_id))
    if state is not None:  # limits have none
        query = equal(query, (c.state, state))
    if cursor is not None:
        query = query.where(c.number > numbers(cursor, 1)[0])
    return list(connection.execute(query.order_by(c.number).limit(count + 1)).all())
