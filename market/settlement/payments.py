"""What is remembered of payments: movements by the bank's id, payouts, bills to be paid, claims.

The one idea: an id that was seen is never forgotten, so nothing is booked or paid out twice; of a movement
that is dealt with only a digest is kept, which tells a repeat from another one under the same id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from market.model.bill import BillDue
from market.model.demand import Demand
from market.model.money import Transfer, participant_account
from market.model.payment import (
    BankRow,
    Cover,
    Payment,
    PaymentState,
    Payout,
    PayoutKind,
    PayoutState,
)
from market.model.rules import MarketRules
from market.settlement.owed import demand_of
from market.settlement.waterfall import added

_ACCOUNT: Final = participant_account("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One operator's word that waits for a second one."""

    actor: str
    until_us: int
    what: str = ""
    """The kind of act."""
    target: str = ""
    """The movement, payout or participant it is about."""
    said: tuple[tuple[str, str], ...] = ()
    """What else was said, by the command's fields."""


@dataclass(slots=True)
class Payments:
    """All payments of a market."""

    next_payout_number: int = 1
    next_file_number: int = 1
    next_default_number: int = 1
    seen: dict[str, bytes] = field(default_factory=dict)
    """Every movement the bank has told, by its id, with a digest of what it said."""
    unmatched: dict[str, Payment] = field(default_factory=dict)
    """Movements nobody has placed yet."""
    returning: dict[str, Payment] = field(default_factory=dict)
    """Movements that are being sent back; unmatched again if that fails."""
    payouts: dict[str, Payout] = field(default_factory=dict)
    """Every payout there ever was."""
    by_client: dict[tuple[str, str], str] = field(default_factory=dict)
    """(participant, its own id) to the payout, for ever."""
    demands: dict[str, dict[str, Demand]] = field(default_factory=dict)
    """Bills that stand, by participant and month."""
    bill_months: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Participant and month of every bill ever issued."""
    named_quanta: dict[tuple[str, str], int] = field(default_factory=dict)
    """What came with a bill as reference, by participant and month."""
    paid_in_quanta: dict[str, int] = field(default_factory=dict)
    """What came to each account by payments, less what left it."""
    claims: dict[str, Cover] = field(default_factory=dict)
    """What others have covered for a participant and it has not paid back."""
    words: dict[str, Word] = field(default_factory=dict)
    """What was proposed and waits for a second operator, by the digest of the whole act."""

    def payer_of(self, bill_id: str) -> str | None:
        """Whose bill; None: none was issued under this id."""
        found = self.bill_months.get(bill_id)
        return None if found is None else found[0]

    def demands_of(self, participant_id: str) -> tuple[Demand, ...]:
        """The bills that stand, oldest month first."""
        found = self.demands.get(participant_id, {})
        return tuple(found[month] for month in sorted(found))

    def all_demands(self) -> tuple[Demand, ...]:
        """The bills of everybody that stand."""
        return tuple(demand for months in self.demands.values() for demand in months.values())

    def named_of(self, participant_id: str) -> dict[str, int]:
        """By month, what came for its bill."""
        return {
            month: quanta
            for month in self.demands.get(participant_id, {})
            if (quanta := self.named_quanta.get((participant_id, month), 0))
        }

    def in_state(self, state: PayoutState) -> tuple[Payout, ...]:
        """Payouts that are this far, in the order in which they were asked for."""
        return tuple(payout for payout in self.payouts.values() if payout.state is state)

    def returns_of(self, bank_id: str) -> int:
        """How often a movement was to be sent back until now."""
        return sum(
            payout.kind is PayoutKind.RETURN and payout.client_payout_id == bank_id
            for payout in self.payouts.values()
        )

    # --- facts ------------------------------------------------------------------------

    def record(self, payments: Iterable[Payment]) -> None:
        """The bank told of movements."""
        for payment in payments:
            self.seen[payment.bank_id] = digest_of(payment)
            self._count(payment)

    def decide(self, payment: Payment) -> None:
        """It is known now what an unmatched movement was for."""
        self.unmatched.pop(payment.bank_id, None)
        self.returning.pop(payment.bank_id, None)
        self._count(payment)

    def _count(self, payment: Payment) -> None:
        if payment.state is PaymentState.UNMATCHED:
            self.unmatched[payment.bank_id] = payment
        elif payment.state is PaymentState.RETURNED:
            self.returning[payment.bank_id] = payment
        elif payment.participant_id is not None and payment.month is not None:
            key = payment.participant_id, payment.month
            self.named_quanta[key] = self.named_quanta.get(key, 0) + payment.amount_quanta

    def put_payout(self, payout: Payout) -> None:
        """A payout is as it says from now on."""
        if payout.payout_id not in self.payouts:
            self.next_payout_number += 1
            if payout.participant_id is not None:
                key = payout.participant_id, payout.client_payout_id
                self.by_client[key] = payout.payout_id
        self.payouts[payout.payout_id] = payout
        if payout.kind is PayoutKind.RETURN and payout.state is PayoutState.PAID:
            self.returning.pop(payout.client_payout_id, None)

    def bill(self, rules: MarketRules, bills: Iterable[BillDue], issued_us: int) -> None:
        """Bills stand: they ask for their totals in place of the versions before."""
        for due in bills:
            self.bill_months[due.bill_id] = due.participant_id, due.month
            self.demands.setdefault(due.participant_id, {})[due.month] = demand_of(
                rules,
                bill_id=due.bill_id,
                participant_id=due.participant_id,
                month=due.month,
                total_quanta=due.total_quanta,
                issued_us=issued_us,
            )

    def moved(self, item: Transfer) -> None:
        """Money came to accounts of participants by a payment, or left them."""
        for account, quanta in (
            (item.credit_account, item.amount_quanta),
            (item.debit_account, -item.amount_quanta),
        ):
            if account.startswith(_ACCOUNT):
                participant_id = account.removeprefix(_ACCOUNT)
                before = self.paid_in_quanta.get(participant_id, 0)
                self.paid_in_quanta[participant_id] = before + quanta

    def claim(self, participant_id: str, cover: Cover, sign: int = 1) -> None:
        """Others have covered something, or with sign -1 got it back."""
        left = added(self.claims.get(participant_id, Cover()), cover, sign)
        if left.total_quanta:
            self.claims[participant_id] = left
        else:
            self.claims.pop(participant_id, None)

    def propose(self, digest: str, word: Word, now_us: int) -> None:
        """A word waits for a second one; those that have waited too long are forgotten."""
        self.words = {name: old for name, old in self.words.items() if old.until_us >= now_us}
        self.words[digest] = word

    def agreed(self, what: str, target: str) -> None:
        """What two have agreed on is done: words about it wait for nobody any more."""
        self.words = {
            name: old
            for name, old in self.words.items()
            if (old.what, old.target) != (what, target)
        }


def digest_of(said: BankRow | Payment) -> bytes:
    """Of what the bank said of a movement."""
    content = (said.day, said.amount_quanta, said.reference, said.counterparty)
    return sha256(repr(content).encode()).digest()


def moved_on(payout: Payout, state: PayoutState, now_us: int, **more: str | None) -> Payout:
    """The payout in another state."""
    return replace(payout, state=state, changed_us=now_us, **more)  # type: ignore[arg-type]
