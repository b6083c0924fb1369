"""What is pinned is read from the lock files, and what an SBOM leaves out is named."""

import json
from pathlib import Path

import pytest

from tools.pinned import NPM, PAGES, PYTHON, canonical, npm_pins, python_pins
from tools.sbom import components, listed, missing


def document(folder: Path, *parts: dict[str, str]) -> Path:
    path = folder / "some.cdx.json"
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "components": parts}), encoding="utf-8")
    return path


def test_what_a_document_lists_is_read_with_its_scope(tmp_path: Path) -> None:
    written = document(
        tmp_path,
        {"name": "react", "version": "19.3.1"},
        {"group": "@tanstack", "name": "react-table", "version": "9.3.1"},
    )

    assert components(written) == {("react", "19.3.1"), ("@tanstack/react-table", "9.3.1")}


def test_what_is_missing_or_of_another_version_is_named(tmp_path: Path) -> None:
    written = document(
        tmp_path, {"name": "Jinja2", "version": "3.1.6"}, {"name": "numpy", "version": "2.4.5"}
    )
    wanted = [("jinja2", "3.1.6"), ("numpy", "2.4.6"), ("scipy", "1.17.1")]

    assert missing(wanted, written, python=True) == ["numpy 2.4.6", "scipy 1.17.1"]


def test_only_what_is_installed_in_the_environment_itself_has_to_be_listed(tmp_path: Path) -> None:
    for file in PYTHON:
        (tmp_path / file).write_text("", encoding="utf-8")
    (tmp_path / "constraints.txt").write_text(
        "numpy==2.4.6 \\\n    --hash=sha256:00\nscipy==1.17.1 \\\n    --hash=sha256:00\n",
        encoding="utf-8",
    )
    (tmp_path / "constraints-mutants.txt").write_text(
        "mutmut==3.8.1 \\\n    --hash=sha256:00\n", encoding="utf-8"
    )
    for environment, package in ((".venv", "numpy-2.4.6"), (".venv-mutants", "mutmut-3.8.1")):
        name, version = package.split("-")
        there = tmp_path / environment / "lib/python3.11/site-packages" / f"{package}.dist-info"
        there.mkdir(parents=True)
        (there / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", encoding="utf-8")

    assert listed(tmp_path) == {("numpy", "2.4.6")}


def test_another_document_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text('{"bomFormat": "Other", "components": []}', encoding="utf-8")

    with pytest.raises(ValueError, match="is no CycloneDX"):
        components(path)


def test_pins_are_read_with_and_without_a_marker(tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text(
        "colorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
        "fastapi==0.165.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n",
        encoding="utf-8",
    )

    assert python_pins("constraints.txt", tmp_path) == {"colorama": "0.4.6", "fastapi": "0.165.0"}


def test_a_package_is_built_in_if_it_is_so_anywhere(tmp_path: Path) -> None:
    packages = {
        "": {"name": "console", "version": "0.1.0"},
        "node_modules/tslib": {"version": "2.8.1", "license": "0BSD", "dev": True},
        "node_modules/a/node_modules/tslib": {"version": "2.8.1", "license": "0BSD"},
        "node_modules/@x/vite": {"version": "8.0.0", "license": "MIT", "dev": True},
    }
    for lock in NPM:
        (tmp_path / lock).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / lock).write_text(json.dumps({"packages": packages}), encoding="utf-8")

    assert [(each.name, each.built_in) for each in npm_pins(PAGES, tmp_path)] == [
        ("@x/vite", False),
        ("tslib", True),
    ]
    assert not any(each.built_in for each in npm_pins(NPM[1], tmp_path))


def test_names_are_written_as_lock_files_write_them() -> None:
    assert canonical("Boolean.py") == canonical("boolean_py") == "boolean-py"
