"""What is remembered of bills: the newest draft and the issued one of every participant and month.

The one idea: lines stand in the facts and the lists; here is only what the next decision needs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from market.model.bill import Bill, BillDue
from market.settlement.issuing import due_of


@dataclass(slots=True)
class MonthBills:
    """The bills of one month, by participant."""

    drafts: dict[str, BillDue] = field(default_factory=dict)
    issued: dict[str, BillDue] = field(default_factory=dict)
    issued_us: dict[str, int] = field(default_factory=dict)
    """When that one was issued."""


@dataclass(slots=True)
class Bills:
    """All bills of a market."""

    next_number: int = 1
    months: dict[str, MonthBills] = field(default_factory=dict)

    def issued(self, month: str, participant_id: str) -> BillDue | None:
        """The bill that stands."""
        found = self.months.get(month)
        return None if found is None else found.issued.get(participant_id)

    def issued_us(self, month: str, participant_id: str) -> int:
        """When the bill that stands was issued.

        Raises:
            KeyError: none stands.
        """
        return self.months[month].issued_us[participant_id]

    def newest(self, month: str, participant_id: str) -> BillDue | None:
        """The draft, or the bill that stands."""
        found = self.months.get(month)
        if found is None:
            return None
        return found.drafts.get(participant_id) or found.issued.get(participant_id)

    def drafts(self, month: str) -> tuple[BillDue, ...]:
        """The drafts of a month."""
        found = self.months.get(month)
        return () if found is None else tuple(found.drafts.values())

    def were_drafted(self, bills: Iterable[Bill]) -> None:
        """New drafts take the place of older ones."""
        for bill in bills:
            kept = self.months.setdefault(bill.month, MonthBills())
            kept.drafts[bill.participant_id] = due_of(bill)
            self.next_number += 1

    def were_issued(self, bills: Iterable[BillDue], now_us: int) -> None:
        """Drafts stand now."""
        for due in bills:
            kept = self.months.setdefault(due.month, MonthBills())
            kept.drafts.pop(due.participant_id, None)
            kept.issued[due.participant_id] = due
            kept.issued_us[due.participant_id] = now_us
