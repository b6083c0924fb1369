"""Runs in the engine: their areas are counted, stand on the version that stands, and are said once."""

from market.model.messages import Event
from market.model.rejection import Code
from market.model.rules import Tariff
from market.model.settlement_run import (
    AreaSettled,
    BeginSettlement,
    Completeness,
    FinishSettlement,
    RecordSettledArea,
    RunKind,
    RunPhase,
    RunState,
    SettledArea,
    phase_of,
)
from tests.builders import DAY_BEFORE_US, Story
from tests.market.engine.certifying import DAY, over


def begin(story: Story, ticks: int | None = None) -> str:
    """A run, first or under other fees; its id."""
    command = BeginSettlement(
        now_us=DAY_BEFORE_US,
        actor="op",
        day=DAY,
        kind=RunKind.PRELIMINARY if ticks is None else RunKind.CORRECTED,
        tariff=None if ticks is None else Tariff(network_ticks=ticks, levies_ticks=0),
    )
    assert story.does(command).rejections == ()
    run = story.engine.state.settlements.run
    assert run is not None
    return run.begun.run_id


def area(run_id: str, area_id: str, base_run_id: str | None = None) -> RecordSettledArea:
    found = SettledArea(
        run_id=run_id,
        area_id=area_id,
        detail=b"lines",
        rows=1,
        certificates=b"lots",
        green=b"shares",
        base_run_id=base_run_id,
    )
    return RecordSettledArea(now_us=DAY_BEFORE_US, actor="market", area=found)


def finish(story: Story, run_id: str) -> None:
    command = FinishSettlement(
        now_us=DAY_BEFORE_US,
        actor="market",
        run_id=run_id,
        transfers=(),
        completeness=Completeness(),
    )
    assert story.does(command).rejections == ()


def told(events: list[Event]) -> list[AreaSettled]:
    return [event for event in events if isinstance(event, AreaSettled)]


def test_areas_are_counted_and_their_bytes_stand_in_the_command_alone() -> None:
    story = over()
    run_id = begin(story)
    for area_id in ("RUR", "GRID", "RUR"):
        assert story.does(area(run_id, area_id)).rejections == ()
    events = told(story.events)
    assert [(item.area.area_id, item.areas_done, item.areas) for item in events] == [
        ("RUR", 1, 2),
        ("GRID", 2, 2),
    ]
    assert {(item.area.detail, item.area.certificates, item.area.green) for item in events} == {
        (b"", b"", b"")
    }


def test_an_area_stands_on_the_version_that_stands_or_on_none() -> None:
    story = over()
    first = begin(story)
    assert [fault.code for fault in story.does(area(first, "RUR", "set-0")).rejections] == [
        Code.NOT_FOUND
    ]
    assert story.does(area(first, "RUR")).rejections == ()
    assert story.does(area(first, "GRID")).rejections == ()
    finish(story, first)
    second = begin(story, 7)
    assert story.does(area(second, "RUR", second)).rejections[0].pointer == "base_run_id"
    assert story.does(area(second, "RUR", first)).rejections == ()
    assert story.does(area(second, "GRID")).rejections == ()
    finish(story, second)
    third = begin(story, 8)
    assert story.does(area(third, "RUR", first)).rejections[0].pointer == "base_run_id"
    assert told(story.events)[-2].area.base_run_id == first


def test_a_run_is_settling_recording_booking_and_done() -> None:
    steps = [phase_of(RunState.RUNNING, done, 2) for done in range(3)]
    assert steps == [RunPhase.SETTLING, RunPhase.RECORDING, RunPhase.BOOKING]
    assert phase_of(RunState.FINISHED, 2, 2) is RunPhase.DONE
