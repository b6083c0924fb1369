"""Redispatch: cures known by arithmetic, against trying everything, on the real grids, and honest."""

import numpy as np
import pytest

from clearing.redispatch.decide import redispatch
from clearing.redispatch.fallback import fallback
from clearing.redispatch_problem import (
    Limit,
    RedispatchProblem,
    RedispatchRung,
)
from tests.clearing.grids import (
    feeder,
    flowing,
    lines_only,
    power_at,
    problem_of,
    solved,
    sunny_noon,
    with_trafo,
)

#: The model stays two millionths inside a limit: so many watts on the feeders below.
NEAR_W = 8


# ── by arithmetic ───────────────────────────────────────────────────────────────────────────────


def test_what_the_grid_bears_stays_as_it_is() -> None:
    result = solved(problem_of(feeder(), [10_000], lowest_w=[0]))

    assert result.rung is RedispatchRung.NOT_NEEDED
    assert result.cured
    assert not result.change_w.any()
    assert (result.replacement_w, result.cost_quanta) == (0, 0)
    assert result.loss_before_w == result.loss_after_w


def test_a_voltage_too_high_is_cured_by_the_power_the_equation_says() -> None:
    problem = problem_of(feeder(v_max=1.005), [10_000], lowest_w=[0], down=1_000)

    result = solved(problem)

    assert result.rung is RedispatchRung.CHEAPEST
    allowed = power_at(1.005, 0.1, 0.05)
    assert allowed == pytest.approx(8_040, rel=0.01)  # (R P + X Q) / V² = 0.5 %, and the losses
    assert 0 <= allowed - (10_000 + result.change_w[0]) <= NEAR_W
    assert result.replacement_w == -result.change_w[0]
    # Watts a quarter of an hour at ten a megawatt-hour and the replacement at two hundred.
    assert result.cost_quanta * 4 == result.replacement_w * (1_000 + 20_000)
    assert (result.reason_kind.tolist(), result.reason_element.tolist()) == (
        [Limit.VOLTAGE_HIGH],
        [1],
    )
    assert result.before.kind.tolist() == [Limit.VOLTAGE_HIGH]
    assert result.before.limit.tolist() == [1.005]
    assert len(result.after) == 0


def test_a_voltage_too_low_is_cured_by_withdrawing_less() -> None:
    problem = problem_of(feeder(v_min=0.99), [-20_000], highest_w=[0], up=3_000)

    result = solved(problem)

    allowed = power_at(0.99, 0.1, 0.05)
    assert -NEAR_W <= allowed - (-20_000 + result.change_w[0]) <= 0
    # The operator sells what is not withdrawn, at the bid.
    assert result.replacement_w == -result.change_w[0] < 0
    assert result.cost_quanta * 4 == result.change_w[0] * (3_000 - 8_000)
    assert result.reason_kind.tolist() == [Limit.VOLTAGE_LOW]
    assert result.before.value[0] < 0.99


def test_a_line_and_a_transformer_are_relieved_to_what_they_bear() -> None:
    line = solved(problem_of(feeder(i_max_a=20.0), [18_000], lowest_w=[0]))
    trafo = solved(problem_of(with_trafo(feeder(), sn_va=10_000.0), [18_000], lowest_w=[0]))

    allowed = np.sqrt(3) * 400 * 1.0087 * 20.0  # at the voltage this power makes
    assert 18_000 + line.change_w[0] == pytest.approx(allowed, rel=1e-3)
    assert line.reason_kind.tolist() == [Limit.LINE]
    assert trafo.cured
    # The fuller end is the lower one; lost on the way there: three times I² R in the line.
    assert 18_000 + trafo.change_w[0] == pytest.approx(10_000 + 62, abs=3)
    assert trafo.reason_kind.tolist() == [Limit.TRAFO]


def test_what_goes_down_is_matched_by_the_cheapest_that_goes_up() -> None:
    # Solar at the end of one feeder, two units that could give more at the end of another.
    network = lines_only([(0, 1), (0, 2)], [0.1, 0.1], [0.05, 0.05], [1, 2, 2], v_max=1.005)
    problem = problem_of(
        network,
        [10_000, 0, 0],
        lowest_w=[0, 0, 0],
        highest_w=[10_000, 1_200, 5_000],
        up=[0, 9_000, 15_000],
        down=[0, 9_000, 15_000],
    )

    result = solved(problem)

    down = int(result.change_w[0])
    assert result.change_w.tolist() == [down, 1_200, -down - 1_200]
    assert result.replacement_w == 0
    assert result.cost_quanta * 4 == 1_200 * 9_000 + (-down - 1_200) * 15_000
    assert result.reason_kind.tolist() == [Limit.VOLTAGE_HIGH, Limit.BALANCE, Limit.BALANCE]
    assert result.reason_element.tolist() == [1, -1, -1]


def test_the_cheaper_of_two_on_one_node_moves_first_and_equals_share_by_their_room() -> None:
    network = feeder(v_max=1.005, n_units=3)
    cheap = solved(
        problem_of(network, [6_000, 3_000, 1_000], lowest_w=[0, 0, 0], down=[900, 500, 900])
    )
    equal = solved(problem_of(network, [6_000, 3_000, 1_000], lowest_w=[0, 0, 0], down=900))

    total = int(equal.change_w.sum())
    assert cheap.change_w.tolist() == [0, total, 0]
    assert np.abs(equal.change_w * 10 - total * np.array([6, 3, 1])).max() < 10


def test_the_better_placed_moves_where_costs_are_equal() -> None:
    network = lines_only([(0, 1), (1, 2)], [0.1, 0.2], [0.02, 0.04], [1, 2], v_max=1.01)

    result = solved(problem_of(network, [10_000, 10_000], lowest_w=[0, 0], down=500))

    assert result.change_w[0] == 0
    assert result.change_w[1] < 0
    assert result.reason_element[1] == 2


def test_redispatch_does_not_trade_where_a_pair_of_moves_would_pay() -> None:
    # Turning unit 1 up would earn more than anything: it is not broken, so it is left alone.
    network = lines_only([(0, 1), (0, 2)], [0.1, 0.1], [0.05, 0.05], [1, 2], v_max=1.005)
    problem = problem_of(
        network,
        [10_000, 0],
        lowest_w=[0, 0],
        highest_w=[10_000, 9_000],
        up=[0, -50_000],
        down=[0, 50_000],
    )

    result = solved(problem)

    assert result.change_w[1] == -result.change_w[0]
    assert result.cost_quanta == -50_000 * int(result.change_w[1]) // 4


def test_the_same_problem_has_the_same_result() -> None:
    problem = sunny_noon("SEM", 1.035)
    one, two = solved(problem), solved(problem)

    assert one.change_w.tolist() == two.change_w.tolist()
    assert one.reason_element.tolist() == two.reason_element.tolist()
    assert (one.cost_quanta, one.rounds, one.message) == (two.cost_quanta, two.rounds, two.message)


# ── against trying everything ───────────────────────────────────────────────────────────────────


def random_problem(seed: int) -> RedispatchProblem:
    """A random tree of few nodes whose schedule is about twice what it bears."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    ends = [(int(rng.integers(0, k)), k) for k in range(1, n + 1)]
    units = [int(k) for k in rng.permutation(np.arange(1, n + 1))[: min(n, 3)]]
    network = lines_only(
        ends,
        rng.uniform(0.05, 0.3, n).tolist(),
        rng.uniform(0.02, 0.1, n).tolist(),
        units,
        v_max=1 + float(rng.uniform(0.01, 0.03)),
        v_min=1 - float(rng.uniform(0.01, 0.03)),
        i_max_a=rng.uniform(8.0, 40.0, n).tolist(),
    )
    scheduled = rng.integers(-8, 17, len(units)) * 1_000
    return problem_of(
        with_trafo(network, sn_va=40_000.0) if seed % 2 else network,
        scheduled.tolist(),
        lowest_w=np.minimum(
            scheduled, np.where(rng.random(len(units)) < 0.7, 0, scheduled)
        ).tolist(),
        highest_w=np.maximum(scheduled, rng.integers(0, 6, len(units)) * 1_000).tolist(),
        up=(bid_ticks := rng.integers(80, 200, len(units)) * 100).tolist(),
        down=(rng.integers(0, 60, len(units)) * 100 - bid_ticks // 4).tolist(),
    )


def cheapest_by_trying(problem: RedispatchProblem, points: int) -> float | None:
    """The cheapest cure on a lattice of changes, by power flow alone; None: there is none on it."""
    axes = [
        np.unique(np.append(np.linspace(low, high, points), at))
        for low, high, at in zip(
            problem.lowest_w, problem.highest_w, problem.scheduled_w, strict=True
        )
    ]
    power = np.stack([axis.reshape(-1) for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    network, flow = problem.network, flowing(problem.network, power)
    with np.errstate(invalid="ignore"):
        kept = (
            (flow.voltage_pu <= network.node_v_max_pu).all(axis=1)
            & (flow.voltage_pu >= network.node_v_min_pu).all(axis=1)
            & (flow.line_loading <= 1).all(axis=1)
            & (flow.trafo_loading <= 1).all(axis=1)
        )
    if not kept.any():
        return None
    change = power[kept] - problem.scheduled_w
    bought = -change.sum(axis=1)
    cost = (
        (np.maximum(change, 0) * problem.cost_up_ticks).sum(axis=1)
        + (np.maximum(-change, 0) * problem.cost_down_ticks).sum(axis=1)
        + np.where(bought > 0, problem.replacement_ask_ticks, problem.replacement_bid_ticks)
        * bought
    )
    return float(cost.min()) / 4


@pytest.mark.parametrize("seed", range(40))
def test_nothing_on_a_lattice_is_cheaper(seed: int) -> None:
    problem = random_problem(seed)
    tried = cheapest_by_trying(problem, 17)

    result = solved(problem)

    if tried is not None:
        assert result.cured
    if result.rung is RedispatchRung.CHEAPEST and tried is not None:
        # Whole watts and two millionths of room are all that is given away.
        moved_w = int(np.abs(result.change_w).sum())
        assert result.cost_quanta <= tried + 5_000 * (20 + 0.002 * moved_w)


def test_the_random_grids_are_worth_trying() -> None:
    rungs = [redispatch(random_problem(seed)).rung for seed in range(40)]

    assert rungs.count(RedispatchRung.CHEAPEST) > 10
    assert rungs.count(RedispatchRung.NOT_NEEDED) > 2


# ── on the real grids ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("area", "v_max"), [("RUR", 1.055), ("RUR", 1.06), ("SEM", 1.035)])
def test_forty_percent_more_sun_is_cured_and_verified(area: str, v_max: float) -> None:
    problem = sunny_noon(area, v_max)

    result = solved(problem)

    assert result.rung is RedispatchRung.CHEAPEST
    assert result.cured
    assert len(result.before) > 0
    assert (result.change_w <= 0).all()
    assert result.replacement_w > 0
    assert result.cost_quanta * 4 == result.replacement_w * (8_000 + 20_000)
    moved = result.change_w != 0
    assert (result.reason_kind[moved] == Limit.VOLTAGE_HIGH).all()
    power_w = (problem.scheduled_w + result.change_w).astype(np.float64)[np.newaxis]
    assert problem.reactive_var is not None
    flow = flowing(problem.network, power_w, problem.reactive_var.astype(np.float64)[np.newaxis])
    assert flow.voltage_pu.max() <= v_max
    # It stops at the limit, not somewhere below it.
    assert flow.voltage_pu[0, problem.network.node_v_rated_v < 1_000].max() > v_max - 2e-5
    by_rule = fallback(problem, "for comparison", ())
    assert by_rule.cured
    assert result.cost_quanta < by_rule.cost_quanta


def test_where_there_is_no_cure_it_says_so_and_curtails_by_rule() -> None:
    # The upper network alone lifts the village above this limit.
    problem = sunny_noon("RUR", 1.045)

    result = solved(problem)

    assert result.rung is RedispatchRung.RULE
    assert result.by_rule
    assert not result.cured
    assert 0 < len(result.after) <= len(result.before)
    assert result.after.excess.max() < result.before.excess.max()
    assert "curtailed by rule, which leaves" in result.message
