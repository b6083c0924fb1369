"""What orders need where positions are covered, and how far an account may be used."""

from dataclasses import replace

import pytest

from market.model.collateral import (
    CollateralWarned,
    CreditLimitProposed,
    CreditLimitSet,
    MarginCalled,
)
from market.model.listing import ListingTerms, PostListing
from market.model.messages import (
    CancelOrders,
    PlaceTogether,
)
from market.model.order import OrderColumns, Side
from market.model.payment import RequestWithdrawal
from market.model.rejection import Code
from tests.builders import RULES, STEP_S, Story
from tests.market.engine.covering import (
    AT_S,
    BOUGHT,
    COVERED,
    RICH,
    RULE,
    SOLD,
    Covered,
)

# --- at order entry ---------------------------------------------------------------------


def test_a_seller_has_to_cover_what_not_delivering_would_cost() -> None:
    market = Covered(ann=1_000 * SOLD - 1)

    answer = market.sends("ann-solar", "sell", 1_000, 12_000)

    assert answer.rejection is not None
    assert answer.rejection.code is Code.COLLATERAL_LIMIT
    assert answer.rejection.parameters == {"needed": "0.20000000", "available": "0.19999999"}
    market.pays_in(1)
    market.stands("ann-solar", "sell", 1_000, 12_000)
    assert market.available() == 0


def test_a_buyer_has_to_cover_its_price_and_the_fees_of_taking_it() -> None:
    needed = 1_000 * (12_000 + BOUGHT)
    market = Covered(ann=needed - 1)

    assert market.refused("ann-load", "buy", 1_000, 12_000) is Code.COLLATERAL_LIMIT
    market.pays_in(1)
    market.stands("ann-load", "buy", 1_000, 12_000)
    assert (market.available(), market.picture().held_quanta) == (0, 12_000_000)


def test_money_that_does_not_even_cover_the_hold_is_said_to_be_missing_for_that() -> None:
    market = Covered(ann=11_999_999)

    answer = market.sends("ann-load", "buy", 1_000, 12_000)

    assert answer.rejection is not None
    assert answer.rejection.code is Code.INSUFFICIENT_FUNDS
    assert answer.rejection.parameters == {"needed": "0.12000000", "available": "0.11999999"}


def test_without_a_rule_orders_need_what_they_hold_and_no_more() -> None:
    market = Covered(ann=0, rules=replace(COVERED, collateral=()))

    market.sold(1_000)
    assert market.available() == 12_000_000
    assert market.picture().traded_quanta == 0
    assert market.told(MarginCalled) == market.told(CollateralWarned) == []


def test_the_last_resort_covers_nothing() -> None:
    market = Covered()

    market.stands("retailer-sells", "sell", 200_000, 16_000)

    assert market.picture("retailer").open_quanta == 0


def test_a_fill_changes_what_is_open_into_what_is_traded() -> None:
    market = Covered(ann=1_000 * SOLD)
    market.stands("ann-solar", "sell", 1_000, 12_000)
    assert (market.picture().traded_quanta, market.picture().open_quanta) == (0, 20_000_000)

    market.stands("ben-load", "buy", 400, 12_000)

    shown = market.picture()
    assert (shown.traded_quanta, shown.open_quanta) == (8_000_000, 12_000_000)
    assert shown.available_quanta == 400 * 12_000  # what it was paid


def test_a_cancel_frees_everything() -> None:
    market = Covered(ann=1_000 * SOLD)
    order_id = market.stands("ann-solar", "sell", 1_000, 12_000)

    market.does(
        CancelOrders(now_us=market.now_us, actor="ann", participant_id="ann", order_ids=(order_id,))
    )

    assert market.available() == 1_000 * SOLD


def test_what_is_bought_back_counts_no_more() -> None:
    market = Covered(ann=2_000 * SOLD)
    market.sold(1_000)
    before = market.picture()

    market.stands("ann-battery", "sell", 400, 12_000)
    market.stands("ben-load", "buy", 400, 12_000)
    assert market.picture().traded_quanta == 28_000_000
    market.bought(400, unit_id="ann-battery")

    assert before.traded_quanta == 20_000_000
    assert market.picture().traded_quanta == 20_000_000, "400 Wh sold and bought are no position"


def test_purchases_and_sales_of_one_unit_are_counted_by_the_worse_side() -> None:
    market = Covered(ann=RICH)

    market.stands("ann-battery", "sell", 1_000, 15_000)
    market.stands("ann-battery", "buy", 1_000, 9_000)

    assert market.picture().open_quanta == 20_000_000


def test_rows_of_one_command_count_together() -> None:
    market = Covered(ann=3 * 500 * SOLD)
    rows = OrderColumns(
        client_order_id=("a", "b", "c", "d"),
        unit_id=("ann-solar",) * 4,
        start_s=tuple(AT_S + STEP_S * row for row in range(4)),
        side=(Side.SELL,) * 4,
        price_ticks=(12_000,) * 4,
        energy_wh=(500,) * 4,
    )

    refusal = (
        market.does(
            PlaceTogether(
                now_us=market.now_us,
                actor="ann",
                participant_id="ann",
                client_order_id="basket",
                rows=rows,
                is_block=False,
            )
        )
        .orders[0]
        .rejection
    )

    assert refusal is not None
    assert (refusal.code, refusal.pointer) == (Code.COLLATERAL_LIMIT, "rows/3")


def test_a_larger_replacement_is_covered_less_what_it_replaces() -> None:
    market = Covered(ann=1_000 * SOLD)
    order_id = market.stands("ann-solar", "sell", 900, 12_000)

    assert market.replaces(order_id, energy_wh=1_001).rejections[0].code is Code.COLLATERAL_LIMIT
    assert market.replaces(order_id, energy_wh=1_000, price_ticks=13_000).rejections == ()
    assert market.available() == 0


def test_a_listing_is_covered_like_an_order() -> None:
    market = Covered(ann=1_000 * SOLD - 1)

    def lists(energy_wh: int) -> tuple[Code, ...]:
        market.names += 1
        terms = ListingTerms(
            unit_id="ann-solar", side=Side.SELL, price_ticks=12_000, legs=((AT_S, energy_wh),)
        )
        answer = market.does(
            PostListing(
                now_us=market.now_us,
                actor="ann",
                participant_id="ann",
                client_listing_id=f"list-{market.names}",
                terms=terms,
            )
        )
        return tuple(item.code for item in answer.rejections)

    assert lists(1_000) == (Code.COLLATERAL_LIMIT,)
    assert lists(999) == ()
    assert market.available() == SOLD - 1


def test_many_rows_at_once_are_told_what_one_after_another_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told() -> tuple[object, bytes]:
        story = Story(
            rules=replace(RULES, collateral=(RULE,)), deposits={"ann": 3 * 10**7, "ben": 0}
        )
        story.opens()
        table = "\n".join(f"a{row} ann-solar sell {9_000 + row} 90" for row in range(20))
        more = "\n".join(f"b{row} ann-load buy {9_000 + row} 90" for row in range(40))
        return (story.places("ann", table), story.places("ann", more)), story.engine.snapshot()

    columns = told()
    monkeypatch.setattr("market.engine.orders.admission.LEAST_ROWS", 1_000)
    assert told() == columns
    sales, purchases = columns[0]  # type: ignore[misc]
    assert [row.rejection.code for row in sales if row.rejection] == [Code.COLLATERAL_LIMIT] * 4
    assert {row.rejection.code for row in purchases} == {Code.COLLATERAL_LIMIT}


# --- credit limits -------------------------------------------------------------------------


def test_a_larger_limit_takes_two_operators() -> None:
    market = Covered()

    assert market.lends(10**9, "op1").rejections == ()
    assert market.available() == 0
    assert market.lends(10**9, "op1").rejections[0].code is Code.SECOND_PERSON_REQUIRED
    assert market.lends(10**9 + 1, "op2").rejections == (), "another limit is a proposal of its own"
    assert market.available() == 0
    assert market.lends(10**9 + 1, "op3").rejections == ()

    assert market.available() == 10**9 + 1
    (made,) = market.told(CreditLimitSet)
    assert isinstance(made, CreditLimitSet)
    assert made.limit.actors == ("op2", "op3")
    assert len(market.told(CreditLimitProposed)) == 2


def test_who_agrees_too_late_only_proposes() -> None:
    market = Covered()
    market.lends(10**9, "op1")
    market.waits(16)

    market.lends(10**9, "op2")

    assert market.available() == 0


def test_a_smaller_limit_takes_one_and_the_same_again_is_harmless() -> None:
    market = Covered()
    market.lends(10**9)

    market.lends(10**8, "op1")
    before = len(market.events)
    market.lends(10**8, "op1")

    assert market.available() == 10**8
    assert len(market.events) == before


def test_a_limit_is_of_somebody_known() -> None:
    market = Covered()

    assert market.lends(1, "op1", who="nobody").rejections[0].code is Code.PARTICIPANT_UNKNOWN


def test_orders_may_use_what_is_lent_and_no_more() -> None:
    market = Covered(rules=replace(COVERED, collateral=()))
    market.lends(1_000 * 12_000)

    assert market.refused("ann-load", "buy", 1_001, 12_000) is Code.INSUFFICIENT_FUNDS
    market.stands("ann-load", "buy", 1_000, 12_000)
    assert market.available() == 0


def test_neither_what_is_lent_nor_what_covers_a_position_is_paid_out() -> None:
    market = Covered(ann=30_000_000)
    market.lends(50_000_000)
    market.sold(1_000)  # 42,000,000 on the account, 20,000,000 of it cover the position

    def withdraws(amount_quanta: int) -> tuple[Code, ...]:
        market.names += 1
        wish = RequestWithdrawal(
            now_us=market.now_us,
            actor="ann",
            participant_id="ann",
            client_payout_id=f"out-{market.names}",
            amount_quanta=amount_quanta,
            payee_account="DE89370400440532013000",
            payee_name="Ann",
        )
        return tuple(item.code for item in market.does(wish).rejections)

    assert withdraws(23_000_000) == (Code.INSUFFICIENT_FUNDS,)
    assert withdraws(22_000_000) == ()
