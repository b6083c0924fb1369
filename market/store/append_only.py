"""Tables to which rows are only added: the journal, and the postings that are projected from it.

The one idea: the database itself refuses to change or take out a row, whatever program asks, so what
was wrong is put right by another row beside it. The journal's guard is a step of `migrations/`, and
nothing here can lift it. Postings are a projection and may be made again, but only all of them, by
`rebuilding` in the transaction that fills them anew: to change the schema is an act of its own,
which no statement that changes rows can be mistaken for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Table

from market.store.tables import transfers

POSTINGS: Final = (transfers,)
"""Projections to which rows are only added; each keeps a key of whole numbers."""

# With a trigger a file is never emptied in one stroke, so DELETE covers what TRUNCATE does elsewhere.
# A row that takes the place of another one fires no trigger of DELETE there: the third one is for that.
_SQLITE: Final = """
CREATE TRIGGER IF NOT EXISTS {table}_is_not_{verb} BEFORE {act} ON {table} {when}
BEGIN SELECT RAISE(ABORT, '{table}: rows are only added'); END
"""
_ACTS: Final = (("changed", "UPDATE"), ("deleted", "DELETE"), ("replaced", "INSERT"))
_POSTGRES: Final = (
    """
CREATE OR REPLACE TRIGGER {table}_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()
""",
    "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_is_only_added_to",
)
"""The function is made by the step that guards the journal."""


def guard(connection: Connection, table: Table) -> None:
    """From now on rows are only added to the table. Inside a transaction."""
    if connection.dialect.name == "postgresql":
        for statement in _POSTGRES:
            connection.exec_driver_sql(statement.format(table=table.name))
        return
    same_key = " AND ".join(
        f"{column.name} = NEW.{column.name}" for column in table.primary_key.columns
    )
    there_already = f"WHEN EXISTS (SELECT 1 FROM {table.name} WHERE {same_key})"  # noqa: S608 - our own names
    for verb, act in _ACTS:
        when = there_already if act == "INSERT" else ""
        connection.exec_driver_sql(_SQLITE.format(table=table.name, verb=verb, act=act, when=when))


@contextmanager
def rebuilding(connection: Connection, table: Table) -> Iterator[None]:
    """The postings may be taken out inside the block, to be made again in the same transaction.

    Who reads meanwhile is not held up and sees what was there before.
    """
    assert table in POSTINGS, "nothing else can be made again"
    if connection.dialect.name == "postgresql":
        # Unlike dropping them, this lock lets readers go on.
        connection.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
    else:
        for verb, _ in _ACTS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table.name}_is_not_{verb}")
    yield
    guard(connection, table)
