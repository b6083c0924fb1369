"""The grid through the service: in the child, by its deadline, and without it by rule."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from time import thread_time

import numpy as np
import pytest

from clearing.check.redispatch import audit_redispatch
from clearing.network import NetworkFaultyError
from clearing.problem import Rung
from clearing.redispatch.decide import redispatch
from clearing.redispatch_problem import RedispatchFaultyError, RedispatchRung
from clearing.service import ClearingService, ServiceClosedError
from tests.clearing.books import book, market
from tests.clearing.grids import (
    community,
    day_powers,
    feeder,
    flowing,
    lines_only,
    problem_of,
    sunny_noon,
)

LONG_S = 60.0


@pytest.fixture(scope="module")
def service() -> Iterator[ClearingService]:
    with ClearingService() as running:
        yield running


def stopped(service: ClearingService) -> int:
    """A child that hangs; warm before, for one that is still warming is left to it."""
    service.start()
    child = service.child_pid
    assert child is not None
    os.kill(child, signal.SIGSTOP)
    return child


def test_the_child_answers_as_the_library_does(service: ClearingService) -> None:
    network, (power_w, reactive_var) = community("SEM"), day_powers("SEM")

    there = service.power_flow(network, power_w, reactive_var)

    here = flowing(network, power_w, reactive_var)
    assert (there.voltage_pu == here.voltage_pu).all()
    assert (there.source_w == here.source_w).all()
    assert there.converged.all()


def test_whole_watts_and_steps_without_a_solution_travel(service: ClearingService) -> None:
    flow = service.power_flow(feeder(), np.array([[1_000], [-5_000_000]]))

    assert flow.converged.tolist() == [True, False]
    assert np.isnan(flow.voltage_pu[1]).all()


def test_the_child_redispatches_as_the_engine_does(service: ClearingService) -> None:
    problem = sunny_noon("RUR", 1.055)

    there, here = service.redispatch(problem, LONG_S), redispatch(problem)

    assert there.rung is RedispatchRung.CHEAPEST
    assert there.cured
    assert there.change_w.tolist() == here.change_w.tolist()
    assert there.reason_element.tolist() == here.reason_element.tolist()
    assert there.cost_quanta == here.cost_quanta
    assert there.message == here.message


def test_what_has_no_solution_travels_too(service: ClearingService) -> None:
    result = service.redispatch(problem_of(feeder(), [-700_000]), LONG_S)

    assert not result.cured
    assert result.loss_before_w is None


def test_auctions_and_grids_take_turns(service: ClearingService) -> None:
    child = service.child_pid
    auction = market(book("0 sell 10 @ 100\n0 buy 10 @ 200"))

    assert service.solve(auction, LONG_S).rung is Rung.OPTIMAL
    assert service.redispatch(problem_of(feeder(), [0]), LONG_S).cured
    assert service.solve(auction, LONG_S).rung is Rung.OPTIMAL
    assert service.child_pid == child


def test_a_child_that_hangs_is_killed_and_the_rule_answers_in_time(
    service: ClearingService,
) -> None:
    problem = sunny_noon("SEM", 1.035)
    child, began = stopped(service), thread_time()

    result = service.redispatch(problem, 0.1)

    # How long was waited says the message.
    assert thread_time() - began < 5.0
    assert result.rung is RedispatchRung.FALLBACK
    assert result.by_rule
    assert result.cured
    assert "0.1 s" in result.message
    assert audit_redispatch(problem, result) == []
    assert service.child_pid != child


def test_a_child_that_died_hands_over_to_the_spare(service: ClearingService) -> None:
    child = service.child_pid
    assert child is not None
    os.kill(child, signal.SIGKILL)

    result = service.redispatch(problem_of(feeder(v_max=1.005), [9_000], lowest_w=[0]), LONG_S)

    assert result.rung is RedispatchRung.CHEAPEST
    assert service.child_pid != child


def test_a_power_flow_is_answered_without_a_child(service: ClearingService) -> None:
    network, (power_w, reactive_var) = community("RUR"), day_powers("RUR")
    stopped(service)

    flow = service.power_flow(network, power_w, reactive_var, deadline_s=0.1)

    expected = flowing(network, power_w, reactive_var).voltage_pu
    np.testing.assert_allclose(flow.voltage_pu, expected, rtol=0, atol=1e-9)


def test_without_time_the_answer_comes_at_once_and_the_child_stays(
    service: ClearingService,
) -> None:
    problem, child = sunny_noon("SEM", 1.035), service.child_pid

    result = service.redispatch(problem, 0.0)
    flow = service.power_flow(problem.network, problem.power_w, deadline_s=0.0)

    assert (result.rung, result.cured) == (RedispatchRung.FALLBACK, True)
    assert flow.converged.all()
    assert service.child_pid == child


@pytest.mark.parametrize("deadline_s", [0.0, LONG_S])
def test_of_a_grid_the_auditor_cannot_calculate_with_nothing_is_known(
    service: ClearingService, deadline_s: float
) -> None:
    # Beside so short a joint the way to the source is lost in the rounding.
    network = lines_only([(0, 1), (1, 2)], [1e12, 1e-6], [0.0, 0.0], [2])

    flow = service.power_flow(network, np.array([[1_000]]), deadline_s=deadline_s)

    assert not flow.converged.any()


def test_a_redispatch_does_not_wait_for_an_auction_beyond_its_deadline() -> None:
    problem = problem_of(feeder(v_max=1.005), [9_000], lowest_w=[0])
    with ClearingService(engine="tests.clearing.engines:hangs") as service:
        auction = market(book("0 sell 10 @ 100\n0 buy 10 @ 200"))
        running = threading.Thread(target=service.solve, args=(auction, 3.0))
        running.start()
        result = service.redispatch(problem, 0.2)
        # Until the auction has begun there is a child to ask.
        while running.is_alive() and "no turn within 0.2 s" not in result.message:
            result = service.redispatch(problem, 0.2)
        assert running.is_alive()
        running.join()

    assert "no turn within 0.2 s" in result.message
    assert result.rung is RedispatchRung.FALLBACK
    assert result.cured


def test_a_faulty_problem_never_reaches_the_child(service: ClearingService) -> None:
    with pytest.raises(RedispatchFaultyError):
        service.redispatch(problem_of(feeder(), [0], lowest_w=[1]), LONG_S)
    with pytest.raises(NetworkFaultyError, match="line_r_ohm"):
        service.power_flow(replace(feeder(), line_r_ohm=np.array([-1.0])), np.zeros((1, 1)))


def test_a_closed_service_says_so() -> None:
    service = ClearingService()

    with pytest.raises(ServiceClosedError):
        service.redispatch(problem_of(feeder(), [0]), LONG_S)
    with pytest.raises(ServiceClosedError):
        service.power_flow(feeder(), np.zeros((1, 1)))
