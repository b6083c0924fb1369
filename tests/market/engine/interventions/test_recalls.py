"""Recalls: who may ask, who decides, and that a cancelled match is as if it had never been."""

from dataclasses import replace

import pytest

from market.engine.offers.contracts import settle_ways
from market.model.messages import (
    Answer,
    CloseDayAhead,
    LinesUsed,
    OpenContinuous,
    OpenDayAhead,
    TradesMade,
    TransfersBooked,
)
from market.model.money import CENTRAL
from market.model.recall import (
    DecideRecall,
    RecallDecided,
    RecallProposed,
    RecallRequested,
    RecallRule,
    RequestRecall,
    TradeState,
)
from market.model.rejection import Code
from market.model.trade import ClearingOutcome, Trade
from market.trading.capacity import Capacity
from tests.builders import MIDNIGHT_S, STEP_S, Story, area_outcome
from tests.market.engine.offering import Offering, at, made
from tests.market.engine.offers.test_offers_sessions import OPENING
from tests.market.engine.orders.test_continuous import AT_S, CONTINUOUS, send

MINUTE_US = 60_000_000


@pytest.fixture
def story() -> Story:
    """Ann has sold 300 Wh to Ben in continuous trading."""
    told = Story(rules=CONTINUOUS)
    told.does(OpenContinuous(now_us=told.now_us, start_s=MIDNIGHT_S))
    trade(told)
    return told


def trade(story: Story, name: str = "1") -> None:
    send(story, "ann", f"a{name} ann-solar sell 300 9000")
    send(story, "ben", f"b{name} ben-load buy 300 12000")


def legs(story: Story | Offering) -> tuple[Trade, ...]:
    return tuple(
        leg for event in story.events if isinstance(event, TradesMade) for leg in event.trades
    )


def ask(story: Story | Offering, who: str | None, leg: Trade, later_us: int = 0) -> Answer:
    """A party asks, or an operator (None)."""
    return story.does(
        RequestRecall(
            now_us=story.now_us + later_us,
            actor=who or "op",
            match_id=leg.match_id,
            start_s=leg.start_s,
            reason="wrong price",
            participant_id=who,
        )
    )


def decide(
    story: Story | Offering, operator: str, leg: Trade, *, cancel: bool, later_us: int = 0
) -> Answer:
    return story.does(
        DecideRecall(
            now_us=story.now_us + later_us,
            actor=operator,
            match_id=leg.match_id,
            start_s=leg.start_s,
            cancel=cancel,
        )
    )


def code(answer: Answer) -> Code | None:
    return answer.rejections[0].code if answer.rejections else None


def decided(story: Story | Offering) -> list[tuple[TradeState, RecallRule, tuple[str, ...]]]:
    return [(e.state, e.rule, e.actors) for e in story.events if isinstance(e, RecallDecided)]


def accounts(story: Story | Offering) -> dict[str, int]:
    """What is on every account, but for those with nothing on them."""
    found = story.engine.state.ledger.accounts()
    return {account: quanta for account, quanta in found.items() if quanta}


def conserves(story: Story | Offering) -> None:
    """All accounts together are zero, nothing stays with the market, nobody is held for anything."""
    state = story.engine.state
    assert state.ledger.sum_quanta() == 0
    assert state.ledger.balance_quanta(CENTRAL) == 0
    for owner in state.participants:
        assert state.ledger.held_quanta(owner) == 0
        assert state.commitments.open_count(owner) == 0


def test_two_operators_cancel_and_everything_is_as_before(story: Story) -> None:
    sold = legs(story)[0]
    before = dict.fromkeys(("participant:ann", "participant:ben"), 10**10)
    assert code(ask(story, "ben", sold)) is None
    assert code(decide(story, "op1", sold, cancel=True)) is None
    assert code(decide(story, "op1", sold, cancel=True)) is Code.SECOND_PERSON_REQUIRED
    assert decided(story) == []
    assert code(decide(story, "op2", sold, cancel=True)) is None
    assert decided(story) == [(TradeState.CANCELLED, RecallRule.TWO_OPERATORS, ("op1", "op2"))]
    state = story.engine.state
    assert {name: state.ledger.balance_quanta(name) for name in before} == before
    assert state.positions.traded("ann-solar", AT_S).sold_wh == 0
    assert state.positions.traded("ben-load", AT_S).bought_wh == 0
    conserves(story)


def test_the_reversal_is_the_exact_opposite_under_the_matchs_name(story: Story) -> None:
    sold = legs(story)[0]
    (_, first) = [e for e in story.events if isinstance(e, TransfersBooked)]
    ask(story, "ann", sold)
    ask(story, "ben", sold)
    (*_, last) = [e for e in story.events if isinstance(e, TransfersBooked)]
    assert [
        (t.credit_account, t.debit_account, t.amount_quanta, t.kind, t.start_s)
        for t in last.transfers
    ] == [
        (t.debit_account, t.credit_account, t.amount_quanta, t.kind, t.start_s)
        for t in first.transfers
    ]
    assert {t.reference for t in last.transfers} == {sold.match_id}
    assert len(legs(story)) == 2, "the originals stay, and nothing is traded instead"


def test_both_parties_undo_a_match_by_rule(story: Story) -> None:
    sold = legs(story)[0]
    assert code(ask(story, "ann", sold)) is None
    assert code(ask(story, "ann", sold)) is None
    assert len([e for e in story.events if isinstance(e, RecallRequested)]) == 1
    assert decided(story) == []
    assert code(ask(story, "ben", sold)) is None
    assert decided(story) == [(TradeState.CANCELLED, RecallRule.BOTH_PARTIES, ("ann", "ben"))]


def test_an_operators_request_counts_for_no_party(story: Story) -> None:
    sold = legs(story)[0]
    ask(story, None, sold)
    ask(story, None, sold)
    ask(story, "ann", sold)
    assert decided(story) == []
    (recall,) = story.engine.state.recalls.all()
    assert (recall.by_operator, recall.asked_by) == (True, ("ann",))


def test_only_a_party_of_the_match_may_ask(story: Story) -> None:
    sold = legs(story)[0]
    assert code(ask(story, "retailer", sold)) is Code.NOT_FOUND
    assert code(ask(story, "ann", replace(sold, match_id="mat-c99"))) is Code.NOT_FOUND
    assert code(ask(story, "ann", replace(sold, start_s=sold.start_s + STEP_S))) is Code.NOT_FOUND
    assert code(ask(story, "ann", replace(sold, start_s=1))) is Code.PRODUCT_UNKNOWN
    assert code(decide(story, "op1", sold, cancel=True)) is Code.NOT_FOUND


def test_fifteen_minutes_are_the_window(story: Story) -> None:
    sold = legs(story)[0]
    refused = ask(story, "ann", sold, later_us=15 * MINUTE_US + 1)
    assert code(refused) is Code.RECALL_TOO_LATE
    assert refused.rejections[0].parameters["until"].endswith("Z")
    assert code(ask(story, "ann", sold, later_us=15 * MINUTE_US)) is None
    # The other party may still join in: it did not know before.
    assert code(ask(story, "ben", sold, later_us=20 * MINUTE_US)) is None
    assert decided(story)[0][0] is TradeState.CANCELLED


def test_fills_of_calls_need_a_replacement(story: Story) -> None:
    for match_id in (f"mat-{AT_S}", f"mat-d{AT_S}"):
        leg = replace(legs(story)[0], match_id=match_id)
        assert code(ask(story, "ann", leg)) is Code.RECALL_NEEDS_REPLACEMENT


def test_a_word_to_the_contrary_takes_the_place_of_the_first(story: Story) -> None:
    sold = legs(story)[0]
    ask(story, "ann", sold)
    decide(story, "op1", sold, cancel=True)
    assert code(decide(story, "op2", sold, cancel=False)) is None
    assert decided(story) == []
    assert code(decide(story, "op1", sold, cancel=False)) is None
    assert decided(story) == [(TradeState.NOT_CANCELLED, RecallRule.TWO_OPERATORS, ("op2", "op1"))]
    assert story.engine.state.positions.traded("ann-solar", AT_S).sold_wh == 300
    assert code(ask(story, "ben", sold)) is Code.RECALL_CLOSED
    assert code(decide(story, "op1", sold, cancel=True)) is Code.RECALL_CLOSED


def test_a_proposal_waits_fifteen_minutes(story: Story) -> None:
    sold = legs(story)[0]
    ask(story, "ann", sold)
    decide(story, "op1", sold, cancel=True)
    decide(story, "op2", sold, cancel=True, later_us=15 * MINUTE_US + 1)
    assert decided(story) == []
    assert [e.actor for e in story.events if isinstance(e, RecallProposed)] == ["op1", "op2"]


def test_a_match_of_continuous_trading_over_a_line_gives_the_line_back(story: Story) -> None:
    state = story.engine.state
    before, left_wh = accounts(story), state.capacity.left_wh("GRID-RUR", True, AT_S)
    send(story, "retailer", "r1 retailer-sells sell 400 8000")
    send(story, "ben", "b2 ben-load buy 300 20000")
    sold = legs(story)[-1]
    assert state.capacity.left_wh("GRID-RUR", True, AT_S) < left_wh
    ask(story, "retailer", sold)
    ask(story, "ben", sold)
    assert decided(story)[0][0] is TradeState.CANCELLED
    assert state.capacity.left_wh("GRID-RUR", True, AT_S) == left_wh
    assert accounts(story) == before
    drawn = [use for event in story.events if isinstance(event, LinesUsed) for use in event.uses]
    assert [use.sent_wh for use in drawn] == [drawn[0].sent_wh, -drawn[0].sent_wh]
    assert {use.match_id for use in drawn} == {sold.match_id}
    # What was filled stays filled; what still rests can be bought again, over the same line.
    send(story, "ben", "b3 ben-load buy 90 20000")
    assert legs(story)[-1].energy_wh == 90


def test_each_match_of_one_order_is_recalled_by_itself(story: Story) -> None:
    trade(story, "2")
    first, _, second, _ = legs(story)
    ask(story, "ann", second)
    ask(story, "ben", second)
    assert story.engine.state.positions.traded("ann-solar", AT_S).sold_wh == first.energy_wh
    assert code(ask(story, "ann", first)) is None


# --- outside the books ----------------------------------------------------------------


@pytest.fixture
def market() -> Offering:
    return Offering()


def listed(market: Offering, taker: str = "ben-load") -> Trade:
    made(market.lists("ann-solar", "sell", 9_000, "600"))
    made(market.takes(taker, "500"))
    return market.trades()[0]


def test_what_is_not_decided_at_the_gate_stands(market: Offering) -> None:
    sold = listed(market)
    ask(market, "ann", sold)
    decide(market, "op1", sold, cancel=True)
    market.opens()
    assert decided(market) == []
    market.closes()
    assert decided(market) == [(TradeState.NOT_CANCELLED, RecallRule.GATE, ())]
    assert market.engine.state.positions.traded("ann-solar", at(0)).sold_wh == 500
    assert code(ask(market, "ben", sold)) is Code.GATE_CLOSED
    assert code(decide(market, "op2", sold, cancel=True)) is Code.GATE_CLOSED
    assert market.engine.state.recalls.intervals == {}


def test_a_way_that_is_not_taken_any_more_owes_nothing(market: Offering) -> None:
    before = accounts(market)
    sold = listed(market, "sue-load")
    assert sold.energy_wh == 511
    ask(market, "ann", sold)
    ask(market, "sue", sold)
    assert decided(market)[0][1] is RecallRule.BOTH_PARTIES
    assert accounts(market) == before
    assert market.engine.state.capacity.left_wh("RUR-SEM", True, at(0)) == 2_000
    dear = settle_ways(market.engine.state, outcome(rural_ticks=1_000, urban_ticks=90_000))
    assert not [event for event in dear if isinstance(event, TransfersBooked)]


def outcome(rural_ticks: int, urban_ticks: int) -> ClearingOutcome:
    """A closing call with these prices."""
    return ClearingOutcome(
        start_s=at(0),
        rung="optimal",
        reproducible=True,
        areas=tuple(
            area_outcome(area_id, ticks)
            for area_id, ticks in (("RUR", rural_ticks), ("SEM", urban_ticks))
        ),
        lines=(),
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=1,
        receipt_hash="",
        audit_faults=(),
    )


def test_one_interval_of_a_contract_is_recalled_by_itself(market: Offering) -> None:
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400 500"))
    made(market.confirms("ann"))
    later = market.trades()[2]
    assert later.start_s == at(1)
    ask(market, "ben", later)
    ask(market, "ann", later)
    positions = market.engine.state.positions
    assert positions.traded("ben-load", at(0)).bought_wh == 400
    assert positions.traded("ben-load", at(1)).bought_wh == 0


def test_what_cannot_be_paid_back_stays_disputed() -> None:
    poor = Offering(funds=4_500_000)
    sold = listed(poor)
    # Ann speaks for all she has: 4,500,000 of her own and as much from the sale.
    made(poor.proposes("ann-load", "buy", "ben-chp", 9_000, "500 500"))
    ask(poor, "ann", sold)
    ask(poor, "ben", sold)
    assert decided(poor) == [], "both want it, but it cannot be done now"
    refused = decide(poor, "op1", sold, cancel=True)
    assert code(refused) is Code.INSUFFICIENT_FUNDS
    assert refused.rejections[0].parameters == {
        "participant_id": "ann",
        "needed": "0.04500000",
        "available": "0.00000000",
    }
    assert code(decide(poor, "op1", sold, cancel=False)) is None
    poor.waits(61)  # the contract she held it for has expired
    assert code(decide(poor, "op1", sold, cancel=True)) is None
    assert code(decide(poor, "op2", sold, cancel=True)) is None
    assert decided(poor)[0][0] is TradeState.CANCELLED
    made(poor.withdraws("ann"))
    conserves(poor)


def test_while_a_call_of_the_interval_is_solved_nothing_is_given_back() -> None:
    market = Offering(rules=OPENING)
    sold = listed(market)
    made(market.withdraws("ann"))
    ask(market, "ann", sold)
    market.does(OpenDayAhead(now_us=market.now_us, start_s=at(0)))
    market.does(CloseDayAhead(now_us=market.now_us, start_s=at(0)))
    assert code(decide(market, "op1", sold, cancel=True)) is Code.NOT_OPEN
    assert code(ask(market, "ben", sold)) is None
    assert decided(market) == []


def test_no_areas_limit_is_passed_because_an_opposite_flow_is_gone(
    market: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = listed(market, "sue-load")
    ask(market, "ann", sold)
    monkeypatch.setattr(Capacity, "can_give_back", lambda *_: False)
    refused = decide(market, "op1", sold, cancel=True)
    assert code(refused) is Code.GRID_LIMIT
    assert refused.rejections[0].parameters == {"line_id": "RUR-SEM"}
    ask(market, "sue", sold)
    assert decided(market) == []
