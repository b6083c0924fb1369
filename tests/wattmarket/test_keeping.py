"""The verbs that keep the books: what they print, and the exit code that says how it went."""

import json
import sys
from pathlib import Path

import pytest

from market.engine.state_hash import state_hash
from tests.market.stores import unguarded_file
from tests.market.written import write_life
from wattmarket import cli
from wattmarket.cli import ASKED_WRONGLY, NO


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    data = tmp_path_factory.mktemp("var")
    (data / "markets").mkdir()
    engine = write_life(data / "markets" / "village.sqlite")
    return data, state_hash(engine.state).hex()


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """The command's exit code."""
    monkeypatch.setattr(sys, "argv", ["wattmarket", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_replay_prints_the_hash(
    lived: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, expected = lived

    assert run(monkeypatch, "replay", data, "village") == 0
    assert f"state_hash         {expected}" in capsys.readouterr().out.splitlines()


def test_replay_stops_where_it_is_told(
    lived: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, expected = lived
    words = ("replay", data, "village", "--until-batch", 5, "--json")

    assert run(monkeypatch, *words) == 0
    first = json.loads(capsys.readouterr().out)
    assert run(monkeypatch, *words, "--events") == 0
    assert json.loads(capsys.readouterr().out) == first
    assert first["batch"] == 5
    assert first["state_hash"] != expected


def test_a_journal_that_does_not_prove_itself_is_a_no(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "markets").mkdir()
    file = tmp_path / "markets" / "village.sqlite"
    write_life(file)
    connection = unguarded_file(file)
    connection.execute("UPDATE journal SET events = x'90' WHERE batch = 3")
    connection.commit()
    connection.close()

    assert run(monkeypatch, "replay", tmp_path, "village") == NO
    assert "village: batch 3 is not what was written" in capsys.readouterr().err
    assert run(monkeypatch, "backup", tmp_path, tmp_path / "backup") == NO
    assert "no backup: batch 3" in capsys.readouterr().err


def test_a_market_that_is_not_there_was_asked_wrongly(
    lived: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, "replay", lived[0], "hamlet") == ASKED_WRONGLY
    assert "no such market" in capsys.readouterr().err
    assert run(monkeypatch, "backup", tmp_path, tmp_path / "backup") == ASKED_WRONGLY
    assert "no market is kept here" in capsys.readouterr().err


def test_backup_and_restore_say_what_they_moved(
    lived: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, expected = lived

    assert run(monkeypatch, "backup", data, tmp_path / "backup") == 0
    told = capsys.readouterr()
    assert expected in told.out
    assert "proving village" in told.err
    assert run(monkeypatch, "restore", tmp_path / "backup", tmp_path / "again", "--json") == 0
    manifest = json.loads(capsys.readouterr().out)
    assert manifest["markets"][0]["state_hash"] == expected
    assert manifest["identity"] is None
    assert run(monkeypatch, "replay", tmp_path / "again", "village") == 0
    assert expected in capsys.readouterr().out
    assert run(monkeypatch, "restore", tmp_path / "backup", tmp_path / "again") == NO
    assert "is not empty" in capsys.readouterr().err
