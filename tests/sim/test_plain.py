"""The plain day: cheapest alone on the tariff, same comfort, same state of charge at the end."""

import numpy as np
import pytest

from benchmarks.village_trial import definition
from sim.flexible import level_after
from sim.plain import PlainDay, plain_day
from sim.profiles import Household, UnitProfile, load_village, true_need
from sim.stays import Stay
from sim.tariff import Tariff, tariff_of

VILLAGE = load_village(seed=20160615)
DAY_S = VILLAGE.day_start_s
TARIFF = tariff_of(definition(80.0, 40.0, 10.0), "RUR")
CHARGES = TARIFF.withdrawal_ticks


def with_kind(kind: str) -> list[Household]:
    return [h for h in VILLAGE.households if h.unit(kind) is not None]


def alone(household: Household, tariff: Tariff = TARIFF) -> PlainDay:
    ends = {u.unit_id: u.battery.start_wh for u in household.units if u.battery}
    return plain_day(household, tariff, day_start_s=DAY_S, final_level_wh=ends)


def without(household: Household, kind: str) -> Household:
    return Household(
        participant_id=household.participant_id,
        area_id=household.area_id,
        name=household.name,
        is_business=household.is_business,
        units=tuple(u for u in household.units if u.kind != kind),
    )


def load_only(**energies: int) -> Household:
    profile = np.zeros(96, dtype=np.int64)
    for index, energy in energies.items():
        profile[int(index[1:])] = energy
    unit = UnitProfile(
        unit_id="H-load", kind="load", injection_max_w=0, withdrawal_max_w=10_000,
        controllable=False, energy_wh=profile, before_wh=profile[:8], after_wh=profile[:8],
    )  # fmt: skip
    return Household(participant_id="H", area_id="RUR", name="H", is_business=False, units=(unit,))


def car_only(stay: Stay) -> Household:
    nothing = np.zeros(96, dtype=np.int64)
    energy = nothing.copy()
    energy[stay.arrival] = stay.energy_wh
    unit = UnitProfile(
        unit_id="H-ev_charger", kind="ev_charger", injection_max_w=0, withdrawal_max_w=11_000,
        controllable=True, energy_wh=energy, before_wh=nothing[:8], after_wh=nothing[:8],
        stays=(stay,),
    )  # fmt: skip
    return Household(participant_id="H", area_id="RUR", name="H", is_business=False, units=(unit,))


def test_a_load_pays_the_delivered_price_and_the_charges() -> None:
    """10 Wh at night at 163.27, 20 Wh in the evening at 265.31, each with 120.00 on top."""
    day = alone(load_only(i0=10, i70=20))
    assert day.cost_quanta == 10 * (16_327 + CHARGES) + 20 * (26_531 + CHARGES)
    assert (day.use_wh, day.withdrawal_wh, day.export_wh) == (30, 30, 0)


def test_own_use_is_netted_in_the_interval_and_the_rest_is_fed_in() -> None:
    household = next(h for h in with_kind("solar") if not any(u.controllable for u in h.units))
    load, solar = household.unit("load"), household.unit("solar")
    assert load is not None
    assert solar is not None
    net = load.energy_wh - solar.energy_wh
    day = alone(household)
    assert (day.net_wh == net).all()
    assert day.export_wh == -net[net < 0].sum()
    assert day.supply_wh == solar.energy_wh.sum()


@pytest.mark.parametrize("household", with_kind("storage"), ids=lambda h: h.participant_id)
def test_a_battery_only_helps_and_ends_as_it_must(household: Household) -> None:
    unit = household.unit("storage")
    assert unit is not None
    assert unit.battery is not None
    day, before = alone(household), alone(without(household, "storage"))
    assert day.cost_quanta <= before.cost_quanta
    level = unit.battery.start_wh
    for moved in (day.net_wh - before.net_wh).tolist():
        level = level_after(unit, level, moved)
        assert 0 <= level <= unit.battery.capacity_wh
    # Each interval's Wh is rounded, so the end is met to a fraction of a Wh per interval.
    assert level == pytest.approx(unit.battery.start_wh, abs=96)


def test_a_battery_that_must_end_fuller_costs_more() -> None:
    household = with_kind("storage")[0]
    unit = household.unit("storage")
    assert unit is not None
    assert unit.battery is not None
    empty, full = (
        plain_day(household, TARIFF, day_start_s=DAY_S, final_level_wh={unit.unit_id: level})
        for level in (0, unit.battery.capacity_wh)
    )
    assert empty.cost_quanta < full.cost_quanta


@pytest.mark.parametrize("kind", ["heat_pump", "ev_charger"])
def test_comfort_is_kept(kind: str) -> None:
    for household in with_kind(kind):
        unit = household.unit(kind)
        assert unit is not None
        if household.unit("storage") or len([u for u in household.units if u.controllable]) > 1:
            continue
        taken = alone(household).net_wh - alone(without(household, kind)).net_wh
        need = true_need(unit)
        path = np.cumsum(taken)
        assert path[-1] == unit.energy_wh.sum()
        assert (path >= np.array(need.latest_wh)).all()
        assert (path <= np.array(need.earliest_wh)).all()


def test_a_car_charges_in_the_cheap_hours() -> None:
    stay = Stay(arrival=70, departure=96, energy_wh=10_000, power_w=11_000)
    day = alone(car_only(stay))
    assert day.cost_quanta == 10_000 * (16_327 + CHARGES)


def test_a_car_in_a_hurry_charges_at_any_price() -> None:
    stay = Stay(arrival=70, departure=74, energy_wh=11_000, power_w=11_000)
    assert alone(car_only(stay)).cost_quanta == 11_000 * (26_531 + CHARGES)
