"""Snapshots: the state after a batch, so that a restart reads it and the batches behind it only.

The one idea: a snapshot is a copy that can be made again, so it is believed only if it proves itself: made
by exactly this software, its bytes whole, and the journal's row of its batch the very one it was taken at.
Anything else is left aside with the reason, and the journal tells the whole story instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pyarrow
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import DatabaseError

from market.store.tables import journal, snapshots

KEPT: Final = 2
"""Snapshots that stay: should the newest be damaged, the one before is there."""
FORMAT_VERSION: Final = 1
"""Version of a row: how the state is compressed and what is hashed."""
_CODEC: Final = "zstd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state after a batch."""

    batch: int
    chain_hash: bytes
    """The hash of the journal's row of that batch."""
    state_hash: bytes
    """SHA-256 of the state's canonical bytes."""
    state: bytes
    """The state's canonical bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAside:
    """A snapshot that is not believed, and why."""

    batch: int
    reason: str


@cache
def software() -> str:
    """What the state's layout and meaning depend on, as a hash of the market's sources.

    Another comment is another software: one restart then reads the whole journal, which is slower and never
    wrong.
    """
    folder = Path(__file__).parent.parent
    sources = sorted(path for path in folder.rglob("*.py") if path.parent != Path(__file__).parent)
    told = sha256(version("wattmarket").encode())
    for path in sources:
        text = path.read_bytes()
        told.update(f"\n{path.relative_to(folder).as_posix()} {len(text)}\n".encode() + text)
    return told.hexdigest()


def write(connection: Connection, taken: Snapshot) -> None:
    """Keep a snapshot and drop those that are too old. Inside a transaction of the writer."""
    size = len(taken.state).to_bytes(8, "big")
    blob = size + pyarrow.compress(taken.state, codec=_CODEC, asbytes=True)
    connection.execute(delete(snapshots).where(snapshots.c.batch >= taken.batch))
    connection.execute(
        insert(snapshots),
        {
            "batch": taken.batch,
            "format_version": FORMAT_VERSION,
            "software": software(),
            "chain_hash": taken.chain_hash,
            "state_hash": taken.state_hash,
            "blob": blob,
            "blob_hash": sha256(blob).digest(),
        },
    )
    kept = select(snapshots.c.batch).order_by(snapshots.c.batch.desc()).limit(KEPT)
    oldest = min(connection.execute(kept).scalars())
    connection.execute(delete(snapshots).where(snapshots.c.batch < oldest))


def last_batch(connection: Connection) -> int:
    """The batch of the newest snapshot, believed or not; 0: none."""
    return connection.execute(select(func.max(snapshots.c.batch))).scalar() or 0


def hashes(connection: Connection) -> dict[int, bytes]:
    """State hash by batch of the snapshots that this software wrote."""
    if not connection.dialect.has_table(connection, snapshots.name):
        return {}  # a file that is older than snapshots are
    ours = (snapshots.c.format_version == FORMAT_VERSION) & (snapshots.c.software == software())
    found = connection.execute(select(snapshots.c.batch, snapshots.c.state_hash).where(ours))
    return {row.batch: bytes(row.state_hash) for row in found}


def newest_first(connection: Connection) -> Iterator[Snapshot | LeftAside]:
    """The snapshots, each believed or left aside with the reason."""
    batches = select(snapshots.c.batch).order_by(snapshots.c.batch.desc())
    try:
        found = connection.execute(batches).scalars().all()
    except DatabaseError as fault:
        yield LeftAside(batch=0, reason=f"the snapshots cannot be read: {fault}")
        return
    for batch in found:
        try:
            yield _proven(connection, batch)
        except (DatabaseError, ValueError, TypeError, OSError) as fault:
            yield LeftAside(batch=batch, reason=str(fault))


def _proven(connection: Connection, batch: int) -> Snapshot:
    """One snapshot, if everything it says is so.

    Raises:
        ValueError: something is not.
    """
    columns = [column for column in snapshots.c if column.name != "blob"]
    row = connection.execute(select(*columns).where(snapshots.c.batch == batch)).one()
    if (row.format_version, row.software) != (FORMAT_VERSION, software()):
        raise ValueError("other software wrote it")
    own = select(journal.c.hash).where(journal.c.batch == batch)
    if connection.execute(own).scalar() != row.chain_hash:
        raise ValueError("the journal has another row there")
    blob = connection.execute(select(snapshots.c.blob).where(snapshots.c.batch == batch)).scalar()
    if blob is None or sha256(blob).digest() != row.blob_hash:
        raise ValueError("its bytes are not what was written")
    state = pyarrow.decompress(
        blob[8:], decompressed_size=int.from_bytes(blob[:8], "big"), codec=_CODEC, asbytes=True
    )
    if sha256(state).digest() != row.state_hash:
        raise ValueError("its state is not what was written")
    return Snapshot(batch=batch, chain_hash=row.chain_hash, state_hash=row.state_hash, state=state)
