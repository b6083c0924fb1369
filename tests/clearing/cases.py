"""Results as the auditor follows their prices: flows, moves and net exports, whoever made them."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from clearing.check.facts import Case
from clearing.check.grid import read_grid
from clearing.problem import PPB, ClearingProblem, Ptdf
from tests.clearing.books import lines_of, market, orders_of
from tests.clearing.by_hand import by_hand


def case_of(
    problem: ClearingProblem,
    *,
    net: ArrayLike = 0,
    slack: ArrayLike = 0,
    asked: ArrayLike = True,
    exempt: bool = False,
    **decided: ArrayLike,
) -> Case:
    """A result of these flows and moves; `net` is what the areas export, whoever does."""
    shape = (problem.n_areas, problem.n_intervals)
    result = by_hand(problem, accepted=[], exact=0, **decided)
    result = replace(result, net_export_wh=np.broadcast_to(np.asarray(net), shape).copy())
    return Case(
        problem=problem,
        result=result,
        grid=read_grid(problem, result),
        intervals=np.broadcast_to(np.asarray(asked), problem.n_intervals),
        slack_wh=np.broadcast_to(np.asarray(slack), shape),
        idle_exempt=exempt,
    )


def mesh() -> ClearingProblem:
    """One line of a mesh between the areas 0 and 1, one free line to area 2; two intervals."""
    problem = market(
        orders_of([]),
        n_areas=3,
        n_intervals=2,
        lines=lines_of([(0, 1, 9, 7, 0, 0, 0), (1, 2, 0, 0, 0, 0, 0)], 2),
    )
    factor = np.array([[PPB, 0, 0]], dtype=np.int64)
    return replace(problem, ptdf=Ptdf(line=np.array([0], dtype=np.int32), factor_ppb=factor))
