"""Withdrawals: held at once, approved by two, sent, and paid or given back, each of them once."""

import pytest

from market.engine.engine import Engine
from market.model.payment import (
    OPEN_PAYOUTS,
    BankRow,
    CancelWithdrawal,
    PaymentDecision,
    PayoutDecision,
    PayoutsChanged,
    PayoutState,
    RejectPayouts,
    RequestWithdrawal,
)
from market.model.rejection import Code
from tests.market.engine.paying import CENT, Bank, codes, row


@pytest.fixture
def bank() -> Bank:
    return Bank()


def approved(bank: Bank, cents: int = 30_00) -> None:
    assert codes(bank.wants("ben", cents)) == []
    assert codes(bank.decides("out-1", PayoutDecision.APPROVE)) == []


def cancels(bank: Bank, who: str = "ben") -> list[Code]:
    command = CancelWithdrawal(now_us=bank.now_us, actor=who, participant_id=who, payout_id="out-1")
    return codes(bank.does(command))


def test_money_is_held_from_the_request_and_leaves_with_the_statement(bank: Bank) -> None:
    bank.wants("ben", 30_00)
    assert (bank.cents("participant:ben"), bank.held("ben")) == (100_00, 30_00)
    assert codes(bank.decides("out-1", PayoutDecision.APPROVE, "op1")) == []
    assert bank.payout().state is PayoutState.REQUESTED, "one operator is not enough"
    assert codes(bank.decides("out-1", PayoutDecision.APPROVE, "op1")) == [
        Code.SECOND_PERSON_REQUIRED
    ]
    bank.decides("out-1", PayoutDecision.APPROVE, "op2")
    bank.sends()
    assert (bank.payout().state, bank.payout().file_id) == (PayoutState.SENT, "pay-1")
    assert (bank.cents("participant:ben"), bank.held("ben")) == (100_00, 30_00)
    bank.says(row("b-1", -30_00, "OUT-1"))

    assert (bank.cents("participant:ben"), bank.held("ben")) == (70_00, 0)
    assert (bank.payout().state, bank.payout().bank_id) == (PayoutState.PAID, "b-1")
    assert bank.engine.state.ledger.sum_quanta() == 0


def test_the_same_request_again_is_harmless_and_another_under_its_name_refused(bank: Bank) -> None:
    bank.wants("ben", 30_00)
    assert codes(bank.wants("ben", 30_00)) == []
    assert bank.held("ben") == 30_00
    assert codes(bank.wants("ben", 30_01)) == [Code.EXISTS_WITH_DIFFERENT_FIELDS]
    assert codes(bank.wants("ben", 30_00, account="XX")) == [Code.EXISTS_WITH_DIFFERENT_FIELDS]
    assert codes(bank.wants("retailer", 5_00)) == [], "everybody has names of their own"


def test_nobody_withdraws_more_than_is_available(bank: Bank) -> None:
    assert codes(bank.wants("ben", 60_00, "w-1")) == []
    answer = bank.wants("ben", 40_01, "w-2")
    assert codes(answer) == [Code.INSUFFICIENT_FUNDS]
    assert answer.rejections[0].parameters == {"needed": "40.01000000", "available": "40.00000000"}
    assert codes(bank.wants("ben", 40_00, "w-3")) == []
    assert codes(bank.wants("ann", 1, "w-1")) == [Code.INSUFFICIENT_FUNDS]
    assert codes(bank.wants("ben", 0, "w-4")) == [Code.FIELD_RANGE]
    assert codes(bank.wants("nobody", 1)) == [Code.PARTICIPANT_UNKNOWN]


def test_what_is_not_whole_cents_cannot_be_paid_out(bank: Bank) -> None:
    command = RequestWithdrawal(
        now_us=bank.now_us,
        actor="ben",
        participant_id="ben",
        client_payout_id="w-1",
        amount_quanta=CENT + 1,
        payee_name="Ben",
        payee_account="DE02",
    )
    assert codes(bank.does(command)) == [Code.FIELD_RANGE]


def test_a_request_is_taken_back_until_it_is_sent(bank: Bank) -> None:
    bank.wants("ben", 30_00)
    assert cancels(bank, "ann") == [Code.NOT_FOUND]
    assert cancels(bank) == []
    assert cancels(bank) == [], "again is harmless"
    assert bank.held("ben") == 0
    assert codes(bank.decides("out-1", PayoutDecision.APPROVE)) == [Code.PAYMENT_CLOSED]


def test_what_is_sent_is_not_taken_back(bank: Bank) -> None:
    approved(bank)
    bank.sends()
    assert cancels(bank) == [Code.PAYMENT_CLOSED]
    assert codes(bank.decides("out-1", PayoutDecision.REFUSE)) == [Code.PAYMENT_CLOSED]


def test_one_operator_is_enough_to_refuse(bank: Bank) -> None:
    approved(bank)
    assert codes(bank.decides("out-1", PayoutDecision.REFUSE, "op1")) == []
    assert (bank.payout().state, bank.held("ben")) == (PayoutState.REFUSED, 0)
    count = len(bank.events)
    bank.sends()
    assert len(bank.events) == count, "there is nothing to send"


def test_what_is_held_but_no_longer_there_is_neither_approved_nor_sent(bank: Bank) -> None:
    bank.is_over()
    approved(bank)
    bank.wants("ben", 10_00, "w-2")
    bank.owes("ben", 95_00)  # settlement takes the account below what is held
    answer = bank.decides("out-2", PayoutDecision.APPROVE)
    assert codes(answer) == [Code.INSUFFICIENT_FUNDS]
    bank.sends()
    assert bank.payout().state is PayoutState.APPROVED
    bank.says(row("b-1", 95_00, "ben"))
    bank.sends()
    assert bank.payout().state is PayoutState.SENT


def test_what_the_bank_did_not_carry_out_is_given_back_by_two(bank: Bank) -> None:
    approved(bank)
    bank.sends()
    bank.decides("out-1", PayoutDecision.REJECT, "op1", reason="account closed")
    assert bank.held("ben") == 30_00
    bank.decides("out-1", PayoutDecision.REJECT, "op2", reason="account closed")
    assert (bank.payout().state, bank.held("ben")) == (PayoutState.REJECTED, 0)
    bank.says(row("b-1", -30_00, "out-1"))  # the bank has carried it out after all
    assert bank.cents("suspense") == -30_00
    assert bank.cents("participant:ben") == 100_00
    assert codes(bank.places("b-1", PaymentDecision.PARTICIPANT, participant_id="ben")) == []
    assert (bank.cents("participant:ben"), bank.cents("suspense")) == (70_00, 0)


def test_the_banks_channel_says_it_once_for_ever(bank: Bank) -> None:
    approved(bank)
    bank.sends()
    said = (("out-1", "account closed"), ("out-1", "account closed"))
    command = RejectPayouts(now_us=bank.now_us, actor="op1", rejected=said)
    assert codes(bank.does(command)) == []
    assert (bank.payout().state, bank.payout().reason) == (PayoutState.REJECTED, "account closed")
    count = len(bank.events)
    bank.does(command)
    assert len(bank.events) == count
    unknown = RejectPayouts(now_us=bank.now_us, actor="op1", rejected=(("out-9", "?"),))
    assert codes(bank.does(unknown)) == [Code.NOT_FOUND]


def test_a_bank_that_pays_twice_is_seen(bank: Bank) -> None:
    approved(bank)
    bank.sends()
    bank.says(row("b-1", -30_00, "out-1"), row("b-2", -30_00, "out-1"))
    assert (bank.cents("participant:ben"), bank.cents("suspense")) == (70_00, -30_00)
    bank.says(row("b-3", 30_00, "return of out-1"))
    assert bank.payout().state is PayoutState.SENT_BACK
    assert bank.cents("participant:ben") == 100_00
    bank.says(row("b-4", 30_00, "return of out-1"))
    assert bank.cents("suspense") == 0, "it balances the one nobody could place"


def test_a_payout_goes_one_way_through_its_states(bank: Bank) -> None:
    approved(bank)
    bank.sends()
    bank.says(row("b-1", -30_00, "out-1"))
    seen = [event.payouts[0].state for event in bank.events if isinstance(event, PayoutsChanged)]
    assert seen == [
        PayoutState.REQUESTED,
        PayoutState.APPROVED,
        PayoutState.SENT,
        PayoutState.PAID,
    ]
    assert [state in OPEN_PAYOUTS for state in seen] == [True, True, True, False]


def test_a_snapshot_in_the_middle_knows_all_of_it(bank: Bank) -> None:
    bank.is_over()
    bank.owes("ann", 20_00)
    approved(bank)
    bank.wants("ben", 5_00, "w-2")
    bank.sends()
    rows: tuple[BankRow, ...] = (row("b-1", 7_00, "bil-1"), row("b-2", 1_00, "?"))
    bank.says(*rows)
    bank.places("b-2", PaymentDecision.PARTICIPANT, "op1", participant_id="ann")
    engine = Engine()
    engine.restore(bank.engine.snapshot())
    bank.engine = engine

    assert bank.held("ben") == 35_00
    count = len(bank.events)
    bank.says(*rows)
    assert len(bank.events) == count
    bank.places("b-2", PaymentDecision.PARTICIPANT, "op2", participant_id="ann")
    assert bank.cents("participant:ann") == -12_00
    bank.says(row("b-3", -30_00, "out-1"))
    assert bank.held("ben") == 5_00
