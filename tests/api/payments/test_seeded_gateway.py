"""The bank that is none: the same for a seed and an id, whenever it is asked, and every outcome occurs."""

import asyncio
from collections import Counter

from api.payments.bank_file import BankFilePort
from api.payments.port import Heard, PaymentPort
from api.payments.seeded_gateway import Answer, Payer, SeededGateway
from market.model.demand import Demand
from market.model.payment import (
    Payout,
    PayoutKind,
    PayoutState,
)
from tests.builders import RULES

DAY_US = 86_400_000_000
SENT_US = 1_467_331_200_000_000  # 2016-07-01T01:00+01:00
CENT = 1_000_000


def payout(number: int) -> Payout:
    return Payout(
        payout_id=f"out-{number}",
        kind=PayoutKind.WITHDRAWAL,
        participant_id="ann",
        client_payout_id=f"w-{number}",
        amount_quanta=100 * CENT,
        payee_name="Ann",
        payee_account="DE02",
        state=PayoutState.SENT,
        requested_us=SENT_US,
        changed_us=SENT_US,
    )


def demand(number: int, cents: int = 1_001) -> Demand:
    return Demand(
        bill_id=f"bil-{number}",
        participant_id="ann",
        month="2016-06",
        total_quanta=cents * CENT,
        due_day="2016-07-15",
        due_us=SENT_US + 15 * DAY_US,
        grace_us=SENT_US + 22 * DAY_US,
    )


PAYOUTS = [payout(number) for number in range(60)]
DEMANDS = [demand(number) for number in range(60)]


def heard(port: PaymentPort, now_us: int) -> Heard:
    return asyncio.run(port.heard(RULES, sent=PAYOUTS, demands=DEMANDS, now_us=now_us))


def test_what_becomes_of_it_follows_from_the_seed_alone() -> None:
    late_us = SENT_US + 30 * DAY_US
    assert heard(SeededGateway(1), late_us) == heard(SeededGateway(1), late_us)
    assert heard(SeededGateway(1), late_us) != heard(SeededGateway(2), late_us)


def test_what_was_said_once_is_said_again() -> None:
    gateway, before = SeededGateway(1), Heard()
    for hours in range(0, 24 * 30, 6):
        after = heard(gateway, SENT_US + hours * DAY_US // 24)
        assert set(before.rows) <= set(after.rows)
        assert set(before.rejected) <= set(after.rejected)
        before = after
    assert heard(gateway, SENT_US).rows == ()


def test_every_outcome_occurs_and_says_what_it_is() -> None:
    gateway = SeededGateway(1)
    assert {gateway.answer_to(item.payout_id) for item in PAYOUTS} == set(Answer)
    assert {gateway.payer_of(item.bill_id) for item in DEMANDS} == set(Payer)
    found = heard(gateway, SENT_US + 30 * DAY_US)
    rejected = {payout_id for payout_id, _ in found.rejected}
    by_reference = Counter(row.reference for row in found.rows)
    for item in PAYOUTS:
        answer = gateway.answer_to(item.payout_id)
        assert (item.payout_id in rejected) == (answer is Answer.REJECTS)
        assert by_reference[item.payout_id] == (answer is Answer.SETTLES)
    parts = {
        Payer.IN_FULL: 1,
        Payer.IN_PARTS: 2,
        Payer.TWICE: 2,
        Payer.WRONG_REFERENCE: 0,
        Payer.NEVER: 0,
    }
    for bill in DEMANDS:
        payer = gateway.payer_of(bill.bill_id)
        rows = [row for row in found.rows if row.reference == f"Bill {bill.bill_id}"]
        assert len(rows) == parts[payer]
        if payer is Payer.IN_PARTS:
            assert sum(row.amount_quanta for row in rows) == bill.total_quanta
        assert all(row.day < "2016-07-16" for row in rows)
    assert len({row.bank_id for row in found.rows}) == len(found.rows)
    assert all(row.amount_quanta % CENT == 0 for row in found.rows)


def test_nobody_pays_what_asks_for_nothing() -> None:
    nothing = [demand(number, -500) for number in range(20)]
    port = SeededGateway(1)
    found = asyncio.run(port.heard(RULES, sent=(), demands=nothing, now_us=SENT_US + 30 * DAY_US))
    assert found == Heard()


def test_files_say_nothing_by_themselves() -> None:
    port = BankFilePort()
    asyncio.run(port.send(RULES, PAYOUTS))
    assert heard(port, SENT_US + 30 * DAY_US) == Heard()
