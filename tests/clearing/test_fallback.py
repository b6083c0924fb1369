"""The rungs below the solver are audited, named and say why."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check import audit
from clearing.fallback import fallback
from clearing.merit_order import merit_order
from clearing.problem import ClearingProblem, ClearingResult, Rung
from tests.clearing.books import book, lines_of, market, random_grid
from tests.clearing.test_last_resort import random_village

TEXT = "0 sell 10 @ 100\n0 buy 20 @ 300\n1 sell 50 @ 120"


def two_areas() -> ClearingProblem:
    return market(book(TEXT), n_areas=2, lines=lines_of([(1, 0, 100, 100, 0, 0, 0)]))


def test_every_area_clears_alone_and_says_why() -> None:
    result = fallback(two_areas(), "the solver sleeps", ("unbalanced",))

    assert result.rung is Rung.MERIT_ORDER
    assert not result.reproducible
    assert result.accepted_wh.tolist() == [10, 10, 0]
    assert result.message == "merit order, every area alone, lines closed: the solver sleeps"
    assert result.audit_faults == ("unbalanced",)


def test_the_last_resort_delivers_and_the_message_tells() -> None:
    problem = two_areas()
    last = replace(problem.orders, is_last_resort=np.array([False, False, True]))
    problem = replace(problem, orders=last, confirmed_wh=np.full((2, 1, 1), 5))

    result = fallback(problem, "the solver sleeps")

    assert result.sent_forward_wh.tolist() == [[5]]
    assert "the last resort delivers inside confirmed flows" in result.message
    assert audit(problem, result) == []


def test_the_auditor_passes_whatever_the_fallback_gives() -> None:
    for seed in range(150):
        rng = np.random.default_rng(seed)
        problem = random_village(rng) if seed % 2 else random_grid(rng, negative=True)

        result = fallback(problem, "a test")

        assert result.rung is Rung.MERIT_ORDER
        assert audit(problem, result) == []


def test_what_the_auditor_refuses_is_not_traded(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(problem: ClearingProblem) -> ClearingResult:
        good = merit_order(problem)
        return replace(good, accepted_wh=good.accepted_wh + 1)

    monkeypatch.setattr("clearing.fallback.merit_order", damaged)
    problem = two_areas()

    result = fallback(problem, "the solver sleeps", ("unbalanced",))

    assert result.rung is Rung.CANCELLED
    assert not result.accepted_wh.any()
    assert result.message.startswith("cancelled, no trade: the solver sleeps")
    assert result.audit_faults == ("unbalanced", *audit(problem, damaged(problem)))
    assert audit(problem, result) == []
