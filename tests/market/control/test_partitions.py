"""Areas and units that lose contact: safe in time, inside what was confirmed, back one after another.

What must hold is asserted by the world at every look (`partitions.py`); the counts here show that there
was something to hold against.
"""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.market.control.nested import NestedWorld
from tests.market.control.partitions import DAY_S, PROFILE, T0_S, WINDOW_S, Cut, World

MET = (
    *("lost down", "lost up", "alone", "decoupled", "restarts"),
    *("fail-safe", "recovery", "state stale"),
)


def missing(counts: Counter[str]) -> list[str]:
    return [name for name in MET if not counts[name]]


@settings(max_examples=3)
@given(seed=st.integers(0, 10**6))
def test_whatever_is_cut_no_limit_is_passed_and_nothing_is_lent_twice(seed: int) -> None:
    counts = World(units=24, areas=3, cuts=20, seed=seed, longest_s=2 * 3_600).run()
    assert counts["lost down"] + counts["lost up"] > 0
    assert counts["state normal"] > 0


def test_sixty_units_and_thirty_cuts_meet_every_fault() -> None:
    world = World(units=60, areas=3, cuts=30, seed=7, longest_s=3 * 3_600)
    counts = world.run()
    assert not missing(counts)
    assert counts["links that lost something"] > 10


@pytest.mark.long
def test_a_thousand_units_and_five_hundred_cuts_of_a_second_to_a_day() -> None:
    world = World(units=1_000, areas=20, cuts=500, seed=11, longest_s=DAY_S)
    counts = world.run()
    assert not missing(counts)
    assert counts["links that lost something"] > 200
    assert max(cut.until_s - cut.from_s for cut in world.cuts) > DAY_S // 2
    assert counts["fail-safe"] > 100


def cut_of_all(minutes: int) -> World:
    cut_s = T0_S + 2 * WINDOW_S
    cut = Cut("radio A0", down=True, up=True, from_s=cut_s, until_s=cut_s + 60 * minutes)
    return World(units=80, areas=1, cuts=[cut], seed=3)


def test_units_of_an_area_that_comes_back_are_served_one_after_another() -> None:
    world = cut_of_all(minutes=20)
    counts = world.run()
    steered = [end for end in world.ends if end.unit.controllable]
    assert counts["fail-safe"] >= len(steered)
    waits_s = [began_s - left_s for end in world.ends for left_s, began_s in end.served_again_s]
    assert len(waits_s) > len(steered) // 2
    assert min(waits_s) >= PROFILE.dwell_s
    # No minute of the five sees more than half of them begin.
    minutes = Counter(wait_s // 60 for wait_s in waits_s)
    assert max(minutes.values()) <= len(waits_s) // 2
    assert len(minutes) >= 4


def test_a_cut_shorter_than_three_heartbeats_changes_nothing() -> None:
    cut_s = T0_S + 2 * WINDOW_S
    cut = Cut("market A0", down=True, up=True, from_s=cut_s, until_s=cut_s + 10)
    counts = World(units=8, areas=1, cuts=[cut], seed=3).run()
    assert counts["links that lost something"] == 1
    assert not counts["alone"] + counts["decoupled"] + counts["fail-safe"]


def test_an_area_alone_keeps_its_units_out_of_the_fail_safe_state() -> None:
    cut_s = T0_S + 2 * WINDOW_S
    cut = Cut("market A0", down=True, up=True, from_s=cut_s, until_s=cut_s + 2_700)
    counts = World(units=24, areas=2, cuts=[cut], seed=3).run()
    assert counts["alone"] == counts["decoupled"] == 1
    assert counts["state stale"] > 0
    assert not counts["fail-safe"]


def test_an_area_whose_limits_have_run_out_leaves_its_units_their_fail_safe_limits() -> None:
    cut_s = T0_S + 2 * WINDOW_S
    cut = Cut("market A0", down=True, up=True, from_s=cut_s, until_s=cut_s + 3 * 3_600)
    world = World(units=24, areas=2, cuts=[cut], seed=3)
    world.run()
    area = next(area for area in world.areas if area.area_id == "A0")
    assert area.reach.standing.value == "joined"


# --- areas in areas ---------------------------------------------------------------------------

NESTED_MET = (
    *("lost down", "lost up", "lost to an area", "lost from an area", "reports taken"),
    *("alone", "decoupled", "restarts", "fail-safe", "state stale", "state normal"),
)


def cut_up(area_id: str, minutes: int, *, down: bool = True, up: bool = True) -> Cut:
    cut_s = T0_S + 2 * WINDOW_S
    return Cut(f"up {area_id}", down=down, up=up, from_s=cut_s, until_s=cut_s + 60 * minutes)


@settings(max_examples=3)
@given(seed=st.integers(0, 10**6))
def test_at_no_level_is_a_limit_passed_or_anything_lent_twice(seed: int) -> None:
    counts = NestedWorld(units=14, cuts=8, seed=seed, longest_s=3_600, restarts=2).run()
    assert counts["reports taken"] > 0
    assert counts["state normal"] > 0


def test_three_levels_and_twenty_cuts_meet_every_fault() -> None:
    also = (cut_up("T1", 10),)
    world = NestedWorld(units=24, cuts=19, also=also, seed=7, longest_s=2 * 3_600, restarts=3)
    counts = world.run()
    assert [name for name in NESTED_MET if not counts[name]] == []


@pytest.mark.long
def test_four_levels_are_no_other_than_three() -> None:
    world = NestedWorld(units=40, depth=2, tops=1, cuts=20, seed=5, longest_s=2 * 3_600, restarts=3)
    assert world.run()["reports taken"] > 0
    assert len(world.areas) == 7


@pytest.mark.long
def test_a_hundred_and_twenty_units_in_four_levels_and_two_hundred_cuts() -> None:
    world = NestedWorld(
        units=120, depth=2, tops=2, cuts=200, seed=13, longest_s=DAY_S // 2, restarts=20
    )
    counts = world.run()
    assert [name for name in NESTED_MET if not counts[name]] == []


def test_an_outer_area_that_is_alone_goes_on_lending_to_the_one_inside() -> None:
    world = NestedWorld(units=24, tops=1, cuts=[cut_up("T0", 45)], seed=3)
    counts = world.run()
    assert counts["alone"] == counts["decoupled"] == 1
    assert counts["state stale"] > 0
    assert not counts["fail-safe"]
    # The areas inside heard the one around all the time, and the market through it again.
    assert {area.reach.standing.value for area in world.areas.values()} == {"joined"}
    assert all(area.reach.hears_market for area in world.areas.values())


def test_an_inner_area_that_is_alone_goes_on_inside_what_it_was_lent() -> None:
    world = NestedWorld(units=24, tops=1, cuts=[cut_up("T01", 25)], seed=3)
    counts = world.run()
    assert counts["alone"] == 1
    assert not counts["fail-safe"]


@pytest.mark.parametrize("first", ["T0", "T01"])
def test_both_alone_and_back_in_any_order(first: str) -> None:
    lasts = {"T0": 60, "T01": 60} | {first: 30}
    cuts = [cut_up(area_id, minutes) for area_id, minutes in lasts.items()]
    world = NestedWorld(units=24, tops=1, cuts=cuts, seed=3)
    counts = world.run()
    assert counts["alone"] >= 2
    assert {area.reach.standing.value for area in world.areas.values()} == {"joined"}


@pytest.mark.parametrize("down", [True, False])
def test_one_way_cuts_of_an_inner_area(down: bool) -> None:
    cut = cut_up("T01", 90, down=down, up=not down)
    counts = NestedWorld(units=24, tops=1, cuts=[cut], seed=3).run()
    assert counts["lost to an area" if down else "lost from an area"] > 0
