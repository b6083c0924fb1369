"""What is said of units on the wire: set-points and limits that come, reports and readings that go."""

from collections.abc import Mapping
from typing import Any, Final

from market.control.unit import Output
from market.model.participant import Unit
from market.model.power import GridReading, Setpoint, UnitLimit
from sim.unit_meter import MeterReading
from wattmarket.values import count_of, seconds_from_time, text_of, time_from_seconds

_KW, _KWH, _HZ, _PU = 3, 3, 3, 6
UNKNOWN: Final = "–"


def _text(count: int | None, decimals: int) -> str | None:
    return None if count is None else text_of(count, decimals)


def setpoint_of(row: Mapping[str, Any], *, epoch: int = 0) -> Setpoint:
    """A set-point of the stream, or of an answer, which has no epoch."""
    return Setpoint(
        unit_id=row["unit_id"],
        start_s=seconds_from_time(row["start"]),
        until_s=seconds_from_time(row["until"]),
        target_w=count_of(row["target_kw"], _KW),
        fallback_w=count_of(row["fallback_kw"], _KW),
        wait_s=row.get("wait_s", 0),
        before_w=count_of(row.get("before_kw", "0"), _KW),
        sequence=row["sequence"],
        epoch=epoch,
    )


def limit_of(row: Mapping[str, Any], *, epoch: int) -> UnitLimit:
    """A limit of the stream."""
    return UnitLimit(
        unit_id=row["unit_id"],
        from_s=seconds_from_time(row["from"]),
        until_s=seconds_from_time(row["until"]),
        withdrawal_max_w=count_of(row["withdrawal_max_kw"], _KW),
        injection_max_w=count_of(row["injection_max_kw"], _KW),
        sequence=row["sequence"],
        epoch=epoch,
        reason=row["reason"],
    )


def report_of(output: Output, reading: GridReading, cause: str) -> dict[str, Any]:
    """How the unit stands, as the market takes it."""
    return {
        "state": output.state.value,
        "cause": cause,
        "connected": output.connected,
        "target_kw": text_of(output.target_w, _KW),
        "power_kw": _text(reading.power_w, _KW),
        "voltage_pu": _text(reading.voltage_ppm, _PU),
        "frequency_hz": _text(reading.frequency_mhz, _HZ),
        "state_of_charge_kwh": _text(reading.state_of_charge_wh, _KWH),
    }


def item_of(unit: Unit, reading: MeterReading, interval_s: int) -> dict[str, Any]:
    """A meter reading, as the market takes it. Its count is the interval's own: it rises for ever."""
    last, injection_wh = reading.last, reading.injection_wh
    return {
        "unit_id": unit.unit_id,
        "start": time_from_seconds(reading.start_s),
        "consumption_kwh": text_of(max(0, -injection_wh), _KWH),
        "generation_kwh": text_of(max(0, injection_wh), _KWH),
        "state_of_charge_kwh": _text(last.state_of_charge_wh, _KWH),
        "power_kw": _text(last.power_w, _KW),
        "reactive_kvar": _text(last.reactive_var, _KW),
        "voltage_pu": _text(last.voltage_ppm, _PU),
        "frequency_hz": _text(last.frequency_mhz, _HZ),
        "sequence": reading.start_s // interval_s,
        "measured_at": time_from_seconds(reading.read_s),
    }


def status_line(output: Output, reading: GridReading, target_w: int, now_s: int | None) -> str:
    """How the unit stands, for a person: time, state, voltage, frequency, target, measured."""
    parts = [
        "time unknown" if now_s is None else time_from_seconds(now_s),
        output.state.value + (" frozen" if output.frozen else ""),
        f"V {_text(reading.voltage_ppm, _PU) or UNKNOWN}",
        f"f {_text(reading.frequency_mhz, _HZ) or UNKNOWN} Hz",
        f"target {text_of(target_w, _KW)} kW" if output.connected else "off the grid",
        f"does {_text(reading.power_w, _KW) or UNKNOWN} kW",
    ]
    if reading.state_of_charge_wh is not None:
        parts.append(f"holds {text_of(reading.state_of_charge_wh, _KWH)} kWh")
    return "  ".join(parts)
