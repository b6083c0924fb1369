"""Storages of which only one of each length was stated: the arrays are those of stating them all."""

import dataclasses

import numpy as np
import pytest

from clearing.build import compile_model, state
from clearing.compiled import Compiled, has_alike, repeated, with_stand_ins
from clearing.problem import ClearingProblem
from tests.clearing.books import random_grid
from tests.clearing.draws import random_blocks, random_storages, random_tree


def drawn(seed: int) -> ClearingProblem:
    """A grid with blocks, limits over trees, and storages of any windows, some of them alike."""
    rng = np.random.default_rng(seed)
    grid = random_tree(rng, random_grid(rng))
    return random_storages(rng, random_blocks(rng, grid, 3), int(rng.integers(2, 9)))


def by_repeating(problem: ClearingProblem) -> Compiled:
    return repeated(compile_model(state(with_stand_ins(problem))), problem)


def matrix(compiled: Compiled) -> np.ndarray:
    """(rows, columns) in the order of their names, whatever the order of the arrays."""
    whole = np.zeros((len(compiled.row_lower), len(compiled.cost)))
    for column in range(len(compiled.cost)):
        here = slice(compiled.start[column], compiled.start[column + 1])
        whole[compiled.index[here], column] = compiled.value[here]
    return whole[places(compiled.row)][:, places(compiled.column)]


def places(named: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([named[name] for name in sorted(named)])


@pytest.mark.parametrize("seed", range(20))
def test_repeated_arrays_are_those_of_stating_every_storage(seed: int) -> None:
    problem = drawn(seed)
    stated, made = compile_model(state(problem)), by_repeating(problem)

    assert {name: len(of) for name, of in made.column.items()} == {
        name: len(of) for name, of in stated.column.items()
    }
    assert (matrix(made) == matrix(stated)).all()
    columns = places(made.column), places(stated.column)
    assert (made.cost[columns[0]] == stated.cost[columns[1]]).all()
    rows = places(made.row), places(stated.row)
    for name in ("row_lower", "row_upper"):
        assert (getattr(made, name)[rows[0]] == getattr(stated, name)[rows[1]]).all()
    assert made.offset == stated.offset


@pytest.mark.parametrize("seed", range(20))
def test_where_every_storage_has_all_its_numbers_the_order_is_the_same_too(seed: int) -> None:
    problem = drawn(seed)
    storages = problem.storages
    problem = dataclasses.replace(
        problem,
        storages=dataclasses.replace(
            storages,
            spread_ticks=storages.spread_ticks + 1,
            end_value_ticks=np.abs(storages.end_value_ticks) + 1,
        ),
    )
    stated, made = compile_model(state(problem)), by_repeating(problem)

    for name in ("cost", "row_lower", "row_upper", "start", "index", "value"):
        assert np.array_equal(getattr(made, name), getattr(stated, name)), name
    for name in ("column", "row"):
        one, other = getattr(made, name), getattr(stated, name)
        assert list(one) == list(other)
        assert all(np.array_equal(one[key], other[key]) for key in other)


def test_a_formula_that_holds_more_than_a_number_of_the_storage_is_refused() -> None:
    problem = drawn(0)
    stated = compile_model(state(with_stand_ins(problem)))
    # A charge that gains three times over, plus one.
    other = np.where(stated.value == -3.0, -4.0, stated.value)

    with pytest.raises(AssertionError, match="no number of a storage alone"):
        repeated(dataclasses.replace(stated, value=other), problem)


def test_only_where_two_windows_are_equally_long_is_there_anything_to_repeat() -> None:
    storages = drawn(1).storages
    first = storages.first_interval
    one = dataclasses.replace(storages, last_interval=first)
    long = dataclasses.replace(
        storages, last_interval=first + np.arange(len(storages), dtype=np.int32)
    )

    assert has_alike(one)
    assert not has_alike(long)
