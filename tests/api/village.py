"""A small market on the server of the tests, and a reader of its stream.

The one idea: each test has a market of its own, so tests may run in any order on one server.
"""

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeAlias
from uuid import uuid4

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.api.described import check
from tests.api.hosting import US, Server
from tests.patience import PATIENCE_S

Json: TypeAlias = Any
"""Whatever JSON holds."""

QUARTER_S = 900
DAY_S = 86_400


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
    credentials: dict[str, Json] = field(default_factory=dict)
    """What each of them signs in with."""
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def path(self) -> str:
        return f"/v1/markets/{self.market_id}"

    def sign_in(self) -> None:
        """New tokens for everybody: in a long test they run out."""
        for name, credential in self.credentials.items():
            self.tokens[name] = self.server.token(credential)

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

    def act(self, path: str, who: str, body: Json, key: str | None = None) -> httpx.Response:
        """An act that is not an order, under a name of its own unless one is given."""
        named = {"Idempotency-Key": key or uuid4().hex}
        return self.send("POST", path, who, json=body, headers=named)

    def start(self, index: int = 0) -> str:
        return instant(self.first_s + index * QUARTER_S)

    def local_day(self) -> str:
        """The market day of the first interval; its zone is an hour ahead of UTC."""
        return instant(self.first_s + 3_600)[:10]

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
        self._connecting = connect(
            address, compression=None, max_size=None, close_timeout=0.2, ping_timeout=None
        )
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
            message = check(json.loads(self.socket.recv(PATIENCE_S)))
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


def make_village(server: Server, intervals: int = 4, days_ahead: int = 0, **rules: Json) -> Village:
    """A new market; its first interval begins some days and more than an hour from now.

    `rules`: what its definition says beside the usual.
    """
    now_s = server.clock.now_us() // US
    first_s = (now_s // QUARTER_S + 5 + days_ahead * 96) * QUARTER_S
    midnight_s = (first_s // DAY_S + 1) * DAY_S - 3_600
    if first_s < midnight_s < first_s + intervals * QUARTER_S:
        first_s = midnight_s  # all intervals in one market day, whatever the hour is now
    village = Village(server=server, market_id=f"village-{next(_numbers)}", first_s=first_s)
    village.credentials["operator"] = server.operator_credential()
    village.sign_in()
    body = market_body(village.market_id, first_s, intervals)
    body["call_opens_minutes"] += days_ahead * 1440
    body |= rules
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
    answer = village.act("/clients:batch", "operator", {"items": list(wanted.values())})
    assert answer.status_code == 201, answer.text
    for name, credential in zip(wanted, answer.json()["items"], strict=True):
        village.credentials[name] = credential
    village.sign_in()
    first_open = "continuous" if rules.get("continuous") and not rules.get("day_ahead") else "call"
    village.wait_for_phase(first_open, intervals - 1)
    return village
