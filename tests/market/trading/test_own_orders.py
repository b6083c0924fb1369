"""One owner's orders on both sides: what ends, what trades on, and what is told; and blocks beside them."""

import pytest

from market.model.order import OrderOptions, SelfTrade, TimeInForce
from market.model.rejection import Code
from market.trading.matching import ContinuousBook
from market.trading.resting import Ending, Plan, RowsPlan
from tests.market.trading.test_matching import (
    FOK,
    IOC,
    LOSSLESS,
    LOSSY,
    NOON_S,
    ONE_S,
    POST_ONLY,
    Hours,
    met,
)

OLDEST = SelfTrade.CANCEL_OLDEST
BOTH = SelfTrade.DECREMENT_BOTH


def told(plan: Plan | RowsPlan) -> list[tuple[str, int, int, int]]:
    """Which own order, how much of it was not met, what the newcomer lost for it, what it keeps."""
    return [(each.resting.order_id, *each[1:]) for each in plan.prevented]


@pytest.fixture
def hours() -> Hours:
    """Ann's own 70 Wh stand before Ben's 50."""
    made = Hours()
    for line in ("a ann sell N 70 50", "b ben sell N 50 60"):
        made.enter(line)
    return made


def test_who_clears_its_older_order_away_trades_on_and_is_filled(hours: Hours) -> None:
    plan = hours.enter("x ann buy N 50 60", OrderOptions(self_trade=OLDEST))

    assert (plan.ending, plan.code, plan.rest_wh) == (Ending.FILLED, None, 0)
    assert met(plan.fills) == [("b", 50, 60)]
    assert told(plan) == [("a", 50, 0, 0)]
    assert hours.rests() == []


def test_a_single_wh_that_is_left_rests(hours: Hours) -> None:
    plan = hours.enter("x ann buy N 51 60", OrderOptions(self_trade=OLDEST))

    assert (plan.ending, plan.rest_wh) == (Ending.RESTS, 1)
    assert hours.rests() == ["x 1/1"]


def test_what_an_immediate_order_does_not_get_is_cancelled_and_what_was_cleared_is_told(
    hours: Hours,
) -> None:
    plan = hours.enter("x ann buy N 80 60", OrderOptions(self_trade=OLDEST, tif=IOC.tif))

    assert (plan.ending, plan.code) == (Ending.CANCELLED, Code.IOC_REMAINDER_CANCELLED)
    assert (met(plan.fills), plan.rest_wh, told(plan)) == ([("b", 50, 60)], 30, [("a", 70, 0, 0)])
    assert hours.rests() == []


def test_a_fill_or_kill_clears_away_only_where_it_is_filled(hours: Hours) -> None:
    wish = OrderOptions(self_trade=OLDEST, tif=FOK.tif)
    plan = hours.enter("x ann buy N 51 60", wish)
    assert (plan.ending, plan.code, told(plan)) == (Ending.REFUSED, Code.FOK_NOT_FILLED, [])
    assert hours.rests() == ["a 70/70", "b 50/50"]

    plan = hours.enter("y ann buy N 50 60", wish)
    assert (plan.ending, told(plan)) == (Ending.FILLED, [("a", 50, 0, 0)])


def test_a_fill_or_kill_that_would_lose_to_itself_loses_nothing(hours: Hours) -> None:
    plan = hours.enter("x ann buy N 30 60", OrderOptions(self_trade=BOTH, tif=FOK.tif))

    assert (plan.ending, plan.code) == (Ending.REFUSED, Code.SELF_TRADE_PREVENTED)
    assert told(plan) == [("a", 30, 0, 70)]
    assert hours.rests() == ["a 70/70", "b 50/50"]


def test_an_order_that_may_only_rest_is_refused_by_its_owners_as_by_anybodys(hours: Hours) -> None:
    plan = hours.enter("x ann buy N 10 50", POST_ONLY)

    assert (plan.ending, plan.code) == (Ending.REFUSED, Code.POST_ONLY_WOULD_MATCH)
    assert hours.rests() == ["a 70/70", "b 50/50"]


def test_a_basket_names_the_row_that_meets_its_owner(hours: Hours) -> None:
    hours.enter("c cem sell N 10 40 1")
    plan = hours.basket("x ann buy N 10 40 1", "y ann buy N 10 60 0")

    assert (plan.code, plan.failed_row) == (Code.SELF_TRADE_PREVENTED, 1)
    assert told(plan) == [("a", 10, 0, 70)]


def test_an_own_iceberg_stands_in_the_way_with_all_of_it() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50", OrderOptions(display_wh=30))

    plan = hours.enter("x ann buy N 80 50", OrderOptions(self_trade=BOTH))

    assert (plan.ending, told(plan)) == (Ending.CANCELLED, [("a", 80, 80, 20)])
    assert hours.rests() == ["a 20/20"]


# --- blocks ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [SelfTrade.CANCEL_NEWEST, BOTH])
def test_a_block_that_is_filled_or_killed_is_killed_by_its_owners_and_both_stay(
    mode: SelfTrade,
) -> None:
    hours = Hours()
    hours.block("a ann sell N 50 100 200")

    plan = hours.block("x ann buy N 60 100 200", OrderOptions(self_trade=mode, tif=FOK.tif))

    assert (plan.ending, plan.code) == (Ending.REFUSED, Code.SELF_TRADE_PREVENTED)
    assert told(plan) == [("a", 300, 0, 300)]
    assert [block.order_id for block in hours.book.blocks] == ["a"]


def test_a_block_that_meets_its_owners_is_cancelled_with_its_reason() -> None:
    hours = Hours()
    hours.block("a ann sell N 50 100")
    plan = hours.block("x ann buy N 60 100", OrderOptions(tif=TimeInForce.IOC))
    assert (plan.ending, plan.code) == (Ending.CANCELLED, Code.SELF_TRADE_PREVENTED)


@pytest.mark.parametrize("owner", ["ann", "ben"])
def test_a_block_that_may_only_rest_meets_neither_its_owners_nor_anothers(owner: str) -> None:
    hours = Hours()
    hours.block("a ann sell N 50 100")

    plan = hours.block(f"x {owner} buy N 60 100", POST_ONLY)

    assert (plan.ending, plan.code) == (Ending.REFUSED, Code.POST_ONLY_WOULD_MATCH)
    assert hours.block(f"y {owner} buy N 49 100", POST_ONLY).ending is Ending.RESTS


def test_an_identical_block_comes_before_simple_orders() -> None:
    hours = Hours()
    hours.block("a ann sell N 50 100")
    hours.enter("b ben sell N 100 40")

    plan = hours.block("x cem buy N 60 100")

    assert plan.counterpart is not None
    assert (plan.counterpart.order_id, plan.rows) == ("a", ())
    assert hours.rests() == ["b 100/100"]


def test_a_block_over_a_line_counts_what_it_is_paid_or_pays_where_it_is() -> None:
    """A buyer at 10,000 pays 9,700 here: fee and loss of the line are between the two."""
    hours = Hours(LOSSY)
    hours.enter("b ben buy S 490 10000")

    assert hours.block("x ann sell N 9701 500", FOK).code is Code.FOK_NOT_FILLED
    plan = hours.block("y ann sell N 9700 500", FOK)
    assert [fill.sell_price_ticks for row in plan.rows for fill in row] == [9_700]

    hours.enter("a ann sell N 500 9700")
    assert hours.block("v ben buy S 9999 490", FOK).code is Code.FOK_NOT_FILLED
    plan = hours.block("w ben buy S 10000 490", FOK)
    assert [fill.buy_price_ticks for row in plan.rows for fill in row] == [10_000]


# --- icebergs and lines ---------------------------------------------------------------


def test_baskets_and_blocks_take_an_iceberg_slice_after_slice_in_turn() -> None:
    for takes in ("basket", "block"):
        hours = Hours()
        hours.enter("a ann sell N 100 50", OrderOptions(display_wh=30))
        hours.enter("b ben sell N 40 50")
        if takes == "basket":
            plan = hours.basket("x eve buy N 100 50")
        else:
            plan = hours.block("x eve buy N 50 100")
        assert [met(row) for row in plan.rows] == [[("a", 30, 50), ("b", 40, 50), ("a", 30, 50)]]


def test_every_slice_of_an_iceberg_elsewhere_comes_over_the_line() -> None:
    hours = Hours(LOSSLESS)
    hours.enter("a ann sell N 100 50", OrderOptions(display_wh=10))
    hours.enter("b ben sell S 5 50")

    plan = hours.enter("x eve buy S 45 60")

    ways = [(fill.resting.order_id, fill.path is not None, fill.bought_wh) for fill in plan.fills]
    assert ways[0] == ("b", False, 5)
    assert [way[:2] for way in ways[1:]] == [("a", True)] * (len(ways) - 1)
    assert sum(way[2] for way in ways) == 45
    assert hours.capacity.left_wh("N-S", True, 43_200) == 960


def test_a_single_wh_comes_over_a_line_and_a_seller_gets_more_than_its_limit() -> None:
    hours = Hours(LOSSLESS)
    hours.enter("b ben buy S 1 70")

    plan = hours.enter("a ann sell N 5 50")

    assert [(fill.bought_wh, fill.sell_price_ticks) for fill in plan.fills] == [(1, 70)]
    assert hours.rests() == ["a 4/4"]


def test_an_area_takes_in_no_more_than_its_connection_lets_through() -> None:
    hours = Hours(LOSSY, south_import_w=490)
    hours.enter("a ann sell N 700 50")
    hours.enter("b ben sell N 700 60")

    plan = hours.enter("x eve buy S 900 900")

    assert [(fill.sold_wh, fill.bought_wh) for fill in plan.fills] == [(500, 490)]
    assert (plan.ending, plan.rest_wh) == (Ending.RESTS, 410)


def test_whether_anything_could_be_met_is_known_from_the_best_price() -> None:
    hours = Hours()
    assert not hours.book.may_match("N", NOON_S, False, 90)
    hours.enter("a ann sell N 10 50")
    hours.enter("b ben buy N 10 40")
    assert hours.book.may_match("N", NOON_S, False, 50)
    assert hours.book.may_match("N", NOON_S, True, 40)
    assert not hours.book.may_match("N", NOON_S, False, 49)
    assert not hours.book.may_match("N", NOON_S, True, 41)
    assert not hours.book.may_match("S", NOON_S, False, 90)
    assert not hours.book.may_match("N", ONE_S, False, 90)


def test_of_a_filled_order_nothing_is_left_and_of_an_immediate_one_what_it_did_not_get() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50")
    assert hours.plan("x ben buy N 100 50").rest_wh == 0
    assert hours.plan("y ben buy N 130 50", IOC).rest_wh == 30
    assert hours.plan("z ben buy N 130 50").rest_wh == 30


def test_what_is_offered_too_dear_is_not_met_by_who_cannot_wait() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50")
    assert hours.plan("x ben buy N 10 49", IOC).code is Code.IOC_REMAINDER_CANCELLED
    assert hours.plan("y ben buy N 10 49", FOK).code is Code.FOK_NOT_FILLED
    assert hours.plan("z ben buy N 10 49").ending is Ending.RESTS


def test_a_book_that_is_brought_back_has_everybody_in_the_same_place() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50", OrderOptions(display_wh=30))
    hours.enter("b ben sell N 40 50")
    hours.enter("c cem buy N 20 50")
    for line in ("x ann sell N 50 100 100", "y ben sell N 50 100 100"):
        hours.block(line)
    before, blocks = hours.rests(), list(hours.book.blocks)

    back = object.__new__(ContinuousBook)
    vars(back).update(hours.book.__snapshot_state__())
    back.rebuilt()
    hours.book = back

    assert hours.rests() == before == ["a 10/80", "b 40/40"]
    assert [(each.order_id, each.sequence) for each in back.blocks] == [
        (each.order_id, each.sequence) for each in blocks
    ]
    assert met(hours.enter("d dan buy N 60 50").fills) == [
        ("a", 10, 50),
        ("b", 40, 50),
        ("a", 10, 50),
    ]
    found = hours.block("e eve buy N 50 100 100").counterpart
    assert found is not None
    assert found.order_id == "x"
