"""Every finding about energy that moves, from both sides of its limit."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

from clearing.check.grid import grid_refusals, leads, read_grid
from clearing.problem import NO_LIMIT_WH, PPB, ClearingProblem, ClearingResult, Ptdf, Rung
from tests.clearing.books import lines_of, market, orders_of
from tests.clearing.by_hand import by_hand, changed
from tests.clearing.cases import mesh

#: Three areas in a ring, two intervals; the first line loses a tenth.
RING = [(0, 1, 90, 90, 100_000, 0, 0), (1, 2, 90, 90, 0, 0, 0), (2, 0, 90, 90, 0, 0, 0)]


def ring(**given: ArrayLike) -> ClearingProblem:
    return market(orders_of([]), n_areas=3, n_intervals=2, lines=lines_of(RING, 2), **given)


def moving(
    problem: ClearingProblem,
    forward: ArrayLike = 0,
    backward: ArrayLike = 0,
    rung: Rung = Rung.OPTIMAL,
) -> ClearingResult:
    """These flows, and areas that export what their lines take away."""
    result = by_hand(problem, accepted=[], exact=0, forward=forward, backward=backward, rung=rung)
    return replace(result, net_export_wh=read_grid(problem, result).outward_wh)


def said(
    problem: ClearingProblem, result: ClearingResult, injected: ArrayLike | None = None
) -> list[str]:
    """What is refused if orders, blocks and storages inject this; None: what is stated."""
    injected_wh = result.net_export_wh if injected is None else np.asarray(injected)
    return grid_refusals(problem, result, read_grid(problem, result), injected_wh)


def at(line: int, t: int, wh: int, *, lines: int = 3) -> list[list[int]]:
    flows = [[0, 0] for _ in range(lines)]
    flows[line][t] = wh
    return flows


# ── losses and directions ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_the_loss_of_a_line_is_rounded_up_to_the_wh(way: str) -> None:
    problem = ring()
    for sent, arrives in ((0, 0), (1, 0), (10, 9), (11, 9), (90, 81)):
        right = moving(problem, **{way: at(0, 1, sent)})
        assert getattr(right, f"received_{way}_wh")[0, 1] == arrives
        assert said(problem, right) == []
        for off in (-1, 1):
            wrong = changed(right, f"received_{way}_wh", (0, 1), off)
            wrong = replace(wrong, net_export_wh=read_grid(problem, wrong).outward_wh)
            assert said(problem, wrong) == [f"line 0, interval 1, {way}: wrong loss"]


def test_ten_wrong_losses_of_a_direction_are_enough() -> None:
    problem = market(
        orders_of([]), n_areas=2, n_intervals=12, lines=lines_of([(0, 1, 9, 9, 0, 0, 0)], 12)
    )
    wrong = moving(problem, forward=5)
    wrong = replace(wrong, received_forward_wh=wrong.received_forward_wh - 1)
    wrong = replace(wrong, net_export_wh=read_grid(problem, wrong).outward_wh)

    assert said(problem, wrong) == [f"line 0, interval {t}, forward: wrong loss" for t in range(10)]


def test_a_line_carries_one_direction() -> None:
    problem = ring()
    there_and_back = moving(problem, forward=at(1, 0, 1), backward=at(1, 0, 1))

    assert "a line carries both directions at once" in said(problem, there_and_back)
    apart = moving(problem, forward=at(1, 0, 1), backward=at(1, 1, 1))
    assert said(problem, apart) == []


# ── circles ─────────────────────────────────────────────────────────────────────────────────────


def test_energy_runs_in_a_circle_only_where_it_comes_back() -> None:
    problem = ring()
    round_trip, two_steps = np.array([[3, 3], [2, 2], [1, 1]]), np.array([[3, 3], [2, 2], [1, 0]])

    for way in ("forward", "backward"):
        assert said(problem, moving(problem, **{way: round_trip})) == [
            "interval 0: energy runs in a circle",
            "interval 1: energy runs in a circle",
        ]
        assert said(problem, moving(problem, **{way: two_steps})) == [
            "interval 0: energy runs in a circle"
        ]
        for line in range(3):
            opened = round_trip.copy()
            opened[line] = 0
            assert said(problem, moving(problem, **{way: opened})) == []
    # Two lines against one are no circle, from wherever they are looked at.
    against = moving(problem, forward=at(2, 1, 1), backward=at(0, 1, 1))
    assert said(problem, against) == []


def test_flows_lead_on_through_any_number_of_areas() -> None:
    chain = [(a, a + 1, 9, 9, 0, 0, 0) for a in range(5)]
    problem = market(orders_of([]), n_areas=6, n_intervals=2, lines=lines_of(chain, 2))
    result = moving(
        problem, forward=[[2, 0], [2, 0], [0, 2], [2, 1], [1, 1]], backward=[[0, 0]] * 5
    )
    slack, asked = np.zeros((5, 2), dtype=np.int64), np.array([True, True])
    grid = read_grid(problem, result)

    reach = leads(problem, result, grid, slack, asked)
    ways = [" ".join(f"{a}-{b}" for a, b in np.argwhere(each).tolist()) for each in reach]
    assert ways == ["0-1 0-2 1-2 3-4 3-5 4-5", "2-3 2-4 2-5 3-4 3-5 4-5"]
    # A flow within the rounding leads nowhere, nor does one that nobody asked for.
    reach = leads(problem, result, grid, slack + 1, np.array([False, True]))
    assert np.argwhere(reach).tolist() == [[1, 2, 3]]
    back = moving(problem, backward=[[2, 2]] * 5)
    reach = leads(problem, back, read_grid(problem, back), slack, asked)
    assert reach[1, 5, 0]
    assert not reach[1, 0].any()


# ── balance and limits ──────────────────────────────────────────────────────────────────────────


def test_what_is_injected_is_what_leaves_and_what_is_stated() -> None:
    problem = ring()
    result = moving(problem, forward=at(1, 1, 7))
    assert result.net_export_wh.tolist() == [[0, 0], [0, 7], [0, -7]]

    for off in (-1, 1):
        more = result.net_export_wh.copy()
        more[1, 1] += off
        assert said(problem, result, more) == [
            "area, interval [1, 1]: sold + received is not bought + sent",
            "net_export_wh is not what orders, blocks and storages inject",
        ]
        stated = replace(result, net_export_wh=more)
        assert said(problem, stated, result.net_export_wh) == [
            "net_export_wh is not what orders, blocks and storages inject"
        ]
        assert said(problem, stated) == [
            "area, interval [1, 1]: sold + received is not bought + sent"
        ]


@pytest.mark.parametrize("parent", [None, [-1, -1, 1]])
def test_limits_hold_to_the_wh_for_an_area_and_all_below_it(parent: list[int] | None) -> None:
    # 10 Wh leave area 1, or what lies in it, for area 0, where 9 arrive.
    flows = {"backward": at(0, 1, 10)} if parent is None else {"forward": at(2, 1, 10)}
    arrive = 9 if parent is None else 10
    free = NO_LIMIT_WH

    for exports, imports, refused in (
        (10, arrive, []),
        (9, arrive, ["an export limit is exceeded"]),
        (10, arrive - 1, ["an import limit is exceeded"]),
        (free, free, []),
    ):
        problem = ring(
            exports=[[free, free], [free, exports], [free, free]],
            imports=[[free, imports], [free, free], [free, free]],
            parent=parent,
        )
        assert said(problem, moving(problem, **flows)) == refused


def test_deeper_areas_count_for_everything_above_them() -> None:
    problem = ring(parent=[-1, 0, 1])
    result = replace(moving(problem), net_export_wh=np.array([[1, 0], [10, 0], [100, 7]]))

    assert read_grid(problem, result).below_wh.tolist() == [[111, 7], [110, 7], [100, 7]]
    alone = replace(problem, areas=replace(problem.areas, parent=None))
    assert read_grid(alone, result).below_wh.tolist() == [[1, 0], [10, 0], [100, 7]]


# ── the rungs below the solver ──────────────────────────────────────────────────────────────────


def test_below_the_solver_no_more_flows_than_was_confirmed() -> None:
    confirmed = np.zeros((2, 3, 2), dtype=np.int64)
    confirmed[0, 1, 1] = confirmed[1, 2, 0] = 5
    problem = replace(ring(), confirmed_wh=confirmed)
    closed = ["flows that were not confirmed on a rung whose lines are closed"]

    for forward, backward, refused in (
        (at(1, 1, 5), 0, []),
        (at(1, 1, 6), 0, closed),
        (at(1, 0, 1), 0, closed),
        (0, at(2, 0, 5), []),
        (0, at(2, 0, 6), closed),
        (at(2, 0, 1), 0, closed),
    ):
        alone = moving(problem, forward, backward, rung=Rung.MERIT_ORDER)
        assert said(problem, alone) == refused
        # Nothing at all flows in an auction that is cancelled, and on the rungs above all that fits.
        assert said(problem, replace(alone, rung=Rung.CANCELLED)) == closed
        for rung in (Rung.OPTIMAL, Rung.FEASIBLE):
            assert said(problem, replace(alone, rung=rung)) == []
    unconfirmed = replace(problem, confirmed_wh=None)
    alone = moving(unconfirmed, at(1, 1, 1), rung=Rung.MERIT_ORDER)
    assert said(unconfirmed, alone) == closed
    assert said(unconfirmed, moving(unconfirmed, rung=Rung.MERIT_ORDER)) == []


# ── the mesh ────────────────────────────────────────────────────────────────────────────────────


def test_lines_of_the_mesh_carry_what_the_factors_say_to_the_wh() -> None:
    problem = mesh()
    injected = [[5, -4], [-5, 4], [0, 0]]
    result = replace(
        by_hand(problem, accepted=[], exact=0, forward=[[5, 0], [0, 0]], backward=[[0, 4], [0, 0]]),
        net_export_wh=np.array(injected),
    )
    assert said(problem, result) == []

    for name, place, by in (
        ("sent_forward_wh", (0, 0), 1),
        ("sent_backward_wh", (0, 1), -1),
    ):
        wrong = changed(result, name, place, by)
        wrong = changed(wrong, name.replace("sent", "received"), place, by)
        assert said(problem, wrong) == ["a line of the mesh does not carry what the factors say"]
    more = np.array(injected)
    more[1, 0] -= 1
    assert said(problem, replace(result, net_export_wh=more)) == [
        "what areas give to the mesh does not add up to nothing"
    ]


def test_half_a_wh_of_a_factor_goes_to_the_even_number() -> None:
    problem = mesh()
    half = Ptdf(line=np.array([0], dtype=np.int32), factor_ppb=np.array([[PPB // 2, 0, 0]]))
    problem = replace(problem, ptdf=half)
    for given, carried in ((5, 2), (7, 4)):
        result = by_hand(problem, accepted=[], exact=0, forward=[[carried, 0], [0, 0]])
        result = replace(result, net_export_wh=np.array([[given, 0], [-given, 0], [0, 0]]))
        assert said(problem, result) == []


def test_an_area_that_only_a_factor_names_belongs_to_the_mesh() -> None:
    problem = mesh()
    named = Ptdf(line=np.array([0], dtype=np.int32), factor_ppb=np.array([[PPB, 0, 1]]))
    problem = replace(problem, ptdf=named)

    assert read_grid(problem, moving(problem)).hub.tolist() == [True, True, True]
    assert read_grid(problem, moving(problem)).free.tolist() == [False, True]


def test_what_large_areas_give_to_the_mesh_is_exact() -> None:
    problem = mesh()
    huge = 2**40 + 1
    third = Ptdf(line=np.array([0], dtype=np.int32), factor_ppb=np.array([[PPB // 3, 0, 0]]))
    problem = replace(problem, ptdf=third)
    carried = round(huge * (PPB // 3) / PPB)
    result = by_hand(problem, accepted=[], exact=0, forward=[[carried, 0], [0, 0]])
    result = replace(result, net_export_wh=np.array([[huge, 0], [-huge, 0], [0, 0]]))

    assert said(problem, result) == []
