"""What the owner of a block would object to, to the billionth of a ratio and the share of a tick."""

from fractions import Fraction

import numpy as np
import pytest

from clearing.check.block_orders import accepted_wh, block_refusals, unsupported_blocks
from clearing.problem import PPB, Rung
from tests.clearing.books import blocks, market, orders_of

# ── ratios to the billionth ─────────────────────────────────────────────────────────────────────

RULED = """
    P sell 30 @ 150 in 0 of area 0, min 0.2
    C sell 20 @ 150 in 0 of area 0, min 0.1, child of P
    A sell 20 @ 150 in 0 of area 0, min 0.1, group g
    B sell 20 @ 150 in 0 of area 0, min 0.1, group g
    Z sell 20 @ 150 in 0 of area 0, min 0.1, group h
    Y sell 20 @ 150 in 0 of area 0
"""
MIN_P, MIN = PPB // 5, PPB // 10


@pytest.mark.parametrize(
    ("ratio", "finding"),
    [
        ([0, 0, 0, 0, 0, 0], None),
        ([MIN_P, MIN, MIN, MIN, MIN, PPB], None),
        ([MIN_P, MIN_P, PPB - MIN, MIN, PPB, 0], None),
        ([MIN_P - 1, MIN, 0, 0, 0, 0], "block 0: accepted below its minimum"),
        ([1, 0, 0, 0, 0, 0], "block 0: accepted below its minimum"),
        ([PPB, PPB, 0, 0, 0, PPB - 1], "block 5: accepted below its minimum"),
        ([MIN_P, MIN_P + 1, 0, 0, 0, 0], "block 1: accepted more than its parent"),
        ([0, MIN, 0, 0, 0, 0], "block 1: accepted more than its parent"),
        ([0, 0, PPB - MIN, MIN + 1, PPB, 0], "block 2: in a group accepted more than once"),
    ],
)
def test_ratios_are_held_to_the_billionth(ratio: list[int], finding: str | None) -> None:
    problem = market(orders_of([]), blocks=blocks(RULED))

    said = block_refusals(problem, np.array(ratio), Rung.OPTIMAL)

    assert said == ([] if finding is None else [finding])


def test_on_a_rung_without_blocks_none_is_accepted() -> None:
    problem = market(orders_of([]), blocks=blocks(RULED))
    one = np.array([0, 0, 0, 0, 0, PPB])

    for rung in (Rung.MERIT_ORDER, Rung.CANCELLED):
        assert block_refusals(problem, np.zeros_like(one), rung) == []
        assert block_refusals(problem, one, rung) == [
            "a block is accepted on a rung without blocks"
        ]
    for rung in (Rung.OPTIMAL, Rung.FEASIBLE):
        assert block_refusals(problem, one, rung) == []


def test_legs_are_the_whole_wh_next_to_their_share_whatever_their_size() -> None:
    large = 2**40 + 1
    problem = market(
        orders_of([]), n_intervals=3, blocks=blocks(f"A sell 5,7,{large} @ 9 in 0-2 of area 0")
    )

    for ppb in (PPB, PPB // 2, PPB // 3, 1):
        legs = accepted_wh(problem, np.array([ppb]))
        assert legs.tolist() == [round(Fraction(ppb * wh, PPB)) for wh in (5, 7, large)]


# ── what owners lose, to the share of a tick ────────────────────────────────────────────────────


def losing(
    table: str,
    ratio: list[int],
    low: list[float],
    high: list[float] | None = None,
    *,
    near: float = 0.0,
    strict: bool = False,
) -> list[bool]:
    """Which blocks of one area no prices (t,) between `low` and `high` support."""
    problem = market(orders_of([]), n_intervals=len(low), blocks=blocks(table))
    least, highest = np.array([low]), np.array([high or low])
    return unsupported_blocks(
        problem, np.array(ratio), least, highest, near, strict=strict
    ).tolist()


@pytest.mark.parametrize(("near", "short"), [(0.0, 0.001), (1.0, 1.001)])
def test_a_block_may_lose_no_more_than_prices_are_off(near: float, short: float) -> None:
    # 40 Wh at 200 and 10 Wh at 100 are 180 a Wh.
    sells, buys = "A sell 40,10 @ 180 in 0,1 of area 0", "A buy 40,10 @ 180 in 0,1 of area 0"

    for table, way in ((sells, -1), (buys, 1)):
        kept, lost = ([200 + way * off, 100 + way * off] for off in (near, short))
        assert losing(table, [PPB], kept, near=near) == [False]
        assert losing(table, [PPB], lost, near=near) == [True]
        # Left out it has nothing to lose.
        assert losing(table, [0], lost, near=near) == [False]


def test_the_prices_that_suit_it_best_are_looked_for() -> None:
    sells, buys = "A sell 10 @ 180 in 0 of area 0", "A buy 10 @ 180 in 0 of area 0"

    assert losing(sells, [PPB], [100.0], [180.0]) == [False]
    assert losing(sells, [PPB], [100.0], [179.0]) == [True]
    assert losing(buys, [PPB], [180.0], [300.0]) == [False]
    assert losing(buys, [PPB], [181.0], [300.0]) == [True]


@pytest.mark.parametrize(
    ("low", "high", "wrong"),
    [
        (180.0, 180.0, False),
        (170.0, 180.0, False),
        (180.0, 190.0, False),
        (170.0, 179.99, True),
        (180.01, 190.0, True),
    ],
)
def test_a_block_cut_freely_neither_gains_nor_loses(low: float, high: float, wrong: bool) -> None:
    sells = "A sell 10 @ 180 in 0 of area 0, min 0.1"

    assert losing(sells, [PPB // 2], [low], [high]) == [wrong]
    assert losing(sells.replace("sell", "buy"), [PPB // 2], [low], [high]) == [wrong]


FAMILY = """
    P sell 30 @ 200 in 0 of area 0, min 0.1
    C sell 10 @ 140 in 0 of area 0, min 0.1, child of P
    D sell 10 @ {third} in 0 of area 0, min 0.1, child of P
"""


def test_only_children_held_at_the_parents_ratio_count_for_it() -> None:
    table = FAMILY.format(third=140)
    half = PPB // 2

    # At 180 the parent loses 600, each child gains 400.
    assert losing(table, [PPB, PPB, PPB], [180.0]) == [False, False, False]
    assert losing(table, [PPB, PPB, 0], [180.0]) == [True, False, False]
    assert losing(table, [half, half, half], [170.0]) == [True, False, False]
    assert losing(table, [half, half, half], [176.0]) == [False, False, False]
    # The third is cut on its own: it must neither gain nor lose, and hands nothing up.
    assert losing(table, [PPB, PPB, half], [180.0]) == [True, False, True]


GROUP = """
    A sell 40 @ 120 in 0 of area 0, min 0.1, group g
    B sell 60 @ 150 in 0 of area 0, min 0.1, group g
"""


@pytest.mark.parametrize("unused_ppb", [0, 8])
def test_of_a_group_used_up_no_member_gains_less_than_another(unused_ppb: int) -> None:
    half = [PPB // 2, PPB // 2 - unused_ppb]

    # 40 (p - 120) = 60 (p - 150) at 210.
    assert losing(GROUP, half, [210.0]) == [False, False]
    assert losing(GROUP, half, [209.9]) == [False, True]
    assert losing(GROUP, half, [210.1]) == [True, False]


def test_a_group_that_is_not_used_up_gains_nothing() -> None:
    half = [PPB // 2, PPB // 2 - 9]

    assert losing(GROUP, half, [210.0]) == [True, True]
    assert losing(GROUP, half, [120.0]) == [False, True]


def test_what_a_child_in_a_group_hands_up_is_known_only_in_part() -> None:
    table = """
        P sell 30 @ 200 in 0 of area 0, min 0.1
        C sell 10 @ 100 in 0 of area 0, min 0.1, child of P, group g
        E sell 10 @ 100 in 0 of area 0, min 0.1, group g
    """
    half = [PPB // 2] * 3

    # At 200 the parent alone comes out even; with all that its child gains it would gain.
    assert losing(table, half, [200.0]) == [False, False, False]
    assert losing(table, half, [200.0], strict=True) == [True, False, False]
    # What is lost is lost either way.
    assert losing(table, half, [99.0])[0] is True
