"""Very many units and intervals, to be joined with: handed over as one value, however many they are."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    FromClause,
    Text,
    bindparam,
    cast,
    collate,
    func,
    select,
)
from sqlalchemy.dialects import postgresql


def cells(connection: Connection, wanted: Iterable[tuple[int, str]]) -> FromClause:
    """A table of these intervals and units: columns `start_s` and `unit_id`."""
    text = bindparam(None, msgspec.json.encode(list(wanted)).decode(), Text)
    start_s, unit_id = _ONE_BY_ONE[connection.dialect.name](text)
    return select(start_s.label("start_s"), unit_id.label("unit_id")).subquery("cells")


def _sqlite(text: Any) -> tuple[Any, Any]:  # noqa: ANN401 - expressions of a query
    pair = func.json_each(text).table_valued("value").c.value
    return func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]")


def _postgresql(text: Any) -> tuple[Any, Any]:  # noqa: ANN401 - expressions of a query
    pair = func.json_array_elements(cast(text, postgresql.JSON)).column_valued("pair")
    start_s = func.json_array_element_text(pair, 0)
    # As the columns are: a comparison of two collations is none.
    return cast(start_s, BigInteger), collate(func.json_array_element_text(pair, 1), "C")


_ONE_BY_ONE = {"sqlite": _sqlite, "postgresql": _postgresql}
