"""The reasons of all rows at once are those of each row alone."""

import numpy as np
import pytest

from clearing.clear import clear
from clearing.explain import explain, explain_block, explain_storage, reasons_of
from clearing.fallback import fallback
from clearing.merit_order import cancelled
from clearing.problem import ClearingProblem, ClearingResult
from tests.clearing.books import random_grid
from tests.clearing.draws import block_market, random_last_resort, random_slopes, random_storages


def _drawn(seed: int) -> ClearingProblem:
    rng = np.random.default_rng(seed)
    if seed % 2:
        return random_storages(rng, block_market(rng, 4), 2)
    return random_slopes(rng, random_last_resort(rng, random_grid(rng)))


def _hold_together(problem: ClearingProblem, result: ClearingResult) -> None:
    reasons = reasons_of(problem, result)
    alone = [explain(problem, result, row) for row in range(len(problem.orders))]
    assert [reasons.names[code] for code in reasons.steps] == [item.reason for item in alone]
    tied = {place[:3]: place[3:] for place in reasons.tied}
    for row, item in enumerate(alone):
        if item.reason == "marginal" and problem.orders.price_end_ticks is None:
            orders = problem.orders
            key = (int(orders.area[row]), int(orders.interval[row]), bool(orders.is_sell[row]))
            assert tied[key] == (item.tied_wh, item.tied_accepted_wh)
    blocks = [explain_block(problem, result, row) for row in range(len(problem.blocks))]
    assert [reasons.names[code] for code in reasons.blocks] == [item.reason for item in blocks]
    assert list(reasons.block_gain_quanta) == [item.surplus_quanta for item in blocks]
    storages = [explain_storage(problem, result, row) for row in range(len(problem.storages))]
    assert [reasons.names[code] for code in reasons.storages] == [i.reason for i in storages]
    assert list(reasons.storage_gain_quanta) == [item.profit_quanta for item in storages]


@pytest.mark.parametrize("seed", range(12))
def test_a_column_says_what_each_row_would_be_told(seed: int) -> None:
    problem = _drawn(seed)
    _hold_together(problem, clear(problem))


def test_so_it_does_on_the_lower_rungs() -> None:
    problem = _drawn(1)
    _hold_together(problem, fallback(problem, "a test"))
    _hold_together(problem, cancelled(problem, "a test"))
