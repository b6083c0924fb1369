"""Price limits that move: the dynamic collar of orders and the static corridor of trades.

The one idea: energy prices jump by a factor of six between night and noon and cross zero, so both
are anchored on the last-resort band of the interval, widened by what traded last, and their width
is the larger of a part and an absolute amount.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from market.model.order import Side
from market.model.rules import ContinuousRules, LastResortBand, MarketRules
from market.model.units import share_ppm


@dataclass(frozen=True, slots=True)
class Range:
    """Prices from low to high, both included, ticks."""

    low_ticks: int
    high_ticks: int

    def contains(self, price_ticks: int) -> bool:
        """True when the price is inside."""
        return self.low_ticks <= price_ticks <= self.high_ticks


@lru_cache(maxsize=4_096)  # asked for the few open intervals, at every price that changes
def _hour(start_s: int, zone: str) -> int:
    return datetime.fromtimestamp(start_s, ZoneInfo(zone)).hour


def band_of(rules: MarketRules, start_s: int) -> LastResortBand | None:
    """The last resort's prices in an interval; None: the market has no bands."""
    hour = _hour(start_s, rules.time_zone)
    for band in rules.last_resort:
        if band.from_hour <= hour < band.to_hour:
            return band
    return None


def collar(
    rules: MarketRules, terms: ContinuousRules, start_s: int, last_ticks: int | None
) -> Range | None:
    """Where an order may be priced against the market; None: nothing to anchor it on.

    Args:
        rules: for the band and the price limits.
        terms: the widths.
        start_s: the interval.
        last_ticks: price of the last trade or auction of the area's interval; None: none yet.
    """
    anchor = _anchor(rules, start_s)
    if last_ticks is not None:
        low, high = (last_ticks, last_ticks) if anchor is None else anchor
        anchor = (min(low, last_ticks), max(high, last_ticks))
    return _widened(anchor, terms.collar_ppm, terms.collar_min_ticks)


def corridor(rules: MarketRules, terms: ContinuousRules, start_s: int) -> Range | None:
    """Where a trade may be priced before trading is interrupted; None: nothing to anchor it on."""
    return _widened(_anchor(rules, start_s), terms.corridor_ppm, terms.corridor_min_ticks)


def is_aggressive_outside(price_range: Range, side: Side, price_ticks: int) -> bool:
    """True for a buy above the range or a sell below it: the side on which a mistake costs."""
    if side is Side.BUY:
        return price_ticks > price_range.high_ticks
    return price_ticks < price_range.low_ticks


def _anchor(rules: MarketRules, start_s: int) -> tuple[int, int] | None:
    band = band_of(rules, start_s)
    return None if band is None else (band.bid_ticks, band.ask_ticks)


@lru_cache(maxsize=4_096)  # asked for a corridor at every match, of a few bands
def _widened(anchor: tuple[int, int] | None, ppm: int, least_ticks: int) -> Range | None:
    if anchor is None:
        return None
    low, high = anchor
    return Range(
        low - max(share_ppm(abs(low), ppm), least_ticks),
        high + max(share_ppm(abs(high), ppm), least_ticks),
    )
