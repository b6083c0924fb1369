"""Messages: written once, published at their time, for whom they are for, taken back."""

from dataclasses import replace

import pytest

from market.model.alarm import Severity
from market.model.message import (
    READ_AT_ONCE_MAX,
    AlertSettings,
    AlertSettingsSet,
    AlertsRead,
    MarkRead,
    MessagePublished,
    MessageScope,
    MessageState,
    MessageText,
    MessageWithdrawn,
    SetAlertSettings,
    WithdrawMessage,
    WriteMessage,
)
from market.model.messages import Event, ExpireDue
from market.model.rejection import Code
from market.model.timer import TimerKind
from tests.builders import MIDNIGHT_S, Story
from tests.market.engine.disputing import codes

NOW_US = MIDNIGHT_S * 10**6
EN = MessageText(language="en", title="Works", text="On Monday.")
ZH = MessageText(language="zh-CN", title="检修", text="星期一。")
WRITE = WriteMessage(
    now_us=NOW_US,
    actor="op1",
    client_message_id="m-1",
    texts=(EN, ZH),
    severity=Severity.INFO,
    scope=MessageScope.ALL,
    key="",
    publish_us=None,
)


@pytest.fixture
def story() -> Story:
    return Story()


def told(story: Story, command: object) -> tuple[list[Code], list[Event]]:
    before = len(story.events)
    found = codes(story.does(command))  # type: ignore[arg-type]
    return found, list(story.events[before:])


def test_a_message_for_now_is_written_and_published_in_one_decision(story: Story) -> None:
    found, events = told(story, WRITE)
    assert found == []
    assert isinstance(events[1], MessagePublished)
    assert (events[1].recipients, events[1].count) == ((), len(story.engine.state.participants))
    assert story.engine.state.messages.state_of("msg-1") is MessageState.PUBLISHED


def test_the_same_under_the_same_own_id_is_one_message(story: Story) -> None:
    told(story, WRITE)
    assert told(story, WRITE) == ([], [])
    other = replace(WRITE, texts=(EN,))
    assert told(story, other)[0] == [Code.EXISTS_WITH_DIFFERENT_FIELDS]


def test_a_scheduled_message_is_published_at_its_time_and_not_before(story: Story) -> None:
    due_us = NOW_US + 3_600 * 10**6
    found, events = told(story, replace(WRITE, publish_us=due_us))
    assert (found, len(events)) == ([], 1)
    state = story.engine.state
    assert state.messages.state_of("msg-1") is MessageState.SCHEDULED
    assert state.deadlines.next_us() == due_us
    found, events = told(story, ExpireDue(now_us=due_us))
    assert isinstance(events[0], MessagePublished)
    assert (events[0].now_us, state.deadlines.next_us()) == (due_us, None)
    timer = story.engine.next_timer()
    assert timer is None or timer.kind is not TimerKind.EXPIRE


def test_a_message_taken_back_before_its_time_is_never_published(story: Story) -> None:
    due_us = NOW_US + 3_600 * 10**6
    told(story, replace(WRITE, publish_us=due_us))
    withdraw = WithdrawMessage(now_us=NOW_US, actor="op2", message_id="msg-1")
    assert isinstance(told(story, withdraw)[1][0], MessageWithdrawn)
    assert told(story, ExpireDue(now_us=due_us)) == ([], [])
    assert told(story, withdraw) == ([], []), "again it changes nothing"
    nobodys = replace(withdraw, message_id="msg-9")
    assert told(story, nobodys)[0] == [Code.NOT_FOUND]


def test_whom_it_is_for_is_said_when_it_is_published(story: Story) -> None:
    state = story.engine.state
    area = next(iter(state.participants.values())).area_id
    inside = tuple(
        name for name, item in state.participants.items() if area in state.acts.around[item.area_id]
    )
    events = told(story, replace(WRITE, scope=MessageScope.AREA, key=area))[1]
    assert isinstance(events[1], MessagePublished)
    assert (events[1].recipients, events[1].count) == (inside, len(inside))
    one = replace(WRITE, client_message_id="m-2", scope=MessageScope.PARTICIPANT, key=inside[0])
    events = told(story, one)[1]
    assert isinstance(events[1], MessagePublished)
    assert events[1].recipients == (inside[0],)
    withdraw = WithdrawMessage(now_us=NOW_US, actor="op1", message_id="msg-2")
    (event,) = told(story, withdraw)[1]
    assert isinstance(event, MessageWithdrawn)
    assert event.recipients == (inside[0],), "who was told is told"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scope": MessageScope.AREA, "key": "nowhere"}, Code.AREA_UNKNOWN),
        ({"scope": MessageScope.PARTICIPANT, "key": "nobody"}, Code.PARTICIPANT_UNKNOWN),
        ({"scope": MessageScope.ROLE, "key": "king"}, Code.FIELD_RANGE),
        ({"key": "all"}, Code.FIELD_RANGE),
        ({"texts": (EN, EN)}, Code.FIELD_RANGE),
        ({"texts": ()}, Code.FIELD_RANGE),
    ],
)
def test_what_is_for_nobody_is_refused(
    story: Story, changes: dict[str, object], code: Code
) -> None:
    assert told(story, replace(WRITE, **changes)) == ([code], [])  # type: ignore[arg-type]


def test_what_was_read_is_noted_once_each(story: Story) -> None:
    read = MarkRead(now_us=NOW_US, actor="x", participant_id="ann", alert_ids=("a", "b", "a"))
    (event,) = told(story, read)[1]
    assert isinstance(event, AlertsRead)
    assert event.alert_ids == ("a", "b")
    many = replace(read, alert_ids=tuple(str(n) for n in range(READ_AT_ONCE_MAX + 1)))
    assert told(story, many)[0] == [Code.FIELD_RANGE]
    assert told(story, replace(read, participant_id="nobody"))[0] == [Code.PARTICIPANT_UNKNOWN]
    assert told(story, replace(read, alert_ids=())) == ([], [])


def test_settings_are_kept_and_the_same_again_changes_nothing(story: Story) -> None:
    wanted = AlertSettings(participant_id="ann", price_above_ticks=20_000)
    command = SetAlertSettings(now_us=NOW_US, actor="x", settings=wanted)
    assert told(story, command)[1] == [AlertSettingsSet(settings=wanted)]
    assert told(story, command) == ([], [])
    assert story.engine.state.messages.settings == {"ann": wanted}
