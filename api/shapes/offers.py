"""The shapes of what stands outside the books: listings, inquiries, quotes, contracts, standing rules."""

from typing import Literal

from msgspec import UNSET, UnsetType

from api.shapes.values import Count, Energy, Instant, Moment, Price, Shape
from market.model.contract import ContractState
from market.model.listing import ListingState, QuoteState
from market.model.order import Side
from market.model.participant import UnitKind


class Leg(Shape):
    """Energy of one interval."""

    start: Instant
    end: Instant
    energy_kwh: Energy


class Listing(Shape):
    """A listing with what is left of it; what follows `legs` only its owner sees."""

    listing_id: str
    area_id: str
    side: Side
    source: UnitKind
    green: bool
    seller: str
    price_per_mwh: Price
    minimum_kwh: Energy
    green_only: bool
    neighbours_only: bool
    state: ListingState
    legs: list[Leg]
    client_listing_id: str | UnsetType = UNSET
    participant_id: str | UnsetType = UNSET
    unit_id: str | UnsetType = UNSET
    posted_at: Moment | UnsetType = UNSET
    posted_legs: list[Leg] | UnsetType = UNSET
    partners: list[str] | UnsetType = UNSET
    shows_name: bool | UnsetType = UNSET
    expires: Moment | UnsetType | None = UNSET
    lapses_at_call: bool | UnsetType = UNSET


class Take(Shape):
    """What was taken of a listing."""

    take_id: str
    client_take_id: str
    listing_id: str
    unit_id: str
    legs: list[Leg]


class Inquiry(Shape):
    """An inquiry; what follows `declined` only the buyer sees."""

    inquiry_id: str
    area_id: str
    start: Instant
    energy_kwh: Energy
    green_only: bool
    answer_by: Moment
    asked_at: Moment
    state: QuoteState
    declined: bool | list[str]
    """Who did, to the buyer; to one who was asked: whether it did."""
    client_inquiry_id: str | UnsetType = UNSET
    participant_id: str | UnsetType = UNSET
    unit_id: str | UnsetType = UNSET
    asked: list[str] | UnsetType = UNSET


class Quote(Shape):
    """A quote; what follows `state` only its giver sees."""

    quote_id: str
    inquiry_id: str
    participant_id: str
    unit_id: str
    area_id: str
    start: Instant
    price_per_mwh: Price
    energy_kwh: Energy
    valid_until: Moment
    given_at: Moment
    state: QuoteState
    client_quote_id: str | UnsetType = UNSET
    sent_kwh: Energy | UnsetType = UNSET


class Contract(Shape):
    """A contract; `client_contract_id` is null for the other party."""

    contract_id: str
    client_contract_id: str | None
    participant_id: str
    unit_id: str
    area_id: str
    side: Side
    counterparty_id: str
    counterparty_unit_id: str
    counterparty_area_id: str
    price_per_mwh: Price
    legs: list[Leg]
    answer_by: Moment
    registered_at: Moment
    state: ContractState


class StandingRule(Shape):
    """A rule by which the market places orders; a price that is null is not wanted."""

    rule_id: str
    client_rule_id: str
    participant_id: str
    unit_id: str
    sell_min_per_mwh: Price | None
    buy_max_per_mwh: Price | None
    share_ppm: int
    green_only: bool
    lapses_at_call: bool
    venue: Literal["call", "continuous", "listing"]
    since: Moment
    withdrawn: bool


class Forecast(Shape):
    """What a unit is expected to do in an interval."""

    unit_id: str
    start: Instant
    end: Instant
    consumption_kwh: Energy
    generation_kwh: Energy


class Counted(Shape):
    """How many were taken."""

    count: Count
