"""Grids of every kind: limits, losses, fees, nested areas, meshes, against one plain program."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check import audit
from clearing.clear import clear
from clearing.problem import MICRO, PPB, ClearingProblem, ClearingResult, Ptdf, Rung
from tests.clearing.books import book, lines_of, market, random_grid
from tests.clearing.draws import enlarged, random_mesh, random_slopes, random_tree
from tests.clearing.oracles import hubs, plain_welfare

#: Seeds of the drawn grids, and how many every run of the tests takes.
GRIDS, SHORT, BATCH = 300, 100, 20


def test_a_limit_of_an_area_holds_for_all_that_lies_in_it() -> None:
    # 120 Wh may leave area 0, with area 1 inside it: 100 cheap ones of its own and 20 of area 1.
    problem = market(
        book("0 sell 100 @ 100\n1 sell 100 @ 200\n2 buy 500 @ 900"),
        n_areas=3,
        lines=lines_of([(0, 2, 900, 0, 0, 0, 0), (1, 2, 900, 0, 0, 0, 0)]),
        exports=[[120], [500], [500]],
        parent=[-1, 0, -1],
    )

    result = clear(problem)

    assert audit(problem, result) == []
    assert result.accepted_wh.tolist() == [100, 20, 120]
    assert result.price_ticks.tolist() == [[200], [200], [900]]
    assert result.connection_price_ticks.tolist() == [[900], [900], [900]]


def test_inside_an_area_its_parts_trade_whatever_its_limit() -> None:
    problem = market(
        book("0 sell 100 @ 100\n1 buy 80 @ 500"),
        n_areas=2,
        lines=lines_of([(0, 1, 900, 0, 0, 0, 0)]),
        imports=[[0], [500]],
        exports=[[0], [500]],
        parent=[-1, 0],
    )

    result = clear(problem)

    assert audit(problem, result) == []
    assert result.accepted_wh.tolist() == [80, 80]
    assert result.price_ticks.tolist() == [[100], [100]]


def triangle(capacity: int, orders: str) -> ClearingProblem:
    """Lines 0-1, 0-2 and 1-2, the second twice as long: from 0 to 2 half goes either way."""
    problem = market(
        book(orders),
        n_areas=3,
        lines=lines_of(
            [
                (0, 1, capacity, capacity, 0, 0, 0),
                (0, 2, 999, 999, 0, 0, 0),
                (1, 2, 999, 999, 0, 0, 0),
            ]
        ),
    )
    quarters = np.array([[0, -3, -2], [0, -1, -2], [0, 1, -2]], dtype=np.int64)
    mesh = Ptdf(line=np.arange(3, dtype=np.int32), factor_ppb=quarters * (PPB // 4))
    return replace(problem, ptdf=mesh)


def test_a_mesh_divides_what_it_carries_by_its_factors() -> None:
    problem = triangle(999, "0 sell 300 @ 1000\n2 buy 90 @ 9000")

    result = clear(problem)

    assert audit(problem, result) == []
    assert result.sent_forward_wh.tolist() == [[45], [45], [45]]
    assert result.price_ticks.tolist() == [[1000], [1000], [1000]]


def test_a_full_line_of_a_mesh_parts_all_its_prices() -> None:
    # Line 0-1 carries half of what goes from 0 to 2: at 20 Wh it is full with 40, the rest of the
    # 90 comes dearer from 2 itself. Area 1 has nothing; its price follows from the factors.
    problem = triangle(20, "0 sell 300 @ 1000\n2 sell 300 @ 4000\n2 buy 90 @ 9000\n1 buy 1 @ 1")

    result = clear(problem)

    assert audit(problem, result) == []
    assert result.accepted_wh.tolist() == [40, 50, 90, 0]
    assert result.price_ticks.tolist() == [[1000], [5500], [4000]]
    assert result.shadow_price_microticks[:, 0].tolist() == [6000 * MICRO, 0, 0]


# ── against independent answers ─────────────────────────────────────────────────────────────────


def drawn(seed: int) -> ClearingProblem:
    """A grid, three in four times nested, meshed or sloped, half of them a million times larger."""
    rng = np.random.default_rng(seed)
    problem = random_grid(rng, negative=seed % 5 == 4)
    if seed % 3 != 2:
        problem = random_tree(rng, problem)
    if seed % 3 != 1:
        problem = random_mesh(rng, problem)
    if seed % 4 == 0:
        problem = random_slopes(rng, problem)
    return enlarged(problem, 1_000_000 if seed % 2 else 1)


def batches() -> list[object]:
    every = range(0, GRIDS, BATCH)
    return [pytest.param(k, marks=[] if k < SHORT else [pytest.mark.long]) for k in every]


@pytest.mark.parametrize("first", batches())
def test_random_grids_have_the_welfare_of_a_plain_program(first: int) -> None:
    for seed in range(first, first + BATCH):
        problem = drawn(seed)

        result = clear(problem)

        assert audit(problem, result) == [], seed
        assert_mesh_rules(problem, result)
        assert result.upper_bound_quanta >= result.welfare_quanta, seed
        negative = seed % 5 == 4
        if negative and problem.ptdf is not None:
            # A plain program would send energy out over a lossy line and back through the mesh.
            continue
        plain = plain_welfare(problem, one_way=negative)
        tolerance = 1e-9 * abs(plain) + 1e-2
        slack = rounding_quanta(problem) + tolerance
        # A loss rounded up is a gain where energy has a negative price.
        assert result.welfare_quanta <= plain + (slack if negative else tolerance), seed
        if result.rung is Rung.OPTIMAL:
            assert result.welfare_quanta >= plain - slack, seed
            assert result.upper_bound_quanta >= plain - slack, seed


def rounding_quanta(problem: ClearingProblem) -> float:
    """What whole Wh may cost: none without losses and mesh, else a Wh or two at every end."""
    lossy = int((problem.lines.loss_ppm > 0).sum())
    meshed = 0 if problem.ptdf is None else len(hubs(problem))
    dearest = int(np.abs(problem.orders.price_ticks).max(initial=1)) + 100
    return 2.0 * (lossy + meshed) * problem.n_intervals * dearest


def assert_mesh_rules(problem: ClearingProblem, result: ClearingResult) -> None:
    """What every area gives to the mesh and what its lines carry, written out once more."""
    lines = problem.lines
    given = result.net_export_wh.copy()
    meshed = problem.ptdf.line.tolist() if problem.ptdf is not None else []
    for line in set(range(len(lines))) - set(meshed):
        start, end = int(lines.from_area[line]), int(lines.to_area[line])
        given[start] -= result.sent_forward_wh[line] - result.received_backward_wh[line]
        given[end] -= result.sent_backward_wh[line] - result.received_forward_wh[line]
    hub = hubs(problem) if problem.ptdf is not None else np.zeros(0, dtype=np.int64)
    assert not given.sum(axis=0).any()
    assert not np.delete(given, hub, axis=0).any()
    if problem.ptdf is None:
        return
    for row, line in enumerate(meshed):
        for t in range(problem.n_intervals):
            factors = problem.ptdf.factor_ppb[row].tolist()
            exact = sum(f * int(z) for f, z in zip(factors, given[:, t], strict=True))
            carried = int(result.sent_forward_wh[line, t]) - int(result.sent_backward_wh[line, t])
            assert abs(carried * PPB - exact) <= PPB // 2
            assert carried <= int(lines.capacity_forward_wh[line, t])
            assert -carried <= int(lines.capacity_backward_wh[line, t])
