"""A test stand for the machine of a unit: a grid that is well, two senders that call, two clocks."""

import random
from dataclasses import replace
from typing import Final

from market.control.unit import (
    DEFAULT_PROFILE,
    LocalSettings,
    Memory,
    Moment,
    Output,
    Profile,
    Readiness,
    Senders,
    UnitMachine,
    profile_named,
)
from market.model.alarm import AlarmKind
from market.model.participant import StorageData, Unit, UnitKind
from market.model.power import ControlChannel, GridReading, PowerLimits, Setpoint, UnitLimit
from market.model.rejection import Rejection
from tests.builders import unit

START_S: Final = 1_700_000_000
PROFILE: Final = profile_named(DEFAULT_PROFILE)
WELL: Final = GridReading(voltage_ppm=1_000_000, frequency_mhz=50_000)
NOTHING: Final = PowerLimits(withdrawal_max_w=0, injection_max_w=0)
MARKET, GRID, OTHER = "market", "grid", "somebody"
SENDERS: Final = Senders(
    market=frozenset({MARKET}), grid=frozenset({GRID}), operators=frozenset({"eve", "fay"})
)
BATTERY_DATA: Final = StorageData(
    capacity_wh=10_000,
    start_wh=5_000,
    efficiency_charge_ppm=950_000,
    efficiency_discharge_ppm=950_000,
)
SOLAR: Final = replace(unit("u", "ann", UnitKind.SOLAR, injection_max_w=10_000), controllable=True)
HEAT_PUMP: Final = replace(
    unit("u", "ann", UnitKind.HEAT_PUMP, withdrawal_max_w=10_000), controllable=True
)
BATTERY: Final = unit(
    "u",
    "ann",
    UnitKind.STORAGE,
    injection_max_w=10_000,
    withdrawal_max_w=10_000,
    storage=BATTERY_DATA,
)
LIGHTS: Final = unit("u", "ann", UnitKind.LOAD, withdrawal_max_w=10_000)


class Stand:
    """One machine, its two clocks, and what was sent to it."""

    def __init__(
        self,
        what: Unit = SOLAR,
        *,
        profile: Profile = PROFILE,
        senders: Senders = SENDERS,
        local: LocalSettings | None = None,
        memory: Memory | None = None,
        seed: int | None = None,
        ready: bool = True,
    ) -> None:
        self.unit = what
        self.market_s = START_S
        self.real_ms = 0
        self.epoch = 1
        self.sequence = 0
        self.reading = replace(WELL, state_of_charge_wh=5_000 if what.storage else None)
        self.outputs: list[Output] = []
        self.machine = UnitMachine(
            what,
            profile,
            (lambda _: 0) if seed is None else random.Random(seed).randrange,
            self.now,
            senders=senders,
            local=local,
            memory=memory,
        )
        if ready:
            self.machine.ready(Readiness(settings_hash=profile.hash), self.now)

    @property
    def now(self) -> Moment:
        return Moment(market_s=self.market_s, real_ms=self.real_ms)

    @property
    def state(self) -> str:
        return self.machine.state.value

    @property
    def last(self) -> Output:
        return self.outputs[-1]

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def target(
        self, target_w: int, *, seconds: int = 900, sender: str = MARKET, **changed: object
    ) -> Rejection | None:
        """A set-point from now on."""
        setpoint = Setpoint(
            unit_id="u",
            start_s=self.market_s,
            until_s=self.market_s + seconds,
            target_w=target_w,
            fallback_w=0,
            sequence=self.next_sequence(),
            epoch=self.epoch,
        )
        return self.machine.accept(replace(setpoint, **changed), sender, self.now)

    def limit(
        self,
        most_w: int | None = None,
        *,
        seconds: int = 900,
        sender: str = GRID,
        **changed: object,
    ) -> Rejection | None:
        """A grid limit from now on; none: the nameplate."""
        limit = UnitLimit(
            unit_id="u",
            from_s=self.market_s,
            until_s=self.market_s + seconds,
            withdrawal_max_w=min(self.unit.withdrawal_max_w, 10**9 if most_w is None else most_w),
            injection_max_w=min(self.unit.injection_max_w, 10**9 if most_w is None else most_w),
            sequence=self.next_sequence(),
            epoch=self.epoch,
        )
        return self.machine.limit(replace(limit, **changed), sender, self.now)

    def beat(self, *, grid: bool = True, market: bool = True) -> None:
        """Heartbeats of those who are there."""
        if grid:
            self.machine.heartbeat(ControlChannel.GRID, GRID, self.now, epoch=self.epoch)
        if market:
            self.machine.heartbeat(ControlChannel.MARKET, MARKET, self.now, epoch=self.epoch)

    def step(self) -> Output:
        self.outputs.append(self.machine.step(self.reading, self.now))
        return self.last

    def run(
        self,
        seconds: int,
        *,
        grid: bool = True,
        market: bool = True,
        renew: bool = True,
        speed: int = 1,
    ) -> list[Output]:
        """So many seconds of real time, a step in each; senders beat every five and renew limits.

        Args:
            seconds: real seconds.
            grid: the grid channel is there.
            market: the market is there.
            renew: the grid channel renews its limit every five minutes.
            speed: market seconds in a real one.
        """
        begun = len(self.outputs)
        for second in range(seconds):
            if second % 5 == 0:
                self.beat(grid=grid, market=market)
            if grid and renew and second % 300 == 0:
                assert self.limit() is None
            self.step()
            self.real_ms += 1_000
            self.market_s += speed
        return self.outputs[begun:]

    def in_service(self, target_w: int = 0) -> "Stand":
        """Through the whole entry to normal, then a set-point."""
        self.run(400)
        assert self.state == "normal"
        if target_w:
            assert self.target(target_w) is None
            self.run(120)
            assert self.last.target_w == target_w
        return self


def story(stand: Stand) -> list[str]:
    """The states it went through."""
    return [change.after.value for output in stand.outputs for change in output.changes]


def kinds(stand: Stand) -> list[AlarmKind]:
    """The alarms it told of."""
    return [alarm.kind for output in stand.outputs for alarm in output.alarms]


def first_connected(stand: Stand) -> int:
    """In which step it first was on the grid."""
    return next(number for number, output in enumerate(stand.outputs) if output.connected)
