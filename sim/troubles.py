"""What a device's faults do to it: to what it hears, sees, does and says.

The one idea: each fault touches one place between the market and the physics and nothing else, so that
several at once add up, and a device without faults is untouched.
"""

import math
from collections.abc import Iterable
from typing import TypeVar

from market.model.participant import Unit
from market.model.units import PPM, round_toward_zero
from sim.faults import NAMES, Drift, Fault, Lag, Lie, LostContact, Terminals

_SECONDS_PER_HOUR = 3_600
_Fault = TypeVar("_Fault", Lag, Drift, LostContact, Lie, Terminals)


class Troubles:
    """The faults of one device, and what they have to remember."""

    def __init__(self, unit: Unit, faults: Iterable[Fault] = ()) -> None:
        self._nameplate_w = max(unit.injection_max_w, unit.withdrawal_max_w)
        self._faults = tuple(faults)
        self._output_w = 0.0
        """Of a lagging output: where it stands."""
        self._said: tuple[int, int | None] | None = None
        """The last reading that was told: what a frozen meter repeats."""
        self.area_voltage_ppm: int | None = None
        """What the market's meters saw in the area, the value furthest from rated."""

    def __bool__(self) -> bool:
        """True when there are any."""
        return bool(self._faults)

    def of(self, kind: type[_Fault]) -> list[_Fault]:
        """Those of one kind."""
        return [fault for fault in self._faults if isinstance(fault, kind)]

    def names(self) -> list[str]:
        """What they are, each once."""
        return sorted({NAMES[type(fault)] for fault in self._faults})

    # --- contact --------------------------------------------------------------------------

    def hears(self, at_s: int) -> bool:
        """False while nothing arrives."""
        return all(fault.hears or not fault.window.holds(at_s) for fault in self.of(LostContact))

    def says(self, at_s: int) -> bool:
        """False while nothing leaves."""
        return all(fault.says or not fault.window.holds(at_s) for fault in self.of(LostContact))

    # --- terminals ------------------------------------------------------------------------

    def voltage_ppm(self, at_s: int) -> int:
        """At the terminals; rated where nothing else is said."""
        for fault in self.of(Terminals):
            if fault.window.holds(at_s):
                if not fault.voltage_ppm:
                    return PPM if self.area_voltage_ppm is None else self.area_voltage_ppm
                number = (at_s - fault.window.from_s) // fault.every_s
                return fault.voltage_ppm[min(number, len(fault.voltage_ppm) - 1)]
        return PPM

    def frequency_mhz(self, at_s: int, rated_mhz: int) -> int:
        """The same for frequency."""
        for fault in self.of(Terminals):
            if fault.window.holds(at_s):
                return rated_mhz if fault.frequency_mhz is None else fault.frequency_mhz
        return rated_mhz

    def turns(self, after_s: int, until_s: int) -> list[int]:
        """When the terminals may change, after_s < time < until_s."""
        found: set[int] = set()
        for fault in self.of(Terminals):
            found |= {fault.window.from_s, fault.window.until_s}
            found |= {
                fault.window.from_s + number * fault.every_s
                for number in range(1, len(fault.voltage_ppm))
            }
        return sorted(at_s for at_s in found if after_s < at_s < until_s)

    # --- output ---------------------------------------------------------------------------

    def output_wh(self, wanted_wh: int, start_s: int, interval_s: int) -> int:
        """What the device tries to do, asked for so much energy in the interval."""
        wanted_wh += sum(
            self._bias_wh(fault, start_s, interval_s)
            for fault in self.of(Drift)
            if not fault.of_meter
        )
        wanted_w = wanted_wh * _SECONDS_PER_HOUR / interval_s
        for fault in self.of(Lag):
            if fault.window.holds(start_s):
                left = math.exp(-interval_s / fault.time_constant_s)
                behind_w = self._output_w - wanted_w
                self._output_w = wanted_w + behind_w * left
                mean_w = wanted_w + behind_w * fault.time_constant_s / interval_s * (1 - left)
                return round(mean_w * interval_s / _SECONDS_PER_HOUR)
        self._output_w = wanted_w
        return wanted_wh

    def _bias_wh(self, fault: Drift, start_s: int, interval_s: int) -> int:
        """The mean bias over an interval; zero when the fault does not last at its start."""
        if not fault.window.holds(start_s):
            return 0
        middle_s = start_s + interval_s // 2 - fault.window.from_s
        bias_w = self._nameplate_w * fault.ppm_per_hour * middle_s
        return round_toward_zero(bias_w * interval_s, PPM * _SECONDS_PER_HOUR**2)

    # --- reading --------------------------------------------------------------------------

    def told(
        self, injection_wh: int, stored_wh: int | None, start_s: int, interval_s: int
    ) -> tuple[int, int | None]:
        """What the device reports of an interval: energy and state of charge."""
        told = injection_wh + sum(
            self._bias_wh(fault, start_s, interval_s) for fault in self.of(Drift) if fault.of_meter
        )
        for fault in self.of(Lie):
            if fault.window.holds(start_s):
                if fault.frozen and self._said is not None:
                    return self._said
                told = round_toward_zero(told * fault.scale_ppm, PPM)
        self._said = told, stored_wh
        return self._said
