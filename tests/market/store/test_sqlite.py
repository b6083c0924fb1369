"""Pragmas that durability rests on are set and read back."""

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from market.store.database import Readers, SettingRefused, open_projector, open_writer
from tests.market.written import write_life


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


def test_a_reader_of_a_file_cannot_allow_itself_to_write(tmp_path: Path) -> None:
    path = tmp_path / "village.sqlite"
    write_life(path)
    readers = Readers(path)
    with readers.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 0")
        with pytest.raises(OperationalError, match="readonly"):
            connection.exec_driver_sql("DELETE FROM journal")
    readers.close()
