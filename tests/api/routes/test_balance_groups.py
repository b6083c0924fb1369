"""Balance groups over the wire: set by operators, and what a month gives back of adders."""

import time
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from tests.api.hosting import PATIENCE_S, Server
from tests.api.village import Json, Village, make_village


def group(village: Village, **changes: Json) -> Json:
    return {
        "group_id": "neighbours",
        "name": "Neighbours",
        "participant_id": "ada",
        "unit_ids": ["ada-load", "bob-solar"],
        "from_day": village.local_day(),
        "reason": "both have agreed",
        **changes,
    }


def meter(unit_id: str, start: str, consumption_kwh: str, generation_kwh: str) -> Json:
    return {
        "unit_id": unit_id,
        "start": start,
        "consumption_kwh": consumption_kwh,
        "generation_kwh": generation_kwh,
        "state_of_charge_kwh": None,
    }


@pytest.fixture
def village(server: Server) -> Village:
    """A market of one interval, tomorrow or later, with a band of 2 %."""
    return make_village(server, intervals=1, days_ahead=1, deviation_band_ppm=20_000)


def settled(village: Village) -> list[Json]:
    """The operator's lines of the month, once it is settled."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        month = village.local_day()[:7]
        items: list[Json] = village.get("/settled-months", "operator", month=month)["items"]
        if items:
            return items
        time.sleep(0.05)
    raise AssertionError("the month is not settled")


def test_a_group_is_set_by_an_operator_and_seen_by_its_own(village: Village) -> None:
    assert village.post("/balance-groups", "ada", group(village)).status_code == 403
    made = village.post("/balance-groups", "operator", group(village))
    assert made.status_code == 201, made.text
    assert village.post("/balance-groups", "operator", group(village)).status_code == 200
    (whole,) = village.get("/balance-groups", "operator")["items"]
    assert whole == made.json()
    assert (whole["unit_ids"], whole["units"], whole["participant_id"]) == (
        ["ada-load", "bob-solar"],
        2,
        "ada",
    )
    assert village.get("/balance-groups", "ada")["items"] == [whole]
    (bobs,) = village.get("/balance-groups", "bob")["items"]
    assert bobs == {**whole, "unit_ids": ["bob-solar"]}
    assert village.get("/balance-groups", "retailer")["items"] == []


def test_what_is_wrong_is_told_all_together(village: Village) -> None:
    wrong = group(
        village, participant_id="nobody", unit_ids=["moon", "retail"], from_day="2001-01-01"
    )
    answer = village.post("/balance-groups", "operator", wrong)
    told = [(fault["code"], fault["pointer"]) for fault in answer.json()["errors"]]
    assert told == [
        ("FIELD_RANGE", "/from_day"),
        ("UNIT_UNKNOWN", "/unit_ids/0"),
        ("UNIT_UNKNOWN", "/unit_ids/1"),
        ("PARTICIPANT_UNKNOWN", "/participant_id"),
    ]
    assert village.post("/balance-groups", "operator", group(village)).status_code == 201
    other = village.post("/balance-groups", "operator", group(village, group_id="other"))
    assert (other.status_code, other.json()["code"]) == (409, "UNIT_IN_GROUP")


def trades_and_reads(village: Village) -> None:
    """Ada buys 1.5 kWh and uses 1.6; Bob's roof gives 0.04 kWh."""
    for who, order in (
        ("ada", village.order(energy_kwh="1.500")),
        (
            "retailer",
            village.order(
                unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000"
            ),
        ),
    ):
        assert village.post("/orders", who, order).status_code == 201
    village.go_to(900 + 1)
    village.wait_for_phase("settling")
    readings = {
        "area_id": "RUR",
        "items": [
            meter("ada-load", village.start(), "1.600", "0.000"),
            meter("bob-solar", village.start(), "0.000", "0.040"),
        ],
    }
    assert village.post("/measurements:batch", "rural", readings).status_code == 201
    village.go_to(2 * 900 + 1)


def adder_per_wh(village: Village) -> Decimal:
    """5 % of the area price in whole ticks, half to even, at least 0.50 per MWh."""
    (price,) = [
        item["price_per_mwh"]
        for item in village.get("/prices", **{"from": village.start()})["items"]
        if item["area_id"] == "RUR"
    ]
    per_mwh = (Decimal(price) / 20).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return max(per_mwh, Decimal("0.50")) / 1_000_000


def test_a_month_gives_back_adders_to_the_group(village: Village) -> None:
    """Ada uses 100 Wh more than she bought, Bob's roof gives 40 Wh nobody bought.

    40 Wh are met inside; of the 60 Wh left 2 % of 1,640 metered Wh are in the band: 32 Wh.
    """
    assert village.post("/balance-groups", "operator", group(village)).status_code == 201
    trades_and_reads(village)
    lines = settled(village)
    adder = adder_per_wh(village)
    expected = {
        "ada-load": {
            "carried_kwh": "0.060",
            "metered_kwh": "1.600",
            "adder_amount": 60 * adder,
            "netted_amount": 40 * adder,
            "waived_amount": 32 * adder,
        },
        "bob-solar": {
            "carried_kwh": "0.000",
            "metered_kwh": "0.040",
            "adder_amount": 0,
            "netted_amount": 40 * adder,
            "waived_amount": 0,
        },
    }
    assert {line["unit_id"] for line in lines} == set(expected)
    for line in lines:
        for name, value in expected[line["unit_id"]].items():
            told = line[name] if name.endswith("_kwh") else Decimal(line[name])
            assert told == value, name
        assert (line["group_id"], line["version"]) == ("neighbours", 1)
        assert (line["group_carried_kwh"], line["band_kwh"]) == ("0.060", "0.032")
    month = village.local_day()[:7]
    assert village.get("/settled-months", "ada", month=month)["items"] == lines
    bobs = village.get("/settled-months", "bob", month=month)["items"]
    assert [line["unit_id"] for line in bobs] == ["bob-solar"]
    for who, kinds in (
        ("ada", {"group_netting": 40, "band_waiver": 32}),
        ("bob", {"group_netting": 40}),
    ):
        statement = village.get("/account/statement", who)["items"]
        back = {
            item["kind"]: Decimal(item["amount"]) for item in statement if item["kind"] in kinds
        }
        assert back == {kind: energy_wh * adder for kind, energy_wh in kinds.items()}
    assert village.get("/settled-months", "ada", month=month, version=2)["items"] == []
    assert village.get("/settled-months", "ada", month="2001-01")["items"] == []
