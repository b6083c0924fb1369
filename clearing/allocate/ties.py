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
from clearing.problem import (
    NO_LIMIT_WH,
    PPM,
    BoolArray,
    ClearingProblem,
    IntArray,
    Tie,
    areas_below,
    free_lines,
    mesh_areas,
)
from clearing.refine import Fixing, State
from clearing.search.circles import circle
from clearing.solver import Program, SolverFailedError

#: Prices and rents closer than this, in ticks, are equal.
_EQUAL_TICKS: Final = 1e-6
#: Energies closer than this are equal.
_EQUAL_WH: Final = 1e-6

#: Least and most of something, in Wh.
_Range = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedPrices:
    """Supporting prices of a state, not rounded to ticks."""

    area_ticks: FloatArray  # (n, t)
    connection_ticks: FloatArray  # (n, t)
    shadow_ticks: FloatArray  # (l, t)
    supported: BoolArray  # (t,) intervals without prices stay as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class _Face:
    """All best states of one interval."""

    lowest_wh: FloatArray  # (n,) net export of simple orders with nothing taken of the tied level
    given_wh: FloatArray  # (n,) what blocks and storages inject
    price_ticks: IntArray  # (n,) of the tied level, where there is one
    sell_wh: IntArray  # (n,) offered at exactly the area's price
    buy_wh: IntArray  # (n,) asked at exactly the area's price
    exchange: _Range  # (n,)
    tree: _Range  # (trees,)
    mesh: _Range  # (r,)
    sent: _Range  # (2, free lines) forward, backward


def settle_ties(
    problem: ClearingProblem,
    curves: Curves,
    state: State,
    fixing: Fixing,
    given_wh: IntArray,
    prices: TiedPrices,
) -> State:
    """The state, moved to the one the tie rules ask for where several are as good.

    `given_wh` (n, t) is what blocks and storages inject; they are not moved.
    """
    if not len(problem.lines):
        return state
    simple, net = state.simple_wh.copy(), state.net_export_wh.copy()
    forward, backward = state.forward_wh.copy(), state.backward_wh.copy()
    free = free_lines(problem)
    for t in np.flatnonzero(prices.supported).tolist():
        face = _face(problem, curves, fixing, given_wh, prices, t)
        if not _is_open(problem, face):
            continue
        try:
            x, sent, mesh = _settle(problem, face, t)
        except SolverFailedError:
            # Prices a hair off an order's leave no state that fits; the one found is as good.
            continue
        after = np.zeros((2, len(problem.lines)))
        after[:, free] = sent
        if circle(problem, after[0], after[1]) is not None:
            continue
        if problem.ptdf is not None:
            after[0, problem.ptdf.line] = np.maximum(mesh, 0.0)
            after[1, problem.ptdf.line] = np.maximum(-mesh, 0.0)
        simple[:, t], net[:, t] = x, x + given_wh[:, t]
        forward[:, t], backward[:, t] = after
    return replace(
        state, simple_wh=simple, net_export_wh=net, forward_wh=forward, backward_wh=backward
    )


def _face(
    problem: ClearingProblem,
    curves: Curves,
    fixing: Fixing,
    given_wh: IntArray,
    prices: TiedPrices,
    t: int,
) -> _Face:
    pi, rho = prices.area_ticks[:, t], prices.connection_ticks[:, t]
    nodes = np.arange(problem.n_areas) * problem.n_intervals + t
    lowest = np.zeros(len(nodes))
    price, sell, buy = (np.zeros(len(nodes), dtype=np.int64) for _ in range(3))
    for a, k in enumerate(nodes):
        first, end = int(curves.level_first[k]), int(curves.level_first[k + 1])
        level = first + int(
            np.searchsorted(curves.level_price_ticks[first:end], pi[a] - _EQUAL_TICKS)
        )
        lowest[a] = float(curves.level_cum_wh[level] - curves.origin_wh[k])
        if level < end and abs(float(curves.level_price_ticks[level]) - pi[a]) <= _EQUAL_TICKS:
            price[a] = curves.level_price_ticks[level]
            sell[a], buy[a] = curves.level_sell_wh[level], curves.level_buy_wh[level]
    exchange, tree = _limit_ranges(problem, pi, rho, t)
    return _Face(
        lowest_wh=lowest,
        given_wh=given_wh[:, t].astype(np.float64),
        price_ticks=price,
        sell_wh=sell,
        buy_wh=buy,
        exchange=exchange,
        tree=tree,
        mesh=_mesh_ranges(problem, prices, t),
        sent=_line_ranges(problem, fixing, rho, t),
    )


def _limit_ranges(
    problem: ClearingProblem, pi: FloatArray, rho: FloatArray, t: int
) -> tuple[_Range, _Range]:
    """Exchange under every limit: at the limit where it earns a rent."""
    parent, trees = problem.parent, list(areas_below(problem))
    rent = rho - pi
    rent = rent - np.where(parent >= 0, rent[np.maximum(parent, 0)], 0.0)
    most_out = _open_ended(problem.areas.export_limit_wh[:, t])
    most_in = _open_ended(problem.areas.import_limit_wh[:, t])
    low = np.where(rent > _EQUAL_TICKS, most_out, -most_in)
    high = np.where(rent < -_EQUAL_TICKS, -most_in, most_out)
    tree = low[trees], high[trees]
    low[trees], high[trees] = -np.inf, np.inf
    return (low, high), tree


def _mesh_ranges(problem: ClearingProblem, prices: TiedPrices, t: int) -> _Range:
    """Flow of every line of the mesh: at its capacity where that has a price."""
    if problem.ptdf is None:
        return np.zeros(0), np.zeros(0)
    line, lines = problem.ptdf.line, problem.lines
    shadow = prices.shadow_ticks[line, t]
    forward = _open_ended(lines.capacity_forward_wh[line, t])
    backward = _open_ended(lines.capacity_backward_wh[line, t])
    return (
        np.where(shadow > _EQUAL_TICKS, forward, -backward),
        np.where(shadow < -_EQUAL_TICKS, -backward, forward),
    )


def _line_ranges(problem: ClearingProblem, fixing: Fixing, rho: FloatArray, t: int) -> _Range:
    """Flow of every free line: full where it earns a rent, idle where it would cost one."""
    free, lines = free_lines(problem), problem.lines
    i, j, kept = lines.from_area[free], lines.to_area[free], 1.0 - lines.loss_ppm[free] / PPM
    rent = np.stack(
        [
            kept * rho[j] - rho[i] - lines.fee_forward_ticks[free],
            kept * rho[i] - rho[j] - lines.fee_backward_ticks[free],
        ]
    )
    capacity = np.stack(
        [
            _open_ended(lines.capacity_forward_wh[free, t]),
            _open_ended(lines.capacity_backward_wh[free, t]),
        ]
    )
    closed = np.stack([fixing.closed_forward[free, t], fixing.closed_backward[free, t]])
    full = (rent > _EQUAL_TICKS) & ~closed
    idle = (rent < -_EQUAL_TICKS) | closed
    return np.where(full, capacity, 0.0), np.where(idle, 0.0, capacity)


def _open_ended(limit_wh: IntArray) -> FloatArray:
    return np.where(limit_wh >= NO_LIMIT_WH, np.inf, limit_wh.astype(np.float64))


def _is_open(problem: ClearingProblem, face: _Face) -> bool:
    """Whether energy can be moved at no cost: two tied areas, or a circle, of lines at rent 0."""
    lines = problem.lines
    tied = (face.sell_wh > 0) | (face.buy_wh > 0)
    if not tied.any():
        return False
    group = list(range(problem.n_areas))

    def head(area: int) -> int:
        while group[area] != area:
            area = group[area]
        return area

    def join(one: int, other: int) -> None:
        group[max(one, other)] = min(one, other)

    hub = mesh_areas(problem).tolist()
    for area in hub[1:]:
        join(head(hub[0]), head(area))
    movable = (face.sent[1] > face.sent[0]).any(axis=0)
    for line in free_lines(problem)[movable].tolist():
        one, other = head(int(lines.from_area[line])), head(int(lines.to_area[line]))
        if one == other:
            return True
        join(one, other)
    heads = [head(int(area)) for area in np.flatnonzero(tied)]
    return len(heads) > len(set(heads))


class _FaceProgram:
    """The program of one interval's best states: the model's own rows, bounds of the face."""

    def __init__(self, problem: ClearingProblem, face: _Face, t: int) -> None:
        one = _grid_alone(problem, t)
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
        self.net, self.mesh = column["net_position"], column["mesh_flow"]
        self.sent = np.stack([column["sent_forward"], column["sent_backward"]])
        program.set_bounds(column["cost"], np.zeros(n), np.zeros(n))
        program.set_bounds(self.net, face.lowest_wh, face.lowest_wh + tied)
        program.set_row_bounds(compiled.row["inner_balance"], -face.given_wh, -face.given_wh)
        for name, (low, high) in (
            ("exchange", face.exchange),
            ("tree_exchange", face.tree),
            ("mesh_flow", face.mesh),
        ):
            program.set_bounds(column[name], low, high)
        low, high = face.sent
        program.set_bounds(self.sent.reshape(-1), low.reshape(-1), high.reshape(-1))
        # net export = lowest + sold + (asked − bought), of what is tied
        rows = program.n_rows + np.arange(n)
        base = face.lowest_wh + face.buy_wh
        program.add_rows(base, base, self.net.reshape(-1, 1), np.ones((n, 1)))
        self.price = face.price_ticks
        self.area, self.is_sell, self.is_late, self.total = _groups(problem, face, t)
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


def _grid_alone(problem: ClearingProblem, t: int) -> ClearingProblem:
    """The grid in one interval, without any order."""
    nothing = np.zeros(0, dtype=np.int64)
    return replace(problem, orders=problem.orders.rows(nothing)).slice(t)


def _groups(
    problem: ClearingProblem, face: _Face, t: int
) -> tuple[IntArray, BoolArray, BoolArray, FloatArray]:
    """Area, side, last resort or not, and energy of every group of tied orders."""
    n = problem.n_areas
    # (side, last resort, area): what the last resort has is taken out of its level.
    energy = np.zeros((2, 2, n), dtype=np.int64)
    energy[0, 0], energy[1, 0] = face.buy_wh, face.sell_wh
    orders = problem.orders
    if orders.is_last_resort is not None:
        late = np.flatnonzero(orders.is_last_resort & (orders.interval == t))
        area, side = orders.area[late], orders.is_sell[late].astype(np.int64)
        here = orders.price_ticks[late] == face.price_ticks[area]
        here &= (face.sell_wh + face.buy_wh)[area] > 0
        wh = orders.energy_wh[late][here]
        np.add.at(energy, (side[here], 1, area[here]), wh)
        np.add.at(energy, (side[here], 0, area[here]), -wh)
    side, late, area = np.nonzero(energy[::-1])
    return area, side == 0, late == 1, energy[::-1][side, late, area].astype(np.float64)


def _settle(
    problem: ClearingProblem, face: _Face, t: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Net exports of simple orders (n,), flows (2, free lines) and mesh flows by the tie rules."""
    faces = _FaceProgram(problem, face, t)
    if len(faces.taken):
        faces.require_volume()
        by_rule = _by_time(problem, faces, t) if problem.tie is Tie.TIME else _by_share(faces)
        faces.hold(by_rule - _EQUAL_WH, by_rule + _EQUAL_WH)
        faces.program.set_costs(faces.taken, np.zeros(len(faces.taken)))
    sent, program = faces.sent.reshape(-1), faces.program
    program.set_costs(sent, np.ones(len(sent)))
    program.solve()
    columns = program.columns
    return columns[faces.net], np.maximum(columns[faces.sent], 0.0), columns[faces.mesh]


def _by_share(faces: _FaceProgram) -> FloatArray:
    """The last resort after all others, each of the two by max-min."""
    lower, upper = np.zeros(len(faces.taken)), faces.total.copy()
    for these in (~faces.is_late, faces.is_late):
        if these.any():
            lower, upper = _raise_share(faces, these, lower, upper)
    return (lower + upper) / 2


def _raise_share(
    faces: _FaceProgram, these: BoolArray, lower: FloatArray, upper: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Max-min: the common share of some groups as high as it goes, then of those not yet stopped.

    A group whose row holds the share back (a dual that is not zero) is held back in every optimum,
    so it is frozen at that share; each round freezes at least one.
    """
    program, open_groups = faces.program, these.copy()
    share = program.n_columns
    program.add_columns(np.zeros(1), np.ones(1), np.zeros(1), np.zeros(1))
    rows = program.n_rows + np.cumsum(these) - 1
    count = int(these.sum())
    program.add_rows(
        np.zeros(count),
        np.full(count, np.inf),
        np.column_stack([faces.taken[these], np.full(count, share)]),
        np.column_stack([np.ones(count), -faces.total[these]]),
    )
    program.set_costs(np.array([share]), -np.ones(1))
    while open_groups.any():
        faces.hold(lower, upper)
        program.solve()
        ratio = float(program.columns[share])
        held_back = np.abs(program.row_duals[rows]) * faces.total > 1e-9
        stopped = open_groups & held_back
        if ratio >= 1.0 - 1e-12 or not stopped.any():
            stopped = open_groups.copy()
        value = ratio * faces.total
        lower = np.where(stopped, value - _EQUAL_WH, lower)
        upper = np.where(stopped, value + _EQUAL_WH, upper)
        freed = rows[stopped]
        program.set_row_bounds(freed, np.full(len(freed), -np.inf), np.full(len(freed), np.inf))
        open_groups &= ~stopped
    program.set_costs(np.array([share]), np.zeros(1))
    return lower, upper


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
    """(group, energy) of all tied orders, earliest first, those of the last resort at the end."""
    orders = problem.orders
    queue: list[tuple[bool, int, int, int]] = []
    for group, area in enumerate(faces.area.tolist()):
        here = (orders.interval == t) & (orders.area == area)
        here &= (orders.is_sell == faces.is_sell[group]) & (orders.price_ticks == faces.price[area])
        late = bool(faces.is_late[group])
        if orders.is_last_resort is not None:
            here &= orders.is_last_resort == late
        queue += [
            (late, int(orders.sequence[row]), int(orders.energy_wh[row]), group)
            for row in np.flatnonzero(here)
        ]
    return [(group, energy) for _, _, energy, group in sorted(queue)]
