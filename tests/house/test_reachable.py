"""Nothing lies in the attic: every module is reached from an entry point or from a test."""

import ast

import grimp

from tests.house.source import PACKAGES, modules, python_files, tree

# What somebody starts: the command line, the server, the simulation, the solver's child process.
ENTRY_POINTS = {
    "wattmarket",
    "wattmarket.__main__",
    "wattmarket.cli",
    "api.__main__",
    "api.processes.printer",
    "sim.__main__",
    "clearing.child",
}
# What alembic finds by its path, step by step; tests/market/store/test_migrations.py runs each.
STEPS = "market.store.migrations."


def imported_by_tests() -> set[str]:
    """Modules of ours that some test imports by name."""
    found = set()
    for path in python_files("tests", "benchmarks"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & modules().keys()


def test_every_module_is_reached_from_an_entry_point_or_a_test() -> None:
    # Without its cache: that goes by the time of a file, and two edits may share one.
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    # A package is reached with any of its members; an __init__ here holds nothing of its own.
    starts = (ENTRY_POINTS | imported_by_tests()) & modules().keys()
    reached = set(starts)
    for start in starts:
        reached |= graph.find_upstream_modules(start)
    reached |= {name.rpartition(".")[0] for name in reached}

    unreached = modules().keys() - reached - set(PACKAGES)
    assert {name for name in unreached if not name.startswith(STEPS)} == set()


def test_every_entry_point_is_there() -> None:
    assert modules().keys() >= ENTRY_POINTS
