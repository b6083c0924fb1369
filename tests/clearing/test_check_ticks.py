"""Published ticks: the exact prices rounded half to even, what is tied together rounded alike."""

import numpy as np
import pytest

from clearing.check.grid import read_grid
from clearing.check.ticks import tick_refusals
from clearing.problem import ClearingProblem
from tests.clearing.books import lines_of, market, orders_of
from tests.clearing.by_hand import by_hand

#: Three areas in a row; forward costs 1 tick on the first line, backward 3 on the second.
ROW = [(0, 1, 9, 9, 0, 1, 2), (1, 2, 9, 9, 0, 4, 3)]


def row(n_intervals: int = 1, loss_ppm: int = 0) -> ClearingProblem:
    rows = [(*line[:4], loss_ppm, *line[5:]) for line in ROW]
    return market(
        orders_of([]), n_areas=3, n_intervals=n_intervals, lines=lines_of(rows, n_intervals)
    )


def refused(
    problem: ClearingProblem,
    inside: list[list[float]],
    ticks: list[list[int]],
    *,
    outside: list[list[float]] | None = None,
    outer_ticks: list[list[int]] | None = None,
    known: bool | list[list[bool]] = True,
    flows: int = 1,
) -> list[str]:
    """What is said of these ticks of these exact prices; something flows everywhere."""
    outer = inside if outside is None else outside
    result = by_hand(problem, accepted=[], exact=0, forward=flows)
    result.price_ticks[:] = ticks
    result.connection_price_ticks[:] = ticks if outer_ticks is None else outer_ticks
    exact = np.rint(np.array([inside, outer]).reshape(-1) * 1e6).astype(np.int64)
    sure = np.broadcast_to(np.asarray(known), np.shape(inside)).reshape(-1)
    return tick_refusals(problem, result, read_grid(problem, result), exact, sure)


@pytest.mark.parametrize(
    ("exact", "tick"), [(7.4, 7), (7.499999, 7), (7.500001, 8), (7.5, 8), (8.5, 8), (-7.5, -8)]
)
def test_a_tick_is_the_exact_price_rounded_half_to_even(exact: float, tick: int) -> None:
    problem = market(orders_of([]), n_areas=2, lines=lines_of([(0, 1, 9, 9, 20_000, 0, 0)]))
    prices, right = [[exact], [50.0]], [[tick], [50]]

    assert refused(problem, prices, right) == []
    for off in (-1, 1):
        wrong = [[tick + off], [50]]
        assert refused(problem, prices, wrong, outer_ticks=right) == [
            f"area 0, interval 0: price {tick + off}, due {tick}"
        ]
        assert refused(problem, prices, right, outer_ticks=wrong) == [
            f"area 0, interval 0: connection price {tick + off}, due {tick}"
        ]


def test_where_there_is_no_price_no_tick_is_asked_for() -> None:
    assert refused(row(), [[7.0]] * 3, [[9]] * 3, flows=0) == []


def test_each_area_and_interval_is_named() -> None:
    problem = row(n_intervals=4)
    ticks = [[7] * 4, [7, 7, 7, 9], [5, 7, 7, 7]]

    assert refused(problem, [[7.0] * 4] * 3, ticks, outer_ticks=[[7] * 4] * 3) == [
        "area 1, interval 3: price 9, due 7",
        "area 2, interval 0: price 5, due 7",
    ]
    # Ten are enough.
    assert len(refused(problem, [[7.0] * 4] * 3, [[8] * 4] * 3)) == 10


# ── halves ──────────────────────────────────────────────────────────────────────────────────────


def test_halves_a_whole_number_of_ticks_apart_follow_the_first() -> None:
    # 200.5 goes to 200; one tick above along the first line, three below along the way back.
    tied = [[200.5], [201.5], [198.5]]

    assert refused(row(), tied, [[200], [201], [198]]) == []
    assert refused(row(), tied, [[200], [202], [198]], outer_ticks=[[200], [201], [198]]) == [
        "area 1, interval 0: price 202, due 201"
    ]
    # The other way round: the first is 2 ticks above the second, that 4 below the third.
    back = [[203.5], [201.5], [205.5]]
    assert refused(row(), back, [[204], [202], [206]]) == []
    assert refused(row(), [[202.5], [201.5], [205.5]], [[202], [202], [206]]) == []


def test_halves_that_nothing_ties_go_their_own_way() -> None:
    apart = [[200.5], [201.5], [198.5]]

    # A line with losses, or another distance than its fee, ties nothing.
    assert refused(row(loss_ppm=1), apart, [[200], [202], [198]]) == []
    assert refused(row(), [[200.5], [203.5], [201.5]], [[200], [204], [202]]) == []
    assert "area 1, interval 0: price 203, due 204" in (
        refused(row(), [[200.5], [203.5], [201.5]], [[200], [203], [202]])
    )


def test_a_limit_with_a_rent_parts_inside_and_outside() -> None:
    inside, outside = [[199.5], [100.0], [100.0]], [[200.5], [201.5], [198.5]]
    outer_ticks = [[200], [201], [198]]

    found = refused(row(), inside, [[200], [100], [100]], outside=outside, outer_ticks=outer_ticks)
    assert found == []


def test_halves_of_another_interval_are_another_set() -> None:
    problem = row(n_intervals=2)
    exact = [[200.5, 201.5], [201.5, 202.5], [198.5, 199.5]]

    assert refused(problem, exact, [[200, 202], [201, 203], [198, 200]]) == []


def test_a_set_with_a_guess_may_be_rounded_either_way() -> None:
    tied = [[200.5], [201.5], [100.5]]
    known = [[False], [True], [True]]

    for ticks in ([[200], [201], [100]], [[201], [202], [100]]):
        assert refused(row(), tied, ticks, known=known) == []
    # Either way, but no further; and what no guess belongs to stays what it is.
    for area, tick in ((0, 199), (0, 202), (1, 200), (1, 203)):
        ticks = [[200], [201], [100]]
        ticks[area] = [tick]
        assert refused(row(), tied, ticks, known=known)[0].startswith(f"area {area}, ")
    assert refused(row(), tied, [[200], [201], [101]], known=known)[0] == (
        "area 2, interval 0: price 101, due 100"
    )
    assert refused(row(), [[200.0], [201.5], [100.5]], [[201], [202], [100]], known=known)[0] == (
        "area 0, interval 0: price 201, due 200"
    )
