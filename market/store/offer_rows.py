"""Projections of what stands outside the books: listings, quotes, contracts, standing rules.

The one idea: these are few beside orders, so each event is written at once; a listing's own row only
says how it ended, what is left stands interval by interval in its legs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, ClassVar, Final, TypeAlias

from sqlalchemy import Connection, Table, bindparam, exists, insert, update

from market.model.contract import ContractClosed, ContractRegistered, ContractState
from market.model.listing import (
    InquiryClosed,
    InquiryDeclined,
    InquiryMade,
    ListingClosed,
    ListingPosted,
    ListingState,
    ListingTaken,
    QuoteClosed,
    QuoteGiven,
    QuoteState,
)
from market.model.messages import Event
from market.model.standing import ForecastsRecorded, StandingRuleSet, StandingRuleWithdrawn
from market.store import tables
from market.store.upsert import upsert

RowValues: TypeAlias = dict[str, Any]
DIGITS_MAX: Final = 18
"""A number with more digits may not fit 64 bits."""

_listings, _legs = tables.listings.c, tables.listing_legs.c
_LEG_KEY: Final = (
    (_legs.market_id == bindparam("of_market"))
    & (_legs.number == bindparam("of_number"))
    & (_legs.start_s == bindparam("of_start_s"))
)
_TAKE: Final = (
    update(tables.listing_legs)
    .where(_LEG_KEY)
    .values(left_wh=_legs.left_wh - bindparam("taken_wh"))
)
_END_LEG: Final = update(tables.listing_legs).where(_LEG_KEY).values(left_wh=0)
_END_LISTING: Final = (
    update(tables.listings)
    .where(
        _listings.market_id == bindparam("of_market"),
        _listings.number == bindparam("of_number"),
        ~exists().where(
            _legs.market_id == _listings.market_id,
            _legs.number == _listings.number,
            _legs.left_wh > 0,
        ),
    )
    .values(state=bindparam("new_state"))
)
"""A listing ends with its last interval, the way that one ended."""


def _state_of(table: Table) -> Any:  # noqa: ANN401 - SQLAlchemy's own type says no more
    return (
        update(table)
        .where(
            table.c.market_id == bindparam("of_market"), table.c.number == bindparam("of_number")
        )
        .values(state=bindparam("new_state"))
    )


_STATE: Final = {
    table: _state_of(table) for table in (tables.inquiries, tables.quotes, tables.contracts)
}
_asked = tables.inquiry_asked.c
_DECLINE: Final = (
    update(tables.inquiry_asked)
    .where(
        _asked.market_id == bindparam("of_market"),
        _asked.number == bindparam("of_number"),
        _asked.participant_id == bindparam("of_participant"),
    )
    .values(declined=True)
)
_WITHDRAW: Final = (
    update(tables.standing_rules)
    .where(
        tables.standing_rules.c.market_id == bindparam("of_market"),
        tables.standing_rules.c.number == bindparam("of_number"),
    )
    .values(withdrawn=True)
)


def offer_number(made_id: str, prefix: str) -> int | None:
    """The market's own number in an id with this prefix; None: it is no such id."""
    found, _, digits = made_id.partition("-")
    if found != prefix or not digits.isascii() or not digits.isdigit() or len(digits) > DIGITS_MAX:
        return None
    return int(digits)


def standing_start_s(client_order_id: str) -> int:
    """The interval of an order a standing rule made, as its own id names it; 0: it is none."""
    parts = client_order_id.split("-")
    if parts[0] != "standing" or len(parts) not in (4, 5) or not parts[3].isdecimal():
        return 0
    return int(parts[3])


class OfferRows:
    """Writes the facts of offers, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._market_id = ""

    def take(self, event: Event, market_id: str) -> None:
        """Take in one event of OFFER_EVENTS."""
        self._market_id = market_id
        self._takes[type(event)](self, event)

    def _insert(self, table: Table, rows: Iterable[RowValues]) -> None:
        values = [{**row, "market_id": self._market_id} for row in rows]
        if values:
            self._connection.execute(insert(table), values)

    def _key(self, made_id: str, **more: object) -> RowValues:
        number = int(made_id.partition("-")[2])
        return {"of_market": self._market_id, "of_number": number, **more}

    # --- listings ---------------------------------------------------------------------

    def _listing_posted(self, event: ListingPosted) -> None:
        listing, terms = event.listing, event.listing.terms
        number = int(listing.listing_id.partition("-")[2])
        row = {
            **_fields_of(listing),
            "number": number,
            "source": listing.source.value,
            "side": terms.side.value,
            "price_ticks": terms.price_ticks,
            "is_green": listing.is_green,
            "is_private": bool(terms.partners),
            "hold_ticks": event.held_quanta // sum(wh for _, wh in terms.legs),
            "state": ListingState.OPEN.value,
        }
        self._insert(tables.listings, [row])
        self._insert(
            tables.listing_legs,
            [
                {"number": number, "start_s": start_s, "energy_wh": wh, "left_wh": wh}
                for start_s, wh in terms.legs
            ],
        )
        partners = [
            {"number": number, "participant_id": item} for item in dict.fromkeys(terms.partners)
        ]
        self._insert(tables.listing_partners, partners)

    def _listing_taken(self, event: ListingTaken) -> None:
        take = event.take
        number = int(take.take_id.partition("-")[2])
        self._insert(tables.takes, [{**_fields_of(take), "number": number}])
        self._connection.execute(
            _TAKE,
            [
                self._key(take.listing_id, of_start_s=leg.start_s, taken_wh=leg.listed_wh)
                for leg in take.legs
            ],
        )
        taken = ListingState.TAKEN.value
        self._connection.execute(_END_LISTING, self._key(take.listing_id, new_state=taken))

    def _listing_closed(self, event: ListingClosed) -> None:
        self._connection.execute(
            _END_LEG,
            [self._key(event.listing_id, of_start_s=start_s) for start_s in event.starts_s],
        )
        key = self._key(event.listing_id, new_state=event.state.value)
        self._connection.execute(_END_LISTING, key)

    # --- inquiries and quotes -----------------------------------------------------------

    def _inquiry_made(self, event: InquiryMade) -> None:
        inquiry = event.inquiry
        number = int(inquiry.inquiry_id.partition("-")[2])
        row = {**_fields_of(inquiry), "number": number, "state": QuoteState.OPEN.value}
        self._insert(tables.inquiries, [row])
        self._insert(
            tables.inquiry_asked,
            [{"number": number, "participant_id": who, "declined": False} for who in inquiry.asked],
        )

    def _inquiry_declined(self, event: InquiryDeclined) -> None:
        key = self._key(event.inquiry_id, of_participant=event.participant_id)
        self._connection.execute(_DECLINE, key)

    def _inquiry_closed(self, event: InquiryClosed) -> None:
        key = self._key(event.inquiry_id, new_state=event.state.value)
        self._connection.execute(_STATE[tables.inquiries], key)

    def _quote_given(self, event: QuoteGiven) -> None:
        quote = event.quote
        row = {
            **_fields_of(quote),
            "number": int(quote.quote_id.partition("-")[2]),
            "inquiry_id": quote.terms.inquiry_id,
            "buyer_id": event.buyer_id,
            "held_quanta": event.held_quanta,
            "state": QuoteState.OPEN.value,
        }
        self._insert(tables.quotes, [row])

    def _quote_closed(self, event: QuoteClosed) -> None:
        key = self._key(event.quote_id, new_state=event.state.value)
        self._connection.execute(_STATE[tables.quotes], key)

    # --- contracts ----------------------------------------------------------------------

    def _contract_registered(self, event: ContractRegistered) -> None:
        contract = event.contract
        number = int(contract.contract_id.partition("-")[2])
        row = {
            **_fields_of(contract),
            "number": number,
            "held_quanta": event.held_quanta,
            "state": ContractState.PROPOSED.value,
        }
        self._insert(tables.contracts, [row])

    def _contract_closed(self, event: ContractClosed) -> None:
        key = self._key(event.contract_id, new_state=event.state.value)
        self._connection.execute(_STATE[tables.contracts], key)

    # --- standing rules -------------------------------------------------------------------

    def _rule_set(self, event: StandingRuleSet) -> None:
        number = int(event.rule.rule_id.partition("-")[2])
        row = {**_fields_of(event.rule), "number": number, "withdrawn": False}
        self._insert(tables.standing_rules, [row])

    def _rule_withdrawn(self, event: StandingRuleWithdrawn) -> None:
        self._connection.execute(_WITHDRAW, self._key(event.rule_id))

    def _forecasts(self, event: ForecastsRecorded) -> None:
        known = {"market_id": self._market_id, "participant_id": event.participant_id}
        newest = {(item.start_s, item.unit_id): item for item in event.forecasts}
        self._connection.execute(
            upsert(self._connection, tables.forecasts),
            [{**_fields_of(item), **known} for item in newest.values()],
        )

    _takes: ClassVar[Mapping[type, Callable[["OfferRows", Any], None]]] = {
        ListingPosted: _listing_posted,
        ListingTaken: _listing_taken,
        ListingClosed: _listing_closed,
        InquiryMade: _inquiry_made,
        InquiryDeclined: _inquiry_declined,
        InquiryClosed: _inquiry_closed,
        QuoteGiven: _quote_given,
        QuoteClosed: _quote_closed,
        ContractRegistered: _contract_registered,
        ContractClosed: _contract_closed,
        StandingRuleSet: _rule_set,
        StandingRuleWithdrawn: _rule_withdrawn,
        ForecastsRecorded: _forecasts,
    }


OFFER_EVENTS: Final = (
    ListingPosted,
    ListingTaken,
    ListingClosed,
    InquiryMade,
    InquiryDeclined,
    InquiryClosed,
    QuoteGiven,
    QuoteClosed,
    ContractRegistered,
    ContractClosed,
    StandingRuleSet,
    StandingRuleWithdrawn,
    ForecastsRecorded,
)
"""Every event that is written here."""


def _fields_of(fact: Any) -> RowValues:  # noqa: ANN401 - any dataclass
    return {field.name: getattr(fact, field.name) for field in fields(fact)}
