"""A hamlet for journeys: a few homes of the village, a short trading window, real processes.

The one idea: everything runs as it does for a customer: the server, the set-up and the simulation
are the project's own commands in processes of their own, and the test looks on over the wire.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from sim.profiles import Village, load_village
from sim.scenario import SEED, write_scenario
from tests.patience import PATIENCE_S
from wattmarket import Client

MARKET_ID = "village"
START = "2016-06-15T10:30:00+01:00"
TRADING_FROM, TRADING_UNTIL = "2016-06-15T11:00:00+01:00", "2016-06-15T13:00:00+01:00"
INTERVALS = 8
HOMES_PER_AREA = 8
WITNESS = "GRID-WITNESS"
"""A participant nobody simulates; the test itself orders for it."""
_held: list[socket.socket] = []
"""Bound for as long as the tests run, and never listening."""


def hamlet() -> Village:
    """Homes with every kind of device: those with most of them, from both areas."""
    village = load_village(seed=SEED)
    chosen = []
    for area_id in ("RUR", "SEM"):
        homes = [home for home in village.households if home.area_id == area_id]
        homes.sort(key=lambda home: (-len(home.units), home.participant_id))
        chosen += homes[:HOMES_PER_AREA]
    return replace(village, households=tuple(chosen))


def market_file(folder: Path, settle_minutes: int) -> Path:
    """The hamlet's file: the village's with fewer members and two hours of trading."""
    path = write_scenario(hamlet(), folder)
    toml = path.read_text(encoding="utf-8")
    toml = re.sub(r"(?m)^trading_from = .*$", f'trading_from = "{TRADING_FROM}"', toml)
    toml = re.sub(r"(?m)^trading_until = .*$", f'trading_until = "{TRADING_UNTIL}"', toml)
    toml = re.sub(r"(?m)^settle_minutes = .*$", f"settle_minutes = {settle_minutes}", toml)
    path.write_text(toml, encoding="utf-8")
    with (folder / "village-participants.csv").open("a", encoding="utf-8") as file:
        file.write(f"{WITNESS},GRID,Witness,false\n")
    with (folder / "village-units.csv").open("a", encoding="utf-8") as file:
        file.write(f"{WITNESS}-load,{WITNESS},GRID,load,0.000,100.000,false,,,,\n")
    return path


@dataclass(slots=True)
class Town:
    """One deployment: its folder, its port, its processes."""

    folder: Path
    port: int
    speed: float
    database_url: str | None
    """Of the PostgreSQL database that keeps the market; None: a file."""
    server: subprocess.Popen[bytes]
    settle_minutes: int = 15
    """How long a reading has, in market time."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def credentials(self) -> Path:
        return self.folder / "credentials.json"

    def client(self, name: str) -> Client:
        return Client(self.url, credentials=self.credentials, name=name, patience_s=PATIENCE_S)

    def operator(self) -> Client:
        file = self.folder / "var" / "credentials" / "operator.json"
        return Client(self.url, market=MARKET_ID, credentials=file, patience_s=PATIENCE_S)

    def token(self, name: str) -> str:
        """An access token, for tests that speak the wire without the client."""
        file = json.loads(self.credentials.read_text(encoding="utf-8"))
        entry = file["clients"][name]
        form = {key: entry[key] for key in ("client_id", "client_secret")}
        form["grant_type"] = "client_credentials"
        answer = httpx.post(f"{self.url}/v1/token", data=form, timeout=PATIENCE_S)
        token: str = answer.json()["access_token"]
        return token

    def create_market(self) -> None:
        command(
            "market", "create", str(market_file(self.folder, self.settle_minutes)), "--url", self.url,
            "--operator", str(self.folder / "var" / "credentials" / "operator.json"),
            "--credentials", str(self.credentials),
        )  # fmt: skip

    def kill_server(self) -> None:
        """As a power cut would."""
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()

    def start_server(self, *, paused: bool) -> None:
        self.server = start_server(
            self.folder, self.port, self.speed, paused=paused, database_url=self.database_url
        )


def command(*words: str) -> str:
    """Run one of the project's commands to its end; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "wattmarket", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def start_server(
    folder: Path, port: int, speed: float, *, paused: bool, database_url: str | None
) -> subprocess.Popen[bytes]:
    words = [
        sys.executable, "-m", "wattmarket", "serve", "--port", str(port), "--var", str(folder / "var"),
        "--start", START, "--speed", str(speed), *(["--paused"] if paused else []),
    ]  # fmt: skip
    environment = dict(os.environ)
    if database_url is not None:
        environment["WATTMARKET_DATABASE_URL"] = database_url
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(words, stdout=log, stderr=log, env=environment)


def free_port() -> int:
    """One that nobody else gets before it is listened on, or while its server is away."""
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port: int = probe.getsockname()[1]
    if sys.platform == "linux":  # elsewhere the server could not bind it beside this one
        _held.append(probe)
    else:
        probe.close()
    return port


@contextmanager
def town(
    folder: Path, *, speed: float, settle_minutes: int = 15, database_url: str | None = None
) -> Iterator[Town]:
    """A running server with the hamlet's market; ended with the block."""
    port = free_port()
    server = start_server(folder, port, speed, paused=True, database_url=database_url)
    made = Town(folder, port, speed, database_url, server, settle_minutes)
    try:
        with Client(made.url, patience_s=PATIENCE_S) as client:
            client.health()
        made.create_market()
        yield made
    except BaseException:
        sys.stderr.write((folder / "server.log").read_text(encoding="utf-8")[-4000:])
        raise
    finally:
        made.server.terminate()
        made.server.wait(timeout=PATIENCE_S)


@contextmanager
def simulation(made: Town, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The homes' process, ready; killed with the block if it still runs."""
    with (made.folder / "simulation.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "wattmarket", "sim", "--credentials", str(made.credentials),
             "--out", str(made.folder / "simulation.json"), *words],
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready == "ready\n", (made.folder / "simulation.log").read_text(encoding="utf-8")
        yield process
    finally:
        process.kill()
        process.communicate()


def tally(made: Town) -> dict[str, Any]:
    """What the simulation counted."""
    counted: dict[str, Any] = json.loads((made.folder / "simulation.json").read_text())
    return counted


def wait_for_settled(client: Client, count: int) -> None:
    """Look until so many intervals are settled."""
    deadline = time.monotonic() + PATIENCE_S
    while sum(row["phase"] == "settled" for row in client.intervals()) < count:
        assert time.monotonic() < deadline, "the market does not move"
        time.sleep(0.1)


def wait_for_the_day(client: Client) -> None:
    """Look until the closed day is settled as a whole too; until then the books are still moving."""
    deadline = time.monotonic() + PATIENCE_S
    while [run["state"] for run in client.settlement_runs()] != ["finished"]:
        assert time.monotonic() < deadline, "the day is not settled as a whole"
        time.sleep(0.1)
