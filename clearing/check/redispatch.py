"""The auditor of power flows and redispatch: balance, bounds, cost, and what the grid then does.

The one idea to know: it solves nothing and asks its own power flow. A result may be dearer than it
had to be, never other than it says: whole watts in pairs, inside what units may do, costed to the
quantum, moved for a stated reason only, and cured exactly where no limit is passed.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.check.flow import flow
from clearing.network import FlowProblem, NetworkArrays, PowerFlow
from clearing.redispatch_problem import (
    Limit,
    RedispatchProblem,
    RedispatchResult,
    RedispatchRung,
    Violations,
)

#: Two ways of calculating agree to this, per unit; so near a limit either may be right.
_AGREED_PU: Final = 1e-6
#: Losses agree to this part, and this many watts.
_AGREED_LOSS: Final = (1e-4, 1.0)

#: (kind, element) -> by how much the limit is passed, as the auditor's flow has it.
_Margins = dict[tuple[int, int], float]


def audit_flow(problem: FlowProblem, found: PowerFlow) -> list[str]:
    """Every reason to refuse a power flow, empty when it stands.

    Where the auditor's own way finds nothing it has no opinion: that is near a collapse, and there
    Newton's method reaches further.
    """
    own = flow(problem.network, problem.power_w, problem.reactive_var)
    refused = []
    for name in ("voltage_pu", "line_loading", "trafo_loading", "source_w", "loss_w", "converged"):
        array, expected = getattr(found, name), getattr(own, name)
        if array.shape != expected.shape or array.dtype != expected.dtype:
            refused.append(f"{name}: {array.dtype} {array.shape}, expected {expected.shape}")
    if refused:
        return refused
    if (own.converged & ~found.converged).any():
        refused.append("a step that has a solution is said to have none")
    both = own.converged & found.converged
    for name in ("voltage_pu", "line_loading", "trafo_loading"):
        off = np.abs(getattr(found, name)[both] - getattr(own, name)[both])
        if not (off <= _AGREED_PU).all():
            refused.append(f"{name} differs from the auditor's by {off.max():.1e}")
    refused += _loss_refusals(found.loss_w[both], own.loss_w[both])
    balance = found.source_w[both] + problem.power_w[both].sum(axis=1) - found.loss_w[both]
    if not (np.abs(balance) <= 1.0).all():
        refused.append("source, units and losses do not balance")
    if not np.isnan(found.voltage_pu[~found.converged]).all():
        refused.append("a step without a solution states a voltage")
    return refused


def audit_redispatch(problem: RedispatchProblem, result: RedispatchResult) -> list[str]:
    """Every reason to refuse a redispatch, empty when it stands."""
    refused = _shape_refusals(problem, result)
    if refused:
        return refused
    return [
        *_move_refusals(problem, result),
        *_money_refusals(problem, result),
        *_reason_refusals(problem, result),
        *_grid_refusals(problem, result),
    ]


def _shape_refusals(problem: RedispatchProblem, result: RedispatchResult) -> list[str]:
    units = (problem.network.n_units,)
    before, after = (len(result.before),), (len(result.after),)
    wanted: list[tuple[str, NDArray[Any], tuple[int, ...], type]] = [
        ("change_w", result.change_w, units, np.int64),
        ("offered_w", result.offered_w, units, np.int64),
        ("reason_kind", result.reason_kind, units, np.int32),
        ("reason_element", result.reason_element, units, np.int32),
    ]
    for name, rows, shape in (("before", result.before, before), ("after", result.after, after)):
        wanted += [
            (f"{name}.kind", rows.kind, shape, np.int32),
            (f"{name}.element", rows.element, shape, np.int32),
            (f"{name}.value", rows.value, shape, np.float64),
            (f"{name}.limit", rows.limit, shape, np.float64),
        ]
    return [
        f"{name}: {array.dtype} {array.shape}, expected {shape}"
        for name, array, shape, dtype in wanted
        if array.shape != shape or array.dtype != dtype
    ]


def _move_refusals(problem: RedispatchProblem, result: RedispatchResult) -> list[str]:
    refused = []
    moved_w = sum(result.change_w.tolist())
    if moved_w + result.replacement_w != 0:
        refused.append(f"changes of {moved_w} W are replaced by {result.replacement_w} W")
    then_w = problem.scheduled_w + result.change_w
    lowest_w = problem.floor_w if result.by_rule else problem.lowest_w
    outside = (then_w < lowest_w) | (then_w > problem.highest_w)
    if outside.any():
        refused.append(f"units outside what they may do: {np.flatnonzero(outside)[:10].tolist()}")
    asked = result.offered_w
    if (asked < 0).any() or (result.by_rule and (asked < np.abs(result.change_w)).any()):
        refused.append("units give up more than they were asked for")
    if not result.by_rule and asked.any():
        refused.append("units are asked by rule where none was followed")
    still = result.rung in (RedispatchRung.NOT_NEEDED, RedispatchRung.NOTHING)
    if still and result.change_w.any():
        refused.append(f"units move on the rung {result.rung}")
    if result.by_rule != (result.rung in (RedispatchRung.RULE, RedispatchRung.FALLBACK)):
        refused.append(f"by_rule is {result.by_rule} on the rung {result.rung}")
    return refused


def _money_refusals(problem: RedispatchProblem, result: RedispatchResult) -> list[str]:
    """Unit by unit, in decimals."""
    ticks = Decimal(0)
    columns = (result.change_w, problem.cost_up_ticks, problem.cost_down_ticks)
    for change, up, down in zip(*(column.tolist() for column in columns), strict=True):
        ticks += Decimal(change * up if change > 0 else -change * down)
    bought = result.replacement_w > 0
    price = problem.replacement_ask_ticks if bought else problem.replacement_bid_ticks
    ticks += Decimal(result.replacement_w * price)
    quanta = (ticks * problem.minutes / 60).quantize(Decimal(1), ROUND_HALF_EVEN)
    return [] if quanta == result.cost_quanta else [f"costs {quanta}, not {result.cost_quanta}"]


def _reason_refusals(problem: RedispatchProblem, result: RedispatchResult) -> list[str]:
    """Whoever moves is told why, by a limit that exists."""
    network = problem.network
    counts = {
        Limit.VOLTAGE_HIGH: network.n_nodes,
        Limit.VOLTAGE_LOW: network.n_nodes,
        Limit.LINE: network.n_lines,
        Limit.TRAFO: network.n_trafos,
    }
    kind, element = result.reason_kind, result.reason_element
    known = np.isin(kind, [Limit.NONE, Limit.BALANCE, Limit.NO_SOLUTION]) & (element == -1)
    for limit, count in counts.items():
        known |= (kind == limit) & (element >= 0) & (element < count)
    refused = [] if known.all() else ["a reason that names no limit of this grid"]
    if ((kind == Limit.NONE) != (result.change_w == 0)).any():
        refused.append("units move without a reason, or have one and do not move")
    return refused


def _grid_refusals(problem: RedispatchProblem, result: RedispatchResult) -> list[str]:
    if result.rung is RedispatchRung.NOTHING:
        return ["nothing was worked out, and it is called a cure"] if result.cured else []
    network, q = problem.network, problem.reactive_var
    steps = np.stack([problem.scheduled_w, problem.scheduled_w + result.change_w])
    own = flow(network, steps, q)
    refused = []
    for step, (name, told) in enumerate((("before", result.before), ("after", result.after))):
        refused += [
            f"{name}: {text}"
            for text in _told_refusals(_passed(network, own, step), told, own.converged[step])
        ]
    if result.cured != (len(result.after) == 0):
        refused.append("cured, with limits broken" if result.cured else "all kept and not cured")
    if result.rung is RedispatchRung.NOT_NEEDED and len(result.before):
        refused.append("not needed, with limits broken")
    if result.rung is RedispatchRung.CHEAPEST and not result.cured:
        refused.append("the cheapest cure cures nothing")
    if float(result.after.excess.sum()) > float(result.before.excess.sum()) + _AGREED_PU:
        refused.append("the grid is worse off than before")
    losses = ((result.loss_before_w, own.loss_w[0]), (result.loss_after_w, own.loss_w[1]))
    for said, loss_w in losses:
        if said is not None and not np.isnan(loss_w):
            refused += _loss_refusals(np.array([said]), np.array([loss_w]))
    return refused


def _loss_refusals(said_w: NDArray[np.float64], own_w: NDArray[np.float64]) -> list[str]:
    part, watts = _AGREED_LOSS
    agreed = np.abs(said_w - own_w) <= part * own_w + watts
    return [] if agreed.all() else ["losses differ from the auditor's"]


def _passed(network: NetworkArrays, own: PowerFlow, step: int) -> _Margins:
    """By how much every limit is passed; below zero: kept."""
    found: _Margins = {}
    voltage = own.voltage_pu[step]
    for node in range(network.n_nodes):
        found[Limit.VOLTAGE_HIGH, node] = float(voltage[node] - network.node_v_max_pu[node])
        found[Limit.VOLTAGE_LOW, node] = float(network.node_v_min_pu[node] - voltage[node])
    for line, loading in enumerate(own.line_loading[step].tolist()):
        found[Limit.LINE, line] = loading - 1
    for trafo, loading in enumerate(own.trafo_loading[step].tolist()):
        found[Limit.TRAFO, trafo] = loading - 1
    return found


def _told_refusals(passed: _Margins, told: Violations, converged: np.bool_) -> list[str]:
    """What is told to be broken is broken, by what is told; what is not told is not."""
    rows = list(zip(told.kind.tolist(), told.element.tolist(), strict=True))
    if not converged:
        # No opinion where the other way reaches further, but a cure has to be seen by both.
        return ["the auditor's power flow finds no solution"] if not rows else []
    refused = []
    excess = dict(zip(rows, told.excess.tolist(), strict=True))
    if len(excess) != len(rows):
        refused.append("a limit is told twice")
    for row, by in excess.items():
        if row not in passed:
            refused.append(f"{row} is no limit of this grid that is broken")
        elif abs(passed[row] - by) > _AGREED_PU:
            refused.append(f"{row} is passed by {passed[row]:.2e}, not {by:.2e}")
    silent = [row for row, by in passed.items() if by > _AGREED_PU and row not in excess]
    if silent:
        refused.append(f"limits are broken and not told: {silent[:5]}")
    return refused
