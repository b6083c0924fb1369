"""Copies of a store: a file beside the one that is being written, and rows from one store to another.

The one idea: a copy is one moment of its source, taken without holding up whoever writes. What it is worth
is not said here: `market/backup.py` lives its journal again.
"""

import os
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, create_engine, insert, select
from sqlalchemy.pool import NullPool

from market.store.database import create_schema
from market.store.tables import journal, meta, snapshots

ROWS_AT_ONCE: Final = 200
"""Rows moved together: bounds memory."""
OF_THE_JOURNAL: Final = ("epoch",)
"""What `meta` says about the journal; the rest is about projections, which are made again."""
OWNER_ONLY: Final = 0o600


def copy_file(source: Path, target: Path) -> None:
    """A copy of an SQLite file at one moment, while others read and write it.

    One step holds one moment still, and in the write-ahead mode that hinders no writer; in several steps a
    busy writer would make it begin again each time.

    Raises:
        sqlite3.Error: the source cannot be read, or the target cannot be written.
    """
    target.touch(mode=OWNER_ONLY)
    reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    writing = sqlite3.connect(target, isolation_level=None)
    try:
        reading.backup(writing)
        # One file that needs no other beside it.
        writing.execute("PRAGMA journal_mode = delete")
    finally:
        writing.close()
        reading.close()
    flush(target)


def export(source: Connection, target: Path) -> None:
    """The journal of any store as a new SQLite file of the same tables, projections left out.

    Args:
        source: a connection whose queries all see the same moment.
        target: a file that is not there yet.
    """
    target.touch(mode=OWNER_ONLY)
    engine = create_engine(f"sqlite:///{target}", poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as writing:
        # Nobody else knows the file, and a half-made one is thrown away: nothing to undo.
        writing.exec_driver_sql("PRAGMA journal_mode = off")
        writing.exec_driver_sql("PRAGMA synchronous = off")
        create_schema(writing)
        copy_rows(source, writing)
    flush(target)


def copy_rows(source: Connection, target: Connection) -> None:
    """Everything that is no projection, from one store into another that is empty.

    Inside a transaction of the target's owner.
    """
    about = select(meta).where(meta.c.name.in_(OF_THE_JOURNAL))
    for table, query in (
        (meta, about),
        (journal, select(journal).order_by(journal.c.batch)),
        (snapshots, select(snapshots).order_by(snapshots.c.batch)),
    ):
        with source.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}) as rows:
            for part in rows.mappings().partitions():
                target.execute(insert(table), [dict(row) for row in part])


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    told = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            told.update(part)
    return told.hexdigest()


def flush(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
