"""A journal is believed only as far as it proves itself."""

import shutil
import sqlite3
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.sequencer import Sequencer
from market.store.database import Readers
from market.store.journal import batch_hash
from market.store.restore import JournalBroken, ProvenBatch, batches
from tests.market.written import StillClock, write_life


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("life") / "village.sqlite"
    write_life(path)
    return path


def damaged(life: Path, tmp_path: Path, *statements: tuple[str, tuple[object, ...]]) -> Path:
    """A copy of the file in which somebody has changed the journal."""
    path = tmp_path / "damaged.sqlite"
    shutil.copy(life, path)
    connection = sqlite3.connect(path)
    for statement, values in statements:
        assert connection.execute(statement, values).rowcount > 0
    connection.commit()
    connection.close()
    return path


def read(path: Path) -> list[ProvenBatch]:
    readers = Readers(path)
    try:
        with readers.connect() as connection:
            return list(batches(connection))
    finally:
        readers.close()


def test_everything_is_read_in_order_without_a_gap(life: Path) -> None:
    found = [proven.batch for proven in read(life)]

    assert [batch.batch for batch in found] == list(range(1, len(found) + 1))
    for before, after in pairwise(found):
        assert after.first_command_seq == before.last_command_seq + 1
        assert after.first_event_seq == before.last_event_seq + 1
        assert after.now_us >= before.now_us


def test_reading_may_begin_in_the_middle(life: Path) -> None:
    readers = Readers(life)
    with readers.connect() as connection:
        whole = list(batches(connection))
        assert list(batches(connection, after_batch=3)) == whole[3:]
    readers.close()


@given(data=st.data())
def test_a_changed_byte_is_noticed(
    data: st.DataObject, life: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    connection = sqlite3.connect(life)
    batch = data.draw(
        st.integers(1, connection.execute("SELECT max(batch) FROM journal").fetchone()[0])
    )
    column = data.draw(st.sampled_from(["commands", "events", "hash", "previous_hash"]))
    query = f"SELECT {column} FROM journal WHERE batch = ?"  # noqa: S608 - one of the four above
    (value,) = connection.execute(query, (batch,)).fetchone()
    connection.close()
    place = data.draw(st.integers(0, len(value) - 1))
    other = value[place] ^ data.draw(st.integers(1, 255))
    changed = value[:place] + bytes([other]) + value[place + 1 :]
    path = damaged(
        life,
        tmp_path_factory.mktemp("byte"),
        (f"UPDATE journal SET {column} = ? WHERE batch = ?", (changed, batch)),  # noqa: S608
    )

    with pytest.raises(JournalBroken):
        read(path)


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
def test_a_changed_row_is_noticed(statement: str, life: Path, tmp_path: Path) -> None:
    with pytest.raises(JournalBroken):
        read(damaged(life, tmp_path, (statement, ())))


def test_a_row_that_hashes_right_but_skips_a_sequence_is_noticed(
    life: Path, tmp_path: Path
) -> None:
    """Whoever can compute hashes still cannot leave out an event."""
    whole = read(life)
    last = whole[-1].batch
    forged = replace(last, first_event_seq=last.first_event_seq + 1)
    connection = sqlite3.connect(life)
    commands, events, previous = connection.execute(
        "SELECT commands, events, previous_hash FROM journal WHERE batch = ?", (last.batch,)
    ).fetchone()
    connection.close()
    path = damaged(
        life,
        tmp_path,
        (
            "UPDATE journal SET first_event_seq = ?, hash = ? WHERE batch = ?",
            (forged.first_event_seq, batch_hash(forged, commands, events, previous), last.batch),
        ),
    )

    with pytest.raises(JournalBroken, match="sequences"):
        read(path)


def test_a_market_with_a_broken_journal_does_not_open(life: Path, tmp_path: Path) -> None:
    path = damaged(life, tmp_path, ("UPDATE journal SET hash = x'00' WHERE batch = 2", ()))

    with pytest.raises(JournalBroken):
        Sequencer.open(path, clock=StillClock())


def test_a_journal_shorter_than_what_was_shown_does_not_open(life: Path, tmp_path: Path) -> None:
    path = damaged(
        life,
        tmp_path,
        ("DELETE FROM journal WHERE batch = (SELECT max(batch) FROM journal)", ()),
    )

    with pytest.raises(JournalBroken, match="was seen"):
        Sequencer.open(path, clock=StillClock())


def test_a_damaged_page_is_a_named_fault(life: Path, tmp_path: Path) -> None:
    path = tmp_path / "page.sqlite"
    content = bytearray(life.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = bytes(64)
    path.write_bytes(content)

    with pytest.raises(JournalBroken):
        read(path)
