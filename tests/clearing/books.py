"""Markets and books for the clearing tests: by hand as text tables, or drawn by a seed."""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
from numpy.typing import ArrayLike

from clearing.problem import (
    NO_LIMIT_WH,
    Areas,
    ClearingProblem,
    IntArray,
    Lines,
    StepOrders,
    Tie,
)

PRICE_MIN, PRICE_MAX = -50_000, 400_000


def orders_of(rows: list[tuple[int, int, bool, int, int, int]]) -> StepOrders:
    """Columns of rows (area, interval, is_sell, price, energy, sequence)."""
    table = list(zip(*rows, strict=True)) if rows else [()] * 6
    return StepOrders(
        area=np.array(table[0], dtype=np.int32),
        interval=np.array(table[1], dtype=np.int32),
        is_sell=np.array(table[2], dtype=np.bool_),
        price_ticks=np.array(table[3], dtype=np.int64),
        energy_wh=np.array(table[4], dtype=np.int64),
        sequence=np.array(table[5], dtype=np.int64),
    )


def book(text: str) -> StepOrders:
    """Orders from a table: `area side energy @ price`, accepted in the order written."""
    rows = []
    for line in text.strip().splitlines():
        area, side, energy, _, price = line.split()
        rows.append((int(area), 0, side == "sell", int(price), int(energy), len(rows) + 1))
    return orders_of(rows)


def lines_of(rows: list[tuple[int, int, int, int, int, int, int]], n_intervals: int = 1) -> Lines:
    """Lines of rows (from, to, forward, backward capacity, loss ppm, fees forward, backward)."""
    table = list(zip(*rows, strict=True)) if rows else [()] * 7

    def over_time(values: Sequence[int]) -> IntArray:
        column = np.array(values, dtype=np.int64).reshape(-1, 1)
        return np.repeat(column, n_intervals, axis=1)

    return Lines(
        from_area=np.array(table[0], dtype=np.int32),
        to_area=np.array(table[1], dtype=np.int32),
        capacity_forward_wh=over_time(table[2]),
        capacity_backward_wh=over_time(table[3]),
        loss_ppm=np.array(table[4], dtype=np.int64),
        fee_forward_ticks=np.array(table[5], dtype=np.int64),
        fee_backward_ticks=np.array(table[6], dtype=np.int64),
    )


def market(
    orders: StepOrders,
    *,
    n_areas: int = 1,
    n_intervals: int = 1,
    lines: Lines | None = None,
    imports: ArrayLike = NO_LIMIT_WH,
    exports: ArrayLike = NO_LIMIT_WH,
    tie: Tie = Tie.TIME,
) -> ClearingProblem:
    """A market around a book; limits are one number or an array (n, t)."""
    shape = (n_areas, n_intervals)
    return ClearingProblem(
        n_areas=n_areas,
        n_intervals=n_intervals,
        areas=Areas(
            import_limit_wh=np.broadcast_to(np.asarray(imports, dtype=np.int64), shape).copy(),
            export_limit_wh=np.broadcast_to(np.asarray(exports, dtype=np.int64), shape).copy(),
        ),
        lines=lines if lines is not None else lines_of([], n_intervals),
        orders=orders,
        price_min_ticks=PRICE_MIN,
        price_max_ticks=PRICE_MAX,
        tie=tie,
    )


def random_orders(
    rng: np.random.Generator, m: int, n_areas: int, n_intervals: int, *, lowest: int, steps: int
) -> StepOrders:
    """A book with `steps` different prices from `lowest` on, so that few steps make many ties."""
    step = max(1, 30_000 // steps)
    return StepOrders(
        area=rng.integers(0, n_areas, m).astype(np.int32),
        interval=rng.integers(0, n_intervals, m).astype(np.int32),
        is_sell=rng.random(m) < rng.choice([0.0, 0.3, 0.5, 0.5, 0.5, 0.7, 1.0]),
        price_ticks=lowest + step * rng.integers(0, steps + 1, m),
        energy_wh=rng.integers(1, int(rng.choice([4, 200, 5_000])), m),
        sequence=rng.permutation(m).astype(np.int64),
    )


def random_grid(rng: np.random.Generator, *, negative: bool = False) -> ClearingProblem:
    """Up to six areas, any lines between them, limits, losses, fees; sometimes parallel lines."""
    n, t = int(rng.integers(1, 7)), int(rng.integers(1, 4))
    m = int(rng.integers(0, 30)) * n * t
    rows = []
    for _ in range(int(rng.integers(0, 2 * n)) if n > 1 else 0):
        start, end = rng.choice(n, 2, replace=False)
        rows.append(
            (
                int(start),
                int(end),
                int(rng.choice([0, 10, 500, 20_000, NO_LIMIT_WH])),
                int(rng.choice([0, 10, 500, 20_000, NO_LIMIT_WH])),
                int(rng.choice([0, 0, 20_000, 13_579, 300_000])),
                int(rng.choice([0, 0, 37, 4_000])),
                int(rng.choice([0, 37, 4_000])),
            )
        )
    limits = np.array([0, 50, 3_000, NO_LIMIT_WH, NO_LIMIT_WH])
    return market(
        random_orders(
            rng,
            m,
            n,
            t,
            lowest=-20_000 if negative else 100,
            steps=int(rng.choice([3, 20, 15_000])),
        ),
        n_areas=n,
        n_intervals=t,
        lines=lines_of(rows, t),
        imports=rng.choice(limits, (n, t)),
        exports=rng.choice(limits, (n, t)),
        tie=Tie(rng.choice(list(Tie))),
    )


def shuffled(problem: ClearingProblem, rows: IntArray) -> ClearingProblem:
    """The same problem with the rows of its book in another order."""
    orders = problem.orders
    return market(
        StepOrders(
            area=orders.area[rows],
            interval=orders.interval[rows],
            is_sell=orders.is_sell[rows],
            price_ticks=orders.price_ticks[rows],
            energy_wh=orders.energy_wh[rows],
            sequence=orders.sequence[rows],
        ),
        n_areas=problem.n_areas,
        n_intervals=problem.n_intervals,
        lines=problem.lines,
        imports=problem.areas.import_limit_wh,
        exports=problem.areas.export_limit_wh,
        tie=problem.tie,
    )


def plain_program_welfare(problem: ClearingProblem) -> float:
    """Welfare of the continuous problem with one variable per order, written out by hand.

    Energy in Wh, prices in ticks. Both directions of a line may flow at once here, so at negative
    prices this is only an upper bound.
    """
    orders, lines = problem.orders, problem.lines
    if not len(orders) and not len(lines):
        return 0.0
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    for price, energy, sell in zip(
        orders.price_ticks, orders.energy_wh, orders.is_sell, strict=True
    ):
        _variable(solver, float(price if sell else -price), int(energy))
    for line in range(len(lines)):
        for t in range(problem.n_intervals):
            forward, backward = lines.capacity_forward_wh, lines.capacity_backward_wh
            _variable(solver, float(lines.fee_forward_ticks[line]), int(forward[line, t]))
            _variable(solver, float(lines.fee_backward_ticks[line]), int(backward[line, t]))
    for a in range(problem.n_areas):
        for t in range(problem.n_intervals):
            _balance(solver, problem, a, t)
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return -float(solver.getObjectiveValue())


def _variable(solver: highspy.Highs, cost: float, most: int) -> None:
    solver.addVar(0.0, _bound(most))
    solver.changeColCost(solver.getNumCol() - 1, cost)


def _bound(value: int) -> float:
    return highspy.kHighsInf if value >= NO_LIMIT_WH else float(value)


def _balance(solver: highspy.Highs, problem: ClearingProblem, a: int, t: int) -> None:
    """Sold less bought is sent less received, and within the area's limits."""
    orders, lines = problem.orders, problem.lines
    here = np.flatnonzero((orders.area == a) & (orders.interval == t)).tolist()
    sold = {i: 1.0 if orders.is_sell[i] else -1.0 for i in here}
    both = dict(sold)
    for line in range(len(lines)):
        forward = len(orders) + 2 * (line * problem.n_intervals + t)
        kept = 1.0 - float(lines.loss_ppm[line]) / 1e6
        if lines.from_area[line] == a:
            both[forward], both[forward + 1] = -1.0, kept
        if lines.to_area[line] == a:
            both[forward], both[forward + 1] = kept, -1.0
    low = -_bound(int(problem.areas.import_limit_wh[a, t]))
    high = _bound(int(problem.areas.export_limit_wh[a, t]))
    for row, lower, upper in ((sold, low, high), (both, 0.0, 0.0)):
        columns = np.array(list(row), dtype=np.int32)
        solver.addRow(lower, upper, len(row), columns, np.array(list(row.values())))
