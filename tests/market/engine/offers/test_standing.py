"""Standing rules: a forecast's share becomes an order when an interval opens, like anybody's order."""

from dataclasses import replace

import pytest

from market.model.listing import ListingPosted
from market.model.messages import Answer, OpenContinuous, OrdersAccepted, OrdersRejected
from market.model.order import AcceptedColumns, Side, Venue
from market.model.rejection import Code
from market.model.rules import ContinuousRules
from market.model.standing import (
    Forecast,
    ForecastsRecorded,
    RecordForecasts,
    SetStandingRule,
    StandingTerms,
    WithdrawStandingRule,
)
from tests.builders import call_rows
from tests.market.engine.offering import OFFERING, Offering, at, code, made


@pytest.fixture
def market() -> Offering:
    return Offering()


def rules(market: Offering, who: str, unit_id: str, name: str = "rule", **fields: object) -> Answer:
    terms = StandingTerms(unit_id=unit_id, **fields)  # type: ignore[arg-type]
    return market.tells(SetStandingRule, who, client_rule_id=name, terms=terms)


def expects(market: Offering, who: str, unit_id: str, injection_wh: int, number: int = 0) -> Answer:
    item = Forecast(unit_id=unit_id, start_s=at(number), injection_wh=injection_wh)
    return market.tells(RecordForecasts, who, forecasts=(item,))


def placed(market: Offering) -> list[AcceptedColumns]:
    return [event.orders for event in market.events if isinstance(event, OrdersAccepted)]


def test_the_share_of_a_forecast_is_offered_when_the_call_opens(market: Offering) -> None:
    assert made(rules(market, "ann", "ann-solar", sell_min_ticks=8_500, share_ppm=500_000)) == (
        "std-1"
    )
    expects(market, "ann", "ann-solar", 1_001)
    market.opens()
    (orders,) = placed(market)
    assert orders.client_order_id == (f"standing-std-1-{at(0)}",)
    assert orders.side == (Side.SELL,)
    assert orders.price_ticks == (8_500,)
    assert orders.energy_wh == (500,)
    assert market.engine.state.commitments.open_energy("ann-solar", at(0)).sell_wh == 500


def test_expected_withdrawal_is_bought_and_its_money_held(market: Offering) -> None:
    rules(market, "ben", "ben-load", buy_max_ticks=12_000)
    expects(market, "ben", "ben-load", -700)
    market.opens()
    (orders,) = placed(market)
    assert (orders.side, orders.energy_wh) == ((Side.BUY,), (700,))
    assert market.engine.state.ledger.held_quanta("ben") == 12_000 * 700


def test_without_a_forecast_or_a_price_for_its_direction_there_is_no_order(
    market: Offering,
) -> None:
    rules(market, "ann", "ann-solar", sell_min_ticks=8_500)
    rules(market, "ben", "ben-load", sell_min_ticks=8_500)
    expects(market, "ben", "ben-load", -700)
    expects(market, "ann", "ann-solar", 500, number=1)
    market.opens()
    assert placed(market) == []
    market.opens(1)
    assert len(placed(market)) == 1


def test_what_is_traded_or_offered_already_is_not_offered_again(market: Offering) -> None:
    rules(market, "ann", "ann-solar", sell_min_ticks=8_500)
    expects(market, "ann", "ann-solar", 1_000)
    made(market.lists("ann-solar", "sell", 9_000, "300"))
    made(market.takes("ben-load", "100"))
    market.opens()
    assert placed(market)[0].energy_wh == (700,)


def test_two_rules_of_a_unit_share_one_forecast(market: Offering) -> None:
    rules(market, "ann", "ann-solar", "first", sell_min_ticks=8_500, share_ppm=600_000)
    rules(market, "ann", "ann-solar", "second", sell_min_ticks=8_000)
    expects(market, "ann", "ann-solar", 1_000)
    market.opens()
    (orders,) = placed(market)
    assert orders.energy_wh == (600, 400)


def test_a_rule_that_is_withdrawn_places_no_more(market: Offering) -> None:
    rules(market, "ann", "ann-solar", sell_min_ticks=8_500)
    expects(market, "ann", "ann-solar", 1_000)
    other = market.tells(WithdrawStandingRule, "ben", rule_id="std-1")
    assert code(other) is Code.NOT_FOUND
    made(market.tells(WithdrawStandingRule, "ann", rule_id="std-1"))
    assert market.tells(WithdrawStandingRule, "ann", rule_id="std-1").orders[0].repeated
    market.opens()
    assert placed(market) == []


def test_an_order_it_cannot_pay_is_refused_like_anybodys() -> None:
    poor = Offering(funds=1_000)
    rules(poor, "ben", "ben-load", buy_max_ticks=12_000)
    expects(poor, "ben", "ben-load", -700)
    poor.opens()
    (refused,) = [event for event in poor.events if isinstance(event, OrdersRejected)]
    assert refused.client_order_ids == (f"standing-std-1-{at(0)}",)
    assert refused.rejections[0].code is Code.INSUFFICIENT_FUNDS


def test_a_rule_that_prefers_the_listing_is_listed(market: Offering) -> None:
    rules(market, "ann", "ann-solar", sell_min_ticks=8_500, venue=Venue.LISTING)
    expects(market, "ann", "ann-solar", 1_000)
    market.opens()
    (posted,) = [event.listing for event in market.events if isinstance(event, ListingPosted)]
    assert posted.client_listing_id == f"standing-std-1-{at(0)}"
    assert posted.terms.legs == ((at(0), 1_000),)
    made(market.takes("ben-load", "400"))
    market.closes()
    assert [row.energy_wh for row in call_rows(market.engine, at(0))] == [600]


def test_where_the_market_has_no_such_mode_the_call_takes_it() -> None:
    plain = Offering(rules=replace(OFFERING, listing=False))
    rules(plain, "ann", "ann-solar", "a", sell_min_ticks=8_500, venue=Venue.LISTING)
    rules(plain, "ben", "ben-chp", "b", sell_min_ticks=8_500, venue=Venue.CONTINUOUS)
    expects(plain, "ann", "ann-solar", 1_000)
    expects(plain, "ben", "ben-chp", 1_000)
    plain.opens()
    assert [orders.energy_wh for orders in placed(plain)] == [(1_000,), (1_000,)]


def test_a_rule_for_continuous_trading_places_when_that_opens() -> None:
    sessions = ContinuousRules(opens_minutes=60)
    running = Offering(rules=replace(OFFERING, continuous=sessions, call_opens_minutes=30))
    rules(running, "ann", "ann-solar", sell_min_ticks=12_000, venue=Venue.CONTINUOUS)
    expects(running, "ann", "ann-solar", 1_000)
    running.does(OpenContinuous(now_us=running.now_us, start_s=at(0)))
    (accepted,) = [event for event in running.events if isinstance(event, OrdersAccepted)]
    assert accepted.venue is Venue.CONTINUOUS
    running.opens()
    assert len(placed(running)) == 1
    assert [row.energy_wh for row in call_rows(running.engine, at(0))] == [1_000]


def test_only_a_known_thing_is_forecast_and_only_once(market: Offering) -> None:
    assert code(expects(market, "ben", "ann-solar", 100)) is Code.UNIT_UNKNOWN
    assert code(expects(market, "ann", "ann-solar", 2_501)) is Code.EXCEEDS_CAPABILITY
    assert code(expects(market, "ann", "ann-solar", -1)) is Code.EXCEEDS_CAPABILITY
    assert code(expects(market, "ann", "ann-solar", 1, number=-1)) is Code.PRODUCT_UNKNOWN
    expects(market, "ann", "ann-solar", 100)
    expects(market, "ann", "ann-solar", 100)
    expects(market, "ann", "ann-solar", 200)
    known = [event for event in market.events if isinstance(event, ForecastsRecorded)]
    assert [event.forecasts[0].injection_wh for event in known] == [100, 200]


def test_forecasts_end_with_the_gate(market: Offering) -> None:
    expects(market, "ann", "ann-solar", 100)
    expects(market, "ann", "ann-solar", 100, number=1)
    market.opens()
    market.closes()
    assert list(market.engine.state.standing.forecasts) == [at(1)]
    assert code(expects(market, "ann", "ann-solar", 100)) is Code.GATE_CLOSED


def test_faults_of_a_rule(market: Offering) -> None:
    assert code(rules(market, "ann", "ann-solar")) is Code.FIELD_MISSING
    assert code(rules(market, "ben", "ann-solar", sell_min_ticks=1)) is Code.UNIT_UNKNOWN
    share = rules(market, "ann", "ann-solar", sell_min_ticks=1, share_ppm=0)
    assert code(share) is Code.FIELD_RANGE
    dear = rules(market, "ann", "ann-solar", sell_min_ticks=400_001)
    assert code(dear) is Code.PRICE_ABOVE_MAX
    bilateral = rules(market, "ann", "ann-solar", sell_min_ticks=1, venue=Venue.BILATERAL)
    assert code(bilateral) is Code.FIELD_RANGE
    made(rules(market, "ann", "ann-solar", sell_min_ticks=1))
    assert rules(market, "ann", "ann-solar", sell_min_ticks=1).orders[0].repeated
    other = rules(market, "ann", "ann-solar", sell_min_ticks=2)
    assert code(other) is Code.EXISTS_WITH_DIFFERENT_FIELDS
    plain = Offering(rules=replace(OFFERING, standing=False))
    assert code(rules(plain, "ann", "ann-solar", sell_min_ticks=1)) is Code.MODE_NOT_OFFERED
