"""The solver's process: solves one problem after another until its parent closes the pipe.

The one idea to know: it gives up softly before it is killed hard. It is told how much time is left,
asks its own clock while it searches, and stops with the best it has when most of that time is
gone. Every better result on the way is laid down for the parent, who may need it if this process
dies.

Run as `python -m clearing.child ENGINE LIMIT PROBLEM ANSWER ANSWER`: the engine as
`module:function`, the memory limit in bytes (0: none), and inherited, nameless files, one for the
problem and two for answers, used in turn so that one is whole while the other is written. Headers
are lines of JSON on the pipes. When the parent goes away the pipe ends, and so does this process.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from importlib import import_module
from time import monotonic
from typing import Any, Final, cast

import numpy as np

from clearing.network import FlowProblem
from clearing.problem import (
    NO_LIMIT_WH,
    Areas,
    ClearingProblem,
    ClearingResult,
    Lines,
    Rung,
    StepOrders,
    Tie,
)
from clearing.redispatch_problem import RedispatchProblem
from clearing.shared_memory import read, write


class Task(StrEnum):
    """What the parent asks for."""

    CLEAR = "clear"
    REDISPATCH = "redispatch"
    POWER_FLOW = "power_flow"


READY: Final = "ready"
RESULT: Final = "result"
#: A result that stands, while a better one is being looked for.
FEASIBLE: Final = "feasible"
REFUSED: Final = "refused"

#: The engine that is used when no other is asked for.
ENGINE: Final = "clearing.child:engine"

#: Part of the time left after which the search stops by itself. What comes after it (prices, fills,
#: the auditor, the way back) takes less than the rest.
_SEARCH_PART: Final = 0.8

Engine = Callable[
    [ClearingProblem, float | None, Callable[[], bool], Callable[[ClearingResult], None]],
    ClearingResult,
]


def engine(
    problem: ClearingProblem,
    gap: float | None,
    expired: Callable[[], bool],
    on_feasible: Callable[[ClearingResult], None],
) -> ClearingResult:
    """Clear a problem to a gap (None: the engine's own); its search stops once `expired` says so."""
    # Imported here: it takes most of a second, and other engines do without it.
    from clearing.clear import clear
    from clearing.search.found import Effort

    effort = Effort(expired=expired)
    if gap is not None:
        effort = replace(effort, gap=gap)
    return clear(problem, effort=effort, on_feasible=on_feasible)


def serve(named: str, memory_limit_bytes: int, files: Sequence[int]) -> None:
    """Answer problems until the parent closes the pipe."""
    reply = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever a library prints must not get into the answers.
    os.dup2(2, 1)
    if memory_limit_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    module, function = named.split(":")
    clear = cast("Engine", getattr(import_module(module), function))
    clear(_warm_up_problem(), None, lambda: False, lambda _: None)

    def say(answer: dict[str, Any]) -> None:
        # One write: a line is never half there unless this process dies in it.
        reply.write(json.dumps(answer).encode() + b"\n")

    say({"status": READY})
    for line in sys.stdin.buffer:
        say(answer_to(files, line, clear, say))


def answer_to(
    files: Sequence[int], line: bytes, clear: Engine, say: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """What the parent is told in the end: a result, what the auditor refused, or what went wrong.

    Args:
        files: shared memory of the problem and of the two answers.
        line: the parent's header.
        clear: the engine.
        say: tells the parent of a feasible result on the way.
    """
    try:
        asked = json.loads(line)
        clock = _SoftDeadline(_SEARCH_PART * asked["time_s"])
        answers = _Answers(files[1:])
        task = Task(asked["task"])
        if task is not Task.CLEAR:
            return answers.header(RESULT, _of_the_grid(task, files[0], asked["problem"], clock))
        problem = read(files[0], asked["problem"], ClearingProblem)
        result = clear(
            problem,
            asked["gap"],
            clock.expired,
            lambda found: say(answers.header(FEASIBLE, found)),
        )
        return answers.header(RESULT, clock.marked(result))
    except Exception as error:  # noqa: BLE001 - the parent must hear of it, whatever it is
        refusals = getattr(error, "refusals", None)
        if refusals is not None:
            return {"status": REFUSED, "refusals": list(refusals)}
        return {"status": type(error).__name__, "message": str(error)[:2000]}


def _of_the_grid(task: Task, shared: int, header: dict[str, Any], clock: _SoftDeadline) -> object:
    """The answer to a problem of an area's grid."""
    # Imported here: a market without grids never needs them.
    if task is Task.POWER_FLOW:
        from clearing.power_flow import power_flow

        return power_flow(read(shared, header, FlowProblem))
    from clearing.redispatch.decide import redispatch

    return redispatch(read(shared, header, RedispatchProblem), clock.expired)


class _SoftDeadline:
    """When a search should stop, by this process's own clock, and whether it was told to."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds
        self._told = False

    def expired(self) -> bool:
        self._told = self._told or monotonic() >= self._end
        return self._told

    def marked(self, result: ClearingResult) -> ClearingResult:
        """A result short of the optimum says how far, and whether a clock had a say in it."""
        if result.rung is not Rung.FEASIBLE:
            return result
        why = "the search was stopped by the clock" if self._told else result.message
        return replace(
            result,
            reproducible=result.reproducible and not self._told,
            message=f"feasible, {gap_text(result)}: {why}",
        )


def gap_text(result: ClearingResult) -> str:
    """How far a result may be from the best there is."""
    gap = result.upper_bound_quanta - result.welfare_quanta
    # Money is whole quanta; a ratio of two such is only told, never used.
    part = gap / max(abs(result.upper_bound_quanta), 1)
    return f"at most {gap} quanta ({part:.1e}) from the best"


class _Answers:
    """Results laid down in two memories by turns."""

    def __init__(self, files: Sequence[int]) -> None:
        self._files = files
        self._turn = 0

    def header(self, status: str, result: object) -> dict[str, Any]:
        place = self._turn % len(self._files)
        self._turn += 1
        return {"status": status, "place": place, **write(self._files[place], result)}


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
    serve(sys.argv[1], int(sys.argv[2]), [int(number) for number in sys.argv[3:]])
