"""The auditor on the rungs below the solver: merit order with confirmed flows, and no trade."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clearing.check import audit
from clearing.check.book import read_book
from clearing.check.fallback import fallback_price_refusals
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


# ── finding by finding ──────────────────────────────────────────────────────────────────────────


def said(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    return fallback_price_refusals(problem, result, read_book(problem, result.accepted_wh))


@pytest.mark.parametrize(
    ("name", "by", "finding"),
    [
        ("price_ticks", 1, "area 1, interval 0: a tick that is not the exact price, rounded"),
        ("connection_price_ticks", 1, "area 1, interval 0: a connection price of its own"),
        ("connection_price_microticks", -1, "area 1, interval 0: a connection price of its own"),
        ("rounding_wh", 1, "area 1, interval 0: a rounding"),
        ("shadow_price_microticks", -1, "a shadow price on a rung without a mesh"),
    ],
)
def test_each_finding_names_its_place(name: str, by: int, finding: str) -> None:
    problem = street()
    right = alone(problem)
    assert said(problem, right) == []

    assert finding in said(problem, changed(right, name, (1, 0), by))


def test_only_what_came_in_or_went_out_excuses_a_price_beside_the_middle() -> None:
    problem = street()
    # Area 2 trades at any price from 100 to 200, and a single Wh goes to or comes from area 0.
    shift = {"exact": [[150], [160], [170]]}
    beside = "area 2, interval 0: a price that is not the middle of what its orders allow"

    assert said(problem, alone(problem, **shift)) == [beside]
    for sent in ({"forward": [[10], [1]]}, {"backward": [[0], [1]]}):
        assert beside not in said(problem, alone(problem, **(shift | sent)))


@pytest.mark.parametrize(("off", "beside"), [(2e-6, False), (3e-6, True)])
def test_a_middle_is_published_to_two_millionths(off: float, beside: bool) -> None:
    problem = street()

    for way in (-1, 1):
        result = alone(problem, exact=[[150], [160], [150 + way * off]])
        assert said(problem, result) == (
            ["area 2, interval 0: a price that is not the middle of what its orders allow"]
            if beside
            else []
        )


@pytest.mark.parametrize(("off", "outside"), [(2e-6, False), (4e-6, True)])
def test_a_price_stays_within_what_its_orders_allow(off: float, outside: bool) -> None:
    problem = street()
    refused = "a price its orders do not allow"

    # Area 0 sells in part at 150, area 1 buys in part at 300 or less.
    for exact in ([[150 - off], [160], [150]], [[150 + off], [161], [150]]):
        assert said(problem, alone(problem, exact=exact)) == (
            [f"area 0, interval 0: {refused}"] if outside else []
        )
    dear = alone(problem, exact=[[150], [300 + off], [150]])
    assert said(problem, dear) == ([f"area 1, interval 0: {refused}"] if outside else [])


def test_the_markets_price_limits_end_what_orders_allow() -> None:
    problem = market(
        book("0 sell 90 @ 100\n1 buy 10 @ 300"),
        n_areas=2,
        lines=lines_of([(0, 1, 50, 50, 0, 0, 0)]),
    )
    problem = replace(problem, price_max_ticks=500, price_min_ticks=-500)
    given = {"accepted": [90, 10], "forward": [[10]], "ratio": []}

    for exact, refused in (
        ([[100], [300]], []),
        ([[501], [300]], ["area 0, interval 0: a price its orders do not allow"]),
        ([[100], [-501]], ["area 1, interval 0: a price its orders do not allow"]),
    ):
        found = said(problem, alone(problem, exact=exact, **given))
        assert [text for text in found if "allow" in text] == refused


@pytest.mark.parametrize("sent", [1, 10])
@pytest.mark.parametrize(("off", "lost"), [(4e-6, False), (6e-6, True)])
def test_what_a_line_carries_is_worth_the_way_to_the_hair_of_two_prices(
    sent: int, off: float, lost: bool
) -> None:
    problem = street()
    finding = "line 0, interval 0: what it carries is not worth the way"

    there = alone(problem, exact=[[150], [160 - off], [150]], forward=[[sent], [0]])
    assert (finding in said(problem, there)) is lost
    back = alone(
        problem, exact=[[150], [140 + off], [150]], forward=[[0], [0]], backward=[[sent], [0]]
    )
    assert (finding in said(problem, back)) is lost
    assert finding not in said(
        problem, alone(problem, exact=[[150], [100], [150]], forward=[[0], [0]])
    )


def test_what_is_lost_on_the_way_has_to_be_paid_for_too() -> None:
    plain = street()
    lossy = replace(plain, lines=replace(plain.lines, loss_ppm=np.array([50_000, 0])))
    finding = "line 0, interval 0: what it carries is not worth the way"

    # 0.95 of what arrives pays for what is sent and 10 ticks: 160 / 0.95 is 168.42.
    for price, lost in ((168.4, True), (168.5, False)):
        result = alone(lossy, exact=[[150], [price], [150]], forward=[[10], [0]])
        assert (finding in said(lossy, result)) is lost
