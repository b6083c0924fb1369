"""Reading the journal back: batch by batch, as model types, each row proven before it is used.

The one idea: a journal is believed only as far as it proves itself. The first row that does not fit
ends the reading with a named error; nothing is guessed or repaired.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.exc import DatabaseError

from market.model.messages import Event
from market.store.database import StoreFault
from market.store.journal import (
    FIRST_HASH,
    Batch,
    EncodingFault,
    HeaderFault,
    batch_hash,
    decode_entries,
    decode_events,
)
from market.store.tables import journal

ROWS_AT_ONCE: Final = 200
"""Rows fetched together: bounds memory, and is enough to keep the disk busy."""

JournalRow: TypeAlias = Row[Any]
ReadT = TypeVar("ReadT", Batch, "ProvenEvents")


class JournalBroken(StoreFault):
    """A row of the journal does not follow from the row before it, or is not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenBatch:
    """A batch whose row fits into the chain."""

    batch: Batch
    hash: bytes
    previous_hash: bytes
    """Of the row before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenEvents:
    """The facts of a batch whose row fits into the chain, without the commands behind them."""

    batch: int
    now_us: int
    first_command_seq: int
    first_event_seq: int
    events: tuple[tuple[Event, ...], ...]
    """A group for each command."""
    hash: bytes

    @property
    def last_command_seq(self) -> int:
        """Sequence of its last command."""
        return self.first_command_seq + len(self.events) - 1

    @property
    def last_event_seq(self) -> int:
        """Sequence of its last event; of the one before it when it has none."""
        return self.first_event_seq + sum(map(len, self.events)) - 1


def batches(connection: Connection, *, after_batch: int = 0) -> Iterator[ProvenBatch]:
    """The batches behind `after_batch`, oldest first.

    Only what is read is proven: begin at 0 to prove the whole journal.

    Raises:
        JournalBroken: a gap, a changed byte, a row that does not decode.
    """
    for header, row in _proven_rows(connection, after_batch, _batch):
        yield ProvenBatch(
            batch=header, hash=bytes(row.hash), previous_hash=bytes(row.previous_hash)
        )


def events(connection: Connection, *, after_batch: int = 0) -> Iterator[ProvenEvents]:
    """The events behind `after_batch`, batch by batch: all a state needs, in half the time.

    Raises:
        JournalBroken: as for `batches`; what a command says is proven by its hash only.
    """
    for found, _ in _proven_rows(connection, after_batch, _events):
        yield found


def _proven_rows(
    connection: Connection, after_batch: int, read: Callable[[Batch, JournalRow], ReadT]
) -> Iterator[tuple[ReadT, JournalRow]]:
    """Each row that follows from the one before, as it was read."""
    previous = _row_before(connection, after_batch)
    following: tuple[int, int] | None = None
    number = after_batch
    for row in _rows(connection, after_batch):
        number += 1
        batch = _proven(row, number, previous, read)
        own = (batch.first_command_seq, batch.first_event_seq)
        if (following or ((1, 1) if after_batch == 0 else own)) != own:
            raise JournalBroken(f"batch {number}: sequences do not follow")
        following = (batch.last_command_seq + 1, batch.last_event_seq + 1)
        previous = row.hash
        yield batch, row


def last_batch(connection: Connection) -> int:
    """The number of the journal's last row; 0: it is empty."""
    return connection.execute(select(func.max(journal.c.batch))).scalar() or 0


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


def _batch(header: Batch, row: JournalRow) -> Batch:
    return replace(header, entries=decode_entries(row.commands, row.events))


def _events(header: Batch, row: JournalRow) -> ProvenEvents:
    return ProvenEvents(
        batch=header.batch,
        now_us=header.now_us,
        first_command_seq=header.first_command_seq,
        first_event_seq=header.first_event_seq,
        events=decode_events(row.commands, row.events),
        hash=row.hash,
    )


def _proven(
    row: JournalRow, number: int, previous: bytes, read: Callable[[Batch, JournalRow], ReadT]
) -> ReadT:
    """The row read, if it is the next one and says what was written."""
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
        return read(header, row)
    except (EncodingFault, HeaderFault, TypeError) as fault:  # TypeError: a column of another type
        raise JournalBroken(f"batch {number} cannot be read") from fault
