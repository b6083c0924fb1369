"""Ties over coupled areas: which of all equally good states is the one taken.

The one idea to know: at given prices everything that is best is known line by line: lines whose
rent is positive are full, lines whose rent is negative idle, offers below the price sold, bids
above it served. What is left open are orders exactly at their area's price and lines whose rent is
exactly zero. Over those: the largest volume first; then the common share of all
tied orders is raised until a limit stops some, those are frozen, and so on (pro rata), or they are
served strictly by acceptance (time); then the smallest flows.

Nothing is open in most auctions, and nothing is solved then. An area alone needs no program
either: its net export is settled and `clearing.allocate.fills` shares what is tied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from clearing.build import build
from clearing.curves import Curves, FloatArray, build_curves
from clearing.problem import NO_LIMIT_WH, PPM, BoolArray, ClearingProblem, IntArray, Tie
from clearing.refine import Flows
from clearing.search import Found, circle
from clearing.solver import Program, SolverFailedError

#: Prices and rents closer than this, in ticks, are equal.
_EQUAL_TICKS: Final = 1e-6
#: Energies closer than this are equal.
_EQUAL_WH: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Face:
    """All best states of one interval."""

    lowest_wh: FloatArray  # (n,) net export with nothing taken of the tied level
    price_ticks: IntArray  # (n,) of the tied level, where there is one
    sell_wh: IntArray  # (n,) offered at exactly the area's price
    buy_wh: IntArray  # (n,) asked at exactly the area's price
    exchange_low: FloatArray  # (n,)
    exchange_high: FloatArray  # (n,)
    sent_low: FloatArray  # (2, l) forward, backward
    sent_high: FloatArray  # (2, l)


def settle_ties(
    problem: ClearingProblem,
    curves: Curves,
    found: Found,
    area_ticks: FloatArray,
    connection_ticks: FloatArray,
    supported: BoolArray,
) -> Flows:
    """The flows found, moved to the state the tie rules ask for where several are as good.

    The prices (n, t) are supporting prices of the flows found, not rounded to ticks; intervals (t,)
    that are not `supported` by them stay as they are.
    """
    flows = found.flows
    net, forward, backward = (
        flows.net_export_wh.copy(),
        flows.forward_wh.copy(),
        flows.backward_wh.copy(),
    )
    for t in np.flatnonzero(supported).tolist() if len(problem.lines) else []:
        face = _face(problem, curves, found, area_ticks[:, t], connection_ticks[:, t], t)
        if not _is_open(problem, face):
            continue
        try:
            settled = _settle(problem, face, t)
        except SolverFailedError:
            # Prices a hair off an order's leave no state that fits; the one found is as good.
            continue
        x, sent = settled
        if circle(problem, sent[0], sent[1]) is None:
            net[:, t], forward[:, t], backward[:, t] = x, sent[0], sent[1]
    return replace(flows, net_export_wh=net, forward_wh=forward, backward_wh=backward)


def _face(
    problem: ClearingProblem,
    curves: Curves,
    found: Found,
    pi: FloatArray,
    rho: FloatArray,
    t: int,
) -> _Face:
    nodes = np.arange(problem.n_areas) * problem.n_intervals + t
    lowest = np.zeros(len(nodes))
    price, sell, buy = (np.zeros(len(nodes), dtype=np.int64) for _ in range(3))
    for a, k in enumerate(nodes):
        first, end = int(curves.level_first[k]), int(curves.level_first[k + 1])
        prices = curves.level_price_ticks[first:end]
        level = first + int(np.searchsorted(prices, pi[a] - _EQUAL_TICKS))
        lowest[a] = float(curves.level_cum_wh[level] - curves.origin_wh[k])
        if level < end and abs(float(curves.level_price_ticks[level]) - pi[a]) <= _EQUAL_TICKS:
            price[a] = curves.level_price_ticks[level]
            sell[a], buy[a] = curves.level_sell_wh[level], curves.level_buy_wh[level]
    limits, lines = problem.areas, problem.lines
    most_out = _open_ended(limits.export_limit_wh[:, t])
    most_in = _open_ended(limits.import_limit_wh[:, t])
    i, j, kept = lines.from_area, lines.to_area, 1.0 - lines.loss_ppm / PPM
    rent = np.stack(
        [
            kept * rho[j] - rho[i] - lines.fee_forward_ticks,
            kept * rho[i] - rho[j] - lines.fee_backward_ticks,
        ]
    )
    capacity = np.stack(
        [
            _open_ended(lines.capacity_forward_wh[:, t]),
            _open_ended(lines.capacity_backward_wh[:, t]),
        ]
    )
    closed = np.stack([found.closed_forward[:, t], found.closed_backward[:, t]])
    full = (rent > _EQUAL_TICKS) & ~closed
    idle = (rent < -_EQUAL_TICKS) | closed
    return _Face(
        lowest_wh=lowest,
        price_ticks=price,
        sell_wh=sell,
        buy_wh=buy,
        exchange_low=np.where(rho - pi > _EQUAL_TICKS, most_out, -most_in),
        exchange_high=np.where(pi - rho > _EQUAL_TICKS, -most_in, most_out),
        sent_low=np.where(full, capacity, 0.0),
        sent_high=np.where(idle, 0.0, capacity),
    )


def _open_ended(limit_wh: IntArray) -> FloatArray:
    return np.where(limit_wh >= NO_LIMIT_WH, np.inf, limit_wh.astype(np.float64))


def _is_open(problem: ClearingProblem, face: _Face) -> bool:
    """Whether energy can be moved at no cost: two tied areas, or a circle, of lines at rent 0."""
    lines = problem.lines
    tied = (face.sell_wh > 0) | (face.buy_wh > 0)
    group = list(range(problem.n_areas))

    def head(area: int) -> int:
        while group[area] != area:
            area = group[area]
        return area

    movable = (face.sent_high > face.sent_low).any(axis=0)
    for line in np.flatnonzero(movable):
        one, other = head(int(lines.from_area[line])), head(int(lines.to_area[line]))
        if one == other:
            return True
        group[max(one, other)] = min(one, other)
    heads = [head(int(area)) for area in np.flatnonzero(tied)]
    return len(heads) > len(set(heads))


class _FaceProgram:
    """The program of one interval's best states: the model's own rows, bounds of the face."""

    def __init__(self, problem: ClearingProblem, face: _Face, t: int) -> None:
        one = problem.slice(t)
        model = build(one, build_curves(one))
        compiled, column = model.compiled, model.compiled.column
        self.program = program = Program(
            cost=np.zeros(len(compiled.cost)),
            lower=model.lower,
            upper=model.upper,
            row_lower=compiled.row_lower,
            row_upper=compiled.row_upper,
            start=compiled.start,
            index=compiled.index,
            value=compiled.value,
        )
        n = problem.n_areas
        tied = (face.sell_wh + face.buy_wh).astype(np.float64)
        self.net = column["net_position"]
        self.sent = np.stack([column["sent_forward"], column["sent_backward"]])
        program.set_bounds(column["cost"], np.zeros(n), np.zeros(n))
        program.set_bounds(self.net, face.lowest_wh, face.lowest_wh + tied)
        program.set_bounds(column["exchange"], face.exchange_low, face.exchange_high)
        program.set_bounds(
            self.sent.reshape(-1), face.sent_low.reshape(-1), face.sent_high.reshape(-1)
        )
        # net export = lowest + sold + (asked − bought), of what is tied
        rows = program.n_rows + np.arange(n)
        base = face.lowest_wh + face.buy_wh
        program.add_rows(base, base, self.net.reshape(-1, 1), np.ones((n, 1)))
        sells, buys = np.flatnonzero(face.sell_wh), np.flatnonzero(face.buy_wh)
        self.price = face.price_ticks
        self.area = np.concatenate([sells, buys])
        self.is_sell = np.arange(len(self.area)) < len(sells)
        self.total = np.concatenate([face.sell_wh[sells], face.buy_wh[buys]]).astype(np.float64)
        self.taken = program.n_columns + np.arange(len(self.area))
        program.add_columns(
            np.zeros(len(self.area)),
            self.total,
            rows[self.area],
            np.where(self.is_sell, -1.0, 1.0),
        )

    def hold(self, lower: FloatArray, upper: FloatArray) -> None:
        """Bound what is taken of every group."""
        self.program.set_bounds(self.taken, np.maximum(lower, 0.0), np.minimum(upper, self.total))

    def most(self, weight: FloatArray) -> FloatArray:
        """What is taken of every group where Σ weight · taken is largest."""
        self.program.set_costs(self.taken, -weight)
        self.program.solve()
        return self.program.columns[self.taken]

    def require_volume(self) -> None:
        """The largest volume, from now on."""
        volume = float(self.most(np.ones(len(self.taken))).sum())
        self.program.add_rows(
            np.array([volume - _EQUAL_WH]),
            np.array([np.inf]),
            self.taken.reshape(1, -1),
            np.ones((1, len(self.taken))),
        )
        self.program.set_costs(self.taken, np.zeros(len(self.taken)))


def _settle(problem: ClearingProblem, face: _Face, t: int) -> tuple[FloatArray, FloatArray]:
    """Net exports (n,) and flows (2, l) by the tie rules."""
    faces = _FaceProgram(problem, face, t)
    if len(faces.taken):
        faces.require_volume()
        by_rule = _by_time(problem, faces, t) if problem.tie is Tie.TIME else _by_share(faces)
        faces.hold(by_rule - _EQUAL_WH, by_rule + _EQUAL_WH)
        faces.program.set_costs(faces.taken, np.zeros(len(faces.taken)))
    sent = faces.sent.reshape(-1)
    faces.program.set_costs(sent, np.ones(len(sent)))
    faces.program.solve()
    return faces.program.columns[faces.net], np.maximum(faces.program.columns[faces.sent], 0.0)


def _by_share(faces: _FaceProgram) -> FloatArray:
    """Max-min: the common share of all groups as high as it goes, then of those not yet stopped.

    A group whose row holds the share back (a dual that is not zero) is held back in every optimum,
    so it is frozen at that share; each round freezes at least one.
    """
    program, groups = faces.program, len(faces.taken)
    share = program.n_columns
    program.add_columns(np.zeros(1), np.ones(1), np.zeros(1), np.zeros(1))
    rows = program.n_rows + np.arange(groups)
    program.add_rows(
        np.zeros(groups),
        np.full(groups, np.inf),
        np.column_stack([faces.taken, np.full(groups, share)]),
        np.column_stack([np.ones(groups), -faces.total]),
    )
    lower, upper = np.zeros(groups), faces.total.copy()
    open_groups = np.ones(groups, dtype=np.bool_)
    program.set_costs(np.array([share]), -np.ones(1))
    while open_groups.any():
        faces.hold(lower, upper)
        program.solve()
        ratio = float(program.columns[share])
        stopped = open_groups & (np.abs(program.row_duals[rows]) * faces.total > 1e-9)
        if ratio >= 1.0 - 1e-12 or not stopped.any():
            stopped = open_groups.copy()
        value = ratio * faces.total
        lower = np.where(stopped, value - _EQUAL_WH, lower)
        upper = np.where(stopped, value + _EQUAL_WH, upper)
        freed = rows[stopped]
        program.set_row_bounds(freed, np.full(len(freed), -np.inf), np.full(len(freed), np.inf))
        open_groups &= ~stopped
    program.set_costs(np.array([share]), np.zeros(1))
    return (lower + upper) / 2


def _by_time(problem: ClearingProblem, faces: _FaceProgram, t: int) -> FloatArray:
    """Strictly by acceptance over all groups: as many of the earliest orders in full as can be.

    Then the first that cannot be takes what it can, which settles its group, and on.
    """
    queue = _queue(problem, faces, t)
    groups = len(faces.taken)
    lower, upper = np.zeros(groups), faces.total.copy()
    settled: set[int] = set()
    while queue:
        served = _longest_served(faces, queue, lower, upper)
        for group, energy in queue[:served]:
            lower[group] += energy
        if served == len(queue):
            break
        group, energy = queue[served]
        faces.hold(lower - _EQUAL_WH, np.minimum(upper, _raised(lower, group, energy, upper)))
        most = faces.most((np.arange(groups) == group).astype(np.float64))
        lower[group] = upper[group] = max(lower[group], float(most[group]))
        settled.add(group)
        queue = [entry for entry in queue[served + 1 :] if entry[0] not in settled]
    faces.hold(lower - _EQUAL_WH, upper + _EQUAL_WH)
    return np.array(faces.most(np.zeros(groups)))


def _raised(lower: FloatArray, group: int, energy: int, upper: FloatArray) -> FloatArray:
    """Upper bounds that let one group take one order more."""
    most = upper.copy()
    most[group] = lower[group] + energy
    return most


def _longest_served(
    faces: _FaceProgram, queue: list[tuple[int, int]], lower: FloatArray, upper: FloatArray
) -> int:
    """How many orders at the head of the queue can all be served in full, by bisection."""

    def fits(count: int) -> bool:
        floor = lower.copy()
        for group, energy in queue[:count]:
            floor[group] += energy
        faces.hold(floor - _EQUAL_WH, upper)
        try:
            faces.most(np.zeros(len(floor)))
        except SolverFailedError:
            return False
        return True

    if fits(len(queue)):
        return len(queue)
    served, beyond = 0, len(queue)
    while beyond - served > 1:
        middle = (served + beyond) // 2
        if fits(middle):
            served = middle
        else:
            beyond = middle
    return served


def _queue(problem: ClearingProblem, faces: _FaceProgram, t: int) -> list[tuple[int, int]]:
    """(group, energy) of all tied orders, earliest first."""
    orders, queue = problem.orders, []
    for group, (area, is_sell) in enumerate(zip(faces.area, faces.is_sell, strict=True)):
        here = (orders.interval == t) & (orders.area == area) & (orders.is_sell == is_sell)
        price = faces.price[area]
        queue += [
            (int(orders.sequence[row]), int(orders.energy_wh[row]), group)
            for row in np.flatnonzero(here & (orders.price_ticks == price))
        ]
    return [(group, energy) for _, energy, group in sorted(queue)]
