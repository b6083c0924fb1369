"""An area's level as a process of its own: a unit below it knows no difference, and it goes on without the market."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.hamlet import free_port
from tests.journeys.test_unit_agent import MARKET, Yard
from tests.patience import PATIENCE_S

# Two silences of three real heartbeats each are waited out.
pytestmark = [pytest.mark.journey, pytest.mark.long]


class Process:
    """One of the project's commands, and what it prints."""

    def __init__(self, log: Path, *words: str) -> None:
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "wattmarket", *words], stdout=file, stderr=file
            )

    def wait_for(self, wanted: Callable[[str], bool], *, after: int = 0) -> int:
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            for number, line in enumerate(self.log.read_text(encoding="utf-8").splitlines()):
                if number >= after and wanted(line):
                    return number
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            time.sleep(0.1)
        raise AssertionError(self.log.read_text(encoding="utf-8"))


@contextmanager
def running(log: Path, *words: str) -> Iterator[Process]:
    made = Process(log, *words)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait()


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    made = Yard(tmp_path)
    try:
        made.create()
        with made.operator() as operator:
            (area,) = operator.create_clients([{"role": "area", "area_id": "RUR"}])
        made.add_client("RUR", area)
        yield made
    finally:
        made.server.kill()
        made.server.wait()


def test_a_unit_follows_the_market_through_its_area_and_stays_safe_without_it(yard: Yard) -> None:
    port = free_port()
    clients, var = str(yard.folder / "clients.json"), str(yard.folder / "kept")
    area_words = (
        "area", "--id", "RUR", "--market", MARKET, "--credentials", clients, "--url", yard.url,
        "--port", str(port), "--var", var,
    )  # fmt: skip
    unit_words = (
        "unit", "--market", MARKET, "--unit", "ada-car", "--credentials", clients,
        "--url", f"http://127.0.0.1:{port}", "--grid-channel", "--var", var,
    )  # fmt: skip
    yard.order()
    with (
        running(yard.folder / "area.log", *area_words) as area,
        yard.operator() as operator,
    ):
        area.wait_for(lambda line: line.endswith("-> joined"))
        operator.start_clock()
        with running(yard.folder / "unit.log", *unit_words) as unit:
            # Its own traded schedule comes down through the area.
            at = unit.wait_for(lambda line: "target -4.000 kW" in line)
            # What its meter counts goes up through the area.
            wait_until(lambda: operator.measurements(unit_id="ada-car"))
            assert operator.reach()[0]["report"] is not None

            yard.kill()
            gone = area.wait_for(lambda line: line.endswith("-> alone"))
            unit.wait_for(lambda line: line.startswith("normal -> stale"), after=at)
            # The area goes on lending: its unit does not fall back to its fail-safe limits.
            yard.start_again()
            area.wait_for(lambda line: line.endswith("-> joined"), after=gone)
            unit.wait_for(lambda line: line.startswith("stale -> normal"), after=at)
            assert "-> failsafe" not in unit.log.read_text(encoding="utf-8")


def wait_until(holds: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.2)
