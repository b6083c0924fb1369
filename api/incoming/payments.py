"""Request bodies about payments: what a movement was for, withdrawals, the fund, overdue debts.

The one idea: as in `body.py`: a field holds integers in the market's units once it is read.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.incoming.body import Body, Flag, Id, LimitQuanta, MoneyQuanta, Name, reader
from api.wire import fields
from market.model.payment import PaymentDecision
from market.model.rejection import Code

CentsQuanta = Annotated[
    int, *reader(fields.cents_quanta, r"(0|[1-9][0-9]*)(\.[0-9]{1,2})?", "100.00")
]


class AssignIn(Body):
    """What an unmatched movement was for: a participant, a payout, or the bank's own fee."""

    reason: Name
    participant_id: Id | None = None
    bill_id: Id | None = None
    payout_id: Id | None = Field(default=None, alias="withdrawal_id")
    bank_fee: Flag = False

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        named = (self.participant_id is not None, self.payout_id is not None, self.bank_fee)
        if sum(named) != 1 or (self.bill_id is not None and self.participant_id is None):
            raise PydanticCustomError(Code.DEFINITION_INVALID.value, "not one thing")
        return self

    @property
    def decision(self) -> PaymentDecision:
        """Which of the three."""
        if self.participant_id is not None:
            return PaymentDecision.PARTICIPANT
        return PaymentDecision.BANK_FEE if self.bank_fee else PaymentDecision.PAYOUT


class ReturnIn(Body):
    """Where an unmatched movement goes back to."""

    reason: Name
    payee_account: Name


class WithdrawalIn(Body):
    """Money to be paid out."""

    client_withdrawal_id: Id
    amount_quanta: CentsQuanta = Field(alias="amount")
    payee_name: Name
    payee_account: Name


class WithdrawalDecisionIn(Body):
    """Why a withdrawal is approved, refused or was rejected by the bank."""

    reason: Name


class CollateralMoveIn(Body):
    """Money that is set apart as collateral, or taken back."""

    amount_quanta: MoneyQuanta = Field(alias="amount")


class FundDepositIn(Body):
    """Money paid into the guarantee fund."""

    deposit_id: Id
    amount_quanta: MoneyQuanta = Field(alias="amount")


class DefaultIn(Body):
    """Whose overdue debt is to be covered."""

    participant_id: Id
    reason: Name


class CreditLimitIn(Body):
    """How far below zero an account may be used; the reason is kept."""

    limit_quanta: LimitQuanta = Field(alias="limit")
    reason: Name
