"""The audit: what was answered is read, what is explained passes, and silence is not clean."""

import json

import pytest

from tests.house.source import ROOT
from tools.audit import (
    CLEAN,
    EXPLAINED,
    FOUND,
    NOT_ASKED,
    Answer,
    Finding,
    explained,
    from_npm_audit,
    from_pip_audit,
    verdict,
)

PIP = {
    "dependencies": [
        {"name": "good", "version": "1.0", "vulns": []},
        {
            "name": "Bad_One",
            "version": "2.0",
            "vulns": [
                {
                    "id": "PYSEC-2026-1",
                    "aliases": ["CVE-2026-0001", "GHSA-aaaa-bbbb-cccc"],
                    "fix_versions": ["2.1"],
                    "description": "It  does\nharm.",
                }
            ],
        },
        {"name": "mute", "version": "3.0", "skip_reason": "Dependency not found"},
    ],
    "fixes": [],
}
NPM = {
    "vulnerabilities": {
        "leaf": {
            "via": [
                {
                    "source": 1234,
                    "name": "leaf",
                    "title": "Leaf leaks",
                    "url": "https://advisories.example/GHSA-dddd-eeee-ffff",
                    "range": "<2.0.0",
                }
            ]
        },
        "branch": {"via": ["leaf"]},
    },
    "metadata": {"dependencies": {"total": 210}},
}
BAD = Finding("bad-one", "2.0", ("PYSEC-2026-1", "CVE-2026-0001", "GHSA-aaaa-bbbb-cccc"), "It does harm.")  # fmt: skip


def test_findings_and_silence_of_pip_audit_are_told_apart() -> None:
    answer = from_pip_audit(json.dumps(PIP), pinned=3)

    assert answer == Answer(
        asked=2, findings=[BAD], unasked=1, silent=["mute: Dependency not found"]
    )


def test_a_finding_of_npm_is_counted_once_where_it_is() -> None:
    answer = from_npm_audit(json.dumps(NPM), pinned=210)

    assert answer.asked == 210
    assert answer.findings == [
        Finding("leaf", "<2.0.0", ("GHSA-dddd-eeee-ffff", "1234"), "Leaf leaks")
    ]


@pytest.mark.parametrize("said", ["", "Traceback", "[]", '{"error": {"code": "ENOAUDIT"}}'])
def test_no_answer_is_silence(said: str) -> None:
    assert from_pip_audit(said, pinned=7) == Answer(unasked=7, silent=["pip-audit gave no answer"])
    assert from_npm_audit(said, pinned=9) == Answer(unasked=9, silent=["npm was given no answer"])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(asked=3), CLEAN),
        (Answer(asked=3, findings=[BAD]), FOUND),
        (Answer(asked=3, findings=[BAD], unasked=1), FOUND),
        (Answer(asked=3, unasked=1), NOT_ASKED),
        (Answer(unasked=3), NOT_ASKED),
    ],
    ids=["clean", "found", "found and silent", "one silent", "all silent"],
)
def test_the_exit_code_says_how_it_stands(answer: Answer, code: int) -> None:
    assert verdict({"constraints.txt": answer}, "") == code


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("| `GHSA-aaaa-bbbb-cccc` | `bad-one` | nobody calls it | 2.1 |", CLEAN),
        ("| `GHSA-aaaa-bbbb-cccc` | `another` | nobody calls it | 2.1 |", FOUND),
        ("| `GHSA-zzzz-bbbb-cccc` | `bad-one` | nobody calls it | 2.1 |", FOUND),
    ],
    ids=["under any of its names", "of another package", "another finding"],
)
def test_a_finding_is_explained_by_its_name_beside_its_package(row: str, code: int) -> None:
    assert verdict({"constraints.txt": Answer(asked=1, findings=[BAD])}, f"text\n{row}\n") == code


def test_the_page_has_the_table_the_audit_reads() -> None:
    page = EXPLAINED.read_text("utf-8")
    head = "| finding | package | why it does no harm here | until |\n|---|---|---|---|\n"

    assert EXPLAINED.relative_to(ROOT).as_posix() == "docs/supply.md"
    assert head in page
    rows = [line for line in page.partition(head)[2].splitlines() if line.startswith("|")]
    assert len(explained(page)) == len(rows)
