"""The parent's hold on one solver process: hand a problem over, wait, kill.

The one idea to know: whatever the process does or says, the parent gets a result in time or an
error that says what it means for the next rung. `clearing.child` is the other side. Arrays travel
in memory shared through inherited, nameless files (nothing to leak when a process is killed),
headers as lines of JSON on pipes.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Never, TypeVar

from clearing.child import FEASIBLE, READY, REFUSED, RESULT, Task
from clearing.problem import ClearingProblem, ClearingResult
from clearing.shared_memory import GarbledError, nameless_file, read, write

Answer = TypeVar("Answer")

#: A child that is not warm by then is broken; on an idle core it takes about a second.
WARM_UP_S: Final = 60.0
#: A header is a few thousand bytes; a child that says so much more is broken.
_UNREAD_BYTES_MAX: Final = 1 << 22


class NoResultError(Exception):
    """The child gave no result that stands; each kind says what that means for the ladder."""

    #: The child cannot be trusted with another problem.
    lost = False
    #: Another child may do better.
    again = False
    #: What the auditor refused.
    refusals: tuple[str, ...] = ()


class ChildLostError(NoResultError):
    """The child ended."""

    lost = again = True


class NonsenseError(NoResultError):
    """The child said something that is no answer."""

    lost = True


class DeadlinePassedError(NoResultError):
    """The child did not answer in time."""

    lost = True


class StillWarmingError(NoResultError):
    """The deadline passed before the child was warm; it was given nothing and goes on warming.

    Killing it would start the warm-up anew, and short deadlines would never see a warm child.
    """


class UnsolvedError(NoResultError):
    """The engine gave no result, and would give none to another child either."""


class OutOfMemoryError(NoResultError):
    """The engine had not enough memory; what its process still holds nobody knows."""

    lost = True


class RefusedError(NoResultError):
    """The auditor refused the child's result, on whichever side of the pipe."""

    def __init__(self, refusals: Iterable[str]) -> None:
        super().__init__("the auditor refused the result")
        self.refusals = tuple(refusals)


class Deadline:
    """A moment of real time, and how it was asked for."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._until = clock() + seconds
        self.seconds = seconds

    def left_s(self) -> float:
        """Seconds until then; negative afterwards."""
        return self._until - self._clock()


class SolverProcess:
    """The parent's hold on one child process."""

    def __init__(self, clock: Callable[[], float], engine: str, memory_limit_bytes: int) -> None:
        self._clock = clock
        self._born = clock()
        self._files = [nameless_file() for _ in range(3)]
        root = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        words = [engine, str(memory_limit_bytes), *map(str, self._files)]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no outside input
            [sys.executable, "-m", "clearing.child", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=self._files,
            env={**os.environ, "PYTHONPATH": path},
            # A Ctrl-C at the terminal is for the parent, which then closes the pipe.
            start_new_session=True,
        )
        self._ready = self._ended = False
        self._unread = b""
        self._reported: dict[str, Any] | None = None
        self._best: ClearingResult | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def await_ready(self, deadline: Deadline) -> None:
        """Wait until the child is warm.

        Raises:
            StillWarmingError: the deadline is over first, and the child is young.
            DeadlinePassedError: so it is, and the child should long have been warm.
            NonsenseError: it said something else.
        """
        if self._ready:
            return
        try:
            answer = self._read_line(deadline)
        except DeadlinePassedError as error:
            if self._clock() - self._born > WARM_UP_S:
                raise
            text = f"no solver process was warm within {deadline.seconds:g} s"
            raise StillWarmingError(text) from error
        if answer != {"status": READY}:
            raise NonsenseError("the solver process did not start")
        self._ready = True

    def solve(
        self, problem: ClearingProblem, gap: float | None, deadline: Deadline
    ) -> ClearingResult:
        """Hand an auction over and wait for the answer."""
        return self.ask(Task.CLEAR, problem, ClearingResult, deadline, gap=gap)

    def ask(
        self,
        task: Task,
        problem: object,
        kind: type[Answer],
        deadline: Deadline,
        *,
        gap: float | None = None,
    ) -> Answer:
        """Hand a problem over and wait for an answer of a kind.

        Raises:
            ChildLostError: the process has ended.
            NoResultError: no answer came in time, or none that is one.
        """
        self._reported = self._best = None
        self.await_ready(deadline)
        header = write(self._files[0], problem)
        try:
            assert self._process.stdin is not None
            time_s = deadline.left_s()
            asked = {"task": task, "time_s": time_s, "gap": gap, "problem": header}
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, OSError) as error:
            raise ChildLostError("the solver process has ended") from error
        while True:
            answer = self._read_line(deadline)
            if answer.get("status") != FEASIBLE:
                return self._last_word(answer, kind)
            self._reported = answer

    def _last_word(self, answer: dict[str, Any], kind: type[Answer]) -> Answer:
        status, message = answer.get("status"), str(answer.get("message", ""))
        if status == RESULT:
            try:
                return self._result(answer, kind)
            except GarbledError as error:
                raise NonsenseError(f"the solver process gave no result: {error}") from error
        if status == REFUSED:
            raise RefusedError(map(str, answer.get("refusals", [])))
        if status == MemoryError.__name__:
            raise OutOfMemoryError(f"the solver process ran out of memory: {message}")
        raise UnsolvedError(f"{status}: {message}")

    def best_reported(self) -> ClearingResult | None:
        """The last feasible result it reported of its last problem, if any; nobody audited it."""
        if not self._ended:
            self._best = self._read_reported()
        return self._best

    def kill(self) -> None:
        """End the process, whatever it is doing, and give back what it held."""
        self._process.kill()
        self._process.wait()
        # What it reported last may still be in the pipe. Now nobody writes the memory any more.
        with suppress(NoResultError):
            now = Deadline(self._clock, 0.0)
            while True:
                answer = self._read_line(now)
                if answer.get("status") in (FEASIBLE, RESULT):
                    self._reported = answer
        self._best = self._read_reported()
        self._ended = True
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                # A header the child never read is lost with it.
                with suppress(BrokenPipeError):
                    pipe.close()
        for file in self._files:
            os.close(file)

    def _read_reported(self) -> ClearingResult | None:
        with suppress(GarbledError):
            if self._reported is not None:
                return self._result(self._reported, ClearingResult)
        return None

    def _result(self, answer: dict[str, Any], kind: type[Answer]) -> Answer:
        place = answer.get("place")
        if place not in (0, 1):
            raise GarbledError(f"no answer at {place}")
        return read(self._files[1 + place], answer, kind)

    def _read_line(self, deadline: Deadline) -> dict[str, Any]:
        """The next line the child has said or says in time."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._unread:
            if not _readable(pipe, max(deadline.left_s(), 0.0)):
                raise DeadlinePassedError(f"no result within {deadline.seconds:g} s")
            chunk = os.read(pipe, 65536)
            if not chunk:
                raise ChildLostError("the solver process has ended")
            self._unread += chunk
            if len(self._unread) > _UNREAD_BYTES_MAX:
                raise NonsenseError("the solver process says too much")
        line, self._unread = self._unread.split(b"\n", 1)
        try:
            answer = json.loads(line, parse_constant=_refuse_constant)
        except ValueError as error:
            raise NonsenseError("the solver process said what is no answer") from error
        if not isinstance(answer, dict):
            raise NonsenseError("the solver process said what is no answer")
        return answer


def _readable(descriptor: int, wait_s: float) -> bool:
    """Whether there is something to read, or becomes so in time.

    Not `select.select`: it cannot take a descriptor above 1023, and a busy server has those.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(wait_s))


def _refuse_constant(name: str) -> Never:
    """JSON has no NaN and no infinity, and no result has either."""
    raise ValueError(name)
