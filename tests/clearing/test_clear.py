"""Auctions: small ones cleared by hand, many drawn ones against two independent answers."""

import dataclasses

import numpy as np
import pytest

from clearing.check import audit
from clearing.clear import clear
from clearing.fallback import fallback
from clearing.faults import ProblemFaultyError
from clearing.merit_order import Order, clear_area
from clearing.problem import NO_PRICE_TICKS, ClearingProblem, ClearingResult, Rung, Tie
from tests.clearing.books import (
    PRICE_MAX,
    PRICE_MIN,
    book,
    lines_of,
    market,
    orders_of,
    plain_program_welfare,
    random_grid,
    random_orders,
    shuffled,
)

GRIDS = 120
ONE_AREA_BOOKS = 400


def test_supply_and_demand_cross_at_the_marginal_order() -> None:
    result = clear(
        market(
            book("""
                0 sell 10 @ 100
                0 sell 10 @ 200
                0 buy  15 @ 300
                0 buy   5 @ 150
            """)
        )
    )

    assert result.price_ticks.tolist() == [[200]]
    assert result.accepted_wh.tolist() == [10, 5, 15, 0]
    assert result.welfare_quanta == 15 * 300 - 10 * 100 - 5 * 200


def test_a_range_of_prices_gives_its_middle_rounded_half_even() -> None:
    low = clear(market(book("0 sell 10 @ 100\n0 buy 10 @ 201")))
    high = clear(market(book("0 sell 10 @ 102\n0 buy 10 @ 201")))

    assert low.price_ticks.tolist() == [[150]]  # 150.5
    assert high.price_ticks.tolist() == [[152]]  # 151.5


def test_nothing_crosses_so_there_is_no_price_but_a_best_bid_and_offer() -> None:
    result = clear(market(book("0 sell 10 @ 300\n0 buy 10 @ 200")))

    assert not result.has_price.any()
    assert not result.accepted_wh.any()
    assert (result.best_bid_ticks.item(), result.best_offer_ticks.item()) == (200, 300)


def test_an_empty_market_clears_to_nothing() -> None:
    result = clear(market(book(""), n_areas=2, lines=lines_of([(0, 1, 10, 10, 0, 0, 0)])))

    assert result.rung is Rung.OPTIMAL
    assert not result.has_price.any()
    assert (result.best_bid_ticks == NO_PRICE_TICKS).all()


def test_a_negative_price_pays_the_buyer() -> None:
    result = clear(market(book("0 sell 10 @ -500\n0 buy 4 @ -100")))

    assert result.price_ticks.tolist() == [[-500]]
    assert result.accepted_wh.tolist() == [4, 4]


def test_a_line_carries_until_it_is_full_and_then_prices_part() -> None:
    result = clear(
        market(
            book("""
                0 sell 100 @ 1000
                1 sell 100 @ 5000
                1 buy  100 @ 9000
            """),
            n_areas=2,
            lines=lines_of([(0, 1, 40, 40, 0, 0, 0)]),
        )
    )

    assert result.sent_forward_wh.tolist() == [[40]]
    assert result.price_ticks.tolist() == [[1000], [5000]]


def test_an_open_line_without_losses_makes_one_price_but_for_its_fee() -> None:
    result = clear(
        market(
            book("0 sell 100 @ 1000\n1 buy 60 @ 9000"),
            n_areas=2,
            lines=lines_of([(0, 1, 100, 0, 0, 250, 0)]),
        )
    )

    assert result.price_ticks.tolist() == [[1000], [1250]]


def test_halves_keep_the_fee_between_two_areas_exact() -> None:
    # Anything from 1000 to 2001 clears area 0: the middle is 1500.5, and 1751.5 across the line.
    result = clear(
        market(
            book("0 sell 60 @ 1000\n1 buy 60 @ 2252"),
            n_areas=2,
            lines=lines_of([(0, 1, 100, 0, 0, 251, 0)]),
        )
    )

    assert result.price_ticks.tolist() == [[1500], [1751]]


def test_a_loss_is_rounded_up_and_carried_by_the_price() -> None:
    result = clear(
        market(
            book("0 sell 1000 @ 1000\n1 buy 49 @ 9000"),
            n_areas=2,
            lines=lines_of([(0, 1, 10_000, 0, 20_000, 0, 0)]),
        )
    )

    assert result.accepted_wh.tolist() == [50, 49]
    assert (result.sent_forward_wh.item(), result.received_forward_wh.item()) == (50, 49)
    assert result.price_ticks.tolist() == [[1000], [1020]]


def test_an_import_limit_parts_the_price_inside_from_the_price_outside() -> None:
    result = clear(
        market(
            book("""
                0 sell 100 @ 1000
                1 sell 100 @ 5000
                1 buy   80 @ 9000
            """),
            n_areas=2,
            lines=lines_of([(0, 1, 100, 100, 0, 0, 0)]),
            imports=[[2**53], [30]],
        )
    )

    assert result.net_export_wh.tolist() == [[30], [-30]]
    assert result.price_ticks.tolist() == [[1000], [5000]]
    assert result.connection_price_ticks.tolist() == [[1000], [1000]]


def test_energy_passes_through_an_area_without_orders() -> None:
    result = clear(
        market(
            book("0 sell 100 @ 1000\n2 buy 60 @ 9000"),
            n_areas=3,
            lines=lines_of([(0, 1, 80, 0, 0, 10, 0), (1, 2, 80, 0, 0, 10, 0)]),
        )
    )

    assert result.price_ticks.tolist() == [[1000], [1010], [1020]]
    assert result.has_price.all()


def test_a_line_with_losses_never_burns_energy_at_negative_prices() -> None:
    # Burning 20 % of everything would earn 400 ticks per Wh sent round; no line may do it.
    result = clear(
        market(
            book("0 sell 1000 @ -2000\n1 sell 1000 @ -2000\n1 buy 100 @ -1000"),
            n_areas=2,
            lines=lines_of([(0, 1, 500, 500, 200_000, 0, 0)]),
        )
    )

    assert not ((result.sent_forward_wh > 0) & (result.sent_backward_wh > 0)).any()
    assert result.accepted_wh[2] == 100
    assert result.sent_forward_wh.item() == 125  # all it buys comes the lossy way, and pays


def test_intervals_clear_apart_from_each_other() -> None:
    rng = np.random.default_rng(5)
    both = random_grid(rng)
    while both.n_intervals < 2:
        both = random_grid(rng)

    whole = clear(both)

    for t in range(both.n_intervals):
        alone = clear(both.slice(t))
        assert (whole.accepted_wh[both.orders.interval == t] == alone.accepted_wh).all()
        assert (whole.price_ticks[:, [t]] == alone.price_ticks)[whole.has_price[:, [t]]].all()


def test_a_faulty_problem_is_refused_with_all_its_faults() -> None:
    problem = market(book("0 sell 10 @ 100\n0 buy 10 @ 500000\n7 buy 10 @ 1"))

    with pytest.raises(ProblemFaultyError) as caught:
        clear(problem)

    assert len(caught.value.faults) == 2


def test_the_fallback_clears_every_area_alone_and_says_why() -> None:
    problem = market(
        book("""
            0 sell 100 @ 1000
            0 buy   50 @ 3000
            1 sell 100 @ 5000
            1 buy  100 @ 9000
        """),
        n_areas=2,
        lines=lines_of([(0, 1, 100, 100, 0, 0, 0)]),
    )

    result = fallback(problem, "no result within 2 s")

    assert result.rung is Rung.MERIT_ORDER
    assert not result.reproducible
    assert result.price_ticks.tolist() == [[1000], [7000]]
    assert "no result within 2 s" in result.message
    assert result.welfare_quanta <= clear(problem).welfare_quanta <= result.upper_bound_quanta


# ── against independent answers ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tie", list(Tie))
def test_one_area_clears_exactly_as_its_naive_twin(tie: Tie) -> None:
    """All books of a run are intervals of one auction: one area, nothing that couples them."""
    rng = np.random.default_rng(7)
    books = [
        random_orders(
            rng,
            int(rng.choice([0, 1, 2, 5, 20, 60])),
            1,
            1,
            lowest=int(rng.choice([-15_000, 0, 100])),
            steps=int(rng.choice([1, 3, 12, 30_000])),
        )
        for _ in range(ONE_AREA_BOOKS)
    ]
    rows = [
        (t, bool(sell), int(price), int(wh), int(sequence))
        for t, orders in enumerate(books)
        for sell, price, wh, sequence in zip(
            orders.is_sell, orders.price_ticks, orders.energy_wh, orders.sequence, strict=True
        )
    ]
    problem = market(orders_of([(0, *row) for row in rows]), n_intervals=ONE_AREA_BOOKS, tie=tie)

    result = clear(problem)

    for t in range(ONE_AREA_BOOKS):
        mine = [i for i, row in enumerate(rows) if row[0] == t]
        twin = clear_area(
            [
                Order(is_sell=sell, price_ticks=price, energy_wh=wh, sequence=sequence)
                for _, sell, price, wh, sequence in (rows[i] for i in mine)
            ],
            price_min_ticks=PRICE_MIN,
            price_max_ticks=PRICE_MAX,
            tie=tie,
        )
        assert result.accepted_wh[mine].tolist() == twin.accepted_wh, t
        assert result.has_price[0, t] == (twin.volume_wh > 0), t
        if twin.volume_wh:
            assert result.price_ticks[0, t] == twin.price_ticks, t


@pytest.mark.parametrize("seed", range(0, GRIDS, 20))
def test_random_grids_have_the_welfare_of_a_plain_linear_program(seed: int) -> None:
    """One variable per order, solved as it stands, is never more than the whole Wh away."""
    for number in range(seed, seed + 20):
        problem = random_grid(np.random.default_rng(number))
        result = clear(problem)
        plain = plain_program_welfare(problem)
        dearest = int(np.abs(problem.orders.price_ticks).max(initial=1))
        lossy = int((problem.lines.loss_ppm > 0).sum()) * problem.n_intervals
        tolerance = 1e-9 * abs(plain) + 1e-3
        assert result.welfare_quanta <= plain + tolerance, number
        # A loss rounded up costs less than a Wh at either end of a line.
        assert result.welfare_quanta >= plain - 2 * lossy * dearest - tolerance, number
        assert result.upper_bound_quanta >= plain - tolerance, number


@pytest.mark.parametrize("seed", range(1000, 1012))
def test_random_grids_at_negative_prices_pass_the_auditor(seed: int) -> None:
    problem = random_grid(np.random.default_rng(seed), negative=True)

    result = clear(problem)

    assert audit(problem, result) == []
    assert result.welfare_quanta <= result.upper_bound_quanta


def test_without_losses_the_welfare_is_the_programs_to_the_last_quantum() -> None:
    for number in range(40):
        problem = random_grid(np.random.default_rng(number))
        lines = dataclasses.replace(problem.lines, loss_ppm=problem.lines.loss_ppm * 0)
        problem = dataclasses.replace(problem, lines=lines)

        result = clear(problem)

        plain = plain_program_welfare(problem)
        assert result.welfare_quanta == pytest.approx(plain, rel=1e-12, abs=1e-3)
        assert not result.rounding_wh.any()
        assert result.upper_bound_quanta == result.welfare_quanta


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    problem = random_grid(np.random.default_rng(seed))
    result = clear(problem)
    rng = np.random.default_rng(seed)
    for _ in range(4):
        rows = rng.permutation(len(problem.orders))
        again = clear(shuffled(problem, rows))
        assert same(again, result, rows)


def same(one: ClearingResult, other: ClearingResult, rows: np.ndarray) -> bool:
    arrays = ["price_ticks", "connection_price_ticks", "sent_forward_wh", "sent_backward_wh"]
    equal = all((getattr(one, name) == getattr(other, name)).all() for name in arrays)
    return equal and bool((one.accepted_wh == other.accepted_wh[rows]).all())


def test_conservation_holds_to_the_wh_in_every_area() -> None:
    for number in range(30):
        problem = random_grid(np.random.default_rng(number))
        result = clear(problem)
        for a in range(problem.n_areas):
            for t in range(problem.n_intervals):
                assert _left_over(problem, result, a, t) == 0


def _left_over(problem: ClearingProblem, result: ClearingResult, a: int, t: int) -> int:
    orders, lines = problem.orders, problem.lines
    here = (orders.area == a) & (orders.interval == t)
    sold = int(result.accepted_wh[here & orders.is_sell].sum())
    bought = int(result.accepted_wh[here & ~orders.is_sell].sum())
    leaving, coming = lines.from_area == a, lines.to_area == a
    sent = result.sent_forward_wh[leaving, t].sum() + result.sent_backward_wh[coming, t].sum()
    received = (
        result.received_forward_wh[coming, t].sum() + result.received_backward_wh[leaving, t].sum()
    )
    return sold + int(received) - bought - int(sent)


@pytest.mark.parametrize("seed", range(6))
def test_a_villages_auction_clears_whole_and_priced(seed: int) -> None:
    """Two areas of households and a retailer behind lossy lines, loads bidding the cap."""
    rng = np.random.default_rng(seed)
    retail, feed_in = int(rng.choice([12_000, 16_000, 22_000])), int(rng.choice([8_000, 0, -2_000]))
    rows = [(2, 0, True, retail, 10**7, 0), (2, 0, False, feed_in, 10**7, 1)]
    sun = float(rng.random())
    for area, households in ((0, 118), (1, 104)):
        for household in range(households):
            need, yielded = int(rng.gamma(2, 100)) + 10, int(sun * rng.gamma(3, 3_000)) + 4
            rows.append((area, 0, False, PRICE_MAX, need, len(rows)))
            flexible = int(rng.choice([feed_in, retail + 4_000, 20_000, 20_408]))
            rows.append((area, 0, False, flexible, need // 10, len(rows)))
            if household < 21:
                rows.append((area, 0, True, int(rng.choice([0, 500, feed_in])), yielded, len(rows)))
    problem = market(
        orders_of(rows),
        n_areas=3,
        lines=lines_of(
            [
                (2, 0, 20_000, 20_000, 20_000, 4_000, 0),
                (2, 1, 20_000, 20_000, 20_000, 4_000, 0),
                (0, 1, 10_000, 10_000, 20_000, 100, 100),
            ]
        ),
        tie=list(Tie)[seed % 2],
    )

    result = clear(problem)

    assert result.rung is Rung.OPTIMAL
    assert not result.rounding_wh.any()
    assert result.upper_bound_quanta - result.welfare_quanta <= 1e-5 * result.welfare_quanta
    lost = (result.sent_forward_wh + result.sent_backward_wh).sum() - (
        result.received_forward_wh + result.received_backward_wh
    ).sum()
    signed = np.where(problem.orders.is_sell, result.accepted_wh, -result.accepted_wh)
    assert signed.sum() == lost > 0
