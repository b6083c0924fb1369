"""The auditor of the grid agrees with the library, and notices whatever is not as it is told."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.check.flow import flow
from clearing.check.redispatch import audit_flow, audit_redispatch
from clearing.network import FlowProblem, PowerFlow
from clearing.power_flow import power_flow
from clearing.redispatch.decide import redispatch
from clearing.redispatch_problem import (
    Limit,
    RedispatchProblem,
    RedispatchResult,
    RedispatchRung,
)
from tests.clearing.grids import (
    community,
    day_powers,
    feeder,
    flowing,
    lines_only,
    problem_of,
    sunny_noon,
    with_trafo,
)


@pytest.mark.parametrize("area", ["RUR", "SEM"])
def test_two_ways_of_calculating_agree_on_the_real_grids(area: str) -> None:
    network, (power_w, reactive_var) = community(area), day_powers(area)

    own, other = flow(network, power_w, reactive_var), flowing(network, power_w, reactive_var)

    assert own.converged.all()
    for name in ("voltage_pu", "line_loading", "trafo_loading"):
        np.testing.assert_allclose(getattr(own, name), getattr(other, name), rtol=0, atol=1e-9)
    np.testing.assert_allclose(own.source_w, other.source_w, atol=1e-3)
    np.testing.assert_allclose(own.loss_w, other.loss_w, atol=1e-3)


@given(
    st.lists(st.integers(-20_000, 20_000), min_size=3, max_size=3),
    st.floats(0.9, 1.1),
    st.floats(-0.05, 0.05),
    st.floats(380.0, 420.0),
)
def test_two_ways_of_calculating_agree_on_taps_and_odd_windings(
    power: list[int], source: float, tap: float, lower_v: float
) -> None:
    network = lines_only([(0, 1), (1, 2), (2, 0)], [0.1, 0.2, 0.15], [0.02, 0.1, 0.05], [0, 1, 2])
    network = replace(
        with_trafo(replace(network, line_c_f=np.array([1e-6, 0.0, 2e-6]))),
        source_v_pu=source,
        trafo_tap=np.array([tap]),
        trafo_v_to_v=np.array([lower_v]),
    )
    problem = FlowProblem(
        network=network,
        power_w=np.array([power], dtype=np.float64),
        reactive_var=np.array([power[::-1]], dtype=np.float64) / 3,
    )

    found = power_flow(problem)

    assert found.converged.all()
    assert audit_flow(problem, found) == []


def test_a_step_near_nowhere_is_nan_in_both() -> None:
    power_w = np.array([[-5e6], [1_000.0]])

    own = flow(feeder(), power_w)

    assert own.converged.tolist() == [False, True]
    assert np.isnan(own.voltage_pu[0, 1])
    problem = FlowProblem(network=feeder(), power_w=power_w)
    assert audit_flow(problem, power_flow(problem)) == []


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("voltage_pu", lambda x: x + 1e-5, "voltage_pu differs"),
        ("line_loading", lambda x: x * 1.001, "line_loading differs"),
        ("voltage_pu", lambda x: x * np.nan, "voltage_pu differs"),
        ("source_w", lambda x: x + 5.0, "do not balance"),
        ("loss_w", lambda x: x * 1.5, "losses differ"),
        ("converged", lambda x: ~x, "a step that has a solution is said to have none"),
        ("voltage_pu", lambda x: x[:, :1], "expected (1, 2)"),
    ],
)
def test_a_spoilt_power_flow_is_refused(
    name: str, spoil: Callable[[np.ndarray], np.ndarray], said: str
) -> None:
    problem = FlowProblem(
        network=replace(feeder(), line_i_max_a=np.array([20.0])), power_w=np.array([[9_000.0]])
    )
    found: PowerFlow = power_flow(problem)

    spoilt = replace(found, **{name: spoil(getattr(found, name))})

    assert audit_flow(problem, found) == []
    assert any(said in refusal for refusal in audit_flow(problem, spoilt))


def cured() -> tuple[RedispatchProblem, RedispatchResult]:
    problem = problem_of(
        feeder(v_max=1.005, n_units=2), [10_000, -50], lowest_w=[0, -50], down=1_000
    )
    return problem, redispatch(problem)


DAMAGES: dict[str, tuple[Callable[[RedispatchResult], RedispatchResult], str]] = {
    "a watt too little": (
        lambda r: replace(r, change_w=r.change_w + np.array([1, 0])),
        "are replaced by",
    ),
    "a pair too little": (
        lambda r: replace(
            r, change_w=r.change_w + np.array([9, 0]), replacement_w=r.replacement_w - 9
        ),
        "broken and not told",
    ),
    "somebody who may not": (
        lambda r: replace(r, change_w=r.change_w + np.array([-5, 5])),
        "outside what they may do: [1]",
    ),
    "a quantum": (lambda r: replace(r, cost_quanta=r.cost_quanta + 1), "costs "),
    "no reason": (
        lambda r: replace(r, reason_kind=np.zeros(2, dtype=np.int32)),
        "without a reason",
    ),
    "a reason nowhere": (
        lambda r: replace(r, reason_element=np.array([7, -1], dtype=np.int32)),
        "names no limit",
    ),
    "cured it is not": (lambda r: replace(r, cured=False), "all kept and not cured"),
    "hidden before": (
        lambda r: replace(r, before=r.after),
        "before: limits are broken and not told",
    ),
    "invented after": (
        lambda r: replace(r, after=r.before, cured=False),
        "after: (1, 1) is passed by",
    ),
    "not needed": (
        lambda r: replace(r, rung=RedispatchRung.NOT_NEEDED),
        "units move on the rung not_needed",
    ),
    "rule": (lambda r: replace(r, by_rule=True), "by_rule is True"),
    "losses": (lambda r: replace(r, loss_after_w=999.0), "losses differ"),
    "shape": (lambda r: replace(r, change_w=r.change_w[:1]), "change_w: int64 (1,), expected (2,)"),
    "twice": (
        lambda r: replace(
            r,
            before=replace(
                r.before,
                **{
                    name: np.repeat(getattr(r.before, name), 2)
                    for name in ("kind", "element", "value", "limit")
                },
            ),
        ),
        "told twice",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_redispatch_is_refused(damage: str) -> None:
    problem, result = cured()
    spoil, said = DAMAGES[damage]

    assert audit_redispatch(problem, result) == []
    assert any(said in refusal for refusal in audit_redispatch(problem, spoil(result)))


def test_making_things_worse_is_refused() -> None:
    problem = problem_of(feeder(v_max=1.005), [10_000], highest_w=[12_000])
    result = redispatch(problem)
    worse = redispatch(problem_of(feeder(v_max=1.005), [12_000]))

    spoilt = replace(
        result,
        change_w=np.array([2_000]),
        replacement_w=-2_000,
        after=worse.after,
        reason_kind=np.array([Limit.BALANCE], dtype=np.int32),
        loss_after_w=worse.loss_after_w,
    )

    assert not result.change_w.any()
    assert "the grid is worse off than before" in audit_redispatch(problem, spoilt)


def test_the_real_village_passes_both_ways() -> None:
    problem = sunny_noon("RUR", 1.06)

    assert audit_redispatch(problem, redispatch(problem)) == []
