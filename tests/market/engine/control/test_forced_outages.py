"""What units could not follow: whose fault it was decides what it costs, and the meter how much it was."""

import pytest

from market.engine.control.forced_outages import missed_wh
from market.engine.interventions.reach import DECOUPLED_S
from market.model.act import Act, ActKind, ControlReason, PerformAct, UnitsCurtailed
from market.model.alarm import ControlLevel
from market.model.money import TransferKind
from market.model.power import UnitState
from market.model.reach import SERVER, HearArea, MissArea
from market.model.system import SystemSeen
from market.model.unit_report import ReportUnitState, UnitReport
from tests.builders import STEP_S, Story
from tests.market.engine.control.test_told import (
    ANN,
    BEN,
    UNIT,
    at,
    deviation,
    orders,
    prices,
    settles,
)
from tests.market.engine.control.test_told import story as story

SUN_W, HALF_S = 2_000, STEP_S // 2


def says(story: Story, state: UnitState, unit_id: str = "ann-solar") -> None:
    report = UnitReport(
        unit_id=unit_id,
        state=state,
        cause="",
        connected=False,
        target_w=0,
        power_w=None,
        voltage_ppm=None,
        frequency_mhz=None,
        state_of_charge_wh=None,
    )
    command = ReportUnitState(now_us=story.now_us, actor="device", report=report)
    assert story.does(command).rejections == ()


def is_lost(story: Story) -> None:
    for command in (
        HearArea(now_us=story.now_us, actor=SERVER, area_id="RUR"),
        MissArea(now_us=story.now_us, actor=SERVER, area_id="RUR", silent_s=DECOUPLED_S),
    ):
        assert story.does(command).rejections == ()


def pieces(story: Story) -> list[tuple[str, int, int, str]]:
    return [
        (item.unit_id, item.until_s - item.from_s, item.change_w, item.reason.value)
        for event in story.events
        if isinstance(event, UnitsCurtailed)
        for item in event.items
    ]


def curtailed_wh(story: Story) -> dict[str, int]:
    (seen,) = [event for event in story.events if isinstance(event, SystemSeen)]
    (area,) = [area for area in seen.areas if area.area_id == "RUR"]
    return {item.reason: item.energy_wh for item in area.curtailed}


def not_served_wh(story: Story) -> int:
    (seen,) = [event for event in story.events if isinstance(event, SystemSeen)]
    return sum(area.not_served_wh for area in seen.areas)


def test_a_unit_that_tripped_says_so_and_pays_its_deviation(story: Story) -> None:
    at(story, 7)
    story.now_us += 30 * 10**6
    says(story, UnitState.TRIPPED)
    moved = settles(story, ann_solar=250, ann_load=-1_000, ben_load=-2_000)
    assert pieces(story) == [("ann-solar", HALF_S, -SUN_W, "trip")]
    _, _, short = prices(story)
    assert moved[ANN][TransferKind.DEVIATION] == -250 * short
    assert TransferKind.INSTRUCTED not in moved[ANN]
    seen = deviation(story, "ann-solar")
    assert (seen.deviation_wh, seen.curtailed_wh, seen.reason) == (-250, -250, "trip")
    assert curtailed_wh(story) == {"trip": 250}


def test_a_unit_in_fail_safe_by_its_own_word_pays_its_deviation(story: Story) -> None:
    says(story, UnitState.FAILSAFE, "ann-load")
    moved = settles(story, ann_solar=500, ann_load=0, ben_load=-2_000)
    long, _, _ = prices(story)
    assert moved[ANN][TransferKind.DEVIATION] == 1_000 * long
    assert curtailed_wh(story) == {"fail_safe": 1_000}
    assert not_served_wh(story) == 1_000


def test_what_the_market_s_silence_cost_is_given_back_without_a_penalty(story: Story) -> None:
    is_lost(story)
    moved = settles(story, ann_solar=0, ann_load=-1_000, ben_load=-1_500)
    _, price, _ = prices(story)
    assert moved[ANN][TransferKind.INSTRUCTED] == -500 * price
    assert moved[BEN][TransferKind.INSTRUCTED] == 500 * price
    for account in (ANN, BEN):
        assert TransferKind.DEVIATION not in moved[account]
    assert deviation(story, "ann-solar").reason == "decoupled"
    assert curtailed_wh(story) == {"decoupled": 1_000}


def test_who_delivers_all_the_same_has_missed_nothing(story: Story) -> None:
    is_lost(story)
    moved = settles(story, ann_solar=500, ann_load=-1_000, ben_load=-2_000)
    assert TransferKind.INSTRUCTED not in moved[ANN]
    assert TransferKind.INSTRUCTED not in moved[BEN]
    assert deviation(story, "ann-solar").reason == ""
    assert curtailed_wh(story) == {}


def test_what_is_beyond_the_silence_is_a_deviation(story: Story) -> None:
    at(story, 7)
    story.now_us += 30 * 10**6
    is_lost(story)
    moved = settles(story, ann_solar=0, ann_load=-1_000, ben_load=-2_000)
    _, price, short = prices(story)
    assert moved[ANN][TransferKind.INSTRUCTED] == -250 * price
    assert moved[ANN][TransferKind.DEVIATION] == -250 * short


def test_who_is_not_read_while_out_of_reach_counts_as_scheduled(story: Story) -> None:
    is_lost(story)
    moved = settles(story, ann_load=-1_000, ben_load=-2_000)
    assert TransferKind.INSTRUCTED not in moved[ANN]
    assert deviation(story, "ann-solar").measured_wh == 500


def test_an_area_that_people_decoupled_is_within_reach(story: Story) -> None:
    act = Act(kind=ActKind.DECOUPLE, level=ControlLevel.AREA, member_id="RUR")
    command = PerformAct(now_us=story.now_us, actor="op", act=act, reason="works")
    assert story.does(command).rejections == ()
    moved = settles(story, ann_solar=0, ann_load=-1_000, ben_load=-2_000)
    _, _, short = prices(story)
    assert pieces(story) == []
    assert moved[ANN][TransferKind.DEVIATION] == -500 * short


def test_what_was_told_before_holds_again_when_the_unit_is_back(story: Story) -> None:
    orders(story, ActKind.LIMIT, UNIT, "ann-solar", injection_max_w=400)
    for minute, state in (
        (3, UnitState.TRIPPED),
        (9, UnitState.CONNECTING),
        (12, UnitState.NORMAL),
    ):
        at(story, minute)
        says(story, state)
    settles(story, ann_solar=0, ann_load=-1_000, ben_load=-2_000)
    assert [piece[1:] for piece in pieces(story)[-2:]] == [
        (9 * 60, -SUN_W, "trip"),
        (3 * 60, -SUN_W + 400, "operator_limit"),
    ]
    state = story.engine.state
    assert not state.acts.curtailed
    assert not state.forced


@pytest.mark.parametrize(
    ("possible_wh", "deviation_wh", "missed"),
    [(-500, -200, -200), (-500, -700, -500), (-500, 100, 0), (500, 200, 200), (500, -1, 0)],
)
def test_missed_is_what_the_meter_shows_and_not_more(
    possible_wh: int, deviation_wh: int, missed: int
) -> None:
    assert missed_wh(possible_wh, deviation_wh) == missed


def test_every_forced_reason_is_told_by_the_model() -> None:
    assert {"trip", "fail_safe", "decoupled"} < {reason.value for reason in ControlReason}
