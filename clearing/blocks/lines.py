"""Lines: what is sent from one area to another, what of it arrives, what it costs.

Sets: free lines l from area i(l) to area j(l), intervals t; lines of a mesh stand in `mesh`.

    0 ≤ sent_forward[l,t]  ≤ capacity_forward[l,t]                    Wh, sent at the from end
    0 ≤ sent_backward[l,t] ≤ capacity_backward[l,t]                   Wh, sent at the to end
    received = (1 − loss[l]) · sent                                   Wh
    fee = fee_forward[l] · sent_forward + fee_backward[l] · sent_backward    quanta

Adds what is sent to the outflow of the sending connection, takes what is received from the outflow
of the receiving one, and adds `−fee` to the welfare. The whole-Wh loss is rounded up afterwards,
and a line never carries both directions: at positive prices that cannot pay, at negative ones
`clearing.search` branches on the direction.

Source: transport model with losses, as in the public description of the European day-ahead
coupling (EUPHEMIA, section on the network models, lines with losses and tariffs).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from clearing.curves import Bounds, Curves, FloatArray
from clearing.problem import NO_LIMIT_WH, PPM, ClearingProblem, IntArray, free_lines


def add(model: Any, problem: ClearingProblem) -> None:
    """State the flows of all lines."""
    lines = problem.lines
    model.lines = pyo.Set(initialize=free_lines(problem).tolist())
    model.sent_forward = pyo.Var(model.lines, model.intervals)
    model.sent_backward = pyo.Var(model.lines, model.intervals)
    kept = (1.0 - lines.loss_ppm / PPM).tolist()
    ends = list(zip(lines.from_area.tolist(), lines.to_area.tolist(), strict=True))
    fees: list[Any] = []
    directions = [
        (model.sent_forward, lines.fee_forward_ticks.tolist(), False),
        (model.sent_backward, lines.fee_backward_ticks.tolist(), True),
    ]
    for sent, fee, turned in directions:
        for (line, t), variable in sent.items():
            start, end = reversed(ends[line]) if turned else ends[line]
            model.outflow[start, t].append(variable)
            model.outflow[end, t].append(-kept[line] * variable)
            if fee[line]:
                fees.append(-fee[line] * variable)
    model.welfare_terms["wheeling fees"] = fees


def bounds(problem: ClearingProblem, curves: Curves) -> Bounds:  # noqa: ARG001 - one signature
    """A line sends at most its capacity in either direction."""
    lines, free = problem.lines, free_lines(problem)
    forward = limits(lines.capacity_forward_wh[free])
    backward = limits(lines.capacity_backward_wh[free])
    return {
        "sent_forward": (np.zeros(len(forward)), forward),
        "sent_backward": (np.zeros(len(backward)), backward),
    }


def limits(limit_wh: IntArray) -> FloatArray:
    """Limits in Wh as bounds of variables, flat; infinite where there is no limit."""
    flat: FloatArray = limit_wh.reshape(-1).astype(np.float64)
    return np.where(flat >= NO_LIMIT_WH, np.inf, flat)
