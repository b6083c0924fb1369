"""Asks the vulnerability services about everything that is pinned: `make audit`.

    python -m tools.audit

pip-audit asks about the exact versions of each `constraints*.txt`, npm about both of its lock files.
Exit codes: 0 every package was asked about, and each finding is explained in docs/supply.md; 1 a finding
is not explained; 3 nothing is known to be wrong, but some packages could not be asked about (a service
is out of reach, or does not know them). pip-audit itself calls that clean; here it is not.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.pinned import NPM, PYTHON, ROOT, canonical, npm_pins, python_pins
from tools.setup import SetupError, node

EXPLAINED = ROOT / "docs" / "supply.md"
PATIENCE_S = 300
CLEAN, FOUND, NOT_ASKED = 0, 1, 3


@dataclass(frozen=True)
class Finding:
    """One known vulnerability of one package."""

    package: str
    version: str
    ids: tuple[str, ...]
    """Every name the vulnerability goes by."""
    about: str = ""


@dataclass
class Answer:
    """What was heard about one lock file."""

    asked: int = 0
    """Packages a service knew something or nothing bad about."""
    findings: list[Finding] = field(default_factory=list)
    unasked: int = 0
    """Packages nobody could be asked about."""
    silent: list[str] = field(default_factory=list)
    """Why; a line a package, or one for all of them."""


def from_pip_audit(text: str, pinned: int) -> Answer:
    """Read pip-audit's JSON; a text that is none means that nothing was asked."""
    try:
        rows = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Answer(unasked=pinned, silent=["pip-audit gave no answer"])
    answer = Answer()
    for row in rows:
        if "skip_reason" in row:
            answer.unasked += 1
            answer.silent.append(f"{row['name']}: {row['skip_reason']}")
            continue
        answer.asked += 1
        answer.findings += [
            Finding(
                package=canonical(row["name"]),
                version=row["version"],
                ids=(each["id"], *each.get("aliases", ())),
                about=" ".join(each.get("description", "").split())[:200],
            )
            for each in row["vulns"]
        ]
    return answer


def from_npm_audit(text: str, pinned: int) -> Answer:
    """Read npm's JSON; an error in it means that nothing was asked."""
    try:
        told: dict[str, Any] = json.loads(text)
        total = int(told["metadata"]["dependencies"]["total"])
    except (ValueError, KeyError, TypeError):
        return Answer(unasked=pinned, silent=["npm was given no answer"])
    answer = Answer(asked=total)
    for name, each in told.get("vulnerabilities", {}).items():
        # A text is the name of a package below it, which has a row of its own.
        for via in each["via"]:
            if isinstance(via, Mapping):
                ids = (str(via.get("url", "")).rpartition("/")[2], str(via.get("source", "")))
                answer.findings.append(
                    Finding(name, str(via.get("range", "")), ids, str(via.get("title", "")))
                )
    return answer


def explained(page: str) -> set[tuple[str, str]]:
    """Identifier and package of every row of the page's table of findings."""
    return {
        (found[1], found[2])
        for found in re.finditer(r"^\| `([\w:-]+)` \| `([^`]+)` \|", page, re.MULTILINE)
    }


def unexplained(findings: Sequence[Finding], page: str) -> list[Finding]:
    """Findings of which no name stands on the page beside their package."""
    known = explained(page)
    return [
        each for each in findings if known.isdisjoint((name, each.package) for name in each.ids)
    ]


def ask_pip_audit(file: str) -> Answer:
    """About one lock file of Python."""
    command = [str(ROOT / ".venv-supply/bin/pip-audit"), "--requirement", file, "--disable-pip"]
    command += ["--require-hashes", "--format", "json", "--progress-spinner", "off"]
    return from_pip_audit(_said(command, ROOT, None), len(python_pins(file)))


def ask_npm(lock: str) -> Answer:
    """About one lock file of npm."""
    npm, environment = node()
    command = [str(npm), "audit", "--package-lock-only", "--json"]
    return from_npm_audit(_said(command, (ROOT / lock).parent, environment), len(npm_pins(lock)))


def _said(command: list[str], folder: Path, environment: dict[str, str] | None) -> str:
    # Exit codes tell of findings as well as of faults; what was said tells them apart.
    try:
        answer = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode(errors="replace")


def verdict(answers: Mapping[str, Answer], page: str) -> int:
    """Print what was heard; the exit code."""
    open_ones: list[Finding] = []
    for name, answer in answers.items():
        new = unexplained(answer.findings, page)
        open_ones += new
        print(
            f"{name}: {answer.asked} asked about, {len(answer.findings)} findings, "
            f"{len(new)} of them not explained, {answer.unasked} not asked about"
        )
        for each in new:
            print(f"  {each.package} {each.version} {' '.join(each.ids)}: {each.about}")
        for line in answer.silent[:3]:
            print(f"  not asked: {line}")
    if open_ones:
        print("mend it, or explain it in docs/supply.md", file=sys.stderr)
        return FOUND
    if any(answer.unasked for answer in answers.values()):
        print("not clean: some packages could not be asked about", file=sys.stderr)
        return NOT_ASKED
    print("clean, or explained in docs/supply.md")
    return CLEAN


def main() -> int:
    """Ask about everything."""
    answers = {file: ask_pip_audit(file) for file in PYTHON}
    try:
        answers |= {lock: ask_npm(lock) for lock in NPM}
    except SetupError as error:
        answers["npm"] = Answer(unasked=sum(map(len, map(npm_pins, NPM))), silent=[str(error)])
    return verdict(answers, EXPLAINED.read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(main())
