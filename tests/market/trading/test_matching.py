"""What meets what in continuous trading, in words and small tables."""
# house: long because every rule of the book has its own small example

from collections.abc import Iterable
from dataclasses import replace

import pytest

from market.model.grid import Area, Grid, Line
from market.model.order import PLAIN, OrderOptions, SelfTrade, TimeInForce
from market.model.rejection import Code
from market.trading.capacity import Capacity
from market.trading.matching import ContinuousBook
from market.trading.resting import Ending, Fill, Plan, Resting, RestingBlock, RowsPlan, terms_of

NOON_S = 43_200
ONE_S = NOON_S + 3_600
LOSSLESS = Line(
    line_id="N-S",
    from_area="N",
    to_area="S",
    capacity_forward_w=1_000,
    capacity_backward_w=1_000,
    loss_ppm=0,
    fee_forward_ticks=0,
    fee_backward_ticks=0,
)
LOSSY = replace(LOSSLESS, loss_ppm=20_000, fee_forward_ticks=100)
IOC = OrderOptions(tif=TimeInForce.IOC)
FOK = OrderOptions(tif=TimeInForce.FOK)
POST_ONLY = OrderOptions(post_only=True)


class Hours:
    """One market with hourly intervals; orders are lines of text."""

    def __init__(
        self, *lines: Line, north_export_w: int | None = None, south_import_w: int | None = None
    ) -> None:
        areas = (
            Area(area_id="N", name="North", export_limit_w=north_export_w),
            Area(area_id="S", name="South", import_limit_w=south_import_w),
            Area(area_id="W", name="West"),
        )
        grid = Grid(areas=areas, lines=lines)
        self.capacity = Capacity(grid, 60)
        self.closed: set[tuple[str, int]] = set()
        self.book = ContinuousBook(grid, self.capacity, self)

    def trades_continuously(self, area_id: str, start_s: int) -> bool:
        return (area_id, start_s) not in self.closed

    def plan(self, line: str, options: OrderOptions = PLAIN, *, green: bool = False) -> Plan:
        return self.book.plan(order(line, options, green=green), options)

    def enter(self, line: str, options: OrderOptions = PLAIN, *, green: bool = False) -> Plan:
        coming = order(line, options, green=green)
        plan = self.book.plan(coming, options)
        if plan.ending is not Ending.REFUSED:
            self._draw(plan.fills)
        self.book.apply(coming, plan)
        return plan

    def basket(self, *lines: str, options: OrderOptions = PLAIN) -> RowsPlan:
        return self._done(self.book.plan_basket([order(line) for line in lines], options))

    def block(self, line: str, options: OrderOptions = PLAIN) -> RowsPlan:
        """`id owner side area price energy energy …`, from noon on."""
        order_id, owner, side, area, price, *energies = line.split()
        legs = tuple((NOON_S + 3_600 * hour, int(wh)) for hour, wh in enumerate(energies))
        coming = RestingBlock(
            order_id, owner, f"{owner}-unit", area, side == "sell", int(price), legs
        )
        return self._done(self.book.plan_block(coming, options), coming)

    def _done(self, plan: RowsPlan, block: RestingBlock | None = None) -> RowsPlan:
        self._draw(fill for row in plan.rows for fill in row)
        self.book.apply_rows(plan, block)
        return plan

    def _draw(self, fills: Iterable[Fill]) -> None:
        for fill in fills:
            if fill.path is not None:
                line_id, forward, sent_wh, received_wh, _ = fill.path
                self.capacity.draw(line_id, forward, fill.resting.start_s, sent_wh, received_wh)

    def rests(self) -> list[str]:
        """id, shown and all that is left, in order of priority."""
        return [
            f"{each.order_id} {each.shown_wh}/{each.remaining_wh}" for each in self.book.orders()
        ]


def order(line: str, options: OrderOptions = PLAIN, *, green: bool = False) -> Resting:
    """`id owner side area energy price [hour]`."""
    order_id, owner, side, area, energy, price, *hour = line.split()
    start_s = NOON_S + 3_600 * int(hour[0]) if hour else NOON_S
    return Resting(
        order_id,
        owner,
        f"{owner}-unit",
        area,
        start_s,
        side == "sell",
        int(price),
        int(energy),
        terms_of(options, green),
    )


def met(fills: Iterable[Fill]) -> list[tuple[str, int, int]]:
    """Whom, how much at the buyer, at what price of the resting order."""
    return [(fill.resting.order_id, fill.bought_wh, fill.resting.price_ticks) for fill in fills]


# Price and time


def test_best_price_first_then_time_and_the_resting_order_sets_the_price() -> None:
    hours = Hours()
    for line in ("a ann sell N 100 60", "b ben sell N 100 50", "c cem sell N 100 50"):
        hours.enter(line)

    plan = hours.enter("d dan buy N 250 70")

    assert met(plan.fills) == [("b", 100, 50), ("c", 100, 50), ("a", 50, 60)]
    assert plan.ending is Ending.FILLED
    assert hours.rests() == ["a 50/50"]


def test_what_does_not_trade_rests() -> None:
    hours = Hours()
    hours.enter("a ann buy N 100 -20")

    plan = hours.enter("b ben sell N 150 -30")

    assert met(plan.fills) == [("a", 100, -20)]
    assert (plan.ending, plan.rest_wh) == (Ending.RESTS, 50)
    assert hours.book.best("N", NOON_S) == (None, -30)


def test_a_plan_changes_nothing() -> None:
    hours = Hours(LOSSY)
    hours.enter("a ann sell N 100 50", OrderOptions(display_wh=30))
    hours.enter("b ben sell S 100 60")

    first = hours.plan("c cem buy S 150 90")

    assert met(first.fills) == met(hours.plan("c cem buy S 150 90").fills)
    assert hours.rests() == ["a 30/100", "b 100/100"]
    assert hours.capacity.left_wh("N-S", True, NOON_S) == 1_000


def test_intervals_are_strangers() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50 0")

    assert hours.enter("b ben buy N 100 50 1").fills == ()


# Validity


@pytest.mark.parametrize(
    ("options", "ending", "code", "left"),
    [
        (PLAIN, Ending.RESTS, None, ["b 20/20"]),
        (IOC, Ending.CANCELLED, Code.IOC_REMAINDER_CANCELLED, []),
        (FOK, Ending.REFUSED, Code.FOK_NOT_FILLED, ["a 100/100"]),
        (POST_ONLY, Ending.REFUSED, Code.POST_ONLY_WOULD_MATCH, ["a 100/100"]),
    ],
)
def test_what_becomes_of_the_rest(
    options: OrderOptions, ending: Ending, code: Code | None, left: list[str]
) -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50")

    plan = hours.enter("b ben buy N 120 50", options)

    assert (plan.ending, plan.code) == (ending, code)
    assert hours.rests() == left


def test_immediate_orders_that_meet_nothing_do_not_rest() -> None:
    hours = Hours()

    assert hours.enter("a ann buy N 1 50", IOC).code is Code.IOC_REMAINDER_CANCELLED
    assert hours.enter("b ann buy N 1 50", FOK).code is Code.FOK_NOT_FILLED
    assert hours.enter("c ann buy N 1 50", POST_ONLY).ending is Ending.RESTS


def test_a_fill_or_kill_is_filled_over_several_prices() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50")
    hours.enter("b ben sell N 100 55")

    assert met(hours.enter("c cem buy N 200 55", FOK).fills) == [("a", 100, 50), ("b", 100, 55)]


# Icebergs


def test_an_iceberg_shows_a_part_and_what_is_shown_anew_stands_behind() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50", OrderOptions(display_wh=30))
    hours.enter("b ben sell N 40 50")
    assert hours.book.depth("N", NOON_S)[1] == [(50, 70, 2)]

    plan = hours.enter("c cem buy N 50 50")

    assert met(plan.fills) == [("a", 30, 50), ("b", 20, 50)]
    assert hours.rests() == ["b 20/20", "a 30/70"]


def test_icebergs_take_turns() -> None:
    hours = Hours()
    hours.enter("a ann sell N 25 50", OrderOptions(display_wh=10))
    hours.enter("b ben sell N 100 50", OrderOptions(display_wh=10))

    plan = hours.enter("c cem buy N 55 50")

    assert met(plan.fills) == [
        ("a", 10, 50),
        ("b", 10, 50),
        ("a", 10, 50),
        ("b", 10, 50),
        ("a", 5, 50),
        ("b", 10, 50),
    ]
    assert hours.rests() == ["b 10/70"]


def test_an_iceberg_alone_at_its_price_is_one_match() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50", OrderOptions(display_wh=10))

    assert met(hours.enter("b ben buy N 45 50").fills) == [("a", 45, 50)]
    assert hours.rests() == ["a 5/55"]


def test_less_of_an_order_keeps_its_place_and_hides_less() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50", OrderOptions(display_wh=30))
    hours.enter("b ben sell N 40 50")

    hours.book.reduce("a", 40)
    assert hours.rests() == ["a 30/40", "b 40/40"]
    hours.book.reduce("a", 20)
    assert hours.rests() == ["a 20/20", "b 40/40"]


# Own orders


@pytest.mark.parametrize(
    ("mode", "ending", "prevented", "left"),
    [
        (SelfTrade.CANCEL_NEWEST, Ending.CANCELLED, ("a", 70, 0, 70), ["a 70/70", "z 50/50"]),
        (SelfTrade.CANCEL_OLDEST, Ending.RESTS, ("a", 70, 0, 0), ["b 50/50"]),
        (SelfTrade.DECREMENT_BOTH, Ending.CANCELLED, ("a", 70, 70, 0), ["z 20/20"]),
    ],
)
def test_one_owner_never_trades_with_itself(
    mode: SelfTrade, ending: Ending, prevented: tuple[str, int, int, int], left: list[str]
) -> None:
    hours = Hours()
    for line in ("y ben sell N 20 40", "a ann sell N 70 50", "z ben sell N 50 60"):
        hours.enter(line)

    plan = hours.enter("b ann buy N 120 60", OrderOptions(self_trade=mode))

    assert plan.ending is ending
    (found,) = plan.prevented
    assert (found.resting.order_id, *found[1:]) == prevented
    assert hours.rests() == left


def test_decrement_both_may_take_all_of_the_newcomer() -> None:
    hours = Hours()
    hours.enter("a ann sell N 70 50")

    plan = hours.enter("b ann buy N 50 50", OrderOptions(self_trade=SelfTrade.DECREMENT_BOTH))

    assert (plan.ending, plan.code) == (Ending.CANCELLED, Code.SELF_TRADE_PREVENTED)
    assert hours.rests() == ["a 20/20"]


def test_a_fill_or_kill_that_meets_its_owner_changes_nothing() -> None:
    hours = Hours()
    hours.enter("y ben sell N 20 40")
    hours.enter("a ann sell N 70 50")

    plan = hours.enter("b ann buy N 90 60", FOK)

    assert (plan.ending, plan.code) == (Ending.REFUSED, Code.SELF_TRADE_PREVENTED)
    assert [(each.prevented_wh, each.left_wh) for each in plan.prevented] == [(70, 70)]
    assert hours.rests() == ["y 20/20", "a 70/70"]


# Attributes


def test_a_buyer_of_green_energy_passes_other_sellers_over() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 40")
    hours.enter("b ben sell N 100 50", green=True)

    plan = hours.enter("c cem buy N 150 60", OrderOptions(green_only=True))

    assert met(plan.fills) == [("b", 100, 50)]
    assert hours.rests() == ["a 100/100", "c 50/50"]
    assert met(hours.enter("d dan sell N 50 60").fills) == []


@pytest.mark.parametrize("resting_asks", [True, False])
def test_partners_bind_whichever_side_names_them(resting_asks: bool) -> None:
    hours = Hours()
    ben_only = OrderOptions(partners=("ben",))
    hours.enter("a ann sell N 100 40", ben_only if resting_asks else PLAIN)
    hours.enter("b ben sell N 100 50")

    plan = hours.enter("c cem buy N 100 60", PLAIN if resting_asks else ben_only)

    assert met(plan.fills) == [("b", 100, 50)]


# Across areas


def test_another_area_is_seen_at_its_price_with_fee_and_loss() -> None:
    hours = Hours(LOSSY)
    hours.enter("a ann sell N 1000 9700")

    (fill,) = hours.enter("b ben buy S 490 10000").fills

    assert (fill.sold_wh, fill.bought_wh) == (500, 490)
    assert (fill.sell_price_ticks, fill.buy_price_ticks) == (9_700, 10_000)
    assert fill.path == ("N-S", True, 500, 490, 50_000)
    assert fill.buyer_pays_quanta == fill.seller_gets_quanta + 50_000
    assert fill.rounding_quanta == 0


def test_what_whole_ticks_leave_over_is_not_negative_and_the_limit_holds() -> None:
    hours = Hours(LOSSY)
    hours.enter("a ann sell N 1000 9702")
    assert hours.plan("b ben buy S 490 10002").fills == ()

    (fill,) = hours.plan("b ben buy S 490 10003").fills

    assert fill.buy_price_ticks == 10_003
    assert fill.rounding_quanta == 490 * 10_003 - 500 * 9_802


def test_where_rounding_the_loss_would_break_the_limit_the_even_part_trades() -> None:
    hours = Hours(LOSSY)
    hours.enter("a ann sell N 99 9700")

    plan = hours.enter("b ben buy S 97 10000")

    assert [fill[1:3] for fill in plan.fills] == [(50, 49)]
    assert hours.rests() == ["a 49/49", "b 48/48"]


def test_a_sell_sees_a_buy_less_loss_and_fee() -> None:
    hours = Hours(LOSSY)
    hours.enter("b ben buy S 490 10000")
    assert hours.plan("a ann sell N 500 9701").fills == ()

    (fill,) = hours.plan("a ann sell N 500 9700").fills

    assert (fill.sold_wh, fill.bought_wh) == (500, 490)
    assert (fill.sell_price_ticks, fill.buy_price_ticks) == (9_700, 10_000)
    assert fill.rounding_quanta == 0


def test_below_zero_the_seller_pays_for_all_that_is_sent() -> None:
    hours = Hours(LOSSY)
    hours.enter("a ann sell N 500 -5000")

    (fill,) = hours.enter("b ben buy S 490 -5000").fills

    assert fill.buy_price_ticks == -5_000  # (-5000 + 100) / 0.98
    assert fill.buyer_pays_quanta == -2_450_000
    assert fill.seller_gets_quanta == -2_500_000
    assert fill.rounding_quanta == 0


def test_own_area_before_others_at_an_equal_price_then_the_cheapest_then_time() -> None:
    west = replace(LOSSLESS, line_id="W-S", from_area="W")
    hours = Hours(LOSSLESS, west)
    for line in (
        "a ann sell W 10 50",
        "b ben sell N 10 50",
        "c cem sell S 10 50",
        "d dan sell N 10 49",
    ):
        hours.enter(line)

    plan = hours.enter("e eve buy S 40 50")

    assert [each[0] for each in met(plan.fills)] == ["d", "c", "a", "b"]


def test_no_more_than_the_line_carries_and_every_match_counts() -> None:
    hours = Hours(LOSSLESS)
    hours.enter("a ann sell N 700 50")
    hours.enter("b ben sell N 700 50")

    plan = hours.enter("c cem buy S 1200 50")

    assert met(plan.fills) == [("a", 700, 50), ("b", 300, 50)]
    assert hours.enter("d dan buy S 1 90").fills == ()
    assert met(hours.enter("e eve buy S 1 90 1").fills) == []
    assert hours.rests()[0] == "b 400/400"


def test_a_second_line_takes_over_where_the_first_is_full() -> None:
    dear = replace(LOSSLESS, line_id="dear", fee_forward_ticks=3)
    hours = Hours(LOSSLESS, dear)
    hours.enter("a ann sell N 1500 50")

    fills = hours.enter("b ben buy S 1500 53").fills

    assert [(fill.path and fill.path.line_id, fill.bought_wh, fill.buy_price_ticks) for fill in fills] == [
        ("N-S", 1_000, 50),
        ("dear", 500, 53),
    ]  # fmt: skip


def test_an_area_gives_out_no_more_than_its_connection_lets_through() -> None:
    hours = Hours(LOSSLESS, replace(LOSSLESS, line_id="N-W", to_area="W"), north_export_w=600)
    hours.enter("a ann sell N 900 50")

    assert met(hours.enter("b ben buy S 400 50").fills) == [("a", 400, 50)]
    assert met(hours.enter("c cem buy W 400 50").fills) == [("a", 200, 50)]


def test_an_area_that_is_halted_is_not_seen() -> None:
    hours = Hours(LOSSLESS)
    hours.enter("a ann sell N 100 50")
    hours.closed.add(("N", NOON_S))

    assert hours.plan("b ben buy S 100 50").fills == ()
    hours.closed.clear()
    assert met(hours.plan("b ben buy S 100 50").fills) == [("a", 100, 50)]


def test_only_direct_lines_count() -> None:
    hours = Hours(LOSSLESS, replace(LOSSLESS, line_id="S-W", from_area="S", to_area="W"))
    hours.enter("a ann sell N 100 50")

    assert hours.enter("b ben buy W 100 50").fills == ()


# Baskets


def test_a_basket_trades_all_rows_in_full() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50 0")
    hours.enter("b ben buy N 100 70 1")

    plan = hours.basket("x eve buy N 60 50 0", "y eve sell N 100 70 1")

    assert plan.ending is Ending.FILLED
    assert [met(row) for row in plan.rows] == [[("a", 60, 50)], [("b", 100, 70)]]
    assert hours.rests() == ["a 40/40"]


def test_a_row_counts_what_earlier_rows_took() -> None:
    hours = Hours(LOSSLESS)
    hours.enter("a ann sell N 1200 50")

    plan = hours.basket("x eve buy N 700 50", "y eve buy S 600 50")

    assert (plan.ending, plan.code, plan.failed_row) == (Ending.REFUSED, Code.FOK_NOT_FILLED, 1)
    assert hours.rests() == ["a 1200/1200"]
    assert hours.basket("x eve buy N 600 50", "y eve buy S 600 50").ending is Ending.FILLED


def test_rows_share_the_capacity_of_a_line() -> None:
    hours = Hours(LOSSLESS)
    hours.enter("a ann sell N 2000 50")

    assert hours.basket("x eve buy S 600 50", "y eve buy S 401 50").failed_row == 1
    assert hours.basket("x eve buy S 600 50", "y eve buy S 400 50").ending is Ending.FILLED


def test_a_basket_that_meets_its_owner_is_refused() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50")

    plan = hours.basket("x ann buy N 60 50")

    assert (plan.ending, plan.code) == (Ending.REFUSED, Code.SELF_TRADE_PREVENTED)
    assert hours.rests() == ["a 100/100"]


# Blocks


def test_a_block_rests_and_meets_its_identical_other_half_at_its_price() -> None:
    hours = Hours()
    assert hours.block("a ann sell N 50 100 200").ending is Ending.RESTS
    assert hours.block("b ben buy N 60 100 100").ending is Ending.RESTS
    assert hours.block("c cem buy S 60 100 200").ending is Ending.RESTS
    assert hours.block("d dan buy N 49 100 200").ending is Ending.RESTS

    plan = hours.block("e eve buy N 60 100 200")

    assert plan.counterpart is not None
    assert plan.counterpart.order_id == "a"
    assert [block.order_id for block in hours.book.blocks] == ["b", "c", "d"]


def test_a_block_takes_simple_orders_if_their_average_is_within_its_limit() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 40 0")
    hours.enter("b ben sell N 100 60 1")

    assert hours.block("x eve buy N 49 100 100").ending is Ending.RESTS
    plan = hours.block("y eve buy N 50 100 100")

    assert [met(row) for row in plan.rows] == [[("a", 100, 40)], [("b", 100, 60)]]
    assert hours.rests() == []


def test_a_block_is_all_or_none() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 40 0")
    hours.enter("b ben sell N 99 40 1")

    assert hours.block("x eve buy N 50 100 100", FOK).code is Code.FOK_NOT_FILLED
    assert hours.block("y eve buy N 50 100 100", IOC).code is Code.IOC_REMAINDER_CANCELLED
    assert hours.block("z eve buy N 50 100 100").ending is Ending.RESTS
    assert hours.rests() == ["a 100/100", "b 99/99"]


def test_a_resting_block_is_not_met_by_simple_orders() -> None:
    hours = Hours()
    hours.block("x eve buy N 50 100")

    assert hours.enter("a ann sell N 100 40 0").fills == ()


def test_a_block_passes_its_owners_simple_orders_over() -> None:
    hours = Hours()
    hours.enter("a eve sell N 100 30 0")
    hours.enter("b ben sell N 100 40 0")

    assert [met(row) for row in hours.block("x eve buy N 50 100").rows] == [[("b", 100, 40)]]
    assert hours.rests() == ["a 100/100"]


@pytest.mark.parametrize(
    ("mode", "ending", "left"),
    [
        (SelfTrade.CANCEL_NEWEST, Ending.CANCELLED, ["a"]),
        (SelfTrade.CANCEL_OLDEST, Ending.RESTS, ["b"]),
        (SelfTrade.DECREMENT_BOTH, Ending.CANCELLED, []),
    ],
)
def test_one_owners_blocks_do_not_meet(mode: SelfTrade, ending: Ending, left: list[str]) -> None:
    hours = Hours()
    hours.block("a ann sell N 50 100 200")

    plan = hours.block("b ann buy N 60 100 200", OrderOptions(self_trade=mode))

    assert plan.ending is ending
    assert [each.prevented_wh for each in plan.prevented] == [300]
    assert [block.order_id for block in hours.book.blocks] == left


# The book itself


def test_a_call_takes_over_an_interval_with_the_blocks_that_touch_it() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50 0")
    hours.enter("b ben buy S 100 40 0")
    hours.enter("c cem sell N 100 50 1")
    hours.block("x eve buy N 10 50 50")

    taken = hours.book.take_interval(NOON_S)

    assert [each.order_id for each in taken.orders] == ["a", "b"]
    assert [each.order_id for each in taken.blocks] == ["x"]
    assert hours.rests() == ["c 100/100"]
    assert hours.enter("d dan buy N 100 50 0").fills == ()


def test_an_area_can_be_taken_over_alone() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50")
    hours.enter("b ben buy S 100 40")

    assert [each.order_id for each in hours.book.take_interval(NOON_S, {"N"}).orders] == ["a"]
    assert hours.rests() == ["b 100/100"]


def test_orders_are_found_by_owner_and_unit_and_those_that_went_are_not() -> None:
    hours = Hours()
    for line in ("a ann sell N 100 50", "b ann buy S 100 40", "c cem sell N 100 50"):
        hours.enter(line)
    hours.book.remove("a")

    assert [each.order_id for each in hours.book.of_owner("ann")] == ["b"]
    assert [each.order_id for each in hours.book.of_unit("cem-unit")] == ["c"]
    assert hours.book.get("a") is None
    with pytest.raises(KeyError):
        hours.book.remove("a")


def test_a_cancelled_order_is_never_met_wherever_it_stood() -> None:
    hours = Hours()
    for number in range(100):
        hours.enter(f"o{number} ann sell N 10 50")
    for number in (0, *range(3, 97), 99):
        hours.book.remove(f"o{number}")

    assert hours.book.depth("N", NOON_S)[1] == [(50, 40, 4)]
    plan = hours.enter("b ben buy N 100 50")
    assert [each[0] for each in met(plan.fills)] == ["o1", "o2", "o97", "o98"]
    assert hours.book.at_price("N", NOON_S, True, 50) == (50, 0, 0)


def test_prices_that_ran_empty_are_swept_away() -> None:
    hours = Hours()
    for price in range(1_000):
        hours.enter(f"o{price} ann sell N 10 {1_000 - price}")
        if price:
            hours.book.remove(f"o{price}")

    assert hours.book.depth("N", NOON_S)[1] == [(1_000, 10, 1)]
    assert met(hours.enter("b ben buy N 10 2000").fills) == [("o0", 10, 1_000)]


def test_more_than_is_left_is_not_traded() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50")

    with pytest.raises(AssertionError):
        hours.book.fill("a", 101)
    with pytest.raises(AssertionError):
        hours.book.reduce("a", 101)


def test_an_order_rests_once() -> None:
    hours = Hours()
    hours.enter("a ann sell N 100 50")

    with pytest.raises(AssertionError):
        hours.book.rest(hours.book.remove("a"))
