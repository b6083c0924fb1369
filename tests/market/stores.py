"""Stores for tests: the same questions to an SQLite file and to a PostgreSQL schema."""

import itertools
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from market.store import postgres
from market.store.database import PostgresStore, Store, open_writer

KINDS: Final = ("sqlite", "postgresql")
_numbers: Final = itertools.count(1)

NewStore = Callable[[], Store]


@contextmanager
def made(kind: str, folder: Path, url: Callable[[], str]) -> Iterator[NewStore]:
    """Something that gives a new, empty store at each call; all of them go with the block."""
    schemas: list[PostgresStore] = []

    def new() -> Store:
        if kind == "sqlite":
            return folder / f"village-{next(_numbers)}.sqlite"
        store = PostgresStore(url=url(), market_id=f"village-{uuid.uuid4().hex}")
        schemas.append(store)
        return store

    try:
        yield new
    finally:
        for store in schemas:
            postgres.remove(store)


@contextmanager
def opened(store: Store, *, unguarded: bool = False) -> Iterator[Connection]:
    """A connection of somebody who goes past the sequencer; what was changed is kept.

    `unguarded`: and past what the database refuses by itself, as who owns the schema can.
    """
    connection = open_writer(store)
    try:
        with connection.begin():
            if unguarded:
                lift_guards(connection)
            yield connection
    finally:
        connection.close()
        connection.engine.dispose()


def lift_guards(connection: Connection) -> None:
    """Let rows of the journal and the postings be changed from now on."""
    if connection.dialect.name == "sqlite":
        named = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for name in connection.exec_driver_sql(named).scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    named = """
        SELECT DISTINCT event_object_table FROM information_schema.triggers
        WHERE trigger_schema = current_schema()
    """
    for table in connection.exec_driver_sql(named).scalars().all():
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def unguarded_file(path: Path) -> sqlite3.Connection:
    """A plain connection to a market's file whose guards are gone."""
    connection = sqlite3.connect(path)
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection
