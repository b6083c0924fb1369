"""What is left of a bill when it is issued: what has to be remembered of it, and what it books.

The one idea: a later bill of the month first takes back what the earlier one has booked. Whether a bill says what
an earlier one said is asked of its digest, the SHA-256 of its canonical text:

    ["bill/2", lines, taxes, rounding, paid in, plain bill, green]

as JSON in ASCII without spaces; an object of a noun's fields by their names in order, those that are None left
out, so that a field that comes to the nouns later changes no digest of what does not use it. Digests that were
remembered before there was this text are of what Python then said of the nouns; they are still compared as such.
"""

import json
from collections.abc import Iterator
from dataclasses import is_dataclass
from hashlib import sha256
from typing import Final

from market.model.bill import Bill, BillDue
from market.model.money import (
    BILL_ROUNDING,
    TAXES,
    Transfer,
    TransferKind,
    participant_account,
    transfer,
)

_FORM: Final = "bill/2"
_MARK: Final = "2:"
"""How digests of this form begin."""


def due_of(bill: Bill) -> BillDue:
    """What has to be remembered of a bill."""
    by_tax: dict[str, int] = {}
    for tax in bill.taxes:
        by_tax[tax.tax_id] = by_tax.get(tax.tax_id, 0) + tax.amount_quanta
    return BillDue(
        bill_id=bill.bill_id,
        participant_id=bill.participant_id,
        month=bill.month,
        version=bill.version,
        digest=_MARK + sha256(canonical_text(bill).encode()).hexdigest(),
        total_quanta=bill.total_quanta,
        taxes_quanta=tuple(by_tax.items()),
        rounding_quanta=bill.rounding_quanta,
        case_ids=tuple(dict.fromkeys(line.case_id for line in bill.lines if line.case_id)),
    )


def says(bill: Bill, digest: str) -> bool:
    """Whether a bill says what the one said whose digest was remembered."""
    if digest.startswith(_MARK):
        return due_of(bill).digest == digest
    return sha256(_first_text(bill).encode()).hexdigest() == digest


def canonical_text(bill: Bill) -> str:
    """What a bill says about money, and of what was green; the form stands at the top."""
    whole = (_FORM, bill.lines, bill.taxes, bill.rounding_quanta, bill.paid_in_quanta)
    said = _plain((*whole, bill.plain, bill.green))
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        named = ((name, getattr(value, name)) for name in value.__dataclass_fields__)
        return {name: _plain(item) for name, item in named if item is not None}
    return value


def _first_text(bill: Bill) -> str:
    """The form before the canonical one: a line had no parts then."""
    said = (bill.lines, bill.taxes, bill.rounding_quanta, bill.paid_in_quanta, bill.plain)
    whole = (*said, bill.green) if bill.green else said
    return repr(whole).replace(", parts=None)", ")")


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
