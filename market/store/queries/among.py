"""Very many names, or intervals of units, in one question: handed over as one value, however many they are."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    bindparam,
    cast,
    collate,
    func,
    select,
)
from sqlalchemy.dialects import postgresql


def among(
    connection: Connection, column: ColumnElement[str], names: Iterable[str]
) -> ColumnElement[bool]:
    """Whether the column's value is among the names."""
    text = bindparam(None, msgspec.json.encode(list(names)).decode(), Text)
    return column.in_(_ONE_BY_ONE[connection.dialect.name](text))


def _sqlite(text: ColumnElement[str]) -> Select[tuple[str]]:
    return select(func.json_each(text).table_valued("value").c.value)


def _postgresql(text: ColumnElement[str]) -> Select[tuple[str]]:
    # As the columns are: a comparison of two collations is none.
    return select(
        collate(
            func.json_array_elements_text(cast(text, postgresql.JSON)).column_valued("name"), "C"
        )
    )


_ONE_BY_ONE = {"sqlite": _sqlite, "postgresql": _postgresql}


def cells(connection: Connection, wanted: Iterable[tuple[int, str]]) -> FromClause:
    """A table of these intervals and units, to be joined with: columns `start_s` and `unit_id`."""
    text = bindparam(None, msgspec.json.encode(list(wanted)).decode(), Text)
    start_s, unit_id = _PAIR_BY_PAIR[connection.dialect.name](text)
    return select(start_s.label("start_s"), unit_id.label("unit_id")).subquery("cells")


def _sqlite_pairs(text: ColumnElement[str]) -> tuple[Any, Any]:
    pair = func.json_each(text).table_valued("value").c.value
    return func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]")


def _postgresql_pairs(text: ColumnElement[str]) -> tuple[Any, Any]:
    pair = func.json_array_elements(cast(text, postgresql.JSON)).column_valued("pair")
    start_s = func.json_array_element_text(pair, 0)
    return cast(start_s, BigInteger), collate(func.json_array_element_text(pair, 1), "C")


_PAIR_BY_PAIR = {"sqlite": _sqlite_pairs, "postgresql": _postgresql_pairs}
