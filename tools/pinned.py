"""What is pinned, for those who list it: packages of Python and of npm with their versions.

Offline and from the lock files alone: `constraints*.txt` and both `package-lock.json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parent.parent
PYTHON: Mapping[str, str] = MappingProxyType(
    {
        "constraints.txt": "what runs, and what checks it",
        "constraints-pdf.txt": "bills as PDF, an extra",
        "constraints-node.txt": "Node, where the system has none that will do",
        "constraints-supply.txt": "the tools of `make sbom` and `make audit`",
        "constraints-mutants.txt": "the tool of `make mutants`",
    }
)
"""Lock files of Python and what each is for."""
PAGES = "web/package-lock.json"
TYPES = "web/tools/openapi/package-lock.json"
NPM: tuple[str, ...] = (PAGES, TYPES)
_PIN = re.compile(r"^([a-z0-9][a-z0-9-]*)==(\S+)(?: ; ([^\\]+?))? \\$", re.MULTILINE)


@dataclass(frozen=True)
class NpmPackage:
    """One package of a `package-lock.json`."""

    name: str
    version: str
    licence: str
    """As the lock file says it; empty: it does not."""
    built_in: bool
    """Whether it may become part of the pages; else it only builds and tests them."""


def python_pins(file: str, root: Path = ROOT) -> dict[str, str]:
    """Package → version of one lock file."""
    return {found[1]: found[2] for found in _PIN.finditer((root / file).read_text("utf-8"))}


def npm_pins(file: str, root: Path = ROOT) -> list[NpmPackage]:
    """Every package of one lock file, each name and version once, sorted; built in if it is so anywhere."""
    listed = json.loads((root / file).read_text("utf-8"))["packages"]
    found: dict[tuple[str, str], NpmPackage] = {}
    for path, each in listed.items():
        if not path or each.get("link"):
            continue
        key = (path.rpartition("node_modules/")[2], each["version"])
        built_in = file == PAGES and not each.get("dev") and not each.get("devOptional")
        before = found.get(key)
        found[key] = NpmPackage(
            name=key[0],
            version=key[1],
            licence=each.get("license", ""),
            built_in=built_in or (before is not None and before.built_in),
        )
    return [found[key] for key in sorted(found)]


def canonical(name: str) -> str:
    """A Python package's name as lock files write it."""
    return re.sub(r"[-_.]+", "-", name).lower()
