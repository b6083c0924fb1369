"""Engines for the solver's process that go wrong in every way, once they have been warmed up.

Named to a `ClearingService` as `tests.clearing.engines:name`. They clear one area, by merit order.
"""

# ruff: noqa: ARG001 - every engine has the same signature, whatever it needs of it

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from time import sleep
from typing import Any, Never

import numpy as np

from clearing.child import Engine
from clearing.merit_order import merit_order
from clearing.problem import ClearingProblem, ClearingResult, Rung

Expired = Callable[[], bool]
Report = Callable[[ClearingResult], None]


def warm(engine: Engine) -> Engine:
    """An engine that does the problem of the warm-up as it should."""

    @wraps(engine)
    def clear(
        problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
    ) -> ClearingResult:
        if problem.n_areas == 2:
            return merit_order(problem)
        return engine(problem, gap, expired, report)

    return clear


def answer(problem: ClearingProblem) -> ClearingResult:
    """The right one, for one area."""
    return replace(merit_order(problem), rung=Rung.OPTIMAL, reproducible=True)


def poor(problem: ClearingProblem) -> ClearingResult:
    """A feasible answer of a market that would rather not trade."""
    return replace(answer(problem), rung=Rung.FEASIBLE)


@warm
def right(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> ClearingResult:
    return answer(problem)


@warm
def tells_its_gap(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> ClearingResult:
    return replace(answer(problem), message=f"gap {gap}")


@warm
def hangs(problem: ClearingProblem, gap: float | None, expired: Expired, report: Report) -> Never:
    _hang()


@warm
def crashes(problem: ClearingProblem, gap: float | None, expired: Expired, report: Report) -> Never:
    _die()


@warm
def fills_memory(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> ClearingResult:
    held = []
    while True:
        held.append(np.ones(1 << 22))


@warm
def is_infeasible(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> Never:
    raise SolverFailedLike("the solver says infeasible")


@warm
def is_unbounded(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> Never:
    raise SolverFailedLike("the solver says unbounded")


class SolverFailedLike(Exception):
    """Raised in place of the engine's own error, whose module takes long to import."""


@warm
def is_slow(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> ClearingResult:
    """A hundred times too slow, but it looks at the clock."""
    while not expired():
        sleep(0.002)
    return poor(problem)


@warm
def reports_and_hangs(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> Never:
    report(poor(problem))
    _hang()


@warm
def reports_and_crashes(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> Never:
    for _ in range(5):
        report(poor(problem))
    _die()


@warm
def reports_and_fills_memory(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> ClearingResult:
    report(poor(problem))
    return fills_memory(problem, gap, expired, report)


@warm
def reports_and_fails(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> Never:
    report(poor(problem))
    raise SolverFailedLike("the solver says unbounded")


@warm
def reports_nonsense_and_crashes(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> Never:
    result = poor(problem)
    report(replace(result, accepted_wh=result.accepted_wh + 1))
    _die()


@warm
def reports_and_ends_in_nonsense(
    problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
) -> ClearingResult:
    result = poor(problem)
    report(result)
    return replace(result, accepted_wh=result.accepted_wh - 1)


def _hang() -> Never:
    while True:
        signal.pause()


def _die() -> Never:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


# ── garbage ─────────────────────────────────────────────────────────────────────────────────────


def _says(text: str) -> Engine:
    """An engine whose process says something else than its answer."""

    @warm
    def clear(
        problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
    ) -> ClearingResult:
        json.dumps = lambda _: text
        return answer(problem)

    return clear


def _garbles(change: Callable[[dict[str, Any]], object]) -> Engine:
    """An engine whose process describes its answer wrongly."""

    @warm
    def clear(
        problem: ClearingProblem, gap: float | None, expired: Expired, report: Report
    ) -> ClearingResult:
        child: Any = sys.modules["__main__"]
        write = child.write

        def garbled(shared: int, record: object) -> dict[str, Any]:
            header: dict[str, Any] = write(shared, record)
            change(header)
            return header

        child.write = garbled
        return answer(problem)

    return clear


def _array(header: dict[str, Any], place: int, value: object) -> None:
    described = list(header["arrays"]["accepted_wh"])
    described[place] = value
    header["arrays"]["accepted_wh"] = described


truncated = _says('{"status": "resu')
empty = _says("")
no_object = _says("[1, 2]")
no_answer = _says('{"status": "result"}')
not_a_number = _says('{"status": "result", "place": 0, "size": NaN, "scalars": {}, "arrays": {}}')
endless = _says("x" * (5 << 20))
nowhere = _garbles(lambda header: header.update(size=-1))
too_large = _garbles(lambda header: header.update(size=1 << 60))
negative_shape = _garbles(lambda header: _array(header, 1, [-3]))
huge_shape = _garbles(lambda header: _array(header, 1, [1 << 62]))
wrong_shape = _garbles(lambda header: _array(header, 1, [1]))
wrong_kind = _garbles(lambda header: _array(header, 0, "object"))
negative_offset = _garbles(lambda header: _array(header, 2, -64))
missing_array = _garbles(lambda header: header["arrays"].pop("accepted_wh"))
missing_scalar = _garbles(lambda header: header["scalars"].pop("rung"))
unknown_rung = _garbles(lambda header: header["scalars"].update(rung="best"))
no_engines_rung = _garbles(lambda header: header["scalars"].update(rung="cancelled"))
text_for_money = _garbles(lambda header: header["scalars"].update(welfare_quanta="much"))
fraction_for_money = _garbles(lambda header: header["scalars"].update(welfare_quanta=0.5))
GARBAGE = [
    name
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__qualname__", "").startswith(("_says.", "_garbles."))
]
