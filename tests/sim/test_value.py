"""What a stored Wh is worth: compared with a linear program, and in the words of the trade."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from sim.value import (
    FlexibleUnit,
    Surroundings,
    level_values,
    purchase_blocks,
    sale_blocks,
)

CHARGES = 12_000.0


def battery(
    intervals: int,
    *,
    efficiency: float = 0.95,
    wear: float = 1_000.0,
    levels: int = 9,
    final: NDArray[np.float64] | None = None,
) -> FlexibleUnit:
    return FlexibleUnit(
        step_wh=250.0,
        levels=levels,
        up_steps=4,
        down_steps=4,
        efficiency_up=efficiency,
        efficiency_down=efficiency,
        wear_ticks=wear,
        least_wh=np.zeros(intervals),
        most_wh=np.full(intervals, 250.0 * (levels - 1)),
        final_values=np.zeros(levels) if final is None else final,
    )


def around(prices: Sequence[float], others: Sequence[float]) -> Surroundings:
    return Surroundings(
        prices_ticks=np.array(prices, dtype=float)[:, None],
        weights=(1.0,),
        others_wh=np.array(others, dtype=float),
        withdrawal_ticks=CHARGES,
    )


def best_by_program(unit: FlexibleUnit, surroundings: Surroundings, start_wh: float) -> float:
    """The worth of `start_wh` after the first interval, by a linear program over the rest."""
    prices, others = surroundings.prices_ticks[1:, 0], surroundings.others_wh[1:]
    count = len(prices)
    # columns: charge, discharge (at the grid), net withdrawal above zero, level at the end
    cost = np.concatenate(
        [
            prices + unit.wear_ticks,
            -prices + unit.wear_ticks,
            np.full(count, CHARGES),
            np.zeros(count),
        ]
    )
    eye, zero = np.eye(count), np.zeros((count, count))
    withdrawn = np.hstack([eye, -eye, -eye, zero])
    step = eye - np.eye(count, k=-1)
    balance = np.hstack([-eye * unit.efficiency_up, eye / unit.efficiency_down, zero, step])
    top, move = (unit.levels - 1) * unit.step_wh, unit.up_steps * unit.step_wh
    limits = (
        [(0, move / unit.efficiency_up)] * count
        + [(0, unit.down_steps * unit.step_wh * unit.efficiency_down)] * count
        + [(0, None)] * count
        + [(0, top)] * count
    )
    start = np.zeros(count)
    start[0] = start_wh
    solved = linprog(
        cost, A_ub=withdrawn, b_ub=-others, A_eq=balance, b_eq=start, bounds=limits, method="highs"
    )
    return float(CHARGES * np.maximum(others, 0).sum() - solved.fun)


@given(
    st.lists(st.integers(2_000, 40_000), min_size=3, max_size=8),
    st.integers(0, 8),
    st.sampled_from([-4_000.0, 0.0, 4_000.0]),
)
def test_the_plan_is_as_good_as_a_linear_program(
    prices: list[int], level: int, others: float
) -> None:
    """With the household far on one side of its meter the tiers do not cut a step."""
    unit, surroundings = battery(len(prices)), around(prices, [others] * len(prices))
    planned = level_values(unit, surroundings)[level]
    best = best_by_program(unit, surroundings, level * unit.step_wh)
    assert planned == pytest.approx(best, abs=1.0, rel=1e-9)


@given(st.lists(st.integers(2_000, 40_000), min_size=2, max_size=8), st.integers(-900, 900))
def test_the_fuller_the_battery_the_less_one_more_wh_is_worth(
    prices: list[int], others: float
) -> None:
    values = level_values(battery(len(prices)), around(prices, [others] * len(prices)))
    slopes = np.diff(values)
    assert (np.diff(slopes) <= 1e-6).all()
    assert (slopes >= -1e-6).all()


@given(st.lists(st.integers(2_000, 40_000), min_size=2, max_size=8), st.integers(-900, 900))
def test_nobody_buys_dearer_than_he_sells(prices: list[int], others: float) -> None:
    unit, surroundings = battery(len(prices)), around(prices, [others] * len(prices))
    values = level_values(unit, surroundings)
    bought = purchase_blocks(unit, surroundings, values, 1_000.0)
    sold = sale_blocks(unit, surroundings, values, 1_000.0)
    for buy in bought:
        for sell in sold:
            assert buy.price_ticks < sell.price_ticks + 1e-6


def test_own_surplus_is_worth_the_network_fee_more_than_the_grids_energy() -> None:
    unit, surroundings = battery(2), around([10_000, 30_000], [-500.0, 5_000.0])
    own, grid = purchase_blocks(unit, surroundings, level_values(unit, surroundings), 0.0)
    assert own.energy_wh == 500
    assert own.price_ticks - grid.price_ticks == pytest.approx(CHARGES, abs=1.0)


def test_covering_own_use_is_offered_the_network_fee_cheaper() -> None:
    unit, surroundings = battery(2), around([30_000, 10_000], [600.0, 600.0])
    own, rest = sale_blocks(unit, surroundings, level_values(unit, surroundings), 2_000.0)
    assert own.energy_wh == 600
    assert own.price_ticks < rest.price_ticks - 0.5 * CHARGES


def test_a_bid_is_the_later_price_less_losses_and_wear() -> None:
    unit, surroundings = battery(2), around([10_000, 30_000], [-9_000.0, -9_000.0])
    first, *_ = purchase_blocks(unit, surroundings, level_values(unit, surroundings), 0.0)
    # v = η_d (30,000 − wear) per stored Wh, the bid η_c v − wear
    assert first.price_ticks == pytest.approx(0.95 * 0.95 * 29_000 - 1_000)


def test_an_empty_battery_offers_nothing_and_a_full_one_buys_nothing() -> None:
    unit, surroundings = battery(3), around([10_000, 20_000, 30_000], [0.0] * 3)
    values = level_values(unit, surroundings)
    assert sale_blocks(unit, surroundings, values, 0.0) == []
    assert purchase_blocks(unit, surroundings, values, 2_000.0) == []


def test_uncertain_prices_make_an_empty_battery_wait_for_the_chance() -> None:
    """The possibility of 30,000 is worth something although 20,000 is what is expected."""
    sure = around([20_000, 20_000], [-9_000.0] * 2)
    open_ = Surroundings(
        prices_ticks=np.array([[10_000.0, 20_000.0, 30_000.0]] * 2),
        weights=(0.25, 0.5, 0.25),
        others_wh=np.full(2, -9_000.0),
        withdrawal_ticks=CHARGES,
    )
    final = np.arange(9) * 250.0 * 20_000
    unit = battery(2, final=final)
    assert level_values(unit, open_)[4] > level_values(unit, sure)[4]
