"""A unit's controller at its device's side: it follows the market, and is safe when the market is gone."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.api.village import market_body, unit_body
from tests.journeys.hamlet import free_port, start_server
from tests.patience import PATIENCE_S
from wattmarket import Client

pytestmark = pytest.mark.journey

MARKET = "yard"
FIRST_S = 1_465_984_800
"""2016-06-15T11:00+01:00, half an hour after the server's clock begins."""
SPEED = 120
"""An interval in 7.5 s, a second in two minutes."""
INTERVALS = 16
"""Two minutes: some are left when the server is back."""
EVERY_INTERVAL_KW = "4.000"


class Yard:
    """A market with one car that can be steered, one other unit, and their devices' credentials."""

    home = "RUR"
    """The area of the units."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = start_server(folder, self.port, SPEED, paused=True, database_url=None)

    def operator(self) -> Client:
        file = self.folder / "var" / "credentials" / "operator.json"
        return Client(self.url, market=MARKET, credentials=file, patience_s=PATIENCE_S)

    def definition(self) -> dict[str, Any]:
        """The market as it is made."""
        return market_body(MARKET, FIRST_S, INTERVALS)

    def create(self) -> None:
        with Client(self.url, patience_s=PATIENCE_S) as anyone:
            anyone.health()
        body = self.definition()
        car = unit_body("ada-car", "ada", self.home, "ev_charger", withdrawal="10.000")
        units = [
            {**car, "controllable": True},
            unit_body("ada-load", "ada", self.home, "load", withdrawal="5.000"),
            unit_body("retail", "retailer", "GRID", "retailer", injection="99.000"),
        ]
        people = {"ada": self.home, "retailer": "GRID"}
        clients: list[dict[str, Any]] = [
            {"role": "participant", "participant_id": "ada"},
            {"role": "participant", "participant_id": "retailer"},
            {"role": "device", "unit_id": "ada-car"},
            {"role": "device", "unit_id": "ada-load"},
        ]
        with self.operator() as operator:
            operator.create_market(body)
            operator.add_participants(
                {"participant_id": name, "name": name, "area_id": area_id,
                 "is_last_resort": name == "retailer"}
                for name, area_id in people.items()
            )  # fmt: skip
            operator.add_units(units)
            operator.add_deposits(
                {"deposit_id": f"first-{name}", "participant_id": name, "amount": "1000.00"}
                for name in people
            )
            made = dict(zip(("ada", "retailer", "ada-car", "ada-load"),
                            operator.create_clients(clients), strict=True))  # fmt: skip
        content = {"url": self.url, "market_id": MARKET, "clients": made}
        (self.folder / "clients.json").write_text(json.dumps(content), encoding="utf-8")

    def add_client(self, name: str, made: dict[str, Any]) -> None:
        """One more entry of the file with credentials."""
        file = self.folder / "clients.json"
        content = json.loads(file.read_text(encoding="utf-8"))
        content["clients"][name] = made
        file.write_text(json.dumps(content), encoding="utf-8")

    def order(self) -> None:
        """The car buys, and the retailer sells, the same in every interval."""
        for name, unit_id, side in (("ada", "ada-car", "buy"), ("retailer", "retail", "sell")):
            file = self.folder / "clients.json"
            with Client(self.url, credentials=file, name=name, patience_s=PATIENCE_S) as client:
                for index in range(INTERVALS):
                    client.orders.place(
                        unit_id=unit_id, side=side, start=_time(FIRST_S + 900 * index),
                        price_per_mwh="300.00" if side == "buy" else "120.00",
                        energy_kwh="1.000" if side == "buy" else "1.100",
                    )  # fmt: skip

    def kill(self) -> None:
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()

    def start_again(self) -> None:
        self.server = start_server(self.folder, self.port, SPEED, paused=False, database_url=None)


class Agent:
    """The command in a process of its own, and what it prints."""

    def __init__(self, yard: Yard, *more: str) -> None:
        self.log = yard.folder / "agent.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "wattmarket", "unit", "--market", MARKET, "--unit", "ada-car",
                 "--credentials", str(yard.folder / "clients.json"), "--url", yard.url,
                 "--var", str(yard.folder / "unit"), *more],
                stdout=log, stderr=log,
            )  # fmt: skip

    def lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()

    def wait_for(self, wanted: Callable[[str], bool], *, after: int = 0) -> int:
        """Look until such a line is there; gives its number."""
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            for number, line in enumerate(self.lines()):
                if number >= after and wanted(line):
                    return number
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            time.sleep(0.1)
        raise AssertionError("\n".join(self.lines()))


def _time(at_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


@contextmanager
def agent_of(yard: Yard) -> Iterator[Agent]:
    agent = Agent(yard)
    try:
        yield agent
    finally:
        agent.process.kill()
        agent.process.wait()


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    made = Yard(tmp_path)
    try:
        made.create()
        yield made
    finally:
        made.server.kill()
        made.server.wait()


def follows(line: str) -> bool:
    return f"target -{EVERY_INTERVAL_KW} kW" in line


def rests(line: str) -> bool:
    return "target 0.000 kW" in line


def test_it_follows_survives_the_server_and_resumes(yard: Yard) -> None:
    yard.order()
    with agent_of(yard) as agent, yard.operator() as operator:
        agent.wait_for(lambda line: "connecting" in line)
        operator.start_clock()
        followed = agent.wait_for(follows)
        reading = None
        give_up = time.monotonic() + PATIENCE_S
        while reading is None and time.monotonic() < give_up:
            rows = operator.measurements(unit_id="ada-car")
            own = [row for row in rows if not row["substituted"]]
            reading = own[0] if own else None
            time.sleep(0.2)
        assert reading is not None, "\n".join(agent.lines())
        assert 0.6 < float(reading["consumption_kwh"]) < 1.1
        assert reading["frequency_hz"] == "50.000"

        yard.kill()
        # What it was told holds to its own end; nobody renews it, and it comes to rest by itself.
        rested = agent.wait_for(rests, after=followed)
        agent.wait_for(lambda line: "normal -> stale" in line)
        assert not any(follows(line) for line in agent.lines()[rested:])

        yard.start_again()
        back = agent.wait_for(lambda line: "stale -> normal" in line)
        agent.wait_for(follows, after=back)

        agent.process.send_signal(signal.SIGINT)
        assert agent.process.wait(timeout=PATIENCE_S) == 0
        assert agent.lines()[-1] == "ended: the unit is in its safe state"
        assert all("target -4.2" not in line for line in agent.lines())
    kept = json.loads((yard.folder / "unit" / "ada-car.json").read_text(encoding="utf-8"))
    assert kept["unit"]["withdrawal_max_w"] == 10_000
    assert kept["memory"]["market_mark"][0] >= 2, "the writer after the restart"


def test_a_foreign_token_is_refused(yard: Yard) -> None:
    agent = Agent(yard, "--name", "ada-load")

    assert agent.process.wait(timeout=PATIENCE_S) == 2
    assert "not for the unit ada-car" in agent.log.read_text(encoding="utf-8")

    content = json.loads((yard.folder / "clients.json").read_text(encoding="utf-8"))
    content["clients"]["ada-car"]["client_secret"] = "0" * 64
    (yard.folder / "clients.json").write_text(json.dumps(content), encoding="utf-8")
    agent = Agent(yard)
    assert agent.process.wait(timeout=PATIENCE_S) == 3
