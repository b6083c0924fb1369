"""Receipts: one per book whatever its order, and none for a result that was changed."""

import dataclasses

import numpy as np

from clearing.clear import clear
from clearing.receipt import input_hash, receipt, result_hash, verify
from tests.clearing.books import random_grid, shuffled


def test_the_order_of_rows_does_not_change_the_receipt() -> None:
    problem = random_grid(np.random.default_rng(3))
    mixed = shuffled(problem, np.random.default_rng(2).permutation(len(problem.orders)))

    assert input_hash(mixed) == input_hash(problem)
    assert result_hash(mixed, clear(mixed)) == result_hash(problem, clear(problem))


def test_one_wh_of_one_order_changes_the_receipt() -> None:
    problem = random_grid(np.random.default_rng(3))
    energy = problem.orders.energy_wh.copy()
    energy[0] += 1
    other = dataclasses.replace(
        problem, orders=dataclasses.replace(problem.orders, energy_wh=energy)
    )

    assert input_hash(other) != input_hash(problem)


def test_a_receipt_stands_for_its_own_result_only() -> None:
    problem = random_grid(np.random.default_rng(3))
    result = clear(problem)
    stated = receipt(problem, result)

    assert verify(problem, result, stated) == []
    assert verify(problem, result, stated | {"welfare_quanta": "0"})
    richer = dataclasses.replace(result, upper_bound_quanta=result.upper_bound_quanta + 1)
    assert verify(problem, richer, stated)
