"""Cases: taken by an operator, and talked about until they are closed.

The one idea: what all kinds have in common is here; how a case is opened and closed is a matter of its
kind, which has a file of its own (`disputes.py`).
"""

from market.engine.setup import applied, refused
from market.engine.state import MarketState
from market.model.case import (
    STEPS_MAX,
    Case,
    CaseClosed,
    CaseOpened,
    CaseStep,
    CaseStepped,
    NoteCase,
    StepKind,
    TakeCase,
)
from market.model.messages import Decision
from market.model.rejection import Code, Rejection


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
    """Say something, for both sides to read."""
    case = found(state, command.case_id, command.participant_id)
    if isinstance(case, Rejection):
        return refused([case])
    return _stepped(case, StepKind.NOTED, command.actor, command.now_us, command.text)


def _stepped(case: Case, kind: StepKind, actor: str, now_us: int, text: str = "") -> Decision:
    # The last two places are for a proposal and the end.
    if len(case.history) >= STEPS_MAX - 2:
        parameters = {"max": str(STEPS_MAX)}
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="text", parameters=parameters)])
    return applied(
        CaseStepped(
            case_id=case.case_id,
            participant_id=case.participant_id,
            step=CaseStep(kind=kind, actor=actor, now_us=now_us, text=text),
        )
    )


# --- facts --------------------------------------------------------------------------


def opened(state: MarketState, event: CaseOpened) -> None:
    """A case is open."""
    state.cases.take(event)


def stepped(state: MarketState, event: CaseStepped) -> None:
    """Somebody has done something about it."""
    state.cases.take(event)


def closed(state: MarketState, event: CaseClosed) -> None:
    """It is done with."""
    state.cases.take(event)
