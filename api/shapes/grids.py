"""The shapes of grids: what was registered, what flows, what was changed, and who helped whom."""

from typing import Literal

from api.shapes.values import (
    Count,
    Energy,
    Instant,
    Moment,
    Money,
    Power,
    Shape,
    Voltage,
)
from market.model.act import ControlReason
from market.model.activation import ActivationCause
from market.model.grid_check import ElementKind

# --- grids ----------------------------------------------------------------------------------------


class Bus(Shape):
    """A node of a grid; where it stands is for pictures."""

    bus_id: str
    rated_v: int
    voltage_min_ppm: int
    voltage_max_ppm: int
    longitude_udeg: int | None
    latitude_udeg: int | None


class GridLine(Shape):
    """A line of a grid."""

    line_id: str
    from_bus: str
    to_bus: str
    length_mm: int
    resistance_uohm_per_km: int
    reactance_uohm_per_km: int
    capacitance_ff_per_km: int
    current_max_ma: int


class Transformer(Shape):
    """A transformer; `from_bus` is the side of the higher voltage, with the tap changer."""

    transformer_id: str
    from_bus: str
    to_bus: str
    rated_va: int
    from_rated_v: int
    to_rated_v: int
    short_circuit_ppb: int
    short_circuit_resistance_ppb: int
    no_load_current_ppb: int
    iron_loss_w: int
    tap_position: int
    tap_step_ppm: int


class Placement(Shape):
    """On which bus a unit, or an area inside, sits."""

    member_id: str
    bus_id: str


class Network(Shape):
    """The real grid of an area."""

    area_id: str
    version: Count
    source_bus: str
    source_voltage_ppm: int
    buses: list[Bus]
    lines: list[GridLine]
    transformers: list[Transformer]
    placements: list[Placement]


class NetworkVersion(Shape):
    """A grid that was taken in."""

    area_id: str
    version: Count


class BusFlow(Shape):
    """The voltage of a bus."""

    bus_id: str
    voltage_pu: Voltage | None


class LineFlow(Shape):
    """What a line carries."""

    line_id: str
    loading_pu: Voltage | None
    power_kw: Power | None


class TransformerFlow(Shape):
    """What a transformer carries."""

    transformer_id: str
    loading_pu: Voltage | None
    power_kw: Power | None


class PowerFlow(Shape):
    """The whole power flow of a grid; null where there is no solution."""

    area_id: str
    start: Instant
    by: Literal["schedule", "readings"]
    units: Count
    units_read: Count
    version: Count
    solved: bool
    loss_kw: Power | None
    source_kw: Power | None
    buses: list[BusFlow]
    lines: list[LineFlow]
    transformers: list[TransformerFlow]


class BrokenLimit(Shape):
    """A limit of a grid that is not kept; voltage of rated, or loading of the most it carries."""

    kind: ElementKind
    element_id: str
    value_pu: Voltage
    limit_pu: Voltage


class GridPicture(Shape):
    """A grid in one interval: extremes and limits that are not kept."""

    solved: bool
    lowest_voltage_pu: Voltage
    lowest_bus: str
    highest_voltage_pu: Voltage
    highest_bus: str
    highest_loading_pu: Voltage
    loaded_element: str
    loss_kw: Power
    source_kw: Power
    violation_count: Count
    violations: list[BrokenLimit]


class UnitChange(Shape):
    """What a unit is told instead of what it has traded."""

    unit_id: str
    from_kw: Power
    to_kw: Power
    reason: ControlReason
    element_id: str


class Redispatch(Shape):
    """What was changed in an area, what replaces it, and how it was weighed."""

    changes: list[UnitChange]
    replacement_kw: Power
    weighed_cost: Money


class MeteredGrid(Shape):
    """What the meters said about a grid."""

    version: Count
    outside_minutes: Count
    picture: GridPicture


class ScheduleCheck(Shape):
    """The schedule of an area, held against its grid."""

    area_id: str
    start: Instant
    version: Count
    before: GridPicture
    after: GridPicture | None
    cured: bool
    by_rule: bool
    rung: str
    at: Moment


class GridCheck(ScheduleCheck):
    """A schedule held against its grid, and what followed."""

    redispatch: Redispatch | None
    metered: MeteredGrid | None


# --- help between areas, and what was given up ----------------------------------------------------


class Activated(Shape):
    """What a unit that helps is told instead of what it has traded."""

    unit_id: str
    from_kw: Power
    to_kw: Power
    changed_kwh: Energy
    weighed_cost: Money


class Activation(Shape):
    """Units that help an area; `units` is null to the area they help."""

    start: Instant
    area_id: str
    for_area: str
    cause: ActivationCause
    line_ids: list[str]
    changed_kwh: Energy
    received_kwh: Energy
    weighed_cost: Money
    last_resort_cost: Money
    units: list[Activated] | None


class Burden(Shape):
    """What a unit gave up for limits it shares with others, of what it could have."""

    unit_id: str
    area_id: str
    given_kwh: Energy
    could_kwh: Energy
    part_ppm: int


class Burdens(Shape):
    """Of the last `days` market days; only units that could give something up."""

    days: Count
    items: list[Burden]
    next_cursor: None
