"""Certificates over the wire: issued with a day's run, moved, retired and exported, each once."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pyarrow as pa
import pytest

from tests.api.hosting import Server
from tests.api.routes.test_settlements import finished
from tests.api.village import Json, Village, make_village


def reading(village: Village, unit_id: str, injection_kwh: float) -> Json:
    made = f"{abs(injection_kwh):.3f}"
    return {
        "unit_id": unit_id,
        "start": village.start(),
        "consumption_kwh": made if injection_kwh < 0 else "0.000",
        "generation_kwh": made if injection_kwh > 0 else "0.000",
        "state_of_charge_kwh": None,
    }


@pytest.fixture(scope="module")
def sunny(server: Server) -> Village:
    """The day, for who only reads."""
    return settled(server)


@pytest.fixture
def giving(server: Server) -> Village:
    """The same day, of one's own."""
    return settled(server)


def settled(server: Server) -> Village:
    """A day of one interval: Bob's roof gave 2.0 kWh, sold 1.0 to Ada, who used 1.6."""
    village = make_village(server, intervals=1)
    for who, order in (
        ("ada", village.order(energy_kwh="1.500")),
        ("bob", village.order(unit_id="bob-solar", side="sell", price_per_mwh="50.00", energy_kwh="1.000")),
        ("retailer", village.order(unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000")),
    ):  # fmt: skip
        assert village.post("/orders", who, order).status_code == 201
    village.go_to(900 + 1)
    village.wait_for_phase("settling")
    items = [reading(village, "ada-load", -1.6), reading(village, "bob-solar", 2.0)]
    body = {"area_id": "RUR", "items": items}
    assert village.post("/measurements:batch", "rural", body).status_code == 201
    village.go_to(2 * 900 + 1)
    finished(village, 1)
    return village


def lot(village: Village, energy_kwh: str, **changes: Json) -> dict[str, Any]:
    return {
        "unit_id": "bob-solar",
        "start": village.start(),
        "energy_kwh": energy_kwh,
        **changes,
    }


def codes(answer: httpx.Response) -> list[tuple[str, str | None]]:
    return [(fault["code"], fault.get("pointer")) for fault in answer.json()["errors"]]


def held(village: Village, who: str) -> str:
    (line,) = village.get("/account/certificates", who)["items"]
    return str(line["held_kwh"])


def test_certificates_stand_by_source_and_day(sunny: Village) -> None:
    (bobs,) = sunny.get("/account/certificates", "bob")["items"]
    assert {name: bobs[name] for name in ("unit_id", "source", "area_id", "day")} == {
        "unit_id": "bob-solar",
        "source": "solar",
        "area_id": "RUR",
        "day": sunny.local_day(),
    }
    assert (bobs["kept_kwh"], bobs["own_use_kwh"]) == ("1.000", "0.000")
    (adas,) = sunny.get("/account/certificates", "ada")["items"]
    assert (adas["used_kwh"], adas["held_kwh"]) == ("1.000", "0.000")
    everybody = sunny.get("/certificates", "operator")["items"]
    assert [item["participant_id"] for item in everybody] == ["ada", "bob"]
    only = sunny.get("/certificates", "operator", participant_id="bob")["items"]
    assert [item["participant_id"] for item in only] == ["bob"]
    assert sunny.get("/certificates", "operator", to_day=sunny.local_day())["items"] == []


def test_a_statement_is_to_be_had_in_every_form(sunny: Village) -> None:
    (line,) = sunny.get("/account/certificates/statement", "ada")["items"]
    assert (line["source"], line["area_id"], line["start"]) == ("solar", "RUR", sunny.start())
    assert line["used_kwh"] == "1.000"
    asked = {"headers": {"Accept": "text/csv"}}
    sheet = sunny.send("GET", "/account/certificates/statement", "ada", **asked)
    (row,) = csv.DictReader(io.StringIO(sheet.text))
    assert (row["unit_id"], row["used_kwh"]) == ("bob-solar", "1.000")
    asked = {"headers": {"Accept": "application/vnd.apache.arrow.stream"}}
    stream = sunny.send("GET", "/account/certificates/statement", "ada", **asked)
    (record,) = pa.ipc.open_stream(stream.content).read_all().to_pylist()
    assert str(record["used_kwh"]) == "1.000"
    later = sunny.get("/account/certificates/statement", "ada", **{"from": sunny.start(1)})
    assert later["items"] == []


def test_green_shares_are_public_and_ones_own_are_ones_own(sunny: Village) -> None:
    day = sunny.local_day()
    shown = sunny.get("/green-share", day=day)["items"]
    # Ada alone used something: what everybody may see is the market, with no area of its own.
    assert [item["scope"] for item in shown] == ["market", "others"]
    assert (shown[0]["used_kwh"], shown[0]["green_kwh"]) == ("1.600", "1.000")
    assert shown[0]["share_ppm"] == 625_000
    own = sunny.get("/green-share", "ada", day=day)["items"][-1]
    assert (own["scope"], own["share_ppm"]) == ("own", 625_000)
    assert "own" not in [
        item["scope"] for item in sunny.get("/green-share", "bob", day=day)["items"]
    ]
    first = sunny.get("/green-share", day=day, limit=1)
    rest = sunny.get("/green-share", day=day, cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == shown
    assert sunny.get("/green-share", day="2015-01-01")["items"] == []
    assert sunny.send("GET", "/green-share").status_code == 422
    wrong = sunny.send("GET", "/green-share", params={"day": day, "cursor": "x"})
    assert wrong.json()["code"] == "FIELD_FORMAT"


def test_a_name_of_another_market_has_no_share_here(sunny: Village, server: Server) -> None:
    sunny.tokens["stranger"] = make_village(server).tokens["ada"]

    shown = sunny.get("/green-share", "stranger", day=sunny.local_day())["items"]
    assert [item["scope"] for item in shown] == ["market", "others"]


def test_moved_once_however_often_it_is_sent(giving: Village) -> None:
    body = {"reference": "gift-1", "receiver_id": "ada", "lots": [lot(giving, "0.300")]}
    with giving.stream("ada") as told:
        told.hear("hello")
        told.subscribe("account", "ada")
        told.hear("snapshot")
        first, again = (giving.post("/certificates:move", "bob", body) for _ in range(2))
        news = told.hear_event("certificates")["data"]
    assert (news["what"], news["energy_kwh"], news["reference"]) == ("received", "0.300", "gift-1")
    assert (first.status_code, again.status_code) == (200, 200), first.text
    assert first.json() == again.json()
    assert (first.json()["energy_kwh"], first.json()["free_kwh"]) == ("0.300", "0.700")
    assert (held(giving, "bob"), held(giving, "ada")) == ("0.700", "0.300")
    other = {**body, "lots": [lot(giving, "0.400")]}
    answer = giving.post("/certificates:move", "bob", other)
    assert (answer.status_code, codes(answer)) == (
        409,
        [("EXISTS_WITH_DIFFERENT_FIELDS", "/reference")],
    )


def test_what_is_beyond_is_refused_with_what_there_is(giving: Village) -> None:
    body = {"reference": "all", "receiver_id": "retailer", "lots": [lot(giving, "2.000")]}
    answer = giving.post("/certificates:move", "bob", body)
    assert (answer.status_code, codes(answer)) == (422, [("VOLUME_MAX", "/lots/0/energy_kwh")])
    assert held(giving, "bob") in answer.json()["errors"][0]["detail"]
    for changes, code in (
        ({"receiver_id": "bob"}, "FIELD_RANGE"),
        ({"receiver_id": "nobody"}, "PARTICIPANT_UNKNOWN"),
        ({"lots": [lot(giving, "0.001", unit_id="nothing")]}, "UNIT_UNKNOWN"),
        ({"lots": [lot(giving, "0.001", start=giving.start(5))]}, "VOLUME_MAX"),
        ({"lots": [lot(giving, "0.001"), lot(giving, "0.001")]}, "FIELD_RANGE"),
        ({"lots": []}, "FIELD_RANGE"),
        ({"reference": "a b"}, "FIELD_FORMAT"),
    ):
        refused = giving.post("/certificates:move", "bob", {**body, **changes})
        assert refused.json()["code"] == code, changes


def test_retired_for_what_was_used_and_is_open(giving: Village) -> None:
    body = {"reference": "mine", "lots": [lot(giving, "0.100")]}
    assert codes(giving.post("/certificates:retire", "bob", body)) == [
        ("VOLUME_MAX", "/lots/0/energy_kwh")
    ]
    gift = {"reference": "gift-2", "receiver_id": "ada", "lots": [lot(giving, "0.100")]}
    assert giving.post("/certificates:move", "bob", gift).status_code == 200
    before = giving.get("/green-share", "ada", day=giving.local_day())["items"][-1]
    assert giving.post("/certificates:retire", "ada", body).status_code == 200
    after = giving.get("/green-share", "ada", day=giving.local_day())["items"][-1]
    assert (before["green_kwh"], after["green_kwh"]) == ("1.000", "1.100")
    kinds = [item["kind"] for item in giving.get("/certificates/acts", "ada")["items"]]
    assert kinds[-1] == "retire"


def test_less_than_a_bundle_does_not_leave(giving: Village) -> None:
    answer = giving.post("/certificates:export", "bob", {"reference": "out-1"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["bundles"], answer.json()["energy_kwh"]) == ([], "0.000")
    wrong = giving.post("/certificates:export", "bob", {"reference": "out-1", "bundles": 3})
    assert codes(wrong) == [("EXISTS_WITH_DIFFERENT_FIELDS", "/reference")]


def test_operators_act_for_participants_and_nobody_else_does(giving: Village) -> None:
    body = {"reference": "by-op", "receiver_id": "ada", "lots": [lot(giving, "0.010")]}
    nobody = giving.post("/certificates:move", "operator", body)
    assert codes(nobody) == [("FIELD_MISSING", "/participant_id")]
    another = giving.post("/certificates:move", "ada", {**body, "participant_id": "bob"})
    assert another.status_code == 404
    done = giving.post("/certificates:move", "operator", {**body, "participant_id": "bob"})
    assert (done.status_code, done.json()["participant_id"]) == (200, "bob")
    acts = giving.get("/certificates/acts", "operator", participant_id="bob")["items"]
    assert acts[-1]["reference"] == "by-op"
    assert giving.send("GET", "/certificates", "bob").status_code == 403


def test_a_bill_says_how_much_was_green_and_from_where(giving: Village) -> None:
    gift = {"reference": "gift-3", "receiver_id": "ada", "lots": [lot(giving, "0.200")]}
    assert giving.post("/certificates:move", "bob", gift).status_code == 200
    body = {"reference": "mine", "lots": [lot(giving, "0.150")]}
    assert giving.post("/certificates:retire", "ada", body).status_code == 200
    month = {"month": giving.local_day()[:7]}
    assert giving.act("/bills:draft", "operator", month).status_code == 200
    assert giving.act("/bills:issue", "operator", month).status_code == 200

    (bill,) = giving.get("/bills", "ada")["items"]
    assert bill["green"] == [
        {
            "source": "solar",
            "area_id": "RUR",
            "own_use_kwh": "0.000",
            "bought_kwh": "1.000",
            "retired_kwh": "0.150",
        }
    ]
    assert bill["green_kwh"] == "1.150"
    sheet = giving.send("GET", "/bills", "ada", headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(sheet.text))
    assert row["green_kwh"] == "1.150"
    asked = {"headers": {"Accept": "application/vnd.apache.arrow.stream"}}
    stream = giving.send("GET", "/bills", "ada", **asked)
    (record,) = pa.ipc.open_stream(stream.content).read_all().to_pylist()
    assert str(record["green_kwh"]) == "1.150"
    for language, words in (("en", ("Green energy", "sun")), ("zh", ("绿色电力", "光伏"))):
        page = giving.send(
            "GET", f"/bills/{bill['bill_id']}/page", "ada", params={"language": language}
        )
        assert all(word in page.text for word in (*words, "1.150"))
    (bobs,) = giving.get("/bills", "bob")["items"]
    assert (bobs["green"], bobs["green_kwh"]) == ([], "0.000")

    # What is retired later is green too: the month drafted again says so, and no cent else.
    more = {"reference": "more", "lots": [lot(giving, "0.050")]}
    assert giving.post("/certificates:retire", "ada", more).status_code == 200
    assert giving.act("/bills:draft", "operator", month).json()["drafted"] == 1
    assert giving.act("/bills:issue", "operator", month).status_code == 200
    *_, newer = giving.get("/bills", "ada")["items"]
    assert (newer["version"], newer["green_kwh"]) == (2, "1.200")
    assert newer["total_amount"] == bill["total_amount"]


def test_of_many_at_once_only_as_many_go_as_there_are(giving: Village) -> None:
    """Bob holds 1.0 kWh; six moves of 0.3 kWh are sent at the same time."""
    gifts = [
        {"reference": f"gift-{number}", "receiver_id": "ada", "lots": [lot(giving, "0.300")]}
        for number in range(6)
    ]

    def send(body: Json) -> int:
        """Until it is decided; who comes in between too often comes again."""
        while (answer := giving.post("/certificates:move", "bob", body)).status_code == 503:
            pass
        return answer.status_code

    with ThreadPoolExecutor(len(gifts)) as threads:
        assert sorted(threads.map(send, gifts)) == [200, 200, 200, 422, 422, 422]
    assert (held(giving, "bob"), held(giving, "ada")) == ("0.100", "0.900")
