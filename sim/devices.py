"""The simulated devices: what happens behind the meters when a set-point arrives, or none does.

The one idea: a simulated device has the same controller as a real one, the machine of states of
`market.control.unit`, and steps it once per interval: what the machine says, the physics does as far
as it can, and the meter shows what truly happened. Only while its target moves, the grid is
disturbed or it is on its way back to the grid it looks more often.

Energies are whole Wh; injection into the grid is positive.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from market.control.unit import (
    DEFAULT_PROFILE,
    LocalSettings,
    Moment,
    Output,
    Readiness,
    Senders,
    UnitMachine,
    profile_named,
)
from market.model.participant import StorageData, Unit, UnitKind
from market.model.power import ControlChannel, GridReading, Setpoint, UnitState
from market.model.rejection import Code
from market.model.units import PPM, round_toward_zero
from sim.faults import Fault
from sim.physics import Physics, Storage, physics_of
from sim.profiles import Battery, Household
from sim.troubles import Troubles

LOOK_AGAIN_S: Final = 60
"""How soon a device looks again while its target moves, the grid is disturbed or it comes back."""
LOOK_BACK_S: Final = 120
"""From one end of what it can do to the other takes so long by the profile's ramp."""
WARM_UP: Final = 3
"""Intervals before its first one in which a device watches its terminals and connects."""
_ON_THE_WAY: Final = frozenset(
    {UnitState.INIT, UnitState.CONNECTING, UnitState.RECOVERY, UnitState.TRIPPED}
)
_SECONDS_PER_HOUR: Final = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a device's meter says of one interval."""

    unit_id: str
    injection_wh: int
    state_of_charge_wh: int | None
    """Energy stored at the interval's end; None: it stores nothing."""
    is_told: bool = True
    """False: the line is cut, and it arrives when the line is back."""


@dataclass(slots=True)
class Diary:
    """What happened to a device, for the report."""

    states: Counter[str] = field(default_factory=Counter)
    """Intervals that ended in a state."""
    alarms: Counter[str] = field(default_factory=Counter)
    unsteered: int = 0
    """Intervals that a device which can be steered lived without a set-point: on its fallback or
    own use."""
    off_s: int = 0
    """Time off the grid."""


def _stands_still() -> int:
    return 0


class Device:
    """One unit: its controller, which takes set-points, and its physics, which lives with them."""

    def __init__(
        self,
        unit: Unit,
        physics: Physics,
        *,
        day_start_s: int,
        interval_s: int,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        real_ms: Callable[[], int] = _stands_still,
    ) -> None:
        """It has watched its terminals for a while and is on the grid when its first interval begins.

        Args:
            unit: as the market knows it.
            physics: what it can do.
            day_start_s: start of the day's first interval.
            interval_s: length of an interval.
            faults: what will go wrong with it.
            seed: of its controller's chance.
            real_ms: real time that never goes back, for signs of life.
        """
        self.unit = unit
        self.physics = physics
        self.diary = Diary()
        self.was_steered = False
        """In the interval it lived through last it had a set-point for some of the time."""
        self.troubles = Troubles(unit, faults)
        self._day_start_s = day_start_s
        self._interval_s = interval_s
        self._real_ms = real_ms
        self._profile = profile_named(DEFAULT_PROFILE)
        self._sender = f"area:{unit.area_id}"
        self._now_s = day_start_s - WARM_UP * interval_s
        self._next_s: int | None = None
        """Start of the interval it will live through next; None: not known yet."""
        self._windows: dict[int, tuple[int, int]] = {}
        """By start of the set-points taken: when they let it move, and their end."""
        self._machine = UnitMachine(
            unit,
            self._profile,
            random.Random(f"{seed}:{unit.unit_id}").randrange,  # noqa: S311  # no secret
            self._moment(),
            senders=Senders(market=frozenset({self._sender}), grid=frozenset()),
            local=LocalSettings(reading_gap_max_s=interval_s),
        )
        self._machine.ready(Readiness(settings_hash=self._profile.hash), self._moment())
        for number in range(WARM_UP):
            self._now_s = day_start_s - (WARM_UP - number) * interval_s
            self._machine.step(self._sees(None), self._moment())

    # --- what arrives ---------------------------------------------------------------------

    def accept(self, setpoint: Setpoint, now_s: int) -> Code | None:
        """Take a set-point; the code says why not. One that does not arrive is not refused either."""
        if not self.troubles.hears(now_s):
            return None
        if self._next_s is None:
            self._next_s = setpoint.start_s
        # It lives its intervals one by one: until the next one happens its clock waits there.
        self._now_s = max(self._now_s, min(now_s, self._next_s))
        rejection = self._machine.accept(setpoint, self._sender, self._moment())
        if rejection is not None:
            return rejection.code
        turn_s = setpoint.start_s + setpoint.wait_s
        self._windows[setpoint.start_s] = (turn_s, setpoint.until_s)
        return None

    def hear(self, now_s: int) -> None:
        """A sign of life of the market."""
        if self.troubles.hears(now_s):
            self._machine.heartbeat(ControlChannel.MARKET, self._sender, self._moment())

    # --- what happens ---------------------------------------------------------------------

    def step(self, start_s: int) -> Reading:
        """Live through the interval that starts at `start_s`, once."""
        interval_s = self._interval_s
        self._next_s = start_s + interval_s
        watt_seconds = on_s = 0
        for lasting_s, output in self._outputs(start_s):
            watt_seconds += output.target_w * lasting_s
            on_s += lasting_s if output.connected else 0
        wanted_wh = round_toward_zero(watt_seconds, _SECONDS_PER_HOUR)
        if self.troubles:
            wanted_wh = self.troubles.output_wh(wanted_wh, start_s, interval_s)
        injection_wh = self.physics.step(
            (start_s - self._day_start_s) // interval_s, wanted_wh, on_s * PPM // interval_s
        )
        self._look_back(injection_wh)
        self.diary.off_s += interval_s - on_s
        self.diary.states[self._machine.state.value] += 1
        self.was_steered = self._is_steered(start_s)
        self.diary.unsteered += self.unit.controllable and not self.was_steered
        told_wh, stored_wh = self.troubles.told(
            injection_wh, self.physics.stored_wh, start_s, interval_s
        )
        return Reading(
            unit_id=self.unit.unit_id,
            injection_wh=told_wh,
            state_of_charge_wh=stored_wh,
            is_told=self.troubles.says(start_s + interval_s),
        )

    @property
    def state(self) -> str:
        """In which state its controller is."""
        return self._machine.state.value

    @property
    def has_something_to_tell(self) -> bool:
        """True when something went wrong with it."""
        return bool(self.troubles or self.diary.off_s)

    def told(self) -> dict[str, Any]:
        """What happened to it, as a record."""
        diary = self.diary
        return {
            "unit_id": self.unit.unit_id,
            "area_id": self.unit.area_id,
            "faults": self.troubles.names(),
            "intervals_by_state": dict(diary.states),
            "alarms": dict(diary.alarms),
            "unsteered_intervals": diary.unsteered,
            "minutes_off": diary.off_s // 60,
        }

    def _outputs(self, start_s: int) -> Iterator[tuple[int, Output]]:
        """What the machine says in the interval, each with how long it holds."""
        until_s = start_s + self._interval_s
        at_s, before_w = start_s, None
        while at_s < until_s:
            self._now_s = max(self._now_s, at_s)
            output = self._look(None)
            turns = [until_s, *self._turns(at_s, until_s)]
            is_moving = output.target_w != before_w
            if is_moving or output.frozen or output.state in _ON_THE_WAY:
                turns.append(at_s + LOOK_AGAIN_S)
            next_s = min(turns)
            yield next_s - at_s, output
            at_s, before_w = next_s, output.target_w

    def _look_back(self, injection_wh: int) -> None:
        """Toward the end of an interval the machine sees what comes of it, and what is stored.

        Not at the end itself: whoever has just looked has no time left to move to the next target.
        """
        assert self._next_s is not None, "it has just lived through one"
        self._now_s = max(self._now_s, self._next_s - LOOK_BACK_S)
        power_w = None
        if isinstance(self.physics, Storage):
            # What a load, a roof or a need does is not for its controller to judge.
            power_w = round_toward_zero(injection_wh * _SECONDS_PER_HOUR, self._interval_s)
        self._look(power_w)

    def _look(self, power_w: int | None) -> Output:
        output = self._machine.step(self._sees(power_w), self._moment())
        self.diary.alarms.update(alarm.kind.value for alarm in output.alarms)
        return output

    def _turns(self, after_s: int, until_s: int) -> list[int]:
        """When something else may hold inside the interval."""
        edges = {edge for start_s, ends in self._windows.items() for edge in (start_s, *ends)}
        found = [edge for edge in edges if after_s < edge < until_s]
        return found + self.troubles.turns(after_s, until_s)

    def _is_steered(self, start_s: int) -> bool:
        self._windows = {
            from_s: ends_s for from_s, ends_s in self._windows.items() if ends_s[1] > start_s
        }
        return any(from_s < start_s + self._interval_s for from_s in self._windows)

    def _sees(self, power_w: int | None) -> GridReading:
        """What its terminals say now."""
        rated_mhz = self._profile.rated_frequency_mhz
        return GridReading(
            voltage_ppm=self.troubles.voltage_ppm(self._now_s),
            frequency_mhz=self.troubles.frequency_mhz(self._now_s, rated_mhz),
            power_w=power_w,
            state_of_charge_wh=self.physics.stored_wh,
        )

    def _moment(self) -> Moment:
        return Moment(market_s=self._now_s, real_ms=self._real_ms())


def units_of(household: Household) -> list[Unit]:
    """The units behind one household's meter, as the market knows them."""
    return [
        Unit(
            unit_id=profile.unit_id,
            participant_id=household.participant_id,
            area_id=household.area_id,
            kind=UnitKind(profile.kind),
            injection_max_w=profile.injection_max_w,
            withdrawal_max_w=profile.withdrawal_max_w,
            controllable=profile.controllable,
            storage=_storage_data(profile.battery),
        )
        for profile in household.units
    ]


def devices_of(
    household: Household,
    *,
    day_start_s: int,
    interval_s: int,
    faults: Mapping[str, Sequence[Fault]] | None = None,
    seed: int = 0,
    real_ms: Callable[[], int] = _stands_still,
) -> list[Device]:
    """The devices behind one household's meter.

    Args:
        household: who lives there, with which devices.
        day_start_s: start of the day's first interval.
        interval_s: length of an interval.
        faults: by unit, what will go wrong.
        seed: of the controllers' chance.
        real_ms: real time that never goes back.
    """
    return [
        Device(
            unit,
            physics_of(profile),
            day_start_s=day_start_s,
            interval_s=interval_s,
            faults=(faults or {}).get(unit.unit_id, ()),
            seed=seed,
            real_ms=real_ms,
        )
        for unit, profile in zip(units_of(household), household.units, strict=True)
    ]


def _storage_data(battery: Battery | None) -> StorageData | None:
    if battery is None:
        return None
    return StorageData(
        capacity_wh=battery.capacity_wh,
        start_wh=battery.start_wh,
        efficiency_charge_ppm=battery.efficiency_charge_ppm,
        efficiency_discharge_ppm=battery.efficiency_discharge_ppm,
    )
