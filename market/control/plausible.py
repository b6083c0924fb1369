"""Which readings look wrong beside their neighbours', or beside what a storage can have done.

The one idea: the sun shines on a whole area and its grid has one frequency, so a reading that stands far
apart from the others of its area and interval is more likely a fault than the truth. It may be the truth
all the same: it is marked and counts, and a person looks. Only what nameplates make impossible is refused.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import Final

from market.model.participant import StorageData, Unit, UnitKind
from market.model.power import Doubt, Measurement
from market.model.units import PPM, energy_from_power_wh

ALIKE_KINDS: Final = frozenset({UnitKind.SOLAR, UnitKind.WIND})
"""Units whose output is made by the same weather."""
ALIKE_MIN: Final = 4
"""So many units of a kind, itself included, must have reported before one of them stands out."""
FAR_ABOVE: Final = 2
"""Times the upper quartile of all, per rated power ..."""
FAR_ABOVE_PPM: Final = 100_000
"""... and by so much of the rated power on top: at dawn twice nothing is still nothing."""
FREQUENCY_APART_MHZ: Final = 200
"""From the median of the area; a meter is good to a tenth of that."""
CHARGE_APART_PPM: Final = 50_000
"""Of a storage's capacity: what meter and battery may differ by ..."""
CHARGE_APART_PARTS: Final = 10
"""... and this part of the energy that moved: efficiencies are rated, not exact."""


class LikeUnits:
    """What the units of one area read for one interval, to hold each against the others.

    Kept in order reading by reading, so that an area whose meters report one by one is not gone through
    anew for each of them.
    """

    def __init__(self, units: Mapping[str, Unit], interval_minutes: int) -> None:
        self._units = units
        self._minutes = interval_minutes
        self._seen: dict[str, tuple[UnitKind | None, int, int | None]] = {}
        """By unit: its kind where there are like ones, what it used of its rated power, its frequency."""
        self._used_ppm: dict[UnitKind | None, list[int]] = {}
        self._frequencies_mhz: list[int] = []

    def put(self, reading: Measurement) -> None:
        """A reading counts now, in the place of what its unit had."""
        self.take_out(reading.unit_id)
        unit = self._units[reading.unit_id]
        kind = _kind_alike(unit)
        used_ppm = 0 if kind is None else self._used(unit, reading)
        self._seen[reading.unit_id] = kind, used_ppm, reading.frequency_mhz
        if kind is not None:
            insort(self._used_ppm.setdefault(kind, []), used_ppm)
        if reading.frequency_mhz is not None:
            insort(self._frequencies_mhz, reading.frequency_mhz)

    def take_out(self, unit_id: str) -> None:
        """A unit has read nothing."""
        kind, used_ppm, frequency_mhz = self._seen.pop(unit_id, (None, 0, None))
        if kind is not None:
            _drop(self._used_ppm[kind], used_ppm)
        if frequency_mhz is not None:
            _drop(self._frequencies_mhz, frequency_mhz)

    def doubt(self, reading: Measurement) -> Doubt | None:
        """Why the reading stands out; None: it does not."""
        unit = self._units[reading.unit_id]
        kind = _kind_alike(unit)
        parts_ppm = self._used_ppm.get(kind, ()) if kind is not None else ()
        if len(parts_ppm) >= ALIKE_MIN:
            bar_ppm = FAR_ABOVE * parts_ppm[len(parts_ppm) * 3 // 4 - 1] + FAR_ABOVE_PPM
            if self._used(unit, reading) > max(bar_ppm, FAR_ABOVE_PPM):
                return Doubt.NEIGHBOURS
        frequencies_mhz = self._frequencies_mhz
        if reading.frequency_mhz is not None and len(frequencies_mhz) >= ALIKE_MIN:
            median_mhz = frequencies_mhz[len(frequencies_mhz) // 2]
            if abs(reading.frequency_mhz - median_mhz) > FREQUENCY_APART_MHZ:
                return Doubt.FREQUENCY
        return None

    def _used(self, unit: Unit, reading: Measurement) -> int:
        rated_wh = max(1, energy_from_power_wh(unit.injection_max_w, self._minutes))
        return reading.injection_wh * PPM // rated_wh


def _kind_alike(unit: Unit) -> UnitKind | None:
    return unit.kind if unit.kind in ALIKE_KINDS and unit.injection_max_w else None


def _drop(ordered: list[int], value: int) -> None:
    del ordered[bisect_left(ordered, value)]


def charge_is_plausible(
    storage: StorageData, before_wh: int, after_wh: int, expected_change_wh: int
) -> bool:
    """Whether a storage's charge moved as its meter says.

    Args:
        storage: what it can hold.
        before_wh: state of charge at the end of the interval before.
        after_wh: state of charge at the end of this one.
        expected_change_wh: what the metered energy makes of its charge by its efficiencies.
    """
    apart_wh = abs(after_wh - before_wh - expected_change_wh)
    allowed_wh = storage.capacity_wh * CHARGE_APART_PPM // PPM
    return apart_wh <= allowed_wh + abs(expected_change_wh) // CHARGE_APART_PARTS
