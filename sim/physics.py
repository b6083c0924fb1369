"""The physics of simulated devices: what a load, a roof, a car, a heat pump and a battery can do.

The one idea: a device does what it was asked as far as its physics allows, and remembers what it has
taken or stored. A load and a roof do what they do; a car and a heat pump stay between the two curves of
their need; a battery stays between empty and full.

Energies are whole Wh; injection into the grid is positive.
"""

from typing import Protocol

from market.model.units import PPM, round_toward_zero
from sim.profiles import INTERVALS_PER_HOUR, Battery, UnitProfile, true_need
from sim.stays import FlexibleNeed


class Physics(Protocol):
    """How a kind of device behaves; remembers what it has taken or stored."""

    def step(self, index: int, target_wh: int, on_ppm: int = PPM) -> int:
        """Live through interval `index` with this target; returns the injection in Wh.

        Args:
            index: of the day's intervals.
            target_wh: injection positive.
            on_ppm: the part of the interval in which the device is on the grid.
        """

    @property
    def stored_wh(self) -> int | None:
        """Energy stored now; None: it stores nothing."""

    @property
    def taken_wh(self) -> int:
        """Consumed since midnight."""


class Uncontrolled:
    """A load or a roof: the true day, whatever the target."""

    stored_wh: int | None = None

    def __init__(self, profile: UnitProfile) -> None:
        sign = 1 if profile.kind == "solar" else -1
        self._injection_wh = [sign * int(energy) for energy in profile.energy_wh]
        self.taken_wh = 0

    def step(self, index: int, target_wh: int, on_ppm: int = PPM) -> int:  # noqa: ARG002  # it has no choice
        """The true energy of the interval, as far as it is on the grid."""
        injection_wh = round_toward_zero(self._injection_wh[index] * on_ppm, PPM)
        self.taken_wh += max(0, -injection_wh)
        return injection_wh


class Flexible:
    """A car or a heat pump: follows the target between the curves of its need."""

    stored_wh: int | None = None

    def __init__(self, need: FlexibleNeed) -> None:
        self._need = need
        self.taken_wh = 0

    def step(self, index: int, target_wh: int, on_ppm: int = PPM) -> int:
        """Consume what is asked, but no less and no more than the need allows."""
        least, most = (
            bound_wh * on_ppm // PPM for bound_wh in self._need.bounds_wh(index, self.taken_wh)
        )
        consumed = min(max(-target_wh, least), most)
        self.taken_wh += consumed
        return -consumed


class Storage:
    """A battery: follows the target between empty and full, losing a little each way.

    What is stored grows by ⌊η_c · charged⌋ and falls by ⌈discharged / η_d⌉.
    """

    taken_wh = 0

    def __init__(self, battery: Battery) -> None:
        self._battery = battery
        self.stored_wh: int | None = battery.start_wh

    def step(self, index: int, target_wh: int, on_ppm: int = PPM) -> int:  # noqa: ARG002  # the hour does not matter
        """Charge or discharge as far as power and energy allow."""
        battery = self._battery
        assert self.stored_wh is not None
        power_wh = battery.power_w // INTERVALS_PER_HOUR * on_ppm // PPM
        if target_wh < 0:
            room_wh = (battery.capacity_wh - self.stored_wh) * PPM // battery.efficiency_charge_ppm
            charged = min(-target_wh, power_wh, room_wh)
            self.stored_wh += charged * battery.efficiency_charge_ppm // PPM
            return -charged
        reach_wh = self.stored_wh * battery.efficiency_discharge_ppm // PPM
        discharged = min(target_wh, power_wh, reach_wh)
        self.stored_wh -= -(-discharged * PPM // battery.efficiency_discharge_ppm)
        return discharged


def physics_of(profile: UnitProfile) -> Physics:
    """How the device of a profile behaves."""
    if profile.battery is not None:
        return Storage(profile.battery)
    return Flexible(true_need(profile)) if profile.controllable else Uncontrolled(profile)
