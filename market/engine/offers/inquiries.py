"""Inquiries are asked and answered: quotes are held while they stand, and one may be accepted.

The one idea: accepting a quote makes the match and ends the inquiry in one decision, and whoever was
asked is told how it ended: accepted, lost, declined, expired.
"""

from collections.abc import Iterator

from market.engine.decisions import refused
from market.engine.offers.pairs import (
    acceptor_refusal,
    grid_refusal,
    matched,
    no,
    party,
    repeat,
    stop_refusal,
    yes,
)
from market.engine.state import MarketState
from market.model.interval import instant_text
from market.model.listing import (
    AcceptQuote,
    AskQuotes,
    CloseInquiry,
    DeclineInquiry,
    GiveQuote,
    Inquiry,
    InquiryClosed,
    InquiryDeclined,
    InquiryMade,
    Quote,
    QuoteClosed,
    QuoteGiven,
    QuoteState,
    WithdrawQuote,
)
from market.model.messages import Decision, Event
from market.model.order import Side, Venue
from market.model.participant import GREEN_KINDS, Unit
from market.model.rejection import Code, Rejection
from market.model.units import energy_text
from market.trading.holds import hold_quanta
from market.trading.listing import OpenInquiry, asked_by
from market.trading.offers import OfferLeg, curve_refusal, side_refusal
from market.trading.pairs import Pair, passage_between, sent_for_wh


def ask_quotes(state: MarketState, command: AskQuotes) -> Decision:
    """Ask; nothing is held for a question."""
    inquiries, terms = state.inquiries, command.terms
    known = inquiries.known.get((command.participant_id, command.client_inquiry_id))
    if known is not None:
        return repeat(known[0], same=known[1] == terms, pointer="client_inquiry_id")
    unit = state.units.get(terms.unit_id)
    if unit is None or unit.participant_id != command.participant_id:
        return no(Code.UNIT_UNKNOWN, "unit_id")
    if not state.rules.listing:
        return no(Code.MODE_NOT_OFFERED)
    if terms.asked_area is not None and terms.asked_area not in state.grid.area_index():
        return no(Code.AREA_UNKNOWN, "asked_area")
    refusal = _ask_refusal(state, command, unit)
    if refusal is not None:
        return refused([refusal])
    asked, fault = asked_by(terms, command.participant_id, tuple(state.units.values()))
    if fault is not None:
        return refused([fault])
    inquiry = Inquiry(
        inquiry_id=f"inq-{inquiries.next_number}",
        client_inquiry_id=command.client_inquiry_id,
        participant_id=command.participant_id,
        area_id=unit.area_id,
        asked=asked,
        asked_us=command.now_us,
        terms=terms,
    )
    return yes(inquiry.inquiry_id, InquiryMade(inquiry=inquiry))


def _ask_refusal(state: MarketState, command: AskQuotes, unit: Unit) -> Rejection | None:
    """Time, and what the unit can take at all; what it has bought meanwhile is seen at the end."""
    terms = command.terms
    legs = ((terms.start_s, terms.energy_wh),)
    refusal = stop_refusal(state, command.actor, unit, legs)
    refusal = refusal or curve_refusal(state.phases, legs, (unit.area_id,))
    if refusal is not None:
        return _single(refusal)
    if terms.answer_by_us <= command.now_us:
        return Rejection(code=Code.EXPIRY_IN_PAST, pointer="answer_by")
    most_wh = state.checks.capability_wh(unit, Side.BUY)
    if terms.energy_wh > most_wh:
        most = {"energy_kwh_max": energy_text(most_wh)}
        return Rejection(code=Code.EXCEEDS_CAPABILITY, pointer="energy_kwh", parameters=most)
    return None


def _single(refusal: Rejection) -> Rejection:
    """A refusal of the one leg of an inquiry, at the inquiry's own field."""
    pointer = "start" if refusal.pointer == "legs/0/start" else refusal.pointer
    return Rejection(code=refusal.code, pointer=pointer, parameters=refusal.parameters)


def give_quote(state: MarketState, command: GiveQuote) -> Decision:
    """A quote stands until it is accepted, lost, taken back or expired; it is held like an order."""
    inquiries, terms = state.inquiries, command.terms
    known = inquiries.known_quotes.get((command.participant_id, command.client_quote_id))
    if known is not None:
        return repeat(known[0], same=known[1] == terms, pointer="client_quote_id")
    if command.participant_id not in inquiries.asked.get(terms.inquiry_id, ()):
        return no(Code.QUOTE_UNKNOWN, "inquiry_id")
    found = inquiries.open.get(terms.inquiry_id)
    if found is None:
        return no(Code.QUOTE_EXPIRED, "inquiry_id")
    unit = state.units.get(terms.unit_id)
    if unit is None or unit.participant_id != command.participant_id:
        return no(Code.UNIT_UNKNOWN, "unit_id")
    sent_wh = most_sent_wh(state, unit.area_id, found.inquiry.area_id, terms.energy_wh)
    if sent_wh is None:
        start = instant_text(found.inquiry.terms.start_s)
        return refused([grid_refusal(unit.area_id, found.inquiry.area_id, (start,))])
    refusal = _quote_refusal(state, command, found.inquiry, unit, sent_wh)
    if refusal is not None:
        return refused([_single(refusal)])
    quote = Quote(
        quote_id=f"quo-{inquiries.next_quote_number}",
        client_quote_id=command.client_quote_id,
        participant_id=command.participant_id,
        area_id=unit.area_id,
        start_s=found.inquiry.terms.start_s,
        sent_wh=sent_wh,
        given_us=command.now_us,
        terms=terms,
    )
    given = QuoteGiven(
        quote=quote,
        buyer_id=found.inquiry.participant_id,
        held_quanta=hold_quanta(Side.SELL, terms.price_ticks, sent_wh),
    )
    return yes(quote.quote_id, given)


def most_sent_wh(
    state: MarketState, seller_area: str, buyer_area: str, energy_wh: int
) -> int | None:
    """The most the seller has to inject over any direct line; None: no line joins the areas."""
    if seller_area == buyer_area:
        return energy_wh
    ends = {seller_area, buyer_area}
    losses = [line.loss_ppm for line in state.grid.lines if {line.from_area, line.to_area} == ends]
    return max((sent_for_wh(loss_ppm, energy_wh) for loss_ppm in losses), default=None)


def _quote_refusal(
    state: MarketState, command: GiveQuote, inquiry: Inquiry, unit: Unit, sent_wh: int
) -> Rejection | None:
    terms, start_s = command.terms, inquiry.terms.start_s
    legs = ((start_s, sent_wh),)
    refusal = stop_refusal(state, command.actor, unit, legs)
    refusal = refusal or curve_refusal(state.phases, legs, (unit.area_id, inquiry.area_id))
    if refusal is not None:
        return refusal
    if terms.energy_wh > inquiry.terms.energy_wh:
        most = {"energy_kwh_max": energy_text(inquiry.terms.energy_wh)}
        return Rejection(code=Code.VOLUME_MAX, pointer="energy_kwh", parameters=most)
    if terms.valid_until_us <= command.now_us:
        return Rejection(code=Code.EXPIRY_IN_PAST, pointer="valid_until")
    if inquiry.terms.green_only and unit.kind not in GREEN_KINDS:
        return Rejection(code=Code.ATTRIBUTES_DIFFER, pointer="unit_id")
    leg = OfferLeg(start_s=start_s, price_ticks=terms.price_ticks, energy_wh=sent_wh)
    return side_refusal(
        state.checks,
        unit,
        Side.SELL,
        (leg,),
        state.draft(command.participant_id),
        stands=True,
    )


def accept_quote(state: MarketState, command: AcceptQuote) -> Decision:
    """The buyer takes a quote: the match is made, the inquiry ends, the other quotes are lost."""
    inquiries = state.inquiries
    inquiry_id, _ = inquiries.quoted.get(command.quote_id, ("", ""))
    if inquiries.buyer.get(inquiry_id) != command.participant_id:
        return no(Code.QUOTE_UNKNOWN, "quote_id")
    if command.quote_id in inquiries.accepted:
        return yes(command.quote_id, repeated=True)
    quote = inquiries.quotes.get(command.quote_id)
    if quote is None or quote.terms.valid_until_us <= command.now_us:
        return no(Code.QUOTE_EXPIRED, "quote_id")
    found = inquiries.open[inquiry_id]
    if found.inquiry.terms.answer_by_us <= command.now_us:
        return no(Code.QUOTE_EXPIRED, "quote_id")
    buyer_unit = state.units[found.inquiry.terms.unit_id]
    pair = _pair(state, command.actor, quote, buyer_unit)
    if isinstance(pair, Rejection):
        return refused([_single(pair)])
    refusal = acceptor_refusal(state, buyer_unit, Side.BUY, (pair,))
    if refusal is not None:
        return refused([refusal])
    return yes(
        command.quote_id,
        *_ended(state, found, QuoteState.ACCEPTED, accepted=command.quote_id),
        *matched(state, (pair,), Venue.LISTING, command.now_us),
    )


def _pair(state: MarketState, client_id: str, quote: Quote, buyer_unit: Unit) -> Pair | Rejection:
    terms, seller_unit = quote.terms, state.units[quote.terms.unit_id]
    legs = ((quote.start_s, terms.energy_wh),)
    refusal = (
        stop_refusal(state, client_id, buyer_unit, legs)
        or stop_refusal(state, "", seller_unit, legs)
        or curve_refusal(state.phases, legs, (seller_unit.area_id, buyer_unit.area_id))
    )
    if refusal is not None:
        return refusal
    passage = passage_between(
        state.grid,
        state.capacity,
        seller_area=seller_unit.area_id,
        buyer_area=buyer_unit.area_id,
        start_s=quote.start_s,
        energy_wh=terms.energy_wh,
        price_ticks=terms.price_ticks,
        sent_max_wh=quote.sent_wh,
    )
    if passage is None:
        start = instant_text(quote.start_s)
        return grid_refusal(seller_unit.area_id, buyer_unit.area_id, (start,))
    return Pair(
        start_s=quote.start_s,
        seller=party(seller_unit),
        buyer=party(buyer_unit),
        price_ticks=terms.price_ticks,
        named_by=Side.SELL,
        passage=passage,
        origin_id=quote.quote_id,
    )


def _ended(
    state: MarketState, found: OpenInquiry, ends: QuoteState, *, accepted: str | None = None
) -> Iterator[Event]:
    """An inquiry ends; quotes that still stand end with it."""
    lost = QuoteState.EXPIRED if ends is QuoteState.EXPIRED else QuoteState.LOST
    for quote_id in found.quotes:
        yield quote_closed(state, quote_id, QuoteState.ACCEPTED if quote_id == accepted else lost)
    yield InquiryClosed(
        inquiry_id=found.inquiry.inquiry_id,
        participant_id=found.inquiry.participant_id,
        asked=found.inquiry.asked,
        state=ends,
    )


def quote_closed(state: MarketState, quote_id: str, ends: QuoteState) -> QuoteClosed:
    """The fact that a quote stands no more."""
    inquiry_id, seller_id = state.inquiries.quoted[quote_id]
    return QuoteClosed(
        quote_id=quote_id,
        inquiry_id=inquiry_id,
        participant_id=seller_id,
        buyer_id=state.inquiries.buyer[inquiry_id],
        state=ends,
    )


def close_inquiry(state: MarketState, command: CloseInquiry) -> Decision:
    """The buyer ends its inquiry without a match."""
    if state.inquiries.buyer.get(command.inquiry_id) != command.participant_id:
        return no(Code.QUOTE_UNKNOWN, "inquiry_id")
    found = state.inquiries.open.get(command.inquiry_id)
    if found is None:
        return no(Code.QUOTE_EXPIRED, "inquiry_id")
    return yes(command.inquiry_id, *_ended(state, found, QuoteState.WITHDRAWN))


def decline_inquiry(state: MarketState, command: DeclineInquiry) -> Decision:
    """One who was asked says no; saying it again is harmless."""
    inquiries = state.inquiries
    if command.participant_id not in inquiries.asked.get(command.inquiry_id, ()):
        return no(Code.QUOTE_UNKNOWN, "inquiry_id")
    found = inquiries.open.get(command.inquiry_id)
    if found is None:
        return no(Code.QUOTE_EXPIRED, "inquiry_id")
    if command.participant_id in found.declined:
        return yes(command.inquiry_id, repeated=True)
    declined = InquiryDeclined(
        inquiry_id=command.inquiry_id,
        participant_id=command.participant_id,
        buyer_id=found.inquiry.participant_id,
    )
    return yes(command.inquiry_id, declined)


def withdraw_quote(state: MarketState, command: WithdrawQuote) -> Decision:
    """The seller takes its quote back."""
    _, seller_id = state.inquiries.quoted.get(command.quote_id, ("", ""))
    if seller_id != command.participant_id:
        return no(Code.QUOTE_UNKNOWN, "quote_id")
    if command.quote_id not in state.inquiries.quotes:
        return no(Code.QUOTE_EXPIRED, "quote_id")
    return yes(command.quote_id, quote_closed(state, command.quote_id, QuoteState.WITHDRAWN))


def expire_quote(state: MarketState, made_id: str) -> Iterator[Event]:
    """The time of a quote, or of an inquiry with all its quotes, is over."""
    inquiries = state.inquiries
    if made_id in inquiries.quotes:
        yield quote_closed(state, made_id, QuoteState.EXPIRED)
    elif made_id in inquiries.open:
        yield from _ended(state, inquiries.open[made_id], QuoteState.EXPIRED)


def end_at_gate(state: MarketState, start_s: int) -> Iterator[Event]:
    """The interval is agreed on no more."""
    for found in state.inquiries.at(start_s):
        yield from _ended(state, found, QuoteState.EXPIRED)
