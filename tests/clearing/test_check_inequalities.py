"""Many inequalities between two prices each: the highest and the lowest prices that keep all."""

import numpy as np
import pytest

from clearing.check.inequalities import Extremes, Inequalities, extremes, inequality, joined

FREE = np.inf


def rows(*each: tuple[int, int, float, float]) -> Inequalities:
    """Rows of (lower, upper, scale, shift)."""
    return joined(
        [inequality(np.array([low]), np.array([high]), by, more) for low, high, by, more in each]
    )


def found(
    low: list[float], high: list[float], said: Inequalities, sets: list[int] | None = None
) -> Extremes:
    set_of = np.array(sets or [0] * len(low))
    return extremes(np.array(low), np.array(high), said, set_of, int(set_of.max()) + 1)


def test_without_a_word_more_one_price_is_no_higher_than_the_other() -> None:
    said = inequality(np.array([0]), np.array([1]))
    ends = found([3.0, -FREE], [FREE, 7.0], said)

    assert (ends.top.tolist(), ends.bottom.tolist()) == ([7.0, 7.0], [3.0, 3.0])


def test_bounds_run_along_a_chain_both_ways() -> None:
    # The first is at most half the second and 1 more, the second at most the third and 4 more.
    said = rows((0, 1, 0.5, 1.0), (1, 2, 1.0, 4.0))

    ends = found([-FREE] * 3, [FREE, FREE, 10.0], said)
    assert ends.top.tolist() == [8.0, 14.0, 10.0]
    ends = found([8.0, -FREE, -FREE], [FREE] * 3, said)
    assert ends.bottom.tolist() == [8.0, 14.0, 10.0]
    assert ends.fits.tolist() == [True]


def test_rows_of_one_price_all_count() -> None:
    said = rows((0, 1, 1.0, 0.0), (0, 2, 1.0, 0.0))

    assert found([-FREE] * 3, [FREE, 5.0, 4.0], said).top.tolist() == [4.0, 5.0, 4.0]
    assert found([-FREE] * 3, [FREE, 4.0, 5.0], said).top.tolist() == [4.0, 4.0, 5.0]


@pytest.mark.parametrize(("apart", "fits"), [(0.0, True), (0.9e-6, True), (1.1e-6, False)])
def test_prices_a_millionth_apart_are_equal(apart: float, fits: bool) -> None:
    nothing = inequality(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))

    assert found([1.0], [1.0 - apart], nothing).fits.tolist() == [fits]
    said = rows((0, 1, 1.0, 0.0))
    assert found([1.0, -FREE], [FREE, 1.0 - apart], said).fits.tolist() == [fits]


def test_a_set_without_prices_leaves_the_others_alone() -> None:
    # In the first set what falls goes round and round; in the second one price bounds another.
    said = rows((0, 1, 0.9, 0.0), (1, 0, 0.9, 0.0), (2, 3, 1.0, 0.0), (3, 4, 1.0, 0.0))
    ends = found([5.0, 5.0, 0.0, 0.0, 0.0], [100.0, 100.0, FREE, FREE, 7.0], said, [0, 0, 1, 1, 1])

    assert ends.fits.tolist() == [False, True]
    assert ends.top[2:].tolist() == [7.0, 7.0, 7.0]
    assert ends.bottom[2:].tolist() == [0.0, 0.0, 0.0]


def test_a_circle_that_loses_ends_at_nothing() -> None:
    said = rows((0, 1, 0.5, 0.0), (1, 0, 0.5, 0.0))
    ends = found([-10.0, -10.0], [100.0, 100.0], said)

    # What is at most a quarter of itself is nothing, or negative.
    assert ends.top == pytest.approx([0.0, 0.0], abs=1e-8)
    assert ends.bottom.tolist() == [-10.0, -10.0]
