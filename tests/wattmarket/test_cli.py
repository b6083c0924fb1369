"""The command line: every command is listed, errors are sentences, exit codes mean something."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clearing.fallback import fallback
from clearing.problem import ClearingProblem, ClearingResult
from wattmarket import cli
from wattmarket.cli import ASKED_WRONGLY, NO, NOT_SERVED

ORDERS = """order,area,interval,side,price_per_mwh,energy_kwh,time
s1,A,0,sell,50.00,2.000,2016-06-14T22:00:01Z
s2,A,0,sell,70.00,2.000,2016-06-14T22:00:02Z
b1,A,0,buy,90.00,3.000,2016-06-14T22:00:03Z
"""
BLOCKS = "block,area,side,price_per_mwh\nk1,A,sell,40.00\nk2,A,sell,95.00\n"
PROFILE = "block,interval,energy_kwh\nk1,0,1.000\nk2,0,1.000\n"
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
    for command in (
        "serve",
        "demo",
        "market",
        "clear",
        "verify",
        "sim",
        "replay",
        "backup",
        "restore",
    ):
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
    (folder / "blocks.csv").write_text(BLOCKS, encoding="utf-8")
    (folder / "block_profile.csv").write_text(PROFILE, encoding="utf-8")
    return folder


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """A service that is always too late; what it was asked for: deadline and gap."""
    asked = []

    class Late:
        def __enter__(self) -> "Late":
            return self

        def __exit__(self, *_: object) -> None: ...

        def solve(
            self, problem: ClearingProblem, deadline_s: float, *, gap: float
        ) -> ClearingResult:
            asked.append((deadline_s, gap))
            return fallback(problem, f"no result within {deadline_s:g} s", ("refused before",))

    monkeypatch.setattr("clearing.service.ClearingService", Late)
    return asked


def test_a_book_is_cleared_and_its_result_verified(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    book: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "deep" / "result"

    assert run(monkeypatch, "clear", str(book), "--out", str(out), "--tie", "prorata") == 0
    said = capsys.readouterr().err
    assert "optimal: 2 of 3 orders, 1 of 2 blocks accepted" in said
    for stage in ("reading", "solving", "writing"):
        assert f"{stage} took" in said
    assert not (out / "plots").exists()
    assert run(monkeypatch, "verify", str(book), str(out)) == 0
    fills = (out / "fills.csv").read_text(encoding="utf-8")
    assert "s1,2.000" in fills
    blocks = (out / "blocks.csv").read_text(encoding="utf-8")
    assert "k1,1.000000000,accepted," in blocks

    (out / "blocks.csv").write_text(blocks.replace("accepted", "rejected"), encoding="utf-8")
    assert run(monkeypatch, "verify", str(book), str(out)) == NO
    assert "k1" in capsys.readouterr().err
    (out / "blocks.csv").write_text(blocks, encoding="utf-8")
    (out / "fills.csv").write_text(fills.replace("s1,2.000", "s1,1.000"), encoding="utf-8")
    assert run(monkeypatch, "verify", str(book), str(out)) == NO
    (out / "fills.csv").write_text(fills.replace("s1,2.000", "s1,much"), encoding="utf-8")
    assert run(monkeypatch, "verify", str(book), str(out)) == ASKED_WRONGLY
    assert "fills.csv, row 2, accepted_kwh: 'much' is not" in capsys.readouterr().err


def test_a_result_of_a_fallback_is_written_and_says_so_by_its_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    book: Path,
    tmp_path: Path,
    late: list[tuple[float, float]],
) -> None:
    out = tmp_path / "result"
    words = ("--deadline", "0.5", "--gap", "0.01", "--plot", "--progress")

    assert run(monkeypatch, "clear", str(book), "--out", str(out), *words) == NO

    said = capsys.readouterr().err
    assert "refused before" in said
    assert "no result within 0.5 s" in said
    assert "merit_order: 3 of 3 orders, 0 of 2 blocks accepted" in said
    assert "drawing took" in said  # no terminal: no bar
    assert late == [(0.5, 0.01)]
    drawn = {path.name for path in (out / "plots").iterdir()}
    assert drawn == {"prices.png", "curves_01_A_0.png"}
    assert run(monkeypatch, "verify", str(book), str(out)) == 0


@pytest.mark.usefixtures("late")
def test_verifying_needs_no_solver_and_clearing_draws_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, book: Path, tmp_path: Path
) -> None:
    out = tmp_path / "result"
    code = (
        "import sys\nfrom wattmarket.cli import app\n"
        "try:\n    app(sys.argv[1:])\n"
        "except SystemExit as ended:\n    assert ended.code == 0\n"
        "heavy = {'highspy', 'pyomo', 'scipy', 'matplotlib', 'clearing.clear', 'clearing.service'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )

    assert run(monkeypatch, "clear", str(book), "--out", str(out)) == NO
    words = ["verify", str(book), str(out)]
    subprocess.run([sys.executable, "-c", code, *words], check=True)


@pytest.mark.usefixtures("late")
def test_what_a_folder_holds_and_nobody_reads_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    book: Path,
    tmp_path: Path,
) -> None:
    (book / "areas.csv").write_text("area,import_limit\nA,5\n", encoding="utf-8")

    assert run(monkeypatch, "clear", str(book), "--out", str(tmp_path / "result")) == NO
    assert "areas.csv: column 'import_limit' is not read" in capsys.readouterr().err


def test_a_faulty_book_is_refused_with_all_its_faults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], book: Path, tmp_path: Path
) -> None:
    (book / "orders.csv").write_text(ORDERS.replace("90.00", "NaN").replace("2.000,2", "0.0001,2"))
    out = tmp_path / "result"

    assert run(monkeypatch, "clear", str(book), "--out", str(out)) == ASKED_WRONGLY
    said = capsys.readouterr().err
    assert "orders.csv, row 2, energy_kwh: 0.0001 has more than 3 decimals" in said
    assert "orders.csv, row 4, price_per_mwh: 'NaN' is not a decimal number" in said
    assert not out.exists()


def test_of_very_many_faults_the_first_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], book: Path, tmp_path: Path
) -> None:
    rows = [f"o{k},A,0,buy,x,1,2016-06-14T22:00:03Z" for k in range(1_500)]
    (book / "orders.csv").write_text(ORDERS.splitlines()[0] + "\n" + "\n".join(rows))

    assert run(monkeypatch, "clear", str(book), "--out", str(tmp_path)) == ASKED_WRONGLY
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "wattmarket: faults: 1500"
    assert lines[-1] == "and 500 more"
    assert len(lines) == 1 + 1_000 + 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tie", "lottery"), "time or prorata"),
        (("--deadline", "0"), "deadline"),
        (("--gap", "-1"), "gap"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    book: Path,
    tmp_path: Path,
    words: tuple[str, str],
    said: str,
) -> None:
    assert run(monkeypatch, "clear", str(book), "--out", str(tmp_path), *words) == ASKED_WRONGLY
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("late")
def test_a_folder_that_cannot_be_written_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], book: Path
) -> None:
    out = book / "market.json" / "result"

    assert run(monkeypatch, "clear", str(book), "--out", str(out)) == ASKED_WRONGLY
    assert "market.json" in capsys.readouterr().err


def test_a_result_that_is_not_there_is_asked_wrongly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], book: Path, tmp_path: Path
) -> None:
    assert run(monkeypatch, "verify", str(book), str(tmp_path / "nowhere")) == ASKED_WRONGLY
    assert "receipt.json" in capsys.readouterr().err
