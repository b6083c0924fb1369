"""Independent answers: an auction as one linear program with a variable for every order.

The one idea to know: nothing here is shared with the engine but the problem itself. No curve, no
supporting line, no search: every rung of every order is a variable, every rule a row. Slow and
obviously right, for small markets. `block_oracles` tries every pattern of blocks on top of it.

Energies are continuous here; the engine's are whole Wh. Welfare is in quanta (Wh x tick).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from clearing.problem import NO_LIMIT_WH, PPB, PPM, ClearingProblem, IntArray, StepOrders

FloatArray = NDArray[np.float64]
_NEVER: Final = np.zeros(0)


class Program:
    """Columns, rows and entries of a linear program, gathered as arrays.

    Energies are counted in units of so many Wh that a solver's tolerances suit them.
    """

    def __init__(self, unit_wh: float = 1.0) -> None:
        self.unit_wh = unit_wh
        self._columns = [(_NEVER, _NEVER, _NEVER)]
        self._rows = [(_NEVER, _NEVER)]
        self._entries = [(_NEVER.astype(np.int64), _NEVER.astype(np.int64), _NEVER)]
        self.n_columns = self.n_rows = 0

    def wh(self, energy_wh: IntArray | FloatArray) -> FloatArray:
        """Energies as bounds; `NO_LIMIT_WH` and more as none."""
        return np.where(energy_wh >= NO_LIMIT_WH, np.inf, energy_wh / self.unit_wh)

    def columns(self, cost: FloatArray, lower: FloatArray, upper: FloatArray) -> IntArray:
        """New columns, shaped as their costs."""
        cost, lower, upper = np.broadcast_arrays(np.asarray(cost, dtype=float), lower, upper)
        self._columns.append((cost.ravel(), lower.ravel(), upper.ravel()))
        new = np.arange(self.n_columns, self.n_columns + cost.size).reshape(cost.shape)
        self.n_columns += cost.size
        return new

    def rows(self, lower: FloatArray, upper: FloatArray) -> IntArray:
        """New rows, shaped as their bounds."""
        lower, upper = np.broadcast_arrays(np.asarray(lower, dtype=float), upper)
        self._rows.append((lower.ravel(), upper.ravel()))
        new = np.arange(self.n_rows, self.n_rows + lower.size).reshape(lower.shape)
        self.n_rows += lower.size
        return new

    def put(self, rows: IntArray, columns: IntArray, values: FloatArray | float) -> None:
        """Entries of the matrix; those at one place add up."""
        rows, columns, values = np.broadcast_arrays(rows, columns, values)
        self._entries.append((rows.ravel(), columns.ravel(), values.ravel().astype(float)))

    def highs(self, whole: IntArray | None = None) -> highspy.Highs:
        """The program in a solver; `whole` columns take whole numbers only."""
        rows, columns, values = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        matrix = sparse.csc_matrix((values, (rows, columns)), (self.n_rows, self.n_columns))
        cost, lower, upper = (np.concatenate(part) for part in zip(*self._columns, strict=True))
        least, most = (np.concatenate(part) for part in zip(*self._rows, strict=True))
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = self.n_columns, self.n_rows
        program.col_cost_, program.col_lower_, program.col_upper_ = cost, lower, upper
        program.row_lower_, program.row_upper_ = least, most
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        program.a_matrix_.index_ = matrix.indices.astype(np.int32)
        program.a_matrix_.value_ = matrix.data
        if whole is not None:
            kinds = np.full(self.n_columns, highspy.HighsVarType.kContinuous)
            kinds[whole.ravel()] = highspy.HighsVarType.kInteger
            program.integrality_ = kinds.tolist()
        solver = highspy.Highs()
        for option, value in _OPTIONS.items():
            solver.setOptionValue(option, value)
        solver.passModel(program)
        return solver


_OPTIONS: Final[dict[str, bool | int | float | str]] = {
    "output_flag": False,
    "threads": 1,
    "presolve": "off",
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 1e-6,
}


_DECIDED: Final = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)


def solved(solver: highspy.Highs) -> float:
    """The optimum's cost."""
    solver.run()
    if solver.getModelStatus() not in _DECIDED:
        # Numbers far apart: once more from nothing, with what doubles can hold.
        for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            solver.setOptionValue(option, 1e-7)
        solver.clearSolver()
        solver.run()
    assert solver.getModelStatus() in _DECIDED, solver.getModelStatus()
    return float(solver.getObjectiveValue())


def rungs(orders: StepOrders) -> tuple[IntArray, IntArray, IntArray]:
    """Row, price and energy of every step; a sloped order has one at every tick it crosses.

    Up to and including rung k of D ticks lie floor((2k + 1) q / 2D) Wh, and q at the last.
    """
    end = orders.price_ticks if orders.price_end_ticks is None else orders.price_end_ticks
    row, price, energy = [], [], []
    for i, (first, last, q) in enumerate(
        zip(orders.price_ticks.tolist(), end.tolist(), orders.energy_wh.tolist(), strict=True)
    ):
        ticks, step = abs(last - first), 1 if last > first else -1
        upto = [(2 * k + 1) * q // (2 * ticks) for k in range(ticks)] + [q]
        row += [i] * (ticks + 1)
        price += [first + step * k for k in range(ticks + 1)]
        energy += [here - before for here, before in zip(upto, [0, *upto], strict=False)]
    return tuple(np.array(part, dtype=np.int64) for part in (row, price, energy))


@dataclass(slots=True)
class Plain:
    """An auction as a program, and where its variables stand."""

    program: Program
    inner: IntArray  # (n, t) rows: injected = p
    connection: IntArray  # (n, t) rows: p = sent - received + given to the mesh
    export: IntArray  # (n, t) columns p
    rung: tuple[IntArray, IntArray, IntArray]  # row, price, energy of each rung
    accepted: IntArray  # (rungs,) columns
    blocks: IntArray  # (b,) columns, in Wh of the largest leg
    block_wh: IntArray  # (b,) that leg
    line: IntArray  # (f,) free lines
    sent: IntArray  # (2, f, t) columns, forward and backward
    moved: IntArray  # (2, pairs) columns, charged and discharged, of storages in their windows
    moved_most: FloatArray  # (2, pairs) their limits
    start_quanta: float  # what storages hold before they begin, at its end value: no gain

    def welfare(self, solver: highspy.Highs) -> float:
        """The optimum's welfare in quanta."""
        return -solved(solver) * self.program.unit_wh - self.start_quanta


def plain(problem: ClearingProblem) -> Plain:
    """The auction with blocks free between 0 and 1 and nothing whole."""
    program = Program(_unit_wh(problem))
    nodes = np.zeros((problem.n_areas, problem.n_intervals))
    inner, connection = program.rows(nodes, nodes), program.rows(nodes, nodes)
    export = program.columns(nodes, -np.inf, np.inf)
    program.put(inner, export, -1.0)
    program.put(connection, export, 1.0)
    _limits(program, problem, export)
    row, price, energy = rung = rungs(problem.orders)
    area, interval = problem.orders.area[row], problem.orders.interval[row]
    sign = np.where(problem.orders.is_sell[row], 1.0, -1.0)
    accepted = program.columns(sign * price, 0.0, program.wh(energy))
    program.put(inner[area, interval], accepted, sign)
    blocks, block_wh = _blocks(program, problem, inner)
    line, sent = _lines(program, problem, connection)
    _mesh(program, problem, connection)
    moved, moved_most = _storages(program, problem, inner)
    return Plain(
        program=program,
        inner=inner,
        connection=connection,
        export=export,
        rung=rung,
        accepted=accepted,
        blocks=blocks,
        block_wh=block_wh,
        line=line,
        sent=sent,
        moved=moved,
        moved_most=moved_most,
        start_quanta=float(problem.storages.end_value_ticks @ problem.storages.start_wh),
    )


def _unit_wh(problem: ClearingProblem) -> float:
    """A power of two that leaves the largest energy below a million."""
    orders, blocks, storages = problem.orders, problem.blocks, problem.storages
    energies = (orders.energy_wh, blocks.leg_energy_wh, storages.capacity_wh)
    largest = max(int(energy.max(initial=1)) for energy in energies)
    return float(2 ** max(0, (largest // 1_000_000).bit_length()))


def _limits(program: Program, problem: ClearingProblem, export: IntArray) -> None:
    """The sum of an area's exchange and of all below it stays within its limits."""
    imports, exports = problem.areas.import_limit_wh, problem.areas.export_limit_wh
    rows = program.rows(-program.wh(imports), program.wh(exports))
    for a in range(problem.n_areas):
        above = a
        while above >= 0:
            program.put(rows[above], export[a], 1.0)
            above = int(problem.parent[above])


def _blocks(
    program: Program, problem: ClearingProblem, inner: IntArray
) -> tuple[IntArray, IntArray]:
    """Columns count Wh of a block's largest leg, so that they are of the size of orders."""
    blocks = problem.blocks
    sign = np.where(blocks.is_sell, 1.0, -1.0)
    largest, total = np.zeros(len(blocks), dtype=np.int64), np.zeros(len(blocks), dtype=np.int64)
    np.maximum.at(largest, blocks.leg_block, blocks.leg_energy_wh)
    np.add.at(total, blocks.leg_block, blocks.leg_energy_wh)
    most = program.wh(largest)
    column = program.columns(sign * blocks.price_ticks * total / largest, 0.0, most)
    leg = blocks.leg_block
    share = blocks.leg_energy_wh / largest[leg]
    program.put(inner[blocks.area[leg], blocks.leg_interval], column[leg], sign[leg] * share)
    children = np.flatnonzero(blocks.parent >= 0)
    above = blocks.parent[children]
    rows = program.rows(np.full(len(children), -np.inf), 0.0)
    program.put(rows, column[children], 1.0)
    program.put(rows, column[above], -largest[children] / largest[above])
    for group in np.unique(blocks.group[blocks.group >= 0]):
        members = np.flatnonzero(blocks.group == group)
        least = most[members].min()
        row = program.rows(np.array([-np.inf]), least)
        program.put(row, column[members], least / most[members])
    return column, largest


def _lines(
    program: Program, problem: ClearingProblem, connection: IntArray
) -> tuple[IntArray, IntArray]:
    lines = problem.lines
    bound = problem.ptdf.line if problem.ptdf is not None else []
    free = np.setdiff1d(np.arange(len(lines)), bound)
    fees = np.stack([lines.fee_forward_ticks[free], lines.fee_backward_ticks[free]])
    capacity = np.stack([lines.capacity_forward_wh[free], lines.capacity_backward_wh[free]])
    sent = program.columns(fees[:, :, None], np.zeros(capacity.shape), program.wh(capacity))
    start, end = connection[lines.from_area[free]], connection[lines.to_area[free]]
    kept = 1.0 - lines.loss_ppm[free, None] / PPM
    for way, (sender, receiver) in enumerate([(start, end), (end, start)]):
        program.put(sender, sent[way], -1.0)
        program.put(receiver, sent[way], kept)
    return free, sent


def hubs(problem: ClearingProblem) -> IntArray:
    """Areas of the mesh: ends of its lines and whoever moves its flows."""
    assert problem.ptdf is not None
    line = problem.ptdf.line
    moving = np.flatnonzero(problem.ptdf.factor_ppb.any(axis=0))
    ends = problem.lines.from_area[line], problem.lines.to_area[line]
    return np.unique(np.concatenate([moving, *ends]))


def _mesh(program: Program, problem: ClearingProblem, connection: IntArray) -> None:
    if problem.ptdf is None:
        return
    ptdf, lines, hub = problem.ptdf, problem.lines, hubs(problem)
    given = program.columns(np.zeros((len(hub), problem.n_intervals)), -np.inf, np.inf)
    program.put(connection[hub], given, -1.0)
    nothing = np.zeros(problem.n_intervals)
    program.put(program.rows(nothing, nothing), given, 1.0)
    flow = program.rows(
        -program.wh(lines.capacity_backward_wh[ptdf.line]),
        program.wh(lines.capacity_forward_wh[ptdf.line]),
    )
    factor = ptdf.factor_ppb[:, hub] / PPB
    program.put(flow[:, None, :], given[None, :, :], factor[:, :, None])


def _storages(
    program: Program, problem: ClearingProblem, inner: IntArray
) -> tuple[IntArray, FloatArray]:
    storages = problem.storages
    span = storages.last_interval - storages.first_interval + 1
    of = np.repeat(np.arange(len(storages)), span)
    since = np.arange(len(of)) - np.repeat(np.cumsum(span) - span, span)
    at = storages.first_interval[of] + since
    charge = program.columns(np.zeros(len(of)), 0.0, program.wh(storages.charge_limit_wh[of]))
    given = program.wh(storages.discharge_limit_wh[of])
    discharge = program.columns(storages.spread_ticks[of], 0.0, given)
    last = at == storages.last_interval[of]
    worth = np.where(last, -storages.end_value_ticks[of], 0)
    stored = program.columns(worth, 0.0, program.wh(storages.capacity_wh[of]))
    start = np.where(since == 0, program.wh(storages.start_wh[of]), 0.0)
    state = program.rows(start, start)
    program.put(state, stored, 1.0)
    program.put(state[since > 0], stored[np.flatnonzero(since > 0) - 1], -1.0)
    program.put(state, charge, -storages.efficiency_charge_ppm[of] / PPM)
    program.put(state, discharge, PPM / storages.efficiency_discharge_ppm[of])
    node = inner[storages.area[of], at]
    program.put(node, charge, -1.0)
    program.put(node, discharge, 1.0)
    limits = np.stack([storages.charge_limit_wh[of], storages.discharge_limit_wh[of]])
    return np.stack([charge, discharge]), limits.astype(float)


def plain_welfare(problem: ClearingProblem, *, one_way: bool = False) -> float:
    """Most welfare of the continuous problem, blocks free between 0 and 1.

    Args:
        problem: the auction.
        one_way: forbids both directions of a line or storage at once, and energy in circles, which
            burn energy at negative prices; without it the answer is only a bound from above there.
            Not with a mesh, through which energy sent over a free line may come back.
    """
    assert not (one_way and problem.ptdf is not None)
    market = plain(problem)
    if not one_way:
        return market.welfare(market.program.highs())
    way = _one_way(market, problem)
    solver = market.program.highs(whole=way)
    solved(solver)
    # A binary a hair off its value times a large capacity would hide a flow: fix it and solve again.
    value = np.round(np.array(solver.getSolution().col_value)[way])
    linear = market.program.highs()
    linear.changeColsBounds(len(way), way.astype(np.int32), value, value)
    return market.welfare(linear)


def _one_way(market: Plain, problem: ClearingProblem) -> IntArray:
    """Binaries: which way a line or storage is used; areas in a line, energy only runs down it."""
    program, n, t = market.program, problem.n_areas, problem.n_intervals
    lines = problem.lines
    capacity = np.stack([lines.capacity_forward_wh, lines.capacity_backward_wh])
    most = program.wh(np.minimum(capacity[:, market.line], _supply_wh(problem)))
    sent = _switched(program, market.sent, most)
    place = program.columns(np.zeros((n, t)), 0.0, n - 1.0)
    start, end = lines.from_area[market.line], lines.to_area[market.line]
    for way, (upper, lower) in enumerate([(start, end), (end, start)]):
        rows = program.rows(np.full(sent[way].shape, 1.0 - n), np.inf)
        program.put(rows, place[lower], 1.0)
        program.put(rows, place[upper], -1.0)
        program.put(rows, sent[way], -float(n))
    moved = _switched(program, market.moved, program.wh(market.moved_most))
    return np.concatenate([sent.ravel(), moved.ravel()])


def _supply_wh(problem: ClearingProblem) -> FloatArray:
    """(t,) all energy anybody could inject in an interval: no line carries more."""
    orders, blocks, storages = problem.orders, problem.blocks, problem.storages
    most = np.full(problem.n_intervals, storages.discharge_limit_wh.sum(), dtype=float)
    np.add.at(most, orders.interval[orders.is_sell], orders.energy_wh[orders.is_sell])
    sold = blocks.is_sell[blocks.leg_block]
    np.add.at(most, blocks.leg_interval[sold], blocks.leg_energy_wh[sold])
    return most


def _switched(program: Program, used: IntArray, most: FloatArray) -> IntArray:
    """Binaries (2, ...), at most one of two on, without which a column stays at 0."""
    on = program.columns(np.zeros(used.shape), 0.0, 1.0)
    rows = program.rows(np.full(used.shape, -np.inf), 0.0)
    program.put(rows, used, 1.0)
    program.put(rows, on, -most)
    either = program.rows(np.full(used.shape[1:], -np.inf), 1.0)
    program.put(either, on, 1.0)
    return on
