"""From the gate to the schedule, cleared by the real engine."""

from dataclasses import replace

from clearing.clear import clear
from market.model.messages import (
    ApplyClearing,
    CloseGate,
    IntervalCleared,
    Phase,
    SetpointsChanged,
    TradesMade,
)
from market.model.money import CENTRAL, GRID_OPERATOR, loss_account, participant_account
from market.model.order import Side
from market.model.rejection import Code
from tests.builders import MIDNIGHT_S, STEP_S, Story


def _evening() -> Story:
    """The retailer offers at 160.00, Ann's solar at 100.00; Ann and Ben need 3 kWh."""
    story = Story()
    story.opens()
    story.places("retailer", "r retailer-sells sell 16000 100000")
    story.places("ann", "s ann-solar sell 10000 500\nl ann-load buy 400000 1000")
    story.places("ben", "l ben-load buy 400000 2000\nx ben-load buy 9000 100")
    return story


def test_the_cheapest_serve_and_the_line_sets_the_price() -> None:
    story = _evening()
    outcome = story.clears(clear)
    rural, upper = outcome.areas
    assert (rural.bought_wh, rural.sold_wh) == (3_000, 500)
    # Delivered: 160.00 / 0.98 + 40.00 / 0.98 = 204.08 within the tick.
    assert rural.price_ticks in range(20_405, 20_412)
    assert upper.price_ticks == 16_000
    (line,) = outcome.lines
    assert line.received_forward_wh == 2_500
    assert upper.sold_wh == line.sent_forward_wh


def test_sold_is_bought_and_lost() -> None:
    story = _evening()
    outcome = story.clears(clear)
    (made,) = (event for event in story.events if isinstance(event, TradesMade))
    sold_wh = sum(t.energy_wh for t in made.trades if t.side is Side.SELL)
    bought_wh = sum(t.energy_wh for t in made.trades if t.side is Side.BUY)
    lost_wh = sum(line.sent_forward_wh - line.received_forward_wh for line in outcome.lines)
    assert sold_wh == bought_wh + lost_wh
    assert lost_wh > 0


def test_money_goes_round_and_every_hold_ends() -> None:
    story = _evening()
    story.clears(clear)
    ledger = story.engine.state.ledger
    assert ledger.sum_quanta() == 0
    assert ledger.balance_quanta(CENTRAL) == 0
    assert ledger.balance_quanta(loss_account("GRID-RUR")) == 0
    assert ledger.balance_quanta(GRID_OPERATOR) > 0
    assert [ledger.held_quanta(owner) for owner in ("ann", "ben", "retailer")] == [0, 0, 0]
    assert ledger.balance_quanta(participant_account("ben")) < 10**10


def test_each_unit_gets_its_own_traded_schedule() -> None:
    story = _evening()
    story.clears(clear)
    targets_w = {
        setpoint.unit_id: setpoint.target_w
        for event in story.events
        if isinstance(event, SetpointsChanged)
        for setpoint in event.setpoints
    }
    assert targets_w["ann-solar"] == 2_000
    assert targets_w["ann-load"] == -4_000
    assert targets_w["ben-load"] == -8_000
    assert targets_w["ann-battery"] == 0
    assert targets_w["retailer-sells"] > 0


def test_an_interval_without_orders_clears_with_no_price() -> None:
    story = Story()
    story.opens()
    outcome = story.clears(clear)
    assert [area.price_ticks for area in outcome.areas] == [None, None]
    assert story.engine.state.phases.of(MIDNIGHT_S) is Phase.DELIVERY_LOCK


def test_an_outcome_counts_once() -> None:
    story = _evening()
    outcome = story.clears(clear)
    before = len(story.events)
    again = story.does(ApplyClearing(now_us=story.now_us, outcomes=(outcome,)))
    assert [rejection.code for rejection in again.rejections] == [Code.PHASE_CONFLICT]
    assert len(story.events) == before


def test_gates_close_in_order_of_delivery() -> None:
    story = Story()
    story.opens()
    story.opens(MIDNIGHT_S + STEP_S)
    out_of_turn = CloseGate(now_us=story.now_us, start_s=MIDNIGHT_S + STEP_S)
    assert [r.code for r in story.does(out_of_turn).rejections] == [Code.PHASE_CONFLICT]


def test_no_curve_is_public_while_owners_are_few() -> None:
    story = _evening()
    story.clears(clear)
    (cleared,) = (event for event in story.events if isinstance(event, IntervalCleared))
    assert cleared.supply_curve == cleared.demand_curve == ()


def test_what_only_the_last_resort_orders_is_public() -> None:
    story = Story()
    story.opens()
    story.places("retailer", "r retailer-sells sell 16000 100000\nb retailer-sells buy 8000 500")
    story.clears(clear)
    (cleared,) = (event for event in story.events if isinstance(event, IntervalCleared))
    assert cleared.supply_curve == (("market", ((16_000, 100_000),)),)
    assert cleared.demand_curve == (("market", ((8_000, 500),)),)


def test_what_the_auditor_refused_stands_in_the_outcome() -> None:
    story = _evening()
    outcome = story.clears(lambda problem: replace(clear(problem), audit_faults=("unbalanced",)))
    assert outcome.audit_faults == ("unbalanced",)
