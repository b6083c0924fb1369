"""Events as they stand in the journal: for streams that replay what they told before."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection, func, select

from market.model.messages import Event
from market.store import restore
from market.store.journal import Batch
from market.store.tables import journal

BATCHES_AT_ONCE: Final = 100
"""Batches read for one answer: bounds memory and how long one reading takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event and where it stands."""

    event_seq: int
    now_us: int
    """Market time of the command that caused it."""
    event: Event


def events(connection: Connection, *, after_event_seq: int) -> tuple[StoredEvent, ...]:
    """The events behind `after_event_seq`, oldest first, of some batches; empty: no more.

    Raises:
        JournalBroken: a gap, a changed byte, a row that does not decode.
    """
    c = journal.c
    first = connection.execute(
        select(func.max(c.batch)).where(c.first_event_seq <= after_event_seq + 1)
    ).scalar()
    if first is None:
        return ()
    found: list[StoredEvent] = []
    after_batch = first - 1
    while not found:
        proven = list(islice(restore.batches(connection, after_batch=after_batch), BATCHES_AT_ONCE))
        if not proven:
            break
        after_batch += len(proven)
        for item in proven:
            found.extend(
                stored for stored in _events(item.batch) if stored.event_seq > after_event_seq
            )
    return tuple(found)


def _events(batch: Batch) -> Iterator[StoredEvent]:
    event_seq = batch.first_event_seq
    for entry in batch.entries:
        for event in entry.events:
            yield StoredEvent(event_seq=event_seq, now_us=entry.command.now_us, event=event)
            event_seq += 1
