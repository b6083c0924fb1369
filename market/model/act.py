"""Acts of operators on units and areas, and why a target or a limit is another one than was traded.

The one idea: stopping and narrowing is one act of one person and takes effect at once; whatever lets
a unit or an area come back needs a second one, who agrees with exactly what the first one said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from market.model.alarm import ControlLevel
from market.model.power import UnitLimit
from market.model.units import MINUTES_PER_HOUR, SECONDS_PER_MINUTE, round_toward_zero


class ControlReason(StrEnum):
    """Why a unit was told something else than what it had traded."""

    GRID_VOLTAGE = "grid_voltage"
    GRID_LOADING = "grid_loading"
    AREA_LIMIT = "area_limit"
    """The units of an area together would have passed what it may take in or give out."""
    OPERATOR_LIMIT = "operator_limit"
    EMERGENCY_STOP = "emergency_stop"
    STOPPED = "stopped"
    AREA_GUARD = "area_guard"
    """The unit waited for its turn to move, or its area's move was blocked."""
    DECOUPLED = "decoupled"
    FAIL_SAFE = "fail_safe"
    TRIP = "trip"
    ACTIVATION = "activation"
    """Another area lacks energy, or has too much, and this unit was the cheapest that could help."""


GIVEN_UP: Final = frozenset(
    {
        ControlReason.AREA_LIMIT,
        ControlReason.OPERATOR_LIMIT,
        ControlReason.EMERGENCY_STOP,
        ControlReason.STOPPED,
    }
)
"""Reasons for which a unit gives up what it has traded; who only waits for its turn does not."""


class ActKind(StrEnum):
    """What an operator does to a unit, an area or everything."""

    STOP = "stop"
    """Off until it is started."""
    START = "start"
    """End a stop; of a unit that is locked it takes two people."""
    LIMIT = "limit"
    """For a while no more than so much."""
    RELEASE = "release"
    """End a limit, or, with two people, an emergency stop."""
    DECOUPLE = "decouple"
    """An area goes on alone: nothing more is traded over its lines."""
    COUPLE = "couple"
    """A decoupled area takes part again; takes two people."""
    EMERGENCY_STOP = "emergency_stop"
    CONSENT = "consent"
    """Let an area make the move its guard has blocked; takes two people, or its grid operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is to be done: all that a second person agrees with, but for the words."""

    kind: ActKind
    level: ControlLevel
    member_id: str
    """The unit, the area, or the market for everything."""
    from_s: int | None = None
    """Of a limit: when it begins; None: at once."""
    until_s: int | None = None
    """Of a limit: when it ends; None: when it is released."""
    withdrawal_max_w: int | None = None
    """Of a limit; None: as the nameplate, or the area's rating, says."""
    injection_max_w: int | None = None
    limit_id: str | None = None
    """Of a release: the limit that ends; None: the emergency stop of this member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """A limit, a stop or an emergency stop that holds."""

    narrowing_id: str
    """The id of the act that made it."""
    kind: ActKind
    """LIMIT, STOP or EMERGENCY_STOP."""
    level: ControlLevel
    member_id: str
    from_s: int
    until_s: int | None
    """None: until somebody ends it."""
    withdrawal_max_w: int | None
    """None: not narrowed. Of an area's limit: what the area may take in, else what each unit may."""
    injection_max_w: int | None
    actor: str
    reason: str
    since_us: int
    of_area: str | None = None
    """The area whose own credential made it; None: an operator did."""

    def holds(self, from_s: int, until_s: int) -> bool:
        """True when it holds at some moment of [from_s, until_s)."""
        return self.from_s < until_s and (self.until_s is None or from_s < self.until_s)


NARROWING_REASONS: Final[Mapping[ActKind, ControlReason]] = {
    ActKind.EMERGENCY_STOP: ControlReason.EMERGENCY_STOP,
    ActKind.STOP: ControlReason.STOPPED,
    ActKind.LIMIT: ControlReason.OPERATOR_LIMIT,
}
"""What a narrowing is called where it changes a target; the strongest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoupling:
    """An area that goes on alone."""

    area_id: str
    actor: str
    reason: str
    since_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedAct:
    """An act that waits for a second person."""

    act_id: str
    act: Act
    reason: str
    actor: str
    version: int
    """How often something was done to this member before; done once more, and it has lapsed."""
    digest: str
    """Of act, reason and version: what the second person agrees with."""
    since_us: int
    until_us: int


class ActState(StrEnum):
    """How far an act is."""

    PROPOSED = "proposed"
    """It waits, or waited, for a second person."""
    PERFORMED = "performed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAct(Act):
    """An act with who asked for it, why and when."""

    act_id: str
    reason: str
    actors: tuple[str, ...]
    """One, or the one who proposed and the one who agreed."""
    of_area: str | None
    """The area whose own credential asked; None: an operator did."""
    at_us: int
    """When it was done; of a proposal, when it was made."""
    state: ActState


def digest_of(act_id: str, act: Act, reason: str, version: int) -> str:
    """One value for exactly this act, with these words, in this state."""
    said = [act_id, *(str(getattr(act, name)) for name in act.__dataclass_fields__), reason]
    return sha256("\x00".join([*said, str(version)]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformAct:
    """Do something at once, or, where it takes two people, propose it."""

    now_us: int
    actor: str
    act: Act
    reason: str
    of_area: str | None = None
    """The area whose own credential asks; None: an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveAct:
    """A second operator agrees with a proposal, which makes it so."""

    now_us: int
    actor: str
    act_id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActProposed:
    """An act waits for a second person."""

    proposal: ProposedAct


@dataclass(frozen=True, slots=True, kw_only=True)
class ActPerformed:
    """An act was done. What follows from it stands beside it."""

    act_id: str
    act: Act
    reason: str
    actors: tuple[str, ...]
    """One, or the one who proposed and the one who agreed."""
    now_us: int
    of_area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDecoupled:
    """An area goes on alone from now on."""

    area_id: str
    actor: str
    reason: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCoupled:
    """An area takes part again."""

    area_id: str
    actors: tuple[str, ...]
    reason: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curtailed:
    """For a part of an interval a unit was told something else than it had traded, and why.

    A later one about the same unit and interval holds from its own beginning on; one without a change
    says that from there the unit does what it has traded.
    """

    unit_id: str
    start_s: int
    """The interval."""
    from_s: int
    until_s: int
    change_w: int
    """What it was told less what it had traded; injection positive."""
    reason: ControlReason

    @property
    def energy_wh(self) -> int:
        """The change as energy, rounded toward zero; injection positive."""
        moved_ws = self.change_w * (self.until_s - self.from_s)
        return round_toward_zero(moved_ws, MINUTES_PER_HOUR * SECONDS_PER_MINUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsCurtailed:
    """Units of one interval were told something else than they had traded."""

    start_s: int
    items: tuple[Curtailed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLimitsChanged:
    """The grid channel: what units of one area may do at most, in windows that run out."""

    area_id: str
    limits: tuple[UnitLimit, ...]
