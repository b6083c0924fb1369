"""AC power flow of one area over many steps, by power-grid-model.

The one idea to know: a grid is stated once, the steps differ in the power at its nodes only, so
all of them are one batch: Newton's method on the balanced three-phase network. A step without a
solution is marked and holds NaN; no step spoils another. `docs/power-flow.md` has the model and
what it cannot see.
"""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from power_grid_model import (
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    WindingType,
    initialize_array,
)

from clearing.network import (
    FloatArray,
    FlowProblem,
    NetworkArrays,
    NetworkFaultyError,
    PowerFlow,
    flow_faults,
    no_flow,
)

#: The source's own short-circuit power in VA. The voltage at the connection is given, so it should
#: not sag; at this size it does by less than 1e-9 per unit under the load of a village.
_SOURCE_SK_VA: Final = 1e15
#: Newton's method stops when no voltage moves by more than this, per unit.
_TOLERANCE_PU: Final = 1e-10
#: It needs three or four; a step that needs so many more is at the edge of having no solution.
_ITERATIONS_MAX: Final = 30
_ONE_THREAD: Final = -1

_OUTPUT: Final = {
    ComponentType.node: ["u_pu"],
    ComponentType.line: ["i_from", "i_to", "p_from", "p_to"],
    ComponentType.transformer: ["s_from", "s_to", "p_from", "p_to"],
}

_Found = dict[ComponentType, dict[str, FloatArray]]


class FlowModel:
    """A grid made ready once for any number of power flows."""

    def __init__(self, network: NetworkArrays) -> None:
        """Make a sound grid ready."""
        self._network = network
        data = _input(network)
        self._model = PowerGridModel(data, system_frequency=network.frequency_hz)
        self._generator_ids = data[ComponentType.sym_gen]["id"]

    def at_units(self, power_w: NDArray[Any], reactive_var: NDArray[Any] | None) -> PowerFlow:
        """The flow with power (s, u) of the units, injection positive."""
        p = self._gathered(power_w)
        q = np.zeros_like(p) if reactive_var is None else self._gathered(reactive_var)
        return self.at_nodes(p, q)

    def _gathered(self, of_units: NDArray[Any]) -> FloatArray:
        """(s, n) what the units of each node make together."""
        gathered = np.zeros((len(of_units), self._network.n_nodes))
        np.add.at(gathered.T, self._network.unit_node, np.asarray(of_units, dtype=np.float64).T)
        return gathered

    def at_nodes(self, power_w: FloatArray, reactive_var: FloatArray) -> PowerFlow:
        """The flow with power (s, n) at the nodes, injection positive."""
        network, n_steps = self._network, len(power_w)
        if not n_steps:
            return no_flow(network, 0)
        shape = (n_steps, network.n_nodes)
        update = initialize_array(DatasetType.update, ComponentType.sym_gen, shape)
        update["id"] = self._generator_ids
        update["p_specified"], update["q_specified"] = power_w, reactive_var
        found = self._model.calculate_power_flow(
            update_data={ComponentType.sym_gen: update},
            error_tolerance=_TOLERANCE_PU,
            max_iterations=_ITERATIONS_MAX,
            threading=_ONE_THREAD,
            output_component_types=cast("Any", _OUTPUT),
            continue_on_batch_error=True,
        )
        return _flow(network, power_w, cast("_Found", found), self._solved(n_steps))

    def _solved(self, n_steps: int) -> NDArray[np.bool_]:
        """(s,) steps of the last batch that have a solution."""
        solved = np.ones(n_steps, dtype=np.bool_)
        error = self._model.batch_error
        if error is not None:
            solved[error.failed_scenarios] = False
        return solved


def power_flow(problem: FlowProblem) -> PowerFlow:
    """What flows in each step of a problem.

    Raises:
        NetworkFaultyError: the grid or the shape of the powers is wrong.
    """
    found = flow_faults(problem)
    if found:
        raise NetworkFaultyError(found)
    return FlowModel(problem.network).at_units(problem.power_w, problem.reactive_var)


def _flow(
    network: NetworkArrays, power_w: FloatArray, found: _Found, solved: NDArray[np.bool_]
) -> PowerFlow:
    """What the library found, in our terms; NaN where it found nothing."""
    node, line, trafo = (_part(found, kind, solved) for kind in _OUTPUT)
    current = np.maximum(line["i_from"], line["i_to"])
    apparent = np.maximum(trafo["s_from"], trafo["s_to"])
    # Into the grid at the source: what leaves that node through its branches less what its own
    # units inject. The library's figure for the source itself is a small difference of large ones.
    out_w = sum(
        (
            part[side][:, ends == network.source_node].sum(axis=1)
            for part, side, ends in (
                (line, "p_from", network.line_from),
                (line, "p_to", network.line_to),
                (trafo, "p_from", network.trafo_from),
                (trafo, "p_to", network.trafo_to),
            )
        ),
        start=np.where(solved, 0.0, np.nan),
    )
    lost_w = sum(
        (part[side].sum(axis=1) for part in (line, trafo) for side in ("p_from", "p_to")),
        start=np.where(solved, 0.0, np.nan),
    )
    return PowerFlow(
        voltage_pu=node["u_pu"],
        line_loading=current / network.line_i_max_a,
        trafo_loading=apparent / network.trafo_sn_va,
        source_w=out_w - power_w[:, network.source_node],
        loss_w=lost_w,
        converged=solved,
    )


def _part(found: _Found, kind: ComponentType, solved: NDArray[np.bool_]) -> dict[str, FloatArray]:
    """The output of one kind, NaN in steps without a solution, where the library leaves anything.

    It leaves out a kind of which there is none.
    """
    if kind not in found:
        return dict.fromkeys(_OUTPUT[kind], np.zeros((len(solved), 0)))
    values = found[kind]
    return {name: np.where(solved[:, np.newaxis], values[name], np.nan) for name in _OUTPUT[kind]}


def _input(network: NetworkArrays) -> dict[ComponentType, NDArray[Any]]:
    """The grid in the library's terms: one identity for each element, counted through."""
    n, lines, trafos = network.n_nodes, network.n_lines, network.n_trafos
    first = np.cumsum([0, n, lines, trafos, 1])

    def rows(kind: ComponentType, place: int, count: int) -> NDArray[Any]:
        array = initialize_array(DatasetType.input, kind, count)
        array["id"] = first[place] + np.arange(count)
        return array

    node = rows(ComponentType.node, 0, n)
    node["u_rated"] = network.node_v_rated_v
    line = rows(ComponentType.line, 1, lines)
    line["from_node"], line["to_node"] = network.line_from, network.line_to
    line["from_status"] = line["to_status"] = 1
    line["r1"], line["x1"], line["c1"] = network.line_r_ohm, network.line_x_ohm, network.line_c_f
    line["tan1"] = 0.0
    source = rows(ComponentType.source, 3, 1)
    source["node"], source["status"] = network.source_node, 1
    source["u_ref"], source["sk"] = network.source_v_pu, _SOURCE_SK_VA
    generator = rows(ComponentType.sym_gen, 4, n)
    generator["node"], generator["status"] = np.arange(n), 1
    generator["type"] = LoadGenType.const_power
    generator["p_specified"] = generator["q_specified"] = 0.0
    return {
        ComponentType.node: node,
        ComponentType.line: line,
        ComponentType.transformer: _transformers(
            network, rows(ComponentType.transformer, 2, trafos)
        ),
        ComponentType.source: source,
        ComponentType.sym_gen: generator,
    }


def _transformers(network: NetworkArrays, trafo: NDArray[Any]) -> NDArray[Any]:
    trafo["from_node"], trafo["to_node"] = network.trafo_from, network.trafo_to
    trafo["from_status"] = trafo["to_status"] = 1
    # A tap at work is a winding with more or fewer turns; impedances are told at the lower side.
    trafo["u1"] = network.trafo_v_from_v * (1 + network.trafo_tap)
    trafo["u2"], trafo["sn"] = network.trafo_v_to_v, network.trafo_sn_va
    trafo["uk"], trafo["pk"] = network.trafo_uk, network.trafo_pk_w
    trafo["i0"], trafo["p0"] = network.trafo_i0, network.trafo_p0_w
    # A phase shift moves every angle below it alike and no magnitude at all: left out.
    trafo["winding_from"] = trafo["winding_to"] = WindingType.wye_n
    trafo["clock"] = 0
    trafo["tap_side"] = 0
    trafo["tap_pos"] = trafo["tap_min"] = trafo["tap_max"] = trafo["tap_nom"] = 0
    trafo["tap_size"] = 0.0
    return trafo
