"""The market level's picture: security, load, retail, reliability; limits less the forecast."""

from dataclasses import replace
from typing import Any

import pytest

from clearing.clear import clear
from clearing.problem import NO_LIMIT_WH
from market.engine.control import picture
from market.engine.engine import Engine
from market.model.act import Act, ActKind, ControlReason, PerformAct
from market.model.alarm import ControlLevel
from market.model.grid import Area
from market.model.messages import (
    CloseGate,
    CreateMarket,
    EndDelivery,
    OpenCall,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
    SettleInterval,
)
from market.model.power import Measurement
from market.model.system import AreaPicture, AreaState, CurtailedEnergy, SystemSeen
from tests.builders import (
    DAY_BEFORE_US,
    GRID,
    MIDNIGHT_S,
    PARTICIPANTS,
    RULES,
    STEP_S,
    UNITS,
    Story,
)


def _traded() -> Story:
    """Ben buys 2000 Wh and Ann sells 500, before the first interval is delivered."""
    story = Story()
    story.opens()
    story.places("retailer", "r retailer-sells sell 16000 100000")
    story.places("ann", "s ann-solar sell 10000 500")
    story.places("ben", "l ben-load buy 400000 2000")
    story.clears(clear)
    return story


def _acts(story: Story, kind: ActKind, level: ControlLevel, member_id: str, **more: Any) -> None:  # noqa: ANN401 - of the act
    act = Act(kind=kind, level=level, member_id=member_id, **more)
    command = PerformAct(now_us=story.now_us, actor="op", act=act, reason="a test")
    assert story.does(command).rejections == ()


def _seen(story: Story, *readings: Measurement) -> SystemSeen:
    story.now_us = max(story.now_us, (MIDNIGHT_S + STEP_S) * 1_000_000)
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    if readings:
        command = RecordMeasurements(
            now_us=story.now_us, actor="g", area_id="RUR", measurements=readings
        )
        assert story.does(command).rejections == ()
    assert story.does(SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S)).rejections == ()
    (seen,) = [event for event in story.events if isinstance(event, SystemSeen)]
    return seen


def _rural(seen: SystemSeen) -> AreaPicture:
    (found,) = [area for area in seen.areas if area.area_id == "RUR"]
    return found


def _read(unit_id: str, injection_wh: int, **more: Any) -> Measurement:  # noqa: ANN401 - any field
    return Measurement(unit_id=unit_id, start_s=MIDNIGHT_S, injection_wh=injection_wh, **more)


def test_security_is_limits_and_what_could_still_move() -> None:
    rural = _rural(_seen(_traded()))
    assert (rural.withdrawal_max_w, rural.injection_max_w) == (60_000, 50_000)
    # Only the battery can be steered: it stands still and could do its 40 kW either way.
    assert (rural.reserve_up_w, rural.reserve_down_w) == (40_000, 40_000)
    assert rural.state is AreaState.COUPLED


def test_load_is_what_consumers_were_metered_at() -> None:
    rural = _rural(
        _seen(
            _traded(), _read("ann-load", -900), _read("ben-load", -2_100), _read("ann-solar", 480)
        )
    )
    assert (rural.load_wh, rural.load_owners) == (3_000, 2)
    assert rural.untraded_load_wh == 900  # Ann's load has bought nothing
    assert (rural.scheduled_wh, rural.measured_wh) == (-1_500, 480 - 3_000)
    assert rural.missing_readings == 1  # the battery's
    assert rural.load_forecast_wh is None


def test_retail_is_the_last_resorts_price_and_trade() -> None:
    seen = _seen(_traded())
    assert (seen.retail.ask_ticks, seen.retail.bid_ticks) == (16_000, 8_000)
    assert seen.retail.sold_wh >= 1_500
    assert seen.retail.bought_wh == 0


def test_power_quality_is_the_extremes_of_what_meters_told() -> None:
    rural = _rural(
        _seen(
            _traded(),
            _read("ann-load", 0, voltage_ppm=980_000, frequency_mhz=49_990),
            _read("ben-load", 0, voltage_ppm=1_050_000, frequency_mhz=50_010),
        )
    )
    assert (rural.voltage_min_ppm, rural.voltage_max_ppm) == (980_000, 1_050_000)
    assert (rural.frequency_min_mhz, rural.frequency_max_mhz) == (49_990, 50_010)
    assert rural.outside_minutes == 0


@pytest.mark.parametrize(
    ("voltage_ppm", "minutes"), [(900_000, 0), (899_999, 15), (1_100_000, 0), (1_100_001, 15)]
)
def test_a_voltage_outside_its_band_counts_the_interval(voltage_ppm: int, minutes: int) -> None:
    rural = _rural(_seen(_traded(), _read("ben-load", 0, voltage_ppm=voltage_ppm)))
    assert rural.outside_minutes == minutes


@pytest.mark.parametrize(("taken_wh", "minutes"), [(2_000, 0), (2_001, 15)])
def test_more_than_the_connection_allows_counts_the_interval(taken_wh: int, minutes: int) -> None:
    story = _traded()
    _acts(story, ActKind.LIMIT, ControlLevel.AREA, "RUR", withdrawal_max_w=8_000)
    rural = _rural(_seen(story, _read("ann-solar", 0), _read("ben-load", -taken_wh)))
    assert rural.outside_minutes == minutes


def test_what_an_operators_limit_took_away_is_curtailed_and_not_unserved() -> None:
    story = _traded()
    _acts(story, ActKind.LIMIT, ControlLevel.UNIT, "ann-solar", injection_max_w=400)
    rural = _rural(_seen(story))
    limit = CurtailedEnergy(reason=ControlReason.OPERATOR_LIMIT, energy_wh=400)
    assert rural.curtailed == (limit,)
    assert rural.not_served_wh == 0


def test_load_that_was_stopped_was_not_served() -> None:
    story = _traded()
    _acts(story, ActKind.EMERGENCY_STOP, ControlLevel.UNIT, "ben-load")
    rural = _rural(_seen(story))
    assert rural.curtailed == (
        CurtailedEnergy(reason=ControlReason.EMERGENCY_STOP, energy_wh=2_000),
    )
    assert rural.not_served_wh == 2_000


def test_an_area_is_as_the_strongest_word_about_it_says() -> None:
    story = _traded()
    _acts(story, ActKind.DECOUPLE, ControlLevel.AREA, "RUR")
    seen = _seen(story)
    assert [area.state for area in seen.areas] == [AreaState.DECOUPLED, AreaState.COUPLED]
    story = _traded()
    _acts(story, ActKind.EMERGENCY_STOP, ControlLevel.MARKET, RULES.market_id)
    assert {area.state for area in _seen(story).areas} == {AreaState.STOPPED}


# --- forecast and limits ----------------------------------------------------------------


def test_what_was_metered_is_what_is_expected_next() -> None:
    story = _traded()
    _seen(story, _read("ann-load", -900), _read("ben-load", -2_100))
    forecast = story.engine.state.forecast
    next_day_s = MIDNIGHT_S + 96 * STEP_S  # a Thursday after a Wednesday
    assert forecast.expected_wh("load/RUR", next_day_s) == 3_000
    assert forecast.expected_wh("untraded/RUR", next_day_s) == 900


def _import_limits_wh(*, rule: bool) -> list[int]:
    """Of both areas, a week after 900 Wh were taken without a trade; RUR may take in 20 kW."""
    rules = replace(RULES, limits_less_forecast=rule)
    rural, upper = GRID.areas
    grid = replace(GRID, areas=(replace(rural, import_limit_w=20_000), upper))
    engine, now_us = Engine(), DAY_BEFORE_US
    for command in (
        CreateMarket(now_us=now_us, actor="op", rules=rules, grid=grid),
        RegisterParticipants(now_us=now_us, actor="op", participants=PARTICIPANTS),
        RegisterUnits(now_us=now_us, actor="op", units=UNITS),
    ):
        assert engine.execute(command).answer.rejections == ()
    engine.state.forecast.learn("untraded/RUR", MIDNIGHT_S - 7 * 86_400, 900)
    engine.execute(OpenCall(now_us=now_us, start_s=MIDNIGHT_S))
    engine.execute(CloseGate(now_us=now_us, start_s=MIDNIGHT_S))
    auction = engine.clearing_problem(MIDNIGHT_S)
    return [int(row[0]) for row in auction.problem.areas.import_limit_wh]


class _Double:
    """A forecast of one's own."""

    def learn(self, series: str, start_s: int, load_wh: int) -> None:
        """Knows better."""

    def expected_wh(self, series: str, start_s: int) -> int | None:  # noqa: ARG002 - as promised
        return 12_345 if series == "untraded/RUR" else None


def test_another_forecast_can_be_plugged_in() -> None:
    state = _traded().engine.state
    plain, state.forecast = state.forecast, _Double()
    state.rules = replace(state.rules, limits_less_forecast=True)
    held = picture.held_back_wh(state, [MIDNIGHT_S])
    state.rules, state.forecast = RULES, plain  # a state holds only what is the market's
    assert held == {("RUR", MIDNIGHT_S): 12_345, ("GRID", MIDNIGHT_S): 0}


@pytest.mark.parametrize(("rule", "rural_wh"), [(False, 5_000), (True, 4_100)])
def test_an_auctions_limit_is_less_by_load_that_does_not_ask(rule: bool, rural_wh: int) -> None:
    assert _import_limits_wh(rule=rule) == [rural_wh, NO_LIMIT_WH]


def test_an_area_carries_what_is_expected_inside_it() -> None:
    rules = replace(RULES, limits_less_forecast=True)
    rural, upper = GRID.areas
    inner = Area(area_id="INNER", name="Inner", parent="RUR")
    engine = Engine()
    engine.execute(
        CreateMarket(
            now_us=DAY_BEFORE_US,
            actor="op",
            rules=rules,
            grid=replace(GRID, areas=(rural, inner, upper)),
        )
    )
    state = engine.state
    state.forecast.learn("untraded/INNER", MIDNIGHT_S, 70)
    state.forecast.learn("untraded/RUR", MIDNIGHT_S, 30)
    tomorrow_s = MIDNIGHT_S + 96 * STEP_S
    held = picture.held_back_wh(state, [tomorrow_s])
    assert held == {("RUR", tomorrow_s): 100, ("INNER", tomorrow_s): 70, ("GRID", tomorrow_s): 0}
