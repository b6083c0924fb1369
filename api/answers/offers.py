"""Answers: listings, takes, inquiries, quotes, contracts, rules, as they stand on the wire.

The one idea: a listing shows others what it is and how much is left, and its owner also what it asked for.
"""

from collections.abc import Iterable

from api.answers.values import Answer, optional_price
from market.model.contract import ContractView
from market.model.interval import instant_text, moment_text
from market.model.listing import InquiryView, ListingView, QuoteView, Take
from market.model.standing import Forecast, StandingView
from market.model.units import SECONDS_PER_MINUTE, energy_text, price_text


def legs(curve: Iterable[tuple[int, int]], interval_minutes: int) -> list[Answer]:
    """Energy of each interval."""
    step_s = interval_minutes * SECONDS_PER_MINUTE
    return [
        {
            "start": instant_text(start_s),
            "end": instant_text(start_s + step_s),
            "energy_kwh": energy_text(energy_wh),
        }
        for start_s, energy_wh in curve
    ]


def listing(view: ListingView, interval_minutes: int, viewer_id: str | None) -> Answer:
    """A listing; its owner also sees what only it has said."""
    item, terms = view.listing, view.listing.terms
    shown: Answer = {
        "listing_id": item.listing_id,
        "area_id": item.area_id,
        "side": terms.side.value,
        "source": item.source.value,
        "green": item.is_green,
        "seller": item.shown_as,
        "price_per_mwh": price_text(terms.price_ticks),
        "minimum_kwh": energy_text(terms.minimum_wh),
        "green_only": terms.green_only,
        "neighbours_only": terms.neighbours_only,
        "state": view.state.value,
        "legs": legs(view.left, interval_minutes),
    }
    if viewer_id != item.participant_id:
        return shown
    return {
        **shown,
        "client_listing_id": item.client_listing_id,
        "participant_id": item.participant_id,
        "unit_id": terms.unit_id,
        "posted_at": moment_text(item.posted_us),
        "posted_legs": legs(terms.legs, interval_minutes),
        "partners": list(terms.partners),
        "shows_name": terms.shows_name,
        "expires": None if terms.expires_us is None else moment_text(terms.expires_us),
        "lapses_at_call": terms.lapses_at_call,
    }


def take(item: Take, interval_minutes: int) -> Answer:
    """What was taken; the trades it made carry the listing's id as their order's."""
    return {
        "take_id": item.take_id,
        "client_take_id": item.client_take_id,
        "listing_id": item.listing_id,
        "unit_id": item.unit_id,
        "legs": legs(((leg.start_s, leg.energy_wh) for leg in item.legs), interval_minutes),
    }


def inquiry(view: InquiryView, viewer_id: str | None) -> Answer:
    """An inquiry; who else was asked is the buyer's to know."""
    item, terms = view.inquiry, view.inquiry.terms
    shown: Answer = {
        "inquiry_id": item.inquiry_id,
        "area_id": item.area_id,
        "start": instant_text(terms.start_s),
        "energy_kwh": energy_text(terms.energy_wh),
        "green_only": terms.green_only,
        "answer_by": moment_text(terms.answer_by_us),
        "asked_at": moment_text(item.asked_us),
        "state": view.state.value,
        "declined": viewer_id in view.declined,
    }
    if viewer_id not in {None, item.participant_id}:
        return shown
    return {
        **shown,
        "client_inquiry_id": item.client_inquiry_id,
        "participant_id": item.participant_id,
        "unit_id": terms.unit_id,
        "asked": list(item.asked),
        "declined": list(view.declined),
    }


def quote(view: QuoteView, viewer_id: str | None) -> Answer:
    """A quote as its giver or its receiver sees it."""
    item, terms = view.quote, view.quote.terms
    shown: Answer = {
        "quote_id": item.quote_id,
        "inquiry_id": terms.inquiry_id,
        "participant_id": item.participant_id,
        "unit_id": terms.unit_id,
        "area_id": item.area_id,
        "start": instant_text(item.start_s),
        "price_per_mwh": price_text(terms.price_ticks),
        "energy_kwh": energy_text(terms.energy_wh),
        "valid_until": moment_text(terms.valid_until_us),
        "given_at": moment_text(item.given_us),
        "state": view.state.value,
    }
    if viewer_id not in {None, item.participant_id}:
        return shown
    return {
        **shown,
        "client_quote_id": item.client_quote_id,
        "sent_kwh": energy_text(item.sent_wh),
    }


def contract(view: ContractView, interval_minutes: int, viewer_id: str | None) -> Answer:
    """A contract as its parties see it."""
    item, terms = view.contract, view.contract.terms
    own = viewer_id in {None, item.participant_id}
    return {
        "contract_id": item.contract_id,
        "client_contract_id": item.client_contract_id if own else None,
        "participant_id": item.participant_id,
        "unit_id": terms.unit_id,
        "area_id": item.area_id,
        "side": terms.side.value,
        "counterparty_id": item.counterparty_id,
        "counterparty_unit_id": terms.counterparty_unit_id,
        "counterparty_area_id": item.counterparty_area_id,
        "price_per_mwh": price_text(terms.price_ticks),
        "legs": legs(terms.legs, interval_minutes),
        "answer_by": moment_text(terms.answer_by_us),
        "registered_at": moment_text(item.registered_us),
        "state": view.state.value,
    }


def standing_rule(view: StandingView) -> Answer:
    """A rule as its owner set it."""
    item, terms = view.rule, view.rule.terms
    return {
        "rule_id": item.rule_id,
        "client_rule_id": item.client_rule_id,
        "participant_id": item.participant_id,
        "unit_id": terms.unit_id,
        "sell_min_per_mwh": optional_price(terms.sell_min_ticks),
        "buy_max_per_mwh": optional_price(terms.buy_max_ticks),
        "share_ppm": terms.share_ppm,
        "green_only": terms.green_only,
        "lapses_at_call": terms.lapses_at_call,
        "venue": terms.venue.value,
        "since": moment_text(item.since_us),
        "withdrawn": view.withdrawn,
    }


def forecast(item: Forecast, interval_minutes: int) -> Answer:
    """A forecast, as a meter would show it."""
    (leg,) = legs(((item.start_s, 0),), interval_minutes)
    return {
        "unit_id": item.unit_id,
        "start": leg["start"],
        "end": leg["end"],
        "consumption_kwh": energy_text(max(0, -item.injection_wh)),
        "generation_kwh": energy_text(max(0, item.injection_wh)),
    }
