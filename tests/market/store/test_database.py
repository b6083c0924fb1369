"""Settings that durability rests on are read back; a file that is not a market's is refused."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from market.sequencer import Sequencer
from market.store.database import (
    Readers,
    SchemaRefused,
    SettingRefused,
    open_projector,
    open_writer,
)
from tests.market.written import StillClock, write_life


def test_the_writer_flushes_every_commit(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "a.sqlite")

    found = {
        name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    connection.close()

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_what_can_be_made_again_does_not_wait_for_the_disk_and_never_checkpoints(
    tmp_path: Path,
) -> None:
    connection = open_projector(tmp_path / "a.sqlite")

    found = {
        name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        for name in ("journal_mode", "synchronous", "wal_autocheckpoint")
    }
    connection.close()

    assert found == {"journal_mode": "wal", "synchronous": 1, "wal_autocheckpoint": 0}


def test_where_there_is_no_write_ahead_log_nothing_is_written() -> None:
    with pytest.raises(SettingRefused, match="journal_mode"):
        open_writer(Path(":memory:"))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM journal",
        "UPDATE meta SET value = 0",
        "CREATE TABLE mine (a)",
        "PRAGMA query_only = 0; DELETE FROM journal",
    ],
)
def test_a_reader_cannot_write(statement: str, tmp_path: Path) -> None:
    path = tmp_path / "village.sqlite"
    write_life(path)
    readers = Readers(path)
    with readers.connect() as connection:
        for part in statement.split(";")[:-1]:
            connection.exec_driver_sql(part)
        with pytest.raises(OperationalError, match="readonly"):
            connection.exec_driver_sql(statement.split(";")[-1])
    readers.close()


def test_a_reader_does_not_make_a_file(tmp_path: Path) -> None:
    readers = Readers(tmp_path / "nothing.sqlite")
    with pytest.raises(OperationalError), readers.connect():
        pass
    readers.close()

    assert list(tmp_path.iterdir()) == []


def test_a_reader_sees_one_moment(tmp_path: Path) -> None:
    path = tmp_path / "village.sqlite"
    write_life(path)
    readers = Readers(path)
    writer = sqlite3.connect(path)
    with readers.connect() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one()
        writer.execute("DELETE FROM orders")
        writer.commit()
        after = connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one()
    with readers.connect() as connection:
        later = connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one()
    writer.close()
    readers.close()

    assert before == after > later == 0


def test_somebody_elses_file_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "photos.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE photos (name TEXT)")
    connection.commit()
    connection.close()

    with pytest.raises(SchemaRefused):
        Sequencer.open(path, clock=StillClock())

    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("photos",)]


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "village.sqlite"
    write_life(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = 99 WHERE name = 'schema_version'")
    connection.commit()
    connection.close()

    with pytest.raises(SchemaRefused, match="99"):
        Sequencer.open(path, clock=StillClock())
