"""What is due between accounts, by kind, and the transfers that lead from one such picture to the next.

The one idea: how often something was booked does not matter, only what it adds up to. So a day that is
settled again books the difference between what is due now and what has been booked for it so far.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from market.model.money import BALANCING, GRID_OPERATOR, Transfer, TransferKind, transfer

DueKey: TypeAlias = tuple[str, str, TransferKind]
"""Two accounts, the earlier by name first, and why money moves between them."""
Dues: TypeAlias = dict[DueKey, int]
"""Quanta that the first account gives the second; negative: receives. Nothing is left out as zero."""

_OF_METERS: Final = frozenset(
    {
        TransferKind.DEVIATION,
        TransferKind.LAST_RESORT,
        TransferKind.NETWORK_FEE,
        TransferKind.LEVIES,
        TransferKind.DAY_CHARGE,
        TransferKind.RENT_RETURN,
        TransferKind.REDISPATCH,
        TransferKind.REPLACEMENT,
        TransferKind.ACTIVATION,
        TransferKind.INSTRUCTED,
    }
)
"""Kinds whose amount depends on what meters show."""


def is_of_meters(giver: str, receiver: str, kind: TransferKind) -> bool:
    """Whether a transfer follows from meters and fees, not from a trade as such.

    Line fees are of both sorts: those that deviations and activations cause pass through the balancing account.
    """
    if kind is TransferKind.LINE_FEE:
        return {giver, receiver} == {BALANCING, GRID_OPERATOR}
    return kind in _OF_METERS


def add(dues: Dues, giver: str, receiver: str, quanta: int, kind: TransferKind) -> None:
    """Count an amount, which may be negative, from one account to another."""
    if giver > receiver:
        giver, receiver, quanta = receiver, giver, -quanta
    key = (giver, receiver, kind)
    total = dues.get(key, 0) + quanta
    if total:
        dues[key] = total
    else:
        dues.pop(key, None)


def add_transfers(dues: Dues, transfers: Iterable[Transfer], sign: int = 1) -> None:
    """Count transfers, or with sign -1 take them back."""
    for item in transfers:
        add(dues, item.debit_account, item.credit_account, sign * item.amount_quanta, item.kind)


def booked(transfers: Iterable[Transfer]) -> Dues:
    """What transfers that follow from meters add up to; others are left out."""
    dues: Dues = {}
    add_transfers(
        dues,
        (
            item
            for item in transfers
            if is_of_meters(item.debit_account, item.credit_account, item.kind)
        ),
    )
    return dues


def differences(
    before: Mapping[DueKey, int], after: Mapping[DueKey, int], reference: str
) -> tuple[Transfer, ...]:
    """The transfers that make what was booked what is due, by account and kind; none of nothing."""
    return tuple(
        transfer(key[0], key[1], quanta, key[2], reference)
        for key in sorted({*before, *after})
        if (quanta := after.get(key, 0) - before.get(key, 0))
    )
