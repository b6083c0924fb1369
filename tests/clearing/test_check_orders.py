"""The auditor on simple orders: slopes, ties, the last resort, exact prices and their ticks."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check import audit
from clearing.check.book import read_book
from clearing.check.ladder import rung_of, slope_quanta, upto_rung_wh
from clearing.check.orders import bounds_from_orders, order_refusals
from clearing.problem import NO_LIMIT_WH, ClearingProblem, StepOrders, Tie
from tests.clearing.books import book, lines_of, market, random_orders
from tests.clearing.by_hand import by_hand, changed, rung_prices
from tests.clearing.draws import random_slopes


def with_ends(orders: StepOrders, ends: dict[int, int]) -> StepOrders:
    """The same book, some orders sloped up or down to another last price."""
    end = orders.price_ticks.copy()
    for row, price in ends.items():
        end[row] = price
    return replace(orders, price_end_ticks=end)


def with_last_resort(orders: StepOrders, *rows: int) -> StepOrders:
    flags = np.zeros(len(orders), dtype=np.bool_)
    flags[list(rows)] = True
    return replace(orders, is_last_resort=flags)


# ── the middle and its tick ─────────────────────────────────────────────────────────────────────


def test_the_middle_of_what_orders_allow_is_the_price_and_nothing_else() -> None:
    problem = market(book("0 sell 10 @ 100\n0 buy 10 @ 301"))
    right = by_hand(problem, accepted=[10, 10], exact=[[200.5]])

    assert right.price_ticks.tolist() == [[200]]
    assert audit(problem, right) == []
    for exact in (199.5, 200.499995, 200.500005, 201, 100, 301):
        assert audit(problem, by_hand(problem, accepted=[10, 10], exact=[[exact]])), exact
    for tick in (199, 201):
        assert audit(problem, replace(right, price_ticks=np.array([[tick]])))


def test_halves_tied_by_a_line_are_rounded_alike() -> None:
    lines = lines_of([(0, 1, 50, 50, 0, 1, 0)])
    problem = market(book("0 sell 10 @ 100\n1 buy 10 @ 302"), n_areas=2, lines=lines)
    right = by_hand(problem, accepted=[10, 10], exact=[[200.5], [201.5]], forward=10)

    # 200.5 goes to the even tick, 200; what the line ties one tick above it follows, to 201.
    right = replace(
        right,
        price_ticks=np.array([[200], [201]]),
        connection_price_ticks=np.array([[200], [201]]),
    )
    assert audit(problem, right) == []
    apart = np.array([[200], [202]])
    parted = replace(right, price_ticks=apart, connection_price_ticks=apart)
    assert audit(problem, parted) == [
        f"area 1, interval 0: {kind}price 202, due 201" for kind in ("", "connection ")
    ]


def test_exact_prices_with_losses_are_checked_to_the_millionth() -> None:
    lines = lines_of([(0, 1, 50, 50, 20_000, 0, 0)])
    problem = market(book("0 sell 90 @ 100\n1 buy 49 @ 500"), n_areas=2, lines=lines)
    exact = [[100], [100 / 0.98]]
    right = by_hand(problem, accepted=[50, 49], exact=[[100], [300.25]], forward=50)
    # The line is full: the far price is the middle of what it may be, not the delivered one.
    refused = audit(problem, right)
    assert any(f"due {(100 / 0.98 + 500) / 2:.6f}" in refusal for refusal in refused)
    middle = [[100], [(100 / 0.98 + 500) / 2]]
    assert audit(problem, by_hand(problem, accepted=[50, 49], exact=middle, forward=50)) == []

    open_line = market(book("0 sell 90 @ 100\n1 buy 48 @ 500"), n_areas=2, lines=lines)
    right = by_hand(open_line, accepted=[49, 48], exact=exact, forward=49)
    assert audit(open_line, right) == []
    assert audit(open_line, changed(right, "price_microticks", (1, 0), 4))
    assert audit(open_line, changed(right, "connection_price_microticks", (1, 0), -4))


def test_without_anything_lossy_there_is_no_rounding() -> None:
    problem = market(book("0 sell 10 @ 100\n0 buy 10 @ 300"))
    right = by_hand(problem, accepted=[10, 10], exact=[[200]])

    assert audit(problem, right) == []
    refused = audit(problem, replace(right, rounding_wh=np.array([[1]])))
    assert any("rounding" in refusal for refusal in refused)


def test_a_rounding_larger_than_the_least_is_refused() -> None:
    lines = lines_of([(0, 1, 50, 50, 20_000, 0, 0)])
    problem = market(book("0 sell 90 @ 100\n1 buy 48 @ 500"), n_areas=2, lines=lines)
    right = by_hand(problem, accepted=[49, 48], exact=[[100], [100 / 0.98]], forward=49)

    assert audit(problem, right) == []
    for wh in (1, 2, 4):
        assert audit(problem, replace(right, rounding_wh=np.full((2, 1), wh)))


# ── filled against the price ────────────────────────────────────────────────────────────────────


def against(text: str, accepted: list[int], exact: list[float], *, rounding: int = 0) -> list[str]:
    """What owners object to at these exact prices of the areas."""
    problem = market(book(text), n_areas=len(exact))
    result = by_hand(
        problem, accepted=accepted, exact=[[each] for each in exact], rounding=rounding
    )
    return order_refusals(problem, result, read_book(problem, result.accepted_wh))


def wh(count: int, area: int = 0) -> list[str]:
    return [f"area {area}, interval 0: {count} Wh are filled against the price"]


def test_every_wh_on_the_wrong_side_of_the_price_counts() -> None:
    offers = "0 sell 10 @ 100\n0 sell 10 @ 200\n0 buy 10 @ 300"
    bids = "0 buy 10 @ 200\n0 buy 10 @ 100\n0 sell 10 @ 50"

    # 6 Wh are left below the price and 6 sold above it; of the bids the other way round.
    assert against(offers, [4, 6, 10], [150]) == wh(12)
    assert against(bids, [4, 6, 10], [150]) == wh(12)
    assert against(offers, [10, 0, 10], [150]) == []
    assert against(bids, [10, 0, 10], [150]) == []
    assert against(offers, [10, 0, 10], [301]) == wh(20)
    assert against(bids, [10, 0, 10], [49]) == wh(20)


@pytest.mark.parametrize(("off", "wrong"), [(2e-6, False), (3e-6, True)])
def test_an_order_two_millionths_off_is_at_the_price(off: float, wrong: bool) -> None:
    deal = "0 sell 10 @ 100\n0 buy 10 @ 100"

    for way in (-1, 1):
        assert against(deal, [10, 10], [100 + way * off]) == (wh(10) if wrong else [])
    # What is left at the price is nobody's loss, and a hair beside it neither.
    left = "0 sell 20 @ 100\n0 buy 10 @ 300"
    assert against(left, [10, 10], [100 + off]) == (wh(10) if wrong else [])
    wanted = "0 buy 20 @ 100\n0 sell 10 @ 50"
    assert against(wanted, [10, 10], [100 - off]) == (wh(10) if wrong else [])


def test_as_many_wh_as_were_rounded_may_be_against_the_price() -> None:
    offers = "0 sell 10 @ 100\n0 sell 10 @ 200\n0 buy 10 @ 300"

    assert against(offers, [8, 2, 10], [150], rounding=4) == []
    assert against(offers, [8, 2, 10], [150], rounding=3) == wh(4)


def test_where_nothing_traded_nobody_missed_a_price() -> None:
    # Area 0 states no price: the nothing that stands there is none.
    text = "0 sell 10 @ -5\n1 sell 10 @ 100\n1 buy 10 @ 300"

    assert against(text, [0, 10, 10], [0, 301]) == wh(10, area=1)


def test_ten_areas_whose_orders_are_missed_are_enough() -> None:
    text = "\n".join(f"{area} sell 10 @ 100\n{area} buy 10 @ 300" for area in range(12))

    said = against(text, [10] * 24, [99] * 12)
    assert said == [line for area in range(10) for line in wh(10, area)]


# ── ties ────────────────────────────────────────────────────────────────────────────────────────


def tied(tie: Tie, orders: StepOrders) -> ClearingProblem:
    return replace(market(orders), tie=tie)


EQUALS = "0 sell 10 @ 100\n0 sell 30 @ 100\n0 sell 20 @ 100\n0 buy 31 @ 300"


@pytest.mark.parametrize(
    ("tie", "right", "wrong"),
    [
        (Tie.TIME, [10, 21, 0], {1: [10, 20, 1], 0: [9, 22, 0]}),
        (Tie.PRORATA, [5, 16, 10], {1: [5, 15, 11], 0: [6, 15, 10]}),
    ],
)
def test_equal_orders_share_by_the_rule(
    tie: Tie, right: list[int], wrong: dict[int, list[int]]
) -> None:
    problem = tied(tie, book(EQUALS))

    assert audit(problem, by_hand(problem, accepted=[*right, 31], exact=[[100]])) == []
    for order, fills in wrong.items():
        refused = audit(problem, by_hand(problem, accepted=[*fills, 31], exact=[[100]]))
        assert refused == [f"order {order} and its equals share by another rule than {tie}"]


def test_all_of_one_and_nothing_of_its_equal_is_a_tie_too() -> None:
    problem = tied(Tie.PRORATA, book("0 sell 10 @ 100\n0 sell 10 @ 100\n0 buy 10 @ 300"))

    assert audit(problem, by_hand(problem, accepted=[5, 5, 10], exact=[[100]])) == []
    assert audit(problem, by_hand(problem, accepted=[10, 0, 10], exact=[[100]]))


@pytest.mark.parametrize("tie", Tie)
def test_the_last_resort_is_served_last_among_equals(tie: Tie) -> None:
    orders = with_last_resort(book("0 sell 10 @ 100\n0 sell 10 @ 100\n0 buy 12 @ 300"), 0)
    problem = tied(tie, orders)

    assert audit(problem, by_hand(problem, accepted=[2, 10, 12], exact=[[100]])) == []
    for fills in ([10, 2, 12], [6, 6, 12], [3, 9, 12]):
        assert audit(problem, by_hand(problem, accepted=fills, exact=[[100]])), fills


def test_the_last_resort_takes_nothing_before_better_orders_but_its_price_counts() -> None:
    orders = with_last_resort(book("0 sell 10 @ 90\n0 sell 10 @ 100\n0 buy 12 @ 300"), 0)
    problem = market(orders)

    assert audit(problem, by_hand(problem, accepted=[10, 2, 12], exact=[[100]])) == []


def test_an_offer_and_a_bid_at_the_price_do_not_both_wait() -> None:
    problem = market(book("0 sell 10 @ 200\n0 buy 10 @ 200"))

    assert audit(problem, by_hand(problem, accepted=[10, 10], exact=[[200]])) == []
    assert audit(problem, by_hand(problem, accepted=[9, 9], exact=[[200]]))


# ── sloped orders ───────────────────────────────────────────────────────────────────────────────


def test_the_rungs_of_a_ladder_are_those_written_out_wh_by_wh() -> None:
    rng = np.random.default_rng(4)
    for _ in range(300):
        q, ticks = int(rng.integers(1, 50)), int(rng.integers(1, 70))
        orders = with_ends(book(f"0 sell {q} @ 1000"), {0: 1000 + ticks})
        prices = rung_prices(market(orders), 0)
        wh = np.arange(1, q + 1)
        columns = np.full(q, q), np.full(q, ticks)
        rung = rung_of(wh, *columns)
        assert (rung + 1000).tolist() == prices
        assert (upto_rung_wh(rung, *columns) >= wh).all()
        assert (upto_rung_wh(rung - 1, *columns) < wh).all()
        for taken in (0, 1, q // 2, q):
            climb = slope_quanta(orders, np.array([0]), np.array([taken]))
            assert climb.tolist() == [sum(prices[:taken]) - 1000 * taken]


def test_ladders_of_any_size_are_exact() -> None:
    huge = 2**52
    orders = with_ends(book(f"0 sell {huge} @ -50000"), {0: 400_000})
    row, half = np.array([0]), huge // 2
    climb = int(slope_quanta(orders, row, np.array([half]))[0])

    # Half of it lies evenly over the lower half of the ticks, 0 to 225,000.
    assert abs(climb - half * 225_000 // 2) <= half
    assert rung_of(np.array([half]), np.array([huge]), np.array([450_000])).tolist() == [225_000]


def test_a_large_ladder_climbs_by_the_wh_on_each_of_its_rungs() -> None:
    for energy_wh, ticks in ((2**52 + 7, 40), (10**9 + 7, 1_000)):
        orders = with_ends(book(f"0 sell {energy_wh} @ 1000"), {0: 1_000 + ticks})
        for taken in (1, energy_wh // 3, energy_wh - 1, energy_wh):
            rungs = np.arange(-1, ticks + 1)
            columns = np.full(len(rungs), energy_wh), np.full(len(rungs), ticks)
            upto_wh = [min(int(each), taken) for each in upto_rung_wh(rungs, *columns)]
            climb = sum(
                rung * (now_wh - before_wh)
                for rung, before_wh, now_wh in zip(
                    range(ticks + 1), upto_wh, upto_wh[1:], strict=False
                )
            )
            assert int(slope_quanta(orders, np.array([0]), np.array([taken]))[0]) == climb


def test_a_sloped_order_clears_at_the_rungs_next_to_its_fill() -> None:
    # Wh 1 .. 9 stand at 101 .. 109, the last two at 110.
    problem = market(with_ends(book("0 sell 10 @ 100\n0 buy 5 @ 200"), {0: 110}))
    right = by_hand(problem, accepted=[5, 5], exact=[[105.5]])

    assert rung_prices(problem, 0) == [101, 102, 103, 104, 105, 106, 107, 108, 109, 110]
    assert right.welfare_quanta == 5 * 200 - (101 + 102 + 103 + 104 + 105)
    assert audit(problem, right) == []
    assert audit(problem, by_hand(problem, accepted=[5, 5], exact=[[105]]))
    assert audit(problem, by_hand(problem, accepted=[4, 4], exact=[[105]]))
    assert audit(problem, replace(right, welfare_quanta=right.welfare_quanta + 5))


def test_a_sloped_bid_falls() -> None:
    problem = market(with_ends(book("0 buy 4 @ 300\n0 sell 2 @ 100"), {0: 260}))
    prices = rung_prices(problem, 0)
    right = by_hand(problem, accepted=[2, 2], exact=[[(prices[1] + prices[2]) / 2]])

    assert prices == [290, 280, 270, 260]
    assert audit(problem, right) == []
    assert audit(problem, by_hand(problem, accepted=[3, 2], exact=[[275]]))


def test_the_best_offer_of_a_sloped_order_is_its_first_price() -> None:
    problem = market(with_ends(book("0 sell 10 @ 100\n0 buy 5 @ 200"), {0: 110}))
    right = by_hand(problem, accepted=[5, 5], exact=[[105.5]])

    assert right.best_offer_ticks.tolist() == [[100]]
    assert audit(problem, replace(right, best_offer_ticks=np.array([[101]])))


def test_a_rung_at_the_price_shares_with_its_equals() -> None:
    # 40 Wh over two ticks: 10 at 100, 20 at 101, 10 at 102; and 20 Wh at 101.
    orders = with_ends(book("0 sell 40 @ 100\n0 sell 20 @ 101\n0 buy 20 @ 300"), {0: 102})
    by_share, by_time = tied(Tie.PRORATA, orders), tied(Tie.TIME, orders)

    assert audit(by_share, by_hand(by_share, accepted=[15, 5, 20], exact=[[101]])) == []
    assert audit(by_share, by_hand(by_share, accepted=[20, 0, 20], exact=[[101]]))
    assert audit(by_time, by_hand(by_time, accepted=[20, 0, 20], exact=[[101]])) == []
    assert audit(by_time, by_hand(by_time, accepted=[10, 10, 20], exact=[[101]]))
    assert audit(by_time, by_hand(by_time, accepted=[9, 11, 20], exact=[[101]]))


def written_out(problem: ClearingProblem, accepted: np.ndarray) -> tuple[StepOrders, np.ndarray]:
    """Every Wh of every order as an order of its own."""
    rows = [
        (row, price, number < taken)
        for row, taken in enumerate(accepted.tolist())
        for number, price in enumerate(rung_prices(problem, row))
    ]
    which = np.array([row for row, _, _ in rows])
    orders = replace(
        problem.orders.rows(which),
        price_ticks=np.array([price for _, price, _ in rows]),
        energy_wh=np.ones(len(rows), dtype=np.int64),
        price_end_ticks=None,
    )
    return orders, np.array([int(taken) for _, _, taken in rows])


def test_sloped_orders_say_what_their_wh_say_written_out_one_by_one() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        m = 12
        orders = replace(
            random_orders(rng, m, 2, 1, lowest=100, steps=40),
            energy_wh=rng.integers(1, 30, m),
        )
        problem = random_slopes(rng, market(orders, n_areas=2))
        accepted = rng.integers(0, orders.energy_wh + 1)
        single, filled = written_out(problem, accepted)
        plain = replace(problem, orders=single)

        lumps, wh_by_wh = read_book(problem, accepted), read_book(plain, filled)
        assert lumps.low_ticks.tolist() == wh_by_wh.low_ticks.tolist()
        assert lumps.high_ticks.tolist() == wh_by_wh.high_ticks.tolist()
        for skipped in (0, 1, 3, 17):
            for area in (0, 1):
                assert bounds_from_orders(
                    problem, accepted, area, 0, skipped
                ) == bounds_from_orders(plain, filled, area, 0, skipped)


def test_the_orders_of_another_interval_say_nothing_about_a_price() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        orders = random_orders(rng, 16, 2, 3, lowest=100, steps=40)
        problem = market(orders, n_areas=2, n_intervals=3)
        accepted = rng.integers(0, orders.energy_wh + 1)
        for t in range(3):
            rows = np.flatnonzero(orders.interval == t)
            alone = replace(orders.rows(rows), interval=np.zeros(len(rows), dtype=np.int64))
            for area in (0, 1):
                assert bounds_from_orders(problem, accepted, area, t, 1) == bounds_from_orders(
                    market(alone, n_areas=2), accepted[rows], area, 0, 1
                )


# ── large numbers ───────────────────────────────────────────────────────────────────────────────


def test_sums_beyond_what_64_bits_hold_are_exact() -> None:
    most = NO_LIMIT_WH // 4 - 1
    problem = market(book(f"0 sell {most} @ -49999\n0 buy {most} @ 399999"))
    exact = (399_999 - 49_999) / 2
    right = by_hand(problem, accepted=[most, most], exact=[[exact]])

    assert right.welfare_quanta == most * 449_998
    assert audit(problem, right) == []
    assert audit(problem, replace(right, welfare_quanta=right.welfare_quanta - 1))


def test_shares_of_large_orders_are_exact() -> None:
    wh = 2**50
    problem = tied(Tie.PRORATA, book(f"0 sell {wh} @ 100\n0 sell {wh + 1} @ 100\n0 buy {wh} @ 300"))
    fair = wh * wh // (2 * wh + 1)
    fills = [fair + 1, wh - fair - 1]
    if (wh * wh) % (2 * wh + 1) < (wh * (wh + 1)) % (2 * wh + 1):
        fills = [fair, wh - fair]

    assert audit(problem, by_hand(problem, accepted=[*fills, wh], exact=[[100]])) == []
    assert audit(
        problem, by_hand(problem, accepted=[fills[0] + 1, fills[1] - 1, wh], exact=[[100]])
    )
