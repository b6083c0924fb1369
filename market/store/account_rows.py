"""Balances of accounts, and what was booked to each of them day by day.

The one idea: what moved is gathered and added once per account, in Python, because a sum may pass
64 bits. A posting belongs to the day on which it was booked, and never to a day before that of an
earlier one: once a later day has begun, the balances of a day stand for ever.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select

from market.store import tables
from market.store.upsert import upsert

NAMED_MAX: Final = 500
"""Up to so many accounts are asked for by name; the database takes no longer list."""


def _sums() -> defaultdict[str, int]:
    return defaultdict(int)


@dataclass(slots=True)
class DayRows:
    """What accounts gave and received on one day, by account."""

    given_quanta: defaultdict[str, int] = field(default_factory=_sums)
    received_quanta: defaultdict[str, int] = field(default_factory=_sums)


class AccountRows:
    """Writes what is booked into the two tables of accounts, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._days: dict[str, DayRows] = {}
        c = tables.account_days.c
        self._last: str = connection.execute(select(func.max(c.day))).scalar() or ""

    def day(self, booked: date) -> DayRows:
        """Where what is booked on a local day is gathered."""
        self._last = max(self._last, booked.isoformat())
        return self._days.setdefault(self._last, DayRows())

    def write(self, market_id: str) -> None:
        """Add what was gathered."""
        days, self._days = self._days, {}
        if not days:
            return
        touched = {
            name for day in days.values() for name in (*day.given_quanta, *day.received_quanta)
        }
        if not touched:  # an interval was settled, and nobody owed anything
            return
        balances = {
            row.account: row.balance_quanta
            for row in self._stored(tables.accounts, market_id, touched)
        }
        first = min(days)
        before = {
            row.account: row
            for row in self._stored(tables.account_days, market_id, touched, day=first)
        }
        rows = []
        for name, day in sorted(days.items()):
            for account in dict.fromkeys((*day.given_quanta, *day.received_quanta)):
                given_quanta = day.given_quanta.get(account, 0)
                received_quanta = day.received_quanta.get(account, 0)
                balance_quanta = balances.get(account, 0) + received_quanta - given_quanta
                balances[account] = balance_quanta
                stands = before.get(account) if name == first else None
                rows.append(
                    {
                        "market_id": market_id,
                        "account": account,
                        "day": name,
                        "received_quanta": received_quanta
                        + (stands.received_quanta if stands else 0),
                        "given_quanta": given_quanta + (stands.given_quanta if stands else 0),
                        "balance_quanta": balance_quanta,
                    }
                )
        self._connection.execute(upsert(self._connection, tables.account_days), rows)
        self._connection.execute(
            upsert(self._connection, tables.accounts),
            [
                {"market_id": market_id, "account": account, "balance_quanta": balances[account]}
                for account in touched
            ],
        )

    def _stored(
        self, table: Table, market_id: str, accounts: Collection[str], **wanted: str
    ) -> list[Any]:
        """The rows of these accounts; of all accounts when they are many."""
        query = select(table).where(table.c.market_id == market_id)
        for name, value in wanted.items():
            query = query.where(table.c[name] == value)
        if len(accounts) <= NAMED_MAX:
            query = query.where(table.c.account.in_(sorted(accounts)))
        return list(self._connection.execute(query))
