"""An operator sets balance groups, for days that have not begun."""

from dataclasses import replace

from market.model.balance_group import BalanceGroup, BalanceGroupSet, SetBalanceGroup
from market.model.interval import MICROSECONDS
from market.model.rejection import Code
from tests.builders import MIDNIGHT_S, Story

GROUP = BalanceGroup(
    group_id="neighbours",
    name="Neighbours",
    participant_id="ann",
    unit_ids=("ann-solar", "ben-load"),
    from_day="2016-06-15",
)


def sets(story: Story, group: BalanceGroup) -> list[tuple[Code, str | None]]:
    answer = story.does(
        SetBalanceGroup(now_us=story.now_us, actor="op", group=group, reason="both have agreed")
    )
    return [(item.code, item.pointer) for item in answer.rejections]


def said(story: Story) -> list[BalanceGroupSet]:
    return [event for event in story.events if isinstance(event, BalanceGroupSet)]


def test_a_group_is_set_once_and_with_who_and_why() -> None:
    story = Story()
    assert sets(story, GROUP) == sets(story, GROUP) == []
    (event,) = said(story)
    assert (event.group, event.actor, event.reason) == (GROUP, "op", "both have agreed")
    assert story.engine.state.balance_groups.of_day("2016-06-15") == {
        "ann-solar": "neighbours",
        "ben-load": "neighbours",
    }


def test_what_is_wrong_is_said_all_together() -> None:
    story = Story()
    assert sets(story, GROUP) == []
    wrong = BalanceGroup(
        group_id="other",
        name="Other",
        participant_id="nobody",
        unit_ids=("ben-load", "ann-load", "ann-load", "moon", "retailer-sells"),
        from_day="2016-06-14",
    )
    assert sets(story, wrong) == [
        (Code.FIELD_RANGE, "from_day"),
        (Code.PARTICIPANT_UNKNOWN, "participant_id"),
        (Code.UNIT_IN_GROUP, "unit_ids/0"),
        (Code.UNIT_IN_GROUP, "unit_ids/2"),
        (Code.UNIT_UNKNOWN, "unit_ids/3"),
        (Code.UNIT_UNKNOWN, "unit_ids/4"),
    ]
    assert len(said(story)) == 1


def test_a_day_that_has_begun_is_as_it_was() -> None:
    """Nobody is put beside somebody because of what their meters have shown; local midnight counts."""
    story = Story()
    story.now_us = (MIDNIGHT_S - 1) * MICROSECONDS
    assert sets(story, GROUP) == []
    story.now_us = MIDNIGHT_S * MICROSECONDS
    assert sets(story, replace(GROUP, unit_ids=())) == [(Code.FIELD_RANGE, "from_day")]
    assert sets(story, replace(GROUP, unit_ids=(), from_day="2016-06-16")) == []
    groups = story.engine.state.balance_groups
    assert groups.of_day("2016-06-15")
    assert not groups.of_day("2016-06-16")
