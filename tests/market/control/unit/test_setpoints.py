"""What a unit takes for a set-point, and what it does when nobody calls any more."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.control.unit import AHEAD_MAX_S, WINDOW_MAX_S, UnitControl
from market.model.participant import UnitKind
from market.model.power import Dispatched, PowerLimits, Setpoint
from market.model.rejection import Code
from tests.builders import unit

BATTERY = unit("battery", "ann", UnitKind.STORAGE, injection_max_w=5_000, withdrawal_max_w=3_000)
NOW_S = 10_000
GOOD = Setpoint(
    unit_id="battery",
    start_s=NOW_S,
    until_s=NOW_S + 900,
    target_w=4_000,
    fallback_w=0,
    sequence=7,
)


def after(*setpoints: Setpoint, now_s: int = NOW_S) -> UnitControl:
    control = UnitControl(BATTERY)
    for setpoint in setpoints:
        assert control.accept(setpoint, now_s) is None
    return control


# fmt: off
TABLE = {
    "good":                    (GOOD, None, None),
    "full injection":          (replace(GOOD, target_w=5_000), None, None),
    "full withdrawal":         (replace(GOOD, target_w=-3_000), None, None),
    "running already":         (replace(GOOD, start_s=NOW_S - 899, until_s=NOW_S + 1), None, None),
    "longest window":          (replace(GOOD, until_s=NOW_S + WINDOW_MAX_S), None, None),
    "as far ahead as taken":   (replace(GOOD, start_s=NOW_S + AHEAD_MAX_S,
                                        until_s=NOW_S + AHEAD_MAX_S + 900), None, None),
    "another unit":            (replace(GOOD, unit_id="car"), Code.UNIT_UNKNOWN, "unit_id"),
    "too far ahead":           (replace(GOOD, start_s=NOW_S + AHEAD_MAX_S + 1,
                                        until_s=NOW_S + AHEAD_MAX_S + 901), Code.NOT_OPEN, "start_s"),
    "over already":            (replace(GOOD, start_s=NOW_S - 900, until_s=NOW_S),
                                Code.PHASE_CONFLICT, "until_s"),
    "ends before it starts":   (replace(GOOD, start_s=NOW_S + 900, until_s=NOW_S + 800),
                                Code.DEFINITION_INVALID, "until_s"),
    "no window":               (replace(GOOD, start_s=NOW_S + 900), Code.DEFINITION_INVALID, "until_s"),
    "set and forget":          (replace(GOOD, until_s=NOW_S + WINDOW_MAX_S + 1),
                                Code.DEFINITION_INVALID, "until_s"),
    "more than it can give":   (replace(GOOD, target_w=5_001), Code.EXCEEDS_CAPABILITY, "target_w"),
    "more than it can take":   (replace(GOOD, target_w=-3_001), Code.EXCEEDS_CAPABILITY, "target_w"),
    "sign turned round":       (replace(GOOD, target_w=-4_000), Code.EXCEEDS_CAPABILITY, "target_w"),
    "fallback out of reach":   (replace(GOOD, fallback_w=5_001), Code.EXCEEDS_CAPABILITY, "fallback_w"),
    "waits for ever":          (replace(GOOD, wait_s=900), Code.DEFINITION_INVALID, "wait_s"),
    "waits backwards":         (replace(GOOD, wait_s=-1), Code.DEFINITION_INVALID, "wait_s"),
    "waits out of reach":      (replace(GOOD, wait_s=60, before_w=-3_001),
                                Code.EXCEEDS_CAPABILITY, "before_w"),
}
# fmt: on


@pytest.mark.parametrize("case", TABLE)
def test_acceptance(case: str) -> None:
    setpoint, code, pointer = TABLE[case]
    control = UnitControl(BATTERY)
    rejection = control.accept(setpoint, NOW_S)
    assert (rejection and rejection.code) == code
    assert (rejection and rejection.pointer) == pointer
    during_s = max(NOW_S, setpoint.start_s)
    assert control.target_w(during_s) == (setpoint.target_w if code is None else 0)


@pytest.mark.parametrize("sequence", [6, 7, -1])
def test_an_older_sequence_is_refused_and_the_newer_stays(sequence: int) -> None:
    control = after(GOOD)
    rejection = control.accept(replace(GOOD, sequence=sequence, target_w=-1_000), NOW_S)
    assert rejection is not None
    assert (rejection.code, rejection.pointer) == (Code.PHASE_CONFLICT, "sequence")
    assert control.target_w(NOW_S) == 4_000


def test_the_same_set_point_again_is_harmless() -> None:
    control = after(GOOD, replace(GOOD, start_s=NOW_S + 900, until_s=NOW_S + 1_800, sequence=8))
    assert control.accept(GOOD, NOW_S) is None
    assert control.target_w(NOW_S) == 4_000


def test_an_old_sequence_is_remembered_beyond_its_window() -> None:
    control = after(GOOD)
    later_s = NOW_S + 5_000
    replayed = replace(GOOD, start_s=later_s, until_s=later_s + 900)
    rejection = control.accept(replayed, later_s)
    assert rejection is not None
    assert rejection.code is Code.PHASE_CONFLICT


def test_of_two_for_the_same_time_the_newer_holds() -> None:
    control = after(GOOD, replace(GOOD, sequence=8, target_w=-2_000))
    assert control.target_w(NOW_S) == -2_000


def test_a_plan_that_is_changed_a_thousand_times_is_kept_once() -> None:
    control = UnitControl(BATTERY)
    for sequence in range(1, 1_001):
        for number in range(4):
            start_s = NOW_S + 900 * number
            changed = replace(
                GOOD,
                start_s=start_s,
                until_s=start_s + 900,
                target_w=sequence,
                sequence=4 * sequence + number,
            )
            assert control.accept(changed, NOW_S) is None
    assert [kept.target_w for kept in control.kept] == [1_000] * 4
    assert control.target_w(NOW_S + 1_000) == 1_000


def test_the_next_window_waits_for_its_start() -> None:
    control = after(
        GOOD, replace(GOOD, start_s=NOW_S + 900, until_s=NOW_S + 1_800, target_w=-500, sequence=8)
    )
    assert [control.target_w(NOW_S + s) for s in (0, 899, 900, 1_799)] == [4_000, 4_000, -500, -500]


def test_who_has_to_wait_keeps_its_power_until_its_turn() -> None:
    waiting = replace(
        GOOD, start_s=NOW_S + 900, until_s=NOW_S + 1_800, target_w=-500, sequence=8,
        wait_s=120, before_w=4_000,
    )  # fmt: skip
    control = after(GOOD, waiting)
    assert [control.target_w(NOW_S + s) for s in (899, 900, 1_019, 1_020, 1_799, 1_800)] == [
        *(4_000, 4_000, 4_000, -500, -500, 0),
    ]
    assert control.turns(NOW_S, NOW_S + 1_800) == [NOW_S + 900, NOW_S + 1_020]


def test_a_set_point_falls_back_when_it_has_run_out() -> None:
    control = after(replace(GOOD, fallback_w=-700))
    assert control.target_w(NOW_S + 899) == 4_000
    assert control.target_w(NOW_S + 900) == -700
    assert control.target_w(NOW_S + 10**6) == -700


def test_the_fallback_is_that_of_the_window_that_ended_last() -> None:
    early = replace(GOOD, fallback_w=-100)
    late = replace(GOOD, start_s=NOW_S + 900, until_s=NOW_S + 1_800, fallback_w=-200, sequence=8)
    gap = replace(GOOD, start_s=NOW_S + 2_000, until_s=NOW_S + 2_900, fallback_w=-300, sequence=9)
    control = after(early, late, gap)
    assert [control.target_w(NOW_S + s) for s in (1_900, 3_000)] == [-200, -300]


def test_a_window_that_comes_later_does_not_wipe_out_the_fallback_until_then() -> None:
    control = after(replace(GOOD, fallback_w=-700))
    late = replace(GOOD, start_s=NOW_S + 1_800, until_s=NOW_S + 2_700, target_w=100, sequence=8)
    assert control.accept(late, NOW_S + 1_000) is None
    assert [control.target_w(NOW_S + s) for s in (1_000, 1_799, 1_800)] == [-700, -700, 100]


def test_nobody_has_called_yet() -> None:
    assert UnitControl(BATTERY).target_w(NOW_S) == 0


def test_nameplate_upward_and_dispatch_downward() -> None:
    control = UnitControl(BATTERY)
    assert control.limits() == PowerLimits(withdrawal_max_w=3_000, injection_max_w=5_000)
    assert control.dispatch(-4_500) == Dispatched(set_w=-3_000, left_over_w=-1_500)
    assert control.dispatch(4_500) == Dispatched(set_w=4_500, left_over_w=0)


@st.composite
def calls(draw: st.DrawFn) -> list[tuple[int, Setpoint]]:
    """Set-points of all sorts arriving in time."""
    now_s, made = NOW_S, []
    for _ in range(draw(st.integers(0, 12))):
        now_s += draw(st.integers(0, 600))
        start_s = now_s + draw(st.integers(-600, 1_800))
        made.append(
            (
                now_s,
                replace(
                    GOOD,
                    start_s=start_s,
                    until_s=start_s + draw(st.integers(-10, 5_000)),
                    target_w=draw(st.integers(-6_000, 6_000)),
                    fallback_w=draw(st.integers(-4_000, 4_000)),
                    sequence=draw(st.integers(0, 20)),
                ),
            )
        )
    return made


@given(calls(), st.integers(0, 4_000))
def test_whatever_arrives_the_target_is_what_a_plain_search_of_the_taken_ones_says(
    arriving: list[tuple[int, Setpoint]], wait_s: int
) -> None:
    control, taken, now_s = UnitControl(BATTERY), [], NOW_S
    for now_s, setpoint in arriving:
        if control.accept(setpoint, now_s) is None:
            taken.append(setpoint)
            assert setpoint.until_s > now_s or taken.count(setpoint) > 1
    at_s = now_s + wait_s
    valid = [item for item in taken if item.start_s <= at_s < item.until_s]
    over = [item for item in taken if item.until_s <= at_s]
    if valid:
        expected_w = max(valid, key=lambda item: item.sequence).target_w
    elif over:
        expected_w = max(over, key=lambda item: (item.until_s, item.sequence)).fallback_w
    else:
        expected_w = 0
    assert control.target_w(at_s) == expected_w
    assert -3_000 <= control.target_w(at_s) <= 5_000
