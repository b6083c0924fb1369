"""The system picture: what the market level saw of one interval once it is over.

The one idea: security, load and retail of an interval stand in one fact, made when the interval is
settled, so that whoever watches, forecasts or reports goes by the same figures.
"""

from dataclasses import dataclass
from enum import StrEnum

from market.model.act import ControlReason


class AreaState(StrEnum):
    """How an area stands in the market."""

    COUPLED = "coupled"
    DECOUPLED = "decoupled"
    """It goes on alone: nothing is traded over its lines."""
    STOPPED = "stopped"
    """An operator has stopped it, or everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurtailedEnergy:
    """Energy that units would have put in or taken out and were told not to."""

    reason: ControlReason
    energy_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaPicture:
    """One area in one interval.

    State, limits, reserve and net energies are of the area with all that lies in it; load, generation,
    quality, readings and curtailed energy only of units directly in it, so that sums over areas count once.
    """

    area_id: str
    state: AreaState
    withdrawal_max_w: int
    """Security: what it may take in at most ..."""
    injection_max_w: int
    """... and give out."""
    reserve_up_w: int
    """How far its controllable units could still move upward from their schedules ..."""
    reserve_down_w: int
    """... and downward, inside all limits."""
    limit_binds: bool
    """True when its connection limit held an auction's result back."""
    scheduled_wh: int
    """Net injection."""
    measured_wh: int
    load_wh: int
    """Metered withdrawal of units that consume."""
    load_owners: int
    """How many owners that is the sum of."""
    load_forecast_wh: int | None
    """What was expected; None: nothing to go by yet."""
    untraded_load_wh: int
    """The part of the load that nobody steers and that had not traded."""
    outside_minutes: int
    """How long voltage, loading or the connection was outside its limits."""
    not_served_wh: int
    """Scheduled withdrawal that was interrupted."""
    curtailed: tuple[CurtailedEnergy, ...] = ()
    voltage_min_ppm: int | None = None
    """Of the voltages that meters told, parts per million of rated; None: none did."""
    voltage_max_ppm: int | None = None
    frequency_min_mhz: int | None = None
    frequency_max_mhz: int | None = None
    missing_readings: int = 0
    doubtful_readings: int = 0
    generation_wh: int | None = None
    """Metered injection of units that generate; None: told before it was counted."""
    generation_forecast_wh: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetailPicture:
    """The retailer of last resort in one interval."""

    ask_ticks: int
    """Energy price at which it sells, at its own area ..."""
    bid_ticks: int
    """... and buys."""
    sold_wh: int
    """Traded with it."""
    bought_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSeen:
    """The market level has brought together what it saw of an interval."""

    start_s: int
    now_us: int
    areas: tuple[AreaPicture, ...]
    """In the grid's order."""
    retail: RetailPicture
