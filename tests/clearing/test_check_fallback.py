"""The auditor on the rungs below the solver: merit order with confirmed flows, and no trade."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clearing.check import audit
from clearing.problem import ClearingProblem, ClearingResult, Rung
from tests.clearing.books import blocks, book, lines_of, market, storages
from tests.clearing.by_hand import by_hand, changed


def street(confirmed: int | None = 10) -> ClearingProblem:
    """Area 0 sells at 150 to area 1, 10 ticks away; area 2 trades for itself at 100 .. 200."""
    problem = market(
        book("0 sell 90 @ 150\n1 buy 10 @ 300\n2 sell 10 @ 100\n2 buy 10 @ 200"),
        n_areas=3,
        lines=lines_of([(0, 1, 50, 50, 0, 10, 10), (0, 2, 50, 50, 0, 30, 30)]),
        blocks=blocks("A sell 5 @ 90 in 0 of area 1"),
        storages=storages("charge 5 discharge 5 capacity 5 from 3 in 0-0 of area 1"),
    )
    if confirmed is None:
        return problem
    return replace(problem, confirmed_wh=np.full((2, 2, 1), confirmed, dtype=np.int64))


def alone(problem: ClearingProblem, **given: object) -> ClearingResult:
    right: dict[str, Any] = {
        "accepted": [10, 10, 10, 10],
        "exact": [[150], [160], [150]],
        "forward": [[10], [0]],
        "ratio": [0],
        "rung": Rung.MERIT_ORDER,
    }
    return by_hand(problem, **(right | given))


def test_areas_alone_with_a_confirmed_flow_pass() -> None:
    problem = street()

    assert audit(problem, alone(problem)) == []
    # What came in must be worth the way; where it came in no middle is asked for.
    assert audit(problem, alone(problem, exact=[[150], [300], [150]])) == []
    assert any(
        "worth the way" in refusal
        for refusal in audit(problem, alone(problem, exact=[[150], [159], [150]]))
    )


@pytest.mark.parametrize("confirmed", [None, 0, 9])
def test_no_more_flows_than_was_confirmed(confirmed: int | None) -> None:
    problem = street(confirmed)

    assert any("confirmed" in refusal for refusal in audit(problem, alone(problem)))


def test_without_flows_the_price_is_the_middle_of_the_own_range() -> None:
    problem = street(None)
    right = alone(problem, accepted=[0, 0, 10, 10], exact=[[0], [0], [150]], forward=[[0], [0]])

    assert audit(problem, right) == []
    for exact in (149, 151, 150.5, 100, 200):
        wrong = replace(
            right,
            price_microticks=np.array([[0], [0], [int(exact * 10**6)]]),
            connection_price_microticks=np.array([[0], [0], [int(exact * 10**6)]]),
        )
        assert audit(problem, wrong), exact


def test_orders_that_could_still_trade_are_refused() -> None:
    problem = street(None)
    nothing = alone(problem, accepted=[0, 0, 0, 0], exact=[[0], [0], [0]], forward=[[0], [0]])

    assert any("still trade" in refusal for refusal in audit(problem, nothing))


@pytest.mark.parametrize(
    ("name", "place", "by"),
    [
        ("price_ticks", (1, 0), 1),
        ("connection_price_ticks", (1, 0), 1),
        ("connection_price_microticks", (1, 0), 1),
        ("rounding_wh", (1, 0), 1),
        ("shadow_price_microticks", (0, 0), 1),
        ("stored_value_microticks", (0, 0), 1),
        ("charge_wh", (0, 0), 1),
        ("stored_wh", (0, 0), 1),
        ("block_ratio_ppb", (0,), 10**9),
        ("accepted_wh", (2,), -1),
    ],
)
def test_whatever_is_changed_about_the_fallback_is_refused(
    name: str, place: tuple[int, ...], by: int
) -> None:
    problem = street()

    assert audit(problem, changed(alone(problem), name, place, by))


def test_a_fallback_price_its_orders_do_not_allow_is_refused() -> None:
    problem = street()

    refused = audit(problem, alone(problem, exact=[[140], [160], [150]]))

    assert any("do not allow" in refusal or "against" in refusal for refusal in refused)


def test_a_cancelled_auction_holds_nothing() -> None:
    problem = street()
    none = alone(
        problem,
        accepted=[0, 0, 0, 0],
        exact=0,
        forward=0,
        rung=Rung.CANCELLED,
    )

    assert audit(problem, none) == []
    for name, place, by in (
        ("accepted_wh", (2,), 1),
        ("block_ratio_ppb", (0,), 10**9),
        ("charge_wh", (0, 0), 1),
        ("stored_wh", (0, 0), -3),
        ("sent_forward_wh", (0, 0), 1),
        ("has_price", (0, 0), True),
        ("best_bid_ticks", (1, 0), 1),
    ):
        assert audit(problem, changed(none, name, place, by)), name
    assert audit(problem, replace(none, welfare_quanta=1))
    assert audit(problem, replace(alone(problem), rung=Rung.CANCELLED))
