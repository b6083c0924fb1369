"""Writes what the project is made of as CycloneDX: `make sbom`.

    python -m tools.sbom

- `var/sbom/python.cdx.json`: what is installed in `.venv`, by `cyclonedx-py` of cyclonedx-bom, which
  validates it against the schema;
- `var/sbom/pages.cdx.json`, `var/sbom/types.cdx.json`: both lock files of npm, by npm itself.

Each is read again and held against the lock files: whatever is missing is named, and the exit code is 1.
Packages that only check and build are in it too; npm marks its own (`cdx:npm:package:development`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.licences import installed
from tools.pinned import NPM, PAGES, PYTHON, ROOT, canonical, npm_pins, python_pins
from tools.setup import SetupError, node

OUT = ROOT / "var" / "sbom"


def python_sbom(out: Path) -> None:
    """Of the environment, with the project itself as its root."""
    command = [str(ROOT / ".venv-supply/bin/cyclonedx-py"), "environment", str(ROOT / ".venv")]
    command += ["--pyproject", "pyproject.toml", "--output-reproducible", "--validate"]
    subprocess.run([*command, "-o", str(out)], cwd=ROOT, check=True)


def npm_sbom(lock: str, out: Path) -> None:
    """Of a lock file, whatever is installed."""
    npm, environment = node()
    command = [str(npm), "sbom", "--package-lock-only", "--sbom-format=cyclonedx"]
    answer = subprocess.run(
        [*command, "--sbom-type=application"],
        cwd=(ROOT / lock).parent,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    out.write_bytes(answer.stdout)


def components(document: Path) -> set[tuple[str, str]]:
    """Name and version of everything a CycloneDX document lists; fails on another document."""
    found = json.loads(document.read_text("utf-8"))
    if found.get("bomFormat") != "CycloneDX":
        raise ValueError(f"{document.name} is no CycloneDX")
    return {
        (f"{each['group']}/{each['name']}" if each.get("group") else each["name"], each["version"])
        for each in found["components"]
    }


def missing(wanted: Iterable[tuple[str, str]], document: Path, *, python: bool) -> list[str]:
    """What should be in a document and is not."""
    found = components(document)
    if python:
        found = {(canonical(name), version) for name, version in found}
    return [f"{name} {version}" for name, version in sorted(set(wanted) - found)]


def listed(root: Path = ROOT) -> set[tuple[str, str]]:
    """What the document of the environment has to list: what is pinned and installed in `.venv`, not beside it."""
    pins = {pin for file in PYTHON for pin in python_pins(file, root).items()}
    return pins & installed(root, (".venv",)).keys()


def main() -> int:
    """Write all three, and look at them."""
    OUT.mkdir(parents=True, exist_ok=True)
    documents = {"python": OUT / "python.cdx.json"} | {
        lock: OUT / ("pages.cdx.json" if lock == PAGES else "types.cdx.json") for lock in NPM
    }
    try:
        python_sbom(documents["python"])
        for lock in NPM:
            npm_sbom(lock, documents[lock])
    except (SetupError, OSError, subprocess.CalledProcessError) as error:
        print(f"not written: {error}", file=sys.stderr)
        return 1
    lost = missing(listed(), documents["python"], python=True)
    for lock in NPM:
        pinned = ((each.name, each.version) for each in npm_pins(lock))
        lost += missing(pinned, documents[lock], python=False)
    for document in documents.values():
        print(f"{document.relative_to(ROOT)}: {len(components(document))} components")
    for line in lost:
        print(f"missing: {line}", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
