"""Every interval walks the road in order, and timers follow from where it stands."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.messages import Phase
from market.model.rejection import Code
from market.model.timer import Timer, TimerKind
from market.trading.phases import PHASE_AFTER, Phases, steps_of
from tests.builders import MIDNIGHT_S, RULES, STEP_S

_PHASE_OF = {
    TimerKind.OPEN_CALL: Phase.CALL,
    TimerKind.CLOSE_GATE: Phase.LOCKED,
    TimerKind.CLEAR: Phase.DELIVERY_LOCK,
    TimerKind.END_DELIVERY: Phase.SETTLING,
    TimerKind.SETTLE: Phase.SETTLED,
}


def _run(phases: Phases, steps: int = 100_000) -> list[Timer]:
    """Do what falls due, in order, and say what that was."""
    done: list[Timer] = []
    while len(done) < steps and (timer := phases.next_timer()) is not None:
        if timer.kind is TimerKind.CLOSE_DAY:
            phases.close_day(timer.start_s)
        else:
            phases.enter(timer.start_s, _PHASE_OF[timer.kind])
        done.append(timer)
    return done


def test_a_whole_day_is_opened_gated_cleared_delivered_settled_and_closed() -> None:
    phases = Phases(RULES)
    done = _run(phases)
    for kind in _PHASE_OF:
        starts_s = [timer.start_s for timer in done if timer.kind is kind]
        assert starts_s == [MIDNIGHT_S + STEP_S * number for number in range(96)]
    assert [timer.day for timer in done if timer.kind is TimerKind.CLOSE_DAY] == ["2016-06-15"]
    assert done == sorted(done)
    assert phases.next_timer() is None


def test_the_gate_of_an_interval_falls_due_a_quarter_hour_before_delivery() -> None:
    gate = next(t for t in _run(Phases(RULES)) if t.kind is TimerKind.CLOSE_GATE)
    assert gate.due_us == (MIDNIGHT_S - 900) * 1_000_000


def test_a_market_without_an_end_closes_each_day() -> None:
    open_ended = replace(RULES, trading_until_s=None)
    days = [t.day for t in _run(Phases(open_ended), steps=1_500) if t.day]
    assert days[:2] == ["2016-06-15", "2016-06-16"]


@given(steps=st.integers(0, 600))
def test_an_interval_may_only_take_its_next_step(steps: int) -> None:
    phases = Phases(RULES)
    _run(phases, steps)
    for number in range(-1, 97):
        start_s = MIDNIGHT_S + STEP_S * number
        now = phases.of(start_s)
        allowed = [s for s in steps_of(RULES) if phases.step_refusal(start_s, s) is None]
        assert len(allowed) <= 1
        if allowed:
            taken = [s for s in steps_of(RULES) if phases.has_taken(start_s, s)]
            assert steps_of(RULES)[: len(taken) + 1] == (*taken, allowed[0])
            assert now is (PHASE_AFTER[taken[-1]] if taken else Phase.SCHEDULED)


@pytest.mark.parametrize(
    ("steps", "number", "code"),
    [
        (0, 0, Code.NOT_OPEN),
        (1, 0, None),
        (0, 96, Code.PRODUCT_UNKNOWN),
        (0, -1, Code.PRODUCT_UNKNOWN),
    ],
)
def test_order_entry_follows_the_phase(steps: int, number: int, code: Code | None) -> None:
    phases = Phases(RULES)
    _run(phases, steps)
    assert phases.entry_refusal(MIDNIGHT_S + STEP_S * number) is code


def test_after_the_gate_the_answer_is_gate_closed() -> None:
    phases = Phases(RULES)
    phases.enter(MIDNIGHT_S, Phase.CALL)
    phases.enter(MIDNIGHT_S, Phase.LOCKED)
    assert phases.entry_refusal(MIDNIGHT_S) is Code.GATE_CLOSED


def test_a_second_off_the_raster_is_no_interval() -> None:
    assert Phases(RULES).of(MIDNIGHT_S + 1) is None
