"""Listings and inquiries: offers one chooses by hand, and quotes one asks for.

The one idea: a listing is open energy at a price, interval by interval; who takes of it makes a match
at once. An inquiry is a question to some sellers; each quote is an offer to one buyer. What of a
listing is still there when the gate closes goes into the closing call.
"""

from dataclasses import dataclass
from enum import StrEnum

from market.model.order import Side
from market.model.participant import GREEN_KINDS, UnitKind

Curve = tuple[tuple[int, int], ...]
"""(start_s, energy_wh) of each interval, in time order."""


class ListingState(StrEnum):
    """Where a listing stands as a whole."""

    OPEN = "open"
    TAKEN = "taken"
    """Nothing is left of it, and the last of it was taken."""
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CALLED = "called"
    """The last of it went into a closing call, or lapsed there."""


class QuoteState(StrEnum):
    """Where a quote, or an inquiry, stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    LOST = "lost"
    """Another quote was accepted, or the buyer closed the inquiry."""
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingTerms:
    """What its owner says; two listings under one id are the same when these are."""

    unit_id: str
    side: Side
    price_ticks: int
    """At the unit's own area."""
    legs: Curve
    minimum_wh: int = 1
    """Least energy one may take of an interval; a rest below it is taken whole or not at all."""
    green_only: bool = False
    """A buyer who takes renewable energy only."""
    neighbours_only: bool = False
    """Only units of the same area may take it."""
    partners: tuple[str, ...] = ()
    """Participants who may see and take it; empty: all."""
    shows_name: bool = False
    """True: listed under the owner's name instead of a pseudonym."""
    expires_us: int | None = None
    """Market time at which what is left is withdrawn; None: it stands until the gate."""
    lapses_at_call: bool = False
    """What is left at the gate: True: it lapses; False: it joins the call without these wishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A listing as it was posted."""

    listing_id: str
    """`lst-` and the market's own number."""
    client_listing_id: str
    """The owner's own id, unique for ever."""
    participant_id: str
    area_id: str
    source: UnitKind
    """What kind of unit stands behind it."""
    shown_as: str
    """The owner's name, or its pseudonym, which is the same for all its listings."""
    posted_us: int
    terms: ListingTerms

    @property
    def is_green(self) -> bool:
        """True for a sale of energy that is renewable where it is made."""
        return self.terms.side is Side.SELL and self.source in GREEN_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingView:
    """A listing as it stands now."""

    listing: Listing
    state: ListingState
    left: Curve
    """What is left of each interval; intervals with nothing left are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenLeg:
    """What was taken of one interval."""

    start_s: int
    energy_wh: int
    """Where the buyer is."""
    listed_wh: int
    """What it takes out of the listing: more than `energy_wh` where a line loses some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Somebody took of a listing."""

    take_id: str
    """`tak-` and the market's own number."""
    client_take_id: str
    """The taker's own id, unique for ever."""
    listing_id: str
    participant_id: str
    unit_id: str
    legs: tuple[TakenLeg, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryTerms:
    """What a buyer asks for."""

    unit_id: str
    start_s: int
    energy_wh: int
    answer_by_us: int
    """Market time until which quotes are taken and one may be accepted."""
    green_only: bool = False
    asked_units: tuple[str, ...] = ()
    """Units asked for a quote ..."""
    asked_participants: tuple[str, ...] = ()
    """... and sellers ..."""
    asked_area: str | None = None
    """... and every seller of an area; None: of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A buyer asks for quotes."""

    inquiry_id: str
    """`inq-` and the market's own number."""
    client_inquiry_id: str
    participant_id: str
    area_id: str
    asked: tuple[str, ...]
    """Every participant who was asked, by id."""
    asked_us: int
    terms: InquiryTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryView:
    """An inquiry as it stands now."""

    inquiry: Inquiry
    state: QuoteState
    declined: tuple[str, ...]
    """Who of the asked said no without a quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteTerms:
    """What a seller answers."""

    inquiry_id: str
    unit_id: str
    price_ticks: int
    """At the seller's own area."""
    energy_wh: int
    """Where the buyer is."""
    valid_until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """An offer to the one who asked; energy and money are held for it while it stands."""

    quote_id: str
    """`quo-` and the market's own number."""
    client_quote_id: str
    participant_id: str
    area_id: str
    start_s: int
    sent_wh: int
    """What the seller has to inject: more than the energy where a line loses some."""
    given_us: int
    terms: QuoteTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """A quote as it stands now."""

    quote: Quote
    buyer_id: str
    state: QuoteState


# --- commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PostListing:
    """Offer energy to whoever takes it."""

    now_us: int
    actor: str
    participant_id: str
    client_listing_id: str
    terms: ListingTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeListing:
    """Take all or part of a listing."""

    now_us: int
    actor: str
    participant_id: str
    client_take_id: str
    listing_id: str
    unit_id: str
    legs: Curve
    """Energy where the buyer is, of each interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawListing:
    """Take back what is left of a listing."""

    now_us: int
    actor: str
    participant_id: str
    listing_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuotes:
    """Ask sellers for a quote."""

    now_us: int
    actor: str
    participant_id: str
    client_inquiry_id: str
    terms: InquiryTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseInquiry:
    """The buyer wants no quote any more."""

    now_us: int
    actor: str
    participant_id: str
    inquiry_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineInquiry:
    """One who was asked gives no quote."""

    now_us: int
    actor: str
    participant_id: str
    inquiry_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveQuote:
    """Answer an inquiry with a price."""

    now_us: int
    actor: str
    participant_id: str
    client_quote_id: str
    terms: QuoteTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawQuote:
    """The seller takes a quote back."""

    now_us: int
    actor: str
    participant_id: str
    quote_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptQuote:
    """The buyer accepts a quote: that makes the trade."""

    now_us: int
    actor: str
    participant_id: str
    quote_id: str


# --- events -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPosted:
    """A listing stands; its energy and money are held."""

    listing: Listing
    held_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingTaken:
    """Part of a listing was taken; what was held for that part is free. The trades follow."""

    owner_id: str
    take: Take


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingClosed:
    """What was left of a listing in some intervals is no longer listed and no longer held."""

    listing_id: str
    participant_id: str
    starts_s: tuple[int, ...]
    state: ListingState
    """Why; a CALLED one that did not lapse is an order of the call from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryMade:
    """A buyer asked."""

    inquiry: Inquiry


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryDeclined:
    """One of the asked gives no quote."""

    inquiry_id: str
    participant_id: str
    buyer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryClosed:
    """No quote is taken any more; everybody asked is told how it ended."""

    inquiry_id: str
    participant_id: str
    asked: tuple[str, ...]
    state: QuoteState


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteGiven:
    """A quote stands; its energy and money are held."""

    quote: Quote
    buyer_id: str
    held_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteClosed:
    """A quote ended; nothing is held for it any more. Of an accepted one the trade follows."""

    quote_id: str
    inquiry_id: str
    participant_id: str
    buyer_id: str
    state: QuoteState
