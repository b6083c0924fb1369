"""Depth: levels in, what ten owners or more make public out; a checksum anybody can compute."""

from collections import defaultdict
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.channels.depth import MERGED, OWNERS_MIN, Change, Depth, Level
from market.model.order import Side

NOON = 1_465_992_000  # 2016-06-15T12:00:00Z
AREAS = ("A", "B", "C")


def bid(price_ticks: int, start_s: int = NOON) -> Level:
    return Level(start_s, Side.BUY, price_ticks)


def stand(depth: Depth, area: str, owners: range, level: Level, energy_wh: int = 100) -> None:
    for owner in owners:
        depth.count(area, level.start_s, f"{area}{owner}", 1)
        depth.add(area, level, energy_wh)


def opened() -> Depth:
    depth = Depth(AREAS)
    for area in AREAS:
        depth.show(area, NOON, shown=True)
    return depth


def flushed(depth: Depth) -> dict[str, list[Change]]:
    return dict(depth.flush())


def test_orders_of_ten_owners_stand_in_their_area() -> None:
    depth = opened()
    stand(depth, "A", range(OWNERS_MIN), bid(5_000))

    assert flushed(depth) == {"A": [Change(bid(5_000), 1_000)]}
    assert flushed(depth) == {}
    depth.add("A", bid(5_000), -300)
    assert flushed(depth) == {"A": [Change(bid(5_000), 700)]}
    depth.add("A", bid(5_000), -700)
    assert flushed(depth) == {"A": [Change(bid(5_000), 0)]}


def test_orders_of_fewer_stand_in_the_merged_book_only() -> None:
    depth = opened()
    stand(depth, "A", range(OWNERS_MIN - 1), bid(5_000))
    stand(depth, "B", range(3), bid(5_000))
    stand(depth, "B", range(3), bid(4_000))

    assert flushed(depth) == {MERGED: [Change(bid(4_000), 300), Change(bid(5_000), 1_200)]}


def test_the_tenth_owner_brings_an_area_out_and_the_ninth_takes_it_back() -> None:
    depth = opened()
    stand(depth, "A", range(OWNERS_MIN - 1), bid(5_000))
    flushed(depth)
    stand(depth, "A", range(OWNERS_MIN - 1, OWNERS_MIN), bid(6_000))
    assert flushed(depth) == {
        "A": [Change(bid(5_000), 900), Change(bid(6_000), 100)],
        MERGED: [Change(bid(5_000), 0)],
    }
    depth.count("A", NOON, "A9", -1)
    depth.add("A", bid(6_000), -100)
    assert flushed(depth) == {
        "A": [Change(bid(5_000), 0), Change(bid(6_000), 0)],
        MERGED: [Change(bid(5_000), 900)],
    }


def test_the_merged_book_takes_a_larger_area_in_until_ten_owners_are_in_it() -> None:
    depth = opened()
    stand(depth, "A", range(2), bid(1_000))
    stand(depth, "B", range(OWNERS_MIN), bid(2_000))
    stand(depth, "C", range(OWNERS_MIN + 1), bid(3_000))

    # Alone in the merged book, A's two owners would be seen: B goes with them, C does not.
    assert flushed(depth) == {
        MERGED: [Change(bid(1_000), 200), Change(bid(2_000), 1_000)],
        "C": [Change(bid(3_000), 1_100)],
    }


def test_the_whole_market_is_shown_however_few_its_owners_are() -> None:
    depth = opened()
    stand(depth, "A", range(1), bid(1_000))

    assert flushed(depth) == {MERGED: [Change(bid(1_000), 100)]}


def test_what_may_not_be_shown_stands_all_the_same_and_comes_out_later() -> None:
    depth = Depth(AREAS)
    stand(depth, "A", range(OWNERS_MIN), bid(5_000))
    assert flushed(depth) == {}
    assert depth.show("A", NOON, shown=True)
    assert not depth.show("A", NOON, shown=True)
    assert flushed(depth) == {"A": [Change(bid(5_000), 1_000)]}
    depth.show("A", NOON, shown=False)
    assert flushed(depth) == {"A": [Change(bid(5_000), 0)]}


def test_an_interval_that_is_over_leaves_nothing() -> None:
    depth = opened()
    stand(depth, "A", range(OWNERS_MIN), bid(5_000))
    depth.show("B", NOON + 900, shown=True)
    stand(depth, "B", range(3), bid(5_000, NOON + 900))
    flushed(depth)
    depth.drop(NOON)
    assert flushed(depth) == {"A": [Change(bid(5_000), 0)]}
    depth.drop(NOON + 900)
    assert flushed(depth) == {MERGED: [Change(bid(5_000, NOON + 900), 0)]}

    assert depth.shown["A"].checksum == depth.shown[MERGED].checksum == 0


def test_more_than_stands_cannot_leave() -> None:
    depth = opened()
    with pytest.raises(AssertionError):
        depth.add("A", bid(5_000), -1)


def test_the_checksum_is_the_one_in_the_manual() -> None:
    depth = opened()
    stand(depth, "A", range(OWNERS_MIN), Level(NOON, Side.SELL, -1_250), 1_500)
    stand(depth, "A", range(OWNERS_MIN), bid(5_000), 25)
    flushed(depth)

    lines = [b"2016-06-15T12:00:00Z sell -12.50 15.000", b"2016-06-15T12:00:00Z buy 50.00 0.250"]
    assert depth.shown["A"].checksum == sum(map(crc32, lines)) % 2**32


MOVES = st.lists(
    st.tuples(
        st.sampled_from(AREAS),
        st.integers(0, 14),  # owner
        st.sampled_from([NOON, NOON + 900]),
        st.sampled_from([Side.BUY, Side.SELL]),
        st.integers(1, 4),  # price
        st.integers(1, 9),  # energy
        st.integers(0, 9),  # 0: look at the books now
    ),
    max_size=120,
)


@given(MOVES)
def test_what_is_told_adds_up_to_what_is_right(moves: list[tuple[object, ...]]) -> None:
    depth = opened()
    for area in AREAS:
        depth.show(area, NOON + 900, shown=True)
    orders: dict[object, tuple[str, str, Level, int]] = {}
    told: dict[str, dict[Level, int]] = {key: {} for key in (*AREAS, MERGED)}
    for number, (area, owner, start_s, side, price, energy_wh, look) in enumerate(moves):
        assert isinstance(area, str)
        assert isinstance(start_s, int)
        assert isinstance(side, Side)
        assert isinstance(price, int)
        assert isinstance(energy_wh, int)
        place = (area, owner, number % 7)
        if place in orders:
            gone_area, gone_owner, level, wh = orders.pop(place)
            depth.count(gone_area, level.start_s, gone_owner, -1)
            depth.add(gone_area, level, -wh)
        else:
            level = Level(start_s, side, price)
            orders[place] = (area, str(owner), level, energy_wh)
            depth.count(area, start_s, str(owner), 1)
            depth.add(area, level, energy_wh)
        if not look or number == len(moves) - 1:
            for key, changes in depth.flush():
                for level, wh in changes:
                    told[key][level] = wh
    assert {key: {k: v for k, v in levels.items() if v} for key, levels in told.items()} == right(
        orders.values()
    )


def right(orders: object) -> dict[str, dict[Level, int]]:
    """The books by the rule's words, from scratch."""
    made: dict[str, defaultdict[Level, int]] = {key: defaultdict(int) for key in (*AREAS, MERGED)}
    for start_s in (NOON, NOON + 900):
        here = [order for order in orders if order[2].start_s == start_s]  # type: ignore[attr-defined]
        owners = {area: {o[1] for o in here if o[0] == area} for area in AREAS}
        queue = sorted((area for area in AREAS if owners[area]), key=lambda a: (len(owners[a]), a))
        merged: list[str] = []
        together: set[str] = set()
        while queue and (
            len(owners[queue[0]]) < OWNERS_MIN or (merged and len(together) < OWNERS_MIN)
        ):
            merged.append(queue.pop(0))
            together |= owners[merged[-1]]
        for area, _, level, wh in here:
            made[MERGED if area in merged else area][level] += wh
    return {key: dict(levels) for key, levels in made.items()}
