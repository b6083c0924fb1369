"""Very many new rows of one table, as quickly as the database takes them.

The one idea: rows come as tuples in the order of the table's columns and go in without being looked at
one by one: many in one statement on SQLite, as a COPY on PostgreSQL. For tables whose values are what
the driver takes (text and integers); others go the way of every statement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, islice, repeat
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Connection, Table

RowTuple: TypeAlias = tuple[Any, ...]
_Row = TypeVar("_Row")

VALUES_MAX: Final = 9_000
"""Values in one statement: SQLite's own limit is 32,766, and beyond some hundred rows none is gained."""
ROWS_MAX: Final = 1_000
"""Rows in one statement, however few values each of them has of its own."""
MANY: Final = 250
"""Rows from which on it is sooner to write them by themselves than to gather more."""
SMALLER: Final = 4
"""How much fewer rows the next smaller statement takes: few statements, and few texts to keep prepared."""


@dataclass(frozen=True, slots=True)
class Same:
    """A column that says the same in every row."""

    value: Any


Column: TypeAlias = Same | Sequence[Any]


def column_of(values: Sequence[Any]) -> Column:
    """The column of these values, at least one: what is the same in all rows is handed over once."""
    first = values[0]
    return Same(first) if values.count(first) == len(values) else values


def rows_of(columns: Sequence[Column]) -> list[RowTuple]:
    """The same row by row; at least one column has a value for each."""
    each = (repeat(item.value) if isinstance(item, Same) else item for item in columns)
    return list(zip(*each, strict=False))


def insert_columns(connection: Connection, table: Table, columns: Sequence[Column]) -> None:
    """Insert new rows inside the caller's transaction, given by columns.

    Args:
        connection: one that writes.
        table: of plain text and integer columns.
        columns: every column of the table, in its order; at least one has a value for each row.
    """
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows_of(columns))
        return
    same = tuple([isinstance(item, Same) for item in columns])
    values_of_all = tuple([item.value for item in columns if isinstance(item, Same)])
    own = [item for item in columns if not isinstance(item, Same)]
    rows = zip(*own, strict=True)
    for part in parts(own[0], min(VALUES_MAX // len(own), ROWS_MAX)):
        # Straight from the columns: tuples that stay would be ten thousand more for the collector.
        values = chain(values_of_all, chain.from_iterable(islice(rows, len(part))))
        connection.exec_driver_sql(_insert_columns(table, same, len(part)), tuple(values))


def insert_rows(connection: Connection, table: Table, rows: Sequence[RowTuple]) -> None:
    """Insert new rows inside the caller's transaction.

    Args:
        connection: one that writes.
        table: of plain text and integer columns.
        rows: a value for every column, in the table's order.
    """
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
        return
    for part in parts(rows, VALUES_MAX // len(table.columns)):
        values = tuple(chain.from_iterable(part))
        connection.exec_driver_sql(_insert(table, len(part)), values)


def parts(rows: Sequence[_Row], most: int) -> Iterator[Sequence[_Row]]:
    """All the rows in a few parts whose lengths come again and again: `most`, a quarter of it, and so on.

    A statement for each row would cost little more by itself. But Python's threads take turns around
    every call to the database: each would wait for whatever else the process is busy with.
    """
    first, count = 0, most
    while first < len(rows):
        while len(rows) - first < count:
            count = max(1, count // SMALLER)
        yield rows[first : first + count]
        first += count


def places(rows: int, columns: int) -> str:
    """Places for the values of some rows, as SQLite writes them."""
    return ", ".join([f"({', '.join('?' * columns)})"] * rows)


@cache
def _insert(table: Table, count: int) -> str:
    return f"INSERT INTO {_named(table)} VALUES {places(count, len(table.columns))}"  # noqa: S608 - our own names


@lru_cache(maxsize=64)
def _insert_columns(table: Table, same: tuple[bool, ...], count: int) -> str:
    """The same with what all rows have in common named once, before their own values."""
    own = iter(range(1, len(same) + 1))
    taken = ", ".join(["?" if is_same else f"column{next(own)}" for is_same in same])
    values = places(count, same.count(False))
    return f"INSERT INTO {_named(table)} SELECT {taken} FROM (VALUES {values})"  # noqa: S608 - our own names


def _copy(connection: Connection, table: Table, rows: Sequence[RowTuple]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {_named(table)} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _named(table: Table) -> str:
    return f"{table.name} ({', '.join(column.name for column in table.columns)})"
