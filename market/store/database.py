"""Opening a market's store: an SQLite file, or a schema in a PostgreSQL server.

The one idea: one module asks which of the two it is; the sequencer, the projections and the queries
do not know. What each of them needs from its database is in `sqlite.py` and `postgres.py`.

The durable tables are made and changed by the steps in `migrations/`; projections are made from
`tables.py` and made again whenever their version changes, so they need no steps.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Dialect, Engine, bindparam, select
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from market.store import postgres, sqlite
from market.store.append_only import POSTINGS, guard, rebuilding
from market.store.faults import (
    SchemaRefused,
    SettingRefused,
    StoreFault,
    StoreUnreachable,
    WriterReplaced,
)
from market.store.postgres import PostgresStore, server_faults, url_of
from market.store.tables import JOURNAL, METADATA, meta
from market.store.upsert import upsert

__all__ = [
    "BEGIN",
    "PostgresStore",
    "Readers",
    "SchemaRefused",
    "SettingRefused",
    "Store",
    "StoreFault",
    "StoreUnreachable",
    "Stores",
    "WriterReplaced",
    "create_schema",
    "empty_projections",
    "open_projector",
    "open_writer",
    "read_epoch",
    "read_meta",
    "recreate_projections",
    "server_faults",
    "take_over",
    "url_of",
    "write_meta",
]

SCHEMA_HEAD: Final = "0004"
"""The newest step in `migrations/versions/`; a test compares."""
BASELINE: Final = "0001"
"""The step whose tables files had before there were steps."""
BASELINE_VERSION: Final = 1
"""What those files say of themselves."""
READERS_MAX: Final = 40
"""Most reading connections at once: one for each thread of the server's pool."""
READER_WAIT_S: Final = 10.0
"""How long a reader waits for a free connection before it gives up."""
BEGIN: Final = {"sqlite": "BEGIN IMMEDIATE"}
"""How a transaction that writes begins, by dialect; without one the driver does it by itself."""

Store: TypeAlias = Path | PostgresStore
"""Where one market is kept."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_VERSION_TABLE: Final = "alembic_version"
_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}

# Made once: putting a statement together costs more than running it.
_READ_META: Final = select(meta.c.value).where(meta.c.name == bindparam("wanted"))
_HOLD_META: Final = _READ_META.with_for_update(read=True)
_MAKING: Final[dict[str, tuple[str, ...]]] = {}
"""What makes the projections anew, by dialect; put together when first wanted."""


def open_writer(store: Store) -> Connection:
    """The connection that writes what must not be lost. The caller begins and ends transactions.

    Raises:
        SettingRefused: the database does not give what durability needs.
    """
    if isinstance(store, PostgresStore):
        return postgres.connect(store, postgres.WRITER)
    return sqlite.connect(store, sqlite.WRITER)


def open_projector(store: Store) -> Connection:
    """The connection for what can be made again: its commits do not wait for the disk.

    The next commit of the writer flushes them along; what a power cut takes, the start makes again.
    It never checkpoints. Use it in the writer's thread, never beside an open transaction of it.

    Raises:
        SettingRefused: as for the writer.
    """
    if isinstance(store, PostgresStore):
        return postgres.connect(store, postgres.PROJECTOR)
    return sqlite.connect(store, sqlite.PROJECTOR)


def create_schema(connection: Connection) -> None:
    """Make the durable tables, or bring those of an old store up to date. Inside a transaction.

    Raises:
        SchemaRefused: it has tables, but not a market's, or of a version that is not known here.
    """
    found = set(connection.exec_driver_sql(_TABLES[connection.dialect.name]).scalars())
    if _VERSION_TABLE in found:
        version = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSION_TABLE}").scalar()  # noqa: S608 - a constant
        if version != SCHEMA_HEAD:
            _upgrade(connection)
    else:
        if found:
            _adopt(connection, found)
        _upgrade(connection)


def _adopt(connection: Connection, tables: set[str]) -> None:
    """Check that a store without a step's name has the tables of the first one, and say so."""
    if meta.name not in tables:
        raise SchemaRefused("it holds no market")
    version = read_meta(connection, "schema_version", 0)
    if version != BASELINE_VERSION:
        raise SchemaRefused(f"schema version {version}, wanted {BASELINE_VERSION}")
    _alembic(connection, "stamp", BASELINE)


def _upgrade(connection: Connection) -> None:
    _alembic(connection, "upgrade", "head")


def _alembic(connection: Connection, command: str, revision: str) -> None:
    """Run one of alembic's commands inside the caller's transaction.

    Raises:
        SchemaRefused: the store is at a step that is not known here: a newer program made it.
    """
    # Only a store that is new or old needs it, and importing it takes longer than opening one.
    from alembic import command as commands
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        getattr(commands, command)(config, revision)
    except CommandError as fault:
        raise SchemaRefused(f"its schema is of another version: {fault}") from fault


def recreate_projections(connection: Connection) -> None:
    """Make every projection anew, empty, with today's columns. Inside a transaction.

    Only while nobody reads: on PostgreSQL a reader would find the new table without its rows.
    """
    name = connection.dialect.name
    if name not in _MAKING:
        _MAKING[name] = tuple(_making(connection.dialect))
    for statement in _MAKING[name]:
        connection.exec_driver_sql(statement)
    for table in POSTINGS:
        guard(connection, table)


def _making(dialect: Dialect) -> Iterator[str]:
    """The statements that drop every projection and create it."""
    made_again = [table for table in METADATA.sorted_tables if table.name not in JOURNAL]
    for table in reversed(made_again):
        yield str(DropTable(table, if_exists=True).compile(dialect=dialect))
    for table in made_again:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))


def empty_projections(connection: Connection) -> None:
    """Empty every projection; who reads meanwhile sees what was there. Inside a transaction."""
    for table in METADATA.sorted_tables:
        if table in POSTINGS:
            with rebuilding(connection, table):
                connection.execute(table.delete())
        elif table.name not in JOURNAL:
            connection.execute(table.delete())


def read_meta(connection: Connection, name: str, default: int) -> int:
    """A number the store keeps about itself, or the default where it has none."""
    found = connection.execute(_READ_META, {"wanted": name}).scalar()
    return default if found is None else int(found)


def read_epoch(connection: Connection) -> int:
    """The epoch, held until the transaction ends: no newer writer can start before."""
    found = connection.execute(_HOLD_META, {"wanted": "epoch"}).scalar()
    return 0 if found is None else int(found)


def write_meta(connection: Connection, **values: int) -> None:
    """Keep numbers about the store, by their names. Inside a transaction."""
    rows = [{"name": name, "value": value} for name, value in values.items()]
    connection.execute(upsert(connection, meta), rows)


def take_over(connection: Connection) -> None:
    """Become the only writer, for as long as the connection lives. Inside a transaction.

    A file needs nothing: its lock is taken by every transaction that writes.

    Raises:
        WriterReplaced: somebody else took over at the same time.
    """
    if connection.dialect.name == "postgresql":
        postgres.take_over(connection)


class Readers:
    """Read-only connections to a market's store, safe to use from any thread."""

    def __init__(self, store: Store) -> None:
        pool: dict[str, Any] = {
            "pool_size": 4,
            "max_overflow": READERS_MAX - 4,
            "pool_timeout": READER_WAIT_S,
        }
        self._engine: Engine = (
            postgres.reading_engine(store, **pool)
            if isinstance(store, PostgresStore)
            else sqlite.reading_engine(store, **pool)
        )
        self._closed = False

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection whose queries all see the same moment. Keep it no longer than one answer."""
        try:
            with self._engine.connect() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN")
                yield connection
        finally:
            if self._closed:  # nobody comes any more who would close what was just given back
                self._engine.pool.dispose()

    def close(self) -> None:
        """Close the idle connections now, and those still in use as they are given back."""
        self._closed = True
        self._engine.pool.dispose()


class Stores:
    """Where all markets of a server are kept: a folder of files, or one PostgreSQL database."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self._folder, self._url = folder, url
        if url is None:
            folder.mkdir(parents=True, exist_ok=True)

    def of(self, market_id: str) -> Store:
        """Where this market is, or would be, kept."""
        if self._url is not None:
            return PostgresStore(url=self._url, market_id=market_id)
        return self._folder / f"{market_id}.sqlite"

    def markets(self) -> tuple[str, ...]:
        """The markets that are kept here, by id."""
        if self._url is not None:
            return postgres.markets(self._url)
        return tuple(sorted(path.stem for path in self._folder.glob("*.sqlite")))

    def remove(self, market_id: str) -> None:
        """Delete what is kept of a market that nobody was told of."""
        store = self.of(market_id)
        if isinstance(store, PostgresStore):
            postgres.remove(store)
        else:
            sqlite.remove(store)
