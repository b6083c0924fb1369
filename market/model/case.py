"""Cases: what a participant wants looked into, who looks, and what came of it.

The one idea: a case is a kind with a history. It is opened by a participant, taken by an operator and
closed with an outcome; what only one kind needs stands in a part of its own, so that other kinds join
without changing those that are there. Kinds are the dispute of a bill, and what comes to the service desk.
"""
# house: long because nouns, commands and facts of a case are one vocabulary.

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeAlias

from market.model.bill import Bill, ChargeKind, Posted
from market.model.interval import MICROSECONDS
from market.model.units import PPM, round_half_even


class CaseKind(StrEnum):
    """What a case is about."""

    BILL_DISPUTE = "bill_dispute"
    FAULT_REPORT = "fault_report"
    """Something does not work: supply, a meter, a device."""
    COMPLAINT = "complaint"
    QUESTION = "question"
    CONNECTION = "connection"
    """Somebody applies for a connection, or for more capacity of one."""


DESK_KINDS: Final = frozenset(CaseKind) - {CaseKind.BILL_DISPUTE}
"""What comes to the service desk: opened with words, closed with words, and opened again if they do not do."""


class CaseState(StrEnum):
    """How far people are with a case."""

    OPEN = "open"
    IN_WORK = "in_work"
    """An operator has taken it."""
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """What came of a case."""

    UPHELD = "upheld"
    """The participant is right, in all or in part."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """By the participant."""
    RESOLVED = "resolved"
    """Done, or answered: there was nothing to be right or wrong about."""


class CaseTarget(StrEnum):
    """What the market means to do in time."""

    TAKEN = "taken"
    """An operator has said that somebody looks after it."""
    ANSWERED = "answered"
    """An operator has said something to the participant, or closed it."""
    CLOSED = "closed"


class Remedy(StrEnum):
    """How what was upheld is put right."""

    CREDIT = "credit"
    """An amount is booked to the participant, and stands on the next version of the bill."""
    CORRECTED = "corrected"
    """A later version of the bill that was issued already says it right."""


class StepKind(StrEnum):
    """What somebody did about a case."""

    OPENED = "opened"
    TAKEN = "taken"
    NOTED = "noted"
    PROPOSED = "proposed"
    """An operator wants to give a credit; another one has to agree."""
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    INTERNAL = "internal"
    """Noted by an operator for operators."""
    RESOLVED = "resolved"
    REOPENED = "reopened"
    RATED = "rated"
    MISSED = "missed"
    """A target was not met; the text names it."""


STEPS_MAX: Final = 100
"""Steps one case takes: it is read whole, and no place to chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """How soon the market means to deal with a case of a kind; where it does not, both sides are told."""

    taken_within_s: int
    answered_within_s: int
    closed_within_s: int


_DAY_S: Final = 86_400
_CONFIRMED_S: Final = 600
_ANSWERED_S: Final = 900
TARGETS: Final[Mapping[CaseKind, Targets]] = {
    CaseKind.BILL_DISPUTE: Targets(
        taken_within_s=_DAY_S, answered_within_s=15 * _DAY_S, closed_within_s=15 * _DAY_S
    ),
    **{
        kind: Targets(
            taken_within_s=_CONFIRMED_S,
            answered_within_s=_ANSWERED_S,
            closed_within_s=days * _DAY_S,
        )
        for kind, days in (
            (CaseKind.FAULT_REPORT, 1),
            (CaseKind.QUESTION, 2),
            (CaseKind.COMPLAINT, 15),
            (CaseKind.CONNECTION, 20),
        )
    },
}
REOPEN_WITHIN_S: Final = 14 * _DAY_S
"""How long after it was closed a case may be opened again, or rated."""
RATING_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStep:
    """One step of a case's history."""

    kind: StepKind
    actor: str
    now_us: int
    text: str
    by_customer: bool = False
    """True: by whom the case is of, or on its behalf."""


# --- the dispute of a bill ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeWindow:
    """How long bills may be disputed that are issued from a day on."""

    from_day: str
    """The first local day of issue, as in 2016-06-15; the latest window that has begun holds."""
    within_days: int


DISPUTE_WITHIN_DAYS: Final = 30
"""Days after its issue on which a bill may be disputed, before any window has begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """How much of one line of a bill, or of the bill as a whole, is in dispute."""

    line: int | None
    """Its number on the bill, counted from 0; None: the bill as a whole."""
    kind: ChargeKind
    """Of the line; CREDIT for the bill as a whole."""
    from_s: int
    """The part of the month it is for."""
    amount_quanta: int
    """> 0: what the participant pays too much there, or receives too little."""
    rate_ppm: int
    """Taxes that are on the line; 0 for the bill as a whole, which has its taxes in it."""
    billed_quanta: int | None = None
    """What the bill charges of this kind and part, of the whole: of all kinds, without credits. None: in
    journals from before this was asked."""

    @property
    def tax_quanta(self) -> int:
        """The tax on the amount, to the quantum, half to even."""
        return round_half_even(self.amount_quanta * self.rate_ppm, PPM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """What of a bill is in dispute, and what was given for it."""

    bill_id: str
    month: str
    """Of the bill, as in 2016-06."""
    version: int
    """Of the bill."""
    lines: tuple[Disputed, ...]
    unpayable_quanta: int
    """What of the bill need not be paid meanwhile: whole cents, tax included. Once it is decided, what was
    credited and stands on no bill yet."""
    remedy: Remedy | None = None
    """None: nothing was upheld."""
    credited: tuple[Disputed, ...] = ()
    corrected_by: str | None = None
    """The later bill that says it right."""

    @property
    def held_quanta(self) -> int:
        """What was set aside when it was opened: the amounts and the tax on them."""
        return sum(item.amount_quanta + item.tax_quanta for item in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditProposal:
    """One operator's word that a credit be given."""

    actor: str
    lines: tuple[Disputed, ...]
    until_us: int
    """A second operator has to agree until then."""


# --- a case ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case with its history."""

    case_id: str
    kind: CaseKind
    participant_id: str
    opened_us: int
    taken_by_us: int
    """By then an operator should have taken it."""
    closed_by_us: int
    """By then it should be closed."""
    state: CaseState = CaseState.OPEN
    owner: str | None = None
    """The operator who has taken it; None: nobody yet."""
    taken_us: int | None = None
    closed_us: int | None = None
    outcome: CaseOutcome | None = None
    history: tuple[CaseStep, ...]
    dispute: Dispute | None = None
    """Of a disputed bill; None: of another kind."""
    proposal: CreditProposal | None = None
    client_case_id: str = ""
    """The sender's own id of what came to the desk; empty: of a disputed bill."""
    subject: str = ""
    unit_id: str | None = None
    """The unit it is about."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What a form says beside the words: of an application its power and place."""
    answered_by_us: int | None = None
    """By then an operator should have answered."""
    answered_us: int | None = None
    missed: tuple[CaseTarget, ...] = ()
    """Targets that were not met, each once."""
    reopened: int = 0
    """How often."""
    rating: int | None = None
    """1 to RATING_MAX, by the participant."""
    rating_text: str = ""

    @property
    def reopen_until_us(self) -> int | None:
        """Until when it may be opened again; None: it may not, being open or of another kind."""
        if self.closed_us is None or self.kind not in DESK_KINDS:
            return None
        return self.closed_us + REOPEN_WITHIN_S * MICROSECONDS


# --- commands and events --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a participant, or who decides, says of one line."""

    line: int | None
    """None: the bill as a whole."""
    amount_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRead:
    """What was booked of a month on a participant's account, and on what it was read."""

    posted: tuple[Posted, ...]
    versions: tuple[tuple[str, int], ...]
    """Days of the month and the version of each; those that were not settled as a whole left out."""
    month_version: int
    """Of the month itself; 0: none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeBill:
    """Open the dispute of a bill that stands; the very same again while it is open changes nothing."""

    now_us: int
    actor: str
    participant_id: str
    bill: Bill
    """As it is stored; it has to be the one that the market remembers."""
    claims: tuple[Claim, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """Bring something to the service desk. The same under the same own id changes nothing."""

    now_us: int
    actor: str
    participant_id: str
    kind: CaseKind
    client_case_id: str
    """Unique for the participant, for ever."""
    subject: str
    text: str
    unit_id: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCase:
    """Become the owner of a case; a repeat changes nothing."""

    now_us: int
    actor: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCase:
    """Say something in a case that is not closed."""

    now_us: int
    actor: str
    case_id: str
    text: str
    participant_id: str | None = None
    """Who says it; None: an operator."""
    internal: bool = False
    """True: for operators only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveCase:
    """Close what came to the desk with an answer."""

    now_us: int
    actor: str
    case_id: str
    outcome: CaseOutcome
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCase:
    """What was done did not do: go on with it. Of an open case it changes nothing."""

    now_us: int
    actor: str
    case_id: str
    text: str
    participant_id: str | None = None
    """Who wants it; None: an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCase:
    """Say how one was served; a later word replaces the one before."""

    now_us: int
    actor: str
    case_id: str
    participant_id: str
    rating: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCase:
    """A participant no longer wants it looked into."""

    now_us: int
    actor: str
    case_id: str
    participant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCase:
    """Close a case with an answer. A credit is proposed first, and given when a second operator agrees."""

    now_us: int
    actor: str
    case_id: str
    remedy: Remedy | None
    """None: it is rejected."""
    claims: tuple[Claim, ...]
    """What is credited of which lines; empty: all that is in dispute."""
    answer: str
    read: MonthRead | None = None
    """Of the disputed month, for a credit; None: in journals from before this was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """A case is open. What a dispute sets aside is in the TransfersBooked beside it."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStepped:
    """Somebody has done something about a case that stays open: taken it, noted something, proposed a credit."""

    case_id: str
    participant_id: str
    step: CaseStep
    proposal: CreditProposal | None = None
    """Of a proposed credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    """A case is closed. What was set aside goes where the TransfersBooked beside it says."""

    case_id: str
    participant_id: str
    outcome: CaseOutcome
    step: CaseStep
    dispute: Dispute | None
    """As it stands now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened:
    """A closed case is open again, with new targets."""

    case_id: str
    participant_id: str
    step: CaseStep
    answered_by_us: int
    closed_by_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRated:
    """The participant has said how it was served."""

    case_id: str
    participant_id: str
    step: CaseStep
    rating: int


CaseChange: TypeAlias = CaseStepped | CaseClosed | CaseReopened | CaseRated
CaseEvent: TypeAlias = CaseOpened | CaseChange


def changed(case: Case, event: CaseChange) -> Case:
    """The case after what somebody did about it."""
    history = (*case.history, event.step)
    now_us = event.step.now_us
    match event:
        case CaseClosed():
            is_answer = case.answered_us is None and event.outcome is not CaseOutcome.WITHDRAWN
            return replace(
                case,
                state=CaseState.CLOSED,
                closed_us=now_us,
                answered_us=now_us if is_answer else case.answered_us,
                outcome=event.outcome,
                history=history,
                dispute=event.dispute,
                proposal=None,
            )
        case CaseReopened():
            return replace(
                case,
                state=CaseState.OPEN if case.owner is None else CaseState.IN_WORK,
                closed_us=None,
                closed_by_us=event.closed_by_us,
                answered_us=None,
                answered_by_us=event.answered_by_us,
                outcome=None,
                reopened=case.reopened + 1,
                history=history,
            )
        case CaseRated():
            return replace(case, history=history, rating=event.rating, rating_text=event.step.text)
        case CaseStepped():
            return _stepped(case, event, history)


def _stepped(case: Case, event: CaseStepped, history: tuple[CaseStep, ...]) -> Case:
    now_us = event.step.now_us
    match event.step.kind:
        case StepKind.TAKEN:
            first_us = now_us if case.taken_us is None else case.taken_us
            return replace(
                case,
                state=CaseState.IN_WORK,
                owner=event.step.actor,
                taken_us=first_us,
                history=history,
            )
        case StepKind.PROPOSED:
            return replace(case, history=history, proposal=event.proposal)
        case StepKind.NOTED if not event.step.by_customer and case.answered_us is None:
            return replace(case, history=history, answered_us=now_us)
        case StepKind.MISSED:
            missed = dict.fromkeys((*case.missed, CaseTarget(event.step.text)))
            return replace(case, history=history, missed=tuple(missed))
        case _:
            return replace(case, history=history)
