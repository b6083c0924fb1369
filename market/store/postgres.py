"""A market in a PostgreSQL server: a schema of its own, written by one session at a time.

The one idea: the same promises as of a file. What was asked for is read back; the writer's commits
are on disk when they return; who reads cannot write and sees one moment; a newer writer takes over
and the older one finds out before it can write again.

A server is shared, so three things keep two writers apart: the stored epoch, read under a lock of
its row in the writing transaction; a session lock that only one writer holds; and the journal's key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from market.store.faults import SettingRefused, StoreUnreachable, WriterReplaced

VERSION_MIN: Final = 14
"""The first with every setting that is made here."""
LOCK_TIMEOUT: Final = "5s"
"""How long a session waits for a lock: far longer than any transaction here takes."""
SCHEMES: Final = ("postgresql", "postgres")
RESERVED: Final = frozenset({"public"})
"""Schemas every database has; a market of that name gets another one."""

_SESSION: Final[Mapping[str, str]] = {"lock_timeout": LOCK_TIMEOUT, "idle_session_timeout": "0"}
WRITER: Final[Mapping[str, str]] = {
    **_SESSION,
    "synchronous_commit": "on",  # a commit is on disk when it returns
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "off",
}
PROJECTOR: Final[Mapping[str, str]] = {
    **WRITER,
    "synchronous_commit": "off",  # whole or not at all, but a crash may take the last ones
    "default_transaction_isolation": "read committed",
}
READER: Final[Mapping[str, str]] = {
    **_SESSION,
    "default_transaction_isolation": "repeatable read",  # one answer sees one moment
    "default_transaction_read_only": "on",
}
_STRONGER: Final = {"synchronous_commit": "remote_apply"}
"""What a server with a standby may have set instead; it is left as it is."""

_LOCK_HOLDERS: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (classid::bigint << 32) + objid::bigint = {key}
"""
_META_HOLDERS: Final = """
SELECT pg_terminate_backend(lock.pid, 5000) FROM pg_locks AS lock
JOIN pg_class AS held ON held.oid = lock.relation
WHERE held.relname = 'meta' AND held.relnamespace = current_schema()::regnamespace
  AND lock.granted AND lock.mode IN ('RowShareLock', 'RowExclusiveLock')
  AND lock.pid <> pg_backend_pid()
"""
"""Sessions in the middle of a writing transaction of this market: the journal's, the projections'.
Readers take a weaker lock and are left alone."""
_MARKETS: Final = """
SELECT schemaname FROM pg_tables WHERE tablename IN ('journal', 'meta')
GROUP BY schemaname HAVING count(*) = 2 ORDER BY schemaname
"""
_SOUND: Final = {
    "fsync": "a power cut may destroy what was acknowledged",
    "full_page_writes": "a power cut may leave half-written pages",
    "data_checksums": "a damaged page would go unnoticed",
}
"""Settings that must be on, and what comes of it when one is not."""
_ASKED: Final = {
    "replica": "SELECT pg_is_in_recovery()",
    # A socket file has no address; on this machine nobody listens in between.
    "open_to_others": """
        SELECT NOT ssl AND client_addr IS NOT NULL
           AND NOT client_addr <<= '127.0.0.0/8' AND client_addr <> '::1'
        FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE pid = pg_backend_pid()
    """,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresStore:
    """Where a market lies in a PostgreSQL server."""

    url: str = field(repr=False)
    """Of the database; may hold a password."""
    market_id: str

    @property
    def schema(self) -> str:
        """The market's schema: its id. No id ends in an underscore."""
        return f"{self.market_id}_" if self.market_id in RESERVED else self.market_id


def url_of(text: str) -> URL:
    """A database's address, for the driver that is used here.

    Raises:
        ValueError: not an address of a PostgreSQL database.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("not an address: postgresql://user@host/database") from None
    if url.get_backend_name() not in SCHEMES:
        raise ValueError("the address of a PostgreSQL database begins with postgresql://")
    return url.set(drivername="postgresql+psycopg")


def connect(store: PostgresStore, settings: Mapping[str, str]) -> Connection:
    """A session of its own in the market's schema, which is made when it is not there.

    Raises:
        SettingRefused: the server does not give what durability needs.
    """
    engine = create_engine(url_of(store.url), poolclass=NullPool)
    _configure(engine, store.schema, settings, makes_schema=True)
    return engine.connect()


def reading_engine(store: PostgresStore, **pool: Any) -> Engine:  # noqa: ANN401 - the pool's own arguments
    """Pooled sessions whose transactions cannot write; the schema is never made."""
    engine = create_engine(url_of(store.url), poolclass=QueuePool, pool_pre_ping=True, **pool)
    _configure(engine, store.schema, READER, makes_schema=False)
    return engine


def _configure(
    engine: Engine, schema: str, settings: Mapping[str, str], *, makes_schema: bool
) -> None:
    @event.listens_for(engine, "connect")
    def configure(driver: psycopg.Connection[Any], _record: object) -> None:
        driver.autocommit = True  # what is set inside a transaction would go with it
        if makes_schema:
            found = driver.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,))
            if found.fetchone() is None:
                driver.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}".encode())
        for name, wanted in {**settings, "search_path": _quoted(schema)}.items():
            _set(driver, name, wanted)
        driver.autocommit = False


def _set(driver: psycopg.Connection[Any], name: str, wanted: str) -> None:
    """Set one setting of a session and read it back.

    Raises:
        SettingRefused: it was not kept.
    """
    asked = "SELECT current_setting(%s)"
    if driver.execute(asked, (name,)).fetchone() == (_STRONGER.get(name),) and wanted == "on":
        return
    driver.execute("SELECT set_config(%s, %s, false)", (name, wanted))
    if (found := driver.execute(asked, (name,)).fetchone()) != (wanted,):
        raise SettingRefused(f"{name} is {found and found[0]}, wanted {wanted}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def take_over(connection: Connection) -> None:
    """Become the one session that writes this market; whoever was it before is ended.

    Held until the session ends. Call it before anything is read or written: what the older one had
    begun is undone or committed when this returns, even if its process is paused or cut off.

    Raises:
        WriterReplaced: somebody else took over at the same time.
    """
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    # Eight bytes as the server splits them: of the market, whatever else locks in this database.
    key = int.from_bytes(sha256(f"wattmarket writer {schema}".encode()).digest()[:8]) >> 1
    taken = f"SELECT pg_try_advisory_lock({key})"
    if not connection.exec_driver_sql(taken).scalar_one():
        connection.exec_driver_sql(_LOCK_HOLDERS.format(key=key)).all()
        if not connection.exec_driver_sql(taken).scalar_one():
            raise WriterReplaced("another writer is starting on this market")
    # A writer that stands still may do so while its projections are written, in another session.
    connection.exec_driver_sql(_META_HOLDERS).all()


def markets(url: str) -> tuple[str, ...]:
    """The schemas that hold a market, by the market's id."""
    with _plain(url) as driver:
        schemas = [schema for (schema,) in driver.execute(_MARKETS).fetchall()]
    return tuple(schema.removesuffix("_") for schema in schemas)


def remove(store: PostgresStore) -> None:
    """Drop a market's schema and everything in it."""
    with _plain(store.url) as driver:
        _set(driver, "lock_timeout", LOCK_TIMEOUT)
        driver.execute(f"DROP SCHEMA IF EXISTS {_quoted(store.schema)} CASCADE".encode())


def server_faults(url: str) -> list[str]:
    """What speaks against trusting this server with a market.

    Raises:
        StoreUnreachable: it cannot be asked.
    """
    with _plain(url) as driver:
        faults = faults_of(_shown(driver), version=driver.info.server_version)
        for name in ("synchronous_commit", "default_transaction_isolation"):
            try:
                _set(driver, name, WRITER[name])
            except (SettingRefused, psycopg.Error) as fault:
                faults.append(f"PostgreSQL: {fault}")
    return faults


def _shown(driver: psycopg.Connection[Any]) -> dict[str, str]:
    """What the server says of itself, by the names in _SOUND and _ASKED."""
    shown = {name: f"SHOW {name}" for name in _SOUND} | _ASKED
    found = {name: driver.execute(query.encode()).fetchone() for name, query in shown.items()}
    return {name: str(row and row[0]).lower() for name, row in found.items()}


def faults_of(shown: Mapping[str, str], *, version: int) -> list[str]:
    """What of a server's settings is not as it must be; its version as 180004."""
    faults = [
        f"PostgreSQL: {name} is off: {why}" for name, why in _SOUND.items() if shown[name] != "on"
    ]
    if version // 10_000 < VERSION_MIN:
        faults.append(f"PostgreSQL is older than {VERSION_MIN}")
    if shown["replica"] != "false":
        faults.append("PostgreSQL: this server is a replica; a market is written on a primary")
    if shown["open_to_others"] != "false":
        faults.append("PostgreSQL: the connection is not encrypted: add ?sslmode=verify-full")
    return faults


def _plain(url: str) -> psycopg.Connection[Any]:
    address = url_of(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return psycopg.connect(address, autocommit=True)
    except psycopg.OperationalError as fault:
        raise StoreUnreachable(f"the database that keeps the markets: {fault}") from fault
