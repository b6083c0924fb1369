"""Request bodies of an area's real grid.

The one idea: every figure is a whole number in the unit its name ends with, small enough that a data sheet loses
nothing (`market/model/network.py` has the table).
"""

from typing import Annotated, Final

from pydantic import Field

from api.incoming.body import Body, Id, rows
from market.model.network import Bus, Network, NetworkLine, Placement, Transformer
from market.model.units import PPM, WIRE_INTEGER_MAX

BUSES_MAX: Final = 2_000
"""The auditor's power flow takes a second for so many and eight for twice as many, beside every gate."""
PLACEMENTS_MAX: Final = 10_000
_PPB: Final = 1_000_000_000
TAPS_MAX: Final = 100

Whole = Annotated[int, Field(strict=True, ge=0, le=WIRE_INTEGER_MAX)]
Positive = Annotated[int, Field(strict=True, ge=1, le=WIRE_INTEGER_MAX)]
VoltagePpm = Annotated[int, Field(strict=True, ge=1, le=2 * PPM)]
LongitudeUdeg = Annotated[int, Field(strict=True, ge=-180_000_000, le=180_000_000)]
LatitudeUdeg = Annotated[int, Field(strict=True, ge=-90_000_000, le=90_000_000)]
PartPpb = Annotated[int, Field(strict=True, ge=0, le=_PPB)]


class BusIn(Body):
    """A point of the grid at which a voltage is looked at."""

    bus_id: Id
    rated_v: Positive
    voltage_min_ppm: VoltagePpm
    voltage_max_ppm: VoltagePpm
    longitude_udeg: LongitudeUdeg | None = None
    latitude_udeg: LatitudeUdeg | None = None


class NetworkLineIn(Body):
    """A cable or overhead line in service."""

    line_id: Id
    from_bus: Id
    to_bus: Id
    length_mm: Whole
    resistance_uohm_per_km: Whole
    reactance_uohm_per_km: Whole
    capacitance_ff_per_km: Whole
    current_max_ma: Positive


class TransformerIn(Body):
    """A transformer with two windings."""

    transformer_id: Id
    from_bus: Id
    to_bus: Id
    rated_va: Positive
    from_rated_v: Positive
    to_rated_v: Positive
    short_circuit_ppb: PartPpb
    short_circuit_resistance_ppb: PartPpb
    no_load_current_ppb: PartPpb
    iron_loss_w: Whole
    tap_position: Annotated[int, Field(strict=True, ge=-TAPS_MAX, le=TAPS_MAX)] = 0
    tap_step_ppm: Annotated[int, Field(strict=True, ge=0, le=PPM // TAPS_MAX * 9)] = 25_000


class PlacementIn(Body):
    """Where a unit of the area, or an area inside it, is joined to the grid."""

    member_id: Id
    bus_id: Id


class NetworkIn(Body):
    """The grid of one area."""

    area_id: Id
    version: Annotated[int, Field(strict=True, ge=1, le=WIRE_INTEGER_MAX)]
    source_bus: Id
    source_voltage_ppm: VoltagePpm = PPM
    buses: Annotated[tuple[BusIn, ...], *rows(1, BUSES_MAX)]
    lines: Annotated[tuple[NetworkLineIn, ...], *rows(0, BUSES_MAX)]
    transformers: Annotated[tuple[TransformerIn, ...], *rows(0, BUSES_MAX)]
    placements: Annotated[tuple[PlacementIn, ...], *rows(0, PLACEMENTS_MAX)]

    def network(self) -> Network:
        """The market's noun."""
        return Network(
            area_id=self.area_id,
            version=self.version,
            source_bus=self.source_bus,
            source_voltage_ppm=self.source_voltage_ppm,
            buses=tuple(Bus(**item.model_dump()) for item in self.buses),
            lines=tuple(NetworkLine(**item.model_dump()) for item in self.lines),
            transformers=tuple(Transformer(**item.model_dump()) for item in self.transformers),
            placements=tuple(Placement(**item.model_dump()) for item in self.placements),
        )
