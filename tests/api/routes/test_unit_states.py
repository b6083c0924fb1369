"""Units say in which state they are: who may, what is kept, who hears it."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.house.house import OpenMarket
from market.model.messages import Event
from market.model.unit_report import UnitStateChanged
from tests.api.hosting import Server
from tests.api.village import Village, make_village

REPORT: dict[str, Any] = {
    "state": "normal", "cause": "in_touch", "connected": True, "target_kw": "-1.500",
    "power_kw": "-1.480", "voltage_pu": "1.012000", "frequency_hz": "49.990",
}  # fmt: skip


@pytest.fixture(scope="module")
def hamlet(server: Server) -> Iterator[Village]:
    return make_village(server)


def said(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {**REPORT, **changes}


def facts(village: Village) -> list[Event]:
    found: list[Event] = []
    market: OpenMarket = village.server.house.markets[village.market_id]
    market.sequencer.subscribe(lambda published: found.append(published.event))
    return found


def test_a_device_speaks_for_its_unit_and_its_gateway_for_all_of_its_area(server: Server) -> None:
    village = make_village(server)
    with village.stream("meter") as device, village.stream("rural") as gateway:
        device.hear("hello")
        gateway.hear("hello")
        device.subscribe("unit", "ada-load")
        assert device.hear("snapshot")["data"]["report"] is None
        gateway.subscribe("area", "RUR")
        assert gateway.hear("snapshot")["data"]["reports"] == []

        answer = village.post("/units/ada-load:state", "meter", said())
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told == {"unit_id": "ada-load", "state_of_charge_kwh": None, **REPORT}
        for reader in (device, gateway):
            heard = reader.hear_event("state")["data"]
            assert {name: heard[name] for name in told} == told

        assert village.post("/units/bob-solar:state", "rural", said()).status_code == 200
        assert gateway.hear_event("state")["data"]["unit_id"] == "bob-solar"
        gateway.say(type="unsubscribe", channel="area", key="RUR")
        gateway.subscribe("area", "RUR")
        reports = gateway.hear("snapshot")["data"]["reports"]
        assert [item["unit_id"] for item in reports] == ["ada-load", "bob-solar"]


@pytest.mark.parametrize(
    ("who", "unit_id"),
    [("meter", "bob-solar"), ("rural", "retail"), ("grid", "ada-load"), ("meter", "nobody")],
)
def test_a_foreign_unit_answers_as_if_it_were_not(hamlet: Village, who: str, unit_id: str) -> None:
    answer = hamlet.post(f"/units/{unit_id}:state", who, said())

    assert (answer.status_code, answer.json()["code"]) == (404, "UNIT_UNKNOWN")


def test_only_another_state_is_a_fact_and_every_word_is_told(server: Server) -> None:
    village = make_village(server)
    kept = facts(village)
    with village.stream("meter") as device:
        device.hear("hello")
        device.subscribe("unit", "ada-load")
        device.hear("snapshot")
        for power_kw in ("-1.000", "-1.100", "-1.200"):
            village.post("/units/ada-load:state", "meter", said(power_kw=power_kw))
            assert device.hear_event("state")["data"]["power_kw"] == power_kw
        village.post("/units/ada-load:state", "meter", said(state="stale", cause="market_lost"))
        assert device.hear_event("state")["data"]["cause"] == "market_lost"
        device.say(type="unsubscribe", channel="unit", key="ada-load")
        device.subscribe("unit", "ada-load")
        assert device.hear("snapshot")["data"]["report"]["state"] == "stale"

    states = [event.report.state.value for event in kept if isinstance(event, UnitStateChanged)]
    assert states == ["normal", "stale"]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "happy"}, {"connected": "yes"}, {"target_kw": 1.5}, {"target_kw": None},
        {"voltage_pu": "-1.0"}, {"colour": "red"}, {"cause": "x" * 300},
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(hamlet: Village, changes: dict[str, Any]) -> None:
    answer = hamlet.post("/units/ada-load:state", "meter", said(**changes))

    assert answer.status_code == 422, answer.text


def test_a_device_sees_its_own_unit_and_no_other(hamlet: Village) -> None:
    (own,) = hamlet.get("/units", "meter")["items"]

    assert own["unit_id"] == "ada-load"


def test_a_unit_that_comes_late_is_given_all_set_points_that_are_not_over(server: Server) -> None:
    village = make_village(server)
    for index in (0, 1):
        village.post("/orders", "ada", village.order(start=village.start(index)))
    village.go_to(1)
    village.wait_for_phase("delivery_lock", 1)
    with village.stream("meter") as device:
        device.hear("hello")
        device.subscribe("unit", "ada-load")
        data = device.hear("snapshot")["data"]

    assert [item["start"] for item in data["setpoints"]] == [village.start(0), village.start(1)]
    assert data["setpoint"] == data["setpoints"][1]
