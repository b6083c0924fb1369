"""The system picture over the wire, and what a day adds up to."""

from typing import Any

import pytest

from api.answers.system import reliability, system
from market.model.act import ControlReason
from market.model.system import (
    AreaPicture,
    AreaState,
    CurtailedEnergy,
    RetailPicture,
    SystemSeen,
)
from tests.api.hosting import Server
from tests.api.village import Village, make_village
from tests.builders import MIDNIGHT_S


def _picture(area_id: str, **more: Any) -> AreaPicture:  # noqa: ANN401 - any of its fields
    plain: dict[str, Any] = {
        "area_id": area_id,
        "state": AreaState.COUPLED,
        "withdrawal_max_w": 0,
        "injection_max_w": 0,
        "reserve_up_w": 0,
        "reserve_down_w": 0,
        "limit_binds": False,
        "scheduled_wh": 0,
        "measured_wh": 0,
        "load_wh": 0,
        "load_owners": 0,
        "load_forecast_wh": None,
        "untraded_load_wh": 0,
        "outside_minutes": 0,
        "not_served_wh": 0,
    }
    return AreaPicture(**plain | more)


def _seen(*areas: AreaPicture) -> SystemSeen:
    retail = RetailPicture(ask_ticks=1, bid_ticks=1, sold_wh=0, bought_wh=0)
    return SystemSeen(start_s=MIDNIGHT_S, now_us=0, areas=areas, retail=retail)


@pytest.mark.parametrize(
    ("owners", "shown", "together"),
    [
        ((10, 10), ["0.100", "0.200"], None),
        ((10, 9), ["0.100", None], None),
        ((4, 5), [None, None], None),
        ((4, 6), [None, None], "0.300"),
    ],
)
def test_load_is_public_from_ten_owners_on(
    owners: tuple[int, int], shown: list[str | None], together: str | None
) -> None:
    areas = [
        _picture(f"A{number}", load_wh=100 * (number + 1), load_owners=count)
        for number, count in enumerate(owners)
    ]
    told = system(_seen(*areas), 15)
    assert [area["load_kwh"] for area in told["areas"]] == shown
    assert told["small_areas_load_kwh"] == together


def test_what_everybody_sees_of_an_area_is_little() -> None:
    told = system(_seen(_picture("A", load_owners=3)), 15)
    assert told["areas"] == [
        {"area_id": "A", "state": "coupled", "limit_binds": False, "load_kwh": None}
    ]


def test_a_day_is_the_sum_of_its_intervals() -> None:
    loss = CurtailedEnergy(reason=ControlReason.AREA_LIMIT, energy_wh=300)
    stop = CurtailedEnergy(reason=ControlReason.STOPPED, energy_wh=50)
    day = [
        _picture("A", outside_minutes=15, curtailed=(loss,), limit_binds=True),
        _picture("A", not_served_wh=50, curtailed=(loss, stop), doubtful_readings=2),
        _picture("A", missing_readings=3, load_wh=1_000),
    ]
    told = reliability("A", day)
    assert (told["intervals"], told["outside_minutes"], told["limit_binds"]) == (3, 15, 1)
    assert told["not_served_kwh"] == "0.050"
    assert told["curtailed"] == [
        {"reason": "area_limit", "energy_kwh": "0.600"},
        {"reason": "stopped", "energy_kwh": "0.050"},
    ]
    assert (told["missing_readings"], told["doubtful_readings"]) == (3, 2)


# --- over the wire ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def settled(server: Server) -> Village:
    """Two intervals, settled; Ada bought 1.5 kWh and used 1.6, of bad voltage, in the first."""
    village = make_village(server, intervals=2)
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
    reading = {
        "unit_id": "ada-load",
        "start": village.start(),
        "consumption_kwh": "1.600",
        "generation_kwh": "0.000",
        "voltage_pu": "0.880000",
        "frequency_hz": "49.990",
    }
    body = {"area_id": "RUR", "items": [reading]}
    assert village.post("/measurements:batch", "rural", body).status_code == 201
    village.go_to(3 * 900 + 1)
    village.wait_for_phase("settled", 1)
    return village


def _area(told: Any, area_id: str) -> Any:  # noqa: ANN401 - as JSON holds it
    (found,) = [area for area in told["areas"] if area["area_id"] == area_id]
    return found


def test_an_operator_sees_all_of_it(settled: Village) -> None:
    told = settled.get("/system", "operator", start=settled.start())
    rural = _area(told, "RUR")
    assert (rural["scheduled_kwh"], rural["measured_kwh"]) == ("-1.500", "-1.600")
    assert (rural["load_kwh"], rural["load_owners"]) == ("1.600", 1)
    assert rural["voltage_pu"] == ["0.880000", "0.880000"]
    assert rural["frequency_hz"] == ["49.990", "49.990"]
    assert (rural["outside_minutes"], rural["missing_readings"]) == (15, 1)
    assert (rural["withdrawal_max_kw"], rural["injection_max_kw"]) == ("50.000", "10.000")
    assert told["retail"]["ask_per_mwh"] == "120.00"
    assert float(told["retail"]["sold_kwh"]) > 1.5  # losses come on top
    assert (rural["limit_bound"], told["limit_bound_of"]) == (0, 1)


def test_without_a_start_it_is_the_newest(settled: Village) -> None:
    told = settled.get("/system")
    assert told["start"] == settled.start(1)
    assert told["limit_bound_of"] == 2


def test_an_area_sees_its_own_and_the_rest_as_everybody(settled: Village) -> None:
    told = settled.get("/system", "rural", start=settled.start())
    assert "reserve_up_kw" in _area(told, "RUR")
    everybody = settled.get("/system", start=settled.start())
    assert _area(told, "GRID") == _area(everybody, "GRID")
    assert set(_area(everybody, "RUR")) == {
        "area_id",
        "state",
        "limit_binds",
        "limit_bound",
        "load_kwh",
    }
    assert _area(everybody, "RUR")["load_kwh"] is None
    assert settled.get("/system", "ada", start=settled.start()) == everybody


def test_another_markets_area_is_everybody(settled: Village, other_village: Village) -> None:
    answer = settled.server.http.get(
        settled.path + "/system",
        headers={"Authorization": f"Bearer {other_village.tokens['rural']}"},
    )
    assert "reserve_up_kw" not in _area(answer.json(), "RUR")


def test_no_picture_is_not_found(settled: Village, still_village: Village) -> None:
    assert still_village.send("GET", "/system").status_code == 404
    late = settled.send("GET", "/system", params={"start": settled.start(5)})
    assert late.status_code == 404


def test_reliability_of_a_day(settled: Village) -> None:
    told = settled.get("/reliability", "operator", day=settled.local_day())
    rural = _area(told, "RUR")
    assert (rural["intervals"], rural["outside_minutes"]) == (2, 15)
    assert (rural["not_served_kwh"], rural["curtailed"]) == ("0.000", [])
    assert (rural["load_kwh"], rural["missing_readings"]) == ("1.600", 3)
    own = settled.get("/reliability", "rural", day=settled.local_day())
    assert own["areas"] == [rural]
    empty = settled.get("/reliability", "operator", day="2001-01-01")
    assert _area(empty, "RUR")["intervals"] == 0
    assert settled.send("GET", "/reliability", "ada").status_code == 403


def test_the_stream_tells_the_picture_and_starts_with_the_last(server: Server) -> None:
    village = make_village(server, intervals=1)
    with village.stream("rural") as reader:
        reader.hear("hello")
        for channel, key in (("market", village.market_id), ("area", "RUR")):
            reader.subscribe(channel, key)
            snapshot = reader.hear("snapshot")["data"]
            assert snapshot["system" if channel == "market" else "picture"] is None
        village.go_to(2 * 900 + 1)
        system_told = reader.hear_event("system")["data"]
        picture = reader.hear_event("picture")["data"]
    assert system_told["start"] == picture["start"] == village.start()
    assert picture["area_id"] == "RUR"
    # A stream each: a market that is at work tells more on the first channel before it shows the second.
    with village.stream("rural") as reader:
        reader.hear("hello")
        reader.subscribe("market", village.market_id)
        assert reader.hear("snapshot")["data"]["system"]["start"] == village.start()
    with village.stream("rural") as reader:
        reader.hear("hello")
        reader.subscribe("area", "RUR")
        assert reader.hear("snapshot")["data"]["picture"]["load_owners"] == 1
