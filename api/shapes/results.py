"""The shapes of what auctions decided, and of trades and books."""

from typing import Literal

from msgspec import UNSET, UnsetType

from api.shapes.nouns import Reason
from api.shapes.values import Count, Energy, Instant, Moment, Money, Power, Price, Shape
from market.model.call import CallReason
from market.model.messages import Phase
from market.model.order import Side, Venue
from market.model.recall import TradeState

CallName = Literal["day_ahead", "closing"]


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


# --- sessions and clearing runs ----------------------------------------------------------


class BindingLimit(Shape):
    """A limit that was reached: of a line, or of an area's connection."""

    start: Instant
    line_id: str | None
    area_id: str | None
    direction: Literal["forward", "backward", "import", "export"]


class ClearingRun(Shape):
    """A call that was cleared, as a whole."""

    run_id: str
    call: CallName
    start: Instant
    end: Instant
    intervals: Count
    rung: str
    reproducible: bool
    welfare: Money
    upper_bound: Money
    gap: Money
    gap_ppm: int
    solve_ms: Count
    receipt_hash: str
    audit_faults: list[str]
    binding: list[BindingLimit]


class Session(Shape):
    """The closing session of an interval; what is not known yet is null."""

    session: Literal["closing"]
    start: Instant
    end: Instant
    phase: Phase
    opens_at: Moment
    gate_at: Moment
    ends_at: Moment
    settles_at: Moment
    rung: str | None
    solve_ms: Count | None
    trades: Count | None
    receipt_hash: str | None
    audit_faults: list[str] | None


class Deadline(Shape):
    """By when something is due: a step of the road, or `grid_check`."""

    what: str
    at: Moment


class SessionStep(Shape):
    """What happened: a step of the road, the phase of a stop, `decouple` or `couple`."""

    at: Moment
    what: str
    phase: Phase | None
    area_id: str | None
    until: Moment | None
    reason: str | None
    by: list[str]


class SessionTimeline(Shape):
    """One session against its deadlines."""

    session: CallName
    start: Instant
    end: Instant
    opens_at: Moment
    gate_at: Moment
    deadlines: list[Deadline]
    steps: list[SessionStep]
    clearing: ClearingRun | None


class CallBlock(Shape):
    """A block or storage of a call, with what it got and why."""

    order_id: str
    kind: str
    participant_id: str
    unit_id: str
    area_id: str
    start: Instant
    end: Instant
    side: Side
    price_per_mwh: Price
    energy_kwh: Energy
    traded_kwh: Energy
    ratio_ppm: int
    status: Literal["accepted", "partly_accepted", "rejected", "paradoxically_rejected"]
    reason: CallReason
    gain: Money | None
    missed_by_per_mwh: Price | None


class Verdict(Shape):
    """A run solved and audited again; with `journal` among the faults the journal does not prove itself."""

    run_id: str
    verified: bool
    faults: list[str]
    """What differs, by name, and what the auditor finds."""
    input_hash: str | UnsetType = UNSET
    receipt_hash_stated: str | UnsetType = UNSET
    receipt_hash: str | UnsetType = UNSET
    rung_stated: str | UnsetType = UNSET
    rung: str | UnsetType = UNSET
    reproducible: bool | UnsetType = UNSET
    took_ms: Count | UnsetType = UNSET


class CallArea(AreaCurves):
    """An area of a call, with its curves."""

    sold_kwh: Energy
    bought_kwh: Energy


class CallShown(Shape):
    """A call as it was, or as it would have been; the welfare is of the whole run."""

    rung: str
    welfare: Money
    areas: list[CallArea]


class WhatIf(Shape):
    """A run without some of its orders."""

    run_id: str
    start: Instant
    removed: Count
    """Orders that were in the run."""
    before: CallShown
    after: CallShown
    faults: list[str]
    took_ms: Count


# --- trades and books ----------------------------------------------------------------------


class AreaTrade(Shape):
    """A trade of an area without a name."""

    trade_id: str
    area_id: str
    start: Instant
    end: Instant
    side: Side
    price_per_mwh: Price
    energy_kwh: Energy
    venue: Venue
    state: TradeState


class Position(Shape):
    """What a unit has traded in an interval, however made; injection positive."""

    unit_id: str
    participant_id: str
    area_id: str
    start: Instant
    end: Instant
    bought_kwh: Energy
    sold_kwh: Energy
    net_kwh: Energy


class BookLevel(Shape):
    """What stands at a price; 0.000: nothing any more."""

    side: Side
    price_per_mwh: Price
    energy_kwh: Energy


class BookInterval(Shape):
    """Levels of one interval."""

    start: Instant
    phase: Phase
    levels: list[BookLevel]


class Depth(Shape):
    """The open book of a key."""

    area: str
    revision: Count
    checksum: Count
    intervals: list[BookInterval]
    event_seq: Count
    """The market's journal up to which it is true."""


class BookAt(Shape):
    """An interval's book as it was after one of its steps; null: not reached, or before the first."""

    area: str
    start: Instant
    end: Instant
    opened_at: Moment | None
    closed_at: Moment | None
    read_until: Moment | None
    complete: bool
    reached: bool
    steps: Count
    step: Count | None
    event_seq: Count | None
    command_seq: Count | None
    at: Moment | None
    next_at: Moment | None
    facts: list[str]
    phase: Phase | None
    checksum: Count | None
    levels: list[BookLevel] | None


class UnitExplanation(Shape):
    """Why a unit's target in an interval is what it is."""

    unit_id: str
    start: Instant
    traded_kwh: Energy
    target_kw: Power | None
    reasons: list[Reason]
