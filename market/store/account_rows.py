"""Balances of accounts, what was booked to each of them day by day, and between which sorts of them.

The one idea: what moved is gathered and added once per account, in Python, because a sum may pass
64 bits. A posting belongs to the day on which it was booked, and never to a day before that of an
earlier one: once a later day has begun, the balances of a day stand for ever.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Table, func, select

from market.store import tables
from market.store.upsert import upsert

NAMED_MAX: Final = 500
"""Up to so many accounts are asked for by name; the database takes no longer list."""


Movement: TypeAlias = tuple[str, str, str]
"""What sort of account gave, what sort received, and the kind."""


def _sums() -> defaultdict[str, int]:
    return defaultdict(int)


@lru_cache(maxsize=65_536)  # accounts are as many as participants, and named again and again
def _sort(account: str) -> str:
    """What sort of account it is: its name up to the colon."""
    return account.partition(":")[0]


@dataclass(slots=True)
class DayRows:
    """What accounts gave and received on one day, by account."""

    given_quanta: defaultdict[str, int] = field(default_factory=_sums)
    received_quanta: defaultdict[str, int] = field(default_factory=_sums)
    moved: dict[Movement, list[int]] = field(default_factory=dict)
    """Quanta and postings."""

    def book(self, giver: str, receiver: str, amount_quanta: int, kind: str) -> None:
        """Count one posting."""
        self.given_quanta[giver] += amount_quanta
        self.received_quanta[receiver] += amount_quanta
        moved = self.moved.setdefault((_sort(giver), _sort(receiver), kind), [0, 0])
        moved[0] += amount_quanta
        moved[1] += 1


_NEWEST_DAY: Final = select(func.max(tables.account_days.c.day))


class AccountRows:
    """Writes what is booked into the two tables of accounts, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._days: dict[str, DayRows] = {}
        self._last: str | None = None
        """The newest day with movements; not asked for before something is booked."""

    def day(self, booked: date) -> DayRows:
        """Where what is booked on a local day is gathered."""
        if self._last is None:
            self._last = self._connection.execute(_NEWEST_DAY).scalar() or ""
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
        self._write_movements(market_id, days)
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

    def _write_movements(self, market_id: str, days: Mapping[str, DayRows]) -> None:
        """Add what moved between sorts of accounts to what stands of the same days."""
        c = tables.day_movements.c
        stood = {
            (row.day, row.giver, row.receiver, row.kind): row
            for row in self._connection.execute(
                select(tables.day_movements).where(
                    c.market_id == market_id, c.day.in_(sorted(days))
                )
            )
        }
        rows: list[dict[str, object]] = []
        for day, gathered in days.items():
            for (giver, receiver, kind), (amount_quanta, postings) in gathered.moved.items():
                before = stood.get((day, giver, receiver, kind))
                rows.append(
                    {
                        "market_id": market_id,
                        "day": day,
                        "giver": giver,
                        "receiver": receiver,
                        "kind": kind,
                        "amount_quanta": amount_quanta + (before.amount_quanta if before else 0),
                        "postings": postings + (before.postings if before else 0),
                    }
                )
        self._connection.execute(upsert(self._connection, tables.day_movements), rows)

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
