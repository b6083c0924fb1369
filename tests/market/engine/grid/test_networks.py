"""An area's real grid: registered whole, held against every schedule, cured."""

from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.clear import clear
from clearing.network import network_faults
from market.control.grid_check import check
from market.control.network_arrays import network_arrays
from market.model.act import ControlReason
from market.model.alarm import AlarmKind, AlarmRaised
from market.model.grid import Area
from market.model.grid_check import (
    ApplyGridCheck,
    GridChecked,
    IntervalChecked,
    UnitsRedispatched,
)
from market.model.messages import (
    RegisterUnits,
    SetpointsChanged,
)
from market.model.network import NetworkRegistered, Transformer
from market.model.participant import UnitKind
from market.model.rejection import Code
from market.model.timer import TimerKind
from market.trading.flexible import stored_before_wh
from tests.builders import GRID, MIDNIGHT_S, STEP_S, UNITS, Story, unit
from tests.market.engine.feeders import PLACES, Calculator, feeder
from tests.market.engine.sunny import (
    ONE_INTERVAL,
    TIGHT_PPM,
    checks,
    redispatched_wh,
    registers,
    sunny,
    told,
)

# --- registering ------------------------------------------------------------------------


def test_a_grid_is_registered_once_and_its_next_version_takes_its_place() -> None:
    story = Story()
    assert registers(story, feeder()) == []
    assert registers(story, feeder()) == []
    assert len(told(story, NetworkRegistered)) == 1
    changed = replace(feeder(), source_voltage_ppm=1_020_000)
    assert registers(story, changed) == [(Code.EXISTS_WITH_DIFFERENT_FIELDS, "version")]
    assert registers(story, replace(changed, version=2)) == []
    assert story.engine.state.networks.of("RUR") == replace(changed, version=2)


def test_all_that_is_wrong_with_a_grid_is_said_together() -> None:
    good = feeder()
    wrong = replace(
        good,
        source_bus="nowhere",
        buses=(*good.buses, good.buses[0], replace(good.buses[1], bus_id="island")),
        lines=(
            replace(good.lines[0], to_bus="away"),
            replace(good.lines[1], to_bus="roof"),
        ),
        placements=(
            *(item for item in good.placements if item.member_id != "ben-load"),
            replace(good.placements[0], member_id="retailer-sells"),
            replace(good.placements[0], bus_id="away"),
        ),
    )

    found = registers(Story(), wrong)

    assert (Code.DEFINITION_INVALID, "source_bus") in found
    assert (Code.DEFINITION_INVALID, "buses/0/bus_id") in found
    assert (Code.DEFINITION_INVALID, "lines/0/to_bus") in found
    assert (Code.DEFINITION_INVALID, "lines/1") in found
    assert (Code.UNIT_UNKNOWN, "placements/3/member_id") in found
    assert (Code.DEFINITION_INVALID, "placements/4/bus_id") in found
    assert (Code.DEFINITION_INVALID, "placements/4/member_id") in found
    assert (Code.DEFINITION_INVALID, "placements") in found  # ben's load has no bus


def test_a_bus_that_nothing_joins_to_the_source_is_named() -> None:
    good = feeder()
    lonely = replace(good, buses=(*good.buses, replace(good.buses[0], bus_id="island")))
    assert registers(Story(), lonely) == [(Code.DEFINITION_INVALID, "buses/3")]


small = st.sampled_from((1, 2, 1, 2, 1, 2, 1, 2, 0, -1))


@given(st.lists(small, min_size=9, max_size=9))
def test_a_grid_that_is_taken_can_be_calculated(figures: list[int]) -> None:
    """A solver that refuses it later would stop the market at its gate."""
    story = Story(rules=ONE_INTERVAL)
    plain = feeder()
    rated_v, least_ppm, source_ppm, length_mm, current_ma, rated_va, uk, iron_w, i0 = figures
    joint = Transformer(
        transformer_id="station transformer",
        from_bus="top",
        to_bus="station",
        rated_va=rated_va,
        from_rated_v=20_000,
        to_rated_v=400,
        short_circuit_ppb=uk,
        short_circuit_resistance_ppb=1,
        no_load_current_ppb=i0 * 1_000_000_000,
        iron_loss_w=iron_w,
    )
    network = replace(
        plain,
        source_bus="top",
        source_voltage_ppm=source_ppm,
        buses=(
            replace(plain.buses[0], bus_id="top", rated_v=rated_v, voltage_min_ppm=least_ppm),
            *plain.buses,
        ),
        lines=(
            replace(plain.lines[0], length_mm=length_mm, current_max_ma=current_ma),
            *plain.lines[1:],
        ),
        transformers=(joint,),
    )
    is_taken = not registers(story, network)
    assert is_taken is (network_faults(network_arrays(network, tuple(PLACES))) == [])


def test_a_grid_of_an_area_nobody_knows_is_refused() -> None:
    found = registers(Story(), feeder(area_id="NOWHERE", places={}))
    assert found == [(Code.AREA_UNKNOWN, "area_id")]


# --- schedules ----------------------------------------------------------------------------


def test_without_a_grid_nothing_waits_for_a_check() -> None:
    story = sunny(None)
    timer = story.engine.next_timer()
    assert timer is not None
    assert timer.kind is not TimerKind.CHECK_GRID


def test_a_check_is_due_with_its_gate_and_is_done_once() -> None:
    story = sunny(feeder())
    timer = story.engine.next_timer()
    assert timer is not None
    assert timer.due_us == (MIDNIGHT_S - STEP_S) * 1_000_000
    checks(story)
    (checked,) = told(story, GridChecked)
    assert isinstance(checked, GridChecked)
    assert checked.cured
    assert checked.after is None
    assert 1_010_000 < checked.before.highest_voltage_ppm < 1_100_000
    assert len(told(story, IntervalChecked)) == 1
    assert not told(story, UnitsRedispatched)
    again = ApplyGridCheck(now_us=timer.due_us, start_s=MIDNIGHT_S, areas=())
    assert [fault.code for fault in story.does(again).rejections] == [Code.PHASE_CONFLICT]


def test_too_high_a_voltage_is_cured_by_the_battery_and_verified() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    sequence = story.engine.state.setpoint_sequence
    checks(story)
    (checked,) = told(story, GridChecked)
    (moved,) = told(story, UnitsRedispatched)
    assert isinstance(checked, GridChecked)
    assert isinstance(moved, UnitsRedispatched)
    assert checked.before.violation_count == 2  # the roof and the barn
    assert checked.cured
    assert checked.after is not None
    assert checked.after.is_safe
    assert checked.after.highest_voltage_ppm <= TIGHT_PPM
    (change,) = moved.changes
    assert (change.unit_id, change.from_w) == ("ann-battery", 0)
    assert change.reason is ControlReason.GRID_VOLTAGE
    assert change.element_id == "barn"  # a cable without load lifts its end a little
    assert change.to_w == -moved.replacement_w < 0
    newest = told(story, SetpointsChanged)[-1]
    assert isinstance(newest, SetpointsChanged)
    (setpoint,) = newest.setpoints
    assert (setpoint.unit_id, setpoint.target_w) == ("ann-battery", change.to_w)
    assert setpoint.sequence == sequence + 1
    assert newest.target_w == 10_000 + change.to_w
    assert not told(story, AlarmRaised)


def test_a_storage_is_not_charged_beyond_what_it_can_hold() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    (plan,) = story.engine.grid_plans(MIDNIGHT_S)
    row = plan.member_ids.index("ann-battery")
    # 5 of 10 kWh are free, of which 95 % arrive: 21 kW for a quarter of an hour
    assert plan.moves.lowest_w[row] == -21_052
    assert plan.moves.highest_w[row] == 19_000
    assert plan.moves.highest_w[plan.member_ids.index("ann-load")] == 0


def test_what_a_storage_was_told_to_take_leaves_less_room_for_the_next_interval() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    state = story.engine.state
    battery = state.storages["ann-battery"]
    assert stored_before_wh(state.positions, "ann-battery", battery, MIDNIGHT_S + STEP_S) == 5_000
    checks(story)
    moved_wh = redispatched_wh(story)
    assert moved_wh < 0
    assert stored_before_wh(
        state.positions, "ann-battery", battery, MIDNIGHT_S + STEP_S
    ) == 5_000 + (-moved_wh * 95 // 100)
    # A position it is not: what it has traded is what it has traded.
    assert state.positions.scheduled_wh(MIDNIGHT_S).get("ann-battery", 0) == 0
    later = deepcopy(state.positions)
    later.forget(MIDNIGHT_S + STEP_S, state.storages)
    assert later.state_of_charge_wh("ann-battery", battery) == (
        MIDNIGHT_S,
        5_000 + (-moved_wh * 95 // 100),
    )


@pytest.mark.usefixtures("without_battery")
def test_where_nothing_can_be_steered_injection_is_cut_by_rule() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    checks(story)
    (checked,) = told(story, GridChecked)
    (moved,) = told(story, UnitsRedispatched)
    assert isinstance(checked, GridChecked)
    assert isinstance(moved, UnitsRedispatched)
    assert (checked.cured, checked.by_rule) == (True, True)
    assert [change.unit_id for change in moved.changes] == ["ann-solar"]


@pytest.mark.usefixtures("without_battery")
def test_what_cannot_be_cured_is_said_and_somebody_is_called() -> None:
    story = Story(rules=ONE_INTERVAL)
    registers(story, feeder(voltage_min_ppm=999_000))
    story.opens()
    story.places("retailer", "r retailer-sells sell 8000 100000")
    story.places("ben", "b ben-load buy 20000 2500")
    story.clears(clear)
    checks(story)
    (checked,) = told(story, GridChecked)
    assert isinstance(checked, GridChecked)
    assert not checked.cured
    (alarm,) = told(story, AlarmRaised)
    assert isinstance(alarm, AlarmRaised)
    assert (alarm.alarm.kind, alarm.alarm.member_id) == (AlarmKind.GRID_VOLTAGE, "RUR")
    assert alarm.alarm.parameters["element"] == "barn"


def test_a_line_that_would_carry_too_much_is_relieved() -> None:
    story = sunny(feeder(current_max_ma=10_000))  # seven kilowatts at rated voltage
    checks(story)
    (checked,) = told(story, GridChecked)
    (moved,) = told(story, UnitsRedispatched)
    assert isinstance(checked, GridChecked)
    assert isinstance(moved, UnitsRedispatched)
    assert checked.before.loaded_element == "lane"
    assert checked.before.highest_loading_ppm > 1_000_000
    assert checked.cured
    (change,) = moved.changes
    assert (change.unit_id, change.element_id) == ("ann-battery", "lane")
    assert change.reason is ControlReason.GRID_LOADING


def test_a_unit_that_came_after_its_grid_stands_at_the_source() -> None:
    story = Story(rules=ONE_INTERVAL)
    assert registers(story, feeder()) == []
    late = replace(UNITS[0], unit_id="ann-roof-two")
    story.does(RegisterUnits(now_us=story.now_us, actor="op", units=(late,)))
    (plan,) = story.engine.grid_plans(MIDNIGHT_S)
    arrays = network_arrays(plan.network, plan.member_ids)
    assert arrays.unit_node[plan.member_ids.index("ann-roof-two")] == arrays.source_node
    places = {**PLACES, "ann-roof-two": "roof"}
    assert registers(story, feeder(version=2, places=places)) == []


NESTED = replace(
    GRID,
    areas=(*GRID.areas, Area(area_id="YARD", name="Yard", parent="RUR")),
    lines=(*GRID.lines, replace(GRID.lines[0], line_id="GRID-YARD", to_area="YARD")),
)


def test_an_area_inside_an_area_is_checked_first_and_counts_as_it_was_told() -> None:
    story = Story(rules=ONE_INTERVAL, grid=NESTED)
    mill = unit("mill", "ben", UnitKind.SOLAR, injection_max_w=10_000, area_id="YARD")
    story.does(RegisterUnits(now_us=story.now_us, actor="op", units=(mill,)))
    inner = feeder(area_id="YARD", voltage_max_ppm=TIGHT_PPM, places={"mill": "barn"})
    outer = feeder(places={**PLACES, "YARD": "barn"})
    assert registers(story, outer) == []
    assert registers(story, inner) == []
    story.opens()
    story.places("retailer", "r retailer-sells buy 8000 100000")
    story.places("ben", "s mill sell 1000 2500")
    story.clears(clear)
    checks(story)
    checked = [event for event in told(story, GridChecked) if isinstance(event, GridChecked)]
    assert [event.area_id for event in checked] == ["YARD", "RUR"]
    (moved,) = told(story, UnitsRedispatched)
    assert isinstance(moved, UnitsRedispatched)
    (change,) = moved.changes
    assert change.unit_id == "mill"
    # What the yard still gives passes the outer grid, less what both lose.
    inside, outside = checked[0].after, checked[1].before
    assert inside is not None
    assert inside.loss_w > 10
    assert -outside.source_w == pytest.approx(change.to_w - inside.loss_w - outside.loss_w, abs=2)


def test_an_area_without_a_grid_between_two_passes_on_what_the_inner_one_was_told() -> None:
    between = Area(area_id="LANE", name="Lane", parent="RUR")
    areas = (*GRID.areas, between, Area(area_id="YARD", name="Yard", parent="LANE"))
    story = Story(rules=ONE_INTERVAL, grid=replace(NESTED, areas=areas))
    mill = unit("mill", "ben", UnitKind.SOLAR, injection_max_w=10_000, area_id="YARD")
    story.does(RegisterUnits(now_us=story.now_us, actor="op", units=(mill,)))
    inner = feeder(area_id="YARD", voltage_max_ppm=TIGHT_PPM, places={"mill": "barn"})
    assert registers(story, feeder(places={**PLACES, "LANE": "barn"})) == []
    assert registers(story, inner) == []
    story.opens()
    story.places("retailer", "r retailer-sells buy 8000 100000")
    story.places("ben", "s mill sell 1000 2500")
    story.clears(clear)
    checks(story)
    inside, outside = (item for item in told(story, GridChecked) if isinstance(item, GridChecked))
    (moved,) = told(story, UnitsRedispatched)
    assert isinstance(moved, UnitsRedispatched)
    assert inside.after is not None
    assert -outside.before.source_w == pytest.approx(
        moved.changes[0].to_w - inside.after.loss_w - outside.before.loss_w, abs=2
    )


def test_a_change_beyond_the_nameplate_is_refused() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    (area,) = check(story.engine.grid_plans(MIDNIGHT_S), Calculator(), 10)
    (change,) = area.changes
    wrong = replace(area, changes=(replace(change, to_w=-40_001),))
    command = ApplyGridCheck(now_us=story.now_us, start_s=MIDNIGHT_S, areas=(wrong,))
    (fault,) = story.does(command).rejections
    assert (fault.code, fault.pointer) == (Code.UNIT_UNKNOWN, "areas/0/changes/0/unit_id")
