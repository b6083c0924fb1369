"""The engine in a child process that stays warm and can be killed.

The one idea to know: a solver's own time limit is not hard, a process is. The child is started
and warmed up before it is needed, a spare stands behind it, and at the deadline the child is
killed and the next rung of the ladder is climbed here in the parent: optimal → feasible (what the
child's search stopped with, or the last it reported before it was killed or died) → merit order
per area → cancelled. Whatever happens, an answer is given, it says on which rung, and no rung's
answer leaves without the auditor's pass on this side of the pipe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from types import TracebackType

from clearing.check import audit
from clearing.child import ENGINE, gap_text
from clearing.clear import ProblemFaultyError
from clearing.fallback import fallback
from clearing.faults import faults
from clearing.problem import ClearingProblem, ClearingResult, Rung
from clearing.process import (
    WARM_UP_S,
    Deadline,
    NoResultError,
    RefusedError,
    SolverProcess,
)


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


def _audited(problem: ClearingProblem, result: ClearingResult) -> ClearingResult:
    """The result as it arrived, audited once more on this side of the pipe.

    Raises:
        RefusedError: it is not what an auditor would pass.
    """
    if result.rung not in (Rung.OPTIMAL, Rung.FEASIBLE):
        raise RefusedError([f"the engine has no rung {result.rung}"])
    try:
        refusals = audit(problem, result)
    except Exception as error:  # noqa: BLE001 - what the auditor cannot even read does not pass
        refusals = [f"the auditor cannot read the result: {type(error).__name__}: {error}"]
    if refusals:
        raise RefusedError(refusals)
    return result


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
