"""Receipts: one per book whatever its order, and none for a result that was changed."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from clearing.clear import clear
from clearing.merit_order import merit_order
from clearing.problem import (
    PPB,
    BlockOrders,
    ClearingProblem,
    ClearingResult,
    IntArray,
    StorageOrders,
)
from clearing.receipt import RULES, input_hash, receipt, relative_gap, result_hash, verify
from tests.clearing.books import book, lines_of, market, random_grid, shuffled
from tests.clearing.draws import random_blocks, random_storages
from tests.clearing.test_shared_memory import full_problem


def test_the_order_of_rows_does_not_change_the_receipt() -> None:
    problem = random_grid(np.random.default_rng(3))
    mixed = shuffled(problem, np.random.default_rng(2).permutation(len(problem.orders)))

    assert input_hash(mixed) == input_hash(problem)
    assert result_hash(mixed, clear(mixed)) == result_hash(problem, clear(problem))


def blocks_in(blocks: BlockOrders, rows: IntArray) -> BlockOrders:
    """The blocks in another order, their parents found again and their groups renamed."""
    place = np.argsort(rows)
    parent, group = blocks.parent[rows], blocks.group[rows]
    legs = [np.arange(blocks.leg_first[b], blocks.leg_first[b + 1]) for b in rows]
    leg = np.concatenate(legs)
    return replace(
        blocks,
        parent=np.where(parent >= 0, place[parent], -1).astype(np.int32),
        group=np.where(group >= 0, 7 + 3 * group, -1).astype(np.int32),
        leg_first=np.cumsum([0, *map(len, legs)]),
        leg_interval=blocks.leg_interval[leg],
        leg_energy_wh=blocks.leg_energy_wh[leg],
        **{
            name: getattr(blocks, name)[rows]
            for name in ("area", "is_sell", "price_ticks", "ratio_min_ppb", "sequence")
        },
    )


def storages_in(storages: StorageOrders, rows: IntArray) -> StorageOrders:
    return StorageOrders(
        **{
            field.name: getattr(storages, field.name)[rows]
            for field in dataclasses.fields(storages)
        }
    )


def test_the_order_of_blocks_and_storages_does_not_change_the_receipt() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        problem = random_storages(rng, random_blocks(rng, random_grid(rng), 8), 5)
        result = replace(
            merit_order(problem),
            block_ratio_ppb=rng.integers(0, PPB, 8),
            charge_wh=rng.integers(0, 9, (5, problem.n_intervals)),
        )
        b, s = rng.permutation(8), rng.permutation(5)
        mixed = replace(
            problem,
            blocks=blocks_in(problem.blocks, b),
            storages=storages_in(problem.storages, s),
        )
        found = replace(
            result,
            block_ratio_ppb=result.block_ratio_ppb[b],
            **{
                name: getattr(result, name)[s]
                for name in (
                    "charge_wh",
                    "discharge_wh",
                    "stored_wh",
                    "stored_value_microticks",
                )
            },
        )

        assert input_hash(mixed) == input_hash(problem)
        assert result_hash(mixed, found) == result_hash(problem, result)


def test_leaving_out_is_the_same_as_saying_none() -> None:
    problem = market(book("0 sell 5 @ 100\n0 buy 5 @ 200"), lines=lines_of([]))
    said = replace(
        problem,
        orders=replace(
            problem.orders,
            price_end_ticks=problem.orders.price_ticks,
            is_last_resort=np.zeros(2, dtype=np.bool_),
        ),
        areas=replace(problem.areas, parent=np.array([-1], dtype=np.int32)),
        confirmed_wh=np.zeros((2, 0, 1), dtype=np.int64),
    )

    assert input_hash(said) == input_hash(problem)


def changes(record: object, path: str = "") -> list[tuple[str, object]]:
    """The record with one number of one of its arrays changed, for every array."""
    assert dataclasses.is_dataclass(record)
    found: list[tuple[str, object]] = []
    for field in dataclasses.fields(record):
        value, name = getattr(record, field.name), path + field.name
        if isinstance(value, np.ndarray) and value.size:
            other = value.copy()
            flat = other.reshape(-1)
            flat[0] = ~flat[0] if other.dtype == np.bool_ else flat[0] + 1
            parts: list[tuple[str, object]] = [(name, other)]
        elif dataclasses.is_dataclass(value):
            parts = changes(value, name + ".")
        else:
            continue
        found += [(which, replace(record, **{field.name: part})) for which, part in parts]
    return found


def test_whatever_is_changed_in_the_input_changes_its_hash() -> None:
    problem = full_problem()
    for name, other in changes(problem):
        # Of a block's legs the first always begins at the first.
        if name == "blocks.leg_first":
            continue
        # The only parent and the only group of a block are free names.
        if name in ("blocks.parent", "blocks.group"):
            other = replace(
                problem, blocks=replace(problem.blocks, **{name[7:]: np.zeros(1, np.int32)})
            )
        assert isinstance(other, ClearingProblem)
        assert input_hash(other) != input_hash(problem), name


def test_whatever_is_changed_in_a_result_changes_its_hash() -> None:
    problem = full_problem()
    result = merit_order(problem)
    result = replace(result, has_price=np.ones_like(result.has_price))
    # The best of the book is part of the input already.
    copies = {"best_bid_ticks", "best_offer_ticks"}
    for name, other in changes(result):
        assert isinstance(other, ClearingResult)
        same = result_hash(problem, other) == result_hash(problem, result)
        assert same == (name in copies), name


def test_a_receipt_stands_for_its_own_result_only() -> None:
    problem = random_grid(np.random.default_rng(3))
    result = clear(problem)
    stated = receipt(problem, result)

    assert verify(problem, result, stated) == []
    assert verify(problem, result, stated | {"welfare_quanta": "0"})
    richer = replace(result, upper_bound_quanta=result.upper_bound_quanta + 1)
    assert verify(problem, richer, stated)


def test_a_receipt_tells_rules_blocks_and_search() -> None:
    rng = np.random.default_rng(1)
    problem = random_blocks(rng, random_grid(rng), 4)
    result = replace(
        merit_order(problem),
        block_ratio_ppb=np.array([0, PPB, PPB // 2, 0]),
        timings_ms={"search": 2.5, "search_points": 17.0},
    )

    told = receipt(problem, result)

    assert told["rules"] == RULES == "wattmarket-clearing-2"
    assert told["blocks"] == {"accepted": 1, "partly_accepted": 1, "not_accepted": 2}
    assert told["search_points"] == 17
    assert told["timings_ms"] == {"search": 2.5}


@pytest.mark.parametrize(
    ("welfare", "bound", "gap"),
    [
        (100, 100, "0"),
        (99, 100, "0.01"),
        (-10, 0, "10"),
        (10**30 - 1, 10**30, "0.000000000001"),
        (2, 3, "0.333333333334"),
        (-15, -10, "0.5"),
    ],
)
def test_the_gap_is_a_decimal_rounded_up(welfare: int, bound: int, gap: str) -> None:
    result = merit_order(market(book("")))

    assert relative_gap(replace(result, welfare_quanta=welfare, upper_bound_quanta=bound)) == gap
