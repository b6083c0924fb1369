"""Curve, block, linked, exclusive and storage orders: what is taken, what is held, what becomes of them."""

from dataclasses import replace

import pytest

from clearing.fallback import fallback
from clearing.problem import ClearingProblem, ClearingResult
from market.engine.engine import Engine
from market.model.call import CALL_REASONS, CallReason, OrdersExplained
from market.model.mandate import OwnLimits, SetOwnLimits
from market.model.messages import CancelOrders, OpenContinuous, TradesMade
from market.model.order import OrderOptions, Side, TimeInForce
from market.model.rejection import Code
from market.model.trade import Trade
from tests.market.engine.day_ahead import DAY, LONG_DAY, Day, at, block, curve, store

SELLER = "retailer-sells"


@pytest.fixture
def day() -> Day:
    day = Day()
    day.opens_day()
    return day


def _trades(day: Day, order_id: str) -> list[Trade]:
    return [
        trade
        for event in day.events
        if isinstance(event, TradesMade)
        for trade in event.trades
        if trade.order_id == order_id
    ]


def _reason(day: Day, order_id: str) -> CallReason:
    (told,) = [e for e in day.events if isinstance(e, OrdersExplained)]
    place = told.explained.numbers.index(int(order_id.removeprefix("ord-")))
    return CALL_REASONS[told.explained.reasons[place]]


def _cancels(day: Day, owner: str, order_id: str) -> Code | None:
    (row,) = day.does(
        CancelOrders(now_us=day.now_us, actor=owner, participant_id=owner, order_ids=(order_id,))
    ).orders
    return None if row.rejection is None else row.rejection.code


def _everything_is_free(day: Day) -> bool:
    state = day.engine.state
    units = ("ann-load", "ann-solar", "ann-battery", "ben-load", SELLER)
    return (
        not any(state.commitments.open_starts(unit_id) for unit_id in units)
        and not any(state.ledger.held_quanta(who) for who in ("ann", "ben", "retailer"))
        and not any(state.commitments.open_count(who) for who in ("ann", "ben", "retailer"))
    )


# --- curves ---------------------------------------------------------------------------


def test_a_curve_trades_by_its_steps_as_one_order(day: Day) -> None:
    order_id = day.accepts("ann", curve("c", "ann-load", "buy", "30000 500, 25000 700, 9000 900"))
    assert day.engine.state.ledger.held_quanta("ann") == 30_000 * 500 + 25_000 * 700 + 9_000 * 900
    assert day.engine.state.commitments.open_energy("ann-load", at(0)).buy_wh == 2_100
    day.places("retailer", f"r {SELLER} sell 16000 100000 0")
    day.clears_day()
    (trade,) = _trades(day, order_id)
    assert (trade.energy_wh, trade.side) == (1_200, Side.BUY)
    assert _everything_is_free(day)


def test_a_curve_may_also_go_to_the_closing_call() -> None:
    day = Day(replace(DAY, day_ahead=None))
    day.opens()
    order_id = day.accepts("ann", curve("c", "ann-load", "buy", "30000 500"))
    assert _cancels(day, "ann", order_id) is None
    assert _everything_is_free(day)


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ("25000 500, 30000 500", Code.BLOCK_INVALID),  # the best price comes first
        ("30000 500, 30000 500", Code.BLOCK_INVALID),
        ("30000 0", Code.VOLUME_MIN),
        ("400001 10", Code.PRICE_ABOVE_MAX),
        ("30000 2000, 20000 1000", Code.EXCEEDS_CAPABILITY),
    ],
)
def test_a_bad_curve_is_refused(day: Day, steps: str, code: Code) -> None:
    assert day.sends("ann", curve("c", "ann-load", "buy", steps)) == (None, code)


# --- blocks ---------------------------------------------------------------------------


def test_a_block_is_taken_whole_or_not_at_all(day: Day) -> None:
    order_id = day.accepts("ann", block("b", "ann-load", "buy", 30_000, "0:1000 1:800 3:500"))
    assert day.engine.state.ledger.held_quanta("ann") == 30_000 * 2_300
    table = "\n".join(f"r{n} {SELLER} sell 16000 100000 {n}" for n in range(4))
    day.places("retailer", table)
    day.clears_day()
    got = {trade.start_s: trade.energy_wh for trade in _trades(day, order_id)}
    assert got == {at(0): 1_000, at(1): 800, at(3): 500}
    assert _reason(day, order_id) is CallReason.ACCEPTED
    assert _everything_is_free(day)


def test_a_block_out_of_the_money_is_told_by_how_much(day: Day) -> None:
    order_id = day.accepts("ann", block("b", "ann-load", "buy", 9_000, "0:1000 1:800"))
    table = "\n".join(
        f"r{n} {SELLER} sell 16000 100000 {n}\nq{n} {SELLER} buy 17000 100 {n}" for n in range(2)
    )
    day.places("retailer", table)
    day.places("ben", "b0 ben-load buy 300000 500 0\nb1 ben-load buy 300000 500 1")
    day.clears_day()
    assert _trades(day, order_id) == []
    assert _reason(day, order_id) is CallReason.OUT_OF_THE_MONEY
    (told,) = [e for e in day.events if isinstance(e, OrdersExplained)]
    ((number, ticks),) = told.explained.short
    assert f"ord-{number}" == order_id
    assert ticks > 10_000


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (block("b", "ann-load", "buy", 100, "1:10 0:10"), Code.BLOCK_INVALID),
        (block("b", "ann-load", "buy", 100, "0:10", ratio_min_ppm=0), Code.BLOCK_INVALID),
        (block("b", "ann-load", "buy", 100, "0:10", ratio_min_ppm=1_000_001), Code.BLOCK_INVALID),
        (block("b", "ann-load", "buy", 100, "0:10", parent="nobody"), Code.BLOCK_INVALID),
        (block("b", "ann-load", "buy", 100, "3:10 4:10"), Code.PRODUCT_UNKNOWN),
        (block("b", "ann-load", "buy", 100, "0:10 1:0"), Code.VOLUME_MIN),
        (block("b", "ben-load", "buy", 100, "0:10"), Code.UNIT_UNKNOWN),
        (block("b", "ann-load", "buy", 100, "0:2700"), Code.EXCEEDS_CAPABILITY),
        (block("b", "ann-load", "sell", 100, "0:1"), Code.EXCEEDS_CAPABILITY),
        (block("b", "ann-load", "buy", 100, "0:10", options=OrderOptions(tif=TimeInForce.FOK)),
         Code.TIF_UNSUPPORTED),
        (block("b", "ann-load", "buy", 400_000, "0:2600 1:2600 2:2600 3:2600"),
         Code.INSUFFICIENT_FUNDS),
        (block("b", "ann-battery", "sell", 100, "0:3000 1:3000"), Code.EXCEEDS_STORED_ENERGY),
    ],
)  # fmt: skip
def test_a_bad_block_is_refused(order: object, code: Code) -> None:
    day = Day(deposits={"ann": 10**9, "ben": 10**9})
    day.opens_day()
    assert day.sends("ann", order) == (None, code)  # type: ignore[arg-type]


def test_several_intervals_are_for_the_opening_call_only() -> None:
    day = Day(replace(DAY, day_ahead=None))
    day.opens()
    assert day.sends("ann", block("b", "ann-load", "buy", 100, "0:10"))[1] is Code.MODE_NOT_OFFERED
    long = Day(LONG_DAY)
    long.opens_day()
    long.clears_day()
    long.does(OpenContinuous(now_us=long.now_us, start_s=at(0)))
    assert long.sends("ann", curve("c", "ann-load", "buy", "1 1"))[1] is Code.MODE_NOT_OFFERED


def test_the_same_block_again_is_the_same_block(day: Day) -> None:
    order_id = day.accepts("ann", block("b", "ann-load", "buy", 100, "0:10"))
    assert day.accepts("ann", block("b", "ann-load", "buy", 100, "0:10")) == order_id
    assert day.sends("ann", block("b", "ann-load", "buy", 101, "0:10")) == (
        None,
        Code.EXISTS_WITH_DIFFERENT_FIELDS,
    )
    assert day.engine.state.commitments.open_count("ann") == 1


def test_a_linked_block_needs_its_parent(day: Day) -> None:
    parent = day.accepts("ann", block("p", "ann-load", "buy", 9_000, "0:1000"))
    child = day.accepts("ann", block("k", "ann-load", "buy", 300_000, "1:500", parent="p"))
    assert day.sends("ben", block("x", "ben-load", "buy", 1, "0:1", parent="p"))[1] is (
        Code.BLOCK_INVALID
    )
    assert _cancels(day, "ann", parent) is None
    day.places("retailer", f"r0 {SELLER} sell 16000 9000 0\nr1 {SELLER} sell 16000 9000 1")
    day.clears_day()
    assert _trades(day, child) == []
    assert _reason(day, child) is CallReason.NOT_IN_AUCTION
    assert _everything_is_free(day)


def test_an_exclusive_group_counts_by_its_maximum(day: Day) -> None:
    first = day.accepts("ann", block("x", "ann-load", "buy", 30_000, "0:2500", group="g"))
    day.accepts("ann", block("y", "ann-load", "buy", 30_000, "0:2600 1:2600", group="g"))
    energy = day.engine.state.commitments
    assert energy.open_energy("ann-load", at(0)).buy_wh == 2_600
    assert day.sends("ann", block("z", "ann-load", "buy", 1, "0:100"))[1] is Code.EXCEEDS_CAPABILITY
    table = "\n".join(f"r{n} {SELLER} sell 16000 100000 {n}" for n in range(2))
    day.places("retailer", table)
    assert _cancels(day, "ann", first) is None
    assert energy.open_energy("ann-load", at(0)).buy_wh == 2_600
    again = day.accepts("ann", block("w", "ann-load", "buy", 30_000, "0:2625", group="g"))
    assert energy.open_energy("ann-load", at(0)).buy_wh == 2_625
    assert _cancels(day, "ann", again) is None
    assert energy.open_energy("ann-load", at(0)).buy_wh == 2_600
    day.clears_day()
    assert _everything_is_free(day)


# --- storages -------------------------------------------------------------------------


def test_a_storage_buys_cheap_and_sells_dear(day: Day) -> None:
    order_id = day.accepts("ann", store("s"))
    assert day.sends("ann", store("t", first=2))[1] is Code.EXCEEDS_STORED_ENERGY
    assert day.sends("ann", curve("c", "ann-battery", "buy", "1 9000"))[1] in {
        Code.EXCEEDS_STORED_ENERGY,
        Code.EXCEEDS_CAPABILITY,
    }
    day.places("retailer", f"r0 {SELLER} sell 1000 100000 0\nr3 {SELLER} sell 90000 100000 3")
    day.places("ben", "b ben-load buy 300000 2000 3")
    day.clears_day()
    trades = _trades(day, order_id)
    assert {trade.side for trade in trades if trade.start_s == at(3)} == {Side.SELL}
    assert sum(trade.injection_wh for trade in trades if trade.start_s == at(3)) >= 2_000
    assert _everything_is_free(day)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (store("s", "ann-load"), Code.EXCEEDS_STORED_ENERGY),
        (store("s", charge_wh=10_501), Code.EXCEEDS_CAPABILITY),
        (store("s", charge_wh=0, discharge_wh=0), Code.VOLUME_MIN),
        (store("s", spread_ticks=-1), Code.FIELD_RANGE),
        (store("s", end_value_ticks=400_001), Code.PRICE_ABOVE_MAX),
        (store("s", last=-1), Code.BLOCK_INVALID),
        (store("s", last=4), Code.PRODUCT_UNKNOWN),
        (store("s", end_value_ticks=300_000), Code.INSUFFICIENT_FUNDS),
    ],
)
def test_a_bad_storage_order_is_refused(order: object, code: Code) -> None:
    day = Day(deposits={"ann": 10**9, "ben": 10**9})
    day.opens_day()
    assert day.sends("ann", order) == (None, code)  # type: ignore[arg-type]


def test_what_a_storage_keeps_is_held_for(day: Day) -> None:
    order_id = day.accepts("ann", store("s", end_value_ticks=10_000))
    assert day.engine.state.ledger.held_quanta("ann") == 10_000 * 5_000
    assert _cancels(day, "ann", order_id) is None
    assert _everything_is_free(day)


# --- all of them ----------------------------------------------------------------------


def _merit_order(problem: ClearingProblem) -> ClearingResult:
    return fallback(problem, "a test")


def _all_kinds(day: Day) -> None:
    day.accepts("ann", store("s", end_value_ticks=2_000))
    day.accepts("ann", curve("c", "ann-load", "buy", "30000 500, 9000 900", 1))
    day.accepts("ben", block("b", "ben-load", "buy", 30_000, "0:900 2:900", ratio_min_ppm=400_000))
    day.accepts("ben", block("k", "ben-load", "buy", 30_000, "1:500", parent="b"))
    day.accepts("ben", block("x", "ben-load", "buy", 31_000, "3:700", group="g"))
    day.accepts("ben", block("y", "ben-load", "buy", 32_000, "2:700 3:600", group="g"))
    day.places("ann", "sun ann-solar sell 500 2500 0")
    day.places("retailer", "\n".join(f"r{n} {SELLER} sell 16000 100000 {n}" for n in range(4)))


def test_the_fallback_releases_what_hangs_together(day: Day) -> None:
    _all_kinds(day)
    outcomes = day.clears_day(_merit_order)
    assert {outcome.rung for outcome in outcomes} == {"merit_order"}
    assert _reason(day, "ord-1") is CallReason.RELEASED
    assert _reason(day, "ord-3") is CallReason.RELEASED
    assert _everything_is_free(day)


def test_facts_alone_lead_to_the_same_state(day: Day) -> None:
    _all_kinds(day)
    for clears in (False, True):
        if clears:
            day.clears_day()
        follower = Engine()
        for event in day.events:
            follower.apply(event)
        restored = Engine()
        restored.restore(day.engine.snapshot())
        assert follower.snapshot() == day.engine.snapshot() == restored.snapshot()
    assert _everything_is_free(day)


def test_a_restored_book_still_knows_its_groups(day: Day) -> None:
    _all_kinds(day)
    restored = Engine()
    restored.restore(day.engine.snapshot())
    day.engine = restored
    order_id = day.accepts("ben", block("w", "ben-load", "buy", 31_000, "3:800", group="g"))
    assert day.engine.state.commitments.open_energy("ben-load", at(3)).buy_wh == 800
    assert _cancels(day, "ben", order_id) is None
    day.clears_day()
    assert _everything_is_free(day)


def test_what_an_owner_allows_itself_binds_these_too(day: Day) -> None:
    limits = OwnLimits(order_value_quanta_max=10**6, exposure_quanta_max=10**6)
    day.does(SetOwnLimits(now_us=day.now_us, actor="ann", participant_id="ann", limits=limits))
    dear = curve("c", "ann-load", "buy", "30000 500")
    assert day.sends("ann", dear) == (None, Code.ORDER_VALUE_MAX)
    day.accepts("ann", block("b", "ann-load", "buy", 600, "0:1000"))
    assert day.sends("ann", block("d", "ann-load", "buy", 600, "1:1000"))[1] is Code.EXPOSURE_LIMIT
