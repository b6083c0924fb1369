"""The area guard in the market: a fleet never jumps, and what cannot be meant waits for a person."""

from dataclasses import replace

import pytest

from market.control.guard import peaks_w
from market.engine.control.steering import first_setpoints
from market.model.act import (
    Act,
    ActKind,
    ActPerformed,
    ActProposed,
    ApproveAct,
    ControlReason,
    PerformAct,
    UnitsCurtailed,
)
from market.model.alarm import AlarmKind, AlarmRaised, ControlLevel, Severity
from market.model.interval import MICROSECONDS, instant_text
from market.model.messages import Answer, DeviationsSeen, SettleInterval
from market.model.power import Setpoint
from market.model.rejection import Code
from tests.builders import MIDNIGHT_S, RULES, STEP_S
from tests.market.engine.fleet import HOMES, ROOFS, Fleet, bug, fleet_grid

RANGE_W = 20 * 3_000 + 10 * 5_000 + 2 * 40 * 5_000
MOST_W = RANGE_W // 4
SLOW = replace(RULES, area_move_ppm_per_minute=50_000)
"""A fleet of 40 batteries that turn round needs more than five minutes."""


@pytest.fixture
def fleet() -> Fleet:
    """Four quiet intervals were delivered and read, the fifth is running; batteries rest."""
    return quiet(Fleet())


def quiet(fleet: Fleet) -> Fleet:
    for number in range(5):
        fleet.noon(number)
    for number in range(4):
        fleet.delivers(number)
    return fleet


def alarms(fleet: Fleet) -> list[tuple[str, str]]:
    """Area and why, of what the guard has raised."""
    return [
        (event.alarm.member_id, event.alarm.parameters["why"])
        for event in fleet.facts(AlarmRaised)
        if event.alarm.kind is AlarmKind.AREA_GUARD
    ]


def starts(fleet: Fleet, number: int) -> list[tuple[int, int]]:
    """Second and change of every battery at the start of an interval."""
    before, after = fleet.told(number - 1), fleet.told(number)
    return [
        (after[name].wait_s, after[name].target_w - before[name].target_w)
        for name in fleet.cells
        if after[name].target_w != before[name].target_w
    ]


def acts(
    fleet: Fleet, kind: ActKind, member_id: str = "VIL", of_area: str | None = None, **what: int
) -> Answer:
    level = ControlLevel.AREA if member_id in {"VIL", "RUR"} else ControlLevel.UNIT
    act = Act(kind=kind, level=level, member_id=member_id, **what)  # type: ignore[arg-type]
    return fleet.does(
        PerformAct(now_us=fleet.now_us, actor="op1", act=act, reason="works", of_area=of_area)
    )


# --- pace -----------------------------------------------------------------------------------


def test_a_fleet_that_turns_round_does_so_one_after_another(fleet: Fleet) -> None:
    fleet.noon(5, vic_sells=True)
    fleet.noon(6, vic_sells=False)
    assert len(starts(fleet, 6)) == len(fleet.cells)
    up_w, down_w = peaks_w(starts(fleet, 6))
    assert MOST_W - 8_000 < up_w <= MOST_W
    assert down_w <= MOST_W
    assert all(item.target_w in {4_000, -4_000} for item in _cells(fleet, 6))
    assert all(item.before_w == -item.target_w for item in _cells(fleet, 6) if item.wait_s)
    assert alarms(fleet) == []


def _cells(fleet: Fleet, number: int) -> list[Setpoint]:
    told = fleet.told(number)
    return [told[name] for name in fleet.cells]


def test_ten_thousand_units_at_a_boundary() -> None:
    """Every battery of a large village turns round at midnight."""
    fleet = Fleet(cells=10_000)
    state = fleet.engine.state
    for number, sign in ((0, 1), (1, -1)):
        scheduled_wh = {
            name: sign * (1_000 if place % 3 else -1_000) for place, name in enumerate(fleet.cells)
        }
        start_s = MIDNIGHT_S + number * STEP_S
        told = list(first_setpoints(state, start_s, scheduled_wh, fleet.now_us))
        for event in told:
            fleet.engine.apply(event)
        fleet.events += told
    most_w = (20 * 3_000 + 10 * 5_000 + 2 * 10_000 * 5_000) // 4
    assert len(starts(fleet, 1)) == 10_000
    up_w, down_w = peaks_w(starts(fleet, 1))
    assert most_w - 8_000 < down_w <= most_w
    assert up_w <= most_w
    assert alarms(fleet) == []


def test_what_a_minute_bears_does_not_wait(fleet: Fleet) -> None:
    fleet.noon(5, vic_sells=True)
    assert {item.wait_s for item in _cells(fleet, 5)} == {0}
    assert not [item for event in fleet.facts(UnitsCurtailed) for item in event.items]


def test_without_the_rule_nobody_waits() -> None:
    fleet = Fleet(rules=replace(RULES, area_move_ppm_per_minute=None))
    for number, vic_sells in enumerate((True, False)):
        fleet.noon(number, vic_sells=vic_sells)
    assert {item.wait_s for item in _cells(fleet, 1)} == {0}


def test_who_waits_has_done_something_else_than_it_traded_and_nobody_blames_it(
    fleet: Fleet,
) -> None:
    fleet.noon(5, vic_sells=True)
    fleet.noon(6, vic_sells=False)
    start_s = MIDNIGHT_S + 6 * STEP_S
    kept = fleet.engine.state.acts.curtailed[start_s]
    waiting = [item for item in _cells(fleet, 6) if item.wait_s]
    assert set(kept) == {item.unit_id for item in waiting}
    for item in waiting:
        first, then = kept[item.unit_id]
        assert (first.from_s, first.until_s) == (start_s, start_s + item.wait_s)
        assert (first.change_w, first.reason) == (-2 * item.target_w, ControlReason.AREA_GUARD)
        assert (then.from_s, then.until_s, then.change_w) == (
            start_s + item.wait_s,
            start_s + STEP_S,
            0,
        )
    for number in (4, 5, 6):
        fleet.delivers(number)
    fleet.now_us += STEP_S * MICROSECONDS
    for number in range(7):
        settle = SettleInterval(now_us=fleet.now_us, start_s=MIDNIGHT_S + number * STEP_S)
        assert fleet.does(settle).rejections == ()
    (seen,) = [event for event in fleet.facts(DeviationsSeen) if event.start_s == start_s]
    said = {item.member_id: item for item in seen.deviations if item.reason}
    assert set(said) == {item.unit_id for item in waiting}
    one = max(waiting, key=lambda item: item.wait_s)
    assert said[one.unit_id].reason == "area_guard"
    moved_wh = abs(2 * one.target_w * one.wait_s) // 3_600
    assert said[one.unit_id].curtailed_wh == (-moved_wh if one.target_w > 0 else moved_wh)


def test_who_waits_goes_round(fleet: Fleet) -> None:
    lines: list[tuple[str, ...]] = []
    for number, vic_sells in ((5, True), (6, False), (7, True)):
        fleet.noon(number, vic_sells=vic_sells)
        told = fleet.told(number)
        lines.append(tuple(sorted(fleet.cells, key=lambda name: (told[name].wait_s, name))))
    assert lines[1] != lines[2]


def test_what_finds_no_turn_stays_and_somebody_is_called() -> None:
    fleet = quiet(Fleet(rules=SLOW))
    fleet.noon(5, vic_sells=True)
    fleet.noon(6, vic_sells=False)
    most_w = RANGE_W * 50_000 // 1_000_000
    assert max(peaks_w(starts(fleet, 6))) <= most_w
    before, after = fleet.told(5), fleet.told(6)
    held = [name for name in fleet.cells if after[name].target_w == before[name].target_w]
    assert held
    assert alarms(fleet) == [("VIL", "pace")]
    (alarm,) = [event.alarm for event in fleet.facts(AlarmRaised)]
    assert alarm.severity is Severity.CRITICAL
    assert alarm.parameters["start"] == instant_text(MIDNIGHT_S + 6 * STEP_S)
    kept = fleet.engine.state.acts.curtailed[MIDNIGHT_S + 6 * STEP_S]
    for name in held:
        assert kept[name][-1].reason is ControlReason.AREA_GUARD
        assert kept[name][-1].change_w == before[name].target_w * 2


def test_the_outer_area_counts_too() -> None:
    """The village lies in an area whose own connection bears less."""
    grid = fleet_grid(parent="RUR")
    areas = tuple(
        replace(area, import_limit_w=100_000, export_limit_w=100_000)
        if area.area_id == "RUR"
        else area
        for area in grid.areas
    )
    fleet = Fleet(grid=replace(grid, areas=areas))
    for number, vic_sells in enumerate((True, False)):
        fleet.noon(number, vic_sells=vic_sells)
    # Ann's battery lies in the outer area too: one unit may always move, and it swings by 80 kW.
    assert 50_000 < max(peaks_w(starts(fleet, 1))) <= 80_000


# --- what may not wait ----------------------------------------------------------------------


def test_a_stop_waits_for_nobody_and_what_comes_back_waits_for_its_turn(fleet: Fleet) -> None:
    fleet.noon(5, vic_sells=True)
    fleet.now_us = (MIDNIGHT_S + 5 * STEP_S + 240) * MICROSECONDS
    acts(fleet, ActKind.STOP)
    assert {(item.target_w, item.wait_s) for item in _cells(fleet, 5)} == {(0, 0)}
    fleet.now_us += 60 * MICROSECONDS
    acts(fleet, ActKind.START)
    assert {abs(item.target_w) for item in _cells(fleet, 5)} == {4_000}
    assert {item.before_w for item in _cells(fleet, 5)} == {0}
    assert min(item.wait_s for item in _cells(fleet, 5)) == 300
    back = [(item.wait_s, item.target_w) for item in _cells(fleet, 5)]
    assert max(peaks_w(back)) <= MOST_W
    assert alarms(fleet) == []


def test_units_started_one_by_one_do_not_jump_together_either() -> None:
    fleet = quiet(Fleet(rules=SLOW))
    most_w = RANGE_W * 50_000 // 1_000_000
    fleet.noon(5, vic_sells=True)
    fleet.now_us = (MIDNIGHT_S + 5 * STEP_S + 30) * MICROSECONDS
    acts(fleet, ActKind.STOP)
    for name in fleet.cells:
        acts(fleet, ActKind.STOP, name)
    acts(fleet, ActKind.START)
    fleet.now_us += 90 * MICROSECONDS
    for name in fleet.cells[:30]:
        acts(fleet, ActKind.START, name)
        fleet.now_us += MICROSECONDS
    told = fleet.told(5)
    back = [(told[name].wait_s, told[name].target_w) for name in fleet.cells[:30]]
    assert any(change_w for _, change_w in back)
    assert max(peaks_w([item for item in back if item[1]])) <= most_w


def test_an_areas_limit_is_kept_before_anybody_waits(fleet: Fleet) -> None:
    """Vic's batteries give 80 kW to Val's; the roofs' surplus may not leave, at once."""
    fleet.noon(5, vic_sells=True)
    fleet.noon(6, vic_sells=False)
    fleet.now_us = (MIDNIGHT_S + 6 * STEP_S + 5) * MICROSECONDS
    acts(fleet, ActKind.LIMIT, withdrawal_max_w=0, injection_max_w=0)
    now_s = fleet.now_us // MICROSECONDS
    first_w = sum(item.power_w(now_s) for item in fleet.told(6).values())
    assert first_w == sum(item.target_w for item in fleet.told(6).values()) == 0


def test_an_outer_areas_limit_is_kept_while_an_inner_area_takes_its_time() -> None:
    """Ann's battery may begin at once, and what the village gives goes down slowly beneath it."""
    grid = fleet_grid(parent="RUR")
    areas = tuple(
        replace(area, export_limit_w=50_000) if area.area_id == "RUR" else area
        for area in grid.areas
    )
    fleet = Fleet(rules=SLOW, grid=replace(grid, areas=areas))
    state = fleet.engine.state
    for number, cell_wh, battery_wh in ((0, 250, 0), (1, -250, 10_000)):
        scheduled_wh = {**dict.fromkeys(fleet.cells, cell_wh), "ann-battery": battery_wh}
        start_s = MIDNIGHT_S + number * STEP_S
        events = list(first_setpoints(state, start_s, scheduled_wh, fleet.now_us))
        for event in events:
            fleet.engine.apply(event)
        fleet.events += events
    told = state.told.of(start_s)
    assert any(item.wait_s for item in told.values())
    sums_w = [
        sum(told[name].power_w(start_s + at_s) for name in (*fleet.cells, "ann-battery"))
        for at_s in range(STEP_S)
    ]
    assert max(sums_w) <= 50_000


# --- what cannot be meant ---------------------------------------------------------------------


BUGS = {
    "sign": (lambda energy_wh: -energy_wh, "sign"),
    "ten times": (lambda energy_wh: 10 * energy_wh, "scale"),
    "a thousand times": (lambda energy_wh: 1_000 * energy_wh, "scale"),
}


@pytest.fixture(params=BUGS.values(), ids=BUGS)
def spoilt(
    fleet: Fleet, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> tuple[Fleet, str]:
    """Batteries were to turn round, but the schedule is not what was traded; before all was sound."""
    fleet.noon(5, vic_sells=True)
    spoil, why = request.param
    bug(monkeypatch, spoil, 6)
    fleet.noon(6, vic_sells=False)
    return fleet, why


def test_a_fault_of_clearing_moves_nobody(spoilt: tuple[Fleet, str]) -> None:
    fleet, why = spoilt
    before, after = fleet.told(5), fleet.told(6)
    assert {name: item.target_w for name, item in after.items()} == {
        name: item.target_w for name, item in before.items()
    }
    assert alarms(fleet) == [("VIL", why)]
    kept = fleet.engine.state.acts.curtailed[MIDNIGHT_S + 6 * STEP_S]
    assert {pieces[-1].reason for pieces in kept.values()} == {ControlReason.AREA_GUARD}


def test_the_areas_grid_operator_consents_alone(spoilt: tuple[Fleet, str]) -> None:
    fleet, _ = spoilt
    assert acts(fleet, ActKind.CONSENT, of_area="RUR").rejections[0].code is Code.NOT_FOUND
    assert acts(fleet, ActKind.CONSENT, of_area="VIL").rejections == ()
    before, after = fleet.told(5), fleet.told(6)
    assert any(after[name].target_w != before[name].target_w for name in after)
    assert len(alarms(fleet)) == 1
    assert fleet.facts(ActPerformed)[-1].act.kind is ActKind.CONSENT
    count = len(fleet.events)
    assert acts(fleet, ActKind.CONSENT, of_area="VIL").rejections == ()
    assert len(fleet.events) == count


def test_an_operators_consent_takes_two(spoilt: tuple[Fleet, str]) -> None:
    fleet, _ = spoilt
    before = fleet.told(6)
    assert acts(fleet, ActKind.CONSENT).rejections == ()
    assert fleet.told(6) == before
    said = fleet.facts(ActProposed)[-1].proposal
    answer = fleet.does(
        ApproveAct(now_us=fleet.now_us, actor="op2", act_id=said.act_id, digest=said.digest)
    )
    assert answer.rejections == ()
    assert fleet.told(6) != before


def test_a_consent_is_for_this_move_only(spoilt: tuple[Fleet, str]) -> None:
    fleet, why = spoilt
    acts(fleet, ActKind.CONSENT, of_area="VIL")
    before = fleet.told(6)
    fleet.noon(7, vic_sells=True)
    held = {name: item.target_w for name, item in fleet.told(7).items()}
    assert held == {name: item.target_w for name, item in before.items()}
    assert alarms(fleet) == [("VIL", why)]  # still open


def test_who_consents_to_a_move_that_found_no_time_gets_it_in_time() -> None:
    fleet = quiet(Fleet(rules=SLOW))
    fleet.noon(5, vic_sells=True)
    fleet.noon(6, vic_sells=False)
    acts(fleet, ActKind.CONSENT, of_area="VIL")
    assert len(starts(fleet, 6)) == len(fleet.cells)
    assert max(wait_s for wait_s, _ in starts(fleet, 6)) < 300
    assert max(peaks_w(starts(fleet, 6))) <= 2 * RANGE_W * 50_000 // 1_000_000


def test_without_a_block_there_is_nothing_to_consent_to(fleet: Fleet) -> None:
    fleet.noon(5, vic_sells=True)
    count = len(fleet.events)
    assert acts(fleet, ActKind.CONSENT, of_area="VIL").rejections == ()
    assert acts(fleet, ActKind.CONSENT).rejections == ()
    assert acts(fleet, ActKind.CONSENT, "cell-1").rejections[0].code is Code.FIELD_RANGE
    assert len(fleet.events) == count


def test_a_morning_is_no_fault() -> None:
    """Dark roofs become bright within two hours, homes get up: nothing is blocked."""
    fleet = Fleet()
    for number in range(8):
        fleet.noon(number, vic_sells=bool(number % 2))
        if number:
            fleet.delivers(number - 1, home_wh=-40 - 10 * number, roof_wh=20 * number)
    assert alarms(fleet) == []
    assert {fleet.told(7)[name].target_w for name in (*HOMES, *ROOFS)} == {-400, 800}
