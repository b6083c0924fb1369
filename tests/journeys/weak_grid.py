"""The village with more solar than it has, and grids that are allowed less voltage than it would reach.

The one idea: a day is trades that everybody makes for what the day will be, and meters that show it; who was told
something else does as told. What the market makes of that is what the journeys look at.
"""

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from sim.profiles import UnitProfile, Village
from sim.scenario import FOLDER
from tests.patience import PATIENCE_S
from wattmarket import Client
from wattmarket.market_file import MarketPlan, create_market, read_market_file
from wattmarket.values import text_of, time_from_seconds

QUARTER_S: Final = 900
HOME_AREA: Final = "GRID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Which part of the day, how much sun, and what the grids bear."""

    first: int
    intervals: int
    solar_percent: int
    """Of the sun the village has."""
    voltage_max_ppm: Mapping[str, int]
    """Of the low-voltage buses of each area that takes part; the data set allows 1.1."""

    @property
    def areas(self) -> tuple[str, ...]:
        return tuple(self.voltage_max_ppm)


@dataclass(slots=True)
class Story:
    """One market: who takes part, and what everybody would do on a day of their own."""

    market_id: str
    first_s: int
    url: str
    operator: Client
    weather: Weather
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    units: dict[str, UnitProfile] = field(default_factory=dict)
    area_of: dict[str, str] = field(default_factory=dict)
    gateways: dict[str, Client] = field(default_factory=dict)
    """Of each area that reports, kept open: it does so every quarter of an hour."""

    def close(self) -> None:
        for client in (self.operator, *self.gateways.values()):
            client.close()

    def gateway(self, area_id: str) -> Client:
        if area_id not in self.gateways:
            self.gateways[area_id] = self.client(area_id)
        return self.gateways[area_id]

    def client(self, name: str) -> Client:
        return Client(
            self.url,
            market=self.market_id,
            client_id=self.clients[name]["client_id"],
            client_secret=self.clients[name]["client_secret"],
        )

    def start(self, number: int) -> str:
        return time_from_seconds(self.first_s + number * QUARTER_S)

    def injection_wh(self, unit_id: str, number: int) -> int:
        """What the unit would do in an interval if nobody told it anything."""
        unit = self.units[unit_id]
        energy_wh = int(unit.energy_wh[self.weather.first + number])
        if unit.kind == "solar":
            return energy_wh * self.weather.solar_percent // 100
        return 0 if unit.kind == "storage" else -energy_wh


def plan_of(market_id: str, first_s: int, weather: Weather, *, steerable: bool) -> MarketPlan:
    """Areas of the village, with lines that do not bind and grids that do."""
    plan = copy.deepcopy(read_market_file(FOLDER / "village.toml"))
    areas = {*weather.areas, HOME_AREA}
    definition = plan.definition
    definition["market_id"] = market_id
    definition["trading_from"] = time_from_seconds(first_s)
    definition["trading_until"] = time_from_seconds(first_s + weather.intervals * QUARTER_S)
    definition["areas"] = [area for area in definition["areas"] if area["area_id"] in areas]
    definition["lines"] = [
        line for line in definition["lines"] if {line["from_area"], line["to_area"]} <= areas
    ]
    for line in definition["lines"]:
        line["capacity_forward_kw"] = line["capacity_backward_kw"] = "400.000"
    units = [unit for unit in plan.units if unit["area_id"] in areas]
    for unit in units:
        if unit["kind"] == "solar":
            more = Decimal(unit["injection_max_kw"]) * weather.solar_percent / 100
            unit["injection_max_kw"] = str(more.quantize(Decimal("0.001")))
        if not steerable:
            unit["controllable"] = False
    networks = [item for item in plan.networks if item["area_id"] in areas]
    for network in networks:
        for bus in network["buses"]:
            if bus["rated_v"] == 400:
                bus["voltage_max_ppm"] = weather.voltage_max_ppm[network["area_id"]]

    def takes_part(name: str) -> bool:
        return name.split("-")[0] in areas

    return replace(
        plan,
        participants=[item for item in plan.participants if item["area_id"] in areas],
        units=units,
        deposits=[item for item in plan.deposits if takes_part(item["participant_id"])],
        clients=[
            item
            for item in plan.clients
            if takes_part(str(item.get("participant_id") or item.get("area_id")))
        ],
        networks=networks,
    )


def begin(
    market_id: str,
    url: str,
    credential: Mapping[str, Any],
    village: Village,
    weather: Weather,
    *,
    steerable: bool,
) -> Story:
    """A market with everybody in it who has traded the whole time; nothing is delivered yet."""
    first_s = village.day_start_s + weather.first * QUARTER_S
    operator = Client(
        url,
        market=market_id,
        client_id=credential["client_id"],
        client_secret=credential["client_secret"],
    )
    story = Story(market_id, first_s, url, operator, weather)
    plan = plan_of(market_id, first_s, weather, steerable=steerable)
    story.clients = create_market(operator, plan)
    for home in village.households:
        if home.area_id in weather.areas:
            for unit in home.units:
                story.units[unit.unit_id] = unit
                story.area_of[unit.unit_id] = home.area_id
    trades(story, plan)
    return story


def trades(story: Story, plan: MarketPlan) -> None:
    """Everybody buys and sells what the day will be; the retailer takes and gives the rest."""
    wait_for_phases(story.operator, {"call"})
    orders: dict[str, list[dict[str, Any]]] = {}
    for unit in plan.units:
        for number in range(story.weather.intervals):
            if unit["kind"] == "retailer":
                sides = (("buy", "80.00", 200_000), ("sell", "160.00", 200_000))
                wanted = [(side, price, energy) for side, price, energy in sides]
            else:
                energy_wh = story.injection_wh(unit["unit_id"], number)
                side, price = ("sell", "1.00") if energy_wh > 0 else ("buy", "1000.00")
                wanted = [(side, price, abs(energy_wh))] if energy_wh else []
            orders.setdefault(unit["participant_id"], []).extend(
                {
                    "client_order_id": f"{unit['unit_id']}-{number}-{side}",
                    "unit_id": unit["unit_id"],
                    "start": story.start(number),
                    "side": side,
                    "price_per_mwh": price,
                    "energy_kwh": text_of(energy_wh, 3),
                }
                for side, price, energy_wh in wanted
            )
    for owner, wanted_orders in orders.items():
        if wanted_orders:
            with story.client(owner) as client:
                placed = client.orders.place_many(wanted_orders)
                refused = [item for item in placed if item["status"] != "accepted"]
                assert refused == []


def wait_for_phases(client: Client, phases: set[str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while {row["phase"] for row in client.intervals()} != phases:
        assert time.monotonic() < deadline, "the market does not move"
        time.sleep(0.02)


def reports(story: Story, number: int) -> None:
    """Meters: who was told something else does so, everybody else lives the day."""
    start, until = story.start(number), story.start(number + 1)
    told_kwh = {
        change["unit_id"]: (Decimal(change["to_kw"]) - Decimal(change["from_kw"])) / 4
        for change in moved(story.operator.networks.checks(from_=start, to=until))
    } | {
        unit["unit_id"]: Decimal(unit["changed_kwh"])
        for item in story.operator.networks.activations(from_=start, to=until)
        for unit in item["units"]
    }
    items: dict[str, list[dict[str, Any]]] = {area_id: [] for area_id in story.weather.areas}
    for unit_id in story.units:
        injection_wh = story.injection_wh(unit_id, number)
        injection_wh += int(told_kwh.get(unit_id, Decimal(0)) * 1_000)
        items[story.area_of[unit_id]].append(
            {
                "unit_id": unit_id,
                "start": start,
                "consumption_kwh": text_of(max(0, -injection_wh), 3),
                "generation_kwh": text_of(max(0, injection_wh), 3),
                "state_of_charge_kwh": None,
            }
        )
    for area_id, readings in items.items():
        story.gateway(area_id).report_measurements(area_id, readings)


def moved(checks: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - records
    """Everything units were told instead of what they had traded."""
    return [
        change
        for check in checks
        if check["redispatch"] is not None
        for change in check["redispatch"]["changes"]
    ]
