"""Behind the meter: what a device does with a set-point, and without one."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from market.model.power import Setpoint
from market.model.rejection import Code
from sim.devices import Device, devices_of
from sim.physics import Storage
from sim.profiles import Battery, Household, UnitProfile
from sim.stays import Stay

DAY_S = 1_465_945_200
INTERVAL_S = 900
PPM = 1_000_000
BATTERY = Battery(
    capacity_wh=6_800,
    start_wh=1_360,
    power_w=3_400,
    efficiency_charge_ppm=950_000,
    efficiency_discharge_ppm=950_000,
)


def profile(kind: str, **more: object) -> UnitProfile:
    fields = {
        "unit_id": f"RUR-P0001-{kind}",
        "kind": kind,
        "injection_max_w": 3_400 if kind in ("solar", "storage") else 0,
        "withdrawal_max_w": 0 if kind == "solar" else 3_400,
        "controllable": kind not in ("load", "solar"),
        "energy_wh": np.arange(96, dtype=np.int64),
        "before_wh": np.zeros(8, dtype=np.int64),
        "after_wh": np.zeros(8, dtype=np.int64),
        **more,
    }
    return UnitProfile(**fields)  # type: ignore[arg-type]


def device(kind: str, **more: object) -> Device:
    home = Household(
        participant_id="RUR-P0001", area_id="RUR", name="Home", is_business=False,
        units=(profile(kind, **more),),
    )  # fmt: skip
    (made,) = devices_of(home, day_start_s=DAY_S, interval_s=INTERVAL_S)
    return made


def setpoint(kind: str, index: int, target_w: int, sequence: int = 1) -> Setpoint:
    start_s = DAY_S + index * INTERVAL_S
    return Setpoint(
        unit_id=f"RUR-P0001-{kind}", start_s=start_s, until_s=start_s + INTERVAL_S,
        target_w=target_w, fallback_w=0, sequence=sequence,
    )  # fmt: skip


def test_a_load_and_a_roof_do_what_they_do() -> None:
    load, roof = device("load"), device("solar")
    assert load.accept(setpoint("load", 40, -1_000), DAY_S) is None

    assert load.step(DAY_S + 40 * INTERVAL_S).injection_wh == -40
    assert roof.step(DAY_S + 40 * INTERVAL_S).injection_wh == 40


def test_a_battery_follows_its_setpoint_and_says_what_it_holds() -> None:
    battery = device("storage", battery=BATTERY)
    assert battery.accept(setpoint("storage", 0, -2_000), DAY_S) is None

    reading = battery.step(DAY_S)

    assert (reading.injection_wh, reading.state_of_charge_wh) == (-500, 1_360 + 475)


def test_a_battery_that_has_to_wait_does_so() -> None:
    battery = device("storage", battery=BATTERY)
    waiting = replace(setpoint("storage", 0, -3_000), wait_s=300, before_w=0)
    assert battery.accept(waiting, DAY_S) is None

    # Ten minutes of 3 kW, and the ramp to them begins with its turn; a battery is there at once or later.
    assert battery.step(DAY_S).injection_wh in range(-500, -474)


def test_an_expired_setpoint_no_longer_moves_the_battery() -> None:
    battery = device("storage", battery=BATTERY)
    battery.accept(setpoint("storage", 0, -2_000), DAY_S)

    assert battery.step(DAY_S + INTERVAL_S).injection_wh == 0


def test_a_setpoint_beyond_the_nameplate_or_too_old_is_not_taken() -> None:
    battery = device("storage", battery=BATTERY)

    assert battery.accept(setpoint("storage", 0, 9_000), DAY_S) is Code.EXCEEDS_CAPABILITY
    assert battery.accept(setpoint("storage", 1, 400, sequence=5), DAY_S) is None
    assert battery.accept(setpoint("storage", 1, 800, sequence=4), DAY_S) is Code.PHASE_CONFLICT


def test_a_car_is_charged_in_time_even_when_nobody_asks_it_to() -> None:
    stay = Stay(arrival=2, departure=6, energy_wh=2_000, power_w=3_400)
    car = device("ev_charger", stays=(stay,))

    taken = [-car.step(DAY_S + index * INTERVAL_S).injection_wh for index in range(96)]

    assert sum(taken) == 2_000
    assert sum(taken[2:6]) == 2_000


def test_a_car_takes_no_more_than_it_needs_and_nothing_when_it_is_away() -> None:
    stay = Stay(arrival=2, departure=6, energy_wh=1_000, power_w=3_400)
    car = device("ev_charger", stays=(stay,))
    for index in range(4):
        car.accept(setpoint("ev_charger", index, -3_200, sequence=index + 1), DAY_S)

    taken = [-car.step(DAY_S + index * INTERVAL_S).injection_wh for index in range(5)]

    assert taken == [0, 0, 800, 200, 0]


@given(st.lists(st.integers(-2_000, 2_000), min_size=1, max_size=96))
def test_a_battery_never_leaves_its_limits_and_loses_on_every_round_trip(
    targets_wh: list[int],
) -> None:
    storage = Storage(BATTERY)
    for index, target_wh in enumerate(targets_wh):
        before_wh = storage.stored_wh
        injection_wh = storage.step(index, target_wh)
        assert before_wh is not None
        assert storage.stored_wh is not None
        assert 0 <= storage.stored_wh <= BATTERY.capacity_wh
        assert abs(injection_wh) <= min(abs(target_wh), BATTERY.power_w // 4)
        assert injection_wh * target_wh >= 0
        # What comes out at the grid side is never more than what the store gave.
        assert injection_wh <= before_wh - storage.stored_wh


@given(st.integers(0, 6_800), st.integers(0, 900))
def test_a_battery_stops_exactly_where_it_is_full_or_empty(stored_wh: int, asked_wh: int) -> None:
    charging, discharging = Storage(BATTERY), Storage(BATTERY)
    charging.stored_wh = discharging.stored_wh = stored_wh

    taken_wh, given_wh = -charging.step(0, -asked_wh), discharging.step(0, asked_wh)

    if taken_wh < min(asked_wh, 850):
        assert stored_wh + (taken_wh + 1) * 950_000 // PPM >= BATTERY.capacity_wh
    if given_wh < min(asked_wh, 850):
        assert -(-(given_wh + 1) * PPM // 950_000) > stored_wh
