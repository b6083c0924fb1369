"""Measures, keeps what was measured, writes the page: `make figures`.

Run: python -m benchmarks.figures [--only NAME,NAME] [--page]

Each subject's benchmark runs by itself, one after the other, in a process of its own with a limit of
time; what it prints is shown, what it hands on (`benchmarks/figures/report.py`) is kept in
`docs/figures.json` with machine, moment, commit and command. A benchmark that fails, is too slow or
leaves out one of its aims changes nothing that was kept, and the exit code is 1. `--page` measures
nothing and writes the page anew, for an aim or a sentence that was changed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.figures.aim import Subject
from benchmarks.figures.aims import SUBJECTS, UNMEASURED
from benchmarks.figures.machine import ROOT, commit, load, machine
from benchmarks.figures.page import page
from benchmarks.figures.report import ASKED

KEPT: Final = ROOT / "docs" / "figures.json"
PAGE: Final = ROOT / "docs" / "figures.md"


class NotMeasuredError(Exception):
    """A benchmark that did not hand on what it should; the text says why."""


def kept() -> dict[str, Any]:
    """What was measured last, by subject."""
    if not KEPT.exists():
        return {}
    found: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def measured(subject: Subject) -> dict[str, Any]:
    """Run a subject's benchmark; its record."""
    record: dict[str, Any] = {
        "command": f"python -m {subject.module}",
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "load": load(),
        "machine": machine(),
    }
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "figures.jsonl")
        began = time.monotonic()
        _run([sys.executable, "-m", subject.module], lines, subject.limit_s)
        record["took_s"] = round(time.monotonic() - began)
        text = lines.read_text(encoding="utf-8") if lines.exists() else ""
    record["figures"] = figures(subject, text)
    return record


def figures(subject: Subject, text: str) -> list[dict[str, Any]]:
    """The lines a benchmark handed on, in the order of the aims; every aim exactly once."""
    handed: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    by_name = {line["aim"]: line for line in handed}
    wanted = [aim.name for aim in subject.aims]
    if sorted(line["aim"] for line in handed) != sorted(wanted):
        got = ", ".join(line["aim"] for line in handed) or "nothing"
        raise NotMeasuredError(f"it handed on {got}; wanted was {', '.join(wanted)}")
    return [by_name[name] for name in wanted]


def _run(command: Sequence[str], lines: Path, limit_s: int) -> None:
    # A session of its own: what it started ends with it, also when it is given up.
    child = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {ASKED: str(lines)}, start_new_session=True
    )
    try:
        code = child.wait(limit_s)
    except subprocess.TimeoutExpired:
        raise NotMeasuredError(f"it was given up after {limit_s} s") from None
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if code:
        raise NotMeasuredError(f"it ended with {code}")


def write(records: dict[str, Any]) -> None:
    """Both files."""
    ordered = {each.name: records[each.name] for each in SUBJECTS if each.name in records}
    KEPT.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(SUBJECTS, ordered, UNMEASURED), encoding="utf-8")


def chosen(asked: str | None) -> list[Subject]:
    """The subjects named, all of them without a name; ends with a message for an unknown one."""
    names = [name for name in (asked or "").split(",") if name]
    unknown = set(names) - {each.name for each in SUBJECTS}
    if unknown:
        known = ", ".join(each.name for each in SUBJECTS)
        raise SystemExit(f"no such subject: {', '.join(sorted(unknown))}; there are {known}")
    return [each for each in SUBJECTS if not names or each.name in names]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; 1 if something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures")
    parser.add_argument("--only", help="subjects, commas between; all without it")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page anew")
    asked = parser.parse_args(arguments)
    records, subjects = kept(), [] if asked.page else chosen(asked.only)
    before_s = sum(records[each.name]["took_s"] for each in subjects if each.name in records)
    if subjects:
        limit_s = sum(each.limit_s for each in subjects)
        print(f"{len(subjects)} subjects; last time {before_s} s in all, at most {limit_s} s")
    if subjects and load() > int(machine()["cores"]) / 2:
        print(f"load {load()}: others are at work here, and figures will be worse for it")
    failed, began = [], time.monotonic()
    for subject in subjects:
        print(f"== {subject.name} (load {load()}, at most {subject.limit_s} s)", flush=True)
        try:
            records[subject.name] = measured(subject)
        except NotMeasuredError as error:
            failed.append(f"{subject.name}: {error}")
            print(f"not measured: {error}", file=sys.stderr, flush=True)
            continue
        # At once: what follows may take long, or be ended.
        write(records)
        print(f"   {records[subject.name]['took_s']} s", flush=True)
    write(records)
    if subjects:
        print(f"{time.monotonic() - began:.0f} s in all; docs/figures.md is written")
    for line in failed:
        print(f"not measured, kept as it was: {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
