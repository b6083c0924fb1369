"""What goes into the machine of a unit and what comes out: moments, settings, answers. All frozen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from market.control.unit.transitions import Cause
from market.model.alarm import AlarmKind
from market.model.power import ControlChannel, PowerLimits, Setpoint, UnitLimit, UnitState
from market.model.rejection import Code

Chance = Callable[[int], int]
"""Handed-in randomness: chance(n) is a whole number, 0 <= chance(n) < n."""

CLOCK_FROM_S: Final = 1_420_070_400
"""2015-01-01T00:00Z: a device that thinks it is earlier has lost its clock."""
CLOCK_UNTIL_S: Final = 4_102_444_800
"""2100-01-01T00:00Z."""
CLOCK_BACK_MAX_S: Final = 2
"""Market time may be set back by so much without doubt; meanwhile it stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Now, on the two clocks there are."""

    market_s: int | None
    """UTC seconds of market time, for windows, waits and ramps; None: the device does not know it."""
    real_ms: int
    """Real time that never goes back, for signs of life only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """Whose word counts, by what it is about."""

    market: frozenset[str]
    """Who may send set-points."""
    grid: frozenset[str]
    """Who may send limits; empty: the unit has no grid channel, and its own limits are all it has."""
    operators: frozenset[str] = frozenset()
    """Who may start, stop and release it; who may send limits may stop it too."""

    def of(self, channel: ControlChannel) -> frozenset[str]:
        """Who may speak on a channel."""
        return self.market if channel is ControlChannel.MARKET else self.grid


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """What the installer has set at the device. No remote party can widen it."""

    withdrawal_max_w: int | None = None
    """Local safety limit; None: the nameplate."""
    injection_max_w: int | None = None
    failsafe_withdrawal_max_w: int | None = None
    """As contracted; None: what the profile says."""
    failsafe_injection_max_w: int | None = None
    reserve_wh: int | None = None
    """What a storage keeps unless a set-point asks for it; None: what the profile says."""
    min_up_s: int = 0
    """Once on, it may be stopped after so long at the earliest. An emergency stop does not ask."""
    min_down_s: int = 0
    reading_gap_max_s: int = 10
    """A longer silence of the meter is blindness, and no window has been watched across it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What the device says of itself before it may connect."""

    settings_hash: str
    """Of the profile, read back from what the device is really set to."""
    anti_islanding: bool = True
    """Its own protection against islanding is enabled."""
    firmware_allowed: bool = True
    meter_sound: bool = True
    """Alive, and its sign was checked."""
    isolation_sound: bool = True
    """Isolation and ground, as the inverter has tested them."""
    local_control: bool = False
    """The switch at the device stands on local: set-points and remote starts are refused."""


class UnitAct(StrEnum):
    """What people may do to a unit."""

    START = "start"
    STOP = "stop"
    EMERGENCY_STOP = "emergency_stop"
    """One person; nothing delays it. Afterwards it has to be released before it can be started."""
    LOCK = "lock"
    """The local stop."""
    RELEASE = "release"
    """A person on site, or two people."""
    FORBID = "forbid"
    """The grid operator withdraws the permission to be in service."""
    PERMIT = "permit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The unit changed its state."""

    before: UnitState
    after: UnitState
    cause: Cause
    market_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAlarm:
    """Something a person should know, told once when it begins."""

    kind: AlarmKind
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A command that was not taken. It changed nothing."""

    market_s: int | None
    sender: str
    what: str
    """setpoint, limit, heartbeat or the act."""
    code: Code
    pointer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What the device is to do until the next step, and what happened since the last one."""

    state: UnitState
    target_w: int
    """Injection positive; 0 when it is not connected."""
    connected: bool
    frozen: bool
    """The grid is disturbed: the device's own functions act, and no set-point may be written."""
    limits: PowerLimits
    changes: tuple[Change, ...] = ()
    alarms: tuple[UnitAlarm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What outlives a loss of power, so that nothing old is taken for new and no lock is lost."""

    market_s: int | None = None
    """The last time that was known."""
    market_mark: tuple[int, int] | None = None
    """Epoch and sequence of the newest set-point; None: there was none."""
    grid_mark: tuple[int, int] | None = None
    grid_distrusted: bool = False
    """After a burst of bad messages; only a newer epoch is believed again."""
    failsafe_mark: tuple[int, int] | None = None
    """Of the newest limit when the fail-safe limits came to hold; None: no newer one is waited for."""
    setpoints: tuple[Setpoint, ...] = ()
    limits: tuple[UnitLimit, ...] = ()
    locked: str = ""
    """Why it is locked; empty: it is not."""
    stopped: bool = False
    """It waits to be started, also where it is locked."""
    emergency: bool = False
    permitted: bool = True
