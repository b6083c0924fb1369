"""Two thousand damaged results of every kind of market: the auditor refuses each of them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from clearing.check import audit
from clearing.clear import AuditFailedError, clear
from clearing.merit_order import merit_order
from clearing.problem import ClearingProblem, ClearingResult, Rung
from tests.clearing.books import random_grid
from tests.clearing.damages import EVERY_DAMAGE
from tests.clearing.draws import (
    random_blocks,
    random_last_resort,
    random_mesh,
    random_slopes,
    random_storages,
    random_tree,
)

DAMAGES = 2_000
Draw = Callable[[np.random.Generator], ClearingProblem]


def with_blocks(rng: np.random.Generator) -> ClearingProblem:
    return random_blocks(rng, random_grid(rng), int(rng.integers(1, 8)))


def with_storages(rng: np.random.Generator) -> ClearingProblem:
    return random_storages(rng, random_grid(rng), int(rng.integers(1, 4)))


def with_a_mesh(rng: np.random.Generator) -> ClearingProblem:
    return random_mesh(rng, random_grid(rng))


def with_nested_areas(rng: np.random.Generator) -> ClearingProblem:
    return random_tree(rng, random_grid(rng))


def with_slopes(rng: np.random.Generator) -> ClearingProblem:
    return random_last_resort(rng, random_slopes(rng, random_grid(rng)))


def with_everything(rng: np.random.Generator) -> ClearingProblem:
    return random_storages(rng, random_blocks(rng, with_a_mesh(rng), 4), 2)


def at_negative_prices(rng: np.random.Generator) -> ClearingProblem:
    return random_grid(rng, negative=True)


DRAWS: list[Draw] = [
    random_grid,
    at_negative_prices,
    with_blocks,
    with_storages,
    with_a_mesh,
    with_nested_areas,
    with_slopes,
    with_everything,
]
ROUNDS = 12


def settled(problem: ClearingProblem) -> ClearingResult:
    """What would be published: the engine's answer, or that of the rung below it."""
    try:
        return clear(problem)
    except AuditFailedError:
        return merit_order(problem)


@pytest.fixture(scope="module")
def published() -> list[tuple[ClearingProblem, ClearingResult]]:
    drawn = [
        draw(np.random.default_rng((number, place)))
        for number in range(ROUNDS)
        for place, draw in enumerate(DRAWS)
    ]
    return [(problem, settled(problem)) for problem in drawn]


def test_what_is_published_passes(
    published: list[tuple[ClearingProblem, ClearingResult]],
) -> None:
    assert [audit(problem, result) for problem, result in published] == [[]] * len(published)
    rungs = Counter(result.rung for _, result in published)
    assert rungs[Rung.OPTIMAL] + rungs[Rung.FEASIBLE] > len(published) // 2
    assert any(result.rounding_wh.any() for _, result in published)
    assert any(result.charge_wh.any() for _, result in published)
    assert any(result.block_ratio_ppb.any() for _, result in published)
    assert any(result.shadow_price_microticks.any() for _, result in published)


def test_prices_where_nothing_traded_are_nobodys_business(
    published: list[tuple[ClearingProblem, ClearingResult]],
) -> None:
    rng = np.random.default_rng(3)
    garbled = 0
    for problem, result in published:
        shape, bare = result.has_price.shape, ~result.has_price
        changes = {
            name: np.where(bare, rng.integers(-(10**8), 10**8, shape), getattr(result, name))
            for name in (
                "price_ticks",
                "connection_price_ticks",
                "price_microticks",
                "connection_price_microticks",
            )
        }
        garbled += bool(bare.any())
        assert audit(problem, replace(result, **changes)) == []
    assert garbled > len(published) // 4


def test_two_thousand_damaged_results_are_all_refused(
    published: list[tuple[ClearingProblem, ClearingResult]],
) -> None:
    rng = np.random.default_rng(2_000)
    tried: Counter[str] = Counter()
    number = 0
    while tried.total() < DAMAGES:
        problem, result = published[number % len(published)]
        damage = EVERY_DAMAGE[int(rng.integers(len(EVERY_DAMAGE)))]
        number += 1
        damaged = damage(problem, result, rng)
        if damaged is None:
            continue
        tried[damage.__name__] += 1
        assert audit(problem, damaged), f"{damage.__name__} on {number % len(published)}"
    assert set(tried) == {damage.__name__ for damage in EVERY_DAMAGE}
