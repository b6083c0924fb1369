"""Cases: taken by an operator, and talked about until they are closed.

The one idea: what all kinds have in common is here; how a case is opened and closed is a matter of its
kind, which has a file of its own (`disputes.py`).
"""

from collections.abc import Iterator
from typing import Final

from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.case import (
    STEPS_MAX,
    Case,
    CaseClosed,
    CaseOpened,
    CaseRated,
    CaseReopened,
    CaseStep,
    CaseStepped,
    CaseTarget,
    NoteCase,
    StepKind,
    TakeCase,
)
from market.model.messages import Decision
from market.model.rejection import Code, Rejection
from market.trading.deadlines import DeadlineKind


def found(state: MarketState, case_id: str, participant_id: str | None = None) -> Case | Rejection:
    """The open case of this id; CASE_CLOSED for one that was, NOT_FOUND for another's or none.

    Args:
        state: the market's.
        case_id: which.
        participant_id: only of this one; None: of anybody.
    """
    case = state.cases.open.get(case_id)
    if case is None:
        code = Code.CASE_CLOSED if state.cases.was(case_id) else Code.NOT_FOUND
        return Rejection(code=code, pointer="case_id")
    if participant_id is not None and case.participant_id != participant_id:
        return Rejection(code=Code.NOT_FOUND, pointer="case_id")
    return case


# --- deciding -----------------------------------------------------------------------


def take_case(state: MarketState, command: TakeCase) -> Decision:
    """An operator looks after it from now on; who takes it later takes it over."""
    case = found(state, command.case_id)
    if isinstance(case, Rejection):
        return refused([case])
    if case.owner == command.actor:
        return applied()
    return _stepped(case, StepKind.TAKEN, command.actor, command.now_us)


def note_case(state: MarketState, command: NoteCase) -> Decision:
    """Say something, for both sides to read or, of an operator, for operators only."""
    case = found(state, command.case_id, command.participant_id)
    if isinstance(case, Rejection):
        return refused([case])
    return _stepped(
        case,
        StepKind.INTERNAL if command.internal else StepKind.NOTED,
        command.actor,
        command.now_us,
        command.text,
        by_customer=command.participant_id is not None,
    )


def _stepped(
    case: Case,
    kind: StepKind,
    actor: str,
    now_us: int,
    text: str = "",
    *,
    by_customer: bool = False,
) -> Decision:
    # The last two places are for a proposal and the end.
    if len(case.history) >= STEPS_MAX - 2:
        parameters = {"max": str(STEPS_MAX)}
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="text", parameters=parameters)])
    step = CaseStep(kind=kind, actor=actor, now_us=now_us, text=text, by_customer=by_customer)
    return applied(CaseStepped(case_id=case.case_id, participant_id=case.participant_id, step=step))


def miss_target(state: MarketState, key: str, now_us: int) -> Decision:
    """A target of an open case was not met: both sides are told, and nothing else happens."""
    case_id, _, target = key.partition("/")
    case = state.cases.open[case_id]
    step = CaseStep(kind=StepKind.MISSED, actor="", now_us=now_us, text=CaseTarget(target).value)
    return applied(CaseStepped(case_id=case_id, participant_id=case.participant_id, step=step))


# --- facts --------------------------------------------------------------------------

_MET: Final = {
    StepKind.TAKEN: CaseTarget.TAKEN,
    StepKind.NOTED: CaseTarget.ANSWERED,
}
"""Which target a step of the desk meets."""


def opened(state: MarketState, event: CaseOpened) -> None:
    """A case is open, and the clock runs."""
    state.cases.take(event)
    for target, due_us in _due_us(event.case):
        state.deadlines.put(DeadlineKind.CASE, f"{event.case.case_id}/{target}", due_us)


def _due_us(case: Case) -> Iterator[tuple[CaseTarget, int]]:
    yield CaseTarget.TAKEN, case.taken_by_us
    if case.answered_by_us is not None:
        yield CaseTarget.ANSWERED, case.answered_by_us
    yield CaseTarget.CLOSED, case.closed_by_us


def stepped(state: MarketState, event: CaseStepped) -> None:
    """Somebody has done something about it, or a target has passed."""
    state.cases.take(event)
    step = event.step
    if step.kind is StepKind.MISSED:
        _drop(state, event.case_id, CaseTarget(step.text))
    elif step.kind in _MET and not step.by_customer:
        _drop(state, event.case_id, _MET[step.kind])


def _drop(state: MarketState, case_id: str, target: CaseTarget) -> None:
    state.deadlines.drop(DeadlineKind.CASE, f"{case_id}/{target}")


def closed(state: MarketState, event: CaseClosed) -> None:
    """It is done with."""
    state.cases.take(event)
    for target in CaseTarget:
        _drop(state, event.case_id, target)


def reopened(state: MarketState, event: CaseReopened) -> None:
    """It is gone on with: an answer and the end have new targets."""
    state.cases.take(event)
    for target, due_us in (
        (CaseTarget.ANSWERED, event.answered_by_us),
        (CaseTarget.CLOSED, event.closed_by_us),
    ):
        state.deadlines.put(DeadlineKind.CASE, f"{event.case_id}/{target}", due_us)


def rated(state: MarketState, event: CaseRated) -> None:
    """The participant has said how it was served."""
    state.cases.take(event)
