"""Movements on the bank account: once for ever, placed by their reference, else looked into by two."""

from dataclasses import replace

import pytest

from market.engine.engine import Engine
from market.engine.money.defaults import owed_by
from market.model.demand import Owed
from market.model.messages import CreateMarket, Deposit, MakeDeposits
from market.model.payment import (
    PaymentActProposed,
    PaymentDecided,
    PaymentDecision,
    PaymentsRecorded,
    PaymentState,
    PayoutDecision,
    PayoutState,
)
from market.model.rejection import Code
from market.model.rules import PaymentTerms
from tests.builders import DAY_BEFORE_US, GRID, RULES
from tests.market.engine.paying import CENT, DAY_US, Bank, codes, row


@pytest.fixture
def bank() -> Bank:
    return Bank()


def states(bank: Bank) -> list[tuple[str, PaymentState, str | None]]:
    return [
        (payment.bank_id, payment.state, payment.participant_id)
        for event in bank.events
        if isinstance(event, PaymentsRecorded)
        for payment in event.payments
    ]


def test_a_row_is_booked_once_whatever_is_sent_again(bank: Bank) -> None:
    first, second = row("b-1", 10_00, "ann"), row("b-2", 5_00, "nobody knows")
    assert codes(bank.says(first, second, first)) == []
    count = len(bank.events)
    assert codes(bank.says(second, first)) == []
    assert len(bank.events) == count

    assert bank.cents("participant:ann") == 10_00
    assert bank.cents("suspense") == 5_00
    assert states(bank) == [
        ("b-1", PaymentState.MATCHED, "ann"),
        ("b-2", PaymentState.UNMATCHED, None),
    ]
    assert bank.engine.state.ledger.sum_quanta() == 0


def test_another_movement_under_a_known_id_refuses_all_with_every_fault(bank: Bank) -> None:
    bank.says(row("b-1", 10_00, "ann"))
    answer = bank.says(
        row("b-1", 10_01, "ann"),
        row("b-2", 1_00, "ann"),
        row("b-3", 0, "ann"),
        row("b-2", 1_00, "ben"),
        row("dep-ben", 1_00, "ben"),
    )

    assert [(fault.code, fault.pointer) for fault in answer.rejections] == [
        (Code.EXISTS_WITH_DIFFERENT_FIELDS, "rows/0/bank_id"),
        (Code.FIELD_RANGE, "rows/2/amount"),
        (Code.EXISTS_WITH_DIFFERENT_FIELDS, "rows/3/bank_id"),
        (Code.EXISTS_WITH_DIFFERENT_FIELDS, "rows/4/bank_id"),
    ]
    assert bank.cents("participant:ann") == 10_00


def test_what_was_booked_by_hand_under_the_banks_id_is_not_booked_again(bank: Bank) -> None:
    assert codes(bank.says(row("dep-ben", 100_00, "ben"))) == []
    assert bank.cents("participant:ben") == 100_00
    bank.says(row("b-1", 10_00, "ann"))
    by_hand = Deposit(deposit_id="b-1", participant_id="ann", amount_quanta=10_00 * CENT)
    again = MakeDeposits(now_us=bank.now_us, actor="op1", deposits=(by_hand,))
    assert codes(bank.does(again)) == [Code.EXISTS_WITH_DIFFERENT_FIELDS]
    assert bank.cents("participant:ann") == 10_00


def test_what_went_out_and_names_no_payout_is_looked_into(bank: Bank) -> None:
    bank.says(row("fee-1", -3_50, "account charges"), row("b-1", -1_00, "ann"))
    assert bank.cents("suspense") == -4_50
    assert bank.cents("participant:ann") == 0


# --- bills ------------------------------------------------------------------------------


def owed(bank: Bank, who: str) -> Owed:
    (found,) = owed_by(bank.engine.state, who)
    return found


def test_a_payment_that_names_a_bill_pays_it_and_moves_no_charge(bank: Bank) -> None:
    bank.is_over()
    bill_id = bank.owes("ann", 40_00)
    assert owed(bank, "ann").open_quanta == 40_00 * CENT
    bank.says(row("b-1", 15_00, f"Bill {bill_id.upper()}"))

    assert owed(bank, "ann").paid_quanta == 15_00 * CENT
    assert bank.cents("participant:ann") == -25_00
    bank.says(row("b-2", 25_00, bill_id))
    assert owed(bank, "ann").open_quanta == 0
    assert bank.cents("participant:ann") == 0


def test_a_bill_is_paid_at_once_by_what_is_on_the_account(bank: Bank) -> None:
    bank.is_over()
    bank.owes("ben", 40_00)
    assert owed(bank, "ben").open_quanta == 0
    assert bank.cents("participant:ben") == 60_00


def test_who_pays_an_older_version_has_paid_for_the_month(bank: Bank) -> None:
    bank.is_over()
    old = bank.owes("ann", 40_00)
    new = bank.owes("ann", 10_00)
    assert old != new
    bank.says(row("b-1", 30_00, old))
    found = owed(bank, "ann")
    assert (found.demand.bill_id, found.payable_quanta, found.paid_quanta) == (
        new,
        50_00 * CENT,
        30_00 * CENT,
    )


# --- what nobody could place --------------------------------------------------------------


def test_two_operators_say_whose_it_is(bank: Bank) -> None:
    bank.is_over()
    bill_id = bank.owes("ann", 40_00)
    bank.says(row("b-1", 40_00, "electricity"))
    more = {"participant_id": "ann", "bill_id": bill_id}

    assert codes(bank.places("b-1", PaymentDecision.PARTICIPANT, "op1", "op1", **more)) == [
        Code.SECOND_PERSON_REQUIRED
    ]
    assert bank.cents("suspense") == 40_00
    assert codes(bank.places("b-1", PaymentDecision.PARTICIPANT, "op2", **more)) == []
    assert (bank.cents("suspense"), bank.cents("participant:ann")) == (0, 0)
    assert owed(bank, "ann").open_quanta == 0
    (decided,) = [event for event in bank.events if isinstance(event, PaymentDecided)]
    assert decided.actors == ("op1", "op2")
    assert (decided.payment.state, decided.payment.month) == (PaymentState.ASSIGNED, "2016-06")
    again = bank.places("b-1", PaymentDecision.PARTICIPANT, **more)
    assert codes(again) == [Code.PAYMENT_CLOSED]


def test_a_word_is_for_exactly_what_was_said_and_not_for_ever(bank: Bank) -> None:
    bank.says(row("b-1", 40_00, "electricity"))
    bank.places("b-1", PaymentDecision.PARTICIPANT, "op1", participant_id="ann")
    bank.places("b-1", PaymentDecision.PARTICIPANT, "op2", participant_id="ben")
    assert bank.cents("suspense") == 40_00
    bank.now_us += 900_000_001
    bank.places("b-1", PaymentDecision.PARTICIPANT, "op2", participant_id="ann")
    assert bank.cents("suspense") == 40_00
    said = [event for event in bank.events if isinstance(event, PaymentActProposed)]
    assert [(event.actor, event.target) for event in said] == [
        ("op1", "b-1"),
        ("op2", "b-1"),
        ("op2", "b-1"),
    ]
    assert len(bank.engine.state.payments.words) == 1, "what lapsed is forgotten"


@pytest.mark.parametrize(
    ("decision", "more", "code"),
    [
        (PaymentDecision.PARTICIPANT, {"participant_id": "nobody"}, Code.PARTICIPANT_UNKNOWN),
        (PaymentDecision.PARTICIPANT, {"participant_id": "ann", "bill_id": "bil-9"}, Code.NOT_FOUND),
        (PaymentDecision.PAYOUT, {"payout_id": "out-9"}, Code.NOT_FOUND),
        (PaymentDecision.PAYOUT, {"payout_id": "out-1"}, Code.PAYMENT_CLOSED),
    ],
)  # fmt: skip
def test_what_it_cannot_have_been_for_is_refused(
    bank: Bank, decision: PaymentDecision, more: dict[str, str], code: Code
) -> None:
    bank.wants("ben", 1_00)
    bank.says(row("b-1", 40_00, "electricity"))
    assert codes(bank.places("b-1", decision, **more)) == [code]
    assert codes(bank.places("b-9", decision, **more)) == [Code.NOT_FOUND]


def test_what_the_bank_charges_is_the_markets_own(bank: Bank) -> None:
    bank.says(row("fee-1", -3_50, "charges"))
    bank.places("fee-1", PaymentDecision.BANK_FEE)
    assert (bank.cents("suspense"), bank.cents("bank_fees")) == (0, -3_50)


def test_what_nobody_knows_goes_back_and_comes_again_when_that_fails(bank: Bank) -> None:
    bank.says(row("b-1", 40_00, "?", who="Mrs Smith"), row("b-2", -1_00))
    assert codes(bank.places("b-2", PaymentDecision.RETURN)) == [Code.PAYMENT_MISMATCH]
    bank.places("b-1", PaymentDecision.RETURN, payee_account="DE77")
    sent_back = bank.payout()
    assert (sent_back.state, sent_back.payee_name, sent_back.payee_account) == (
        PayoutState.APPROVED,
        "Mrs Smith",
        "DE77",
    )
    assert bank.cents("suspense") == 39_00, "the money is there until the bank says it left"
    bank.decides("out-1", PayoutDecision.REFUSE, "op1")
    assert "b-1" in bank.engine.state.payments.unmatched

    bank.places("b-1", PaymentDecision.RETURN, payee_account="DE78")
    bank.sends()
    bank.says(row("b-3", -40_00, "out-2"))
    assert bank.payout(2).state is PayoutState.PAID
    assert bank.cents("suspense") == -1_00
    assert bank.engine.state.payments.returning == {}


def test_two_say_it_anew_of_what_came_back(bank: Bank) -> None:
    bank.says(row("b-1", 40_00, "?"))
    bank.places("b-1", PaymentDecision.RETURN, payee_account="DE77")
    bank.decides("out-1", PayoutDecision.REFUSE, "op1")
    assert codes(bank.places("b-1", PaymentDecision.RETURN, "op2", payee_account="DE77")) == []
    assert "b-1" in bank.engine.state.payments.unmatched, "one has said it again, nobody agreed"
    bank.places("b-1", PaymentDecision.RETURN, "op1", payee_account="DE77")
    assert bank.payout(2).state is PayoutState.APPROVED


def test_a_movement_that_named_its_payout_wrongly_is_given_to_it(bank: Bank) -> None:
    bank.wants("ben", 30_00)
    bank.decides("out-1", PayoutDecision.APPROVE)
    bank.sends()
    bank.says(row("b-1", -30_00, "salary"), row("b-2", -31_00, "out-1"))
    assert bank.held("ben") == 30_00
    assert codes(bank.places("b-2", PaymentDecision.PAYOUT, payout_id="out-1")) == [
        Code.PAYMENT_MISMATCH
    ]
    bank.now_us += DAY_US
    assert codes(bank.places("b-1", PaymentDecision.PAYOUT, payout_id="out-1")) == []
    assert (bank.payout().state, bank.payout().bank_id) == (PayoutState.PAID, "b-1")
    assert (bank.cents("participant:ben"), bank.held("ben")) == (70_00, 0)
    assert bank.cents("suspense") == -31_00


def test_two_terms_of_payment_never_begin_on_one_day() -> None:
    terms = PaymentTerms(from_day="2016-06-01", due_days=14, grace_days=7)
    other = replace(terms, from_day="2016-07-01")
    rules = replace(RULES, payment_terms=(terms, other, replace(terms, due_days=3)))
    command = CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=rules, grid=GRID)
    faults = Engine().execute(command).answer.rejections
    assert [fault.pointer for fault in faults] == [
        "payment_terms/0/from_day",
        "payment_terms/2/from_day",
    ]
