"""The dispute of a bill: how long it may be raised, and who gives what was charged wrongly.

The one idea: what is in dispute is on nobody's account. It is taken from the account that keeps it if the
bill is right, and waits on an account of its own until somebody has decided; so neither side can spend it,
and what was set aside is at every moment what is still held, went back, or was credited.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from market.model.bill import ChargeKind
from market.model.case import DISPUTE_WITHIN_DAYS, Disputed, DisputeWindow
from market.model.interval import MICROSECONDS
from market.model.money import (
    BALANCING,
    DISPUTED,
    GRID_OPERATOR,
    LEVIES,
    TAXES,
    Transfer,
    TransferKind,
    participant_account,
    transfer,
)

_DAY_US: Final = 86_400 * MICROSECONDS
_GRID: Final = frozenset(
    {
        ChargeKind.NETWORK_FEE,
        ChargeKind.DAY_CHARGE,
        ChargeKind.REDISPATCH,
        ChargeKind.ACTIVATION,
        ChargeKind.INSTRUCTED,
        ChargeKind.REPLACEMENT,
    }
)


def keeper(kind: ChargeKind) -> str:
    """The account that keeps what is in dispute if the bill is right, and gives it if not.

    It is the other side of the line's bookings. Where that is an account that is emptied as a rule (the
    counterparty of trades, a line's rent), the balancing account stands in for it.
    """
    if kind in _GRID:
        return GRID_OPERATOR
    return LEVIES if kind is ChargeKind.LEVIES else BALANCING


def until_us(windows: Iterable[DisputeWindow], issued_us: int, issued_day: str) -> int:
    """Until when a bill may be disputed.

    Args:
        windows: the market's, in any order.
        issued_us: when the bill was issued.
        issued_day: the local day of that, as in 2016-06-15.
    """
    begun = [item for item in windows if item.from_day <= issued_day]
    latest = max(begun, key=lambda item: item.from_day, default=None)
    days = DISPUTE_WITHIN_DAYS if latest is None else latest.within_days
    return issued_us + days * _DAY_US


def set_aside(case_id: str, lines: Iterable[Disputed]) -> Iterator[Transfer]:
    """What is in dispute leaves the accounts that would keep it."""
    kind = TransferKind.DISPUTE_HELD
    for item in lines:
        yield from _moved(keeper(item.kind), DISPUTED, item.amount_quanta, kind, case_id)
        yield from _moved(TAXES, DISPUTED, item.tax_quanta, kind, case_id)


def resolved(
    case_id: str, participant_id: str, lines: Iterable[Disputed], credited: Sequence[Disputed]
) -> Iterator[Transfer]:
    """What was set aside is credited as far as it was upheld, and the rest goes back.

    The tax goes back in any case: the next version of the bill has it on less. A credit belongs to its
    line's part of the month.
    """
    given = {item.line: item.amount_quanta for item in credited}
    back = TransferKind.DISPUTE_RELEASED
    for item in lines:
        credit_quanta = given.get(item.line, 0)
        if credit_quanta:
            yield transfer(
                DISPUTED,
                participant_account(participant_id),
                credit_quanta,
                TransferKind.BILL_CREDIT,
                case_id,
                item.from_s,
            )
        rest_quanta = item.amount_quanta - credit_quanta
        yield from _moved(DISPUTED, keeper(item.kind), rest_quanta, back, case_id)
        yield from _moved(DISPUTED, TAXES, item.tax_quanta, back, case_id)


def _moved(
    giver: str, receiver: str, amount_quanta: int, kind: TransferKind, case_id: str
) -> Iterator[Transfer]:
    if amount_quanta:
        yield transfer(giver, receiver, amount_quanta, kind, case_id)
