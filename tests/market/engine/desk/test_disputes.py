"""A bill is disputed: what is set aside, who may decide, and where the money is in the end."""

from dataclasses import replace

import pytest

from market.model.bill import ChargeKind, Credited
from market.model.case import CaseOutcome, CaseState, DisputeWindow, Remedy, StepKind
from market.model.messages import TransfersBooked
from market.model.money import BALANCING, DISPUTED, GRID_OPERATOR, TAXES, TransferKind
from market.model.rejection import Code
from market.model.units import QUANTA_PER_CENT
from tests.market.engine.disputing import (
    DAY_US,
    HOUR_US,
    LAST_RESORT,
    MONTH,
    REDISPATCH,
    RETURNED,
    Desk,
)

ANN = "participant:ann"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def unpayable(desk: Desk, who: str = "ann") -> int:
    return desk.story.engine.state.cases.unpayable_quanta(who, MONTH)


def test_the_bill_has_the_lines_this_is_about(desk: Desk) -> None:
    lines = desk.bill().lines
    assert (lines[RETURNED].kind, lines[RETURNED].amount_quanta) == (
        ChargeKind.RENT_RETURN,
        -40_000_000,
    )
    assert lines[REDISPATCH].amount_quanta == 300_000_007
    assert lines[LAST_RESORT].amount_quanta == 1_000


def test_what_is_in_dispute_is_on_nobodys_account(desk: Desk) -> None:
    before = desk.balances()
    assert desk.disputes((REDISPATCH, 100_000_003)) == []
    desk.checks()
    tax_quanta = 19_000_001  # 19 % of 100,000,003, half to even
    assert desk.balance(DISPUTED) == 100_000_003 + tax_quanta
    assert desk.balance(GRID_OPERATOR) == before.get(GRID_OPERATOR, 0) - 100_000_003
    assert desk.balance(TAXES) == before[TAXES] - tax_quanta
    assert desk.balance(ANN) == before[ANN]
    assert unpayable(desk) == 119 * QUANTA_PER_CENT  # what would be 1.19 less, in whole cents
    assert unpayable(desk, "ben") == 0


def test_a_case_says_what_who_and_by_when(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 5), (RETURNED, 7), reason="not mine")
    case = desk.case()
    assert (case.case_id, case.state, case.owner) == ("cas-1", CaseState.OPEN, None)
    assert case.taken_by_us == desk.now_us + DAY_US
    assert case.closed_by_us == desk.now_us + 15 * DAY_US
    assert [(step.kind, step.actor, step.text) for step in case.history] == [
        (StepKind.OPENED, "ann-key", "not mine")
    ]
    assert case.dispute is not None
    assert (case.dispute.bill_id, case.dispute.month) == (desk.bill().bill_id, MONTH)
    assert [(x.line, x.kind, x.rate_ppm) for x in case.dispute.lines] == [
        (REDISPATCH, ChargeKind.REDISPATCH, 190_000),
        (RETURNED, ChargeKind.RENT_RETURN, 0),
    ]


def test_the_very_same_again_changes_nothing(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 5))
    count = len(desk.story.events)
    assert desk.disputes((REDISPATCH, 5)) == []
    assert len(desk.story.events) == count
    assert desk.disputes((REDISPATCH, 6)) == [Code.ALREADY_DISPUTED]
    assert desk.disputes((REDISPATCH, 5), reason="another") == [Code.ALREADY_DISPUTED]
    assert desk.disputes((LAST_RESORT, 5)) == []


def test_a_line_there_is_not_makes_it_another_dispute(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 5))
    assert desk.disputes((REDISPATCH, 5), (9, 1)) == [Code.ALREADY_DISPUTED, Code.FIELD_RANGE]


def test_a_bill_may_be_disputed_as_a_whole(desk: Desk) -> None:
    total = desk.bill().total_quanta
    assert desk.disputes((None, total + 1)) == [Code.DISPUTE_ABOVE_LINE]
    before = desk.balance(BALANCING)
    assert desk.disputes((None, total)) == []
    assert desk.balance(BALANCING) == before - total
    assert unpayable(desk) == total
    assert desk.disputes((REDISPATCH, 1)) == [Code.ALREADY_DISPUTED]
    desk.checks()


def test_a_line_in_dispute_keeps_the_whole_out_of_it(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 1))
    assert desk.disputes((None, 1)) == [Code.ALREADY_DISPUTED]
    assert desk.disputes((None, 1), (LAST_RESORT, 1)) == [Code.ALREADY_DISPUTED]
    assert desk.decides(None) == []
    assert desk.disputes((None, 1)) == []


def test_all_faults_are_told_together(desk: Desk) -> None:
    found = desk.disputes((REDISPATCH, 300_000_008), (9, 1), (RETURNED, 40_000_001), (RETURNED, 0))
    assert found == [
        Code.DISPUTE_ABOVE_LINE,
        Code.FIELD_RANGE,
        Code.DISPUTE_ABOVE_LINE,
        Code.ALREADY_DISPUTED,
        Code.FIELD_RANGE,
    ]
    assert desk.disputes() == [Code.FIELD_RANGE]
    assert desk.balance(DISPUTED) == 0


def test_only_the_own_bill_that_stands_is_disputed(desk: Desk) -> None:
    first = desk.bill()
    assert desk.disputes((REDISPATCH, 1), who="ben", bill=first) == [Code.NOT_FOUND]
    forged = replace(first, lines=(replace(first.lines[0], amount_quanta=10**12),))
    assert desk.disputes((0, 10**12), bill=forged) == [Code.NOT_FOUND]
    desk.issues("ann", more_quanta=5)
    assert desk.disputes((REDISPATCH, 1), bill=first) == [Code.BILL_REPLACED]
    assert desk.disputes((REDISPATCH, 1)) == []


@pytest.mark.parametrize(
    ("windows", "days"),
    [
        ((), 30),
        ((DisputeWindow(from_day="2016-06-01", within_days=3),), 3),
        ((DisputeWindow(from_day="2017-01-01", within_days=3),), 30),
        (
            (
                DisputeWindow(from_day="2016-06-01", within_days=9),
                DisputeWindow(from_day="2016-01-01", within_days=3),
            ),
            9,
        ),
    ],
)
def test_a_bill_may_be_disputed_for_some_days(
    windows: tuple[DisputeWindow, ...], days: int
) -> None:
    desk = Desk(*windows)
    issued_us = desk.now_us
    desk.now_us = issued_us + days * DAY_US + 1
    assert desk.disputes((REDISPATCH, 1)) == [Code.DISPUTE_TOO_LATE]
    desk.now_us = issued_us + days * DAY_US
    assert desk.disputes((REDISPATCH, 1)) == []


# --- how it ends ----------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [CaseOutcome.REJECTED, CaseOutcome.WITHDRAWN])
def test_what_was_set_aside_goes_back(desk: Desk, outcome: CaseOutcome) -> None:
    before = desk.balances()
    desk.disputes((REDISPATCH, 100_000_003), (RETURNED, 7))
    rejected = outcome is CaseOutcome.REJECTED
    assert (desk.decides(None) if rejected else desk.withdraws()) == []
    assert desk.balances() == before
    assert (desk.case().outcome, desk.case().state) == (outcome, CaseState.CLOSED)
    assert unpayable(desk) == 0
    again = desk.disputes((REDISPATCH, 1))
    assert again == ([Code.ALREADY_DISPUTED] if rejected else [])


def test_a_credit_needs_two_operators(desk: Desk) -> None:
    before = desk.balances()
    desk.disputes((REDISPATCH, 100_000_003))
    assert desk.decides(Remedy.CREDIT) == []
    assert desk.case().state is not CaseState.CLOSED
    assert desk.balance(ANN) == before[ANN]
    assert desk.decides(Remedy.CREDIT) == [Code.SECOND_PERSON_REQUIRED]
    assert desk.decides(Remedy.CREDIT, actor="op2") == []
    desk.checks()
    assert desk.balance(ANN) == before[ANN] + 100_000_003
    assert desk.balance(GRID_OPERATOR) == before.get(GRID_OPERATOR, 0) - 100_000_003
    assert desk.balance(TAXES) == before[TAXES]  # the next bill has it on less
    assert desk.balance(DISPUTED) == 0
    assert desk.decides(None) == [Code.CASE_CLOSED]


def test_a_proposal_lapses_and_another_one_takes_its_place(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 100))
    desk.decides(Remedy.CREDIT)
    desk.now_us += HOUR_US
    assert desk.decides(Remedy.CREDIT, actor="op2") == []
    assert desk.case().state is not CaseState.CLOSED
    assert desk.decides(Remedy.CREDIT, (REDISPATCH, 60), actor="op1") == []
    assert desk.case().state is not CaseState.CLOSED
    assert desk.decides(Remedy.CREDIT, (REDISPATCH, 60), actor="op2") == []
    assert desk.case().outcome is CaseOutcome.UPHELD


def test_a_part_may_be_credited(desk: Desk) -> None:
    before = desk.balances()
    desk.disputes((REDISPATCH, 100_000_003), (RETURNED, 7_000_000))
    for claims, code in (
        (((REDISPATCH, 100_000_004),), Code.DISPUTE_ABOVE_LINE),
        (((LAST_RESORT, 1),), Code.FIELD_RANGE),
        (((REDISPATCH, 1), (REDISPATCH, 1)), Code.FIELD_RANGE),
        (((REDISPATCH, 0),), Code.FIELD_RANGE),
    ):
        assert desk.decides(Remedy.CREDIT, *claims) == [code]
    for actor in ("op1", "op2"):
        assert desk.decides(Remedy.CREDIT, (REDISPATCH, 40_000_000), actor=actor) == []
    desk.checks()
    assert desk.balance(ANN) == before[ANN] + 40_000_000
    assert desk.balance(BALANCING) == before.get(BALANCING, 0)
    assert unpayable(desk) == 48 * QUANTA_PER_CENT  # 0.40 and 19 % of it, 0.476, to whole cents


def test_a_credit_stands_on_the_next_bill_with_the_tax_on_less(desk: Desk) -> None:
    before = desk.balances()
    first = desk.bill()
    desk.disputes((REDISPATCH, 100_000_000))
    for actor in ("op1", "op2"):
        desk.decides(Remedy.CREDIT, actor=actor)
    credit = Credited(
        kind=ChargeKind.REDISPATCH, period=0, case_id="cas-1", amount_quanta=100_000_000
    )
    desk.issues("ann", credited=(credit,))
    second = desk.bill()
    (line,) = [line for line in second.lines if line.kind is ChargeKind.CREDIT]
    assert (line.detail, line.case_id, line.amount_quanta) == ("redispatch", "cas-1", -100_000_000)
    assert second.taxes[0].base_quanta == first.taxes[0].base_quanta - 100_000_000
    assert second.total_quanta == first.total_quanta - 119_000_000
    assert unpayable(desk) == 0
    assert desk.balance(ANN) == before[ANN] + 119_000_000
    assert desk.balance(TAXES) == before[TAXES] - 19_000_000
    desk.checks()


def test_what_a_later_bill_says_right_is_upheld_by_it(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 100_000_003))
    assert desk.decides(Remedy.CORRECTED) == [Code.BILL_NOT_CORRECTED]
    desk.issues("ann", more_quanta=-100_000_003)
    before = desk.balances()
    assert desk.decides(Remedy.CORRECTED) == []
    desk.checks()
    dispute = desk.case().dispute
    assert dispute is not None
    assert (dispute.remedy, dispute.corrected_by) == (Remedy.CORRECTED, desk.bill().bill_id)
    assert desk.balance(ANN) == before[ANN]
    assert desk.balance(GRID_OPERATOR) == before[GRID_OPERATOR] + 100_000_003
    assert unpayable(desk) == 0


def credits(desk: Desk, *claims: tuple[int | None, int]) -> list[Code]:
    """Both operators, as far as the first one gets."""
    for actor in ("op1", "op2"):
        refused = desk.decides(Remedy.CREDIT, *claims, actor=actor)
        if refused:
            return refused
    return []


def test_what_a_later_bill_has_given_back_is_not_credited_too(desk: Desk) -> None:
    before = desk.balances()
    desk.disputes((REDISPATCH, 100_000_003))
    desk.issues("ann", more_quanta=-100_000_003)
    assert credits(desk) == [Code.ALREADY_GIVEN_BACK]
    assert credits(desk, (REDISPATCH, 1)) == [Code.ALREADY_GIVEN_BACK]
    assert desk.decides(Remedy.CORRECTED) == []
    given = [e.transfers for e in desk.story.events if isinstance(e, TransfersBooked)]
    assert not [x for moves in given for x in moves if x.kind is TransferKind.BILL_CREDIT]
    assert desk.balance(DISPUTED) == before.get(DISPUTED, 0)
    desk.checks()


def test_what_a_run_has_given_back_is_not_credited_before_a_bill_says_so(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 100_000_003))
    desk.is_given("ann", TransferKind.REDISPATCH, 60_000_000)
    assert credits(desk) == [Code.ALREADY_GIVEN_BACK]
    assert credits(desk, (REDISPATCH, 40_000_004)) == [Code.ALREADY_GIVEN_BACK]
    assert credits(desk, (REDISPATCH, 40_000_003)) == []
    desk.checks()


def test_between_two_operators_a_run_may_have_given_it_back(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 100))
    assert desk.decides(Remedy.CREDIT, actor="op1") == []
    desk.is_given("ann", TransferKind.REDISPATCH, 100)
    assert desk.decides(Remedy.CREDIT, actor="op2") == [Code.ALREADY_GIVEN_BACK]
    assert desk.decides(None) == []


def test_what_was_read_before_a_run_is_read_again(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 100))
    stale = (("2016-06-15", 1),)
    assert desk.decides(Remedy.CREDIT, versions=stale) == [Code.REVISION_MISMATCH]
    assert credits(desk) == []


def test_what_was_given_back_of_another_charge_is_no_matter(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 100), (LAST_RESORT, 50))
    desk.is_given("ann", TransferKind.RENT_RETURN, 10**9)
    desk.is_given("ann", TransferKind.REDISPATCH, -5)  # charged more since
    desk.is_given("ann", TransferKind.LAST_RESORT, 20)
    assert credits(desk) == [Code.ALREADY_GIVEN_BACK]
    assert credits(desk, (REDISPATCH, 100), (LAST_RESORT, 30)) == []
    desk.checks()


def test_of_the_bill_as_a_whole_all_that_was_given_back_counts(desk: Desk) -> None:
    desk.disputes((None, 1_000))
    desk.is_given("ann", TransferKind.RENT_RETURN, 400)
    desk.is_given("ann", TransferKind.DEPOSIT, 10**9)
    assert credits(desk) == [Code.ALREADY_GIVEN_BACK]
    assert credits(desk, (None, 600)) == []
    desk.checks()


def test_a_credit_is_no_longer_to_be_disputed(desk: Desk) -> None:
    said = desk.bill().lines[REDISPATCH].amount_quanta
    desk.disputes((REDISPATCH, 100_000_000))
    assert credits(desk) == []
    desk.issues("ann", credited=desk.credits_of("ann"))
    assert desk.disputes((REDISPATCH, said - 99_999_999)) == [Code.DISPUTE_ABOVE_LINE]
    assert desk.disputes((REDISPATCH, said - 100_000_000)) == []
    desk.checks()


def test_what_is_in_dispute_stays_so_on_a_later_bill(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 100_000_000))
    desk.issues("ann", more_quanta=5)
    assert unpayable(desk) == 119_000_000
    assert desk.disputes((REDISPATCH, 1)) == []  # of the new bill, in a case of its own
    assert [*desk.story.engine.state.cases.open] == ["cas-1", "cas-2"]
    desk.checks()


def test_a_charge_is_in_dispute_once_whatever_versions_say_it(desk: Desk) -> None:
    desk.disputes((REDISPATCH, 100_000_000))
    desk.issues("ann", more_quanta=5)
    said = abs(desk.bill().lines[REDISPATCH].amount_quanta)
    left = said - 100_000_000
    assert desk.disputes((REDISPATCH, left + 1)) == [Code.DISPUTE_ABOVE_LINE]
    assert desk.disputes((None, desk.bill().total_quanta)) == [Code.DISPUTE_ABOVE_LINE]
    assert desk.disputes((REDISPATCH, left)) == []
    assert desk.balance(DISPUTED) <= said + said * 19 // 100 + 2
    desk.checks()
