"""Cut off: fail-safe limits in time, and a slow way back; who may narrow what."""

from dataclasses import replace
from itertools import pairwise

import pytest

from market.control.unit import LocalSettings, Readiness, Senders
from market.model.power import ControlChannel, PowerLimits
from market.model.rejection import Code
from tests.market.control.unit.stand import (
    BATTERY,
    GRID,
    HEAT_PUMP,
    LIGHTS,
    MARKET,
    NOTHING,
    OTHER,
    PROFILE,
    SENDERS,
    SOLAR,
    Stand,
    story,
)

# --- fail-safe and recovery -------------------------------------------------------------------


def cut_off(stand: Stand, seconds: int = 200) -> list[tuple[str, int]]:
    outputs = stand.run(seconds, grid=False, market=False)
    return [(output.state.value, output.target_w) for output in outputs]


def test_after_two_minutes_of_silence_it_is_inside_its_fail_safe_limits_within_five_seconds() -> (
    None
):
    stand = Stand().in_service(9_000)
    stand.beat()
    lived = cut_off(stand)
    states = [state for state, _ in lived]
    assert states.index("failsafe") == 121
    assert lived[120][1] > 0
    assert all(power_w == 0 for _, power_w in lived[125:])


def test_the_way_to_safety_does_not_wait_for_market_time() -> None:
    stand = Stand().in_service(9_000)
    stand.beat()
    stand.run(130, grid=False, market=False, speed=0)
    assert (stand.state, stand.last.target_w) == ("failsafe", 0)


def test_a_limit_that_runs_out_leads_into_fail_safe_and_the_ramp_is_over_by_then() -> None:
    stand = Stand().in_service(9_000)
    stand.limit(seconds=900)
    stand.target(9_000, seconds=1_000)
    outputs = stand.run(902, renew=False)
    states = [output.state.value for output in outputs]
    assert states.index("failsafe") == 900
    assert outputs[900].target_w == 0
    assert 0 < outputs[897].target_w < 9_000
    steps_w = [a.target_w - b.target_w for a, b in pairwise(outputs)]
    assert max(steps_w) <= 2_000


def test_a_burst_of_bad_messages_on_the_grid_channel_ends_trust_until_a_newer_epoch() -> None:
    stand = Stand().in_service(9_000)
    for _ in range(PROFILE.burst_count):
        stand.machine.suspect(ControlChannel.GRID, "signature", stand.now)
    assert stand.step().state == "failsafe"
    refused = stand.limit()
    assert refused is not None
    assert (refused.code, refused.pointer) == (Code.PHASE_CONFLICT, "epoch")
    stand.run(30, renew=False)
    assert stand.state == "failsafe"
    stand.epoch = 2
    assert stand.limit() is None
    stand.run(3, renew=False)
    assert stand.state == "recovery"


def test_bad_messages_that_come_slowly_are_no_burst() -> None:
    stand = Stand().in_service(9_000)
    for _ in range(20):
        stand.machine.suspect(ControlChannel.GRID, "signature", stand.now)
        stand.run(20, renew=False)
    assert "failsafe" not in story(stand)


def test_a_burst_on_the_market_channel_makes_it_stale_for_a_while_only() -> None:
    stand = Stand().in_service(1_000)
    for _ in range(PROFILE.burst_count):
        stand.target(1_000, sender=OTHER)
    assert stand.step().state == "stale"
    stand.run(10, renew=False)
    assert stand.state == "normal"


def test_heartbeats_alone_do_not_end_fail_safe_but_a_fresh_limit_does() -> None:
    stand = Stand().in_service(9_000)
    stand.limit(seconds=3_000)
    cut_off(stand, 150)
    stand.run(60, renew=False)
    assert stand.state == "failsafe"
    stand.limit()
    stand.run(1, renew=False)
    assert stand.state == "recovery"


def test_recovery_waits_spreads_and_climbs_by_the_slow_ramp() -> None:
    stand = Stand(seed=4)
    stand.run(500)
    stand.target(8_000)
    stand.run(200)
    cut_off(stand, 150)
    stand.target(8_000)
    outputs = stand.run(800)
    states = [output.state.value for output in outputs]
    begun = states.index("recovery")
    risen = next(n for n, output in enumerate(outputs) if output.target_w > 0)
    assert PROFILE.dwell_s <= risen - begun <= PROFILE.dwell_s + PROFILE.recovery_spread_s + 1
    steps_w = [b.target_w - a.target_w for a, b in pairwise(outputs)]
    assert max(steps_w) <= 17
    stand.target(8_000)
    stand.run(600)
    assert (stand.state, stand.last.target_w) == ("normal", 8_000)


def test_where_the_profile_says_so_only_a_newer_epoch_leads_out() -> None:
    stand = Stand(profile=replace(PROFILE, recovery_needs_epoch=True)).in_service(9_000)
    cut_off(stand, 150)
    stand.run(30)
    assert stand.state == "failsafe"
    stand.epoch = 2
    stand.limit()
    stand.run(1, renew=False)
    assert stand.state == "recovery"


def test_cut_off_again_while_recovering_it_is_fail_safe_again() -> None:
    stand = Stand().in_service(9_000)
    cut_off(stand, 150)
    stand.run(30)
    assert stand.state == "recovery"
    cut_off(stand, 150)
    assert (stand.state, stand.last.target_w) == ("failsafe", 0)


@pytest.mark.parametrize(
    ("what", "limits"),
    [
        (SOLAR, NOTHING),
        (BATTERY, NOTHING),
        (HEAT_PUMP, PowerLimits(withdrawal_max_w=4_200, injection_max_w=0)),
        (LIGHTS, PowerLimits(withdrawal_max_w=10_000, injection_max_w=0)),
    ],
    ids=["solar", "battery", "heat pump", "lights"],
)
def test_what_each_kind_may_do_when_it_is_cut_off(what: object, limits: PowerLimits) -> None:
    stand = Stand(what).in_service()
    cut_off(stand)
    assert stand.machine.limits() == limits


def test_what_is_contracted_instead_of_the_profile_is_set_at_the_device() -> None:
    local = LocalSettings(failsafe_injection_max_w=1_500, injection_max_w=7_000)
    stand = Stand(local=local).in_service(7_000)
    assert stand.machine.limits().injection_max_w == 7_000
    cut_off(stand)
    assert stand.last.target_w == 1_500


def test_a_unit_without_a_grid_channel_never_waits_for_one() -> None:
    stand = Stand(senders=Senders(market=frozenset({MARKET}), grid=frozenset()))
    for _ in range(4):
        stand.run(100, grid=False)
    assert stand.state == "normal"
    stand.run(300, grid=False, market=False)
    assert stand.state == "stale"


# --- authority --------------------------------------------------------------------------------


def test_a_grid_limit_holds_at_once_whatever_the_market_has_scheduled() -> None:
    stand = Stand().in_service(9_000)
    stand.limit(4_000)
    assert stand.machine.limits().injection_max_w == 4_000
    assert stand.step().target_w == 4_000


def test_a_set_point_above_the_grid_limit_is_refused_and_the_last_one_stays() -> None:
    stand = Stand().in_service(3_000)
    stand.limit(4_000)
    refused = stand.target(5_000)
    assert refused is not None
    assert (refused.code, refused.pointer) == (Code.GRID_LIMIT, "target_w")
    assert refused.parameters == {"nearest_kw": "4.000"}
    assert stand.step().target_w == 3_000


def test_a_limit_for_later_is_reached_by_a_ramp_before_it_holds() -> None:
    stand = Stand().in_service(9_000)
    stand.limit(2_000, from_s=stand.market_s + 30, until_s=stand.market_s + 900)
    outputs = stand.run(32, renew=False)
    assert outputs[20].target_w == 9_000
    assert outputs[30].target_w == 2_000
    assert 2_000 < outputs[28].target_w < 9_000


def test_a_wish_never_passes_what_is_allowed() -> None:
    stand = Stand().in_service()
    stand.machine.wish(99_000)
    stand.limit(4_000)
    outputs = stand.run(300, market=False, renew=False)
    assert max(output.target_w for output in outputs) == 4_000


def test_with_the_switch_on_local_the_market_is_refused_and_the_grid_is_not() -> None:
    stand = Stand().in_service(6_000)
    readiness = Readiness(settings_hash=PROFILE.hash, local_control=True)
    stand.machine.ready(readiness, stand.now)
    refused = stand.target(1_000)
    assert refused is not None
    assert (refused.code, refused.pointer) == (Code.NOT_PERMITTED, "local_control")
    assert stand.limit(500) is None
    assert stand.step().target_w == 500


# --- two who would lead -----------------------------------------------------------------------


def test_after_a_healed_cut_only_the_newer_of_two_controllers_is_obeyed() -> None:
    stand = Stand().in_service(3_000)
    both = replace(SENDERS, market=frozenset({MARKET, "second"}))
    stand = Stand(senders=both).in_service(3_000)
    start_s = stand.market_s + 900
    ahead = {"start_s": start_s, "until_s": start_s + 900}
    assert stand.target(5_000, **ahead) is None
    assert stand.target(7_000, sender="second", epoch=2, sequence=1, **ahead) is None
    for attempt in range(50):
        refused = stand.target(9_000, epoch=1, sequence=1_000 + attempt, **ahead)
        assert refused is not None
        assert refused.pointer == "epoch"
    beat = stand.machine.heartbeat(ControlChannel.MARKET, MARKET, stand.now, epoch=1)
    assert beat is not None
    assert beat.pointer == "epoch"
    stand.epoch = 2
    stand.run(1_100)
    assert stand.last.target_w == 7_000


def test_a_heartbeat_whose_counter_stands_still_is_no_life() -> None:
    stand = Stand().in_service()
    beat = stand.machine.heartbeat
    assert beat(ControlChannel.GRID, GRID, stand.now, epoch=1, counter=5) is None
    refused = beat(ControlChannel.GRID, GRID, stand.now, epoch=1, counter=5)
    assert refused is not None
    assert refused.pointer == "counter"
    assert beat(ControlChannel.GRID, GRID, stand.now, epoch=2, counter=1) is None


def test_refused_commands_are_counted_and_the_last_ones_kept() -> None:
    stand = Stand().in_service()
    for _ in range(3):
        stand.target(1_000, sender=OTHER)
    assert stand.machine.refused[Code.NOT_PERMITTED] == 3
    refused = stand.machine.refusals[-1]
    assert (refused.sender, refused.what, refused.pointer) == (OTHER, "setpoint", "sender")
