"""The shapes of what markets, units, orders and trades answer; what addresses answer them: `addresses.py`.

The one idea: these describe and are not run: answers are made and encoded as before, and the tests hold
every answer they get against its description.
"""

from functools import cache
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from api.shapes.values import Code, Count, Energy, Instant, Moment, Money, Power, Price, Shape
from market.model.bill import ChargeKind
from market.model.order import OrderState, Side, Venue
from market.model.participant import Role, UnitKind, VoltageLevel
from market.model.recall import TradeState
from market.model.rules import DayKind, TieRule

_Item = TypeVar("_Item", bound=Shape)


@cache
def page_of(item: type[_Item]) -> type[Any]:
    """A page of a list; the next one begins behind `next_cursor`, null: it is the last one."""
    return msgspec.defstruct(
        f"{item.__name__}Page",
        [("items", list[item]), ("next_cursor", str | None)],  # type: ignore[valid-type]
        bases=(Shape,),
        module=__name__,
    )


class ClockReading(Shape):
    """The market's clock."""

    now: Moment
    speed: float
    simulated: bool
    running: bool


# --- a market -----------------------------------------------------------------


class Area(Shape):
    """A part of the grid."""

    area_id: str
    name: str
    parent: str | None
    import_limit_kw: Power | None
    export_limit_kw: Power | None
    holds_last_resort: bool


class Line(Shape):
    """A connection between two areas."""

    line_id: str
    from_area: str
    to_area: str
    capacity_forward_kw: Power
    capacity_backward_kw: Power
    loss_ppm: int
    fee_forward_per_mwh: Price
    fee_backward_per_mwh: Price


class NetworkBand(Shape):
    """Hours of a network tariff."""

    days: DayKind
    from_hour: int
    to_hour: int
    network_per_mwh: Price


class NetworkLevel(Shape):
    """Network fees of one voltage level."""

    voltage_level: VoltageLevel
    from_day: str
    bands: list[NetworkBand]
    charge_per_day: Money | None


class Tariff(Shape):
    """What is charged on metered withdrawal."""

    network_per_mwh: Price
    levies_per_mwh: Price
    by_level: list[NetworkLevel]


class TaxRule(Shape):
    """A tax and what it is on."""

    tax_id: str
    name: str
    from_day: str
    rate_ppm: int
    on: list[ChargeKind]


class DisputeWindow(Shape):
    """How long a bill may be disputed."""

    from_day: str
    within_days: int


class PaymentTerms(Shape):
    """When bills are due."""

    from_day: str
    due_days: int
    grace_days: int


class CollateralRule(Shape):
    """How positions are covered."""

    from_day: str
    shortfall_ppm: int
    short_price_per_mwh: Price | None
    counts_fees: bool
    warn_ppm: int
    call_minutes: int


class LastResortBand(Shape):
    """Local hours in which the retailer of last resort asks and bids so much."""

    from_hour: int
    to_hour: int
    ask_per_mwh: Price
    bid_per_mwh: Price


class DayAhead(Shape):
    """When the opening call is."""

    opens_minutes: int
    gate_minutes: int


class Continuous(Shape):
    """How trading is continuous."""

    opens_minutes: int
    collar_ppm: int
    collar_min_per_mwh: Price
    corridor_ppm: int
    corridor_min_per_mwh: Price
    volatility_minutes: int
    volatility_random_s: int


class Market(Shape):
    """A market's definition; a mode that is null is not there."""

    market_id: str
    name: str
    currency: str
    time_zone: str
    interval_minutes: int
    trading_from: Instant
    trading_until: Instant | None
    call_opens_minutes: int
    gate_minutes: int
    settle_minutes: int
    price_min_per_mwh: Price
    price_max_per_mwh: Price
    tie: TieRule
    capability_tolerance_ppm: int
    deviation_adder_ppm: int
    deviation_adder_min_per_mwh: Price
    deviation_band_ppm: int | None
    open_orders_max: int
    day_ahead: DayAhead | None
    continuous: Continuous | None
    listing: bool
    bilateral: bool
    standing: bool
    confirm_value: Money | None
    late_readings_days: int | None
    limits_less_forecast: bool
    area_move_ppm_per_minute: int | None
    readings_signed: bool
    tariff: Tariff
    taxes: list[TaxRule]
    dispute_windows: list[DisputeWindow]
    payment_terms: list[PaymentTerms]
    collateral: list[CollateralRule]
    last_resort: list[LastResortBand]
    areas: list[Area]
    lines: list[Line]


# --- who and what takes part ----------------------------------------------------


class Storage(Shape):
    """What a storage holds and loses."""

    capacity_kwh: Energy
    start_kwh: Energy
    efficiency_charge_ppm: int
    efficiency_discharge_ppm: int


class Unit(Shape):
    """A device or group of devices; a storage has `storage`."""

    unit_id: str
    participant_id: str
    area_id: str
    kind: UnitKind
    injection_max_kw: Power
    withdrawal_max_kw: Power
    controllable: bool
    storage: Storage | None


class Client(Shape):
    """A program or device that may come in."""

    client_id: str
    role: Role
    market_id: str | None
    participant_id: str | None
    area_id: str | None
    unit_id: str | None
    created_at: Instant
    revoked_at: Instant | None
    old_secret_until: Instant | None


# --- orders and trades ----------------------------------------------------------


class OrderStep(Shape):
    """Of a curve."""

    price_per_mwh: Price
    energy_kwh: Energy


class OrderLeg(Shape):
    """Of a block."""

    start: Instant
    energy_kwh: Energy


class Order(Shape):
    """An order and what became of it; what only some kinds say is not there for the others."""

    order_id: str
    client_order_id: str
    kind: str
    participant_id: str
    unit_id: str
    area_id: str
    start: Instant
    end: Instant
    side: Side
    price_per_mwh: Price
    energy_kwh: Energy
    filled_kwh: Energy
    held: Money
    state: OrderState
    sequence: int
    accepted_at: Moment
    revision: int
    steps: list[OrderStep] | UnsetType = UNSET
    legs: list[OrderLeg] | UnsetType = UNSET
    ratio_min_ppm: int | UnsetType = UNSET
    parent: str | UnsetType | None = UNSET
    group: str | UnsetType | None = UNSET
    charge_max_kwh: Energy | UnsetType = UNSET
    discharge_max_kwh: Energy | UnsetType = UNSET
    spread_per_mwh: Price | UnsetType = UNSET
    end_value_per_mwh: Price | UnsetType = UNSET


class Reason(Shape):
    """Why an order got what it got."""

    code: str
    parameters: dict[str, str | None]


class Explanation(Shape):
    """Of an order; one that was refused has no id and no kind."""

    order_id: str | None
    client_order_id: str
    kind: str | None
    state: OrderState
    reasons: list[Reason]


class Trade(Shape):
    """A trade as its owner sees it."""

    trade_id: str
    match_id: str
    order_id: str
    participant_id: str
    unit_id: str
    area_id: str
    start: Instant
    end: Instant
    side: Side
    price_per_mwh: Price
    energy_kwh: Energy
    amount: Money
    venue: Venue
    state: TradeState


class MarketHealth(Shape):
    """How far a market's writer is."""

    status: Literal["ok", "failed"]
    epoch: Count
    committed_seq: Count
    projected_seq: Count
    snapshot_batch: Count | None


class Health(Shape):
    """Whether the server is there, and each market by its id."""

    status: Literal["ok", "failed"]
    version: str
    markets: dict[str, MarketHealth]


# --- many orders at once ------------------------------------------------------------


class BatchRow(Shape):
    """What became of one order of many."""

    client_order_id: str
    status: Literal["accepted", "repeated", "rejected"]
    order_id: str | None
    code: Code | None
    detail: str | None


class Batch(Shape):
    """One result for each order, in the order sent."""

    items: list[BatchRow]


class ChangedOrder(Shape):
    """What became of one order that was named."""

    order_id: str
    status: Literal["cancelled", "hibernated", "activated", "rejected"]
    code: Code | None


class ChangedOrders(Shape):
    """One result for each order, in the order named."""

    items: list[ChangedOrder]


class ReplacedOrder(Shape):
    """An order with another price or energy, and what happened at once, by name."""

    order_id: str
    revision: Count
    events: list[str]
