"""Settled days over the wire: a late reading, a corrected run, its differences, one's own lines."""

import csv
import io
import time
from decimal import Decimal

import pytest

from tests.api.hosting import Server
from tests.api.village import Json, Village, instant, make_village
from tests.patience import PATIENCE_S


def reading(village: Village, consumption_kwh: str) -> Json:
    return {
        "area_id": "RUR",
        "items": [
            {
                "unit_id": "ada-load",
                "start": village.start(),
                "consumption_kwh": consumption_kwh,
                "generation_kwh": "0.000",
                "state_of_charge_kwh": None,
            }
        ],
    }


@pytest.fixture
def closed(server: Server) -> Village:
    """A day of one interval: Ada bought 1.5 kWh and her meter said 1.6."""
    village = make_village(server, intervals=1)
    for who, order in (
        ("ada", village.order(energy_kwh="1.500")),
        ("retailer", village.order(unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000")),
    ):  # fmt: skip
        assert village.post("/orders", who, order).status_code == 201
    village.go_to(900 + 1)
    village.wait_for_phase("settling")
    assert (
        village.post("/measurements:batch", "rural", reading(village, "1.600")).status_code == 201
    )
    village.go_to(2 * 900 + 1)
    finished(village, 1)
    return village


def finished(village: Village, version: int, day: str | None = None) -> Json:
    """The runs, once that version of the day stands; None: of the market's first day."""
    until = time.monotonic() + PATIENCE_S
    of = village.local_day() if day is None else day
    while time.monotonic() < until:
        items = village.get("/settlement-runs", "operator", day=of)["items"]
        if any(item["version"] == version and item["state"] == "finished" for item in items):
            return items
        time.sleep(0.05)
    raise AssertionError(f"version {version} does not come")


def again(village: Village, key: str, **more: Json) -> Json:
    body = {"day": village.local_day(), "reason": "read late", **more}
    answer = village.act("/settlement-runs", "operator", body, key=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_day_is_settled_as_a_whole_once_it_is_closed(closed: Village) -> None:
    first = finished(closed, 1)[0]
    assert (first["kind"], first["by"], first["differences"]) == ("preliminary", "market", 0)
    assert first["areas"] == first["areas_done"]
    assert first["phase"] == "done"
    assert (first["measured"], first["late"]) == (1, 0)
    assert (first["tariff"]["network_per_mwh"], first["tariff"]["levies_per_mwh"]) == (
        "70.00",
        "50.00",
    )


def test_a_late_reading_is_settled_when_an_operator_asks(closed: Village) -> None:
    before = Decimal(closed.get("/account", "ada")["balance"])
    late = closed.post("/measurements:batch", "rural", reading(closed, "1.400"))
    assert late.json()["late"] == 1
    started = again(closed, "a-late-reading-0001")
    assert (started["version"], started["kind"], started["reason"]) == (2, "corrected", "read late")
    done = finished(closed, 2)[1]
    assert done["late"] == 1
    told = closed.get(f"/settlement-runs/{done['run_id']}/differences", "operator")["items"]
    assert len(told) == done["differences"] > 0
    own = sum(
        (Decimal(item["amount"]) * (1 if item["to"].endswith(":ada") else -1))
        for item in told
        if "participant:ada" in (item["from"], item["to"])
    )
    assert Decimal(closed.get("/account", "ada")["balance"]) - before == own > 0
    assert closed.get("/ledger", "operator")["sum_quanta"] == 0
    # The same act again is answered as the first time, another one finds nothing to do.
    assert again(closed, "a-late-reading-0001") == started
    assert again(closed, "a-late-reading-0002")["run_id"] == done["run_id"]
    assert len(finished(closed, 2)) == 2


def test_everybody_reads_the_own_lines_of_each_version(closed: Village) -> None:
    closed.post("/measurements:batch", "rural", reading(closed, "1.400"))
    again(closed, "a-late-reading-0003")
    finished(closed, 2)
    day = closed.local_day()
    metered = {
        version: closed.get("/account/settlement", "ada", day=day, version=version)["items"][0]
        for version in (1, 2)
    }
    assert (metered[1]["metered_kwh"], metered[2]["metered_kwh"]) == ("-1.600", "-1.400")
    last = closed.get("/account/settlement", "ada", day=day)["items"]
    assert {item["version"] for item in last} == {2}
    assert {item["unit_id"] for item in last} <= {"ada-load", "ada-solar", "ada-battery"}
    line = next(item for item in last if item["unit_id"] == "ada-load")
    # 1.4 kWh at 70 and 50 per MWh.
    assert (line["network_fee_amount"], line["levies_amount"]) == ("-0.09800000", "-0.07000000")
    assert closed.get("/account/settlement", "ada", day=day, version=9)["items"] == []


def test_what_stood_at_an_instant_is_read_as_it_stood(closed: Village) -> None:
    before = instant(closed.first_s + 2 * 900 + 30)
    closed.go_to(2 * 900 + 60)
    closed.post("/measurements:batch", "rural", reading(closed, "1.400"))
    again(closed, "a-late-reading-0004")
    finished(closed, 2)
    day = closed.local_day()
    for as_of, version, known in ((before, 1, ["1.600"]), (None, 2, ["1.600", "1.400"])):
        query = {} if as_of is None else {"as_of": as_of}
        lines = closed.get("/account/settlement", "ada", day=day, **query)["items"]
        assert {line["version"] for line in lines} == {version}
        read = closed.get("/measurements", "ada", versions="true", **query)["items"]
        assert [item["consumption_kwh"] for item in read] == known
    refused = closed.send(
        "GET", "/account/settlement", "ada", params={"day": day, "as_of": "yesterday"}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "FIELD_FORMAT")


def test_an_operator_reads_every_line_of_a_version(closed: Village) -> None:
    run = finished(closed, 1)[0]
    path = f"/settlement-runs/{run['run_id']}/lines"
    whole = closed.get(path, "operator")["items"]
    assert {item["unit_id"] for item in whole} == {"ada-load", "bob-solar", "retail"}
    ada = [item for item in whole if item["unit_id"] == "ada-load"]
    assert ada == closed.get("/account/settlement", "ada", day=closed.local_day())["items"]
    read, cursor = [], {}
    while True:
        page = closed.get(path, "operator", limit=1, **cursor)
        read += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert read == whole
    rural = closed.get(path, "operator", area_id="RUR")["items"]
    assert [item["unit_id"] for item in rural] == ["ada-load", "bob-solar"]
    text = closed.send("GET", path, "operator", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(text.text)))
    # What was paid is a number below zero in a file too, and no text.
    assert [row["network_fee_amount"] for row in rows] == [
        item["network_fee_amount"] for item in whole
    ]
    assert closed.send("GET", path, "ada").status_code == 403
    missing = closed.send("GET", "/settlement-runs/set-99/lines", "operator")
    assert (missing.status_code, missing.json()["code"]) == (404, "NOT_FOUND")


def test_only_operators_settle_again(closed: Village) -> None:
    body = {"day": closed.local_day(), "reason": "mine"}
    assert closed.act("/settlement-runs", "ada", body).status_code == 403
    early = {"day": "2030-01-01", "reason": "early"}
    assert closed.act("/settlement-runs", "operator", early).json()["code"] == "PHASE_CONFLICT"
    missing = closed.send("GET", "/settlement-runs/set-99/differences", "operator")
    assert missing.status_code == 404
