"""One auction from arrays to an audited result: the table of contents of the engine.

check → ladders → parts → (each part: curves → build → refine → search → settle) → join → audit.

The one idea to know: nothing leaves that the auditor, who shares no formula with the model, has not
passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Final

import numpy as np

from clearing.check import audit
from clearing.faults import ProblemFaultyError, faults
from clearing.join import Joined, joined
from clearing.ladder import WINDOW_TICKS, Ladder, gathered, ladder
from clearing.parts import parts
from clearing.problem import ClearingProblem, ClearingResult, IntArray, Rung
from clearing.search.found import Effort
from clearing.settle import Settled, UnsupportedError, settle_part

#: Times the windows of sloped orders are moved or widened; each doubles the width.
_LADDERS_MAX: Final = 24

#: What `clear` does without being told otherwise.
_DEFAULT_EFFORT: Final = Effort()
OnFeasible = Callable[[ClearingResult], None]


class AuditFailedError(Exception):
    """The auditor refused the result; `refusals` holds every reason."""

    def __init__(self, refusals: list[str]) -> None:
        super().__init__("; ".join(refusals))
        self.refusals = refusals


def clear(
    problem: ClearingProblem,
    *,
    stopwatch: Callable[[], float] = perf_counter,
    effort: Effort = _DEFAULT_EFFORT,
    on_feasible: OnFeasible | None = None,
) -> ClearingResult:
    """Clear one auction, audited.

    Args:
        problem: the auction.
        stopwatch: seconds from anywhere, read between stages for `timings_ms` alone.
        effort: when the search for block orders may stop.
        on_feasible: called with audited results that are valid, while better ones are looked for.

    Raises:
        ProblemFaultyError: the problem fails its self-check.
        SolverFailedError: the solver found no optimum.
        AuditFailedError: the auditor refused the result.
    """
    found = faults(problem)
    if found:
        raise ProblemFaultyError(found)
    stages = _Stages(stopwatch)
    try:
        if problem.orders.sloped.any():
            result = _cleared_by_ladders(problem, stages, effort, on_feasible)
        else:
            result = _cleared(problem, None, stages, effort, on_feasible)
    except UnsupportedError as error:
        raise AuditFailedError([str(error)]) from error
    refusals = audit(problem, result)
    if refusals:
        raise AuditFailedError(refusals)
    stages.end("audit")
    return result


class _Stages:
    """Milliseconds of each stage."""

    def __init__(self, stopwatch: Callable[[], float]) -> None:
        self._stopwatch = stopwatch
        self._last = stopwatch()
        self.timings_ms: dict[str, float] = {}

    def end(self, stage: str) -> None:
        now = self._stopwatch()
        spent = self.timings_ms.get(stage, 0.0) + 1e3 * (now - self._last)
        self.timings_ms[stage] = round(spent, 3)
        self._last = now


def _cleared_by_ladders(
    problem: ClearingProblem, stages: _Stages, effort: Effort, on_feasible: OnFeasible | None
) -> ClearingResult:
    """Clear with sloped orders as steps, near the prices tick by tick.

    Where a price ends at the edge of what was written tick by tick, it is written there and the
    auction cleared again; the width doubles, so this ends.
    """
    shape = (problem.n_areas, problem.n_intervals)
    orders, has_sloped = problem.orders, np.zeros(shape, dtype=np.bool_)
    has_sloped[orders.area[orders.sloped], orders.interval[orders.sloped]] = True
    middle = (problem.price_min_ticks + problem.price_max_ticks) // 2
    expected = np.full(shape, middle, dtype=np.int64)
    window = np.zeros(shape, dtype=np.int64)
    span = problem.price_max_ticks - problem.price_min_ticks
    # A coarse first pass only says where to look.
    quick = replace(effort, points_max=0)
    for attempt in range(_LADDERS_MAX):
        steps = ladder(problem, expected, window)
        stages.end("ladders")
        rough = attempt == 0
        result = _cleared(
            problem, steps, stages, quick if rough else effort, None if rough else on_feasible
        )
        edge = has_sloped & (np.abs(result.price_ticks - expected) >= window)
        # Where a price may be missed by some Wh, those may lie anywhere: every rung is written.
        missed = has_sloped & (result.rounding_wh > 0) & (window < span)
        edge |= missed
        if not edge.any() and not rough:
            return result
        expected = np.where(edge, result.price_ticks, expected)
        window = np.where(edge, np.maximum(2 * window, WINDOW_TICKS), window)
        window = np.where(missed, span, window)
    raise UnsupportedError("the prices of sloped orders do not settle")


def _cleared(
    problem: ClearingProblem,
    steps: Ladder | None,
    stages: _Stages,
    effort: Effort,
    on_feasible: OnFeasible | None,
) -> ClearingResult:
    """Clear a book, its sloped orders written as `steps`, part by part."""
    book = problem if steps is None else replace(problem, orders=steps.orders)
    pieces = parts(book)
    stages.end("parts")
    settled: list[Settled] = []
    for number, part in enumerate(pieces):
        last = number == len(pieces) - 1

        def report(better: Settled, before: tuple[Settled, ...] = tuple(settled)) -> None:
            assert on_feasible is not None
            result = _result(problem, book, steps, joined(book, pieces, [*before, better]))
            result = replace(result, rung=Rung.FEASIBLE, reproducible=False)
            if not audit(problem, result):
                on_feasible(result)

        settled.append(
            settle_part(part, effort, stages.end, report if last and on_feasible else None)
        )
    whole = joined(book, pieces, settled)
    result = _result(problem, book, steps, whole)
    stages.end("join")
    stages.timings_ms["search_points"] = whole.points
    return replace(result, timings_ms=stages.timings_ms)


def _result(
    problem: ClearingProblem, book: ClearingProblem, steps: Ladder | None, whole: Joined
) -> ClearingResult:
    accepted: IntArray = whole.accepted_wh
    if steps is not None:
        accepted = gathered(problem, steps, accepted)
    return whole.result(problem, book, accepted)
