"""Alerts: each of its source, the same whenever one looks, read once; and messages over the wire."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.answers import alerts
from market.model.message import AlertSettings
from market.model.participant import Unit, UnitKind
from tests.api.hosting import Server
from tests.api.routes import test_cases
from tests.api.village import Json, Village, make_village

SETTINGS = AlertSettings(participant_id="ada")
STEP_S = 900


def message(**changes: Json) -> dict[str, Any]:
    body = {
        "client_message_id": "m-1",
        "texts": [
            {"language": "en", "title": "Works", "text": "On Monday."},
            {"language": "zh-CN", "title": "检修", "text": "星期一。"},
        ],
        "target": {"scope": "all"},
    }
    return body | changes


def seen(village: Village, who: str = "ada", **query: Json) -> list[dict[str, Any]]:
    return list(village.get("/account/alerts", who, **query)["items"])


def ids(village: Village, who: str = "ada", **query: Json) -> list[str]:
    return [item["alert_id"] for item in seen(village, who, **query)]


# --- messages -------------------------------------------------------------------------


def test_a_message_to_all_is_heard_read_once_and_counted(server: Server) -> None:
    village = make_village(server)
    with village.stream() as anybody:
        anybody.hear("hello")
        anybody.subscribe("messages", village.market_id)
        anybody.hear("snapshot")
        written = village.post("/messages", "operator", message())
        assert written.status_code == 201, written.text
        told = anybody.hear_event("message")["data"]
    assert (told["message_id"], told["state"]) == ("msg-1", "published")
    again = village.post("/messages", "operator", message())
    assert (again.status_code, again.json()) == (200, written.json())
    (item,) = seen(village, kind="message")
    assert (item["alert_id"], item["read_at"], item["link"]) == (
        "message:msg-1",
        None,
        {"message_id": "msg-1"},
    )
    assert [text["language"] for text in item["parameters"]["texts"]] == ["en", "zh-CN"]
    with village.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        reader.hear("snapshot")
        read = {"alert_ids": ["message:msg-1"]}
        assert village.post("/account/alerts:read", "ada", read).json() == {"count": 1}
        assert reader.hear_event("alerts_read")["data"]["alert_ids"] == ["message:msg-1"]
    first = seen(village, kind="message")[0]["read_at"]
    village.go_to(1)
    assert village.post("/account/alerts:read", "ada", read).json() == {"count": 0}
    assert seen(village, kind="message")[0]["read_at"] == first
    assert ids(village, kind="message", unread="true") == []
    (shown,) = village.get("/messages", "operator")["items"]
    assert (shown["recipients"], shown["read"]) == (3, 1)
    readers = village.get("/messages/msg-1/readers", "operator")["items"]
    assert readers == [{"participant_id": "ada", "read_at": first}]


def test_a_message_is_seen_by_whom_it_is_for_and_nobody_else(server: Server) -> None:
    village = make_village(server)
    targets = [
        {"scope": "participant", "key": "ada"},
        {"scope": "area", "key": "RUR"},
        {"scope": "role", "key": "participant"},
        {"scope": "role", "key": "area"},
    ]
    with village.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        reader.hear("snapshot")
        for number, target in enumerate(targets):
            body = message(client_message_id=f"m-{number}", target=target)
            assert village.post("/messages", "operator", body).status_code == 201
        heard = [reader.hear_event("message")["data"]["message_id"] for _ in range(2)]
    assert heard == ["msg-1", "msg-2"]

    def read_by(who: str) -> set[str]:
        return {item["message_id"] for item in village.get("/messages", who)["items"]}

    assert read_by("ada") == {"msg-1", "msg-2", "msg-3"}
    assert read_by("bob") == {"msg-2", "msg-3"}
    assert read_by("retailer") == {"msg-3"}
    assert (read_by("rural"), read_by("grid")) == ({"msg-2", "msg-4"}, {"msg-4"})
    assert set(ids(village, "bob")) >= {"message:msg-2", "message:msg-3"}
    (first, *_) = village.get("/messages", "ada")["items"]
    assert "read" not in first
    assert "written_by" not in first


def test_a_scheduled_message_comes_at_its_time_and_may_be_taken_back(server: Server) -> None:
    village = make_village(server)
    for name in ("m-1", "m-2"):
        body = message(client_message_id=name, publish_at=village.start(0))
        assert village.post("/messages", "operator", body).json()["state"] == "scheduled"
    assert ids(village, kind="message") == []
    assert village.post("/messages/msg-2:withdraw", "operator", {}).json()["state"] == "withdrawn"
    assert village.post("/messages/msg-2:withdraw", "operator", {}).status_code == 200
    with village.stream("operator") as reader:
        reader.hear("hello")
        reader.subscribe("alarms", village.market_id)
        reader.hear("snapshot")
        village.go_to(1)
        assert reader.hear_event("message")["data"]["message_id"] == "msg-1"
    (item,) = seen(village, kind="message")
    assert item["at"][:19] == village.start(0)[:19]
    assert len(village.get("/messages", "operator", state="withdrawn")["items"]) == 1
    village.post("/messages/msg-1:withdraw", "operator", {})
    assert ids(village, kind="message") == []
    missing = village.post("/messages/msg-9:withdraw", "operator", {})
    assert (missing.status_code, missing.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"target": {"scope": "all", "key": "x"}}, "/target", "FIELD_FORMAT"),
        ({"target": {"scope": "area"}}, "/target", "FIELD_FORMAT"),
        ({"texts": []}, "/texts", "FIELD_RANGE"),
        ({"texts": [{"language": "EN", "title": "x", "text": "x"}]}, "/texts/0/language", "FIELD_FORMAT"),
        ({"target": {"scope": "area", "key": "nowhere"}}, "/target/key", "AREA_UNKNOWN"),
        ({"severity": "loud"}, "/severity", "FIELD_FORMAT"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_message_is_told(
    still_village: Village, changes: Json, pointer: str, code: str
) -> None:
    answer = still_village.post("/messages", "operator", message(**changes))
    faults = {item["pointer"]: item["code"] for item in answer.json()["errors"]}
    assert faults.get(pointer) == code, answer.text


# --- what is read off other facts -----------------------------------------------------


def test_alarms_of_own_units_silent_meters_and_cases_are_alerts(server: Server) -> None:
    village = make_village(server)
    village.go_to(3 * 3_600)
    for kind in ("contact_lost", "tampered"):
        alarm = {"kind": kind, "level": "unit", "member_id": "ada-load"}
        assert village.post("/alarms", "meter", alarm).status_code == 201
    body = {"kind": "question", "client_case_id": "q-1", "subject": "Why?", "text": "So."}
    case_id = village.post("/cases", "ada", body).json()["case_id"]
    village.post(f"/cases/{case_id}:take", "operator", {})
    village.post(f"/cases/{case_id}:note", "operator", {"text": "inside"})
    village.post(f"/cases/{case_id}:comment", "operator", {"text": "Because."})
    found = {(item["kind"], item["code"]) for item in seen(village)}
    assert found == {
        ("device_offline", "CONTACT_LOST"),
        ("alarm", "TAMPERED"),
        ("device_offline", "METER_SILENT"),
        ("case", "CASE_TAKEN"),
        ("case", "CASE_NOTED"),
    }
    assert {item["kind"] for item in seen(village, "bob")} == {"device_offline"}
    quiet = village.get("/account/alert-settings", "ada") | {"silent_minutes": None}
    answer = village.send("PUT", "/account/alert-settings", "ada", json=quiet)
    assert answer.json() == quiet
    assert "METER_SILENT" not in {item["code"] for item in seen(village)}
    assert "METER_SILENT" in {item["code"] for item in seen(village, "bob")}


def test_a_bill_is_told_when_it_is_issued_soon_due_and_overdue(server: Server) -> None:
    hall = test_cases.hall.__wrapped__(server)  # type: ignore[attr-defined]
    (item,) = seen(hall, kind="bill_due")
    assert item["code"] == "BILL_ISSUED"
    bill = test_cases.own(hall)
    if bill["open_amount"] == "0.00000000":
        assert ids(hall, kind="bill_due") == [f"bill:{bill['bill_id']}:issued"]


def test_prices_beyond_ones_limits_are_one_alert_each_time(server: Server) -> None:
    village = make_village(server)
    limits = village.get("/account/alert-settings", "ada") | {"price_above_per_mwh": "100.00"}
    assert village.send("PUT", "/account/alert-settings", "ada", json=limits).status_code == 200
    for number in range(2):
        start = village.start(number)
        village.post("/orders", "ada", village.order(start=start))
        offer = village.order(unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="9.000", start=start)  # fmt: skip
        assert village.post("/orders", "retailer", offer).status_code == 201
    village.go_to(1)
    village.wait_for_phase("delivery_lock", 1)
    (item,) = seen(village, kind="price")
    assert (item["code"], item["parameters"]["start"], item["parameters"]["end"]) == (
        "PRICE_ABOVE",
        village.start(0),
        village.start(2),
    )
    assert ids(village, "bob", kind="price") == []


def test_alerts_are_read_page_by_page_the_newest_first(server: Server) -> None:
    village = make_village(server)
    for number in range(5):
        village.post("/messages", "operator", message(client_message_id=f"m-{number}"))
        village.server.clock.go_to(village.server.clock.now_us() // 1_000_000 + 1)
    everything = ids(village, kind="message")
    assert everything == [f"message:msg-{n}" for n in (5, 4, 3, 2, 1)]
    found, cursor = list[str](), None
    while True:
        page = village.get(
            "/account/alerts", "ada", kind="message", limit=2, **({"cursor": cursor} if cursor else {})
        )  # fmt: skip
        found += [item["alert_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == everything


@pytest.mark.parametrize(
    "query", [{"kind": "weather"}, {"unread": "maybe"}, {"cursor": "x"}, {"from": "2001-01-01T00:00:00Z"}]
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(still_village: Village, query: dict[str, str]) -> None:
    answer = still_village.send("GET", "/account/alerts", "ada", params=query)
    assert answer.status_code == 422


# --- the rules themselves -------------------------------------------------------------


def days(*used_wh: int) -> list[tuple[date, int, int]]:
    first = date(2016, 6, 1)
    midnight_s = int(datetime(2016, 6, 1, tzinfo=UTC).timestamp())
    return [
        (first + timedelta(days=n), midnight_s + (n + 1) * 86_400, wh)
        for n, wh in enumerate(used_wh)
    ]


def test_a_day_far_above_what_is_usual_is_told_and_no_other() -> None:
    usual = [8_000] * 5
    found = list(alerts.of_use(days(*usual, 12_001, 12_000, 9_000), SETTINGS, from_us=0))
    assert [item["parameters"]["used_kwh"] for item in found] == ["12.001"]
    assert list(alerts.of_use(days(*usual[:4], 50_000), SETTINGS, from_us=0)) == []
    little = days(*[100] * 5, 900)
    assert list(alerts.of_use(little, SETTINGS, from_us=0)) == [], "less than a kWh is no concern"
    off = replace(SETTINGS, use_above_ppm=None)
    assert list(alerts.of_use(days(*usual, 99_000), off, from_us=0)) == []


def test_prices_are_gathered_while_they_stay_beyond_the_limit() -> None:
    settings = replace(SETTINGS, price_above_ticks=100, price_below_ticks=-50)
    prices = [(0, 101), (STEP_S, 150), (2 * STEP_S, 100), (3 * STEP_S, 120), (5 * STEP_S, 130), (6 * STEP_S, -51)]  # fmt: skip
    found = list(alerts.of_prices(prices, settings, area_id="RUR", step_s=STEP_S))
    assert [(item["alert_id"], item["parameters"]["price_per_mwh"]) for item in found] == [
        ("price:above:0", "1.50"),
        (f"price:above:{3 * STEP_S}", "1.20"),
        (f"price:above:{5 * STEP_S}", "1.30"),
        (f"price:below:{6 * STEP_S}", "-0.51"),
    ]


def test_a_meter_is_silent_from_its_last_word_on() -> None:
    unit = Unit(
        unit_id="u", participant_id="ada", area_id="RUR", kind=UnitKind.LOAD, injection_max_w=0,
        withdrawal_max_w=1, controllable=False,
    )  # fmt: skip
    arguments = {"first_s": 0, "step_s": STEP_S}
    at = 3_600 * 10**6
    assert list(alerts.of_silence([unit], {}, SETTINGS, now_us=at - 1, **arguments)) == []
    (item,) = alerts.of_silence([unit], {}, SETTINGS, now_us=at, **arguments)
    assert (item["alert_id"], item["at_us"]) == ("silent:u:0", at)
