"""A check is made again when the grid, or what units may do, has changed before the interval begins."""

from dataclasses import replace

import pytest

from market.control.grid_check import check
from market.model.act import ControlReason
from market.model.activation import ActivationCause
from market.model.alarm import ControlLevel
from market.model.grid_check import (
    ApplyGridCheck,
    ChecksReopened,
    GridChecked,
    InstructionsWithdrawn,
    IntervalChecked,
    UnitsRedispatched,
)
from market.model.messages import SetpointsChanged
from market.model.network import Network, RegisterNetwork
from market.model.timer import TimerKind
from market.model.units import power_from_energy_w
from market.trading.flexible import stored_before_wh
from tests.builders import MIDNIGHT_S, Story
from tests.market.engine.feeders import Calculator, feeder
from tests.market.engine.grid.test_grid_acts import releases
from tests.market.engine.neighbours import (
    PLACES_MORE,
    activated,
    checks,
    clears,
    limits,
    settles,
    villages,
    weak_roof,
)


def registers(story: Story, network: Network) -> None:
    command = RegisterNetwork(now_us=story.now_us, actor="op", network=network)
    assert story.does(command).rejections == ()


def next_check(story: Story) -> int | None:
    """The turn of the check that is due; None: none is."""
    timer = story.engine.next_timer()
    return None if timer is None or timer.kind is not TimerKind.CHECK_GRID else timer.turn


def count(story: Story, kind: type) -> int:
    return sum(isinstance(event, kind) for event in story.events)


def targets_w(story: Story) -> dict[str, int]:
    found = {}
    for event in story.events:
        if isinstance(event, SetpointsChanged):
            found.update((item.unit_id, item.target_w) for item in event.setpoints)
    return found


def adds_up(story: Story) -> None:
    """What a unit was told is what it traded, what it was kept from, and what it was told to do instead."""
    state = story.engine.state
    for unit_id, told_w in targets_w(story).items():
        wanted_wh = state.positions.scheduled_wh(MIDNIGHT_S).get(unit_id, 0)
        told_wh = state.networks.instructed_wh(MIDNIGHT_S).get(unit_id, 0)
        kept_w = state.acts.change_w(unit_id, MIDNIGHT_S)
        assert abs(told_w - power_from_energy_w(wanted_wh + told_wh, 15) - kept_w) < 4


def strong_roof(version: int = 1) -> Network:
    return feeder(version=version, places=PLACES_MORE)


@pytest.mark.usefixtures("without_battery")
def test_a_next_version_that_bears_less_is_held_against_the_schedule_again() -> None:
    story = villages((strong_roof(),))
    clears(story)
    checks(story)
    assert next_check(story) is None
    assert not count(story, UnitsRedispatched)

    registers(story, replace(weak_roof(), version=2))

    assert next_check(story) == 1
    checks(story)
    assert next_check(story) is None
    assert [event.version for event in story.events if isinstance(event, GridChecked)] == [1, 2]
    assert count(story, UnitsRedispatched) == 1
    assert len(activated(story)) == 1
    assert targets_w(story)["ann-solar"] < 10_000
    adds_up(story)
    settles(story)


@pytest.mark.usefixtures("without_battery")
def test_a_next_version_that_bears_all_gives_everything_back() -> None:
    story = villages((weak_roof(),))
    clears(story)
    checks(story)
    assert targets_w(story)["ann-solar"] < 10_000 < 10_000 + targets_w(story)["cleo-battery"]

    registers(story, strong_roof(2))
    checks(story)

    (withdrawn,) = (item for item in story.events if isinstance(item, InstructionsWithdrawn))
    assert set(withdrawn.unit_ids) == {"ann-solar", "cleo-battery"}
    told_w = targets_w(story)
    assert (told_w["ann-solar"], told_w["cleo-battery"]) == (10_000, 0)
    assert story.engine.state.networks.activations(MIDNIGHT_S) == ()
    adds_up(story)
    kinds = {item.kind.value for item in settles(story)}
    assert not kinds & {"redispatch", "replacement", "activation", "deviation"}


@pytest.mark.usefixtures("without_battery")
def test_a_grid_that_becomes_known_after_the_gate_is_asked_too() -> None:
    story = villages()
    clears(story)
    assert next_check(story) is None
    registers(story, weak_roof())
    assert next_check(story) == 1
    checks(story)
    assert count(story, UnitsRedispatched) == 1


@pytest.mark.usefixtures("without_battery")
def test_what_was_told_stands_when_the_next_check_finds_the_same() -> None:
    story = villages((weak_roof(),))
    clears(story)
    checks(story)
    before = targets_w(story)
    sequence = story.engine.state.setpoint_sequence

    registers(story, replace(weak_roof(), version=2))
    checks(story)

    assert count(story, GridChecked) == 2
    assert count(story, UnitsRedispatched) == 1
    assert not count(story, InstructionsWithdrawn)
    assert (targets_w(story), story.engine.state.setpoint_sequence) == (before, sequence)


@pytest.mark.usefixtures("without_battery")
def test_who_helps_and_is_stopped_is_replaced_by_who_can() -> None:
    story = villages((weak_roof(),))
    clears(story)
    checks(story)
    (first,) = activated(story)
    limits(story, ControlLevel.UNIT, "cleo-battery", injection_max_w=0, withdrawal_max_w=0)
    assert next_check(story) == 1

    checks(story)

    # Nobody else is there: the last resort does it, and Cleo's battery is not blamed.
    assert activated(story) == [first]
    assert story.engine.state.networks.activations(MIDNIGHT_S) == ()
    assert targets_w(story)["cleo-battery"] == 0
    adds_up(story)
    kinds = {item.kind.value for item in settles(story)}
    assert "replacement" in kinds
    assert not kinds & {"activation", "deviation"}


@pytest.mark.usefixtures("without_battery")
def test_who_is_limited_after_the_gate_is_helped_before_the_interval_begins() -> None:
    story = villages()
    clears(story)
    assert next_check(story) is None
    limits(story, ControlLevel.UNIT, "ann-solar", injection_max_w=4_000)
    assert next_check(story) == 1
    checks(story)
    (event,) = activated(story)
    assert (event.cause, event.received_wh) == (ActivationCause.LEFT_OVER, 1_500)
    adds_up(story)


@pytest.mark.usefixtures("without_battery")
def test_a_limit_that_ends_after_the_check_gives_back_what_the_grid_bears_and_no_more() -> None:
    story = villages((weak_roof(),))
    limits(story, ControlLevel.UNIT, "ann-solar", injection_max_w=2_000)
    clears(story)
    checks(story)
    assert not count(story, UnitsRedispatched)
    (narrowing,) = story.engine.state.acts.narrowings[ControlLevel.UNIT, "ann-solar"].values()

    releases(story, "ann-solar", narrowing.narrowing_id)
    checks(story)

    (moved,) = (event for event in story.events if isinstance(event, UnitsRedispatched))
    (change,) = moved.changes
    assert change.from_w == 10_000
    assert 2_000 < change.to_w == targets_w(story)["ann-solar"] < 10_000
    assert change.reason is ControlReason.GRID_VOLTAGE
    # It was kept from nothing any more: what it gives less it was told to.
    assert story.engine.state.acts.change_w("ann-solar", MIDNIGHT_S) == 0
    adds_up(story)


@pytest.mark.usefixtures("without_battery")
def test_a_limit_on_who_was_changed_counts_beside_its_trades_once_the_grid_was_asked_again() -> (
    None
):
    story = villages((weak_roof(),))
    clears(story)
    checks(story)
    limits(story, ControlLevel.UNIT, "ann-solar", injection_max_w=2_000)
    adds_up(story)
    checks(story)
    state = story.engine.state
    assert "ann-solar" not in state.networks.changes(MIDNIGHT_S)
    assert state.acts.change_w("ann-solar", MIDNIGHT_S) == -8_000
    assert state.acts.last_reason("ann-solar", MIDNIGHT_S) is ControlReason.OPERATOR_LIMIT
    adds_up(story)


@pytest.mark.usefixtures("without_battery")
def test_what_changes_while_a_check_is_on_its_way_is_checked_once_more() -> None:
    story = villages((weak_roof(),))
    clears(story)
    areas = check(story.engine.grid_plans(MIDNIGHT_S), Calculator(), 10)
    registers(story, strong_roof(2))
    stale = ApplyGridCheck(now_us=story.now_us, start_s=MIDNIGHT_S, areas=areas, turn=0)
    assert story.does(stale).rejections == ()
    assert count(story, IntervalChecked) == 1
    assert next_check(story) == 1
    checks(story)
    assert next_check(story) is None
    assert targets_w(story)["ann-solar"] == 10_000
    adds_up(story)


@pytest.mark.usefixtures("without_battery")
def test_an_interval_that_has_begun_goes_on_as_it_is() -> None:
    story = villages((weak_roof(),))
    clears(story)
    checks(story)
    before = targets_w(story)
    begun_us = MIDNIGHT_S * 1_000_000
    command = RegisterNetwork(now_us=begun_us, actor="op", network=strong_roof(2))
    assert story.does(command).rejections == ()
    assert not count(story, ChecksReopened)

    other = villages((weak_roof(),))
    clears(other)
    checks(other)
    registers(other, strong_roof(2))
    areas = check(other.engine.grid_plans(MIDNIGHT_S), Calculator(), 10)
    late = ApplyGridCheck(now_us=begun_us, start_s=MIDNIGHT_S, areas=areas, turn=1)
    assert other.does(late).rejections == ()
    assert next_check(other) is None
    assert targets_w(other) == before
    assert not count(other, InstructionsWithdrawn)


def test_a_limit_for_another_day_asks_no_grid() -> None:
    story = villages((strong_roof(),))
    clears(story)
    checks(story)
    later_s = MIDNIGHT_S + 86_400
    limits(story, ControlLevel.UNIT, "ann-solar", injection_max_w=0, from_s=later_s)
    assert next_check(story) is None


def test_a_storage_that_was_told_to_charge_has_its_room_back_when_it_is_not() -> None:
    story = villages((weak_roof(),))
    clears(story)
    checks(story)
    state = story.engine.state
    battery = state.storages["ann-battery"]
    after_s = MIDNIGHT_S + 900
    told_wh = stored_before_wh(state.positions, "ann-battery", battery, after_s)
    assert told_wh > 5_000
    registers(story, strong_roof(2))
    checks(story)
    assert stored_before_wh(state.positions, "ann-battery", battery, after_s) == 5_000
