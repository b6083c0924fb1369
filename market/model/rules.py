"""The rules of a market: dated facts, not settings.

The one idea: everything that decides money or a gate is in here, with the day it takes effect.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class TieRule(StrEnum):
    """How orders at the marginal price share what is left."""

    TIME = "time"
    PRORATA = "prorata"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResortBand:
    """Prices of the retailer of last resort, local hours [from_hour, to_hour) of a day."""

    from_hour: int
    to_hour: int
    ask_ticks: int
    """Energy price at which it sells at its own area."""
    bid_ticks: int
    """Feed-in price at which it buys at its own area; may be zero or negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What is charged on metered withdrawal, traded or not."""

    network_ticks: int
    """Local network fee."""
    levies_ticks: int
    """Levies and tax."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRules:
    """Everything that decides gates, prices and money of one market."""

    market_id: str
    name: str
    currency: str
    time_zone: str
    """IANA name; it makes the market day."""
    interval_minutes: int
    trading_from_s: int
    """Start of the first delivery interval that is traded."""
    trading_until_s: int | None
    """End of the last delivery interval that is traded; None: open end."""
    call_opens_minutes: int
    """The closing call of an interval opens this long before delivery."""
    gate_minutes: int
    """The gate closes this long before delivery."""
    settle_minutes: int
    """An interval is settled this long after its end."""
    price_min_ticks: int
    price_max_ticks: int
    tie: TieRule
    capability_tolerance_ppm: int
    """How far open and traded energy of a unit may exceed its nameplate."""
    deviation_adder_ppm: int
    """Part of the area price that a deviation costs on top."""
    deviation_adder_min_ticks: int
    """Least adder."""
    tariff: Tariff
    last_resort: tuple[LastResortBand, ...] = field(default=())
    open_orders_max: int = 100_000
    """Most open orders a participant may have."""
