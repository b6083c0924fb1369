"""One auction from arrays to an audited result: the table of contents of the engine.

check → curves → build → refine → search → ties → whole flows → prices → fills → audit.

The one idea to know: the continuous solution only says where to look. What is published is decided
in integers and supported by prices read from those integers, and nothing leaves that the auditor,
who shares no formula with the model, has not passed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Final

import numpy as np

from clearing.allocate.fills import fills, level_volumes
from clearing.allocate.flows import WholeFlows, whole_flows
from clearing.allocate.ties import settle_ties
from clearing.build import build
from clearing.check import audit
from clearing.curves import Curves, FloatArray, build_curves
from clearing.merit_order import cancelled, merit_order
from clearing.prices import Position, Prices, roundings, support, ticks, upper_bound
from clearing.problem import (
    NO_PRICE_TICKS,
    BoolArray,
    ClearingProblem,
    ClearingResult,
    IntArray,
    Rung,
    exact_dot,
    faults,
)
from clearing.refine import Flows, Relaxation
from clearing.search import Found, search

#: How far a continuous solution may be off a breakpoint of its book, tried in this order.
_CONTINUOUS_ROUNDINGS_WH: Final = [1e-4, 1e-2, 1.0]


class ProblemFaultyError(Exception):
    """The problem cannot be cleared; `faults` holds everything that is wrong with it."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("; ".join(found))
        self.faults = found


class AuditFailedError(Exception):
    """The auditor refused the result; `refusals` holds every reason."""

    def __init__(self, refusals: list[str]) -> None:
        super().__init__("; ".join(refusals))
        self.refusals = refusals


def clear(
    problem: ClearingProblem, stopwatch: Callable[[], float] = perf_counter
) -> ClearingResult:
    """Clear one auction, audited.

    Args:
        problem: the auction.
        stopwatch: seconds from anywhere, read between stages for `timings_ms` alone.

    Raises:
        ProblemFaultyError: the problem fails its self-check.
        SolverFailedError: the solver found no optimum.
        AuditFailedError: the auditor refused the result.
    """
    found = faults(problem)
    if found:
        raise ProblemFaultyError(found)
    stages = _Stages(stopwatch)
    curves = build_curves(problem)
    stages.end("curves")
    model = build(problem, curves)
    stages.end("build")
    relaxation = Relaxation(problem, curves, model)
    stages.end("refine")
    best = search(problem, relaxation)
    stages.end("search")
    settled = _settled(problem, curves, best)
    stages.end("ties")
    flows = whole_flows(
        problem,
        curves,
        settled.net_export_wh,
        settled.forward_wh,
        settled.backward_wh,
        _slack_wh(curves, settled.net_export_wh),
    )
    prices = _prices(problem, curves, flows)
    stages.end("prices")
    result = _result(problem, curves, best, flows, prices, stages)
    refusals = audit(problem, result)
    if refusals:
        raise AuditFailedError(refusals)
    stages.end("audit")
    return result


def fallback(
    problem: ClearingProblem, reason: str, audit_faults: tuple[str, ...] = ()
) -> ClearingResult:
    """The rungs below the solver: every area alone by merit order, or no trade at all.

    Args:
        problem: a problem without faults.
        reason: why the rungs above gave no result; it ends up in the message.
        audit_faults: what the auditor refused on the rungs above.
    """
    result = merit_order(problem, f"every area cleared alone, lines closed: {reason}")
    refusals = tuple(audit(problem, result))
    if refusals:
        result = cancelled(problem, f"no trade: {reason}; merit order refused")
    return replace(result, audit_faults=(*audit_faults, *refusals))


class _Stages:
    """Milliseconds of each stage."""

    def __init__(self, stopwatch: Callable[[], float]) -> None:
        self._stopwatch = stopwatch
        self._last = stopwatch()
        self.timings_ms: dict[str, float] = {}

    def end(self, stage: str) -> None:
        now = self._stopwatch()
        self.timings_ms[stage] = round(1e3 * (now - self._last), 3)
        self._last = now


def _settled(problem: ClearingProblem, curves: Curves, best: Found) -> Flows:
    """The flows found, moved where the tie rules ask for it."""
    position = Position(
        net_export_wh=best.flows.net_export_wh,
        forward_wh=best.flows.forward_wh,
        backward_wh=best.flows.backward_wh,
    )
    prices = support(problem, curves, position, _CONTINUOUS_ROUNDINGS_WH)
    return settle_ties(
        problem, curves, best, prices.area_ticks, prices.connection_ticks, prices.supported
    )


def _slack_wh(curves: Curves, net_export_wh: FloatArray) -> FloatArray:
    """Wh (n, t) by which an area can move either way on the level it stands on."""
    flat = net_export_wh.reshape(-1)
    above = np.minimum(curves.level_above(flat), np.maximum(curves.level_first[1:] - 1, 0))
    if not len(curves.level_price_ticks):
        return np.zeros_like(net_export_wh)
    position = curves.origin_wh + flat
    room = np.minimum(
        position - curves.level_cum_wh[above], curves.level_cum_wh[above + 1] - position
    )
    slack: FloatArray = np.maximum(room, 0.0).reshape(net_export_wh.shape)
    return slack


def _prices(problem: ClearingProblem, curves: Curves, flows: WholeFlows) -> Prices:
    position = Position(
        net_export_wh=flows.net_export_wh,
        forward_wh=flows.sent_forward_wh,
        backward_wh=flows.sent_backward_wh,
    )
    prices = support(problem, curves, position, roundings(problem))
    if not prices.supported.all():
        intervals = np.flatnonzero(~prices.supported).tolist()
        raise AuditFailedError([f"no prices support the result of intervals {intervals}"])
    return prices


def _result(
    problem: ClearingProblem,
    curves: Curves,
    best: Found,
    flows: WholeFlows,
    prices: Prices,
    stages: _Stages,
) -> ClearingResult:
    shape = (problem.n_areas, problem.n_intervals)
    area_ticks, connection_ticks = ticks(problem, prices)
    accepted = fills(problem, curves, flows.net_export_wh)
    bids, offers = best_prices(problem)
    alone = _welfare_alone(curves)
    bound = upper_bound(problem, curves, prices, alone)
    if best.closed_forward.any() or best.closed_backward.any():
        # Closed directions are no part of the price proof; the tree's own bound may be tighter.
        tolerance = 1.0 + 1e-9 * abs(best.cost_bound)
        bound = min(bound, alone + math.ceil(tolerance - best.cost_bound))
    welfare = welfare_quanta(problem, accepted, flows)
    stages.end("fills")
    return ClearingResult(
        rung=Rung.OPTIMAL if best.proven else Rung.FEASIBLE,
        reproducible=True,
        price_ticks=area_ticks,
        connection_price_ticks=connection_ticks,
        has_price=has_price(problem, accepted, flows),
        best_bid_ticks=bids,
        best_offer_ticks=offers,
        accepted_wh=accepted,
        sent_forward_wh=flows.sent_forward_wh,
        sent_backward_wh=flows.sent_backward_wh,
        received_forward_wh=flows.received_forward_wh,
        received_backward_wh=flows.received_backward_wh,
        net_export_wh=flows.net_export_wh,
        rounding_wh=np.broadcast_to(prices.rounding_wh.astype(np.int64), shape).copy(),
        welfare_quanta=welfare,
        # Branching compares costs in doubles; whole-Wh welfare found is itself a bound from below.
        upper_bound_quanta=max(bound, welfare),
        timings_ms=stages.timings_ms,
        message="" if best.proven else "directions of lines: search stopped at its node limit",
    )


def _welfare_alone(curves: Curves) -> int:
    """Welfare in quanta when every area trades within itself only."""
    if not len(curves.level_price_ticks):
        return 0
    sold, bought = level_volumes(curves, np.zeros(curves.n_nodes, dtype=np.int64))
    return exact_dot(curves.level_price_ticks, bought - sold)


def welfare_quanta(problem: ClearingProblem, accepted_wh: IntArray, flows: WholeFlows) -> int:
    """Buyers' value − sellers' cost − wheeling fees, in quanta."""
    orders, lines = problem.orders, problem.lines
    signed = np.where(orders.is_sell, -accepted_wh, accepted_wh)
    return (
        exact_dot(orders.price_ticks, signed)
        - exact_dot(lines.fee_forward_ticks, flows.sent_forward_wh.sum(axis=1))
        - exact_dot(lines.fee_backward_ticks, flows.sent_backward_wh.sum(axis=1))
    )


def has_price(problem: ClearingProblem, accepted_wh: IntArray, flows: WholeFlows) -> BoolArray:
    """(n, t) True where something was traded in the area or flowed through it."""
    orders, lines = problem.orders, problem.lines
    active = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.bool_)
    traded = accepted_wh > 0
    active[orders.area[traded], orders.interval[traded]] = True
    flowing = (flows.sent_forward_wh > 0) | (flows.sent_backward_wh > 0)
    for ends in (lines.from_area, lines.to_area):
        np.logical_or.at(active, ends, flowing)
    return active


def best_prices(problem: ClearingProblem) -> tuple[IntArray, IntArray]:
    """Highest bid and lowest offer (n, t) of the book, `NO_PRICE_TICKS` where there is none."""
    orders, shape = problem.orders, (problem.n_areas, problem.n_intervals)
    bids = np.full(shape, NO_PRICE_TICKS, dtype=np.int64)
    offers = np.full(shape, -NO_PRICE_TICKS - 1, dtype=np.int64)
    buys, sells = ~orders.is_sell, orders.is_sell
    np.maximum.at(bids, (orders.area[buys], orders.interval[buys]), orders.price_ticks[buys])
    np.minimum.at(offers, (orders.area[sells], orders.interval[sells]), orders.price_ticks[sells])
    offers[offers == -NO_PRICE_TICKS - 1] = NO_PRICE_TICKS
    return bids, offers
