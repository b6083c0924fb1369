"""Of whom a question about a month is: of some participants, or of everybody.

The one idea: a condition names participants, their units or their accounts all at once, and never makes the
database begin with them: it is days, intervals and runs that find rows.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from market.model.money import participant_account
from market.store import tables
from market.store.queries.among import among

ACCOUNT: Final = participant_account("")
"""How accounts of participants begin."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Where to read, and of whom."""

    connection: Connection
    market_id: str
    names: Collection[str] | None
    """None: of everybody."""

    def owned(self, column: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
        """The condition that a column is one of the participants."""
        return () if self.names is None else (among(self.connection, column, self.names),)

    def metered(self, column: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
        """The condition that a column is a unit of theirs.

        Of the column and not of the owner in the table joined to it: no database is to begin with the owners
        and look through the month anew for each unit.
        """
        if self.names is None:
            return ()
        c = tables.units.c
        units = select(c.unit_id).where(
            c.market_id == self.market_id, *self.owned(c.participant_id)
        )
        return (among(self.connection, column, self.connection.execute(units).scalars()),)

    def booked(self, column: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
        """The condition that a column is the account of one of them, or of any participant.

        A part of the column has no index: days and runs are what finds their rows.
        """
        name = func.substr(column, len(ACCOUNT) + 1)
        return (column.startswith(ACCOUNT, autoescape=True), *self.owned(name))
