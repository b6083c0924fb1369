"""What can be wrong with the grid of an area, all of it together.

The one idea: a power flow must have exactly one answer, so everything hangs together, from one source, over
elements with an impedance, and every member of the area has its place.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from market.engine.state import MarketState
from market.model.network import Network, NetworkLine, Transformer
from market.model.rejection import Code, Rejection
from market.model.units import PPM

_PPB: Final = 1_000_000_000
ISLANDS_TOLD: Final = 20
"""Buses without a way to the source that are named one by one."""


def network_faults(state: MarketState, network: Network) -> Iterator[Rejection]:
    """Every fault of a grid; none: it may be registered."""
    if network.area_id not in state.grid.area_index():
        yield Rejection(code=Code.AREA_UNKNOWN, pointer="area_id")
    known = {bus.bus_id for bus in network.buses}
    if network.source_bus not in known:
        yield _invalid("source_bus", "no such bus")
    yield from _twice(network)
    yield from _not_positive(network)
    for row, bus in enumerate(network.buses):
        if bus.voltage_min_ppm >= bus.voltage_max_ppm:
            yield _invalid(f"buses/{row}/voltage_max_ppm", "not above the least voltage")
        if (bus.longitude_udeg is None) != (bus.latitude_udeg is None):
            yield _invalid(f"buses/{row}/latitude_udeg", "one of two coordinates")
    rated_v = {bus.bus_id: bus.rated_v for bus in network.buses}
    for row, line in enumerate(network.lines):
        yield from _line_faults(row, line, rated_v)
    for row, transformer in enumerate(network.transformers):
        yield from _transformer_faults(row, transformer, known)
    yield from _islands(network, known)
    yield from _placement_faults(state, network, known)


def _invalid(pointer: str, reason: str) -> Rejection:
    return Rejection(code=Code.DEFINITION_INVALID, pointer=pointer, parameters={"reason": reason})


def _not_positive(network: Network) -> Iterator[Rejection]:
    """Figures that must be above zero, and those that must not be below it."""
    if network.source_voltage_ppm <= 0:
        yield _invalid("source_voltage_ppm", "not above zero")
    for what, rows, above, others in (
        ("buses", network.buses, ("rated_v", "voltage_min_ppm"), ()),
        (
            "lines",
            network.lines,
            ("current_max_ma",),
            (
                "length_mm",
                "resistance_uohm_per_km",
                "reactance_uohm_per_km",
                "capacitance_ff_per_km",
            ),
        ),
        (
            "transformers",
            network.transformers,
            ("rated_va", "from_rated_v", "to_rated_v"),
            ("short_circuit_resistance_ppb", "no_load_current_ppb", "iron_loss_w"),
        ),
    ):
        for place, row in enumerate(rows):
            for name in above:
                if getattr(row, name) <= 0:
                    yield _invalid(f"{what}/{place}/{name}", "not above zero")
            for name in others:
                if getattr(row, name) < 0:
                    yield _invalid(f"{what}/{place}/{name}", "below zero")


def _twice(network: Network) -> Iterator[Rejection]:
    """Names that stand twice; lines and transformers share one name space, as violations name them."""
    elements = Counter(line.line_id for line in network.lines)
    elements.update(item.transformer_id for item in network.transformers)
    for what, field, names, counts in (
        ("buses", "bus_id", [bus.bus_id for bus in network.buses], None),
        ("lines", "line_id", [line.line_id for line in network.lines], elements),
        (
            "transformers",
            "transformer_id",
            [item.transformer_id for item in network.transformers],
            elements,
        ),
        ("placements", "member_id", [item.member_id for item in network.placements], None),
    ):
        counted = counts or Counter(names)
        for row, name in enumerate(names):
            if counted[name] > 1:
                yield _invalid(f"{what}/{row}/{field}", "stands twice")


def _line_faults(row: int, line: NetworkLine, rated_v: dict[str, int]) -> Iterator[Rejection]:
    place = f"lines/{row}"
    for field, bus_id in (("from_bus", line.from_bus), ("to_bus", line.to_bus)):
        if bus_id not in rated_v:
            yield _invalid(f"{place}/{field}", "no such bus")
    if line.from_bus == line.to_bus:
        yield _invalid(place, "joins a bus with itself")
    elif len({rated_v.get(line.from_bus), rated_v.get(line.to_bus)} - {None}) > 1:
        yield _invalid(place, "joins buses of different rated voltages")
    if line.length_mm == 0 or line.resistance_uohm_per_km + line.reactance_uohm_per_km == 0:
        yield _invalid(place, "has no impedance")


def _transformer_faults(row: int, item: Transformer, known: set[str]) -> Iterator[Rejection]:
    place = f"transformers/{row}"
    for field, bus_id in (("from_bus", item.from_bus), ("to_bus", item.to_bus)):
        if bus_id not in known:
            yield _invalid(f"{place}/{field}", "no such bus")
    if item.from_bus == item.to_bus:
        yield _invalid(place, "joins a bus with itself")
    if item.iron_loss_w * _PPB > item.no_load_current_ppb * item.rated_va:
        yield _invalid(f"{place}/iron_loss_w", "more than the no-load current allows")
    if item.tap_position * item.tap_step_ppm <= -PPM:
        yield _invalid(f"{place}/tap_position", "takes the whole winding")
    if item.short_circuit_ppb <= 0 or item.short_circuit_resistance_ppb > item.short_circuit_ppb:
        yield _invalid(f"{place}/short_circuit_ppb", "not above zero, or below its own real part")


def _islands(network: Network, known: set[str]) -> Iterator[Rejection]:
    """Buses to which no line or transformer leads from the source."""
    beside: dict[str, list[str]] = {bus_id: [] for bus_id in known}
    joints: list[NetworkLine | Transformer] = [*network.lines, *network.transformers]
    for item in joints:
        if item.from_bus in known and item.to_bus in known:
            beside[item.from_bus].append(item.to_bus)
            beside[item.to_bus].append(item.from_bus)
    reached = {network.source_bus} & known
    front = list(reached)
    while front:
        new = [bus_id for bus_id in beside[front.pop()] if bus_id not in reached]
        reached.update(new)
        front += new
    if not reached:
        return  # without a source everything is an island, and that was said
    lost = [row for row, bus in enumerate(network.buses) if bus.bus_id not in reached]
    for row in lost[:ISLANDS_TOLD]:
        yield _invalid(f"buses/{row}", "nothing joins it to the source")


def _placement_faults(state: MarketState, network: Network, known: set[str]) -> Iterator[Rejection]:
    area_id = network.area_id
    inner = {area.area_id for area in state.grid.areas if area.parent == area_id}
    members = {unit.unit_id for unit in state.units.values() if unit.area_id == area_id} | inner
    for row, item in enumerate(network.placements):
        if item.member_id not in members:
            yield Rejection(code=Code.UNIT_UNKNOWN, pointer=f"placements/{row}/member_id")
        if item.bus_id not in known:
            yield _invalid(f"placements/{row}/bus_id", "no such bus")
    placed = {item.member_id for item in network.placements}
    for member_id in sorted(members - placed):
        yield Rejection(
            code=Code.DEFINITION_INVALID,
            pointer="placements",
            parameters={"reason": f"{member_id} has no bus"},
        )
