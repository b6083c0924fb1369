"""Reading the journal back: batch by batch, as model types, each row proven before it is used.

The one idea: a journal is believed only as far as it proves itself. The first row that does not fit
ends the reading with a named error; nothing is guessed or repaired.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, select
from sqlalchemy.exc import DatabaseError

from market.store.database import StoreFault
from market.store.journal import (
    FIRST_HASH,
    Batch,
    EncodingFault,
    HeaderFault,
    batch_hash,
    decode_entries,
)
from market.store.tables import journal

ROWS_AT_ONCE: Final = 200
"""Rows fetched together: bounds memory, and is enough to keep the disk busy."""

JournalRow: TypeAlias = Row[Any]


class JournalBroken(StoreFault):
    """A row of the journal does not follow from the row before it, or is not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenBatch:
    """A batch whose row fits into the chain."""

    batch: Batch
    hash: bytes


def batches(connection: Connection, *, after_batch: int = 0) -> Iterator[ProvenBatch]:
    """The batches behind `after_batch`, oldest first.

    Only what is read is proven: begin at 0 to prove the whole journal.

    Raises:
        JournalBroken: a gap, a changed byte, a row that does not decode.
    """
    previous = _row_before(connection, after_batch)
    following: tuple[int, int] | None = None
    number = after_batch
    for row in _rows(connection, after_batch):
        number += 1
        batch = _proven(row, number, previous)
        own = (batch.first_command_seq, batch.first_event_seq)
        if (following or ((1, 1) if after_batch == 0 else own)) != own:
            raise JournalBroken(f"batch {number}: sequences do not follow")
        following = (batch.last_command_seq + 1, batch.last_event_seq + 1)
        previous = row.hash
        yield ProvenBatch(batch=batch, hash=row.hash)


def _rows(connection: Connection, after_batch: int) -> Iterator[JournalRow]:
    query = select(journal).where(journal.c.batch > after_batch).order_by(journal.c.batch)
    try:
        with connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}) as rows:
            yield from rows
    except DatabaseError as fault:
        raise JournalBroken("the file is damaged") from fault


def _row_before(connection: Connection, after_batch: int) -> bytes:
    """The hash the first row that is read must name."""
    if after_batch == 0:
        return FIRST_HASH
    found = connection.execute(
        select(journal.c.hash).where(journal.c.batch == after_batch)
    ).scalar()
    if found is None:
        raise JournalBroken(f"batch {after_batch} is missing")
    return bytes(found)


def _proven(row: JournalRow, number: int, previous: bytes) -> Batch:
    """The row as a batch, if it is the next one and says what was written."""
    if row.batch != number:
        raise JournalBroken(f"batch {number} is missing")
    if row.previous_hash != previous:
        raise JournalBroken(f"batch {number} does not follow the one before")
    header = Batch(
        batch=row.batch,
        epoch=row.epoch,
        now_us=row.now_us,
        first_command_seq=row.first_command_seq,
        first_event_seq=row.first_event_seq,
        entries=(),
    )
    try:
        if batch_hash(header, row.commands, row.events, previous) != row.hash:
            raise JournalBroken(f"batch {number} is not what was written")
        return replace(header, entries=decode_entries(row.commands, row.events))
    except (EncodingFault, HeaderFault, TypeError) as fault:  # TypeError: a column of another type
        raise JournalBroken(f"batch {number} cannot be read") from fault
