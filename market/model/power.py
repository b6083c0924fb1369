"""Set-points, measurements and limits of units and areas. Injection is positive."""

from dataclasses import dataclass
from enum import StrEnum


class ControlChannel(StrEnum):
    """The two channels to a unit; losing one of them is not losing the other."""

    MARKET = "market"
    """Set-points: what the unit has traded."""
    GRID = "grid"
    """Limits of the grid operator: what the unit may do at most."""


class UnitState(StrEnum):
    """Where the controller of a unit stands; `market/control/unit` says what leads where."""

    INIT = "init"
    """After power-up and in any doubt: the fail-safe limits hold."""
    CONNECTING = "connecting"
    """Off the grid, waiting for a quiet grid, then for its turn."""
    NORMAL = "normal"
    STALE = "stale"
    """The market is out of reach: what was scheduled to its end, then own use."""
    FAILSAFE = "failsafe"
    """The grid operator is out of reach or cannot be trusted: the stored limits hold."""
    RECOVERY = "recovery"
    """On the way back from the fail-safe limits: a while of waiting, then a ramp."""
    TRIPPED = "tripped"
    """Off the grid because of what it measured; only a full new connection leads back."""
    LOCKED = "locked"
    """Off the grid until a person releases it."""
    STOPPED = "stopped"
    """Off the grid because it was told to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLimits:
    """What a unit or an area may do: withdrawal_max_w and injection_max_w are both >= 0."""

    withdrawal_max_w: int
    injection_max_w: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """The target of one unit for one interval. It expires, and names what holds afterwards."""

    unit_id: str
    start_s: int
    until_s: int
    """End of validity; later the fallback holds."""
    target_w: int
    """Injection positive."""
    fallback_w: int
    """What the unit does when the set-point has expired and nothing newer came."""
    sequence: int
    """Newer set-points have larger numbers; an older one is refused."""
    epoch: int = 0
    """Which start of the writer says it; one of an older start is refused. Whoever sends it puts it
    on: who vouches for it now counts, not who decided it first. In the journal it is 0."""
    wait_s: int = 0
    """So long after its start the unit begins to move, that an area's units do not all at once ..."""
    before_w: int = 0
    """... and this is its power until then; of no meaning where nothing waits."""

    def power_w(self, at_s: int) -> int:
        """What it asks for at a moment inside its window, injection positive."""
        return self.before_w if at_s < self.start_s + self.wait_s else self.target_w


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLimit:
    """What the grid channel allows a unit at most. It narrows what the unit may do, never widens."""

    unit_id: str
    from_s: int
    until_s: int
    """End of validity; later the unit's own fail-safe limits hold."""
    withdrawal_max_w: int
    """As a positive number."""
    injection_max_w: int
    sequence: int
    """Newer limits have larger numbers; an older one is refused."""
    epoch: int
    """Which start of the writer says it, as of a set-point."""
    reason: str = ""
    """Why, in the sender's words; empty: not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridReading:
    """What a device sees at its terminals at one moment; None: it cannot measure it."""

    voltage_ppm: int | None
    """The voltage furthest from rated of all phases, in parts per million of rated."""
    frequency_mhz: int | None
    """Millihertz."""
    rocof_mhz_per_s: int | None = None
    """Rate of change of frequency, millihertz per second."""
    power_w: int | None = None
    """Injection positive."""
    reactive_var: int | None = None
    """Injection positive."""
    state_of_charge_wh: int | None = None
    """Energy stored."""


class Doubt(StrEnum):
    """Why a reading is marked as doubtful: it is kept and counts, but somebody should look."""

    NEIGHBOURS = "neighbours"
    """Far more, per rated power, than the like units of its area saw in the same interval."""
    STORAGE = "storage"
    """Its state of charge did not move as its energy says."""
    FREQUENCY = "frequency"
    """Another frequency than the rest of its area, which is one and the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a unit's meter read for one interval. None: it does not measure that."""

    unit_id: str
    start_s: int
    injection_wh: int
    """Net energy, injection positive."""
    state_of_charge_wh: int | None = None
    """Energy in a storage at the interval's end; None: it stores nothing."""
    substituted: bool = False
    """True when no reading came and the schedule was put in its place."""
    power_w: int | None = None
    """Power when the meter was read, injection positive."""
    reactive_var: int | None = None
    """Reactive power at that moment, injection positive."""
    voltage_ppm: int | None = None
    """The voltage furthest from rated during the interval, parts per million of rated."""
    frequency_mhz: int | None = None
    """Millihertz."""
    sequence: int | None = None
    """The meter's own count of its readings, rising; None: it does not count."""
    measured_us: int | None = None
    """The meter's own clock when it read."""
    signature: str = ""
    """Proof that the unit's device said so (`market/model/signing.py`), hexadecimal; empty: unsigned."""
    doubt: Doubt | None = None
    """What the market found doubtful about it."""
    older: bool = False
    """True: it came in after a newer reading of its interval; kept, but does not count."""
    late: bool = False
    """True: it came in after its interval was settled; kept for a correction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Measured less scheduled energy of one member of a level of control."""

    level: str
    """unit, area or market."""
    member_id: str
    start_s: int
    scheduled_wh: int
    measured_wh: int
    curtailed_wh: int = 0
    """Of a unit: by how much it was told to differ from its trades, injection positive. The schedule
    has it in it, but for what was the unit's own fault."""
    reason: str = ""
    """Why it was told so, a `ControlReason`; empty: it was told nothing else."""

    @property
    def deviation_wh(self) -> int:
        """Positive: more injected (or less withdrawn) than scheduled."""
        return self.measured_wh - self.scheduled_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What a level of control made of a target."""

    set_w: int
    """What its members were set to in sum, injection positive."""
    left_over_w: int
    """Target less what was set; zero when the target could be met."""
