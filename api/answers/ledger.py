"""Accounts, postings and days, as the ledger has them."""

from typing import Final

from api.answers.values import Answer
from market.model.interval import instant_text
from market.model.units import energy_text, money_text
from market.store.queries import AccountBalance, DayTotals, ParticipantTotals, Posting, TrialBalance


def money(balance_quanta: int, held_quanta: int) -> Answer:
    """What an account has, holds and may still use."""
    return {
        "balance": money_text(balance_quanta),
        "held": money_text(held_quanta),
        "available": money_text(balance_quanta - held_quanta),
    }


def balance(item: AccountBalance) -> Answer:
    """One account of the ledger."""
    return {"account": item.account, "balance": money_text(item.balance_quanta)}


POSTING: Final = (
    *("posting_id", "from", "to", "amount", "kind", "reference", "start", "counts_at"),
)
"""The columns of a file of postings."""


def posting(item: Posting) -> Answer:
    """One movement between two accounts."""
    return {
        "posting_id": item.posting_id,
        "from": item.giver,
        "to": item.receiver,
        "amount": money_text(item.amount_quanta),
        "kind": item.kind.value,
        "reference": item.reference,
        "start": None if item.start_s is None else instant_text(item.start_s),
        "counts_at": instant_text(item.counts_s),
    }


def trial_balance(found: TrialBalance, currency: str) -> Answer:
    """All accounts at the end of a day, and their sums: what was received was given."""
    sums = {
        "opening": sum(item.opening_quanta for item in found.accounts),
        "received": sum(item.received_quanta for item in found.accounts),
        "given": sum(item.given_quanta for item in found.accounts),
        "balance": sum(item.balance_quanta for item in found.accounts),
    }
    return {
        "day": found.day,
        "currency": currency,
        "accounts": [
            {
                "account": item.account,
                "opening": money_text(item.opening_quanta),
                "received": money_text(item.received_quanta),
                "given": money_text(item.given_quanta),
                "balance": money_text(item.balance_quanta),
            }
            for item in found.accounts
        ],
        "sums": {name: money_text(amount_quanta) for name, amount_quanta in sums.items()},
    }


def day_report(day: str, totals: DayTotals) -> Answer:
    """A market day in numbers."""
    return {
        "day": day,
        "intervals_cleared": totals.intervals_cleared,
        "trades": totals.trade_count,
        "orders": {
            "accepted": totals.orders_accepted,
            "rejected": totals.orders_rejected,
            "cancelled": totals.orders_cancelled,
        },
        "energy_bought_wh": totals.bought_wh,
        "energy_sold_wh": totals.sold_wh,
        "losses_wh": totals.losses_wh,
        "ledger_sum": totals.ledger.sum_quanta,
        "welfare": money_text(totals.welfare_quanta),
        "audit_failures": totals.audit_failures,
        "clearing_ms": {
            "p50": totals.solve_ms_quantile(50),
            "max": totals.solve_ms_quantile(100),
        },
        "binding_intervals": dict(totals.binding_intervals),
        "rungs": dict(totals.rungs),
        "accounts": [balance(item) for item in totals.ledger.accounts],
        "participants": [_participant_totals(item) for item in totals.participants],
    }


def _participant_totals(item: ParticipantTotals) -> Answer:
    amounts = item.amounts_quanta.items()
    return {
        "participant_id": item.participant_id,
        "area_id": item.area_id,
        "amounts": {kind.value: money_text(amount_quanta) for kind, amount_quanta in amounts},
        "total": money_text(item.total_quanta),
        "bought_kwh": energy_text(item.bought_wh),
        "sold_kwh": energy_text(item.sold_wh),
        "withdrawal_kwh": energy_text(item.withdrawal_wh),
        "substituted": item.substituted,
    }
