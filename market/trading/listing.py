"""Listings that stand, and the inquiries and quotes that wait: who has which, and what is left.

The one idea: an owner's own id is kept for ever with what it stood for, so a repeat is told from a
second wish; what is closed is forgotten but for its owner.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from market.model.listing import (
    Inquiry,
    InquiryTerms,
    Listing,
    ListingTerms,
    Quote,
    QuoteTerms,
    Take,
)
from market.model.order import Side
from market.model.participant import GREEN_KINDS, Unit
from market.model.rejection import Code, Rejection
from market.model.units import energy_text

OwnId = tuple[str, str]
"""Participant and its own id."""
TakeTerms = tuple[str, str, tuple[tuple[int, int], ...]]
"""What makes a take the same take: listing, unit, legs."""


@dataclass(slots=True)
class OpenListing:
    """A listing with something left."""

    listing: Listing
    left_wh: dict[int, int]
    """By interval."""


@dataclass(slots=True)
class Listings:
    """Every listing of one market."""

    next_number: int = 1
    next_take_number: int = 1
    open: dict[str, OpenListing] = field(default_factory=dict)
    """In the order posted."""
    owner: dict[str, str] = field(default_factory=dict)
    """Of every listing ever posted."""
    known: dict[OwnId, tuple[str, ListingTerms]] = field(default_factory=dict)
    takes: dict[OwnId, tuple[str, TakeTerms]] = field(default_factory=dict)
    shown_as: dict[str, str] = field(default_factory=dict)
    """Pseudonym of each participant who has one."""
    _at: dict[int, dict[str, None]] = field(default_factory=dict)

    def post(self, listing: Listing) -> None:
        """A listing stands."""
        terms = listing.terms
        self.open[listing.listing_id] = OpenListing(listing, dict(terms.legs))
        self.owner[listing.listing_id] = listing.participant_id
        own_id = (listing.participant_id, listing.client_listing_id)
        self.known[own_id] = (listing.listing_id, terms)
        if not terms.shows_name:
            self.shown_as[listing.participant_id] = listing.shown_as
        for start_s, _ in terms.legs:
            self._at.setdefault(start_s, {})[listing.listing_id] = None
        self.next_number += 1

    def pseudonym(self, participant_id: str) -> str:
        """The name a participant is listed under when it does not show its own."""
        return self.shown_as.get(participant_id) or f"seller-{len(self.shown_as) + 1}"

    def take(self, take: Take) -> None:
        """Part of a listing was taken."""
        terms: TakeTerms = (
            take.listing_id,
            take.unit_id,
            tuple((leg.start_s, leg.energy_wh) for leg in take.legs),
        )
        self.takes[take.participant_id, take.client_take_id] = (take.take_id, terms)
        self.next_take_number += 1
        left_wh = self.open[take.listing_id].left_wh
        for leg in take.legs:
            left_wh[leg.start_s] -= leg.listed_wh
            if not left_wh[leg.start_s]:
                self.remove(take.listing_id, leg.start_s)

    def remove(self, listing_id: str, start_s: int) -> int:
        """An interval of a listing is no longer listed; gives what was left of it, Wh."""
        found = self.open[listing_id]
        left_wh = found.left_wh.pop(start_s)
        if not found.left_wh:
            del self.open[listing_id]
        at = self._at[start_s]
        del at[listing_id]
        if not at:
            del self._at[start_s]
        return left_wh

    def at(self, start_s: int) -> tuple[OpenListing, ...]:
        """Listings with something left in an interval, in the order posted."""
        return tuple(self.open[listing_id] for listing_id in self._at.get(start_s, ()))


@dataclass(slots=True)
class OpenInquiry:
    """An inquiry that takes quotes."""

    inquiry: Inquiry
    quotes: dict[str, None] = field(default_factory=dict)
    """Open ones, in the order given."""
    declined: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Inquiries:
    """Every inquiry and quote of one market."""

    next_number: int = 1
    next_quote_number: int = 1
    open: dict[str, OpenInquiry] = field(default_factory=dict)
    quotes: dict[str, Quote] = field(default_factory=dict)
    """Open ones."""
    buyer: dict[str, str] = field(default_factory=dict)
    """Of every inquiry ever made."""
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Of every inquiry ever made."""
    quoted: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Inquiry and seller of every quote ever given."""
    accepted: dict[str, None] = field(default_factory=dict)
    """Quotes that were accepted."""
    known: dict[OwnId, tuple[str, InquiryTerms]] = field(default_factory=dict)
    known_quotes: dict[OwnId, tuple[str, QuoteTerms]] = field(default_factory=dict)
    _at: dict[int, dict[str, None]] = field(default_factory=dict)

    def ask(self, inquiry: Inquiry) -> None:
        """An inquiry waits for quotes."""
        inquiry_id, terms = inquiry.inquiry_id, inquiry.terms
        self.open[inquiry_id] = OpenInquiry(inquiry)
        self.buyer[inquiry_id] = inquiry.participant_id
        self.asked[inquiry_id] = inquiry.asked
        self.known[inquiry.participant_id, inquiry.client_inquiry_id] = (inquiry_id, terms)
        self._at.setdefault(terms.start_s, {})[inquiry_id] = None
        self.next_number += 1

    def close(self, inquiry_id: str) -> None:
        """An inquiry takes no more quotes; its quotes are closed before it."""
        found = self.open.pop(inquiry_id)
        assert not found.quotes, "quotes are closed before their inquiry"
        at = self._at[found.inquiry.terms.start_s]
        del at[inquiry_id]
        if not at:
            del self._at[found.inquiry.terms.start_s]

    def give(self, quote: Quote) -> None:
        """A quote stands."""
        self.quotes[quote.quote_id] = quote
        self.open[quote.terms.inquiry_id].quotes[quote.quote_id] = None
        self.quoted[quote.quote_id] = (quote.terms.inquiry_id, quote.participant_id)
        own_id = (quote.participant_id, quote.client_quote_id)
        self.known_quotes[own_id] = (quote.quote_id, quote.terms)
        self.next_quote_number += 1

    def end(self, quote_id: str) -> Quote:
        """A quote stands no more."""
        quote = self.quotes.pop(quote_id)
        del self.open[quote.terms.inquiry_id].quotes[quote_id]
        return quote

    def at(self, start_s: int) -> tuple[OpenInquiry, ...]:
        """Inquiries about an interval that are open, in the order made."""
        return tuple(self.open[inquiry_id] for inquiry_id in self._at.get(start_s, ()))


# --- rules ------------------------------------------------------------------------


def terms_refusal(terms: ListingTerms, now_us: int) -> Rejection | None:
    """What is wrong with a listing's own wishes; None: nothing."""
    if terms.expires_us is not None and terms.expires_us <= now_us:
        return Rejection(code=Code.EXPIRY_IN_PAST, pointer="expires")
    least_wh = min((energy_wh for _, energy_wh in terms.legs), default=0)
    if terms.minimum_wh > least_wh:
        most = {"energy_kwh_min": energy_text(least_wh)}
        return Rejection(code=Code.MINIMUM_TAKE, pointer="minimum_kwh", parameters=most)
    return None


def fits(terms: ListingTerms, area_id: str, participant_id: str, unit: Unit) -> bool:
    """True when the listing's wishes allow this taker."""
    if terms.partners and participant_id not in terms.partners:
        return False
    if terms.neighbours_only and unit.area_id != area_id:
        return False
    return not (terms.green_only and terms.side is Side.BUY and unit.kind not in GREEN_KINDS)


def share_refusal(terms: ListingTerms, left_wh: int, listed_wh: int) -> Rejection | None:
    """Why one may not take so much of what is left of an interval; None: one may.

    At least the minimum, or all of a rest that is smaller.
    """
    least_wh = min(terms.minimum_wh, left_wh)
    if listed_wh < least_wh:
        least = {"energy_kwh_min": energy_text(least_wh)}
        return Rejection(code=Code.MINIMUM_TAKE, pointer="energy_kwh", parameters=least)
    return None


def asked_by(
    terms: InquiryTerms, buyer_id: str, units: Sequence[Unit]
) -> tuple[tuple[str, ...], Rejection | None]:
    """Who an inquiry goes to: owners of injecting units named by unit, owner or area.

    The buyer itself is left out. A refusal instead when a name is unknown or nobody is left.
    """
    sellers = [unit for unit in units if unit.injection_max_w > 0]
    by_unit = {unit.unit_id: unit.participant_id for unit in sellers}
    owners = {unit.participant_id for unit in sellers}
    for row, unit_id in enumerate(terms.asked_units):
        if unit_id not in by_unit:
            return (), Rejection(code=Code.UNIT_UNKNOWN, pointer=f"asked_units/{row}")
    for row, participant_id in enumerate(terms.asked_participants):
        if participant_id not in owners:
            pointer = f"asked_participants/{row}"
            return (), Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer=pointer)
    asked = {by_unit[unit_id] for unit_id in terms.asked_units} | set(terms.asked_participants)
    asked |= {unit.participant_id for unit in sellers if unit.area_id == terms.asked_area}
    asked.discard(buyer_id)
    if not asked:
        return (), Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="asked_participants")
    return tuple(sorted(asked)), None
