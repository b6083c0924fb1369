"""Reading on in a list, and turning rows into facts.

The one idea: a cursor is the key of the last row that was given out, so a list that grows meanwhile
neither repeats nor skips a row.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Result, Row, Select

from market.store.views import Page

LIMIT_MAX: Final = 10_000
"""Most rows in one answer, whoever asks."""
SEPARATOR: Final = "~"
"""Between the parts of a cursor; never part of an id."""
DIGITS_MAX: Final = 18
"""A number with more digits may not fit 64 bits."""

PART_ROWS: Final = 500
"""Rows fetched together where very many are read: many more would only be walked by the collector."""

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
FactT = TypeVar("FactT")


class CursorFault(ValueError):
    """A cursor no list has given out."""


def in_columns(result: Result[*tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], ...]]:
    """All rows, by the hundred, as columns: one by one costs more than what is done with them."""
    for part in result.partitions(PART_ROWS):
        yield tuple(zip(*part, strict=True))


def by_hundreds(result: Result[*tuple[Any, ...]]) -> Iterator[AnyRow]:
    """All rows, one by one, fetched by the hundred."""
    for part in result.partitions(PART_ROWS):
        yield from part


def cursor_of(*key: str | int) -> str:
    """The cursor behind a row with this key."""
    return SEPARATOR.join(str(part) for part in key)


def numbers(cursor: str, count: int) -> tuple[int, ...]:
    """A cursor made of whole numbers.

    Raises:
        CursorFault: it is not one, or not of so many.
    """
    parts = cursor.split(SEPARATOR)
    if len(parts) != count or not all(_is_number(part) for part in parts):
        raise CursorFault(cursor)
    return tuple(int(part) for part in parts)


def number_and_name(cursor: str) -> tuple[int, str]:
    """A cursor made of a whole number and an id.

    Raises:
        CursorFault: it is not one.
    """
    number, separator, name = cursor.partition(SEPARATOR)
    if not separator or not _is_number(number):
        raise CursorFault(cursor)
    return int(number), name


def number_and_names(cursor: str, count: int) -> tuple[int | str, ...]:
    """A cursor made of a whole number and so many ids.

    Raises:
        CursorFault: it is not one.
    """
    number, *names = cursor.split(SEPARATOR)
    if len(names) != count or not _is_number(number):
        raise CursorFault(cursor)
    return int(number), *names


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX


def page(
    rows: Sequence[AnyRow],
    limit: int,
    fact: Callable[[AnyRow], FactT],
    cursor: Callable[[AnyRow], str],
) -> Page[FactT]:
    """A page from up to `limit` + 1 rows; the one too many says that there is more."""
    shown = rows[:limit]
    return Page(
        items=tuple(fact(row) for row in shown),
        next_cursor=cursor(shown[-1]) if len(rows) > limit and shown else None,
    )


def read_page(
    connection: Connection,
    query: Select[*tuple[Any, ...]],
    key: Sequence[ColumnElement[Any]],
    limit: int,
    fact: Callable[[AnyRow], FactT],
) -> Page[FactT]:
    """The next page of a query in order of its key, which is the cursor too.

    Args:
        connection: of a reader.
        query: rows behind the cursor, in no order yet.
        key: columns of the query, unique together.
        limit: most rows, of 1 to LIMIT_MAX.
        fact: makes a row into what the list holds.
    """
    count, names = bounded(limit), [str(column.key) for column in key]
    rows = connection.execute(query.order_by(*key).limit(count + 1)).all()
    return page(rows, count, fact, lambda row: cursor_of(*(getattr(row, name) for name in names)))


def bounded(limit: int) -> int:
    """A limit between 1 and LIMIT_MAX."""
    return max(1, min(limit, LIMIT_MAX))


def fact(kind: Callable[..., FactT], row: AnyRow, /, **converted: object) -> FactT:
    """A dataclass from the columns named like its fields; `converted` wins over a column."""
    values = row._mapping  # noqa: SLF001 - the public way to read a row by name
    names = _names(kind)
    return kind(**{name: values[name] for name in names if name not in converted}, **converted)


@cache  # for each row it would cost more than reading the row
def _names(kind: Callable[..., object]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))  # type: ignore[arg-type]
