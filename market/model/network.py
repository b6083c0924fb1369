"""The real grid of an area: buses, lines, transformers, and which unit sits on which bus.

The one idea: facts of the grid are whole numbers in units so small that nothing a data sheet says is lost; only
the arrays that are made for a power flow are not whole. Every network has one source bus, behind which the upper
grid holds the voltage, and a version: a grid that is changed comes as the next version.

| quantity | unit | what a data sheet says |
|---|---|---|
| rated voltage | V | kV with 3 decimals |
| voltage limits, source voltage | parts per million of rated | p.u. with 6 decimals |
| length | mm | km with 6 decimals |
| resistance, reactance | micro-ohm per km | ohm/km with 6 decimals |
| capacitance | femtofarad per km | nF/km with 6 decimals |
| current | mA | kA with 6 decimals |
| short-circuit voltage and its real part, no-load current | parts per thousand million | % with 7 decimals |
| rated power, iron loss | VA, W | MVA with 6, kW with 3 decimals |
| place | millionths of a degree | degrees with 6 decimals |
"""

from dataclasses import dataclass

from market.model.units import PPM


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """A point of the grid at which a voltage is looked at."""

    bus_id: str
    rated_v: int
    voltage_min_ppm: int
    """Lowest voltage allowed, of rated."""
    voltage_max_ppm: int
    longitude_udeg: int | None = None
    """Where it stands, for pictures (WGS 84); None: not said."""
    latitude_udeg: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLine:
    """A cable or overhead line between two buses of one rated voltage. Only what is in service."""

    line_id: str
    from_bus: str
    to_bus: str
    length_mm: int
    resistance_uohm_per_km: int
    reactance_uohm_per_km: int
    capacitance_ff_per_km: int
    current_max_ma: int
    """Most current it carries for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformer:
    """A transformer with two windings; its tap changer sits at `from_bus` and stands still."""

    transformer_id: str
    from_bus: str
    """The side of the higher voltage."""
    to_bus: str
    rated_va: int
    from_rated_v: int
    to_rated_v: int
    short_circuit_ppb: int
    """Short-circuit voltage, of rated."""
    short_circuit_resistance_ppb: int
    """Its real part, which is the copper loss at rated power, of rated power."""
    no_load_current_ppb: int
    """Of rated current."""
    iron_loss_w: int
    tap_position: int = 0
    tap_step_ppm: int = 25_000
    """What a step of the tap changer adds to `from_rated_v`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a member of the area is joined to its grid."""

    member_id: str
    """A unit of the area, or an area that lies directly in it."""
    bus_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The grid of one area."""

    area_id: str
    version: int
    """From 1; a later one takes the place of the one before."""
    source_bus: str
    """Where the upper grid comes in and holds the voltage."""
    buses: tuple[Bus, ...]
    lines: tuple[NetworkLine, ...]
    transformers: tuple[Transformer, ...]
    placements: tuple[Placement, ...]
    source_voltage_ppm: int = PPM
    """What the upper grid holds at the source bus, of rated."""

    def bus_of(self) -> dict[str, str]:
        """Bus of each member that was placed. What came later counts at the source bus."""
        return {item.member_id: item.bus_id for item in self.placements}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterNetwork:
    """Say how the grid of an area is built; the same again is harmless."""

    now_us: int
    actor: str
    network: Network


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRegistered:
    """From now on the schedules of the area are checked against this grid."""

    network: Network
