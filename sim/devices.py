"""The simulated devices: what happens behind the meters when a set-point arrives, or none does.

The one idea: a device obeys its set-point as far as its physics allows, and its meter shows what
truly happened. A load and a roof do what they do; a car and a heat pump stay between the two
curves of their need; a battery stays between empty and full. Each steps once per interval.

Energies are whole Wh; injection into the grid is positive.
"""

from dataclasses import dataclass
from typing import Protocol

from market.control.unit import UnitControl
from market.model.participant import StorageData, Unit, UnitKind
from market.model.power import Setpoint
from market.model.rejection import Code
from market.model.units import SECONDS_PER_MINUTE, energy_from_power_wh
from sim.profiles import INTERVALS_PER_HOUR, Battery, Household, UnitProfile, true_need
from sim.stays import FlexibleNeed

PPM = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a device's meter counted in one interval."""

    unit_id: str
    injection_wh: int
    state_of_charge_wh: int | None
    """Energy stored at the interval's end; None: it stores nothing."""


class Physics(Protocol):
    """How a kind of device behaves; remembers what it has taken or stored."""

    def step(self, index: int, target_wh: int) -> int:
        """Live through interval `index` with this target; returns the injection in Wh."""

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

    def step(self, index: int, target_wh: int) -> int:  # noqa: ARG002  # it has no choice
        """The true energy of the interval."""
        self.taken_wh += max(0, -self._injection_wh[index])
        return self._injection_wh[index]


class Flexible:
    """A car or a heat pump: follows the target between the curves of its need."""

    stored_wh: int | None = None

    def __init__(self, need: FlexibleNeed) -> None:
        self._need = need
        self.taken_wh = 0

    def step(self, index: int, target_wh: int) -> int:
        """Consume what is asked, but no less and no more than the need allows."""
        least, most = self._need.bounds_wh(index, self.taken_wh)
        consumed = min(max(-target_wh, least), most)
        self.taken_wh += consumed
        return -consumed


class Storage:
    """A battery: follows the target between empty and full, losing a little each way.

    What is stored grows by ⌊η_c · charged⌋ and falls by ⌈discharged / η_d⌉ (decision 20).
    """

    taken_wh = 0

    def __init__(self, battery: Battery) -> None:
        self._battery = battery
        self.stored_wh: int | None = battery.start_wh

    def step(self, index: int, target_wh: int) -> int:  # noqa: ARG002  # the hour does not matter
        """Charge or discharge as far as power and energy allow."""
        battery = self._battery
        assert self.stored_wh is not None
        power_wh = battery.power_w // INTERVALS_PER_HOUR
        if target_wh < 0:
            room_wh = (battery.capacity_wh - self.stored_wh) * PPM // battery.efficiency_charge_ppm
            charged = min(-target_wh, power_wh, room_wh)
            self.stored_wh += charged * battery.efficiency_charge_ppm // PPM
            return -charged
        reach_wh = self.stored_wh * battery.efficiency_discharge_ppm // PPM
        discharged = min(target_wh, power_wh, reach_wh)
        self.stored_wh -= -(-discharged * PPM // battery.efficiency_discharge_ppm)
        return discharged


class Device:
    """One unit: its controller, which takes set-points, and its physics, which lives with them."""

    def __init__(self, unit: Unit, physics: Physics, *, day_start_s: int, interval_s: int) -> None:
        self.unit = unit
        self.physics = physics
        self._control = UnitControl(unit)
        self._day_start_s = day_start_s
        self._interval_s = interval_s

    def accept(self, setpoint: Setpoint, now_s: int) -> Code | None:
        """Take a set-point; the code says why not."""
        rejection = self._control.accept(setpoint, now_s)
        return None if rejection is None else rejection.code

    def step(self, start_s: int) -> Reading:
        """Live through the interval that starts at `start_s`, once."""
        target_w = self._control.target_w(start_s)
        target_wh = energy_from_power_wh(target_w, self._interval_s // SECONDS_PER_MINUTE)
        index = (start_s - self._day_start_s) // self._interval_s
        injection_wh = self.physics.step(index, target_wh)
        return Reading(
            unit_id=self.unit.unit_id,
            injection_wh=injection_wh,
            state_of_charge_wh=self.physics.stored_wh,
        )


def devices_of(household: Household, *, day_start_s: int, interval_s: int) -> list[Device]:
    """The devices behind one household's meter."""
    return [
        Device(
            Unit(
                unit_id=profile.unit_id,
                participant_id=household.participant_id,
                area_id=household.area_id,
                kind=UnitKind(profile.kind),
                injection_max_w=profile.injection_max_w,
                withdrawal_max_w=profile.withdrawal_max_w,
                controllable=profile.controllable,
                storage=_storage_data(profile.battery),
            ),
            _physics(profile),
            day_start_s=day_start_s,
            interval_s=interval_s,
        )
        for profile in household.units
    ]


def _physics(profile: UnitProfile) -> Physics:
    if profile.battery is not None:
        return Storage(profile.battery)
    return Flexible(true_need(profile)) if profile.controllable else Uncontrolled(profile)


def _storage_data(battery: Battery | None) -> StorageData | None:
    if battery is None:
        return None
    return StorageData(
        capacity_wh=battery.capacity_wh,
        start_wh=battery.start_wh,
        efficiency_charge_ppm=battery.efficiency_charge_ppm,
        efficiency_discharge_ppm=battery.efficiency_discharge_ppm,
    )
