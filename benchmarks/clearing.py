"""Figures of the clearing engine: a warm child on a village's auction, and a ring against Pyomo.

Run as `python -m benchmarks.clearing`; prints a table and writes var/bench/clearing.json. Ratios in
one run on one machine mean something, milliseconds alone do not.
"""

import json
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.contrib.solver.solvers.highs import Highs

from clearing.clear import clear
from clearing.problem import (
    NO_LIMIT_WH,
    PPM,
    Areas,
    ClearingProblem,
    Lines,
    StepOrders,
    Tie,
)
from clearing.service import ClearingService

VILLAGE_ORDERS = 1_000
RING_ORDERS = 100_000
RING_AREAS, RING_INTERVALS = 20, 96
AUCTIONS = 60


def market_of(
    rng: np.random.Generator,
    orders: int,
    n_areas: int,
    n_intervals: int,
    ends: list[tuple[int, int]],
    *,
    capacity_wh: int,
    loss_ppm: int,
    fee_ticks: int,
) -> ClearingProblem:
    """A random book on a grid of equal lines; local price levels differ, so lines bind."""
    nodes, count = (n_areas, n_intervals), len(ends)
    area = rng.integers(0, n_areas, orders)
    capacity = np.full((count, n_intervals), capacity_wh, dtype=np.int64)
    limits = np.full(nodes, NO_LIMIT_WH, dtype=np.int64)
    level = rng.integers(8_000, 16_000, n_areas)
    return ClearingProblem(
        n_areas=n_areas,
        n_intervals=n_intervals,
        areas=Areas(import_limit_wh=limits, export_limit_wh=limits.copy()),
        lines=Lines(
            from_area=np.array([start for start, _ in ends], dtype=np.int32),
            to_area=np.array([end for _, end in ends], dtype=np.int32),
            capacity_forward_wh=capacity,
            capacity_backward_wh=capacity.copy(),
            loss_ppm=np.full(count, loss_ppm, dtype=np.int64),
            fee_forward_ticks=np.full(count, fee_ticks, dtype=np.int64),
            fee_backward_ticks=np.zeros(count, dtype=np.int64),
        ),
        orders=StepOrders(
            area=area.astype(np.int32),
            interval=rng.integers(0, n_intervals, orders).astype(np.int32),
            is_sell=rng.random(orders) < 0.5,
            price_ticks=level[area] + rng.integers(-8_000, 8_000, orders),
            energy_wh=rng.integers(100, 3_000, orders),
            sequence=rng.permutation(orders).astype(np.int64),
        ),
        price_min_ticks=-50_000,
        price_max_ticks=400_000,
        tie=Tie.TIME,
    )


def village(seed: int) -> ClearingProblem:
    return market_of(
        np.random.default_rng(seed),
        VILLAGE_ORDERS,
        3,
        1,
        [(2, 0), (2, 1), (0, 1)],
        capacity_wh=20_000,
        loss_ppm=20_000,
        fee_ticks=4_000,
    )


def ring(orders: int) -> ClearingProblem:
    ends = [(a, (a + 1) % RING_AREAS) for a in range(RING_AREAS)]
    return market_of(
        np.random.default_rng(1),
        orders,
        RING_AREAS,
        RING_INTERVALS,
        ends,
        capacity_wh=5_000,
        loss_ppm=0,
        fee_ticks=0,
    )


def one_variable_per_order(problem: ClearingProblem) -> float:
    """Welfare by a Pyomo model with a variable for every order, solved as Pyomo calls HiGHS."""
    orders, lines = problem.orders, problem.lines
    model = pyo.ConcreteModel()
    energy, price = orders.energy_wh.tolist(), orders.price_ticks.tolist()
    sign = np.where(orders.is_sell, 1, -1).tolist()
    model.accepted = pyo.Var(range(len(orders)), bounds=lambda _, i: (0, energy[i]))
    model.sent = pyo.Var(range(2), range(len(lines)), range(problem.n_intervals))
    terms: dict[tuple[int, int], list[Any]] = {
        (a, t): [] for a in range(problem.n_areas) for t in range(problem.n_intervals)
    }
    places = zip(orders.area.tolist(), orders.interval.tolist(), strict=True)
    for i, place in enumerate(places):
        terms[place].append(sign[i] * model.accepted[i])
    fees = []
    for (way, line, t), sent in model.sent.items():
        capacity = lines.capacity_backward_wh if way else lines.capacity_forward_wh
        fee = lines.fee_backward_ticks if way else lines.fee_forward_ticks
        ends = int(lines.from_area[line]), int(lines.to_area[line])
        start, end = reversed(ends) if way else ends
        sent.setlb(0)
        sent.setub(int(capacity[line, t]))
        terms[start, t].append(-sent)
        terms[end, t].append((1 - int(lines.loss_ppm[line]) / PPM) * sent)
        fees.append(int(fee[line]) * sent)
    model.balance = pyo.Constraint(
        terms.keys(),
        rule=lambda _, a, t: pyo.quicksum(terms[a, t]) == 0 if terms[a, t] else pyo.Constraint.Skip,
    )
    cost = pyo.quicksum(sign[i] * price[i] * model.accepted[i] for i in range(len(orders)))
    model.objective = pyo.Objective(expr=cost + pyo.quicksum(fees))
    solver = Highs()
    results = solver.solve(model)
    return -float(results.incumbent_objective)


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    start = perf_counter()
    answer = run()
    return 1e3 * (perf_counter() - start), answer


def main() -> None:
    figures: dict[str, Any] = {}
    with ClearingService() as service:
        service.solve(village(0), 60.0)
        took, inside = [], []
        for seed in range(AUCTIONS):
            problem = village(seed)
            ms, result = timed(lambda problem=problem: service.solve(problem, 60.0))
            took.append(ms)
            inside.append(sum(result.timings_ms.values()))
    figures["village_warm_child_ms"] = {
        "median": statistics.median(took),
        "max": max(took),
        "median_inside": statistics.median(inside),
    }
    problem = ring(RING_ORDERS)
    clear(ring(2_000))
    keys = problem.orders.area.astype(np.int64) * RING_INTERVALS + problem.orders.interval
    sort_ms, _ = timed(lambda: np.lexsort((problem.orders.price_ticks, keys)))
    engine_ms, result = timed(lambda: clear(problem))
    pyomo_ms, welfare = timed(lambda: one_variable_per_order(problem))
    figures["ring_100k"] = {
        "engine_ms": engine_ms,
        "stages_ms": result.timings_ms,
        "lexsort_ms": sort_ms,
        "pyomo_one_variable_per_order_ms": pyomo_ms,
        "times_faster": pyomo_ms / engine_ms,
        "welfare_relative_difference": (welfare - result.welfare_quanta) / welfare,
    }
    print(json.dumps(figures, indent=2))
    folder = Path("var/bench")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clearing.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
