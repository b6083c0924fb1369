"""Storage orders: small markets by hand, many drawn ones against one plain program."""

import numpy as np
import pytest

from clearing.check import audit
from clearing.clear import clear
from clearing.problem import (
    PPM,
    ClearingProblem,
    ClearingResult,
    Rung,
    StepOrders,
    StorageOrders,
)
from tests.clearing.books import market, orders_of, random_grid, storages
from tests.clearing.draws import enlarged, random_storages
from tests.clearing.oracles import plain_welfare

#: Seeds of the drawn markets, and how many every run of the tests takes.
MARKETS, SHORT, BATCH = 300, 80, 20


def night_and_day(*prices: int) -> StepOrders:
    """Deep two-sided trade at one price an interval: whoever comes is a price taker."""
    rows = []
    for t, price in enumerate(prices):
        rows += [(0, t, True, price, 10_000, 2 * t), (0, t, False, price, 10_000, 2 * t + 1)]
    return orders_of(rows)


def kept(orders: StepOrders, text: str) -> ClearingResult:
    problem = market(orders, n_intervals=int(orders.interval.max()) + 1, storages=storages(text))
    result = clear(problem)
    assert audit(problem, result) == []
    assert_storage_rules(problem, result)
    return result


def test_energy_is_kept_from_the_cheap_interval_for_the_dear_one() -> None:
    result = kept(
        night_and_day(1_000, 5_000),
        "charge 100 discharge 100 capacity 80 from 0 in 0-1 of area 0",
    )

    assert result.charge_wh.tolist() == [[80, 0]]
    assert result.discharge_wh.tolist() == [[0, 80]]
    assert result.stored_wh.tolist() == [[80, 0]]
    assert result.welfare_quanta == 80 * (5_000 - 1_000)


def test_the_spread_and_the_losses_decide_whether_a_cycle_is_worth_it() -> None:
    text = "charge 100 discharge 100 capacity 100 from 0 in 0-1 of area 0, keeps 90% 90%"

    # 100 Wh bought at 1000 come back as 81 Wh.
    assert kept(night_and_day(1_000, 1_300), text).charge_wh.tolist() == [[100, 0]]
    assert not kept(night_and_day(1_000, 1_200), text).charge_wh.any()
    assert not kept(night_and_day(1_000, 1_300), f"{text}, spread 100").charge_wh.any()


def test_losses_are_rounded_against_the_storage() -> None:
    result = kept(
        night_and_day(1_000, 9_000),
        "charge 7 discharge 100 capacity 100 from 0 in 0-1 of area 0, keeps 90% 70%",
    )

    # 7 Wh leave 6.3, so 6; 6 Wh give 4.2, so 4, which take 5.71 out, so 6.
    assert result.charge_wh.tolist() == [[7, 0]]
    assert result.discharge_wh.tolist() == [[0, 4]]
    assert result.stored_wh.tolist() == [[6, 0]]


def test_what_is_left_is_worth_its_end_value() -> None:
    full = "charge 50 discharge 50 capacity 100 from 60 in 0-1 of area 0"

    assert kept(night_and_day(2_000, 2_100), f"{full}, end 3000").stored_wh.tolist() == [[100] * 2]
    assert kept(night_and_day(2_000, 1_900), f"{full}, end 1000").stored_wh.tolist() == [[10, 0]]


def test_outside_its_window_a_storage_is_not_there() -> None:
    result = kept(
        night_and_day(100, 1_000, 5_000, 9_000),
        "charge 90 discharge 90 capacity 90 from 0 in 1-2 of area 0",
    )

    assert result.charge_wh.tolist() == [[0, 90, 0, 0]]
    assert result.discharge_wh.tolist() == [[0, 0, 90, 0]]
    assert result.stored_value_microticks[:, [0, 3]].tolist() == [[0, 0]]


def test_a_storage_smooths_the_price_it_meets() -> None:
    rows = [(0, 0, True, 1_000, 300, 1), (0, 0, False, 9_000, 100, 2)]
    rows += [(0, 1, True, 5_000, 300, 3), (0, 1, False, 9_000, 100, 4)]

    result = kept(orders_of(rows), "charge 200 discharge 200 capacity 200 from 0 in 0-1 of area 0")

    # Once it serves all of the day nobody needs the dear seller, nor more of the storage.
    assert result.charge_wh.tolist() == [[100, 0]]
    assert result.accepted_wh.tolist() == [200, 100, 0, 100]


def test_at_a_negative_price_it_does_not_charge_and_discharge_at_once() -> None:
    result = kept(
        night_and_day(-3_000),
        "charge 90 discharge 90 capacity 200 from 0 in 0-0 of area 0, end -2000, keeps 50% 50%",
    )

    assert result.charge_wh.tolist() == [[90]]
    assert result.discharge_wh.tolist() == [[0]]


def test_doing_nothing_is_always_possible() -> None:
    """Whatever it holds, and with nobody to trade with."""
    for start in (0, 30, 100):
        nobody = market(
            orders_of([]),
            n_intervals=3,
            storages=storages(
                f"charge 50 discharge 50 capacity 100 from {start} in 0-2 of area 0, end 500"
            ),
        )
        result = clear(nobody)
        assert audit(nobody, result) == []
        assert result.stored_wh.tolist() == [[start] * 3]
        assert result.welfare_quanta == 0
        assert not result.has_price.any()


# ── against independent answers ─────────────────────────────────────────────────────────────────


def drawn(seed: int) -> ClearingProblem:
    """A grid with up to four storages, half of them a million times larger."""
    rng = np.random.default_rng(seed)
    problem = random_grid(rng, negative=seed % 4 == 3)
    problem = random_storages(rng, problem, int(rng.integers(1, 5)))
    return enlarged(problem, 1_000_000 if seed % 2 else 1)


def batches() -> list[object]:
    every = range(0, MARKETS, BATCH)
    return [pytest.param(k, marks=[] if k < SHORT else [pytest.mark.long]) for k in every]


@pytest.mark.parametrize("first", batches())
def test_random_markets_have_the_welfare_of_a_plain_program(first: int) -> None:
    for seed in range(first, first + BATCH):
        problem = drawn(seed)

        result = clear(problem)

        assert audit(problem, result) == [], seed
        assert_storage_rules(problem, result)
        plain = plain_welfare(problem, one_way=True)
        # Either way: what rounding loses may fill a storage no further, or spare it a bad end.
        slack = rounding_quanta(problem) + 1e-9 * abs(plain) + 1e-2
        assert result.welfare_quanta <= plain + slack, seed
        assert result.upper_bound_quanta >= result.welfare_quanta, seed
        if result.rung is Rung.OPTIMAL:
            assert result.welfare_quanta >= plain - slack, seed
            assert result.upper_bound_quanta >= plain - slack, seed


def rounding_quanta(problem: ClearingProblem) -> float:
    """What whole Wh may cost: two at either end of a storage or lossy line, an interval."""
    rows = problem.storages
    span = int((rows.last_interval - rows.first_interval + 1).sum())
    lossy = int((problem.lines.loss_ppm > 0).sum()) * problem.n_intervals
    dearest = max(
        int(np.abs(problem.orders.price_ticks).max(initial=1)),
        int(np.abs(rows.end_value_ticks).max(initial=1)),
    )
    # A Wh stored may be worth more than a Wh bought, by what is lost on either way.
    return (4 * span / 0.7 + 2 * lossy) * dearest


def assert_storage_rules(problem: ClearingProblem, result: ClearingResult) -> None:
    """State, limits, windows and one direction at a time, written out once more."""
    rows: StorageOrders = problem.storages
    charge, discharge, stored = result.charge_wh, result.discharge_wh, result.stored_wh
    assert not ((charge > 0) & (discharge > 0)).any()
    for s in range(len(rows)):
        state = int(rows.start_wh[s])
        for t in range(problem.n_intervals):
            taken, given = int(charge[s, t]), int(discharge[s, t])
            if not rows.first_interval[s] <= t <= rows.last_interval[s]:
                assert (taken, given) == (0, 0)
            assert 0 <= taken <= rows.charge_limit_wh[s]
            assert 0 <= given <= rows.discharge_limit_wh[s]
            state += taken * int(rows.efficiency_charge_ppm[s]) // PPM
            state -= -(-given * PPM // int(rows.efficiency_discharge_ppm[s]))
            assert stored[s, t] == state
            assert 0 <= state <= rows.capacity_wh[s]
