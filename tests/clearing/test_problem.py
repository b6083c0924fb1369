"""The self-check of a problem, and the two pieces of arithmetic everybody shares."""

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clearing.faults import faults
from clearing.problem import NO_LIMIT_WH, PPM, exact_dot, received_wh
from tests.clearing.books import book, lines_of, market, random_grid


def test_a_problem_without_faults_says_so() -> None:
    assert faults(random_grid(np.random.default_rng(0))) == []


def test_all_faults_of_grid_and_book_are_told_together() -> None:
    problem = market(
        book("0 sell 0 @ 100\n3 buy 10 @ 100\n0 buy 10 @ 900000"),
        n_areas=2,
        lines=lines_of([(0, 0, -1, 10, PPM, 0, 0), (0, 5, 1, -1, 0, -1, 0)]),
        imports=-1,
    )

    told = " | ".join(faults(problem))

    for part in (
        "import_limit_wh: negative",
        "to_area: no such area",
        "joins an area with itself",
        "capacity_forward_wh: negative",
        "capacity_backward_wh: negative",
        "loss_ppm",
        "fee is negative",
        "energy_wh: not positive",
        "orders.area: no such area",
        "price limits",
    ):
        assert part in told


def test_wrong_shapes_and_types_are_told_before_anything_is_read() -> None:
    problem = market(book("0 sell 1 @ 100"))
    orders = dataclasses.replace(
        problem.orders,
        price_ticks=np.array([1.5]),
        energy_wh=np.array([1, 2]),
    )

    told = faults(dataclasses.replace(problem, orders=orders))

    assert len(told) == 2
    assert "price_ticks" in told[0]
    assert "energy_wh" in told[1]


def test_a_book_too_large_for_exact_numbers_is_refused() -> None:
    assert faults(market(book(f"0 sell {NO_LIMIT_WH} @ 100")))


@given(st.integers(0, 2**53), st.integers(0, PPM - 1))
def test_the_loss_is_rounded_up(sent: int, loss: int) -> None:
    received = received_wh(np.array([[sent]], dtype=np.int64), np.array([loss], dtype=np.int64))

    assert int(received.item()) == sent - -(-sent * loss // PPM)


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 2**52)), max_size=20))
def test_sums_of_money_never_wrap(pairs: list[tuple[int, int]]) -> None:
    left = np.array([pair[0] for pair in pairs], dtype=np.int64)
    right = np.array([pair[1] for pair in pairs], dtype=np.int64)

    assert exact_dot(left, right) == sum(a * b for a, b in pairs)
