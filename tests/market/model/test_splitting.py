"""Many groups split at once are split as each would be alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.splitting import members, places_in_group, row_sums, split_groups, sums
from market.model.units import split_exactly

GROUPS = st.lists(
    st.tuples(st.integers(0, 5_000), st.lists(st.integers(0, 40), min_size=1, max_size=6)),
    min_size=1,
    max_size=6,
)


def split(groups: list[tuple[int, list[int]]], *, mixed: bool) -> list[list[int]]:
    """The groups' parts; `mixed`: the members of all groups stand in between each other."""
    members = [(number, place) for number, (_, of) in enumerate(groups) for place in range(len(of))]
    if mixed:
        members.sort(key=lambda member: (member[1], member[0]))
    parts = split_groups(
        np.array([total for total, _ in groups]),
        np.array([number for number, _ in members]),
        np.array([groups[number][1][place] for number, place in members]),
    )
    found: list[list[int]] = [[0] * len(of) for _, of in groups]
    for (number, place), part in zip(members, parts.tolist(), strict=True):
        found[number][place] = part
    return found


@pytest.mark.parametrize("large", [1, 3, 1_000])
@given(GROUPS, st.booleans())
def test_each_group_is_split_as_it_would_be_alone(
    large: int, groups: list[tuple[int, list[int]]], mixed: bool
) -> None:
    """Whether groups are large or small, and side by side."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("market.model.splitting._LARGE", large)
        found = split(groups, mixed=mixed)
    assert found == [split_exactly(total, of) for total, of in groups]


@given(GROUPS)
def test_beyond_64_bits_the_rule_is_the_same(groups: list[tuple[int, list[int]]]) -> None:
    large = [(total * 10**12, [weight * 10**12 for weight in of]) for total, of in groups]

    assert split(large, mixed=True) == [split_exactly(total, of) for total, of in large]


@given(GROUPS)
def test_nobody_gets_more_than_there_is_room_for(groups: list[tuple[int, list[int]]]) -> None:
    fitting = [(min(total, sum(rooms)), rooms) for total, rooms in groups]

    for parts, (total, rooms) in zip(split(fitting, mixed=False), fitting, strict=True):
        assert sum(parts) == total
        assert all(part <= room for part, room in zip(parts, rooms, strict=True))


def test_a_total_without_anybody_to_take_it_is_not_lost_silently() -> None:
    with pytest.raises(ValueError, match="without anybody"):
        split_groups(np.array([1, 7]), np.array([0]), np.array([1]))


def test_nothing_to_split_among_nobody_is_nothing() -> None:
    none = np.zeros(0, dtype=np.int64)

    assert split_groups(np.array([0, 0]), none, none).tolist() == []
    assert split_groups(none, none, none).tolist() == []


@given(st.lists(st.integers(0, 400)))
def test_members_are_found_by_group(group: list[int]) -> None:
    found = members(np.array(group, dtype=np.int64), 401)
    assert [rows.tolist() for rows in found] == [
        [row for row, of in enumerate(group) if of == number] for number in range(401)
    ]


def test_places_are_counted_anew_in_each_group() -> None:
    assert places_in_group(np.array([0, 0, 0, 2, 2, 5])).tolist() == [0, 1, 2, 0, 1, 0]
    assert sums(np.array([1, 2, 3]), np.array([1, 1, 0]), 3).tolist() == [3, 3, 0]


@given(
    values=st.lists(
        st.tuples(st.integers(0, 4), st.integers(-9, 9), st.integers(-9, 9)), max_size=20
    )
)
def test_rows_are_added_up_by_group(values: list[tuple[int, int, int]]) -> None:
    found = row_sums(
        np.array([[first, second] for _, first, second in values], dtype=np.int64).reshape(-1, 2),
        np.array([group for group, _, _ in values], dtype=np.int64),
        6,
    )
    for group in range(6):
        own = [(first, second) for number, first, second in values if number == group]
        assert found[group].tolist() == [sum(a for a, _ in own), sum(b for _, b in own)]
