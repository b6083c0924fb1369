"""The engine in a child process that stays warm and can be killed.

The one idea to know: a solver's own time limit is not hard, a process is. The child is started
and warmed up before it is needed, a spare stands behind it, and at the deadline the child is
killed and the next rung of the ladder is climbed here in the parent: optimal → feasible (what the
child's search stopped with, or the last it reported before it was killed or died) → merit order
per area → cancelled. Whatever happens, an answer is given, it says on which rung, and no rung's
answer leaves without the auditor's pass on this side of the pipe.

The grid of an area is looked after the same way: its power flow and its redispatch are worked out
in the child; where that fails, the auditor's own power flow answers here, and with it curtailment
by rule.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from types import TracebackType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.check import audit
from clearing.check.flow import flow
from clearing.check.redispatch import audit_flow, audit_redispatch
from clearing.child import ENGINE, Task, gap_text
from clearing.explain import reasons_of
from clearing.fallback import fallback
from clearing.faults import ProblemFaultyError, faults
from clearing.network import (
    FlowProblem,
    NetworkArrays,
    NetworkFaultyError,
    PowerFlow,
    flow_faults,
    no_flow,
)
from clearing.problem import ClearingProblem, ClearingResult, Rung
from clearing.process import (
    WARM_UP_S,
    Answer,
    Deadline,
    DeadlinePassedError,
    NoResultError,
    RefusedError,
    SolverProcess,
)
from clearing.receipt import input_hash
from clearing.redispatch.fallback import fallback as curtailed
from clearing.redispatch_problem import (
    RedispatchFaultyError,
    RedispatchProblem,
    RedispatchResult,
    RedispatchRung,
    redispatch_faults,
)

__all__ = [
    "ClearingService",
    "ServiceClosedError",
    "ServiceNotStartedError",
    "input_hash",
    "reasons_of",
]


#: A day of an area takes a tenth of a second; a child that takes so long hangs.
_FLOW_DEADLINE_S: Final = 10.0
#: The rungs a child may answer on; below them stands what is done here.
_CHILDS_RUNGS: Final = (RedispatchRung.NOT_NEEDED, RedispatchRung.CHEAPEST, RedispatchRung.RULE)


class ServiceClosedError(Exception):
    """The service was asked to solve before `start` or after `close`."""


class ServiceNotStartedError(Exception):
    """The child process cannot be started or never gets warm."""


class ClearingService:
    """Clears problems in a child process, each by its deadline. Safe to call from any thread."""

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        *,
        engine: str = ENGINE,
        memory_limit_bytes: int | None = None,
    ) -> None:
        """Nothing runs before `start`.

        Args:
            clock: seconds from anywhere.
            engine: what the child clears with, as `module:function`; see `clearing.child.Engine`.
            memory_limit_bytes: address space a child may take, so that running out of memory is the
                child's fault and not the machine's. None: no limit.
        """
        self._clock = clock
        self._engine = engine
        self._memory_limit_bytes = memory_limit_bytes
        self._lock = threading.Lock()
        self._child: SolverProcess | None = None
        self._spare: SolverProcess | None = None

    def start(self) -> None:
        """Start the child and its spare unless they run; returns when the child is warm.

        Raises:
            ServiceNotStartedError: it never gets warm.
        """
        with self._lock:
            child = self._new_child() if self._child is None else self._child
            try:
                child.await_ready(Deadline(self._clock, WARM_UP_S))
            except NoResultError as error:
                child.kill()
                self._child = None
                raise ServiceNotStartedError("the solver process does not start") from error
            self._child = child
            if self._spare is None:
                self._spare = self._new_child()

    def close(self) -> None:
        """End both processes."""
        with self._lock:
            for child in (self._child, self._spare):
                if child is not None:
                    child.kill()
            self._child = self._spare = None

    def __enter__(self) -> ClearingService:
        """Start on entering a `with` block."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close on leaving it."""
        self.close()

    @property
    def child_pid(self) -> int | None:
        """Process id of the child that will take the next problem."""
        return None if self._child is None else self._child.pid

    def solve(
        self, problem: ClearingProblem, deadline_s: float, *, gap: float | None = None
    ) -> ClearingResult:
        """Clear a problem within `deadline_s` seconds of real time, counted from this call.

        A child that dies with nothing to show hands over to the spare once, while there is time.
        What auditing or the fallback takes here (milliseconds per thousand orders) comes on top.
        The search may stop at a relative `gap` of welfare to its bound; None: the engine's own.

        Raises:
            ProblemFaultyError: the problem fails its self-check; nothing is tried.
            ServiceClosedError: the service is not running.
        """
        found = faults(problem)
        if found:
            raise ProblemFaultyError(found)
        with self._lock:
            if self._child is None:
                raise ServiceClosedError("the clearing service is not running")
            return self._climb(problem, gap, Deadline(self._clock, deadline_s), spares=1)

    def redispatch(self, problem: RedispatchProblem, deadline_s: float) -> RedispatchResult:
        """The cheapest change that an area's grid bears, within `deadline_s` from this call.

        Waiting for an auction that is being cleared counts. A child that dies hands over to the
        spare once. Without an answer in time, units are curtailed by rule here, which takes about a
        second on top at most; `rung` and `message` say so, and `cured` whether it was enough.

        Raises:
            RedispatchFaultyError: the problem fails its self-check; nothing is tried.
            ServiceClosedError: the service is not running.
        """
        found = redispatch_faults(problem)
        if found:
            raise RedispatchFaultyError(found)

        def refusals(result: RedispatchResult) -> list[str]:
            if result.rung not in _CHILDS_RUNGS:
                return [f"a child has no rung {result.rung}"]
            return audit_redispatch(problem, result)

        deadline = Deadline(self._clock, deadline_s)
        try:
            return self._ask(Task.REDISPATCH, problem, RedispatchResult, refusals, deadline)
        except NoResultError as error:
            return curtailed(problem, str(error), error.refusals)

    def power_flow(
        self,
        network: NetworkArrays,
        power_w: NDArray[Any],
        reactive_var: NDArray[Any] | None = None,
        *,
        deadline_s: float = _FLOW_DEADLINE_S,
    ) -> PowerFlow:
        """What flows with power (s, u) of the units, injection positive; no reactive power: None.

        A step without a solution holds NaN and is marked. Where the child gives no answer in time
        the auditor's own power flow does.

        Raises:
            NetworkFaultyError: the grid or the powers are wrong.
            ServiceClosedError: the service is not running.
        """
        real = np.ascontiguousarray(power_w, dtype=np.float64)
        q = None if reactive_var is None else np.ascontiguousarray(reactive_var, dtype=np.float64)
        problem = FlowProblem(network=network, power_w=real, reactive_var=q)
        found = flow_faults(problem)
        if found:
            raise NetworkFaultyError(found)
        deadline = Deadline(self._clock, deadline_s)

        def refusals(result: PowerFlow) -> list[str]:
            return audit_flow(problem, result)

        try:
            return self._ask(Task.POWER_FLOW, problem, PowerFlow, refusals, deadline)
        except NoResultError:
            return _own_flow(problem)

    def _ask(
        self,
        task: Task,
        problem: object,
        kind: type[Answer],
        refusals: Callable[[Answer], list[str]],
        deadline: Deadline,
    ) -> Answer:
        """A child's answer that the auditor passes; the spare is asked once when a child dies.

        Raises:
            NoResultError: there is none.
        """
        if deadline.seconds <= 0:
            # Asked all the same the child would be killed for being late, and a warm one is lost.
            raise DeadlinePassedError("no time is left")
        if not self._lock.acquire(timeout=max(deadline.left_s(), 0.0)):
            raise DeadlinePassedError(f"no turn within {deadline.seconds:g} s")
        try:
            try:
                return self._asked(task, problem, kind, refusals, deadline)
            except NoResultError as error:
                if not error.again:
                    raise
            return self._asked(task, problem, kind, refusals, deadline)
        finally:
            self._lock.release()

    def _asked(
        self,
        task: Task,
        problem: object,
        kind: type[Answer],
        refusals: Callable[[Answer], list[str]],
        deadline: Deadline,
    ) -> Answer:
        if self._child is None:
            raise ServiceClosedError("the clearing service is not running")
        try:
            answer = self._child.ask(task, problem, kind, deadline)
            found = _read_by(refusals, answer)
            if found:
                raise RefusedError(found)
        except NoResultError as error:
            if error.lost:
                self._replace_child()
            raise
        return answer

    def _climb(
        self, problem: ClearingProblem, gap: float | None, deadline: Deadline, *, spares: int
    ) -> ClearingResult:
        child = self._child
        assert child is not None
        try:
            return _audited(problem, child.solve(problem, gap, deadline))
        except NoResultError as error:
            if error.lost:
                self._replace_child()
            best = child.best_reported()
            if spares and error.again and best is None:
                return self._climb(problem, gap, deadline, spares=spares - 1)
            return _lower_rung(problem, best, error)

    def _new_child(self) -> SolverProcess:
        return SolverProcess(self._clock, self._engine, self._memory_limit_bytes or 0)

    def _replace_child(self) -> None:
        """Kill the child; the spare takes its place, and a new spare is started."""
        if self._child is not None:
            self._child.kill()
        self._child = self._spare if self._spare is not None else self._new_child()
        self._spare = self._new_child()


def flow_here(
    network: NetworkArrays, power_w: NDArray[Any], reactive_var: NDArray[Any] | None = None
) -> PowerFlow:
    """The same power flow in this very process, audited: for a process that may die of it.

    Raises:
        NetworkFaultyError: the grid or the powers are wrong.
    """
    # Imported here: who has a solver's process never loads the library itself.
    from clearing.power_flow import power_flow

    problem = FlowProblem(network=network, power_w=power_w, reactive_var=reactive_var)
    found = power_flow(problem)
    return _own_flow(problem) if audit_flow(problem, found) else found


def _own_flow(problem: FlowProblem) -> PowerFlow:
    """The auditor's; of a grid with which it cannot calculate nothing is known."""
    try:
        return flow(problem.network, problem.power_w, problem.reactive_var)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return no_flow(problem.network, len(problem.power_w))


def _audited(problem: ClearingProblem, result: ClearingResult) -> ClearingResult:
    """The result as it arrived, audited once more on this side of the pipe.

    Raises:
        RefusedError: it is not what an auditor would pass.
    """
    if result.rung not in (Rung.OPTIMAL, Rung.FEASIBLE):
        raise RefusedError([f"the engine has no rung {result.rung}"])
    refusals = _read_by(lambda found: audit(problem, found), result)
    if refusals:
        raise RefusedError(refusals)
    return result


def _read_by(auditor: Callable[[Answer], list[str]], result: Answer) -> list[str]:
    """What an auditor refuses; what it cannot even read does not pass."""
    try:
        return auditor(result)
    except Exception as error:  # noqa: BLE001 - whatever it stumbles over
        return [f"the auditor cannot read the result: {type(error).__name__}: {error}"]


def _lower_rung(
    problem: ClearingProblem, best: ClearingResult | None, error: NoResultError
) -> ClearingResult:
    """The best the child reported if it stands, else what needs no solver."""
    refusals = error.refusals
    if best is not None:
        try:
            found = _audited(problem, replace(best, rung=Rung.FEASIBLE, reproducible=False))
        except RefusedError as worse:
            refusals = (*refusals, *worse.refusals)
        else:
            message = f"feasible, {gap_text(found)}: {error}"
            return replace(found, message=message, audit_faults=refusals)
    return fallback(problem, str(error), refusals)
