"""What the server says about itself to everybody."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from api.call import Call
from api.routes.server import health
from market.sequencer import Sequencer
from tests.api.hosting import Server
from tests.api.village import Village
from tests.market.written import SETUP, StillClock, with_sequencer


def told(**markets: Sequencer) -> tuple[int, dict[str, Any]]:
    """Status and body for a house with these markets."""
    opened = {name: SimpleNamespace(sequencer=writer) for name, writer in markets.items()}
    call = cast("Call", SimpleNamespace(house=SimpleNamespace(markets=opened)))
    answer = asyncio.run(health(call))
    return answer.status_code, json.loads(bytes(answer.body))


def test_health_says_how_far_each_market_is(server: Server, village: Village) -> None:
    found = server.http.get("/v1/health").json()
    market = found["markets"][village.market_id]

    assert found["status"] == market["status"] == "ok"
    assert market["epoch"] == 1
    assert market["committed_seq"] > 1
    assert market["projected_seq"] <= market["committed_seq"]
    assert market["snapshot_batch"] == 0
    assert set(market) == {
        "status", "epoch", "committed_seq", "projected_seq", "snapshot_batch",
    }  # fmt: skip


def test_after_a_restart_health_names_the_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "village.sqlite"

    async def act(sequencer: Sequencer) -> None:
        for command in SETUP:
            await sequencer.submit(command)

    with_sequencer(path, act)
    sequencer = Sequencer.open(path, clock=StillClock())
    status, found = told(village=sequencer)
    asyncio.run(sequencer.close())

    assert status == 200
    assert found["markets"]["village"] == {
        "status": "ok",
        "epoch": 2,
        "committed_seq": len(SETUP),
        "projected_seq": len(SETUP),
        "snapshot_batch": len(SETUP),
    }


def test_one_failed_market_makes_the_server_unwell(tmp_path: Path) -> None:
    good, bad = (
        Sequencer.open(tmp_path / f"{name}.sqlite", clock=StillClock()) for name in ("good", "bad")
    )
    bad.failed.set()
    status, found = told(good=good, bad=bad)
    for sequencer in (good, bad):
        asyncio.run(sequencer.close())

    assert status == 503
    assert found["status"] == "failed"
    assert {name: market["status"] for name, market in found["markets"].items()} == {
        "bad": "failed",
        "good": "ok",
    }


def test_an_operator_sees_what_runs_here(server: Server, village: Village) -> None:
    headers = {"Authorization": f"Bearer {village.tokens['operator']}"}
    with village.stream("ada") as reader, village.stream() as anybody:
        for each in (reader, anybody):
            each.hear("hello")
            each.subscribe("market", village.market_id)
            each.hear("snapshot")
        found = server.http.get("/v1/system", headers=headers).json()
    assert (found["database"], found["features"]["simulated_clock"]) == ("sqlite", True)
    (market,) = [item for item in found["markets"] if item["market_id"] == village.market_id]
    assert market["stream"]["by_role"] == {"participant": 1, "public": 1}
    assert market["stream"]["subscriptions"] == 2
    assert (market["queue"], market["lag"] >= 0, market["kept_bytes"] > 0) == (0, True, True)
    assert {item["job"]: item["state"] for item in market["jobs"]} == {
        "timetable": "running",
        "settlement": "running",
        "reach": "running",
    }
    assert market["next_due"]["what"] == "close_gate"
    assert market["batches"] >= 1
    ada = {"Authorization": f"Bearer {village.tokens['ada']}"}
    assert server.http.get("/v1/system", headers=ada).status_code == 403
