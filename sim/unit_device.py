"""The device side of the unit agent: what it needs of a device, and a simulated one.

The one idea: a device is five small calls. An adapter for a real one answers them from its registers
within a fraction of a second; what protects the grid within milliseconds stays in the device.
"""

import math
from collections.abc import Callable
from typing import Protocol

from market.control.unit import Profile, Readiness
from market.model.participant import Unit
from market.model.power import GridReading
from market.model.units import PPM
from sim.faults import Lag
from sim.troubles import Troubles

_SECONDS_PER_HOUR = 3_600
TIME_CONSTANT_S = 2.0
"""Of a simulated device that has no lag by its scenario."""
OWN_SHARE = 4
"""A simulated load or roof that nobody steers does this part of its nameplate."""


class DevicePort(Protocol):
    """A device, as the agent uses it. Powers are W, injection positive."""

    def readiness(self, profile: Profile) -> Readiness:
        """Its own checks, with the settings read back from it."""

    def read(self) -> GridReading:
        """What it sees at its terminals now."""

    def write(self, target_w: int) -> None:
        """Its set-point."""

    def connect(self) -> None:
        """It may be on the grid. Called every second; the device decides with its own protection."""

    def disconnect(self) -> None:
        """It must be off the grid, at once."""


class SimulatedDevice:
    """Follows its set-point with a lag; voltage and frequency are those of its scenario."""

    def __init__(
        self,
        unit: Unit,
        troubles: Troubles,
        now_s: Callable[[], int | None],
        rated_frequency_mhz: int,
    ) -> None:
        """It is off the grid.

        Args:
            unit: whose device it is.
            troubles: what goes wrong with it.
            now_s: market time; None: not known, and nothing moves.
            rated_frequency_mhz: of the grid it is on.
        """
        self._unit = unit
        self._troubles = troubles
        self._now_s = now_s
        self._rated_mhz = rated_frequency_mhz
        self._moved_s: int | None = None
        self._target_w = 0
        self._power_w = 0.0
        self._is_on = False
        storage = unit.storage
        self._stored_wh = None if storage is None else float(storage.start_wh)

    def readiness(self, profile: Profile) -> Readiness:
        """Everything is as it should be."""
        return Readiness(settings_hash=profile.hash)

    def read(self) -> GridReading:
        """Live until now, then look."""
        now_s = self._now_s()
        self._live(now_s)
        at_s = now_s or 0
        return GridReading(
            voltage_ppm=self._troubles.voltage_ppm(at_s),
            frequency_mhz=self._troubles.frequency_mhz(at_s, self._rated_mhz),
            power_w=round(self._power_w),
            state_of_charge_wh=None if self._stored_wh is None else round(self._stored_wh),
        )

    def write(self, target_w: int) -> None:
        """Go there."""
        self._target_w = target_w

    def connect(self) -> None:
        """Close the switch."""
        self._is_on = True

    def disconnect(self) -> None:
        """Open the switch: no power at once."""
        self._is_on = False
        self._power_w = 0.0

    def _live(self, now_s: int | None) -> None:
        if now_s is None or self._moved_s is None:
            self._moved_s = now_s
            return
        # A market that comes back may be earlier than it was when it went; a device never lives backwards.
        passed_s, self._moved_s = max(0, now_s - self._moved_s), now_s
        wanted_w = self._wanted_w() if self._is_on else 0
        lags = [lag for lag in self._troubles.of(Lag) if lag.window.holds(now_s)]
        constant_s = float(lags[0].time_constant_s) if lags else TIME_CONSTANT_S
        behind_w = (self._power_w - wanted_w) * math.exp(-passed_s / constant_s)
        self._power_w = wanted_w + behind_w if self._is_on else 0.0
        self._store(passed_s)

    def _wanted_w(self) -> int:
        unit = self._unit
        if not unit.controllable:
            return (unit.injection_max_w - unit.withdrawal_max_w) // OWN_SHARE
        return self._target_w

    def _store(self, passed_s: int) -> None:
        storage = self._unit.storage
        if storage is None or self._stored_wh is None:
            return
        moved_wh = self._power_w * passed_s / _SECONDS_PER_HOUR
        if moved_wh > 0:
            after_wh = self._stored_wh - moved_wh * PPM / storage.efficiency_discharge_ppm
        else:
            after_wh = self._stored_wh - moved_wh * storage.efficiency_charge_ppm / PPM
        self._stored_wh = min(max(after_wh, 0.0), float(storage.capacity_wh))
