"""Ten thousand books of one area against the naive twin, order by order.

All books of a run are intervals of one auction: one area, nothing that couples them.
"""

import numpy as np
import pytest

from clearing.clear import clear
from clearing.merit_order import Order, clear_area
from clearing.problem import StepOrders, Tie
from tests.clearing.books import PRICE_MAX, PRICE_MIN, market

BATCH = 1_000
#: Sizes of books; the shares of sellers: one-sided ones, and as many of each as there may be.
SIZES = [0, 1, 1, 2, 2, 3, 5, 8, 20, 60]
SELLERS = [0.0, 0.2, 0.5, 0.5, 0.5, 0.5, 0.8, 1.0]
#: Numbers of different prices: 1 makes all equal, few make ties, many make none.
STEPS = [1, 2, 4, 12, 30_000]
LOWEST = [-45_000, -6, 0, 100, PRICE_MIN]


def books(rng: np.random.Generator) -> StepOrders:
    size = rng.choice(SIZES, BATCH)
    interval = np.repeat(np.arange(BATCH), size)
    steps, lowest = rng.choice(STEPS, BATCH)[interval], rng.choice(LOWEST, BATCH)[interval]
    step = np.maximum(1, rng.choice([1, 2, 30_000], BATCH)[interval] // steps)
    most = rng.choice([1, 3, 200, 5_000_000], BATCH)[interval]
    return StepOrders(
        area=np.zeros(len(interval), dtype=np.int32),
        interval=interval.astype(np.int32),
        is_sell=rng.random(len(interval)) < rng.choice(SELLERS, BATCH)[interval],
        price_ticks=lowest + step * rng.integers(0, steps),
        energy_wh=rng.integers(1, most + 1),
        sequence=rng.permutation(len(interval)).astype(np.int64),
    )


@pytest.mark.parametrize("tie", list(Tie))
@pytest.mark.parametrize("seed", range(5))
def test_one_area_clears_exactly_as_its_naive_twin(seed: int, tie: Tie) -> None:
    orders = books(np.random.default_rng((seed, tie is Tie.TIME)))

    result = clear(market(orders, n_intervals=BATCH, tie=tie))

    first = np.searchsorted(orders.interval, np.arange(BATCH + 1)).tolist()
    columns = [
        column.tolist()
        for column in (orders.is_sell, orders.price_ticks, orders.energy_wh, orders.sequence)
    ]
    for t in range(BATCH):
        mine = slice(first[t], first[t + 1])
        book = [
            Order(is_sell=sell, price_ticks=price, energy_wh=wh, sequence=sequence)
            for sell, price, wh, sequence in zip(*(part[mine] for part in columns), strict=True)
        ]
        twin = clear_area(book, price_min_ticks=PRICE_MIN, price_max_ticks=PRICE_MAX, tie=tie)
        assert result.accepted_wh[mine].tolist() == twin.accepted_wh, (t, book)
        assert result.has_price[0, t] == (twin.volume_wh > 0), (t, book)
        if twin.volume_wh:
            assert result.price_ticks[0, t] == twin.price_ticks, (t, book)
            exact = twin.exact_price_ticks * 1_000_000
            assert result.price_microticks[0, t] == exact, (t, book)
