"""Independent answers about blocks: every pattern tried, and the prices that would carry it.

The one idea to know: let W(C) be the best welfare with exactly the blocks of C accepted, and R(C)
that with the same blocks free down to nothing. Prices at which no accepted family loses exist
exactly when the two are equal; the best such C is the answer. `price_support` looks for the prices
themselves, family by family, so that a test can hold the one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import highspy
import numpy as np

from clearing.problem import PPB, ClearingProblem, IntArray
from tests.clearing.oracles import (
    FloatArray,
    Plain,
    Program,
    plain,
    solved,
)

#: Doubles of a solver at these sizes agree to about this.
RELATIVE = 1e-9
#: Energy below this is a solver's dust.
DUST_WH = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockChoice:
    """The best pattern of accepted blocks that prices support."""

    welfare_quanta: float
    accepted: tuple[bool, ...]


class Blocks:
    """A market whose blocks can be switched, solved again from where it stood."""

    def __init__(self, problem: ClearingProblem) -> None:
        self.problem = problem
        self.market: Plain = plain(problem)
        self.solver = self.market.program.highs()
        self._most = self.market.program.wh(self.market.block_wh)
        self._least = problem.blocks.ratio_min_ppb / PPB * self._most
        self._columns = self.market.blocks.astype(np.int32)

    def welfare(self, accepted: np.ndarray, *, relaxed: bool) -> float:
        """W(C), or R(C) if relaxed."""
        most = np.where(accepted, self._most, 0.0)
        least = np.where(accepted & (not relaxed), self._least, 0.0)
        if len(most):
            self.solver.changeColsBounds(len(most), self._columns, least, most)
        self.solver.run()
        if self.solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return -np.inf
        return self.market.welfare(self.solver)

    def ratios(self) -> FloatArray:
        """(b,) acceptance ratios of the last solution."""
        return self.values()[self.market.blocks] / np.maximum(self.market.block_wh, 1)

    def values(self) -> FloatArray:
        """All columns of the last solution, in Wh."""
        return self.market.program.unit_wh * np.array(self.solver.getSolution().col_value)


def possible(problem: ClearingProblem, accepted: np.ndarray) -> bool:
    """Whether links and groups allow a pattern at minimum ratios."""
    blocks = problem.blocks
    linked = blocks.parent >= 0
    if (accepted[linked] & ~accepted[blocks.parent[linked]]).any():
        return False
    members = accepted & (blocks.group >= 0)
    totals = np.bincount(blocks.group[members], blocks.ratio_min_ppb[members].astype(float))
    return bool((totals <= PPB).all())


def patterns(problem: ClearingProblem) -> list[np.ndarray]:
    """Every pattern links and groups allow, fewest blocks first."""
    every = product([False, True], repeat=len(problem.blocks))
    found = [np.array(pattern, dtype=np.bool_) for pattern in every]
    return sorted(filter(lambda one: possible(problem, one), found), key=lambda one: one.sum())


def tolerance_quanta(welfare: float) -> float:
    """What two solves of one market may differ by."""
    return 1e-3 + RELATIVE * abs(welfare)


def brute_force_blocks(problem: ClearingProblem) -> BlockChoice:
    """The best pattern with W(C) = R(C), by trying all; for 10 blocks or fewer."""
    assert len(problem.blocks) <= 10
    market = Blocks(problem)
    best, choice = -np.inf, np.zeros(len(problem.blocks), dtype=np.bool_)
    for accepted in patterns(problem):
        whole = market.welfare(accepted, relaxed=False)
        if whole <= best:
            continue
        if whole >= market.welfare(accepted, relaxed=True) - tolerance_quanta(whole):
            best, choice = whole, accepted
    return BlockChoice(welfare_quanta=best, accepted=tuple(choice.tolist()))


def dive_welfare(problem: ClearingProblem) -> float:
    """Welfare of the plain heuristic: all blocks free, those below their minimum dropped, again."""
    market = Blocks(problem)
    free = np.ones(len(problem.blocks), dtype=np.bool_)
    least = problem.blocks.ratio_min_ppb / PPB
    while True:
        welfare = market.welfare(free, relaxed=True)
        ratio = market.ratios()
        short = free & (ratio < least - 1e-9)
        if not (short & (ratio > 1e-9)).any():
            return welfare
        free &= ~short


def price_support(problem: ClearingProblem, accepted: np.ndarray) -> bool:
    """Whether prices exist at which nobody, and no family of accepted blocks, loses.

    For areas with limits, free lines, orders and blocks; a handful of blocks.
    """
    assert problem.ptdf is None
    assert (problem.parent < 0).all()
    market = Blocks(problem)
    if not np.isfinite(market.welfare(accepted, relaxed=False)):
        return False
    program = Program()
    nodes = np.zeros((problem.n_areas, problem.n_intervals))
    inside = program.columns(nodes, -np.inf, np.inf)
    outside = program.columns(nodes, -np.inf, np.inf)
    loss = program.columns(np.ones(1), 0.0, np.inf)
    value = market.values()
    _order_rows(program, market, value, inside)
    _limit_rows(program, market, value, inside, outside)
    _line_rows(program, market, value, outside)
    _family_rows(program, market, accepted, inside, loss)
    return solved(program.highs()) <= 1e-6


def _order_rows(program: Program, market: Blocks, value: FloatArray, inside: IntArray) -> None:
    """Who is served pays no more than asked; who is not would not want to be."""
    row, price, energy = market.market.rung
    orders, used = market.problem.orders, value[market.market.accepted]
    column = inside[orders.area[row], orders.interval[row]]
    served, open_ = used > DUST_WH, used < energy - DUST_WH
    sells = orders.is_sell[row]
    low = np.where(sells & served | ~sells & open_, price, -np.inf)
    high = np.where(sells & open_ | ~sells & served, price, np.inf)
    program.put(program.rows(low, high), column, 1.0)


def _limit_rows(
    program: Program, market: Blocks, value: FloatArray, inside: IntArray, outside: IntArray
) -> None:
    """The price outside an area is its own unless the limit that holds it back binds."""
    areas, export = market.problem.areas, value[market.market.export]
    above = np.where(export >= program.wh(areas.export_limit_wh) - DUST_WH, np.inf, 0.0)
    below = np.where(export <= -program.wh(areas.import_limit_wh) + DUST_WH, -np.inf, 0.0)
    rows = program.rows(below, above)
    program.put(rows, outside, 1.0)
    program.put(rows, inside, -1.0)


def _line_rows(program: Program, market: Blocks, value: FloatArray, outside: IntArray) -> None:
    """Sending pays where something is sent, and no more where more could be sent."""
    lines, sent = market.problem.lines, value[market.market.sent]
    ends = outside[lines.from_area], outside[lines.to_area]
    ways = [
        (ends, lines.capacity_forward_wh, lines.fee_forward_ticks),
        (ends[::-1], lines.capacity_backward_wh, lines.fee_backward_ticks),
    ]
    for way, ((start, end), capacity, fee) in enumerate(ways):
        paid = np.broadcast_to(fee[:, None].astype(float), capacity.shape)
        low = np.where(sent[way] > DUST_WH, paid, -np.inf)
        high = np.where(sent[way] < program.wh(capacity) - DUST_WH, paid, np.inf)
        rows = program.rows(low, high)
        program.put(rows, end, 1.0 - lines.loss_ppm[:, None] / 1e6)
        program.put(rows, start, -1.0)


def _family_rows(
    program: Program, market: Blocks, accepted: np.ndarray, inside: IntArray, loss: IntArray
) -> None:
    """No accepted blocks would gain by moving their ratios together, as links and groups allow."""
    blocks = market.problem.blocks
    total = np.zeros(len(blocks))
    np.add.at(total, blocks.leg_block, blocks.leg_energy_wh.astype(float))
    sign = np.where(blocks.is_sell, 1.0, -1.0)
    for move in _moves(market.problem, accepted, market.ratios()):
        scale = np.abs(move) @ total
        weight = move * sign / scale
        leg = np.flatnonzero(move[blocks.leg_block])
        of = blocks.leg_block[leg]
        row = program.rows(np.array([-np.inf]), weight * total @ blocks.price_ticks)
        column = inside[blocks.area[of], blocks.leg_interval[leg]]
        program.put(row, column, weight[of] * blocks.leg_energy_wh[leg])
        program.put(row, loss, -1.0)


def _moves(problem: ClearingProblem, accepted: np.ndarray, ratio: FloatArray) -> list[np.ndarray]:
    """Every way to take or leave a little of the accepted blocks, each up, down or not at all."""
    blocks, found = problem.blocks, []
    linked = np.flatnonzero((blocks.parent >= 0) & accepted)
    held = linked[ratio[linked] >= ratio[blocks.parent[linked]] - 1e-9]
    groups = [
        np.flatnonzero((blocks.group == g) & accepted) for g in set(blocks.group.tolist()) - {-1}
    ]
    full = [members for members in groups if ratio[members].sum() >= 1 - 1e-9]
    for choice in product((-1.0, 0.0, 1.0), repeat=int(accepted.sum())):
        move = np.zeros(len(blocks))
        move[accepted] = choice
        if (
            not move.any()
            or (move[ratio >= 1 - 1e-9] > 0).any()
            or (move[held] > move[blocks.parent[held]]).any()
            or any(move[members].sum() > 0 for members in full)
        ):
            continue
        found.append(move)
    return found
