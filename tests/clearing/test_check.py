"""The auditor: right results pass, damaged ones are refused, whatever was damaged."""

# ruff: noqa: ARG001 - every damage has the same signature, whatever it needs of it

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from clearing.check import audit
from clearing.clear import clear, fallback
from clearing.merit_order import cancelled
from clearing.problem import ClearingProblem, ClearingResult, Rung
from tests.clearing.books import book, lines_of, market, random_grid

Damage = Callable[[ClearingProblem, ClearingResult, np.random.Generator], ClearingResult | None]
RESULTS = 40


def changed(result: ClearingResult, name: str, place: tuple[int, ...], by: int) -> ClearingResult:
    array = getattr(result, name).copy()
    array[place] += by
    return dataclasses.replace(result, **{name: array})


def one_of(rng: np.random.Generator, candidates: np.ndarray) -> tuple[int, ...] | None:
    places = np.argwhere(candidates)
    return tuple(int(i) for i in places[rng.integers(len(places))]) if len(places) else None


def a_fill(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    place = one_of(rng, p.orders.energy_wh > 0)
    return None if place is None else changed(r, "accepted_wh", place, int(rng.choice([-1, 1])))


def two_fills_that_balance(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    """A Wh moved from one order to another of the same area, interval and side."""
    giver = one_of(rng, r.accepted_wh > 0)
    if giver is None:
        return None
    o = p.orders
    same = (o.area == o.area[giver]) & (o.interval == o.interval[giver])
    room = same & (o.is_sell == o.is_sell[giver]) & (r.accepted_wh < o.energy_wh)
    room[giver] = False
    # An equal order is as good as the other: the two are one order in two rows.
    room &= (o.sequence != o.sequence[giver]) | (o.price_ticks != o.price_ticks[giver])
    taker = one_of(rng, room)
    return (
        None
        if taker is None
        else changed(changed(r, "accepted_wh", giver, -1), "accepted_wh", taker, 1)
    )


def a_price(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    place = one_of(rng, r.has_price)
    return (
        None if place is None else changed(r, "price_ticks", place, int(rng.choice([-7, -1, 1, 7])))
    )


def a_connection_price(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    place = one_of(rng, r.has_price)
    return (
        None
        if place is None
        else changed(r, "connection_price_ticks", place, int(rng.choice([-1, 1])))
    )


def a_flow(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    name = str(rng.choice(["sent_forward_wh", "sent_backward_wh"]))
    place = one_of(rng, np.ones_like(getattr(r, name), dtype=np.bool_))
    return None if place is None else changed(r, name, place, int(rng.choice([-1, 1])))


def a_loss(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    name = str(rng.choice(["received_forward_wh", "received_backward_wh"]))
    place = one_of(rng, np.ones_like(getattr(r, name), dtype=np.bool_))
    return None if place is None else changed(r, name, place, int(rng.choice([-1, 1])))


def a_net_export(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    place = one_of(rng, np.ones_like(r.has_price))
    return None if place is None else changed(r, "net_export_wh", place, 1)


def a_rounding(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    place = one_of(rng, np.ones_like(r.has_price))
    return None if place is None else changed(r, "rounding_wh", place, 1)


def whether_there_is_a_price(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    place = one_of(rng, np.ones_like(r.has_price))
    if place is None:
        return None
    array = r.has_price.copy()
    array[place] = ~array[place]
    return dataclasses.replace(r, has_price=array)


def the_best_bid(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    place = one_of(rng, np.ones_like(r.has_price))
    return None if place is None else changed(r, "best_bid_ticks", place, 1)


def the_best_offer(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    place = one_of(rng, np.ones_like(r.has_price))
    return None if place is None else changed(r, "best_offer_ticks", place, 1)


def the_welfare(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return dataclasses.replace(r, welfare_quanta=r.welfare_quanta + int(rng.choice([-1, 1])))


def the_bound(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return dataclasses.replace(r, upper_bound_quanta=r.welfare_quanta - 1)


def the_shape(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return dataclasses.replace(r, accepted_wh=np.append(r.accepted_wh, 0))


DAMAGES: list[Damage] = [
    a_fill,
    two_fills_that_balance,
    a_price,
    a_connection_price,
    a_flow,
    a_loss,
    a_net_export,
    a_rounding,
    whether_there_is_a_price,
    the_best_bid,
    the_best_offer,
    the_welfare,
    the_bound,
    the_shape,
]


@pytest.fixture(scope="module")
def audited() -> list[tuple[ClearingProblem, ClearingResult]]:
    problems = [random_grid(np.random.default_rng(seed)) for seed in range(RESULTS)]
    return [(problem, clear(problem)) for problem in problems]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_result_is_refused(
    audited: list[tuple[ClearingProblem, ClearingResult]], damage: Damage
) -> None:
    rng = np.random.default_rng(11)
    tried = 0
    for problem, result in audited:
        assert audit(problem, result) == []
        for _ in range(3):
            damaged = damage(problem, result, rng)
            if damaged is not None:
                tried += 1
                assert audit(problem, damaged), f"{damage.__name__} was not noticed"
    assert tried > RESULTS


def test_a_better_order_passed_over_is_refused() -> None:
    problem = market(book("0 sell 10 @ 100\n0 sell 10 @ 200\n0 buy 10 @ 300"))
    result = dataclasses.replace(
        clear(problem), accepted_wh=np.array([0, 10, 10]), welfare_quanta=10 * (300 - 200)
    )

    assert any("filled against the price" in refusal for refusal in audit(problem, result))


def test_less_than_could_be_traded_is_refused() -> None:
    problem = market(book("0 sell 10 @ 100\n0 buy 10 @ 300"))
    result = dataclasses.replace(
        clear(problem),
        accepted_wh=np.array([0, 0]),
        welfare_quanta=0,
        has_price=np.array([[False]]),
    )

    assert audit(problem, result)


def test_energy_that_runs_in_a_circle_is_refused() -> None:
    triangle = [(0, 1, 100, 100, 0, 0, 0), (1, 2, 100, 100, 0, 0, 0), (2, 0, 100, 100, 0, 0, 0)]
    problem = market(book("0 sell 10 @ 100\n1 buy 10 @ 300"), n_areas=3, lines=lines_of(triangle))
    result = clear(problem)
    round_and_round = dataclasses.replace(
        result,
        sent_forward_wh=result.sent_forward_wh + 5,
        received_forward_wh=result.received_forward_wh + 5,
    )

    assert any("circle" in refusal for refusal in audit(problem, round_and_round))


def test_the_lower_rungs_are_audited_as_what_they_are() -> None:
    problem = random_grid(np.random.default_rng(3))
    alone = fallback(problem, "late")
    none = cancelled(problem, "late")

    assert audit(problem, alone) == []
    assert audit(problem, none) == []
    assert audit(problem, dataclasses.replace(alone, rung=Rung.CANCELLED))
    assert audit(problem, dataclasses.replace(clear(problem), rung=Rung.CANCELLED))
