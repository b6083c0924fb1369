"""The service desk: what people bring, how it is closed, opened again and rated.

The one idea: it is brought under the sender's own id, which makes a repeat harmless for ever. What is
closed may be opened again for two weeks, because whether it is done is for who brought it to say.
"""

from market.customers.cases import content_of
from market.engine.decisions import applied, refused
from market.engine.desk.cases import found
from market.engine.state import MarketState
from market.model.case import (
    DESK_KINDS,
    RATING_MAX,
    REOPEN_WITHIN_S,
    STEPS_MAX,
    TARGETS,
    Case,
    CaseClosed,
    CaseOpened,
    CaseOutcome,
    CaseRated,
    CaseReopened,
    CaseStep,
    OpenCase,
    RateCase,
    ReopenCase,
    ResolveCase,
    StepKind,
)
from market.model.interval import MICROSECONDS
from market.model.messages import Decision
from market.model.rejection import Code, Rejection

_STEPS: dict[CaseOutcome, StepKind] = {
    CaseOutcome.RESOLVED: StepKind.RESOLVED,
    CaseOutcome.UPHELD: StepKind.UPHELD,
    CaseOutcome.REJECTED: StepKind.REJECTED,
}


def open_case(state: MarketState, command: OpenCase) -> Decision:
    """Something is brought to the desk; all faults together."""
    who = command.participant_id
    if who not in state.participants:
        return refused([Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="participant_id")])
    if command.kind not in DESK_KINDS:
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="kind")])
    unit = None if command.unit_id is None else state.units.get(command.unit_id)
    if command.unit_id is not None and (unit is None or unit.participant_id != who):
        return refused([Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")])
    before = state.cases.by_client.get((who, command.client_case_id))
    if before is not None:
        said = content_of(
            command.kind, command.subject, command.text, command.unit_id, command.details
        )
        if before[1] == said:
            return applied()
        code = Code.EXISTS_WITH_DIFFERENT_FIELDS
        return refused([Rejection(code=code, pointer="client_case_id")])
    return applied(CaseOpened(case=_case_of(state, command)))


def _case_of(state: MarketState, command: OpenCase) -> Case:
    targets, now_us = TARGETS[command.kind], command.now_us
    opening = CaseStep(
        kind=StepKind.OPENED,
        actor=command.actor,
        now_us=now_us,
        text=command.text,
        by_customer=True,
    )
    return Case(
        case_id=f"cas-{state.cases.next_number}",
        kind=command.kind,
        participant_id=command.participant_id,
        opened_us=now_us,
        taken_by_us=now_us + targets.taken_within_s * MICROSECONDS,
        answered_by_us=now_us + targets.answered_within_s * MICROSECONDS,
        closed_by_us=now_us + targets.closed_within_s * MICROSECONDS,
        history=(opening,),
        client_case_id=command.client_case_id,
        subject=command.subject,
        unit_id=command.unit_id,
        details=command.details,
    )


def resolve_case(state: MarketState, command: ResolveCase) -> Decision:
    """An operator closes it with an answer; a disputed bill is decided another way."""
    case = found(state, command.case_id)
    if isinstance(case, Rejection):
        return refused([case])
    kind = _STEPS.get(command.outcome)
    if kind is None or case.kind not in DESK_KINDS:
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="outcome")])
    step = CaseStep(kind=kind, actor=command.actor, now_us=command.now_us, text=command.answer)
    return applied(
        CaseClosed(
            case_id=case.case_id,
            participant_id=case.participant_id,
            outcome=command.outcome,
            step=step,
            dispute=None,
        )
    )


def withdrawn(case: Case, actor: str, now_us: int) -> Decision:
    """Who brought it no longer wants it looked into."""
    step = CaseStep(kind=StepKind.WITHDRAWN, actor=actor, now_us=now_us, text="", by_customer=True)
    return applied(
        CaseClosed(
            case_id=case.case_id,
            participant_id=case.participant_id,
            outcome=CaseOutcome.WITHDRAWN,
            step=step,
            dispute=None,
        )
    )


def reopen_case(state: MarketState, command: ReopenCase) -> Decision:
    """Go on with what was closed, for two weeks; of an open case it changes nothing."""
    if not isinstance(found(state, command.case_id, command.participant_id), Rejection):
        return applied()
    case = _closed_lately(state, command.case_id, command.participant_id, command.now_us)
    if isinstance(case, Rejection):
        return refused([case])
    # A case that is as long as it may be has nothing more to say.
    if case.kind not in DESK_KINDS or len(case.history) >= STEPS_MAX - 3:
        return refused([Rejection(code=Code.CASE_CLOSED, pointer="case_id")])
    targets, now_us = TARGETS[case.kind], command.now_us
    step = CaseStep(
        kind=StepKind.REOPENED,
        actor=command.actor,
        now_us=now_us,
        text=command.text,
        by_customer=command.participant_id is not None,
    )
    return applied(
        CaseReopened(
            case_id=case.case_id,
            participant_id=case.participant_id,
            step=step,
            answered_by_us=now_us + targets.answered_within_s * MICROSECONDS,
            closed_by_us=now_us + targets.closed_within_s * MICROSECONDS,
        )
    )


def rate_case(state: MarketState, command: RateCase) -> Decision:
    """The participant says how it was served; the same again changes nothing."""
    if not 1 <= command.rating <= RATING_MAX:
        parameters = {"max": str(RATING_MAX)}
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="rating", parameters=parameters)])
    if not isinstance(found(state, command.case_id, command.participant_id), Rejection):
        return refused([Rejection(code=Code.CASE_OPEN, pointer="case_id")])
    case = _closed_lately(state, command.case_id, command.participant_id, command.now_us)
    if isinstance(case, Rejection):
        return refused([case])
    if (case.rating, case.rating_text) == (command.rating, command.text):
        return applied()
    if len(case.history) >= STEPS_MAX:
        parameters = {"max": str(STEPS_MAX)}
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="text", parameters=parameters)])
    step = CaseStep(
        kind=StepKind.RATED,
        actor=command.actor,
        now_us=command.now_us,
        text=command.text,
        by_customer=True,
    )
    return applied(
        CaseRated(
            case_id=case.case_id,
            participant_id=case.participant_id,
            step=step,
            rating=command.rating,
        )
    )


def _closed_lately(
    state: MarketState, case_id: str, participant_id: str | None, now_us: int
) -> Case | Rejection:
    """The case that was closed within two weeks; CASE_CLOSED for good, NOT_FOUND of another's or none."""
    case = state.cases.closed.get(case_id)
    if case is None:
        # An open one is another's: of one's own nobody asks here.
        was_closed = state.cases.was(case_id) and case_id not in state.cases.open
        code = Code.CASE_CLOSED if was_closed else Code.NOT_FOUND
        return Rejection(code=code, pointer="case_id")
    if participant_id is not None and case.participant_id != participant_id:
        return Rejection(code=Code.NOT_FOUND, pointer="case_id")
    if case.closed_us is None or now_us > case.closed_us + REOPEN_WITHIN_S * MICROSECONDS:
        return Rejection(code=Code.CASE_CLOSED, pointer="case_id")
    return case
