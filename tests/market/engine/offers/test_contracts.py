"""Contracts: registered by one, confirmed by the other, carried by the grid or refused."""

from dataclasses import replace

import pytest

from market.engine.offers.offers import listing_wedges
from market.model.contract import (
    ContractClosed,
    ContractState,
    DeclineContract,
    WaysSettled,
    WithdrawContract,
)
from market.model.messages import TransfersBooked
from market.model.money import TransferKind, rent_account
from market.model.order import Side, Venue
from market.model.rejection import Code
from market.model.trade import ClearingOutcome
from tests.builders import area_outcome
from tests.market.engine.offering import OFFERING, Offering, at, code, made


@pytest.fixture
def market() -> Offering:
    return Offering()


def test_the_proposers_side_is_held_until_the_other_confirms(market: Offering) -> None:
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400 500"))
    assert market.engine.state.ledger.held_quanta("ben") == 9_000 * 900
    assert market.engine.state.commitments.open_energy("ben-load", at(1)).buy_wh == 500
    assert market.engine.state.commitments.open_energy("ann-solar", at(1)).sell_wh == 0
    assert made(market.confirms("ann")) == "con-1"
    assert market.engine.state.ledger.held_quanta("ben") == 0
    assert market.engine.state.commitments.open_count("ben") == 0
    trades = market.trades()
    assert [(t.unit_id, t.side, t.start_s, t.energy_wh) for t in trades] == [
        ("ann-solar", Side.SELL, at(0), 400),
        ("ben-load", Side.BUY, at(0), 400),
        ("ann-solar", Side.SELL, at(1), 500),
        ("ben-load", Side.BUY, at(1), 500),
    ]
    assert {t.venue for t in trades} == {Venue.BILATERAL}
    assert trades[0].match_id == trades[1].match_id != trades[2].match_id


def test_confirming_twice_trades_once(market: Offering) -> None:
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400"))
    made(market.confirms("ann"))
    assert market.confirms("ann").orders[0].repeated
    assert len(market.trades()) == 2


def test_the_other_side_is_checked_when_it_confirms(market: Offering) -> None:
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400 2000"))
    made(market.lists("ann-solar", "sell", 9_000, "100 1000"))
    refused = market.confirms("ann")
    assert code(refused) is Code.EXCEEDS_CAPABILITY
    assert refused.rejections[0].pointer == "legs/1/energy_kwh"
    assert market.trades() == []
    made(market.withdraws("ann"))
    made(market.confirms("ann"))


def test_the_confirming_buyer_must_be_able_to_pay() -> None:
    poor = Offering(funds=4_000_000)
    made(poor.proposes("ann-solar", "sell", "ben-load", 9_000, "400 400"))
    assert code(poor.confirms("ben")) is Code.INSUFFICIENT_FUNDS


def test_only_the_named_party_may_answer(market: Offering) -> None:
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400"))
    assert code(market.confirms("sue")) is Code.CONTRACT_UNKNOWN
    assert code(market.confirms("ben")) is Code.CONTRACT_UNKNOWN
    sue = market.tells(DeclineContract, "sue", contract_id="con-1")
    assert code(sue) is Code.CONTRACT_UNKNOWN


@pytest.mark.parametrize(
    ("who", "act", "ends"),
    [
        ("ann", DeclineContract, ContractState.DECLINED),
        ("ben", WithdrawContract, ContractState.WITHDRAWN),
    ],
)
def test_what_is_ended_holds_nothing_and_is_not_confirmed(
    market: Offering, who: str, act: type, ends: ContractState
) -> None:
    before = market.available("ben")
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400"))
    made(market.tells(act, who, contract_id="con-1"))
    closed = ContractClosed(
        contract_id="con-1", participant_id="ben", counterparty_id="ann", state=ends
    )
    assert market.events[-1] == closed
    assert market.available("ben") == before
    assert market.tells(act, who, contract_id="con-1").orders[0].repeated
    assert code(market.confirms("ann")) is Code.CONTRACT_CLOSED


def test_a_contract_nobody_answers_expires(market: Offering) -> None:
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400"))
    market.waits(60)
    assert market.engine.state.contracts.state["con-1"] is ContractState.EXPIRED
    assert market.engine.state.ledger.held_quanta("ben") == 0
    late = market.tells(WithdrawContract, "ben", contract_id="con-1")
    assert code(late) is Code.CONTRACT_CLOSED


def test_the_gate_of_one_interval_ends_a_contract_that_waits(market: Offering) -> None:
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400 500"))
    market.opens()
    market.closes()
    assert market.engine.state.contracts.state["con-1"] is ContractState.EXPIRED
    assert market.engine.state.commitments.open_energy("ben-load", at(1)).buy_wh == 0
    late = market.proposes("ben-load", "buy", "ann-solar", 9_000, "400")
    assert code(late) is Code.GATE_CLOSED
    assert late.rejections[0].pointer == "legs/0/start"


def test_the_same_contract_again_is_harmless(market: Offering) -> None:
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400", name="c"))
    again = market.proposes("ben-load", "buy", "ann-solar", 9_000, "400", name="c")
    assert again.orders[0].repeated
    other = market.proposes("ben-load", "buy", "ann-solar", 9_000, "401", name="c")
    assert code(other) is Code.EXISTS_WITH_DIFFERENT_FIELDS


def test_faults_of_a_contract(market: Offering) -> None:
    own = market.proposes("ben-load", "buy", "ben-chp", 9_000, "400")
    assert code(own) is Code.SELF_TRADE_PREVENTED
    unknown = market.proposes("ben-load", "buy", "nobody", 9_000, "400")
    assert code(unknown) is Code.UNIT_UNKNOWN
    past = market.proposes("ben-load", "buy", "ann-solar", 9_000, "400", answer_by_us=market.now_us)
    assert code(past) is Code.EXPIRY_IN_PAST
    dear = market.proposes("ben-load", "buy", "ann-solar", 10**6, "400")
    assert code(dear) is Code.PRICE_ABOVE_MAX
    nothing = market.proposes("ben-load", "buy", "ann-solar", 9_000, "0")
    assert code(nothing) is Code.VOLUME_MIN
    plain = Offering(rules=replace(OFFERING, bilateral=False))
    refused = plain.proposes("ben-load", "buy", "ann-solar", 9_000, "400")
    assert code(refused) is Code.MODE_NOT_OFFERED


# --- over a line --------------------------------------------------------------------------


def test_the_grid_refuses_with_the_intervals_it_cannot_carry(market: Offering) -> None:
    refused = market.proposes("sue-wind", "sell", "ben-load", 9_000, "1000 2400 2400")
    assert code(refused) is Code.GRID_LIMIT
    assert refused.rejections[0].parameters["starts"] == "2016-06-14T23:15:00Z,2016-06-14T23:30:00Z"


def test_capacity_goes_to_who_confirms_first(market: Offering) -> None:
    made(market.proposes("sue-wind", "sell", "ben-load", 9_000, "1200"))
    made(market.proposes("sue-wind", "sell", "ann-load", 9_000, "1200"))
    made(market.confirms("ann", "con-2"))
    assert code(market.confirms("ben", "con-1")) is Code.GRID_LIMIT
    assert market.engine.state.capacity.left_wh("RUR-SEM", False, at(0)) == 2_000 - 1_225


def test_a_seller_holds_what_it_sends_and_the_buyer_gets_what_was_agreed(
    market: Offering,
) -> None:
    made(market.proposes("ann-solar", "sell", "sue-load", 9_000, "500"))
    assert market.engine.state.commitments.open_energy("ann-solar", at(0)).sell_wh == 511
    made(market.confirms("sue"))
    seller, buyer = market.trades()
    assert (seller.energy_wh, seller.price_ticks) == (511, 9_000)
    assert (buyer.energy_wh, buyer.price_ticks) == (500, 9_607)


def outcome(rur_ticks: int | None, sem_ticks: int | None) -> ClearingOutcome:
    return ClearingOutcome(
        start_s=at(0),
        rung="optimal",
        reproducible=True,
        areas=(
            area_outcome("RUR", rur_ticks),
            area_outcome("SEM", sem_ticks),
            area_outcome("GRID", None),
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


@pytest.mark.parametrize(
    ("rur_ticks", "sem_ticks", "owed_quanta"),
    [
        # 500 x 15000 - 511 x 9000 = 2901000 of worth, less the fee of 400 x 511 paid already.
        (9_000, 15_000, 2_696_600),
        # The way is worth less than its fee: nothing more is owed, and nothing is given back.
        (9_000, 9_100, 0),
        (15_000, 9_000, 0),
        # Nothing traded in one of the areas: fee and loss only.
        (9_000, None, 0),
    ],
)
def test_who_accepted_owes_what_the_call_shows_the_way_to_be_worth(
    market: Offering, rur_ticks: int, sem_ticks: int | None, owed_quanta: int
) -> None:
    made(market.proposes("ann-solar", "sell", "sue-load", 9_000, "500"))
    made(market.confirms("sue"))
    events = listing_wedges(market.engine.state, outcome(rur_ticks, sem_ticks))
    assert events[-1] == WaysSettled(start_s=at(0))
    moved = [move for e in events if isinstance(e, TransfersBooked) for move in e.transfers]
    assert sum(move.amount_quanta for move in moved) == owed_quanta
    for move in moved:
        assert move.debit_account == "participant:sue"
        assert move.credit_account == rent_account("RUR-SEM")
        assert move.kind is TransferKind.LINE_RENT
    for event in events:
        market.engine.apply(event)
    assert listing_wedges(market.engine.state, outcome(rur_ticks, sem_ticks)) == ()
