"""A market in an SQLite file: one thread that writes, any number of connections that read.

The one idea: a setting that was asked for is read back, and a file that does not keep it is refused.
Only the writer's connection ever checkpoints, because older SQLite libraries have a race when two
do; readers open the file read-only and cannot.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from market.store.faults import SettingRefused

BUSY_TIMEOUT_MS: Final = 5_000
"""How long a connection waits for a lock: far longer than any transaction here takes."""

WRITER: Final[Mapping[str, str | int]] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a commit is on disk when it returns
    "foreign_keys": 1,
    "busy_timeout": BUSY_TIMEOUT_MS,
}
PROJECTOR: Final[Mapping[str, str | int]] = {
    **WRITER,
    "synchronous": 1,  # NORMAL: whole or not at all, but a power cut may take the last ones
    "wal_autocheckpoint": 0,
    "cache_size": -65_536,  # KiB: what thousands of changes touch stays in memory until the commit
}
READER: Final[Mapping[str, str | int]] = {
    "query_only": 1,
    "busy_timeout": BUSY_TIMEOUT_MS,
    "wal_autocheckpoint": 0,
}
_OURS: Final = {"check_same_thread": False, "isolation_level": None}
"""Connections are handed from thread to thread, and transactions begin where we say so."""
_FILES: Final = ("", "-wal", "-shm")
"""What SQLite adds to the name of a market's file."""


def connect(path: Path, settings: Mapping[str, str | int]) -> Connection:
    """A connection of its own to the file, which is made when it is not there.

    Raises:
        SettingRefused: the file system or library does not give what durability needs.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args=_OURS)
    _configure(engine, settings)
    return engine.connect()


def reading_engine(path: Path, **pool: Any) -> Engine:  # noqa: ANN401 - the pool's own arguments
    """Pooled read-only connections; the file is never made."""
    url = f"sqlite:///file:{path.absolute()}?mode=ro&uri=true"
    engine = create_engine(url, poolclass=QueuePool, connect_args=_OURS, **pool)
    _configure(engine, READER)
    return engine


def _configure(engine: Engine, settings: Mapping[str, str | int]) -> None:
    """Have every connection set its pragmas and read each one back."""

    @event.listens_for(engine, "connect")
    def configure(driver: sqlite3.Connection, _record: object) -> None:
        for name, wanted in settings.items():
            driver.execute(f"PRAGMA {name} = {wanted}")
            (found,) = driver.execute(f"PRAGMA {name}").fetchone()
            if found != wanted:
                raise SettingRefused(f"{name} is {found}, wanted {wanted}")


def remove(path: Path) -> None:
    """Delete a market's file and what SQLite keeps beside it."""
    for suffix in _FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
