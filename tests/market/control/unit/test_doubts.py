"""What no doubt, no detour and no loss of power wipes out: that only a fresh limit ends fail-safe."""

from dataclasses import replace
from typing import Any

import pytest

from market.control.unit import LocalSettings, UnitAct
from market.model.power import ControlChannel, UnitState
from market.model.rejection import Code
from tests.market.control.unit.stand import (
    BATTERY,
    GRID,
    HEAT_PUMP,
    MARKET,
    NOTHING,
    PROFILE,
    WELL,
    Stand,
    story,
)

BLIND = replace(WELL, voltage_ppm=None, frequency_mhz=None)
DAY_S = 86_400


def in_failsafe() -> Stand:
    """A unit with a limit for a day, whose grid channel was silent for three minutes."""
    stand = Stand().in_service(6_000)
    assert stand.limit(seconds=DAY_S) is None
    stand.run(180, grid=False)
    assert stand.state == "failsafe"
    return stand


def test_fail_safe_is_not_left_by_way_of_a_blind_meter() -> None:
    stand = in_failsafe()
    stand.reading = BLIND
    stand.run(30, renew=False)
    assert stand.state == "init"
    stand.reading = WELL
    outputs = stand.run(600, renew=False)
    assert stand.state == "failsafe"
    assert all(output.target_w == 0 for output in outputs)
    stand.run(900)
    assert story(stand)[-2:] == ["recovery", "normal"]


def test_fail_safe_is_not_left_by_way_of_a_stop_and_a_start() -> None:
    stand = in_failsafe()
    assert stand.machine.act(UnitAct.STOP, "eve", stand.now) is None
    stand.run(60, renew=False)
    assert stand.machine.act(UnitAct.START, "eve", stand.now) is None
    stand.run(600, renew=False)
    assert stand.state == "failsafe"


def test_fail_safe_is_not_left_by_way_of_a_loss_of_power() -> None:
    stand = in_failsafe()
    again = Stand(memory=stand.machine.memory())
    again.market_s, again.sequence = stand.market_s, stand.sequence
    again.run(600, renew=False)
    assert again.state == "failsafe"
    assert again.limit() is None
    again.run(600, renew=False)
    assert again.state == "normal"


def test_a_fresh_limit_that_came_in_doubt_counts() -> None:
    stand = in_failsafe()
    stand.reading = BLIND
    stand.run(30, renew=False)
    assert stand.limit(seconds=DAY_S) is None
    stand.reading = WELL
    stand.run(600, renew=False)
    assert stand.state == "normal"
    assert stand.machine.memory().failsafe_mark is None


def test_a_channel_that_is_not_trusted_is_not_trusted_after_a_loss_of_power() -> None:
    stand = Stand().in_service(6_000)
    for _ in range(PROFILE.burst_count):
        stand.machine.suspect(ControlChannel.GRID, "signature", stand.now)
    stand.run(10, renew=False)
    again = Stand(memory=stand.machine.memory())
    again.market_s, again.sequence = stand.market_s, stand.sequence
    refused = again.limit()
    assert refused is not None
    assert (refused.code, refused.pointer) == (Code.PHASE_CONFLICT, "epoch")
    again.epoch += 1
    assert again.limit() is None


def test_an_epoch_heard_in_a_heartbeat_outlives_a_loss_of_power() -> None:
    stand = Stand().in_service(6_000)
    for channel, sender in ((ControlChannel.GRID, GRID), (ControlChannel.MARKET, MARKET)):
        assert stand.machine.heartbeat(channel, sender, stand.now, epoch=7) is None
    again = Stand(memory=stand.machine.memory())
    again.market_s, again.sequence = stand.market_s + 1, stand.sequence
    for refused in (again.limit(), again.target(1_000)):
        assert refused is not None
        assert (refused.code, refused.pointer) == (Code.PHASE_CONFLICT, "epoch")
    again.epoch, again.sequence = 7, 0
    assert again.limit() is None
    assert again.target(1_000) is None


def test_nothing_that_comes_once_the_last_limit_has_run_out_shows_wider_limits() -> None:
    stand = Stand().in_service(0)
    assert stand.limit(4_000, seconds=900) is None
    stand.market_s += 901
    assert stand.limit(9_000, sender="somebody") is not None
    assert stand.machine.limits().injection_max_w == 4_000
    assert stand.machine.act(UnitAct.PERMIT, GRID, stand.now) is None
    assert stand.machine.limits() == NOTHING


@pytest.mark.parametrize("said", [{"epoch": "7"}, {"epoch": True}, {"counter": 1.5}])
def test_a_heartbeat_with_what_is_no_number_is_refused(said: dict[str, Any]) -> None:
    stand = Stand().in_service()
    refused = stand.machine.heartbeat(ControlChannel.GRID, GRID, stand.now, **said)
    assert refused is not None
    assert (refused.code, [refused.pointer]) == (Code.FIELD_FORMAT, list(said))


# --- clocks ---------------------------------------------------------------------------------


def test_a_clock_that_jumps_ahead_ends_no_ramp() -> None:
    stand = Stand().in_service()
    assert stand.limit(seconds=DAY_S) is None
    assert stand.target(10_000, seconds=3_600) is None
    before_w = stand.step().target_w
    stand.market_s += 1_800
    stand.real_ms += 1_000
    assert stand.step().target_w - before_w <= 10_000 * LocalSettings().reading_gap_max_s // 60 + 1


def test_a_clock_that_jumps_ahead_ends_no_recovery() -> None:
    stand = in_failsafe()
    assert stand.limit(seconds=DAY_S) is None
    stand.beat()
    assert stand.step().state == "recovery"
    stand.market_s += 1_800
    outputs = stand.run(PROFILE.dwell_s, renew=False)
    assert {output.state for output in outputs} == {UnitState.RECOVERY}
    assert {output.target_w for output in outputs} == {0}


def test_a_clock_that_was_ahead_for_a_moment_does_not_keep_an_operator_from_stopping() -> None:
    stand = Stand(HEAT_PUMP)
    stand.market_s += 10 * DAY_S
    stand.machine.act(UnitAct.STOP, "eve", stand.now)
    stand.machine.act(UnitAct.START, "eve", stand.now)
    stand.step()
    stand.market_s -= 10 * DAY_S
    stand.run(600)
    assert stand.state == "normal"
    assert stand.machine.act(UnitAct.STOP, "eve", stand.now) is None


# --- people ---------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [UnitAct.STOP, UnitAct.EMERGENCY_STOP])
@pytest.mark.parametrize("first", ["stop", "lock"])
def test_a_release_from_a_lock_starts_nothing_that_was_stopped(stop: UnitAct, first: str) -> None:
    stand = Stand().in_service(6_000)
    if first == "stop":
        assert stand.machine.act(stop, "eve", stand.now) is None
    assert stand.machine.act(UnitAct.LOCK, "ann", stand.now, on_site=True) is None
    if first == "lock":
        assert stand.machine.act(stop, "eve", stand.now) is None
    again = Stand(memory=stand.machine.memory())
    again.market_s, again.sequence = stand.market_s, stand.sequence
    for one in (stand, again):
        assert one.state == "locked"
        assert one.machine.act(UnitAct.RELEASE, "ann", one.now, on_site=True) is None
        one.run(600)
        assert one.state == "stopped"
        assert one.machine.act(UnitAct.START, "eve", one.now) is None
        one.run(600)
        assert one.state == "normal"


def test_nobody_on_site_gives_the_grid_operators_permission() -> None:
    stand = Stand().in_service(6_000)
    assert stand.machine.act(UnitAct.FORBID, GRID, stand.now) is None
    refused = stand.machine.act(UnitAct.PERMIT, "ann", stand.now, on_site=True)
    assert refused is not None
    assert refused.code is Code.NOT_PERMITTED
    stand.run(600)
    assert stand.state == "init"


# --- what the device says -------------------------------------------------------------------


def test_protections_that_open_while_it_is_off_are_one_fault_and_begin_the_wait_again() -> None:
    stand = Stand().in_service(6_000)
    for _ in range(PROFILE.faults_max + 1):
        stand.machine.hardware_tripped("overvoltage")
        stand.run(1)
    assert stand.state == "tripped"
    stand.run(600)
    assert story(stand)[-3:] == ["tripped", "connecting", "normal"]


def test_a_storage_keeps_its_reserve_in_fail_safe_whatever_the_schedule_says() -> None:
    local = LocalSettings(failsafe_injection_max_w=3_000, reserve_wh=2_000)
    stand = Stand(BATTERY, local=local).in_service()
    assert stand.limit(seconds=DAY_S) is None
    stand.reading = replace(stand.reading, state_of_charge_wh=1_500)
    assert stand.target(3_000, seconds=1_200) is None
    assert stand.run(60, renew=False)[-1].target_w == 3_000
    stand.run(180, grid=False)
    assert (stand.state, stand.last.target_w) == ("failsafe", 0)
