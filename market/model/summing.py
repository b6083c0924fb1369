"""What an area adds up to before an interval is delivered: limits, room, forecasts and bids of its units.

The one idea: every figure is of the area with all areas in it, so a level above reads one row for each area and never
asks a unit. Whole rows are for the area itself and for operators; beside them stand the sums everybody may see.
"""

from dataclasses import dataclass
from enum import StrEnum

from market.model.call import CallKind


class LimitedBy(StrEnum):
    """What an area's limit in one direction comes from."""

    MEMBERS = "members"
    """Its units and inner areas together can do no more."""
    RATING = "rating"
    """Its own import or export limit."""
    ACT = "act"
    """A limit that an operator, or the area itself, has set for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaLimit:
    """How much an area may take in, or give out, and why no more."""

    power_w: int
    by: LimitedBy
    act_id: str | None = None
    """The act that set it; None: none did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSum:
    """One area in one interval, once a call of it is cleared; the retailer of last resort does not bid in it."""

    area_id: str
    withdrawal: AreaLimit
    injection: AreaLimit
    room_up_w: int
    """How far its controllable units could still move upward from their schedules ..."""
    room_down_w: int
    """... and downward, inside all limits."""
    scheduled_wh: int
    """Net injection of everything traded so far, in whatever mode."""
    load_forecast_wh: int | None
    """Withdrawal that is expected of units that consume; None: nothing to go by yet."""
    generation_forecast_wh: int | None
    """Injection that is expected of units that generate."""
    bid_wh: int
    """Asked for in the call, at most; of an exclusive group its largest block."""
    offered_wh: int
    bought_wh: int
    """What of it the call took."""
    sold_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSum:
    """What everybody may see; None: of too few owners, or not known."""

    area_id: str | None
    """None: all that no area shows, together."""
    load_forecast_wh: int | None
    generation_forecast_wh: int | None
    bid_wh: int | None
    offered_wh: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AreasSummed:
    """A call of an interval is cleared, and every area has said what it adds up to."""

    start_s: int
    call: CallKind
    now_us: int
    areas: tuple[AreaSum, ...]
    """In the grid's order."""
    public: tuple[PublicSum, ...]
    """In the same order, then all that is not shown together."""
