"""Who gives up what for a limit that many share: fair over time, and the same whenever it is asked again."""

import pytest

from clearing.clear import clear
from market.model.act import Act, ActKind, PerformAct
from market.model.alarm import ControlLevel
from market.model.burden import BurdenCause, BurdensShared
from market.model.grid_check import UnitsRedispatched
from market.model.interval import MICROSECONDS
from market.model.messages import EndDelivery, SetpointsChanged, SettleInterval
from market.model.participant import UnitKind
from tests.builders import BATTERY, MIDNIGHT_S, STEP_S, UNITS, Story, unit
from tests.market.engine.feeders import feeder
from tests.market.engine.sunny import TIGHT_PPM, checks, sunny, told

BEN = unit(
    "ben-battery",
    "ben",
    UnitKind.STORAGE,
    injection_max_w=40_000,
    withdrawal_max_w=40_000,
    storage=BATTERY,
)


def limits(
    story: Story,
    level: ControlLevel,
    member_id: str,
    withdrawal_max_w: int,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
) -> None:
    act = Act(
        kind=ActKind.LIMIT,
        level=level,
        member_id=member_id,
        withdrawal_max_w=withdrawal_max_w,
        from_s=from_s,
        until_s=until_s,
    )
    command = PerformAct(now_us=story.now_us, actor="op", act=act, reason="works")
    assert story.does(command).rejections == ()


def targets(story: Story, start_s: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for event in story.events:
        if isinstance(event, SetpointsChanged) and event.start_s == start_s:
            found |= {item.unit_id: item.target_w for item in event.setpoints}
    return found


def shares(story: Story) -> list[BurdensShared]:
    return [event for event in told(story, BurdensShared) if isinstance(event, BurdensShared)]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Story:
    """Two batteries in an area; in the first interval one charges, in the second the other.

    Once they have traded, an operator lets the area take in 6 kW less.
    """
    monkeypatch.setattr("tests.builders.UNITS", (*UNITS, BEN))
    story = Story()
    for number in range(2):
        story.opens(MIDNIGHT_S + number * STEP_S)
    story.places(
        "retailer",
        "r0 retailer-sells sell 16000 100000\nr1 retailer-sells sell 16000 100000 1",
    )
    story.places("ann", "b0 ann-battery buy 400000 2500")
    story.places("ben", "b1 ben-battery buy 400000 2500 1")
    for number in range(2):
        story.clears(clear, MIDNIGHT_S + number * STEP_S)
    story.now_us = MIDNIGHT_S * MICROSECONDS + 300 * MICROSECONDS
    return story


def test_what_an_area_s_limit_takes_is_divided_by_room_and_written_down(narrow: Story) -> None:
    limits(narrow, ControlLevel.AREA, "RUR", 4_000)

    first, _ = shares(narrow)
    assert (first.start_s, first.area_id, first.cause) == (
        MIDNIGHT_S,
        "RUR",
        BurdenCause.AREA_LIMIT,
    )
    # 10 kW are to come in, 4 may: Ann can go up by 50 kW, Ben by 40.
    given_w = {item.unit_id: (item.given_w, item.offered_w) for item in first.shares}
    assert given_w == {"ann-battery": (3_333, 50_000), "ben-battery": (2_667, 40_000)}
    assert narrow.engine.state.burdens.of("ann-load") == (0, 0)


def test_over_intervals_all_have_given_the_same_part_of_what_they_could(narrow: Story) -> None:
    """6 kW while Ann can give more, then 1 kW while Ben can: by room alone Ann would bear 3.8, Ben 3.2."""
    second_s = MIDNIGHT_S + STEP_S
    limits(narrow, ControlLevel.AREA, "RUR", 4_000, until_s=second_s)
    limits(narrow, ControlLevel.AREA, "RUR", 9_000, from_s=second_s, until_s=second_s + STEP_S)

    burdens = narrow.engine.state.burdens
    assert burdens.of("ann-battery") == (3_500, 90_000)
    assert burdens.of("ben-battery") == (3_500, 90_000)


def test_an_interval_that_is_divided_again_is_divided_the_same(narrow: Story) -> None:
    limits(narrow, ControlLevel.AREA, "RUR", 4_000)
    before = [targets(narrow, MIDNIGHT_S + number * STEP_S) for number in range(2)]
    written = len(shares(narrow))

    limits(narrow, ControlLevel.UNIT, "ann-load", 9_000)

    assert [targets(narrow, MIDNIGHT_S + number * STEP_S) for number in range(2)] == before
    assert len(shares(narrow)) == written


def test_a_limit_that_ends_takes_its_burden_back(narrow: Story) -> None:
    limits(narrow, ControlLevel.AREA, "RUR", 4_000)
    (limit,) = narrow.engine.state.acts.all()
    release = Act(
        kind=ActKind.RELEASE,
        level=ControlLevel.AREA,
        member_id="RUR",
        limit_id=limit.narrowing_id,
    )
    narrow.does(PerformAct(now_us=narrow.now_us, actor="op", act=release, reason="done"))

    assert narrow.engine.state.burdens.of("ann-battery") == (0, 0)
    assert targets(narrow, MIDNIGHT_S)["ann-battery"] == -10_000


def test_what_is_settled_still_counts(narrow: Story) -> None:
    limits(narrow, ControlLevel.AREA, "RUR", 4_000)
    before = narrow.engine.state.burdens.of("ann-battery")
    narrow.does(EndDelivery(now_us=narrow.now_us, start_s=MIDNIGHT_S))
    settle = SettleInterval(now_us=narrow.now_us, start_s=MIDNIGHT_S, grid=())
    assert narrow.does(settle).rejections == ()

    burdens = narrow.engine.state.burdens
    assert burdens.shared(MIDNIGHT_S, "RUR", BurdenCause.AREA_LIMIT) is None
    assert burdens.of("ann-battery") == before


@pytest.mark.usefixtures("without_battery")
def test_what_is_cut_by_rule_is_a_burden() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    checks(story)

    (moved,) = told(story, UnitsRedispatched)
    assert isinstance(moved, UnitsRedispatched)
    (shared,) = shares(story)
    (share,) = shared.shares
    assert shared.cause is BurdenCause.BY_RULE
    assert (share.unit_id, share.given_w, share.offered_w) == (
        "ann-solar",
        -moved.changes[0].change_w,
        10_000,
    )


def test_what_is_priced_is_no_burden() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    checks(story)

    assert told(story, UnitsRedispatched)
    assert shares(story) == []
