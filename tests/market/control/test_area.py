"""An area follows its units' schedules and steps in only where its own limit would break."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.control.area import AreaControl
from market.control.unit import UnitControl
from market.model.grid import Area
from market.model.participant import UnitKind
from market.model.power import Dispatched, PowerLimits
from tests.builders import unit

OPEN = Area(area_id="RUR", name="Rural")


def load(name: str, power_w: int = 10_000) -> UnitControl:
    return UnitControl(unit(name, "ann", UnitKind.LOAD, withdrawal_max_w=power_w))


def battery(name: str, power_w: int = 5_000) -> UnitControl:
    return UnitControl(
        unit(name, "ann", UnitKind.STORAGE, injection_max_w=power_w, withdrawal_max_w=power_w)
    )


def area(import_w: int | None = None, export_w: int | None = None) -> AreaControl:
    """One load nobody steers and two batteries."""
    place = replace(OPEN, import_limit_w=import_w, export_limit_w=export_w)
    return AreaControl(
        place, {"load": load("load"), "b1": battery("b1"), "b2": battery("b2", 2_500)}
    )


def test_limits_are_the_members_sum_cut_by_the_connection() -> None:
    assert area().limits() == PowerLimits(withdrawal_max_w=17_500, injection_max_w=7_500)
    assert area(8_000, 1_000).limits() == PowerLimits(withdrawal_max_w=8_000, injection_max_w=1_000)


def test_every_unit_gets_its_own_schedule_and_zero_when_it_has_none() -> None:
    control = area()
    done = control.schedule({"load": -4_000, "b1": -1_000})
    assert done == Dispatched(set_w=-5_000, left_over_w=0)
    assert dict(control.targets_w()) == {"load": -4_000, "b1": -1_000, "b2": 0}


def test_a_schedule_beyond_the_nameplate_is_left_over() -> None:
    control = area()
    assert control.schedule({"b1": 5_250}) == Dispatched(set_w=5_000, left_over_w=250)


def test_the_last_schedule_has_no_say_in_the_next() -> None:
    control, fresh = area(6_000), area(6_000)
    control.schedule({"load": -9_000, "b1": -5_000, "b2": 2_500})
    assert control.schedule({"b1": -300}) == fresh.schedule({"b1": -300})
    assert dict(control.targets_w()) == dict(fresh.targets_w())


def test_where_the_limit_would_break_only_units_that_can_be_steered_give_up() -> None:
    """9 kW of load and 3 kW of charging do not fit through 8 kW: 4 kW less, shared by room."""
    control = area(import_w=8_000)
    done = control.schedule({"load": -9_000, "b1": -2_000, "b2": -1_000})
    # Room upward: 7,000 W and 3,500 W.
    assert dict(control.targets_w()) == {"load": -9_000, "b1": 667, "b2": 333}
    assert done == Dispatched(set_w=-8_000, left_over_w=-4_000)


def test_what_nobody_can_give_up_climbs() -> None:
    control = AreaControl(replace(OPEN, import_limit_w=1_000), {"load": load("load")})
    assert control.schedule({"load": -3_000}) == Dispatched(set_w=-3_000, left_over_w=0)
    assert control.dispatch(-1_000) == Dispatched(set_w=-3_000, left_over_w=2_000)


def test_an_area_inside_an_area_keeps_its_own_limit_first() -> None:
    inner = AreaControl(
        Area(area_id="STREET", name="Street", import_limit_w=2_000), {"b1": battery("b1")}
    )
    outer = AreaControl(replace(OPEN, import_limit_w=3_000), {"STREET": inner, "b2": battery("b2")})
    done = outer.schedule({"b1": -4_000, "b2": -2_000})
    assert done == Dispatched(set_w=-3_000, left_over_w=-3_000)
    # From -2,000 each: the street has 5,000 - (-2,000) = 7,000 W of room, the battery as much.
    assert (inner.set_w(), dict(outer.targets_w())) == (-1_500, {"b2": -1_500})
    assert outer.limits() == PowerLimits(withdrawal_max_w=3_000, injection_max_w=10_000)


def test_an_area_inside_an_area_is_asked_for_no_more_than_its_own_connection_takes() -> None:
    street = Area(area_id="STREET", name="Street", export_limit_w=0)
    inner = AreaControl(street, {"b1": battery("b1")})
    outer = AreaControl(replace(OPEN, import_limit_w=3_000), {"STREET": inner, "b2": battery("b2")})
    done = outer.schedule({"b1": -1_000, "b2": -5_000})
    assert done == Dispatched(set_w=-3_000, left_over_w=-3_000)
    # Room upward: the street 1,000 W, to zero; the battery 10,000 W.
    assert (inner.set_w(), dict(outer.targets_w())) == (-727, {"b2": -2_273})


def test_a_member_is_added_once() -> None:
    control = area()
    with pytest.raises(ValueError, match="b1 is in RUR already"):
        control.add("b1", battery("b1"))


powers = st.integers(-12_000, 12_000)


@given(
    st.tuples(powers, powers, powers),
    st.one_of(st.none(), st.integers(0, 20_000)),
    st.one_of(st.none(), st.integers(0, 20_000)),
)
def test_a_schedule_keeps_every_limit_it_can_and_loses_no_watt(
    asked: tuple[int, int, int], import_w: int | None, export_w: int | None
) -> None:
    control = area(import_w, export_w)
    done = control.schedule(dict(zip(("load", "b1", "b2"), asked, strict=True)))
    assert done.set_w + done.left_over_w == sum(asked)
    targets = dict(control.targets_w())
    assert done.set_w == sum(targets.values())
    assert targets["load"] == max(-10_000, min(0, asked[0]))
    assert abs(targets["b1"]) <= 5_000
    assert abs(targets["b2"]) <= 2_500
    limits = control.limits()
    if done.set_w < -limits.withdrawal_max_w:
        assert control.room_w(upward=True) == 0
    assert done.set_w <= limits.injection_max_w


def test_the_odd_watt_of_a_burden_goes_round_from_interval_to_interval() -> None:
    """Two batteries of equal room give up 1,001 W; after two intervals both gave up as much."""
    control = AreaControl(
        replace(OPEN, import_limit_w=8_999), {"b1": battery("b1"), "b2": battery("b2")}
    )
    given_up_w = {"b1": 0, "b2": 0}
    for turn in range(2):
        control.schedule({"b1": -5_000, "b2": -5_000}, turn=turn)
        for unit_id, target_w in control.targets_w().items():
            given_up_w[unit_id] += target_w + 5_000
    assert given_up_w == {"b1": 1_001, "b2": 1_001}
