"""The system picture on the wire: what everybody may see of it, and the rest.

The one idea: what an area's load is may tell what a household does, so the public sees it only where it
is the sum of at least ten owners; smaller areas are shown as one, and that too only from ten on.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from api.answers.values import Answer
from market.model.interval import instant_text, moment_text
from market.model.system import AreaPicture, CurtailedEnergy, RetailPicture, SystemSeen
from market.model.units import (
    SECONDS_PER_MINUTE,
    energy_text,
    frequency_text,
    power_text,
    price_text,
    voltage_text,
)

OWNERS_MIN: Final = 10
"""Owners whose load is public in sum."""


def system(seen: SystemSeen, interval_minutes: int, full: Iterable[str] = ()) -> Answer:
    """One interval; `full`: areas of which everything is shown."""
    shown = set(full)
    small = [area for area in seen.areas if area.load_owners < OWNERS_MIN]
    return {
        "start": instant_text(seen.start_s),
        "end": instant_text(seen.start_s + interval_minutes * SECONDS_PER_MINUTE),
        "at": moment_text(seen.now_us),
        "areas": [
            area_picture(area) if area.area_id in shown else public_area(area)
            for area in seen.areas
        ],
        "small_areas_load_kwh": _load_together(small),
        "retail": retail(seen.retail),
    }


def _load_together(areas: Sequence[AreaPicture]) -> str | None:
    owners = sum(area.load_owners for area in areas)
    return energy_text(sum(area.load_wh for area in areas)) if owners >= OWNERS_MIN else None


def public_area(area: AreaPicture) -> Answer:
    """What everybody may see of an area."""
    is_large = area.load_owners >= OWNERS_MIN
    return {
        "area_id": area.area_id,
        "state": area.state.value,
        "limit_binds": area.limit_binds,
        "load_kwh": energy_text(area.load_wh) if is_large else None,
    }


def area_picture(area: AreaPicture) -> Answer:
    """All that is known of an area."""
    voltages = (area.voltage_min_ppm, area.voltage_max_ppm)
    frequencies = (area.frequency_min_mhz, area.frequency_max_mhz)
    return {
        "area_id": area.area_id,
        "state": area.state.value,
        "withdrawal_max_kw": power_text(area.withdrawal_max_w),
        "injection_max_kw": power_text(area.injection_max_w),
        "reserve_up_kw": power_text(area.reserve_up_w),
        "reserve_down_kw": power_text(area.reserve_down_w),
        "limit_binds": area.limit_binds,
        "scheduled_kwh": energy_text(area.scheduled_wh),
        "measured_kwh": energy_text(area.measured_wh),
        "load_kwh": energy_text(area.load_wh),
        "load_owners": area.load_owners,
        "load_forecast_kwh": _known(area.load_forecast_wh),
        "untraded_load_kwh": energy_text(area.untraded_load_wh),
        "generation_kwh": _known(area.generation_wh),
        "generation_forecast_kwh": _known(area.generation_forecast_wh),
        "outside_minutes": area.outside_minutes,
        "not_served_kwh": energy_text(area.not_served_wh),
        "curtailed": list(map(curtailed, area.curtailed)),
        "voltage_pu": [None if value is None else voltage_text(value) for value in voltages],
        "frequency_hz": [None if value is None else frequency_text(value) for value in frequencies],
        "missing_readings": area.missing_readings,
        "doubtful_readings": area.doubtful_readings,
    }


def _known(energy_wh: int | None) -> str | None:
    return None if energy_wh is None else energy_text(energy_wh)


def curtailed(item: CurtailedEnergy) -> Answer:
    """Energy that was taken away, and why."""
    return {"reason": item.reason.value, "energy_kwh": energy_text(item.energy_wh)}


def retail(item: RetailPicture) -> Answer:
    """Prices of the last resort and what was traded with it."""
    return {
        "ask_per_mwh": price_text(item.ask_ticks),
        "bid_per_mwh": price_text(item.bid_ticks),
        "sold_kwh": energy_text(item.sold_wh),
        "bought_kwh": energy_text(item.bought_wh),
    }


def reliability(area_id: str, pictures: Iterable[AreaPicture]) -> Answer:
    """What some intervals of an area add up to."""
    seen = list(pictures)
    by_reason: dict[str, int] = {}
    for area in seen:
        for item in area.curtailed:
            by_reason[item.reason] = by_reason.get(item.reason, 0) + item.energy_wh
    return {
        "area_id": area_id,
        "intervals": len(seen),
        "outside_minutes": sum(area.outside_minutes for area in seen),
        "not_served_kwh": energy_text(sum(area.not_served_wh for area in seen)),
        "curtailed": [
            {"reason": str(reason), "energy_kwh": energy_text(energy_wh)}
            for reason, energy_wh in sorted(by_reason.items())
        ],
        "limit_binds": sum(area.limit_binds for area in seen),
        "load_kwh": energy_text(sum(area.load_wh for area in seen)),
        "missing_readings": sum(area.missing_readings for area in seen),
        "doubtful_readings": sum(area.doubtful_readings for area in seen),
    }
