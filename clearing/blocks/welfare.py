"""Welfare: what all blocks added, in quanta, as large as possible.

    maximise  Σ welfare_terms   =   buyers' value − sellers' cost − wheeling fees
                                    + value of what storages keep − their spreads

up to the constant of every area trading only within itself. Stated as the least negative welfare,
so that the duals of the balances are prices with their usual sign. Closes the accumulator
`welfare_terms`; it stands last.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from clearing.curves import Bounds, Curves
from clearing.problem import ClearingProblem


def add(model: Any, problem: ClearingProblem) -> None:  # noqa: ARG001 - one signature for all blocks
    """State the objective."""
    terms = [term for block in model.welfare_terms.values() for term in block]
    model.objective = pyo.Objective(expr=-pyo.quicksum(terms), sense=pyo.minimize)


def bounds(problem: ClearingProblem, curves: Curves) -> Bounds:  # noqa: ARG001 - one signature
    """Welfare has no variables of its own."""
    return {}
