"""The auditor's own power flow: complex numbers and one matrix, no library.

The one idea to know: with the source's voltage given, the voltages of all other nodes are what the
source alone would make of them plus what the injected currents add, V = V₀ + Z · conj(S / V), and
putting V back in on the right again and again ends quickly in any grid that is not near its
collapse. It shares no formula with `clearing.power_flow` and needs nothing that could crash, so it
also serves where the solver's process has failed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.network import BoolArray, NetworkArrays, PowerFlow

ComplexArray = NDArray[np.complex128]

#: Powers are per unit of this.
_BASE_VA: Final = 1e5
#: Voltages have settled when none moves by more than this, per unit.
_SETTLED_PU: Final = 1e-11
#: A village needs about ten rounds; what has not settled by then is near its collapse.
_ROUNDS_MAX: Final = 200
#: Below this a voltage is on its way to nowhere.
_COLLAPSED_PU: Final = 0.3
#: Up to so many steps a product is done in one thread.
_FEW_STEPS: Final = 8
#: An area's grid is asked for several times an interval, and making it ready is most of the work.
_READY_MAX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branches:
    """Lines and transformers as two-ports, per unit: i_from = ff v_from + ft v_to, and so on."""

    start: NDArray[np.int32]
    end: NDArray[np.int32]
    ff: ComplexArray
    ft: ComplexArray
    tt: ComplexArray


class OwnGrid:
    """A sound grid made ready once for any number of power flows."""

    def __init__(self, network: NetworkArrays) -> None:
        """Invert what stands between the nodes and the source."""
        self._network, self._branches = network, _branches(network)
        self._alone, self._impedance = _reduced(network, self._branches)

    def flow(self, power_w: NDArray[Any], reactive_var: NDArray[Any] | None = None) -> PowerFlow:
        """What flows with power (s, u) of the units. NaN where nothing settled."""
        network = self._network
        injected = _injected(network, power_w, reactive_var)
        voltage, settled = _voltages(network, self._alone, self._impedance, injected)
        return _flow(network, self._branches, voltage, settled, power_w)


_READY: Final[dict[bytes, OwnGrid]] = {}


def flow(
    network: NetworkArrays, power_w: NDArray[Any], reactive_var: NDArray[Any] | None = None
) -> PowerFlow:
    """What flows with power (s, u) of the units; of a sound grid. NaN where nothing settled."""
    return _ready(network).flow(power_w, reactive_var)


def _ready(network: NetworkArrays) -> OwnGrid:
    """The grid made ready, which of the ones asked for last it may be already."""
    told = blake2b()
    for column in fields(network):
        told.update(np.asarray(getattr(network, column.name)).tobytes())
    key = told.digest()
    grid = _READY.pop(key, None) or OwnGrid(network)
    _READY[key] = grid
    while len(_READY) > _READY_MAX:
        _READY.pop(next(iter(_READY)), None)
    return grid


def _injected(
    network: NetworkArrays, power_w: NDArray[Any], reactive_var: NDArray[Any] | None
) -> ComplexArray:
    """(s, n) power at the nodes, per unit."""
    injected = np.zeros((len(power_w), network.n_nodes), dtype=np.complex128)
    q = 0.0 if reactive_var is None else np.asarray(reactive_var, dtype=np.float64)
    powers = (np.asarray(power_w, dtype=np.float64) + 1j * q) / _BASE_VA
    np.add.at(injected.T, network.unit_node, powers.T)
    return injected


def _flow(
    network: NetworkArrays,
    branches: _Branches,
    voltage: ComplexArray,
    settled: BoolArray,
    power_w: NDArray[Any],
) -> PowerFlow:
    v_from, v_to = voltage[:, branches.start], voltage[:, branches.end]
    i_from = branches.ff * v_from + branches.ft * v_to
    i_to = branches.ft * v_from + branches.tt * v_to
    s_from, s_to = v_from * i_from.conj(), v_to * i_to.conj()
    lines = network.n_lines
    # Per unit of the nodes' own voltages: amperes between phases need √3.
    rated = network.node_v_rated_v[network.line_from]
    fuller = np.maximum(np.abs(i_from[:, :lines]), np.abs(i_to[:, :lines]))
    amperes = fuller * _BASE_VA / (np.sqrt(3.0) * rated)
    apparent = np.maximum(np.abs(s_from[:, lines:]), np.abs(s_to[:, lines:])) * _BASE_VA
    lost_w = (s_from + s_to).real.sum(axis=1) * _BASE_VA
    return PowerFlow(
        voltage_pu=np.abs(voltage),
        line_loading=amperes / network.line_i_max_a,
        trafo_loading=apparent / network.trafo_sn_va,
        source_w=lost_w - np.asarray(power_w, dtype=np.float64).sum(axis=1),
        loss_w=lost_w,
        converged=settled,
    )


def _reduced(network: NetworkArrays, branches: _Branches) -> tuple[ComplexArray, ComplexArray]:
    """Of all nodes but the source: (m,) voltages with nothing injected, (m, m) impedances."""
    n, source = network.n_nodes, network.source_node
    admittance = np.zeros((n, n), dtype=np.complex128)
    np.add.at(admittance, (branches.start, branches.start), branches.ff)
    np.add.at(admittance, (branches.end, branches.end), branches.tt)
    np.add.at(admittance, (branches.start, branches.end), branches.ft)
    np.add.at(admittance, (branches.end, branches.start), branches.ft)
    others = np.flatnonzero(np.arange(n) != source)
    inverse = np.linalg.inv(admittance[np.ix_(others, others)])
    impedance = np.asarray(inverse, dtype=np.complex128)
    alone: ComplexArray = -impedance @ (admittance[others, source] * network.source_v_pu)
    return alone, impedance


def _voltages(
    network: NetworkArrays, alone: ComplexArray, impedance: ComplexArray, injected: ComplexArray
) -> tuple[ComplexArray, BoolArray]:
    """(s, n) voltages, NaN where they do not settle, and (s,) whether they do."""
    others = np.flatnonzero(np.arange(network.n_nodes) != network.source_node)
    voltage = np.full(injected.shape, network.source_v_pu, dtype=np.complex128)
    at, settled = np.tile(alone, (len(injected), 1)), np.zeros(len(injected), dtype=np.bool_)
    with np.errstate(all="ignore"):
        for _ in range(_ROUNDS_MAX):
            then = alone + _through(impedance, (injected[:, others] / at).conj())
            settled = np.abs(then - at).max(axis=1, initial=0.0) <= _SETTLED_PU
            at = then
            if settled.all():
                break
    settled &= np.abs(at).min(axis=1, initial=np.inf) > _COLLAPSED_PU
    voltage[:, others] = at
    voltage[~settled] = np.nan
    return voltage, settled


def _through(impedance: ComplexArray, current: ComplexArray) -> ComplexArray:
    """(s, m) what currents add to the voltages."""
    if len(current) > _FEW_STEPS:
        return current @ impedance.T
    # So small that handing it to several threads costs a hundred times what it takes.
    found: ComplexArray = np.einsum("sm,nm->sn", current, impedance)
    return found


def _branches(network: NetworkArrays) -> _Branches:
    rated = network.node_v_rated_v
    line_base = rated[network.line_from] ** 2 / _BASE_VA
    series = line_base / (network.line_r_ohm + 1j * network.line_x_ohm)
    charging = 0.5j * 2 * np.pi * network.frequency_hz * network.line_c_f * line_base
    # A transformer's impedances are told at its lower winding, whose rated voltage need not be
    # that of the node; the turns of both windings against the nodes' voltages make its ratio.
    lower_ohm = network.trafo_v_to_v**2 / network.trafo_sn_va
    copper = network.trafo_pk_w / network.trafo_sn_va
    leakage = np.sqrt(network.trafo_uk**2 - copper**2)
    base = rated[network.trafo_to] ** 2 / _BASE_VA
    through = base / (lower_ohm * (copper + 1j * leakage))
    iron = network.trafo_p0_w / network.trafo_sn_va
    magnetising = np.sqrt(network.trafo_i0**2 - iron**2)
    half = 0.5 * base / lower_ohm * (iron - 1j * magnetising)
    upper = network.trafo_v_from_v * (1 + network.trafo_tap) / rated[network.trafo_from]
    ratio = upper / (network.trafo_v_to_v / rated[network.trafo_to])
    return _Branches(
        start=np.concatenate([network.line_from, network.trafo_from]),
        end=np.concatenate([network.line_to, network.trafo_to]),
        ff=np.concatenate([series + charging, (through + half) / ratio**2]),
        ft=np.concatenate([-series, -through / ratio]),
        tt=np.concatenate([series + charging, through + half]),
    )
