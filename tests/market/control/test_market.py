"""From trades to set-points and from meters to deviations, over all levels."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from market.control.caps import Caps
from market.control.market import MarketControl
from market.model.grid import Area, Grid
from market.model.messages import SetpointsChanged
from market.model.participant import UnitKind
from market.model.power import PowerLimits
from tests.builders import GRID, MIDNIGHT_S, RULES, UNITS, unit


def market() -> MarketControl:
    return MarketControl(GRID, UNITS, RULES)


def targets(changed: tuple[SetpointsChanged, ...]) -> dict[str, int]:
    return {item.unit_id: item.target_w for area in changed for item in area.setpoints}


def test_every_unit_of_every_area_gets_a_set_point_for_the_interval() -> None:
    changed = market().schedule(
        start_s=MIDNIGHT_S,
        scheduled_wh={"ann-solar": 1_000, "ben-load": -250, "retailer-sells": -735},
        sequence=4,
    )
    assert [area.area_id for area in changed] == ["RUR", "GRID"]
    assert targets(changed) == {
        "ann-solar": 4_000,
        "ann-load": 0,
        "ann-battery": 0,
        "ben-load": -1_000,
        "retailer-sells": -2_940,
    }
    assert [area.target_w for area in changed] == [3_000, -2_940]
    for area in changed:
        for item in area.setpoints:
            assert (item.start_s, item.until_s) == (MIDNIGHT_S, MIDNIGHT_S + 900)
            assert (item.fallback_w, item.sequence) == (0, 4)


def test_a_target_stays_inside_the_nameplate() -> None:
    changed = market().schedule(start_s=MIDNIGHT_S, scheduled_wh={"ann-solar": 2_625}, sequence=1)
    assert targets(changed)["ann-solar"] == 10_000


def test_the_length_of_the_interval_makes_the_power() -> None:
    control = MarketControl(GRID, UNITS, replace(RULES, interval_minutes=60))
    changed = control.schedule(start_s=MIDNIGHT_S, scheduled_wh={"ben-load": -250}, sequence=1)
    assert targets(changed)["ben-load"] == -250
    assert changed[0].setpoints[0].until_s == MIDNIGHT_S + 3_600


def test_units_may_come_later() -> None:
    control = MarketControl(GRID, UNITS[:1], RULES)
    control.add_units(UNITS[1:])
    whole = market().schedule(start_s=MIDNIGHT_S, scheduled_wh={"ann-load": -40}, sequence=1)
    assert control.schedule(start_s=MIDNIGHT_S, scheduled_wh={"ann-load": -40}, sequence=1) == whole


def test_deviations_are_seen_by_unit_area_and_market() -> None:
    seen = market().deviations(
        start_s=MIDNIGHT_S,
        scheduled_wh={"ann-solar": 1_000, "ben-load": -250, "retailer-sells": -735},
        measured_wh={"ann-solar": 900, "ben-load": -300},
    )
    assert [(d.level, d.member_id, d.scheduled_wh, d.deviation_wh) for d in seen] == [
        ("unit", "ann-solar", 1_000, -100),
        ("unit", "ann-load", 0, 0),
        ("unit", "ann-battery", 0, 0),
        ("unit", "ben-load", -250, -50),
        ("unit", "retailer-sells", -735, 0),
        ("area", "RUR", 750, -150),
        ("area", "GRID", -735, 0),
        ("market", "village", 15, -150),
    ]


NESTED = Grid(
    areas=(
        Area(area_id="STREET", name="Street", parent="VILLAGE"),
        Area(area_id="VILLAGE", name="Village"),
        Area(area_id="GRID", name="Upper grid", holds_last_resort=True),
    ),
    lines=(),
)
HOMES = (
    unit("a", "ann", UnitKind.LOAD, withdrawal_max_w=9_000, area_id="STREET"),
    unit("b", "ben", UnitKind.LOAD, withdrawal_max_w=9_000, area_id="VILLAGE"),
    unit("c", "cem", UnitKind.LOAD, withdrawal_max_w=9_000, area_id="GRID"),
)


def test_an_area_sees_the_areas_inside_it() -> None:
    seen = MarketControl(NESTED, HOMES, RULES).deviations(
        start_s=0, scheduled_wh={}, measured_wh={"a": -1, "b": -10, "c": -100}
    )
    sums = [(d.member_id, d.deviation_wh) for d in seen if d.level != "unit"]
    assert sums == [("STREET", -1), ("VILLAGE", -11), ("GRID", -100), ("village", -111)]


def test_inner_areas_get_their_own_set_points() -> None:
    changed = MarketControl(NESTED, HOMES, RULES).schedule(
        start_s=0, scheduled_wh={"a": -1, "b": -10}, sequence=1
    )
    assert [(area.area_id, area.target_w) for area in changed] == [
        ("STREET", -4),
        ("VILLAGE", -40),
        ("GRID", 0),
    ]


readings = st.dictionaries(st.sampled_from([item.unit_id for item in UNITS]), st.integers(-99, 99))


@given(readings, readings)
def test_each_level_is_the_sum_of_the_one_below(
    scheduled_wh: dict[str, int], measured_wh: dict[str, int]
) -> None:
    seen = market().deviations(start_s=0, scheduled_wh=scheduled_wh, measured_wh=measured_wh)
    total = dict.fromkeys(("unit", "area", "market"), 0)
    for item in seen:
        total[item.level] += item.deviation_wh
    assert total["unit"] == total["area"] == total["market"]


def test_caps_narrow_units_and_areas_and_widen_nothing() -> None:
    scheduled_wh = {"ann-solar": 1_000, "ann-battery": -2_000, "ben-load": -1_000}
    caps = Caps(
        units={
            "ann-solar": PowerLimits(withdrawal_max_w=99_000, injection_max_w=1_500),
            "ben-load": PowerLimits(withdrawal_max_w=99_000, injection_max_w=99_000),
        },
        areas={"RUR": (8_000, None)},
    )
    changed = market().schedule(
        start_s=MIDNIGHT_S, scheduled_wh=scheduled_wh, sequence=1, caps=caps
    )
    found = targets(changed)
    assert found["ann-solar"] == 1_500
    assert found["ben-load"] == -4_000
    assert found["ann-battery"] == -5_500  # the sum of the area is what it may take in
    assert changed[0].target_w == -8_000


@given(
    st.dictionaries(
        st.sampled_from([item.unit_id for item in UNITS]), st.integers(-20_000, 20_000)
    ),
    st.dictionaries(
        st.sampled_from([item.unit_id for item in UNITS]),
        st.tuples(st.integers(0, 50_000), st.integers(0, 50_000)),
    ),
    st.one_of(st.none(), st.integers(0, 60_000)),
)
def test_whatever_narrows_no_unit_is_told_more_than_it_may(
    scheduled_wh: dict[str, int], bounds: dict[str, tuple[int, int]], import_w: int | None
) -> None:
    caps = Caps(
        units={
            name: PowerLimits(withdrawal_max_w=taken, injection_max_w=given)
            for name, (taken, given) in bounds.items()
        },
        areas={"RUR": (import_w, None)},
    )
    changed = market().schedule(
        start_s=MIDNIGHT_S, scheduled_wh=scheduled_wh, sequence=1, caps=caps
    )
    for item in UNITS:
        taken, given = bounds.get(item.unit_id, (10**9, 10**9))
        target_w = targets(changed)[item.unit_id]
        assert -min(taken, item.withdrawal_max_w) <= target_w <= min(given, item.injection_max_w)
    plain = targets(market().schedule(start_s=MIDNIGHT_S, scheduled_wh=scheduled_wh, sequence=1))
    if not bounds and import_w is None:
        assert targets(changed) == plain
