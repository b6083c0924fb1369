"""Arrays of a result that are not what they say they are, and amounts nothing may ever have."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check import audit
from clearing.check.shapes import range_refusals, shape_refusals
from clearing.problem import PPB, ClearingProblem, ClearingResult
from tests.clearing.books import blocks, book, lines_of, market, storages
from tests.clearing.by_hand import by_hand, changed
from tests.clearing.damages import ARRAYS


def full() -> tuple[ClearingProblem, ClearingResult]:
    """Everything at the most it may be, all at once: whether that clears is nobody's question here."""
    problem = market(
        book("0 sell 7 @ 100\n1 buy 8 @ 300"),
        n_areas=2,
        lines=lines_of([(0, 1, 11, 12, 0, 0, 0)]),
        blocks=blocks("A sell 5 @ 90 in 0 of area 1"),
        storages=storages("charge 21 discharge 22 capacity 23 from 23 in 0-0 of area 0"),
    )
    result = by_hand(
        problem,
        accepted=[7, 8],
        exact=0,
        forward=11,
        backward=12,
        ratio=[1],
        charge=21,
        discharge=22,
    )
    return problem, replace(result, stored_wh=np.array([[23]]))


def test_the_most_there_may_be_and_nothing_are_in_range() -> None:
    problem, result = full()

    assert range_refusals(problem, result) == []
    empty = {name: np.zeros_like(getattr(result, name)) for name in ARRAYS}
    assert range_refusals(problem, replace(result, **empty)) == []


@pytest.mark.parametrize(
    ("name", "place", "most", "what"),
    [
        ("accepted_wh", (0,), 7, "an order is filled"),
        ("accepted_wh", (1,), 8, "an order is filled"),
        ("block_ratio_ppb", (0,), PPB, "a block is accepted"),
        ("sent_forward_wh", (0, 0), 11, "a line sends forward"),
        ("sent_backward_wh", (0, 0), 12, "a line sends backward"),
        ("charge_wh", (0, 0), 21, "a storage charges"),
        ("discharge_wh", (0, 0), 22, "a storage discharges"),
        ("stored_wh", (0, 0), 23, "a storage holds"),
    ],
)
def test_one_more_than_the_most_and_one_less_than_nothing_are_refused(
    name: str, place: tuple[int, ...], most: int, what: str
) -> None:
    problem, result = full()

    for by in (1, -most - 1):
        damaged = changed(result, name, place, by)
        assert range_refusals(problem, damaged) == [f"{what} outside what it may"]
        assert audit(problem, damaged) == [f"{what} outside what it may"]


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_another_shape_or_type_ends_the_audit_by_its_name(name: str) -> None:
    problem, result = full()
    array = getattr(result, name)
    assert shape_refusals(problem, result) == []

    longer = replace(result, **{name: np.concatenate([array, array])})
    other = replace(result, **{name: array.astype(np.int32)})
    for damaged in (longer, other):
        (said,) = audit(problem, damaged)
        assert said.startswith(f"{name}: ")
