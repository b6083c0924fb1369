"""Readings over the wire: signed, repeated, late; versions and gaps."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.hosting import Server
from tests.api.village import Village, make_village
from wattmarket.signing import signed


@pytest.fixture
def ended(server: Server) -> Village:
    """The first interval's delivery is over."""
    village = make_village(server, intervals=3)
    village.go_to(900 + 1)
    village.wait_for_phase("settling")
    return village


def _reading(village: Village, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as JSON holds it
    return {
        "unit_id": "ada-load",
        "start": village.start(),
        "consumption_kwh": "1.600",
        "generation_kwh": "0.000",
        **more,
    }


def _report(village: Village, *items: dict[str, Any], who: str = "rural") -> tuple[int, Any]:
    answer = village.post("/measurements:batch", who, {"area_id": "RUR", "items": list(items)})
    return answer.status_code, answer.json()


def _told(count: int, **special: int) -> dict[str, int]:
    return {"count": count, "repeated": 0, "older": 0, "late": 0, "doubtful": 0, **special}


def _codes(answer: tuple[int, Any]) -> list[tuple[str, str]]:
    return [(item["code"], item["pointer"]) for item in answer[1]["errors"]]


QUALITY = {
    "power_kw": "-6.400",
    "reactive_kvar": "-0.150",
    "voltage_pu": "1.012500",
    "frequency_hz": "50.012",
    "sequence": 7,
    "measured_at": "2016-06-15T12:15:00.250Z",
}


def test_all_a_meter_reads_is_shown_again(ended: Village) -> None:
    assert _report(ended, _reading(ended, **QUALITY)) == (201, _told(1))
    (shown,) = ended.get("/measurements", "ada")["items"]
    assert QUALITY.items() <= shown.items()
    assert (shown["version"], shown["counts"], shown["doubt"]) == (1, True, None)
    assert (shown["older"], shown["late"], shown["signature"]) == (False, False, None)


def test_a_repeat_is_told_and_a_count_is_good_for_one_reading(ended: Village) -> None:
    good = _reading(ended, **QUALITY)
    assert _report(ended, good) == (201, _told(1))
    assert _report(ended, good) == (201, _told(1, repeated=1))
    answer = _report(ended, {**good, "consumption_kwh": "1.700"})
    assert answer[0] == 409
    assert _codes(answer) == [("SEQUENCE_REUSED", "/items/0/sequence")]


def test_what_was_overtaken_is_a_version_and_counts_not(ended: Village) -> None:
    for sequence, energy, older in ((1, "1.100", 0), (3, "1.300", 0), (2, "1.200", 1)):
        reading = _reading(ended, sequence=sequence, consumption_kwh=energy)
        assert _report(ended, reading) == (201, _told(1, older=older))
    (counts,) = ended.get("/measurements", "ada")["items"]
    assert (counts["consumption_kwh"], counts["version"]) == ("1.300", 2)
    versions = ended.get("/measurements", "ada", versions="true")["items"]
    assert [(item["version"], item["counts"], item["older"]) for item in versions] == [
        (1, False, False),
        (2, True, False),
        (3, False, True),
    ]


def test_a_late_reading_is_taken_with_another_word(ended: Village) -> None:
    ended.go_to(3 * 900 + 900 + 1)
    ended.wait_for_phase("settled")
    late = _reading(ended, consumption_kwh="1.900")
    assert _report(ended, late) == (202, _told(1, late=1))
    (counts,) = ended.get("/measurements", "ada", to=ended.start(1))["items"]
    assert counts["substituted"]
    *_, last = ended.get("/measurements", "ada", to=ended.start(1), versions="true")["items"]
    assert (last["consumption_kwh"], last["late"], last["counts"]) == ("1.900", True, False)


def test_gaps_are_listed_to_those_they_concern(ended: Village) -> None:
    _report(ended, _reading(ended))
    span = {"from": ended.start(), "to": ended.start(3)}
    assert [
        (item["unit_id"], item["substituted"])
        for item in ended.get("/measurements:gaps", "rural", **span)["items"]
    ] == [("bob-solar", False)]
    assert ended.get("/measurements:gaps", "ada", **span)["items"] == []
    page = ended.get("/measurements:gaps", "operator", limit=1, **span)
    assert len(page["items"]) == 1
    assert page["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "FIELD_MISSING"),
        ({"from": "2016-06-15T00:00:00Z", "to": "2016-06-23T00:00:00Z"}, "FIELD_RANGE"),
        ({"from": "2016-06-15T00:00:00Z", "to": "2016-06-15T00:00:00Z"}, "FIELD_RANGE"),
        (
            {"from": "2016-06-15T00:00:00Z", "to": "2016-06-16T00:00:00Z", "cursor": "x"},
            "FIELD_FORMAT",
        ),
    ],
)
def test_a_look_for_gaps_is_bounded(still_village: Village, query: Any, code: str) -> None:  # noqa: ANN401
    answer = still_village.send("GET", "/measurements:gaps", "rural", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


# --- signatures -----------------------------------------------------------------------


def _secret(village: Village) -> str:
    body = {"items": [{"role": "device", "unit_id": "ada-load"}]}
    answer = village.act("/clients:batch", "operator", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["items"][0]["client_secret"])


def test_a_gateway_relays_what_a_device_has_signed(ended: Village) -> None:
    secret = _secret(ended)
    reading = signed(ended.market_id, secret, _reading(ended, **QUALITY))
    assert _report(ended, reading) == (201, _told(1))
    (shown,) = ended.get("/measurements", "ada")["items"]
    assert shown["signature"] == reading["signature"]


@pytest.mark.parametrize("change", ["energy", "unit", "secret", "market", "noise"])
def test_what_the_device_did_not_sign_is_refused(ended: Village, change: str) -> None:
    secret = _secret(ended)
    market_id = "elsewhere" if change == "market" else ended.market_id
    reading = signed(market_id, "guessed" if change == "secret" else secret, _reading(ended))
    if change == "energy":
        reading["consumption_kwh"] = "1.500"
    if change == "noise":
        reading["signature"] = "0" * 64
    if change == "unit":
        reading["unit_id"] = "bob-solar"
        reading["consumption_kwh"] = "0.000"
    answer = _report(ended, reading)
    assert answer[0] == 422
    assert _codes(answer) == [("SIGNATURE_WRONG", "/items/0/signature")]
    assert ended.get("/measurements", "operator")["items"] == []


def test_a_device_that_was_shut_out_signs_nothing(ended: Village) -> None:
    body = {"items": [{"role": "device", "unit_id": "ada-load"}]}
    (made,) = ended.act("/clients:batch", "operator", body).json()["items"]
    client_id, secret = made["client_id"], made["client_secret"]
    operator = {"Authorization": f"Bearer {ended.tokens['operator']}", "Idempotency-Key": "out"}
    answer = ended.server.http.post(f"/v1/clients/{client_id}:revoke", headers=operator)
    assert answer.status_code < 300, answer.text
    reading = signed(ended.market_id, secret, _reading(ended))
    assert _codes(_report(ended, reading)) == [("SIGNATURE_WRONG", "/items/0/signature")]


def test_a_market_may_ask_for_signatures(server: Server) -> None:
    village = make_village(server, intervals=2, readings_signed=True)
    village.go_to(900 + 1)
    village.wait_for_phase("settling")
    assert _codes(_report(village, _reading(village))) == [
        ("SIGNATURE_MISSING", "/items/0/signature")
    ]
    reading = signed(village.market_id, _secret(village), _reading(village))
    assert _report(village, reading) == (201, _told(1))
    assert village.get("")["readings_signed"]


# --- form -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("voltage_pu", "2.000001", "FIELD_RANGE"),
        ("voltage_pu", "1.0000001", "FIELD_RANGE"),
        ("voltage_pu", "-0.1", "FIELD_RANGE"),
        ("frequency_hz", "100.001", "FIELD_RANGE"),
        ("power_kw", "1.0001", "FIELD_RANGE"),
        ("reactive_kvar", 1.5, "FIELD_FORMAT"),
        ("sequence", -1, "FIELD_RANGE"),
        ("sequence", 10**15 + 1, "FIELD_RANGE"),
        ("sequence", "7", "FIELD_FORMAT"),
        ("measured_at", "2016-06-15T12:15:00", "TIMEZONE_REQUIRED"),
        ("measured_at", "2016-06-15T12:15:00.2505Z", "FIELD_RANGE"),
        ("measured_at", "noon", "FIELD_FORMAT"),
        ("signature", "abc", "FIELD_FORMAT"),
        ("signature", "A" * 64, "FIELD_FORMAT"),
        ("doubt", "neighbours", "FIELD_UNKNOWN"),
        ("late", True, "FIELD_UNKNOWN"),
    ],
)
def test_a_value_that_is_none_is_refused(
    still_village: Village, field: str, value: object, code: str
) -> None:
    answer = _report(still_village, _reading(still_village, **{field: value}))
    assert answer[0] == 422
    assert _codes(answer) == [(code, f"/items/0/{field}")]


def test_the_stream_tells_what_a_meter_read(ended: Village) -> None:
    with ended.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("unit", "ada-load")
        reader.hear("snapshot")
        _report(ended, _reading(ended, **QUALITY))
        told = reader.hear_event("measurement")["data"]
    assert QUALITY.items() <= told.items()


def test_a_moment_reads_back_as_it_was_sent(ended: Village) -> None:
    measured = datetime(2016, 6, 15, 12, 15, 0, 250_000, UTC)
    reading = _reading(ended, measured_at=measured.isoformat())
    assert _report(ended, reading)[0] == 201
    (shown,) = ended.get("/measurements", "ada")["items"]
    assert datetime.fromisoformat(shown["measured_at"]) == measured
