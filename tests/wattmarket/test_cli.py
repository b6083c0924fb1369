"""The command line: every command is listed, errors are sentences, exit codes mean something."""

import json
import sys
from pathlib import Path

import pytest

from wattmarket import cli
from wattmarket.cli import ASKED_WRONGLY, NO, NOT_SERVED

ORDERS = """order,area,interval,side,price_per_mwh,energy_kwh,time
s1,A,0,sell,50.00,2.000,2016-06-14T22:00:01Z
s2,A,0,sell,70.00,2.000,2016-06-14T22:00:02Z
b1,A,0,buy,90.00,3.000,2016-06-14T22:00:03Z
"""
MARKET = {"price_min": "-500.00", "price_max": "4000.00", "currency": "EUR", "interval_minutes": 15}


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The command's exit code."""
    monkeypatch.setattr(sys, "argv", ["wattmarket", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_help_lists_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    shown = capsys.readouterr().out
    for command in ("serve", "demo", "market", "clear", "verify", "sim"):
        assert command in shown


def test_a_server_that_is_not_there_is_a_sentence_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wattmarket.cli.PATIENCE_S", 0.1)

    assert run(monkeypatch, "market", "list", "--url", "http://127.0.0.1:9") == NOT_SERVED
    assert "no answer" in capsys.readouterr().err


def test_faults_of_a_market_file_are_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "market.toml"
    file.write_text("[market]\nloss = 0.5\n", encoding="utf-8")

    assert run(monkeypatch, "market", "create", str(file)) == ASKED_WRONGLY
    said = capsys.readouterr().err
    assert "market.market_id is missing" in said
    assert "market.loss = 0.5: write it in quotes" in said


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--speed", "5"), "start"),
        (("--start", "2016-06-14T22:00:00"), "time zone"),
        (("--port", "99999"), "port"),
    ],
)
def test_wrong_settings_of_the_server_are_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    fault: str,
) -> None:
    assert run(monkeypatch, "serve", *words) == ASKED_WRONGLY
    assert fault in capsys.readouterr().err


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "market.json").write_text(json.dumps(MARKET), encoding="utf-8")
    (folder / "areas.csv").write_text("area\nA\n", encoding="utf-8")
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return folder


def test_a_book_is_cleared_and_its_result_verified(
    monkeypatch: pytest.MonkeyPatch, book: Path, tmp_path: Path
) -> None:
    out = tmp_path / "result"

    assert run(monkeypatch, "clear", str(book), "--out", str(out)) == 0
    assert run(monkeypatch, "verify", str(book), str(out)) == 0
    fills = (out / "fills.csv").read_text(encoding="utf-8")
    assert "s2,1.000" in fills

    (out / "fills.csv").write_text(fills.replace("s2,1.000", "s2,2.000"), encoding="utf-8")
    assert run(monkeypatch, "verify", str(book), str(out)) == NO


def test_a_faulty_book_is_refused_with_all_its_faults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], book: Path, tmp_path: Path
) -> None:
    (book / "orders.csv").write_text(ORDERS.replace("90.00", "NaN").replace("2.000,2", "0.0001,2"))

    assert run(monkeypatch, "clear", str(book), "--out", str(tmp_path)) == ASKED_WRONGLY
    said = capsys.readouterr().err
    assert "price_per_mwh" in said
    assert "energy_kwh" in said
