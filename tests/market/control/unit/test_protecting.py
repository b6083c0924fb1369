"""A disturbed grid, a device that does not follow, a storage that is empty."""

from dataclasses import replace
from itertools import pairwise

import pytest

from market.control.unit import UnitAct
from market.model.alarm import AlarmKind
from market.model.power import PowerLimits
from market.model.rejection import Code
from tests.market.control.unit.stand import (
    BATTERY,
    PROFILE,
    WELL,
    Stand,
    kinds,
    story,
)

# --- the grid is disturbed --------------------------------------------------------------------


def test_while_the_grid_is_disturbed_set_points_are_frozen_and_the_device_leads() -> None:
    stand = Stand().in_service(8_000)
    stand.reading = replace(WELL, frequency_mhz=50_250, power_w=5_000)
    output = stand.step()
    assert (output.frozen, output.target_w, output.connected) == (True, 5_000, True)
    assert [alarm.kind for alarm in output.alarms] == [AlarmKind.POWER_QUALITY]
    # Back over the edge is not enough: a little inside it has to be.
    stand.reading = replace(WELL, frequency_mhz=50_190, power_w=5_000)
    stand.market_s += 1
    assert stand.step().frozen
    stand.reading = replace(WELL, frequency_mhz=50_150, power_w=5_000)
    outputs = stand.run(120, renew=False)
    assert not outputs[0].frozen
    steps_w = [b.target_w - a.target_w for a, b in pairwise(outputs)]
    assert max(steps_w) == 17


def test_it_trips_when_the_protection_says_and_comes_back_through_the_whole_entry() -> None:
    stand = Stand().in_service(8_000)
    stand.reading = replace(WELL, voltage_ppm=1_150_000)
    outputs = stand.run(5, renew=False)
    assert [output.connected for output in outputs] == [True, True, False, False, False]
    assert AlarmKind.TRIPPED in kinds(stand)
    stand.run(60)
    assert stand.state == "tripped"
    stand.reading = WELL
    outputs = stand.run(300)
    delay = next(n for n, output in enumerate(outputs) if output.connected)
    assert delay == PROFILE.enter_delay_s


def test_what_is_too_quick_to_time_trips_at_first_sight() -> None:
    stand = Stand().in_service(8_000)
    stand.reading = replace(WELL, voltage_ppm=1_400_000)
    assert stand.step().state == "tripped"


def test_nothing_remote_brings_a_tripped_unit_back_early() -> None:
    stand = Stand().in_service(8_000)
    stand.machine.hardware_tripped("islanding")
    assert stand.step().state == "tripped"
    stand.reading = replace(WELL, voltage_ppm=1_150_000)
    for act in (UnitAct.START, UnitAct.RELEASE):
        assert stand.machine.act(act, "eve", stand.now, second="fay") is not None
    stand.target(5_000)
    stand.limit()
    outputs = stand.run(300)
    assert not any(output.connected for output in outputs)


def test_a_bad_grid_does_not_lock_a_unit_but_its_own_faults_do() -> None:
    stand = Stand()
    for _ in range(5):
        stand.run(200)
        stand.reading = replace(WELL, voltage_ppm=1_400_000)
        stand.run(2)
        stand.reading = WELL
    assert stand.state != "locked"
    for _ in range(PROFILE.faults_max):
        stand.run(200)
        stand.machine.hardware_tripped("overcurrent")
        stand.run(1)
    assert stand.state == "locked"
    assert kinds(stand)[-1] is AlarmKind.LOCKED


def test_blind_in_service_it_leaves_the_grid() -> None:
    stand = Stand().in_service(8_000)
    stand.reading = replace(WELL, voltage_ppm=None)
    outputs = stand.run(13, renew=False)
    assert [output.connected for output in outputs] == [True] * 10 + [False] * 3
    assert stand.state == "init"


# --- following --------------------------------------------------------------------------------


def test_a_device_that_does_not_follow_is_reported_once() -> None:
    stand = Stand().in_service(8_000)
    stand.reading = replace(WELL, power_w=6_000)
    stand.run(200)
    faults = [alarm for output in stand.outputs for alarm in output.alarms]
    assert [alarm.parameters for alarm in faults] == [{"fault": "follow"}]
    stand.reading = replace(WELL, power_w=8_000)
    stand.run(5)
    stand.reading = replace(WELL, power_w=6_000)
    stand.run(100)
    assert kinds(stand).count(AlarmKind.DEVICE_FAULT) == 2


def test_a_device_that_stays_beyond_its_limit_is_taken_off() -> None:
    stand = Stand().in_service(8_000)
    stand.limit(4_000)
    stand.reading = replace(WELL, power_w=8_000)
    outputs = stand.run(PROFILE.breach_s + 2, renew=False)
    assert "tripped" in story(stand)
    assert AlarmKind.LIMIT_EXCEEDED in kinds(stand)
    assert [output.connected for output in outputs[-3:]] == [True, False, False]


def test_too_much_reactive_power_is_told() -> None:
    stand = Stand().in_service(8_000)
    stand.reading = replace(WELL, reactive_var=4_000)
    stand.run(5)
    assert kinds(stand) == [AlarmKind.POWER_QUALITY]


# --- storage ----------------------------------------------------------------------------------


def test_an_empty_storage_gives_nothing_and_a_full_one_takes_nothing() -> None:
    stand = Stand(BATTERY).in_service(3_000)
    stand.reading = replace(WELL, state_of_charge_wh=0)
    assert stand.step().limits == PowerLimits(withdrawal_max_w=10_000, injection_max_w=0)
    stand.reading = replace(WELL, state_of_charge_wh=40)
    assert stand.step().limits.injection_max_w == 0
    stand.reading = replace(WELL, state_of_charge_wh=60)
    assert stand.step().limits.injection_max_w == 10_000
    stand.reading = replace(WELL, state_of_charge_wh=10_000)
    assert stand.step().limits == PowerLimits(withdrawal_max_w=0, injection_max_w=10_000)


def test_own_use_keeps_the_reserve_that_a_schedule_may_take() -> None:
    stand = Stand(BATTERY).in_service()
    stand.reading = replace(WELL, state_of_charge_wh=400)
    assert stand.step().limits.injection_max_w == 0
    stand.target(1_000)
    stand.reading = replace(WELL, state_of_charge_wh=460)
    assert stand.step().limits.injection_max_w == 10_000


def test_a_storage_that_does_not_know_its_charge_stays_idle() -> None:
    stand = Stand(BATTERY).in_service(3_000)
    stand.reading = WELL
    assert stand.step().target_w == 0
    assert kinds(stand) == [AlarmKind.DEVICE_FAULT]


@pytest.mark.parametrize(
    ("target_w", "code"),
    [
        (5_000, None),
        (-5_000, None),
        (8_000, Code.EXCEEDS_STORED_ENERGY),
        (-8_000, Code.EXCEEDS_STORED_ENERGY),
    ],
)
def test_a_set_point_that_the_charge_cannot_carry_is_refused(
    target_w: int, code: Code | None
) -> None:
    stand = Stand(BATTERY).in_service()
    stand.limit(seconds=8_000)
    # An hour: about 5 kWh are stored, and there is room for 5.
    refused = stand.target(target_w, seconds=3_600)
    assert (refused and refused.code) == code


def test_what_is_scheduled_before_counts_for_what_comes_after() -> None:
    stand = Stand(BATTERY).in_service()
    assert stand.target(5_000, seconds=3_600) is None
    ahead_s = stand.market_s + 3_600
    refused = stand.target(5_000, start_s=ahead_s, until_s=ahead_s + 3_600)
    assert refused is not None
    assert refused.code is Code.EXCEEDS_STORED_ENERGY
    assert stand.target(-5_000, start_s=ahead_s, until_s=ahead_s + 3_600) is None
