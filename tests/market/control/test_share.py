"""Dividing a power: inside the rooms, complete where it can be, and fair."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.control.share import by_merit, clipped, proportional
from market.model.power import PowerLimits

totals = st.integers(-500, 500)
rooms = st.lists(st.integers(0, 100), max_size=8)


@given(totals, rooms)
def test_parts_stay_inside_their_rooms_and_add_up_when_they_can(
    total_w: int, rooms_w: list[int]
) -> None:
    parts_w = proportional(total_w, rooms_w)
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
    before, after = proportional(total_w, rooms_w), proportional(total_w, wider_w)
    assert abs(after[member]) >= abs(before[member])


@given(totals, rooms)
def test_who_has_more_room_than_another_gets_no_less(total_w: int, rooms_w: list[int]) -> None:
    parts_w = proportional(total_w, rooms_w)
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
