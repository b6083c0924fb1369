"""The fallback: every area alone like its naive twin, and what the last resort may deliver."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.merit_order import Order, cancelled, clear_area, merit_order
from clearing.problem import (
    MICRO,
    NO_PRICE_TICKS,
    BlockOrders,
    Rung,
    StepOrders,
    StorageOrders,
    Tie,
)
from tests.clearing.books import (
    PRICE_MAX,
    PRICE_MIN,
    book,
    market,
    orders_of,
    random_grid,
)
from tests.clearing.draws import random_blocks, random_storages
from tests.clearing.oracles import plain_welfare

SEEDS = 60


def drawn_book(rng: np.random.Generator, m: int, n_areas: int, n_intervals: int) -> StepOrders:
    """Orders with many ties, a third of them sloped, a fifth of them of the last resort."""
    is_sell = rng.random(m) < 0.5
    step = int(rng.choice([1, 50, 5_000]))
    price = step * rng.integers(-3, 8, m)
    slope = np.where(rng.random(m) < 0.3, rng.integers(0, 4 * step + 3, m), 0)
    return StepOrders(
        area=rng.integers(0, n_areas, m).astype(np.int32),
        interval=rng.integers(0, n_intervals, m).astype(np.int32),
        is_sell=is_sell,
        price_ticks=price,
        energy_wh=rng.integers(1, int(rng.choice([4, 200, 5_000])), m),
        sequence=rng.integers(0, m + 1, m),
        price_end_ticks=np.where(is_sell, price + slope, price - slope),
        is_last_resort=rng.random(m) < 0.2,
    )


def order_of(orders: StepOrders, row: int) -> Order:
    assert orders.price_end_ticks is not None
    assert orders.is_last_resort is not None
    return Order(
        is_sell=bool(orders.is_sell[row]),
        price_ticks=int(orders.price_ticks[row]),
        energy_wh=int(orders.energy_wh[row]),
        sequence=int(orders.sequence[row]),
        price_end_ticks=int(orders.price_end_ticks[row]),
        is_last_resort=bool(orders.is_last_resort[row]),
    )


@pytest.mark.parametrize("tie", list(Tie))
def test_all_areas_at_once_do_what_their_naive_twins_do_one_by_one(tie: Tie) -> None:
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        n, t = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        orders = drawn_book(rng, int(rng.integers(0, 40)), n, t)
        problem = market(orders, n_areas=n, n_intervals=t, tie=tie)

        result = merit_order(problem)

        welfare = 0
        for area in range(n):
            for interval in range(t):
                rows = np.flatnonzero((orders.area == area) & (orders.interval == interval))
                mine = [order_of(orders, row) for row in rows.tolist()]
                twin = clear_area(
                    mine, price_min_ticks=PRICE_MIN, price_max_ticks=PRICE_MAX, tie=tie
                )
                assert result.accepted_wh[rows].tolist() == twin.accepted_wh
                assert result.price_ticks[area, interval] == twin.price_ticks
                assert result.price_microticks[area, interval] == twin.exact_price_ticks * MICRO
                assert result.has_price[area, interval] == (twin.volume_wh > 0)
                welfare += sum(map(value, mine, twin.accepted_wh))
        assert result.welfare_quanta == welfare <= result.upper_bound_quanta


def value(order: Order, accepted_wh: int) -> int:
    """What the first Wh of an order are worth, rung by rung."""
    total = 0
    for price, wh in order.steps():
        taken = min(wh, accepted_wh)
        total += (-price if order.is_sell else price) * taken
        accepted_wh -= taken
    return total


def test_very_large_orders_are_shared_and_valued_exactly() -> None:
    energy = 2**50
    text = f"0 sell {energy} @ 1000\n0 sell {energy - 3} @ 1000\n0 buy {energy + 5} @ 300000"
    for tie in Tie:
        orders = book(text)
        problem = market(orders, tie=tie)
        twin = clear_area(
            [
                Order(is_sell=True, price_ticks=1000, energy_wh=energy, sequence=1),
                Order(is_sell=True, price_ticks=1000, energy_wh=energy - 3, sequence=2),
                Order(is_sell=False, price_ticks=300_000, energy_wh=energy + 5, sequence=3),
            ],
            price_min_ticks=PRICE_MIN,
            price_max_ticks=PRICE_MAX,
            tie=tie,
        )

        result = merit_order(problem)

        assert result.accepted_wh.tolist() == twin.accepted_wh
        assert result.welfare_quanta == (energy + 5) * 299_000 == result.upper_bound_quanta


def test_a_steep_and_large_sloped_order_is_valued_exactly() -> None:
    energy, low, high = 2**40 + 7, -49_000, 399_000
    orders = replace(
        orders_of([(0, 0, True, low, energy, 1), (0, 0, False, 400_000, energy // 3, 2)]),
        price_end_ticks=np.array([high, 400_000]),
    )

    result = merit_order(market(orders))

    cost = 0
    up_to, span = 0, high - low
    for k in range(span + 1):
        rung = min((2 * k + 1) * energy // (2 * span), energy // 3)
        cost += (low + k) * (rung - up_to)
        up_to = rung
        if up_to == energy // 3:
            break
    assert result.welfare_quanta == 400_000 * (energy // 3) - cost


def test_the_last_resort_gets_what_others_at_its_price_leave() -> None:
    text = "0 sell 10 @ 100\n0 sell 10 @ 100\n0 buy 15 @ 300"
    for tie, due in ((Tie.TIME, [5, 10, 15]), (Tie.PRORATA, [5, 10, 15])):
        orders = replace(book(text), is_last_resort=np.array([True, False, False]))
        assert merit_order(market(orders, tie=tie)).accepted_wh.tolist() == due


def test_blocks_and_storages_are_released() -> None:
    problem = replace(
        market(book("0 sell 10 @ 100\n0 buy 10 @ 300")),
        blocks=BlockOrders(
            area=np.array([0], dtype=np.int32),
            is_sell=np.array([True]),
            price_ticks=np.array([0]),
            ratio_min_ppb=np.array([1]),
            parent=np.array([-1], dtype=np.int32),
            group=np.array([-1], dtype=np.int32),
            sequence=np.array([9]),
            leg_first=np.array([0, 1]),
            leg_interval=np.array([0], dtype=np.int32),
            leg_energy_wh=np.array([4]),
        ),
        storages=StorageOrders(
            area=np.array([0], dtype=np.int32),
            first_interval=np.array([0], dtype=np.int32),
            last_interval=np.array([0], dtype=np.int32),
            charge_limit_wh=np.array([5]),
            discharge_limit_wh=np.array([5]),
            capacity_wh=np.array([20]),
            start_wh=np.array([7]),
            end_value_ticks=np.array([50]),
            efficiency_charge_ppm=np.array([900_000]),
            efficiency_discharge_ppm=np.array([900_000]),
            spread_ticks=np.array([10]),
            sequence=np.array([8]),
        ),
    )

    result = merit_order(problem)

    assert result.block_ratio_ppb.tolist() == [0]
    assert not result.charge_wh.any()
    assert not result.discharge_wh.any()
    assert result.stored_wh.tolist() == [[7]]
    # Four Wh of the block save 100 each; five Wh of the storage, 5.6 kept, cost at most 60 + 10.
    assert result.upper_bound_quanta >= 2_000 + 4 * 100 + 5 * (100 - 10) - 6 * 50


def test_no_relaxation_passes_the_upper_bound() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        grid = random_grid(rng, negative=seed % 3 == 0)
        problem = random_storages(rng, random_blocks(rng, grid, seed % 7), seed % 3)

        bound = merit_order(problem).upper_bound_quanta

        welfare = plain_welfare(problem)
        assert bound >= welfare - 1e-6 * (abs(welfare) + 1e6)


def test_a_cancelled_auction_holds_nothing_but_the_best_of_the_book() -> None:
    problem = market(
        book("0 buy 98 @ 3000\n1 sell 1 @ 20\n2 sell 9 @ 1600\n2 buy 9 @ 1700"), n_areas=3
    )

    result = cancelled(problem, "no trade")

    assert result.rung is Rung.CANCELLED
    assert not result.accepted_wh.any()
    assert not result.has_price.any()
    assert result.best_bid_ticks[:, 0].tolist() == [3_000, NO_PRICE_TICKS, 1_700]
    assert result.best_offer_ticks[:, 0].tolist() == [NO_PRICE_TICKS, 20, 1_600]
    assert result.welfare_quanta == 0 < result.upper_bound_quanta
