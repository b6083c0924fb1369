"""The documents speak of this house: what they name is there, and what is there they explain."""

import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from api.settings import Settings
from clearing import build
from market.model.rejection import Code
from tests.house.source import ROOT, text, tracked

DOCS = [
    path
    for path in tracked()
    if path.suffix == ".md"
    if path.parts[0] == "docs" or str(path) in {"README.md", "ARCHITECTURE.md"}
]
# A bare name with one of these is a source file; other bare names may be what a run writes.
SOURCE = {".py", ".md", ".tsx", ".toml"}
SUFFIXES = "py|md|tsx?|mjs|toml|txt|json|csv|parquet|html|yml|yaml|png"
# A word with a slash or a known ending: folder/file.py, market/{model,store}/, build.py.
NAMED = re.compile(
    r"(?<![\w/.:{}<>$-])((?:[\w.-]+/|\w*\{[\w.,/-]+\}/?)*[\w.{},*-]+\.(?:"
    + SUFFIXES
    + r"))(?![\w/(])"
    r"|`([\w.-]+(?:/[\w.{},*-]+)*/)`"
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def spelled_out(name: str) -> Iterator[str]:
    """`a/{b,c}.py` → `a/b.py`, `a/c.py`."""
    parts = re.split(r"\{([^{}]*)\}", name)
    choices = [part.split(",") if odd % 2 else [part] for odd, part in enumerate(parts)]
    return ("".join(chosen) for chosen in itertools.product(*choices))


def names_in(document: str) -> set[str]:
    """Every path a document names, in prose, code or a drawing."""
    # An address is not a path of ours.
    plain = re.sub(r"\w+://\S+", "", document)
    found = {first or second for first, second in NAMED.findall(plain)}
    return {name for written in found for name in spelled_out(written)}


def exists(name: str) -> bool:
    """Whether a tracked file or folder is, or ends with, this name; `*` stands for anything."""
    pattern = re.compile(
        r"(?:^|.*/)"
        + re.escape(re.sub(r"^(?:\.\.?/)+", "", name).rstrip("/")).replace(r"\*", "[^/]*")
        + r"$"
    )
    return any(pattern.match(known) for known in known_names())


@cache
def known_names() -> frozenset[str]:
    """Every tracked file, and every folder one of them stands in."""
    folders = {str(parent) for path in tracked() for parent in path.parents}
    return frozenset(map(str, tracked())) | folders


def is_made_by_a_run(name: str) -> bool:
    """Whether git ignores it: var/, the built console and the like are made, not written."""
    asked = ["git", "check-ignore", "--quiet", name]
    return subprocess.run(asked, cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("path", DOCS, ids=str)
def test_every_path_a_document_names_is_there(path: Path) -> None:
    lost = {
        name
        for name in names_in(text(path))
        if ("/" in name or Path(name).suffix in SOURCE) and not exists(name)
    }

    assert {name for name in lost if not is_made_by_a_run(name)} == set()


@pytest.mark.parametrize("path", DOCS, ids=str)
def test_every_link_leads_somewhere(path: Path) -> None:
    targets = LINK.findall(text(path))

    assert [t for t in targets if not (ROOT / path).parent.joinpath(t).exists()] == []


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "ARCHITECTURE.md",
        "docs/first-day.md",
        "docs/figures.md",
        "docs/licences.md",
        "docs/mutants.md",
        "docs/supply.md",
        "docs/market-rules.md",
        "docs/clearing-files.md",
        "docs/clearing-model.md",
        "docs/control.md",
        "docs/wire.md",
        "docs/running.md",
        "docs/sources.md",
        "docs/decisions/README.md",
    ],
)
def test_the_document_is_written(path: str) -> None:
    assert Path(path) in tracked()


def test_every_decision_is_in_the_index() -> None:
    index = text(Path("docs/decisions/README.md"))
    pages = [path.name for path in tracked() if path.match("docs/decisions/0*.md")]

    assert pages
    assert [name for name in pages if f"]({name})" not in index] == []


def test_every_refusal_is_documented() -> None:
    rules = text(Path("docs/market-rules.md"))

    assert [code.value for code in Code if f"`{code.value}`" not in rules] == []


def test_no_refusal_is_documented_that_does_not_exist() -> None:
    rules = text(Path("docs/market-rules.md"))
    listed = set(re.findall(r"^\|\s*`([A-Z][A-Z_]+)`", rules, re.MULTILINE))

    assert listed == {code.value for code in Code}


def test_every_setting_is_documented() -> None:
    running = text(Path("docs/running.md"))
    listed = set(re.findall(r"^\| `WATTMARKET_([A-Z_]+)`", running, re.MULTILINE))

    assert listed == {name.upper() for name in Settings.model_fields}


def test_every_make_target_is_documented() -> None:
    running = text(Path("docs/running.md"))
    phony = re.search(r"^\.PHONY: (.*)$", text(Path("Makefile")), re.MULTILINE)
    assert phony is not None
    targets = {name for name in phony[1].split() if not name.startswith("check-")} - {"help"}

    assert [target for target in targets if f"make {target}`" not in running] == []


@pytest.mark.parametrize("block", build.BLOCKS, ids=lambda block: block.__name__)
def test_every_block_of_the_model_has_its_section(block: object) -> None:
    manual = text(Path("docs/clearing-model.md"))
    headings = re.findall(r"^#+ .*$", manual, re.MULTILINE)
    name = getattr(block, "__name__").rpartition(".")[2]  # noqa: B009 - a module as an object

    assert any(name in heading or name.replace("_", " ") in heading.lower() for heading in headings)


def test_both_languages_of_the_console_say_the_same_things() -> None:
    catalogues = {
        language: {
            f"{path.stem}:{key}"
            for path in Path("web/src/locales", language).glob("*.json")
            for key in keys_of(json.loads(text(path)))
        }
        for language in ("en", "zh-CN")
    }

    assert catalogues["en"]
    assert catalogues["en"] == catalogues["zh-CN"]


def keys_of(catalogue: object, above: str = "") -> Iterator[str]:
    """Dotted keys of a catalogue; a text that is empty counts as a key that is missing."""
    if isinstance(catalogue, dict):
        for key, value in catalogue.items():
            yield from keys_of(value, f"{above}.{key}" if above else key)
    elif catalogue:
        yield above


def test_a_lost_path_is_noticed() -> None:
    names = names_in("See `market/attic.py`, clearing/{build,cellar}.py, `gone/` and `/v1/x.json`.")

    assert {"market/attic.py", "clearing/build.py", "clearing/cellar.py", "gone/"} <= names
    assert exists("clearing/build.py")
    assert not any(map(exists, ("market/attic.py", "clearing/cellar.py", "gone/")))
