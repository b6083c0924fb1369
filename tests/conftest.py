"""Settings every test shares: how many examples hypothesis tries, and that it repeats itself.

`ci` is the default: derandomised, so that a red run is red again for everybody. `long` looks
further and remembers what it found: `pytest --hypothesis-profile=long`. `mutants` is for tests that run
once for each changed line (`make mutants`).
"""

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings

from api.serve import open_as_many_as_allowed
from tests.postgres_server import database, server

settings.register_profile(
    "ci",
    max_examples=40,
    derandomize=True,
    database=None,
    # How long an example takes says more about a busy machine than about the code.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", max_examples=2_000, deadline=None)
# Whether a change is noticed is asked there, not by how small an example.
settings.register_profile(
    "mutants",
    settings.get_profile("ci"),
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("ci")

# Some tests share one server, and each of its markets keeps some files open.
open_as_many_as_allowed()


TESTS: Final = Path(__file__).parent
SLOW_FIRST: Final = (
    "journeys",
    "properties",
    "browser",
    "sim",
    "clearing",
    "market",
    "api",
    "wattmarket",
)
"""Folders by how long their longest file takes: a long one that is begun last would be the tail of a run."""
WORKERS_MAX: Final = 4
COLLECT_AFTER: Final = (20_000, 20, 20)
"""More seldom than is usual, as nearly all goes by reference count; sooner than a server, since markets end here."""


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for disks, browsers and other processes as well."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(mine + 1, WORKERS_MAX)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Cycles are looked for only once the tests are collected: until then nothing goes away again.

    What is there by then is not frozen: a full look is due when a quarter has been added to what there
    is, and beside nothing that is soon. Frozen, the same tests took half as much again.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.set_threshold(*COLLECT_AFTER)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first; within a folder the order stays what it was."""
    rank = {name: place for place, name in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(TESTS).parts[0], len(rank)))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """The order of a red run, which a quiet one does not print at its head."""
    seed = config.getoption("randomly_seed", default=None)
    if exitstatus == pytest.ExitCode.TESTS_FAILED and seed is not None:
        terminalreporter.write_line(f"in the order of --randomly-seed={seed}")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL database for tests; started when the first of them asks."""
    with server() as url:
        yield url


@pytest.fixture
def own_database_url(postgres_url: str) -> Iterator[str]:
    """The same of a database that nobody else uses."""
    with database(postgres_url) as url:
        yield url
