"""Cases that are not closed, and which lines of bills were ever in dispute.

The one idea: closed cases are in the lists; here is what the next decision needs. A line of a bill is
in dispute once: while its case is open nobody opens another, and what was decided is decided. Only who
has withdrawn may come again. What was closed lately is here too, as it may be opened again or rated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

from market.model.case import (
    REOPEN_WITHIN_S,
    Case,
    CaseClosed,
    CaseEvent,
    CaseKind,
    CaseOpened,
    CaseOutcome,
    CaseRated,
    CaseReopened,
    changed,
)
from market.model.interval import MICROSECONDS

LineKey: TypeAlias = tuple[str, int | None]
"""A bill and the number of its line; None: the bill as a whole."""


@dataclass(slots=True)
class MonthDisputes:
    """Disputes about the bills of one participant's month."""

    lines: dict[LineKey, str] = field(default_factory=dict)
    """The case of each line that is, or was, in dispute."""
    unpayable_quanta: dict[str, int] = field(default_factory=dict)
    """By case: what need not be paid of the month's bill that stands."""


@dataclass(slots=True)
class Cases:
    """The cases of one market."""

    next_number: int = 1
    open: dict[str, Case] = field(default_factory=dict)
    """By id, oldest first."""
    closed: dict[str, Case] = field(default_factory=dict)
    """Those closed so lately that they may be opened again, or rated; in the order in which they were closed."""
    by_client: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    """(participant, its own id) to the case and a digest of what it said first, for ever."""
    months: dict[tuple[str, str], MonthDisputes] = field(default_factory=dict)
    """By participant and month."""

    def was(self, case_id: str) -> bool:
        """True when there is, or was, a case of this id."""
        name, _, number = case_id.partition("-")
        known = name == "cas" and number.isascii() and number.isdecimal() and number[0] != "0"
        return (
            known and len(number) <= len(str(self.next_number)) and int(number) < self.next_number
        )

    def about(self, participant_id: str, month: str, key: LineKey) -> str | None:
        """The case in whose way another one about this line would be; None: it may be disputed.

        The bill as a whole and a line of it are not in dispute at the same time.
        """
        found = self.months.get((participant_id, month))
        if found is None:
            return None
        if key in found.lines:
            return found.lines[key]
        bill_id, line = key
        for (of_bill, other), case_id in found.lines.items():
            if of_bill == bill_id and (line is None or other is None) and case_id in self.open:
                return case_id
        return None

    def open_about(self, participant_id: str, month: str) -> tuple[Case, ...]:
        """The open disputes of a month's bills, oldest first."""
        found = self.months.get((participant_id, month), MonthDisputes())
        return tuple(
            self.open[name] for name in dict.fromkeys(found.lines.values()) if name in self.open
        )

    def unpayable_quanta(self, participant_id: str, month: str) -> int:
        """What need not be paid of the bill of a month because it is in dispute, or credited and not billed.

        Whole cents, tax included. What is due, and whether it is overdue, is less by so much.
        """
        found = self.months.get((participant_id, month))
        return 0 if found is None else sum(found.unpayable_quanta.values())

    def disputed_quanta(self, participant_id: str, month: str) -> int:
        """Of that, what is in dispute: nothing was booked to the participant for it."""
        found = self.months.get((participant_id, month))
        if found is None:
            return 0
        return sum(
            quanta for case_id, quanta in found.unpayable_quanta.items() if case_id in self.open
        )

    def held_quanta(self) -> int:
        """What all open disputes have set aside: the balance of the account of disputes."""
        return sum(case.dispute.held_quanta for case in self.open.values() if case.dispute)

    # --- facts ------------------------------------------------------------------------

    def take(self, event: CaseEvent) -> None:
        """Something happened to a case."""
        if isinstance(event, CaseOpened):
            self._opened(event.case)
        elif isinstance(event, CaseClosed):
            self._closed(event)
        elif isinstance(event, CaseReopened):
            self.open[event.case_id] = changed(self.closed.pop(event.case_id), event)
        elif isinstance(event, CaseRated):
            self.closed[event.case_id] = changed(self.closed[event.case_id], event)
        else:
            self.open[event.case_id] = changed(self.open[event.case_id], event)

    def _opened(self, case: Case) -> None:
        self.open[case.case_id] = case
        self.next_number += 1
        if case.client_case_id:
            said = content_of(
                case.kind, case.subject, case.history[0].text, case.unit_id, case.details
            )
            self.by_client[case.participant_id, case.client_case_id] = (case.case_id, said)
        dispute = case.dispute
        if dispute is not None:
            key = (case.participant_id, dispute.month)
            month = self.months.setdefault(key, MonthDisputes())
            month.lines.update(((dispute.bill_id, x.line), case.case_id) for x in dispute.lines)
            month.unpayable_quanta[case.case_id] = dispute.unpayable_quanta

    def _closed(self, event: CaseClosed) -> None:
        case = self.open.pop(event.case_id)
        self._keep_closed(changed(case, event), event.step.now_us)
        if event.dispute is None:
            return
        month = self.months[case.participant_id, event.dispute.month]
        if event.dispute.unpayable_quanta:
            month.unpayable_quanta[case.case_id] = event.dispute.unpayable_quanta
        else:
            del month.unpayable_quanta[case.case_id]
        if event.outcome is CaseOutcome.WITHDRAWN:
            month.lines = {key: name for key, name in month.lines.items() if name != case.case_id}

    def _keep_closed(self, case: Case, now_us: int) -> None:
        """Remember it, and forget those that are closed for good."""
        self.closed[case.case_id] = case
        too_old_us = now_us - REOPEN_WITHIN_S * MICROSECONDS
        for case_id, item in tuple(self.closed.items()):
            if item.closed_us is None or item.closed_us >= too_old_us:
                break
            del self.closed[case_id]

    def were_billed(self, participant_id: str, month: str, case_ids: tuple[str, ...]) -> None:
        """The credits of these cases stand on the month's bill now, whose total says them."""
        found = self.months.get((participant_id, month))
        if found is not None:
            for case_id in case_ids:
                found.unpayable_quanta.pop(case_id, None)


def content_of(
    kind: CaseKind, subject: str, text: str, unit_id: str | None, details: Mapping[str, str]
) -> bytes:
    """What tells one case from another under the same own id."""
    said = (kind.value, subject, text, unit_id, sorted(details.items()))
    return sha256(repr(said).encode()).digest()
