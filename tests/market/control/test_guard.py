"""The area guard's arithmetic: nobody jumps together, everybody arrives, and who waits goes round."""

from collections import defaultdict
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.control.guard import (
    Begun,
    Door,
    Staggered,
    most_moved_w,
    peaks_w,
    staggered,
    too_late,
)
from market.model.power import PowerLimits

HALF_AN_HOUR_S = 1_800


@st.composite
def fleets(draw: st.DrawFn) -> tuple[list[int], list[int], list[Door]]:
    """Moves, the area of each, and areas that lie in earlier ones; every move fits through its doors."""
    count = draw(st.integers(1, 4))
    parents = [None, *(draw(st.none() | st.integers(0, at - 1)) for at in range(1, count))]
    moves = draw(st.lists(st.integers(-50, 50), max_size=30))
    areas = [draw(st.integers(0, count - 1)) for _ in moves]
    largest = max(map(abs, moves), default=0)
    doors = [
        Door(parent=parent, most_w=draw(st.integers(max(1, largest), 120))) for parent in parents
    ]
    return moves, areas, doors


def inside(doors: list[Door], area: int, outer: int) -> bool:
    place: int | None = area
    while place is not None and place != outer:
        place = doors[place].parent
    return place == outer


def starts_of(
    outer: int, moves: list[int], areas: list[int], doors: list[Door], found: Staggered
) -> list[tuple[int, int]]:
    """Second and change of every unit that moves inside an area."""
    return [
        (wait_s, move_w)
        for move_w, area, wait_s in zip(moves, areas, found.waits_s, strict=True)
        if wait_s is not None and move_w and inside(doors, area, outer)
    ]


@given(fleets(), st.integers(0, 1_000))
def test_within_no_minute_an_area_moves_more_than_its_bound(
    fleet: tuple[list[int], list[int], list[Door]], turn: int
) -> None:
    moves, areas, doors = fleet
    found = staggered(moves, areas, doors, turn=turn, seconds=HALF_AN_HOUR_S)
    for outer, door in enumerate(doors):
        assert max(peaks_w(starts_of(outer, moves, areas, doors, found))) <= door.most_w


@given(fleets(), st.integers(0, 1_000))
def test_everybody_arrives_if_there_is_time(
    fleet: tuple[list[int], list[int], list[Door]], turn: int
) -> None:
    moves, areas, doors = fleet
    # In line, each waits a minute for the one before at most.
    found = staggered(moves, areas, doors, turn=turn, seconds=60 * len(moves) + 1)
    assert None not in found.waits_s
    assert set(found.stopped_by) <= {None}


@given(fleets(), st.integers(0, 1_000), st.integers(0, 120))
def test_who_has_no_time_does_not_move_and_knows_by_whom(
    fleet: tuple[list[int], list[int], list[Door]], turn: int, seconds: int
) -> None:
    moves, areas, doors = fleet
    found = staggered(moves, areas, doors, turn=turn, seconds=seconds)
    for area, wait_s, full in zip(areas, found.waits_s, found.stopped_by, strict=True):
        assert (wait_s is None) is (full is not None)
        assert wait_s is None or wait_s < max(1, seconds)
        assert full is None or inside(doors, area, full)


@given(fleets())
def test_nobody_waits_where_a_minute_bears_it_all(
    fleet: tuple[list[int], list[int], list[Door]],
) -> None:
    moves, areas, doors = fleet
    wide = [Door(parent=door.parent, most_w=sum(map(abs, moves))) for door in doors]
    found = staggered(moves, areas, wide, turn=0, seconds=1)
    assert set(found.waits_s) <= {0}


@given(st.permutations(range(40)), st.integers(0, 100))
def test_the_order_of_like_units_changes_no_sum(order: list[int], turn: int) -> None:
    """Ten kW each, half of them upward: whoever goes, as many go at every second."""
    moves = [10_000 if unit % 2 else -10_000 for unit in range(40)]
    doors = [Door(parent=None, most_w=50_000)]

    def seconds_of(of_moves: list[int], at_turn: int) -> list[tuple[int | None, int]]:
        found = staggered(of_moves, [0] * 40, doors, turn=at_turn, seconds=600)
        return sorted(
            (-1 if wait_s is None else wait_s, move_w)
            for wait_s, move_w in zip(found.waits_s, of_moves, strict=True)
        )

    assert seconds_of([moves[unit] for unit in order], turn) == seconds_of(moves, 0)


@pytest.mark.parametrize("count", [1, 2, 7, 10, 24, 100])
def test_who_waits_goes_round(count: int) -> None:
    """Over as many turns as units each of them was first once, and all have waited alike."""
    doors = [Door(parent=None, most_w=1_000)]
    first: list[int] = []
    waited: defaultdict[int, int] = defaultdict(int)
    for turn in range(count):
        found = staggered([1_000] * count, [0] * count, doors, turn=turn, seconds=60 * count)
        for unit, wait_s in enumerate(found.waits_s):
            assert wait_s is not None
            waited[unit] += wait_s
        first.append(found.waits_s.index(0))
    assert sorted(first) == list(range(count))
    assert len(set(waited.values())) == 1


def test_a_long_line_moves_evenly_and_not_in_bursts() -> None:
    """Sixty units of 1 kW, 10 kW a minute: one every six seconds."""
    found = staggered(
        [1_000] * 60, [0] * 60, [Door(parent=None, most_w=10_000)], turn=0, seconds=600
    )
    assert sorted(wait_s or 0 for wait_s in found.waits_s) == [6 * place for place in range(60)]


def test_the_sum_goes_straight_to_where_it_ends() -> None:
    """Ten up by 2 kW, ten down by 1 kW: on the way the sum is never beyond either end by a unit's move."""
    moves = [2_000, -1_000] * 10
    found = staggered(moves, [0] * 20, [Door(parent=None, most_w=4_000)], turn=3, seconds=900)
    sum_w = 0
    for wait_s in sorted({wait_s for wait_s in found.waits_s if wait_s is not None}):
        sum_w += sum(
            move_w for move_w, at_s in zip(moves, found.waits_s, strict=True) if at_s == wait_s
        )
        assert -1_000 <= sum_w <= 10_000 + 2_000
    assert sum_w == 10_000


def test_the_outer_area_counts_what_its_inner_areas_move() -> None:
    doors = [
        Door(parent=None, most_w=10),
        Door(parent=0, most_w=10),
        Door(parent=0, most_w=10),
    ]
    both = staggered([10, 10], [1, 2], doors, turn=0, seconds=300)
    assert sorted(wait_s or 0 for wait_s in both.waits_s) == [0, 60]
    apart = staggered([10, -10], [1, 2], doors, turn=0, seconds=300)
    assert apart.waits_s == (0, 0)


def test_what_has_just_begun_still_counts() -> None:
    door = [Door(parent=None, most_w=10)]
    begun = [Begun(area=0, at_s=-20, change_w=8)]
    assert staggered([4], [0], door, turn=0, seconds=300, begun=begun).waits_s == (40,)
    assert staggered([-4], [0], door, turn=0, seconds=300, begun=begun).waits_s == (0,)


def test_what_must_not_wait_does_not_and_counts() -> None:
    """A battery relieves the grid with more than the bound: it goes, the others wait until that is over."""
    found = staggered(
        [20, 5], [0, 0], [Door(parent=None, most_w=10)], turn=0, seconds=300, at_once={0}
    )
    assert found.waits_s == (0, 60)


def test_no_area_is_so_small_that_nothing_in_it_may_move() -> None:
    capacity = PowerLimits(withdrawal_max_w=8_000, injection_max_w=4_000)
    assert most_moved_w(capacity, 250_000, [2_000, 1_000]) == 3_000
    assert most_moved_w(capacity, 250_000, [7_000]) == 7_000
    assert most_moved_w(capacity, 250_000, []) == 3_000


def test_ten_thousand_units_at_a_boundary_are_told_within_a_second() -> None:
    """A morning on which every battery of a city turns round: 10 kW to and 10 kW fro, a quarter a minute."""
    count = 10_000
    moves = [20_000 if unit % 3 else -20_000 for unit in range(count)]
    areas = [1 + unit % 20 for unit in range(count)]
    swing_w = 20_000 * count
    doors = [
        Door(parent=None, most_w=swing_w // 8),
        *(Door(parent=0, most_w=swing_w // 20 // 4) for _ in range(20)),
    ]
    begun_s = process_time()
    found = staggered(moves, areas, doors, turn=17, seconds=600)
    taken_s = process_time() - begun_s
    assert None not in found.waits_s
    for outer, door in enumerate(doors):
        up_w, down_w = peaks_w(starts_of(outer, moves, areas, doors, found))
        assert max(up_w, down_w) <= door.most_w
    assert taken_s < 2  # of this process; a quiet machine needs a tenth of it


@given(fleets(), st.integers(-100, 100), st.integers(0, 60), st.integers(0, 60), st.integers(0, 30))
def test_a_sum_that_ends_inside_its_bounds_is_inside_them_all_the_time(
    fleet: tuple[list[int], list[int], list[Door]],
    now_w: int,
    below_w: int,
    above_w: int,
    time: int,
) -> None:
    moves, areas, doors = fleet
    end_w = now_w + sum(moves)
    lowest_w, highest_w = end_w - below_w, end_w + above_w
    at_once: set[int] = set()
    while True:
        found = staggered(moves, areas, doors, turn=0, seconds=time, at_once=at_once)
        late = too_late(now_w, moves, found.waits_s, lowest_w=lowest_w, highest_w=highest_w)
        if not late:
            break
        assert not at_once.intersection(late)
        at_once.update(late)
    for at_s in range(time + 1):
        begun = (
            move_w
            for move_w, wait_s in zip(moves, found.waits_s, strict=True)
            if wait_s is not None and wait_s <= at_s
        )
        assert lowest_w <= now_w + sum(begun) <= highest_w


def test_who_brings_a_sum_back_begins_at_once_and_nobody_else() -> None:
    assert too_late(8, [5, -4, -4, -4], [0, 10, 20, None], lowest_w=None, highest_w=10) == [1]
    assert too_late(8, [5, -4, -4, -4], [7, 10, 20, None], lowest_w=None, highest_w=10) == [1]
    assert too_late(8, [1, -4, -4, -4], [7, 10, 20, None], lowest_w=0, highest_w=10) == []
    assert too_late(8, [-9, 4], [0, None], lowest_w=0, highest_w=None) == [1]
