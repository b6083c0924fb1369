"""Smoke in the middle of an interval: everything in the area stops at once, and comes back by two people.

The one idea: told by those who live it. The device hears zero before anybody has answered a question, what was
traded stays traded, what was not delivered says why, and in the end the books are as whole as on any day.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.village import QUARTER_S, Village, make_village
from wattmarket import Client
from wattmarket.alarm_words import alarm_sentence
from wattmarket.cli import app
from wattmarket.errors import ConflictError, RefusedError

SMOKE_S, CLEAR_S = 300, 600
"""Seconds into the first interval."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    solver = LazySolver()
    clock = HandClock(int(datetime(2016, 6, 14, 20, tzinfo=UTC).timestamp()))
    server = Server(tmp_path_factory.mktemp("smoke"), clock, solver).start()
    yield server
    server.stop()
    assert server.faults == []
    solver.close()


@pytest.fixture
def village(served: Server) -> Village:
    """Ada buys 1.5 kWh from Bob's roof and the retailer; delivery has begun."""
    made = make_village(served, intervals=2)
    for who, unit, side, price, energy in (
        ("ada", "ada-load", "buy", "300.00", "1.500"),
        ("bob", "bob-solar", "sell", "10.00", "0.500"),
        ("retailer", "retail", "sell", "120.00", "5.000"),
    ):
        order = made.order(unit_id=unit, side=side, price_per_mwh=price, energy_kwh=energy)
        assert made.post("/orders", who, order).status_code == 201
    made.go_to(-300)
    made.wait_for_phase("delivery_lock")
    made.go_to(SMOKE_S)
    return made


@pytest.fixture
def desks(village: Village, tmp_path: Path) -> tuple[Path, Path]:
    """Two operators' files of credentials."""
    made = village.act(
        "/clients:batch", "operator", {"items": [{"role": "operator"}, {"role": "operator"}]}
    )
    files = tmp_path / "first.json", tmp_path / "second.json"
    for file, credential in zip(files, made.json()["items"], strict=True):
        said = {name: credential[name] for name in ("client_id", "client_secret")}
        file.write_text(json.dumps(said), encoding="utf-8")
    return files


def operate(village: Village, desk: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """A command of `wattmarket acts`: its exit code and what it printed."""
    url = f"http://127.0.0.1:{village.server.port}"
    done = CliRunner().invoke(
        app,
        ["acts", *words, "--market", village.market_id, "--credentials", str(desk), "--url", url],
    )
    assert done.exception is None or isinstance(done.exception, SystemExit | RefusedError), done
    if isinstance(done.exception, RefusedError):
        raise done.exception
    return done.exit_code, json.loads(done.stdout.splitlines()[-1])


def told_kw(village: Village) -> dict[str, str]:
    found = village.get("/setpoints", "operator", start=village.start())["items"]
    return {item["unit_id"]: item["target_kw"] for item in found}


def test_smoke_in_the_middle_of_an_interval(village: Village, desks: tuple[Path, Path]) -> None:
    first, second = desks
    before = told_kw(village)
    assert before["bob-solar"] == "2.000"
    trades = village.get("/trades", "operator")["items"]
    with village.stream("meter") as device, village.stream("rural") as gateway:
        for reader, channel, key in ((device, "unit", "ada-load"), (gateway, "area", "RUR")):
            reader.hear("hello")
            reader.subscribe(channel, key)
            reader.hear("snapshot")
        exit_code, done = operate(
            village, first, "emergency-stop", "area", "RUR", "--reason", "smoke"
        )
        assert (exit_code, done["act"]["state"], done["setpoints"]) == (0, "performed", 2)
        assert device.hear_event("setpoint")["data"]["target_kw"] == "0.000"
        assert gateway.hear_event("act")["data"]["act"]["kind"] == "emergency_stop"
        limits = gateway.hear_event("limits")["data"]["limits"]
        assert {item["unit_id"] for item in limits} == {"ada-load", "bob-solar"}
        assert {item["withdrawal_max_kw"] for item in limits} == {"0.000"}
    stopped = told_kw(village)
    assert (stopped["ada-load"], stopped["bob-solar"]) == ("0.000", "0.000")
    assert stopped["retail"] == before["retail"]
    assert village.get("/trades", "operator")["items"] == trades

    # While it lasts nobody there trades anything new.
    later = village.order(start=village.start(1))
    refused = village.post("/orders", "ada", later)
    assert refused.json()["code"] in {"UNIT_OUT_OF_SERVICE", "GATE_CLOSED"}

    # One person cannot take it back.
    village.go_to(CLEAR_S)
    words = ("release", "area", "RUR", "--reason", "it was the toaster")
    exit_code, said = operate(village, first, *words)
    assert (exit_code, said["act"]["state"]) == (1, "proposed")
    act_id, digest = said["act"]["act_id"], said["act"]["digest"]
    with pytest.raises(ConflictError, match="SECOND_PERSON_REQUIRED"):
        operate(village, first, "approve", act_id, digest)
    assert told_kw(village)["ada-load"] == "0.000"
    exit_code, done = operate(village, second, "approve", act_id, digest)
    assert (exit_code, done["act"]["state"], len(done["act"]["by"])) == (0, "performed", 2)
    assert told_kw(village) == before

    # The alarm waits for a person.
    url = f"http://127.0.0.1:{village.server.port}"
    with Client(url, market=village.market_id, credentials=first) as desk:
        (alarm,) = desk.alarms.list(state="open")
        assert "Emergency stop of RUR. Why: smoke." in alarm_sentence(alarm)
        desk.alarms.acknowledge(alarm["alarm_id"])
        desk.alarms.comment(alarm["alarm_id"], "toaster replaced")
        desk.alarms.close(alarm["alarm_id"])
        assert desk.alarms.list(state="open") == []
        assert [item["kind"] for item in desk.acts.list()] == ["emergency_stop", "release"]
        taken = {item["unit_id"]: item for item in desk.acts.curtailments()}
    # Five minutes of 2 kW, and of what Ada had bought.
    assert taken["bob-solar"]["energy_kwh"] == "-0.166"
    assert Decimal(taken["ada-load"]["energy_kwh"]) > 0
    assert {item["reason"] for item in taken.values()} == {"emergency_stop"}

    # The day ends, and what was not delivered says why.
    village.go_to(2 * QUARTER_S + QUARTER_S + 1)
    village.wait_for_phase("settled", 1)
    deviations = village.get("/deviations", "operator", start=village.start())["items"]
    of = {item["member_id"]: item for item in deviations}
    assert (of["bob-solar"]["curtailed_kwh"], of["bob-solar"]["reason"]) == (
        "-0.166",
        "emergency_stop",
    )
    ledger = village.get("/ledger", "operator")
    assert ledger["sum_quanta"] == 0
