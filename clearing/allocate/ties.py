"""Ties over coupled areas: which of all equally good states is the one taken.

The one idea to know: `face` says what is still open at the prices found. Over that: the largest
volume first; then the common share of all tied orders is raised until a limit stops some, those are
frozen, and so on (pro rata), or they are served strictly by acceptance (time), the retailer of last
resort after all others; then the smallest flows.

Nothing is open in most auctions, and nothing is solved then. An area alone needs no program
either: its net export is settled and `clearing.allocate.fills` shares what is tied.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from clearing.allocate.face import Face, TiedPrices, face_of
from clearing.build import build
from clearing.curves import Curves, FloatArray, build_curves, rows_at
from clearing.problem import BoolArray, ClearingProblem, IntArray, Tie, free_lines, mesh_areas
from clearing.refine import Fixing, State
from clearing.search.circles import circle
from clearing.solver import Program, SolverFailedError

#: Energies closer than this are equal.
_EQUAL_WH: Final = 1e-6


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
    every = {
        t: face_of(problem, curves, fixing, given_wh, prices, t)
        for t in np.flatnonzero(prices.supported).tolist()
    }
    faces = {t: face for t, face in every.items() if _is_open(problem, face)}
    tied = _tied(problem, faces)
    for t, face in faces.items():
        try:
            x, sent, mesh = _settle(tied, face, t)
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


def _tied(problem: ClearingProblem, faces: dict[int, Face]) -> ClearingProblem:
    """The problem with those orders alone that stand at their area's price in an open interval."""
    if not faces:
        return problem
    orders = problem.orders
    is_open = np.zeros(problem.n_intervals, dtype=np.bool_)
    is_open[list(faces)] = True
    price = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.int64)
    for t, face in faces.items():
        price[:, t] = face.price_ticks
    at = rows_at(problem, price.reshape(-1))
    return replace(problem, orders=orders.rows(at[is_open[orders.interval[at]]]))


def _is_open(problem: ClearingProblem, face: Face) -> bool:
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

    def __init__(self, problem: ClearingProblem, face: Face, t: int) -> None:
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
    problem: ClearingProblem, face: Face, t: int
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
    groups = np.argwhere(energy[::-1])
    turned, is_late, place = groups.T
    total = energy[::-1][turned, is_late, place].astype(np.float64)
    return place, turned == 0, is_late == 1, total


def _settle(
    problem: ClearingProblem, face: Face, t: int
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
