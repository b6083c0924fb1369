"""Set-points on their way down; readings and deviations on their way up."""

from api.answers.values import Answer, optional
from market.model.interval import instant_text, moment_text
from market.model.power import Deviation, Measurement, Setpoint
from market.model.units import (
    SECONDS_PER_MINUTE,
    energy_text,
    frequency_text,
    power_text,
    reactive_text,
    voltage_text,
)
from market.store.queries import ReadingGap, ReadingView


def setpoint(item: Setpoint) -> Answer:
    """A unit's target for one interval; injection positive."""
    return {
        "unit_id": item.unit_id,
        "start": instant_text(item.start_s),
        "until": instant_text(item.until_s),
        "target_kw": power_text(item.target_w),
        "fallback_kw": power_text(item.fallback_w),
        "wait_s": item.wait_s,
        "before_kw": power_text(item.before_w),
        "sequence": item.sequence,
    }


def reading(item: ReadingView, interval_minutes: int) -> Answer:
    """A stored meter reading with its place among its versions."""
    return {
        **measurement(item.reading, item.area_id, interval_minutes),
        "version": item.version,
        "counts": item.counts,
        "recorded_at": moment_text(item.recorded_us),
    }


def reading_gap(item: ReadingGap, interval_minutes: int) -> Answer:
    """A unit and interval without a reading."""
    return {
        "unit_id": item.unit_id,
        "area_id": item.area_id,
        "start": instant_text(item.start_s),
        "end": instant_text(item.start_s + interval_minutes * SECONDS_PER_MINUTE),
        "substituted": item.substituted,
    }


def measurement(item: Measurement, area_id: str, interval_minutes: int) -> Answer:
    """A meter reading: consumption and generation apart."""
    return {
        "unit_id": item.unit_id,
        "area_id": area_id,
        "start": instant_text(item.start_s),
        "end": instant_text(item.start_s + interval_minutes * SECONDS_PER_MINUTE),
        "consumption_kwh": energy_text(max(0, -item.injection_wh)),
        "generation_kwh": energy_text(max(0, item.injection_wh)),
        "state_of_charge_kwh": optional(energy_text, item.state_of_charge_wh),
        "substituted": item.substituted,
        "power_kw": optional(power_text, item.power_w),
        "reactive_kvar": optional(reactive_text, item.reactive_var),
        "voltage_pu": optional(voltage_text, item.voltage_ppm),
        "frequency_hz": optional(frequency_text, item.frequency_mhz),
        "sequence": item.sequence,
        "measured_at": optional(moment_text, item.measured_us),
        "signature": item.signature or None,
        "doubt": None if item.doubt is None else item.doubt.value,
        "older": item.older,
        "late": item.late,
    }


def deviation(item: Deviation) -> Answer:
    """Scheduled and measured energy of one member of a level; injection positive."""
    return {
        "level": item.level,
        "member_id": item.member_id,
        "start": instant_text(item.start_s),
        "scheduled_kwh": energy_text(item.scheduled_wh),
        "measured_kwh": energy_text(item.measured_wh),
        "deviation_kwh": energy_text(item.deviation_wh),
        "curtailed_kwh": energy_text(item.curtailed_wh),
        "reason": item.reason or None,
    }
