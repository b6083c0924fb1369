"""Payments: an id counts once for ever, money is for what names it, and words wait for a second one."""

from dataclasses import replace

from market.model.bill import BillDue
from market.model.money import BANK, TransferKind, participant_account, transfer
from market.model.payment import (
    BankRow,
    Cover,
    Payment,
    PaymentState,
    Payout,
    PayoutKind,
    PayoutState,
)
from market.settlement.payments import Payments, Word, digest_of, moved_on
from tests.builders import RULES

PAYMENT = Payment(
    bank_id="row-1",
    day="2016-07-05",
    amount_quanta=300,
    reference="bil-1",
    counterparty="Ann",
    state=PaymentState.MATCHED,
    participant_id="ann",
    bill_id="bil-1",
    month="2016-06",
    booked_us=1,
)
LOST = replace(
    PAYMENT,
    bank_id="row-2",
    state=PaymentState.UNMATCHED,
    participant_id=None,
    bill_id=None,
    month=None,
)
PAYOUT = Payout(
    payout_id="pay-1",
    kind=PayoutKind.WITHDRAWAL,
    participant_id="ann",
    client_payout_id="mine-1",
    amount_quanta=500,
    payee_name="Ann",
    payee_account="X",
    state=PayoutState.REQUESTED,
    requested_us=1,
    changed_us=1,
)
BACK = replace(
    PAYOUT,
    payout_id="pay-2",
    kind=PayoutKind.RETURN,
    participant_id=None,
    client_payout_id="row-2",
    state=PayoutState.SENT,
)


def due(bill_id: str, month: str, total_quanta: int, participant_id: str = "ann") -> BillDue:
    return BillDue(
        bill_id=bill_id,
        participant_id=participant_id,
        month=month,
        version=1,
        digest="",
        total_quanta=total_quanta,
        taxes_quanta=(),
        rounding_quanta=0,
    )


def test_bills_stand_oldest_month_first_and_a_later_version_takes_the_place_of_the_earlier() -> (
    None
):
    payments = Payments()
    assert payments.payer_of("bil-1") is None
    payments.bill(RULES, [due("bil-1", "2016-07", 100), due("bil-2", "2016-06", 200)], 1)
    payments.bill(RULES, [due("bil-3", "2016-05", 70, "ben")], 1)
    payments.bill(RULES, [due("bil-4", "2016-07", 90)], 86_400 * 10**6)

    stands = payments.demands_of("ann")
    assert [(item.bill_id, item.month, item.total_quanta) for item in stands] == [
        ("bil-2", "2016-06", 200),
        ("bil-4", "2016-07", 90),
    ]
    assert {item.participant_id for item in stands} == {"ann"}
    assert stands[0].due_us == stands[1].due_us - 86_400 * 10**6
    assert [item.bill_id for item in payments.all_demands()] == ["bil-4", "bil-2", "bil-3"]
    assert [payments.payer_of(f"bil-{n}") for n in (1, 2, 3, 4)] == ["ann", "ann", "ben", "ann"]
    assert payments.demands_of("nobody") == ()


def test_what_names_a_bill_is_added_up_by_month_whatever_version_stands() -> None:
    payments = Payments()
    payments.record([PAYMENT, replace(PAYMENT, bank_id="row-3", amount_quanta=-100)])
    payments.record([replace(PAYMENT, bank_id="row-4", month="2016-07")])
    payments.record([replace(PAYMENT, bank_id="row-5", month=None)])
    assert payments.named_of("ann") == {}  # no bill asks for it yet
    payments.bill(RULES, [due("bil-9", "2016-06", 900), due("bil-8", "2016-08", 1)], 1)
    assert payments.named_of("ann") == {"2016-06": 200}
    assert payments.named_of("nobody") == {}


def test_a_movement_is_known_for_ever_and_told_from_another_under_its_id() -> None:
    payments = Payments()
    payments.record([PAYMENT])
    row = BankRow(
        bank_id="row-1",
        day="2016-07-05",
        amount_quanta=300,
        reference="bil-1",
        counterparty="Ann",
    )
    assert payments.seen == {"row-1": digest_of(row)}
    others = (
        replace(row, day="2016-07-06"),
        replace(row, amount_quanta=301),
        replace(row, reference="bil-2"),
        replace(row, counterparty="Ben"),
    )
    assert digest_of(row) not in {digest_of(other) for other in others}


def test_what_nobody_could_place_waits_until_it_is_placed_or_has_gone_back() -> None:
    payments = Payments()
    payments.record([LOST])
    assert (payments.unmatched, payments.returning) == ({"row-2": LOST}, {})

    going = replace(LOST, state=PaymentState.RETURNED)
    payments.decide(going)
    assert (payments.unmatched, payments.returning) == ({}, {"row-2": going})
    payments.decide(LOST)  # sending it back failed
    assert (payments.unmatched, payments.returning) == ({"row-2": LOST}, {})

    placed = replace(PAYMENT, bank_id="row-2", state=PaymentState.ASSIGNED)
    payments.decide(placed)
    assert (payments.unmatched, payments.returning) == ({}, {})
    payments.bill(RULES, [due("bil-1", "2016-06", 900)], 1)
    assert payments.named_of("ann") == {"2016-06": 300}


def test_a_return_is_over_once_it_is_paid_and_is_counted_by_its_movement() -> None:
    payments = Payments()
    payments.decide(replace(LOST, state=PaymentState.RETURNED))
    payments.put_payout(BACK)
    assert set(payments.returning) == {"row-2"}
    payments.put_payout(moved_on(BACK, PayoutState.PAID, 9, bank_id="row-7"))
    assert payments.returning == {}
    payments.put_payout(replace(BACK, payout_id="pay-3", state=PayoutState.PAID))
    payments.put_payout(replace(PAYOUT, payout_id="pay-4", client_payout_id="row-2"))
    assert (payments.returns_of("row-2"), payments.returns_of("row-1")) == (2, 0)


def test_a_withdrawal_that_is_paid_ends_no_return_of_the_same_name() -> None:
    payments = Payments()
    payments.decide(replace(LOST, state=PaymentState.RETURNED))
    payments.put_payout(replace(PAYOUT, client_payout_id="row-2", state=PayoutState.PAID))
    assert set(payments.returning) == {"row-2"}


def test_a_payout_has_one_number_and_its_owners_id_for_ever() -> None:
    payments = Payments()
    payments.put_payout(PAYOUT)
    assert (payments.next_payout_number, payments.by_client) == (2, {("ann", "mine-1"): "pay-1"})
    sent = moved_on(PAYOUT, PayoutState.SENT, 7, file_id="file-1")
    payments.put_payout(sent)
    payments.put_payout(BACK)
    assert (payments.next_payout_number, set(payments.by_client)) == (3, {("ann", "mine-1")})
    assert payments.in_state(PayoutState.REQUESTED) == ()
    assert payments.in_state(PayoutState.SENT) == (sent, BACK)
    assert (sent.state, sent.changed_us, sent.requested_us, sent.file_id) == (
        PayoutState.SENT,
        7,
        1,
        "file-1",
    )


def test_what_came_to_an_account_by_payments_is_less_what_left_it() -> None:
    payments = Payments()
    ann, ben = participant_account("ann"), participant_account("ben")
    payments.moved(transfer(BANK, ann, 100, TransferKind.DEPOSIT, "x"))
    payments.moved(transfer(ann, BANK, 30, TransferKind.WITHDRAWAL, "x"))
    payments.moved(transfer(ann, ben, 5, TransferKind.RECOVERY, "x"))
    payments.moved(transfer(BANK, ann, 1, TransferKind.DEPOSIT, "x"))
    assert payments.paid_in_quanta == {"ann": 66, "ben": 5}


def test_a_claim_grows_shrinks_and_is_gone_when_all_of_it_went_back() -> None:
    payments = Payments()
    payments.claim("ann", Cover(fund_quanta=50, default_quanta=20))
    payments.claim("ann", Cover(fund_quanta=1))
    payments.claim("ann", Cover(default_quanta=20), sign=-1)
    assert payments.claims == {"ann": Cover(fund_quanta=51)}
    payments.claim("ann", Cover(fund_quanta=51), sign=-1)
    assert payments.claims == {}
    payments.claim("ben", Cover())
    assert payments.claims == {}


def test_a_word_waits_until_its_last_moment_and_goes_when_two_have_agreed() -> None:
    payments = Payments()
    first = Word(actor="olga", until_us=100, what="return", target="row-2")
    other = Word(actor="olga", until_us=101, what="assign", target="row-2")
    third = Word(actor="olga", until_us=300, what="return", target="row-9")
    payments.propose("a", first, 1)
    payments.propose("b", other, 100)
    assert payments.words == {"a": first, "b": other}
    payments.propose("c", third, 101)
    assert payments.words == {"b": other, "c": third}
    payments.agreed("assign", "row-9")
    assert payments.words == {"b": other, "c": third}
    payments.agreed("return", "row-9")
    assert payments.words == {"b": other}
