"""The opening call: all intervals of a day in one auction, and what it leaves to the later modes."""

from dataclasses import replace

import pytest

from clearing.clear import clear
from market.engine.engine import Engine
from market.ledger import Ledger
from market.model.call import CallKind, OrdersExplained
from market.model.messages import (
    ApplyClearing,
    CancelOrders,
    CloseDayAhead,
    CloseGate,
    ExpireDue,
    IntervalCleared,
    OpenContinuous,
    OpenDayAhead,
    OrdersClosed,
    Phase,
    PhaseChanged,
    PlaceOrders,
    SetpointsChanged,
    TradesMade,
)
from market.model.money import CENTRAL, loss_account
from market.model.order import OrderOptions, Side, TimeInForce
from market.model.rejection import Code
from tests.builders import MIDNIGHT_S, call_rows, orders
from tests.market.engine.day_ahead import LONG_DAY, Day, at

GTD = OrderOptions(tif=TimeInForce.GTD, expires_us=at(4) * 1_000_000)


def _sold_out(ledger: Ledger) -> bool:
    accounts = (CENTRAL, loss_account("GRID-RUR"))
    return ledger.sum_quanta() == 0 and not any(ledger.balance_quanta(name) for name in accounts)


def _places_gtd(day: Day, owner: str, table: str) -> None:
    rows = orders(table)
    command = PlaceOrders(
        now_us=day.now_us,
        actor=owner,
        participant_id=owner,
        orders=replace(rows, options=(GTD,), option_of=(0,) * len(rows)),
    )
    assert [row.rejection for row in day.does(command).orders] == [None] * len(rows)


def _evening(day: Day) -> None:
    """The retailer sells at 160.00 in every interval, Ann and Ben buy in some."""
    day.opens_day()
    table = "\n".join(f"r{n} retailer-sells sell 16000 100000 {n}" for n in range(4))
    day.places("retailer", table)
    day.places("ann", "a0 ann-load buy 300000 1000 0\na2 ann-load buy 300000 2000 2")
    day.places("ben", "b0 ben-load buy 300000 500 0\nb1 ben-load buy 9000 100 1")


def test_every_interval_of_the_day_goes_through_the_call_together() -> None:
    day = Day()
    day.opens_day()
    opened = [e for e in day.events if isinstance(e, PhaseChanged)]
    assert [(e.start_s, e.phase) for e in opened] == [(at(n), Phase.CALL) for n in range(4)]
    day.clears_day()
    phases = [day.engine.state.phases.of(at(n)) for n in range(4)]
    assert phases == [Phase.SCHEDULED] * 4
    (late,) = day.places("ann", "x ann-load buy 1 1 0")
    assert late.rejection is not None
    assert late.rejection.code is Code.NOT_OPEN


def test_it_clears_each_interval_at_its_own_price() -> None:
    day = Day()
    _evening(day)
    outcomes = day.clears_day()
    assert [o.start_s for o in outcomes] == [at(n) for n in range(4)]
    bought = [sum(area.bought_wh for area in outcome.areas) for outcome in outcomes]
    assert bought == [1_500, 0, 2_000, 0]
    trades = [t for e in day.events if isinstance(e, TradesMade) for t in e.trades]
    assert len({trade.trade_id for trade in trades}) == len(trades) == 5
    assert all(trade.match_id == f"mat-d{trade.start_s}" for trade in trades)
    state = day.engine.state
    assert state.positions.traded("ann-load", at(2)).bought_wh == 2_000
    assert _sold_out(state.ledger)


def test_holds_end_with_it_and_what_was_not_filled_expires() -> None:
    day = Day()
    _evening(day)
    day.clears_day()
    ledger = day.engine.state.ledger
    assert [ledger.held_quanta(owner) for owner in ("ann", "ben", "retailer")] == [0, 0, 0]
    commitments = day.engine.state.commitments
    assert [commitments.open_count(owner) for owner in ("ann", "ben", "retailer")] == [0, 0, 0]
    assert commitments.open_starts("retailer-sells") == ()
    (closed,) = [e for e in day.events if isinstance(e, OrdersClosed)]
    assert (closed.start_s, closed.last_start_s, closed.going_on) == (at(0), at(3), ())


def test_nothing_is_dispatched_before_the_closing_call() -> None:
    day = Day()
    _evening(day)
    day.clears_day()
    assert not any(isinstance(e, SetpointsChanged) for e in day.events)
    day.opens()
    day.clears(clear)
    targets = {
        item.unit_id: item.target_w
        for e in day.events
        if isinstance(e, SetpointsChanged)
        for item in e.setpoints
    }
    assert targets["ann-load"] == -4_000


def test_what_the_day_sends_over_a_line_the_closing_call_does_not_send_again() -> None:
    day = Day()
    _evening(day)
    opening = day.clears_day()[0]
    sent_wh = opening.lines[0].sent_forward_wh
    assert sent_wh > 0
    day.opens()
    closing = day.engine.clearing_problem(at(0))
    assert closing.problem.lines.capacity_forward_wh[0, 0] == 3_000 - sent_wh
    assert closing.problem.confirmed_wh is not None
    assert closing.problem.confirmed_wh[:, 0, 0].tolist() == [sent_wh, 0]


def test_orders_until_a_date_wait_for_the_closing_call() -> None:
    day = Day()
    _evening(day)
    _places_gtd(day, "ben", "g1 ben-load buy 9000 300 1\ng2 ben-load buy 300000 400 2")
    day.clears_day()
    (closed,) = [e for e in day.events if isinstance(e, OrdersClosed)]
    assert closed.going_on_wh == (300,)
    (row,) = call_rows(day.engine, at(1))
    assert (row.owner, row.side, row.energy_wh) == ("ben", Side.BUY, 300)
    state = day.engine.state
    assert state.ledger.held_quanta("ben") == 9_000 * 300
    assert state.commitments.open_energy("ben-load", at(1)).buy_wh == 300
    assert state.commitments.open_count("ben") == 1
    cancel = CancelOrders(
        now_us=day.now_us, actor="ben", participant_id="ben", order_ids=(row.order_id,)
    )
    assert day.does(cancel).orders[0].rejection is None
    assert state.ledger.held_quanta("ben") == 0
    assert state.deadlines.next_us() is None


def test_an_order_in_a_call_ends_at_its_date() -> None:
    day = Day()
    _evening(day)
    _places_gtd(day, "ben", "g1 ben-load buy 9000 300 1")
    assert day.engine.next_deadline_us() == at(4) * 1_000_000
    day.does(ExpireDue(now_us=at(4) * 1_000_000))
    assert day.engine.state.commitments.open_energy("ben-load", at(1)).buy_wh == 100


def test_waiting_orders_enter_continuous_trading_when_it_opens() -> None:
    day = Day(LONG_DAY)
    _evening(day)
    _places_gtd(day, "ben", "g1 ben-load buy 9000 300 1")
    day.clears_day()
    assert day.does(OpenContinuous(now_us=day.now_us, start_s=at(0))).rejections == ()
    assert call_rows(day.engine, at(1)) == []
    (resting,) = day.engine.state.continuous.of_owner("ben")
    assert (resting.start_s, resting.remaining_wh) == (at(1), 300)
    assert day.engine.state.ledger.held_quanta("ben") == 9_000 * 300


def test_outcomes_of_half_a_day_are_no_outcome() -> None:
    day = Day()
    _evening(day)
    outcomes = day.clears_day()
    again = ApplyClearing(now_us=day.now_us, call=CallKind.DAY_AHEAD, outcomes=outcomes)
    assert [r.code for r in day.does(again).rejections] == [Code.PHASE_CONFLICT]
    other = Day()
    _evening(other)
    other.does(CloseDayAhead(now_us=other.now_us, start_s=at(0)))
    half = ApplyClearing(now_us=day.now_us, call=CallKind.DAY_AHEAD, outcomes=outcomes[:2])
    assert [r.code for r in other.does(half).rejections] == [Code.PHASE_CONFLICT]


def test_the_day_opens_and_closes_once_and_in_order() -> None:
    day = Day()
    day.opens_day()
    again = day.does(OpenDayAhead(now_us=day.now_us, start_s=at(0)))
    assert [r.code for r in again.rejections] == [Code.PHASE_CONFLICT]
    early = day.does(CloseGate(now_us=day.now_us, start_s=at(0)))
    assert [r.code for r in early.rejections] == [Code.PHASE_CONFLICT]


def test_reasons_come_with_the_result() -> None:
    day = Day()
    _evening(day)
    day.clears_day()
    (told,) = [e for e in day.events if isinstance(e, OrdersExplained)]
    assert (told.call, told.start_s) == (CallKind.DAY_AHEAD, at(0))
    assert len(told.explained.numbers) == len(told.explained.reasons) == 8


def test_nothing_of_the_book_is_public_before_the_result() -> None:
    day = Day()
    _evening(day)
    before = len(day.events)
    day.clears_day()
    first = next(e for e in day.events[before:] if not isinstance(e, PhaseChanged))
    assert isinstance(first, IntervalCleared)


@pytest.mark.parametrize("rules", [None, LONG_DAY])
def test_facts_alone_lead_to_the_same_state(rules: object) -> None:
    day = Day() if rules is None else Day(LONG_DAY)
    _evening(day)
    _places_gtd(day, "ben", "g1 ben-load buy 9000 300 1\ng2 ben-load buy 9000 400 2")
    day.clears_day()
    if rules is not None:
        day.does(OpenContinuous(now_us=day.now_us, start_s=MIDNIGHT_S))
    follower = Engine()
    for event in day.events:
        follower.apply(event)
    restored = Engine()
    restored.restore(day.engine.snapshot())
    assert follower.snapshot() == day.engine.snapshot() == restored.snapshot()
