"""One day of the bank against the ledger.

The one idea: what lies between the two is listed, movement by movement, and what is left is zero; it is
worked out from the ledger's own days, not from what explains them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from market.model.money import BANK, SUSPENSE
from market.model.payment import (
    Payment,
    PaymentState,
    Payout,
    PayoutState,
)
from market.store import tables
from market.store.queries.payments import payment_of, payout_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """A posting of the bank account behind which no movement of the bank stands."""

    reference: str
    account: str
    """The other account."""
    amount_quanta: int
    """> 0 as if it had come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDay:
    """What the bank says of a local day, what the ledger booked on it, and what explains the rest."""

    day: str
    count: int
    received_quanta: int
    """What came in by the bank's movements of the day."""
    paid_quanta: int
    """What went out, >= 0."""
    ledger_quanta: int
    """By how much the ledger's bank account moved on the day; > 0 came in."""
    booked_later: tuple[Payment, ...]
    """Movements of the day that were booked on another one."""
    of_other_days: tuple[Payment, ...]
    """Movements of other days that were booked on this one."""
    by_hand: tuple[ByHand, ...]
    unconfirmed: tuple[Payout, ...]
    """Sent by the end of the day; the bank has not answered yet."""
    unmatched: tuple[Payment, ...]
    """Movements up to the day that nobody has placed yet."""
    suspense_quanta: int
    """What stands on `suspense` now."""

    @property
    def statement_quanta(self) -> int:
        """What the bank's movements of the day come to."""
        return self.received_quanta - self.paid_quanta

    @property
    def difference_quanta(self) -> int:
        """What neither days nor hands explain: zero."""
        later = sum(item.amount_quanta for item in self.booked_later)
        others = sum(item.amount_quanta for item in self.of_other_days)
        hands = sum(item.amount_quanta for item in self.by_hand)
        return self.statement_quanta - later + others + hands - self.ledger_quanta


def bank_day(
    connection: Connection, market_id: str, day: str, *, from_us: int, until_us: int
) -> BankDay:
    """A local day of the bank against the ledger; `from_us` and `until_us` are its bounds."""
    c = tables.payments.c
    of_day = _read(connection, _movements(market_id).where(c.day == day))
    booked = _read(
        connection,
        _movements(market_id).where(c.booked_us >= from_us, c.booked_us < until_us, c.day != day),
    )
    amounts = [item.amount_quanta for item in of_day]
    return BankDay(
        day=day,
        count=len(of_day),
        received_quanta=sum(amount for amount in amounts if amount > 0),
        paid_quanta=-sum(amount for amount in amounts if amount < 0),
        ledger_quanta=_moved(connection, market_id, day),
        booked_later=tuple(item for item in of_day if not from_us <= item.booked_us < until_us),
        of_other_days=tuple(booked),
        by_hand=tuple(_by_hand(connection, market_id, from_us, until_us)),
        unconfirmed=_unconfirmed(connection, market_id, until_us),
        unmatched=tuple(
            _read(
                connection,
                _movements(market_id).where(c.day <= day, c.state == PaymentState.UNMATCHED.value),
            )
        ),
        suspense_quanta=_balance(connection, market_id, SUSPENSE),
    )


def _movements(market_id: str) -> Select[Any]:
    c = tables.payments.c
    return select(tables.payments).where(c.market_id == market_id).order_by(c.event_seq, c.row)


def _read(connection: Connection, query: Select[Any]) -> list[Payment]:
    return [payment_of(row) for row in connection.execute(query)]


def _moved(connection: Connection, market_id: str, day: str) -> int:
    c = tables.account_days.c
    row = connection.execute(
        select(c.received_quanta, c.given_quanta).where(
            c.market_id == market_id, c.account == BANK, c.day == day
        )
    ).one_or_none()
    # What the outside world gives is what comes in.
    return 0 if row is None else row.given_quanta - row.received_quanta


def _balance(connection: Connection, market_id: str, account: str) -> int:
    c = tables.accounts.c
    found = connection.execute(
        select(c.balance_quanta).where(c.market_id == market_id, c.account == account)
    ).scalar()
    return found or 0


def _by_hand(
    connection: Connection, market_id: str, from_us: int, until_us: int
) -> Iterable[ByHand]:
    """Postings of the bank account under an id the bank has told nothing of."""
    c, told = tables.transfers.c, tables.payments.c
    # Nothing that belongs to a delivery interval goes over the bank: these count when they were booked.
    query = (
        select(tables.transfers)
        .where(
            c.market_id == market_id,
            or_(c.debit_account == BANK, c.credit_account == BANK),
            c.counts_s >= from_us // 1_000_000,
            c.counts_s < until_us // 1_000_000,
            ~select(told.bank_id)
            .where(told.market_id == c.market_id, told.bank_id == c.reference)
            .exists(),
        )
        .order_by(c.event_seq, c.row)
    )
    for row in connection.execute(query):
        comes = row.debit_account == BANK
        yield ByHand(
            reference=row.reference,
            account=row.credit_account if comes else row.debit_account,
            amount_quanta=row.amount_quanta if comes else -row.amount_quanta,
        )


def _unconfirmed(connection: Connection, market_id: str, until_us: int) -> tuple[Payout, ...]:
    c = tables.payouts.c
    query = (
        select(tables.payouts)
        .where(
            c.market_id == market_id,
            c.state == PayoutState.SENT.value,
            c.changed_us < until_us,
        )
        .order_by(c.number)
    )
    return tuple(map(payout_of, connection.execute(query)))
