"""Solve, look where the model is below the true curve, add supporting lines, again.

The one idea to know: two stages on one living program. Supporting lines find the right part of
every curve in a few rounds; then the levels of the curves around the points found stand in the
program as they are, as columns, in windows that widen where the solution reaches beyond them. The
lines are quick and blunt (their intercepts are large numbers), the levels are exact: their bounds
are whole Wh and their costs whole ticks, so a vertex is a true breakpoint of the book.

What no linear rule can say (a block whole or not at all, a line or a storage in one direction at a
time) is handed in as bounds, a `Fixing`; only bounds change between solves, so each starts from
the last basis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.build import Model
from clearing.curves import Curves, FloatArray
from clearing.idle import Levels, idle_basis
from clearing.problem import BoolArray, ClearingProblem, IntArray, free_lines
from clearing.solver import Program

#: Rounds of supporting lines; the levels finish whatever is left, so this only bounds the loop.
_LINE_ROUNDS_MAX: Final = 60
#: The lines stop when the model is below the curves by this share of the money at stake.
_LINE_GAP: Final = 1e-7
#: Levels on either side of a node's point when the windows open; they double where they are hit.
_WINDOW_LEVELS: Final = 4
#: Where the windows are told their places they are not quite right; a wider start saves widenings.
_WINDOW_LEVELS_TOLD: Final = 8
#: More than this beyond its window, in Wh, and a window is too narrow.
_BEYOND_WH: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixing:
    """What is decided beside the linear problem."""

    closed_forward: BoolArray  # (l, t) nothing may be sent forward
    closed_backward: BoolArray  # (l, t)
    closed_charge: BoolArray  # (s, t)
    closed_discharge: BoolArray  # (s, t)
    ratio_low: FloatArray  # (b,)
    ratio_high: FloatArray  # (b,)


def nothing_fixed(problem: ClearingProblem) -> Fixing:
    """Everything open, all blocks free between 0 and 1."""
    lines = (len(problem.lines), problem.n_intervals)
    storages = (len(problem.storages), problem.n_intervals)
    return Fixing(
        closed_forward=np.zeros(lines, dtype=np.bool_),
        closed_backward=np.zeros(lines, dtype=np.bool_),
        closed_charge=np.zeros(storages, dtype=np.bool_),
        closed_discharge=np.zeros(storages, dtype=np.bool_),
        ratio_low=np.zeros(len(problem.blocks)),
        ratio_high=np.ones(len(problem.blocks)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A solution of the continuous problem."""

    simple_wh: FloatArray  # (n, t) net export of the simple orders alone
    net_export_wh: FloatArray  # (n, t) of everything
    forward_wh: FloatArray  # (l, t) sent; lines of a mesh: the flow where positive
    backward_wh: FloatArray  # (l, t) sent; lines of a mesh: the flow where negative
    ratio: FloatArray  # (b,)
    charge_wh: FloatArray  # (s, t)
    discharge_wh: FloatArray  # (s, t)
    stored_wh: FloatArray  # (s, t) at the end of the interval; 0 outside the window
    cost: float  # ticks x Wh, against every area's simple orders trading within it only


class Relaxation:
    """The living program of one problem."""

    def __init__(
        self,
        problem: ClearingProblem,
        curves: Curves,
        model: Model,
        near_wh: FloatArray | None = None,
    ) -> None:
        """With `near_wh` (K,) the windows open there; else supporting lines look for the place."""
        compiled = model.compiled
        self._problem, self._curves, self._compiled = problem, curves, compiled
        self._column = compiled.column
        self._free_lines = free_lines(problem)
        self._lower, self._upper = model.lower, model.upper
        storages = problem.storages
        self._window = (np.arange(problem.n_intervals) >= storages.first_interval[:, None]) & (
            np.arange(problem.n_intervals) <= storages.last_interval[:, None]
        )
        self.program = Program(
            cost=compiled.cost,
            lower=model.lower,
            upper=model.upper,
            row_lower=compiled.row_lower,
            row_upper=compiled.row_upper,
            start=compiled.start,
            index=compiled.index,
            value=compiled.value,
        )
        self.rounds = 0
        self._first_line_row = self.program.n_rows
        self._levels = _WINDOW_LEVELS if near_wh is None else _WINDOW_LEVELS_TOLD
        if near_wh is None:
            self._localise()
            self._open_windows(self._value("net_position"))
        else:
            levels = self._open_windows(near_wh)
            between = 2 * curves.n_nodes
            self.program.start_from(idle_basis(model, curves, near_wh, levels, between))

    @property
    def solves(self) -> int:
        """Linear programs solved so far."""
        return self.program.solves

    def solve(self, fixing: Fixing) -> State:
        """The optimum under a fixing: exact up to the solver's tolerance.

        Raises:
            SolverFailedError: there is no such optimum.
        """
        free = self._free_lines
        self._close("sent_forward", fixing.closed_forward[free].reshape(-1))
        self._close("sent_backward", fixing.closed_backward[free].reshape(-1))
        if len(self._problem.storages):
            self._close("charge", fixing.closed_charge[self._window])
            self._close("discharge", fixing.closed_discharge[self._window])
        if len(self._problem.blocks):
            self.program.set_bounds(self._column["accepted"], fixing.ratio_low, fixing.ratio_high)
        self.program.solve()
        while self._widen():
            self.program.solve()
        return self._state()

    def solve_beside(self, injection_wh: IntArray, fixing: Fixing) -> State:
        """The optimum of the simple orders alone beside what is injected (n, t) for certain.

        The fixing closes directions of lines; blocks and storages do nothing of their own.

        Raises:
            SolverFailedError: no flows and orders balance that injection.
        """
        rows, given = self._compiled.row["inner_balance"], injection_wh.reshape(-1)
        self.program.set_row_bounds(rows, -given.astype(np.float64), -given.astype(np.float64))
        try:
            return self.solve(_idle(fixing))
        finally:
            nothing = np.zeros(len(rows))
            self.program.set_row_bounds(rows, nothing, nothing)

    def lose_stored(self, loss_wh: FloatArray) -> None:
        """From now on every step of a storage stores so much less (s, t): what rounding takes."""
        storages = self._problem.storages
        gained = -loss_wh
        gained[np.arange(len(storages)), storages.first_interval] += storages.start_wh
        given = gained[self._window]
        self.program.set_row_bounds(self._compiled.row["state_of_charge"], given, given)

    def block_surplus(self) -> FloatArray:
        """(b,) what one more unit of each block's ratio would add to the welfare, last solve."""
        return -self.program.column_duals[self._column["accepted"]]

    def _close(self, name: str, closed: BoolArray) -> None:
        columns = self._column[name]
        upper = np.where(closed, 0.0, self._upper[columns])
        self.program.set_bounds(columns, np.zeros(len(columns)), upper)

    def _state(self) -> State:
        problem, shape = self._problem, (self._problem.n_areas, self._problem.n_intervals)
        lines = (len(problem.lines), problem.n_intervals)
        forward, backward = np.zeros(lines), np.zeros(lines)
        cut = (len(self._free_lines), problem.n_intervals)
        forward[self._free_lines] = self._value("sent_forward").reshape(cut)
        backward[self._free_lines] = self._value("sent_backward").reshape(cut)
        if problem.ptdf is not None:
            flow = self._value("mesh_flow").reshape(len(problem.ptdf), -1)
            forward[problem.ptdf.line] = np.maximum(flow, 0.0)
            backward[problem.ptdf.line] = np.maximum(-flow, 0.0)
        return State(
            simple_wh=self._value("net_position").reshape(shape),
            net_export_wh=self._value("exchange").reshape(shape),
            forward_wh=forward,
            backward_wh=backward,
            ratio=self._value("accepted"),
            charge_wh=self._of_storages("charge"),
            discharge_wh=self._of_storages("discharge"),
            stored_wh=self._of_storages("stored"),
            cost=self.program.objective + self._compiled.offset + self._window_cost(),
        )

    def _of_storages(self, name: str) -> FloatArray:
        value = np.zeros(self._window.shape)
        if len(value):
            value[self._window] = self._value(name)
        return value

    def _value(self, name: str) -> FloatArray:
        columns = self._column[name]
        return np.clip(self.program.columns[columns], self._lower[columns], self._upper[columns])

    # ── supporting lines ────────────────────────────────────────────────────────────────────

    def _localise(self) -> None:
        curves = self._curves
        here = np.zeros(curves.n_nodes)
        low, high = -curves.demand_wh.astype(np.float64), curves.supply_wh.astype(np.float64)
        every = np.arange(curves.n_nodes)
        for point in (here, low, high):
            self._add_lines(every, point)
        while True:
            # Only to see where the windows open: they are exact, this need not be.
            self.program.solve(roughly=True)
            self.rounds += 1
            point = self._value("net_position")
            value = curves.value(point)
            gap = value - self.program.columns[self._column["cost"]]
            stake = 1.0 + float(np.abs(value).sum())
            if float(np.maximum(gap, 0.0).sum()) <= _LINE_GAP * stake:
                return
            if self.rounds >= _LINE_ROUNDS_MAX:
                return
            self._add_lines(np.flatnonzero(gap > 0.1 * _LINE_GAP * stake / curves.n_nodes), point)

    def _add_lines(self, nodes: IntArray, point: FloatArray) -> None:
        """Lines at `point`, with both slopes of the curve there: cost - g x >= f(x̂) - g x̂."""
        curves = self._curves
        value = curves.value(point)
        below, above = curves.slope_below(point, np.nan), curves.slope_above(point, np.nan)
        columns = np.column_stack([self._column["cost"], self._column["net_position"]])
        for slope in (below, np.where(above == below, np.nan, above)):
            # Ends of the curve have one slope only, a node without orders none.
            there = nodes[~np.isnan(slope[nodes])]
            # A node that can trade nothing needs a floor all the same, or its cost is unbounded.
            if len(there):
                g = slope[there]
                self.program.add_rows(
                    value[there] - g * point[there],
                    np.full(len(there), np.inf),
                    columns[there],
                    np.column_stack([np.ones(len(there)), -g]),
                )
        empty = nodes[np.isnan(below[nodes]) & np.isnan(above[nodes])]
        if len(empty):
            column = self._column["cost"][empty]
            self.program.set_bounds(column, np.zeros(len(empty)), np.zeros(len(empty)))

    # ── levels of the curves, as they are ───────────────────────────────────────────────────

    def _open_windows(self, point: FloatArray) -> Levels:
        curves, program = self._curves, self.program
        first, end = curves.level_first[:-1], curves.level_first[1:]
        low = np.maximum(curves.level_below(point) + 1 - self._levels, first)
        high = np.minimum(curves.level_above(point) + self._levels, end)
        program.drop_rows(self._first_line_row)
        nodes = np.arange(curves.n_nodes)
        nothing = np.zeros(curves.n_nodes)
        program.set_bounds(self._column["cost"], nothing, nothing)
        # Row of node k: net export - Σ taken of its levels - above + below = net export at `low`.
        self._window_row = program.n_rows + nodes
        columns = self._column["net_position"].reshape(-1, 1)
        program.add_rows(nothing, nothing, columns, np.ones((curves.n_nodes, 1)))
        # What lies beyond the window on either side is one column each, at the price of its
        # first level: cheaper than the truth, so a solution that leaves it alone is the optimum.
        self._beyond_above = program.n_columns + nodes
        program.add_columns(nothing, nothing, self._window_row, np.full(curves.n_nodes, -1.0))
        self._beyond_below = program.n_columns + nodes
        program.add_columns(nothing, nothing, self._window_row, np.ones(curves.n_nodes))
        self._window_low, self._window_high = low, low.copy()
        self._widenings = np.zeros(curves.n_nodes, dtype=np.int64)
        self._move_edges(low, high)
        node, level = _ranges(low, high)
        return Levels(node=node, level=level)

    def _export_before(self, level: IntArray) -> FloatArray:
        """Net export with all levels before `level` taken: sold if offers, dropped if bids."""
        return (self._curves.level_cum_wh[level] - self._curves.origin_wh).astype(np.float64)

    def _move_edges(self, low: IntArray, high: IntArray) -> None:
        """Widen the windows to the levels low .. high - 1 of each node."""
        curves, program = self._curves, self.program
        self._add_levels(*_ranges(self._window_high, high))
        self._add_levels(*_ranges(low, self._window_low))
        self._window_low, self._window_high = low, high
        base, top = self._export_before(low), self._export_before(high)
        program.set_row_bounds(self._window_row, base, base)
        nothing = np.zeros(curves.n_nodes)
        program.set_bounds(self._beyond_above, nothing, curves.supply_wh - top)
        program.set_bounds(self._beyond_below, nothing, base + curves.demand_wh)
        price, last = curves.level_price_ticks, len(curves.level_price_ticks) - 1
        if last >= 0:
            above, below = price[np.minimum(high, last)], price[np.maximum(low - 1, 0)]
            program.set_costs(self._beyond_above, above.astype(np.float64))
            program.set_costs(self._beyond_below, -below.astype(np.float64))

    def _add_levels(self, node: IntArray, level: IntArray) -> None:
        if not len(node):
            return
        curves = self._curves
        width = curves.level_cum_wh[level + 1] - curves.level_cum_wh[level]
        self.program.add_columns(
            curves.level_price_ticks[level].astype(np.float64),
            width.astype(np.float64),
            self._window_row[node],
            -np.ones(len(node)),
        )

    def _widen(self) -> bool:
        """Widen the windows whose solution reaches beyond them; False when none does."""
        curves, taken = self._curves, self.program.columns
        above = taken[self._beyond_above] > _BEYOND_WH
        below = taken[self._beyond_below] > _BEYOND_WH
        if not (above.any() or below.any()):
            return False
        self._widenings += above | below
        # Doubling: a point far away is reached after a logarithmic number of rounds.
        step = self._levels * 2 ** np.minimum(self._widenings, 40)
        low = np.maximum(self._window_low - step, curves.level_first[:-1])
        high = np.minimum(self._window_high + step, curves.level_first[1:])
        self._move_edges(
            np.where(below, low, self._window_low), np.where(above, high, self._window_high)
        )
        return True

    def _window_cost(self) -> float:
        """Cost of the point at which every window begins, which the program does not see."""
        start = self._export_before(self._window_low)
        return float(self._curves.value(start).sum())


def _idle(fixing: Fixing) -> Fixing:
    """The same directions of lines, no block, no storage."""
    every = np.ones_like(fixing.closed_charge)
    none = np.zeros_like(fixing.ratio_low)
    return Fixing(
        closed_forward=fixing.closed_forward,
        closed_backward=fixing.closed_backward,
        closed_charge=every,
        closed_discharge=every,
        ratio_low=none,
        ratio_high=none,
    )


def _ranges(low: IntArray, high: IntArray) -> tuple[IntArray, IntArray]:
    """All integers of the ranges low[k] .. high[k] - 1, with the k each belongs to."""
    length = np.maximum(high - low, 0)
    node = np.repeat(np.arange(len(low)), length)
    offset = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    return node, low[node] + offset
