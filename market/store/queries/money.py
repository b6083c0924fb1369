"""Money: accounts, statements, the ledger.

The one idea: one amount fits 64 bits, a sum may not. The database adds high and low halves apart
(`split_sum`), Python puts them together.
"""

from collections import defaultdict
from dataclasses import replace

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, cast, func, literal, select

from market.model.money import TransferKind, participant_account
from market.store import tables
from market.store.queries.conditions import between
from market.store.queries.offers import held_quanta
from market.store.queries.pages import AnyRow, fact
from market.store.queries.payments import open_payouts
from market.store.views import (
    AccountBalance,
    AccountDay,
    AccountView,
    LedgerView,
    StatementLine,
    TrialBalance,
)

_HALF_BITS = 32


def split_sum(column: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Sums of the high and low halves of a column, neither of which can overflow.

    The shift rounds down and the low half is never negative, so this holds for negative values too.
    """
    high = column.op(">>")(literal(_HALF_BITS, Integer))
    low = column.op("&")((1 << _HALF_BITS) - 1)
    return whole_sum(high), whole_sum(low)


def whole_sum(column: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of a column as an integer of 64 bits on every database; 0 where there are no rows."""
    return func.coalesce(cast(func.sum(column), BigInteger), 0)


def joined(high: int, low: int) -> int:
    """The sum of which these are the halves, of any size."""
    return (high << _HALF_BITS) + low


def account(connection: Connection, market_id: str, participant_id: str) -> AccountView:
    """A participant's money; zero where it has none."""
    c, orders = tables.accounts.c, tables.orders.c
    balance_quanta = connection.execute(
        select(c.balance_quanta).where(
            c.market_id == market_id, c.account == participant_account(participant_id)
        )
    ).scalar()
    high, low = connection.execute(
        select(*split_sum(orders.held_quanta)).where(
            orders.market_id == market_id,
            orders.participant_id == participant_id,
            orders.held_quanta > 0,
        )
    ).one()
    return AccountView(
        participant_id=participant_id,
        balance_quanta=balance_quanta or 0,
        held_quanta=joined(high, low)
        + held_quanta(connection, market_id, participant_id)
        + sum(item.amount_quanta for item in open_payouts(connection, market_id, participant_id)),
    )


def statement(
    connection: Connection,
    market_id: str,
    participant_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
) -> tuple[StatementLine, ...]:
    """What a participant received (positive) and paid, by kind, from_s <= time < until_s.

    The time of a transfer is the delivery interval it belongs to; rent given back belongs to the
    day it arose, and what belongs to no interval counts when it was booked.
    """
    amounts = amounts_by_account(
        connection,
        market_id,
        from_s=from_s,
        until_s=until_s,
        only=participant_account(participant_id),
    )
    own = amounts.get(participant_account(participant_id), {})
    return tuple(
        StatementLine(kind=kind, amount_quanta=own[kind]) for kind in TransferKind if kind in own
    )


def amounts_by_account(
    connection: Connection,
    market_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
    only: str | None = None,
) -> dict[str, dict[TransferKind, int]]:
    """Received less paid, in quanta, by account and kind; `only` of one account."""
    c = tables.transfers.c
    found: defaultdict[str, dict[TransferKind, int]] = defaultdict(dict)
    for side, sign in ((c.credit_account, 1), (c.debit_account, -1)):
        query = select(side, c.kind, *split_sum(c.amount_quanta)).where(c.market_id == market_id)
        if only is not None:
            query = query.where(side == only)
        query = between(query, c.counts_s, from_s, until_s)
        for name, kind_name, high, low in connection.execute(query.group_by(side, c.kind)):
            kinds, kind = found[name], TransferKind(kind_name)
            kinds[kind] = kinds.get(kind, 0) + sign * joined(high, low)
    return dict(found)


def ledger(connection: Connection, market_id: str) -> LedgerView:
    """All accounts by name, and their sum."""
    c = tables.accounts.c
    rows = connection.execute(
        select(c.account, c.balance_quanta).where(c.market_id == market_id).order_by(c.account)
    )
    accounts = tuple(
        AccountBalance(account=row.account, balance_quanta=row.balance_quanta) for row in rows
    )
    return LedgerView(
        accounts=accounts, sum_quanta=sum(account.balance_quanta for account in accounts)
    )


def trial_balance(connection: Connection, market_id: str, day: str) -> TrialBalance:
    """Every account at the end of a local day, with what was booked to it on that day.

    Args:
        connection: where to read.
        market_id: whose ledger.
        day: as in 2016-06-15; the day on which a posting was booked counts, not its interval.
    """
    days, accounts = tables.account_days.c, tables.accounts.c
    latest = (
        select(func.max(days.day))
        .where(
            days.market_id == accounts.market_id, days.account == accounts.account, days.day <= day
        )
        .correlate(tables.accounts)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(tables.account_days)
        .select_from(
            tables.accounts.join(
                tables.account_days,
                (days.market_id == accounts.market_id)
                & (days.account == accounts.account)
                & (days.day == latest),
            )
        )
        .where(accounts.market_id == market_id)
        .order_by(days.account)
    )
    return TrialBalance(day=day, accounts=tuple(_on_day(row, day) for row in rows))


def _on_day(row: AnyRow, day: str) -> AccountDay:
    """The account's last day until then as that day: nothing has moved since."""
    found = fact(AccountDay, row)
    return found if found.day == day else replace(found, day=day, received_quanta=0, given_quanta=0)
