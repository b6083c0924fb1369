"""Continuous trading in the market: checks, holds, trades, remainders, over lines, over sessions."""
# house: long because every promise of continuous trading has its small story here.

from dataclasses import replace

import pytest

from market.engine.engine import Engine
from market.model.messages import (
    ActivateOrders,
    CancelOrders,
    CloseGate,
    ExpireDue,
    HibernateOrders,
    OpenContinuous,
    OrderAnswer,
    OrdersAccepted,
    OrdersCancelled,
    Phase,
    PhaseChanged,
    PlaceOrders,
    PlaceTogether,
    ReplaceOrder,
    SelfTradePrevented,
    TradesMade,
)
from market.model.order import (
    PLAIN,
    OrderColumns,
    OrderOptions,
    SelfTrade,
    Side,
    TimeInForce,
    Venue,
)
from market.model.rejection import Code
from market.model.rules import ContinuousRules
from market.model.stop import ReleaseStop, StopKind, StopScope, StopTrading
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story

CONTINUOUS = replace(
    RULES,
    call_opens_minutes=30,
    continuous=ContinuousRules(opens_minutes=660, volatility_random_s=0),
)
AT_S = MIDNIGHT_S + 40 * STEP_S


@pytest.fixture
def story() -> Story:
    """A market whose first day trades continuously."""
    made = Story(rules=CONTINUOUS)
    assert made.does(OpenContinuous(now_us=made.now_us, start_s=MIDNIGHT_S)).rejections == ()
    return made


def send(
    story: Story,
    owner: str,
    row: str,
    *,
    start_s: int = AT_S,
    options: OrderOptions | None = None,
) -> OrderAnswer:
    """Send one order, told as `id unit side energy price`; gives its answer."""
    name, unit_id, side, energy_wh, price_ticks = row.split()
    columns = OrderColumns(
        client_order_id=(name,),
        unit_id=(unit_id,),
        start_s=(start_s,),
        side=(Side(side),),
        price_ticks=(int(price_ticks),),
        energy_wh=(int(energy_wh),),
        options=() if options is None else (options,),
        option_of=() if options is None else (0,),
    )
    command = PlaceOrders(now_us=story.now_us, actor=owner, participant_id=owner, orders=columns)
    (answer,) = story.does(command).orders
    return answer


def trades_of(story: Story) -> list[tuple[str, int, int]]:
    """Unit, price and energy of every continuous leg so far."""
    return [
        (trade.unit_id, trade.price_ticks, trade.energy_wh)
        for event in story.events
        if isinstance(event, TradesMade)
        for trade in event.trades
        if trade.venue is Venue.CONTINUOUS
    ]


def held(story: Story, owner: str) -> int:
    """What the owner's open orders hold, quanta."""
    return story.engine.state.ledger.held_quanta(owner)


def nothing_is_left(story: Story) -> None:
    """No hold, no commitment, no open order of anybody; money sums to zero."""
    state = story.engine.state
    for owner in state.participants:
        assert state.ledger.held_quanta(owner) == 0
        assert state.commitments.open_count(owner) == 0
    for unit_id in state.units:
        assert state.commitments.open_starts(unit_id) == ()
    assert state.ledger.sum_quanta() == 0
    assert not state.order_options
    assert not state.session_orders


def test_an_order_that_meets_another_trades_at_the_resting_price(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 500 9000")
    assert send(story, "ben", "b1 ben-load buy 300 12000").rejection is None
    assert trades_of(story) == [("ann-solar", 9000, 300), ("ben-load", 9000, 300)]
    state = story.engine.state
    assert state.commitments.open_energy("ann-solar", AT_S).sell_wh == 200
    assert held(story, "ben") == 0
    assert state.ledger.balance_quanta("participant:ann") == 10**10 + 9000 * 300
    assert state.positions.traded("ben-load", AT_S).bought_wh == 300


def test_a_resting_buy_holds_its_money_and_gives_back_what_it_did_not_pay(story: Story) -> None:
    send(story, "ben", "b1 ben-load buy 400 12000")
    assert held(story, "ben") == 12000 * 400
    send(story, "ann", "a1 ann-solar sell 100 9000")
    assert trades_of(story) == [("ann-solar", 12000, 100), ("ben-load", 12000, 100)]
    assert held(story, "ben") == 12000 * 300
    cancel = CancelOrders(
        now_us=story.now_us, actor="ben", participant_id="ben", order_ids=("ord-1",)
    )
    assert story.does(cancel).orders[0].rejection is None
    nothing_is_left(story)


def test_a_unit_never_sells_more_than_it_can_over_resting_and_traded_energy(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 2000 9000")
    send(story, "ben", "b1 ben-load buy 2000 9000")
    refused = send(story, "ann", "a2 ann-solar sell 700 9000").rejection
    assert refused is not None
    assert refused.code is Code.EXCEEDS_CAPABILITY
    assert refused.parameters == {"energy_kwh_max": "0.625"}


def test_a_price_outside_the_collar_is_refused_with_the_collar(story: Story) -> None:
    refused = send(story, "ben", "b1 ben-load buy 100 30000").rejection
    assert refused is not None
    assert refused.code is Code.PRICE_OUTSIDE_COLLAR
    assert refused.parameters == {"price_per_mwh_min": "30.00", "price_per_mwh_max": "210.00"}
    assert send(story, "ben", "b2 ben-load buy 100 -40000").rejection is None


def test_immediate_or_cancel_leaves_nothing(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 100 9000")
    now = OrderOptions(tif=TimeInForce.IOC)
    assert send(story, "ben", "b1 ben-load buy 300 12000", options=now).rejection is None
    (gone,) = [e for e in story.events if isinstance(e, OrdersCancelled)]
    assert gone.code == Code.IOC_REMAINDER_CANCELLED.value
    nothing_is_left(story)


def test_fill_or_kill_that_cannot_is_refused_and_changes_nothing(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 100 9000")
    now = OrderOptions(tif=TimeInForce.FOK)
    refused = send(story, "ben", "b1 ben-load buy 300 12000", options=now).rejection
    assert refused is not None
    assert refused.code is Code.FOK_NOT_FILLED
    assert trades_of(story) == []
    assert held(story, "ben") == 0


def test_one_owner_never_trades_with_itself(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 100 9000")
    mode = OrderOptions(self_trade=SelfTrade.CANCEL_OLDEST)
    send(story, "ann", "a2 ann-load buy 100 9000", options=mode)
    assert trades_of(story) == []
    (prevented,) = [e for e in story.events if isinstance(e, SelfTradePrevented)]
    assert prevented.prevented_wh == 100
    state = story.engine.state
    assert state.continuous.get("ord-1") is None
    assert state.continuous.get("ord-2") is not None


def test_decrementing_both_shrinks_what_is_held_too(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 300 9000")
    mode = OrderOptions(self_trade=SelfTrade.DECREMENT_BOTH)
    send(story, "ann", "a2 ann-load buy 100 9000", options=mode)
    state = story.engine.state
    assert state.commitments.open_energy("ann-solar", AT_S).sell_wh == 200
    assert state.commitments.open_energy("ann-load", AT_S).buy_wh == 0
    assert held(story, "ann") == 0


def test_what_prevention_shrank_and_a_trade_filled_is_not_cancelled_once_more(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 300 8000")
    send(story, "retailer", "r1 retailer-sells sell 1000 8000")
    mode = OrderOptions(self_trade=SelfTrade.DECREMENT_BOTH)
    send(story, "ann", "a2 ann-load buy 790 16000", options=mode)
    assert trades_of(story) == [("retailer-sells", 8000, 500), ("ann-load", 12245, 490)]
    state = story.engine.state
    assert [order.order_id for order in state.continuous.orders()] == ["ord-2"]
    assert state.commitments.open_energy("ann-load", AT_S).buy_wh == 0
    assert not any(isinstance(e, OrdersCancelled) and "ord-3" in e.order_ids for e in story.events)
    assert held(story, "ann") == 0


def test_energy_comes_over_a_line_with_fee_and_loss(story: Story) -> None:
    send(story, "retailer", "r1 retailer-sells sell 1000 8000")
    assert send(story, "ben", "b1 ben-load buy 490 16000").rejection is None
    assert trades_of(story) == [("retailer-sells", 8000, 500), ("ben-load", 12245, 490)]
    state = story.engine.state
    assert state.capacity.left_wh("GRID-RUR", True, AT_S) == 3_000 - 500
    assert state.ledger.balance_quanta("grid_operator") == 4000 * 500
    assert state.ledger.balance_quanta("central") == 0
    assert state.ledger.sum_quanta() == 0


def test_no_more_comes_over_a_line_than_it_can_carry(story: Story) -> None:
    send(story, "retailer", "r1 retailer-sells sell 9000 8000")
    send(story, "ann", "a1 ann-battery buy 2600 16000")
    send(story, "ben", "b1 ben-load buy 2600 16000")
    bought = sum(wh for unit_id, _, wh in trades_of(story) if unit_id != "retailer-sells")
    assert bought == 2_600 + 339  # the second match loses a part of a Wh once more
    assert story.engine.state.capacity.left_wh("GRID-RUR", True, AT_S) == 0


def test_a_smaller_volume_keeps_its_place_and_a_new_price_loses_it(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 500 9000")
    send(story, "retailer", "r1 retailer-sells sell 500 9000", start_s=AT_S)
    send(story, "ann", "a2 ann-battery sell 500 9000")

    def replace_first(revision: int, **change: int) -> OrderAnswer | None:
        command = ReplaceOrder(
            now_us=story.now_us,
            actor="ann",
            participant_id="ann",
            order_id="ord-1",
            revision=revision,
            **change,
        )
        answer = story.does(command)
        return None if answer.rejections else answer.orders[0]

    assert replace_first(1, energy_wh=300) is not None
    send(story, "ben", "b1 ben-load buy 100 9000")
    assert trades_of(story)[0][0] == "ann-solar"
    assert replace_first(1, energy_wh=100) is None
    assert replace_first(2, price_ticks=8999) is not None
    assert replace_first(3, price_ticks=9000) is not None
    send(story, "ben", "b2 ben-load buy 100 9000")
    assert trades_of(story)[2][0] == "ann-battery"


def test_a_replaced_order_may_trade_at_its_new_price(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 500 14000")
    send(story, "ben", "b1 ben-load buy 200 9000")
    command = ReplaceOrder(
        now_us=story.now_us,
        actor="ann",
        participant_id="ann",
        order_id="ord-1",
        revision=1,
        price_ticks=8_500,
    )
    assert story.does(command).rejections == ()
    assert trades_of(story) == [("ann-solar", 9000, 200), ("ben-load", 9000, 200)]
    assert story.engine.state.commitments.open_energy("ann-solar", AT_S).sell_wh == 300


def test_a_hibernated_order_holds_nothing_until_it_is_activated(story: Story) -> None:
    send(story, "ben", "b1 ben-load buy 200 9000")
    mine = {"now_us": story.now_us, "actor": "ben", "participant_id": "ben"}
    story.does(HibernateOrders(**mine, order_ids=("ord-1",)))
    nothing_is_left(story)
    send(story, "ann", "a1 ann-solar sell 500 9000")
    assert trades_of(story) == []
    story.does(ActivateOrders(**mine, order_ids=("ord-1",)))
    assert trades_of(story) == [("ann-solar", 9000, 200), ("ben-load", 9000, 200)]


def test_a_dear_order_waits_for_its_owners_word(story: Story) -> None:
    rules = replace(CONTINUOUS, confirm_value_quanta=9_000 * 150)
    story = Story(rules=rules)
    story.does(OpenContinuous(now_us=story.now_us, start_s=MIDNIGHT_S))
    refused = send(story, "ben", "b1 ben-load buy 200 9000").rejection
    assert refused is not None
    assert refused.code is Code.NEEDS_CONFIRMATION
    nothing_is_left(story)
    send(story, "ann", "a1 ann-solar sell 200 6000")
    assert trades_of(story) == []
    word = ActivateOrders(
        now_us=story.now_us, actor="ben", participant_id="ben", order_ids=("ord-1",)
    )
    assert story.does(word).orders[0].rejection is None
    assert trades_of(story) == [("ann-solar", 6000, 200), ("ben-load", 6000, 200)]


def test_an_order_ends_at_its_date(story: Story) -> None:
    due_us = story.now_us + 60_000_000
    until = OrderOptions(tif=TimeInForce.GTD, expires_us=due_us)
    send(story, "ben", "b1 ben-load buy 200 9000", options=until)
    timer = story.engine.next_timer()
    assert timer is not None
    assert timer.due_us == due_us
    story.does(ExpireDue(now_us=due_us))
    nothing_is_left(story)
    after = story.engine.next_timer()
    assert after is not None
    assert after.due_us != due_us


def test_what_rests_joins_the_closing_call_and_is_dropped_with_it(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 500 9000", start_s=MIDNIGHT_S)
    lapses = OrderOptions(lapses_at_call=True)
    send(story, "ben", "b1 ben-load buy 200 8000", start_s=MIDNIGHT_S, options=lapses)
    story.opens(MIDNIGHT_S)
    state = story.engine.state
    assert state.phases.of(MIDNIGHT_S) is Phase.CALL
    assert state.phases.of(AT_S) is Phase.CONTINUOUS
    assert held(story, "ben") == 0
    assert state.commitments.open_energy("ann-solar", MIDNIGHT_S).sell_wh == 500
    cancel = CancelOrders(
        now_us=story.now_us, actor="ann", participant_id="ann", order_ids=("ord-1",)
    )
    assert story.does(cancel).orders[0].rejection is None
    nothing_is_left(story)


def test_a_price_outside_the_corridor_interrupts_and_the_call_finds_one_price() -> None:
    terms = ContinuousRules(
        opens_minutes=660,
        collar_min_ticks=100_000,
        corridor_min_ticks=1_000,
        corridor_ppm=0,
        volatility_random_s=0,
    )
    story = Story(rules=replace(CONTINUOUS, continuous=terms))
    story.does(OpenContinuous(now_us=story.now_us, start_s=MIDNIGHT_S))
    send(story, "ann", "a1 ann-solar sell 300 30000")
    send(story, "ben", "b1 ben-load buy 200 34000")
    state = story.engine.state
    assert trades_of(story) == []
    assert state.phases.of(AT_S, "RUR") is Phase.VOLATILITY_CALL
    assert state.phases.of(AT_S, "GRID") is Phase.CONTINUOUS
    send(story, "ann", "a2 ann-battery sell 100 20000")
    assert trades_of(story) == []
    timer = story.engine.next_timer()
    assert timer is not None
    story.does(ExpireDue(now_us=timer.due_us))
    assert state.phases.of(AT_S, "RUR") is Phase.CONTINUOUS
    assert sum(wh for unit_id, _, wh in trades_of(story) if unit_id == "ben-load") == 200
    assert len({price for _, price, _ in trades_of(story)}) == 1


def test_one_person_stops_and_two_release(story: Story) -> None:
    send(story, "ben", "b1 ben-load buy 200 9000")
    what = {"kind": StopKind.KILL, "scope": StopScope.PARTICIPANT, "key": "ben"}
    story.does(StopTrading(now_us=story.now_us, actor="op-1", reason="wild", **what))
    nothing_is_left(story)
    refused = send(story, "ben", "b2 ben-load buy 200 9000").rejection
    assert refused is not None
    assert refused.code is Code.KILLED
    first = story.does(ReleaseStop(now_us=story.now_us, actor="op-1", **what))
    again = story.does(ReleaseStop(now_us=story.now_us, actor="op-1", **what))
    assert first.rejections == ()
    assert again.rejections[0].code is Code.SECOND_PERSON_REQUIRED
    assert send(story, "ben", "b3 ben-load buy 200 9000").rejection is not None
    story.does(ReleaseStop(now_us=story.now_us, actor="op-2", **what))
    assert send(story, "ben", "b4 ben-load buy 200 9000").rejection is None


def test_after_a_halt_trading_comes_back_through_a_call(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 300 9000")
    what = {"kind": StopKind.HALT, "scope": StopScope.AREA, "key": "RUR"}
    story.does(StopTrading(now_us=story.now_us, actor="op-1", reason="fault", **what))
    refused = send(story, "ben", "b1 ben-load buy 200 9000").rejection
    assert refused is not None
    assert refused.code is Code.HALTED_CANCEL_ONLY
    story.does(ReleaseStop(now_us=story.now_us, actor="op-1", **what))
    story.does(ReleaseStop(now_us=story.now_us, actor="op-2", **what))
    state = story.engine.state
    assert state.phases.of(AT_S, "RUR") is Phase.VOLATILITY_CALL
    send(story, "ben", "b2 ben-load buy 200 9000")
    assert trades_of(story) == []
    timer = story.engine.next_timer()
    assert timer is not None
    story.does(ExpireDue(now_us=timer.due_us))
    assert trades_of(story) == [("ann-solar", 9000, 200), ("ben-load", 9000, 200)]
    changes = [e for e in story.events if isinstance(e, PhaseChanged) and e.start_s == AT_S]
    assert changes[-1].phase is Phase.CONTINUOUS


def together(
    story: Story, owner: str, name: str, table: str, *, is_block: bool = False
) -> OrderAnswer:
    """Send a basket or block, told as `unit side energy price interval` rows."""
    rows = [line.split() for line in table.strip().splitlines()]
    columns = OrderColumns(
        client_order_id=(name,) * len(rows),
        unit_id=tuple(row[0] for row in rows),
        side=tuple(Side(row[1]) for row in rows),
        energy_wh=tuple(int(row[2]) for row in rows),
        price_ticks=tuple(int(row[3]) for row in rows),
        start_s=tuple(AT_S + STEP_S * int(row[4]) for row in rows),
    )
    command = PlaceTogether(
        now_us=story.now_us,
        actor=owner,
        participant_id=owner,
        client_order_id=name,
        rows=columns,
        is_block=is_block,
    )
    (answer,) = story.does(command).orders
    return answer


def test_a_basket_trades_in_full_or_not_at_all(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 300 9000")
    wanted = "ben-load buy 200 9000 0\nben-load buy 200 9000 1"
    refused = together(story, "ben", "t1", wanted).rejection
    assert refused is not None
    assert refused.code is Code.FOK_NOT_FILLED
    send(story, "ann", "a2 ann-solar sell 300 8800", start_s=AT_S + STEP_S)
    first = together(story, "ben", "t2", wanted)
    assert first.rejection is None
    assert [wh for unit_id, _, wh in trades_of(story) if unit_id == "ben-load"] == [200, 200]
    again = together(story, "ben", "t2", wanted)
    assert (again.order_id, again.repeated) == (first.order_id, True)
    assert held(story, "ben") == 0


def test_a_block_rests_and_meets_its_identical_other_half(story: Story) -> None:
    mine = "ann-solar sell 300 9000 0\nann-solar sell 200 9000 1"
    assert together(story, "ann", "t1", mine, is_block=True).rejection is None
    state = story.engine.state
    assert state.commitments.open_energy("ann-solar", AT_S).sell_wh == 300
    theirs = "ben-load buy 300 9500 0\nben-load buy 200 9500 1"
    assert together(story, "ben", "t2", theirs, is_block=True).rejection is None
    assert [row for row in trades_of(story) if row[0] == "ben-load"] == [
        ("ben-load", 9000, 300),
        ("ben-load", 9000, 200),
    ]
    nothing_is_left(story)


def test_a_resting_block_holds_all_its_legs_until_it_is_cancelled(story: Story) -> None:
    mine = "ben-load buy 300 9000 0\nben-load buy 200 9000 1"
    together(story, "ben", "t1", mine, is_block=True)
    assert held(story, "ben") == 9000 * 500
    cancel = CancelOrders(
        now_us=story.now_us, actor="ben", participant_id="ben", order_ids=("ord-1",)
    )
    assert story.does(cancel).orders[0].rejection is None
    nothing_is_left(story)


def test_a_block_takes_simple_orders_where_its_average_allows(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 300 9500")
    send(story, "ann", "a2 ann-solar sell 300 8000", start_s=AT_S + STEP_S)
    theirs = "ben-load buy 200 9000 0\nben-load buy 200 9000 1"
    assert together(story, "ben", "t1", theirs, is_block=True).rejection is None
    assert [row for row in trades_of(story) if row[0] == "ben-load"] == [
        ("ben-load", 9500, 200),
        ("ben-load", 8000, 200),
    ]
    assert held(story, "ben") == 0


def test_an_area_that_is_halted_at_the_gate_takes_no_part(story: Story) -> None:
    send(story, "ben", "b1 ben-load buy 200 9000", start_s=MIDNIGHT_S)
    story.opens(MIDNIGHT_S)
    what = {"kind": StopKind.HALT, "scope": StopScope.AREA, "key": "RUR"}
    story.does(StopTrading(now_us=story.now_us, actor="op-1", reason="fault", **what))
    assert held(story, "ben") == 9000 * 200
    gate = CloseGate(now_us=story.now_us, start_s=MIDNIGHT_S)
    assert story.does(gate).rejections == ()
    nothing_is_left(story)
    (gone,) = [e for e in story.events if isinstance(e, OrdersCancelled)]
    assert gone.reason == "system_halted"


def test_in_a_reopening_call_nobody_meets_itself(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 300 9000")
    what = {"kind": StopKind.HALT, "scope": StopScope.AREA, "key": "RUR"}
    story.does(StopTrading(now_us=story.now_us, actor="op-1", reason="fault", **what))
    for operator in ("op-1", "op-2"):
        story.does(ReleaseStop(now_us=story.now_us, actor=operator, **what))
    send(story, "ann", "a2 ann-load buy 200 9500")
    timer = story.engine.next_timer()
    assert timer is not None
    story.does(ExpireDue(now_us=timer.due_us))
    assert trades_of(story) == []
    (prevented,) = [e for e in story.events if isinstance(e, SelfTradePrevented)]
    assert prevented.prevented_wh == 200


def test_an_iceberg_has_a_hundred_slices_at_most(story: Story) -> None:
    tiny = send(story, "ben", "b1 ben-load buy 1000 9000", options=OrderOptions(display_wh=9))
    assert tiny.rejection is not None
    assert tiny.rejection.parameters == {"display_kwh_min": "0.010"}
    fine = send(story, "ben", "b2 ben-load buy 1000 9000", options=OrderOptions(display_wh=10))
    assert fine.rejection is None


def test_a_renewable_sell_after_a_restart_is_like_the_one_before(story: Story) -> None:
    send(story, "ann", "a1 ann-solar sell 100 9000")
    restarted = Engine()
    restarted.restore(story.engine.snapshot())
    send(story, "ann", "a2 ann-solar sell 100 9000")
    for event in story.events:
        if isinstance(event, OrdersAccepted) and event.orders.client_order_id == ("a2",):
            restarted.apply(event)
    assert restarted.snapshot() == story.engine.snapshot()


def test_plain_options_that_were_written_down_are_plain(story: Story) -> None:
    follower = Engine()
    follower.restore(story.engine.snapshot())
    send(story, "ann", "a1 ann-solar sell 100 9000")
    send(story, "ann", "a2 ann-solar sell 100 9000", options=PLAIN)
    for event in story.events:
        if isinstance(event, OrdersAccepted):
            told = tuple(replace(options) for options in event.orders.options)
            follower.apply(replace(event, orders=replace(event.orders, options=told)))
    assert follower.snapshot() == story.engine.snapshot()
