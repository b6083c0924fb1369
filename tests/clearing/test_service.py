"""The child process: warm, killed at the deadline, replaced when it crashes."""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from clearing.check import audit
from clearing.clear import AuditFailedError, ProblemFaultyError, clear
from clearing.problem import ClearingProblem, ClearingResult, Rung
from clearing.service import ClearingService, ServiceClosedError, answer_to
from clearing.shared_memory import nameless_file, write
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


def test_a_result_damaged_on_the_way_is_refused_and_named(
    service: ClearingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_grid(np.random.default_rng(3))
    good = clear(problem)
    damaged = replace(good, accepted_wh=good.accepted_wh + 1)
    monkeypatch.setattr("clearing.service._Child.solve", lambda *_: damaged)

    result = service.solve(problem, LONG_S)

    assert result.rung is Rung.MERIT_ORDER
    assert result.audit_faults == tuple(audit(problem, damaged)) != ()
    assert audit(problem, result) == []


def test_what_the_auditor_refused_in_the_child_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_grid(np.random.default_rng(3))
    with ClearingService() as service:
        refused = {"status": "refused", "refusals": ["area 0, interval 0: unbalanced"]}
        monkeypatch.setattr("clearing.service._Child._read_line", lambda *_: refused)

        result = service.solve(problem, LONG_S)

    assert result.rung is Rung.MERIT_ORDER
    assert result.audit_faults == ("area 0, interval 0: unbalanced",)


def test_what_its_auditor_refuses_is_the_childs_answer() -> None:
    def refuses(_: ClearingProblem) -> ClearingResult:
        raise AuditFailedError(["unbalanced"])

    shared = nameless_file()
    header = write(shared, random_grid(np.random.default_rng(3)))
    answer = answer_to(shared, json.dumps(header).encode(), refuses)
    os.close(shared)
    assert answer == {"status": "refused", "refusals": ["unbalanced"]}


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
