"""`make figures`: a benchmark hands its figures on, they are kept, and the page repeats them."""

import json
from pathlib import Path
from typing import Any

import pytest

import benchmarks.figures.__main__ as collecting
from benchmarks.figures.aim import Aim, Subject, at_least, at_most
from benchmarks.figures.aims import SUBJECTS, UNMEASURED, aims
from benchmarks.figures.machine import commit, machine
from benchmarks.figures.page import page
from benchmarks.figures.report import ASKED, report
from tests.house.source import ROOT

FAST, SMALL = (
    at_least("trial.fast", "orders", 100.0, "orders/s", "One core."),
    at_most("trial.small", "memory", 2.0, "GB"),
)
TRIAL = Subject(
    name="trial", title="Trial", module="trial_benchmark", limit_s=30, aims=(FAST, SMALL)
)
OTHER = Subject(
    name="other",
    title="Other",
    module="other_benchmark",
    limit_s=30,
    aims=(at_most("other.s", "wait", 5.0, "s"),),
)
MACHINE = {"cpu": "One", "cores": 2, "memory_gb": 8, "os": "Linux", "python": "3.11.2"}


def record(*figures: tuple[str, float, bool], cpu: str = "One") -> dict[str, Any]:
    return {
        "command": "python -m trial_benchmark",
        "date": "2026-11-29",
        "commit": "0123456789",
        "load": 0.2,
        "machine": MACHINE | {"cpu": cpu},
        "took_s": 12,
        "figures": [
            {"aim": name, "figure": figure, "holds": holds, "note": "beside"}
            for name, figure, holds in figures
        ],
    }


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two subjects of our own, whose benchmarks a test writes, and files to keep figures in."""
    monkeypatch.setattr(collecting, "SUBJECTS", (TRIAL, OTHER))
    monkeypatch.setattr(collecting, "KEPT", tmp_path / "figures.json")
    monkeypatch.setattr(collecting, "PAGE", tmp_path / "figures.md")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    return tmp_path


def hands_on(folder: Path, module: str, *lines: str) -> None:
    """Write a benchmark of that name which hands these lines on."""
    body = "".join(f"    print({line!r}, file=out)\n" for line in lines)
    source = f"import os\nwith open(os.environ[{ASKED!r}], 'a') as out:\n    pass\n{body}"
    (folder / f"{module}.py").write_text(source, encoding="utf-8")


def line(name: str, figure: float) -> str:
    return json.dumps({"aim": name, "figure": figure, "holds": True, "note": ""})


def test_an_aim_says_how_far_a_figure_reaches_it() -> None:
    assert [FAST.ratio(figure) for figure in (50.0, 100.0, 200.0)] == [0.5, 1.0, 2.0]
    assert [SMALL.ratio(figure) for figure in (4.0, 2.0, 1.0)] == [0.5, 1.0, 2.0]
    assert [FAST.reached(figure) for figure in (99.0, 100.0)] == [False, True]
    assert [SMALL.reached(figure) for figure in (2.1, 2.0)] == [False, True]
    assert (str(FAST), str(SMALL)) == ("≥ 100 orders/s", "≤ 2 GB")


@pytest.mark.parametrize("bounds", [{}, {"least": 1.0, "most": 2.0}, {"least": 0.0}], ids=str)
def test_an_aim_is_one_bound_above_zero(bounds: dict[str, float]) -> None:
    with pytest.raises(AssertionError, match=r"trial\.odd"):
        Aim(name="trial.odd", what="", unit="s", **bounds)


def test_every_aim_has_a_name_of_its_own_under_its_subject() -> None:
    assert len({subject.name for subject in SUBJECTS}) == len(SUBJECTS)
    assert {
        aim.name
        for subject in SUBJECTS
        for aim in subject.aims
        if not aim.name.startswith(f"{subject.name}.")
    } == set()
    assert aims()


def test_every_subject_has_its_benchmark() -> None:
    lost = [s.module for s in SUBJECTS if not (ROOT / f"{s.module.replace('.', '/')}.py").exists()]
    assert lost == []


def test_a_figure_is_handed_on_only_where_somebody_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ASKED, raising=False)
    report("matching.bare_book", 1.0)
    monkeypatch.setenv(ASKED, str(tmp_path / "lines"))
    report("matching.bare_book", 2.0, holds=False, note="beside")

    assert [json.loads(text) for text in (tmp_path / "lines").read_text("utf-8").splitlines()] == [
        {"aim": "matching.bare_book", "figure": 2.0, "holds": False, "note": "beside"}
    ]


def test_a_figure_without_an_aim_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ASKED, raising=False)
    with pytest.raises(KeyError):
        report("matching.nobody_wants_this", 1.0)


def test_what_a_benchmark_hands_on_is_kept_and_shown(trial: Path) -> None:
    hands_on(trial, "trial_benchmark", line("trial.small", 1.0), line("trial.fast", 50.0))
    hands_on(trial, "other_benchmark", line("other.s", 4.0))

    assert collecting.main([]) == 0

    kept = json.loads((trial / "figures.json").read_text("utf-8"))
    assert list(kept) == ["trial", "other"]
    assert [row["aim"] for row in kept["trial"]["figures"]] == ["trial.fast", "trial.small"]
    assert kept["trial"]["command"] == "python -m trial_benchmark"
    assert kept["trial"]["machine"] == machine()
    assert kept["trial"]["commit"] == commit()
    assert "| orders | ≥ 100 orders/s | 50 orders/s | 0.50 | **no** |" in (
        trial / "figures.md"
    ).read_text("utf-8")


def test_part_is_renewed_and_the_rest_kept_with_its_date(trial: Path) -> None:
    before = {"trial": record(("trial.fast", 1.0, True)), "other": record(("other.s", 1.0, True))}
    (trial / "figures.json").write_text(json.dumps(before), encoding="utf-8")
    hands_on(trial, "other_benchmark", line("other.s", 2.0))

    assert collecting.main(["--only", "other"]) == 0

    kept = json.loads((trial / "figures.json").read_text("utf-8"))
    assert kept["trial"] == before["trial"]
    assert kept["other"]["figures"][0]["figure"] == 2.0


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line("trial.fast", 1.0)],
        [line("trial.fast", 1.0), line("trial.fast", 2.0), line("trial.small", 1.0)],
        [line("trial.fast", 1.0), line("trial.small", 1.0), line("other.s", 1.0)],
    ],
    ids=["nothing", "one is missing", "one comes twice", "somebody else's"],
)
def test_every_aim_is_handed_on_exactly_once_or_nothing_changes(
    lines: list[str], trial: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {"trial": record(("trial.fast", 7.0, True))}
    (trial / "figures.json").write_text(json.dumps(before), encoding="utf-8")
    hands_on(trial, "trial_benchmark", *lines)

    assert collecting.main(["--only", "trial"]) == 1
    assert json.loads((trial / "figures.json").read_text("utf-8")) == before
    assert "not measured, kept as it was: trial: it handed on" in capsys.readouterr().err


def test_a_benchmark_that_fails_changes_nothing_and_the_next_is_measured(
    trial: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (trial / "trial_benchmark.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    hands_on(trial, "other_benchmark", line("other.s", 2.0))

    assert collecting.main([]) == 1
    assert list(json.loads((trial / "figures.json").read_text("utf-8"))) == ["other"]
    assert "trial: it ended with 3" in capsys.readouterr().err


def test_a_benchmark_that_does_not_end_is_given_up(trial: Path) -> None:
    (trial / "trial_benchmark.py").write_text("import time\ntime.sleep(600)\n", encoding="utf-8")
    slow = Subject(
        name="trial", title="Trial", module="trial_benchmark", limit_s=1, aims=TRIAL.aims
    )

    with pytest.raises(collecting.NotMeasuredError, match="given up after 1 s"):
        collecting.measured(slow)


def test_a_subject_nobody_knows_is_named(trial: Path) -> None:
    with pytest.raises(SystemExit, match="no such subject: hall; there are trial, other"):
        collecting.main(["--only", "trial,hall"])
    assert not (trial / "figures.json").exists()


def test_a_figure_beside_which_something_failed_is_short() -> None:
    shown = page((TRIAL,), {"trial": record(("trial.fast", 500.0, False))}, ())

    assert "| orders | ≥ 100 orders/s | 500 orders/s | 5.00 | **no** | beside |" in shown
    assert "Of 2 aims 0 are reached, 1 are short, 1 not measured yet." in shown
    assert "| trial: orders | ≥ 100 orders/s | 500 orders/s | 5.00 | One core. |" in shown


def test_each_machine_is_named_once() -> None:
    records = {
        "trial": record(("trial.fast", 1.0, True), cpu="One"),
        "other": record(("other.s", 1.0, True), cpu="Two"),
    }
    shown = page((TRIAL, OTHER), records, UNMEASURED)

    assert "| A | One | 2 | 8 GB | Linux | 3.11.2 |\n| B | Two |" in shown
    assert "2026-11-29, commit `0123456789`, machine B, load 0.2, 12 s." in shown


def test_the_page_is_what_aims_and_kept_figures_make() -> None:
    written = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")

    assert written == page(SUBJECTS, collecting.kept(), UNMEASURED), (
        "run .venv/bin/python -m benchmarks.figures --page"
    )


def test_only_aims_that_exist_are_kept() -> None:
    kept = [row["aim"] for record in collecting.kept().values() for row in record["figures"]]

    assert set(kept) <= aims().keys()


def test_every_figure_that_is_short_says_what_bounds_it() -> None:
    silent = [
        row["aim"]
        for record in collecting.kept().values()
        for row in record["figures"]
        if not (aims()[row["aim"]].reached(row["figure"]) and row["holds"])
        if not aims()[row["aim"]].bounds
    ]

    assert silent == [], "say it in benchmarks/figures/aims.py"
