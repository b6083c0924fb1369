"""Set-points, measurements and limits of units and areas. Injection is positive."""

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a unit's meter read for one interval."""

    unit_id: str
    start_s: int
    injection_wh: int
    """Net energy, injection positive."""
    state_of_charge_wh: int | None = None
    """Energy in a storage at the interval's end; None: it stores nothing."""
    substituted: bool = False
    """True when no reading came and the schedule was put in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Measured less scheduled energy of one member of a level of control."""

    level: str
    """unit, area or market."""
    member_id: str
    start_s: int
    scheduled_wh: int
    measured_wh: int

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
