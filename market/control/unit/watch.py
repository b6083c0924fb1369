"""What the terminals say: whether to connect, whether the grid is disturbed, whether to leave it.

The one idea: leaving a band is noticed at once, being back only a little inside of it, and every
wait is counted from the first reading that began it.
"""

from typing import Final

from market.control.unit.profile import Profile, Quantity, Trip, Window
from market.model.power import GridReading

_AT_ONCE_MS: Final = 1_000
"""A delay below the second between two readings cannot be timed here: the first sight counts."""


class Watch:
    """Readings of one unit, one after another; market time never decreases between two of them."""

    def __init__(self, profile: Profile, *, gap_max_s: int, has_to_measure: bool) -> None:
        self._profile = profile
        self._gap_max_s = gap_max_s
        self._has_to_measure = has_to_measure
        """A unit that may inject must know voltage and frequency; one that only takes need not."""
        self._seen_s: int | None = None
        self._beyond_s: list[int | None] = [None] * len(profile.trips)
        """By protection: since when a quantity is beyond its threshold; None: it is not."""
        self._back = Window(
            voltage_low_ppm=profile.normal.voltage_low_ppm + profile.hysteresis_voltage_ppm,
            voltage_high_ppm=profile.normal.voltage_high_ppm - profile.hysteresis_voltage_ppm,
            frequency_low_mhz=profile.normal.frequency_low_mhz + profile.hysteresis_frequency_mhz,
            frequency_high_mhz=profile.normal.frequency_high_mhz - profile.hysteresis_frequency_mhz,
        )
        self.quiet_since_s: int | None = None
        """Since when every reading was inside the enter-service window; None: the last was not."""
        self.is_disturbed = False
        """Voltage or frequency is outside normal, or frequency changes too fast."""
        self.tripped: Trip | None = None
        """The protection that says now to leave the grid."""

    def see(self, reading: GridReading, now_s: int) -> None:
        """Take in a reading."""
        has_measured = reading.voltage_ppm is not None and reading.frequency_mhz is not None
        if has_measured or not self._has_to_measure:
            if self.is_blind(now_s):
                self.quiet_since_s = None
            self._seen_s = now_s
        self.is_disturbed = self._disturbed(reading)
        self.tripped = self._trip(reading, now_s)
        is_quiet = (
            (has_measured or not self._has_to_measure)
            and self._profile.enter.holds(reading.voltage_ppm, reading.frequency_mhz)
            and not self._changes_fast(reading)
        )
        if not is_quiet:
            self.quiet_since_s = None
        elif self.quiet_since_s is None:
            self.quiet_since_s = now_s

    def is_blind(self, now_s: int) -> bool:
        """True when nothing was measured for too long."""
        return self._seen_s is None or now_s - self._seen_s > self._gap_max_s

    def forget(self) -> None:
        """Time cannot be trusted: nothing has been watched."""
        self._seen_s = None
        self._beyond_s = [None] * len(self._profile.trips)
        self.quiet_since_s = None
        self.tripped = None

    def _disturbed(self, reading: GridReading) -> bool:
        window = self._back if self.is_disturbed else self._profile.normal
        inside = window.holds(reading.voltage_ppm, reading.frequency_mhz)
        return not inside or self._changes_fast(reading)

    def _changes_fast(self, reading: GridReading) -> bool:
        rocof = reading.rocof_mhz_per_s
        return rocof is not None and abs(rocof) > self._profile.rocof_max_mhz_per_s

    def _trip(self, reading: GridReading, now_s: int) -> Trip | None:
        values = _values(reading)
        acting = None
        for number, trip in enumerate(self._profile.trips):
            value = values[trip.quantity]
            if value is None or not (
                value > trip.threshold if trip.above else value < trip.threshold
            ):
                self._beyond_s[number] = None
                continue
            since_s = self._beyond_s[number]
            if since_s is None:
                since_s = self._beyond_s[number] = now_s
            if trip.delay_ms < _AT_ONCE_MS or (now_s - since_s) * 1_000 >= trip.delay_ms:
                acting = acting or trip
        return acting


def _values(reading: GridReading) -> dict[Quantity, int | None]:
    rocof = reading.rocof_mhz_per_s
    return {
        Quantity.VOLTAGE: reading.voltage_ppm,
        Quantity.FREQUENCY: reading.frequency_mhz,
        Quantity.ROCOF: None if rocof is None else abs(rocof),
    }
