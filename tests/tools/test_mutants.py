"""What `make mutants` reads and says: fates, shares, and what is explained."""

import json
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tools import mutants
from tools.mutants import (
    Mutant,
    became,
    chosen,
    examine,
    explained,
    is_guard,
    outcomes,
    settings,
    subjects,
    table,
)

BILL = "market/settlement/bill.py"


def test_every_subject_names_files_and_tests_that_are_there() -> None:
    for name, subject in subjects().items():
        assert all(list(ROOT.glob(pattern)) for pattern in subject.files), name
        tests = [test.removeprefix("--deselect=") for test in subject.tests]
        assert all((ROOT / test).exists() for test in tests), name
        assert all(pattern.startswith(subject.package + "/") for pattern in subject.files), name


def test_every_explained_change_is_of_a_file_that_is_examined() -> None:
    page = mutants.EXPLAINED.read_text("utf-8")
    head = "| file | what the line became | why nobody can notice |\n|---|---|---|\n"
    rows = [line for line in page.partition(head)[2].splitlines() if line.startswith("|")]

    assert rows
    assert len(explained(page)) == len(rows)
    examined = {
        path for subject in subjects().values() for f in subject.files for path in ROOT.glob(f)
    }
    assert [file for file, _ in explained(page) if ROOT / file not in examined] == []


def test_what_mutmut_is_told_is_a_table_of_pyproject() -> None:
    subject = subjects()["settlement"]

    told = tomllib.loads(settings(subject, [BILL]))["tool"]["mutmut"]

    assert told["only_mutate"] == [BILL]
    assert told["source_paths"] == ["market"]
    assert "market" not in told["also_copy"]
    assert told["pytest_add_cli_args_test_selection"] == list(subject.tests)


def test_files_are_chosen_by_the_end_of_their_path_and_all_is_every_subject() -> None:
    assert chosen("bill.py,tax.py,ledger") == {
        "settlement": [BILL, "market/settlement/tax.py"],
        "ledger": ["market/ledger.py"],
    }
    assert chosen("").keys() == subjects().keys()
    with pytest.raises(SystemExit, match=r"nothing\.py"):
        chosen("nothing.py")


@pytest.mark.parametrize(
    ("end", "fate"),
    [
        (None, "untried"),
        (0, "survived"),
        (33, "survived"),
        (5, "survived"),
        (1, "killed"),
        (-24, "killed"),
        (-11, "killed"),
    ],
    ids=["not tried", "green", "no test", "none collected", "red", "out of time", "crashed"],
)
def test_only_what_ends_red_is_killed(end: int | None, fate: str) -> None:
    assert Mutant("name", BILL, end).fate == fate


def test_the_share_is_of_those_tried_less_those_explained() -> None:
    made = [Mutant(str(end), BILL, end) for end in (1, 3, -24)]
    made += [
        Mutant("same", BILL, 0),
        Mutant("open", "market/ledger.py", 0),
        Mutant("left", BILL, None),
        Mutant("other", "market/settlement/tax.py", None),
    ]

    assert table(made, {"same"}).splitlines()[2:] == [
        "| market/ledger.py | 1 | 0 | 0 | 1 | 0 | 0.0% |",
        "| market/settlement/bill.py | 5 | 1 | 3 | 1 | 1 | 100.0% |",
        "| market/settlement/tax.py | 1 | 1 | 0 | 0 | 0 | – |",
        "| together | 7 | 2 | 3 | 2 | 1 | 75.0% |",
    ]


@pytest.mark.parametrize(
    ("diff", "line"),
    [
        ("--- a\n+++ b\n@@ -1 +1 @@\n def f():\n-    a = 1\n+    a = 2\n", "a = 2"),
        ("--- a\n+++ b\n f(\n-    a,\n-    b,\n+    None,\n+    b,\n )\n", "None, b,"),
        ("--- a\n+++ b\n f(\n-    a=1,\n )\n", "without a=1,"),
    ],
)
def test_a_change_is_known_by_what_the_line_became(diff: str, line: str) -> None:
    assert became(diff) == line


@pytest.mark.parametrize(
    ("before", "after", "guard"),
    [
        ("zip(a, b, strict=True)", "zip(a, b, strict=False)", True),
        ("zip(a, b, strict=True)", "zip(a, b, strict=None)", True),
        ("zip(a, b, strict=True)", "zip(a, b, )", True),
        ("zip(a, b, strict=True)", "zip(a, strict=True)", False),
        ("zip(a, b, strict=True) + c", "zip(a, b, strict=True) - c", False),
        ("f(a, b)", "f(a, )", False),
    ],
)
def test_whether_lengths_are_held_against_each_other_is_a_guard(
    before: str, after: str, guard: bool
) -> None:
    assert is_guard(f"--- a\n+++ b\n x\n-    {before}\n+    {after}\n") is guard


FAKE = """#!/bin/sh
echo "$@" > asked
mkdir -p mutants/market && cp "{metas}" mutants/market/ledger.py.meta
exit {code}
"""
SHOW = """#!{python}
import json, sys
print(json.dumps({{n: f"--- a\\n+++ b\\n-x = 1\\n+x = {{n}}\\n" for n in json.load(sys.stdin)}}))
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small house; its mutmut says what is written down in it, and explains nothing yet."""
    for name in mutants.COPIED:
        (tmp_path / name).mkdir()
    (tmp_path / ".venv" / "lib" / "python3" / "site-packages").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "small"\n')
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.setattr(mutants, "BIN", tmp_path)
    monkeypatch.setattr(mutants, "EXPLAINED", tmp_path / "explained.md")
    (tmp_path / "explained.md").write_text("")
    return tmp_path


def say(house: Path, ends: dict[str, int | None], code: int = 0) -> None:
    metas = house / "metas"
    metas.write_text(json.dumps({"exit_code_by_key": ends}))
    for name, text in (
        ("mutmut", FAKE.format(metas=metas, code=code)),
        ("python", SHOW.format(python=sys.executable)),
    ):
        (house / name).write_text(text)
        (house / name).chmod(0o755)


def test_a_subject_with_its_share_passes_and_one_without_names_its_survivors(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(made, {f"market.ledger.x_f__mutmut_{number}": 1 for number in range(1, 10)})
    assert examine("ledger", ["market/ledger.py"]) == 0
    assert "`" not in capsys.readouterr().out

    say(made, {"market.ledger.x_f__mutmut_1": 1, "m.2": 0, "m.3": 33, "m.4": None})
    assert examine("ledger", ["market/ledger.py"]) == 1
    said = capsys.readouterr().out
    assert "- `market/ledger.py` 2: `` x = m.2 ``" in said
    assert "- `market/ledger.py` 3 (no test reaches it): `` x = m.3 ``" in said
    assert "| together | 4 | 1 | 1 | 2 | 0 | 33.3% |" in said


def test_an_explained_survivor_is_neither_printed_nor_counted(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / "explained.md").write_text("| `market/ledger.py` | `` x = m.2 `` | the same |\n")
    say(made, {"m.1": 1, "m.2": 0})
    assert examine("ledger", ["market/ledger.py"]) == 0
    said = capsys.readouterr().out
    assert "x = m.2" not in said
    assert "| together | 2 | 0 | 1 | 1 | 1 | 100.0% |" in said


def test_a_stroke_in_an_explained_line_does_not_end_its_cell() -> None:
    page = r"| `market/ledger.py` | `` at = near \| far `` | the same |"

    assert explained(page) == {("market/ledger.py", "at = near | far")}


def test_a_sample_is_asked_for_by_the_last_digits_and_all_by_none(made: Path) -> None:
    say(made, {"m.1": 1})
    asked = made / "var" / "mutants" / "check" / "asked"
    assert examine("check", ["clearing/check/book.py"]) == 0
    digits = [f"*__mutmut_*{digit}" for digit in subjects()["check"].sample]
    assert digits
    assert asked.read_text().split() == ["run", "--max-children", "1", *digits]
    assert examine("check", ["clearing/check/book.py"], every=True) == 0
    assert asked.read_text().split() == ["run", "--max-children", "1"]
    assert outcomes(asked.parent) == [Mutant("m.1", "market/ledger.py", 1)]


def test_again_is_of_those_that_survived_by_the_tests_there_are_now(made: Path) -> None:
    say(made, {"m.1": 1, "m.2": 0, "m.3": 33, "m.4": None})
    examine("check", ["clearing/check/book.py"])
    copy = made / "var" / "mutants" / "check"
    (made / "tests" / "test_new.py").touch()
    (copy / "mutants" / "mutmut-stats.json").touch()
    say(made, {"m.1": 1, "m.2": 1, "m.3": 1, "m.4": None})

    assert examine("check", ["clearing/check/book.py"], again=True) == 0
    assert (copy / "asked").read_text().split() == ["run", "--max-children", "1", "m.2", "m.3"]
    assert (copy / "tests" / "test_new.py").exists()
    assert not (copy / "mutants" / "mutmut-stats.json").exists()


@pytest.mark.parametrize(("ends", "code"), [({"m.1": 1}, 1), ({"m.1": None}, 0)])
def test_a_mutmut_that_fails_or_tries_nothing_is_no_success(
    made: Path, ends: dict[str, int | None], code: int
) -> None:
    say(made, ends, code)
    assert examine("ledger", ["market/ledger.py"]) == 2
