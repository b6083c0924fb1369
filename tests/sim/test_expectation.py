"""What a price is expected to be: a typical day at first, then what has been published."""

import numpy as np
import pytest

from benchmarks.village_trial import definition
from sim.expectation import PriceExpectation, typical_position
from sim.tariff import tariff_of

MIDNIGHT_S = 1_465_945_200


@pytest.fixture
def expectation() -> PriceExpectation:
    tariff = tariff_of(definition(80.0, 40.0, 10.0), "RUR")
    return PriceExpectation(tariff, day_start_s=MIDNIGHT_S, interval_s=900, count=96)


def test_the_dark_costs_what_the_retailer_asks_and_noon_what_it_pays(
    expectation: PriceExpectation,
) -> None:
    expected = expectation.expected_ticks
    assert expected[4] == expectation.ceiling_ticks[4]
    assert expected[50] == expectation.floor_ticks[50]
    assert expected[90] == expectation.ceiling_ticks[90]


def test_a_typical_day_falls_to_noon_and_rises_again() -> None:
    position = typical_position(np.arange(24.0))
    assert (np.diff(position[:12]) <= 0).all()
    assert (np.diff(position[14:]) >= 0).all()


def test_a_surprise_changes_the_next_hours_most(expectation: PriceExpectation) -> None:
    before = expectation.expected_ticks.copy()
    expectation.published(68, 15_000)
    change = expectation.expected_ticks - before
    assert change[69] < change[80] < 0
    assert abs(change[95]) < abs(change[69])


def test_a_price_heard_twice_counts_once(expectation: PriceExpectation) -> None:
    expectation.published(68, 15_000)
    once = expectation.expected_ticks.copy()
    expectation.published(68, 15_000)
    expectation.published(67, 9_000)
    assert (expectation.expected_ticks == once).all()


def test_what_was_expected_teaches_nothing(expectation: PriceExpectation) -> None:
    before = expectation.expected_ticks.copy()
    expectation.published(4, int(before[4]))
    assert expectation.expected_ticks == pytest.approx(before)


def test_a_price_far_beyond_the_band_does_not_carry_the_plans_away(
    expectation: PriceExpectation,
) -> None:
    for index in range(70, 80):
        expectation.published(index, 400_000)
    width = expectation.ceiling_ticks - expectation.floor_ticks
    most = expectation.ceiling_ticks + 0.25 * width
    assert (expectation.scenarios_ticks <= most[:, None] + 1e-6).all()


def test_low_expected_high_are_in_that_order(expectation: PriceExpectation) -> None:
    low, middle, high = expectation.scenarios_ticks.T
    assert (low <= middle).all()
    assert (middle <= high).all()
