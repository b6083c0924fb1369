"""What is installed is what was tried: every package pinned, with hashes, for every platform."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.house.source import PACKAGES, ROOT
from tools.pinned import PYTHON

PIN = re.compile(
    r"^([a-z0-9][a-z0-9-]*)==(\S+)((?: ; [^\\]+)?) \\\n((?:    --hash=.*\n?)+)", re.MULTILINE
)


def pins(name: str) -> dict[str, tuple[str, list[str]]]:
    """Package → version and hashes; fails on any line that is neither."""
    source = (ROOT / name).read_text(encoding="utf-8")
    assert PIN.sub("", source).strip() == "", f"{name} holds something that is not a pinned package"
    return {
        found[1]: (found[2], re.findall(r"--hash=(sha256:[0-9a-f]{64})", found[4]))
        for found in PIN.finditer(source)
    }


def wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
        *project["build-system"]["requires"],
    ]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", PYTHON)
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    found = pins(name)

    assert found
    assert all(hashes for _, hashes in found.values())


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_every_requirement_is_met_by_its_pin(requirement: Requirement) -> None:
    version, _ = pins("constraints.txt")[requirement.name]

    assert requirement.specifier.contains(Version(version))


def test_an_extra_is_met_by_its_pin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for line in project["project"]["optional-dependencies"]["pdf"]:
        requirement = Requirement(line)
        version, _ = pins("constraints-pdf.txt")[requirement.name]
        assert requirement.specifier.contains(Version(version))


@pytest.mark.parametrize(
    "name", ["constraints-pdf.txt", "constraints-supply.txt", "constraints-mutants.txt"]
)
def test_what_is_pinned_beside_agrees_with_the_rest(name: str) -> None:
    beside, rest = pins(name), pins("constraints.txt")
    shared = beside.keys() & rest.keys()
    assert shared
    assert [name for name in shared if beside[name][0] != rest[name][0]] == []


def test_every_lock_file_of_python_is_known_to_those_who_list_them() -> None:
    assert {path.name for path in ROOT.glob("constraints*.txt")} == set(PYTHON)


def test_nothing_heavy_slipped_in() -> None:
    assert pins("constraints.txt").keys().isdisjoint({"torch", "tensorflow", "jax", "pandas"})


def test_a_compiled_package_is_pinned_for_more_than_one_machine() -> None:
    # A handful of hashes would mean that only this platform's files were written down.
    for name in ("highspy", "numpy", "polars-runtime-32", "pyarrow"):
        assert len(pins("constraints.txt")[name][1]) > 5


def test_every_library_that_is_imported_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {Requirement(line).name for line in project["project"]["dependencies"]}
    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    outside = {
        name
        for name in graph.modules
        if graph.is_module_squashed(name) and name not in sys.stdlib_module_names
    }
    owners = packages_distributions()

    # pandas only hands a frame to somebody who has it; pydantic_core is pydantic's own half;
    # weasyprint is an extra, and who has not got it is told so.
    outside -= {"pandas", "pydantic_core", "weasyprint"}
    lost = {name for name in outside if asked.isdisjoint(map(canonical, owners[name]))}
    assert lost == set()


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
