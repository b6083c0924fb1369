"""The states of a unit on its way into service and in it, second by second."""

from dataclasses import replace
from itertools import pairwise

import pytest

from market.control.unit import Moment, Readiness, UnitAct
from market.model.power import PowerLimits, Setpoint
from market.model.rejection import Code
from tests.market.control.unit.stand import (
    GRID,
    HEAT_PUMP,
    MARKET,
    NOTHING,
    PROFILE,
    WELL,
    Stand,
    first_connected,
    story,
)

# --- init -------------------------------------------------------------------------------------


def test_before_any_step_it_may_do_nothing() -> None:
    stand = Stand()
    assert stand.state == "init"
    assert stand.machine.limits() == NOTHING


def test_a_load_lives_inside_its_fail_safe_limits_from_the_first_second() -> None:
    stand = Stand(HEAT_PUMP, ready=False)
    assert stand.machine.limits() == PowerLimits(withdrawal_max_w=4_200, injection_max_w=0)
    stand.machine.wish(-9_000)
    outputs = stand.run(600, grid=False, market=False)
    assert stand.state == "init"
    assert min(output.target_w for output in outputs) == -4_200


@pytest.mark.parametrize(
    "fault",
    [
        {"settings_hash": "another"},
        {"anti_islanding": False},
        {"firmware_allowed": False},
        {"meter_sound": False},
        {"isolation_sound": False},
    ],
    ids=str,
)
def test_one_check_that_fails_keeps_it_off(fault: dict[str, object]) -> None:
    stand = Stand(ready=False)
    readiness = replace(Readiness(settings_hash=PROFILE.hash), **fault)
    stand.machine.ready(readiness, stand.now)
    outputs = stand.run(600)
    assert stand.state == "init"
    assert not any(output.connected or output.target_w for output in outputs)


def test_without_the_permission_to_be_in_service_it_stays_off() -> None:
    stand = Stand().in_service(6_000)
    assert stand.machine.act(UnitAct.FORBID, GRID, stand.now) is None
    assert stand.machine.limits() == NOTHING
    outputs = stand.run(600)
    assert stand.state == "init"
    assert not any(output.connected for output in outputs)
    assert stand.machine.act(UnitAct.PERMIT, GRID, stand.now) is None
    stand.run(600)
    assert stand.state == "normal"


@pytest.mark.parametrize("market_s", [None, 0, 10_000, 9_999_999_999])
def test_with_a_clock_that_cannot_be_right_it_stays_off(market_s: int | None) -> None:
    stand = Stand()
    for second in range(600):
        now = Moment(market_s=market_s, real_ms=1_000 * second)
        assert not stand.machine.step(WELL, now).connected
    assert stand.state == "init"


def test_a_clock_that_jumps_back_is_doubt() -> None:
    stand = Stand().in_service(6_000)
    stand.market_s -= 100
    output = stand.step()
    assert (output.state, output.connected, output.target_w) == ("init", False, 0)
    assert output.alarms[0].parameters == {"fault": "clock"}
    stand.run(600)
    assert stand.state == "normal"


def test_a_clock_that_is_set_back_a_second_is_none() -> None:
    stand = Stand().in_service(6_000)
    stand.market_s -= 2
    assert stand.step().state == "normal"


def test_a_real_clock_that_goes_back_makes_both_channels_prove_themselves_anew() -> None:
    stand = Stand().in_service()
    stand.real_ms -= 300_000
    assert stand.step().state == "init"
    stand.run(400, grid=False, market=False)
    assert stand.state == "failsafe"


# --- connecting -------------------------------------------------------------------------------


def test_it_connects_after_the_whole_delay_and_not_a_second_before() -> None:
    stand = Stand()
    stand.run(200)
    assert first_connected(stand) == PROFILE.enter_delay_s


@pytest.mark.parametrize(
    "glitch",
    [
        {"voltage_ppm": 1_095_000},
        {"voltage_ppm": 855_000},
        {"frequency_mhz": 50_201},
        {"frequency_mhz": 49_499},
        {"rocof_mhz_per_s": -2_001},
        {"voltage_ppm": None},
        {"frequency_mhz": None},
    ],
    ids=str,
)
def test_one_reading_outside_the_window_begins_the_delay_again(glitch: dict[str, int]) -> None:
    stand = Stand()
    stand.run(50)
    stand.reading = replace(WELL, **glitch)
    stand.run(1, renew=False)
    stand.reading = WELL
    stand.run(200)
    assert first_connected(stand) == 51 + PROFILE.enter_delay_s


def test_a_window_that_nobody_watched_has_not_held() -> None:
    stand = Stand()
    stand.run(50)
    stand.market_s += 11
    stand.real_ms += 11_000
    stand.run(PROFILE.enter_delay_s)
    assert not stand.last.connected
    stand.run(60)
    assert stand.last.connected


def test_it_waits_a_random_time_more_and_then_climbs_by_its_ramp() -> None:
    stand = Stand(seed=1)
    stand.target(10_000)
    assert stand.run(600)
    assert stand.target(10_000) is None
    stand.run(600)
    begun = first_connected(stand)
    assert PROFILE.enter_delay_s < begun <= PROFILE.enter_delay_s + PROFILE.enter_spread_s
    powers_w = [output.target_w for output in stand.outputs[begun:]]
    # A tenth of 10 kW a minute, so at most 17 W a second.
    assert all(0 <= after - before <= 17 for before, after in pairwise(powers_w))
    assert powers_w[60] <= 1_040


def test_a_hundred_units_do_not_connect_at_once() -> None:
    begun = []
    for seed in range(100):
        stand = Stand(seed=seed)
        stand.run(400)
        begun.append(first_connected(stand))
    assert len(set(begun)) > 60
    assert max(begun) - min(begun) > 250


def test_without_anybody_calling_it_serves_inside_its_fail_safe_limits() -> None:
    stand = Stand(HEAT_PUMP)
    stand.machine.wish(-9_000)
    stand.run(900, grid=False, market=False)
    assert story(stand) == ["connecting", "failsafe"]
    assert stand.last.target_w == -4_200


def test_with_the_grid_channel_but_no_market_it_lives_on_own_use() -> None:
    stand = Stand()
    stand.machine.wish(3_000)
    stand.run(700, market=False)
    assert story(stand) == ["connecting", "stale"]
    assert stand.last.target_w == 3_000


# --- normal and stale -------------------------------------------------------------------------


def test_in_normal_it_follows_the_schedule_and_falls_back_when_that_has_run_out() -> None:
    stand = Stand().in_service(6_000)
    stand.run(900)
    assert (stand.state, stand.last.target_w) == ("normal", 0)


def test_between_set_points_it_moves_by_the_ramp() -> None:
    stand = Stand().in_service(9_000)
    stand.target(0)
    outputs = stand.run(120)
    steps_w = [a.target_w - b.target_w for a, b in pairwise(outputs)]
    assert max(steps_w) == 167
    assert stand.last.target_w == 0


def test_who_has_to_wait_begins_its_ramp_with_its_turn() -> None:
    stand = Stand().in_service(9_000)
    assert stand.target(0, wait_s=30, before_w=9_000) is None
    at_w = [output.target_w for output in stand.run(120)]
    assert set(at_w[:29]) == {9_000}
    assert at_w[32] < 9_000
    assert at_w[-1] == 0


def test_who_has_to_wait_does_so_too_when_the_market_is_out_of_reach() -> None:
    stand = Stand().in_service(9_000)
    stand.target(3_000, wait_s=120, before_w=9_000)
    stand.run(1, market=False)
    outputs = stand.run(240, market=False)
    assert outputs[100].state == "stale"
    assert outputs[100].target_w == 9_000
    assert stand.last.target_w == 3_000


def test_the_power_until_its_turn_has_to_be_inside_every_limit_too() -> None:
    stand = Stand().in_service(1_000)
    stand.limit(2_000)
    refused = stand.target(1_000, wait_s=60, before_w=2_001)
    assert refused is not None
    assert (refused.code, refused.pointer) == (Code.GRID_LIMIT, "before_w")
    late = stand.target(1_000, wait_s=899, before_w=10_000, seconds=900)
    assert late is not None
    assert late.code is Code.EXCEEDS_CAPABILITY  # no ramp is that quick


def test_stale_after_fifteen_seconds_it_keeps_its_schedule_and_then_its_own_use() -> None:
    stand = Stand().in_service()
    stand.target(6_000, seconds=300)
    stand.machine.wish(2_000)
    stand.run(16)
    stand.run(1, market=False)
    outputs = stand.run(500, market=False)
    states = [output.state for output in outputs]
    assert states.index("stale") <= 15
    at_w = [output.target_w for output in outputs]
    assert at_w[200] == 6_000
    assert at_w[-1] == 2_000


def test_a_valid_set_point_is_a_sign_of_life_and_the_same_one_again_is_not() -> None:
    stand = Stand().in_service()
    setpoint = Setpoint(
        unit_id="u",
        start_s=stand.market_s,
        until_s=stand.market_s + 900,
        target_w=1_000,
        fallback_w=0,
        sequence=99,
        epoch=1,
    )
    stand.sequence = 99
    assert stand.machine.accept(setpoint, MARKET, stand.now) is None
    stand.run(14, market=False)
    assert stand.state == "normal"
    for _ in range(10):
        assert stand.machine.accept(setpoint, MARKET, stand.now) is None
        stand.run(1, market=False, renew=False)
    assert stand.state == "stale"
    assert stand.target(2_000) is None
    stand.run(2, market=False)
    assert stand.state == "normal"


def test_signs_of_life_count_in_real_time_and_windows_in_market_time() -> None:
    stand = Stand().in_service(6_000)
    stand.limit(10_000, seconds=80_000)
    stand.beat()
    # Ten real seconds, two hours of market time: the schedule runs out, and nobody is stale.
    outputs = stand.run(10, grid=False, market=False, speed=720)
    assert [output.state for output in outputs] == ["normal"] * 10
    assert (outputs[0].target_w, outputs[-1].target_w) == (6_000, 0)
