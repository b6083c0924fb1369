"""Power flows made on demand: by set-points, by meters, who may see them, and what one look costs."""

import asyncio
import sys
from typing import Any

import pytest

from api.processes.power_flows import WAITING_MAX, FlowFailed, PowerFlows
from api.wire.errors import RefusedError
from tests.api.hosting import Server
from tests.api.routes.test_networks import network, sunny
from tests.api.village import QUARTER_S, Village, make_village


def flow(village: Village, who: str = "operator", **query: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    wanted = {"area_id": "RUR", "start": village.start(0), **query}
    return dict(village.get("/power-flow", who, **wanted))


def test_a_schedule_lifts_the_far_end_of_the_lane(server: Server) -> None:
    village = make_village(server)
    sunny(village, network())
    (checked,) = village.get("/grid-checks", "operator", limit=1)["items"]
    found = flow(village)
    assert (found["by"], found["solved"], found["version"]) == ("schedule", True, 1)
    voltages = {bus["bus_id"]: bus["voltage_pu"] for bus in found["buses"]}
    assert voltages["station"] == "1.000000"
    # The very flow by which the market decided.
    assert voltages["roof"] == checked["before"]["highest_voltage_pu"]
    (lane,) = found["lines"]
    assert lane["loading_pu"] == checked["before"]["highest_loading_pu"]
    assert lane["power_kw"] == "-10.000"
    assert found["loss_kw"] == checked["before"]["loss_kw"]
    assert flow(village, "rural") == found


def test_meters_say_otherwise_and_who_has_none_counts_as_told(server: Server) -> None:
    village = make_village(server)
    sunny(village, network())
    asked = {"area_id": "RUR", "start": village.start(0), "by": "readings"}
    assert village.send("GET", "/power-flow", "operator", params=asked).status_code == 404
    village.go_to(QUARTER_S + 1)
    reading = {
        "unit_id": "ada-load", "start": village.start(0), "consumption_kwh": "1.000",
        "generation_kwh": "0.000", "state_of_charge_kwh": None,
    }  # fmt: skip
    body = {"area_id": "RUR", "items": [reading]}
    assert village.post("/measurements:batch", "rural", body).status_code == 201
    found = flow(village, by="readings")
    assert (found["units"], found["units_read"]) == (2, 1)
    assert found["lines"][0]["power_kw"] == "-6.000"


def test_only_the_area_itself_and_operators_see_it(server: Server) -> None:
    village = make_village(server)
    sunny(village, network())
    asked = {"area_id": "RUR", "start": village.start(0)}
    for who, status in (("grid", 404), ("ada", 403), (None, 401)):
        assert village.send("GET", "/power-flow", who, params=asked).status_code == status
    for changed in ({"area_id": "GRID"}, {"start": "2001-01-01T00:00:00Z"}):
        answer = village.send("GET", "/power-flow", "operator", params=asked | changed)
        assert answer.status_code == 404
    wrong = village.send("GET", "/power-flow", "operator", params=asked | {"by": "ear"})
    assert wrong.status_code == 422


ANSWER = "import sys; sys.stdin.read(); print('[]'); open(sys.argv[1], 'a').write('x')"


def test_the_same_powers_are_calculated_once(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    told = tmp_path / "calls"
    flows = PowerFlows((sys.executable, "-c", ANSWER, str(told)))

    async def twice() -> None:
        await asyncio.gather(flows.of([1]), flows.of([1]), flows.of([2]))
        await flows.of([2])

    asyncio.run(twice())
    assert told.read_text() == "xx"


def test_a_process_that_hangs_or_fails_is_ended_and_told_apart() -> None:
    hangs = PowerFlows((sys.executable, "-c", "import time; time.sleep(600)"), deadline_s=0.05)
    with pytest.raises(RefusedError, match="SYSTEM_BUSY"):
        asyncio.run(hangs.of([1]))
    with pytest.raises(FlowFailed):
        asyncio.run(PowerFlows((sys.executable, "-c", "raise SystemExit(1)")).of([1]))


def test_only_so_many_wait_for_their_turn() -> None:
    async def crowd() -> str:
        flows = PowerFlows((sys.executable, "-c", "import time; time.sleep(600)"), deadline_s=600)
        first = [asyncio.ensure_future(flows.of([number])) for number in range(WAITING_MAX)]
        await asyncio.sleep(0)
        try:
            await flows.of([-1])
        except RefusedError as refused:
            code = refused.code.value
        for each in first:
            each.cancel()
        await asyncio.wait(first)
        return code

    assert asyncio.run(crowd()) == "SYSTEM_BUSY"
