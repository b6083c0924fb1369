"""The shapes of what auctions decided: intervals, their prices, flows and curves."""

from typing import Literal

from api.shapes.values import Count, Energy, Instant, Money, Price, Shape
from market.model.messages import Phase


class AreaCurves(Shape):
    """Supply and demand of an area: price and cumulative energy, in the order of the climb."""

    area_id: str
    price_per_mwh: Price | None
    supply: list[tuple[Price, Energy]]
    demand: list[tuple[Price, Energy]]


class Curves(Shape):
    """Of one interval."""

    start: Instant
    areas: list[AreaCurves]


class AreaPrice(Shape):
    """What an auction decided for an area."""

    area_id: str
    start: Instant
    end: Instant
    price_per_mwh: Price | None
    connection_price_per_mwh: Price | None
    best_bid_per_mwh: Price | None
    best_offer_per_mwh: Price | None
    bought_kwh: Energy
    sold_kwh: Energy
    net_export_kwh: Energy


class Flow(Shape):
    """What an auction sends over a line."""

    line_id: str
    from_area: str
    to_area: str
    sent_forward_kwh: Energy
    received_forward_kwh: Energy
    sent_backward_kwh: Energy
    received_backward_kwh: Energy
    capacity_forward_kwh: Energy
    capacity_backward_kwh: Energy
    binding: Literal["forward", "backward"] | None


class Interval(Shape):
    """A delivery interval; what is not known yet is null."""

    start: Instant
    end: Instant
    phase: Phase
    gate_at: Instant
    rung: str | None
    welfare: Money | None
    upper_bound: Money | None
    trades: Count | None
    solve_ms: Count | None
    audit_faults: list[str] | None
    receipt_hash: str | None
    areas: list[AreaPrice] | None
    lines: list[Flow] | None
