"""Curtailment by rule: the same part for all, no more than is needed, and honest."""

import numpy as np
import pytest

from clearing.redispatch.fallback import fallback
from clearing.redispatch_problem import Limit, RedispatchProblem, RedispatchRung
from tests.clearing.grids import feeder, flowing, lines_only, power_at, problem_of, solved


def test_by_rule_equals_give_up_the_same_part_and_no_more_than_is_needed() -> None:
    network = feeder(v_max=1.005, n_units=3)
    problem = problem_of(network, [6_000, 5_000, -1_000], lowest_w=[0, 0, -1_000])

    result = fallback(problem, "no solver", ("refused",))

    assert result.rung is RedispatchRung.FALLBACK
    assert result.cured
    assert result.audit_faults == ("refused",)
    assert "no solver" in result.message
    part = -result.change_w[:2] / np.array([6_000, 5_000])
    assert part[0] == pytest.approx(part[1], abs=2e-4)
    assert result.change_w[2] == 0
    # Never less than needed, and within a four-thousandth of what there was.
    short = power_at(1.005, 0.1, 0.05) - (10_000 + result.change_w.sum())
    assert 0 <= short <= 11_000 / 4_096 + 3


def test_by_rule_a_battery_charges_where_giving_up_is_not_enough() -> None:
    network = lines_only([(0, 1), (1, 2)], [0.1, 0.1], [0.05, 0.05], [2, 1], v_max=1.005)
    # The solar unit cannot be turned down far; the battery next door can take the rest.
    problem = problem_of(network, [8_000, 0], lowest_w=[7_000, -8_000])

    result = fallback(problem, "no solver", ())

    assert result.cured
    assert result.change_w[0] == -1_000
    assert result.change_w[1] < 0


def test_a_grid_without_an_operating_point_is_brought_back_to_one() -> None:
    problem = problem_of(feeder(v_min=0.8), [-700_000], highest_w=[0])

    result = solved(problem)

    assert result.before.kind.tolist() == [Limit.NO_SOLUTION]
    assert result.loss_before_w is None
    assert result.by_rule
    assert result.cured
    assert result.change_w[0] > 0
    assert result.reason_kind.tolist() == [Limit.NO_SOLUTION]


def test_a_grid_that_has_none_at_all_is_left_alone_and_told() -> None:
    result = solved(problem_of(feeder(), [-500_000]))

    assert not result.cured
    assert not result.change_w.any()
    assert result.after.kind.tolist() == [Limit.NO_SOLUTION]


def test_nobody_moves_for_a_limit_they_have_no_hand_in() -> None:
    # Node 1 sags by its own load; the solar unit on the other feeder cannot help it.
    network = lines_only([(0, 1), (0, 2)], [0.3, 0.1], [0.1, 0.05], [1, 2], v_min=0.95)

    result = solved(problem_of(network, [-30_000, 5_000], lowest_w=[-30_000, 0]))

    assert not result.cured
    assert not result.change_w.any()
    assert result.after.element.tolist() == [1]


def feeder_of_three(**changes: list[int]) -> RedispatchProblem:
    """Three roofs along a cable that nobody steers; only the last two nodes pass the limit."""
    network = lines_only(
        [(0, 1), (1, 2), (2, 3)], [0.1, 0.1, 0.1], [0.05, 0.05, 0.05], [1, 2, 3], v_max=1.03
    )
    return problem_of(network, [10_000, 10_000, 10_000], lowest_by_rule_w=[0, 0, 0], **changes)


def test_what_nobody_steers_is_cut_by_the_same_part_along_the_whole_feeder() -> None:
    result = solved(feeder_of_three())

    assert result.rung is RedispatchRung.RULE
    assert result.cured
    assert result.offered_w.tolist() == [10_000, 10_000, 10_000]
    assert result.change_w.min() == result.change_w.max() < 0
    level = flowing(feeder_of_three().network, (10_000.0 + result.change_w)[np.newaxis])
    assert level.voltage_pu.max() == pytest.approx(1.03, abs=2e-5)


def test_the_end_of_a_feeder_alone_would_have_to_give_less_but_all_of_it() -> None:
    fair = solved(feeder_of_three())
    end = solved(feeder_of_three(lowest_w=[0, 0, 0]))

    assert end.rung is RedispatchRung.CHEAPEST
    assert end.change_w[0] == 0
    assert end.change_w[2] < 2 * fair.change_w[2]
    assert fair.change_w.sum() < end.change_w.sum() < 0


def test_what_can_be_steered_goes_before_what_nobody_steers_is_cut() -> None:
    problem = problem_of(
        feeder(v_max=1.005, n_units=2), [1_000, 9_000], lowest_w=[0, 9_000], lowest_by_rule_w=[0, 0]
    )

    result = solved(problem)

    assert result.rung is RedispatchRung.RULE
    assert result.cured
    assert result.change_w[0] == -1_000
    assert 10_000 + result.change_w.sum() == pytest.approx(power_at(1.005, 0.1, 0.05), abs=5)


def test_who_has_borne_less_gives_more_until_the_parts_are_the_same() -> None:
    network = feeder(v_max=1.005, n_units=3)
    problem = problem_of(
        network,
        [5_000, 5_000, 100],
        lowest_by_rule_w=[0, 0, 100],
        borne_w=[1_000, 0, 0],
        offered_w=[2_000, 2_000, 0],
    )

    result = solved(problem)

    given = -result.change_w
    assert result.cured
    # The part of all that each could have given so far: 7 kW each.
    assert (1_000 + given[0]) == pytest.approx(given[1], abs=4)
    assert given[2] == 0
    assert result.offered_w.tolist() == [5_000, 5_000, 0]


def test_who_has_borne_its_part_many_times_over_is_left_alone() -> None:
    network = feeder(v_max=1.005, n_units=2)
    problem = problem_of(
        network,
        [5_000, 5_000],
        lowest_by_rule_w=[0, 0],
        borne_w=[9_000_000, 0],
        offered_w=[10_000_000, 10_000_000],
    )

    result = solved(problem)

    assert result.cured
    assert result.change_w[0] == 0
    # To the watt, however long the account is.
    assert 10_000 + result.change_w[1] == pytest.approx(power_at(1.005, 0.1, 0.05), abs=3)


@pytest.mark.parametrize("seed", range(30))
def test_an_account_changes_who_gives_and_never_whether_it_is_enough(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 7))
    network = lines_only(
        [(int(rng.integers(0, k)), k) for k in range(1, n + 1)],
        rng.uniform(0.05, 0.2, n).tolist(),
        rng.uniform(0.02, 0.1, n).tolist(),
        list(range(1, n + 1)),
        v_max=1 + float(rng.uniform(0.005, 0.03)),
        i_max_a=rng.uniform(10.0, 60.0, n).tolist(),
    )
    scheduled = rng.integers(2, 12, n) * 1_000
    could = rng.integers(0, 50, n) * 1_000
    borne = np.floor(could * rng.random(n)).astype(np.int64)
    nothing, some = (
        fallback(
            problem_of(
                network, scheduled.tolist(), lowest_by_rule_w=[0] * n, borne_w=by, offered_w=of
            ),
            "no solver",
            (),
        )
        for by, of in ((None, None), (borne.tolist(), could.tolist()))
    )

    assert nothing.cured
    assert some.cured
    if len(some.before) == 1:
        part = (borne - some.change_w) / np.maximum(could + scheduled, 1)
        gave = (some.change_w < 0) & (some.offered_w > 0)
        room = (scheduled + some.change_w > 0) & (some.offered_w > 0)
        if gave.any() and room.any():
            assert part[gave].max() <= part[room].min() + 1e-3
