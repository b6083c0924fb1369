"""Cases are taken and talked about, by those who may, until they are closed."""

import pytest

from market.model.case import STEPS_MAX, CaseState, Remedy, StepKind
from market.model.rejection import Code
from tests.market.engine.disputing import REDISPATCH, Desk


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    assert made.disputes((REDISPATCH, 100)) == []
    return made


def test_who_takes_a_case_owns_it_until_another_takes_it_over(desk: Desk) -> None:
    opened_us = desk.now_us
    desk.now_us += 5
    assert desk.takes("op1") == []
    count = len(desk.story.events)
    assert desk.takes("op1") == []
    assert len(desk.story.events) == count
    desk.now_us += 5
    assert desk.takes("op2") == []
    case = desk.case()
    assert (case.state, case.owner, case.taken_us) == (CaseState.IN_WORK, "op2", opened_us + 5)
    assert desk.story.engine.state.cases.open["cas-1"] == case


def test_both_sides_say_something_and_nobody_else_does(desk: Desk) -> None:
    assert desk.notes("op1") == []
    assert desk.notes("ann-key", who="ann") == []
    assert desk.notes("ben-key", who="ben") == [Code.NOT_FOUND]
    assert [step.actor for step in desk.case().history] == ["ann-key", "op1", "ann-key"]


def test_only_who_opened_it_withdraws_it(desk: Desk) -> None:
    assert desk.withdraws("ben") == [Code.NOT_FOUND]
    assert desk.withdraws("ann") == []
    for found in (desk.withdraws("ann"), desk.takes("op1"), desk.notes("op1")):
        assert found == [Code.CASE_CLOSED]


@pytest.mark.parametrize("case_id", ["cas-2", "cas-0", "cas-01", "cas-", "bil-1", "cas", "cas-x1"])
def test_a_case_that_never_was_is_not_found(desk: Desk, case_id: str) -> None:
    assert desk.takes("op1", case_id) == [Code.NOT_FOUND]
    assert desk.decides(None, case_id=case_id) == [Code.NOT_FOUND]


def test_a_case_is_no_place_to_chat_and_can_always_be_closed(desk: Desk) -> None:
    while len(desk.case().history) < STEPS_MAX - 2:
        assert desk.notes("op1") == []
    assert desk.notes("op1") == [Code.FIELD_RANGE]
    assert desk.takes("op1") == [Code.FIELD_RANGE]
    assert desk.decides(Remedy.CREDIT, actor="op1") == []
    assert desk.decides(Remedy.CREDIT, (REDISPATCH, 1), actor="op2") == [Code.FIELD_RANGE]
    assert desk.decides(Remedy.CREDIT, actor="op2") == []
    assert [step.kind for step in desk.case().history][-2:] == [StepKind.PROPOSED, StepKind.UPHELD]
    assert len(desk.case().history) == STEPS_MAX
