"""A grid of whole numbers as arrays of a power flow, and what the arrays answer as whole numbers again.

The one idea: this is the one file of the market in which numbers are not whole, because volts and ohms are measured,
not booked. What goes in are facts, what comes out are parts per million and watts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.network import NetworkArrays, PowerFlow
from clearing.redispatch_problem import (
    BURDEN_W_MAX,
    COST_TICKS_MAX,
    POWER_W_MAX,
    Limit,
    RedispatchProblem,
    RedispatchResult,
    RedispatchRung,
)
from market.control.branches import through
from market.model.act import ControlReason
from market.model.grid_check import AreaFlow, ElementKind, GridPicture, Violation
from market.model.network import Network
from market.model.units import PPM

__all__ = [
    "NetworkArrays",
    "PowerFlow",
    "PowerRows",
    "RedispatchProblem",
    "RedispatchResult",
    "RedispatchRung",
    "binding_element",
    "change_reason",
    "flow_of",
    "network_arrays",
    "picture",
    "power_rows",
    "redispatch_problem",
]

PowerRows = NDArray[np.float64]
"""(s, u) power of each member in each step, W, injection positive."""
VIOLATIONS_TOLD: Final = 20
"""Limits that are not kept and are told one by one; the rest is a number."""
_MILLI: Final = 1e-3
_MICRO: Final = 1e-6
_NANO: Final = 1e-9
_FEMTO: Final = 1e-15
_MM_PER_KM: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What the members of an area are to do, how far they may be moved, and what that costs."""

    scheduled_w: tuple[int, ...]
    lowest_w: tuple[int, ...]
    highest_w: tuple[int, ...]
    cost_up_ticks: tuple[int, ...]
    cost_down_ticks: tuple[int, ...]
    replacement_ask_ticks: int
    replacement_bid_ticks: int
    minutes: int
    lowest_by_rule_w: tuple[int, ...]
    """How far down the grid operator may cut each member when nothing else helps."""
    borne_w: tuple[int, ...]
    """What each has given up for limits before, W summed over intervals, ..."""
    could_w: tuple[int, ...]
    """... and what it could have given up then."""


def network_arrays(network: Network, member_ids: Sequence[str]) -> NetworkArrays:
    """The grid with its members in the given order; one that was not placed is at the source."""
    node = {bus.bus_id: row for row, bus in enumerate(network.buses)}
    bus_of = network.bus_of()
    source = node[network.source_bus]
    lines, transformers = network.lines, network.transformers
    km = _floats([line.length_mm for line in lines]) / _MM_PER_KM
    rated_va = _floats([item.rated_va for item in transformers])
    taps = [item.tap_position * item.tap_step_ppm for item in transformers]
    return NetworkArrays(
        node_v_rated_v=_floats([bus.rated_v for bus in network.buses]),
        node_v_min_pu=_floats([bus.voltage_min_ppm for bus in network.buses]) * _MICRO,
        node_v_max_pu=_floats([bus.voltage_max_ppm for bus in network.buses]) * _MICRO,
        source_node=source,
        source_v_pu=network.source_voltage_ppm * _MICRO,
        line_from=_places([node[line.from_bus] for line in lines]),
        line_to=_places([node[line.to_bus] for line in lines]),
        line_r_ohm=_floats([line.resistance_uohm_per_km for line in lines]) * _MICRO * km,
        line_x_ohm=_floats([line.reactance_uohm_per_km for line in lines]) * _MICRO * km,
        line_c_f=_floats([line.capacitance_ff_per_km for line in lines]) * _FEMTO * km,
        line_i_max_a=_floats([line.current_max_ma for line in lines]) * _MILLI,
        trafo_from=_places([node[item.from_bus] for item in transformers]),
        trafo_to=_places([node[item.to_bus] for item in transformers]),
        trafo_sn_va=rated_va,
        trafo_v_from_v=_floats([item.from_rated_v for item in transformers]),
        trafo_v_to_v=_floats([item.to_rated_v for item in transformers]),
        trafo_uk=_floats([item.short_circuit_ppb for item in transformers]) * _NANO,
        trafo_pk_w=_floats([item.short_circuit_resistance_ppb for item in transformers])
        * _NANO
        * rated_va,
        trafo_i0=_floats([item.no_load_current_ppb for item in transformers]) * _NANO,
        trafo_p0_w=_floats([item.iron_loss_w for item in transformers]),
        trafo_tap=_floats(taps) * _MICRO,
        unit_node=_places(
            [node[bus_of[name]] if name in bus_of else source for name in member_ids]
        ),
    )


def power_rows(power_w: Sequence[int]) -> PowerRows:
    """Powers of all members in one step, W, injection positive."""
    return _floats(power_w)[np.newaxis, :]


def redispatch_problem(arrays: NetworkArrays, moves: Moves) -> RedispatchProblem:
    """Which members should move by how much, as the engine reads it: inside its bounds."""
    ask, bid = moves.replacement_ask_ticks, moves.replacement_bid_ticks
    return RedispatchProblem(
        network=arrays,
        scheduled_w=_bounded(moves.scheduled_w, POWER_W_MAX),
        lowest_w=_bounded(moves.lowest_w, POWER_W_MAX),
        highest_w=_bounded(moves.highest_w, POWER_W_MAX),
        cost_up_ticks=_bounded(moves.cost_up_ticks, COST_TICKS_MAX),
        cost_down_ticks=_bounded(moves.cost_down_ticks, COST_TICKS_MAX),
        replacement_ask_ticks=max(-COST_TICKS_MAX, min(COST_TICKS_MAX, ask)),
        replacement_bid_ticks=max(-COST_TICKS_MAX, min(COST_TICKS_MAX, bid)),
        minutes=moves.minutes,
        lowest_by_rule_w=_bounded(moves.lowest_by_rule_w, POWER_W_MAX),
        borne_w=_bounded(moves.borne_w, BURDEN_W_MAX),
        offered_w=_bounded(moves.could_w, BURDEN_W_MAX),
    )


def picture(network: Network, flow: PowerFlow, *, tolerance_ppm: int = 0) -> GridPicture:
    """The extremes of a power flow's first step, and the limits passed in it by more than that."""
    step = 0
    if not flow.converged[step]:
        return GridPicture(
            solved=False,
            lowest_voltage_ppm=0,
            lowest_bus="",
            highest_voltage_ppm=0,
            highest_bus="",
            highest_loading_ppm=0,
            loaded_element="",
            loss_w=0,
            source_w=0,
        )
    voltages = _ppm(flow.voltage_pu[step])
    loadings = [*_ppm(flow.line_loading[step]), *_ppm(flow.trafo_loading[step])]
    elements = [
        *((ElementKind.LINE, line.line_id) for line in network.lines),
        *((ElementKind.TRANSFORMER, item.transformer_id) for item in network.transformers),
    ]
    low, high = voltages.index(min(voltages)), voltages.index(max(voltages))
    full = loadings.index(max(loadings)) if loadings else None
    broken = [
        *_voltage_violations(network, voltages, tolerance_ppm),
        *(
            Violation(kind=kind, element_id=name, value_ppm=loading, limit_ppm=PPM)
            for (kind, name), loading in zip(elements, loadings, strict=True)
            if loading > PPM + tolerance_ppm
        ),
    ]
    broken.sort(key=lambda item: -abs(item.value_ppm - item.limit_ppm))
    return GridPicture(
        solved=True,
        lowest_voltage_ppm=voltages[low],
        lowest_bus=network.buses[low].bus_id,
        highest_voltage_ppm=voltages[high],
        highest_bus=network.buses[high].bus_id,
        highest_loading_ppm=0 if full is None else loadings[full],
        loaded_element="" if full is None else elements[full][1],
        loss_w=round(flow.loss_w[step].item()),
        source_w=round(flow.source_w[step].item()),
        violations=tuple(broken[:VIOLATIONS_TOLD]),
        violation_count=len(broken),
    )


def flow_of(
    network: Network, flow: PowerFlow, power_w: Sequence[int], nodes: Sequence[int]
) -> AreaFlow:
    """All voltages and loadings of a power flow's first step.

    Args:
        network: the grid.
        flow: what flows in it.
        power_w: of each member, injection positive.
        nodes: place of each member's bus among the buses.
    """
    solved = bool(flow.converged[0])
    through_w = through(network, power_w, nodes)
    lines = len(network.lines)
    return AreaFlow(
        area_id=network.area_id,
        version=network.version,
        solved=solved,
        voltage_ppm=tuple(_ppm(flow.voltage_pu[0])) if solved else (),
        line_loading_ppm=tuple(_ppm(flow.line_loading[0])) if solved else (),
        transformer_loading_ppm=tuple(_ppm(flow.trafo_loading[0])) if solved else (),
        line_w=through_w[:lines],
        transformer_w=through_w[lines:],
        loss_w=round(flow.loss_w[0].item()) if solved else 0,
        source_w=round(flow.source_w[0].item()) if solved else 0,
    )


def change_reason(result: RedispatchResult, row: int) -> ControlReason:
    """For what a member was moved. One that balances others' changes moves for the same as they."""
    kinds = result.reason_kind
    kind = int(kinds[row])
    if kind == Limit.BALANCE:
        kind = next((int(other) for other in kinds if other not in (0, Limit.BALANCE)), kind)
    loading = kind in (Limit.LINE, Limit.TRAFO)
    return ControlReason.GRID_LOADING if loading else ControlReason.GRID_VOLTAGE


def binding_element(network: Network, result: RedispatchResult, row: int) -> str:
    """The bus, line or transformer a member was moved for; empty: it balances others' changes."""
    place = int(result.reason_element[row])
    match int(result.reason_kind[row]):
        case Limit.VOLTAGE_HIGH | Limit.VOLTAGE_LOW:
            return network.buses[place].bus_id
        case Limit.LINE:
            return network.lines[place].line_id
        case Limit.TRAFO:
            return network.transformers[place].transformer_id
        case _:
            return ""


def _voltage_violations(
    network: Network, voltages: list[int], tolerance_ppm: int
) -> list[Violation]:
    found = []
    for bus, value_ppm in zip(network.buses, voltages, strict=True):
        for limit_ppm, is_broken in (
            (bus.voltage_max_ppm, value_ppm > bus.voltage_max_ppm + tolerance_ppm),
            (bus.voltage_min_ppm, value_ppm < bus.voltage_min_ppm - tolerance_ppm),
        ):
            if is_broken:
                found.append(
                    Violation(
                        kind=ElementKind.BUS,
                        element_id=bus.bus_id,
                        value_ppm=value_ppm,
                        limit_ppm=limit_ppm,
                    )
                )
    return found


def _floats(values: Sequence[int]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def _bounded(values: Sequence[int], most: int) -> NDArray[np.int64]:
    return np.clip(np.array(values, dtype=np.int64), -most, most)


def _places(values: Sequence[int]) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


def _ppm(values: NDArray[np.float64]) -> list[int]:
    found: list[int] = np.rint(values * PPM).astype(np.int64).tolist()
    return found
