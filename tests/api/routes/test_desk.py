"""The service desk over the wire: brought, talked about, measured, closed, opened again, rated."""

from typing import Any

import pytest

from tests.api.hosting import Server
from tests.api.village import Json, Village, make_village

MINUTE_S = 60


@pytest.fixture
def hall(server: Server) -> Village:
    made = make_village(server)
    operator = made.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    made.tokens["second"] = made.server.token(operator.json()["items"][0])
    return made


def fault(**changes: Json) -> dict[str, Any]:
    body = {
        "kind": "fault_report", "client_case_id": "f-1", "subject": "No power", "text": "Since noon.\nAll phases.",
        "unit_id": "ada-load", "details": {"phase": "L1"},
    }  # fmt: skip
    return body | changes


def lets_pass(hall: Village, minutes: int) -> None:
    hall.server.clock.go_to(hall.server.clock.now_us() // 1_000_000 + minutes * MINUTE_S)


def test_a_fault_is_reported_confirmed_answered_closed_and_rated(hall: Village) -> None:
    with hall.stream("ada") as mine, hall.stream("operator") as desk:
        for reader, channel, key in ((mine, "account", "ada"), (desk, "alarms", hall.market_id)):
            reader.hear("hello")
            reader.subscribe(channel, key)
            reader.hear("snapshot")
        opened = hall.post("/cases", "ada", fault())
        assert opened.status_code == 201, opened.text
        case = opened.json()
        path = f"/cases/{case['case_id']}"
        assert (case["state"], case["subject"], case["unit_id"]) == ("open", "No power", "ada-load")
        assert case["details"] == {"phase": "L1"}
        assert hall.post(f"{path}:take", "operator", {}).json()["state"] == "in_work"
        note = hall.post(f"{path}:note", "operator", {"text": "the old fuse"}).json()
        assert note["history"][-1]["kind"] == "internal"
        assert note["answered_at"] is None
        said = hall.post(f"{path}:comment", "operator", {"text": "We are coming."}).json()
        assert said["answered_at"] is not None
        done = hall.post(f"{path}:resolve", "second", {"answer": "A fuse was changed."}).json()
        assert (done["state"], done["outcome"], done["missed"]) == ("closed", "resolved", [])
        rated = hall.post(f"{path}:rate", "ada", {"rating": 5, "text": "quick"}).json()
        assert (rated["rating"], rated["rating_text"]) == (5, "quick")
        steps = [desk.hear_event("case")["data"]["step"]["kind"] for _ in range(6)]
        assert steps == ["opened", "taken", "internal", "noted", "resolved", "rated"]
        told = [mine.hear_event("case")["data"]["step"] for _ in range(5)]
        assert [(step["kind"], step["from"]) for step in told] == [
            ("opened", "customer"),
            ("taken", "desk"),
            ("noted", "desk"),
            ("resolved", "desk"),
            ("rated", "customer"),
        ]
    kinds = [step["kind"] for step in hall.get(path, "ada")["history"]]
    assert kinds == ["opened", "taken", "noted", "resolved", "rated"]


def test_the_same_again_is_the_same_case_whatever_became_of_it(hall: Village) -> None:
    first = hall.post("/cases", "ada", fault()).json()
    again = hall.post("/cases", "ada", fault())
    assert (again.status_code, again.json()) == (200, first)
    other = hall.post("/cases", "ada", fault(text="Something else."))
    assert (other.status_code, other.json()["code"]) == (409, "EXISTS_WITH_DIFFERENT_FIELDS")
    hall.post(f"/cases/{first['case_id']}:resolve", "operator", {"answer": "Done."})
    again = hall.post("/cases", "ada", fault())
    assert (again.status_code, again.json()["state"]) == (200, "closed")
    assert len(hall.get("/cases", "ada")["items"]) == 1


def test_anothers_case_answers_like_one_that_is_not_there(hall: Village) -> None:
    case_id = hall.post("/cases", "ada", fault()).json()["case_id"]
    for verb, body in (
        (":comment", {"text": "x"}),
        (":withdraw", {}),
        (":reopen", {"text": "x"}),
        (":rate", {"rating": 1}),
    ):
        for name in (case_id, "cas-999"):
            answer = hall.post(f"/cases/{name}{verb}", "bob", body)
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    for body, code in (
        (fault(unit_id="bob-solar"), "UNIT_UNKNOWN"),
        (fault(participant_id="bob"), "PARTICIPANT_UNKNOWN"),
    ):
        answer = hall.post("/cases", "ada", body | {"client_case_id": "f-2"})
        assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_an_operator_writes_down_what_somebody_said(hall: Village) -> None:
    missing = hall.post("/cases", "operator", fault())
    assert (missing.status_code, missing.json()["code"]) == (422, "FIELD_MISSING")
    opened = hall.post("/cases", "operator", fault(participant_id="ada"))
    assert opened.status_code == 201
    assert opened.json()["history"][0]["from"] == "customer"
    assert len(hall.get("/cases", "ada")["items"]) == 1


def test_missed_targets_are_told_to_both_sides_and_measured(hall: Village) -> None:
    with hall.stream("ada") as mine, hall.stream("operator") as desk:
        for reader, channel, key in ((mine, "account", "ada"), (desk, "alarms", hall.market_id)):
            reader.hear("hello")
            reader.subscribe(channel, key)
            reader.hear("snapshot")
        late = hall.post("/cases", "ada", fault()).json()
        quick = hall.post("/cases", "bob", fault(unit_id=None)).json()
        hall.post(f"/cases/{quick['case_id']}:take", "operator", {})
        hall.post(f"/cases/{quick['case_id']}:resolve", "operator", {"answer": "Done."})
        lets_pass(hall, 16)
        for reader in (mine, desk):
            missed: list[str] = []
            while len(missed) < 2:
                step = reader.hear_event("case")["data"]["step"]
                if step["kind"] == "missed":
                    assert (step["from"], step["by"]) == ("market", "")
                    missed.append(step["text"])
            assert missed == ["taken", "answered"]
    found = hall.get("/cases", "operator", missed="answered")["items"]
    assert [item["case_id"] for item in found] == [late["case_id"]]
    assert hall.get("/cases", "operator", missed="closed")["items"] == []
    (item,) = hall.get("/service-indicators", "operator")["items"]
    assert (item["kind"], item["opened"], item["open"], item["closed"]) == ("fault_report", 2, 1, 1)
    assert (item["taken_in_time"], item["taken_late"], item["taken_share_ppm"]) == (1, 1, 500_000)
    assert (item["answered_in_time"], item["answered_late"]) == (1, 1)
    assert (item["closed_in_time"], item["closed_late"]) == (1, 0)
    (month,) = hall.get("/service-indicators", "operator", by="month")["items"]
    assert month == item | {"period": item["period"][:7]}
    nothing = hall.get("/service-indicators", "operator", to_day="2001-01-01")
    assert nothing["items"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from_day": "2016-02-01", "to_day": "2016-01-01"}, "FIELD_RANGE"),
        ({"from_day": "2010-01-01", "to_day": "2016-01-01"}, "FIELD_RANGE"),
        ({"by": "week"}, "FIELD_FORMAT"),
    ],
)
def test_indicators_are_asked_for_a_year_at_most(
    still_village: Village, query: dict[str, str], code: str
) -> None:
    answer = still_village.send("GET", "/service-indicators", "operator", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_what_did_not_do_is_opened_again_by_whose_it_is(hall: Village) -> None:
    case_id = hall.post("/cases", "ada", fault(kind="question")).json()["case_id"]
    path = f"/cases/{case_id}"
    early = hall.post(f"{path}:rate", "ada", {"rating": 3})
    assert (early.status_code, early.json()["code"]) == (409, "CASE_OPEN")
    hall.post(f"{path}:resolve", "operator", {"answer": "No.", "outcome": "rejected"})
    again = hall.post(f"{path}:reopen", "ada", {"text": "But why?"}).json()
    assert (again["state"], again["reopened"], again["outcome"]) == ("open", 1, None)
    lets_pass(hall, 16)
    hall.post(f"{path}:resolve", "operator", {"answer": "Because."})
    lets_pass(hall, 14 * 24 * 60 + 1)
    late = hall.post(f"{path}:reopen", "ada", {"text": "Still?"})
    assert (late.status_code, late.json()["code"]) == (409, "CASE_CLOSED")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"kind": "bill_dispute"}, "/kind", "FIELD_FORMAT"),
        ({"text": ""}, "/text", "FIELD_RANGE"),
        ({"text": "x" * 4_001}, "/text", "FIELD_RANGE"),
        ({"text": "a\x00b"}, "/text", "FIELD_FORMAT"),
        ({"subject": "a\nb"}, "/subject", "FIELD_FORMAT"),
        ({"details": {str(n): "x" for n in range(17)}}, "/details", "FIELD_RANGE"),
        ({"client_case_id": "a b"}, "/client_case_id", "FIELD_FORMAT"),
    ],
)
def test_what_is_wrong_is_told_by_code(
    still_village: Village, changes: dict[str, Json], pointer: str, code: str
) -> None:
    answer = still_village.post("/cases", "ada", fault(**changes))
    faults = {item["pointer"]: item["code"] for item in answer.json()["errors"]}
    assert (answer.status_code, faults.get(pointer)) == (422, code)


def test_ratings_are_one_to_five(hall: Village) -> None:
    case_id = hall.post("/cases", "ada", fault()).json()["case_id"]
    hall.post(f"/cases/{case_id}:resolve", "operator", {"answer": "Done."})
    for rating in (0, 6, "5", 1.5):
        answer = hall.post(f"/cases/{case_id}:rate", "ada", {"rating": rating})
        assert answer.status_code == 422
    assert hall.post(f"/cases/{case_id}:rate", "ada", {"rating": 1}).json()["rating_text"] is None
