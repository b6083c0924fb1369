"""Areas that are not heard any more: what the server does by itself, and what it leaves to people."""

from typing import TypeVar

import pytest

from market.model.act import Act, ActKind, AreaCoupled, AreaDecoupled, PerformAct
from market.model.alarm import AlarmKind, AlarmRaised, ControlLevel
from market.model.messages import Answer
from market.model.reach import (
    AreaHeard,
    AreaReport,
    AreaReported,
    HearArea,
    MissArea,
    ReportArea,
    Standing,
)
from market.model.rejection import Code
from tests.builders import Story

_Fact = TypeVar("_Fact")
REPORT = AreaReport(
    area_id="RUR",
    sequence=1,
    standing=Standing.RETURNING,
    alone_since_s=1_700_000_000,
    limits_epoch=1,
    limits_sequence=4,
    given_import_w=8_000,
    given_export_w=0,
    given_until_s=1_700_000_900,
)


def told(story: Story, kind: type[_Fact]) -> list[_Fact]:
    return [event for event in story.events if isinstance(event, kind)]


def hear(story: Story, area_id: str = "RUR") -> Answer:
    return story.does(HearArea(now_us=story.now_us, actor="server", area_id=area_id))


def miss(story: Story, silent_s: int, area_id: str = "RUR") -> Answer:
    return story.does(
        MissArea(now_us=story.now_us, actor="server", area_id=area_id, silent_s=silent_s)
    )


def report(story: Story) -> Answer:
    return story.does(ReportArea(now_us=story.now_us, actor="gateway", report=REPORT))


@pytest.fixture
def story() -> Story:
    """A call is open, and the area RUR has been heard."""
    made = Story()
    made.opens()
    hear(made)
    return made


def test_an_area_is_noted_when_it_is_heard_for_the_first_time(story: Story) -> None:
    hear(story)
    assert [event.area_id for event in told(story, AreaHeard)] == ["RUR"]


def test_nobody_hears_an_area_that_is_not_there(story: Story) -> None:
    assert [item.code for item in hear(story, "XYZ").rejections] == [Code.NOT_FOUND]


def test_an_area_that_was_never_heard_is_not_missed(story: Story) -> None:
    assert [item.code for item in miss(story, 200, "GRID").rejections] == [Code.NOT_FOUND]
    assert not told(story, AreaDecoupled)


def test_three_missed_heartbeats_raise_one_alarm(story: Story) -> None:
    miss(story, 14)
    assert not told(story, AlarmRaised)
    miss(story, 15)
    miss(story, 60)
    (raised,) = told(story, AlarmRaised)
    assert raised.alarm.kind is AlarmKind.AREA_OUT_OF_REACH
    assert (raised.alarm.level, raised.alarm.member_id) == (ControlLevel.AREA, "RUR")
    assert not told(story, AreaDecoupled)


def test_two_minutes_of_silence_decouple_the_area(story: Story) -> None:
    miss(story, 15)
    miss(story, 120)
    miss(story, 121)
    (decoupled,) = told(story, AreaDecoupled)
    assert (decoupled.area_id, decoupled.actor, decoupled.reason) == ("RUR", "server", "decoupled")
    line = story.engine.state.grid.lines[0]
    start_s = story.engine.state.rules.trading_from_s
    assert story.engine.state.capacity.left_wh(line.line_id, True, start_s) == 0


def test_who_reports_after_the_silence_is_coupled_again(story: Story) -> None:
    miss(story, 120)
    report(story)
    (coupled,) = told(story, AreaCoupled)
    assert coupled.actors == ("server",)
    assert "RUR" not in story.engine.state.acts.decoupled
    assert story.engine.state.area_reports["RUR"] == REPORT


def test_hearing_it_again_does_not_couple_it_before_it_has_reported(story: Story) -> None:
    miss(story, 120)
    hear(story)
    assert "RUR" in story.engine.state.acts.decoupled


def test_what_people_decoupled_waits_for_people(story: Story) -> None:
    act = Act(kind=ActKind.DECOUPLE, level=ControlLevel.AREA, member_id="RUR")
    story.does(PerformAct(now_us=story.now_us, actor="op1", act=act, reason="works"))
    miss(story, 120)
    report(story)
    assert [event.actor for event in told(story, AreaDecoupled)] == ["op1"]
    assert not told(story, AreaCoupled)


def test_the_same_report_twice_is_kept_once(story: Story) -> None:
    report(story)
    report(story)
    assert len(told(story, AreaReported)) == 1
