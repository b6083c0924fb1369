"""Readings at the terminals: edges, delays, hysteresis, gaps."""

from dataclasses import replace

import pytest

from market.control.unit import profile_named, profile_names
from market.control.unit.profile import Quantity
from market.control.unit.watch import Watch
from market.model.power import GridReading
from tests.market.control.unit.stand import PROFILE, START_S, WELL

NOBODY = GridReading(voltage_ppm=None, frequency_mhz=None)


def watch(*, has_to_measure: bool = True) -> Watch:
    return Watch(PROFILE, gap_max_s=10, has_to_measure=has_to_measure)


def seen(watched: Watch, reading: GridReading, *seconds: int) -> Watch:
    for second in seconds:
        watched.see(reading, START_S + second)
    return watched


@pytest.mark.parametrize("name", profile_names())
def test_every_protection_of_every_profile_acts_after_its_delay_and_not_before(name: str) -> None:
    profile = profile_named(name)
    for trip in profile.trips:
        beyond = trip.threshold + (1 if trip.above else -1)
        field = {
            Quantity.VOLTAGE: "voltage_ppm",
            Quantity.FREQUENCY: "frequency_mhz",
            Quantity.ROCOF: "rocof_mhz_per_s",
        }[trip.quantity]
        well = replace(WELL, frequency_mhz=profile.rated_frequency_mhz)
        watched = Watch(profile, gap_max_s=10, has_to_measure=True)
        delay_s = -(-trip.delay_ms // 1_000) if trip.delay_ms >= 1_000 else 0
        for second in range(delay_s):
            watched.see(replace(well, **{field: beyond}), START_S + second)
            assert watched.tripped is None, trip
        watched.see(replace(well, **{field: beyond}), START_S + delay_s)
        assert watched.tripped is trip
        watched = Watch(profile, gap_max_s=10, has_to_measure=True)
        for second in (0, delay_s, delay_s + 10**6):
            watched.see(replace(well, **{field: trip.threshold}), START_S + second)
            assert watched.tripped is None or watched.tripped is not trip


def test_a_protection_begins_anew_when_the_quantity_was_back() -> None:
    high = replace(WELL, voltage_ppm=1_150_000)
    watched = seen(watch(), high, 0, 1)
    seen(watched, WELL, 2)
    assert seen(watched, high, 3, 4).tripped is None
    assert seen(watched, high, 5).tripped is not None


@pytest.mark.parametrize(
    ("voltage", "frequency", "rocof", "disturbed"),
    [
        (1_100_000, 50_200, 2_000, False),
        (850_000, 49_500, -2_000, False),
        (1_100_001, 50_000, 0, True),
        (849_999, 50_000, 0, True),
        (1_000_000, 50_201, 0, True),
        (1_000_000, 49_499, 0, True),
        (1_000_000, 50_000, 2_001, True),
        (1_000_000, 50_000, -2_001, True),
        (None, None, None, False),
    ],
)
def test_outside_normal_is_a_disturbance(
    voltage: int | None, frequency: int | None, rocof: int | None, *, disturbed: bool
) -> None:
    reading = GridReading(voltage_ppm=voltage, frequency_mhz=frequency, rocof_mhz_per_s=rocof)
    assert seen(watch(), reading, 0).is_disturbed is disturbed


@pytest.mark.parametrize(
    ("reading", "over"),
    [
        (replace(WELL, voltage_ppm=1_095_000), False),
        (replace(WELL, voltage_ppm=1_090_000), True),
        (replace(WELL, voltage_ppm=859_999), False),
        (replace(WELL, frequency_mhz=50_151), False),
        (replace(WELL, frequency_mhz=50_150), True),
    ],
)
def test_a_disturbance_is_over_a_little_inside(reading: GridReading, *, over: bool) -> None:
    watched = seen(watch(), replace(WELL, voltage_ppm=1_120_000), 0)
    assert seen(watched, reading, 1).is_disturbed is not over


def test_quiet_lasts_while_it_is_watched() -> None:
    watched = seen(watch(), WELL, 0, 10, 20)
    assert watched.quiet_since_s == START_S
    assert seen(watched, WELL, 31).quiet_since_s == START_S + 31
    assert seen(watched, NOBODY, 32).quiet_since_s is None
    assert not watched.is_blind(START_S + 41)
    assert watched.is_blind(START_S + 42)


def test_who_need_not_measure_is_never_blind_while_it_is_there() -> None:
    watched = seen(watch(has_to_measure=False), NOBODY, 0, 5)
    assert watched.quiet_since_s == START_S
    assert not watched.is_blind(START_S + 15)
    assert watched.is_blind(START_S + 16)
