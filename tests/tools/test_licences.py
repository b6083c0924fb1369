"""Licences: the page says what is pinned and installed, and what we cannot keep to is noticed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.house.source import ROOT, text, tracked
from tools import licences
from tools.licences import DATA, NOTICE, OWN_FILES, Reported, Row, accepted, spdx, unacceptable

DATA_SUFFIXES = {".csv", ".gz", ".npz", ".parquet"}


def test_the_page_says_what_is_pinned_and_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert licences.main(["--check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-2.0-or-later OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR ISC)", True),
        ("(MIT OR CC0-1.0)", True),
        ("MIT AND GPL-3.0-only OR ISC", True),
        ("ISC OR MIT AND GPL-3.0-only", True),
        ("MIT GPL-3.0-only", False),
        ("(MIT", False),
        ("", False),
        ("UNLICENSED", False),
        ("SEE LICENSE IN LICENSE.md", False),
    ],
)
def test_one_of_a_choice_is_enough_and_all_of_a_sum_are_wanted(expression: str, kept: bool) -> None:
    assert accepted(expression, NOTICE) is kept


def test_what_asks_for_its_own_files_is_installed_but_not_built_in() -> None:
    row = Row("some", "1.0", "MPL-2.0")

    assert unacceptable({"Python: what runs": [row]}) == []
    assert unacceptable({licences.BUILT_IN: [row]}) == ["some 1.0: MPL-2.0"]


@pytest.mark.parametrize("licence", ["GPL-3.0-or-later", "AGPL-3.0-only", "SSPL-1.0"])
def test_what_takes_the_whole_program_with_it_is_accepted_nowhere(licence: str) -> None:
    assert not accepted(licence, NOTICE | OWN_FILES)
    assert unacceptable({"Python: what runs": [Row("some", "1.0", licence)]})


def test_a_package_that_says_nothing_is_not_accepted() -> None:
    assert unacceptable({"Python": [Row("mute", "1.0", "")]}) == ["mute 1.0: licence not known"]


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ({"license_expression": "MIT OR ISC", "license": "other"}, "MIT OR ISC"),
        ({"license": "BSD-3-Clause"}, "BSD-3-Clause"),
        ({"license": "Apache License, Version 2.0"}, "Apache-2.0"),
        ({"classifier": ["License :: OSI Approved :: MIT License"]}, "MIT"),
        ({"classifier": ["License :: OSI Approved :: BSD License"]}, ""),
        (
            {
                "classifier": [
                    "License :: OSI Approved :: MIT License",
                    "License :: OSI Approved :: Apache Software License",
                ]
            },
            "",
        ),
        ({"license": "Copyright (c) somebody. All rights reserved."}, ""),
        ({}, ""),
    ],
    ids=["expression", "name", "words", "classifier", "which BSD", "two", "a text", "nothing"],
)
def test_metadata_are_believed_where_they_are_exact(
    metadata: Mapping[str, Any], licence: str
) -> None:
    assert spdx(Reported(metadata)) == licence


def test_a_row_is_kept_only_for_the_very_version() -> None:
    before = licences.written("| `elsewhere` | 1.0 | MIT | |\n| `mute` | 1.0 |  |\n")

    assert before == {("elsewhere", "1.0"): Row("elsewhere", "1.0", "MIT")}
    assert licences.python_row("elsewhere", "1.0", {}, before).licence == "MIT"
    assert licences.python_row("elsewhere", "1.1", {}, before).licence == ""


def test_an_old_page_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = licences.PAGE.read_text("utf-8")
    old = tmp_path / "licences.md"
    old.write_text(page.replace("| `fastapi` |", "| `slowapi` |"), encoding="utf-8")
    monkeypatch.setattr(licences, "PAGE", old)

    assert licences.main(["--check"]) == 1
    assert "docs/licences.md is old" in capsys.readouterr().err


def test_every_folder_of_data_is_listed() -> None:
    folders = {str(path.parent) for path in tracked() if path.suffix in DATA_SUFFIXES}

    assert folders == {folder for folder, *_ in DATA}


@pytest.mark.parametrize(("folder", "source", "licence", "readme"), DATA, ids=lambda each: each)
def test_the_page_beside_the_data_names_its_licence(
    folder: str, source: str, licence: str, readme: str
) -> None:
    said = " ".join(text(Path(readme)).split())
    words = {"ODbL-1.0": ("Open Database License 1.0", "ODbL 1.0"), "MIT": ("MIT License",)}

    assert (ROOT / folder).is_dir()
    names = [name for name in words if name in licence]
    assert names
    assert all(any(word in said for word in words[name]) for name in names)
    assert any(word in said for word in source.replace(",", "").split() if word[0].isupper())
