"""The auditor's own power flow, and how far another one may be from it."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.check.flow import flow
from clearing.check.redispatch import audit_flow
from clearing.network import FlowProblem, PowerFlow
from tests.clearing.grids import feeder, lines_only, power_at, with_trafo

HAIR = 1e-6


def two_steps() -> tuple[FlowProblem, PowerFlow]:
    grid = replace(with_trafo(feeder()), line_i_max_a=np.array([20.0]))
    power_w = np.array([[9_000.0], [-9_000.0]])
    return FlowProblem(network=grid, power_w=power_w), flow(grid, power_w)


@pytest.mark.parametrize("name", ["voltage_pu", "line_loading", "trafo_loading"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_two_flows_agree_to_a_hair(name: str, sign: int) -> None:
    problem, found = two_steps()

    for off, well in ((0.9 * HAIR, True), (1.1 * HAIR, False)):
        array = getattr(found, name).copy()
        array[1, 0] += sign * off
        assert audit_flow(problem, replace(found, **{name: array})) == (
            [] if well else [f"{name} differs from the auditor's by 1.1e-06"]
        )


@pytest.mark.parametrize("sign", [-1, 1])
def test_source_units_and_losses_balance_to_the_watt(sign: int) -> None:
    problem, found = two_steps()

    for off, refused in ((0.99, False), (1.01, True)):
        other = replace(found, source_w=found.source_w + np.array([0, sign * off]))
        assert audit_flow(problem, other) == (
            ["source, units and losses do not balance"] if refused else []
        )
    both = {"source_w": found.source_w + 5, "loss_w": found.loss_w + 5}
    assert audit_flow(problem, replace(found, **both)) == ["losses differ from the auditor's"]


def test_where_either_finds_nothing_nothing_is_compared() -> None:
    problem, found = two_steps()
    lost = replace(
        found,
        converged=np.array([True, False]),
        voltage_pu=np.stack([found.voltage_pu[0], np.full(3, np.nan)]),
    )
    said = "a step that has a solution is said to have none"

    assert audit_flow(problem, lost) == [said]
    assert audit_flow(problem, replace(lost, voltage_pu=found.voltage_pu)) == [
        said,
        "a step without a solution states a voltage",
    ]
    # Near a collapse Newton's method reaches further: there the auditor has no opinion.
    collapsing = FlowProblem(network=problem.network, power_w=np.array([[9_000.0], [-5e6]]))
    assert not flow(collapsing.network, collapsing.power_w).converged[1]
    assert audit_flow(collapsing, found) == []


@pytest.mark.parametrize(
    "name", ["voltage_pu", "line_loading", "trafo_loading", "source_w", "loss_w", "converged"]
)
def test_a_flow_of_another_shape_or_type_is_refused_by_its_name(name: str) -> None:
    problem, found = two_steps()
    array = getattr(found, name)

    for wrong in (array[:1], array.astype(np.float32)):
        other = replace(found, **{name: wrong})
        assert audit_flow(problem, other) == [
            f"{name}: {wrong.dtype} {wrong.shape}, expected {array.shape}"
        ]


# ── by hand ─────────────────────────────────────────────────────────────────────────────────────


def test_a_voltage_is_the_one_of_the_two_node_equation() -> None:
    for v_pu in (0.95, 1.05):
        power_w = power_at(v_pu, 0.1, 0.05)
        found = flow(feeder(), np.array([[power_w]]))

        assert found.voltage_pu[0].tolist() == pytest.approx([1.0, v_pu], abs=1e-9)
        amperes = abs(power_w) / (np.sqrt(3) * 400 * v_pu)
        assert found.loss_w[0] == pytest.approx(3 * 0.1 * amperes**2, rel=1e-9)
        assert found.source_w[0] == pytest.approx(found.loss_w[0] - power_w, rel=1e-9)
        loaded = flow(feeder(i_max_a=amperes / 2), np.array([[power_w]]))
        assert loaded.line_loading[0, 0] == pytest.approx(2.0, rel=1e-9)


def test_units_of_one_node_add_up_and_the_source_keeps_its_voltage() -> None:
    apart = lines_only([(0, 1), (1, 2)], [0.1, 0.1], [0.05, 0.05], [2, 2, 1])
    together = lines_only([(0, 1), (1, 2)], [0.1, 0.1], [0.05, 0.05], [2, 1])
    reactive = np.array([[100.0, 200.0, -50.0]])

    found = flow(apart, np.array([[3_000.0, 1_000.0, -500.0]]), reactive)
    sums = flow(together, np.array([[4_000.0, -500.0]]), np.array([[300.0, -50.0]]))
    np.testing.assert_allclose(found.voltage_pu, sums.voltage_pu, atol=1e-12)
    assert found.voltage_pu[0, 0] == 1.0


def test_many_steps_are_what_each_is_alone() -> None:
    grid = with_trafo(feeder())
    power_w = np.linspace(-9_000, 9_000, 9)[:, None]

    together = flow(grid, power_w)
    for step, alone in enumerate(power_w):
        one = flow(grid, alone[None])
        np.testing.assert_allclose(together.voltage_pu[step], one.voltage_pu[0], atol=1e-12)
        np.testing.assert_allclose(together.loss_w[step], one.loss_w[0], atol=1e-6)


def test_a_grid_made_ready_before_is_not_taken_for_another() -> None:
    power_w = np.array([[5_000.0]])
    grids = [feeder(r_ohm=0.1 + number / 100) for number in range(18)]
    once = [flow(grid, power_w).voltage_pu.tolist() for grid in grids]

    assert [flow(grid, power_w).voltage_pu.tolist() for grid in grids] == once
    assert len({row[0][1] for row in once}) == len(grids)
