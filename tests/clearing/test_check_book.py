"""What fills say of the price, Wh by Wh: floors, ceilings, and those that are passed over."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check.book import bounds, nodes_of, read_book, silent, steps_of
from clearing.check.orders import bounds_from_orders
from clearing.problem import ClearingProblem, StepOrders
from tests.clearing.books import book, market, orders_of

FREE = np.inf


def said(text: str, accepted: list[int]) -> tuple[float, float]:
    """Lowest and highest price of area 0."""
    read = read_book(market(book(text)), np.array(accepted))
    return float(read.low_ticks[0, 0]), float(read.high_ticks[0, 0])


@pytest.mark.parametrize(
    ("order", "got", "between"),
    [
        ("0 sell 5 @ 100", 0, (-FREE, 100)),
        ("0 sell 5 @ 100", 1, (100, 100)),
        ("0 sell 5 @ 100", 4, (100, 100)),
        ("0 sell 5 @ 100", 5, (100, FREE)),
        ("0 buy 5 @ 100", 0, (100, FREE)),
        ("0 buy 5 @ 100", 1, (100, 100)),
        ("0 buy 5 @ 100", 4, (100, 100)),
        ("0 buy 5 @ 100", 5, (-FREE, 100)),
    ],
)
def test_a_wh_served_says_one_thing_and_a_wh_left_the_other(
    order: str, got: int, between: tuple[float, float]
) -> None:
    assert said(order, [got]) == between


def test_the_loudest_of_several_is_heard() -> None:
    assert said("0 sell 5 @ 100\n0 sell 5 @ 90\n0 sell 5 @ 300\n0 sell 5 @ 200", [5, 5, 0, 0]) == (
        100,
        200,
    )
    assert said("0 buy 5 @ 100\n0 buy 5 @ 90\n0 buy 5 @ 300\n0 buy 5 @ 200", [0, 0, 5, 5]) == (
        100,
        200,
    )
    # Two that are cut: the price would have to be both.
    assert said("0 sell 5 @ 100\n0 sell 5 @ 90", [2, 3]) == (100, 90)


def test_every_area_and_interval_is_its_own_node() -> None:
    problem = market(
        orders_of([(1, 0, True, 100, 5, 1), (0, 2, False, 200, 7, 2), (1, 0, False, 300, 3, 3)]),
        n_areas=2,
        n_intervals=3,
    )
    read = read_book(problem, np.array([5, 4, 3]))

    assert nodes_of(problem).tolist() == [3, 2, 3]
    assert read.traded_wh.tolist() == [[0, 0, 4], [8, 0, 0]]
    assert read.net_wh.tolist() == [[0, 0, -4], [2, 0, 0]]
    assert read.low_ticks.tolist() == [[-FREE, -FREE, 200], [100, -FREE, -FREE]]
    assert read.high_ticks.tolist() == [[FREE, FREE, 200], [300, FREE, FREE]]
    assert silent(read.best_bid_ticks).tolist() == [[True, True, False], [False, True, True]]
    assert silent(read.best_offer_ticks).tolist() == [[True, True, True], [False, True, True]]
    assert read.best_bid_ticks[0, 2] == 200
    assert read.best_offer_ticks[1, 0] == 100


# ── passing over ────────────────────────────────────────────────────────────────────────────────

LADDER = "0 sell 3 @ 100\n0 sell 2 @ 90\n0 sell 4 @ 200\n0 sell 1 @ 210\n1 sell 9 @ 150"


@pytest.mark.parametrize(
    ("passed_wh", "between"),
    [
        (0, (100, 200)),
        (2, (100, 200)),
        (3, (90, 200)),
        (4, (90, 210)),
        (5, (-FREE, FREE)),
    ],
)
def test_the_wh_that_speak_loudest_are_passed_over(
    passed_wh: int, between: tuple[float, float]
) -> None:
    offers = market(book(LADDER), n_areas=2)
    bids = replace(
        offers,
        orders=replace(
            offers.orders,
            is_sell=~offers.orders.is_sell,
            price_ticks=-offers.orders.price_ticks,
        ),
    )
    fills = np.array([3, 2, 0, 0, 4])

    assert bounds_from_orders(offers, fills, 0, 0, passed_wh) == between
    # What bids say is the same upside down.
    low, high = between
    assert bounds_from_orders(bids, fills, 0, 0, passed_wh) == (-high, -low)


def test_equal_prices_are_passed_over_together() -> None:
    problem = market(book("0 sell 3 @ 100\n0 sell 2 @ 100\n0 sell 2 @ 90"))
    fills = np.array([3, 2, 2])

    assert bounds_from_orders(problem, fills, 0, 0, 4) == (100, FREE)
    assert bounds_from_orders(problem, fills, 0, 0, 5) == (90, FREE)
    assert bounds_from_orders(problem, fills, 0, 0, 6) == (90, FREE)
    assert bounds_from_orders(problem, fills, 0, 0, 7) == (-FREE, FREE)


# ── the steps ───────────────────────────────────────────────────────────────────────────────────


def sloped(orders: StepOrders, ends: list[int]) -> ClearingProblem:
    return market(replace(orders, price_end_ticks=np.array(ends)), n_areas=2)


def test_plain_orders_are_steps_as_they_are() -> None:
    problem = market(book("0 sell 3 @ 100\n1 buy 2 @ 90"), n_areas=2)
    fills = np.array([1, 2])
    steps = steps_of(problem, fills, 1)

    assert steps.order is None
    assert steps.order_of(np.array([1])).tolist() == [1]
    assert steps.accepted_wh is fills


def test_only_the_nodes_asked_for_give_steps() -> None:
    orders = book("0 sell 3 @ 100\n1 buy 2 @ 90\n1 sell 2 @ 95")
    for problem in (market(orders, n_areas=2), sloped(orders, [100, 90, 97])):
        steps = steps_of(problem, np.array([1, 2, 0]), 1, np.array([False, True]))
        assert set(steps.node.tolist()) == {1}
        assert set(steps.order_of(np.arange(len(steps.node))).tolist()) == {1, 2}


def test_of_a_sloped_order_the_rungs_next_to_its_fill_are_steps() -> None:
    # The Wh of the offer stand at 101, 102 and so on to 110; the bid is no slope.
    problem = sloped(book("0 sell 10 @ 100\n0 buy 4 @ 300"), [110, 300])
    steps = steps_of(problem, np.array([4, 4]), 2)

    assert steps.order is not None
    assert steps.order.tolist() == [1, 0, 0, 0, 0]
    assert steps.price_ticks.tolist() == [300, 103, 104, 105, 106]
    assert steps.energy_wh.tolist() == [4, 1, 1, 1, 1]
    assert steps.accepted_wh.tolist() == [4, 1, 1, 0, 0]
    assert steps.is_sell.tolist() == [False, True, True, True, True]
    low, high = bounds(steps, 2)
    assert low.tolist() == [104, -FREE]
    assert high.tolist() == [105, FREE]
