"""The auditor of the grid from both sides of each limit: what just passes, and what is refused."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from clearing.check.flow import flow
from clearing.check.redispatch import audit_redispatch
from clearing.network import FloatArray
from clearing.redispatch_problem import (
    Limit,
    RedispatchProblem,
    RedispatchResult,
    RedispatchRung,
    Violations,
)
from tests.clearing.grids import feeder, problem_of, with_trafo

HAIR = 1e-6


def told(*rows: tuple[int, int, float, float]) -> Violations:
    """Rows of (kind, element, value, limit)."""
    kind, element, value, limit = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Violations(
        kind=np.array(kind, dtype=np.int32),
        element=np.array(element, dtype=np.int32),
        value=np.array(value, dtype=np.float64),
        limit=np.array(limit, dtype=np.float64),
    )


def decided(problem: RedispatchProblem, change: list[int] | None = None) -> RedispatchResult:
    """These changes, for the voltage at node 1; costed and with the losses the auditor finds."""
    change_w = np.array(change or [0] * problem.network.n_units, dtype=np.int64)
    steps = np.stack([problem.scheduled_w, problem.scheduled_w + change_w])
    lost = flow(problem.network, steps, problem.reactive_var).loss_w
    moves = change_w != 0
    bought = -int(change_w.sum())
    ticks = sum(
        wh * int(up if wh > 0 else -down)
        for wh, up, down in zip(
            change_w.tolist(), problem.cost_up_ticks, problem.cost_down_ticks, strict=True
        )
    )
    ticks += bought * (
        problem.replacement_ask_ticks if bought > 0 else problem.replacement_bid_ticks
    )
    return RedispatchResult(
        change_w=change_w,
        replacement_w=bought,
        cost_quanta=round(Fraction(ticks * problem.minutes, 60)),
        cured=True,
        before=told(),
        after=told(),
        reason_kind=np.where(moves, Limit.VOLTAGE_HIGH, Limit.NONE).astype(np.int32),
        reason_element=np.where(moves, 1, -1).astype(np.int32),
        by_rule=False,
        rung=RedispatchRung.CHEAPEST if moves.any() else RedispatchRung.NOT_NEEDED,
        loss_before_w=float(lost[0]),
        loss_after_w=float(lost[1]),
        rounds=1,
        offered_w=np.zeros_like(change_w),
        message="",
    )


def roomy(**given: object) -> RedispatchProblem:
    """Two units at the end of a line that bears them whatever they do."""
    return problem_of(
        feeder(n_units=2),
        [1_000, -50],
        **({"lowest_w": [900, -60], "highest_w": [1_100, -40], "up": 5, "down": 7} | given),
    )


def by_rule(result: RedispatchResult, offered: list[int]) -> RedispatchResult:
    return replace(
        result, by_rule=True, rung=RedispatchRung.RULE, offered_w=np.array(offered, dtype=np.int64)
    )


# ── what units may do ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "outside"),
    [
        ([-100, 10], []),
        ([100, -10], []),
        ([-101, 0], [0]),
        ([101, 0], [0]),
        ([0, -11], [1]),
        ([101, 11], [0, 1]),
    ],
)
def test_units_stay_within_what_they_may_do(change: list[int], outside: list[int]) -> None:
    problem = roomy()

    assert audit_redispatch(problem, decided(problem, change)) == (
        [f"units outside what they may do: {outside}"] if outside else []
    )


def test_a_rule_may_go_down_to_its_own_floor() -> None:
    problem = roomy(lowest_by_rule_w=[0, -60])

    for down, refused in ((-1_000, []), (-1_001, ["units outside what they may do: [0]"])):
        result = by_rule(decided(problem, [down, 0]), [1_001, 0])
        assert audit_redispatch(problem, result) == refused
    assert audit_redispatch(problem, decided(problem, [-1_000, 0])) == [
        "units outside what they may do: [0]"
    ]


def test_by_rule_nobody_gives_up_more_than_it_was_asked_for() -> None:
    problem = roomy()
    result = decided(problem, [-20, 3])
    more = ["units give up more than they were asked for"]

    assert audit_redispatch(problem, by_rule(result, [20, 3])) == []
    assert audit_redispatch(problem, by_rule(result, [19, 3])) == more
    assert audit_redispatch(problem, by_rule(result, [20, 2])) == more
    unmoved = by_rule(decided(problem, [-20, 0]), [20, -1])
    assert audit_redispatch(problem, unmoved) == more
    asked = replace(result, offered_w=np.array([1, 0]))
    assert audit_redispatch(problem, asked) == ["units are asked by rule where none was followed"]


@pytest.mark.parametrize("rung", RedispatchRung)
def test_each_rung_says_whether_a_rule_was_followed_and_whether_anything_moves(
    rung: RedispatchRung,
) -> None:
    problem = roomy()
    result = replace(decided(problem, [-20, 0]), rung=rung)
    ruled = rung in (RedispatchRung.RULE, RedispatchRung.FALLBACK)
    still = rung in (RedispatchRung.NOT_NEEDED, RedispatchRung.NOTHING)
    nothing = ["nothing was worked out, and it is called a cure"]

    expected = [f"units move on the rung {rung}"] * still
    expected += [f"by_rule is False on the rung {rung}"] * ruled
    assert audit_redispatch(problem, result) == expected + nothing * (rung == "nothing")
    resting = replace(decided(problem), rung=rung, cured=rung is not RedispatchRung.NOTHING)
    assert audit_redispatch(problem, replace(resting, by_rule=ruled)) == []
    assert audit_redispatch(problem, replace(resting, by_rule=not ruled)) == [
        f"by_rule is {not ruled} on the rung {rung}"
    ]


# ── money and reasons ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("change", [[-3, 2], [3, -2], [4, -4], [-2, -1], [2, 1], [0, 1]])
@pytest.mark.parametrize("ask", [20, 21, 22, 23])
def test_costs_are_rounded_half_to_even_to_the_quantum(change: list[int], ask: int) -> None:
    problem = roomy(ask=ask, bid=ask - 9)
    result = decided(problem, change)
    due = result.cost_quanta

    assert audit_redispatch(problem, result) == []
    for off in (-1, 1):
        wrong = replace(result, cost_quanta=due + off)
        assert audit_redispatch(problem, wrong) == [f"costs {due}, not {due + off}"]


@pytest.mark.parametrize("off", [-1, 1])
def test_changes_and_replacement_add_up_to_nothing(off: int) -> None:
    problem = roomy(ask=0, bid=0)
    result = decided(problem, [-20, 3])

    assert audit_redispatch(problem, replace(result, replacement_w=17 + off)) == [
        f"changes of -17 W are replaced by {17 + off} W"
    ]


@pytest.mark.parametrize(
    ("kind", "element", "known"),
    [
        (Limit.VOLTAGE_HIGH, 0, True),
        (Limit.VOLTAGE_HIGH, 2, True),
        (Limit.VOLTAGE_HIGH, 3, False),
        (Limit.VOLTAGE_HIGH, -1, False),
        (Limit.VOLTAGE_LOW, 2, True),
        (Limit.VOLTAGE_LOW, 3, False),
        (Limit.LINE, 0, True),
        (Limit.LINE, 1, False),
        (Limit.LINE, -1, False),
        (Limit.TRAFO, 0, True),
        (Limit.TRAFO, 1, False),
        (Limit.BALANCE, -1, True),
        (Limit.BALANCE, 0, False),
        (Limit.NO_SOLUTION, -1, True),
        (Limit.NO_SOLUTION, 0, False),
        (9, -1, False),
    ],
)
def test_a_reason_names_a_limit_of_this_grid(kind: int, element: int, known: bool) -> None:
    problem = problem_of(with_trafo(feeder()), [1_000], lowest_w=[0])
    result = replace(
        decided(problem, [-20]),
        reason_kind=np.array([kind], dtype=np.int32),
        reason_element=np.array([element], dtype=np.int32),
    )

    assert audit_redispatch(problem, result) == (
        [] if known else ["a reason that names no limit of this grid"]
    )


def test_whoever_moves_has_a_reason_and_nobody_else() -> None:
    problem = roomy()
    wrong = ["units move without a reason, or have one and do not move"]
    result = decided(problem, [-20, 0])

    for kinds, element in (([0, 0], [-1, -1]), ([5, 5], [-1, -1])):
        told_so = replace(
            result,
            reason_kind=np.array(kinds, dtype=np.int32),
            reason_element=np.array(element, dtype=np.int32),
        )
        assert audit_redispatch(problem, told_so) == wrong


def test_arrays_of_another_shape_or_type_end_the_audit_by_their_names() -> None:
    problem = roomy()
    result = decided(problem)

    for name in ("change_w", "offered_w", "reason_kind", "reason_element"):
        array = getattr(result, name)
        for wrong in (array[:1], array.astype(np.int16)):
            (said,) = audit_redispatch(problem, replace(result, **{name: wrong}))
            assert said == f"{name}: {wrong.dtype} {wrong.shape}, expected (2,)"
    for side in ("before", "after"):
        rows = getattr(result, side)
        for name in ("element", "value", "limit"):
            wrong = np.zeros(1, dtype=getattr(rows, name).dtype)
            other = replace(result, **{side: replace(rows, **{name: wrong})})
            assert audit_redispatch(problem, other) == [
                f"{side}.{name}: {wrong.dtype} (1,), expected (0,)"
            ]
        for name in ("kind", "element", "value", "limit"):
            other = replace(
                result, **{side: replace(rows, **{name: np.zeros(0, dtype=np.complex64)})}
            )
            assert audit_redispatch(problem, other) == [
                f"{side}.{name}: complex64 (0,), expected (0,)"
            ]


# ── limits that are broken, or nearly ───────────────────────────────────────────────────────────


def near_limit(kind: Limit, by: float) -> tuple[RedispatchProblem, tuple[int, int, float, float]]:
    """A grid of which one limit is passed by so much, and how that is told."""
    network = with_trafo(feeder())
    own = flow(network, np.array([[9_000.0]]))
    low, high = np.full(3, 0.5), np.full(3, 1.5)
    value, limit = float(own.voltage_pu[0, 1]), 1.0
    changed: dict[str, FloatArray] = {}
    if kind is Limit.VOLTAGE_HIGH:
        high[1] = limit = value - by
    elif kind is Limit.VOLTAGE_LOW:
        low[1] = limit = value + by
    else:
        amperes = 9_000 / (np.sqrt(3) * 400 * value)
        changed["line_i_max_a"] = amperes / np.array([1 + by])
        value = 1 + by
    network = replace(network, node_v_min_pu=low, node_v_max_pu=high, **changed)
    element = 1 if kind in (Limit.VOLTAGE_HIGH, Limit.VOLTAGE_LOW) else 0
    return problem_of(network, [9_000]), (int(kind), element, value, limit)


KINDS = [Limit.VOLTAGE_HIGH, Limit.VOLTAGE_LOW, Limit.LINE]


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_passed_by_more_than_a_hair_has_to_be_told(kind: Limit) -> None:
    for by, silent in ((-0.9 * HAIR, True), (0.9 * HAIR, True), (1.1 * HAIR, False)):
        problem, row = near_limit(kind, by)
        key = row[:2]
        refused = [
            f"{side}: limits are broken and not told: [({key[0]!r}, {key[1]})]"
            for side in ("before", "after")
        ]
        found = audit_redispatch(problem, decided(problem))
        assert [text.replace(repr(kind), str(int(kind))) for text in found] == (
            [] if silent else refused
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", ["before", "after"])
def test_what_is_told_is_passed_by_what_is_told(kind: Limit, side: str) -> None:
    problem, (_, element, value, limit) = near_limit(kind, 0.001)
    right = replace(
        decided(problem),
        rung=RedispatchRung.RULE,
        by_rule=True,
        cured=False,
        before=told((kind, element, value, limit)),
        after=told((kind, element, value, limit)),
    )
    assert audit_redispatch(problem, right) == []

    for off, well in ((0.9 * HAIR, True), (1.1 * HAIR, False)):
        for sign in (-1, 1):
            # Worse before than after, so that only what is told can be wrong.
            other = told((kind, element, value + sign * off, limit))
            found = audit_redispatch(problem, replace(right, **{side: other}))
            assert any("is passed by" in text for text in found) is not well
            assert well is (found == [])
    nowhere = replace(right, **{side: told((kind, 7, value, limit), (kind, element, value, limit))})
    assert f"{side}: ({int(kind)}, 7) is no limit of this grid that is broken" in (
        audit_redispatch(problem, nowhere)
    )


def test_the_rung_says_whether_limits_are_broken() -> None:
    problem, row = near_limit(Limit.VOLTAGE_HIGH, 0.001)
    broken = replace(decided(problem), before=told(row), after=told(row), cured=False)

    assert audit_redispatch(problem, replace(broken, rung=RedispatchRung.CHEAPEST)) == [
        "the cheapest cure cures nothing"
    ]
    assert audit_redispatch(problem, broken) == ["not needed, with limits broken"]
    ruled = replace(broken, rung=RedispatchRung.FALLBACK, by_rule=True)
    assert audit_redispatch(problem, ruled) == []
    assert audit_redispatch(problem, replace(ruled, cured=True)) == ["cured, with limits broken"]
    assert audit_redispatch(roomy(), replace(decided(roomy()), cured=False)) == [
        "all kept and not cured"
    ]


def test_a_limit_is_told_once() -> None:
    problem, row = near_limit(Limit.VOLTAGE_HIGH, 0.001)
    ruled = replace(
        decided(problem),
        before=told(row, row),
        after=told(row),
        cured=False,
        rung=RedispatchRung.RULE,
        by_rule=True,
    )

    assert audit_redispatch(problem, ruled) == ["before: a limit is told twice"]


def test_where_the_auditor_finds_no_solution_a_cure_is_not_believed() -> None:
    problem = problem_of(feeder(), [-5_000_000])
    no_losses = {"loss_before_w": None, "loss_after_w": None}
    result = replace(decided(problem), **no_losses)
    nowhere = told((Limit.NO_SOLUTION, -1, np.inf, 0.0))

    assert audit_redispatch(problem, result) == [
        f"{side}: the auditor's power flow finds no solution" for side in ("before", "after")
    ]
    ruled = replace(
        result, before=nowhere, after=nowhere, cured=False, rung=RedispatchRung.RULE, by_rule=True
    )
    assert audit_redispatch(problem, ruled) == []
    # Losses of what has no solution are compared with nothing.
    assert audit_redispatch(problem, replace(ruled, loss_before_w=5.0, loss_after_w=5.0)) == []


@pytest.mark.parametrize("side", ["loss_before_w", "loss_after_w"])
def test_losses_agree_to_a_watt_and_a_ten_thousandth(side: str) -> None:
    problem = roomy()
    result = decided(problem)
    lost = float(getattr(result, side))
    near = 1.0 + 1e-4 * lost

    for off, refused in ((0.99, False), (1.01, True)):
        for sign in (-1, 1):
            other = replace(result, **{side: lost + sign * off * near})
            assert audit_redispatch(problem, other) == (
                ["losses differ from the auditor's"] if refused else []
            )
    assert audit_redispatch(problem, replace(result, **{side: None})) == []
