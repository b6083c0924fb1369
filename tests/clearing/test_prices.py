"""The price rule against its definition: the average of max Σπ and min Σπ over a linear program."""

import highspy
import numpy as np
import pytest

from clearing.check.orders import bounds_from_orders
from clearing.clear import clear
from clearing.problem import NO_LIMIT_WH, ClearingProblem, ClearingResult
from tests.clearing.books import PRICE_MAX, PRICE_MIN, book, lines_of, market, random_grid


def test_the_published_price_is_the_middle_of_all_supporting_prices() -> None:
    compared = 0
    for seed in range(60):
        problem = random_grid(np.random.default_rng(seed)).slice(0)
        result = clear(problem)
        if result.rounding_wh.any() or not result.has_price.any():
            continue
        highest, lowest = (extreme(problem, result, sign) for sign in (1.0, -1.0))
        if highest is None or lowest is None:
            continue  # losses carry a price past the market's limits; the auditor follows them
        middle = (highest + lowest) / 2
        here = result.has_price[:, 0]
        n = problem.n_areas
        assert np.abs(middle[:n] - result.price_ticks[:, 0])[here].max() <= 0.5 + 1e-6, seed
        outside = np.abs(middle[n:] - result.connection_price_ticks[:, 0])
        assert outside[here].max() <= 0.5 + 1e-6, seed
        compared += 1
    assert compared > 20


def extreme(problem: ClearingProblem, result: ClearingResult, sign: float) -> np.ndarray | None:
    """Prices inside then outside of largest (sign +1) or smallest sum; None where there are none."""
    n, areas = problem.n_areas, problem.areas
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    for area in range(n):
        low, high = bounds_from_orders(problem, result.accepted_wh, area, 0, 0)
        solver.addVar(max(low, PRICE_MIN), min(high, PRICE_MAX))
    for _ in range(n):
        solver.addVar(PRICE_MIN, PRICE_MAX)
    for area in range(n):
        net = result.net_export_wh[area, 0]
        most_out, most_in = areas.export_limit_wh[area, 0], areas.import_limit_wh[area, 0]
        if net < most_out or most_out >= NO_LIMIT_WH:
            at_least(solver, {area: 1.0, n + area: -1.0}, 0.0)
        if -net < most_in or most_in >= NO_LIMIT_WH:
            at_least(solver, {n + area: 1.0, area: -1.0}, 0.0)
    state_rents(solver, problem, result)
    for column in range(2 * n):
        solver.changeColCost(column, -sign)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(solver.getSolution().col_value)


def at_least(solver: highspy.Highs, terms: dict[int, float], least: float) -> None:
    columns = np.array(list(terms), dtype=np.int32)
    solver.addRow(least, highspy.kHighsInf, len(terms), columns, np.array(list(terms.values())))


def state_rents(solver: highspy.Highs, problem: ClearingProblem, result: ClearingResult) -> None:
    """What is sent pays, and what could be sent besides would not."""
    n, lines = problem.n_areas, problem.lines
    for line in range(len(lines)):
        kept = 1 - lines.loss_ppm[line] / 1e6
        i, j = n + int(lines.from_area[line]), n + int(lines.to_area[line])
        for start, end, sent, most, fees in (
            (i, j, result.sent_forward_wh, lines.capacity_forward_wh, lines.fee_forward_ticks),
            (j, i, result.sent_backward_wh, lines.capacity_backward_wh, lines.fee_backward_ticks),
        ):
            if sent[line, 0] > 0:
                at_least(solver, {end: kept, start: -1.0}, float(fees[line]))
            if sent[line, 0] < most[line, 0]:
                at_least(solver, {end: -kept, start: 1.0}, -float(fees[line]))


@pytest.mark.parametrize("loss_ppm", [0, 20_000, 250_000])
def test_the_rent_of_a_line_has_the_sign_its_flow_says(loss_ppm: int) -> None:
    text = "0 sell 100000 @ {far}\n1 sell 1000 @ 5000\n1 buy 1000 @ 9000"
    line = lines_of([(0, 1, 300, 300, loss_ppm, 150, 150)])
    full = clear(market(book(text.format(far=1000)), n_areas=2, lines=line))
    idle = clear(market(book(text.format(far=8000)), n_areas=2, lines=line))

    def rent(near: int, far: int) -> float:
        return (1 - loss_ppm / 1e6) * far - near - 150

    assert full.sent_forward_wh.item() == 300
    assert rent(*full.price_ticks[:, 0]) > 0
    assert idle.sent_forward_wh.item() == 0
    assert not idle.has_price[0, 0]
