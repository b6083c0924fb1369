"""Ramps: never faster than they may be, never standing still, and limits before ramps."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.control.unit.motion import Motion
from market.control.unit.ramps import clipped, narrowed
from market.model.power import PowerLimits
from tests.market.control.unit.stand import BATTERY, PROFILE, START_S

WIDE = PowerLimits(withdrawal_max_w=10_000, injection_max_w=10_000)
powers = st.integers(-10_000, 10_000)
limits = st.builds(
    PowerLimits,
    withdrawal_max_w=st.integers(0, 10_000),
    injection_max_w=st.integers(0, 10_000),
)


def at(power_w: int, *, slow: bool) -> Motion:
    motion = Motion(BATTERY, PROFILE, 0, gap_max_s=900)
    motion.start_ramp(START_S, 0)
    motion.target_w, motion.is_slow = power_w, slow
    return motion


@given(from_w=powers, wanted_w=powers, seconds=st.integers(0, 900), slow=st.booleans())
def test_a_move_is_no_faster_than_its_ramp_and_arrives_in_time(
    from_w: int, wanted_w: int, seconds: int, *, slow: bool
) -> None:
    motion = at(from_w, slow=slow)
    motion.move(wanted_w, WIDE, WIDE, START_S + seconds, 1_000 * seconds)
    per_minute_w = 1_000 if slow else 10_000
    assert abs(motion.target_w - from_w) <= -(-per_minute_w * seconds // 60)
    if abs(wanted_w - from_w) * 60 <= per_minute_w * seconds:
        assert motion.target_w == wanted_w
    assert min(from_w, wanted_w) <= motion.target_w <= max(from_w, wanted_w)


@given(powers, powers, limits, limits, st.integers(0, 20))
def test_hard_limits_hold_at_once_and_soft_ones_within_five_seconds_of_the_full_swing(
    from_w: int, wish_w: int, hard: PowerLimits, other: PowerLimits, seconds: int
) -> None:
    soft = narrowed(hard, other)
    motion = at(from_w, slow=False)
    motion.move(clipped(wish_w, soft), hard, soft, START_S + seconds, 1_000 * seconds)
    assert clipped(motion.target_w, hard) == motion.target_w
    if seconds >= 5:
        assert clipped(motion.target_w, soft) == motion.target_w


def test_market_time_that_stands_still_moves_no_market_ramp_but_the_way_to_safety() -> None:
    motion = at(0, slow=False)
    motion.move(5_000, WIDE, WIDE, START_S, 60_000)
    assert motion.target_w == 0
    motion = at(9_000, slow=False)
    nothing = PowerLimits(withdrawal_max_w=0, injection_max_w=0)
    motion.move(0, WIDE, nothing, START_S, 3_000)
    assert motion.target_w == 3_000


@pytest.mark.parametrize("nameplate_w", [1, 7, 100])
def test_the_smallest_unit_does_not_stand_still(nameplate_w: int) -> None:
    unit = replace(BATTERY, injection_max_w=nameplate_w, withdrawal_max_w=nameplate_w)
    motion = Motion(unit, PROFILE, 0, gap_max_s=900)
    motion.start_ramp(START_S, 0)
    for second in range(1, 601):
        motion.move(nameplate_w, WIDE, WIDE, START_S + second, 1_000 * second)
    assert motion.target_w == nameplate_w
    assert not motion.is_slow


def test_while_the_grid_is_disturbed_the_device_leads_and_the_way_back_is_slow() -> None:
    motion = at(8_000, slow=False)
    motion.follow_device(3_000, WIDE, START_S + 1, 1_000)
    assert motion.target_w == 3_000
    motion.move(8_000, WIDE, WIDE, START_S + 61, 61_000)
    assert motion.target_w == 4_000
    motion.follow_device(None, WIDE, START_S + 62, 62_000)
    assert motion.target_w == 4_000
