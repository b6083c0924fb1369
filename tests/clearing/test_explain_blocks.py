"""Every block and storage can be told why."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.clear import clear
from clearing.explain import BlockReason, StorageReason, explain_block, explain_storage, words
from clearing.merit_order import cancelled, merit_order
from clearing.problem import PPB, ClearingProblem
from tests.clearing.books import blocks, book, market, orders_of, random_orders, storages
from tests.clearing.by_hand import by_hand
from tests.clearing.draws import random_blocks, random_storages


def with_blocks(table: str) -> ClearingProblem:
    """Two intervals in which somebody always trades."""
    orders = orders_of(
        [(0, t, sell, price, 1_000, 1) for t in (0, 1) for sell, price in ((True, 0), (False, 9))]
    )
    return market(orders, n_intervals=2, blocks=blocks(table))


#: Blocks, their ratios, and what the first is told at prices of 200 and 300.
TOLD = [
    (
        "A sell 10,30 @ 250 in 0-1 of area 0",
        [1],
        BlockReason.ACCEPTED,
        1_000,
        "Accepted in full: it gains 0.0000.",
    ),
    (
        "A buy 1000000 @ 250 in 0 of area 0",
        [1],
        BlockReason.ACCEPTED,
        50_000_000,
        "Accepted in full: it gains 0.5000.",
    ),
    (
        "A sell 10 @ 275 in 0-1 of area 0\nB sell 90 @ 100 in 1 of area 0, child of A",
        [1, 1],
        BlockReason.ACCEPTED,
        -500,
        "Accepted in full: it gains 0.0000, and what its children gain carries it.",
    ),
    (
        "A sell 10 @ 250 in 0-1 of area 0, min 0.5",
        [0.625],
        BlockReason.PARTLY_ACCEPTED,
        0,
        "62.5 % accepted, its limit is the average price: it gains 0.0000.",
    ),
    (
        "A sell 10 @ 200 in 0-1 of area 0, min 0.3, group g\nB sell 9 @ 0 in 0 of area 0, group g",
        [0.4, 0.6],
        BlockReason.PARTLY_ACCEPTED,
        400,
        "40 % accepted, the rest of its exclusive group went to others: it gains 0.0000.",
    ),
    (
        "A sell 10 @ 200 in 1 of area 0, min 0.3, child of B\nB sell 9 @ 0 in 0 of area 0, min 0.3",
        [0.4, 0.4],
        BlockReason.PARTLY_ACCEPTED,
        400,
        "40 % accepted, as much as of the block it depends on: it gains 0.0000.",
    ),
    (
        "A sell 10,30 @ 400 in 0-1 of area 0",
        [0],
        BlockReason.OUT_OF_THE_MONEY,
        -5_000,
        "Not accepted: the prices missed its limit by 1.25 per MWh on average.",
    ),
    (
        "A buy 10,30 @ 275 in 0-1 of area 0",
        [0],
        BlockReason.AT_THE_MONEY,
        0,
        "Not accepted: on average the prices were its limit, and it was not needed.",
    ),
    (
        "A sell 10 @ 100 in 0-1 of area 0, child of B\nB sell 9 @ 900 in 0 of area 0",
        [0, 0],
        BlockReason.PARENT_NOT_ACCEPTED,
        3_000,
        "Not accepted although it would have gained 0.0000 at these prices: "
        "the block it depends on was not accepted.",
    ),
    (
        "A sell 10 @ 100 in 0-1 of area 0, child of B\nB sell 9 @ 200 in 0 of area 0, min 0.1",
        [0, 0.5],
        BlockReason.PARENT_NOT_ACCEPTED,
        3_000,
        "Not accepted although it would have gained 0.0000 at these prices: "
        "the block it depends on was accepted too little.",
    ),
    (
        "A sell 10 @ 100 in 0-1 of area 0, group g\nB sell 9 @ 0 in 0 of area 0, group g",
        [0, 1],
        BlockReason.GROUP,
        3_000,
        "Not accepted although it would have gained 0.0000 at these prices: "
        "others of its exclusive group were accepted.",
    ),
    (
        "A sell 1000000 @ 100 in 0-1 of area 0, min 0.6",
        [0],
        BlockReason.MINIMUM_ACCEPTANCE,
        300_000_000,
        "Not accepted although it would have gained 3.0000 at these prices: with 60 % of it, the "
        "least it allows, or more, the prices would move so far that it, or another accepted "
        "block, would lose.",
    ),
    (
        "A sell 1000000 @ 100 in 0-1 of area 0",
        [0],
        BlockReason.PARADOXICALLY_REJECTED,
        300_000_000,
        "Not accepted although it would have gained 3.0000 at these prices: it is taken whole or "
        "not at all, and with all of it the prices would move so far that it, or another accepted "
        "block, would lose.",
    ),
]


@pytest.mark.parametrize(("table", "ratio", "reason", "surplus", "text"), TOLD)
def test_a_block_is_told_what_became_of_it(
    table: str, ratio: list[float], reason: BlockReason, surplus: int, text: str
) -> None:
    problem = with_blocks(table)
    result = by_hand(problem, accepted=[0] * 4, exact=[[200, 300]], ratio=ratio)
    result = replace(result, has_price=np.ones((1, 2), dtype=np.bool_))

    told = explain_block(problem, result, 0)

    assert (told.reason, told.surplus_quanta, told.text) == (reason, surplus, text)
    assert told.ratio_ppb == round(ratio[0] * PPB)


def test_the_average_price_counts_a_blocks_energy() -> None:
    problem = with_blocks("A sell 10,30 @ 250 in 0-1 of area 0")
    result = by_hand(problem, accepted=[0] * 4, exact=[[200, 300]], ratio=[1])

    assert explain_block(problem, result, 0).price_ticks == 275


def test_a_block_meets_no_price_where_nothing_was_traded() -> None:
    problem = with_blocks("A sell 10 @ 250 in 0-1 of area 0")
    result = by_hand(problem, accepted=[5, 5, 0, 0], exact=[[200, 300]], ratio=[0])

    told = explain_block(problem, result, 0)

    assert told.reason is BlockReason.NO_VOLUME
    assert told.price_ticks is None
    assert told.surplus_quanta == 0


def test_below_the_solver_blocks_and_storages_are_released() -> None:
    problem = replace(
        with_blocks("A sell 10 @ 1 in 0-1 of area 0"),
        storages=storages("charge 9 discharge 9 capacity 9 from 0 in 0-1 of area 0"),
    )

    released, off = merit_order(problem), cancelled(problem, "late")

    assert explain_block(problem, released, 0).reason is BlockReason.RELEASED
    assert explain_block(problem, off, 0).reason is BlockReason.CANCELLED
    assert explain_storage(problem, released, 0).reason is StorageReason.RELEASED
    assert explain_storage(problem, off, 0).reason is StorageReason.CANCELLED


# ── storages ────────────────────────────────────────────────────────────────────────────────────


def with_storage(line: str) -> ClearingProblem:
    return replace(with_blocks(""), blocks=market(book("")).blocks, storages=storages(line))


def test_a_storage_is_told_what_it_earned() -> None:
    problem = with_storage(
        "charge 100 discharge 100 capacity 80 from 8 in 0-1 of area 0"
        ", end 150, keeps 90% 80%, spread 20"
    )
    result = by_hand(
        problem, accepted=[0] * 4, exact=[[100, 300]], charge=[80, 0], discharge=[0, 61]
    )

    told = explain_storage(problem, result, 0)

    # 8 + 72 are stored, 76.25 leave for 61.
    kept = 8 + 72 - 77 - 8
    assert told.reason is StorageReason.USED
    assert (told.bought_wh, told.sold_wh, told.drained_wh) == (80, 61, 77)
    assert told.profit_quanta == 61 * (300 - 20) - 80 * 100 + kept * 150
    assert told.cycles == 0.963
    assert told.text == "Bought 80 Wh and sold 61 Wh in 0.963 cycles: it gains 0.0001."


@pytest.mark.parametrize(
    ("line", "short"),
    [
        # Bought at 200, sold at 300: two hundred of losses and spread are not covered.
        ("charge 9 discharge 9 capacity 9 from 0 in 0-1 of area 0, keeps 50% 100%, spread 50", 150),
        # What it holds is worth 400 in the end and would bring 300 less 50.
        ("charge 0 discharge 9 capacity 9 from 5 in 0-1 of area 0, end 400, spread 50", 150),
        # A Wh bought at 200 would be worth 120 in the end.
        ("charge 9 discharge 0 capacity 9 from 0 in 0-1 of area 0, end 120", 80),
        ("charge 9 discharge 9 capacity 0 from 0 in 0-1 of area 0", None),
    ],
)
def test_an_idle_storage_is_told_what_was_missing(line: str, short: int | None) -> None:
    problem = with_storage(line)
    result = by_hand(problem, accepted=[0] * 4, exact=[[200, 300]])
    result = replace(result, has_price=np.ones((1, 2), dtype=np.bool_))

    told = explain_storage(problem, result, 0)

    assert told.reason is StorageReason.IDLE
    assert told.short_ticks == short
    assert told.profit_quanta == 0
    assert told.text.startswith("Idle: ")
    if short is not None:
        assert told.text.endswith(f"the best use fell short by {words.price(short)} per MWh.")


# ── drawn markets ───────────────────────────────────────────────────────────────────────────────


def test_what_is_told_of_drawn_blocks_and_storages_fits_what_they_got() -> None:
    seen: set[BlockReason] = set()
    for seed in range(25):
        rng = np.random.default_rng(seed)
        orders = random_orders(rng, 40, 1, 3, lowest=100, steps=15_000)
        drawn = random_blocks(rng, market(orders, n_intervals=3), 6)
        problem = random_storages(rng, drawn, 2)
        result = clear(problem)
        for row in range(len(problem.blocks)):
            told = explain_block(problem, result, row)
            seen.add(told.reason)
            assert (told.reason is BlockReason.ACCEPTED) == (told.ratio_ppb == PPB)
            partly = 0 < told.ratio_ppb < PPB
            assert (told.reason is BlockReason.PARTLY_ACCEPTED) == partly
            assert told.reason is not BlockReason.OUT_OF_THE_MONEY or told.surplus_quanta < 0
            assert told.text.endswith(".")
        for row in range(len(problem.storages)):
            idle = explain_storage(problem, result, row)
            moved = bool(result.charge_wh[row].any() or result.discharge_wh[row].any())
            assert (idle.reason is StorageReason.USED) == moved
            # A clearing in whole Wh and ticks may cost an order half a tick and a Wh.
            if moved:
                energy = idle.bought_wh + idle.sold_wh
                assert idle.profit_quanta >= -energy - 400_000
    assert len(seen) > 3
