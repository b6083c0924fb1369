"""The auditor on the grid: limits over trees of areas, meshes, lines."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clearing.check import audit
from clearing.problem import NO_LIMIT_WH, PPB, ClearingProblem, ClearingResult, Ptdf
from tests.clearing.books import book, lines_of, market
from tests.clearing.by_hand import by_hand, changed

# ── limits over trees of areas ──────────────────────────────────────────────────────────────────


def estate(most_in: int = 50) -> ClearingProblem:
    """Areas 1 and 2 lie in area 0, into which `most_in` Wh may come; area 3 sells to both."""
    imports = [[most_in], [NO_LIMIT_WH], [NO_LIMIT_WH], [NO_LIMIT_WH]]
    return market(
        book("1 buy 40 @ 300\n2 buy 40 @ 200\n3 sell 100 @ 100"),
        n_areas=4,
        lines=lines_of([(3, 1, 90, 90, 0, 0, 0), (3, 2, 90, 90, 0, 0, 0)]),
        imports=imports,
        parent=[-1, 0, 0, -1],
    )


def delivered(problem: ClearingProblem, **given: object) -> ClearingResult:
    """40 and 10 Wh; inside the limit the price is that of the bid served in part."""
    right: dict[str, Any] = {
        "accepted": [40, 10, 50],
        "exact": [[200], [200], [200], [100]],
        "outside": [[100], [100], [100], [100]],
        "forward": [[40], [10]],
    }
    return by_hand(problem, **(right | given))


def test_a_limit_over_several_areas_makes_one_rent_for_all() -> None:
    problem = estate()

    assert audit(problem, delivered(problem)) == []
    assert audit(problem, delivered(problem, exact=[[0], [200], [200], [100]])) == []


def test_areas_under_one_limit_do_not_have_rents_of_their_own() -> None:
    problem = estate()

    for exact in ([[200], [250], [200], [100]], [[200], [100], [200], [100]]):
        assert audit(problem, delivered(problem, exact=exact))


def test_a_rent_has_the_sign_of_the_limit_that_is_reached() -> None:
    problem = estate()
    wrong = [[200], [200], [200], [300]]

    assert audit(problem, delivered(problem, outside=wrong))


def test_a_limit_that_is_not_reached_leaves_no_rent() -> None:
    problem = estate(most_in=81)
    right = by_hand(
        problem,
        accepted=[40, 40, 80],
        exact=[[100], [100], [100], [100]],
        forward=[[40], [40]],
    )

    assert audit(problem, right) == []
    assert audit(problem, changed(right, "price_microticks", (1, 0), 5))
    assert audit(problem, delivered(problem))


def test_the_sum_over_an_area_and_all_below_it_is_limited() -> None:
    problem = estate(most_in=49)

    refused = audit(problem, delivered(problem))

    assert any("import limit" in refusal for refusal in refused)


def test_a_limit_counts_areas_at_any_depth() -> None:
    problem = estate()
    parent = np.array([-1, 0, 1, -1], dtype=np.int32)
    deeper = replace(problem, areas=replace(problem.areas, parent=parent))

    assert audit(deeper, delivered(deeper)) == []
    tighter = deeper.areas.import_limit_wh.copy()
    tighter[1] = 49
    limited = replace(deeper, areas=replace(deeper.areas, import_limit_wh=tighter))
    assert any("import limit" in refusal for refusal in audit(limited, delivered(limited)))


# ── meshes ──────────────────────────────────────────────────────────────────────────────────────

THIRD = PPB // 3


def triangle(capacity: int = 40) -> ClearingProblem:
    """Three equal lines; area 0 sells at 100, area 1 at 200, area 2 buys 90; line 0-2 is short."""
    problem = market(
        book("0 sell 200 @ 100\n1 sell 200 @ 200\n2 buy 90 @ 500"),
        n_areas=3,
        lines=lines_of(
            [
                (0, 1, 900, 900, 0, 0, 0),
                (0, 2, capacity, capacity, 0, 0, 0),
                (1, 2, 900, 900, 0, 0, 0),
            ]
        ),
    )
    factor = [
        [THIRD, -THIRD, 0],
        [2 * THIRD, THIRD, 0],
        [THIRD, 2 * THIRD, 0],
    ]
    ptdf = Ptdf(
        line=np.array([0, 1, 2], dtype=np.int32), factor_ppb=np.array(factor, dtype=np.int64)
    )
    return replace(problem, ptdf=ptdf)


#: Worth of a Wh more on the short line: 1/3 of it moves a Wh from area 1 to area 0.
SHORT = 100 * PPB / THIRD
FAR = 200 + SHORT * THIRD / PPB


def meshed(problem: ClearingProblem, **given: object) -> ClearingResult:
    """30 and 60 Wh sold: 2/3 of 30 and 1/3 of 60 fill the short line."""
    right: dict[str, Any] = {
        "accepted": [30, 60, 90],
        "exact": [[100], [200], [FAR]],
        "forward": [[0], [40], [50]],
        "backward": [[10], [0], [0]],
        "shadow": [[0], [SHORT], [0]],
    }
    return by_hand(problem, **(right | given))


def test_a_mesh_whose_short_line_is_full_passes() -> None:
    problem = triangle()

    assert pytest.approx(300, abs=1e-5) == FAR
    assert audit(problem, meshed(problem)) == []


@pytest.mark.parametrize(
    ("name", "place", "by"),
    [
        ("shadow_price_microticks", (1, 0), 100),
        ("shadow_price_microticks", (0, 0), 1),
        ("shadow_price_microticks", (2, 0), -1),
        ("sent_forward_wh", (1, 0), -1),
        ("sent_forward_wh", (2, 0), 1),
        ("sent_backward_wh", (0, 0), -1),
        ("received_forward_wh", (2, 0), 1),
        ("rounding_wh", (0, 0), 1),
        ("price_microticks", (1, 0), 100),
        ("connection_price_microticks", (2, 0), 100),
    ],
)
def test_whatever_is_changed_about_a_mesh_is_refused(
    name: str, place: tuple[int, int], by: int
) -> None:
    problem = triangle()

    assert audit(problem, changed(meshed(problem), name, place, by))


def test_a_capacity_holds_for_the_flow_in_whole_wh() -> None:
    problem = triangle()
    assert problem.ptdf is not None
    factor = problem.ptdf.factor_ppb.copy()
    # A factor a billionth larger: 40.00000002 Wh would flow, which is 40 in whole Wh.
    factor[1] += [0, 1, 0]
    still_40 = replace(problem, ptdf=replace(problem.ptdf, factor_ppb=factor))
    short = problem.lines.capacity_forward_wh.copy()
    short[1] -= 1
    narrower = replace(problem, lines=replace(problem.lines, capacity_forward_wh=short))

    assert not any("outside what it may" in text for text in audit(still_40, meshed(still_40)))
    assert any("outside what it may" in text for text in audit(narrower, meshed(narrower)))


def test_what_areas_give_to_the_mesh_adds_up_to_nothing() -> None:
    problem = triangle()

    refused = audit(problem, meshed(problem, accepted=[30, 60, 89]))

    assert any("add up" in refusal for refusal in refused)


def test_an_area_outside_the_mesh_balances_by_its_free_lines() -> None:
    problem = triangle()
    lonely = replace(
        problem,
        n_areas=4,
        areas=market(book("0 sell 1 @ 1"), n_areas=4).areas,
        ptdf=Ptdf(
            line=np.array([0, 1, 2], dtype=np.int32),
            factor_ppb=np.hstack([problem.ptdf.factor_ppb, np.zeros((3, 1), dtype=np.int64)])
            if problem.ptdf
            else np.zeros((3, 4), dtype=np.int64),
        ),
    )
    right = meshed(lonely, exact=[[100], [200], [FAR], [0]])
    assert audit(lonely, right) == []

    orders = replace(lonely.orders, area=np.array([0, 3, 2], dtype=np.int32))
    moved = replace(lonely, orders=orders)
    refused = audit(moved, meshed(moved, exact=[[100], [200], [FAR], [200]]))
    assert any("bought + sent" in refusal for refusal in refused)


def test_a_mesh_with_room_everywhere_has_one_price_and_its_middle() -> None:
    problem = triangle(capacity=900)
    right = by_hand(
        problem,
        accepted=[90, 0, 90],
        exact=[[100], [100], [100]],
        forward=[[30], [60], [30]],
    )

    assert audit(problem, right) == []
    assert audit(problem, changed(right, "shadow_price_microticks", (1, 0), 1))
    assert audit(problem, changed(right, "price_microticks", (1, 0), 5))


def test_a_line_of_a_mesh_may_carry_against_a_circle_of_free_ones_only() -> None:
    # The same flows on free lines are no circle either; one more line closes one.
    problem = triangle(capacity=900)
    free = replace(problem, ptdf=None)
    round_and_round = by_hand(
        free, accepted=[90, 0, 90], exact=[[100], [100], [100]], forward=[[95], [0], [95]]
    )
    assert audit(free, round_and_round)


# ── lines ───────────────────────────────────────────────────────────────────────────────────────


def test_a_free_line_has_no_shadow_price() -> None:
    problem = market(
        book("0 sell 10 @ 100\n1 buy 20 @ 300"), n_areas=2, lines=lines_of([(0, 1, 9, 9, 0, 0, 0)])
    )
    right = by_hand(problem, accepted=[9, 9], exact=[[100], [300]], forward=9)

    assert audit(problem, right) == []
    assert audit(problem, changed(right, "shadow_price_microticks", (0, 0), 200_000_000))


def test_a_circle_of_two_parallel_lines_is_a_circle() -> None:
    lines = lines_of([(0, 1, 90, 90, 0, 0, 0), (0, 1, 90, 90, 0, 0, 0)])
    problem = market(book("0 sell 50 @ 100\n1 buy 10 @ 300"), n_areas=2, lines=lines)
    right = by_hand(problem, accepted=[10, 10], exact=[[100], [100]], forward=[[10], [0]])

    assert audit(problem, right) == []
    circle = by_hand(
        problem,
        accepted=[10, 10],
        exact=[[100], [100]],
        forward=[[15], [0]],
        backward=[[0], [5]],
    )
    assert any("circle" in refusal for refusal in audit(problem, circle))


def test_losses_of_large_flows_are_exact() -> None:
    wh = 2**52 - 1
    lines = lines_of([(0, 1, NO_LIMIT_WH, 0, 333_333, 0, 0)])
    arrives = wh - -(-wh * 333_333 // 1_000_000)
    problem = market(book(f"0 sell {wh + 5} @ 100\n1 buy {arrives} @ 300"), n_areas=2, lines=lines)
    exact = 100 / (1 - 0.333333)
    right = by_hand(problem, accepted=[wh, arrives], exact=[[100], [exact]], forward=wh)

    assert audit(problem, right) == []
    assert any(
        "wrong loss" in refusal
        for refusal in audit(problem, changed(right, "received_forward_wh", (0, 0), 1))
    )
