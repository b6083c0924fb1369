"""What is left of a bill when it is issued: what has to be remembered of it, and what it books.

The one idea: a later bill of the month first takes back what the earlier one has booked.
"""

from collections.abc import Iterator
from hashlib import sha256

from market.model.bill import Bill, BillDue
from market.model.money import (
    BILL_ROUNDING,
    TAXES,
    Transfer,
    TransferKind,
    participant_account,
    transfer,
)


def due_of(bill: Bill) -> BillDue:
    """What has to be remembered of a bill."""
    by_tax: dict[str, int] = {}
    for tax in bill.taxes:
        by_tax[tax.tax_id] = by_tax.get(tax.tax_id, 0) + tax.amount_quanta
    said = (bill.lines, bill.taxes, bill.rounding_quanta, bill.paid_in_quanta, bill.plain)
    whole = (*said, bill.green) if bill.green else said
    return BillDue(
        bill_id=bill.bill_id,
        participant_id=bill.participant_id,
        month=bill.month,
        version=bill.version,
        digest=sha256(repr(whole).encode()).hexdigest(),
        total_quanta=bill.total_quanta,
        taxes_quanta=tuple(by_tax.items()),
        rounding_quanta=bill.rounding_quanta,
        case_ids=tuple(dict.fromkeys(line.case_id for line in bill.lines if line.case_id)),
    )


def issuing_transfers(due: BillDue, before: BillDue | None) -> tuple[Transfer, ...]:
    """Tax and rounding of a bill that is issued, after what an earlier one booked was reversed."""
    moves = [*(() if before is None else _booked(before, -1)), *_booked(due, 1)]
    return tuple(move for move in moves if move.amount_quanta)


def _booked(due: BillDue, sign: int) -> Iterator[Transfer]:
    account = participant_account(due.participant_id)
    for _, amount_quanta in due.taxes_quanta:
        yield transfer(account, TAXES, sign * amount_quanta, TransferKind.TAX, due.bill_id)
    kind = TransferKind.BILL_ROUNDING
    yield transfer(account, BILL_ROUNDING, sign * due.rounding_quanta, kind, due.bill_id)
