"""Who pays when somebody does not: in which order, and how it goes back.

The one idea: what an account is short of is taken from the debtor's own collateral, then from the fund
that was paid in for this, then from the operator, each as far as it goes; what the debtor pays later goes
back the other way. Only transfers move anything, so the sum of all accounts stays zero.
"""

from collections.abc import Iterator

from market.model.money import (
    DEFAULT,
    GUARANTEE_FUND,
    Transfer,
    TransferKind,
    collateral_account,
    participant_account,
)
from market.model.payment import Cover


def cover_of(short_quanta: int, *, collateral_quanta: int, fund_quanta: int) -> Cover:
    """What each has to give for an amount >= 0; all of it is covered."""
    collateral = min(short_quanta, max(0, collateral_quanta))
    fund = min(short_quanta - collateral, max(0, fund_quanta))
    return Cover(
        collateral_quanta=collateral,
        fund_quanta=fund,
        default_quanta=short_quanta - collateral - fund,
    )


def back_of(paid_quanta: int, claims: Cover) -> Cover:
    """What each gets of an amount >= 0 that the debtor paid: who gave last gets first."""
    default = min(paid_quanta, claims.default_quanta)
    fund = min(paid_quanta - default, claims.fund_quanta)
    collateral = min(paid_quanta - default - fund, claims.collateral_quanta)
    return Cover(collateral_quanta=collateral, fund_quanta=fund, default_quanta=default)


def added(claims: Cover, more: Cover, sign: int = 1) -> Cover:
    """Claims after more was covered, or with sign -1 after it went back."""
    return Cover(
        collateral_quanta=claims.collateral_quanta + sign * more.collateral_quanta,
        fund_quanta=claims.fund_quanta + sign * more.fund_quanta,
        default_quanta=claims.default_quanta + sign * more.default_quanta,
    )


def cover_transfers(participant_id: str, cover: Cover, reference: str) -> tuple[Transfer, ...]:
    """The debt is paid to the debtor's account by those who cover it, in their order."""
    account = participant_account(participant_id)
    return tuple(
        Transfer(
            debit_account=giver,
            credit_account=account,
            amount_quanta=quanta,
            kind=kind,
            reference=reference,
        )
        for giver, quanta, kind in _parts(participant_id, cover)
        if quanta
    )


def back_transfers(participant_id: str, back: Cover, reference: str) -> tuple[Transfer, ...]:
    """What the debtor paid goes to those who covered for it, the last one first."""
    account = participant_account(participant_id)
    return tuple(
        Transfer(
            debit_account=account,
            credit_account=receiver,
            amount_quanta=quanta,
            kind=TransferKind.RECOVERY,
            reference=reference,
        )
        for receiver, quanta, _ in reversed(tuple(_parts(participant_id, back)))
        if quanta
    )


def _parts(participant_id: str, cover: Cover) -> Iterator[tuple[str, int, TransferKind]]:
    own = collateral_account(participant_id)
    yield own, cover.collateral_quanta, TransferKind.COVER_COLLATERAL
    yield GUARANTEE_FUND, cover.fund_quanta, TransferKind.COVER_FUND
    yield DEFAULT, cover.default_quanta, TransferKind.COVER_DEFAULT
