"""Inquiries: quotes are held, one is accepted, and everybody asked is told how it ended."""

from dataclasses import replace

import pytest

from market.model.listing import (
    CloseInquiry,
    DeclineInquiry,
    InquiryClosed,
    InquiryDeclined,
    InquiryMade,
    QuoteClosed,
    QuoteState,
    WithdrawQuote,
)
from market.model.order import Side, Venue
from market.model.rejection import Code
from tests.market.engine.offering import OFFERING, Offering, at, code, made


@pytest.fixture
def market() -> Offering:
    """Ben asks everybody who sells in both villages."""
    offering = Offering()
    made(offering.asks("ben-load", 500, asked_area="RUR", asked_participants=("sue",)))
    return offering


def ends(market: Offering) -> dict[str, QuoteState]:
    return {e.quote_id: e.state for e in market.events if isinstance(e, QuoteClosed)}


def test_all_sellers_of_the_area_are_asked_but_oneself(market: Offering) -> None:
    (asked,) = [e.inquiry for e in market.events if isinstance(e, InquiryMade)]
    assert asked.asked == ("ann", "sue")
    assert market.engine.state.ledger.held_quanta("ben") == 0


def test_a_unit_may_be_asked_and_a_load_cannot_answer(market: Offering) -> None:
    made(market.asks("ben-load", 500, asked_units=("sue-wind",)))
    assert code(market.asks("ben-load", 500, asked_units=("sue-load",))) is Code.UNIT_UNKNOWN
    nobody = market.asks("ben-load", 500, asked_participants=("ben",))
    assert code(nobody) is Code.PARTICIPANT_UNKNOWN
    assert code(market.asks("ben-load", 500, asked_area="XXX")) is Code.AREA_UNKNOWN


def test_a_quote_is_held_like_an_order(market: Offering) -> None:
    made(market.quotes("ann-solar", -100, 500))
    assert market.engine.state.commitments.open_energy("ann-solar", at(0)).sell_wh == 500
    assert market.engine.state.ledger.held_quanta("ann") == 50_000
    assert code(market.lists("ann-solar", "sell", 1, "2200")) is Code.EXCEEDS_CAPABILITY


def test_accepting_makes_the_trade_and_the_others_lose(market: Offering) -> None:
    made(market.quotes("ann-solar", 9_000, 500))
    made(market.quotes("sue-wind", 8_000, 400))
    market.tells(DeclineInquiry, "ann", inquiry_id="inq-1")
    assert made(market.accepts("ben", "quo-1")) == "quo-1"
    assert ends(market) == {"quo-1": QuoteState.ACCEPTED, "quo-2": QuoteState.LOST}
    seller, buyer = market.trades()
    assert (seller.unit_id, seller.energy_wh, seller.price_ticks) == ("ann-solar", 500, 9_000)
    assert (buyer.unit_id, buyer.side, buyer.venue) == ("ben-load", Side.BUY, Venue.LISTING)
    assert market.engine.state.commitments.open_energy("sue-wind", at(0)).sell_wh == 0
    assert market.engine.state.deadlines.next_us() is None
    closed = InquiryClosed(
        inquiry_id="inq-1", participant_id="ben", asked=("ann", "sue"), state=QuoteState.ACCEPTED
    )
    assert closed in market.events
    assert market.accepts("ben", "quo-1").orders[0].repeated
    assert code(market.accepts("ben", "quo-2")) is Code.QUOTE_EXPIRED
    assert len(market.trades()) == 2


def test_a_quote_over_a_line_holds_what_has_to_be_sent(market: Offering) -> None:
    made(market.quotes("sue-wind", 9_000, 500))
    assert market.engine.state.commitments.open_energy("sue-wind", at(0)).sell_wh == 511
    made(market.accepts("ben"))
    seller, buyer = market.trades()
    # No fee on the way back: 9000 x 511 / 500 = 9198.
    assert (seller.energy_wh, buyer.energy_wh, buyer.price_ticks) == (511, 500, 9_198)
    assert market.engine.state.commitments.open_energy("sue-wind", at(0)).sell_wh == 0


def test_the_buyers_money_is_checked_when_it_accepts() -> None:
    poor = Offering(funds=1_000_000)
    made(poor.asks("ben-load", 500, asked_area="RUR"))
    made(poor.quotes("ann-solar", 9_000, 500))
    assert code(poor.accepts("ben")) is Code.INSUFFICIENT_FUNDS
    assert poor.engine.state.commitments.open_energy("ann-solar", at(0)).sell_wh == 500


def test_who_was_not_asked_knows_nothing_of_it(market: Offering) -> None:
    assert code(market.quotes("ben-chp", 9_000, 500)) is Code.QUOTE_UNKNOWN
    made(market.quotes("ann-solar", 9_000, 500))
    assert code(market.accepts("sue")) is Code.QUOTE_UNKNOWN
    assert code(market.tells(WithdrawQuote, "ben", quote_id="quo-1")) is Code.QUOTE_UNKNOWN
    assert code(market.tells(CloseInquiry, "ann", inquiry_id="inq-1")) is Code.QUOTE_UNKNOWN


def test_the_same_wish_again_is_harmless_and_another_is_refused(market: Offering) -> None:
    made(market.quotes("ann-solar", 9_000, 500, name="q"))
    assert market.quotes("ann-solar", 9_000, 500, name="q").orders[0].repeated
    other = market.quotes("ann-solar", 9_001, 500, name="q")
    assert code(other) is Code.EXISTS_WITH_DIFFERENT_FIELDS
    made(market.asks("ben-load", 300, asked_area="RUR", name="i"))
    assert market.asks("ben-load", 300, asked_area="RUR", name="i").orders[0].repeated
    changed = market.asks("ben-load", 301, asked_area="RUR", name="i")
    assert code(changed) is Code.EXISTS_WITH_DIFFERENT_FIELDS


def test_a_quote_asks_no_more_than_was_asked_and_of_the_source_asked_for(market: Offering) -> None:
    assert code(market.quotes("ann-solar", 9_000, 501)) is Code.VOLUME_MAX
    assert code(market.quotes("ann-solar", 9_000, 500, minutes=0)) is Code.EXPIRY_IN_PAST
    made(market.asks("ann-load", 300, asked_participants=("ben",), green_only=True))
    assert code(market.quotes("ben-chp", 9_000, 300, of="inq-2")) is Code.ATTRIBUTES_DIFFER


def test_quotes_and_inquiries_expire_by_themselves(market: Offering) -> None:
    made(market.quotes("ann-solar", 9_000, 500, minutes=10))
    made(market.quotes("sue-wind", 9_000, 500, minutes=90))
    market.waits(10)
    assert ends(market) == {"quo-1": QuoteState.EXPIRED}
    assert code(market.accepts("ben", "quo-1")) is Code.QUOTE_EXPIRED
    market.waits(50)
    assert ends(market)["quo-2"] is QuoteState.EXPIRED
    assert isinstance(market.events[-1], InquiryClosed)
    assert code(market.quotes("ann-solar", 9_000, 500)) is Code.QUOTE_EXPIRED
    assert market.engine.state.commitments.open_energy("sue-wind", at(0)).sell_wh == 0


def test_time_that_has_passed_binds_before_the_timer_fires(market: Offering) -> None:
    made(market.quotes("ann-solar", 9_000, 500, minutes=10))
    market.now_us += 10 * 60_000_000
    assert code(market.accepts("ben")) is Code.QUOTE_EXPIRED


def test_declined_withdrawn_and_closed_come_back_as_such(market: Offering) -> None:
    made(market.tells(DeclineInquiry, "sue", inquiry_id="inq-1"))
    declined = InquiryDeclined(inquiry_id="inq-1", participant_id="sue", buyer_id="ben")
    assert market.events[-1] == declined
    assert market.tells(DeclineInquiry, "sue", inquiry_id="inq-1").orders[0].repeated
    made(market.quotes("ann-solar", 9_000, 500))
    made(market.tells(WithdrawQuote, "ann", quote_id="quo-1"))
    made(market.quotes("ann-solar", 9_000, 400))
    made(market.tells(CloseInquiry, "ben", inquiry_id="inq-1"))
    assert ends(market) == {"quo-1": QuoteState.WITHDRAWN, "quo-2": QuoteState.LOST}
    again = market.tells(CloseInquiry, "ben", inquiry_id="inq-1")
    assert code(again) is Code.QUOTE_EXPIRED


def test_at_the_gate_nothing_waits_any_more(market: Offering) -> None:
    made(market.quotes("ann-solar", 9_000, 500))
    market.opens()
    market.closes()
    assert ends(market) == {"quo-1": QuoteState.EXPIRED}
    assert market.engine.state.inquiries.open == {}
    assert code(market.asks("ben-load", 500, asked_area="RUR")) is Code.GATE_CLOSED


def test_a_line_that_filled_up_meanwhile_refuses_the_acceptance(market: Offering) -> None:
    made(market.quotes("sue-wind", 9_000, 500))
    made(market.lists("sue-wind", "sell", 9_000, "4000"))
    made(market.takes("ann-load", "1900"))
    assert code(market.accepts("ben")) is Code.GRID_LIMIT


def test_a_market_without_listings_takes_no_inquiry() -> None:
    plain = Offering(rules=replace(OFFERING, listing=False))
    assert code(plain.asks("ben-load", 500, asked_area="RUR")) is Code.MODE_NOT_OFFERED
