"""What an area and the level above it say to each other, and what becomes of an area out of reach.

The one idea: capacity is lent, never given: every limit names until when it holds, by which start of
its writer and as the how-manieth of it, so that whoever hears nobody knows what is still good.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from market.model.power import PowerLimits, Setpoint, UnitLimit

SERVER: Final = "server"
"""Who decouples an area that is not heard."""


class Standing(StrEnum):
    """How an area stands to the level above it."""

    INIT = "init"
    """Nothing was confirmed yet: units have their fail-safe limits."""
    JOINED = "joined"
    ALONE = "alone"
    """Nobody above is heard: the last confirmed limits hold to their end, and no schedule is new."""
    RETURNING = "returning"
    """Heard again: nothing new is taken before the area's report was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLimit:
    """What may go over a line."""

    line_id: str
    forward_max_w: int
    backward_max_w: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaLimits:
    """What the level above lends an area for a while."""

    area_id: str
    from_s: int
    until_s: int
    """End of validity; later the area has nothing but its units' fail-safe limits."""
    import_max_w: int
    export_max_w: int
    sequence: int
    """Newer limits have larger numbers; older ones are refused."""
    epoch: int
    """Which start of the writer they come from; those of an older start are refused."""
    lines: tuple[LineLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaBound:
    """What an operator leaves of an area's sum for a while; it narrows what was lent to the area."""

    from_s: int
    until_s: int | None
    """None: until somebody ends it."""
    limits: PowerLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsHeld:
    """To the area that lent them: an area's members have no more than this by anything they were told.

    Only now is what it was lent before, beyond these limits, free for others.
    """

    area_id: str
    epoch: int
    """Of the limits."""
    sequence: int
    """Of the limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A sign of life, with the start of its sender."""

    epoch: int
    counter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaReport:
    """What an area says of itself: above all what it has lent on and cannot take back before it ends."""

    area_id: str
    sequence: int
    """The area's own count of its reports."""
    standing: Standing
    alone_since_s: int | None
    """Market time since when nobody above was heard; None: somebody is."""
    limits_epoch: int
    """Start of the writer whose limits the area holds; 0: it holds none."""
    limits_sequence: int
    given_import_w: int
    """The most its units may take together now, by what was lent to them."""
    given_export_w: int
    given_until_s: int
    """When all of it has run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTaken:
    """The level above has taken an area's report in."""

    area_id: str
    sequence: int
    """Of the report."""
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketBeat:
    """To a unit: the market is there."""

    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GridBeat:
    """To a unit: whoever sends its limits is there."""

    epoch: int
    counter: int


ToUnit = MarketBeat | GridBeat | UnitLimit | Setpoint
ToMember = ToUnit | AreaLimits
"""To a unit, or to an area inside."""
ToMarket = Beat | AreaReport | LimitsHeld
"""To whoever is above; what limits are held only an area that lent them wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HearArea:
    """An area's level is heard on the stream; from the first time on it is missed when it is not."""

    now_us: int
    actor: str
    area_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissArea:
    """An area's level has not been heard for a while of real time."""

    now_us: int
    actor: str
    area_id: str
    silent_s: int
    """Real seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportArea:
    """An area says how it stands; what the server alone had decoupled takes part again."""

    now_us: int
    actor: str
    report: AreaReport


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaHeard:
    """An area has a level of its own, which is to be heard from now on."""

    area_id: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaReported:
    """How an area stood when it was heard again."""

    report: AreaReport
    now_us: int
