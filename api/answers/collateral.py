"""What the wire says of collateral: how an account stands, its limits, its margin calls."""

from typing import Final

from api.answers.values import Answer
from market.model.collateral import CollateralPicture, CreditLimit, StoredMarginCall
from market.model.interval import moment_text
from market.model.units import money_text

PICTURE: Final = (
    "participant_id", "balance", "credit_limit", "held", "exposure_traded", "exposure_open", "unbilled_tax",
    "available", "margin", "state", "call_id", "call_amount", "called_at", "due_at",
    "put_down",
)  # fmt: skip
CREDIT_LIMIT: Final = ("participant_id", "limit", "by", "reason", "since")
MARGIN_CALL: Final = (
    "call_id", "participant_id", "amount", "called_at", "due_at", "state", "missed_at", "missing", "met_at",
)  # fmt: skip


def picture(of: CollateralPicture) -> Answer:
    """How an account stands; the last four are of the margin call that is not met."""
    call = of.call
    return {
        "participant_id": of.participant_id,
        "balance": money_text(of.balance_quanta),
        "credit_limit": money_text(of.credit_limit_quanta),
        "held": money_text(of.held_quanta),
        "exposure_traded": money_text(of.traded_quanta),
        "exposure_open": money_text(of.open_quanta),
        "unbilled_tax": money_text(of.unbilled_quanta),
        "available": money_text(of.available_quanta),
        "margin": money_text(of.margin_quanta),
        "state": of.state.value,
        "call_id": None if call is None else call.call_id,
        "call_amount": None if call is None else money_text(call.amount_quanta),
        "called_at": None if call is None else moment_text(call.called_us),
        "due_at": None if call is None else moment_text(call.due_us),
        "put_down": money_text(of.put_down_quanta),
    }


def credit_limit(of: CreditLimit, *, names: bool) -> Answer:
    """A limit; `names`: whether it says who set it."""
    return {
        "participant_id": of.participant_id,
        "limit": money_text(of.limit_quanta),
        "by": " ".join(of.actors) if names else None,
        "reason": of.reason,
        "since": moment_text(of.since_us),
    }


def margin_call(of: StoredMarginCall) -> Answer:
    """A margin call, and what became of it."""
    return {
        "call_id": of.call_id,
        "participant_id": of.participant_id,
        "amount": money_text(of.amount_quanta),
        "called_at": moment_text(of.called_us),
        "due_at": moment_text(of.due_us),
        "state": of.state.value,
        "missed_at": None if of.missed_us is None else moment_text(of.missed_us),
        "missing": None if of.missing_quanta is None else money_text(of.missing_quanta),
        "met_at": None if of.met_us is None else moment_text(of.met_us),
    }
