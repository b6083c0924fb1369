"""Every order, block and storage can be told why."""

from dataclasses import replace

import numpy as np

from clearing.clear import clear
from clearing.explain import (
    Reason,
    explain,
    words,
)
from clearing.merit_order import cancelled
from clearing.problem import PPB, StepOrders, Tie
from tests.clearing.books import (
    book,
    market,
    orders_of,
    random_grid,
)
from tests.clearing.by_hand import by_hand

BOOK = """
    0 sell 10 @ 100
    0 sell 10 @ 200
    0 sell 30 @ 200
    0 sell 10 @ 350
    0 buy  20 @ 300
    0 buy   5 @ 150
"""


def test_each_order_learns_how_far_it_was_from_the_price() -> None:
    problem = market(book(BOOK), tie=Tie.PRORATA)
    result = clear(problem)

    told = [explain(problem, result, row) for row in range(len(problem.orders))]

    assert [told_one.reason for told_one in told] == [
        Reason.IN_THE_MONEY,
        Reason.MARGINAL,
        Reason.MARGINAL,
        Reason.OUT_OF_THE_MONEY,
        Reason.IN_THE_MONEY,
        Reason.OUT_OF_THE_MONEY,
    ]
    assert [one.distance_ticks for one in told] == [100, 0, 0, -150, 100, -50]
    assert (told[1].tied_wh, told[1].tied_accepted_wh, told[1].tie) == (40, 10, Tie.PRORATA)
    assert told[3].text == "Not accepted: the price missed the limit by 1.50 per MWh."
    assert "shared pro rata" in told[1].text


def test_half_a_tick_decides_and_is_told() -> None:
    # Between 100 and 201 the price is 150.5; 150 is paid.
    problem = market(book("0 sell 5 @ 100\n0 buy 5 @ 201\n0 buy 5 @ 150\n0 sell 9 @ 201"))
    result = by_hand(problem, accepted=[5, 5, 0, 0], exact=[["301/2"]])

    told = [explain(problem, result, row) for row in range(4)]

    assert [one.distance_ticks for one in told] == [50, 51, 0, -51]
    assert told[2].reason is Reason.OUT_OF_THE_MONEY
    assert told[2].text == "Not accepted: the price missed the limit by less than 0.01 per MWh."


def sloped(rows: list[tuple[bool, int, int, int]]) -> StepOrders:
    """Orders of rows (is_sell, first price, last price, energy)."""
    orders = orders_of([(0, 0, sell, p, q, k) for k, (sell, p, _, q) in enumerate(rows)])
    return replace(orders, price_end_ticks=np.array([end for _, _, end, _ in rows]))


def test_a_sloped_order_is_served_up_to_the_price() -> None:
    problem = market(
        sloped(
            [
                (True, 100, 300, 200),
                (True, 100, 150, 30),
                (True, 250, 400, 40),
                (False, 400, 400, 132),
            ]
        )
    )
    # A Wh a tick: 100 .. 200 are 101 rungs, the first of them half full.
    result = by_hand(problem, accepted=[102, 30, 0, 132], exact=[[202]])

    told = [explain(problem, result, row) for row in range(4)]

    assert [one.reason for one in told] == [
        Reason.ON_ITS_SLOPE,
        Reason.IN_THE_MONEY,
        Reason.OUT_OF_THE_MONEY,
        Reason.IN_THE_MONEY,
    ]
    assert [one.distance_ticks for one in told] == [102, 52, -48, 198]
    assert told[0].text == (
        "102 of 200 Wh: the price lies on the order's slope; "
        "at this tick 1 of 1 Wh on this side were traded."
    )


def test_the_last_resort_is_told_that_it_comes_last() -> None:
    orders = replace(
        book("0 sell 10 @ 100\n0 sell 10 @ 100\n0 buy 15 @ 300\n0 sell 1 @ 100"),
        is_last_resort=np.array([True, False, False, True]),
    )
    problem = market(orders)
    result = by_hand(problem, accepted=[5, 10, 15, 0], exact=[[100]])

    told = [explain(problem, result, row) for row in (0, 1, 3)]

    assert [one.is_last_resort for one in told] == [True, False, True]
    assert [one.tie for one in told] == [Tie.TIME, None, Tie.TIME]
    assert told[0].text == (
        "5 of 10 Wh: the limit is the price, where 15 of 21 Wh on this side were traded, "
        "shared by time of acceptance, the last resort after all others."
    )


def test_without_volume_there_is_no_price_to_be_missed() -> None:
    problem = market(book("0 sell 10 @ 300\n0 buy 10 @ 200"))

    told = explain(problem, clear(problem), 0)

    assert told.reason is Reason.NO_VOLUME
    assert told.price_ticks is None


def test_a_cancelled_auction_says_so() -> None:
    problem = market(book(BOOK))

    assert explain(problem, cancelled(problem, "late"), 0).reason is Reason.CANCELLED


def test_every_order_of_a_grid_has_the_reason_its_fill_shows() -> None:
    for seed in range(10):
        problem = random_grid(np.random.default_rng(seed))
        result = clear(problem)
        for row in range(0, len(problem.orders), 7):
            told = explain(problem, result, row)
            full, none = told.accepted_wh == told.energy_wh, told.accepted_wh == 0
            assert told.reason is not Reason.IN_THE_MONEY or full
            assert told.reason is not Reason.OUT_OF_THE_MONEY or none
            assert told.reason is not Reason.NO_VOLUME or none
            assert told.text.endswith(".")


def test_numbers_are_written_for_people() -> None:
    assert [words.price(t) for t in (0, 5, -5, 12_345)] == ["0.00", "0.05", "-0.05", "123.45"]
    assert [words.money(q) for q in (5_000, 15_000, -15_000, -1, 123_456_789)] == [
        "0.0000",
        "0.0002",
        "-0.0002",
        "0.0000",
        "1.2346",
    ]
    assert [words.gains(q) for q in (0, -1, -10_000)] == [
        "it gains 0.0000",
        "it gains 0.0000",
        "it loses 0.0001",
    ]
    assert [words.percent(r) for r in (PPB, 625_000_000, 1)] == ["100 %", "62.5 %", "0.0000001 %"]
