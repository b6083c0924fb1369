"""Two villages: the line inside one of them carries less than its roofs have sold, and a battery of the other gives it.

The one idea: over the wire, from orders to money. Nobody there can be steered; the retailer would do it for more. One
interval goes as planned; in another the grid operator says before delivery that the line bears it after all.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.village import instant, market_body, unit_body
from tests.patience import PATIENCE_S
from wattmarket import Client
from wattmarket.market_file import MarketPlan, create_market
from wattmarket.reasons import sentence

pytestmark = pytest.mark.journey

QUARTER_S = 900
FIRST_S = 1_465_945_200
"""Midnight of 15 June 2016 in the market's zone."""
INTERVALS = 2
SOLD_KWH = "2.500"


@dataclass(slots=True)
class Story:
    """The market, and everybody in it."""

    server: Server
    operator: Client
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)

    def client(self, name: str) -> Client:
        return Client(
            self.server.url,
            market="two-villages",
            client_id=self.clients[name]["client_id"],
            client_secret=self.clients[name]["client_secret"],
        )

    def start(self, number: int) -> str:
        return instant(FIRST_S + number * QUARTER_S)


def plan() -> MarketPlan:
    """In both villages a roof of ten kilowatts and a mill; Cleo in the suburb has a battery too."""
    definition = market_body("two-villages", FIRST_S, INTERVALS)
    (area, _), (line,) = definition["areas"], definition["lines"]
    definition["areas"].append({**area, "area_id": "SEM", "name": "Suburb"})
    definition["lines"] += [
        {**line, "line_id": "GRID-SEM", "to_area": "SEM"},
        {
            **line,
            "line_id": "RUR-SEM",
            "from_area": "RUR",
            "to_area": "SEM",
            "fee_forward_per_mwh": "5.00",
            "fee_backward_per_mwh": "5.00",
        },
    ]
    battery = unit_body(
        "cleo-battery", "cleo", "SEM", "storage", injection="10.000", withdrawal="10.000"
    )
    battery["controllable"] = True
    battery["storage"] = {
        "capacity_kwh": "10.000",
        "start_kwh": "5.000",
        "efficiency_charge_ppm": 950_000,
        "efficiency_discharge_ppm": 950_000,
    }
    homes = {"ada": "RUR", "bob": "RUR", "cleo": "SEM", "dan": "SEM", "retailer": "GRID"}
    return MarketPlan(
        definition=definition,
        participants=[
            {
                "participant_id": name,
                "name": name,
                "area_id": area_id,
                "is_last_resort": name == "retailer",
            }
            for name, area_id in homes.items()
        ],
        units=[
            unit_body("ada-roof", "ada", "RUR", "solar", injection="10.000"),
            unit_body("bob-mill", "bob", "RUR", "load", withdrawal="20.000"),
            unit_body("cleo-roof", "cleo", "SEM", "solar", injection="10.000"),
            unit_body("dan-mill", "dan", "SEM", "load", withdrawal="20.000"),
            unit_body(
                "retail", "retailer", "GRID", "retailer", injection="900.000", withdrawal="900.000"
            ),
            battery,
        ],
        deposits=[
            {"deposit_id": f"dep-{name}", "participant_id": name, "amount": "100.00"}
            for name in homes
        ],
        clients=[
            *({"role": "participant", "participant_id": name} for name in homes),
            *({"role": "area", "area_id": area_id} for area_id in ("RUR", "SEM")),
        ],
        networks=[network(1, 10_000)],
    )


def network(version: int, current_max_ma: int) -> dict[str, Any]:
    """A lane from the mill at the station to the roof; ten ampere are seven kilowatts."""
    bus = {"rated_v": 400, "voltage_min_ppm": 900_000, "voltage_max_ppm": 1_100_000}
    return {
        "area_id": "RUR",
        "version": version,
        "source_bus": "station",
        "buses": [{"bus_id": name, **bus} for name in ("station", "roof")],
        "lines": [
            {
                "line_id": "lane",
                "from_bus": "station",
                "to_bus": "roof",
                "length_mm": 500_000,
                "resistance_uohm_per_km": 206_700,
                "reactance_uohm_per_km": 80_425,
                "capacitance_ff_per_km": 829_999_394,
                "current_max_ma": current_max_ma,
            }
        ],
        "transformers": [],
        "placements": [
            {"member_id": "ada-roof", "bus_id": "roof"},
            {"member_id": "bob-mill", "bus_id": "station"},
        ],
    }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """From the market's definition to the settlement of both intervals."""
    solver = LazySolver()
    server = Server(tmp_path_factory.mktemp("help"), HandClock(FIRST_S - 7_200), solver).start()
    credential = server.operator_credential()
    operator = Client(
        server.url,
        market="two-villages",
        client_id=credential["client_id"],
        client_secret=credential["client_secret"],
    )
    told = Story(server, operator)
    told.clients = create_market(operator, plan())
    trades(told)
    server.clock.go_to(FIRST_S + 1)  # both gates are closed; the first interval runs
    operator.networks.register(network(2, 270_000))
    wait(lambda: len(checks(told, 1)) == 1 and checks(told, 1)[0]["version"] == 2)
    for number in range(INTERVALS):
        server.clock.go_to(FIRST_S + (number + 1) * QUARTER_S + 1)
        reports(told, number)
    server.clock.go_to(FIRST_S + (INTERVALS + 1) * QUARTER_S + 1)
    yield told
    operator.close()
    server.stop()
    solver.close()
    assert server.faults == []


def wait(done: Any) -> None:  # noqa: ANN401 - asked again and again
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def checks(story: Story, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = story.operator.networks.checks(
        from_=story.start(number), to=story.start(number + 1)
    )
    return found


def trades(story: Story) -> None:
    """Each village sells its own sun to its own mill; nothing goes over any line between."""
    wait(lambda: {row["phase"] for row in story.operator.intervals()} == {"call"})
    for name, unit_id, side in (
        ("ada", "ada-roof", "sell"),
        ("bob", "bob-mill", "buy"),
        ("cleo", "cleo-roof", "sell"),
        ("dan", "dan-mill", "buy"),
    ):
        with story.client(name) as client:
            placed = client.orders.place_many(
                [
                    {
                        "client_order_id": f"{unit_id}-{number}",
                        "unit_id": unit_id,
                        "start": story.start(number),
                        "side": side,
                        "price_per_mwh": "100.00",
                        "energy_kwh": SOLD_KWH,
                    }
                    for number in range(INTERVALS)
                ]
            )
        assert {item["status"] for item in placed} == {"accepted"}


def reports(story: Story, number: int) -> None:
    """Every unit does as it was told."""
    for area_id in ("RUR", "SEM"):
        with story.client(area_id) as client:
            told = client.setpoints(start=story.start(number))
            client.report_measurements(
                area_id,
                [
                    {
                        "unit_id": item["unit_id"],
                        "start": item["start"],
                        "consumption_kwh": f"{max(Decimal(0), -energy):.3f}",
                        "generation_kwh": f"{max(Decimal(0), energy):.3f}",
                        "state_of_charge_kwh": None,
                    }
                    for item in told
                    for energy in (Decimal(item["target_kw"]) / 4,)
                ],
            )


def test_the_battery_next_door_gives_what_the_line_does_not_carry(story: Story) -> None:
    (check,) = checks(story, 0)
    assert (check["version"], check["cured"]) == (1, True)
    assert check["before"]["loaded_element"] == "lane"
    (change,) = check["redispatch"]["changes"]
    assert (change["unit_id"], change["reason"]) == ("ada-roof", "grid_loading")

    (help_,) = story.operator.networks.activations(to=story.start(1))

    assert (help_["area_id"], help_["for_area"], help_["cause"]) == ("SEM", "RUR", "redispatch")
    assert help_["line_ids"] == ["RUR-SEM"]
    cut_kw = Decimal(change["from_kw"]) - Decimal(change["to_kw"])
    assert Decimal(help_["received_kwh"]) == int(cut_kw * 1_000 / 4) / Decimal(1_000)
    assert Decimal(help_["weighed_cost"]) < Decimal(help_["last_resort_cost"])
    (told,) = help_["units"]
    assert told["unit_id"] == "cleo-battery"
    with story.client("cleo") as client:
        (setpoint,) = (
            item
            for item in client.setpoints(start=story.start(0))
            if item["unit_id"] == "cleo-battery"
        )
        (reason,) = client.networks.explain("cleo-battery", story.start(0))["reasons"]
    assert setpoint["target_kw"] == told["to_kw"]
    assert reason["code"] == "activated"
    assert told["to_kw"] in sentence(reason)
    assert told["to_kw"] in sentence(reason, "zh")


def test_each_area_sees_what_concerns_it(story: Story) -> None:
    seen = []
    for area_id in ("SEM", "RUR"):
        with story.client(area_id) as client:
            seen += client.networks.activations()
    helps, is_helped = seen
    assert helps["units"] is not None
    assert is_helped == {**helps, "units": None}


def test_the_grid_operator_pays_the_neighbour_and_the_retailer_nothing(story: Story) -> None:
    (help_,) = story.operator.networks.activations()
    with story.client("cleo") as client:
        paid = [line for line in client.statement() if line["kind"] == "activation"]
    # The price of her area, 100.00, and the adder of five per cent.
    (line,) = paid
    assert Decimal(line["amount"]) == Decimal(help_["changed_kwh"]) * 105 / 1_000
    with story.client("retailer") as client:
        assert {line["kind"] for line in client.statement()} <= {"deposit"}
    for name in ("ada", "cleo"):
        with story.client(name) as client:
            assert "deviation" not in {line["kind"] for line in client.statement()}
    ledger = story.operator.ledger()
    assert ledger["sum_quanta"] == 0
    assert sum(Decimal(account["balance"]) for account in ledger["accounts"]) == 0


def test_what_was_told_is_withdrawn_when_the_grid_bears_it_after_all(story: Story) -> None:
    (check,) = checks(story, 1)
    assert (check["version"], check["redispatch"]) == (2, None)
    assert story.operator.networks.activations(from_=story.start(1)) == []
    for name, unit_id, target_kw in (
        ("ada", "ada-roof", "10.000"),
        ("cleo", "cleo-battery", "0.000"),
    ):
        with story.client(name) as client:
            targets = {
                item["unit_id"]: item["target_kw"]
                for item in client.setpoints(start=story.start(1))
            }
            (reason,) = client.networks.explain(unit_id, story.start(1))["reasons"]
        assert targets[unit_id] == target_kw
        assert reason["code"] == "as_traded"
