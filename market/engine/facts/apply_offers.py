"""Events of listings, quotes, contracts and standing rules change the state.

The one idea: whatever stands outside the books holds energy, money and its place among the open
orders exactly like an order, through the two functions on top, and gives it back exactly once.
"""

from collections.abc import Iterable

from market.engine.state import MarketState
from market.model.contract import (
    Contract,
    ContractClosed,
    ContractRegistered,
    WaysSettled,
    WaysTaken,
    held_legs,
)
from market.model.listing import (
    InquiryClosed,
    InquiryDeclined,
    InquiryMade,
    ListingClosed,
    ListingPosted,
    ListingTaken,
    ListingTerms,
    Quote,
    QuoteClosed,
    QuoteGiven,
    QuoteState,
)
from market.model.order import Side
from market.model.standing import ForecastsRecorded, StandingRuleSet, StandingRuleWithdrawn
from market.trading.deadlines import DeadlineKind
from market.trading.holds import hold_quanta


def _hold(
    state: MarketState, unit_id: str, side: Side, price_ticks: int, legs: Iterable[tuple[int, int]]
) -> int:
    """Hold energy and money of each interval; gives the money, quanta."""
    held_quanta = 0
    for start_s, energy_wh in legs:
        state.commitments.add(unit_id, start_s, sells=side is Side.SELL, energy_wh=energy_wh)
        held_quanta += hold_quanta(side, price_ticks, energy_wh)
    state.hold(state.units[unit_id].participant_id, held_quanta)
    return held_quanta


def _give_back(
    state: MarketState, unit_id: str, side: Side, price_ticks: int, legs: Iterable[tuple[int, int]]
) -> None:
    """What was held is free again."""
    for start_s, energy_wh in legs:
        state.commitments.add(unit_id, start_s, sells=side is Side.SELL, energy_wh=-energy_wh)
        state.ledger.release(
            state.units[unit_id].participant_id, hold_quanta(side, price_ticks, energy_wh)
        )


# --- listings ---------------------------------------------------------------------


def listing_posted(state: MarketState, event: ListingPosted) -> None:
    """A listing stands and is held."""
    listing, terms = event.listing, event.listing.terms
    held_quanta = _hold(state, terms.unit_id, terms.side, terms.price_ticks, terms.legs)
    assert held_quanta == event.held_quanta, "the listing's hold is what was decided"
    state.commitments.count(listing.participant_id, len(terms.legs))
    state.listings.post(listing)
    if terms.expires_us is not None:
        state.deadlines.put(DeadlineKind.LISTING, listing.listing_id, terms.expires_us)


def listing_taken(state: MarketState, event: ListingTaken) -> None:
    """Part of it is spoken for by a match now."""
    take = event.take
    found = state.listings.open[take.listing_id]
    legs = tuple((leg.start_s, leg.listed_wh) for leg in take.legs)
    _free_listed(state, found.listing.terms, legs)
    before = len(found.left_wh)
    state.listings.take(take)
    state.commitments.count(event.owner_id, len(found.left_wh) - before)
    _drop_deadline(state, take.listing_id)


def listing_closed(state: MarketState, event: ListingClosed) -> None:
    """Some intervals are listed no more."""
    terms = state.listings.open[event.listing_id].listing.terms
    legs = tuple(
        (start_s, state.listings.remove(event.listing_id, start_s)) for start_s in event.starts_s
    )
    _free_listed(state, terms, legs)
    state.commitments.count(event.participant_id, -len(legs))
    _drop_deadline(state, event.listing_id)


def _free_listed(
    state: MarketState, terms: ListingTerms, legs: tuple[tuple[int, int], ...]
) -> None:
    _give_back(state, terms.unit_id, terms.side, terms.price_ticks, legs)


def _drop_deadline(state: MarketState, listing_id: str) -> None:
    if listing_id not in state.listings.open:
        state.deadlines.drop(DeadlineKind.LISTING, listing_id)


# --- inquiries and quotes -----------------------------------------------------------


def inquiry_made(state: MarketState, event: InquiryMade) -> None:
    """An inquiry waits for quotes."""
    inquiry = event.inquiry
    state.inquiries.ask(inquiry)
    state.deadlines.put(DeadlineKind.QUOTE, inquiry.inquiry_id, inquiry.terms.answer_by_us)


def inquiry_declined(state: MarketState, event: InquiryDeclined) -> None:
    """One of the asked said no."""
    state.inquiries.open[event.inquiry_id].declined[event.participant_id] = None


def inquiry_closed(state: MarketState, event: InquiryClosed) -> None:
    """No quote is taken any more."""
    state.inquiries.close(event.inquiry_id)
    state.deadlines.drop(DeadlineKind.QUOTE, event.inquiry_id)


def quote_given(state: MarketState, event: QuoteGiven) -> None:
    """A quote stands and is held."""
    quote = event.quote
    terms = quote.terms
    held_quanta = _hold(state, terms.unit_id, Side.SELL, terms.price_ticks, _quoted(quote))
    assert held_quanta == event.held_quanta, "the quote's hold is what was decided"
    state.commitments.count(quote.participant_id, 1)
    state.inquiries.give(quote)
    state.deadlines.put(DeadlineKind.QUOTE, quote.quote_id, terms.valid_until_us)


def quote_closed(state: MarketState, event: QuoteClosed) -> None:
    """A quote stands no more."""
    quote = state.inquiries.end(event.quote_id)
    terms = quote.terms
    _give_back(state, terms.unit_id, Side.SELL, terms.price_ticks, _quoted(quote))
    state.commitments.count(quote.participant_id, -1)
    state.deadlines.drop(DeadlineKind.QUOTE, event.quote_id)
    if event.state is QuoteState.ACCEPTED:
        state.inquiries.accepted[event.quote_id] = None


def _quoted(quote: Quote) -> tuple[tuple[int, int], ...]:
    return ((quote.start_s, quote.sent_wh),)


# --- contracts ----------------------------------------------------------------------


def contract_registered(state: MarketState, event: ContractRegistered) -> None:
    """A contract waits; the proposer's side is held."""
    contract, terms = event.contract, event.contract.terms
    legs = held_legs(contract)
    held_quanta = _hold(state, terms.unit_id, terms.side, terms.price_ticks, legs)
    assert held_quanta == event.held_quanta, "the contract's hold is what was decided"
    state.commitments.count(contract.participant_id, len(legs))
    state.contracts.register(contract)
    state.deadlines.put(DeadlineKind.CONTRACT, contract.contract_id, terms.answer_by_us)


def contract_closed(state: MarketState, event: ContractClosed) -> None:
    """A contract waits no longer."""
    contract: Contract = state.contracts.close(event.contract_id, event.state)
    terms, legs = contract.terms, held_legs(contract)
    _give_back(state, terms.unit_id, terms.side, terms.price_ticks, legs)
    state.commitments.count(contract.participant_id, -len(legs))
    state.deadlines.drop(DeadlineKind.CONTRACT, event.contract_id)


def ways_taken(state: MarketState, event: WaysTaken) -> None:
    """Ways wait for the closing call."""
    state.contracts.ways.setdefault(event.start_s, []).extend(event.ways)


def ways_settled(state: MarketState, event: WaysSettled) -> None:
    """The interval's ways are paid."""
    del state.contracts.ways[event.start_s]


# --- standing rules -------------------------------------------------------------------


def standing_rule_set(state: MarketState, event: StandingRuleSet) -> None:
    """A rule stands."""
    state.standing.set_rule(event.rule)


def standing_rule_withdrawn(state: MarketState, event: StandingRuleWithdrawn) -> None:
    """A rule ended."""
    state.standing.withdraw(event.rule_id)


def forecasts_recorded(state: MarketState, event: ForecastsRecorded) -> None:
    """Forecasts are known."""
    for item in event.forecasts:
        state.standing.expect(item)
