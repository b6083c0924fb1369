"""Insert a row, or change the one with its key: one way of saying it for both databases."""

from collections.abc import Callable
from functools import cache
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Table, func
from sqlalchemy.dialects import postgresql, sqlite

Upsert: TypeAlias = postgresql.Insert | sqlite.Insert

_INSERT: Final[dict[str, Callable[[Table], Upsert]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def upsert(
    connection: Connection, table: Table, *changed: str, added: tuple[str, ...] = ()
) -> Upsert:
    """Rows of the table, given when the statement is executed; no key may come twice in one execution.

    Args:
        connection: where it will be executed.
        table: one with a primary key.
        changed: the columns that change where the key stands already; the others are for new rows
            only. All of them if none is named.
        added: columns to which the row's numbers are added there.
    """
    return _made(connection.dialect.name, table, changed, added)


@cache  # as many as there are calls in the code; making a statement costs more than running it
def _made(dialect: str, table: Table, changed: tuple[str, ...], added: tuple[str, ...]) -> Upsert:
    row = _INSERT[dialect](table)
    names = changed
    if not names and not added:
        names = tuple(column.name for column in table.c if not column.primary_key)
    values: dict[str, ColumnElement[object]] = {name: row.excluded[name] for name in names}
    for name in added:
        values[name] = func.coalesce(table.c[name], 0) + row.excluded[name]
    return row.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=values)
