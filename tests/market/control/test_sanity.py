"""What an area cannot be meant to do: the wrong sign, the wrong scale, and what only looks like it."""

import pytest

from market.control.sanity import STEADY_MIN, Asked, Insane, insane

HOUR = (-400, -380, -420, -400)
"""A home's mean powers of the last hour."""
RANGE_W = 60_000


def home(asked_w: int, seen_w: tuple[int, ...] = HOUR, *, is_free: bool = False) -> Asked:
    return Asked(asked_w, -3_150, 0, seen_w, is_free)


def roof(asked_w: int, seen_w: tuple[int, ...] = (3_000, 3_200, 3_100, 3_050)) -> Asked:
    return Asked(asked_w, 0, 5_250, seen_w, False)


def battery(asked_w: int, seen_w: tuple[int, ...] = (4_000,) * 4) -> Asked:
    return Asked(asked_w, -10_000, 10_000, seen_w, True)


def both_ways(asked_w: int, seen_w: tuple[int, ...]) -> Asked:
    """A home whose meter sees its roof too."""
    return Asked(asked_w, -3_000, 5_000, seen_w, False)


NIGHT = [home(-400) for _ in range(20)]


@pytest.mark.parametrize(
    "units",
    [
        [],
        NIGHT,
        [home(-550) for _ in range(20)],
        [home(0) for _ in range(20)],
        [*NIGHT, *(battery(-10_000) for _ in range(20))],
        [*NIGHT, *(roof(0) for _ in range(20))],
    ],
    ids=["nothing", "as ever", "supper", "nobody trades", "batteries turn round", "a cloud"],
)
def test_an_honest_schedule_is_taken_for_one(units: list[Asked]) -> None:
    assert insane(units, RANGE_W) is None


def test_homes_that_are_to_inject_are_a_sign_turned_round() -> None:
    assert insane([home(400) for _ in range(20)], RANGE_W) is Insane.SIGN
    assert insane([roof(-3_000, ()) for _ in range(5)], RANGE_W) is Insane.SIGN


def test_steady_meters_that_are_to_turn_round_together_are_a_sign_turned_round() -> None:
    noon = (2_000, 2_100, 1_900, 2_000)
    assert insane([both_ways(-2_000, noon) for _ in range(20)], RANGE_W) is Insane.SIGN
    assert insane([both_ways(2_000, noon) for _ in range(20)], RANGE_W) is None


def test_meters_that_were_not_steady_say_nothing() -> None:
    sunset = (2_000, 1_200, 600, 200)
    assert insane([both_ways(-2_000, sunset) for _ in range(20)], RANGE_W) is None
    assert insane([both_ways(-2_000, (2_000,)) for _ in range(20)], RANGE_W) is None


def test_ten_times_the_last_hour_is_a_wrong_scale() -> None:
    assert insane([home(-3_000) for _ in range(20)], RANGE_W) is Insane.SCALE


def test_a_thousand_times_is_beyond_every_nameplate() -> None:
    assert insane([home(-400_000, ()) for _ in range(3)], RANGE_W) is Insane.SCALE
    assert insane([battery(4_000_000, ())], RANGE_W) is Insane.SCALE


def test_few_units_prove_nothing() -> None:
    few = [home(-3_000) for _ in range(STEADY_MIN - 1)]
    assert insane(few, RANGE_W) is None
    assert insane([*few, home(-3_000)], RANGE_W) is Insane.SCALE


def test_what_is_small_in_its_area_is_no_leap() -> None:
    assert insane([home(-3_000) for _ in range(20)], 2_000_000) is None


def test_who_is_steered_may_do_more_than_the_hour_before() -> None:
    assert insane([home(-3_000, is_free=True) for _ in range(20)], RANGE_W) is None
