"""One area's grid as arrays, and the answer of a power flow over it.

The one idea to know: a grid is a balanced three-phase network in SI units. Nodes, lines,
transformers and units are known by their index only; one node is the source, the upper network
behind the area's connection, whose voltage is given. Numbers here are measured quantities, not
money or energy, and so they are floats.

Signs: injection into the grid is positive, for units, real and reactive power. What the source
gives to the area is positive (import).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.int32]


class NetworkFaultyError(Exception):
    """The arrays describe no grid that can be calculated; says everything that is wrong."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("; ".join(found))
        self.faults = tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkArrays:
    """One area's grid, balanced three-phase: what stands where and what it bears.

    Line values are of the whole line and per phase; a line that is out of service is left out.
    Several units may stand on one node, none need stand on the source.
    """

    node_v_rated_v: FloatArray  # (n,) rated voltage between phases
    node_v_min_pu: FloatArray  # (n,) lowest voltage allowed, per unit of rated
    node_v_max_pu: FloatArray  # (n,) highest voltage allowed, per unit of rated
    source_node: int  # node at which the upper network feeds in
    source_v_pu: float  # its voltage, per unit of rated
    line_from: IndexArray  # (l,) node index
    line_to: IndexArray  # (l,) node index
    line_r_ohm: FloatArray  # (l,)
    line_x_ohm: FloatArray  # (l,)
    line_c_f: FloatArray  # (l,) capacitance to earth, half of it at either end
    line_i_max_a: FloatArray  # (l,) what it bears; inf: no limit
    trafo_from: IndexArray  # (t,) node of the upper winding
    trafo_to: IndexArray  # (t,) node of the lower winding
    trafo_sn_va: FloatArray  # (t,) rated power, and what it bears
    trafo_v_from_v: FloatArray  # (t,) rated voltage of the upper winding at the neutral tap
    trafo_v_to_v: FloatArray  # (t,) rated voltage of the lower winding
    trafo_uk: FloatArray  # (t,) short-circuit voltage, per unit (6 % is 0.06)
    trafo_pk_w: FloatArray  # (t,) short-circuit (copper) loss at rated power
    trafo_i0: FloatArray  # (t,) no-load current, per unit
    trafo_p0_w: FloatArray  # (t,) no-load (iron) loss
    trafo_tap: FloatArray  # (t,) tap times its step: -0.025 takes 2.5 % off the upper winding
    unit_node: IndexArray  # (u,) node of each unit
    frequency_hz: float = 50.0

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_v_rated_v)

    @property
    def n_lines(self) -> int:
        """Number of lines."""
        return len(self.line_from)

    @property
    def n_trafos(self) -> int:
        """Number of transformers."""
        return len(self.trafo_from)

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.unit_node)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowProblem:
    """A grid and the power of its units in each step, injection positive."""

    network: NetworkArrays
    power_w: FloatArray  # (s, u)
    reactive_var: FloatArray | None = None  # (s, u); None: none


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFlow:
    """What flows in each step. A step that has no solution says so and holds NaN, never a guess."""

    voltage_pu: FloatArray  # (s, n) per unit of the node's rated voltage
    line_loading: FloatArray  # (s, l) current at the fuller end, as a part of what the line bears
    trafo_loading: FloatArray  # (s, t) apparent power at the fuller end, as a part of rated power
    source_w: FloatArray  # (s,) what the upper network gives; negative: takes
    loss_w: FloatArray  # (s,) lost in lines and transformers
    converged: BoolArray  # (s,)

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.converged)


def network_faults(network: NetworkArrays) -> list[str]:
    """Everything that is wrong with a grid, all together; empty when it can be calculated."""
    return _shape_faults(network) or _node_faults(network) + _value_faults(network) + _lost(network)


def flow_faults(problem: FlowProblem) -> list[str]:
    """Everything that is wrong with a grid and its powers, all together."""
    power_w, found = problem.power_w, network_faults(problem.network)
    shape = (len(power_w) if power_w.ndim else 0, problem.network.n_units)
    for name, array in (("power_w", power_w), ("reactive_var", problem.reactive_var)):
        if array is None:
            continue
        if array.shape != shape or array.dtype != np.float64:
            found.append(f"{name}: {array.dtype} {array.shape}, expected float64 {shape}")
        elif not np.isfinite(array).all():
            found.append(f"{name}: not a number")
    return found


def no_flow(network: NetworkArrays, n_steps: int) -> PowerFlow:
    """What is known of steps nobody could calculate: nothing."""
    return PowerFlow(
        voltage_pu=np.full((n_steps, network.n_nodes), np.nan),
        line_loading=np.full((n_steps, network.n_lines), np.nan),
        trafo_loading=np.full((n_steps, network.n_trafos), np.nan),
        source_w=np.full(n_steps, np.nan),
        loss_w=np.full(n_steps, np.nan),
        converged=np.zeros(n_steps, dtype=np.bool_),
    )


_NODE = ("node_v_rated_v", "node_v_min_pu", "node_v_max_pu")
_LINE = ("line_r_ohm", "line_x_ohm", "line_c_f", "line_i_max_a")
_TRAFO = (
    "trafo_sn_va",
    "trafo_v_from_v",
    "trafo_v_to_v",
    "trafo_uk",
    "trafo_pk_w",
    "trafo_i0",
    "trafo_p0_w",
    "trafo_tap",
)
#: Columns that name a node, and those that must be above zero or not below it.
_ENDS = ("line_from", "line_to", "trafo_from", "trafo_to", "unit_node")
_ABOVE_ZERO = ("node_v_rated_v", "node_v_min_pu", "line_i_max_a", *_TRAFO[:4])
_NOT_BELOW_ZERO = ("line_r_ohm", "line_x_ohm", "line_c_f", *_TRAFO[4:7])


def _shape_faults(network: NetworkArrays) -> list[str]:
    found = [] if network.node_v_rated_v.shape != (0,) else ["a grid needs at least one node"]
    for names, count in (
        (_NODE, network.node_v_rated_v.shape[:1]),
        (_LINE, network.line_from.shape[:1]),
        (_TRAFO, network.trafo_from.shape[:1]),
    ):
        for name in names:
            found += _odd(name, getattr(network, name), count, np.dtype(np.float64))
    for name, like in zip(_ENDS, (0, 0, 2, 2, 4), strict=True):
        count = getattr(network, _ENDS[like]).shape[:1]
        found += _odd(name, getattr(network, name), count, np.dtype(np.int32))
    return found


def _odd(name: str, array: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any]) -> list[str]:
    found = []
    if array.shape != shape or array.ndim != 1:
        found.append(f"{name}: shape {array.shape}, expected {shape}")
    if array.dtype != dtype:
        found.append(f"{name}: type {array.dtype}, expected {dtype}")
    return found


def _node_faults(network: NetworkArrays) -> list[str]:
    n = network.n_nodes
    found = []
    if type(network.source_node) is not int or not 0 <= network.source_node < n:
        found.append(f"source_node: no node {network.source_node}")
    for name in _ENDS:
        ends = getattr(network, name)
        found += _rows(f"{name}: no such node", (ends < 0) | (ends >= n))
    found += _rows("line_from: a line from a node to itself", network.line_from == network.line_to)
    return found + _rows(
        "trafo_from: a transformer from a node to itself", network.trafo_from == network.trafo_to
    )


def _value_faults(network: NetworkArrays) -> list[str]:
    found = []
    for name in (*_NODE, *_LINE, *_TRAFO):
        values = getattr(network, name)
        bad = np.isnan(values) if name == "line_i_max_a" else ~np.isfinite(values)
        found += _rows(f"{name}: not a number", bad)
    for name in _ABOVE_ZERO:
        found += _rows(f"{name}: not above zero", getattr(network, name) <= 0)
    for name in _NOT_BELOW_ZERO:
        found += _rows(f"{name}: below zero", getattr(network, name) < 0)
    for name in ("source_v_pu", "frequency_hz"):
        value = getattr(network, name)
        if type(value) is not float:
            found.append(f"{name}: {type(value).__name__}, expected float")
        elif not (np.isfinite(value) and value > 0):
            found.append(f"{name}: {value} is not above zero")
    no_impedance = (network.line_r_ohm == 0) & (network.line_x_ohm == 0)
    sn = network.trafo_sn_va
    return [
        *found,
        *_rows("node_v_max_pu: below node_v_min_pu", network.node_v_max_pu < network.node_v_min_pu),
        *_rows("line_r_ohm, line_x_ohm: a line without impedance", no_impedance),
        *_rows("trafo_pk_w: more than trafo_uk allows", network.trafo_pk_w > network.trafo_uk * sn),
        *_rows("trafo_p0_w: more than trafo_i0 allows", network.trafo_p0_w > network.trafo_i0 * sn),
        *_rows("trafo_tap: takes the whole winding", network.trafo_tap <= -1),
        *_lines_across(network),
    ]


def _lines_across(network: NetworkArrays) -> list[str]:
    """A line joins nodes of one rated voltage; between two voltages stands a transformer."""
    ends = np.concatenate([network.line_from, network.line_to])
    if ((ends < 0) | (ends >= network.n_nodes)).any():
        return []
    rated = network.node_v_rated_v
    across = rated[network.line_from] != rated[network.line_to]
    return _rows("line_to: another rated voltage than line_from", across)


def _lost(network: NetworkArrays) -> list[str]:
    """Nodes that nothing joins to the source have no voltage."""
    n = network.n_nodes
    starts = np.concatenate([network.line_from, network.trafo_from])
    ends = np.concatenate([network.line_to, network.trafo_to])
    if ((starts < 0) | (starts >= n) | (ends < 0) | (ends >= n)).any():
        return []
    if not 0 <= network.source_node < n:
        return []
    reached = np.zeros(n, dtype=np.bool_)
    reached[network.source_node] = True
    while True:
        crossing = reached[starts] != reached[ends]
        if not crossing.any():
            return _rows("node_v_rated_v: not joined to the source", ~reached)
        reached[starts[crossing]] = reached[ends[crossing]] = True


def _rows(what: str, bad: BoolArray) -> list[str]:
    """The rows of a fault, the first ten of them by number."""
    rows = np.flatnonzero(bad).tolist()
    if not rows:
        return []
    more = f" and {len(rows) - 10} more" if len(rows) > 10 else ""
    return [f"{what}: rows {', '.join(map(str, rows[:10]))}{more}"]
