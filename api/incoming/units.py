"""Bodies of what units say of themselves."""

from typing import Annotated, Literal

from pydantic import Field

from api.incoming.body import Body, EnergyWh, FrequencyMhz, InstantS, Name, SignedPowerW, VoltagePpm
from market.model.power import UnitState
from market.model.unit_report import UnitReport


class UnitReportIn(Body):
    """The state of a unit's controller and what it measures."""

    state: Literal[*(state.value for state in UnitState)]  # type: ignore[valid-type]
    cause: Name | Literal[""] = ""
    connected: Annotated[bool, Field(strict=True)]
    target_w: SignedPowerW = Field(alias="target_kw")
    power_w: SignedPowerW | None = Field(default=None, alias="power_kw")
    voltage_ppm: VoltagePpm | None = Field(default=None, alias="voltage_pu")
    frequency_mhz: FrequencyMhz | None = Field(default=None, alias="frequency_hz")
    state_of_charge_wh: EnergyWh | None = Field(default=None, alias="state_of_charge_kwh")

    def report(self, unit_id: str) -> UnitReport:
        """The market's noun."""
        return UnitReport(
            unit_id=unit_id,
            state=UnitState(self.state),
            cause=self.cause,
            connected=self.connected,
            target_w=self.target_w,
            power_w=self.power_w,
            voltage_ppm=self.voltage_ppm,
            frequency_mhz=self.frequency_mhz,
            state_of_charge_wh=self.state_of_charge_wh,
        )


class OutageIn(Body):
    """Delivery intervals in which a unit cannot run."""

    from_s: InstantS = Field(alias="from")
    until_s: InstantS = Field(alias="until")
    reason: Name
