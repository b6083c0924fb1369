"""What a participant produced, used, bought and sold, as the wire says it: by interval, day or month."""

from collections.abc import Iterable, Sequence
from typing import Final

from api.answers.values import Answer
from market.model.interval import instant_text
from market.model.units import energy_text, power_from_energy_w, power_text
from market.store.queries import EnergySlot

_SUMMED: Final = (
    "produced_wh", "used_wh", "charged_wh", "discharged_wh", "self_use_wh", "bought_wh", "sold_wh",
    "last_resort_wh", "fed_in_wh",
)  # fmt: skip
_ENERGIES: Final = tuple(name.replace("_wh", "_kwh") for name in _SUMMED)
SLOT: Final = ("start", "end", "settled", *_ENERGIES, "neighbours_kwh", "covered")
"""The columns of a file of intervals."""
PERIOD: Final = (
    "period", "settled", "intervals", *_ENERGIES, "neighbours_kwh", "used_intervals", "covered_intervals",
    "peak_import_kw", "peak_import_at", "peak_export_kw", "peak_export_at",
)  # fmt: skip
"""The columns of a file of days or months."""


def slot(item: EnergySlot, step_s: int) -> Answer:
    """One interval."""
    return {
        "start": instant_text(item.start_s),
        "end": instant_text(item.start_s + step_s),
        "settled": item.settled,
        **_energies([item]),
        "neighbours_kwh": _neighbours([item]),
        "covered": item.is_covered,
    }


def _energies(items: Sequence[EnergySlot]) -> Answer:
    return {
        wire: energy_text(sum(getattr(item, name) for item in items))
        for name, wire in zip(_SUMMED, _ENERGIES, strict=True)
    }


def _neighbours(items: Iterable[EnergySlot]) -> str | None:
    """As far as it is known; null where it is known of nothing that was bought."""
    known = [item.neighbours_wh for item in items if item.bought_wh]
    if any(part is None for part in known):
        return None
    return energy_text(sum(part for part in known if part is not None))


def period(name: str, items: Sequence[EnergySlot], minutes: int) -> Answer:
    """A day or month of intervals, not empty."""
    lowest = min(items, key=lambda item: (item.net_wh, item.start_s))
    highest = max(items, key=lambda item: (item.net_wh, -item.start_s))
    covered = [item.is_covered for item in items]
    return {
        "period": name,
        "settled": all(item.settled for item in items),
        "intervals": len(items),
        **_energies(items),
        "neighbours_kwh": _neighbours(items),
        "used_intervals": sum(item is not None for item in covered),
        "covered_intervals": sum(item is True for item in covered),
        **_peak("import", max(0, -lowest.net_wh), lowest, minutes),
        **_peak("export", max(0, highest.net_wh), highest, minutes),
    }


def _peak(name: str, energy_wh: int, item: EnergySlot, minutes: int) -> Answer:
    return {
        f"peak_{name}_kw": power_text(power_from_energy_w(energy_wh, minutes)),
        f"peak_{name}_at": instant_text(item.start_s) if energy_wh else None,
    }
