"""Ties: who is served when several states are equally good."""

import numpy as np
import pytest

from clearing.clear import clear
from clearing.problem import Tie
from tests.clearing.books import book, lines_of, market, random_grid

# Two areas that want the same at the same price, and one that can not serve them both.
SHARED = """
    0 sell 90 @ 1000
    1 buy  60 @ 5000
    2 buy 120 @ 5000
"""
STAR = [(0, 1, 1000, 1000, 0, 0, 0), (0, 2, 1000, 1000, 0, 0, 0)]


def test_pro_rata_runs_over_all_areas_that_share_a_price() -> None:
    result = clear(market(book(SHARED), n_areas=3, lines=lines_of(STAR), tie=Tie.PRORATA))

    assert result.accepted_wh.tolist() == [90, 30, 60]


def test_time_runs_over_all_areas_that_share_a_price() -> None:
    first_comes_area_1 = market(book(SHARED), n_areas=3, lines=lines_of(STAR), tie=Tie.TIME)
    later = """
        0 sell 90 @ 1000
        2 buy 120 @ 5000
        1 buy  60 @ 5000
    """
    first_comes_area_2 = market(book(later), n_areas=3, lines=lines_of(STAR), tie=Tie.TIME)

    assert clear(first_comes_area_1).accepted_wh.tolist() == [90, 60, 30]
    assert clear(first_comes_area_2).accepted_wh.tolist() == [90, 90, 0]


def test_time_interleaves_the_orders_of_two_areas() -> None:
    text = """
        0 sell 100 @ 1000
        1 buy  30 @ 5000
        2 buy  30 @ 5000
        1 buy  30 @ 5000
        2 buy  30 @ 5000
    """
    result = clear(market(book(text), n_areas=3, lines=lines_of(STAR), tie=Tie.TIME))

    assert result.accepted_wh.tolist() == [100, 30, 30, 30, 10]


def test_a_full_line_stops_one_area_and_the_others_share_the_rest() -> None:
    # A line of 10 Wh stops area 1 at a sixth; area 2 takes all the seller has left. The full line
    # earns nothing: the seller's price is the buyers' price, because the buyers are marginal.
    narrow = [(0, 1, 10, 10, 0, 0, 0), (0, 2, 1000, 1000, 0, 0, 0)]
    result = clear(market(book(SHARED), n_areas=3, lines=lines_of(narrow), tie=Tie.PRORATA))

    assert result.accepted_wh.tolist() == [90, 10, 80]


def test_a_full_line_stops_the_earliest_and_the_next_in_time_is_served() -> None:
    narrow = [(0, 1, 10, 10, 0, 0, 0), (0, 2, 1000, 1000, 0, 0, 0)]
    result = clear(market(book(SHARED), n_areas=3, lines=lines_of(narrow), tie=Tie.TIME))

    assert result.accepted_wh.tolist() == [90, 10, 80]


def test_lossy_lines_of_equal_loss_share_as_well() -> None:
    # What scarcity looks like in a village: loads of two areas bid the cap, supply sits in a third.
    lossy = [(0, 1, 10_000, 0, 20_000, 0, 0), (0, 2, 10_000, 0, 20_000, 0, 0)]
    text = """
        0 sell 3000 @ 1000
        1 buy  2000 @ 5000
        2 buy  4000 @ 5000
    """
    result = clear(market(book(text), n_areas=3, lines=lines_of(lossy), tie=Tie.PRORATA))

    sold, one, two = result.accepted_wh.tolist()
    assert sold == 3000
    assert one == pytest.approx(980, abs=2)
    assert two == pytest.approx(1960, abs=2)
    assert result.price_ticks.tolist() == [[4900], [5000], [5000]]


def test_the_largest_volume_comes_before_the_rules_of_sharing() -> None:
    # At 1000 everybody is indifferent: all that can be traded is.
    text = """
        0 sell 50 @ 1000
        1 buy  30 @ 1000
        2 buy  40 @ 1000
    """
    result = clear(market(book(text), n_areas=3, lines=lines_of(STAR), tie=Tie.PRORATA))

    assert result.accepted_wh[0] == 50
    assert result.accepted_wh[1:].sum() == 50
    assert result.accepted_wh[1] == pytest.approx(50 * 30 / 70, abs=1)


def test_flows_are_as_small_as_possible() -> None:
    # A triangle without losses: the direct way carries everything, the way round nothing.
    triangle = [
        (0, 1, 1000, 1000, 0, 0, 0),
        (1, 2, 1000, 1000, 0, 0, 0),
        (0, 2, 1000, 1000, 0, 0, 0),
    ]
    result = clear(
        market(book("0 sell 90 @ 1000\n2 buy 60 @ 5000"), n_areas=3, lines=lines_of(triangle))
    )

    assert result.sent_forward_wh.tolist() == [[0], [0], [60]]


def test_the_largest_remainder_decides_single_wh() -> None:
    text = """
        0 buy 10 @ 1000
        0 buy 10 @ 1000
        0 buy 10 @ 1000
        0 sell 20 @ 500
    """
    result = clear(market(book(text), tie=Tie.PRORATA))

    assert result.accepted_wh.tolist() == [7, 7, 6, 20]


@pytest.mark.parametrize("tie", list(Tie))
def test_the_rule_of_sharing_costs_no_welfare(tie: Tie) -> None:
    """Coarse prices, so that whole grids tie: both rules reach the same welfare and volume."""
    for seed in range(2000, 2008):
        problem = random_grid(np.random.default_rng(seed))
        coarse = market(
            problem.orders,
            n_areas=problem.n_areas,
            n_intervals=problem.n_intervals,
            lines=problem.lines,
            imports=problem.areas.import_limit_wh,
            exports=problem.areas.export_limit_wh,
            tie=tie,
        )
        other = clear(problem)
        result = clear(coarse)
        lossy = int((problem.lines.loss_ppm > 0).sum()) * problem.n_intervals
        dearest = int(np.abs(problem.orders.price_ticks).max(initial=1))
        assert abs(result.welfare_quanta - other.welfare_quanta) <= 2 * lossy * dearest
