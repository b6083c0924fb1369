"""Debts nobody pays: covered in the published order by two operators, and given back in the other."""

import pytest

from market.engine.money.defaults import owed_by
from market.model.messages import Deposit, MakeDeposits
from market.model.money import Transfer, TransferKind, collateral_account
from market.model.payment import (
    Cover,
    CoverDefault,
    DefaultCovered,
    DefaultRecovered,
    MoveCollateral,
    PayIntoFund,
    PaymentDecision,
    PayoutDecision,
    PayoutState,
)
from market.model.rejection import Code
from tests.market.engine.paying import CENT, DAY_US, Bank, codes, row

GRACE_US = 22 * DAY_US
"""14 days until it is due, 7 days of grace, and the rest of the day of issue."""


@pytest.fixture
def bank() -> Bank:
    made = Bank()
    made.is_over()
    return made


def fund(bank: Bank, cents: int, name: str = "f-1") -> list[Code]:
    command = PayIntoFund(
        now_us=bank.now_us, actor="op1", deposit_id=name, amount_quanta=cents * CENT
    )
    return codes(bank.does(command))


def collateral(bank: Bank, who: str, cents: int) -> None:
    """Somebody has put down so much."""
    put = Transfer(
        debit_account="bank",
        credit_account=collateral_account(who),
        amount_quanta=cents * CENT,
        kind=TransferKind.UNMATCHED,
        reference="test",
    )
    bank.books(put)


def moves(bank: Bank, who: str, cents: int) -> list[Code]:
    """Somebody puts collateral down itself, or with a number below zero takes some back."""
    command = MoveCollateral(
        now_us=bank.now_us, actor=who, participant_id=who, amount_quanta=cents * CENT
    )
    return codes(bank.does(command))


def covers(bank: Bank, *who: str, debtor: str = "ann") -> list[Code]:
    found: list[Code] = []
    for name in who or ("op1", "op2"):
        command = CoverDefault(
            now_us=bank.now_us, actor=name, participant_id=debtor, reason="three reminders"
        )
        found = codes(bank.does(command))
    return found


def covered(bank: Bank) -> list[Cover]:
    return [event.default.cover for event in bank.events if isinstance(event, DefaultCovered)]


def test_nothing_is_covered_before_grace_is_over(bank: Bank) -> None:
    bank.owes("ann", 40_00)
    bank.now_us += GRACE_US - 2 * DAY_US
    assert covers(bank) == [Code.NOTHING_OVERDUE]
    bank.now_us += 2 * DAY_US
    assert covers(bank, "op1") == []
    assert bank.cents("participant:ann") == -40_00, "one operator is not enough"
    assert covers(bank, "op1") == [Code.SECOND_PERSON_REQUIRED]
    assert covers(bank, "op2") == []
    assert bank.cents("participant:ann") == 0
    assert covers(bank) == [Code.NOTHING_OVERDUE]
    assert covers(bank, debtor="nobody") == [Code.PARTICIPANT_UNKNOWN]


def test_collateral_first_then_the_fund_then_the_operator(bank: Bank) -> None:
    fund(bank, 50_00)
    collateral(bank, "ann", 30_00)
    bank.owes("ann", 100_00)
    bank.now_us += GRACE_US
    covers(bank)

    assert covered(bank) == [
        Cover(
            collateral_quanta=30_00 * CENT,
            fund_quanta=50_00 * CENT,
            default_quanta=20_00 * CENT,
        )
    ]
    assert [bank.cents(name) for name in ("collateral:ann", "guarantee_fund", "default")] == [
        0,
        0,
        -20_00,
    ]
    assert bank.cents("participant:ann") == 0
    assert bank.engine.state.ledger.sum_quanta() == 0
    (bill,) = owed_by(bank.engine.state, "ann")
    assert bill.open_quanta == 0


def test_money_of_ones_own_is_put_down_and_taken_back(bank: Bank) -> None:
    """Ben has 100.00; what is put down is no longer free, and was his own payment both ways."""
    accounts = ("participant:ben", "collateral:ben")
    assert moves(bank, "ben", 100_01) == [Code.INSUFFICIENT_FUNDS]
    assert moves(bank, "ben", 0) == [Code.FIELD_RANGE]
    assert moves(bank, "nobody", 1) == [Code.PARTICIPANT_UNKNOWN]
    assert moves(bank, "ben", 60_00) == []
    assert [bank.cents(name) for name in accounts] == [40_00, 60_00]
    assert codes(bank.wants("ben", 40_01)) == [Code.INSUFFICIENT_FUNDS]
    assert moves(bank, "ben", -60_01) == [Code.INSUFFICIENT_FUNDS]
    assert moves(bank, "ben", -60_00) == []
    assert [bank.cents(name) for name in accounts] == [100_00, 0]
    assert bank.engine.state.payments.paid_in_quanta["ben"] == 100_00 * CENT
    assert bank.engine.state.ledger.sum_quanta() == 0


def test_what_is_held_is_not_put_down(bank: Bank) -> None:
    bank.wants("ben", 30_00)
    assert moves(bank, "ben", 70_01) == [Code.INSUFFICIENT_FUNDS]
    assert moves(bank, "ben", 70_00) == []


def test_collateral_stays_as_far_as_it_is_needed_and_covers_its_owners_debt(bank: Bank) -> None:
    """Ben puts 60.00 of his 100.00 down and comes to owe 70.00: 30.00 are needed, the rest is not."""
    moves(bank, "ben", 60_00)
    bank.owes("ben", 70_00)
    (bill,) = owed_by(bank.engine.state, "ben")
    assert bill.open_quanta == 30_00 * CENT, "what is put down pays no bill by itself"
    answer = bank.does(
        MoveCollateral(
            now_us=bank.now_us, actor="ben", participant_id="ben", amount_quanta=-31_00 * CENT
        )
    )
    (refusal,) = answer.rejections
    assert (refusal.code, refusal.parameters) == (
        Code.INSUFFICIENT_FUNDS,
        {"needed": "31.00000000", "available": "30.00000000"},
    )
    assert moves(bank, "ben", -10_00) == []
    assert bank.cents("participant:ben") == -20_00
    bank.now_us += GRACE_US
    covers(bank, debtor="ben")
    assert covered(bank) == [Cover(collateral_quanta=20_00 * CENT)]
    assert [bank.cents(name) for name in ("participant:ben", "collateral:ben")] == [0, 30_00]
    assert moves(bank, "ben", -30_01) == [Code.INSUFFICIENT_FUNDS]
    assert moves(bank, "ben", -30_00) == []
    assert bank.engine.state.ledger.sum_quanta() == 0


def test_collateral_is_needed_for_what_the_fund_has_covered(bank: Bank) -> None:
    fund(bank, 50_00)
    bank.owes("ann", 40_00)
    bank.now_us += GRACE_US
    covers(bank)
    collateral(bank, "ann", 55_00)
    assert moves(bank, "ann", -15_01) == [Code.INSUFFICIENT_FUNDS]
    assert moves(bank, "ann", -15_00) == []


def test_what_the_account_has_itself_comes_first(bank: Bank) -> None:
    bill_id = bank.owes("ann", 40_00)
    bank.says(row("b-1", 15_00, bill_id))
    bank.now_us += GRACE_US
    covers(bank)
    assert [cover.total_quanta for cover in covered(bank)] == [25_00 * CENT]


def test_what_two_agree_to_is_one_figure(bank: Bank) -> None:
    bank.owes("ann", 40_00)
    bank.now_us += GRACE_US
    covers(bank, "op1")
    bank.says(row("b-1", 15_00, "ann"))
    covers(bank, "op2")
    assert covered(bank) == [], "it is another figure: the first word is not for it"
    covers(bank, "op1")
    assert [cover.total_quanta for cover in covered(bank)] == [25_00 * CENT]


def test_what_is_paid_later_goes_back_the_other_way(bank: Bank) -> None:
    fund(bank, 50_00)
    collateral(bank, "ann", 30_00)
    bank.owes("ann", 100_00)
    bank.now_us += GRACE_US
    covers(bank)
    bank.says(row("b-1", 10_00, "ann"), row("b-2", 25_00, "ann"))
    accounts = ("collateral:ann", "guarantee_fund", "default", "participant:ann")
    assert [bank.cents(name) for name in accounts] == [0, 15_00, 0, 0]
    by_hand = Deposit(deposit_id="h-1", participant_id="ann", amount_quanta=100_00 * CENT)
    bank.does(MakeDeposits(now_us=bank.now_us, actor="op1", deposits=(by_hand,)))

    assert [bank.cents(name) for name in accounts] == [30_00, 50_00, 0, 35_00]
    back = [event.back for event in bank.events if isinstance(event, DefaultRecovered)]
    assert sum(item.total_quanta for item in back) == 100_00 * CENT
    assert bank.engine.state.payments.claims == {}
    assert bank.engine.state.ledger.sum_quanta() == 0


def test_who_owes_to_others_withdraws_nothing(bank: Bank) -> None:
    bank.owes("ann", 40_00)
    bank.now_us += GRACE_US
    covers(bank)
    income = Transfer(
        debit_account="central",
        credit_account="participant:ann",
        amount_quanta=60_00 * CENT,
        kind=TransferKind.TRADE,
        reference="test",
    )
    bank.books(income)
    assert codes(bank.wants("ann", 20_01)) == [Code.INSUFFICIENT_FUNDS]
    assert codes(bank.wants("ann", 20_00)) == []


def test_withdrawals_of_who_is_covered_stay(bank: Bank) -> None:
    bank.wants("ben", 90_00)
    bank.owes("ben", 140_00)
    bank.now_us += GRACE_US
    covers(bank, debtor="ben")

    assert (bank.payout().state, bank.payout().reason) == (PayoutState.REFUSED, "overdue")
    assert (bank.held("ben"), bank.cents("participant:ben")) == (0, 0)
    assert covered(bank)[0].default_quanta == 40_00 * CENT


def test_a_bill_is_covered_once_whatever_else_its_account_owes(bank: Bank) -> None:
    """Ann took 150.00 out that her bank then called back: her account is short of far more than her bill."""
    fund(bank, 500_00)
    bank.says(row("b-1", 150_00, "ann"))
    bank.wants("ann", 150_00)
    payout_id = bank.payout().payout_id
    bank.decides(payout_id, PayoutDecision.APPROVE)
    bank.sends()
    bank.says(row("b-2", -150_00, payout_id))
    bank.owes("ann", 2_63)
    bank.says(row("b-3", -150_00, "direct debit returned"))
    bank.places("b-3", PaymentDecision.PARTICIPANT, participant_id="ann")
    assert bank.cents("participant:ann") == -152_63
    bank.now_us += GRACE_US

    assert covers(bank) == []
    assert [cover.total_quanta for cover in covered(bank)] == [2_63 * CENT]
    assert covers(bank) == [Code.NOTHING_OVERDUE]
    assert (bank.cents("participant:ann"), bank.cents("guarantee_fund")) == (-150_00, 497_37)
    (bill,) = owed_by(bank.engine.state, "ann")
    assert bill.open_quanta == 0


def test_what_is_not_billed_yet_is_not_covered_with_a_bill(bank: Bank) -> None:
    bank.owes("ann", 40_00)
    later = Transfer(
        debit_account="participant:ann",
        credit_account="central",
        amount_quanta=30_00 * CENT,
        kind=TransferKind.TRADE,
        reference="test",
    )
    bank.books(later)
    bank.now_us += GRACE_US
    covers(bank)
    assert [cover.total_quanta for cover in covered(bank)] == [40_00 * CENT]
    assert covers(bank) == [Code.NOTHING_OVERDUE]


def test_a_contribution_counts_once(bank: Bank) -> None:
    assert fund(bank, 50_00) == []
    assert fund(bank, 50_00) == []
    assert bank.cents("guarantee_fund") == 50_00
    assert fund(bank, 50_01) == [Code.EXISTS_WITH_DIFFERENT_FIELDS]
    assert fund(bank, 100_00, "dep-ben") == [Code.EXISTS_WITH_DIFFERENT_FIELDS]
    assert codes(bank.says(row("f-1", 50_00, "fund"))) == [], "the bank tells of the same money"
    assert bank.cents("suspense") == 0
