"""Time, chance and the network are handed in: nothing below `api` reaches for them."""

import ast

import pytest

from tests.house.source import python_files, tree

CLOCKS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "monotonic_ns"),
    ("time", "perf_counter"),
    ("time", "sleep"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}
# A deadline in real time, and how long a solve took, are the solver's own business; no
# decision of the market rests on either.
STOPWATCHES = {("time", "monotonic"), ("time", "perf_counter")}
CHANCE = {"random", "secrets", "uuid"}


def clocks_read(module: ast.Module) -> set[tuple[str, str]]:
    """Every reading of a clock, as (module or class, function), however it was imported."""
    read = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            owner = node.value
            last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            read.add((last, node.attr))
        elif isinstance(node, ast.ImportFrom) and node.module:
            read |= {(node.module, alias.name) for alias in node.names}
    # `import datetime as dt` and `import time as t` are read under their other names.
    other = {
        alias.asname: alias.name.rpartition(".")[2]
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    return {(other.get(owner, owner), name) for owner, name in read} & CLOCKS


def test_the_market_reads_no_clock() -> None:
    files = python_files("market")
    assert {str(path): read for path in files if (read := clocks_read(tree(path)))} == {}


def test_clearing_reads_at_most_a_stopwatch() -> None:
    files = python_files("clearing")
    found = {str(path): clocks_read(tree(path)) - STOPWATCHES for path in files}
    assert {path: read for path, read in found.items() if read} == {}


def test_no_chance_of_its_own() -> None:
    files = python_files("market", "clearing")
    assert {str(path): left for path in files if (left := imported(tree(path)) & CHANCE)} == {}


def imported(module: ast.Module) -> set[str]:
    """Names of the packages that a module imports from."""
    return {
        name.partition(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "import time as t\nt.monotonic()",
        "from time import perf_counter",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import datetime as stamp\nstamp.now()",
        "from datetime import date\ndate.today()",
    ],
)
def test_a_clock_is_noticed_however_it_is_imported(source: str) -> None:
    assert clocks_read(ast.parse(source)) != set()
