"""What is remembered of cases: which are open, which lines are taken, what need not be paid."""

from dataclasses import replace

from market.customers.cases import Cases
from market.model.case import CaseClosed, CaseOpened, CaseOutcome, CaseStep, StepKind
from tests.api.shapes.cases_told import DISPUTE, LINE, opened

STEP = CaseStep(kind=StepKind.REJECTED, actor="op1", now_us=9, text="")


def with_one() -> Cases:
    cases = Cases()
    cases.take(CaseOpened(case=opened(1)))
    return cases


def closed(outcome: CaseOutcome, unpayable_quanta: int = 0) -> CaseClosed:
    dispute = replace(DISPUTE, unpayable_quanta=unpayable_quanta)
    return CaseClosed(
        case_id="cas-1", participant_id="ann", outcome=outcome, step=STEP, dispute=dispute
    )


def test_a_line_has_one_case_and_the_whole_waits_for_it() -> None:
    cases = with_one()
    assert cases.about("ann", "2016-06", ("bil-1", 0)) == "cas-1"
    assert cases.about("ann", "2016-06", ("bil-1", None)) == "cas-1"
    assert cases.about("ann", "2016-06", ("bil-1", 1)) is None
    assert cases.about("ann", "2016-06", ("bil-2", 0)) is None
    assert cases.about("ben", "2016-06", ("bil-1", 0)) is None
    cases.take(closed(CaseOutcome.REJECTED))
    assert cases.about("ann", "2016-06", ("bil-1", 0)) == "cas-1"
    assert cases.about("ann", "2016-06", ("bil-1", None)) is None


def test_who_has_withdrawn_may_come_again() -> None:
    cases = with_one()
    cases.take(closed(CaseOutcome.WITHDRAWN))
    assert cases.about("ann", "2016-06", ("bil-1", 0)) is None


def test_what_was_credited_need_not_be_paid_until_a_bill_says_so() -> None:
    cases = with_one()
    assert cases.held_quanta() == LINE.amount_quanta + LINE.tax_quanta
    assert cases.unpayable_quanta("ann", "2016-06") == 119_000_000
    cases.take(closed(CaseOutcome.UPHELD, 60_000_000))
    assert cases.held_quanta() == 0
    assert cases.unpayable_quanta("ann", "2016-06") == 60_000_000
    cases.were_billed("ann", "2016-07", ("cas-1",))
    cases.were_billed("ann", "2016-06", ("cas-2",))
    assert cases.unpayable_quanta("ann", "2016-06") == 60_000_000
    cases.were_billed("ann", "2016-06", ("cas-1",))
    assert cases.unpayable_quanta("ann", "2016-06") == 0


def test_a_case_is_known_after_it_is_closed() -> None:
    cases = with_one()
    assert cases.was("cas-1")
    assert not cases.was("cas-2")
    cases.take(closed(CaseOutcome.REJECTED))
    assert cases.was("cas-1")
    assert cases.open == {}
    assert cases.open_about("ann", "2016-06") == ()
