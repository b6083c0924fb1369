"""What came over the bank, what is to be paid out, and whose debts others have covered."""

from sqlalchemy import Connection, and_, or_, select

from market.model.payment import (
    OPEN_PAYOUTS,
    Cover,
    Default,
    Payment,
    PaymentState,
    Payout,
    PayoutKind,
    PayoutState,
)
from market.store import tables
from market.store.queries.conditions import equal
from market.store.queries.pages import AnyRow, fact, numbers, read_page
from market.store.views import Page


def payments(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    day: str | None = None,
    state: PaymentState | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Payment]:
    """Movements in the order in which the bank told of them.

    Args:
        connection: of a reader.
        market_id: the market.
        participant_id: only of this one.
        day: only those the bank booked on this day.
        state: only in this one.
        cursor: read on from here.
        limit: most to give back.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.payments.c
    query = select(tables.payments).where(c.market_id == market_id)
    query = equal(
        query,
        (c.participant_id, participant_id),
        (c.day, day),
        (c.state, state),
    )
    if cursor is not None:
        seq, row = numbers(cursor, 2)
        query = query.where(or_(c.event_seq > seq, and_(c.event_seq == seq, c.row > row)))
    return read_page(connection, query, (c.event_seq, c.row), limit, payment_of)


def payment_of(row: AnyRow) -> Payment:
    """A movement from its row."""
    return fact(Payment, row, state=PaymentState(row.state))


def payouts(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    state: PayoutState | None = None,
    file_id: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Payout]:
    """Payouts in the order in which they were asked for; `file_id`: only those sent together so.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.payouts.c
    query = select(tables.payouts).where(c.market_id == market_id)
    query = equal(
        query,
        (c.participant_id, participant_id),
        (c.state, state),
        (c.file_id, file_id),
    )
    if cursor is not None:
        query = query.where(c.number > numbers(cursor, 1)[0])
    return read_page(connection, query, (c.number,), limit, payout_of)


def payout(connection: Connection, market_id: str, payout_id: str) -> Payout | None:
    """One payout; None: there is none of that id."""
    c = tables.payouts.c
    query = select(tables.payouts).where(c.market_id == market_id, c.payout_id == payout_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else payout_of(row)


def payout_of(row: AnyRow) -> Payout:
    """A payout from its row."""
    return fact(Payout, row, kind=PayoutKind(row.kind), state=PayoutState(row.state))


def open_payouts(
    connection: Connection, market_id: str, participant_id: str | None = None
) -> tuple[Payout, ...]:
    """Withdrawals whose money is held, of one participant or of all."""
    c = tables.payouts.c
    query = select(tables.payouts).where(
        c.market_id == market_id,
        c.state.in_([state.value for state in sorted(OPEN_PAYOUTS)]),
        c.participant_id.is_not(None),
    )
    if participant_id is not None:
        query = query.where(c.participant_id == participant_id)
    return tuple(map(payout_of, connection.execute(query.order_by(c.number))))


def defaults(
    connection: Connection, market_id: str, *, cursor: str | None = None, limit: int = 100
) -> Page[Default]:
    """Debts that were covered, in order.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.defaults.c
    query = select(tables.defaults).where(c.market_id == market_id)
    if cursor is not None:
        query = query.where(c.number > numbers(cursor, 1)[0])
    return read_page(connection, query, (c.number,), limit, lambda row: fact(Default, row))


def claims(connection: Connection, market_id: str) -> dict[str, Cover]:
    """What others have covered and was not paid back, by participant."""
    c = tables.payers.c
    rows = connection.execute(
        select(tables.payers).where(c.market_id == market_id).order_by(c.participant_id)
    )
    return {row.participant_id: row.claims for row in rows if row.claims.total_quanta}
