"""What comes to the service desk: once, in time or not, closed, opened again and rated."""

from dataclasses import replace

import pytest

from market.model.case import (
    REOPEN_WITHIN_S,
    STEPS_MAX,
    CaseKind,
    CaseOutcome,
    CaseState,
    CaseTarget,
    NoteCase,
    OpenCase,
    RateCase,
    ReopenCase,
    ResolveCase,
    StepKind,
)
from market.model.messages import ExpireDue
from market.model.rejection import Code
from market.model.timer import TimerKind
from tests.market.engine.disputing import REDISPATCH, Desk, codes

US = 10**6
MINUTE_US = 60 * US
FAULT = OpenCase(
    now_us=0,
    actor="ann-key",
    participant_id="ann",
    kind=CaseKind.FAULT_REPORT,
    client_case_id="f-1",
    subject="No power",
    text="Since noon.",
    details={"phase": "L1"},
)


class Counter(Desk):
    """The desk, and what people do at it."""

    def brings(self, command: OpenCase = FAULT) -> list[Code]:
        return codes(self.story.does(replace(command, now_us=self.now_us)))

    def resolves(
        self, outcome: CaseOutcome = CaseOutcome.RESOLVED, case_id: str = "cas-1"
    ) -> list[Code]:
        command = ResolveCase(
            now_us=self.now_us, actor="op1", case_id=case_id, outcome=outcome, answer="Done."
        )
        return codes(self.story.does(command))

    def reopens(self, who: str | None = "ann", case_id: str = "cas-1") -> list[Code]:
        command = ReopenCase(
            now_us=self.now_us, actor="x", case_id=case_id, text="Again.", participant_id=who
        )
        return codes(self.story.does(command))

    def rates(self, rating: int = 4, who: str = "ann", text: str = "quick") -> list[Code]:
        command = RateCase(
            now_us=self.now_us, actor="ann-key", case_id="cas-1", participant_id=who, rating=rating, text=text
        )  # fmt: skip
        return codes(self.story.does(command))

    def notes_inside(self) -> list[Code]:
        command = NoteCase(
            now_us=self.now_us, actor="op1", case_id="cas-1", text="call him", internal=True
        )
        return codes(self.story.does(command))

    def lets_pass(self, time_us: int) -> None:
        """Time passes; what is due meanwhile is done at its time."""
        until_us = self.now_us + time_us
        while True:
            timer = self.story.engine.next_timer()
            if timer is None or timer.due_us > until_us:
                break
            assert timer.kind is TimerKind.EXPIRE
            assert codes(self.story.does(ExpireDue(now_us=timer.due_us))) == []
        self.now_us = until_us


@pytest.fixture
def desk() -> Counter:
    made = Counter()
    assert made.brings() == []
    return made


def test_the_same_under_the_same_own_id_is_one_case(desk: Counter) -> None:
    count = len(desk.story.events)
    assert desk.brings() == []
    assert len(desk.story.events) == count
    assert desk.brings(replace(FAULT, text="Since one.")) == [Code.EXISTS_WITH_DIFFERENT_FIELDS]
    assert desk.brings(replace(FAULT, details={})) == [Code.EXISTS_WITH_DIFFERENT_FIELDS]
    assert desk.brings(replace(FAULT, participant_id="ben", actor="ben-key")) == []
    assert desk.case("cas-2").participant_id == "ben"
    assert desk.resolves() == []
    assert desk.brings() == [], "also after it was closed"
    assert len(desk.story.engine.state.cases.open) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"participant_id": "nobody"}, Code.PARTICIPANT_UNKNOWN),
        ({"kind": CaseKind.BILL_DISPUTE}, Code.FIELD_RANGE),
        ({"unit_id": "ben-solar"}, Code.UNIT_UNKNOWN),
        ({"unit_id": "nothing"}, Code.UNIT_UNKNOWN),
    ],
)
def test_only_what_is_ones_own_is_brought(
    desk: Counter, changes: dict[str, str], code: Code
) -> None:
    assert desk.brings(replace(FAULT, client_case_id="f-2", **changes)) == [code]


def test_a_confirmation_and_an_answer_in_time_miss_nothing(desk: Counter) -> None:
    desk.lets_pass(10 * MINUTE_US - 1)
    assert desk.takes("op1") == []
    desk.lets_pass(5 * MINUTE_US - 1)
    assert desk.notes("op1") == []
    assert desk.resolves() == []
    desk.lets_pass(30 * 24 * 60 * MINUTE_US)
    case = desk.case()
    assert case.missed == ()
    assert (case.taken_us, case.answered_us) == (
        case.opened_us + 10 * MINUTE_US - 1,
        case.opened_us + 15 * MINUTE_US - 2,
    )


def test_what_is_late_is_told_once_each_at_its_time(desk: Counter) -> None:
    opened_us = desk.now_us
    desk.lets_pass(9 * MINUTE_US)
    assert desk.notes("ann-key", who="ann") == [], "her own words are no answer"
    assert desk.notes_inside() == [], "nor is what operators say to each other"
    desk.lets_pass(48 * 60 * MINUTE_US)
    case = desk.case()
    assert case.missed == (CaseTarget.TAKEN, CaseTarget.ANSWERED, CaseTarget.CLOSED)
    told = [step for step in case.history if step.kind is StepKind.MISSED]
    assert [(step.now_us - opened_us, step.text) for step in told] == [
        (10 * MINUTE_US, "taken"),
        (15 * MINUTE_US, "answered"),
        (24 * 60 * MINUTE_US, "closed"),
    ]
    assert case.answered_us is None


def test_a_case_may_be_closed_without_having_been_taken(desk: Counter) -> None:
    assert desk.resolves(CaseOutcome.REJECTED) == []
    case = desk.case()
    assert (case.state, case.outcome, case.answered_us) == (
        CaseState.CLOSED,
        CaseOutcome.REJECTED,
        desk.now_us,
    )
    assert desk.story.engine.next_timer() is None
    assert desk.resolves() == [Code.CASE_CLOSED]


def test_acts_of_the_other_kind_are_refused(desk: Counter) -> None:
    assert desk.decides(None) == [Code.FIELD_RANGE]
    assert desk.resolves(CaseOutcome.WITHDRAWN) == [Code.FIELD_RANGE]
    assert desk.disputes((REDISPATCH, 100)) == []
    assert desk.resolves(case_id="cas-2") == [Code.FIELD_RANGE]
    assert desk.decides(None, case_id="cas-2") == []
    assert desk.reopens(case_id="cas-2") == [Code.CASE_CLOSED], "what was decided is decided"


def test_what_was_closed_is_opened_again_with_new_targets(desk: Counter) -> None:
    assert desk.takes("op1") == []
    assert desk.resolves() == []
    closed_us = desk.now_us
    assert desk.case().reopen_until_us == closed_us + REOPEN_WITHIN_S * US
    desk.lets_pass(REOPEN_WITHIN_S * US)
    assert desk.reopens("ben") == [Code.NOT_FOUND]
    assert desk.reopens() == []
    case = desk.case()
    assert (case.state, case.owner, case.outcome, case.reopened) == (
        CaseState.IN_WORK,
        "op1",
        None,
        1,
    )
    assert (case.answered_us, case.answered_by_us) == (None, desk.now_us + 15 * MINUTE_US)
    count = len(desk.story.events)
    assert desk.reopens() == []
    assert len(desk.story.events) == count, "of an open case it changes nothing"
    desk.lets_pass(15 * MINUTE_US)
    assert desk.case().missed == (CaseTarget.ANSWERED,)
    assert desk.resolves() == []
    desk.lets_pass(REOPEN_WITHIN_S * US + 1)
    assert desk.reopens() == [Code.CASE_CLOSED]


def test_only_whose_it_was_rates_it_after_it_was_closed(desk: Counter) -> None:
    assert desk.rates() == [Code.CASE_OPEN]
    assert desk.rates(who="ben") == [Code.NOT_FOUND]
    assert desk.resolves() == []
    assert desk.rates(who="ben") == [Code.NOT_FOUND]
    assert desk.rates(0) == desk.rates(6) == [Code.FIELD_RANGE]
    assert desk.rates(2) == []
    count = len(desk.story.events)
    assert desk.rates(2) == []
    assert len(desk.story.events) == count
    assert desk.rates(5, text="thanks") == []
    assert (desk.case().rating, desk.case().rating_text) == (5, "thanks")
    desk.lets_pass(REOPEN_WITHIN_S * US + 1)
    assert desk.rates(1) == [Code.CASE_CLOSED]


def test_a_disputed_bill_is_rated_too_and_missed_targets_of_it_are_told() -> None:
    desk = Counter()
    assert desk.disputes((REDISPATCH, 100)) == []
    desk.lets_pass(16 * 24 * 60 * MINUTE_US)
    assert desk.case().missed == (CaseTarget.TAKEN, CaseTarget.ANSWERED, CaseTarget.CLOSED)
    assert desk.decides(None) == []
    assert desk.rates(1) == []


def test_who_brought_it_withdraws_it_and_nothing_was_answered(desk: Counter) -> None:
    assert desk.withdraws("ben") == [Code.NOT_FOUND]
    assert desk.withdraws("ann") == []
    case = desk.case()
    assert (case.outcome, case.answered_us) == (CaseOutcome.WITHDRAWN, None)
    assert desk.reopens() == []


def test_closed_cases_are_forgotten_when_they_are_closed_for_good(desk: Counter) -> None:
    assert desk.resolves() == []
    desk.lets_pass(REOPEN_WITHIN_S * US + 1)
    assert desk.brings(replace(FAULT, client_case_id="f-2")) == []
    assert desk.resolves(case_id="cas-2") == []
    assert list(desk.story.engine.state.cases.closed) == ["cas-2"]


def test_a_long_case_can_still_be_closed(desk: Counter) -> None:
    while len(desk.case().history) < STEPS_MAX - 2:
        assert desk.notes_inside() == []
    assert desk.notes_inside() == [Code.FIELD_RANGE]
    assert desk.resolves() == []
    assert desk.reopens() == [Code.CASE_CLOSED]
    assert desk.rates() == []
