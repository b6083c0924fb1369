"""Every order can be told why."""

import numpy as np

from clearing.clear import clear
from clearing.explain import Reason, explain
from clearing.merit_order import cancelled
from clearing.problem import Tie
from tests.clearing.books import book, market, random_grid

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
