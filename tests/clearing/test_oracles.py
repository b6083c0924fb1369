"""The independent answers themselves: against arithmetic by hand, and against each other."""

import numpy as np
import pytest

from clearing.faults import faults
from tests.clearing.block_oracles import (
    Blocks,
    brute_force_blocks,
    dive_welfare,
    patterns,
    price_support,
    tolerance_quanta,
)
from tests.clearing.books import blocks, book, lines_of, market, orders_of, random_grid, storages
from tests.clearing.draws import (
    random_blocks,
    random_last_resort,
    random_mesh,
    random_slopes,
    random_storages,
    random_tree,
)
from tests.clearing.oracles import plain_welfare, rungs


def test_a_sloped_order_is_a_rung_at_every_tick_it_crosses() -> None:
    sell = orders_of([(0, 0, True, 100, 10, 1)])
    sloped = random_slopes(np.random.default_rng(0), market(sell), share=1.0, widest=1).orders

    row, price, energy = rungs(sloped)

    assert row.tolist() == [0, 0]
    assert price.tolist() == [100, 101]
    assert energy.tolist() == [5, 5]


def test_a_storage_earns_the_spread_of_prices_less_what_it_loses() -> None:
    problem = market(
        orders_of([(0, 0, True, 1_000, 500, 1), (0, 1, False, 5_000, 500, 2)]),
        n_intervals=2,
        storages=storages("charge 100 discharge 100 capacity 90 from 0 in 0-1 of area 0"),
    )
    lossy = market(
        problem.orders,
        n_intervals=2,
        storages=storages(
            "charge 100 discharge 100 capacity 90 from 0 in 0-1 of area 0, keeps 90% 50%, spread 10"
        ),
    )

    assert plain_welfare(problem) == pytest.approx(90 * (5_000 - 1_000))
    assert plain_welfare(lossy) == pytest.approx(45 * 5_000 - 100 * 1_000 - 45 * 10)


def test_at_a_negative_price_only_one_way_forbids_burning() -> None:
    # Sending energy to and fro, or through a battery at once, would burn what it pays to be rid of.
    orders = book("0 sell 1000 @ -2000\n1 buy 100 @ -1000")
    lossy = lines_of([(0, 1, 500, 500, 200_000, 0, 0)])
    battery = storages(
        "charge 100 discharge 100 capacity 100 from 0 in 0-0 of area 0, end -3000, keeps 50% 50%"
    )

    for problem in (
        market(orders, n_areas=2, lines=lossy),
        market(orders, n_areas=2, storages=battery),
    ):
        assert plain_welfare(problem) > plain_welfare(problem, one_way=True)


def test_nested_limits_hold_for_everything_below() -> None:
    rows = book("0 sell 100 @ 100\n1 sell 100 @ 200\n2 buy 500 @ 900")
    free = market(
        rows, n_areas=3, lines=lines_of([(0, 2, 900, 0, 0, 0, 0), (1, 2, 900, 0, 0, 0, 0)])
    )
    limited = market(
        rows,
        n_areas=3,
        lines=free.lines,
        exports=[[120], [500], [500]],
        parent=[-1, 0, -1],
    )

    assert plain_welfare(free) == pytest.approx(100 * 800 + 100 * 700)
    assert plain_welfare(limited) == pytest.approx(100 * 800 + 20 * 700)


def test_prices_exist_exactly_where_letting_blocks_go_gains_nothing() -> None:
    """The lemma on which every search for blocks rests, on every pattern of random small books."""
    seen = {True: 0, False: 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        problem = random_blocks(rng, random_grid(rng), int(rng.integers(1, 5)))
        tried = Blocks(problem)
        for accepted in patterns(problem):
            whole = tried.welfare(accepted, relaxed=False)
            if not np.isfinite(whole):
                continue
            relaxed = tried.welfare(accepted, relaxed=True)
            supported = whole >= relaxed - tolerance_quanta(whole)
            assert price_support(problem, accepted) == supported, (seed, accepted)
            seen[supported] += 1
    assert min(seen.values()) > 50


def test_a_dive_is_a_valid_choice_and_so_never_better_than_the_best() -> None:
    worse = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        problem = random_blocks(rng, random_grid(rng), int(rng.integers(1, 8)))
        best, dive = brute_force_blocks(problem).welfare_quanta, dive_welfare(problem)
        assert dive <= best + tolerance_quanta(best), seed
        assert best <= plain_welfare(problem) + tolerance_quanta(best), seed
        worse += dive < best - tolerance_quanta(best)
    assert worse > 3


def test_a_brute_force_finds_the_family_that_carries_its_parent() -> None:
    # Alone the parent loses 300 x 10; with its child, which gains 900 x 10, it does not.
    problem = market(
        book("0 sell 10 @ 2000\n0 buy 25 @ 1700"),
        blocks=blocks("""
            A sell 10 @ 2000 in 0 of area 0
            B sell 10 @  800 in 0 of area 0, child of A
        """),
    )

    choice = brute_force_blocks(problem)

    assert choice.accepted == (True, True)
    assert choice.welfare_quanta == pytest.approx(10 * (1700 - 2000) + 10 * (1700 - 800))


def test_every_draw_may_be_cleared() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        problem = random_grid(rng, negative=seed % 2 == 1)
        for more in (random_tree, random_mesh, random_slopes, random_last_resort):
            problem = more(rng, problem)
        problem = random_storages(rng, problem, int(rng.integers(0, 4)))
        problem = random_blocks(rng, problem, int(rng.integers(0, 8)))
        assert faults(problem) == [], seed
