"""Listings, inquiries, quotes and contracts: what is held for them, whom they concern, what is listed.

The one idea: an offer holds its owner's money like an order, and every step of it is told to those
it concerns by kind, id and state; who wants the rest asks for it by the id.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from api.access.permissions import Channel
from api.answers.values import Answer
from api.channels.deltas import Delta, delta
from market.model.contract import Contract, ContractClosed, ContractRegistered
from market.model.interval import instant_text
from market.model.listing import (
    InquiryClosed,
    InquiryDeclined,
    InquiryMade,
    Listing,
    ListingClosed,
    ListingPosted,
    ListingTaken,
    Quote,
    QuoteClosed,
    QuoteGiven,
)
from market.model.messages import Event
from market.model.order import Side
from market.model.units import energy_text, price_text

OPEN: Final = "open"
TAKEN: Final = "taken"


class News(NamedTuple):
    """A step of an offer, for one participant."""

    participant_id: str
    what: str
    """listing, inquiry, quote or contract."""
    offer_id: str
    state: str
    held_quanta: int = 0
    """By how much what is held for the participant changes."""


@dataclass(slots=True)
class Standing:
    """An offer that stands, and what is held for it."""

    participant_id: str
    side: Side
    price_ticks: int
    left_wh: dict[int, int]

    def take(self, start_s: int, energy_wh: int) -> int:
        """Energy of an interval is no longer held for; gives the money that is free, quanta."""
        self.left_wh[start_s] -= energy_wh
        if self.left_wh[start_s] <= 0:
            del self.left_wh[start_s]
        return self._worth(energy_wh)

    def _worth(self, energy_wh: int) -> int:
        per_wh = self.price_ticks if self.side is Side.BUY else -self.price_ticks
        return max(0, per_wh) * energy_wh

    def worth(self) -> int:
        """What is held for all of it, quanta."""
        return sum(self._worth(energy_wh) for energy_wh in self.left_wh.values())


class Offers:
    """Offers of one market that stand."""

    def __init__(self) -> None:
        self._standing: dict[str, Standing] = {}

    def of(self, participant_id: str) -> tuple[tuple[str, Standing], ...]:
        """One participant's offers, to go on from later."""
        return tuple(
            (offer_id, replace(offer, left_wh=dict(offer.left_wh)))
            for offer_id, offer in self._standing.items()
            if offer.participant_id == participant_id
        )

    def put(self, offer_id: str, offer: Standing) -> int:
        """An offer that stands already; gives what is held for it."""
        self._standing[offer_id] = replace(offer, left_wh=dict(offer.left_wh))
        return offer.worth()

    def news(self, event: Event) -> Iterable[News]:
        """What an event means for participants; most events mean nothing."""
        follow = self._FOLLOW.get(type(event))
        return () if follow is None else follow(self, event)

    def _end(self, offer_id: str) -> int:
        offer = self._standing.pop(offer_id, None)
        return 0 if offer is None else -offer.worth()

    def _posted(self, event: ListingPosted) -> Iterator[News]:
        listing, terms = event.listing, event.listing.terms
        owner = listing.participant_id
        self._standing[listing.listing_id] = listed(listing, terms.legs)
        yield News(owner, "listing", listing.listing_id, OPEN, event.held_quanta)

    def _taken(self, event: ListingTaken) -> Iterator[News]:
        take = event.take
        offer, free_quanta = self._standing.get(take.listing_id), 0
        if offer is not None:
            free_quanta = sum(offer.take(leg.start_s, leg.listed_wh) for leg in take.legs)
            if not offer.left_wh:
                del self._standing[take.listing_id]
        yield News(event.owner_id, "listing", take.listing_id, TAKEN, -free_quanta)

    def _listing_closed(self, event: ListingClosed) -> Iterator[News]:
        offer, free_quanta = self._standing.get(event.listing_id), 0
        if offer is not None:
            for start_s in event.starts_s:
                free_quanta += offer.take(start_s, offer.left_wh[start_s])
            if not offer.left_wh:
                del self._standing[event.listing_id]
        owner, state = event.participant_id, event.state.value
        yield News(owner, "listing", event.listing_id, state, -free_quanta)

    def _inquiry_made(self, event: InquiryMade) -> Iterator[News]:
        inquiry = event.inquiry
        for participant_id in (inquiry.participant_id, *inquiry.asked):
            yield News(participant_id, "inquiry", inquiry.inquiry_id, OPEN)

    def _inquiry_declined(self, event: InquiryDeclined) -> Iterator[News]:
        yield News(event.buyer_id, "inquiry", event.inquiry_id, "declined")

    def _inquiry_closed(self, event: InquiryClosed) -> Iterator[News]:
        for participant_id in (event.participant_id, *event.asked):
            yield News(participant_id, "inquiry", event.inquiry_id, event.state.value)

    def _quote_given(self, event: QuoteGiven) -> Iterator[News]:
        quote = event.quote
        seller = quote.participant_id
        self._standing[quote.quote_id] = quoted(quote)
        yield News(seller, "quote", quote.quote_id, OPEN, event.held_quanta)
        yield News(event.buyer_id, "quote", quote.quote_id, OPEN)

    def _quote_closed(self, event: QuoteClosed) -> Iterator[News]:
        state, held_quanta = event.state.value, self._end(event.quote_id)
        yield News(event.participant_id, "quote", event.quote_id, state, held_quanta)
        yield News(event.buyer_id, "quote", event.quote_id, state)

    def _contract_registered(self, event: ContractRegistered) -> Iterator[News]:
        contract = event.contract
        self._standing[contract.contract_id] = proposed(contract)
        owner, other = contract.participant_id, contract.counterparty_id
        yield News(owner, "contract", contract.contract_id, OPEN, event.held_quanta)
        yield News(other, "contract", contract.contract_id, OPEN)

    def _contract_closed(self, event: ContractClosed) -> Iterator[News]:
        state, held_quanta = event.state.value, self._end(event.contract_id)
        yield News(event.participant_id, "contract", event.contract_id, state, held_quanta)
        yield News(event.counterparty_id, "contract", event.contract_id, state)

    _FOLLOW: Final[dict[type[Any], Callable[["Offers", Any], Iterator[News]]]] = {
        ListingPosted: _posted,
        ListingTaken: _taken,
        ListingClosed: _listing_closed,
        InquiryMade: _inquiry_made,
        InquiryDeclined: _inquiry_declined,
        InquiryClosed: _inquiry_closed,
        QuoteGiven: _quote_given,
        QuoteClosed: _quote_closed,
        ContractRegistered: _contract_registered,
        ContractClosed: _contract_closed,
    }


def listed(listing: Listing, left: Iterable[tuple[int, int]]) -> Standing:
    """What is held for what is left of a listing."""
    terms = listing.terms
    return Standing(listing.participant_id, terms.side, terms.price_ticks, dict(left))


def quoted(quote: Quote) -> Standing:
    """What is held for a quote: what the seller has to inject."""
    price_ticks = quote.terms.price_ticks
    return Standing(quote.participant_id, Side.SELL, price_ticks, {quote.start_s: quote.sent_wh})


def proposed(contract: Contract) -> Standing:
    """What is held for the one who registered a contract; a seller injects what a line loses too."""
    terms = contract.terms
    legs = dict(terms.legs)
    if terms.side is Side.SELL:
        legs = dict(zip(legs, contract.sent_wh, strict=True))
    return Standing(contract.participant_id, terms.side, terms.price_ticks, legs)


class Listings:
    """The `listings` channel: what everybody of a market may see and take."""

    def __init__(self, areas: Iterable[str]) -> None:
        self._of_area: dict[str, dict[str, Answer]] = {area_id: {} for area_id in areas}
        self._left_wh: dict[str, tuple[str, dict[int, int]]] = {}

    def snapshot(self, area_id: str) -> Answer:
        """What is listed in an area, oldest first."""
        return {"items": list(self._of_area[area_id].values())}

    def put(self, listing: Listing, left: Iterable[tuple[int, int]]) -> Answer | None:
        """A listing stands; gives how it looks, None for one that is for its partners only."""
        if listing.terms.partners:
            return None
        terms = listing.terms
        self._left_wh[listing.listing_id] = listing.area_id, dict(left)
        shown = {
            "listing_id": listing.listing_id,
            "area_id": listing.area_id,
            "side": terms.side.value,
            "source": listing.source.value,
            "green": listing.is_green,
            "seller": listing.shown_as,
            "price_per_mwh": price_text(terms.price_ticks),
            "minimum_kwh": energy_text(terms.minimum_wh),
            "neighbours_only": terms.neighbours_only,
            "legs": self._legs(listing.listing_id),
        }
        self._of_area[listing.area_id][listing.listing_id] = shown
        return shown

    def _legs(self, listing_id: str) -> list[Answer]:
        _, left_wh = self._left_wh[listing_id]
        return [
            {"start": instant_text(start_s), "energy_kwh": energy_text(energy_wh)}
            for start_s, energy_wh in sorted(left_wh.items())
        ]

    def changes(self, event: Event) -> Iterator[Delta]:
        """What an event means for what is listed."""
        match event:
            case ListingPosted():
                listing = event.listing
                shown = self.put(listing, listing.terms.legs)
                if shown is not None:
                    data = {"event": "listed", "listing": dict(shown)}
                    yield delta(Channel.LISTINGS, listing.area_id, data)
            case ListingTaken():
                legs = [(leg.start_s, leg.listed_wh) for leg in event.take.legs]
                yield from self._take(event.take.listing_id, legs)
            case ListingClosed():
                yield from self._take(event.listing_id, [(s, None) for s in event.starts_s])
            case _:
                pass

    def _take(self, listing_id: str, legs: Iterable[tuple[int, int | None]]) -> Iterator[Delta]:
        """Less is left; None: nothing of the interval."""
        found = self._left_wh.get(listing_id)
        if found is None:
            return
        area_id, left_wh = found
        for start_s, energy_wh in legs:
            rest_wh = 0 if energy_wh is None else left_wh.get(start_s, 0) - energy_wh
            if rest_wh > 0:
                left_wh[start_s] = rest_wh
            else:
                left_wh.pop(start_s, None)
        shown = self._legs(listing_id)
        of_area = self._of_area[area_id]
        of_area[listing_id] = {**of_area[listing_id], "legs": shown}
        if not left_wh:
            del of_area[listing_id], self._left_wh[listing_id]
        data = {"event": "listing_changed", "listing_id": listing_id, "legs": shown}
        yield delta(Channel.LISTINGS, area_id, data)
