"""What a unit says of itself, as the wire says it."""

from api.answers.values import Answer
from market.model.unit_report import UnitReport
from market.model.units import energy_text, frequency_text, power_text, voltage_text


def unit_report(item: UnitReport) -> Answer:
    """A unit's state with what it measures; powers injection positive."""
    return {
        "unit_id": item.unit_id,
        "state": item.state.value,
        "cause": item.cause,
        "connected": item.connected,
        "target_kw": power_text(item.target_w),
        "power_kw": None if item.power_w is None else power_text(item.power_w),
        "voltage_pu": None if item.voltage_ppm is None else voltage_text(item.voltage_ppm),
        "frequency_hz": None if item.frequency_mhz is None else frequency_text(item.frequency_mhz),
        "state_of_charge_kwh": None
        if item.state_of_charge_wh is None
        else energy_text(item.state_of_charge_wh),
    }
