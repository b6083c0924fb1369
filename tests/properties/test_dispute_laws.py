"""Laws of disputes: whatever participants and operators do, in whatever order, after every single step.

What was set aside is still held, went back or was credited, to the quantum; the account of disputes holds
what open cases hold; nobody but the participant of an upheld case ever receives anything; all accounts
together are zero. When no case is open, everybody but who was credited has what it had.
"""

from hypothesis import given
from hypothesis import strategies as st

from market.model.case import CaseClosed, CaseOpened, Remedy
from market.model.messages import TransfersBooked
from market.model.money import DISPUTED, TransferKind, participant_account
from market.model.units import QUANTA_PER_CENT
from tests.market.engine.disputing import MONTH, Desk

PEOPLE = ("ann", "ben")
LINES = st.sampled_from([0, 1, 2, 3, None])
AMOUNTS = st.sampled_from([1, 7, 999, 1_000, 1_001, 39_999_999, 100_000_003, 300_000_007])
CLAIMS = st.lists(st.tuples(LINES, AMOUNTS), min_size=1, max_size=3)
CASES = st.integers(1, 6).map("cas-{}".format)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("disputes"), st.sampled_from(PEOPLE), CLAIMS),
        st.tuples(st.just("credits"), st.sampled_from(["op1", "op2"]), CASES, st.just(())),
        st.tuples(st.just("credits"), st.sampled_from(["op1", "op2"]), CASES, CLAIMS),
        st.tuples(st.just("rejects"), CASES),
        st.tuples(st.just("corrects"), CASES),
        st.tuples(st.just("withdraws"), st.sampled_from(PEOPLE), CASES),
        st.tuples(st.just("takes"), CASES),
        st.tuples(st.just("waits"), st.integers(1, 2_000_000_000)),
        st.tuples(st.just("issues"), st.sampled_from(PEOPLE), st.integers(-50, 50)),
    ),
    max_size=25,
)


def does(desk: Desk, step: tuple) -> None:  # type: ignore[type-arg]
    match step:
        case ("disputes", who, claims):
            desk.disputes(*claims, who=who)
        case ("credits", actor, case_id, claims):
            desk.decides(Remedy.CREDIT, *claims, actor=actor, case_id=case_id)
        case ("rejects", case_id):
            desk.decides(None, case_id=case_id)
        case ("corrects", case_id):
            desk.decides(Remedy.CORRECTED, case_id=case_id)
        case ("withdraws", who, case_id):
            desk.withdraws(who, case_id)
        case ("takes", case_id):
            desk.takes("op1", case_id)
        case ("waits", passed_us):
            desk.now_us += passed_us
        case ("issues", who, more_quanta):
            desk.issues(who, credited=desk.credits_of(who), more_quanta=more_quanta)


def moved(desk: Desk, kind: TransferKind) -> int:
    booked = [event for event in desk.story.events if isinstance(event, TransfersBooked)]
    return sum(x.amount_quanta for event in booked for x in event.transfers if x.kind is kind)


@given(steps=STEPS)
def test_what_was_set_aside_is_held_went_back_or_was_credited(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    desk = Desk()
    for step in steps:
        does(desk, step)
        state = desk.story.engine.state
        held = moved(desk, TransferKind.DISPUTE_HELD)
        back = moved(desk, TransferKind.DISPUTE_RELEASED)
        credited = moved(desk, TransferKind.BILL_CREDIT)
        assert held == state.cases.held_quanta() + back + credited
        assert desk.balance(DISPUTED) == state.cases.held_quanta() >= 0
        assert state.ledger.sum_quanta() == 0
        cases = [event.case for event in desk.story.events if isinstance(event, CaseOpened)]
        closed = [event for event in desk.story.events if isinstance(event, CaseClosed)]
        assert len(cases) == len(state.cases.open) + len(closed)
        for who in PEOPLE:
            unpayable = state.cases.unpayable_quanta(who, MONTH)
            assert unpayable >= 0
            assert unpayable % QUANTA_PER_CENT == 0
            given = [
                line.amount_quanta
                for event in closed
                if event.participant_id == who and event.dispute is not None
                for line in event.dispute.credited
            ]
            assert credits_on(desk, who) == sum(given)


def credits_on(desk: Desk, who: str) -> int:
    account = participant_account(who)
    booked = [event for event in desk.story.events if isinstance(event, TransfersBooked)]
    return sum(
        item.amount_quanta
        for event in booked
        for item in event.transfers
        if item.kind is TransferKind.BILL_CREDIT and item.credit_account == account
    )


@given(steps=STEPS)
def test_once_all_is_rejected_everybody_has_what_it_had(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    desk = Desk()
    before = desk.balances()
    for step in steps:
        if step[0] not in {"credits", "issues"}:
            does(desk, step)
    for case_id in list(desk.story.engine.state.cases.open):
        assert desk.decides(None, case_id=case_id) == []
    assert desk.balances() == before
    for who in PEOPLE:
        assert desk.story.engine.state.cases.unpayable_quanta(who, MONTH) == 0
