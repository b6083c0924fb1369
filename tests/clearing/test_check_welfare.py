"""The auditor's adding machine, beside one that adds Wh by Wh in plain Python."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check.book import read_book
from clearing.check.welfare import injected_wh, statement_refusals
from clearing.problem import PPB, ClearingProblem, ClearingResult
from tests.clearing.books import blocks, book, lines_of, market, random_grid, storages
from tests.clearing.by_hand import by_hand, changed
from tests.clearing.draws import random_blocks, random_slopes, random_storages


def drawn(seed: int) -> tuple[ClearingProblem, ClearingResult]:
    """Any fills, ratios and flows: what is added up need not have cleared."""
    rng = np.random.default_rng(seed)
    plain = random_grid(rng)
    small = replace(plain.orders, energy_wh=np.minimum(plain.orders.energy_wh, 9))
    problem = random_slopes(rng, replace(plain, orders=small), widest=9)
    problem = random_storages(rng, random_blocks(rng, problem, 3), 2)
    shape = len(problem.storages), problem.n_intervals
    flows = (len(problem.lines), problem.n_intervals)
    return problem, by_hand(
        problem,
        accepted=rng.integers(0, small.energy_wh + 1).tolist(),
        exact=0,
        forward=rng.integers(0, 3, flows),
        backward=rng.integers(0, 3, flows),
        ratio=rng.choice([0, 0, 0.25, 1], len(problem.blocks)).tolist(),
        charge=rng.integers(0, 3, shape),
        discharge=rng.integers(0, 3, shape),
    )


def stated(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    return statement_refusals(problem, result, read_book(problem, result.accepted_wh))


def test_what_is_injected_and_stated_is_what_plain_python_adds_up() -> None:
    for seed in range(12):
        problem, result = drawn(seed)
        injected = injected_wh(problem, result, read_book(problem, result.accepted_wh))
        assert injected.tolist() == result.net_export_wh.tolist()
        assert stated(problem, result) == []


def test_welfare_is_stated_to_the_quantum_and_its_bound_is_no_lower() -> None:
    problem, result = drawn(1)
    welfare = result.welfare_quanta

    for off in (-1, 1):
        wrong = replace(result, welfare_quanta=welfare + off)
        assert stated(problem, wrong) == [f"welfare is {welfare} quanta, not {welfare + off}"]
    below = replace(result, upper_bound_quanta=welfare - 1)
    assert stated(problem, below) == ["the upper bound is below the welfare"]
    assert stated(problem, replace(result, upper_bound_quanta=welfare + 1)) == []


#: What alone makes a price of area 1, in a market of three areas in a row.
ALONE = {
    "an offer": {"accepted": [1, 0]},
    "a bid": {"accepted": [0, 1]},
    "a block": {"ratio": [1.0]},
    "half a block": {"ratio": [0.5]},
    "a charge": {"charge": 1},
    "a discharge": {"discharge": 1},
    "a line to it": {"forward": [[1], [0]]},
    "the way back": {"backward": [[1], [0]]},
    "a line from it": {"forward": [[0], [1]]},
    "the way back of that": {"backward": [[0], [1]]},
}


@pytest.mark.parametrize("what", ALONE)
def test_anything_traded_or_flowing_makes_a_price_and_nothing_else(what: str) -> None:
    problem = market(
        book("1 sell 5 @ 100\n1 buy 5 @ 300"),
        n_areas=3,
        lines=lines_of([(0, 1, 5, 5, 0, 1, 2), (1, 2, 5, 5, 0, 3, 4)]),
        blocks=blocks("A sell 5 @ 90 in 0 of area 1, min 0.1"),
        storages=storages("charge 5 discharge 5 capacity 5 from 3 in 0-0 of area 1, spread 7"),
    )
    result = by_hand(problem, **({"accepted": [0, 0], "exact": 0, "ratio": [0]} | ALONE[what]))

    assert result.has_price[1, 0]
    assert stated(problem, result) == []
    for area in range(3):
        flags = result.has_price.copy()
        flags[area] = ~flags[area]
        assert stated(problem, replace(result, has_price=flags)) == [
            "has_price: a price without volume, or volume without a price"
        ]


def test_a_block_of_less_than_half_a_wh_makes_no_price() -> None:
    problem = market(
        book("1 sell 5 @ 100"), n_areas=2, blocks=blocks("A sell 5 @ 9 in 0 of area 0")
    )
    result = by_hand(problem, accepted=[0], exact=0, ratio=[0.1])

    assert not result.has_price.any()
    assert stated(problem, result) == []
    nearly = replace(result, block_ratio_ppb=np.array([PPB // 10 + 1]))
    assert stated(problem, nearly) == [
        "has_price: a price without volume, or volume without a price",
        "welfare is -9 quanta, not 0",
    ]


def test_the_best_of_the_book_is_the_dearest_bid_and_the_cheapest_offer() -> None:
    problem = market(
        book("0 sell 5 @ 100\n0 sell 5 @ 90\n0 buy 5 @ 80\n0 buy 5 @ 70\n1 buy 5 @ -60"), n_areas=2
    )
    result = by_hand(problem, accepted=[0] * 5, exact=0)

    assert result.best_bid_ticks.tolist() == [[80], [-60]]
    assert stated(problem, result) == []
    for name in ("best_bid_ticks", "best_offer_ticks"):
        for area in range(2):
            wrong = changed(result, name, (area, 0), 1)
            assert stated(problem, wrong) == [f"{name}: not the best of the book"]
