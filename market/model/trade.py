"""Trades and what an auction made of one interval.

The one idea: the market is the central counterparty, so a trade is one leg: a unit against the
market's central account.
"""

from dataclasses import dataclass

from market.model.order import Side, Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One leg: a unit's energy in one area and interval at one price."""

    trade_id: str
    match_id: str
    """The match it came from; one auction of an interval is one match."""
    order_id: str
    participant_id: str
    unit_id: str
    area_id: str
    start_s: int
    side: Side
    price_ticks: int
    energy_wh: int
    venue: Venue = Venue.CALL
    """How it was made; as a position all are alike."""

    @property
    def amount_quanta(self) -> int:
        """Price times energy; negative when a seller pays."""
        return self.price_ticks * self.energy_wh

    @property
    def injection_wh(self) -> int:
        """Energy with the sign of injection."""
        return self.energy_wh if self.side is Side.SELL else -self.energy_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaOutcome:
    """What the auction decided for one area."""

    area_id: str
    price_ticks: int | None
    """None: nothing traded, so there is no price."""
    connection_price_ticks: int | None
    """Price on the far side of the area's import and export limit; equal when no limit binds."""
    best_bid_ticks: int | None
    best_offer_ticks: int | None
    bought_wh: int
    sold_wh: int
    net_export_wh: int
    rounding_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOutcome:
    """What the auction sends over one line; at most one direction carries."""

    line_id: str
    sent_forward_wh: int
    received_forward_wh: int
    sent_backward_wh: int
    received_backward_wh: int
    capacity_forward_wh: int
    capacity_backward_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearingOutcome:
    """The audited result of one interval's auction, with order ids again."""

    start_s: int
    rung: str
    """How it ended: optimal, feasible, merit_order or cancelled."""
    reproducible: bool
    areas: tuple[AreaOutcome, ...]
    lines: tuple[LineOutcome, ...]
    filled_order_ids: tuple[str, ...]
    """Orders with a fill, in acceptance sequence."""
    filled_wh: tuple[int, ...]
    """The fill of each, > 0."""
    storage_fills: tuple[tuple[str, int], ...] = ()
    """(order id, energy_wh) of storage orders that move something; injection positive."""
    welfare_quanta: int
    """Of the whole call, told at its first interval; 0 at the others."""
    upper_bound_quanta: int
    solve_ms: int
    """Real time from gate to audited result; for people, never for decisions."""
    receipt_hash: str
    audit_faults: tuple[str, ...]
    """What the auditor refused before the ladder moved on; empty when all went well."""
