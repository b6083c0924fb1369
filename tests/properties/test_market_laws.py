"""Laws that hold after every command, whatever the commands are.

A random program of orders, cancels, gates, readings and settlements runs against the engine and,
event by event, against a second engine that only applies the facts.
"""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from clearing.clear import clear
from market.engine.engine import Engine
from market.model.messages import (
    CancelOrders,
    CloseDay,
    CloseGate,
    Command,
    EndDelivery,
    OpenCall,
    RecordMeasurements,
    SettleInterval,
    TradesMade,
)
from market.model.money import CENTRAL, loss_account, participant_account
from market.model.order import Side
from market.model.power import Measurement
from market.model.timer import TimerKind
from market.trading.holds import hold_quanta
from tests.builders import MIDNIGHT_S, RULES, STEP_S, UNITS, Story, call_rows

_OWNERS = ("ann", "ben", "retailer")
_UNIT_IDS = tuple(unit.unit_id for unit in UNITS)


class Market(RuleBasedStateMachine):
    """One market under a random program."""

    def __init__(self) -> None:
        super().__init__()
        # A short day: otherwise opening calls is all that ever falls due.
        rules = replace(RULES, trading_until_s=MIDNIGHT_S + 4 * STEP_S)
        self.story = Story(deposits={"ann": 3 * 10**8, "ben": 3 * 10**8}, rules=rules)
        self.follower = Engine()
        self.followed = 0
        self.client_number = 0
        for number in range(4):
            self.story.opens(MIDNIGHT_S + STEP_S * number)
            self.story.places("retailer", f"r{number} retailer-sells sell 16000 9000 {number}")
            self.story.places("ben", f"b{number} ben-load buy 30000 1500 {number}")

    @rule(
        owner=st.sampled_from(_OWNERS),
        unit_id=st.sampled_from(_UNIT_IDS),
        side=st.sampled_from(Side),
        price_ticks=st.integers(-60_000, 50_000),
        energy_wh=st.integers(0, 4_000),
        interval=st.integers(0, 4),
        again=st.booleans(),
    )
    def places(
        self,
        owner: str,
        unit_id: str,
        side: Side,
        price_ticks: int,
        energy_wh: int,
        interval: int,
        again: bool,
    ) -> None:
        self.client_number += not again
        row = f"c{self.client_number} {unit_id} {side} {price_ticks} {energy_wh} {interval}"
        self.story.places(owner, row)

    @rule(
        order=st.sampled_from(
            (
                ("retailer", "retailer-sells", "sell", 15_000),
                ("retailer", "retailer-sells", "buy", 8_000),
                ("ann", "ann-solar", "sell", 2_000),
                ("ann", "ann-load", "buy", 40_000),
                ("ann", "ann-battery", "sell", 12_000),
                ("ben", "ben-load", "buy", 40_000),
            )
        ),
        more_ticks=st.integers(-3_000, 3_000),
        energy_wh=st.integers(1, 2_500),
        interval=st.integers(0, 3),
    )
    def places_what_may_well_trade(
        self, order: tuple[str, str, str, int], more_ticks: int, energy_wh: int, interval: int
    ) -> None:
        owner, unit_id, side, price_ticks = order
        self.client_number += 1
        row = f"c{self.client_number} {unit_id} {side} {price_ticks + more_ticks}"
        self.story.places(owner, f"{row} {energy_wh} {interval}")

    @rule(owner=st.sampled_from(_OWNERS), number=st.integers(1, 40))
    def cancels(self, owner: str, number: int) -> None:
        self.story.does(
            CancelOrders(
                now_us=self.story.now_us,
                actor=owner,
                participant_id=owner,
                order_ids=(f"ord-{number}",),
            )
        )

    @rule()
    def does_what_is_due(self) -> None:
        timer = self.story.engine.next_timer()
        if timer is None:
            return
        now_us, start_s = timer.due_us, timer.start_s
        if timer.kind is TimerKind.CLOSE_GATE:
            self.story.clears(clear, start_s)
            return
        commands: dict[TimerKind, Command] = {
            TimerKind.OPEN_CALL: OpenCall(now_us=now_us, start_s=start_s),
            TimerKind.END_DELIVERY: EndDelivery(now_us=now_us, start_s=start_s),
            TimerKind.SETTLE: SettleInterval(now_us=now_us, start_s=start_s),
            TimerKind.CLOSE_DAY: CloseDay(now_us=now_us, day=timer.day),
            TimerKind.CLOSE_GATE: CloseGate(now_us=now_us, start_s=start_s),
        }
        assert self.story.does(commands[timer.kind]).rejections == ()

    @rule(
        unit_id=st.sampled_from(_UNIT_IDS),
        injection_wh=st.integers(-3_000, 3_000),
        interval=st.integers(0, 4),
    )
    def reads(self, unit_id: str, injection_wh: int, interval: int) -> None:
        reading = Measurement(
            unit_id=unit_id, start_s=MIDNIGHT_S + STEP_S * interval, injection_wh=injection_wh
        )
        self.story.does(
            RecordMeasurements(
                now_us=self.story.now_us, actor="g", area_id="RUR", measurements=(reading,)
            )
        )

    @invariant()
    def money_is_neither_made_nor_lost(self) -> None:
        ledger = self.story.engine.state.ledger
        assert ledger.sum_quanta() == 0
        assert ledger.balance_quanta(CENTRAL) == 0
        assert ledger.balance_quanta(loss_account("GRID-RUR")) == 0

    @invariant()
    def what_is_held_is_what_the_book_asks(self) -> None:
        state = self.story.engine.state
        held = dict.fromkeys(_OWNERS, 0)
        for number in range(5):
            for row in call_rows(self.story.engine, MIDNIGHT_S + STEP_S * number):
                held[row.owner] += hold_quanta(row.side, row.price_ticks, row.energy_wh)
        assert held == {owner: state.ledger.held_quanta(owner) for owner in _OWNERS}

    @invariant()
    def what_was_sold_was_bought_or_lost(self) -> None:
        made = [event for event in self.story.events if isinstance(event, TradesMade)]
        if not made or self.followed == len(self.story.events):
            return
        trades = made[-1].trades
        net_wh = sum(trade.injection_wh for trade in trades)
        lines = self.story.engine.state.outcomes.get(made[-1].start_s)
        if lines is not None:
            lost_wh = sum(
                line.sent_forward_wh
                - line.received_forward_wh
                + line.sent_backward_wh
                - line.received_backward_wh
                for line in lines.lines
            )
            assert net_wh == lost_wh >= 0

    @invariant()
    def facts_alone_lead_to_the_same_state(self) -> None:
        for event in self.story.events[self.followed :]:
            self.follower.apply(event)
        self.followed = len(self.story.events)
        ours, theirs = self.story.engine.state, self.follower.state
        assert self.story.engine.snapshot() == self.follower.snapshot()
        assert ours.ledger.accounts() == theirs.ledger.accounts()
        assert ours.client_orders == theirs.client_orders
        assert ours.next_order_number == theirs.next_order_number
        assert self.story.engine.next_timer() == self.follower.next_timer()
        for owner in _OWNERS:
            assert ours.ledger.held_quanta(owner) == theirs.ledger.held_quanta(owner)
            assert ours.ledger.balance_quanta(participant_account(owner)) == (
                theirs.ledger.balance_quanta(participant_account(owner))
            )

    @rule()
    def starts_again_from_a_snapshot(self) -> None:
        snapshot = self.follower.snapshot()
        self.follower = Engine()
        self.follower.restore(snapshot)


@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(12, 40, id="short"),
        pytest.param(300, 80, id="long", marks=pytest.mark.long),
    ],
)
def test_the_laws_hold_after_every_command(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Market, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )
