"""Who is warned, who is called to pay in, and what is left to who does not."""

from dataclasses import replace

from market.engine.engine import Engine
from market.model.collateral import (
    CollateralState,
    CollateralWarned,
    MarginCalled,
    MarginCallMet,
    MarginCallMissed,
)
from market.model.messages import (
    CancelOrders,
    OrdersCancelled,
)
from market.model.recall import RequestRecall
from market.model.rejection import Code
from tests.builders import STEP_S
from tests.market.engine.covering import (
    AT_S,
    COVERED,
    MINUTE_US,
    RULE,
    SOLD,
    Covered,
)


def wants_back(market: Covered, who: str, match_id: str = "mat-c1") -> None:
    """A party asks for the recall of a match."""
    asked = RequestRecall(
        now_us=market.now_us,
        actor=who,
        match_id=match_id,
        start_s=AT_S,
        reason="a slip",
        participant_id=who,
    )
    assert market.does(asked).rejections == ()


# --- warnings and calls --------------------------------------------------------------------


def short_by(missing_quanta: int, unit_id: str = "ann-solar") -> Covered:
    """Ann has sold 1,000 Wh on credit, which is then taken back so far that so much is missing."""
    market = Covered()
    market.lends(1_000 * SOLD)
    market.sold(1_000, unit_id=unit_id)  # she is paid 12,000,000 and may owe 20,000,000
    market.lends(8_000_000 - missing_quanta, "op1")
    return market


def test_a_warning_is_told_at_its_part_and_over_a_tenth_below() -> None:
    market = Covered(ann=25_000_000 - 12_000_000)
    market.lends(12_000_000)
    market.sold(1_000)  # 20 of 37 million
    assert market.told(CollateralWarned) == []

    market.lends(0, "op1")

    (warned,) = market.told(CollateralWarned)
    assert isinstance(warned, CollateralWarned)
    assert (warned.warned, warned.exposure_quanta, warned.covers_quanta) == (
        True,
        20_000_000,
        25_000_000,
    )
    assert market.picture().state is CollateralState.WARNED
    market.pays_in(2_000_000)  # 74 %
    assert len(market.told(CollateralWarned)) == 1
    market.pays_in(1_000_000)  # 71.4 %
    assert market.picture().state is CollateralState.COVERED
    assert len(market.told(CollateralWarned)) == 2


def test_who_is_short_is_called_with_amount_and_due_time() -> None:
    market = short_by(3_000_000)

    (called,) = market.told(MarginCalled)
    assert isinstance(called, MarginCalled)
    assert called.call.call_id == "mar-1"
    assert called.call.amount_quanta == 3_000_000
    assert called.call.due_us == market.now_us + 60 * MINUTE_US
    assert market.engine.next_deadline_us() == called.call.due_us
    assert market.picture().state is CollateralState.CALLED
    assert market.picture().margin_quanta == -3_000_000


def test_a_call_is_met_by_all_of_it_and_not_by_part() -> None:
    market = short_by(3_000_000)

    market.pays_in(2_999_999)
    assert market.told(MarginCallMet) == []
    market.pays_in(1)

    assert len(market.told(MarginCallMet)) == 1
    market.waits(120)
    assert market.told(MarginCallMissed) == []
    assert market.picture().call is None


def test_a_call_is_also_met_by_a_smaller_position() -> None:
    market = short_by(3_000_000)

    market.bought(500, 15_000, "ann-solar")  # costs 7,500,000, spares 10,000,000

    assert market.picture().margin_quanta == -500_000
    market.bought(100, 15_000, "ann-solar")
    assert len(market.told(MarginCallMet)) == 1


def test_a_call_that_is_missed_leaves_only_reducing() -> None:
    market = short_by(3_000_000)
    market.pays_in(1_000_000)
    market.waits(59)
    assert market.told(MarginCallMissed) == []

    market.waits(1)

    (missed,) = market.told(MarginCallMissed)
    assert isinstance(missed, MarginCallMissed)
    assert (missed.call_id, missed.missing_quanta) == ("mar-1", 2_000_000)
    assert market.picture().state is CollateralState.REDUCE_ONLY
    for order in (
        ("ann-solar", "sell", 1, 12_000),
        ("ann-load", "buy", 1, 12_000),
        ("ann-battery", "buy", 1, 12_000),
    ):
        assert market.refused(*order) is Code.REDUCE_ONLY
    assert (
        market.refused("ann-solar", "buy", 1, 12_000, start_s=AT_S + STEP_S)
        is Code.EXCEEDS_CAPABILITY
    )
    market.stands("ann-solar", "buy", 600, 12_000)
    assert market.refused("ann-solar", "buy", 401, 12_000) is Code.EXCEEDS_CAPABILITY
    market.stands("ann-solar", "buy", 400, 12_000)


def test_reducing_may_cost_what_it_spares_and_no_more() -> None:
    market = short_by(8_000_000)  # nothing is lent any more
    market.pays_in(1_000_000)
    market.waits(60)

    assert market.refused("ann-solar", "buy", 1_000, SOLD + 1) is Code.INSUFFICIENT_FUNDS
    market.stands("ann-solar", "buy", 1_000, SOLD)


def test_a_buyer_reduces_by_selling_what_it_bought() -> None:
    market = Covered()
    market.lends(24_000_000)
    market.bought(1_000)
    market.lends(0, "op1")
    market.waits(60)
    assert market.picture().state is CollateralState.REDUCE_ONLY

    answer = market.sends("ann-load", "sell", 1_001, 12_000)
    assert answer.rejection is not None, (
        "a load takes back what it bought, and can sell nothing else"
    )
    assert answer.rejection.code is Code.EXCEEDS_CAPABILITY
    assert answer.rejection.parameters == {"energy_kwh_max": "1.000"}
    assert market.refused("ann-load", "buy", 1, 12_000) is Code.REDUCE_ONLY
    market.stands("ann-load", "sell", 1_000, 12_000)
    assert market.available() == -24_000_000, "it is not sold yet, and needs nothing"


def test_selling_all_of_a_purchase_again_lifts_it() -> None:
    market = Covered()
    market.lends(24_000_000)
    market.bought(500, unit_id="ann-battery")
    market.lends(0, "op1")
    market.waits(60)
    market.stands("ben-load", "buy", 500, 12_000)

    market.stands("ann-battery", "sell", 500, 12_000)

    assert market.picture().traded_quanta == 0
    assert market.picture().state is CollateralState.COVERED


def test_what_is_open_ends_when_a_call_is_missed() -> None:
    market = Covered()
    market.lends(50_000_000)
    market.sold(1_000)
    order_id = market.stands("ann-solar", "sell", 1_000, 15_000)
    market.lends(0, "op1")

    market.waits(60)

    ended = market.told(OrdersCancelled)
    assert [
        (event.order_ids, event.reason) for event in ended if isinstance(event, OrdersCancelled)
    ] == [((order_id,), "system_margin_call")]
    assert market.picture().open_quanta == 0


def test_an_order_may_still_be_cancelled_and_made_smaller() -> None:
    market = short_by(3_000_000)
    market.waits(60)
    order_id = market.stands("ann-solar", "buy", 600, 12_000)

    assert market.replaces(order_id, energy_wh=500).rejections == ()
    answer = market.does(
        CancelOrders(now_us=market.now_us, actor="ann", participant_id="ann", order_ids=(order_id,))
    )

    assert answer.orders[0].rejection is None


def test_an_order_is_not_made_larger_by_replacing() -> None:
    market = short_by(3_000_000, "ann-battery")
    market.waits(60)
    order_id = market.stands("ann-battery", "buy", 600, 12_000)

    assert market.replaces(order_id, energy_wh=1_001).rejections[0].code is Code.REDUCE_ONLY
    assert market.replaces(order_id, energy_wh=1_000).rejections == ()


def test_paying_in_after_the_time_lifts_it() -> None:
    market = short_by(3_000_000)
    market.waits(600)

    market.pays_in(3_000_000)

    assert len(market.told(MarginCallMet)) == 1
    assert market.picture().state is CollateralState.WARNED
    market.pays_in(20_000_000)
    market.stands("ann-solar", "sell", 100, 12_000, start_s=AT_S + STEP_S)


def test_a_second_call_has_a_number_of_its_own() -> None:
    market = short_by(3_000_000)
    market.pays_in(3_000_000)

    market.lends(1_000_000, "op1")

    calls = [event.call for event in market.told(MarginCalled) if isinstance(event, MarginCalled)]
    assert [call.call_id for call in calls] == ["mar-1", "mar-2"]


def test_a_recalled_trade_counts_no_more() -> None:
    market = Covered(ann=1_000 * SOLD)
    market.sold(1_000)
    for who in ("ann", "ben"):
        wants_back(market, who)

    assert market.picture().traded_quanta == 0


def test_a_recall_ends_what_was_to_take_the_trade_back() -> None:
    quick = replace(COVERED, collateral=(replace(RULE, call_minutes=5),))
    market = Covered(rules=quick)
    market.lends(60_000_000)
    market.sold(1_000)
    market.sold(1_000, unit_id="ann-battery")
    market.lends(0, "op1")
    market.waits(6)
    assert market.picture().state is CollateralState.REDUCE_ONLY
    order_id = market.stands("ann-battery", "buy", 1_000, 9_000)

    for who in ("ann", "ben"):
        wants_back(market, who, "mat-c3")

    assert market.engine.state.positions.traded("ann-battery", AT_S).sold_wh == 0
    ended = [event for event in market.told(OrdersCancelled) if isinstance(event, OrdersCancelled)]
    assert [(event.order_ids, event.reason) for event in ended] == [
        ((order_id,), "system_margin_call")
    ]


# --- over a day ---------------------------------------------------------------------------


def test_a_restart_says_nothing_twice() -> None:
    market = short_by(3_000_000)
    again = Engine()
    for event in market.events:
        again.apply(event)
    market.engine = again
    before = len(market.events)

    market.sends("ben-load", "buy", 10, 9_000)

    assert not any(isinstance(event, MarginCalled) for event in market.events[before:])
