"""What a grid says to a schedule or to readings, and what was changed because of it.

The one idea: a power flow happens outside of any decision, so what it found comes into the market as facts of whole
numbers: voltages and loadings in parts per million, changes in W. What the market decides and books is made of these
alone, and is the same whenever it is decided again.
"""

from dataclasses import dataclass
from enum import StrEnum

from market.model.act import ControlReason
from market.model.activation import AreaActivation
from market.model.burden import BurdenShare


class ElementKind(StrEnum):
    """What of a grid a limit belongs to."""

    BUS = "bus"
    LINE = "line"
    TRANSFORMER = "transformer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A limit that is not kept."""

    kind: ElementKind
    element_id: str
    value_ppm: int
    """Voltage of rated, or loading of the most it carries."""
    limit_ppm: int
    """The voltage limit that was passed; 1,000,000 for a loading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPicture:
    """A grid in one interval: the extremes, and every limit that is not kept."""

    solved: bool
    """False: the power flow found no state the grid could be in; then the figures are zero."""
    lowest_voltage_ppm: int
    lowest_bus: str
    highest_voltage_ppm: int
    highest_bus: str
    highest_loading_ppm: int
    """Of lines and transformers."""
    loaded_element: str
    """Empty: the grid has neither."""
    loss_w: int
    source_w: int
    """What comes in at the source bus; negative: goes out."""
    violations: tuple[Violation, ...] = ()
    """The worst first, `VIOLATIONS_TOLD` at most."""
    violation_count: int = 0

    @property
    def is_safe(self) -> bool:
        """True when every limit is kept."""
        return self.solved and self.violation_count == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChange:
    """A unit is told something else than it has traded."""

    unit_id: str
    from_w: int
    """Its set-point before, injection positive."""
    to_w: int
    reason: ControlReason
    element_id: str
    """The bus, line or transformer it was done for."""

    @property
    def change_w(self) -> int:
        """Positive: it injects more, or withdraws less."""
        return self.to_w - self.from_w


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCheck:
    """What the power flow of an area's schedule found, and the cure where it needed one."""

    area_id: str
    version: int
    """Of the network."""
    before: GridPicture
    after: GridPicture | None
    """With the changes; None: nothing was changed."""
    changes: tuple[UnitChange, ...]
    replacement_w: int
    """What comes from outside for what the changes take away in sum; negative: goes out."""
    cost_quanta: int
    """Of the changes as they were weighed; what is paid in the end goes by the meters."""
    by_rule: bool
    """True: no cheapest change was found in time or at all, so injection was cut by rule."""
    rung: str
    """How the cure was found; `none`: none was needed."""
    shares: tuple[BurdenShare, ...] = ()
    """By rule: what each unit gave up that had a hand in a limit; else none."""

    @property
    def cured(self) -> bool:
        """True when every limit is kept by what the units are told now."""
        return (self.after or self.before).is_safe


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSeen:
    """What the power flow of an area's readings found."""

    area_id: str
    version: int
    picture: GridPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFlow:
    """What flows in a grid in one interval, bus by bus and element by element, in the grid's own order."""

    area_id: str
    version: int
    """Of the network."""
    solved: bool
    """False: no state the grid could be in was found; then voltages and loadings are empty."""
    voltage_ppm: tuple[int, ...]
    """Of rated."""
    line_loading_ppm: tuple[int, ...]
    transformer_loading_ppm: tuple[int, ...]
    line_w: tuple[int | None, ...]
    """From `from_bus` to `to_bus`, losses left out; None: in a mesh."""
    transformer_w: tuple[int | None, ...]
    loss_w: int
    source_w: int
    """What comes in at the source bus; negative: goes out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyGridCheck:
    """Confirm the schedules of an interval, or change them. Sent by the timetable."""

    now_us: int
    start_s: int
    areas: tuple[AreaCheck, ...]
    """One for each area with a network, inner areas first."""
    activations: tuple[AreaActivation, ...] = ()
    """What units of other areas do for what is missing."""
    turn: int = 0
    """How often the check had become due again when it was calculated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridChecked:
    """The schedule of an area was held against its grid."""

    area_id: str
    start_s: int
    version: int
    before: GridPicture
    after: GridPicture | None
    """With the changes that follow in the same batch; None: none."""
    cured: bool
    by_rule: bool
    rung: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsRedispatched:
    """Units of an area are told something else than they have traded; set-points follow."""

    area_id: str
    start_s: int
    changes: tuple[UnitChange, ...]
    replacement_w: int
    cost_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalChecked:
    """Every area's schedule of the interval was checked: the set-points stand."""

    start_s: int
    now_us: int
    turn: int = 0
    """How often the check had become due again; one that became due once more meanwhile still waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksReopened:
    """Intervals that have their set-points and have not begun are checked again: a grid or what is allowed has changed."""

    starts_s: tuple[int, ...]
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionsWithdrawn:
    """What an earlier check told units about an interval holds no longer; what holds follows in the same batch."""

    start_s: int
    unit_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSeen:
    """What the meters of an area say about its grid in an interval that is over."""

    area_id: str
    start_s: int
    version: int
    picture: GridPicture
    outside_minutes: int
    """The interval's length when a limit was not kept, else zero."""
