"""Payments as they stand on the wire."""

from typing import Any, Final

from api.answers.values import Answer
from market.model.interval import moment_text
from market.model.payment import Cover, Default, Payment, Payout
from market.model.units import cents_text, money_text
from market.store.queries import BankDay

PAYMENT: Final = (
    *("bank_id", "date", "amount", "reference", "counterparty", "state", "participant_id"),
    *("bill_id", "withdrawal_id", "reason", "booked_at"),
)
WITHDRAWAL: Final = (
    *("withdrawal_id", "client_withdrawal_id", "kind", "participant_id", "amount", "payee_name"),
    *("payee_account", "state", "requested_at", "changed_at", "file_id", "bank_id", "reason"),
)
DEFAULT: Final = (
    *("default_id", "participant_id", "overdue_amount", "own_amount", "collateral_amount"),
    *("fund_amount", "default_amount", "reason", "covered_at"),
)
RECONCILIATION: Final = (
    *("item", "date", "bank_id", "withdrawal_id", "participant_id", "amount", "count"),
)
"""The columns of files of these."""


def payment(item: Payment) -> Answer:
    """One movement of the bank."""
    return {
        "bank_id": item.bank_id,
        "date": item.day,
        "amount": money_text(item.amount_quanta),
        "reference": item.reference,
        "counterparty": item.counterparty,
        "state": item.state.value,
        "participant_id": item.participant_id,
        "bill_id": item.bill_id,
        "withdrawal_id": item.payout_id,
        "reason": item.reason,
        "booked_at": moment_text(item.booked_us),
    }


def withdrawal(item: Payout) -> Answer:
    """One payout."""
    return {
        "withdrawal_id": item.payout_id,
        "client_withdrawal_id": item.client_payout_id,
        "kind": item.kind.value,
        "participant_id": item.participant_id,
        "amount": cents_text(item.amount_quanta),
        "payee_name": item.payee_name,
        "payee_account": item.payee_account,
        "state": item.state.value,
        "requested_at": moment_text(item.requested_us),
        "changed_at": moment_text(item.changed_us),
        "file_id": item.file_id,
        "bank_id": item.bank_id,
        "reason": item.reason,
    }


def cover(item: Cover) -> Answer:
    """Who gave how much, or gets it back."""
    return {
        "collateral_amount": money_text(item.collateral_quanta),
        "fund_amount": money_text(item.fund_quanta),
        "default_amount": money_text(item.default_quanta),
    }


def default(item: Default) -> Answer:
    """One debt that was covered."""
    return {
        "default_id": item.default_id,
        "participant_id": item.participant_id,
        "overdue_amount": money_text(item.overdue_quanta),
        "own_amount": money_text(item.own_quanta),
        **cover(item.cover),
        "reason": item.reason,
        "covered_at": moment_text(item.now_us),
    }


def reconciliation(found: BankDay, currency: str) -> Answer:
    """A day of the bank against the ledger, with everything that is open."""
    return {
        "day": found.day,
        "currency": currency,
        "statement": {
            "count": found.count,
            "received": money_text(found.received_quanta),
            "paid": money_text(found.paid_quanta),
            "total": money_text(found.statement_quanta),
        },
        "ledger": money_text(found.ledger_quanta),
        "difference": money_text(found.difference_quanta),
        "suspense": money_text(found.suspense_quanta),
        "items": items_of(found),
    }


def items_of(found: BankDay) -> list[Answer]:
    """What explains the difference between the two, and what is open, one by one."""
    return [
        *(_moved("booked_later", item) for item in found.booked_later),
        *(_moved("of_other_days", item) for item in found.of_other_days),
        *(
            _item("by_hand", found.day, bank_id=item.reference, amount=item.amount_quanta)
            for item in found.by_hand
        ),
        *(_moved("not_matched", item) for item in found.unmatched),
        *(
            _item(
                "not_confirmed",
                found.day,
                withdrawal_id=item.payout_id,
                participant_id=item.participant_id,
                amount=-item.amount_quanta,
            )
            for item in found.unconfirmed
        ),
    ]


def rows_of(found: BankDay) -> list[Answer]:
    """The same as a table: totals first."""
    day = found.day
    return [
        _item("received", day, amount=found.received_quanta),
        _item("paid", day, amount=-found.paid_quanta),
        {**_item("statement", day, amount=found.statement_quanta), "count": found.count},
        _item("ledger", day, amount=found.ledger_quanta),
        _item("difference", day, amount=found.difference_quanta),
        _item("suspense", day, amount=found.suspense_quanta),
        *items_of(found),
    ]


def _moved(name: str, item: Payment) -> Answer:
    return _item(
        name,
        item.day,
        bank_id=item.bank_id,
        withdrawal_id=item.payout_id,
        participant_id=item.participant_id,
        amount=item.amount_quanta,
    )


def _item(name: str, day: str, *, amount: int, **ids: Any) -> Answer:  # noqa: ANN401 - ids or None
    return {
        "item": name,
        "date": day,
        "bank_id": ids.get("bank_id"),
        "withdrawal_id": ids.get("withdrawal_id"),
        "participant_id": ids.get("participant_id"),
        "amount": money_text(amount),
        "count": 1,
    }
