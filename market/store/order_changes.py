"""Changes of rows that stand: gathered, and those of one kind written together.

The one idea: what happens to different orders may be written in any order, so thousands of changes become
a few statements of many rows. What happens to one order in several ways keeps its order, because the kinds
are written in a fixed one; only when it would be the other way round is everything before it written first.
Statements go to the driver as text: SQLAlchemy's handling of each row's parameters costs more than the change.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Dialect, Update
from sqlalchemy.dialects import sqlite

from market.store.rows import VALUES_MAX, RowTuple, parts, places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderChange:
    """A kind of change: a statement whose `of_market` and `of_sequence` name the order."""

    rank: int
    """Of two kinds that wait for one order, the lower is written first."""
    statement: Update
    given: tuple[str, ...] = ()
    """The statement's other places, in the order in which their values are given."""
    adds: bool = False
    """Twice for one order: the values are added; False: the later ones count."""


Values: TypeAlias = tuple[Any, ...]
"""What is given for one order, as `OrderChange.given` names it."""


class OrderChanges:
    """Changes of orders that are not written yet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: dict[OrderChange, dict[int, Values]] = {}
        self._last_rank: dict[int, int] = {}
        """The highest rank that waits, by order."""

    def clash(self, change: OrderChange, rows: Iterable[tuple[int, Values]]) -> bool:
        """True when what waits for one of these orders would be written after this: it must go first."""
        last_rank, rank = self._last_rank, change.rank
        return any(last_rank.get(sequence, rank) > rank for sequence, _ in rows)

    def add(self, change: OrderChange, rows: Iterable[tuple[int, Values]]) -> None:
        """Gather changes, each with the order's own number."""
        waiting = self._waiting.setdefault(change, {})
        for sequence, values in rows:
            before = waiting.get(sequence) if change.adds else None
            waiting[sequence] = (
                values if before is None else tuple(map(sum, zip(before, values, strict=True)))
            )
            self._last_rank[sequence] = change.rank

    def write(self, market_id: str) -> None:
        """Write what was gathered, inside the caller's transaction."""
        waiting, self._waiting, self._last_rank = self._waiting, {}, {}
        for change in sorted(filter(waiting.get, waiting), key=attrgetter("rank")):
            rows = [(market_id, sequence, *given) for sequence, given in waiting[change].items()]
            if self._connection.dialect.name == "sqlite":
                _in_few_statements(self._connection, change, rows)
            else:
                _one_by_one(self._connection, change, rows)


def _in_few_statements(
    connection: Connection, change: OrderChange, rows: Sequence[RowTuple]
) -> None:
    for part in parts(rows, VALUES_MAX // len(rows[0])):
        values = tuple(chain.from_iterable(part))
        connection.exec_driver_sql(_text_of_many(change, len(part)), values)


def _one_by_one(connection: Connection, change: OrderChange, rows: Sequence[RowTuple]) -> None:
    """A statement for each row: the driver has all of them on their way at once."""
    text, constants = _text_of_one(change, connection.dialect)
    names = _names(change)
    values = [constants | dict(zip(names, row, strict=True)) for row in rows]
    connection.exec_driver_sql(text, values)


def _names(change: OrderChange) -> tuple[str, ...]:
    return ("of_market", "of_sequence", *change.given)


@lru_cache(maxsize=64)
def _text_of_one(change: OrderChange, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    """The driver's text, and the values in it that never change."""
    compiled = change.statement.compile(dialect=dialect)
    return str(compiled), dict(compiled.params)


@cache
def _text_of_many(change: OrderChange, count: int) -> str:
    """The same of many rows, each a row of a table that is written out in the statement."""
    compiled = change.statement.compile(dialect=_NAMED)
    names = _names(change)

    def spoken(place: re.Match[str]) -> str:
        name = place[1]
        if name in names:
            return f"changed.{name}"
        constant = compiled.params[name]
        return str(constant) if isinstance(constant, int) else f"'{constant}'"

    text = _PLACE.sub(spoken, str(compiled))
    where = text.index(" WHERE ")
    return (
        f"WITH changed ({', '.join(names)}) AS (VALUES {places(count, len(names))}) "
        f"{text[:where]} FROM changed{text[where:]}"
    )


_NAMED: Final = sqlite.dialect(paramstyle="named")
_PLACE: Final = re.compile(r":(\w+)")
