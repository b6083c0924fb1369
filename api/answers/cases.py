"""Cases as the wire says them."""

from typing import Final

from api.answers.values import Answer, optional
from market.model.bill import Bill
from market.model.case import Case, CaseStep, CreditProposal, Dispute, Disputed, StepKind
from market.model.interval import instant_text, moment_text
from market.model.units import money_text

CASE: Final = (
    "case_id", "kind", "participant_id", "state", "outcome", "owner", "opened_at", "take_by", "taken_at",
    "close_by", "closed_at", "bill_id", "month", "held_amount", "subject", "unit_id", "answer_by", "answered_at",
    "reopened", "rating", "rating_text",
)  # fmt: skip
"""The columns of a file of cases."""


def case(item: Case, *, for_operator: bool) -> Answer:
    """A case; what operators only consider is not for the participant."""
    dispute = item.dispute
    return {
        "case_id": item.case_id,
        "kind": item.kind.value,
        "participant_id": item.participant_id,
        "state": item.state.value,
        "outcome": None if item.outcome is None else item.outcome.value,
        "owner": item.owner,
        "opened_at": moment_text(item.opened_us),
        "take_by": moment_text(item.taken_by_us),
        "taken_at": optional(moment_text, item.taken_us),
        "close_by": moment_text(item.closed_by_us),
        "closed_at": optional(moment_text, item.closed_us),
        "bill_id": None if dispute is None else dispute.bill_id,
        "month": None if dispute is None else dispute.month,
        "held_amount": None if dispute is None else money_text(dispute.held_quanta),
        "subject": item.subject or None,
        "client_case_id": item.client_case_id or None,
        "unit_id": item.unit_id,
        "details": dict(item.details),
        "answer_by": optional(moment_text, item.answered_by_us),
        "answered_at": optional(moment_text, item.answered_us),
        "missed": [target.value for target in item.missed],
        "reopened": item.reopened,
        "reopen_until": optional(moment_text, item.reopen_until_us),
        "rating": item.rating,
        "rating_text": item.rating_text or None,
        "dispute": None if dispute is None else _dispute(dispute),
        "history": [
            step_shown(step)
            for step in item.history
            if for_operator or step.kind not in INNER_STEPS
        ],
        **({"proposal": _proposal(item.proposal)} if for_operator else {}),
    }


INNER_STEPS: Final = frozenset({StepKind.PROPOSED, StepKind.INTERNAL})
"""What operators say to each other; nobody else is told or alerted of it."""


def _dispute(item: Dispute) -> Answer:
    return {
        "version": item.version,
        "lines": [_disputed(line) for line in item.lines],
        "unpayable_amount": money_text(item.unpayable_quanta),
        "remedy": None if item.remedy is None else item.remedy.value,
        "credited": [_disputed(line) for line in item.credited],
        "corrected_by": item.corrected_by,
    }


def _disputed(item: Disputed) -> Answer:
    return {
        "line": item.line,
        "kind": item.kind.value,
        "start": instant_text(item.from_s),
        "amount": money_text(item.amount_quanta),
        "tax_amount": money_text(item.tax_quanta),
    }


def step_shown(step: CaseStep) -> Answer:
    """A step of a case: who did what, from which side."""
    side = "customer" if step.by_customer else "desk"
    return {
        "kind": step.kind.value,
        "from": "market" if step.kind is StepKind.MISSED else side,
        "by": step.actor,
        "at": moment_text(step.now_us),
        "text": step.text,
    }


def _proposal(said: CreditProposal | None) -> Answer | None:
    if said is None:
        return None
    return {
        "by": said.actor,
        "until": moment_text(said.until_us),
        "lines": [_disputed(line) for line in said.lines],
    }


def proposed_lines(lines: tuple[Disputed, ...]) -> list[Answer]:
    """Lines of a credit, as a list for people."""
    return [_disputed(line) for line in lines]


def unpayable_quanta(bill: Bill, cases: tuple[Case, ...]) -> int:
    """What of a bill need not be paid: in dispute, or credited and not on it yet."""
    said = {line.case_id for line in bill.lines if line.case_id}
    return sum(
        item.dispute.unpayable_quanta
        for item in cases
        if item.dispute is not None and item.case_id not in said
    )
