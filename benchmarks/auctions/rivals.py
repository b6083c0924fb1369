"""Other ways to the welfare of a book, for `benchmarks.clearing` to compare time and answer with.

The one idea to know: these know nothing of curves. Every order is a variable of its own, or the
two sides of a single market are sorted and walked along; nothing here calls the engine.
"""

from typing import Any

import highspy
import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.contrib.solver.solvers.highs import Highs

from clearing.problem import PPM, ClearingProblem

FloatArray = NDArray[np.float64]


def sorted_book(problem: ClearingProblem) -> NDArray[np.int64]:
    """Rows of the book by node and price: the least that a clearing has to look at."""
    orders = problem.orders
    node = orders.area.astype(np.int64) * problem.n_intervals + orders.interval
    return np.lexsort((orders.price_ticks, node))


def merged_sides(problem: ClearingProblem) -> int:
    """Welfare of one area in one interval: both sides sorted, and what each Wh gains, in quanta."""
    orders, sells = problem.orders, problem.orders.is_sell
    offer = np.argsort(orders.price_ticks[sells], kind="stable")
    bid = np.argsort(-orders.price_ticks[~sells], kind="stable")
    offered, asked = orders.energy_wh[sells][offer], orders.energy_wh[~sells][bid]
    supply, demand = np.cumsum(offered), np.cumsum(asked)
    # Between two ends of orders on either side the price of both sides stands still.
    ends = np.union1d(supply, demand)
    ends = ends[ends <= min(supply[-1], demand[-1])]
    width = np.diff(ends, prepend=0)
    cheapest = orders.price_ticks[sells][offer][np.searchsorted(supply, ends)]
    dearest = orders.price_ticks[~sells][bid][np.searchsorted(demand, ends)]
    return int(np.maximum(dearest - cheapest, 0) @ width)


def one_column_per_order(problem: ClearingProblem) -> float:
    """Welfare by a linear program with a column an order, in arrays, presolve off."""
    orders, lines = problem.orders, problem.lines
    sign = np.where(orders.is_sell, 1.0, -1.0)
    node = orders.area.astype(np.int64) * problem.n_intervals + orders.interval
    t = np.arange(problem.n_intervals)
    start = (lines.from_area[:, None].astype(np.int64) * problem.n_intervals + t).reshape(-1)
    end = (lines.to_area[:, None].astype(np.int64) * problem.n_intervals + t).reshape(-1)
    kept = np.repeat(1.0 - lines.loss_ppm / PPM, problem.n_intervals)
    # A line takes one Wh at one end and gives what is kept of it at the other.
    line_rows = np.concatenate(
        [np.column_stack([start, end]), np.column_stack([end, start])]
    ).reshape(-1)
    taken = np.column_stack([-np.ones(len(kept)), kept]).reshape(-1)
    fees = [
        np.repeat(fee, problem.n_intervals)
        for fee in (lines.fee_forward_ticks, lines.fee_backward_ticks)
    ]
    m, flows = len(orders), 2 * len(kept)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = m + flows, problem.n_areas * problem.n_intervals
    lp.col_cost_ = np.concatenate([sign * orders.price_ticks, *fees])
    lp.col_lower_ = np.zeros(m + flows)
    lp.col_upper_ = np.concatenate(
        [
            orders.energy_wh,
            lines.capacity_forward_wh.reshape(-1),
            lines.capacity_backward_wh.reshape(-1),
        ]
    ).astype(np.float64)
    lp.row_lower_ = lp.row_upper_ = np.zeros(lp.num_row_)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([np.arange(m), m + 2 * np.arange(flows + 1)]).astype(
        np.int32
    )
    lp.a_matrix_.index_ = np.concatenate([node, line_rows]).astype(np.int32)
    lp.a_matrix_.value_ = np.concatenate([sign, taken, taken])
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its class is not annotated
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("presolve", "off")
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(solver.modelStatusToString(solver.getModelStatus()))
    return -float(solver.getObjectiveValue())


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
    results = Highs().solve(model)
    return -float(results.incumbent_objective)
