"""Agents: honest orders from what they know, inside what their devices can do, each once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.village_trial import definition
from sim.agents import (
    Agent,
    DeviceState,
    Fill,
    HouseholdAgent,
    LastResortAgent,
    OrderIntent,
    make_agents,
)
from sim.flexible import level_after
from sim.profiles import (
    INTERVAL_S,
    INTERVALS,
    Household,
    UnitProfile,
    Village,
    interval_max_wh,
    load_village,
    true_need,
)
from sim.tariff import tariff_of

SEED = 20160615
MARKET = definition(80.0, 40.0, 10.0)
VILLAGE = load_village(seed=SEED)
DAY_S = VILLAGE.day_start_s


def agents_of(village: Village, seed: int = SEED) -> dict[str, Agent]:
    made = make_agents(
        village,
        MARKET,
        seed=seed,
        retailer_id="R",
        retailer_unit_id="R-supply",
        retailer_power_w=1_000_000,
    )
    return {agent.participant_id: agent for agent in made}


def only(household: Household) -> Village:
    return Village(day_start_s=DAY_S, households=(household,))


def with_kind(kind: str) -> Household:
    """The household whose unit of this kind has most to do."""

    def size(household: Household) -> int:
        unit = household.unit(kind)
        if unit is None:
            return -1
        return unit.battery.capacity_wh if unit.battery else int(unit.energy_wh.sum())

    return max(VILLAGE.households, key=size)


def states_at(index: int, levels: dict[str, int]) -> dict[str, DeviceState]:
    as_of_s = DAY_S + max(index, 0) * INTERVAL_S
    return {u: DeviceState(as_of_s=as_of_s, level_wh=level) for u, level in levels.items()}


def levels_of(household: Household) -> dict[str, int]:
    return {
        u.unit_id: u.battery.start_wh if u.battery else 0 for u in household.units if u.controllable
    }


def orders_at(
    agent: Agent, household: Household, index: int, levels: dict[str, int] | None = None
) -> list[OrderIntent]:
    states = states_at(index - 2, levels_of(household) if levels is None else levels)
    return agent.orders(DAY_S + (index - 2) * INTERVAL_S, DAY_S + index * INTERVAL_S, states)


def of_unit(intents: list[OrderIntent], unit: UnitProfile) -> list[OrderIntent]:
    return [intent for intent in intents if intent.unit_id == unit.unit_id]


def unit_of(household: Household, kind: str) -> UnitProfile:
    unit = household.unit(kind)
    assert unit is not None
    return unit


def test_the_last_resort_asks_its_energy_price_and_bids_the_feed_in_price_all_day() -> None:
    retailer = agents_of(VILLAGE)["R"]
    assert isinstance(retailer, LastResortAgent)
    intents = retailer.orders(DAY_S - 7_200, DAY_S, {})
    assert len(intents) == 2 * INTERVALS
    tariff = tariff_of(MARKET, "GRID")
    for intent in intents:
        band = tariff.band(intent.start_s)
        assert intent.price_ticks == (band.ask_ticks if intent.side == "sell" else band.bid_ticks)
        assert intent.energy_wh == 250_000
    assert retailer.orders(DAY_S - 6_300, DAY_S + INTERVAL_S, {}) == []


def test_a_load_takes_the_price_for_its_median_and_waits_with_the_rest() -> None:
    household = with_kind("load")
    agent = agents_of(VILLAGE)[household.participant_id]
    load = of_unit(orders_at(agent, household, 40), unit_of(household, "load"))
    firm, waiting = [intent for intent in load if intent.start_s == DAY_S + 40 * INTERVAL_S]
    assert (firm.side, firm.price_ticks) == ("buy", 400_000)
    tariff = tariff_of(MARKET, household.area_id)
    assert tariff.delivered_bid_ticks(firm.start_s) * 0.9 < waiting.price_ticks
    assert waiting.price_ticks < tariff.delivered_ask_ticks(firm.start_s)
    assert 0 < waiting.energy_wh < firm.energy_wh


def test_a_panel_asks_nothing_for_its_median_and_a_little_more_than_the_price_for_the_rest() -> (
    None
):
    household = with_kind("solar")
    agent = agents_of(VILLAGE)[household.participant_id]
    solar = of_unit(orders_at(agent, household, 50), unit_of(household, "solar"))
    firm, waiting = [intent for intent in solar if intent.start_s == DAY_S + 50 * INTERVAL_S]
    assert (firm.side, firm.price_ticks) == ("sell", 0)
    assert waiting.price_ticks > tariff_of(MARKET, household.area_id).delivered_bid_ticks(
        firm.start_s
    )


def test_what_is_ordered_is_a_forecast_not_the_truth() -> None:
    agents = agents_of(VILLAGE)
    right = count = 0
    for household in VILLAGE.households:
        for intent in orders_at(agents[household.participant_id], household, 76):
            if intent.price_ticks == 400_000 and intent.energy_wh > 100:
                index = (intent.start_s - DAY_S) // INTERVAL_S
                right += intent.energy_wh == int(unit_of(household, "load").energy_wh[index])
                count += 1
    assert count >= 30
    assert right / count < 0.1


def test_nothing_is_ordered_twice_and_load_stands_an_interval_earlier() -> None:
    household = with_kind("storage")
    agent = agents_of(VILLAGE)[household.participant_id]
    assert {i.start_s for i in orders_at(agent, household, 0)} == {DAY_S, DAY_S + INTERVAL_S}
    assert orders_at(agent, household, 0) == []
    later = orders_at(agent, household, 1)
    load, battery = unit_of(household, "load"), unit_of(household, "storage")
    assert {i.start_s for i in of_unit(later, load)} == {DAY_S + 2 * INTERVAL_S}
    assert {i.start_s for i in of_unit(later, battery)} == {DAY_S + INTERVAL_S}


def test_nothing_is_ordered_beyond_the_day() -> None:
    household = with_kind("storage")
    agent = agents_of(VILLAGE)[household.participant_id]
    last = DAY_S + (INTERVALS - 1) * INTERVAL_S
    assert {i.start_s for i in orders_at(agent, household, INTERVALS - 1)} == {last}
    assert orders_at(agent, household, INTERVALS) == []


@given(st.integers(0, INTERVALS - 1), st.floats(0, 1))
@settings(max_examples=25)
def test_a_battery_can_always_do_what_it_orders(index: int, part: float) -> None:
    household = with_kind("storage")
    unit = unit_of(household, "storage")
    battery = unit.battery
    assert battery is not None
    level = int(part * battery.capacity_wh)
    agent = agents_of(only(household))[household.participant_id]
    intents = of_unit(orders_at(agent, household, index, {unit.unit_id: level}), unit)
    bought = sum(i.energy_wh for i in intents if i.side == "buy")
    sold = sum(i.energy_wh for i in intents if i.side == "sell")
    assert max(bought, sold) <= interval_max_wh(unit)
    assert level_after(unit, level, bought) <= battery.capacity_wh
    assert level_after(unit, level, -sold) >= 0
    assert len(intents) <= 4
    dearest = max((i.price_ticks for i in intents if i.side == "buy"), default=0)
    cheapest = min((i.price_ticks for i in intents if i.side == "sell"), default=400_000)
    assert dearest <= cheapest


def test_a_fuller_battery_pays_less_and_sells_cheaper() -> None:
    household = with_kind("storage")
    unit = unit_of(household, "storage")
    assert unit.battery is not None
    bids, asks = [], []
    for part in (0.2, 0.5, 0.8):
        agent = agents_of(only(household))[household.participant_id]
        level = {unit.unit_id: int(part * unit.battery.capacity_wh)}
        intents = of_unit(orders_at(agent, household, 60, level), unit)
        bids.append(max(i.price_ticks for i in intents if i.side == "buy"))
        asks.append(min(i.price_ticks for i in intents if i.side == "sell"))
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks, reverse=True)


@pytest.mark.parametrize("kind", ["ev_charger", "heat_pump"])
def test_flexible_demand_never_pays_more_than_retail_until_it_must_run(kind: str) -> None:
    household = with_kind(kind)
    unit = unit_of(household, kind)
    tariff = tariff_of(MARKET, household.area_id)
    agent = agents_of(only(household))[household.participant_id]
    levels, need = levels_of(household), true_need(unit)
    seen = 0
    for index in range(INTERVALS):
        intents = of_unit(orders_at(agent, household, index, levels), unit)
        ask = tariff.delivered_ask_ticks(DAY_S + index * INTERVAL_S)
        slack = need.bounds_wh(index, levels[unit.unit_id])[0] == 0
        for intent in intents:
            assert intent.side == "buy"
            assert intent.price_ticks <= (ask if slack and kind == "ev_charger" else 1.5 * ask)
            seen += 1
        served = sum(i.energy_wh for i in intents if i.price_ticks >= ask)
        least, most = need.bounds_wh(index, levels[unit.unit_id])
        levels[unit.unit_id] += min(max(served, least), most)
    assert seen > 0
    assert levels[unit.unit_id] == need.latest_wh[-1]


def test_a_car_is_unknown_until_its_owner_says_when_it_comes() -> None:
    household = with_kind("ev_charger")
    unit = unit_of(household, "ev_charger")
    agent = agents_of(only(household))[household.participant_id]
    arrival = unit.stays[0].arrival
    early = orders_at(agent, household, arrival - 4)
    assert of_unit(early, unit) == []


def test_a_car_waits_for_the_cheap_hours_when_they_are_long_enough() -> None:
    household = with_kind("ev_charger")
    unit = unit_of(household, "ev_charger")
    arrival = unit.stays[0].arrival
    agent = agents_of(only(household))[household.participant_id]
    dear = of_unit(orders_at(agent, household, arrival + 2), unit)
    ask = tariff_of(MARKET, household.area_id).delivered_ask_ticks(DAY_S + arrival * INTERVAL_S)
    assert dear
    assert all(intent.price_ticks < 0.9 * ask for intent in dear)


def test_an_agent_counts_its_own_fills_into_the_state_of_charge() -> None:
    household = with_kind("storage")
    unit = unit_of(household, "storage")
    told, untold = (agents_of(only(household))[household.participant_id] for _ in range(2))
    level = {unit.unit_id: 0}
    fill = Fill(unit_id=unit.unit_id, side="buy", energy_wh=1_000)
    told.on_result(DAY_S + 59 * INTERVAL_S, [fill], None)
    stored = of_unit(orders_at(told, household, 60, level), unit)
    empty = of_unit(orders_at(untold, household, 60, level), unit)
    assert [i for i in empty if i.side == "sell"] == []
    sold = sum(i.energy_wh for i in stored if i.side == "sell")
    assert 0 < sold <= 1_000 * 0.95 * 0.95


def test_published_prices_are_learnt_from() -> None:
    household = with_kind("storage")
    unit = unit_of(household, "storage")
    told, untold = (agents_of(only(household))[household.participant_id] for _ in range(2))
    for index in range(60, 66):
        told.on_result(DAY_S + index * INTERVAL_S, [], 9_000)
    asks = []
    for agent in (told, untold):
        intents = of_unit(orders_at(agent, household, 66), unit)
        asks.append(min(i.price_ticks for i in intents if i.side == "sell"))
    assert asks[0] < asks[1]


def test_the_same_seed_makes_the_same_orders() -> None:
    household = with_kind("storage")
    both: list[Any] = [agents_of(VILLAGE)[household.participant_id] for _ in range(2)]
    assert isinstance(both[0], HouseholdAgent)
    assert orders_at(both[0], household, 30) == orders_at(both[1], household, 30)


def test_every_order_keeps_to_nameplate_and_price_limits() -> None:
    units = {u.unit_id: u for h in VILLAGE.households for u in h.units}
    agents = agents_of(VILLAGE)
    for index in (0, 30, 50, 75, 90):
        for household in VILLAGE.households:
            for intent in orders_at(agents[household.participant_id], household, index):
                assert 0 <= intent.price_ticks <= 400_000
                assert 0 < intent.energy_wh <= interval_max_wh(units[intent.unit_id])
                assert intent.side in ("buy", "sell")
