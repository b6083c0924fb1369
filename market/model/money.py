"""Money: accounts and transfers.

The one idea: money only moves by a transfer, which names a debit and a credit account and an amount
>= 0, so every set of transfers sums to zero by construction and is checked all the same.
"""

from dataclasses import dataclass
from enum import StrEnum

CENTRAL = "central"
"""The market's central account: counterparty of every trade; zero after each auction."""
BANK = "bank"
"""The outside world: deposits come from here."""
GRID_OPERATOR = "grid_operator"
"""Wheeling fees of lines and local network fees; it pays for redispatch and limits."""
LEVIES = "levies"
BALANCING = "balancing"
"""Difference between what deviating units pay and what the retailer of last resort takes."""


TAXES = "taxes"
"""Tax on issued bills."""
BILL_ROUNDING = "bill_rounding"
"""What whole cents of issued bills leave; either sign."""
DISPUTED = "disputed"
"""What open disputes of bills have set aside."""
SUSPENSE = "suspense"
"""What came over the bank, or went, and is not known yet by whom or for whom."""
BANK_FEES = "bank_fees"
"""What the bank charged the market."""
GUARANTEE_FUND = "guarantee_fund"
"""Paid in beforehand, for debts nobody else covers."""
DEFAULT = "default"
"""Debts the fund did not cover; below zero: what the operator has yet to make good."""


def participant_account(participant_id: str) -> str:
    """A participant's money account."""
    return f"participant:{participant_id}"


def collateral_account(participant_id: str) -> str:
    """What a participant has put down for its debts, apart from its money."""
    return f"collateral:{participant_id}"


def loss_account(line_id: str) -> str:
    """Buys a line's losses; zero after each auction."""
    return f"loss:{line_id}"


def rent_account(line_id: str) -> str:
    """A line's congestion rent, until it is given back to the members of its areas."""
    return f"rent:{line_id}"


def limit_rent_account(area_id: str) -> str:
    """Rent of an area's import or export limit, until it is given back."""
    return f"limit_rent:{area_id}"


def rounding_account(line_id: str) -> str:
    """Difference left by whole ticks and whole Wh on a line."""
    return f"rounding:{line_id}"


class TransferKind(StrEnum):
    """Why money moved."""

    DEPOSIT = "deposit"
    TRADE = "trade"
    LINE_FEE = "line_fee"
    LINE_LOSS = "line_loss"
    LINE_LOSS_PURCHASE = "line_loss_purchase"
    LINE_RENT = "line_rent"
    LIMIT_RENT = "limit_rent"
    ROUNDING = "rounding"
    DEVIATION = "deviation"
    LAST_RESORT = "last_resort"
    NETWORK_FEE = "network_fee"
    LEVIES = "levies"
    DAY_CHARGE = "day_charge"
    """What a metering point pays for a day, beside what it withdraws."""
    RENT_RETURN = "rent_return"
    REDISPATCH = "redispatch"
    """A unit was told something else than it has traded: what it is owed, or owes, for that."""
    REPLACEMENT = "replacement"
    """What redispatch took away is bought from the last resort, or the other way round."""
    ACTIVATION = "activation"
    """A unit helped another area: what it is owed, or owes, for that."""
    INSTRUCTED = "instructed"
    """An order kept a unit from what it had traded, uncompensated: that energy at the area price."""
    GROUP_NETTING = "group_netting"
    """Adders on deviations that a balance group has met with its own, given back with the month."""
    BAND_WAIVER = "band_waiver"
    """Adders on deviations within the group's band, given back with the month."""
    TAX = "tax"
    BILL_ROUNDING = "bill_rounding"
    """What brings an issued bill to whole cents."""
    DISPUTE_HELD = "dispute_held"
    """What is in dispute is set aside."""
    DISPUTE_RELEASED = "dispute_released"
    """It goes back, as it was not upheld or was put right otherwise."""
    BILL_CREDIT = "bill_credit"
    """It was upheld, and is the participant's."""
    WITHDRAWAL = "withdrawal"
    """Money that left the market's bank for a participant; or came back from there."""
    UNMATCHED = "unmatched"
    """It came over the bank, or went, and nobody knows yet by whom or for whom."""
    PAYMENT_RETURN = "payment_return"
    """What nobody could place was sent back."""
    BANK_FEE = "bank_fee"
    FUND_CONTRIBUTION = "fund_contribution"
    COLLATERAL_PUT_DOWN = "collateral_put_down"
    """What a participant set apart from its money, for debts it might not pay ..."""
    COLLATERAL_RETURNED = "collateral_returned"
    """... and took back, as far as it was not needed."""
    COVER_COLLATERAL = "cover_collateral"
    """An overdue debt covered out of the participant's own collateral ..."""
    COVER_FUND = "cover_fund"
    """... out of the guarantee fund ..."""
    COVER_DEFAULT = "cover_default"
    """... and, what was left of it, by the operator."""
    RECOVERY = "recovery"
    """What somebody paid whose debt others had covered, given back to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One movement of money. `amount_quanta` > 0 moves from debit to credit."""

    debit_account: str
    """The account that gives."""
    credit_account: str
    """The account that receives."""
    amount_quanta: int
    kind: TransferKind
    reference: str
    """What caused it: a trade, line, unit or deposit id."""
    start_s: int | None = None
    """The delivery interval it belongs to; None: none."""


def transfer(
    giver: str,
    receiver: str,
    amount_quanta: int,
    kind: TransferKind,
    reference: str,
    start_s: int | None = None,
) -> Transfer:
    """A transfer whose amount may be negative: then the receiver gives."""
    if amount_quanta < 0:
        giver, receiver, amount_quanta = receiver, giver, -amount_quanta
    return Transfer(
        debit_account=giver,
        credit_account=receiver,
        amount_quanta=amount_quanta,
        kind=kind,
        reference=reference,
        start_s=start_s,
    )
