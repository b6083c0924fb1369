"""Why a unit must not be in service: what a protection says, and what cannot be vouched for.

The one idea: a bad grid takes a unit off and lets it back; only what the unit itself did wrong counts
as a fault, and some of those in a short time lock it.
"""

from collections import deque

from market.control.unit.facts import Readiness
from market.control.unit.following import Following
from market.control.unit.profile import Profile
from market.control.unit.watch import Watch


class Protection:
    """Trips and doubts of one unit."""

    def __init__(self, profile: Profile) -> None:
        self._window_s = profile.faults_window_s
        self._settings_hash = profile.hash
        self._faults_s: deque[int] = deque(maxlen=profile.faults_max)
        self.hardware = ""
        """Why the device's own protection has opened since the last step; empty: it has not."""
        self.readiness: Readiness | None = None
        """What the device says of itself; None: it has not said anything."""

    def trip(self, watch: Watch, following: Following, now_s: int | None, *, injects: bool) -> str:
        """Why a unit that is on has to leave the grid now; empty: it does not."""
        why, self.hardware = self.hardware, ""
        is_own_fault = bool(why)
        if not why and following.is_beyond:
            why, is_own_fault = "limit", True
        if not why and injects and watch.tripped is not None:
            why = watch.tripped.quantity.value
        if is_own_fault:
            self._faults_s.append(now_s or 0)
        return why

    def opened_again(self, watch: Watch) -> None:
        """What opens once more while the unit is off is the same fault; its wait begins anew."""
        if self.hardware:
            self.hardware = ""
            watch.quiet_since_s = None

    def has_repeated_faults(self, now_s: int | None) -> bool:
        """True when its own faults came too often."""
        faults = self._faults_s
        return len(faults) == faults.maxlen and ((now_s or 0) - faults[0] <= self._window_s)

    def forgive(self) -> None:
        """Somebody has looked at it."""
        self._faults_s.clear()

    def has_sound_settings(self) -> bool:
        """True when the device is set to this profile."""
        readiness = self.readiness
        return readiness is not None and readiness.settings_hash == self._settings_hash

    def doubt(self, watch: Watch, now_s: int, *, permitted: bool) -> str:
        """Which check before connecting does not hold; empty: all do."""
        readiness = self.readiness
        if readiness is None:
            return "not checked"
        if watch.is_blind(now_s):
            return "blind"
        checks = (
            ("not permitted", permitted),
            ("settings", self.has_sound_settings()),
            ("islanding", readiness.anti_islanding),
            ("firmware", readiness.firmware_allowed),
            ("meter", readiness.meter_sound),
            ("isolation", readiness.isolation_sound),
        )
        return next((name for name, holds in checks if not holds), "")
