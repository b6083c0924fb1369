"""What lines, limits, the mesh and storages say of two prices each, fact by fact."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

from clearing.check.facts import (
    Case,
    facts,
    mesh_binds,
    room,
    stored_bounds,
    under_a_limit,
)
from clearing.problem import NO_LIMIT_WH, Ptdf
from tests.clearing.books import lines_of, market, orders_of, storages
from tests.clearing.cases import case_of, mesh

FREE = np.inf
Said = tuple[str, str, float, float]


def said(case: Case) -> list[Said]:
    """(lower, upper, scale, shift) of every fact: `in`side, `out`side, `stored`, area.interval."""
    problem, t = case.problem, range(case.problem.n_intervals)
    names = [
        f"{place}{a}.{k}" for place in ("in", "out") for a in range(problem.n_areas) for k in t
    ]
    names += [f"stored{s}.{k}" for s in range(len(problem.storages)) for k in t]
    rows = facts(case)
    columns = (each.tolist() for each in (rows.lower, rows.upper, rows.scale, rows.shift))
    return sorted(
        (names[low], names[high], round(scale, 6), round(shift, 6))
        for low, high, scale, shift in zip(*columns, strict=True)
    )


def beyond(case: Case) -> list[Said]:
    """All but what limits say of an area's own two prices."""
    return [row for row in said(case) if {name[:2] for name in row[:2]} != {"in", "ou"}]


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("net", "slack", "inward", "outward"),
    [
        (0, 0, True, True),
        (-4, 0, True, True),
        (-5, 0, False, True),
        (6, 0, True, True),
        (7, 0, True, False),
        (-3, 1, True, True),
        (-4, 1, False, True),
        (5, 1, True, True),
        (6, 1, True, False),
    ],
)
def test_a_limit_leaves_room_until_it_is_reached(
    net: int, slack: int, inward: bool, outward: bool
) -> None:
    problem = market(orders_of([]), imports=5, exports=7)
    case = case_of(problem, net=net, slack=slack)

    assert [each.tolist() for each in room(case)] == [[[inward]], [[outward]]]
    no_cheaper, no_dearer = ("in0.0", "out0.0", 1.0, 0.0), ("out0.0", "in0.0", 1.0, 0.0)
    assert said(case) == [no_cheaper] * inward + [no_dearer] * outward


def test_without_a_limit_there_is_room_whatever_flows() -> None:
    free = market(orders_of([]))
    for net in (-NO_LIMIT_WH, NO_LIMIT_WH):
        assert [each.item() for each in room(case_of(free, net=net))] == [True, True]
    nearly = market(orders_of([]), imports=NO_LIMIT_WH - 1, exports=NO_LIMIT_WH - 1)
    assert not room(case_of(nearly, net=-NO_LIMIT_WH))[0].item()
    assert not room(case_of(nearly, net=NO_LIMIT_WH))[1].item()


def test_areas_under_a_limit_that_is_reached_say_nothing_alone() -> None:
    # 1 lies in 0, 2 in 1, 3 alone; the limit of 1 is reached in the second interval.
    limits = np.full((4, 2), NO_LIMIT_WH)
    limits[1] = 5
    problem = market(orders_of([]), n_areas=4, n_intervals=2, exports=limits, parent=[-1, 0, 1, -1])
    case = case_of(problem, net=[[0, 0], [1, 1], [3, 4], [9, 9]])

    assert under_a_limit(case).tolist() == [[False] * 2, [False] * 2, [False, True], [False] * 2]
    told = {row[0] for row in said(case)}
    assert "in2.0" in told
    assert "in2.1" not in told
    assert "in1.1" in told
    topmost = replace(problem, areas=replace(problem.areas, parent=None))
    assert not under_a_limit(case_of(topmost, net=9)).any()


def test_only_the_intervals_asked_for_are_spoken_of() -> None:
    problem = market(
        orders_of([]),
        n_areas=2,
        n_intervals=2,
        lines=lines_of([(0, 1, 5, 5, 0, 0, 0)], 2),
        storages=storages("charge 5 discharge 5 capacity 5 from 0 in 0-1 of area 0"),
    )
    case = case_of(problem, asked=[False, True])

    rows = said(case)
    assert rows
    assert all(name.endswith(".1") for row in rows for name in row[:2])


# ── lines ───────────────────────────────────────────────────────────────────────────────────────

KEPT = 0.98
PAYS = ("out0.0", "out1.0", KEPT, -3.0)
NO_MORE = ("out1.0", "out0.0", round(1 / KEPT, 6), round(3 / KEPT, 6))
PAYS_BACK = ("out1.0", "out0.0", KEPT, -4.0)
NO_MORE_BACK = ("out0.0", "out1.0", round(1 / KEPT, 6), round(4 / KEPT, 6))


@pytest.mark.parametrize(
    ("flows", "slack", "exempt", "rows"),
    [
        ({}, 0, False, [NO_MORE, NO_MORE_BACK]),
        ({}, 0, True, []),
        # What closes a circle with the flow itself says nothing.
        ({"forward": 1}, 0, False, [PAYS, NO_MORE]),
        ({"forward": 1}, 0, True, [PAYS, NO_MORE]),
        ({"forward": 9}, 0, False, [PAYS, NO_MORE]),
        ({"forward": 10}, 0, False, [PAYS]),
        ({"backward": 1}, 0, False, [PAYS_BACK, NO_MORE_BACK]),
        ({"backward": 5}, 0, False, [PAYS_BACK, NO_MORE_BACK]),
        ({"backward": 6}, 0, False, [PAYS_BACK]),
        # Within the rounding a flow may as well be none, or as much as the line takes.
        ({"forward": 2}, 2, False, [NO_MORE, NO_MORE_BACK]),
        ({"forward": 2}, 2, True, []),
        ({"forward": 3}, 2, False, [PAYS, NO_MORE]),
        ({"forward": 3}, 2, True, [PAYS, NO_MORE]),
        ({"forward": 7}, 2, False, [PAYS, NO_MORE]),
        ({"forward": 8}, 2, False, [PAYS]),
        ({"backward": 2}, 2, True, []),
        ({"backward": 3}, 2, False, [PAYS_BACK, NO_MORE_BACK]),
        ({"backward": 4}, 2, False, [PAYS_BACK]),
        # Either end may have been moved.
        ({"forward": 2}, [[2], [0]], True, []),
        ({"forward": 2}, [[0], [2]], True, []),
    ],
)
def test_what_a_line_says_follows_from_what_it_carries(
    flows: dict[str, int], slack: ArrayLike, exempt: bool, rows: list[Said]
) -> None:
    problem = market(orders_of([]), n_areas=2, lines=lines_of([(0, 1, 10, 6, 20_000, 3, 4)]))

    assert beyond(case_of(problem, slack=slack, exempt=exempt, **flows)) == sorted(rows)


def test_a_lossy_line_that_closes_a_circle_of_flows_says_nothing() -> None:
    # It flows from 0 to 1 and on to 2; what 2 could give back to 0 would run in a circle.
    lines = lines_of([(0, 1, 9, 0, 10_000, 0, 0), (1, 2, 9, 0, 0, 0, 0), (2, 0, 9, 0, 0, 0, 0)])
    problem = market(orders_of([]), n_areas=3, lines=lines)

    closing = ("out0.0", "out2.0", 1.0, 0.0)
    assert closing not in said(case_of(problem, forward=[[5], [4], [0]]))
    assert closing in said(case_of(problem, forward=[[5], [0], [0]]))
    lossless = replace(problem, lines=replace(lines, loss_ppm=np.zeros(3, dtype=np.int64)))
    assert closing in said(case_of(lossless, forward=[[5], [4], [0]]))


# ── the mesh ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("flows", "slack", "full"),
    [
        ({"forward": 8}, 0, (False, False)),
        ({"forward": 9}, 0, (True, False)),
        ({"forward": 7}, 1, (False, False)),
        ({"forward": 8}, 1, (True, False)),
        ({"backward": 6}, 0, (False, False)),
        ({"backward": 7}, 0, (False, True)),
        ({"backward": 6}, 1, (False, True)),
        # Only the rounding of areas of the mesh counts.
        ({"forward": 8}, [[0, 0], [0, 0], [5, 5]], (False, False)),
        ({"forward": 8}, [[0, 0], [1, 1], [0, 0]], (True, False)),
    ],
)
def test_a_line_of_the_mesh_is_full_at_its_capacity_less_the_rounding(
    flows: dict[str, int], slack: ArrayLike, full: tuple[bool, bool]
) -> None:
    decided = {way: [[wh, 0], [0, 0]] for way, wh in flows.items()}
    case = case_of(mesh(), slack=slack, **decided)

    forward, backward = mesh_binds(case)
    assert (forward.tolist(), backward.tolist()) == ([[full[0], False]], [[full[1], False]])
    # Where no line is full all areas of the mesh have one price; the first interval may have more.
    one_price = [("out0.1", "out1.1", 1.0, 0.0), ("out1.1", "out0.1", 1.0, 0.0)]
    if not any(full):
        one_price += [("out0.0", "out1.0", 1.0, 0.0), ("out1.0", "out0.0", 1.0, 0.0)]
    between = {row for row in beyond(case) if row[0] != row[1] and "out2" not in row[0] + row[1]}
    assert between == set(one_price)


def test_a_mesh_without_lines_has_none_that_is_full() -> None:
    none = Ptdf(line=np.zeros(0, dtype=np.int32), factor_ppb=np.zeros((0, 3), dtype=np.int64))
    case = case_of(replace(mesh(), ptdf=none))

    assert [each.shape for each in mesh_binds(case)] == [(0, 2), (0, 2)]


# ── storages ────────────────────────────────────────────────────────────────────────────────────

TABLE = "charge 10 discharge 8 capacity 20 from 9 in 1-2 of area 0, end 70, keeps 90% 80%, spread 5"
IN_PAYS = ("in0.1", "stored0.1", 0.9, 0.0)
NO_MORE_IN = ("stored0.1", "in0.1", round(1 / 0.9, 6), 0.0)
OUT_PAYS = ("stored0.1", "in0.1", 0.8, -4.0)
NO_MORE_OUT = ("in0.1", "stored0.1", 1.25, 5.0)


@pytest.mark.parametrize(
    ("moved", "slack", "exempt", "rows"),
    [
        ({}, 0, False, [NO_MORE_IN, NO_MORE_OUT]),
        ({}, 0, True, []),
        ({"charge": 1}, 0, False, [IN_PAYS, NO_MORE_IN]),
        ({"charge": 1}, 0, True, [IN_PAYS, NO_MORE_IN]),
        ({"charge": 9}, 0, False, [IN_PAYS, NO_MORE_IN]),
        ({"charge": 10}, 0, False, [IN_PAYS]),
        ({"discharge": 1}, 0, False, [OUT_PAYS, NO_MORE_OUT]),
        ({"discharge": 7}, 0, True, [OUT_PAYS, NO_MORE_OUT]),
        ({"discharge": 8}, 0, False, [OUT_PAYS]),
        ({"charge": 2}, 2, False, [NO_MORE_IN]),
        ({"charge": 3}, 2, False, [IN_PAYS, NO_MORE_IN]),
        ({"charge": 7}, 2, False, [IN_PAYS, NO_MORE_IN]),
        ({"charge": 8}, 2, False, [IN_PAYS]),
        ({"discharge": 2}, 2, False, [NO_MORE_OUT]),
        ({"discharge": 3}, 2, False, [OUT_PAYS, NO_MORE_OUT]),
        ({"discharge": 6}, 2, False, [OUT_PAYS]),
    ],
)
def test_what_a_storage_says_follows_from_what_it_moves(
    moved: dict[str, int], slack: int, exempt: bool, rows: list[Said]
) -> None:
    problem = market(orders_of([]), n_intervals=4, storages=storages(TABLE))
    decided = {way: [[0, wh, 0, 0]] for way, wh in moved.items()}
    case = case_of(
        problem, slack=slack, exempt=exempt, asked=[False, True, False, False], **decided
    )

    assert beyond(case) == sorted(rows)


@pytest.mark.parametrize(
    ("held", "slack", "less", "more"),
    [
        (0, 0, False, True),
        (1, 0, True, True),
        (19, 0, True, True),
        (20, 0, True, False),
        (2, 2, False, True),
        (3, 2, True, True),
        (17, 2, True, True),
        (18, 2, True, False),
    ],
)
def test_what_could_be_held_a_while_ties_the_values_of_two_intervals(
    held: int, slack: int, less: bool, more: bool
) -> None:
    table = TABLE.replace("in 1-2", "in 0-3")
    problem = market(orders_of([]), n_intervals=4, storages=storages(table))
    case = case_of(problem, slack=slack, asked=[False, True, True, False])
    case = replace(case, result=replace(case.result, stored_wh=np.array([[9, held, held, 9]])))

    tied = [row for row in said(case) if row[0][:2] == row[1][:2] == "st"]
    assert (
        tied
        == [("stored0.1", "stored0.2", 1.0, 0.0)] * less
        + [("stored0.2", "stored0.1", 1.0, 0.0)] * more
    )


@pytest.mark.parametrize(
    ("held", "slack", "low", "high"),
    [
        (0, 0, 70, FREE),
        (1, 0, 70, 70),
        (19, 0, 70, 70),
        (20, 0, -FREE, 70),
        (1, 1, 70, FREE),
        (2, 1, 70, 70),
        (18, 1, 70, 70),
        (19, 1, -FREE, 70),
    ],
)
def test_what_is_left_at_the_end_is_worth_what_it_is_worth_then(
    held: int, slack: int, low: float, high: float
) -> None:
    problem = market(orders_of([]), n_intervals=4, storages=storages(TABLE))
    case = case_of(problem, slack=slack)
    case = replace(case, result=replace(case.result, stored_wh=np.array([[9, 9, held, held]])))

    lowest, highest = stored_bounds(case)
    assert lowest.tolist() == [[-FREE, -FREE, low, -FREE]]
    assert highest.tolist() == [[FREE, FREE, high, FREE]]
