"""A real server in a thread of the test run, with a clock that is moved by hand.

The one idea: one server for all tests, a market of its own for each. The clock only goes forward and
never passes what a market still has to do, so moving it is also waiting for it.
"""

import asyncio
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import uvicorn
from websockets.sync.client import ClientConnection, connect

from api.app import create_app
from api.house import House
from api.settings import Settings
from clearing.problem import ClearingProblem, ClearingResult
from clearing.service import ClearingService

Json: TypeAlias = Any
"""Whatever JSON holds."""

QUARTER_S = 900
US = 1_000_000
PATIENCE_S = 60


class HandClock:
    """Market time moved by the test; thread-safe where the test touches it."""

    simulated = True
    speed = 1.0

    def __init__(self, now_s: int) -> None:
        self.running = False
        self._target_us = now_s * US
        self._reached_us = self._target_us
        self._holds: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()

    def now_us(self) -> int:
        allowed_us = min([self._target_us, *self._holds.values()])
        self._reached_us = max(self._reached_us, allowed_us)
        return self._reached_us

    def hold_at(self, holder: str, due_us: int | None) -> None:
        self._loop = asyncio.get_running_loop()
        if due_us is None:
            self._holds.pop(holder, None)
        else:
            self._holds[holder] = due_us
        self._tell()

    async def wait_until(self, due_us: int) -> None:
        while self.now_us() < due_us:
            await self._changed.wait()

    def start(self) -> None:
        self.running = True

    def resume_from(self, now_us: int) -> None:
        self._target_us = max(self._target_us, now_us)

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def go_to(self, now_s: int) -> None:
        """Move on and wait until all that was due before is done. Called by the test."""

        def move() -> None:
            self._target_us = max(self._target_us, now_s * US)
            self._tell()

        if self._loop is None:
            move()
        else:
            self._loop.call_soon_threadsafe(move)
        give_up = time.monotonic() + PATIENCE_S
        while self.now_us() < now_s * US:
            assert time.monotonic() < give_up, "market time does not get there"
            time.sleep(0.002)


class LazySolver:
    """The real clearing process, started when the first auction needs it."""

    def __init__(self) -> None:
        self._service: ClearingService | None = None
        self._lock = threading.Lock()

    def solve(self, problem: ClearingProblem, deadline_s: float) -> ClearingResult:
        with self._lock:
            if self._service is None:
                self._service = ClearingService()
                self._service.start()
            return self._service.solve(problem, deadline_s)

    def close(self) -> None:
        if self._service is not None:
            self._service.close()


class RealTime:
    """The real clock of tokens, which a test may push forward."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


class Server:
    """A server on a free port of this machine."""

    def __init__(self, var: Path, clock: HandClock, solver: LazySolver) -> None:
        self.var, self.clock = var, clock
        self.real_time_s = RealTime()
        self.faults: list[BaseException] = []
        self.settings = Settings(var=var, port=0)
        self.app = create_app(
            self.settings,
            on_fault=self.faults.append,
            clock=clock,
            solver=solver,
            real_time_s=self.real_time_s,
            heartbeat_s=0.3,
        )
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            self.app,
            log_config=None,
            access_log=False,
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            lifespan="on",
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def start(self) -> "Server":
        self._thread.start()
        give_up = time.monotonic() + PATIENCE_S
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            assert time.monotonic() < give_up
            time.sleep(0.005)
        self.http = httpx.Client(base_url=self.url, timeout=30)
        return self

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    def stop(self) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._socket.close()

    def token(self, credential: dict[str, Any]) -> str:
        form = {"grant_type": "client_credentials"}
        form |= {name: credential[name] for name in ("client_id", "client_secret")}
        answer = self.http.post("/v1/token", data=form)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def operator_credential(self) -> dict[str, Any]:
        credential: dict[str, Any] = json.loads(
            (self.var / "credentials" / "operator.json").read_text()
        )
        return credential


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def instant(start_s: int) -> str:
    return datetime.fromtimestamp(start_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def market_body(market_id: str, first_s: int, intervals: int) -> dict[str, Any]:
    return {
        "market_id": market_id,
        "name": "Village",
        "currency": "EUR",
        "time_zone": "Etc/GMT-1",
        "interval_minutes": 15,
        "trading_from": instant(first_s),
        "trading_until": instant(first_s + intervals * QUARTER_S),
        "call_opens_minutes": 1560,
        "gate_minutes": 15,
        "settle_minutes": 15,
        "price_min_per_mwh": "-500.00",
        "price_max_per_mwh": "4000.00",
        "tie": "prorata",
        "capability_tolerance_ppm": 50000,
        "deviation_adder_ppm": 50000,
        "deviation_adder_min_per_mwh": "0.50",
        "open_orders_max": 100000,
        "tariff": {"network_per_mwh": "70.00", "levies_per_mwh": "50.00"},
        "last_resort": [
            {"from_hour": 0, "to_hour": 24, "ask_per_mwh": "120.00", "bid_per_mwh": "80.00"}
        ],
        "areas": [
            {
                "area_id": "RUR",
                "name": "Rural",
                "parent": None,
                "import_limit_kw": None,
                "export_limit_kw": None,
                "holds_last_resort": False,
            },
            {
                "area_id": "GRID",
                "name": "Grid",
                "parent": None,
                "import_limit_kw": None,
                "export_limit_kw": None,
                "holds_last_resort": True,
            },
        ],
        "lines": [
            {
                "line_id": "GRID-RUR",
                "from_area": "GRID",
                "to_area": "RUR",
                "capacity_forward_kw": "80.000",
                "capacity_backward_kw": "80.000",
                "loss_ppm": 20000,
                "fee_forward_per_mwh": "40.00",
                "fee_backward_per_mwh": "0.00",
            }
        ],
    }


def unit_body(unit_id: str, participant_id: str, area_id: str, kind: str, **power: str) -> Json:
    return {
        "unit_id": unit_id,
        "participant_id": participant_id,
        "area_id": area_id,
        "kind": kind,
        "injection_max_kw": power.get("injection", "0.000"),
        "withdrawal_max_kw": power.get("withdrawal", "0.000"),
        "controllable": False,
        "storage": None,
    }


@dataclass
class Village:
    """A small market with Ada (load), Bob (solar) and the retailer; and everybody's tokens."""

    server: Server
    market_id: str
    first_s: int
    tokens: dict[str, str] = field(default_factory=dict)
    """By name: operator, ada, bob, retailer, rural (area), grid (area), meter (Ada's device)."""
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def path(self) -> str:
        return f"/v1/markets/{self.market_id}"

    def send(
        self, method: str, path: str, who: str | None = None, **arguments: Json
    ) -> httpx.Response:
        headers = {} if who is None else bearer(self.tokens[who])
        headers |= arguments.pop("headers", {})
        return self.server.http.request(method, self.path + path, headers=headers, **arguments)

    def get(self, path: str, who: str | None = None, **query: Json) -> Json:
        answer = self.send("GET", path, who, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, who: str, body: Json) -> httpx.Response:
        return self.send("POST", path, who, json=body)

    def start(self, index: int = 0) -> str:
        return instant(self.first_s + index * QUARTER_S)

    def order(self, **changes: Json) -> dict[str, Any]:
        """A good order of Ada's, with changes; None takes a field away."""
        body: dict[str, Any] = {
            "kind": "limit",
            "client_order_id": f"order-{next(self._ids)}",
            "unit_id": "ada-load",
            "start": self.start(),
            "side": "buy",
            "price_per_mwh": "200.00",
            "energy_kwh": "1.500",
        }
        body |= changes
        return {name: value for name, value in body.items() if value is not None}

    def state(self) -> dict[str, Any]:
        """All that money and orders show: what a refused request must leave as it was."""
        return {
            "ledger": self.get("/ledger", "operator"),
            "accounts": [self.get("/account", who) for who in ("ada", "bob", "retailer")],
            "orders": [self.get("/orders", who)["items"] for who in ("ada", "bob", "retailer")],
        }

    def go_to(self, seconds: int) -> None:
        """Let market time reach so many seconds after the start of the first interval."""
        self.server.clock.go_to(self.first_s + seconds)

    def wait_for_phase(self, phase: str, index: int = 0) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while True:
            found = self.get("/intervals", **{"from": self.start(index), "limit": 1})
            if found["items"][0]["phase"] == phase:
                return
            assert time.monotonic() < give_up
            time.sleep(0.002)

    def stream(self, who: str | None = None) -> "Reader":
        return Reader(self, None if who is None else self.tokens[who])


class Reader:
    """A socket on the market's stream."""

    def __init__(self, village: Village, token: str | None) -> None:
        address = f"ws://127.0.0.1:{village.server.port}{village.path}/stream"
        # Some tests leave much unread, behind which the answer to our goodbye would wait.
        self._connecting = connect(address, compression=None, max_size=None, close_timeout=0.2)
        self._token = token
        self.last: dict[str, Any] = {}

    def __enter__(self) -> "Reader":
        self.socket: ClientConnection = self._connecting.__enter__()
        self.say(type="authenticate", token=self._token)
        return self

    def __exit__(self, *failure: Json) -> None:
        self._connecting.__exit__(*failure)

    def say(self, **message: Json) -> None:
        self.socket.send(json.dumps(message))

    def subscribe(self, channel: str, key: str, **more: Json) -> None:
        self.say(type="subscribe", channel=channel, key=key, **more)

    def hear(self, *kinds: str) -> dict[str, Any]:
        """The next message of one of these types; heartbeats in between are passed over."""
        while True:
            message: dict[str, Any] = json.loads(self.socket.recv(PATIENCE_S))
            if message["type"] in kinds or not kinds:
                return message
            assert message["type"] == "heartbeat", message

    def hear_event(self, event: str) -> dict[str, Any]:
        """The next change of this name; other changes and heartbeats in between are passed over."""
        while True:
            message = self.hear("delta", "heartbeat", "resend")
            if message["type"] != "heartbeat" and message["data"]["event"] == event:
                return message


_numbers = count(1)


def make_village(server: Server, intervals: int = 4) -> Village:
    """A new market whose first interval begins more than an hour from now."""
    now_s = server.clock.now_us() // US
    first_s = (now_s // QUARTER_S + 5) * QUARTER_S
    village = Village(server=server, market_id=f"village-{next(_numbers)}", first_s=first_s)
    village.tokens["operator"] = server.token(server.operator_credential())
    body = market_body(village.market_id, first_s, intervals)
    operator = bearer(village.tokens["operator"])
    made = server.http.post("/v1/markets", json=body, headers=operator)
    assert made.status_code == 201, made.text
    people = {"ada": "RUR", "bob": "RUR", "retailer": "GRID"}
    batches: dict[str, list[Any]] = {
        "participants": [
            {
                "participant_id": name,
                "name": name.title(),
                "area_id": area_id,
                "is_last_resort": name == "retailer",
            }
            for name, area_id in people.items()
        ],
        "units": [
            unit_body("ada-load", "ada", "RUR", "load", withdrawal="50.000"),
            unit_body("bob-solar", "bob", "RUR", "solar", injection="10.000"),
            unit_body(
                "retail", "retailer", "GRID", "retailer", injection="999.000", withdrawal="999.000"
            ),
        ],
        "deposits": [
            {"deposit_id": f"first-{name}", "participant_id": name, "amount": "100.00"}
            for name in people
        ],
    }
    for noun, items in batches.items():
        answer = village.post(f"/{noun}:batch", "operator", {"items": items})
        assert answer.status_code == 201, answer.text
    wanted = {
        **{name: {"role": "participant", "participant_id": name} for name in people},
        "rural": {"role": "area", "area_id": "RUR"},
        "grid": {"role": "area", "area_id": "GRID"},
        "meter": {"role": "device", "unit_id": "ada-load"},
    }
    answer = village.post("/clients:batch", "operator", {"items": list(wanted.values())})
    assert answer.status_code == 201, answer.text
    for name, credential in zip(wanted, answer.json()["items"], strict=True):
        village.tokens[name] = server.token(credential)
    village.wait_for_phase("call", intervals - 1)
    return village
