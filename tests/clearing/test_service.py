"""The child process: warm, killed at the deadline, replaced when it crashes."""

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from clearing.check import audit
from clearing.clear import ProblemFaultyError, clear
from clearing.problem import Rung
from clearing.service import ClearingService, ServiceClosedError
from tests.clearing.books import book, market, random_grid

LONG_S = 60.0


@pytest.fixture(scope="module")
def service() -> Iterator[ClearingService]:
    with ClearingService() as running:
        yield running


def test_the_child_gives_the_result_the_engine_gives(service: ClearingService) -> None:
    for seed in range(5):
        problem = random_grid(np.random.default_rng(seed))
        here, there = clear(problem), service.solve(problem, LONG_S)

        assert there.rung is Rung.OPTIMAL
        assert (there.accepted_wh == here.accepted_wh).all()
        assert (there.price_ticks == here.price_ticks).all()
        assert (there.has_price == here.has_price).all()
        assert there.welfare_quanta == here.welfare_quanta
        assert there.upper_bound_quanta == here.upper_bound_quanta


def test_money_beyond_64_bits_travels_whole(service: ClearingService) -> None:
    problem = market(book(f"0 sell {2**51} @ -50000\n0 buy {2**51} @ 400000"))

    result = service.solve(problem, LONG_S)

    assert result.welfare_quanta == 2**51 * 450_000
    assert result.welfare_quanta > 2**63


def test_at_the_deadline_the_child_is_killed_and_every_area_clears_alone(
    service: ClearingService,
) -> None:
    problem = random_grid(np.random.default_rng(3))
    child = service.child_pid
    assert child is not None
    # A child that is stopped is a solver that hangs.
    os.kill(child, signal.SIGSTOP)

    result = service.solve(problem, 0.05)

    assert result.rung is Rung.MERIT_ORDER
    assert not result.reproducible
    assert "0.05 s" in result.message
    assert audit(problem, result) == []
    assert service.child_pid != child
    assert _is_gone(child)


def test_a_child_that_crashed_is_replaced_and_the_problem_is_solved(
    service: ClearingService,
) -> None:
    problem = random_grid(np.random.default_rng(4))
    child = service.child_pid
    assert child is not None
    os.kill(child, signal.SIGKILL)

    result = service.solve(problem, LONG_S)

    assert result.rung is Rung.OPTIMAL
    assert service.child_pid != child


def test_a_child_that_crashes_while_solving_ends_in_the_fallback_when_no_time_is_left(
    service: ClearingService,
) -> None:
    problem = random_grid(np.random.default_rng(4))
    child = service.child_pid
    assert child is not None
    os.kill(child, signal.SIGKILL)

    result = service.solve(problem, 0.0)

    assert result.rung is Rung.MERIT_ORDER


def test_a_child_that_is_still_warming_is_left_to_warm() -> None:
    with ClearingService() as service:
        child = service.child_pid
        assert child is not None
        os.kill(child, signal.SIGKILL)
        problem = random_grid(np.random.default_rng(4))

        # The crash brings the spare forward, which has only just been started.
        early = service.solve(problem, 0.01)
        spare = service.child_pid
        again = service.solve(problem, 0.01)

        assert {early.rung, again.rung} == {Rung.MERIT_ORDER}
        assert service.child_pid == spare
        assert service.solve(problem, LONG_S).rung is Rung.OPTIMAL


def test_a_faulty_problem_never_reaches_the_child(service: ClearingService) -> None:
    with pytest.raises(ProblemFaultyError):
        service.solve(market(book("5 sell 10 @ 100")), LONG_S)


def test_a_closed_service_says_so() -> None:
    with pytest.raises(ServiceClosedError):
        ClearingService().solve(market(book("0 sell 10 @ 100")), LONG_S)


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
