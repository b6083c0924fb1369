"""What the unit agent is made of: market time, what it keeps, its meter, its simulated device, its screen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from market.control.unit import Memory
from market.model.participant import StorageData, Unit, UnitKind
from market.model.power import GridReading
from sim.faults import Lag, Terminals, Window
from sim.troubles import Troubles
from sim.unit_clock import MarketTime, Pace
from sim.unit_command import Screen, control
from sim.unit_device import SimulatedDevice
from sim.unit_kept import Keeper, Kept, unit_of
from sim.unit_meter import Meter
from tests.sim.unit_stand import BATTERY, CAR, NOW_S, PROFILE, Hand
from wattmarket import UsageError

# --- market time ----------------------------------------------------------------------------


def test_market_time_is_unknown_until_it_is_heard_and_then_goes_on() -> None:
    hand = Hand()
    clock = MarketTime(hand.wall_s, hand.real_ms)
    assert clock.now_s() is None

    clock.hear(1_000.0, 60)
    hand.passed_ms += 2_500
    assert clock.now_s() == 1_150


def test_a_market_that_stood_still_is_waited_for_and_a_far_one_is_another_time() -> None:
    hand = Hand()
    clock = MarketTime(hand.wall_s, hand.real_ms)
    clock.hear(10_000.0, 1)
    hand.passed_ms += 30_000
    assert clock.now_s() == 10_030

    clock.hear(10_000.0, 1)
    assert clock.now_s() == 10_030, "it never goes back by a little"
    hand.passed_ms += 31_000
    assert clock.now_s() == 10_031

    clock.hear(9_000.0, 1)
    assert clock.now_s() == 9_000, "that is for the machine to doubt"


def test_real_time_is_known_after_a_power_cut_and_a_simulated_one_is_not() -> None:
    hand = Hand()
    real = Pace(market_s=NOW_S + 1, wall_s=NOW_S, speed=1)

    assert MarketTime(hand.wall_s, hand.real_ms, real).now_s() == NOW_S
    for pace in (
        Pace(market_s=NOW_S - 900, wall_s=NOW_S, speed=1),
        Pace(market_s=NOW_S, wall_s=NOW_S, speed=60),
    ):
        assert MarketTime(hand.wall_s, hand.real_ms, pace).now_s() is None


# --- what is kept -----------------------------------------------------------------------------


def kept(memory: Memory | None = None) -> Kept:
    return Kept(
        unit=unit_of(CAR), interval_s=900, speed=1,
        pace=Pace(market_s=NOW_S, wall_s=NOW_S, speed=1), memory=memory or Memory(),
    )  # fmt: skip


def test_what_is_kept_is_read_back_and_a_damaged_file_is_never_overlooked(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "unit", "car")
    assert keeper.read() is None

    said = kept(Memory(market_s=NOW_S, market_mark=(3, 9), locked="tampered", permitted=False))
    keeper.write(said)
    assert keeper.read() == said

    keeper.path.write_bytes(keeper.path.read_bytes()[:-20])
    with pytest.raises(UsageError, match="cannot be read"):
        keeper.read()


def test_a_unit_is_what_the_market_lists() -> None:
    battery = unit_of(BATTERY)

    assert battery.kind is UnitKind.STORAGE
    assert (battery.injection_max_w, battery.withdrawal_max_w) == (10_000, 10_000)
    assert battery.storage == StorageData(
        capacity_wh=20_000, start_wh=10_000, efficiency_charge_ppm=950_000,
        efficiency_discharge_ppm=950_000,
    )  # fmt: skip


# --- the meter --------------------------------------------------------------------------------


def watts(power_w: int | None) -> GridReading:
    return GridReading(voltage_ppm=1_000_000, frequency_mhz=50_000, power_w=power_w)


def test_a_meter_counts_intervals_that_it_saw_from_end_to_end() -> None:
    meter = Meter(900, gap_max_s=10)
    done = []
    for second in range(-5, 1_805):
        power_w = -3_600 if second <= 900 else 1_800
        done += meter.see(watts(power_w), NOW_S + second)

    assert [(item.start_s - NOW_S, item.injection_wh) for item in done] == [(0, -900), (900, 450)]
    assert done[0].read_s == NOW_S + 900


@pytest.mark.parametrize("hole", [None, 0, 11])
def test_across_a_hole_nothing_is_counted(hole: int | None) -> None:
    meter = Meter(900, gap_max_s=10)
    done = []
    skipped = range(300, 300 + (hole or 0))
    for second in range(-5, 905):
        if second not in skipped:
            power_w = None if hole is None and second == 300 else -3_600
            done += meter.see(watts(power_w), NOW_S + second)

    assert len(done) == (1 if hole == 0 else 0)


# --- the simulated device -----------------------------------------------------------------------


def simulated(
    row: dict[str, Any], *faults: Lag | Terminals
) -> tuple[SimulatedDevice, Callable[[int], GridReading]]:
    now_s = NOW_S
    unit = unit_of(row)
    device = SimulatedDevice(unit, Troubles(unit, faults), lambda: now_s, 50_000)

    def after(seconds: int) -> GridReading:
        nonlocal now_s
        device.read()
        for _ in range(seconds):
            now_s += 1
            reading = device.read()
        return reading

    return device, after


def test_a_simulated_device_stands_still_where_market_time_goes_back() -> None:
    now_s, unit = NOW_S, unit_of(BATTERY)
    device = SimulatedDevice(unit, Troubles(unit, ()), lambda: now_s, 50_000)
    device.connect()
    device.write(8_000)
    device.read()
    now_s += 60
    before = device.read()

    device.write(-8_000)
    now_s -= 7_200
    assert device.read() == before

    now_s += 60
    assert device.read().power_w == -8_000


def test_a_simulated_device_follows_with_a_lag_and_only_on_the_grid() -> None:
    device, after = simulated(BATTERY)
    device.write(8_000)
    assert after(5).power_w == 0

    device.connect()
    one, many = after(1).power_w, after(20).power_w
    assert one is not None
    assert 0 < one < 4_000
    assert many == 8_000
    stored_wh = after(3_600).state_of_charge_wh
    assert stored_wh is not None
    assert 10_000 - 8_000 / 0.95 - 60 < stored_wh < 10_000 - 8_000 / 0.95
    device.disconnect()
    assert device.read().power_w == 0


def test_its_faults_are_those_of_the_scenario() -> None:
    window = Window(from_s=NOW_S, until_s=NOW_S + 3_600)
    slow = Lag(window=window, time_constant_s=600)
    high = Terminals(window=window, voltage_ppm=(1_120_000,), every_s=900, frequency_mhz=50_300)
    device, after = simulated(BATTERY, slow, high)
    device.connect()
    device.write(8_000)

    reading = after(60)

    assert (reading.voltage_ppm, reading.frequency_mhz) == (1_120_000, 50_300)
    assert reading.power_w is not None
    assert 700 < reading.power_w < 800
    assert device.readiness(PROFILE).settings_hash == PROFILE.hash


def test_what_nobody_steers_does_its_own() -> None:
    device, after = simulated({**CAR, "kind": "load", "controllable": False})
    device.connect()
    device.write(0)

    assert after(60).power_w == -2_500


# --- the command --------------------------------------------------------------------------------


def test_without_a_terminal_a_line_is_written_on_a_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen(is_terminal=False)
    for second in range(130):
        screen.show(f"line {second}", second // 100)
    screen.say("alarm")

    assert capsys.readouterr().out.split("\n") == [
        "line 0", "line 60", "line 100", "alarm", "",
    ]  # fmt: skip


def test_on_a_terminal_the_line_is_written_over_and_stays_below_what_happens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen(is_terminal=True)
    screen.show("one", 1)
    screen.say("alarm")

    assert capsys.readouterr().out == "\r\x1b[Kone\r\x1b[Kalarm\none"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"device_name": "toaster"}, "one of simulated"),
        ({"profile_name": "atlantis"}, "gb-t-33593-2017"),
        ({}, "cannot be read"),
    ],
)
def test_what_is_asked_wrongly_is_said(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {
        "url": "http://localhost:1", "market_id": "m", "unit_id": "car",
        "credentials": tmp_path / "none.json", "name": None, "profile_name": None,
        "device_name": "simulated", "scenario": None, "has_grid_channel": False, "seconds": 1.0,
        "folder": tmp_path,
    }  # fmt: skip
    with pytest.raises(UsageError, match=words):
        control(**{**given, **changes})


def test_units_kept_have_the_shape_of_the_model() -> None:
    assert isinstance(kept().unit, Unit)
