"""Which intervals the auditor takes together, and where it allows a rounding."""

import numpy as np
import pytest

from clearing.check.grid import read_grid
from clearing.check.parts import part_of_interval, roundings_wh, touched_nodes
from clearing.problem import ClearingProblem, ClearingResult
from tests.clearing.books import blocks, lines_of, market, orders_of, storages
from tests.clearing.by_hand import by_hand
from tests.clearing.cases import mesh


def result_of(problem: ClearingProblem, ratio: list[float]) -> ClearingResult:
    return by_hand(problem, accepted=[], exact=0, ratio=ratio)


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        ("A sell 5 @ 9 in 1-3 of area 0", [0, 1, 1, 1, 2]),
        ("A sell 5 @ 9 in 1,3 of area 0", [0, 1, 2, 1, 3]),
        (
            "A sell 5 @ 9 in 0 of area 0\nB sell 5 @ 9 in 4 of area 0, child of A",
            [0, 1, 2, 3, 0],
        ),
        (
            "A sell 5 @ 9 in 0 of area 0, min 0.1, group g\n"
            "B sell 5 @ 9 in 2 of area 0, min 0.1, group g",
            [0, 1, 0, 2, 3],
        ),
        (
            "A sell 5 @ 9 in 0,2 of area 0\nB sell 5 @ 9 in 2,4 of area 0\n"
            "C sell 5 @ 9 in 1,3 of area 0",
            [0, 1, 0, 1, 0],
        ),
    ],
)
def test_blocks_tie_intervals_whether_accepted_or_not(table: str, parts: list[int]) -> None:
    problem = market(orders_of([]), n_intervals=5, blocks=blocks(table))

    assert part_of_interval(problem).tolist() == parts


def test_storages_tie_the_intervals_of_their_window_whatever_they_do() -> None:
    table = """
        charge 1 discharge 1 capacity 1 from 0 in 1-2 of area 0
        charge 1 discharge 1 capacity 1 from 0 in 4-5 of area 0
        charge 1 discharge 1 capacity 1 from 0 in 0-0 of area 0
    """
    problem = market(orders_of([]), n_intervals=6, storages=storages(table))

    assert part_of_interval(problem).tolist() == [0, 1, 1, 2, 3, 3]


def test_a_rounding_is_allowed_only_where_something_was_rounded() -> None:
    problem = market(
        orders_of([]),
        n_areas=3,
        n_intervals=3,
        lines=lines_of([(0, 1, 5, 5, 0, 0, 0)], 3),
        blocks=blocks(
            "A sell 5 @ 9 in 0,2 of area 0, min 0.1\nB sell 5 @ 9 in 1 of area 0, min 0.1\n"
            "C sell 5 @ 9 in 1 of area 1, min 0.1"
        ),
        storages=storages("charge 1 discharge 1 capacity 1 from 0 in 1-2 of area 2"),
    )
    result = result_of(problem, [0.5, 1, 0])
    grid = read_grid(problem, result)

    touched = touched_nodes(problem, result, grid)
    assert touched.astype(int).tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 1]]
    # 2, and 2 each for the storage and the block that is cut.
    assert roundings_wh(problem, result, grid) == [0, 1, 2, 4, 8]


def test_a_lossy_line_rounds_every_node() -> None:
    problem = market(
        orders_of([]),
        n_areas=3,
        n_intervals=2,
        lines=lines_of([(0, 1, 5, 5, 1, 0, 0), (1, 2, 5, 5, 1, 0, 0), (0, 2, 5, 5, 1, 0, 0)], 2),
    )
    result = result_of(problem, [])
    grid = read_grid(problem, result)

    assert touched_nodes(problem, result, grid).all()
    assert roundings_wh(problem, result, grid) == [0, 1, 2, 4, 8]
    assert np.array_equal(part_of_interval(problem), [0, 1])


def test_a_mesh_rounds_its_areas_and_allows_two_wh_for_each() -> None:
    problem = mesh()
    result = result_of(problem, [])
    grid = read_grid(problem, result)

    assert grid.hub.tolist() == [True, True, False]
    assert touched_nodes(problem, result, grid).tolist() == [[True] * 2, [True] * 2, [False] * 2]
    # 2, and 2 for each of the two areas.
    assert roundings_wh(problem, result, grid) == [0, 1, 2, 4, 8]


def test_where_nothing_was_rounded_two_wh_are_the_most() -> None:
    problem = market(orders_of([]))
    result = result_of(problem, [])

    assert roundings_wh(problem, result, read_grid(problem, result)) == [0, 1, 2]
