"""Power flow against arithmetic, against pandapower's answers, and honest where there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.network import NetworkFaultyError
from tests.clearing.grids import (
    community,
    day_powers,
    feeder,
    flowing,
    lines_only,
    with_trafo,
)

ANSWERS = Path(__file__).parent / "data" / "pandapower" / "answers.npz"


@pytest.mark.parametrize("area", ["RUR", "SEM"])
def test_both_grids_answer_as_pandapower_does_all_day(area: str) -> None:
    answers, network = np.load(ANSWERS), community(area)

    flow = flowing(network, *day_powers(area))

    assert flow.converged.all()
    assert len(flow) == 96
    pi = answers[f"{area}_voltage_ppb"] / 1e9
    tee = pi + answers[f"{area}_tee_less_pi_ppb"] / 1e9
    np.testing.assert_allclose(flow.voltage_pu, pi, rtol=0, atol=2e-9)
    # The other form of a transformer is half a millionth away: still the same to six digits.
    np.testing.assert_allclose(flow.voltage_pu, tee, rtol=0, atol=1e-6)
    line_a = flow.line_loading * network.line_i_max_a
    np.testing.assert_allclose(line_a, answers[f"{area}_line_ma"] / 1e3, rtol=1e-6, atol=1e-3)
    trafo_va = flow.trafo_loading * network.trafo_sn_va
    np.testing.assert_allclose(trafo_va, answers[f"{area}_trafo_mva"] / 1e3, rtol=1e-6, atol=1e-2)
    np.testing.assert_allclose(flow.source_w, answers[f"{area}_source_mw"] / 1e3, atol=0.05)


def test_two_nodes_by_hand() -> None:
    # v(1 − v*) terms by hand: for a source at 1, v² solves x² − (1 + 2(RP + XQ)) x + |Z|²|S|² = 0.
    r, x, p, q, v = 0.1, 0.05, 10_000.0, -4_000.0, 400.0
    rp, zs = (r * p + x * q) / v**2, (r**2 + x**2) * (p**2 + q**2) / v**4
    square = ((1 + 2 * rp) + np.sqrt((1 + 2 * rp) ** 2 - 4 * zs)) / 2
    current = np.hypot(p, q) / (np.sqrt(3) * v * np.sqrt(square))

    network = feeder(r_ohm=r, x_ohm=x, i_max_a=20.0)
    flow = flowing(network, np.array([[p]]), np.array([[q]]))

    assert flow.voltage_pu[0] == pytest.approx([1.0, np.sqrt(square)], abs=1e-9)
    assert flow.line_loading[0, 0] == pytest.approx(current / 20.0, rel=1e-7)
    assert flow.loss_w[0] == pytest.approx(3 * current**2 * r, rel=1e-6)
    assert flow.source_w[0] == pytest.approx(flow.loss_w[0] - p, abs=1e-3)
    # The rule of thumb of every planner: a rise of (R P + X Q) / V².
    assert flow.voltage_pu[0, 1] - 1 == pytest.approx(rp, rel=0.02)


def test_a_transformer_idle_loses_its_iron_and_a_tap_moves_the_low_side() -> None:
    idle = np.zeros((1, 1))
    neutral = with_trafo(feeder())
    tapped = replace(neutral, trafo_tap=np.array([-0.025]))

    flow = flowing(neutral, idle)

    # Iron loss is told at rated voltage, and the voltage here is the source's 1.0.
    assert flow.loss_w[0] == pytest.approx(200.0, rel=1e-3)
    raised = flowing(tapped, idle).voltage_pu[0, 0] / flow.voltage_pu[0, 0]
    assert raised == pytest.approx(1 / 0.975, rel=1e-6)


def test_a_cable_idle_charges_and_lifts_its_end() -> None:
    cable = replace(feeder(r_ohm=0.0, x_ohm=0.5), line_c_f=np.array([1e-5]))
    half = 2 * np.pi * 50 * 1e-5 / 2

    flow = flowing(cable, np.zeros((1, 1)))

    assert flow.voltage_pu[0, 1] == pytest.approx(1 / (1 - 0.5 * half), abs=1e-9)


def test_a_step_without_a_solution_says_so_and_spoils_no_other() -> None:
    power_w = np.array([[1_000.0], [-5e6], [2_000.0]])

    flow = flowing(feeder(), power_w)

    assert flow.converged.tolist() == [True, False, True]
    for values in (flow.voltage_pu, flow.line_loading, flow.source_w, flow.loss_w):
        assert np.isnan(values[1]).all()
        assert np.isfinite(values[[0, 2]]).all()
    alone = flowing(feeder(), power_w[[0, 2]])
    assert (alone.voltage_pu == flow.voltage_pu[[0, 2]]).all()


def test_no_steps_and_no_units_are_no_trouble() -> None:
    assert len(flowing(feeder(), np.zeros((0, 1)))) == 0
    empty = lines_only([(0, 1)], [0.1], [0.1], [])
    assert flowing(empty, np.zeros((2, 0))).voltage_pu.tolist() == [[1.0, 1.0]] * 2


def test_powers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        NetworkFaultyError, match=r"power_w: float64 \(1, 2\), expected float64 \(1, 1\)"
    ):
        flowing(feeder(), np.zeros((1, 2)))
    with pytest.raises(NetworkFaultyError, match="reactive_var: not a number"):
        flowing(feeder(), np.zeros((1, 1)), np.array([[np.nan]]))


@given(st.lists(st.integers(-4_000, 4_000), min_size=3, max_size=3), st.integers(0, 2))
def test_more_injection_lifts_every_voltage_of_a_feeder(power: list[int], unit: int) -> None:
    network = lines_only([(0, 1), (1, 2), (1, 3)], [0.1, 0.2, 0.3], [0.05, 0.05, 0.1], [1, 2, 3])
    more = list(power)
    more[unit] += 500

    flow = flowing(network, np.array([power, more], dtype=np.float64))

    assert flow.converged.all()
    assert (flow.voltage_pu[1, 1:] > flow.voltage_pu[0, 1:]).all()
    assert flow.source_w + np.array([power, more]).sum(axis=1) == pytest.approx(
        flow.loss_w, abs=1e-3
    )
