"""Bodies of what meters read."""

from typing import Annotated, Final

from pydantic import Field

from api.incoming.body import (
    ROWS_MAX,
    Body,
    EnergyWh,
    FrequencyMhz,
    Id,
    InstantS,
    MomentUs,
    Signature,
    SignedPowerW,
    VoltagePpm,
    rows,
)
from market.model.power import Measurement

SEQUENCE_MAX: Final = 10**15
"""Largest count of a meter's readings: exact in every program that reads JSON."""


class MeasurementIn(Body):
    """What one unit's meter read for one interval."""

    unit_id: Id
    start_s: InstantS = Field(alias="start")
    consumption_wh: EnergyWh = Field(alias="consumption_kwh")
    generation_wh: EnergyWh = Field(alias="generation_kwh")
    state_of_charge_wh: EnergyWh | None = Field(default=None, alias="state_of_charge_kwh")
    power_w: SignedPowerW | None = Field(default=None, alias="power_kw")
    reactive_var: SignedPowerW | None = Field(default=None, alias="reactive_kvar")
    voltage_ppm: VoltagePpm | None = Field(default=None, alias="voltage_pu")
    frequency_mhz: FrequencyMhz | None = Field(default=None, alias="frequency_hz")
    sequence: Annotated[int, Field(strict=True, ge=0, le=SEQUENCE_MAX)] | None = None
    measured_us: MomentUs | None = Field(default=None, alias="measured_at")
    signature: Signature | None = None

    def measurement(self) -> Measurement:
        """The market's noun: net energy, injection positive."""
        return Measurement(
            unit_id=self.unit_id,
            start_s=self.start_s,
            injection_wh=self.generation_wh - self.consumption_wh,
            state_of_charge_wh=self.state_of_charge_wh,
            power_w=self.power_w,
            reactive_var=self.reactive_var,
            voltage_ppm=self.voltage_ppm,
            frequency_mhz=self.frequency_mhz,
            sequence=self.sequence,
            measured_us=self.measured_us,
            signature=self.signature or "",
        )


class MeasurementsIn(Body):
    """Readings of one area's units, all or none."""

    area_id: Id
    items: Annotated[tuple[MeasurementIn, ...], *rows(1, ROWS_MAX)]
