"""The floors hold, and every contract notices when they do not.

A contract that cannot fail is a picture on the wall. So each is run twice: on the house as it
stands, and on a copy of it with one wrong import planted.
"""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tests.house.source import PACKAGES, ROOT, modules

# Contract → the module where one line is planted, and the line.
WRONG_IMPORTS = {
    "house": ("clearing.problem", "import market.model.units"),
    "face": ("wattmarket.client", "import wattmarket.cli"),
    "client": ("wattmarket.client", "import market.model.units"),
    "server": ("api.app", "import wattmarket.client"),
    "api": ("api.incoming.body", "import api.answers.values"),
    "market": ("market.model.units", "import market.ledger"),
    "engine": ("market.engine.facts.phase_steps", "import market.engine.orders.admission"),
    "clearing": ("clearing.problem", "import clearing.curves"),
    "auditor": ("clearing.check", "import clearing.curves"),
    "solver-door-problem": ("market.ledger", "import clearing.problem"),
    "solver-door-network": ("market.ledger", "import clearing.network"),
    "solver-door-service": ("market.trading.auction", "import clearing.service"),
    "solver-door-rest": ("market.timetable", "import clearing.clear"),
    "market-doors": ("api.app", "import market.engine.engine"),
    "agents": ("sim.agents", "import market.ledger"),
    "simulation": ("sim.cut", "import sim.run"),
    "no-io": ("market.model.units", "import asyncio"),
    "cycles": ("market.model.units", "import market.model.trade"),
}
# A new room must be given a floor before anything may stand in it.
ROOMS_WITHOUT_A_FLOOR = {
    "face": "wattmarket",
    "api": "api",
    "market": "market",
    "engine": "market/engine",
    "clearing": "clearing",
    "simulation": "sim",
}
# These meet the world; everything else in market is the market itself.
MARKET_EDGES = {
    "market.store",
    "market.sequencer",
    "market.timetable",
    "market.day_runs",
    "market.month_runs",
    "market.replay",
    "market.verifying",
    "market.power_flows",
    "market.what_if",
    "market.backup",
}
# The roof: the command line knows the whole house; the rest of the face knows only the wire.
ROOF = {"wattmarket.cli", "wattmarket.keeping", "wattmarket.__main__"}
# The auditor, the naive twin, and the arrays they read; of all else they know nothing.
AUDITORS = {
    "clearing.check",
    "clearing.merit_order",
    "clearing.network",
    "clearing.problem",
    "clearing.redispatch_problem",
}
SOLVERS = {"highspy", "power_grid_model", "pyomo", "scipy"}


def contracts() -> dict[str, configparser.SectionProxy]:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    prefix = "importlinter:contract:"
    return {
        name.removeprefix(prefix): config[name]
        for name in config.sections()
        if name.startswith(prefix)
    }


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The five packages' Python and the contracts, in a folder of their own."""
    for path in modules().values():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def plant(copy: Path, module: str, line: str) -> None:
    with (copy / modules()[module]).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def lint(folder: Path, *contract: str) -> subprocess.CompletedProcess[str]:
    chosen = [part for name in contract for part in ("--contract", name)]
    tool = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [str(tool), "--no-cache", "--no-logo", *chosen],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "PATH": str(tool.parent), "COLUMNS": "200"},
    )


def test_the_house_stands_as_its_contracts_say() -> None:
    run = lint(ROOT)

    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(contracts())} kept, 0 broken" in run.stdout


def test_every_contract_has_a_wrong_import_to_catch() -> None:
    assert contracts().keys() == WRONG_IMPORTS.keys()


@pytest.mark.parametrize("contract", WRONG_IMPORTS)
def test_a_wrong_import_breaks_its_contract(copy: Path, contract: str) -> None:
    module, line = WRONG_IMPORTS[contract]
    plant(copy, module, line)
    if contract == "cycles":
        plant(copy, "market.model.trade", "import market.model.units")

    run = lint(copy, contract)

    assert "0 kept, 1 broken" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize(("contract", "package"), ROOMS_WITHOUT_A_FLOOR.items())
def test_a_module_without_a_floor_breaks_the_floors(
    copy: Path, contract: str, package: str
) -> None:
    (copy / package / "attic.py").touch()

    run = lint(copy, contract)

    assert "0 kept, 1 broken" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("contract", "field", "package", "others"),
    [
        ("no-io", "source_modules", "market", MARKET_EDGES),
        ("client", "source_modules", "wattmarket", ROOF),
        ("auditor", "forbidden_modules", "clearing", AUDITORS),
    ],
)
def test_a_contract_about_a_list_of_modules_forgets_none(
    contract: str, field: str, package: str, others: set[str]
) -> None:
    listed = set(contracts()[contract][field].split()) - SOLVERS
    rooms = {name for name in modules() if name.rpartition(".")[0] == package}

    assert listed == rooms - others


def test_agents_take_from_the_model_only_what_unit_and_area_need_themselves() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    doors = {"market.control.unit", "market.control.reach"}
    needed = doors.union(*(graph.find_upstream_modules(door) for door in doors))
    agents = graph.find_descendants("sim")
    taken = {name for agent in agents for name in graph.find_modules_directly_imported_by(agent)}

    assert {name for name in taken if name.startswith("market")} <= needed
