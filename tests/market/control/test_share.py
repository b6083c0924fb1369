"""Dividing a power: inside the rooms, complete where it can be, and fair."""

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.control.share import by_merit, clipped, fairly, proportional
from market.model.power import PowerLimits

totals = st.integers(-500, 500)
rooms = st.lists(st.integers(0, 100), max_size=8)
turns = st.integers(0, 2_000_000)


@given(totals, rooms, turns)
def test_parts_stay_inside_their_rooms_and_add_up_when_they_can(
    total_w: int, rooms_w: list[int], turn: int
) -> None:
    parts_w = proportional(total_w, rooms_w, turn)
    sign = -1 if total_w < 0 else 1
    assert all(0 <= sign * part <= room for part, room in zip(parts_w, rooms_w, strict=True))
    assert sum(parts_w) == sign * min(abs(total_w), sum(rooms_w))


@given(totals, st.lists(st.integers(0, 100), min_size=1, max_size=8), st.data())
def test_more_room_never_means_a_smaller_part(
    total_w: int, rooms_w: list[int], data: st.DataObject
) -> None:
    member = data.draw(st.integers(0, len(rooms_w) - 1))
    wider_w = list(rooms_w)
    wider_w[member] += data.draw(st.integers(0, 50))
    turn = data.draw(turns)
    before, after = proportional(total_w, rooms_w, turn), proportional(total_w, wider_w, turn)
    assert abs(after[member]) >= abs(before[member])


@given(totals, rooms, turns)
def test_who_has_more_room_than_another_gets_no_less(
    total_w: int, rooms_w: list[int], turn: int
) -> None:
    parts_w = proportional(total_w, rooms_w, turn)
    ranked = sorted(zip(rooms_w, parts_w, strict=True))
    for (room_w, part_w), (wider_w, wider_part_w) in pairwise(ranked):
        assert room_w == wider_w or abs(part_w) <= abs(wider_part_w)


@given(totals, rooms)
def test_no_part_is_a_whole_watt_away_from_its_proportion(total_w: int, rooms_w: list[int]) -> None:
    whole_w = sum(rooms_w)
    wanted_w = min(abs(total_w), whole_w)
    for part_w, room_w in zip(proportional(total_w, rooms_w), rooms_w, strict=True):
        assert abs(abs(part_w) * whole_w - wanted_w * room_w) < max(1, whole_w)


def test_ties_go_to_the_earlier_member() -> None:
    assert proportional(5, [10, 10, 10]) == [2, 2, 1]
    assert proportional(-5, [10, 10, 10]) == [-2, -2, -1]


def test_a_negative_room_is_refused() -> None:
    with pytest.raises(ValueError, match="negative room"):
        proportional(5, [10, -1])


@given(totals, rooms, st.randoms(use_true_random=False))
def test_the_order_of_members_moves_no_part_by_more_than_the_last_watt(
    total_w: int, rooms_w: list[int], chance: Random
) -> None:
    order = list(range(len(rooms_w)))
    chance.shuffle(order)
    parts_w = proportional(total_w, rooms_w)
    shuffled_w = proportional(total_w, [rooms_w[member] for member in order])
    for member, part_w in zip(order, shuffled_w, strict=True):
        assert abs(part_w - parts_w[member]) <= 1


@given(totals, rooms)
def test_the_other_direction_is_the_same_with_the_other_sign(
    total_w: int, rooms_w: list[int]
) -> None:
    assert proportional(-total_w, rooms_w) == [-part for part in proportional(total_w, rooms_w)]


@given(totals, st.lists(st.tuples(st.integers(0, 100), st.integers(-3, 3)), max_size=8))
def test_by_merit_nobody_dear_serves_while_somebody_cheaper_has_room(
    total_w: int, members: list[tuple[int, int]]
) -> None:
    rooms_w, costs = [room for room, _ in members], [cost for _, cost in members]
    parts_w = by_merit(total_w, rooms_w, costs)
    assert sum(parts_w) == (-1 if total_w < 0 else 1) * min(abs(total_w), sum(rooms_w))
    served = [cost for part, cost in zip(parts_w, costs, strict=True) if part]
    for part_w, room_w, cost in zip(parts_w, rooms_w, costs, strict=True):
        assert abs(part_w) <= room_w
        assert abs(part_w) == room_w or all(cost >= other for other in served)


def test_by_merit_equal_cost_shares_in_proportion() -> None:
    assert by_merit(30, [20, 40, 10], [5, 5, 1]) == [7, 13, 10]


def test_a_cost_for_every_room() -> None:
    with pytest.raises(ValueError, match="2 rooms and 1 costs"):
        by_merit(5, [10, 10], [1])


@pytest.mark.parametrize(("target_w", "result_w"), [(-9, -3), (-3, -3), (0, 0), (5, 5), (6, 5)])
def test_clipping_keeps_both_directions(target_w: int, result_w: int) -> None:
    assert clipped(target_w, PowerLimits(withdrawal_max_w=3, injection_max_w=5)) == result_w


@given(totals, st.integers(1, 100), st.integers(1, 8), turns)
def test_after_a_turn_of_each_members_of_equal_room_have_borne_the_same(
    total_w: int, room_w: int, members: int, turn: int
) -> None:
    borne_w = [0] * members
    for number in range(members):
        parts_w = proportional(total_w, [room_w] * members, turn + number)
        borne_w = [borne + part for borne, part in zip(borne_w, parts_w, strict=True)]
    assert len(set(borne_w)) == 1


# --- over time ----------------------------------------------------------------------------


@st.composite
def burdens(draw: st.DrawFn, size: int) -> tuple[list[int], list[int]]:
    """What members have given, and what they could have given."""
    could_w = draw(st.lists(st.integers(0, 10_000), min_size=size, max_size=size))
    borne_w = [draw(st.integers(0, most_w)) for most_w in could_w]
    return borne_w, could_w


@st.composite
def divisions(draw: st.DrawFn) -> tuple[int, list[int], list[int], list[int]]:
    rooms_w = draw(rooms)
    return (draw(totals), rooms_w, *draw(burdens(len(rooms_w))))


@given(divisions(), turns)
def test_fair_parts_stay_inside_their_rooms_and_add_up_when_they_can(
    division: tuple[int, list[int], list[int], list[int]], turn: int
) -> None:
    total_w, rooms_w, borne_w, could_w = division
    parts_w = fairly(total_w, rooms_w, borne_w, could_w, turn)
    sign = -1 if total_w < 0 else 1
    assert all(0 <= sign * part <= room for part, room in zip(parts_w, rooms_w, strict=True))
    assert sum(parts_w) == sign * min(abs(total_w), sum(rooms_w))


@given(totals, rooms, turns)
def test_where_nobody_has_borne_anything_a_fair_part_is_the_one_by_room(
    total_w: int, rooms_w: list[int], turn: int
) -> None:
    nothing = [0] * len(rooms_w)
    assert fairly(total_w, rooms_w, nothing, nothing, turn) == proportional(total_w, rooms_w, turn)


@given(divisions(), turns)
def test_nobody_gives_while_somebody_who_bore_a_smaller_part_still_could(
    division: tuple[int, list[int], list[int], list[int]], turn: int
) -> None:
    """To the watt: whoever gave ends at no larger part of its all than anybody with room left."""
    total_w, rooms_w, borne_w, could_w = division
    parts_w = [abs(part_w) for part_w in fairly(total_w, rooms_w, borne_w, could_w, turn)]
    members = list(zip(parts_w, rooms_w, borne_w, could_w, strict=True))
    gave = [
        Fraction(borne + part - 1, could + room) for part, room, borne, could in members if part
    ]
    left = [
        Fraction(borne + part + 1, could + room)
        for part, room, borne, could in members
        if part < room
    ]
    assert max(gave, default=Fraction(0)) <= min(left, default=Fraction(10**6))


@given(divisions(), turns, st.data())
def test_more_room_never_means_a_smaller_fair_part(
    division: tuple[int, list[int], list[int], list[int]], turn: int, data: st.DataObject
) -> None:
    total_w, rooms_w, borne_w, could_w = division
    if not rooms_w:
        return
    member = data.draw(st.integers(0, len(rooms_w) - 1))
    wider_w = list(rooms_w)
    wider_w[member] += data.draw(st.integers(0, 50))
    before = fairly(total_w, rooms_w, borne_w, could_w, turn)
    after = fairly(total_w, wider_w, borne_w, could_w, turn)
    assert abs(after[member]) >= abs(before[member])


@given(divisions(), turns, st.data())
def test_who_has_borne_more_never_gives_more_for_it(
    division: tuple[int, list[int], list[int], list[int]], turn: int, data: st.DataObject
) -> None:
    total_w, rooms_w, borne_w, could_w = division
    if not rooms_w:
        return
    member = data.draw(st.integers(0, len(rooms_w) - 1))
    more_w = list(borne_w)
    more_w[member] = data.draw(st.integers(borne_w[member], could_w[member]))
    before = fairly(total_w, rooms_w, borne_w, could_w, turn)
    after = fairly(total_w, rooms_w, more_w, could_w, turn)
    assert abs(after[member]) <= abs(before[member])


@given(divisions(), st.randoms(use_true_random=False))
def test_the_order_of_members_moves_no_fair_part_by_more_than_the_last_watt(
    division: tuple[int, list[int], list[int], list[int]], chance: Random
) -> None:
    total_w, rooms_w, borne_w, could_w = division
    order = list(range(len(rooms_w)))
    chance.shuffle(order)
    parts_w = fairly(total_w, rooms_w, borne_w, could_w)
    shuffled = [[column[member] for member in order] for column in (rooms_w, borne_w, could_w)]
    for member, part_w in zip(order, fairly(total_w, *shuffled), strict=True):
        assert abs(part_w - parts_w[member]) <= 1


@given(divisions())
def test_fair_parts_of_the_other_direction_are_the_same_with_the_other_sign(
    division: tuple[int, list[int], list[int], list[int]],
) -> None:
    total_w, rooms_w, borne_w, could_w = division
    parts_w = fairly(total_w, rooms_w, borne_w, could_w)
    assert fairly(-total_w, rooms_w, borne_w, could_w) == [-part_w for part_w in parts_w]


@given(
    st.lists(st.integers(1_000, 10_000), min_size=2, max_size=6),
    st.randoms(use_true_random=False),
)
def test_over_time_all_give_the_same_part_of_their_all_and_the_difference_does_not_grow(
    sizes_w: list[int], chance: Random
) -> None:
    """Rooms and needs go up and down together and apart; nobody ends more than an interval's room off."""
    borne_w, could_w = [0] * len(sizes_w), [0] * len(sizes_w)
    for turn in range(150):
        rooms_w = [chance.randint(size_w // 4, size_w) for size_w in sizes_w]
        need_w = sum(rooms_w) * chance.randint(10, 60) // 100
        for member, part_w in enumerate(fairly(need_w, rooms_w, borne_w, could_w, turn)):
            borne_w[member] += part_w
            could_w[member] += rooms_w[member]
        same_part = Fraction(sum(borne_w), sum(could_w))
        for given_w, all_w, size_w in zip(borne_w, could_w, sizes_w, strict=True):
            assert abs(given_w - same_part * all_w) <= size_w


@given(
    st.integers(2, 6).flatmap(lambda size: burdens(size)),
    st.integers(100, 1_000),
    st.integers(10, 90),
)
def test_members_of_equal_standing_come_to_bear_the_same(
    before: tuple[list[int], list[int]], room_w: int, percent: int
) -> None:
    """Equal in all but what they have borne: the difference never grows, and ends at a watt."""
    borne_w = list(before[0])
    count = len(borne_w)
    could_w = [10_000] * count
    need_w = count * room_w * percent // 100
    apart_w = max(borne_w) - min(borne_w)
    for turn in range(2_000):
        parts_w = fairly(need_w, [room_w] * count, borne_w, could_w, turn)
        borne_w = [given_w + part_w for given_w, part_w in zip(borne_w, parts_w, strict=True)]
        could_w = [all_w + room_w for all_w in could_w]
        now_w = max(borne_w) - min(borne_w)
        assert now_w <= max(apart_w, 1)
        apart_w = now_w
        if apart_w <= 1:
            break
    assert apart_w <= 1


def test_by_room_alone_who_shines_when_it_is_tight_bears_more() -> None:
    """East and west have the same roof and sell the same; only in the evening the cable is full."""
    by_room_w, fair_w = [0, 0], [0, 0]
    could_w = [0, 0]
    for day in range(30):
        for rooms_w, need_w in (([900, 100], 500), ([100, 900], 650)):
            for kept, parts_w in (
                (by_room_w, proportional(need_w, rooms_w, day)),
                (fair_w, fairly(need_w, rooms_w, fair_w, could_w, day)),
            ):
                kept[:] = [given_w + part_w for given_w, part_w in zip(kept, parts_w, strict=True)]
            could_w = [all_w + room_w for all_w, room_w in zip(could_w, rooms_w, strict=True)]
    assert by_room_w == [30 * 515, 30 * 635]
    assert abs(fair_w[0] - fair_w[1]) <= 1_000


def test_burdens_for_every_room() -> None:
    with pytest.raises(ValueError, match="2 rooms, 2 and 1 burdens"):
        fairly(5, [10, 10], [1, 1], [1])
    with pytest.raises(ValueError, match="negative room"):
        fairly(5, [10, -1], [1, 1], [1, 1])
