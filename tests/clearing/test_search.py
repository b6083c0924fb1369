"""Circles of flow: found, and broken at the least cost."""

import dataclasses
import itertools

import numpy as np

from clearing.build import build
from clearing.clear import clear
from clearing.curves import build_curves
from clearing.merit_order import merit_order
from clearing.problem import Rung
from clearing.refine import Relaxation, nothing_fixed
from clearing.search.circles import circle
from tests.clearing.books import book, lines_of, market, random_grid

RING = [(0, 1, 90, 90, 100_000, 0, 0), (1, 2, 90, 90, 100_000, 0, 0), (2, 0, 90, 90, 100_000, 0, 0)]


def test_a_circle_is_found_in_whichever_direction_it_runs() -> None:
    problem = market(book(""), n_areas=3, lines=lines_of(RING))
    one, none = np.ones(3), np.zeros(3)

    assert circle(problem, none, none) is None
    assert circle(problem, np.array([1.0, 1.0, 0.0]), none) is None
    assert circle(problem, one, none) == [(0, False), (1, False), (2, False)]
    assert circle(problem, none, one) == [(2, True), (1, True), (0, True)]
    assert circle(problem, np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0])) is not None


def test_closing_directions_costs_no_more_than_any_other_way_to_close_them() -> None:
    """Against every choice of directions of a small grid at negative prices."""
    tried = 0
    for seed in range(3000, 3010):
        problem = random_grid(np.random.default_rng(seed), negative=True).slice(0)
        if not 0 < len(problem.lines) <= 3:
            continue
        tried += 1
        result = clear(problem)
        assert result.rung is Rung.OPTIMAL
        curves = build_curves(problem)
        relaxation = Relaxation(problem, curves, build(problem, curves))
        best = np.inf
        for ways in itertools.product((0, 1, 2), repeat=len(problem.lines)):
            way = np.array(ways).reshape(-1, 1)
            fixing = dataclasses.replace(
                nothing_fixed(problem), closed_forward=way == 1, closed_backward=way == 2
            )
            flows = relaxation.solve(fixing)
            if circle(problem, flows.forward_wh[:, 0], flows.backward_wh[:, 0]) is None:
                best = min(best, flows.cost)
        alone = merit_order(problem).welfare_quanta
        dearest = int(np.abs(problem.orders.price_ticks).max(initial=1))
        lossy = int((problem.lines.loss_ppm > 0).sum())
        # Whole Wh may miss the continuous optimum by a Wh or two a line, either way.
        assert abs(result.welfare_quanta - (alone - best)) <= (2 * lossy + 1e-6) * dearest + 1e-3
    assert tried > 2
