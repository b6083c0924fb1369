"""Alarms over the wire: told by devices and areas, dealt with by operators, seen by whom they concern."""

import pytest

from tests.api.hosting import Server
from tests.api.village import Json, Village, make_village


@pytest.fixture
def hall(server: Server) -> Village:
    return make_village(server)


def tell(hall: Village, who: str, kind: str, level: str, member_id: str, **values: str) -> Json:
    body = {"kind": kind, "level": level, "member_id": member_id, "parameters": values}
    return hall.post("/alarms", who, body)


def test_a_device_tells_and_an_operator_deals_with_it(hall: Village) -> None:
    with hall.stream("operator") as desk:
        desk.hear("hello")
        desk.subscribe("alarms", hall.market_id)
        assert desk.hear("snapshot")["data"]["alarms"] == []
        told = tell(hall, "meter", "tripped", "unit", "ada-load", why="overvoltage")
        assert told.status_code == 201
        alarm = told.json()
        assert (alarm["severity"], alarm["state"]) == ("major", "open")
        again = tell(hall, "meter", "tripped", "unit", "ada-load")
        assert (again.status_code, again.json()) == (200, alarm)
        path = f"/alarms/{alarm['alarm_id']}"
        early = hall.post(f"{path}:close", "operator", {})
        assert (early.status_code, early.json()["code"]) == (409, "ALARM_NOT_ACKNOWLEDGED")
        seen = hall.post(f"{path}:acknowledge", "operator", {}).json()
        assert seen["state"] == "acknowledged"
        assert seen["acknowledged_by"] is not None
        noted = hall.post(f"{path}:comment", "operator", {"text": "seen on site"}).json()
        assert [item["text"] for item in noted["comments"]] == ["seen on site"]
        closed = hall.post(f"{path}:close", "operator", {}).json()
        assert (closed["state"], closed["closed_by"]) == ("closed", seen["acknowledged_by"])
        states = [desk.hear_event("alarm")["data"]["alarm"]["state"] for _ in range(4)]
        assert states == ["open", "acknowledged", "acknowledged", "closed"]
    gone = hall.post(f"{path}:acknowledge", "operator", {})
    assert (gone.status_code, gone.json()["code"]) == (404, "NOT_FOUND")
    assert hall.get("/alarms", "operator", state="open,acknowledged")["items"] == []
    assert hall.get("/alarms", "operator", state="open,closed")["items"] == [closed]
    wrong = hall.send("GET", "/alarms", "operator", params={"state": "open,"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "FIELD_FORMAT")
    assert hall.get("/alarms", "operator")["items"] == [closed]
    kinds = [item["kind"] for item in hall.get("/audit", "operator")["items"]]
    assert kinds.count("RaiseAlarm") == 2
    assert kinds.count("AcknowledgeAlarm") == 2
    assert kinds.count("CommentAlarm") == 1
    assert kinds.count("CloseAlarm") == 2


@pytest.mark.parametrize(
    ("who", "level", "member_id", "status"),
    [
        ("meter", "unit", "ada-load", 201),
        ("meter", "unit", "bob-solar", 404),
        ("meter", "area", "RUR", 404),
        ("rural", "area", "RUR", 201),
        ("rural", "unit", "bob-solar", 201),
        ("rural", "unit", "retail", 404),
        ("rural", "area", "GRID", 404),
        ("rural", "unit", "nobody", 404),
        ("ada", "unit", "ada-load", 403),
        ("operator", "unit", "ada-load", 403),
    ],
)
def test_each_tells_of_its_own(
    hall: Village, who: str, level: str, member_id: str, status: int
) -> None:
    assert tell(hall, who, "device_fault", level, member_id).status_code == status


@pytest.mark.parametrize("kind", ["emergency_stopped", "stopped", "decoupled", "grid_voltage"])
def test_what_only_the_market_knows_nobody_else_says(hall: Village, kind: str) -> None:
    answer = tell(hall, "rural", kind, "area", "RUR")
    assert (answer.status_code, answer.json()["code"]) == (422, "FIELD_FORMAT")


def test_everybody_sees_what_concerns_it(hall: Village) -> None:
    tell(hall, "meter", "tripped", "unit", "ada-load")
    tell(hall, "rural", "power_quality", "area", "RUR")
    tell(hall, "rural", "tripped", "unit", "bob-solar")
    tell(hall, "grid", "power_quality", "area", "GRID")

    def seen(who: str, **wanted: str) -> list[str]:
        return [item["member_id"] for item in hall.get("/alarms", who, **wanted)["items"]]

    assert seen("operator") == ["ada-load", "RUR", "bob-solar", "GRID"]
    assert seen("rural") == ["ada-load", "RUR", "bob-solar"]
    assert seen("grid") == ["GRID"]
    assert seen("meter") == ["ada-load"]
    assert seen("operator", kind="tripped", level="unit") == ["ada-load", "bob-solar"]
    assert seen("operator", member_id="RUR", severity="major") == ["RUR"]
    assert seen("operator", severity="critical") == []
    first = hall.get("/alarms", "operator", limit=3)
    rest = hall.get("/alarms", "operator", cursor=first["next_cursor"])
    assert [item["member_id"] for item in rest["items"]] == ["GRID"]
    for query in ({"state": "lost"}, {"severity": "mild"}, {"level": "house"}, {"kind": "noise"}):
        answer = hall.send("GET", "/alarms", "operator", params=query)
        assert (answer.status_code, answer.json()["code"]) == (422, "FIELD_FORMAT")
