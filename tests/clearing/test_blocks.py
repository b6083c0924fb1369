"""Block orders: small markets by hand, many drawn ones against every pattern tried."""

import numpy as np
import pytest

from clearing.check import audit
from clearing.clear import clear
from clearing.problem import (
    PPB,
    ClearingProblem,
    ClearingResult,
    Rung,
    block_injection_wh,
    leg_accepted_wh,
)
from clearing.search.found import Effort
from tests.clearing.block_oracles import brute_force_blocks, dive_welfare, tolerance_quanta
from tests.clearing.books import (
    blocks,
    book,
    lines_of,
    market,
    orders_of,
    random_grid,
    random_orders,
)
from tests.clearing.draws import (
    block_market,
    enlarged,
    random_blocks,
    random_mesh,
    random_slopes,
    random_storages,
    random_tree,
)
from tests.clearing.oracles import hubs, plain_welfare

#: Seeds of the books held against brute force, and how many of them every run of the tests takes.
BOOKS, SHORT, BATCH = 500, 100, 20


def test_a_block_in_the_money_is_accepted_whole_and_moves_the_price() -> None:
    result = clear(
        market(
            book("0 sell 100 @ 3000\n0 buy 80 @ 9000\n0 buy 10 @ 2500"),
            blocks=blocks("A sell 50 @ 1000 in 0 of area 0"),
        )
    )

    assert result.block_ratio_ppb.tolist() == [PPB]
    assert result.accepted_wh.tolist() == [30, 80, 0]
    assert result.price_ticks.tolist() == [[3000]]
    assert result.welfare_quanta == 80 * 9000 - 30 * 3000 - 50 * 1000


def test_a_block_out_of_the_money_stays_out() -> None:
    result = clear(
        market(
            book("0 sell 100 @ 3000\n0 buy 80 @ 9000"),
            blocks=blocks("A sell 50 @ 3001 in 0 of area 0\nB buy 50 @ 2999 in 0 of area 0"),
        )
    )

    assert result.block_ratio_ppb.tolist() == [0, 0]
    assert result.price_ticks.tolist() == [[3000]]


def test_a_block_too_large_for_the_market_is_rejected_though_in_the_money() -> None:
    # With the block 100 Wh would be sold to 60 Wh of buyers: there is no room for all of it.
    result = clear(
        market(
            book("0 sell 60 @ 3000\n0 buy 60 @ 9000"),
            blocks=blocks("A sell 100 @ 1000 in 0 of area 0"),
        )
    )

    assert result.block_ratio_ppb.tolist() == [0]
    assert result.accepted_wh.tolist() == [60, 60]


def test_a_block_is_not_accepted_at_a_price_that_loses_it_money() -> None:
    # With the block welfare would be 80,000 instead of 20,000, but the buyer on the margin pays
    # 3500 and the block wants 4000. Without it the price is 8500: paradoxically rejected.
    result = clear(
        market(
            book("0 sell 20 @ 8000\n0 buy 20 @ 9000\n0 buy 50 @ 3500"),
            blocks=blocks("A sell 60 @ 4000 in 0 of area 0"),
        )
    )

    assert result.block_ratio_ppb.tolist() == [0]
    assert result.price_ticks.tolist() == [[8500]]
    assert result.welfare_quanta == 20_000


def test_a_minimum_ratio_lets_part_of_a_block_in_at_its_own_price() -> None:
    result = clear(
        market(
            book("0 buy 60 @ 9000"),
            blocks=blocks("A sell 100 @ 1000 in 0 of area 0, min 0.5"),
        )
    )

    assert result.block_ratio_ppb.tolist() == [6 * PPB // 10]
    assert result.accepted_wh.tolist() == [60]
    assert result.price_ticks.tolist() == [[1000]]


def test_a_block_weighs_all_its_intervals_together() -> None:
    # It loses 500 x 10 at night and gains 2000 x 10 by day.
    rows = [(0, 0, True, 1500, 99, 1), (0, 0, False, 9000, 50, 2)]
    rows += [(0, 1, True, 4000, 99, 3), (0, 1, False, 9000, 50, 4)]
    problem = market(
        orders_of(rows), n_intervals=2, blocks=blocks("A sell 10 @ 2000 in 0-1 of area 0")
    )

    result = clear(problem)

    assert result.block_ratio_ppb.tolist() == [PPB]
    assert result.price_ticks.tolist() == [[1500, 4000]]


def test_a_child_carries_its_parent_and_never_goes_without_it() -> None:
    both = market(
        book("0 sell 10 @ 2000\n0 buy 25 @ 1700"),
        blocks=blocks("""
            A sell 10 @ 2000 in 0 of area 0
            B sell 10 @  800 in 0 of area 0, child of A
        """),
    )
    poorer = market(
        book("0 sell 10 @ 2000\n0 buy 25 @ 1700"),
        blocks=blocks("""
            A sell 10 @ 2900 in 0 of area 0
            B sell 10 @  800 in 0 of area 0, child of A
        """),
    )

    assert clear(both).block_ratio_ppb.tolist() == [PPB, PPB]
    assert clear(poorer).block_ratio_ppb.tolist() == [0, 0]


def test_of_an_exclusive_group_the_best_is_taken() -> None:
    result = clear(
        market(
            book("0 sell 100 @ 3000\n0 buy 80 @ 9000"),
            blocks=blocks("""
                A sell 50 @ 2000 in 0 of area 0, group g
                B sell 40 @ 1000 in 0 of area 0, group g
                C sell 10 @ 2900 in 0 of area 0, group h
            """),
        )
    )

    assert result.block_ratio_ppb.tolist() == [0, PPB, PPB]


def test_a_block_in_one_area_serves_another_over_a_line() -> None:
    result = clear(
        market(
            book("0 buy 1 @ 100\n1 sell 100 @ 5000\n1 buy 60 @ 9000"),
            n_areas=2,
            lines=lines_of([(0, 1, 40, 0, 0, 10, 0)]),
            blocks=blocks("A sell 40 @ 1000 in 0 of area 0"),
        )
    )

    assert result.block_ratio_ppb.tolist() == [PPB]
    assert result.sent_forward_wh.tolist() == [[40]]
    assert result.accepted_wh.tolist() == [0, 20, 60]


# ── against independent answers ─────────────────────────────────────────────────────────────────


def batches() -> list[object]:
    every = range(0, BOOKS, BATCH)
    return [pytest.param(k, marks=[] if k < SHORT else [pytest.mark.long]) for k in every]


@pytest.mark.parametrize("first", batches())
def test_random_books_have_the_welfare_of_the_best_of_all_patterns(first: int) -> None:
    for seed in range(first, first + BATCH):
        rng = np.random.default_rng(seed)
        problem = block_market(rng, int(rng.integers(*((2, 9) if first < SHORT else (4, 11)))))

        result = clear(problem, effort=Effort(gap=0.0))

        assert audit(problem, result) == [], seed
        assert result.rung is Rung.OPTIMAL, seed
        best = brute_force_blocks(problem)
        tolerance = tolerance_quanta(best.welfare_quanta) + rounding_quanta(problem, result)
        assert abs(result.welfare_quanta - best.welfare_quanta) <= tolerance, (seed, best)
        assert result.upper_bound_quanta >= result.welfare_quanta, seed
        assert_rules(problem, result)


def everything(seed: int) -> ClearingProblem:
    """Blocks beside storages, losses, limits of nested areas, a mesh, slopes; a Wh is nothing."""
    rng = np.random.default_rng(seed)
    problem = random_tree(rng, random_grid(rng))
    if seed % 2:
        problem = random_mesh(rng, problem)
    if seed % 3 == 0:
        problem = random_slopes(rng, problem)
    problem = random_storages(rng, problem, seed % 3)
    return enlarged(random_blocks(rng, problem, int(rng.integers(1, 8))), 1_000_000)


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(k, marks=pytest.mark.long) for k in (1, 2, 3, 4))]
)
def test_beside_everything_else_the_best_pattern_is_found(first: int) -> None:
    for seed in range(first * BATCH, (first + 1) * BATCH):
        problem = everything(seed)

        result = clear(problem, effort=Effort(gap=0.0))

        assert audit(problem, result) == [], seed
        best = brute_force_blocks(problem)
        tolerance = tolerance_quanta(best.welfare_quanta) + rounding_quanta(problem, result)
        assert abs(result.welfare_quanta - best.welfare_quanta) <= tolerance, (seed, best)
        assert result.upper_bound_quanta >= result.welfare_quanta, seed


@pytest.mark.parametrize(
    ("count", "n_areas", "n_intervals"),
    [
        pytest.param(20, 1, 6),
        pytest.param(40, 3, 12, marks=pytest.mark.long),
        pytest.param(100, 2, 24, marks=pytest.mark.long),
    ],
)
def test_many_blocks_are_never_below_the_heuristic(
    count: int, n_areas: int, n_intervals: int
) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        m = 40 * n_areas * n_intervals
        orders = random_orders(rng, m, n_areas, n_intervals, lowest=0, steps=15_000)
        rows = [(a, a + 1, 500, 500, 0, 0, 0) for a in range(n_areas - 1)]
        plain = market(
            orders, n_areas=n_areas, n_intervals=n_intervals, lines=lines_of(rows, n_intervals)
        )
        problem = random_blocks(rng, plain, count, size=0.1)

        result = clear(problem)

        assert audit(problem, result) == []
        relaxed = plain_welfare(problem)
        slack = tolerance_quanta(relaxed) + rounding_quanta(problem, result)
        assert dive_welfare(problem) - slack <= result.welfare_quanta <= relaxed + slack
        assert result.upper_bound_quanta >= result.welfare_quanta
        assert_rules(problem, result)


@pytest.mark.parametrize("seed", [39, 43, 72])
def test_without_a_tree_blocks_are_exchanged_for_what_they_move(seed: int) -> None:
    """Books where neither leaving out nor putting one in with all others free leads to the best."""
    problem = block_market(np.random.default_rng(seed), 8)

    first = clear(problem, effort=Effort(points_max=0))

    assert first.welfare_quanta == clear(problem).welfare_quanta


def rounding_quanta(problem: ClearingProblem, result: ClearingResult) -> float:
    """What whole Wh may cost: a Wh or two wherever something is rounded.

    At every leg of a block accepted in part, at both ends of lossy lines, at areas of a mesh, and
    at storages, each interval.
    """
    ratio, dearest = result.block_ratio_ppb, 1
    legs = int(((ratio > 0) & (ratio < PPB))[problem.blocks.leg_block].sum())
    lossy = int((problem.lines.loss_ppm > 0).sum())
    meshed = 0 if problem.ptdf is None else len(hubs(problem))
    rounded = legs + (lossy + meshed + 3 * len(problem.storages)) * problem.n_intervals
    for prices in (
        problem.orders.price_ticks,
        problem.blocks.price_ticks,
        problem.storages.end_value_ticks,
    ):
        dearest = max(dearest, int(np.abs(prices).max(initial=0)))
    # A ratio is stated to the billionth, which moves large legs by more than a Wh.
    moved = 1e-9 * float(problem.blocks.leg_energy_wh.sum())
    return 2.0 * (rounded + moved) * dearest


def assert_rules(problem: ClearingProblem, result: ClearingResult) -> None:
    """Ratios, links, groups and the balance of every area, written out once more."""
    rows, ratio = problem.blocks, result.block_ratio_ppb
    assert ((ratio == 0) | ((ratio >= rows.ratio_min_ppb) & (ratio <= PPB))).all()
    linked = np.flatnonzero(rows.parent >= 0)
    assert (ratio[linked] <= ratio[rows.parent[linked]]).all()
    for group in set(rows.group[rows.group >= 0].tolist()):
        assert ratio[rows.group == group].sum() <= PPB
    accepted = leg_accepted_wh(rows, ratio)
    assert ((accepted >= 0) & (accepted <= rows.leg_energy_wh)).all()
    signed = np.where(problem.orders.is_sell, result.accepted_wh, -result.accepted_wh)
    injected = block_injection_wh(problem, ratio)
    np.add.at(injected, (problem.orders.area, problem.orders.interval), signed)
    assert (injected == result.net_export_wh).all()
