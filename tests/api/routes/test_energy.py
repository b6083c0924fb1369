"""What one produced, used, bought and sold; what happens now and what to do about it."""

import time
from typing import Any

import pytest

from api.answers import home
from tests.api.hosting import Server
from tests.api.village import Json, Village, make_village
from tests.patience import PATIENCE_S

STANDING = home.Standing(
    call_due_us=None,
    call_quanta=0,
    reduces_only=False,
    silent_units=0,
    sells=False,
    has_rule=True,
    uses=True,
)


def reading(village: Village, unit_id: str, used: str, made: str, number: int = 0) -> None:
    body = {
        "area_id": "RUR",
        "items": [
            {
                "unit_id": unit_id, "start": village.start(number), "consumption_kwh": used,
                "generation_kwh": made, "state_of_charge_kwh": None,
            }
        ],
    }  # fmt: skip
    answer = village.post("/measurements:batch", "rural", body)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def traded(server: Server) -> Village:
    """Bob has sold 1 kWh to Ada, who has also bought half of one from the retailer; read and settled."""
    village = make_village(server, intervals=1)
    for who, order in (
        ("ada", village.order(energy_kwh="1.500")),
        ("bob", village.order(unit_id="bob-solar", side="sell", price_per_mwh="50.00", energy_kwh="1.000")),
        ("retailer", village.order(unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000")),
    ):  # fmt: skip
        assert village.post("/orders", who, order).status_code == 201
    village.go_to(900 + 1)
    reading(village, "ada-load", "2.000", "0.000")
    reading(village, "bob-solar", "0.000", "1.200")
    return village


def energy(village: Village, who: str, **query: Json) -> list[dict[str, Any]]:
    day = village.local_day()
    found = village.get("/account/energy", who, from_day=day, to_day=day, **query)
    return list(found["items"])


def of(item: dict[str, Any]) -> dict[str, str]:
    names = ("used", "produced", "self_use", "bought", "sold", "last_resort", "fed_in")
    return {name: item[f"{name}_kwh"] for name in names if item[f"{name}_kwh"] != "0.000"}


def test_what_trades_do_not_cover_is_the_last_resorts(traded: Village) -> None:
    (ada,) = energy(traded, "ada")
    assert of(ada) == {"used": "2.000", "bought": "1.500", "last_resort": "0.500"}
    assert (ada["settled"], ada["covered"], ada["start"]) == (False, False, traded.start(0))
    assert ada["neighbours_kwh"] == "0.999", "two thirds, in whole ppm"
    (bob,) = energy(traded, "bob")
    assert of(bob) == {"produced": "1.200", "sold": "1.000", "fed_in": "0.200"}
    assert bob["covered"] is None


def test_a_day_that_is_settled_as_a_whole_says_what_the_settlement_says(traded: Village) -> None:
    before = energy(traded, "ada")[0]
    traded.go_to(3 * 86_400)
    lines: list[Any] = []
    give_up = time.monotonic() + PATIENCE_S
    while not lines and time.monotonic() < give_up:
        answer = traded.send(
            "GET", "/account/settlement", "ada", params={"day": traded.local_day()}
        )
        lines = answer.json().get("items", [])
    (ada,) = energy(traded, "ada")
    assert ada == before | {"settled": True}
    assert ada["last_resort_kwh"] == lines[0]["retail_kwh"].removeprefix("-")


def test_a_day_and_a_month_add_up_their_intervals(traded: Village) -> None:
    (slot,) = energy(traded, "ada")
    (day,) = energy(traded, "ada", by="day")
    assert {name: day[name] for name in slot if name.endswith("_kwh")} == {
        name: slot[name] for name in slot if name.endswith("_kwh")
    }
    assert (day["period"], day["intervals"], day["used_intervals"], day["covered_intervals"]) == (
        traded.local_day(),
        1,
        1,
        0,
    )
    assert (day["peak_import_kw"], day["peak_import_at"]) == ("8.000", traded.start(0))
    assert (day["peak_export_kw"], day["peak_export_at"]) == ("0.000", None)
    (month,) = energy(traded, "ada", by="month")
    assert month == day | {"period": traded.local_day()[:7]}
    csv = traded.send(
        "GET", "/account/energy", "ada", headers={"Accept": "text/csv"},
        params={"to_day": traded.local_day(), "by": "day"},
    )  # fmt: skip
    assert csv.text.splitlines()[0].startswith("period,settled,intervals,produced_kwh")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from_day": "2016-06-01", "to_day": "2016-06-08"}, "FIELD_RANGE"),
        ({"from_day": "2016-06-02", "to_day": "2016-06-01"}, "FIELD_RANGE"),
        ({"from_day": "2016-01-01", "to_day": "2016-06-01", "by": "day"}, "FIELD_RANGE"),
        ({"by": "year"}, "FIELD_FORMAT"),
    ],
)
def test_only_so_many_days_are_asked_for(
    still_village: Village, query: dict[str, str], code: str
) -> None:
    answer = still_village.send("GET", "/account/energy", "ada", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


# --- home -----------------------------------------------------------------------------


def test_home_says_what_happens_now_and_what_energy_costs_next(traded: Village) -> None:
    state = {
        "state": "following", "cause": "", "connected": True, "target_kw": "-6.000", "power_kw": "-3.250",
        "voltage_pu": None, "frequency_hz": None, "state_of_charge_kwh": None,
    }  # fmt: skip
    told = traded.post("/units/ada-load:state", "meter", state)
    ada = traded.get("/account/home", "ada")
    if told.status_code == 200:
        assert ada["power"]["used_kw"] == "3.250"
    assert (ada["power"]["units"], ada["power"]["units_known"]) == (1, 1)
    assert ada["money"] == {
        name: traded.get("/account", "ada")[name] for name in ("balance", "held", "available")
    }
    assert len(ada["prices"]) == 48
    first = ada["prices"][0]
    assert float(first["last_resort_ask_per_mwh"]) > 120
    bob = traded.get("/account/home", "bob")
    assert bob["power"]["produced_kw"] == "4.800"
    assert bob["advice"]["code"] == "SET_SELL_PRICE"
    assert ada["advice"]["code"] == "SET_BUY_PRICE"


def slots(*ticks: int | None) -> list[home.Slot]:
    return [
        home.Slot(start_s=900 * n, price_ticks=price, ask_ticks=20_000, bid_ticks=8_000)
        for n, price in enumerate(ticks)
    ]


def said(of: home.Standing, *ticks: int | None) -> str:
    return str(home.advice(of, slots(*ticks))["code"])


def test_advice_is_the_first_rule_that_applies() -> None:
    change = home.Standing.__dataclass_fields__
    plain = {name: getattr(STANDING, name) for name in change}
    assert said(home.Standing(**plain | {"reduces_only": True, "silent_units": 1}), 1) == (
        "PAY_IN_TO_TRADE"
    )
    assert said(home.Standing(**plain | {"call_due_us": 1, "has_rule": False}), 1) == "PAY_IN"
    assert said(home.Standing(**plain | {"silent_units": 1, "has_rule": False}), 1) == "CHECK_METER"
    assert said(home.Standing(**plain | {"has_rule": False, "sells": True}), 1) == "SET_SELL_PRICE"
    assert said(home.Standing(**plain | {"has_rule": False}), 1) == "SET_BUY_PRICE"
    assert said(home.Standing(**plain | {"uses": False}), 1) == "ALL_WELL"


def test_whoever_can_wait_is_told_when_it_pays() -> None:
    assert said(STANDING, 20_000, 19_000, 17_000) == "USE_LATER"
    assert said(STANDING, 20_000, 17_001) == "ALL_WELL"
    assert said(STANDING, 10_000, 17_000) == "USE_NOW"
    assert said(STANDING, None, 10_000) == "USE_LATER", "what is not known costs the last resort's"
    assert said(STANDING, -100, -200) == "ALL_WELL", "below nothing there is nothing to save"
    assert said(STANDING, 20_000) == "ALL_WELL"
    assert home.advice(STANDING, []) == {"code": "ALL_WELL", "parameters": {}}
