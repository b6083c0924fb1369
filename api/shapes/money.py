"""The shapes of money: accounts, the ledger, the bank, debts."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api.shapes.acting import SecondPerson
from api.shapes.values import Count, Instant, Moment, Money, Shape
from market.model.money import TransferKind
from market.model.payment import PaymentState, PayoutKind, PayoutState

Cents = Annotated[str, Meta(pattern=r"^-?\d+\.\d{2}$")]


# --- accounts and the ledger ----------------------------------------------------------------------


class Account(Shape):
    """What a participant has, holds and may still use."""

    participant_id: str
    balance: Money
    held: Money
    available: Money


class StatementLine(Shape):
    """What was received (positive) or paid, of one kind."""

    kind: TransferKind
    amount: Money


class LedgerAccount(Shape):
    """One account of the ledger."""

    account: str
    balance: Money


class Ledger(Shape):
    """All accounts, and their sum, which is zero."""

    accounts: list[LedgerAccount]
    sum: Money
    sum_quanta: int


class DayTotals(Shape):
    """What was there before a local day, what was booked on it, and what was there after it."""

    opening: Money
    received: Money
    given: Money
    balance: Money


class DayAccount(DayTotals):
    """One account over a local day."""

    account: str


class TrialBalance(Shape):
    """All accounts over a local day."""

    day: str
    currency: str
    accounts: list[DayAccount]
    sums: DayTotals


class Difference(Shape):
    """What was moved from one account to another."""

    from_: str = msgspec.field(name="from")
    to: str
    kind: TransferKind
    amount: Money


class Posting(Difference):
    """One movement, with what it is for and when it counts."""

    posting_id: str
    reference: str
    start: Instant | None
    counts_at: Instant


# --- the bank -------------------------------------------------------------------------------------


class Payment(Shape):
    """A movement on the market's account at its bank; received positive."""

    bank_id: str
    date: str
    amount: Money
    reference: str
    counterparty: str
    state: PaymentState
    participant_id: str | None
    bill_id: str | None
    withdrawal_id: str | None
    reason: str | None
    booked_at: Moment


class PaymentDecision(SecondPerson):
    """What became of a movement that nobody had placed."""

    payment: Payment | None


class BankWords(Shape):
    """What was taken of what a bank has said."""

    rows: Count
    repeated: Count
    matched: Count
    unmatched: Count


class Collected(BankWords):
    """The same of a bank's channel, and how many payouts it rejected."""

    rejected: Count


class Withdrawal(Shape):
    """Money that is to go to somebody's bank account."""

    withdrawal_id: str
    client_withdrawal_id: str
    kind: PayoutKind
    participant_id: str | None
    amount: Cents
    payee_name: str
    payee_account: str
    state: PayoutState
    requested_at: Moment
    changed_at: Moment
    file_id: str | None
    bank_id: str | None
    reason: str


class WithdrawalDecision(SecondPerson):
    """A withdrawal as it stands after an operator's word."""

    withdrawal: Withdrawal


class Sending(Shape):
    """What went to the bank; no file: there was nothing to send."""

    file_id: str | None
    count: Count
    items: list[Withdrawal]


class BankStatement(Shape):
    """What the bank says of a day."""

    count: Count
    received: Money
    paid: Money
    total: Money


class ReconciledItem(Shape):
    """What explains the difference between bank and ledger, or is open."""

    item: Literal["booked_later", "of_other_days", "by_hand", "not_matched", "not_confirmed"]
    date: str
    bank_id: str | None
    withdrawal_id: str | None
    participant_id: str | None
    amount: Money
    count: Count


class Reconciliation(Shape):
    """A day of the bank against the ledger."""

    day: str
    currency: str
    statement: BankStatement
    ledger: Money
    difference: Money
    suspense: Money
    items: list[ReconciledItem]


# --- debts that others cover ----------------------------------------------------------------------


class Cover(Shape):
    """Who gave how much."""

    collateral_amount: Money
    fund_amount: Money
    default_amount: Money


class Claim(Cover):
    """What others covered for a participant and was not paid back."""

    participant_id: str


class Default(Cover):
    """A debt that was covered."""

    default_id: str
    participant_id: str
    overdue_amount: Money
    own_amount: Money
    reason: str
    covered_at: Moment


class DefaultDecision(SecondPerson):
    """A debt that was covered, or waits for a second operator."""

    default: Default | None
