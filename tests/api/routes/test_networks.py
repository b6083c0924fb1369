"""Real grids over the wire: who may say and see them, and what they mean to a schedule."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest

from api.answers.explaining import unit_explanation
from api.incoming.networks import BUSES_MAX
from market.model.act import ControlReason
from market.model.grid_check import UnitChange
from market.model.power import Setpoint
from market.store.queries import UnitTold
from tests.api.village import Village
from wattmarket.reasons import sentence


def network(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Two kilometres of cable to where Ada and Bob live."""
    bus = {"rated_v": 400, "voltage_min_ppm": 900_000, "voltage_max_ppm": 1_100_000}
    return {
        "area_id": "RUR",
        "version": 1,
        "source_bus": "station",
        "buses": [{"bus_id": name, **bus} for name in ("station", "roof")],
        "lines": [
            {
                "line_id": "lane",
                "from_bus": "station",
                "to_bus": "roof",
                "length_mm": 2_000_000,
                "resistance_uohm_per_km": 206_700,
                "reactance_uohm_per_km": 80_425,
                "capacitance_ff_per_km": 829_999_394,
                "current_max_ma": 270_000,
            }
        ],
        "transformers": [],
        "placements": [
            {"member_id": "ada-load", "bus_id": "roof"},
            {"member_id": "bob-solar", "bus_id": "roof"},
        ],
        **changes,
    }


def tight() -> dict[str, Any]:
    """Ten kilowatts lift the roof by more than it may be."""
    body = network()
    for bus in body["buses"]:
        bus["voltage_max_ppm"] = 1_010_000
    return body


def test_an_operator_registers_a_grid_and_the_area_sees_it(village: Village) -> None:
    made = village.post("/networks", "operator", network())
    assert (made.status_code, made.json()) == (201, {"area_id": "RUR", "version": 1})
    assert village.post("/networks", "operator", network()).status_code == 200
    changed = village.post("/networks", "operator", network(source_voltage_ppm=1_020_000))
    assert (changed.status_code, changed.json()["code"]) == (409, "EXISTS_WITH_DIFFERENT_FIELDS")
    for who in ("operator", "rural"):
        (seen,) = village.get("/networks", who)["items"]
        nowhere = {"longitude_udeg": None, "latitude_udeg": None}
        buses = [bus | nowhere for bus in network()["buses"]]
        assert seen == {**network(buses=buses), "source_voltage_ppm": 1_000_000}
    assert village.get("/networks", "grid")["items"] == []
    assert village.send("GET", "/networks", "ada").status_code == 403


def test_every_fault_of_a_grid_is_told_with_its_place(village: Village) -> None:
    wrong = network(
        source_bus="nowhere",
        placements=[{"member_id": "retail", "bus_id": "roof"}],
    )
    answer = village.post("/networks", "operator", wrong)
    assert answer.status_code == 404  # of all faults the first in order of precedence
    found = {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}
    assert found == {
        ("/source_bus", "DEFINITION_INVALID"),
        ("/placements/0/member_id", "UNIT_UNKNOWN"),
        ("/placements", "DEFINITION_INVALID"),
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("rated_v", "400"), ("rated_v", 0), ("voltage_min_ppm", 0.9), ("colour", "red")],
)
def test_a_figure_is_a_whole_number_in_its_unit(
    still_village: Village, field: str, value: object
) -> None:
    body = network()
    body["buses"][0][field] = value
    answer = still_village.post("/networks", "operator", body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/buses/0/{field}"]


def test_a_bus_may_say_where_it_stands(village: Village) -> None:
    body = network()
    station, roof = body["buses"]
    station |= {"longitude_udeg": 11_409_600, "latitude_udeg": 53_653_100}
    roof |= {"longitude_udeg": 11_409_600}
    answer = village.post("/networks", "operator", body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/buses/1/latitude_udeg"]
    roof |= {"latitude_udeg": 90_000_001}
    assert village.post("/networks", "operator", body).status_code == 422
    roof |= {"latitude_udeg": 53_654_200}
    assert village.post("/networks", "operator", body).status_code == 201
    (seen,) = village.get("/networks", "rural")["items"]
    assert seen["buses"] == body["buses"]


def sunny(village: Village, body: dict[str, Any]) -> None:
    """Bob sells all his roof gives to the retailer; the gate closes."""
    assert village.post("/networks", "operator", body).status_code == 201
    sells = {"unit_id": "bob-solar", "side": "sell", "price_per_mwh": "10.00"}
    village.post("/orders", "bob", village.order(**sells, energy_kwh="2.500"))
    buys = {"unit_id": "retail", "side": "buy", "price_per_mwh": "80.00"}
    village.post("/orders", "retailer", village.order(**buys, energy_kwh="50.000"))
    village.go_to(-900 + 1)
    village.wait_for_phase("delivery_lock")


def test_a_schedule_the_grid_bears_stands(village: Village) -> None:
    with village.stream("rural") as reader:
        reader.hear("hello")
        reader.subscribe("area", "RUR")
        reader.hear("snapshot")
        sunny(village, network())
        told = reader.hear_event("grid_checked")["data"]
        assert told["cured"]
        assert told["before"]["violation_count"] == 0
    (checked,) = village.get("/grid-checks", "rural", limit=1)["items"]
    assert checked["redispatch"] is None
    why = village.get("/units/bob-solar/explanation", "bob", start=village.start())
    assert [reason["code"] for reason in why["reasons"]] == ["as_traded"]
    assert why["target_kw"] == "10.000"


def test_what_the_grid_does_not_bear_is_cut_told_and_explained(village: Village) -> None:
    with village.stream("bob") as reader:
        reader.hear("hello")
        reader.subscribe("unit", "bob-solar")
        reader.hear("snapshot")
        sunny(village, tight())
        told = reader.hear_event("redispatched")["data"]
        assert told["reason"] == "grid_voltage"
        assert "element_id" not in told
    (checked,) = village.get("/grid-checks", "operator", limit=1)["items"]
    assert checked["cured"]
    assert checked["by_rule"]  # nobody can be steered here
    assert checked["before"]["violations"][0]["element_id"] == "roof"
    assert checked["after"]["violation_count"] == 0
    (change,) = checked["redispatch"]["changes"]
    target = {
        item["unit_id"]: item["target_kw"]
        for item in village.get("/setpoints", "bob", start=village.start())["items"]
    }
    assert target["bob-solar"] == change["to_kw"] == told["to_kw"] != "10.000"

    why = village.get("/units/bob-solar/explanation", "bob", start=village.start())
    (reason,) = why["reasons"]
    assert reason["code"] == "cut_by_rule"
    assert reason["parameters"] == {
        "from_kw": "10.000",
        "to_kw": change["to_kw"],
        "cause": "grid_voltage",
    }
    assert change["to_kw"] in sentence(reason)
    assert change["to_kw"] in sentence(reason, "zh")
    for who in ("rural", "operator"):
        (seen,) = village.get("/units/bob-solar/explanation", who, start=village.start())["reasons"]
        assert seen["parameters"]["element"] == "roof"

    (order,) = village.get("/orders", "bob")["items"]
    codes = [
        item["code"]
        for item in village.get(f"/orders/{order['order_id']}/explanation", "bob")["reasons"]
    ]
    assert codes[-1] == "cut_by_rule"

    (burden,) = village.get("/burdens", "bob")["items"]
    given = (Decimal("10.000") - Decimal(change["to_kw"])) / 4
    assert burden == {
        "unit_id": "bob-solar",
        "area_id": "RUR",
        "given_kwh": str(given.quantize(Decimal("0.001"), ROUND_DOWN)),
        "could_kwh": "2.500",
        "part_ppm": int(given * 1_000_000 / Decimal("2.500")),
    }
    for who, seen_by in (("rural", [burden]), ("operator", [burden]), ("ada", [])):
        assert village.get("/burdens", who)["items"] == seen_by


def test_a_unit_of_somebody_else_answers_like_one_that_is_not_there(
    still_village: Village,
) -> None:
    for who, unit_id in (("ada", "bob-solar"), ("rural", "retail"), ("operator", "nobody")):
        answer = still_village.send(
            "GET", f"/units/{unit_id}/explanation", who, params={"start": still_village.start()}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "UNIT_UNKNOWN")


def told_w(target_w: int) -> list[str]:
    """Why a unit that was told five kilowatts of ten has this target."""
    change = UnitChange(
        unit_id="bob-solar",
        from_w=10_000,
        to_w=5_000,
        reason=ControlReason.GRID_VOLTAGE,
        element_id="roof",
    )
    setpoint = Setpoint(
        unit_id="bob-solar",
        start_s=0,
        until_s=900,
        target_w=target_w,
        fallback_w=0,
        sequence=2,
    )
    told = unit_explanation(
        "bob-solar",
        0,
        traded_wh=2_500,
        setpoint=setpoint,
        told=UnitTold(change=change, by_rule=False),
        minutes=15,
        sees_grid=False,
    )
    return [reason["code"] for reason in told["reasons"]]


def test_who_is_limited_after_it_was_redispatched_is_told_both() -> None:
    assert told_w(5_000) == ["redispatched"]
    assert told_w(4_997) == ["redispatched"]  # less than a Wh of a quarter of an hour
    assert told_w(1_000) == ["redispatched", "limited"]


def test_a_grid_larger_than_can_be_calculated_beside_a_gate_is_refused(
    still_village: Village,
) -> None:
    wanted = tight()
    bus = wanted["buses"][0]
    wanted["buses"] = [{**bus, "bus_id": f"b{row}"} for row in range(BUSES_MAX + 1)]
    answer = still_village.post("/networks", "operator", wanted)
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == "/buses"
