"""The engine in a child process that stays warm and can be killed.

The one idea to know: a solver's own time limit is not hard, a process is. The child is started
and warmed up before it is needed, a spare stands behind it, and at the deadline the child is
killed and the ladder's next rung is climbed here in the parent: optimal → feasible → merit order
per area → cancelled. Whatever happens, an answer is given, and it says on which rung.

Run as `python -m clearing.service FD` this is the child. Arrays travel in memory shared through
an inherited, nameless file (nothing to leak when a process is killed), headers as one line of JSON
on a pipe. When the parent goes away the pipe ends, and so does the child.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Final

import numpy as np

from clearing.check import audit
from clearing.clear import AuditFailedError, ProblemFaultyError, clear, fallback
from clearing.problem import (
    NO_LIMIT_WH,
    Areas,
    ClearingProblem,
    ClearingResult,
    Lines,
    StepOrders,
    Tie,
    faults,
)
from clearing.shared_memory import nameless_file, problem_from, read, result_from, write

#: A child that is not warm by then is broken; on an idle core it takes about a second.
_WARM_UP_S: Final = 60.0
_READY: Final = "ready"
_REFUSED: Final = "refused"


class ServiceClosedError(Exception):
    """The service was asked to solve before `start` or after `close`."""


class ServiceNotStartedError(Exception):
    """The child process cannot be started or never gets warm."""


class _ChildLostError(Exception):
    """The child ended or said something that is no answer."""


class _DeadlinePassedError(Exception):
    """The child did not answer in time."""


class _RefusedError(Exception):
    """The auditor refused the child's result; `refusals` holds every reason."""

    def __init__(self, refusals: Iterable[str]) -> None:
        super().__init__("the auditor refused the result")
        self.refusals = tuple(refusals)


class _StillWarmingError(Exception):
    """The deadline passed before the child was warm; it was given nothing and goes on warming."""


class ClearingService:
    """Clears problems in a child process, each by its deadline. Safe to call from any thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._spare: _Child | None = None

    def start(self) -> None:
        """Start the child and its spare; returns when the child is warm.

        Raises:
            ServiceNotStartedError: it never gets warm.
        """
        with self._lock:
            if self._child is None:
                child = _Child(self._clock)
                try:
                    child.await_ready(self._clock() + _WARM_UP_S)
                except (_ChildLostError, _StillWarmingError, _DeadlinePassedError) as error:
                    child.kill()
                    raise ServiceNotStartedError("the solver process does not start") from error
                self._child, self._spare = child, _Child(self._clock)

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

    def solve(self, problem: ClearingProblem, deadline_s: float) -> ClearingResult:
        """Clear a problem within `deadline_s` seconds of real time, counted from this call.

        A child that crashes hands over to the spare once, while there is time. What the fallback
        itself takes (milliseconds per thousand orders) comes on top of the deadline.

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
            until = self._clock() + deadline_s
            reason = ""
            for _ in range(2):
                try:
                    return _audited(problem, self._child.solve(problem, until))
                except _RefusedError as error:
                    # Another child would find the same.
                    return fallback(problem, str(error), error.refusals)
                except _StillWarmingError:
                    # Killing it here would start the warm-up anew, and short deadlines would
                    # never see a warm child.
                    reason = f"no solver process was warm within {deadline_s:g} s"
                    break
                except _DeadlinePassedError:
                    reason = f"no result within {deadline_s:g} s"
                    self._replace_child()
                    break
                except _ChildLostError as error:
                    reason = str(error)
                    self._replace_child()
            return fallback(problem, reason)

    def _replace_child(self) -> None:
        """Kill the child; the spare takes its place, and a new spare is started."""
        if self._child is not None:
            self._child.kill()
        self._child = self._spare if self._spare is not None else _Child(self._clock)
        self._spare = _Child(self._clock)


def _audited(problem: ClearingProblem, result: ClearingResult) -> ClearingResult:
    """The result as it arrived, audited once more on this side of the pipe.

    Raises:
        _RefusedError: it is not what an auditor would pass.
    """
    refusals = audit(problem, result)
    if refusals:
        raise _RefusedError(refusals)
    return result


class _Child:
    """The parent's hold on one child process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._born = clock()
        self._shared = nameless_file()
        root = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no outside input
            [sys.executable, "-m", "clearing.service", str(self._shared)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(self._shared,),
            env={**os.environ, "PYTHONPATH": path},
            # A Ctrl-C at the terminal is for the parent, which then closes the pipe.
            start_new_session=True,
        )
        self._ready = False
        self._unread = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def await_ready(self, until: float) -> None:
        """Wait until the child is warm."""
        if self._ready:
            return
        try:
            answer = self._read_line(until)
        except _DeadlinePassedError as error:
            if self._clock() - self._born > _WARM_UP_S:
                raise
            raise _StillWarmingError from error
        if answer != {"status": _READY}:
            raise _ChildLostError("the solver process did not start")
        self._ready = True

    def solve(self, problem: ClearingProblem, until: float) -> ClearingResult:
        """Hand the problem over and wait for the answer."""
        self.await_ready(until)
        header = write(self._shared, problem)
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(header).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, OSError) as error:
            raise _ChildLostError("the solver process has ended") from error
        answer = self._read_line(until)
        if answer.get("status") == _REFUSED:
            raise _RefusedError(answer["refusals"])
        if answer.get("status") != "result":
            raise _ChildLostError(f"{answer.get('status')}: {answer.get('message', '')}")
        return result_from(read(self._shared, answer))

    def kill(self) -> None:
        """End the process, whatever it is doing, and give back what it held."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                # A header the child never read is lost with it.
                with suppress(BrokenPipeError):
                    pipe.close()
        os.close(self._shared)

    def _read_line(self, until: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._unread:
            left = until - self._clock()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise _DeadlinePassedError
            chunk = os.read(pipe, 65536)
            if not chunk:
                raise _ChildLostError("the solver process has ended")
            self._unread += chunk
        line, self._unread = self._unread.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer


# ── the child ───────────────────────────────────────────────────────────────────────────────────


def serve(shared: int) -> None:
    """Answer problems until the parent closes the pipe."""
    reply = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever a library prints must not get into the answers.
    os.dup2(2, 1)
    clear(_warm_up_problem())
    reply.write(json.dumps({"status": _READY}).encode() + b"\n")
    for line in sys.stdin.buffer:
        reply.write(json.dumps(answer_to(shared, line, clear)).encode() + b"\n")


def answer_to(
    shared: int, line: bytes, engine: Callable[[ClearingProblem], ClearingResult]
) -> dict[str, Any]:
    """What the child says to one header: a result, what the auditor refused, or what went wrong."""
    try:
        result = engine(problem_from(read(shared, json.loads(line))))
        return {"status": "result", **write(shared, result)}
    except AuditFailedError as error:
        return {"status": _REFUSED, "refusals": error.refusals}
    except Exception as error:  # noqa: BLE001 - the parent must hear of it, whatever it is
        return {"status": type(error).__name__, "message": str(error)[:2000]}


def _warm_up_problem() -> ClearingProblem:
    """Two areas and one lossy line: touches every part of the engine once."""
    one = np.full((2, 1), NO_LIMIT_WH, dtype=np.int64)
    capacity = np.full((1, 1), 100, dtype=np.int64)
    return ClearingProblem(
        n_areas=2,
        n_intervals=1,
        areas=Areas(import_limit_wh=one, export_limit_wh=one.copy()),
        lines=Lines(
            from_area=np.array([0], dtype=np.int32),
            to_area=np.array([1], dtype=np.int32),
            capacity_forward_wh=capacity,
            capacity_backward_wh=capacity.copy(),
            loss_ppm=np.array([20_000], dtype=np.int64),
            fee_forward_ticks=np.array([100], dtype=np.int64),
            fee_backward_ticks=np.array([0], dtype=np.int64),
        ),
        orders=StepOrders(
            area=np.array([0, 1], dtype=np.int32),
            interval=np.array([0, 0], dtype=np.int32),
            is_sell=np.array([True, False]),
            price_ticks=np.array([1_000, 2_000], dtype=np.int64),
            energy_wh=np.array([1_000, 500], dtype=np.int64),
            sequence=np.array([1, 2], dtype=np.int64),
        ),
        price_min_ticks=-50_000,
        price_max_ticks=400_000,
        tie=Tie.TIME,
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]))
