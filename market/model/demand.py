"""What a bill asks for, and how far it is paid.

The one idea: neither is written down anywhere. They follow from the bill, the terms of payment, what came to
the account, and the moment at which somebody asks.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a bill that stands asks for, and until when."""

    bill_id: str
    participant_id: str
    month: str
    total_quanta: int
    """Whole cents; below zero the participant receives."""
    due_day: str
    """The last local day on which it is in time, as in 2016-07-15."""
    due_us: int
    """From this moment on what is not paid is overdue: its last local day is over."""
    grace_us: int
    """From this moment on others may be made to pay."""


class DemandState(StrEnum):
    """How far a bill is paid."""

    OPEN = "open"
    PART_PAID = "part_paid"
    PAID = "paid"
    """Also where there is nothing to pay."""
    OVERDUE = "overdue"
    """Something is open after the day on which it was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A bill, what of it is payable now, and what of that is paid."""

    demand: Demand
    payable_quanta: int
    paid_quanta: int

    @property
    def open_quanta(self) -> int:
        """What is still to be paid."""
        return self.payable_quanta - self.paid_quanta

    def state(self, now_us: int) -> DemandState:
        """How far it is paid, at a moment."""
        if not self.open_quanta:
            return DemandState.PAID
        if now_us >= self.demand.due_us:
            return DemandState.OVERDUE
        return DemandState.PART_PAID if self.paid_quanta else DemandState.OPEN
