"""Whether a column is one of very many names: handed over as one value, however many they are."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
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
