"""A journal is believed only as far as it proves itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import DataError

from market.sequencer import Sequencer
from market.store.database import Readers, Store, open_writer
from market.store.journal import batch_hash
from market.store.restore import JournalBroken, ProvenBatch, batches, events
from market.store.tables import journal
from tests.market.stores import NewStore, lift_guards, opened
from tests.market.written import StillClock, write_life


@pytest.fixture(scope="module")
def life(new_store_for_all: NewStore) -> Store:
    store = new_store_for_all()
    write_life(store)
    return store


@contextmanager
def damaged(life: Store) -> Iterator[Connection]:
    """A connection to damage the journal with; all of it is undone afterwards."""
    connection = open_writer(life)
    with connection.begin() as transaction:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        lift_guards(connection)
        yield connection
        transaction.rollback()
    connection.close()
    connection.engine.dispose()


def read(store: Store) -> list[ProvenBatch]:
    readers = Readers(store)
    try:
        with readers.connect() as connection:
            return list(batches(connection))
    finally:
        readers.close()


def test_everything_is_read_in_order_without_a_gap(life: Store) -> None:
    found = [proven.batch for proven in read(life)]

    assert [batch.batch for batch in found] == list(range(1, len(found) + 1))
    for before, after in pairwise(found):
        assert after.first_command_seq == before.last_command_seq + 1
        assert after.first_event_seq == before.last_event_seq + 1
        assert after.now_us >= before.now_us


def test_reading_may_begin_in_the_middle(life: Store) -> None:
    readers = Readers(life)
    with readers.connect() as connection:
        whole = list(batches(connection))
        assert list(batches(connection, after_batch=3)) == whole[3:]
    readers.close()


def test_events_alone_are_those_of_the_batches(life: Store) -> None:
    readers = Readers(life)
    with readers.connect() as connection:
        whole = list(batches(connection))
        alone = list(events(connection))
        assert list(events(connection, after_batch=3)) == alone[3:]
    readers.close()

    for proven, found in zip(whole, alone, strict=True):
        assert found.events == tuple(entry.events for entry in proven.batch.entries)
        for name in ("batch", "now_us", "last_command_seq", "last_event_seq"):
            assert getattr(found, name) == getattr(proven.batch, name)
        assert found.hash == proven.hash


@given(data=st.data())
def test_a_changed_byte_is_noticed(data: st.DataObject, life: Store) -> None:
    with damaged(life) as connection:
        last = connection.execute(select(func.max(journal.c.batch))).scalar_one()
        number = data.draw(st.integers(1, last))
        name = data.draw(st.sampled_from(["commands", "events", "hash", "previous_hash"]))
        own = journal.c.batch == number
        value = connection.execute(select(journal.c[name]).where(own)).scalar_one()
        place = data.draw(st.integers(0, len(value) - 1))
        other = value[place] ^ data.draw(st.integers(1, 255))
        changed = value[:place] + bytes([other]) + value[place + 1 :]
        connection.execute(update(journal).where(own).values({name: changed}))

        with pytest.raises(JournalBroken):
            list(batches(connection))
        with pytest.raises(JournalBroken):
            list(events(connection))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET now_us = now_us + 1 WHERE batch = 4",
        "UPDATE journal SET epoch = 7 WHERE batch = 4",
        "UPDATE journal SET epoch = -1 WHERE batch = 4",
        "UPDATE journal SET epoch = 'first' WHERE batch = 4",
        "UPDATE journal SET first_event_seq = first_event_seq + 1 WHERE batch = 4",
        "UPDATE journal SET first_command_seq = 1 WHERE batch = 4",
        "UPDATE journal SET events = 'text' WHERE batch = 4",
        "DELETE FROM journal WHERE batch = 1",
        "DELETE FROM journal WHERE batch = 4",
        "UPDATE journal SET batch = 1000 WHERE batch = 4",
    ],
)
def test_a_changed_row_is_noticed(statement: str, life: Store) -> None:
    with damaged(life) as connection:
        if "'first'" in statement and connection.dialect.name == "postgresql":
            with pytest.raises(DataError, match="invalid input syntax"):
                connection.exec_driver_sql(statement)
            return
        assert connection.exec_driver_sql(statement).rowcount > 0

        with pytest.raises(JournalBroken):
            list(batches(connection))
        with pytest.raises(JournalBroken):
            list(events(connection))


def test_a_row_that_hashes_right_but_skips_a_sequence_is_noticed(life: Store) -> None:
    """Whoever can compute hashes still cannot leave out an event."""
    last = read(life)[-1].batch
    forged = replace(last, first_event_seq=last.first_event_seq + 1)
    own = journal.c.batch == last.batch
    with damaged(life) as connection:
        row = connection.execute(select(journal).where(own)).one()
        new = batch_hash(forged, row.commands, row.events, row.previous_hash)
        connection.execute(
            update(journal).where(own).values(first_event_seq=forged.first_event_seq, hash=new)
        )

        with pytest.raises(JournalBroken, match="sequences"):
            list(batches(connection))


def test_a_market_with_a_broken_journal_does_not_open(store: Store) -> None:
    write_life(store)
    with opened(store, unguarded=True) as connection:
        connection.execute(update(journal).where(journal.c.batch == 2).values(hash=bytes(32)))

    with pytest.raises(JournalBroken):
        Sequencer.open(store, clock=StillClock(), verify=True)


def test_the_last_row_is_proven_at_every_start(store: Store) -> None:
    write_life(store)
    with opened(store, unguarded=True) as connection:
        last = select(func.max(journal.c.batch)).scalar_subquery()
        connection.execute(update(journal).where(journal.c.batch == last).values(events=b"\x90"))

    with pytest.raises(JournalBroken, match="is not what was written"):
        Sequencer.open(store, clock=StillClock())


def test_a_journal_shorter_than_what_was_shown_does_not_open(store: Store) -> None:
    write_life(store)
    with opened(store, unguarded=True) as connection:
        connection.exec_driver_sql(
            "DELETE FROM journal WHERE batch = (SELECT max(batch) FROM journal)"
        )

    with pytest.raises(JournalBroken, match="was seen"):
        Sequencer.open(store, clock=StillClock())


def test_a_damaged_page_is_a_named_fault(tmp_path: Path) -> None:
    """Of a file; PostgreSQL looks after its pages itself, with checksums."""
    path = tmp_path / "page.sqlite"
    write_life(path)
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = bytes(64)
    path.write_bytes(content)

    with pytest.raises(JournalBroken):
        read(path)
