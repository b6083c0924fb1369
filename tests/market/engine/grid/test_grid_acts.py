"""What operators allow while a grid is calculated and afterwards, beside what its check has told units."""

import pytest

from clearing.clear import clear
from market.control.grid_check import AreaPlan, check
from market.model.act import Act, ActKind, ControlReason, PerformAct, UnitsCurtailed
from market.model.alarm import ControlLevel
from market.model.grid_check import ApplyGridCheck, UnitChange, UnitsRedispatched
from market.model.messages import SetpointsChanged
from tests.builders import MIDNIGHT_S, STEP_S, Story
from tests.market.engine.feeders import Calculator, feeder
from tests.market.engine.sunny import ONE_INTERVAL, TIGHT_PPM, checks, registers, told


def limits(story: Story, unit_id: str, **what: int) -> str:
    """An operator's limit; its id."""
    wanted = Act(kind=ActKind.LIMIT, level=ControlLevel.UNIT, member_id=unit_id, **what)  # type: ignore[arg-type]
    number = story.engine.state.acts.next_number
    answer = story.does(PerformAct(now_us=story.now_us, actor="op1", act=wanted, reason="works"))
    assert answer.rejections == ()
    assert story.engine.state.acts.next_number == number + 1
    (narrowing,) = story.engine.state.acts.narrowings[ControlLevel.UNIT, unit_id].values()
    return narrowing.narrowing_id


def releases(story: Story, unit_id: str, limit_id: str) -> None:
    wanted = Act(
        kind=ActKind.RELEASE, level=ControlLevel.UNIT, member_id=unit_id, limit_id=limit_id
    )
    answer = story.does(PerformAct(now_us=story.now_us, actor="op2", act=wanted, reason="done"))
    assert answer.rejections == ()


def target_w(story: Story, unit_id: str) -> int:
    return [
        item.target_w
        for event in told(story, SetpointsChanged)
        if isinstance(event, SetpointsChanged)
        for item in event.setpoints
        if item.unit_id == unit_id
    ][-1]


def sold(story: Story) -> None:
    """The roof sells ten kilowatts; the set-points are out."""
    assert registers(story, feeder(voltage_max_ppm=TIGHT_PPM)) == []
    story.opens()
    story.places("retailer", "r retailer-sells buy 8000 100000")
    story.places("ann", "s ann-solar sell 1000 2500")
    story.clears(clear)


def the_change(story: Story) -> UnitChange:
    (moved,) = told(story, UnitsRedispatched)
    assert isinstance(moved, UnitsRedispatched)
    (change,) = moved.changes
    return change


@pytest.mark.usefixtures("without_battery")
def test_a_limit_that_ends_after_the_check_gives_nothing_back_that_the_grid_cannot_bear() -> None:
    story = Story(rules=ONE_INTERVAL)
    sold(story)
    limit_id = limits(story, "ann-solar", injection_max_w=8_000)
    assert target_w(story, "ann-solar") == 8_000
    checks(story)
    change = the_change(story)
    assert change.from_w == 8_000
    assert target_w(story, "ann-solar") == change.to_w < 8_000

    releases(story, "ann-solar", limit_id)

    assert target_w(story, "ann-solar") == change.to_w


@pytest.mark.usefixtures("without_battery")
def test_who_was_stopped_comes_back_to_what_the_check_has_told_it_and_is_told_why() -> None:
    story = Story(rules=ONE_INTERVAL)
    sold(story)
    first = limits(story, "ann-solar", injection_max_w=8_000)
    checks(story)
    change = the_change(story)
    releases(story, "ann-solar", first)
    second = limits(story, "ann-solar", injection_max_w=0)
    assert target_w(story, "ann-solar") == 0

    releases(story, "ann-solar", second)

    assert target_w(story, "ann-solar") == change.to_w
    (piece,) = told(story, UnitsCurtailed)[-1].items  # type: ignore[union-attr]
    assert piece.reason is ControlReason.GRID_VOLTAGE


def test_a_limit_after_the_check_holds_against_the_cure() -> None:
    story = Story(rules=ONE_INTERVAL)
    sold(story)
    checks(story)
    change = the_change(story)
    assert change.unit_id == "ann-battery"
    assert target_w(story, "ann-battery") == change.to_w < -1_000

    limits(story, "ann-battery", withdrawal_max_w=1_000)

    assert target_w(story, "ann-battery") == -1_000


def test_a_limit_that_came_while_the_grid_was_calculated_holds_against_the_cure() -> None:
    story = Story(rules=ONE_INTERVAL)
    sold(story)
    areas = check(story.engine.grid_plans(MIDNIGHT_S), Calculator(), 10)
    (change,) = areas[0].changes
    limits(story, "ann-battery", withdrawal_max_w=1_000)

    command = ApplyGridCheck(now_us=story.now_us, start_s=MIDNIGHT_S, areas=areas)
    assert story.does(command).rejections == ()

    assert change.to_w < -1_000
    assert target_w(story, "ann-battery") == -1_000


# --- storages -----------------------------------------------------------------------------


def battery(plan: AreaPlan) -> tuple[int, int, int]:
    """Least and most it may be steered to, and the least by rule."""
    row = plan.member_ids.index("ann-battery")
    moves = plan.moves
    return moves.lowest_w[row], moves.highest_w[row], moves.lowest_by_rule_w[row]


def test_a_storage_is_steered_only_so_far_that_it_can_keep_what_it_has_traded_for_later() -> None:
    story = Story()
    assert registers(story, feeder()) == []
    for start_s in (MIDNIGHT_S, MIDNIGHT_S + STEP_S):
        story.opens(start_s)
    story.places("retailer", "q retailer-sells buy 8000 100000 1")
    story.places("ann", "b ann-battery sell 1000 1900 1")
    for start_s in (MIDNIGHT_S, MIDNIGHT_S + STEP_S):
        story.clears(clear, start_s)

    (plan,) = story.engine.grid_plans(MIDNIGHT_S)

    # 5 kWh are stored, 2 kWh of them sold for later: 3 kWh, of which 95 % come out, are free to give.
    # None of the room of 5 kWh is taken up by that.
    assert battery(plan) == (-21_052, 2_850 * 4, -21_052)


def test_room_a_storage_has_bought_for_later_is_given_up_only_by_rule() -> None:
    story = Story()
    assert registers(story, feeder()) == []
    for start_s in (MIDNIGHT_S, MIDNIGHT_S + STEP_S):
        story.opens(start_s)
    story.places("retailer", "q retailer-sells sell 8000 100000 1")
    story.places("ann", "b ann-battery buy 40000 2000 1")
    for start_s in (MIDNIGHT_S, MIDNIGHT_S + STEP_S):
        story.clears(clear, start_s)

    (plan,) = story.engine.grid_plans(MIDNIGHT_S)

    # 1.9 of 5 kWh of room are bought for: 3.1 kWh may still come, of which 95 % arrive.
    least_w, most_w, by_rule_w = battery(plan)
    assert (least_w, by_rule_w) == (-13_052, -21_052)
    assert most_w == 19_000
