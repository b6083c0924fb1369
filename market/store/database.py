"""Opening a market's SQLite file: one thread that writes, any number of connections that read.

The one idea: a setting that was asked for is read back, and a file that does not keep it is refused.
Only the writer's connection ever checkpoints, because older SQLite libraries have a race when two
do; readers open the file read-only and cannot.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, create_engine, event, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.pool import NullPool, QueuePool

from market.store.tables import JOURNAL, METADATA, meta

SCHEMA_VERSION: Final = 1
"""Version of the journal's own layout. A file of another version is refused."""
BUSY_TIMEOUT_MS: Final = 5_000
"""How long a connection waits for a lock: far longer than any transaction here takes."""
READERS_MAX: Final = 40
"""Most reading connections at once: one for each thread of the server's pool."""
READER_WAIT_S: Final = 10.0
"""How long a reader waits for a free connection before it gives up."""

_WRITER: Final[Mapping[str, str | int]] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a commit is on disk when it returns
    "foreign_keys": 1,
    "busy_timeout": BUSY_TIMEOUT_MS,
}
_PROJECTOR: Final[Mapping[str, str | int]] = {
    **_WRITER,
    "synchronous": 1,  # NORMAL: whole or not at all, but a power cut may take the last ones
    "wal_autocheckpoint": 0,
}
_READER: Final[Mapping[str, str | int]] = {
    "query_only": 1,
    "busy_timeout": BUSY_TIMEOUT_MS,
    "wal_autocheckpoint": 0,
}


# Made once: putting a statement together costs more than running it.
_READ_META: Final = select(meta.c.value).where(meta.c.name == bindparam("wanted"))
_ROW: Final = insert(meta)
_WRITE_META: Final = _ROW.on_conflict_do_update(
    index_elements=[meta.c.name], set_={"value": _ROW.excluded.value}
)


class StoreFault(Exception):
    """A market's file cannot be used as it is.

    StoreFault
    ├── SettingRefused    SQLite did not take a setting the promises rest on
    ├── SchemaRefused     the file was written by another version, or is no market's file
    ├── WriterReplaced    another process has taken over writing
    └── JournalBroken     (restore.py) the journal does not prove itself
    """


class SettingRefused(StoreFault):
    """A pragma reads back other than it was set."""


class SchemaRefused(StoreFault):
    """The file's schema version is not ours."""


class WriterReplaced(StoreFault):
    """The stored epoch is not ours any more: a newer writer has started on this file."""


def _set(driver: sqlite3.Connection, settings: Mapping[str, str | int]) -> None:
    """Set pragmas and read each one back.

    Raises:
        SettingRefused: one of them was not kept.
    """
    for name, wanted in settings.items():
        driver.execute(f"PRAGMA {name} = {wanted}")
        (found,) = driver.execute(f"PRAGMA {name}").fetchone()
        if found != wanted:
            raise SettingRefused(f"{name} is {found}, wanted {wanted}")


def open_writer(path: Path) -> Connection:
    """The connection that writes what must not be lost. The caller begins and ends transactions.

    Raises:
        SettingRefused: the file system or library does not give what durability needs.
    """
    return _open(path, _WRITER)


def open_projector(path: Path) -> Connection:
    """The connection for what can be made again: its commits do not wait for the disk.

    The next commit of the writer flushes them along; what a power cut takes, the start makes again.
    It never checkpoints. Use it in the writer's thread, never beside an open transaction of it.

    Raises:
        SettingRefused: as for the writer.
    """
    return _open(path, _PROJECTOR)


def _open(path: Path, settings: Mapping[str, str | int]) -> Connection:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def configure(driver: sqlite3.Connection, _record: object) -> None:
        _set(driver, settings)

    return engine.connect()


def create_schema(connection: Connection) -> None:
    """Make the tables of a new file, or check the version of an old one. Inside a transaction.

    Raises:
        SchemaRefused: the file has tables, but not of this version.
    """
    has_tables = connection.exec_driver_sql(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
    ).scalar_one()
    if not has_tables:
        METADATA.create_all(connection)
        write_meta(connection, "schema_version", SCHEMA_VERSION)
        return
    if not connection.dialect.has_table(connection, meta.name):
        raise SchemaRefused("not a market's file")
    found = read_meta(connection, "schema_version", 0)
    if found != SCHEMA_VERSION:
        raise SchemaRefused(f"schema version {found}, wanted {SCHEMA_VERSION}")


def recreate_projections(connection: Connection) -> None:
    """Empty every table but the journal and meta, with today's columns. Inside a transaction."""
    made_again = [table for table in METADATA.sorted_tables if table.name not in JOURNAL]
    METADATA.drop_all(connection, tables=made_again)
    METADATA.create_all(connection, tables=made_again)


def read_meta(connection: Connection, name: str, default: int) -> int:
    """A number the file keeps about itself, or the default where it has none."""
    found = connection.execute(_READ_META, {"wanted": name}).scalar()
    return default if found is None else int(found)


def write_meta(connection: Connection, name: str, value: int) -> None:
    """Keep a number about the file. Inside a transaction."""
    connection.execute(_WRITE_META, {"name": name, "value": value})


class Readers:
    """Read-only connections to a market's file, safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self._engine: Engine = create_engine(
            f"sqlite:///file:{path.absolute()}?mode=ro&uri=true",
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=READERS_MAX - 4,
            pool_timeout=READER_WAIT_S,
            connect_args={"check_same_thread": False, "isolation_level": None},
        )

        @event.listens_for(self._engine, "connect")
        def configure(driver: sqlite3.Connection, _record: object) -> None:
            _set(driver, _READER)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection whose queries all see the same moment. Keep it no longer than one answer."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    def close(self) -> None:
        """Close the idle connections."""
        self._engine.dispose()
