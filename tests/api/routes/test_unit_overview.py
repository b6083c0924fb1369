"""Units in one reading: what they were told, what they say, what their meters say, what is wrong."""

from typing import Any

from tests.api.hosting import Server
from tests.api.village import QUARTER_S, Village, make_village

REPORT: dict[str, Any] = {
    "state": "normal", "cause": "in_touch", "connected": True, "target_kw": "-1.500",
    "power_kw": "-1.480", "voltage_pu": "1.012000", "frequency_hz": "49.990",
}  # fmt: skip


def shown(village: Village, unit_id: str, who: str = "operator") -> dict[str, Any]:
    (item,) = village.get("/units:overview", who, unit_id=unit_id)["items"]
    return dict(item)


def test_what_a_unit_was_told_stands_beside_what_it_says_and_what_was_read(server: Server) -> None:
    village = make_village(server)
    before = shown(village, "ada-load")
    assert (before["state"], before["heard_at"], before["setpoint_kw"]) == (None, None, None)
    assert (before["metered_kw"], before["silent"], before["stopped"]) == (None, True, None)
    village.go_to(QUARTER_S + 1)
    with village.stream("meter") as device:
        device.hear("hello")
        assert village.post("/units/ada-load:state", "meter", REPORT).status_code == 200
        reading = {
            "unit_id": "ada-load", "start": village.start(0), "consumption_kwh": "0.400",
            "generation_kwh": "0.000", "state_of_charge_kwh": None,
        }  # fmt: skip
        body = {"area_id": "RUR", "items": [reading]}
        assert village.post("/measurements:batch", "rural", body).status_code == 201
        alarm = {"kind": "device_fault", "level": "unit", "member_id": "ada-load"}
        assert village.post("/alarms", "meter", alarm).status_code == 201
        found = shown(village, "ada-load")
    assert found["sockets"] == 1
    assert (found["state"], found["target_kw"], found["power_kw"]) == ("normal", "-1.500", "-1.480")
    assert (found["metered_kw"], found["metered_start"]) == ("-1.600", village.start(0))
    assert (found["silent"], found["alarms"], found["severity"]) == (False, 1, "warning")
    (told,) = (
        item
        for item in village.get("/setpoints", "operator", start=village.start(1))["items"]
        if item["unit_id"] == "ada-load"
    )
    assert found["setpoint_kw"] == told["target_kw"]
    assert (found["setpoint_start"], found["setpoint_until"]) == (told["start"], told["until"])
    assert found["heard_at"] is not None


def test_stops_and_limits_are_told_with_how_long_they_hold(server: Server) -> None:
    village = make_village(server)
    village.go_to(1)
    limit = {
        "kind": "limit", "level": "unit", "member_id": "bob-solar", "reason": "work on the roof",
        "injection_max_kw": "1.000",
    }  # fmt: skip
    assert village.post("/acts", "operator", limit).status_code == 200
    found = shown(village, "bob-solar")
    assert (found["limit_injection_kw"], found["limit_reason"]) == ("1.000", "operator_limit")
    assert found["limit_until"] is not None
    assert found["stopped"] is None
    stop = {"kind": "stop", "level": "area", "member_id": "RUR", "reason": "smoke"}
    assert village.post("/acts", "operator", stop).status_code == 200
    assert shown(village, "bob-solar")["stopped"] == "stop"
    everything = {"kind": "emergency_stop", "level": "market", "member_id": village.market_id}
    assert village.post("/acts", "operator", {**everything, "reason": "fire"}).status_code == 200
    assert shown(village, "bob-solar")["stopped"] == "emergency_stop"
    assert shown(village, "retail")["stopped"] is None


def test_an_area_sees_its_own_and_nobody_else_any(still_village: Village) -> None:
    names = [item["unit_id"] for item in still_village.get("/units:overview", "rural")["items"]]
    assert names == ["ada-load", "bob-solar"]
    assert still_village.get("/units:overview", "rural", area_id="GRID")["items"] == []
    for who in ("ada", "meter", None):
        answer = still_village.send("GET", "/units:overview", who)
        assert answer.status_code == (401 if who is None else 403)


def test_it_is_read_page_by_page_and_as_a_file(still_village: Village) -> None:
    first = still_village.get("/units:overview", "operator", limit=2)
    assert [item["unit_id"] for item in first["items"]] == ["ada-load", "bob-solar"]
    rest = still_village.get("/units:overview", "operator", cursor=first["next_cursor"])
    assert [item["unit_id"] for item in rest["items"]] == ["retail"]
    assert rest["next_cursor"] is None
    csv = still_village.send(
        "GET", "/units:overview", "operator", headers={"Accept": "text/csv"}, params={"area_id": "RUR"}
    )  # fmt: skip
    assert len(csv.text.splitlines()) == 3
