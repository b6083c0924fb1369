"""Acts of operators: what one person does at once, what takes two, and what follows from it."""
# house: long because every kind of act is told here with what follows from it.

from dataclasses import replace
from typing import TypeVar

import pytest

from clearing.clear import clear
from market.engine.control.steering import LIMIT_RENEWED_S
from market.model.act import (
    Act,
    ActKind,
    ActPerformed,
    ActProposed,
    ApproveAct,
    AreaCoupled,
    AreaDecoupled,
    ControlReason,
    Curtailed,
    PerformAct,
    ProposedAct,
    UnitLimitsChanged,
    UnitsCurtailed,
)
from market.model.alarm import AlarmKind, AlarmRaised, ControlLevel, RaiseAlarm
from market.model.grid import Area, Grid
from market.model.interval import MICROSECONDS
from market.model.messages import (
    Answer,
    DeviationsSeen,
    EndDelivery,
    OpenContinuous,
    OrdersCancelled,
    SetpointsChanged,
    SettleInterval,
)
from market.model.power import PowerLimits, UnitLimit
from market.model.rejection import Code
from tests.builders import GRID, MIDNIGHT_S, STEP_S, Story
from tests.market.engine.orders.test_continuous import CONTINUOUS

START_US = MIDNIGHT_S * MICROSECONDS
FIVE_MINUTES_S = 300
AGREE_US = 900 * MICROSECONDS
UNIT, AREA, MARKET = ControlLevel.UNIT, ControlLevel.AREA, ControlLevel.MARKET
_Fact = TypeVar("_Fact")


@pytest.fixture
def story() -> Story:
    """A call is open."""
    told = Story()
    told.opens()
    return told


def deliver(story: Story) -> None:
    """Ann sells 500 Wh of sun and buys 1000, Ben buys 2000; five minutes of it are over."""
    story.places("retailer", "r retailer-sells sell 16000 100000")
    story.places("ann", "s ann-solar sell 10000 500\nl ann-load buy 400000 1000")
    story.places("ben", "l ben-load buy 400000 2000")
    story.clears(clear)
    story.now_us = START_US + FIVE_MINUTES_S * MICROSECONDS


@pytest.fixture
def running(story: Story) -> Story:
    deliver(story)
    return story


def act(
    story: Story,
    kind: ActKind,
    level: ControlLevel,
    member_id: str,
    *,
    actor: str = "op1",
    of_area: str | None = None,
    **what: int | str | None,
) -> Answer:
    wanted = replace(Act(kind=kind, level=level, member_id=member_id), **what)  # type: ignore[arg-type]
    return story.does(
        PerformAct(now_us=story.now_us, actor=actor, act=wanted, reason="works", of_area=of_area)
    )


def approve(
    story: Story, said: ProposedAct, actor: str = "op2", digest: str | None = None
) -> Answer:
    return story.does(
        ApproveAct(
            now_us=story.now_us,
            actor=actor,
            act_id=said.act_id,
            digest=said.digest if digest is None else digest,
        )
    )


def told(story: Story, kind: type[_Fact]) -> list[_Fact]:
    return [event for event in story.events if isinstance(event, kind)]


def proposal(story: Story) -> ProposedAct:
    return told(story, ActProposed)[-1].proposal


def codes(answer: Answer) -> list[Code]:
    return [item.code for item in answer.rejections]


def setpoints(story: Story) -> dict[str, tuple[int, int]]:
    """Newest target and its sequence, by unit."""
    found: dict[str, tuple[int, int]] = {}
    for event in told(story, SetpointsChanged):
        for item in event.setpoints:
            found[item.unit_id] = (item.target_w, item.sequence)
    return found


def limits(story: Story, unit_id: str) -> list[UnitLimit]:
    return [
        item
        for event in told(story, UnitLimitsChanged)
        for item in event.limits
        if item.unit_id == unit_id
    ]


def curtailed(story: Story) -> list[tuple[str, int, int, int, ControlReason]]:
    """Unit, from and until in seconds after midnight, W, why."""
    return [
        (item.unit_id, item.from_s - MIDNIGHT_S, item.until_s - MIDNIGHT_S, item.change_w, item.reason)
        for event in told(story, UnitsCurtailed)
        for item in event.items
    ]  # fmt: skip


# --- stop and start -------------------------------------------------------------------


def test_a_stop_takes_one_person_and_zeroes_the_running_set_point(running: Story) -> None:
    before = setpoints(running)
    assert before["ann-solar"][0] == 2_000
    assert act(running, ActKind.STOP, UNIT, "ann-solar").rejections == ()
    after = setpoints(running)
    assert after["ann-solar"] == (0, before["ann-solar"][1] + 1)
    assert after["ben-load"] == before["ben-load"]
    (last,) = [
        event for event in told(running, SetpointsChanged) if event.setpoints[0].sequence > 1
    ]
    assert [item.unit_id for item in last.setpoints] == ["ann-solar"]
    assert last.target_w == -12_000  # of the area: what both loads have bought
    assert curtailed(running) == [("ann-solar", 300, 900, -2_000, ControlReason.STOPPED)]
    (piece,) = told(running, UnitsCurtailed)[-1].items
    assert piece.energy_wh == -333  # 2 kW for ten minutes


def test_a_stop_is_an_alarm_and_a_limit_on_the_grid_channel(running: Story) -> None:
    act(running, ActKind.STOP, UNIT, "ann-solar")
    (alarm,) = (event.alarm for event in told(running, AlarmRaised))
    assert (alarm.kind, alarm.member_id) == (AlarmKind.STOPPED, "ann-solar")
    assert alarm.parameters == {"reason": "works", "by": "op1"}
    assert limits(running, "ann-solar") == [
        UnitLimit(
            unit_id="ann-solar",
            from_s=MIDNIGHT_S + 300,
            until_s=MIDNIGHT_S + STEP_S,
            withdrawal_max_w=0,
            injection_max_w=0,
            sequence=1,
            epoch=0,
            reason="stopped",
        )
    ]


def test_the_same_stop_again_changes_nothing(running: Story) -> None:
    act(running, ActKind.STOP, UNIT, "ann-solar")
    count = len(running.events)
    assert act(running, ActKind.STOP, UNIT, "ann-solar", actor="op2").rejections == ()
    assert act(running, ActKind.START, UNIT, "ben-load").rejections == ()
    assert len(running.events) == count


def test_a_start_gives_back_what_was_traded_and_says_so_for_a_day(running: Story) -> None:
    act(running, ActKind.STOP, UNIT, "ann-solar")
    running.now_us += FIVE_MINUTES_S * MICROSECONDS
    assert act(running, ActKind.START, UNIT, "ann-solar", actor="op2").rejections == ()
    assert setpoints(running)["ann-solar"] == (2_000, 3)
    assert curtailed(running)[-1] == ("ann-solar", 600, 900, 0, ControlReason.STOPPED)
    kept = running.engine.state.acts.curtailed[MIDNIGHT_S]["ann-solar"]
    assert [(item.from_s - MIDNIGHT_S, item.until_s - MIDNIGHT_S) for item in kept] == [
        (300, 600),
        (600, 900),
    ]
    assert sum(item.energy_wh for item in kept) == -166  # 2 kW for five minutes
    last = limits(running, "ann-solar")[-1]
    assert (last.injection_max_w, last.reason) == (10_000, "")
    assert last.until_s - last.from_s == LIMIT_RENEWED_S


def test_a_locked_unit_is_started_by_two(running: Story) -> None:
    running.does(
        RaiseAlarm(
            now_us=running.now_us,
            actor="meter",
            kind=AlarmKind.LOCKED,
            level=UNIT,
            member_id="ann-solar",
        )
    )
    act(running, ActKind.START, UNIT, "ann-solar")
    assert told(running, ActPerformed) == []
    assert approve(running, proposal(running)).rejections == ()
    (done,) = told(running, ActPerformed)
    assert done.actors == ("op1", "op2")


# --- limits ---------------------------------------------------------------------------


def test_a_limit_narrows_set_points_new_orders_and_nothing_else(running: Story) -> None:
    act(running, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=3_000)
    assert setpoints(running)["ben-load"][0] == -3_000
    assert curtailed(running) == [("ben-load", 300, 900, 5_000, ControlReason.OPERATOR_LIMIT)]
    position = running.engine.state.positions.traded("ben-load", MIDNIGHT_S)
    assert position.bought_wh == 2_000
    assert told(running, AlarmRaised) == []


def test_new_orders_above_a_limit_are_refused_and_below_it_stand(story: Story) -> None:
    act(story, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=3_000)
    refused, stands = story.places("ben", "a ben-load buy 20000 800\nb ben-load buy 20000 780")
    assert refused.rejection is not None
    assert refused.rejection.code is Code.EXCEEDS_CAPABILITY
    assert refused.rejection.parameters == {"energy_kwh_max": "0.787"}  # 3 kW and 5 %
    assert stands.rejection is None


def test_many_orders_at_once_meet_the_same_limit(story: Story) -> None:
    act(story, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=3_000)
    table = "\n".join(f"o{row} ben-load buy 20000 100" for row in range(20))
    answers = story.places("ben", table)
    assert [item.rejection is None for item in answers] == [True] * 7 + [False] * 13


def test_a_limit_holds_from_and_until(story: Story) -> None:
    second_s = MIDNIGHT_S + STEP_S
    story.opens(second_s)
    act(
        story,
        ActKind.LIMIT,
        UNIT,
        "ben-load",
        withdrawal_max_w=0,
        from_s=second_s,
        until_s=second_s + STEP_S,
    )
    first, second = story.places("ben", "a ben-load buy 20000 500 0\nb ben-load buy 20000 500 1")
    assert first.rejection is None
    assert second.rejection is not None


def test_what_rests_and_no_longer_fits_leaves(story: Story) -> None:
    story.places("ben", "a ben-load buy 20000 700\nb ben-load buy 20000 700")
    story.places("ann", "c ann-load buy 20000 700")
    act(story, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=6_000)
    assert told(story, OrdersCancelled) == []  # 1.4 kWh in a quarter-hour are 5.6 kW
    act(story, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=4_000)
    (gone,) = told(story, OrdersCancelled)
    assert (gone.participant_id, len(gone.order_ids)) == ("ben", 2)
    assert gone.reason == "system_narrowed"


def test_of_two_limits_the_narrower_holds_until_it_is_released(running: Story) -> None:
    act(running, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=5_000)
    act(running, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=3_000)
    act(running, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=4_000)
    assert setpoints(running)["ben-load"][0] == -3_000
    narrowest = told(running, ActPerformed)[1].act_id
    act(running, ActKind.RELEASE, UNIT, "ben-load", limit_id=narrowest, actor="op2")
    assert setpoints(running)["ben-load"][0] == -4_000


@pytest.mark.parametrize(
    ("level", "member_id", "what", "code"),
    [
        (UNIT, "ben-load", {"withdrawal_max_w": 10_001}, Code.EXCEEDS_CAPABILITY),
        (UNIT, "ben-load", {"injection_max_w": 1}, Code.EXCEEDS_CAPABILITY),
        (UNIT, "ben-load", {}, Code.FIELD_MISSING),
        (UNIT, "nobody", {"injection_max_w": 0}, Code.NOT_FOUND),
        (AREA, "NOWHERE", {"injection_max_w": 0}, Code.NOT_FOUND),
        (MARKET, "village", {"injection_max_w": 0}, Code.FIELD_RANGE),
        (UNIT, "ben-load", {"injection_max_w": 0, "until_s": MIDNIGHT_S - 90_000}, Code.FIELD_RANGE),
    ],
)  # fmt: skip
def test_a_limit_only_narrows(
    story: Story, level: ControlLevel, member_id: str, what: dict[str, int], code: Code
) -> None:
    assert codes(act(story, ActKind.LIMIT, level, member_id, **what)) == [code]


def test_an_area_s_limit_is_never_above_its_rating() -> None:
    rated = tuple(
        replace(area, import_limit_w=8_000) if area.area_id == "RUR" else area
        for area in GRID.areas
    )
    story = Story(grid=Grid(areas=rated, lines=GRID.lines))
    over = act(story, ActKind.LIMIT, AREA, "RUR", withdrawal_max_w=8_001)
    assert codes(over) == [Code.EXCEEDS_CAPABILITY]
    assert over.rejections[0].parameters == {"withdrawal_max_kw": "8.000"}
    assert act(story, ActKind.LIMIT, AREA, "RUR", withdrawal_max_w=8_000).rejections == ()


def test_an_area_s_limit_binds_what_is_still_to_be_cleared(story: Story) -> None:
    act(story, ActKind.LIMIT, AREA, "RUR", withdrawal_max_w=4_000, until_s=MIDNIGHT_S + STEP_S)
    capacity = story.engine.state.capacity
    assert capacity.import_left_wh("RUR", MIDNIGHT_S) == 1_000
    assert capacity.import_left_wh("RUR", MIDNIGHT_S + STEP_S) is None
    deliver(story)
    state = story.engine.state
    bought_wh = sum(
        state.positions.traded(name, MIDNIGHT_S).bought_wh for name in ("ann-load", "ben-load")
    )
    assert 500 < bought_wh <= 1_500  # 500 of the sun, 1000 over the connection
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    assert state.acts.all() == ()
    assert capacity.import_left_wh("RUR", MIDNIGHT_S + STEP_S) is None


def test_an_area_s_limit_moves_whom_it_can_steer(story: Story) -> None:
    story.places("retailer", "r retailer-sells sell 16000 100000")
    story.places("ann", "b ann-battery buy 400000 1000\nl ann-load buy 400000 1000")
    story.clears(clear)
    story.now_us = START_US + FIVE_MINUTES_S * MICROSECONDS
    act(story, ActKind.LIMIT, AREA, "RUR", withdrawal_max_w=6_000)
    targets = setpoints(story)
    assert targets["ann-load"][0] == -4_000
    assert targets["ann-battery"][0] == -2_000
    assert curtailed(story) == [("ann-battery", 300, 900, 2_000, ControlReason.OPERATOR_LIMIT)]
    assert limits(story, "ann-battery") == []  # the sum is limited, no unit is
    limit_id = told(story, ActPerformed)[-1].act_id
    act(story, ActKind.RELEASE, AREA, "RUR", limit_id=limit_id)
    assert setpoints(story)["ann-battery"][0] == -4_000


# --- emergency stops ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "member_id", "stopped"),
    [
        (UNIT, "ben-load", {"ben-load"}),
        (AREA, "RUR", {"ann-solar", "ann-load", "ben-load"}),
        (MARKET, "village", {"ann-solar", "ann-load", "ben-load"}),
        (AREA, "GRID", set()),
    ],
)
def test_an_emergency_stop_of_a_unit_an_area_or_everything(
    running: Story, level: ControlLevel, member_id: str, stopped: set[str]
) -> None:
    """The contract with the retailer is no device; whatever it delivers is settled."""
    act(running, ActKind.EMERGENCY_STOP, level, member_id)
    targets = setpoints(running)
    assert {name for name, (_, sequence) in targets.items() if sequence > 1} == stopped
    assert all(targets[name][0] == 0 for name in stopped)
    assert targets["retailer-sells"][0] != 0
    assert {reason for *_, reason in curtailed(running)} <= {ControlReason.EMERGENCY_STOP}
    (alarm,) = (event.alarm for event in told(running, AlarmRaised))
    assert (alarm.kind, alarm.severity.value) == (AlarmKind.EMERGENCY_STOPPED, "critical")


def test_who_is_stopped_trades_nothing_new(story: Story) -> None:
    story.places("ben", "a ben-load buy 20000 100")
    act(story, ActKind.EMERGENCY_STOP, AREA, "RUR")
    assert [event.reason for event in told(story, OrdersCancelled)] == ["system_narrowed"]
    (answer,) = story.places("ben", "b ben-load buy 20000 100")
    assert answer.rejection is not None
    assert answer.rejection.code is Code.UNIT_OUT_OF_SERVICE
    (answer,) = story.places("retailer", "r retailer-sells sell 16000 100")
    assert answer.rejection is None


def test_orders_of_continuous_trading_are_refused_alike() -> None:
    story = Story(rules=CONTINUOUS)
    story.does(OpenContinuous(now_us=story.now_us, start_s=MIDNIGHT_S))
    story.places("ben", "a ben-load buy 12000 100")
    act(story, ActKind.EMERGENCY_STOP, UNIT, "ben-load")
    assert len(told(story, OrdersCancelled)) == 1
    (answer,) = story.places("ben", "b ben-load buy 12000 100")
    assert answer.rejection is not None
    assert answer.rejection.code is Code.UNIT_OUT_OF_SERVICE


def test_releasing_an_emergency_stop_takes_two(running: Story) -> None:
    act(running, ActKind.EMERGENCY_STOP, AREA, "RUR")
    act(running, ActKind.RELEASE, AREA, "RUR")
    assert setpoints(running)["ben-load"][0] == 0
    said = proposal(running)
    assert said.until_us == running.now_us + AGREE_US
    assert codes(approve(running, said, "op1")) == [Code.SECOND_PERSON_REQUIRED]
    assert codes(approve(running, said, digest="0" * 64)) == [Code.REVISION_MISMATCH]
    assert approve(running, said).rejections == ()
    assert setpoints(running)["ben-load"][0] == -8_000
    assert told(running, ActPerformed)[-1].actors == ("op1", "op2")
    assert codes(approve(running, said)) == [Code.NOT_FOUND]


def test_a_proposal_lapses_with_time(running: Story) -> None:
    act(running, ActKind.EMERGENCY_STOP, UNIT, "ben-load")
    act(running, ActKind.RELEASE, UNIT, "ben-load")
    running.now_us += AGREE_US + 1
    assert codes(approve(running, proposal(running))) == [Code.ACT_LAPSED]
    act(running, ActKind.RELEASE, UNIT, "ben-load")
    assert len(running.engine.state.acts.proposals) == 1  # the old one is forgotten


def test_a_proposal_lapses_when_something_else_is_done_to_the_member(running: Story) -> None:
    act(running, ActKind.EMERGENCY_STOP, UNIT, "ben-load")
    act(running, ActKind.RELEASE, UNIT, "ben-load")
    act(running, ActKind.STOP, UNIT, "ann-solar")  # another one does not matter
    act(running, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=1_000)
    assert codes(approve(running, proposal(running))) == [Code.ACT_LAPSED]
    act(running, ActKind.RELEASE, UNIT, "ben-load", actor="op2")
    assert approve(running, proposal(running), "op1").rejections == ()
    assert setpoints(running)["ben-load"][0] == -1_000


def test_a_digest_is_of_exactly_what_was_said(running: Story) -> None:
    act(running, ActKind.EMERGENCY_STOP, UNIT, "ben-load")
    act(running, ActKind.RELEASE, UNIT, "ben-load")
    first = proposal(running)
    act(running, ActKind.RELEASE, UNIT, "ben-load")
    second = proposal(running)
    assert first.digest != second.digest
    assert codes(approve(running, second, digest=first.digest)) == [Code.REVISION_MISMATCH]


def test_a_stop_in_force_at_the_gate_is_in_the_first_set_points(story: Story) -> None:
    story.places("retailer", "r retailer-sells sell 16000 100000")
    story.places("ben", "l ben-load buy 400000 2000")
    act(story, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=8_000)
    story.clears(clear)
    assert setpoints(story)["ben-load"][0] == -8_000
    # At the gate each narrowed unit is told its limit for the interval.
    last = limits(story, "ben-load")[-1]
    assert (last.from_s, last.until_s) == (MIDNIGHT_S, MIDNIGHT_S + STEP_S)
    assert (last.withdrawal_max_w, last.reason) == (8_000, "operator_limit")


def test_limits_that_no_longer_narrow_are_renewed_for_a_day(running: Story) -> None:
    act(running, ActKind.STOP, UNIT, "ann-solar")
    act(running, ActKind.START, UNIT, "ann-solar")
    until_s = limits(running, "ann-solar")[-1].until_s
    state = running.engine.state
    assert state.acts.limits_until_s == {"ann-solar": until_s}
    second_s = MIDNIGHT_S + STEP_S
    running.opens(second_s)
    running.clears(clear, second_s)
    assert limits(running, "ann-solar")[-1].until_s == until_s  # it lasts longer than the interval


# --- decoupling ----------------------------------------------------------------------------


def test_nothing_more_goes_over_the_lines_of_a_decoupled_area(story: Story) -> None:
    state = story.engine.state
    assert state.capacity.left_wh("GRID-RUR", True, MIDNIGHT_S) == 3_000
    act(story, ActKind.DECOUPLE, AREA, "RUR")
    assert state.capacity.left_wh("GRID-RUR", True, MIDNIGHT_S) == 0
    assert [event.area_id for event in told(story, AreaDecoupled)] == ["RUR"]
    assert [event.alarm.kind for event in told(story, AlarmRaised)] == [AlarmKind.DECOUPLED]
    deliver(story)
    bought_wh = sum(
        state.positions.traded(name, MIDNIGHT_S).bought_wh for name in ("ann-load", "ben-load")
    )
    assert bought_wh == 500  # only what the sun of the area gives


def test_what_was_drawn_before_stays_drawn(running: Story) -> None:
    state = running.engine.state
    before = state.positions.scheduled_wh(MIDNIGHT_S)
    act(running, ActKind.DECOUPLE, AREA, "RUR")
    assert state.positions.scheduled_wh(MIDNIGHT_S) == before
    running.does(EndDelivery(now_us=running.now_us, start_s=MIDNIGHT_S))
    running.does(SettleInterval(now_us=running.now_us, start_s=MIDNIGHT_S))
    assert state.ledger.sum_quanta() == 0


def test_coupling_again_takes_two(story: Story) -> None:
    act(story, ActKind.DECOUPLE, AREA, "RUR")
    act(story, ActKind.COUPLE, AREA, "RUR")
    assert told(story, AreaCoupled) == []
    approve(story, proposal(story))
    (coupled,) = told(story, AreaCoupled)
    assert coupled.actors == ("op1", "op2")
    assert story.engine.state.capacity.left_wh("GRID-RUR", True, MIDNIGHT_S) == 3_000


def test_lines_inside_a_decoupled_area_go_on() -> None:
    inner = Area(area_id="IN", name="Inner", parent="RUR")
    line = replace(GRID.lines[0], line_id="RUR-IN", from_area="RUR", to_area="IN")
    story = Story(grid=Grid(areas=(*GRID.areas, inner), lines=(*GRID.lines, line)))
    act(story, ActKind.DECOUPLE, AREA, "RUR")
    capacity = story.engine.state.capacity
    assert capacity.left_wh("GRID-RUR", False, MIDNIGHT_S) == 0
    assert capacity.left_wh("RUR-IN", True, MIDNIGHT_S) == 3_000


# --- areas' own acts ----------------------------------------------------------------------


def test_an_area_limits_itself_and_takes_that_back(running: Story) -> None:
    own = {"actor": "gateway", "of_area": "RUR"}
    assert act(running, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=0, **own).rejections == ()
    limit_id = told(running, ActPerformed)[-1].act_id
    assert (
        act(running, ActKind.RELEASE, UNIT, "ben-load", limit_id=limit_id, **own).rejections == ()
    )
    assert act(running, ActKind.STOP, AREA, "RUR", **own).rejections == ()
    assert act(running, ActKind.START, AREA, "RUR", **own).rejections == ()
    assert act(running, ActKind.EMERGENCY_STOP, AREA, "RUR", **own).rejections == ()


def test_an_area_undoes_nothing_of_the_operators_and_reaches_nobody_else(running: Story) -> None:
    own = {"actor": "gateway", "of_area": "RUR"}
    act(running, ActKind.STOP, UNIT, "ben-load")
    assert codes(act(running, ActKind.START, UNIT, "ben-load", **own)) == [Code.NOT_PERMITTED]
    act(running, ActKind.LIMIT, UNIT, "ann-load", withdrawal_max_w=0)
    limit_id = told(running, ActPerformed)[-1].act_id
    refused = act(running, ActKind.RELEASE, UNIT, "ann-load", limit_id=limit_id, **own)
    assert codes(refused) == [Code.NOT_PERMITTED]
    act(running, ActKind.EMERGENCY_STOP, AREA, "RUR", **own)
    assert codes(act(running, ActKind.RELEASE, AREA, "RUR", **own)) == [Code.NOT_PERMITTED]
    assert codes(act(running, ActKind.COUPLE, AREA, "RUR", **own)) == [Code.NOT_PERMITTED]
    for level, member_id in ((UNIT, "retailer-sells"), (AREA, "GRID"), (MARKET, "village")):
        refused = act(running, ActKind.EMERGENCY_STOP, level, member_id, **own)
        assert codes(refused) == [Code.NOT_FOUND]


def test_a_deviation_says_that_and_why_a_unit_was_told_something_else(running: Story) -> None:
    act(running, ActKind.STOP, UNIT, "ann-solar")
    running.does(EndDelivery(now_us=running.now_us, start_s=MIDNIGHT_S))
    running.does(SettleInterval(now_us=running.now_us, start_s=MIDNIGHT_S))
    (seen,) = told(running, DeviationsSeen)
    of = {item.member_id: item for item in seen.deviations}
    assert (of["ann-solar"].curtailed_wh, of["ann-solar"].reason) == (-333, "stopped")
    assert (of["ben-load"].curtailed_wh, of["ben-load"].reason) == (0, "")
    assert running.engine.state.acts.curtailed == {}


# --- facts --------------------------------------------------------------------------------


def test_what_a_unit_may_do_is_what_is_left_of_all_that_narrows_it(story: Story) -> None:
    act(story, ActKind.LIMIT, UNIT, "ann-battery", withdrawal_max_w=30_000, injection_max_w=9_000)
    act(story, ActKind.LIMIT, UNIT, "ann-battery", injection_max_w=5_000)
    state = story.engine.state
    allowed = state.acts.allowed(state.units["ann-battery"], MIDNIGHT_S, MIDNIGHT_S + STEP_S)
    assert allowed.limits == PowerLimits(withdrawal_max_w=30_000, injection_max_w=5_000)
    assert allowed.reason is ControlReason.OPERATOR_LIMIT


def test_a_curtailed_piece_is_energy_of_its_own_part_of_the_interval() -> None:
    piece = Curtailed(
        unit_id="x", start_s=0, from_s=100, until_s=900, change_w=-900, reason=ControlReason.TRIP
    )
    assert piece.energy_wh == -200
