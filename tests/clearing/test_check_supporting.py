"""Prices that support a result, or not: the middle, its limits, roundings, and what is exempt."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check import audit
from clearing.problem import NO_LIMIT_WH, ClearingProblem, ClearingResult
from tests.clearing.books import PRICE_MAX, PRICE_MIN, blocks, book, lines_of, market, orders_of
from tests.clearing.books import storages as storages_of
from tests.clearing.by_hand import by_hand, changed

# ── ten findings are enough ─────────────────────────────────────────────────────────────────────


def twelve(ask: int = 100, bid: int = 300) -> ClearingProblem:
    """10 Wh offered and 10 Wh asked for in each of twelve intervals, and in a second area none."""
    rows = [
        (0, t, is_sell, ask if is_sell else bid, 10, 2 * t + is_sell)
        for t in range(12)
        for is_sell in (True, False)
    ]
    return market(orders_of(rows), n_areas=2, n_intervals=12)


def test_the_first_ten_prices_that_are_not_the_middle_are_named() -> None:
    problem = twelve()
    fills = [10] * 24

    right = by_hand(problem, accepted=fills, exact=[[200] * 12, [0] * 12])
    assert audit(problem, right) == []
    wrong = by_hand(problem, accepted=fills, exact=[[201] * 12, [0] * 12])
    assert audit(problem, wrong) == [
        f"area 0, interval {t}: exact price is 201.000000, due 200.000000" for t in range(10)
    ]
    outside = [[200] * 11 + [203], [0] * 12]
    wrong = by_hand(problem, accepted=fills, exact=[[200] * 12, [0] * 12], outside=outside)
    assert audit(problem, wrong) == [
        "area 0, interval 11: exact connection price is 203.000000, due 200.000000"
    ]


def test_the_first_ten_intervals_that_no_prices_support_are_named() -> None:
    problem = twelve()

    assert audit(problem, by_hand(problem, accepted=[0] * 24, exact=0)) == [
        "orders of one area at its price could trade more among themselves",
        *(f"interval {t}: no prices support the result" for t in range(10)),
    ]


def test_the_first_ten_roundings_where_nothing_was_rounded_are_named() -> None:
    problem = twelve()
    right = by_hand(problem, accepted=[10] * 24, exact=[[200] * 12, [0] * 12])

    every = replace(right, rounding_wh=np.ones((2, 12), dtype=np.int64))
    said = "rounding where nothing was rounded, or more than one number"
    assert audit(problem, every) == [f"interval {t}: {said}" for t in range(10)]
    one = changed(right, "rounding_wh", (1, 11), 1)
    assert audit(problem, one) == [f"interval 11: {said}"]


# ── the market's price limits ───────────────────────────────────────────────────────────────────


def test_where_nobody_sets_an_end_the_markets_price_limit_does() -> None:
    cheap = market(book("0 buy 10 @ 300"), blocks=blocks(f"A sell 10 @ {PRICE_MIN} in 0 of area 0"))
    right = by_hand(cheap, accepted=[10], exact=[[(PRICE_MIN + 300) / 2]], ratio=[1])
    assert audit(cheap, right) == []
    assert audit(cheap, changed(right, "price_microticks", (0, 0), 5))

    dear = market(book("0 sell 10 @ 300"), blocks=blocks(f"A buy 10 @ {PRICE_MAX} in 0 of area 0"))
    right = by_hand(dear, accepted=[10], exact=[[(PRICE_MAX + 300) / 2]], ratio=[1])
    assert audit(dear, right) == []
    assert audit(dear, changed(right, "price_microticks", (0, 0), -5))


@pytest.mark.parametrize("fee", [0, 5_000_000])
def test_losses_and_fees_may_carry_a_price_past_the_limit(fee: int) -> None:
    # 49 of 50 Wh arrive, and are stored for later, when they are worth more than any price.
    far = (399_000 + fee) / 0.98
    problem = market(
        book("0 sell 90 @ 399000"),
        n_areas=2,
        lines=lines_of([(0, 1, 60, 60, 20_000, fee, 0)]),
        storages=storages_of(
            "charge 49 discharge 9 capacity 60 from 0 in 0-0 of area 1, end 440000000"
        ),
    )
    right = by_hand(
        problem,
        accepted=[50],
        exact=[[399_000], [far]],
        forward=50,
        charge=49,
        value=440_000_000,
    )

    assert far > PRICE_MAX
    assert audit(problem, right) == []
    dearer = by_hand(
        problem,
        accepted=[50],
        exact=[[399_000], [far + 1]],
        forward=50,
        charge=49,
        value=440_000_000,
    )
    assert audit(problem, dearer) == [
        f"area 1, interval 0: exact {kind}price is {far + 1:.6f}, due {far:.6f}"
        for kind in ("", "connection ")
    ]


# ── roundings ───────────────────────────────────────────────────────────────────────────────────


def rounded(over_wh: int, stated_wh: int, *, exact: float = 95, slope: int = 0) -> list[str]:
    """50 Wh offered at 90 are sold and some more from 101 on, all to bids of 100: some Wh too many.

    A lossy line to an area without orders allows a rounding.
    """
    problem = market(
        book("0 sell 50 @ 90\n0 sell 50 @ 101\n0 buy 50 @ 100\n0 buy 9 @ 100"),
        n_areas=2,
        lines=lines_of([(0, 1, 5, 5, 10_000, 0, 0)]),
    )
    orders = replace(
        problem.orders,
        energy_wh=np.array([50, 50, 50, over_wh]),
        price_end_ticks=np.array([90, 101 + slope, 100, 100]) if slope else None,
    )
    problem = replace(problem, orders=orders)
    result = by_hand(
        problem,
        accepted=[50, over_wh, 50, over_wh],
        exact=[[exact], [0]],
        rounding=stated_wh,
    )
    return audit(problem, result)


@pytest.mark.parametrize("slope", [0, 50])
@pytest.mark.parametrize(("over_wh", "least_wh"), [(1, 1), (2, 2), (3, 4), (4, 4)])
def test_the_rounding_is_the_least_of_the_doublings_that_will_do(
    over_wh: int, least_wh: int, slope: int
) -> None:
    assert rounded(over_wh, least_wh, slope=slope) == []
    assert rounded(over_wh, 8, slope=slope) == [
        f"interval 0: rounding is {least_wh} Wh, not what is published"
    ]


def test_no_more_is_rounded_than_two_wh_for_what_was_rounded_and_two() -> None:
    assert rounded(5, 8) == ["interval 0: no prices support the result"]


def test_a_middle_found_by_rounding_is_the_price() -> None:
    assert rounded(1, 1, exact=96) == [
        f"area 0, interval 0: exact {kind}price is 96.000000, due 95.000000"
        for kind in ("", "connection ")
    ]


# ── where burning energy might pay ──────────────────────────────────────────────────────────────


def idle(ask: int, bid: int, exact: float) -> list[str]:
    """Two areas that trade 10 Wh each for themselves, and an idle lossy line between them."""
    orders = book("\n".join(f"{a} sell 10 @ {ask}\n{a} buy 10 @ {bid}" for a in (0, 1)))
    lines = lines_of([(0, 1, 5, 5, 10_000, 0, 0)])
    problem = market(orders, n_areas=2, lines=lines)
    return audit(problem, by_hand(problem, accepted=[10] * 4, exact=exact))


def test_an_idle_line_need_not_carry_what_it_would_burn() -> None:
    # Below nothing a Wh lost is a Wh less to pay for, whichever way it would be sent.
    assert idle(-300, -100, -200) == []
    assert idle(-300, -100, -201)
    assert idle(100, 300, 200) == []


def test_above_nothing_an_idle_line_that_would_pay_is_not_let_off() -> None:
    problem = market(
        book("0 sell 10 @ 90\n0 buy 10 @ 100\n1 sell 10 @ 300\n1 buy 10 @ 400"),
        n_areas=2,
        lines=lines_of([(0, 1, 5, 5, 10_000, 0, 0)]),
    )

    result = by_hand(problem, accepted=[10] * 4, exact=[[95], [350]])
    assert audit(problem, result) == ["interval 0: no prices support the result"]


# ── where more than two prices meet ─────────────────────────────────────────────────────────────


def estate_and_neighbour() -> tuple[ClearingProblem, ClearingResult]:
    """A limit over two areas is reached in the first of two intervals, nothing in the second."""
    free = NO_LIMIT_WH
    problem = market(
        orders_of(
            [
                (1, 0, False, 300, 40, 1),
                (2, 0, True, 100, 50, 2),
                (1, 1, True, 100, 10, 3),
                (1, 1, False, 300, 10, 4),
            ]
        ),
        n_areas=3,
        n_intervals=2,
        lines=lines_of([(2, 1, 90, 90, 0, 0, 0)], 2),
        imports=[[30, free], [free, free], [free, free]],
        parent=[-1, 0, -1],
    )
    right = by_hand(
        problem,
        accepted=[30, 30, 10, 10],
        exact=[[300, 0], [300, 200], [100, 0]],
        outside=[[100, 0], [100, 200], [100, 0]],
        forward=[[30, 0]],
    )
    return problem, right


def test_only_where_a_limit_over_others_is_reached_the_middle_is_not_asked_for() -> None:
    problem, right = estate_and_neighbour()
    assert audit(problem, right) == []

    for name in ("price", "connection_price"):
        moved = changed(right, f"{name}_microticks", (1, 1), 1_000_000)
        moved = changed(moved, f"{name}_ticks", (1, 1), 1)
        kind = "connection " * (name == "connection_price")
        assert audit(problem, moved) == [
            f"area 1, interval 1: exact {kind}price is 201.000000, due 200.000000"
        ]


def test_a_rent_that_contradicts_its_limit_supports_nothing() -> None:
    problem, right = estate_and_neighbour()

    for area, by in ((1, 4), (1, -4)):
        wrong = changed(right, "price_microticks", (area, 0), by)
        assert "interval 0: no prices support the result" in audit(problem, wrong)


def test_a_shadow_price_of_a_free_line_is_named() -> None:
    problem = market(
        book("0 sell 10 @ 100\n1 buy 10 @ 300"), n_areas=2, lines=lines_of([(0, 1, 10, 9, 0, 0, 0)])
    )
    right = by_hand(problem, accepted=[10, 10], exact=200, forward=10)
    assert audit(problem, right) == []

    earned = changed(right, "shadow_price_microticks", (0, 0), 1)
    assert audit(problem, earned) == ["interval 0: a shadow price where nothing is scarce"]


def test_a_value_of_what_is_stored_is_named_by_its_storage() -> None:
    problem = market(
        orders_of([(1, 0, True, 100, 30, 1), (1, 1, False, 300, 30, 2)]),
        n_areas=2,
        n_intervals=2,
        storages=storages_of(
            "charge 0 discharge 0 capacity 0 from 0 in 0-0 of area 0\n"
            "charge 10 discharge 10 capacity 20 from 0 in 0-1 of area 1"
        ),
    )
    # All that it may charge and discharge: a Wh stored is worth anything between both prices.
    right = by_hand(
        problem,
        accepted=[10, 10],
        exact=[[0, 0], [100, 300]],
        charge=[[0, 0], [10, 0]],
        discharge=[[0, 0], [0, 10]],
        value=[[(PRICE_MIN + PRICE_MAX) / 2, 0], [200, 200]],
    )
    assert audit(problem, right) == []

    found = audit(problem, changed(right, "stored_value_microticks", (1, 1), 1_000_000))
    assert found == ["storage 1, interval 1: value of a Wh stored is 201.000000, due 200.000000"]


def test_where_a_child_shares_a_group_the_middle_is_not_asked_for() -> None:
    # What the child hands up to its parent is known only in part, so the middle, 200, may not do.
    problem = market(
        orders_of([(0, 0, True, 100, 100, 1), (0, 0, False, 300, 125, 2)]),
        blocks=blocks(
            """
            P sell 30 @ 200 in 0 of area 0, min 0.1
            C sell 10 @ 100 in 0 of area 0, min 0.1, child of P, group g
            E sell 10 @ 100 in 0 of area 0, min 0.1, group g
            """
        ),
    )

    for exact in (190, 200):
        result = by_hand(problem, accepted=[100, 125], exact=exact, ratio=[0.5] * 3)
        assert audit(problem, result) == []
    over = by_hand(problem, accepted=[100, 125], exact=201, ratio=[0.5] * 3)
    assert audit(problem, over) == ["interval 0: no prices support the result"]


# ── what is known of a price, and its tick ──────────────────────────────────────────────────────


def test_a_half_beside_a_guess_may_be_rounded_either_way_where_prices_only_support() -> None:
    # The limit of area 0 is reached; area 4, where nothing happens, is tied to area 3 by a line.
    problem = market(
        book("1 buy 40 @ 300\n2 buy 40 @ 200\n3 sell 50 @ 100"),
        n_areas=5,
        lines=lines_of([(3, 1, 90, 90, 0, 0, 0), (3, 2, 90, 90, 0, 0, 0), (3, 4, 0, 0, 0, 0, 0)]),
        imports=[[50], *[[NO_LIMIT_WH]] * 4],
        parent=[-1, 0, 0, -1, -1],
    )
    right = by_hand(
        problem,
        accepted=[40, 10, 50],
        exact=[[200], [200], [200], [100.5], [100.5]],
        outside=[[100.5]] * 5,
        forward=[[40], [10], [0]],
    )

    assert not right.has_price[4, 0]
    for tick in (100, 101):
        inside = np.array([[200], [200], [200], [tick], [tick]])
        rounded = replace(right, price_ticks=inside, connection_price_ticks=np.full((5, 1), tick))
        assert audit(problem, rounded) == []


def test_a_price_that_is_known_stays_known_whatever_is_rounded_elsewhere() -> None:
    # One number more is sold than the price allows in the second interval, and rounded there.
    rows = [
        (0, 0, True, 100, 10, 1),
        (0, 0, False, 301, 10, 2),
        (0, 1, True, 90, 50, 3),
        (0, 1, True, 101, 50, 4),
        (0, 1, False, 100, 51, 5),
    ]
    problem = market(
        orders_of(rows),
        n_areas=2,
        n_intervals=2,
        lines=lines_of([(0, 1, 5, 5, 10_000, 0, 0)], 2),
    )
    right = by_hand(
        problem,
        accepted=[10, 10, 50, 1, 51],
        exact=[[200.5, 95], [0, 0]],
        rounding=[[0, 1], [0, 1]],
    )
    assert audit(problem, right) == []

    assert audit(problem, changed(right, "price_ticks", (0, 0), 1)) == [
        "area 0, interval 0: price 201, due 200"
    ]
