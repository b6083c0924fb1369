"""Offers beside the sessions of a day: not while an auction is solved, and on the same line as all."""

from dataclasses import replace

from market.model.listing import ListingPosted
from market.model.messages import (
    CloseDayAhead,
    OpenContinuous,
    OpenDayAhead,
    OrdersAccepted,
    PlaceOrders,
)
from market.model.order import Venue
from market.model.rejection import Code
from market.model.rules import ContinuousRules, DayAheadRules
from market.model.standing import Forecast, RecordForecasts, SetStandingRule, StandingTerms
from tests.builders import orders
from tests.market.engine.offering import OFFERING, Offering, at, code, made

SESSIONS = DayAheadRules(opens_minutes=100, gate_minutes=60)
OPENING = replace(OFFERING, day_ahead=SESSIONS, call_opens_minutes=30)
RUNNING = replace(OFFERING, continuous=ContinuousRules(opens_minutes=60), call_opens_minutes=30)


def test_while_the_opening_call_is_solved_nothing_is_agreed() -> None:
    market = Offering(rules=OPENING)
    made(market.lists("ann-solar", "sell", 9_000, "400"))
    assert market.does(OpenDayAhead(now_us=market.now_us, start_s=at(0))).rejections == ()
    made(market.takes("ben-load", "100"))
    assert market.does(CloseDayAhead(now_us=market.now_us, start_s=at(0))).rejections == ()
    assert code(market.takes("ben-load", "100")) is Code.NOT_OPEN
    assert code(market.lists("ben-chp", "sell", 9_000, "400")) is Code.NOT_OPEN
    assert code(market.proposes("ben-load", "buy", "ann-solar", 1, "1")) is Code.NOT_OPEN
    made(market.withdraws("ann"))


def test_a_rule_of_the_call_places_in_the_opening_call_under_a_name_of_its_own() -> None:
    market = Offering(rules=OPENING)
    terms = StandingTerms(unit_id="ann-solar", sell_min_ticks=8_500)
    made(market.tells(SetStandingRule, "ann", client_rule_id="r", terms=terms))
    items = tuple(
        Forecast(unit_id="ann-solar", start_s=at(number), injection_wh=1_000) for number in (0, 5)
    )
    market.tells(RecordForecasts, "ann", forecasts=items)
    market.does(OpenDayAhead(now_us=market.now_us, start_s=at(0)))
    placed = [event.orders for event in market.events if isinstance(event, OrdersAccepted)]
    assert [row for orders in placed for row in orders.client_order_id] == [
        f"standing-std-1-{at(0)}-day",
        f"standing-std-1-{at(5)}-day",
    ]


def test_a_listing_by_rule_goes_up_with_continuous_trading() -> None:
    market = Offering(rules=RUNNING)
    terms = StandingTerms(unit_id="ann-solar", sell_min_ticks=8_500, venue=Venue.LISTING)
    made(market.tells(SetStandingRule, "ann", client_rule_id="r", terms=terms))
    item = Forecast(unit_id="ann-solar", start_s=at(0), injection_wh=1_000)
    market.tells(RecordForecasts, "ann", forecasts=(item,))
    market.does(OpenContinuous(now_us=market.now_us, start_s=at(0)))
    market.opens()
    assert len([event for event in market.events if isinstance(event, ListingPosted)]) == 1


def test_continuous_trading_and_listings_draw_on_one_account() -> None:
    market = Offering(rules=RUNNING)
    made(market.lists("ann-solar", "sell", 9_000, "2500"))
    made(market.lists("ben-chp", "sell", 9_000, "1000"))
    market.does(OpenContinuous(now_us=market.now_us, start_s=at(0)))
    market.tells(PlaceOrders, "ben", orders=orders("s ben-chp sell 12000 1500"))
    market.tells(PlaceOrders, "sue", orders=orders("b sue-load buy 20000 1400"))
    traded = [trade for trade in market.trades() if trade.venue is Venue.CONTINUOUS]
    assert sorted(trade.energy_wh for trade in traded) == [1_400, 1_429]
    assert code(market.takes("sue-load", "600")) is Code.GRID_LIMIT
    made(market.takes("sue-load", "559"))
    left_wh = market.engine.state.capacity.left_wh("RUR-SEM", True, at(0))
    assert left_wh == 2_000 - 1_429 - 571
    later = market.tells(PlaceOrders, "sue", orders=orders("c sue-load buy 20000 50"))
    assert later.orders[0].rejection is None
    assert len([trade for trade in market.trades() if trade.venue is Venue.CONTINUOUS]) == 2
