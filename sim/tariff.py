"""What everybody can read in the market's definition: tariff, last resort, lines.

The one idea: a household's alternative to its neighbours is the retailer of last resort, delivered
over the line into its area. The delivered ask is the ceiling and the delivered bid the floor of
what a sensible local price can be, and the plain day is settled at exactly these two.

Prices are ticks of 0.01 per MWh; times are seconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

PPM: Final = 1_000_000
TICKS_PER_UNIT_PRICE: Final = 100


def ticks(price_text: str) -> int:
    """A wire price (currency per MWh, two decimals) as ticks, exactly."""
    return int(Decimal(price_text) * TICKS_PER_UNIT_PRICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Energy prices of the retailer of last resort, local hours [from_hour, to_hour)."""

    from_hour: int
    to_hour: int
    ask_ticks: int
    bid_ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What a household of one area pays and receives without its neighbours."""

    area_id: str
    bands: tuple[Band, ...]
    time_zone: ZoneInfo
    line_fee_in_ticks: int
    """Fee of the line from the retailer's area, per MWh sent into it; 0 in the retailer's area."""
    line_fee_out_ticks: int
    """Fee of the same line the other way."""
    loss_ppm: int
    withdrawal_ticks: int
    """Local network fee, levies and tax per MWh of metered withdrawal."""
    adder_ppm: int
    adder_min_ticks: int
    price_min_ticks: int
    price_max_ticks: int

    def band(self, start_s: int) -> Band:
        """The last resort's band of the interval that starts at `start_s`."""
        hour = datetime.fromtimestamp(start_s, tz=UTC).astimezone(self.time_zone).hour
        return next(b for b in self.bands if b.from_hour <= hour < b.to_hour)

    def delivered_ask_ticks(self, start_s: int) -> int:
        """What a MWh of the retailer costs when it arrives: (ask + fee) / (1 − loss).

        The fee counts on what is sent, so it grows with the loss too. Rounded half to even.
        """
        cost = self.band(start_s).ask_ticks + self.line_fee_in_ticks
        return round(Fraction(cost * PPM, PPM - self.loss_ppm))

    def delivered_bid_ticks(self, start_s: int) -> int:
        """What a MWh sold to the retailer brings: bid × (1 − loss) − fee. Rounded half to even."""
        bid = self.band(start_s).bid_ticks
        return round(Fraction(bid * (PPM - self.loss_ppm), PPM)) - self.line_fee_out_ticks

    def adder_ticks(self, price_ticks: int) -> int:
        """What a deviation costs on top of the area price."""
        return max(round(Fraction(abs(price_ticks) * self.adder_ppm, PPM)), self.adder_min_ticks)


def tariff_of(definition: Mapping[str, Any], area_id: str) -> Tariff:
    """The tariff of an area, read from a market's definition as the wire gives it.

    Raises:
        ValueError: no line joins the area with the one that holds the last resort.
    """
    home = next(a["area_id"] for a in definition["areas"] if a["holds_last_resort"])
    fee_in, fee_out, loss_ppm = _way_from(definition, home, area_id)
    return Tariff(
        area_id=area_id,
        bands=tuple(
            Band(
                from_hour=band["from_hour"],
                to_hour=band["to_hour"],
                ask_ticks=ticks(band["ask_per_mwh"]),
                bid_ticks=ticks(band["bid_per_mwh"]),
            )
            for band in definition["last_resort"]
        ),
        time_zone=ZoneInfo(definition["time_zone"]),
        line_fee_in_ticks=fee_in,
        line_fee_out_ticks=fee_out,
        loss_ppm=loss_ppm,
        withdrawal_ticks=ticks(definition["tariff"]["network_per_mwh"])
        + ticks(definition["tariff"]["levies_per_mwh"]),
        adder_ppm=definition["deviation_adder_ppm"],
        adder_min_ticks=ticks(definition["deviation_adder_min_per_mwh"]),
        price_min_ticks=ticks(definition["price_min_per_mwh"]),
        price_max_ticks=ticks(definition["price_max_per_mwh"]),
    )


def _way_from(definition: Mapping[str, Any], home: str, area_id: str) -> tuple[int, int, int]:
    """Fee in, fee out and loss of the line between the retailer's area and another."""
    if area_id == home:
        return 0, 0, 0
    for line in definition["lines"]:
        forward, backward = ticks(line["fee_forward_per_mwh"]), ticks(line["fee_backward_per_mwh"])
        if (line["from_area"], line["to_area"]) == (home, area_id):
            return forward, backward, line["loss_ppm"]
        if (line["from_area"], line["to_area"]) == (area_id, home):
            return backward, forward, line["loss_ppm"]
    raise ValueError(f"no line between {home} and {area_id}")
