"""Published prices held to a hair where they can not be derived: rents, shadow prices, the mesh."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check.facts import mesh_prices
from clearing.check.published import (
    limit_rents_wrong,
    near_ticks,
    published_ticks,
    shadow_prices_wrong,
)
from clearing.problem import NO_LIMIT_WH, PPB, Ptdf
from tests.clearing.books import lines_of, market, orders_of
from tests.clearing.by_hand import changed
from tests.clearing.cases import case_of, mesh

#: A millionth of a tick, as prices are published.
HAIR = 1e-6


def test_a_price_is_published_to_two_millionths_and_the_last_digits_of_a_large_one() -> None:
    near = near_ticks(np.array([0.0, 100.0, -100.0, 1e6, -1e6]))

    assert near.tolist() == pytest.approx([2e-6, 2.001e-6, 2.001e-6, 12e-6, 12e-6], rel=1e-12)


def test_values_of_storages_are_published_in_their_window_and_prices_where_there_is_one() -> None:
    case = case_of(mesh())
    flags = np.array([[True, False], [False, False], [False, True]])
    result = changed(replace(case.result, has_price=flags), "price_microticks", (0, 1), 2_500_000)
    window = np.zeros((0, 2), dtype=np.bool_)

    price, published = published_ticks(result, window)
    assert price.tolist() == [0, 2.5, *[0] * 10]
    assert published.tolist() == [*flags.reshape(-1).tolist(), *flags.reshape(-1).tolist()]


# ── limits of nested areas ──────────────────────────────────────────────────────────────────────


def rented(
    rents: list[float],
    *,
    net: list[int],
    published: list[bool] | None = None,
    slack: int = 0,
) -> bool:
    """Whether rents of areas 0, 1 in 0, 2 in 1, and 3 alone contradict the limits that are reached.

    The rent of an area is by how much its price outside is above that inside. Area 0 may take in 5
    and give out 5, area 1 takes in 3 and gives out 4 Wh at most.
    """
    free = NO_LIMIT_WH
    problem = market(
        orders_of([]),
        n_areas=4,
        n_intervals=2,
        imports=[[5, free], [3, free], [free, free], [free, free]],
        exports=[[5, free], [4, free], [free, free], [free, free]],
        parent=[-1, 0, 1, -1],
    )
    case = case_of(problem, net=np.stack([net, [0] * 4], axis=1), slack=slack)
    outside = np.zeros((4, 2), dtype=np.int64)
    outside[:, 0] = np.rint(np.array(rents) * 1e6)
    flags = np.zeros((4, 2), dtype=np.bool_)
    flags[:, 0] = [True] * 4 if published is None else published
    case = replace(
        case,
        result=replace(case.result, connection_price_microticks=outside, has_price=flags),
    )
    wrong = limit_rents_wrong(case)
    assert not wrong[1]
    return bool(wrong[0])


#: Area 0 takes in all it may, some of it for area 2 deep inside; nothing else is reached.
ALL_IN = [-3, 0, -2, 0]


@pytest.mark.parametrize(
    ("rents", "wrong"),
    [
        # Energy would come in if it could: inside is dearer, by the same for all below.
        ([-7, -7, -7, 0], False),
        ([0, 0, 0, 0], False),
        ([7, 7, 7, 0], True),
        ([-7, -7, -6, 0], True),
        ([-7, -6, -6, 0], True),
        ([-7, -8, -8, 0], True),
        # The area alone has room on both sides.
        ([-7, -7, -7, 1], True),
        ([-7, -7, -7, -1], True),
    ],
)
def test_the_rent_of_a_limit_is_paid_by_all_below_it(rents: list[float], wrong: bool) -> None:
    assert rented(rents, net=ALL_IN) is wrong


def test_a_limit_below_a_limit_adds_its_own_rent() -> None:
    both = {"net": [-2, 0, -3, 0]}

    assert rented([-7, -9, -9, 0], **both) is False
    assert rented([-7, -7, -7, 0], **both) is False
    assert rented([0, -9, -9, 0], **both) is False
    assert rented([-7, -6, -6, 0], **both) is True
    assert rented([1, -9, -9, 0], **both) is True


def test_what_would_leave_if_it_could_is_cheaper_inside() -> None:
    both = {"net": [1, 0, 4, 0]}

    assert rented([7, 9, 9, 0], **both) is False
    assert rented([7, 6, 6, 0], **both) is True
    assert rented([-1, 9, 9, 0], **both) is True


def test_rents_are_held_to_the_hair_of_two_prices() -> None:
    # Two prices, each two millionths off, on both of the rents that have to be equal.
    assert rented([-7, -7, -7 - 8 * HAIR, 0], net=ALL_IN) is False
    assert rented([-7, -7, -7 - 10 * HAIR, 0], net=ALL_IN) is True
    assert rented([4 * HAIR, 4 * HAIR, 4 * HAIR, 0], net=ALL_IN) is False
    assert rented([6 * HAIR, 6 * HAIR, 6 * HAIR, 0], net=ALL_IN) is True


def test_a_rent_that_is_not_published_may_be_any() -> None:
    assert rented([99, -7, -7, 0], published=[False, True, True, True], net=ALL_IN) is False
    # It ties together what is published all the same.
    assert rented([-7, 99, -6, 0], published=[True, False, True, True], net=ALL_IN) is True


def test_where_no_limit_over_others_is_reached_nothing_is_asked() -> None:
    assert rented([7, 3, -2, 1], net=[0, 0, -2, 0]) is False
    assert rented([7, 3, -2, 1], net=[-2, 0, -2, 0], slack=1) is True


# ── shadow prices ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("flows", "shadow", "wrong"),
    [
        ({}, 0, False),
        ({}, 1, True),
        ({}, -1, True),
        ({"forward": 8}, 1, True),
        ({"forward": 9}, 1, False),
        ({"forward": 9}, 0, False),
        ({"forward": 9}, -1, True),
        ({"backward": 6}, -1, True),
        ({"backward": 7}, -1, False),
        ({"backward": 7}, 1, True),
    ],
)
def test_only_a_full_line_of_the_mesh_earns_and_on_the_side_that_is_full(
    flows: dict[str, int], shadow: int, wrong: bool
) -> None:
    decided = {way: [[wh, 0], [0, 0]] for way, wh in flows.items()}
    case = case_of(mesh(), **decided)
    earned = replace(case, result=changed(case.result, "shadow_price_microticks", (0, 0), shadow))

    assert shadow_prices_wrong(earned).tolist() == [wrong, False]
    free = replace(case, result=changed(case.result, "shadow_price_microticks", (1, 1), 1))
    assert shadow_prices_wrong(free).tolist() == [False, True]


def test_prices_of_the_mesh_differ_by_what_its_lines_earn() -> None:
    factor = [[PPB // 2, -PPB // 4, 0], [PPB // 4, PPB // 2, 0]]
    problem = market(
        orders_of([]),
        n_areas=3,
        n_intervals=3,
        lines=lines_of([(0, 1, 9, 9, 0, 0, 0), (1, 2, 9, 9, 0, 0, 0)], 3),
    )
    line = np.array([0, 1], dtype=np.int32)
    problem = replace(problem, ptdf=Ptdf(line=line, factor_ppb=np.array(factor)))
    # 8 and 4 ticks in the second interval: 8/2 + 4/4, -8/4 + 4/2 and nothing below the mesh's own.
    case = case_of(problem, shadow=[[0, 8, 0], [0, 4, 0]], asked=[False, True, True])
    rows = mesh_prices(case, 0.5)

    # Outside prices are numbered from 9 on: three intervals of each of three areas.
    found = {
        (low, high): (scale, round(shift, 9))
        for low, high, scale, shift in zip(
            *(each.tolist() for each in (rows.lower, rows.upper, rows.scale, rows.shift)),
            strict=True,
        )
        if low != high
    }
    near = [0.5 * (1 + 0.75), 0.5 * (1 + 0.75), 0.5]
    first, second, third = 5.0, 0.0, 0.0
    assert found == {
        (13, 10): (1.0, near[1] + near[0] - (second - first)),
        (10, 13): (1.0, near[1] + near[0] + (second - first)),
        (16, 10): (1.0, near[2] + near[0] - (third - first)),
        (10, 16): (1.0, near[2] + near[0] + (third - first)),
        (14, 11): (1.0, near[1] + near[0]),
        (11, 14): (1.0, near[1] + near[0]),
        (17, 11): (1.0, near[2] + near[0]),
        (11, 17): (1.0, near[2] + near[0]),
    }
