"""Whether the device does what it was told: measured against commanded power, and against the limits.

The one idea: a device that does not follow is reported; one that stays beyond a limit is taken off.
"""

from market.control.unit.profile import Profile
from market.control.unit.ramps import clipped, nameplate_w
from market.model.participant import Unit
from market.model.power import GridReading, PowerLimits
from market.model.units import PPM


class Following:
    """Errors of one unit, with the time since they last."""

    def __init__(self, unit: Unit, profile: Profile) -> None:
        self._profile = profile
        self._tolerance_w = max(1, nameplate_w(unit) * profile.follow_error_ppm // PPM)
        self._reactive_max_var = nameplate_w(unit) * profile.reactive_max_ppm // PPM
        self._error_since_s: int | None = None
        self._breach_since_s: int | None = None
        self.has_error = False
        self.is_beyond = False
        """Beyond a limit for too long."""
        self.is_reactive = False
        """More reactive power than the profile has."""

    def see(self, reading: GridReading, commanded_w: int, limits: PowerLimits, now_s: int) -> None:
        """Compare a reading with what was commanded and allowed until now."""
        if reading.reactive_var is not None:
            most_var = self._reactive_max_var
            # Back only a tenth below, so that a value at the edge is one alarm, not many.
            self.is_reactive = abs(reading.reactive_var) > (
                most_var * 9 // 10 if self.is_reactive else most_var
            )
        if reading.power_w is None:
            return
        error_w = abs(reading.power_w - commanded_w)
        allowed_w = self._tolerance_w // 2 if self.has_error else self._tolerance_w
        if error_w <= allowed_w:
            self._error_since_s, self.has_error = None, False
        else:
            self._error_since_s = now_s if self._error_since_s is None else self._error_since_s
            self.has_error |= now_s - self._error_since_s >= self._profile.follow_error_s
        if abs(reading.power_w - clipped(reading.power_w, limits)) <= self._tolerance_w:
            self._breach_since_s, self.is_beyond = None, False
        else:
            self._breach_since_s = now_s if self._breach_since_s is None else self._breach_since_s
            self.is_beyond |= now_s - self._breach_since_s >= self._profile.breach_s

    def forget(self) -> None:
        """Not in service, or the device acts by itself: nothing to compare."""
        self._error_since_s = self._breach_since_s = None
        self.has_error = self.is_beyond = False
