"""The auditor on block orders: ratios, links, groups, families; right ones pass, others do not."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check import audit
from clearing.problem import PPB, ClearingProblem, ClearingResult
from tests.clearing.books import blocks, market, orders_of
from tests.clearing.by_hand import by_hand


def two_intervals(
    table: str, *, demand: int = 150, supply: int = 100, bid: int = 300
) -> ClearingProblem:
    """In each of two intervals 100 Wh offered at 100 and some demand at 300; and blocks."""
    rows = []
    for t in (0, 1):
        rows.append((0, t, True, 100, supply, 1))
        rows.append((0, t, False, bid, demand, 2))
    return market(orders_of(rows), n_intervals=2, blocks=blocks(table))


def cleared(
    problem: ClearingProblem, ratio: list[float], exact: list[float], demand: int = 150
) -> ClearingResult:
    """All offers sold and `demand` Wh served in both intervals."""
    offer = problem.orders.energy_wh[0]
    return by_hand(problem, accepted=[offer, demand, offer, demand], exact=[exact], ratio=ratio)


def test_a_block_that_gains_at_the_middle_leaves_the_price_there() -> None:
    problem = two_intervals("A sell 50 @ 150 in 0-1 of area 0")

    assert audit(problem, cleared(problem, [1], [200, 200])) == []
    refused = audit(problem, cleared(problem, [1], [210, 200]))
    assert any("due 200" in refusal for refusal in refused)


def test_a_block_that_would_lose_at_the_middle_moves_the_price() -> None:
    problem = two_intervals("A sell 50 @ 250 in 0-1 of area 0")

    # Highest and lowest sum of prices at which it does not lose: 300 + 300 and 250 + 250.
    assert audit(problem, cleared(problem, [1], [275, 275])) == []
    assert audit(problem, cleared(problem, [1], [200, 299]))
    assert audit(problem, cleared(problem, [1], [200, 200]))
    assert audit(problem, cleared(problem, [1], [301, 275]))


def test_a_buying_block_may_not_lose_either() -> None:
    problem = market(
        orders_of([(0, 0, True, 100, 80, 1), (0, 0, False, 300, 30, 2)]),
        blocks=blocks("A buy 50 @ 150 in 0 of area 0"),
    )
    fills = [80, 30]

    assert audit(problem, by_hand(problem, accepted=fills, exact=[[125]], ratio=[1])) == []
    assert audit(problem, by_hand(problem, accepted=fills, exact=[[151]], ratio=[1]))


def test_a_block_in_the_money_may_stay_out() -> None:
    problem = two_intervals("A sell 5000 @ 120 in 0-1 of area 0", demand=100)

    assert audit(problem, cleared(problem, [0], [200, 200], demand=100)) == []


def test_a_block_accepted_in_part_gains_nothing() -> None:
    problem = two_intervals("A sell 50 @ 150 in 0-1 of area 0, min 0.1", demand=130)

    assert audit(problem, cleared(problem, [0.6], [150, 150], demand=130)) == []
    assert audit(problem, cleared(problem, [0.6], [120, 180], demand=130)) == []
    for wrong in ([150, 151], [149, 150], [150, 150.00001], [200, 200]):
        assert audit(problem, cleared(problem, [0.6], wrong, demand=130)), wrong


def test_a_ratio_is_nothing_or_at_least_the_minimum() -> None:
    problem = two_intervals("A sell 50 @ 150 in 0-1 of area 0, min 0.7", demand=130)

    refused = audit(problem, cleared(problem, [0.6], [150, 150], demand=130))

    assert any("below its minimum" in refusal for refusal in refused)


@pytest.mark.parametrize("ratio", [-1, PPB + 1])
def test_a_ratio_outside_0_to_1_is_refused(ratio: int) -> None:
    problem = two_intervals("A sell 50 @ 150 in 0-1 of area 0")
    right = cleared(problem, [1], [200, 200])

    assert audit(problem, replace(right, block_ratio_ppb=np.array([ratio])))


def test_half_a_wh_of_a_leg_goes_to_the_even_number() -> None:
    problem = market(
        orders_of([(0, 0, False, 300, 20, 1), (0, 1, False, 300, 20, 2)]),
        n_intervals=2,
        blocks=blocks("A sell 5,7 @ 150 in 0-1 of area 0, min 0.1"),
    )
    # 2.5 and 3.5 Wh: bids of 2 and 4 Wh are served in part, so the price is theirs.
    result = by_hand(problem, accepted=[2, 4], exact=[[300, 300]], ratio=[0.5])

    assert result.net_export_wh.tolist() == [[0, 0]]
    refused = audit(problem, result)
    # Only the price is wrong: a block accepted in part may not gain.
    assert refused
    assert not any("bought + sent" in refusal for refusal in refused)


def test_energy_of_blocks_counts_in_the_balance() -> None:
    problem = two_intervals("A sell 50 @ 150 in 0-1 of area 0")
    right = cleared(problem, [1], [200, 200])

    refused = audit(problem, replace(right, block_ratio_ppb=np.array([PPB // 2])))

    assert any("bought + sent" in refusal for refusal in refused)


def test_a_child_is_accepted_at_most_as_much_as_its_parent() -> None:
    table = """
        P sell 30 @ 150 in 0-1 of area 0, min 0.1
        C sell 20 @ 150 in 0-1 of area 0, min 0.1, child of P
    """
    problem = two_intervals(table)
    assert audit(problem, cleared(problem, [1, 1], [200, 200])) == []

    lone = two_intervals(table, demand=120)
    refused = audit(lone, cleared(lone, [0, 1], [150, 150], demand=120))
    assert any("more than its parent" in refusal for refusal in refused)


def test_a_child_may_carry_its_parent_but_not_the_other_way_round() -> None:
    child_carries = two_intervals(
        """
        P sell 30 @ 290 in 0-1 of area 0
        C sell 20 @ 60 in 0-1 of area 0, child of P
        """
    )
    # At 200 the parent loses 90 x 60 and the child gains 140 x 40: together they gain.
    assert audit(child_carries, cleared(child_carries, [1, 1], [200, 200])) == []

    parent_carries = two_intervals(
        """
        P sell 30 @ 60 in 0-1 of area 0
        C sell 20 @ 290 in 0-1 of area 0, child of P
        """
    )
    assert audit(parent_carries, cleared(parent_carries, [1, 1], [200, 200]))
    assert audit(parent_carries, cleared(parent_carries, [1, 1], [295, 295])) == []


def test_a_grandchild_carries_its_child_and_that_the_parent() -> None:
    family = two_intervals(
        """
        P sell 30 @ 290 in 0-1 of area 0
        C sell 5 @ 210 in 0-1 of area 0, child of P
        G sell 15 @ 10 in 0-1 of area 0, child of C
        """
    )
    # At 200 the parent loses 30 x 90 and the child 5 x 10, the grandchild gains 15 x 190.
    assert audit(family, cleared(family, [1, 1, 1], [200, 200])) == []

    short = two_intervals(
        """
        P sell 30 @ 290 in 0-1 of area 0
        C sell 5 @ 210 in 0-1 of area 0, child of P
        G sell 15 @ 20 in 0-1 of area 0, child of C
        """
    )
    # 15 x 180 are 50 less than both lose.
    assert audit(short, cleared(short, [1, 1, 1], [200, 200]))


def test_a_family_that_loses_is_refused() -> None:
    problem = two_intervals(
        """
        P sell 30 @ 290 in 0-1 of area 0
        C sell 20 @ 100 in 0-1 of area 0, child of P
        """
    )

    assert audit(problem, cleared(problem, [1, 1], [200, 200]))
    assert audit(problem, cleared(problem, [1, 1], [257, 257])) == []


def test_a_parent_accepted_in_part_gains_nothing_with_the_children_it_holds() -> None:
    problem = two_intervals(
        """
        P sell 30 @ 180 in 0-1 of area 0, min 0.1
        C sell 20 @ 130 in 0-1 of area 0, min 0.1, child of P
        """,
        demand=125,
    )
    # 30 (p - 180) + 20 (p - 130) = 0 at 160; the child alone gains, held by its parent.
    assert audit(problem, cleared(problem, [0.5, 0.5], [160, 160], demand=125)) == []
    assert audit(problem, cleared(problem, [0.5, 0.5], [180, 180], demand=125))
    assert audit(problem, cleared(problem, [0.5, 0.5], [130, 130], demand=125))


def test_an_exclusive_group_is_accepted_once_at_most() -> None:
    problem = two_intervals(
        """
        A sell 25 @ 150 in 0-1 of area 0, min 0.1, group g
        B sell 25 @ 150 in 0-1 of area 0, min 0.1, group g
        """
    )

    refused = audit(problem, cleared(problem, [1, 1], [200, 200]))

    assert any("more than once" in refusal for refusal in refused)


def test_members_that_share_all_of_a_group_gain_alike() -> None:
    table = """
        A sell 40 @ {price} in 0-1 of area 0, min 0.1, group g
        B sell 60 @ 150 in 0-1 of area 0, min 0.1, group g
    """
    # 40 (p - 120) = 60 (p - 150) at 210: each half of the group gains what the other does.
    alike = two_intervals(table.format(price=120))
    assert audit(alike, cleared(alike, [0.5, 0.5], [210, 210])) == []
    assert audit(alike, cleared(alike, [0.5, 0.5], [200, 200]))
    assert audit(alike, cleared(alike, [0.5, 0.5], [210, 211]))


def test_part_of_a_group_gains_nothing_while_some_is_left() -> None:
    problem = two_intervals(
        """
        A sell 40 @ 150 in 0-1 of area 0, min 0.1, group g
        B sell 60 @ 250 in 0-1 of area 0, min 0.1, group g
        """,
        demand=120,
    )

    assert audit(problem, cleared(problem, [0.5, 0], [150, 150], demand=120)) == []
    assert audit(problem, cleared(problem, [0.5, 0], [151, 151], demand=120))


def test_blocks_count_in_the_welfare() -> None:
    problem = two_intervals("A sell 50 @ 150 in 0-1 of area 0")
    right = cleared(problem, [1], [200, 200])

    assert right.welfare_quanta == 2 * (150 * 300 - 100 * 100 - 50 * 150)
    assert audit(problem, replace(right, welfare_quanta=right.welfare_quanta + 1))
    assert audit(problem, replace(right, upper_bound_quanta=right.welfare_quanta - 1))


def test_a_rounding_is_published_only_where_a_block_is_cut() -> None:
    problem = two_intervals("A sell 50 @ 150 in 0 of area 0")
    right = by_hand(problem, accepted=[100, 150, 100, 100], exact=[[200, 300]], ratio=[1])
    assert audit(problem, right) == []

    for t in (0, 1):
        rounding = np.zeros((1, 2), dtype=np.int64)
        rounding[0, t] = 1
        assert audit(problem, replace(right, rounding_wh=rounding))


def test_a_cut_block_needs_no_rounding_where_whole_wh_fit() -> None:
    problem = two_intervals("A sell 50 @ 150 in 0-1 of area 0, min 0.1", demand=130)
    right = cleared(problem, [0.6], [150, 150], demand=130)

    assert audit(problem, replace(right, rounding_wh=np.ones((1, 2), dtype=np.int64)))
