"""What was posted to an account, the newest first.

The one idea: an account gives or receives, and each side is an index of its own in the order of time; so
the two are read apart, each no further than needed, and laid one over the other.
"""

from typing import Final

from sqlalchemy import Connection, Select, select, tuple_

from market.model.money import TransferKind, collateral_account
from market.store import tables
from market.store.queries.conditions import between
from market.store.queries.pages import AnyRow, bounded, cursor_of, numbers, page
from market.store.views import Page, Posting

COLLATERAL: Final = "collateral"
"""All accounts of this sort together; no account is called so."""


def postings(
    connection: Connection,
    market_id: str,
    account: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Posting]:
    """Postings to an account, the newest first by the time for which they count.

    Args:
        connection: of a reader.
        market_id: whose ledger.
        account: by its name, or `collateral` for all accounts of that sort.
        from_s: only what counts at or after this.
        until_s: only what counts before this.
        cursor: read on from here.
        limit: most to give back.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.transfers.c
    key = (c.counts_s, c.event_seq, c.row)
    count = bounded(limit)
    found: dict[tuple[int, int], AnyRow] = {}
    for side in (c.debit_account, c.credit_account):
        query = select(tables.transfers).where(c.market_id == market_id)
        if account == COLLATERAL:
            query = query.where(side.in_(_collateral_accounts(market_id)))
        else:
            query = query.where(side == account)
        query = between(query, c.counts_s, from_s, until_s)
        if cursor is not None:
            query = query.where(tuple_(*key) < tuple_(*numbers(cursor, 3)))
        newest = query.order_by(*(column.desc() for column in key)).limit(count + 1)
        found |= {(row.event_seq, row.row): row for row in connection.execute(newest)}
    rows = sorted(
        found.values(), key=lambda row: (row.counts_s, row.event_seq, row.row), reverse=True
    )
    return page(
        rows[: count + 1],
        count,
        _posting,
        lambda row: cursor_of(row.counts_s, row.event_seq, row.row),
    )


def _collateral_accounts(market_id: str) -> Select[tuple[str]]:
    c = tables.accounts.c
    return select(c.account).where(
        c.market_id == market_id, c.account.startswith(collateral_account(""), autoescape=True)
    )


def _posting(row: AnyRow) -> Posting:
    return Posting(
        posting_id=f"{row.event_seq}-{row.row}",
        giver=row.debit_account,
        receiver=row.credit_account,
        amount_quanta=row.amount_quanta,
        kind=TransferKind(row.kind),
        reference=row.reference,
        start_s=row.start_s,
        counts_s=row.counts_s,
    )
