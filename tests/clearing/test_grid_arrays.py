"""What describes no grid is refused, every fault at once; the real grids pass."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.network import NetworkFaultyError, network_faults
from tests.clearing.grids import column, community, feeder, flowing, index, lines_only, with_trafo


@pytest.mark.parametrize(("area", "nodes", "lines"), [("RUR", 129, 127), ("SEM", 111, 109)])
def test_the_real_grids_are_sound(area: str, nodes: int, lines: int) -> None:
    network = community(area)

    assert network_faults(network) == []
    assert (network.n_nodes, network.n_lines, network.n_trafos) == (nodes, lines, 1)
    assert network.node_v_rated_v[network.source_node] == 20_000.0


def test_hand_made_grids_are_sound() -> None:
    assert network_faults(feeder()) == []
    assert network_faults(with_trafo(feeder())) == []


def test_every_fault_is_told_at_once() -> None:
    network = replace(
        with_trafo(feeder()),
        line_r_ohm=column(-1.0),
        line_i_max_a=column(0.0),
        node_v_max_pu=column(1.1, 0.5, np.nan),
        trafo_pk_w=column(1e9),
        trafo_p0_w=column(1e9),
        trafo_tap=column(-1.0),
        source_v_pu=0.0,
        unit_node=index(7),
    )

    found = network_faults(network)

    for said in (
        "unit_node: no such node: rows 0",
        "line_r_ohm: below zero: rows 0",
        "line_i_max_a: not above zero: rows 0",
        "node_v_max_pu: not a number: rows 2",
        "node_v_max_pu: below node_v_min_pu: rows 1",
        "trafo_pk_w: more than trafo_uk allows: rows 0",
        "trafo_p0_w: more than trafo_i0 allows: rows 0",
        "trafo_tap: takes the whole winding: rows 0",
        "source_v_pu: 0.0 is not above zero",
    ):
        assert said in found
    assert len(found) == 9
    with pytest.raises(NetworkFaultyError, match="line_r_ohm") as told:
        flowing(network, np.zeros((1, 1)))
    assert told.value.faults == tuple(found)


def test_shapes_and_types_come_first() -> None:
    network = replace(feeder(), line_c_f=column(0.0, 0.0), node_v_min_pu=np.array([1, 1]))

    assert network_faults(network) == [
        "node_v_min_pu: type int64, expected float64",
        "line_c_f: shape (2,), expected (1,)",
    ]


def test_a_node_that_nothing_joins_is_told() -> None:
    network = lines_only([(0, 1), (2, 3)], [0.1, 0.1], [0.1, 0.1], [1])

    assert network_faults(network) == ["node_v_rated_v: not joined to the source: rows 2, 3"]


def test_a_line_joins_one_voltage_and_two_nodes() -> None:
    across = replace(feeder(), node_v_rated_v=column(400.0, 20_000.0))
    to_itself = replace(feeder(), line_to=index(0))
    nothing = replace(feeder(), line_r_ohm=column(0.0), line_x_ohm=column(0.0))

    assert network_faults(across) == ["line_to: another rated voltage than line_from: rows 0"]
    assert "line_from: a line from a node to itself: rows 0" in network_faults(to_itself)
    assert "line_r_ohm, line_x_ohm: a line without impedance: rows 0" in network_faults(nothing)
