"""Alarms: raised once while open, acknowledged, commented, closed; each kept with who and when."""

import pytest

from market.engine.control.alarms import raised
from market.model.alarm import (
    COMMENTS_MAX,
    SEVERITIES,
    AcknowledgeAlarm,
    Alarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmKind,
    AlarmRaised,
    AlarmState,
    CloseAlarm,
    CommentAlarm,
    ControlLevel,
    RaiseAlarm,
    Severity,
)
from market.model.messages import Answer
from market.model.rejection import Code
from tests.builders import Story


@pytest.fixture
def story() -> Story:
    return Story()


def tell(
    story: Story,
    kind: AlarmKind = AlarmKind.TRIPPED,
    member_id: str = "ann-solar",
    level: ControlLevel = ControlLevel.UNIT,
) -> Answer:
    return story.does(
        RaiseAlarm(
            now_us=story.now_us,
            actor="meter-1",
            kind=kind,
            level=level,
            member_id=member_id,
            parameters={"voltage": "1.12"},
        )
    )


def alarms(story: Story) -> list[Alarm]:
    return [event.alarm for event in story.events if isinstance(event, AlarmRaised)]


def acknowledge(story: Story, alarm_id: str, actor: str = "op1") -> Answer:
    return story.does(AcknowledgeAlarm(now_us=story.now_us + 1, actor=actor, alarm_id=alarm_id))


def comment(story: Story, alarm_id: str, text: str = "seen on site") -> Answer:
    return story.does(
        CommentAlarm(now_us=story.now_us + 2, actor="op2", alarm_id=alarm_id, text=text)
    )


def close(story: Story, alarm_id: str) -> Answer:
    return story.does(CloseAlarm(now_us=story.now_us + 3, actor="op2", alarm_id=alarm_id))


def codes(answer: Answer) -> list[Code]:
    return [item.code for item in answer.rejections]


def test_every_kind_has_a_severity() -> None:
    assert set(SEVERITIES) == set(AlarmKind)


def test_an_alarm_says_what_who_and_when(story: Story) -> None:
    tell(story)
    (alarm,) = alarms(story)
    assert (alarm.kind, alarm.severity) == (AlarmKind.TRIPPED, Severity.MAJOR)
    assert (alarm.level, alarm.member_id) == (ControlLevel.UNIT, "ann-solar")
    assert (alarm.raised_us, alarm.raised_by) == (story.now_us, "meter-1")
    assert alarm.parameters == {"voltage": "1.12"}
    assert alarm.state is AlarmState.OPEN


def test_while_it_is_open_the_same_is_not_raised_again(story: Story) -> None:
    for _ in range(3):
        assert tell(story).rejections == ()
    tell(story, AlarmKind.LOCKED)
    tell(story, member_id="ben-load")
    (alarm, *_) = alarms(story)
    acknowledge(story, alarm.alarm_id)
    tell(story)
    assert len(alarms(story)) == 3
    assert len({item.alarm_id for item in alarms(story)}) == 3


def test_a_decision_may_raise_several_without_counting(story: Story) -> None:
    state = story.engine.state
    events = [
        *raised(state, AlarmKind.LIMIT_EXCEEDED, ControlLevel.AREA, "RUR", 1),
        *raised(state, AlarmKind.LIMIT_EXCEEDED, ControlLevel.AREA, "GRID", 1),
        *raised(state, AlarmKind.POWER_QUALITY, ControlLevel.AREA, "RUR", 1),
    ]
    assert len({event.alarm.alarm_id for event in events}) == 3
    assert all(event.alarm.raised_by == "" for event in events)


def test_the_same_twice_in_one_decision_is_one_alarm(story: Story) -> None:
    state = story.engine.state
    twice = [
        *raised(state, AlarmKind.POWER_QUALITY, ControlLevel.AREA, "RUR", 1),
        *raised(state, AlarmKind.POWER_QUALITY, ControlLevel.AREA, "RUR", 1),
    ]
    for event in twice:
        story.engine.apply(event)
        story.events.append(event)
    assert len(state.alarms.open) == 1


@pytest.mark.parametrize(
    ("level", "member_id"),
    [
        (ControlLevel.UNIT, "nobody"),
        (ControlLevel.AREA, "ann-solar"),
        (ControlLevel.MARKET, "another"),
    ],
)
def test_an_alarm_is_about_what_there_is(story: Story, level: ControlLevel, member_id: str) -> None:
    assert codes(tell(story, member_id=member_id, level=level)) == [Code.NOT_FOUND]


def test_closing_needs_that_somebody_has_seen_it(story: Story) -> None:
    tell(story)
    (alarm,) = alarms(story)
    assert codes(close(story, alarm.alarm_id)) == [Code.ALARM_NOT_ACKNOWLEDGED]
    acknowledge(story, alarm.alarm_id)
    acknowledge(story, alarm.alarm_id, "op2")  # harmless: who was first stays
    assert comment(story, alarm.alarm_id).rejections == ()
    now = story.engine.state.alarms.open[alarm.alarm_id]
    assert (now.state, now.acknowledged_by) == (AlarmState.ACKNOWLEDGED, "op1")
    assert [(note.actor, note.text) for note in now.comments] == [("op2", "seen on site")]
    assert close(story, alarm.alarm_id).rejections == ()
    assert story.engine.state.alarms.open == {}
    said = [e for e in story.events if isinstance(e, AlarmAcknowledged | AlarmClosed)]
    assert [event.actor for event in said] == ["op1", "op2"]


def test_what_is_closed_is_done_with_and_the_next_is_a_new_one(story: Story) -> None:
    tell(story)
    (first,) = alarms(story)
    acknowledge(story, first.alarm_id)
    close(story, first.alarm_id)
    for act in (acknowledge, comment, close):
        assert codes(act(story, first.alarm_id)) == [Code.NOT_FOUND]
    tell(story)
    second = alarms(story)[-1]
    assert second.alarm_id != first.alarm_id
    assert second.state is AlarmState.OPEN


def test_an_alarm_is_no_place_to_chat(story: Story) -> None:
    tell(story)
    (alarm,) = alarms(story)
    for _ in range(COMMENTS_MAX):
        assert comment(story, alarm.alarm_id).rejections == ()
    assert codes(comment(story, alarm.alarm_id)) == [Code.FIELD_RANGE]
