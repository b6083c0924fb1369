"""One result: whatever the order of rows, the names, and how many clear at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest

from clearing.clear import clear
from clearing.problem import BlockOrders, ClearingProblem, ClearingResult, IntArray, StorageOrders
from tests.clearing.books import blocks, market, orders_of, random_grid
from tests.clearing.draws import (
    random_blocks,
    random_last_resort,
    random_mesh,
    random_slopes,
    random_storages,
    random_tree,
)

BOOKS, SHUFFLES = 200, 100
SHORT_BOOKS, SHORT_SHUFFLES = 12, 10
"""So many books have each mixture that `drawn` makes once; the long run has the rest of them."""
#: Fields of a result that have a row for every order, block or storage; the others have none.
OF_ORDERS, OF_BLOCKS = ("accepted_wh",), ("block_ratio_ppb",)
OF_STORAGES = ("charge_wh", "discharge_wh", "stored_wh", "stored_value_microticks")


def drawn(seed: int) -> ClearingProblem:
    """A small market with something of everything."""
    rng = np.random.default_rng(seed)
    problem = random_grid(rng, negative=seed % 4 == 3)
    if seed % 2:
        problem = random_tree(rng, problem)
    if seed % 3 == 0:
        problem = random_mesh(rng, problem)
    if seed % 3 == 1:
        problem = random_slopes(rng, problem)
    problem = random_last_resort(rng, problem)
    problem = random_storages(rng, problem, int(rng.integers(0, 4)))
    return random_blocks(rng, problem, int(rng.integers(0, 7)), size=0.2)


def permuted(
    rng: np.random.Generator, problem: ClearingProblem
) -> tuple[ClearingProblem, dict[str, IntArray]]:
    """The same market with its rows in another order and new names that sort as the old ones.

    Names reach the engine as sequences and numbers of groups. Areas, lines and intervals keep
    their order: it is part of the market.
    """
    rows = {
        "orders": rng.permutation(len(problem.orders)),
        "blocks": rng.permutation(len(problem.blocks)),
        "storages": rng.permutation(len(problem.storages)),
    }
    orders = problem.orders.rows(rows["orders"])
    return (
        replace(
            problem,
            orders=replace(orders, sequence=renamed(rng, orders.sequence)),
            blocks=permuted_blocks(rng, problem.blocks, rows["blocks"]),
            storages=permuted_storages(rng, problem.storages, rows["storages"]),
        ),
        rows,
    )


def renamed(rng: np.random.Generator, names: IntArray) -> IntArray:
    """Other numbers in the same order, equal where they were equal, gaps anywhere."""
    distinct, place = np.unique(names, return_inverse=True)
    new = np.cumsum(rng.integers(1, 1_000, len(distinct)))
    return new[place] if len(distinct) else names


def permuted_blocks(rng: np.random.Generator, rows: BlockOrders, order: IntArray) -> BlockOrders:
    place = np.argsort(order)
    legs = [np.arange(rows.leg_first[b], rows.leg_first[b + 1]) for b in order]
    leg = np.concatenate(legs) if legs else np.zeros(0, dtype=np.int64)
    parent, group = rows.parent[order], rows.group[order]
    return BlockOrders(
        area=rows.area[order],
        is_sell=rows.is_sell[order],
        price_ticks=rows.price_ticks[order],
        ratio_min_ppb=rows.ratio_min_ppb[order],
        parent=np.where(parent >= 0, place[parent] if len(place) else -1, -1).astype(np.int32),
        group=np.where(group >= 0, renamed(rng, group), -1).astype(np.int32),
        sequence=renamed(rng, rows.sequence[order]),
        leg_first=np.cumsum([0, *map(len, legs)], dtype=np.int64),
        leg_interval=rows.leg_interval[leg],
        leg_energy_wh=rows.leg_energy_wh[leg],
    )


def permuted_storages(
    rng: np.random.Generator, rows: StorageOrders, order: IntArray
) -> StorageOrders:
    columns = {field.name: getattr(rows, field.name)[order] for field in fields(rows)}
    return StorageOrders(**columns | {"sequence": renamed(rng, columns["sequence"])})


def assert_same(one: ClearingResult, other: ClearingResult, rows: dict[str, IntArray]) -> None:
    """`other` is the result of the market whose rows were permuted by `rows`."""
    of = dict.fromkeys(OF_ORDERS, "orders") | dict.fromkeys(OF_BLOCKS, "blocks")
    of |= dict.fromkeys(OF_STORAGES, "storages")
    for name in {field.name for field in fields(one)} - {"timings_ms"}:
        mine, its = getattr(one, name), getattr(other, name)
        if isinstance(mine, np.ndarray):
            mine = mine[rows[of[name]]] if name in of else mine
            assert np.array_equal(mine, its), name
        else:
            assert mine == its, name


def clears(problem: ClearingProblem, threads: int) -> list[ClearingResult]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(clear, [problem] * threads))


def assert_one_result(seed: int, shuffles: int, draw: Callable[[int], ClearingProblem]) -> None:
    problem = draw(seed)
    result = clear(problem)
    rng = np.random.default_rng((seed, 1))
    for number in range(shuffles):
        again, rows = permuted(rng, problem)
        # Most of them one at a time; every tenth in two, three or four threads at once.
        for other in clears(again, 2 + number // 10 % 3 if number % 10 == 9 else 1):
            assert_same(result, other, rows)


@pytest.mark.parametrize("seed", range(SHORT_BOOKS))
def test_rows_names_and_threads_change_nothing(seed: int) -> None:
    assert_one_result(seed, SHORT_SHUFFLES, drawn)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SHORT_BOOKS, BOOKS))
def test_rows_names_and_threads_change_nothing_in_many_books(seed: int) -> None:
    assert_one_result(seed, SHUFFLES, drawn)


@pytest.mark.parametrize("seed", range(3))
def test_equal_blocks_are_told_apart_by_their_sequence_alone(seed: int) -> None:
    """Which of two equal blocks is accepted must not hang on the row it stands in."""

    def twins(_: int) -> ClearingProblem:
        return market(
            orders_of([(0, 0, True, 5_000, 100, 1), (0, 0, False, 9_000, 60, 2)]),
            blocks=blocks("""
                A sell 50 @ 1000 in 0 of area 0
                B sell 50 @ 1000 in 0 of area 0
                C sell 50 @ 1000 in 0 of area 0
            """),
        )

    assert_one_result(seed, SHORT_SHUFFLES, twins)
