"""Listings: held like orders, taken whole or in part, over lines, and what is left joins the call."""

from dataclasses import replace

import pytest

from market.model.contract import Way, WaysTaken
from market.model.listing import (
    ListingClosed,
    ListingPosted,
    ListingState,
    ListingTerms,
    PostListing,
)
from market.model.messages import LinesUsed, LineUse, OrdersAccepted, PlaceOrders, RegisterUnits
from market.model.money import GRID_OPERATOR, participant_account
from market.model.order import Side, Venue
from market.model.participant import UnitKind
from market.model.rejection import Code
from tests.builders import call_rows, orders, unit
from tests.market.engine.offering import (
    OFFERING,
    PARTIES,
    Offering,
    at,
    code,
    curve,
    made,
)


@pytest.fixture
def market() -> Offering:
    return Offering()


def open_wh(market: Offering, unit_id: str, number: int = 0) -> tuple[int, int]:
    energy = market.engine.state.commitments.open_energy(unit_id, at(number))
    return energy.buy_wh, energy.sell_wh


def test_a_listing_holds_energy_and_money_of_every_interval(market: Offering) -> None:
    before = market.available("ben")
    assert made(market.lists("ben-load", "buy", 9_000, "400 500")) == "lst-1"
    assert open_wh(market, "ben-load", 0) == (400, 0)
    assert open_wh(market, "ben-load", 1) == (500, 0)
    assert market.available("ben") == before - 9_000 * 900
    assert market.engine.state.commitments.open_count("ben") == 2


def test_what_is_listed_cannot_be_sold_a_second_time(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "2000"))
    assert code(market.lists("ann-solar", "sell", 9_000, "1000")) is Code.EXCEEDS_CAPABILITY
    market.opens()
    made(market.takes("ben-load", "2000"))
    assert code(market.lists("ann-solar", "sell", 9_000, "1000")) is Code.EXCEEDS_CAPABILITY


def test_the_same_listing_again_answers_the_same_for_ever(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400", name="mine"))
    again = market.lists("ann-solar", "sell", 9_000, "400", name="mine")
    assert made(again) == "lst-1"
    assert again.orders[0].repeated
    other = market.lists("ann-solar", "sell", 9_001, "400", name="mine")
    assert code(other) is Code.EXISTS_WITH_DIFFERENT_FIELDS
    made(market.withdraws("ann"))
    assert market.lists("ann-solar", "sell", 9_000, "400", name="mine").orders[0].repeated


def test_taking_part_makes_two_legs_and_leaves_the_rest(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400 500"))
    ann, ben = market.available("ann"), market.available("ben")
    assert made(market.takes("ben-load", "300")) == "tak-1"
    seller, buyer = market.trades()
    assert seller.match_id == buyer.match_id
    assert (seller.unit_id, seller.side, seller.energy_wh) == ("ann-solar", Side.SELL, 300)
    assert (buyer.unit_id, buyer.side, buyer.energy_wh) == ("ben-load", Side.BUY, 300)
    assert {seller.venue, buyer.venue} == {Venue.LISTING}
    assert open_wh(market, "ann-solar") == (0, 100)
    assert market.engine.state.positions.traded("ann-solar", at(0)).sold_wh == 300
    assert market.available("ann") == ann + 2_700_000
    assert market.available("ben") == ben - 2_700_000


def test_a_take_is_told_by_its_own_id(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400"))
    made(market.takes("ben-load", "300", name="once"))
    assert market.takes("ben-load", "300", name="once").orders[0].repeated
    assert code(market.takes("ben-load", "100", name="once")) is Code.EXISTS_WITH_DIFFERENT_FIELDS
    assert len(market.trades()) == 2


def test_more_than_is_left_cannot_be_taken(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400 500"))
    made(market.takes("ben-load", "300"))
    refused = market.takes("ben-load", "101")
    assert code(refused) is Code.VOLUME_MAX
    assert refused.rejections[0].parameters == {"energy_kwh_max": "0.100"}
    assert code(market.takes("ben-load", "1", first=2)) is Code.VOLUME_MAX


def test_the_minimum_binds_and_a_smaller_rest_goes_whole(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "500", minimum_wh=200))
    assert code(market.takes("ben-load", "199")) is Code.MINIMUM_TAKE
    made(market.takes("ben-load", "400"))
    assert code(market.takes("ben-load", "99")) is Code.MINIMUM_TAKE
    made(market.takes("ben-load", "100"))
    assert code(market.takes("ben-load", "1")) is Code.LISTING_CLOSED


def test_a_minimum_above_an_intervals_energy_is_no_minimum(market: Offering) -> None:
    refused = market.lists("ann-solar", "sell", 9_000, "500 100", minimum_wh=200)
    assert code(refused) is Code.MINIMUM_TAKE


def test_a_demand_is_taken_by_a_seller(market: Offering) -> None:
    made(market.lists("ben-load", "buy", 9_000, "500"))
    made(market.takes("ann-solar", "200"))
    seller, buyer = market.trades()
    assert (seller.participant_id, buyer.participant_id) == ("ann", "ben")
    assert market.engine.state.ledger.held_quanta("ben") == 9_000 * 300


def test_partners_and_neighbours_and_source_bind(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "500", partners=("sue",)))
    assert code(market.takes("ben-load", "100")) is Code.LISTING_UNKNOWN
    made(market.lists("ann-solar", "sell", 9_000, "500", neighbours_only=True))
    assert code(market.takes("sue-load", "100", of="lst-2")) is Code.ATTRIBUTES_DIFFER
    made(market.takes("ben-load", "100", of="lst-2"))
    made(market.lists("ben-load", "buy", 9_000, "500", green_only=True))
    made(market.takes("sue-wind", "100", of="lst-3"))


def test_a_buyer_of_green_energy_is_not_served_by_a_generator(market: Offering) -> None:
    made(market.lists("ann-load", "buy", 9_000, "500", green_only=True))
    assert code(market.takes("ben-chp", "100")) is Code.ATTRIBUTES_DIFFER


def test_one_does_not_take_ones_own(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "500"))
    assert code(market.takes("ann-load", "100")) is Code.SELF_TRADE_PREVENTED


def test_the_takers_unit_and_money_are_checked() -> None:
    poor = Offering(funds=1_000_000)
    made(poor.lists("ann-solar", "sell", 9_000, "500"))
    assert code(poor.takes("ben-load", "500")) is Code.INSUFFICIENT_FUNDS
    made(poor.lists("ben-load", "buy", 1, "2500"))
    assert code(poor.takes("ben-load", "126")) is Code.EXCEEDS_CAPABILITY
    assert code(poor.takes("ben-chp", "126")) is Code.EXCEEDS_CAPABILITY


def test_a_listing_keeps_a_pseudonym_unless_it_shows_its_name(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "100"))
    made(market.lists("ben-chp", "sell", 9_000, "100"))
    made(market.lists("ann-solar", "sell", 9_500, "100"))
    made(market.lists("ann-solar", "sell", 9_500, "100", shows_name=True))
    shown = [e.listing.shown_as for e in market.events if isinstance(e, ListingPosted)]
    assert shown == ["seller-1", "seller-2", "seller-1", "Ann"]
    assert PARTIES[0].name == "Ann"


def test_a_listing_expires_at_its_time(market: Offering) -> None:
    until_us = market.now_us + 60_000_000
    made(market.lists("ben-load", "buy", 9_000, "400 500", expires_us=until_us))
    market.waits(1)
    assert market.events[-1] == ListingClosed(
        listing_id="lst-1",
        participant_id="ben",
        starts_s=(at(0), at(1)),
        state=ListingState.EXPIRED,
    )
    assert market.engine.state.ledger.held_quanta("ben") == 0
    assert market.engine.state.commitments.open_count("ben") == 0
    assert market.engine.state.deadlines.next_us() is None


def test_an_expiry_in_the_past_is_refused(market: Offering) -> None:
    refused = market.lists("ben-load", "buy", 9_000, "400", expires_us=market.now_us)
    assert code(refused) is Code.EXPIRY_IN_PAST


def test_a_withdrawn_listing_is_closed_for_good(market: Offering) -> None:
    made(market.lists("ben-load", "buy", 9_000, "400"))
    assert code(market.withdraws("ann")) is Code.LISTING_UNKNOWN
    made(market.withdraws("ben"))
    assert code(market.withdraws("ben")) is Code.LISTING_CLOSED
    assert code(market.takes("ann-solar", "1")) is Code.LISTING_CLOSED
    assert code(market.takes("ann-solar", "1", of="lst-9")) is Code.LISTING_UNKNOWN


# --- at the gate ----------------------------------------------------------------------


def test_what_is_left_at_the_gate_is_an_order_of_the_call(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400 500"))
    made(market.lists("ben-load", "buy", 12_000, "400"))
    made(market.takes("ben-load", "100"))
    held = market.engine.state.ledger.held_quanta("ben")
    market.opens()
    market.closes()
    rows = call_rows(market.engine, at(0))
    assert [row.order_id for row in rows] == ["ord-1", "ord-2"]
    assert [row.energy_wh for row in rows] == [300, 400]
    assert [row.price_ticks for row in rows] == [9_000, 12_000]
    assert market.engine.state.ledger.held_quanta("ben") == held
    assert open_wh(market, "ann-solar") == (0, 300)
    assert code(market.takes("ben-load", "1")) is Code.GATE_CLOSED
    made(market.takes("ben-load", "500", first=1))
    joined = [e for e in market.events if isinstance(e, OrdersAccepted)]
    assert joined[0].orders.client_order_id == (f"lst-1-{at(0)}",)


def test_wishes_a_call_cannot_honour_lapse_if_their_owner_says_so(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400", partners=("ben",), lapses_at_call=True))
    made(market.lists("ann-solar", "sell", 9_000, "300", partners=("ben",)))
    made(market.lists("ann-solar", "sell", 9_000, "200", lapses_at_call=True))
    market.opens()
    market.closes()
    assert [row.energy_wh for row in call_rows(market.engine, at(0))] == [300, 200]
    assert open_wh(market, "ann-solar") == (0, 500)


def test_an_own_id_already_used_does_not_stand_in_the_way(market: Offering) -> None:
    market.opens()

    taken = orders(f"lst-1-{at(0)} ann-solar sell 9000 100")
    market.tells(PlaceOrders, "ann", orders=taken)
    made(market.lists("ann-solar", "sell", 9_000, "400"))
    market.closes()
    joined = [e for e in market.events if isinstance(e, OrdersAccepted)]
    assert joined[-1].orders.client_order_id == (f"lst-1-{at(0)}-",)


def test_nothing_is_listed_behind_the_gate_or_off_the_grid_of_time(market: Offering) -> None:
    market.opens()
    market.closes()
    assert code(market.lists("ann-solar", "sell", 9_000, "400")) is Code.GATE_CLOSED
    wrong = market.lists("ann-solar", "sell", 9_000, "", legs=((at(0) + 1, 400),))
    assert code(wrong) is Code.PRODUCT_UNKNOWN
    twice = market.lists("ann-solar", "sell", 9_000, "", legs=(*curve("4", 1), *curve("4", 1)))
    assert code(twice) is Code.FIELD_FORMAT


def test_a_market_without_listings_says_so() -> None:
    plain = Offering(rules=replace(OFFERING, listing=False))
    assert code(plain.lists("ann-solar", "sell", 9_000, "400")) is Code.MODE_NOT_OFFERED


# --- over a line ------------------------------------------------------------------------


def test_over_a_line_the_taker_pays_fee_and_loss_and_the_line_is_drawn(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "1000"))
    made(market.takes("sue-load", "500"))
    seller, buyer = market.trades()
    # 500 arrive of 511 sent; (9000 + 400) x 511 / 500, up to the tick.
    assert (seller.area_id, seller.price_ticks, seller.energy_wh) == ("RUR", 9_000, 511)
    assert (buyer.area_id, buyer.price_ticks, buyer.energy_wh) == ("SEM", 9_607, 500)
    assert open_wh(market, "ann-solar") == (0, 489)
    assert market.engine.state.capacity.left_wh("RUR-SEM", True, at(0)) == 2_000 - 511
    assert market.engine.state.capacity.left_wh("RUR-SEM", False, at(0)) == 2_000
    assert market.balance(GRID_OPERATOR) == 400 * 511
    use = LineUse(
        line_id="RUR-SEM", forward=True, sent_wh=511, received_wh=500, match_id=seller.match_id
    )
    assert LinesUsed(start_s=at(0), uses=(use,)) in market.events


def test_a_demand_over_a_line_is_paid_where_the_buyer_is(market: Offering) -> None:
    made(market.lists("sue-load", "buy", 9_607, "500"))
    made(market.takes("ann-solar", "500"))
    seller, buyer = market.trades()
    assert (buyer.price_ticks, buyer.energy_wh) == (9_607, 500)
    # (9607 x 500 - 400 x 511) / 511, down to the tick.
    assert (seller.price_ticks, seller.energy_wh) == (9_000, 511)
    way = Way(
        match_id=seller.match_id,
        participant_id="ann",
        line_id="RUR-SEM",
        forward=True,
        sent_wh=511,
        received_wh=500,
    )
    assert market.events[-1] == WaysTaken(start_s=at(0), ways=(way,))


def test_all_of_a_listing_can_be_taken_over_a_line(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "1001"))
    refused = market.takes("sue-load", "981")
    assert refused.rejections[0].parameters == {"energy_kwh_max": "0.980"}
    made(market.takes("sue-load", "980"))
    assert open_wh(market, "ann-solar") == (0, 0)
    assert market.trades()[0].energy_wh == 1_001


def test_the_grid_refuses_what_it_cannot_carry_and_says_when(market: Offering) -> None:
    made(market.lists("sue-wind", "sell", 9_000, "4000 4000"))
    made(market.takes("ann-load", "1900"))
    refused = market.takes("ben-load", "500 500")
    assert code(refused) is Code.GRID_LIMIT
    assert refused.rejections[0].parameters == {
        "from_area": "SEM",
        "to_area": "RUR",
        "starts": "2016-06-14T23:00:00Z",
    }
    made(market.takes("ben-load", "500", first=1))


def test_areas_without_a_direct_line_do_not_trade_by_hand(market: Offering) -> None:

    far = unit(
        "retailer-sells", "retailer", UnitKind.RETAILER, injection_max_w=10**6, area_id="GRID"
    )
    market.does(RegisterUnits(now_us=market.now_us, actor="op", units=(far,)))
    terms = ListingTerms(
        unit_id="retailer-sells", side=Side.SELL, price_ticks=9_000, legs=curve("5000")
    )
    made(market.tells(PostListing, "retailer", client_listing_id="far", terms=terms))
    assert code(market.takes("ben-load", "100")) is Code.GRID_LIMIT
    made(market.takes("sue-load", "100"))


def test_money_is_conserved_over_a_line(market: Offering) -> None:
    made(market.lists("ann-solar", "sell", -500, "1000"))
    before = market.balance(participant_account("ann"))
    made(market.takes("sue-load", "333"))
    assert market.engine.state.ledger.sum_quanta() == 0
    assert market.engine.state.ledger.balance_quanta("central") == 0
    assert market.balance(participant_account("ann")) == before - 500 * 340
