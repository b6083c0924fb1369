"""The auditor: right results pass, damaged ones are refused, whatever was damaged."""

import dataclasses

import numpy as np
import pytest

from clearing.check import audit
from clearing.clear import clear
from clearing.merit_order import cancelled, merit_order
from clearing.problem import ClearingProblem, ClearingResult, Rung
from tests.clearing.books import book, lines_of, market, random_grid
from tests.clearing.damages import OF_EVERY_RESULT, OF_ORDERS_AND_LINES, Damage

RESULTS = 40


@pytest.fixture(scope="module")
def audited() -> list[tuple[ClearingProblem, ClearingResult]]:
    problems = [random_grid(np.random.default_rng(seed)) for seed in range(RESULTS)]
    return [(problem, clear(problem)) for problem in problems]


@pytest.mark.parametrize(
    "damage", [*OF_EVERY_RESULT, *OF_ORDERS_AND_LINES], ids=lambda damage: damage.__name__
)
def test_a_damaged_result_is_refused(
    audited: list[tuple[ClearingProblem, ClearingResult]], damage: Damage
) -> None:
    rng = np.random.default_rng(11)
    tried = 0
    for problem, result in audited:
        assert audit(problem, result) == []
        for _ in range(3):
            damaged = damage(problem, result, rng)
            if damaged is not None:
                tried += 1
                assert audit(problem, damaged), f"{damage.__name__} was not noticed"
    assert tried > RESULTS


def test_a_rounding_that_is_needed_may_not_be_less(
    audited: list[tuple[ClearingProblem, ClearingResult]],
) -> None:
    rounded = [(p, r) for p, r in audited if r.rounding_wh.any()]

    assert rounded
    for problem, result in rounded:
        for less in (np.zeros_like(result.rounding_wh), result.rounding_wh // 2):
            assert audit(problem, dataclasses.replace(result, rounding_wh=less))


def test_a_better_order_passed_over_is_refused() -> None:
    problem = market(book("0 sell 10 @ 100\n0 sell 10 @ 200\n0 buy 10 @ 300"))
    result = dataclasses.replace(
        clear(problem), accepted_wh=np.array([0, 10, 10]), welfare_quanta=10 * (300 - 200)
    )

    assert any("filled against the price" in refusal for refusal in audit(problem, result))


def test_less_than_could_be_traded_is_refused() -> None:
    problem = market(book("0 sell 10 @ 100\n0 buy 10 @ 300"))
    result = dataclasses.replace(
        clear(problem),
        accepted_wh=np.array([0, 0]),
        welfare_quanta=0,
        has_price=np.array([[False]]),
    )

    assert audit(problem, result)


def test_energy_that_runs_in_a_circle_is_refused() -> None:
    triangle = [(0, 1, 100, 100, 0, 0, 0), (1, 2, 100, 100, 0, 0, 0), (2, 0, 100, 100, 0, 0, 0)]
    problem = market(book("0 sell 10 @ 100\n1 buy 10 @ 300"), n_areas=3, lines=lines_of(triangle))
    result = clear(problem)
    round_and_round = dataclasses.replace(
        result,
        sent_forward_wh=result.sent_forward_wh + 5,
        received_forward_wh=result.received_forward_wh + 5,
    )

    assert any("circle" in refusal for refusal in audit(problem, round_and_round))


def test_the_lower_rungs_are_audited_as_what_they_are() -> None:
    problem = random_grid(np.random.default_rng(3))
    alone = merit_order(problem, "late")
    none = cancelled(problem, "late")

    assert audit(problem, alone) == []
    assert audit(problem, none) == []
    assert audit(problem, dataclasses.replace(alone, rung=Rung.CANCELLED))
    assert audit(problem, dataclasses.replace(clear(problem), rung=Rung.CANCELLED))


def test_a_feasible_result_is_audited_like_an_optimal_one() -> None:
    problem = random_grid(np.random.default_rng(3))
    feasible = dataclasses.replace(clear(problem), rung=Rung.FEASIBLE)

    assert audit(problem, feasible) == []
    assert audit(problem, dataclasses.replace(feasible, price_ticks=feasible.price_ticks + 1))
