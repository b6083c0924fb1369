"""How much of the code's meaning its tests hold: `make mutants`.

    python -m tools.mutants                    every subject
    python -m tools.mutants --only ledger      of those; also ledger,settlement/bill.py
    python -m tools.mutants --all              every mutant of them, not a sample
    python -m tools.mutants --again            those that survived last time, by the tests there are now

mutmut changes one thing at a time in a copy under `var/mutants/`, and the subject's tests are to notice. A
change nobody can notice is explained in docs/mutants.md, by its file and what the line became. Exit codes:
0 every subject has its share of killed mutants; 1 one has not, its survivors are printed; 2 mutmut failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv-mutants" / "bin"
SUBJECTS = ROOT / "tools" / "mutants.toml"
EXPLAINED = ROOT / "docs" / "mutants.md"
COPIED = ("api", "clearing", "market", "sim", "wattmarket", "tests")
SHARE_MIN = 0.9
SHOWN = (
    "import json, sys; from mutmut.mutation.diff_apply import get_diff_for_mutant as diff;"
    "print(json.dumps({name: diff(name) for name in json.load(sys.stdin)}))"
)
HEAD = "| file | mutants | not run | killed | survived | explained | killed of the rest |"


@dataclass(frozen=True)
class Subject:
    """One table of tools/mutants.toml."""

    package: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    sample: tuple[int, ...] = ()


def subjects() -> dict[str, Subject]:
    """Name → what is changed, and who has to notice."""
    tables = tomllib.loads(SUBJECTS.read_text("utf-8"))
    return {
        name: Subject(
            of["package"], *(tuple(of.get(key, ())) for key in ("files", "tests", "sample"))
        )
        for name, of in tables.items()
    }


@dataclass(frozen=True)
class Mutant:
    """One change and what became of it."""

    name: str
    file: str
    end: int | None
    """How its tests ended, by mutmut's codes; None: not tried."""

    @property
    def fate(self) -> str:
        """One of `killed`, `survived` (its tests passed, or it has none) and `untried`."""
        if self.end is None:
            return "untried"
        return "survived" if self.end in NOBODY_NOTICED else "killed"


NOBODY_NOTICED = (0, 5, 33)  # passed; none collected; none reaches it: all else would be red


def settings(subject: Subject, files: Sequence[str]) -> str:
    """What mutmut is told, as a table of pyproject.toml."""
    told: dict[str, object] = {
        "source_paths": [subject.package],
        "only_mutate": list(files),
        "also_copy": [name for name in COPIED if name not in {subject.package, "tests"}],
        # What an exception or the auditor says is no promise; that it does is.
        "do_not_mutate_patterns": [r"^\s*raise \w+", r"^\s*assert ", r"refused\.append"],
        "pytest_add_cli_args": ["--hypothesis-profile=mutants", "-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": list(subject.tests),
        "use_git_change_detection": False,
        # Seconds for collecting, setting up and taking down, which mutmut does not count, on a busy machine.
        "timeout_constant": 20.0,
        "timeout_multiplier": 3.0,
    }
    lines = (f"{key} = {json.dumps(value)}" for key, value in told.items())
    return "\n[tool.mutmut]\n" + "\n".join(lines) + "\n"


def prepare(folder: Path, subject: Subject, files: Sequence[str], *, again: bool) -> None:
    """A copy of the project in which things may be broken; `again`: in the one there is, other tests."""
    shutil.rmtree(folder / "tests" if again else folder, ignore_errors=True)
    # With what it remembers of other tests mutmut would forget what those have killed.
    (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    for name in ("tests",) if again else COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    told = (ROOT / "pyproject.toml").read_text("utf-8") + settings(subject, files)
    (folder / "pyproject.toml").write_text(told, "utf-8")


def call(folder: Path, *command: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program of .venv-mutants in the copy, with what the project needs from .venv."""
    (packages,) = (ROOT / ".venv" / "lib").glob("python*/site-packages")
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    line = [str(BIN / command[0]), *command[1:]]
    return subprocess.run(
        line, cwd=folder, env=environment, input=said, stdout=PIPE, stderr=STDOUT, text=True
    )


def diffs(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """What was changed, by mutant; `mutmut show` would take a second for each."""
    return dict(json.loads(call(folder, "python", "-c", SHOWN, said=json.dumps(names)).stdout))


def outcomes(folder: Path) -> list[Mutant]:
    """Every mutant that was made in a copy."""
    made = folder / "mutants"
    return [
        Mutant(name, meta.relative_to(made).as_posix().removesuffix(".meta"), end)
        for meta in sorted(made.rglob("*.py.meta"))
        for name, end in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items()
    ]


def became(diff: str) -> str:
    """What the changed lines became, one after the other; `without …` where they went."""
    plus = [line.strip() for line in re.findall(r"^\+(?!\+\+ )(.*)$", diff, re.MULTILINE)]
    minus = [line.strip() for line in re.findall(r"^-(?!-- )(.*)$", diff, re.MULTILINE)]
    return " ".join(plus) if plus else "without " + " ".join(minus)


def is_guard(diff: str) -> bool:
    """Whether only the `strict` of a zip was changed: like an assertion it is there for faults of ours."""
    sides = [re.findall(rf"^{sign}\s(.*)$", diff, re.MULTILINE) for sign in (r"\-", r"\+")]
    plain = [re.sub(r"[\s,]*(strict=\w+)?[\s,]*(?=\)|$)", "", "".join(side)) for side in sides]
    return "strict=" in diff and plain[0] == plain[1]


def explained(page: str) -> set[tuple[str, str]]:
    """File and changed line of every row of the page's table of changes nobody can notice.

    A stroke in a line has a backslash there, or it would end its cell.
    """
    return {
        (found[1], found[2].replace(r"\|", "|"))
        for found in re.finditer(r"^\| `([\w/]+\.py)` \| `` ?(.+?) ?`` \|", page, re.MULTILINE)
    }


def table(mutants: Iterable[Mutant], known: set[str]) -> str:
    """Per file: mutants, tried, killed, survived, of these explained, and the share of the others killed."""
    counts: dict[str, Counter[str]] = {}
    for each in mutants:
        for row in (each.file, "together"):
            count = counts.setdefault(row, Counter())
            count["made"] += 1
            count[each.fate] += 1
            count["explained"] += each.fate == "survived" and each.name in known
    lines = [HEAD, "|---" * HEAD.count(" | ") + "|---|"]
    for row in sorted(counts, key=lambda name: (name == "together", name)):
        count = counts[row]
        told = (count[what] for what in ("made", "untried", "killed", "survived", "explained"))
        killed = f"{share(count):.1%}" if count["killed"] + count["survived"] else "–"
        lines.append(f"| {row} | {' | '.join(map(str, told))} | {killed} |")
    return "\n".join(lines)


def share(count: Mapping[str, int]) -> float:
    """Killed of those that were tried and could be noticed; 1 where there are none."""
    tried = count["killed"] + count["survived"] - count["explained"]
    return count["killed"] / tried if tried else 1.0


def examine(name: str, files: Sequence[str], *, every: bool = False, again: bool = False) -> int:
    """Try one subject and print how it stands; the exit code."""
    subject = subjects()[name]
    folder = ROOT / "var" / "mutants" / name
    tried = () if every else tuple(f"*__mutmut_*{digit}" for digit in subject.sample)
    if again:
        tried = tuple(each.name for each in outcomes(folder) if each.fate == "survived")
        if not tried:
            print(f"{name}: nothing survived last time, or there was none")
            return 0
    prepare(folder, subject, files, again=again)
    ran, found = call(folder, "mutmut", "run", "--max-children", "1", *tried), outcomes(folder)
    if ran.returncode != 0 or all(each.end is None for each in found):
        print(f"{name}: mutmut failed", ran.stdout[-4000:], sep="\n", file=sys.stderr)
        return 2
    page, known = explained(EXPLAINED.read_text("utf-8")), set[str]()
    print(f"\n## {name}\n", flush=True)
    survived = {each.name: each for each in found if each.fate == "survived"}
    for mutant, diff in diffs(folder, list(survived)).items():
        each, line = survived[mutant], became(diff)
        if (each.file, line) in page or is_guard(diff):
            known.add(mutant)
        else:
            untested = " (no test reaches it)" if each.end else ""
            print(f"- `{each.file}` {mutant.rpartition('.')[2]}{untested}: `` {line} ``")
    print("\n" + table(found, known), flush=True)
    count = Counter(each.fate for each in found) + Counter(explained=len(known))
    return 0 if share(count) >= SHARE_MIN else 1


def chosen(only: str) -> dict[str, list[str]]:
    """Subject → files of it, from names of subjects and ends of paths with commas between; "": all."""
    known = subjects()
    named: dict[str, list[str]] = {} if only else {name: [] for name in known}
    for part in filter(None, only.split(",")):
        if part in known:
            named[part] = []
            continue
        holders = [
            (name, path)
            for name, subject in known.items()
            for pattern in subject.files
            for path in sorted(ROOT.glob(pattern))
            if path.as_posix().endswith("/" + part)
        ]
        if not holders:
            raise SystemExit(f"{part} is no subject ({', '.join(known)}) and no file of one")
        for name, path in holders:
            named.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    return {name: files or list(known[name].files) for name, files in named.items()}


def main() -> int:
    """Examine what was asked for."""
    parser = argparse.ArgumentParser(prog="tools.mutants")
    parser.add_argument("--only", default="", help="subjects and files, with commas between")
    parser.add_argument("--all", action="store_true", help="every mutant, not a sample")
    parser.add_argument("--again", action="store_true", help="those that survived last time")
    asked = parser.parse_args()
    how = {"every": asked.all, "again": asked.again}
    return max(examine(name, files, **how) for name, files in chosen(asked.only).items())


if __name__ == "__main__":
    sys.exit(main())
