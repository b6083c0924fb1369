"""Events of cases, one of each, as the stream is told of them."""

from dataclasses import replace

from market.model.bill import ChargeKind
from market.model.case import (
    Case,
    CaseClosed,
    CaseKind,
    CaseOpened,
    CaseOutcome,
    CaseRated,
    CaseReopened,
    CaseStep,
    CaseStepped,
    CreditProposal,
    Dispute,
    Disputed,
    StepKind,
)
from market.model.messages import Event
from tests.builders import MIDNIGHT_S

LINE = Disputed(
    line=0,
    kind=ChargeKind.NETWORK_FEE,
    from_s=MIDNIGHT_S,
    amount_quanta=100_000_003,
    rate_ppm=190_000,
)
DISPUTE = Dispute(
    bill_id="bil-1", month="2016-06", version=1, lines=(LINE,), unpayable_quanta=119_000_000
)


def opened(now_us: int) -> Case:
    """The case of a line of Ann's bill."""
    step = CaseStep(kind=StepKind.OPENED, actor="ann-key", now_us=now_us, text="not mine")
    return Case(
        case_id="cas-1",
        kind=CaseKind.BILL_DISPUTE,
        participant_id="ann",
        opened_us=now_us,
        taken_by_us=now_us + 1,
        closed_by_us=now_us + 2,
        history=(step,),
        dispute=DISPUTE,
    )


def disputed(now_us: int) -> tuple[Event, ...]:
    """A bill is disputed, an operator looks after it, a credit is proposed, and it is rejected."""
    about = {"case_id": "cas-1", "participant_id": "ann"}
    step = CaseStep(kind=StepKind.TAKEN, actor="op1", now_us=now_us, text="")
    return (
        CaseOpened(case=opened(now_us)),
        CaseStepped(**about, step=step),
        CaseStepped(
            **about,
            step=replace(step, kind=StepKind.PROPOSED, text="half of it"),
            proposal=CreditProposal(actor="op1", lines=(LINE,), until_us=now_us + 9),
        ),
        CaseClosed(
            **about,
            outcome=CaseOutcome.REJECTED,
            step=replace(step, kind=StepKind.REJECTED, text="the meter is right"),
            dispute=replace(DISPUTE, unpayable_quanta=0),
        ),
    )


def brought(now_us: int) -> tuple[Event, ...]:
    """A fault comes to the desk, is noted, missed, closed, opened again, closed and rated."""
    about = {"case_id": "cas-2", "participant_id": "ann"}
    case = replace(
        opened(now_us),
        case_id="cas-2",
        kind=CaseKind.FAULT_REPORT,
        dispute=None,
        client_case_id="f-1",
    )
    step = CaseStep(kind=StepKind.INTERNAL, actor="op1", now_us=now_us, text="the fuse again")
    closing = CaseClosed(
        **about,
        outcome=CaseOutcome.RESOLVED,
        step=replace(step, kind=StepKind.RESOLVED, text="changed"),
        dispute=None,
    )
    return (
        CaseOpened(case=case),
        CaseStepped(**about, step=step),
        CaseStepped(**about, step=replace(step, kind=StepKind.MISSED, actor="", text="answered")),
        closing,
        CaseReopened(
            **about,
            step=replace(step, kind=StepKind.REOPENED, by_customer=True),
            answered_by_us=now_us + 1,
            closed_by_us=now_us + 2,
        ),
        closing,
        CaseRated(**about, step=replace(step, kind=StepKind.RATED, by_customer=True), rating=4),
    )
