"""A bank that is none: payers and answers drawn from a seed, for tests and demonstrations.

The one idea: what becomes of a payout or a bill follows from the seed and its id alone, and when it is heard
from the moment it was sent or issued. So the gateway keeps nothing: it says the same after every restart,
and says again what it has said before.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from api.payments.port import Heard
from market.model.demand import Demand
from market.model.interval import MICROSECONDS, day_of
from market.model.payment import (
    BankRow,
    Payout,
)
from market.model.rules import MarketRules
from market.model.units import QUANTA_PER_CENT, SECONDS_PER_MINUTE

HOUR_US: Final = 60 * SECONDS_PER_MINUTE * MICROSECONDS
ANSWERS_WITHIN_HOURS: Final = 48
DAYS_BEFORE_DUE: Final = 10
"""Who pays does so in the last so many days before it is due."""


class Answer(StrEnum):
    """What becomes of a payout."""

    SETTLES = "settles"
    REJECTS = "rejects"
    TIMES_OUT = "times_out"
    """It is never heard of again."""


class Payer(StrEnum):
    """How a bill is paid."""

    IN_FULL = "in_full"
    IN_PARTS = "in_parts"
    TWICE = "twice"
    """By mistake, so half of it is too much."""
    WRONG_REFERENCE = "wrong_reference"
    NEVER = "never"


_ANSWERS: Final = (Answer.SETTLES,) * 7 + (Answer.REJECTS,) * 2 + (Answer.TIMES_OUT,)
_PAYERS: Final = (Payer.IN_FULL,) * 6 + tuple(Payer)[1:]


class SeededGateway:
    """The test gateway of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def answer_to(self, payout_id: str) -> Answer:
        """What becomes of a payout."""
        return _ANSWERS[self._drawn(payout_id, "answer", len(_ANSWERS))]

    def payer_of(self, bill_id: str) -> Payer:
        """How a bill is paid."""
        return _PAYERS[self._drawn(bill_id, "payer", len(_PAYERS))]

    def _drawn(self, name: str, what: str, bound: int) -> int:
        digest = sha256(f"{self._seed} {what} {name}".encode()).digest()
        return int.from_bytes(digest[:8]) % bound

    async def send(self, rules: MarketRules, payouts: Sequence[Payout]) -> None:
        """Nothing to keep: what becomes of each is drawn when it is asked for."""

    async def heard(
        self,
        rules: MarketRules,
        *,
        sent: Sequence[Payout],
        demands: Sequence[Demand],
        now_us: int,
    ) -> Heard:
        """Movements and rejections whose moment has come."""
        rows, rejected = [], []
        for payout in sent:
            hours = 1 + self._drawn(payout.payout_id, "hours", ANSWERS_WITHIN_HOURS)
            at_us = payout.changed_us + hours * HOUR_US
            answer = self.answer_to(payout.payout_id)
            if at_us > now_us or answer is Answer.TIMES_OUT:
                continue
            if answer is Answer.REJECTS:
                rejected.append((payout.payout_id, "the account is closed"))
            else:
                rows.append(_carried_out(payout, _local(at_us, rules).isoformat()))
        for demand in demands:
            if demand.total_quanta > 0:
                today = _local(now_us, rules)
                rows += [row for row in self._paid(demand, rules) if row.day <= today.isoformat()]
        return Heard(rows=tuple(rows), rejected=tuple(rejected))

    def _paid(self, demand: Demand, rules: MarketRules) -> Iterator[BankRow]:
        """The movements by which a bill is paid, whenever that is."""
        before = 1 + self._drawn(demand.bill_id, "days", DAYS_BEFORE_DUE)
        first = _local(demand.due_us, rules) - timedelta(days=before)
        whole, later = demand.total_quanta, first + timedelta(days=1)
        half = whole // QUANTA_PER_CENT // 2 * QUANTA_PER_CENT
        reference = f"Bill {demand.bill_id}"
        parts: list[tuple[date, int, str]] = []
        match self.payer_of(demand.bill_id):
            case Payer.IN_FULL:
                parts = [(first, whole, reference)]
            case Payer.IN_PARTS:
                parts = [(first, half, reference), (later, whole - half, reference)]
            case Payer.TWICE:
                parts = [(first, whole, reference), (later, whole, reference)]
            case Payer.WRONG_REFERENCE:
                parts = [(first, whole, "electricity")]
            case Payer.NEVER:
                pass
        for number, (day, amount_quanta, text) in enumerate(parts, start=1):
            if amount_quanta:
                yield BankRow(
                    bank_id=f"gw-{demand.bill_id}-{number}",
                    day=day.isoformat(),
                    amount_quanta=amount_quanta,
                    reference=text,
                    counterparty="a payer",
                )


def _carried_out(payout: Payout, day: str) -> BankRow:
    return BankRow(
        bank_id=f"gw-{payout.payout_id}",
        day=day,
        amount_quanta=-payout.amount_quanta,
        reference=payout.payout_id,
        counterparty=payout.payee_name,
    )


def _local(at_us: int, rules: MarketRules) -> date:
    return day_of(at_us // MICROSECONDS, rules.time_zone)
