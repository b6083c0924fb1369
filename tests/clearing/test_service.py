"""The child process: warm, told its time, killed at the deadline, replaced when it crashes."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np
import psutil
import pytest

from clearing.check import audit
from clearing.child import Engine, answer_to
from clearing.clear import AuditFailedError, clear
from clearing.faults import ProblemFaultyError
from clearing.problem import ClearingProblem, ClearingResult, Rung
from clearing.process import Deadline, SolverProcess
from clearing.service import ClearingService, ServiceClosedError, ServiceNotStartedError
from clearing.shared_memory import nameless_file, write
from tests.clearing import engines
from tests.clearing.books import book, market, random_grid, random_orders
from tests.clearing.draws import random_blocks
from tests.patience import PATIENCE_S

LONG_S = 60.0
#: What the machine may take on top of a deadline: the fallback, and other people's work.
ON_TOP_S = 2.0
#: Descriptors from here on are more than `select` can take.
FD_SETSIZE = 1_024


def with_engine(name: str, memory_limit_bytes: int | None = None) -> ClearingService:
    return ClearingService(
        engine=f"tests.clearing.engines:{name}", memory_limit_bytes=memory_limit_bytes
    )


def one_area(seed: int) -> ClearingProblem:
    rng = np.random.default_rng(seed)
    return market(random_orders(rng, 20, 1, 2, lowest=100, steps=20), n_intervals=2)


def solved_in_time(
    service: ClearingService, problem: ClearingProblem, deadline_s: float
) -> ClearingResult:
    began = monotonic()
    result = service.solve(problem, deadline_s)
    assert monotonic() - began < deadline_s + ON_TOP_S
    assert audit(problem, result) == []
    return result


@contextmanager
def patient_parent(lines: int) -> Iterator[None]:
    """So many lines of each problem's answer come in time, however late a busy machine brings them.

    The child is told the deadline as it is, and after those lines the parent keeps to it too.
    """
    read_line, read = SolverProcess._read_line, Counter[Deadline]()  # noqa: SLF001

    def read_patiently(child: SolverProcess, deadline: Deadline) -> dict[str, Any]:
        read[deadline] += 1
        late = read[deadline] > lines
        return read_line(child, deadline if late else Deadline(monotonic, PATIENCE_S))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clearing.process.SolverProcess._read_line", read_patiently)
        yield


def worked_s(pid: int) -> float:
    """What a process has had of the processors."""
    had = psutil.Process(pid).cpu_times()
    return had.user + had.system


def test_who_hands_problems_in_loads_no_solver() -> None:
    """Half a second at every start, and memory, that only the child has a use for."""
    program = "import sys, clearing.service; print(*{'highspy', 'pyomo'} & sys.modules.keys())"

    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert told.stdout == b"\n"


# ── with the engine ─────────────────────────────────────────────────────────────────────────────


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
    assert result.message.startswith("merit order")
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


def test_the_search_stops_softly_before_the_deadline(service: ClearingService) -> None:
    rng = np.random.default_rng(3)
    orders = random_orders(rng, 10_000, 1, 24, lowest=100, steps=15_000)
    hard = random_blocks(rng, market(orders, n_intervals=24), 100, linked=0.0, grouped=0.0)
    service.start()
    child = service.child_pid
    assert child is not None
    before_s = worked_s(child)

    with patient_parent(sys.maxsize):
        result = service.solve(hard, 3.0)

    assert worked_s(child) - before_s < 3.0 + ON_TOP_S
    assert audit(hard, result) == []
    assert result.rung is Rung.FEASIBLE
    assert not result.reproducible
    assert "from the best: the search was stopped by the clock" in result.message
    assert service.child_pid == child


# ── the ladder ──────────────────────────────────────────────────────────────────────────────────

#: Engine, deadline in seconds, the rung it ends on, a word of the message, times in a short run.
#: Where a child is lost the next one may warm up within the deadline, which is a long one therefore.
FAULTS = [
    ("right", 5.0, Rung.OPTIMAL, "", 20),
    ("hangs", 0.05, Rung.MERIT_ORDER, "no result within 0.05 s", 10),
    ("crashes", LONG_S, Rung.MERIT_ORDER, "the solver process has ended", 4),
    ("fills_memory", LONG_S, Rung.MERIT_ORDER, "ran out of memory", 4),
    ("is_infeasible", 5.0, Rung.MERIT_ORDER, "infeasible", 20),
    ("is_unbounded", 5.0, Rung.MERIT_ORDER, "unbounded", 20),
    ("is_slow", 0.5, Rung.FEASIBLE, "stopped by the clock", 5),
    ("reports_and_hangs", 0.2, Rung.FEASIBLE, "no result within 0.2 s", 5),
    ("reports_and_crashes", LONG_S, Rung.FEASIBLE, "the solver process has ended", 5),
    ("reports_and_fills_memory", LONG_S, Rung.FEASIBLE, "ran out of memory", 5),
    ("reports_and_fails", 5.0, Rung.FEASIBLE, "unbounded", 20),
    ("reports_nonsense_and_crashes", LONG_S, Rung.MERIT_ORDER, "the solver process has ended", 2),
    ("reports_and_ends_in_nonsense", 5.0, Rung.FEASIBLE, "the auditor refused", 20),
]
#: Their rung hangs on one line of the child's, which comes within the deadline on an idle machine only.
FIRST_LINE_IN_TIME = frozenset({"is_slow", "reports_and_hangs"})
#: A warm child with one of these engines takes half of it.
MEMORY_LIMIT_BYTES = 1 << 28


def ends_on_its_rung(name: str, deadline_s: float, rung: Rung, word: str, times: int) -> None:
    with with_engine(name, MEMORY_LIMIT_BYTES) as service:
        for seed in range(times):
            if deadline_s < 1.0:
                # So short a deadline is for a child that is warm: the last one was killed.
                service.start()
            with patient_parent(1 if name in FIRST_LINE_IN_TIME else 0):
                result = solved_in_time(service, one_area(seed), deadline_s)

            assert result.rung is rung
            assert word in result.message
            if rung is not Rung.OPTIMAL:
                assert not result.reproducible
                assert result.message.startswith(rung.replace("_", " "))


@pytest.mark.parametrize(("name", "deadline_s", "rung", "word", "times"), FAULTS)
def test_whatever_goes_wrong_an_auction_ends_in_time_on_its_rung(
    name: str, deadline_s: float, rung: Rung, word: str, times: int
) -> None:
    ends_on_its_rung(name, deadline_s, rung, word, times)


@pytest.mark.long
@pytest.mark.parametrize(("name", "deadline_s", "rung", "word", "times"), FAULTS)
def test_five_hundred_of_each_end_in_time(
    name: str, deadline_s: float, rung: Rung, word: str, times: int
) -> None:
    del times
    ends_on_its_rung(name, deadline_s, rung, word, 500)


@pytest.mark.parametrize("name", engines.GARBAGE)
def test_garbage_ends_in_the_fallback(name: str) -> None:
    with with_engine(name) as service:
        result = solved_in_time(service, one_area(1), 5.0)

        assert result.rung is Rung.MERIT_ORDER


def test_no_trade_is_the_last_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: ClearingProblem) -> ClearingResult:
        raise ZeroDivisionError

    monkeypatch.setattr("clearing.fallback.merit_order", fails)
    with with_engine("is_infeasible") as service:
        result = solved_in_time(service, one_area(1), 5.0)

    assert result.rung is Rung.CANCELLED
    assert result.message.startswith("cancelled")
    assert result.audit_faults == ("merit order failed: ZeroDivisionError: ",)


def test_the_engine_is_told_the_gap() -> None:
    with with_engine("tells_its_gap") as service:
        assert service.solve(one_area(1), LONG_S, gap=0.25).message == "gap 0.25"
        assert service.solve(one_area(1), LONG_S).message == "gap None"


def test_a_child_that_failed_clears_the_next_problem() -> None:
    with with_engine("is_infeasible") as service:
        child = service.child_pid
        for seed in range(3):
            service.solve(one_area(seed), LONG_S)

        assert service.child_pid == child


def test_a_child_without_memory_never_starts() -> None:
    with pytest.raises(ServiceNotStartedError):
        with_engine("right", 1 << 20).start()


def test_a_result_damaged_on_the_way_is_refused_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = one_area(3)
    good = engines.answer(problem)
    damaged = replace(good, accepted_wh=good.accepted_wh + 1)
    with with_engine("right") as service:
        monkeypatch.setattr("clearing.process.SolverProcess.solve", lambda *_: damaged)

        result = service.solve(problem, LONG_S)

    assert result.rung is Rung.MERIT_ORDER
    assert result.audit_faults == tuple(audit(problem, damaged)) != ()
    assert audit(problem, result) == []


def test_what_the_auditor_refused_in_the_child_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with with_engine("right") as service:
        refused = {"status": "refused", "refusals": ["area 0, interval 0: unbalanced"]}
        monkeypatch.setattr("clearing.process.SolverProcess._read_line", lambda *_: refused)

        result = service.solve(one_area(3), LONG_S)
        monkeypatch.undo()

    assert result.rung is Rung.MERIT_ORDER
    assert result.audit_faults == ("area 0, interval 0: unbalanced",)


def answered_by(engine: Engine, time_s: float) -> dict[str, Any]:
    """What the child says of a problem, without the child."""
    files = [nameless_file() for _ in range(3)]
    problem = write(files[0], one_area(3))
    asked = {"task": "clear", "time_s": time_s, "gap": None, "problem": problem}
    answer = answer_to(files, json.dumps(asked).encode(), engine, lambda _: None)
    for file in files:
        os.close(file)
    return answer


def test_the_search_leaves_time_for_what_comes_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr("clearing.child.monotonic", lambda: now_s)

    def searches(
        problem: ClearingProblem, _gap: float | None, expired: Callable[[], bool], _report: object
    ) -> ClearingResult:
        nonlocal now_s
        while not expired():
            now_s += 0.125
        return engines.poor(problem)

    answer = answered_by(searches, 3.0)

    assert "stopped by the clock" in answer["scalars"]["message"]
    assert 2.0 < now_s <= 2.5


def test_what_its_auditor_refuses_is_the_childs_answer() -> None:
    def refuses(*_: object) -> ClearingResult:
        raise AuditFailedError(["unbalanced"])

    answer = answered_by(refuses, 1.0)

    assert answer == {"status": "refused", "refusals": ["unbalanced"]}


def test_a_faulty_problem_never_reaches_the_child() -> None:
    with with_engine("right") as service, pytest.raises(ProblemFaultyError):
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


def test_a_parent_with_many_open_files_is_answered_too() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4_096)), hard))
    opened: list[int] = []
    try:
        # `select` would take none of the descriptors that come after these.
        while not opened or opened[-1] < FD_SETSIZE:
            opened.append(os.open(os.devnull, os.O_RDONLY))
        with with_engine("right") as service:
            assert solved_in_time(service, one_area(0), LONG_S).rung is Rung.OPTIMAL
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
