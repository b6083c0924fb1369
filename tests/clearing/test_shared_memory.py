"""Records travel through shared memory whole, and a header is not believed beyond its memory."""

import json
import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from clearing.merit_order import merit_order
from clearing.problem import ClearingProblem, ClearingResult, Ptdf
from clearing.shared_memory import GarbledError, nameless_file, read, write
from tests.clearing.books import blocks, book, lines_of, market, random_grid, storages


@pytest.fixture
def shared() -> Iterator[int]:
    file = nameless_file()
    yield file
    os.close(file)


def through_json(header: dict[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(json.dumps(header))
    return parsed


def same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if is_dataclass(one):
        parts = [field.name for field in fields(one)]
        return type(one) is type(other) and all(
            same(getattr(one, name), getattr(other, name)) for name in parts
        )
    return type(one) is type(other) and one == other


def full_problem() -> ClearingProblem:
    """One that leaves nothing out."""
    orders = book("0 sell 10 @ 100\n1 buy 10 @ 300")
    return replace(
        market(
            replace(
                orders,
                price_end_ticks=np.array([120, 300]),
                is_last_resort=np.array([False, True]),
            ),
            n_areas=2,
            lines=lines_of([(0, 1, 5, 5, 0, 0, 0)]),
            blocks=blocks("A sell 100 @ 2000 in 0 of area 0, min 0.5"),
            storages=storages("charge 1 discharge 1 capacity 4 from 2 in 0-0 of area 1"),
            parent=[-1, 0],
        ),
        ptdf=Ptdf(line=np.array([0], dtype=np.int32), factor_ppb=np.array([[0, 1]])),
        confirmed_wh=np.zeros((2, 1, 1), dtype=np.int64),
    )


def test_a_problem_arrives_as_it_was_sent(shared: int) -> None:
    # Larger ones first: what is left of them in the memory must not matter.
    for problem in (random_grid(np.random.default_rng(8)), full_problem(), market(book(""))):
        assert same(read(shared, through_json(write(shared, problem)), ClearingProblem), problem)


def test_a_result_arrives_as_it_was_sent(shared: int) -> None:
    result = replace(
        merit_order(full_problem(), "because"),
        welfare_quanta=2**90,
        timings_ms={"audit": 1.5},
        audit_faults=("one", "two"),
    )

    assert same(read(shared, through_json(write(shared, result)), ClearingResult), result)


def test_what_arrived_is_a_copy(shared: int) -> None:
    problem = full_problem()
    header = write(shared, problem)
    arrived = read(shared, header, ClearingProblem)
    write(shared, market(book("0 sell 7 @ 7\n" * 50)))

    assert same(arrived, problem)


def test_a_problem_is_no_result(shared: int) -> None:
    header = write(shared, full_problem())

    with pytest.raises(GarbledError):
        read(shared, header, ClearingResult)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"size": 0, "arrays": {}, "scalars": {}},
        {"size": "many", "arrays": {}, "scalars": {}},
        {"size": 1 << 50, "arrays": {}, "scalars": {}},
        {"size": 1, "arrays": [], "scalars": {}},
        {"size": 1, "arrays": {"areas": ["int64", [1, 2], 0]}, "scalars": {}},
        {"size": 1, "arrays": {"areas": "int64"}, "scalars": {}},
        {"size": 1, "arrays": {}, "scalars": {"n_areas": 1}},
        {"size": 1, "arrays": {}, "scalars": None},
    ],
)
def test_a_wrong_header_is_refused(shared: int, header: dict[str, Any]) -> None:
    write(shared, full_problem())

    with pytest.raises(GarbledError):
        read(shared, header, ClearingProblem)
