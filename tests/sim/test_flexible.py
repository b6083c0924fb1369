"""What a flexible unit orders: cut to what it may take, charged with its losses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.flexible import level_after, need_blocks, storage_blocks
from sim.profiles import Battery, UnitProfile
from sim.stays import FlexibleNeed, Stay, car_need
from sim.value import Surroundings

CHARGES = 12_000.0
CAR = Stay(arrival=70, departure=96, energy_wh=10_000, power_w=11_000)
BATTERY = Battery(
    capacity_wh=10_000,
    start_wh=2_000,
    power_w=5_000,
    efficiency_charge_ppm=950_000,
    efficiency_discharge_ppm=950_000,
)


def unit(battery: Battery | None) -> UnitProfile:
    nothing = np.zeros(96, dtype=np.int64)
    return UnitProfile(
        unit_id="H-x", kind="storage" if battery else "ev_charger", injection_max_w=5_000,
        withdrawal_max_w=5_000, controllable=True, energy_wh=nothing, before_wh=nothing[:8],
        after_wh=nothing[:8], battery=battery,
    )  # fmt: skip


def evening(prices: list[float]) -> Surroundings:
    return Surroundings(
        prices_ticks=np.array(prices)[:, None],
        weights=(1.0,),
        others_wh=np.full(len(prices), 500.0),
        withdrawal_ticks=CHARGES,
    )


def car_blocks(index: int, taken_wh: int, prices: list[float]) -> list[tuple[int, bool]]:
    need: FlexibleNeed = car_need([CAR])
    blocks = need_blocks(
        need, evening(prices), index=index, level_wh=taken_wh, step_wh=1_375.0, final_ticks=0.0
    )
    return [(block.energy_wh, block.must_run) for block in blocks]


@given(st.integers(0, 8_000), st.integers(0, 1_250))
def test_what_goes_in_does_not_all_come_out(level: int, energy: int) -> None:
    charged = level_after(unit(BATTERY), level, energy)
    assert charged - level == energy * 95 // 100
    back = energy * 95 // 100 * 95 // 100
    assert level_after(unit(BATTERY), charged, -back) >= level


def test_discharge_is_rounded_against_the_battery() -> None:
    """95 Wh out cost 100 Wh, 96 Wh out cost 102 (101.05 rounded up)."""
    assert level_after(unit(BATTERY), 1_000, -95) == 900
    assert level_after(unit(BATTERY), 1_000, -96) == 898


def test_a_car_counts_what_it_took() -> None:
    assert level_after(unit(None), 3_000, 500) == 3_500


def test_a_car_with_time_leaves_nothing_that_must_run() -> None:
    blocks = car_blocks(75, 0, [26_000.0] * 13 + [16_000.0] * 8)
    assert blocks
    assert not any(must_run for _, must_run in blocks)


def test_a_car_out_of_time_must_run() -> None:
    """Four quarters at 2,750 Wh are left for 10,000 Wh: 1,750 have to be taken in the first."""
    first, *rest = car_blocks(92, 0, [16_000.0] * 4)
    assert first == (1_750, True)
    assert not any(must_run for _, must_run in rest)
    assert sum(energy for energy, _ in rest) == 1_000


def test_a_car_takes_no_more_than_it_needs() -> None:
    assert sum(energy for energy, _ in car_blocks(90, 9_600, [16_000.0] * 6)) <= 400
    assert car_blocks(90, 10_000, [16_000.0] * 6) == []


@pytest.mark.parametrize(("level", "sides"), [(0, (True, False)), (10_000, (False, True))])
def test_an_empty_battery_only_buys_and_a_full_one_only_sells(
    level: int, sides: tuple[bool, bool]
) -> None:
    buys, sells = storage_blocks(
        BATTERY,
        evening([16_000.0, 26_000.0, 20_000.0]),
        level_wh=level,
        low_ticks=7_840.0,
        high_ticks=28_000.0,
    )
    assert (bool(buys), bool(sells)) == sides
