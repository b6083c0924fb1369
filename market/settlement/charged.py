"""What a bill charges of a kind, and what has been given back of that since.

The one idea: all lines of a bill together are what the ledger said when it was made, so what the ledger says less of
a kind and part of the month now is what runs have given back, whether a later bill says so already or not. Credits
of disputes are of a kind of their own, and no part of this.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from market.model.bill import Bill, ChargeKind, Posted
from market.model.money import TransferKind
from market.settlement.bill import AS_BOOKED, PROVEN
from market.settlement.tariff import Period

POSTING: Final[Mapping[ChargeKind, TransferKind]] = {
    ChargeKind.DEVIATION: TransferKind.DEVIATION,
    **{charge: posting for posting, charge in AS_BOOKED.items()},
    **{charge: posting for posting, charges in PROVEN.items() for charge in charges},
}
"""How what a line charges is booked. Of deviations both directions are booked alike."""


def billed_quanta(bill: Bill, kind: ChargeKind, from_s: int) -> int:
    """What a bill charges that is booked like a kind of line, of a part of its month.

    Args:
        bill: any.
        kind: of a line; CREDIT: all there is but credits, of the whole month.
        from_s: the first second of the part.
    """
    return sum(
        line.amount_quanta
        for line in bill.lines
        if line.kind is not ChargeKind.CREDIT
        and (
            kind is ChargeKind.CREDIT
            or (POSTING[line.kind] is POSTING[kind] and line.from_s == from_s)
        )
    )


def booked_quanta(
    posted: Iterable[Posted], parts: Sequence[Period], kind: ChargeKind, from_s: int
) -> int:
    """The same by what the ledger says.

    Args:
        posted: what was booked of the month on the account.
        parts: of the month, in which taxes stay the same.
        kind: of a line; CREDIT: all that stands on bills but credits.
        from_s: the first second of the part.
    """
    wanted = set(POSTING.values()) - {TransferKind.BILL_CREDIT}
    if kind is not ChargeKind.CREDIT:
        wanted = {POSTING[kind]}
    return sum(
        item.amount_quanta
        for item in posted
        if item.kind in wanted
        and (kind is ChargeKind.CREDIT or parts[item.period].from_s == from_s)
    )
