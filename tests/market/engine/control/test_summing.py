"""Areas say what they add up to once a call is cleared: limits, room, forecasts, bids."""

from dataclasses import replace
from typing import Any

import pytest

from clearing.clear import clear
from market.engine.state_hash import state_hash
from market.model.act import Act, ActKind, PerformAct
from market.model.alarm import ControlLevel
from market.model.call import CallKind
from market.model.grid import Area
from market.model.messages import (
    CloseGate,
    Deposit,
    EndDelivery,
    MakeDeposits,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
    SettleInterval,
)
from market.model.participant import Participant, UnitKind
from market.model.power import Measurement
from market.model.summing import AreaLimit, AreasSummed, AreaSum, LimitedBy, PublicSum
from market.model.system import SystemSeen
from tests.builders import GRID, MIDNIGHT_S, RULES, STEP_S, Story, unit
from tests.market.engine.day_ahead import Day, at

NESTED = replace(
    GRID,
    areas=(*GRID.areas, Area(area_id="YARD", name="Yard", parent="RUR")),
    lines=(*GRID.lines, replace(GRID.lines[0], line_id="GRID-YARD", to_area="YARD")),
)


def sums(story: Story) -> list[AreasSummed]:
    return [event for event in story.events if isinstance(event, AreasSummed)]


def area(event: AreasSummed, area_id: str = "RUR") -> AreaSum:
    (found,) = [item for item in event.areas if item.area_id == area_id]
    return found


def public(event: AreasSummed, area_id: str | None) -> PublicSum:
    (found,) = [item for item in event.public if item.area_id == area_id]
    return found


def trades(story: Story) -> None:
    """Ann offers 700 Wh of sun, Ann and Ben ask for 3,400: 2,900 at any price, 500 at next to none."""
    story.opens()
    story.places("retailer", "r retailer-sells sell 16000 100000")
    story.places("ann", "s ann-solar sell 10000 700\nl ann-load buy 400000 1000")
    story.places("ben", "l ben-load buy 400000 1900\nm ben-load buy 1 500")


def acts(story: Story, kind: ActKind, level: ControlLevel, member_id: str, **more: Any) -> None:  # noqa: ANN401 - of the act
    act = Act(kind=kind, level=level, member_id=member_id, **more)
    command = PerformAct(now_us=story.now_us, actor="op", act=act, reason="a test")
    assert story.does(command).rejections == ()


class _Said:
    """A forecast of one's own, of these series alone."""

    def __init__(self, expected_wh: dict[str, int]) -> None:
        self._expected_wh = expected_wh

    def learn(self, series: str, start_s: int, load_wh: int) -> None:
        """Knows already."""

    def expected_wh(self, series: str, start_s: int) -> int | None:  # noqa: ARG002 - as promised
        """The same at all times."""
        return self._expected_wh.get(series)


def clears_expecting(story: Story, **expected_wh: int) -> None:
    """Clear while so much is expected, `load_RUR=900`."""
    state = story.engine.state
    said = {name.replace("_", "/"): energy_wh for name, energy_wh in expected_wh.items()}
    plain, state.forecast = state.forecast, _Said(said)
    story.clears(clear)
    state.forecast = plain  # a state holds only what is the market's


def test_nothing_is_summed_before_the_uncross() -> None:
    story = Story()
    trades(story)
    story.does(CloseGate(now_us=story.now_us, start_s=MIDNIGHT_S))
    assert sums(story) == []


def test_an_area_says_what_was_asked_offered_and_taken_but_for_the_last_resort() -> None:
    story = Story()
    trades(story)
    story.clears(clear)
    (event,) = sums(story)
    assert (event.start_s, event.call) == (MIDNIGHT_S, CallKind.CLOSING)
    rural = area(event)
    assert (rural.bid_wh, rural.offered_wh) == (3_400, 700)
    assert (rural.bought_wh, rural.sold_wh) == (2_900, 700)
    assert rural.scheduled_wh == -2_200
    upper = area(event, "GRID")
    assert (upper.bid_wh, upper.offered_wh, upper.bought_wh, upper.sold_wh) == (0, 0, 0, 0)
    assert upper.scheduled_wh > 2_200  # what it delivers, and what is lost on the way


def test_limits_room_and_forecasts() -> None:
    story = Story()
    trades(story)
    clears_expecting(story, load_RUR=900)
    rural = area(sums(story)[0])
    assert rural.withdrawal == AreaLimit(power_w=60_000, by=LimitedBy.MEMBERS)
    assert rural.injection == AreaLimit(power_w=50_000, by=LimitedBy.MEMBERS)
    assert (rural.room_up_w, rural.room_down_w) == (40_000, 40_000)  # the battery
    assert (rural.load_forecast_wh, rural.generation_forecast_wh) == (900, None)


def test_a_limit_of_an_operator_is_named_with_its_act_and_narrows_the_room() -> None:
    story = Story()
    trades(story)
    acts(story, ActKind.LIMIT, ControlLevel.AREA, "RUR", withdrawal_max_w=30_000)
    acts(story, ActKind.LIMIT, ControlLevel.AREA, "RUR", withdrawal_max_w=9_000)
    acts(story, ActKind.STOP, ControlLevel.UNIT, "ann-solar")
    story.clears(clear)
    rural = area(sums(story)[0])
    assert rural.withdrawal == AreaLimit(power_w=9_000, by=LimitedBy.ACT, act_id="act-2")
    assert rural.injection == AreaLimit(power_w=40_000, by=LimitedBy.MEMBERS)
    # Without the sun it may take 9 kW and takes 9: it can only go up.
    assert rural.room_down_w == 0


def test_a_rating_is_a_limit_without_an_act() -> None:
    rural, upper = GRID.areas
    story = Story(grid=replace(GRID, areas=(replace(rural, export_limit_w=20_000), upper)))
    trades(story)
    story.clears(clear)
    assert area(sums(story)[0]).injection == AreaLimit(power_w=20_000, by=LimitedBy.RATING)


def test_inner_areas_count_in_outer_ones() -> None:
    story = Story(grid=NESTED)
    mill = unit("mill", "ben", UnitKind.HYDRO, injection_max_w=8_000, area_id="YARD")
    story.does(RegisterUnits(now_us=story.now_us, actor="op", units=(mill,)))
    story.opens()
    story.places("retailer", "r retailer-sells sell 16000 100000")
    story.places("ben", "m mill sell 100 1500\nl ben-load buy 400000 1000")
    clears_expecting(story, generation_RUR=250, generation_YARD=240)
    (event,) = sums(story)
    yard, rural = area(event, "YARD"), area(event)
    assert (yard.offered_wh, yard.bid_wh, yard.scheduled_wh) == (1_500, 0, yard.sold_wh)
    assert (rural.offered_wh, rural.bid_wh, rural.bought_wh) == (1_500, 1_000, 1_000)
    assert rural.scheduled_wh == yard.sold_wh - 1_000
    assert rural.injection.power_w == 50_000 + 8_000
    assert (yard.generation_forecast_wh, rural.generation_forecast_wh) == (240, 490)


def test_generation_that_was_metered_is_expected_again() -> None:
    story = Story()
    trades(story)
    story.clears(clear)
    story.now_us = (MIDNIGHT_S + STEP_S) * 1_000_000
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    readings = tuple(
        Measurement(unit_id=unit_id, start_s=MIDNIGHT_S, injection_wh=energy_wh)
        for unit_id, energy_wh in {"ann-solar": 640, "ann-battery": 77, "ben-load": -5}.items()
    )
    story.does(
        RecordMeasurements(now_us=story.now_us, actor="g", area_id="RUR", measurements=readings)
    )
    story.does(SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S))
    (seen,) = [event for event in story.events if isinstance(event, SystemSeen)]
    (rural,) = [item for item in seen.areas if item.area_id == "RUR"]
    assert (rural.generation_wh, rural.generation_forecast_wh) == (640, None)
    forecast = story.engine.state.forecast
    assert forecast.expected_wh("generation/RUR", MIDNIGHT_S + 86_400) == 640


def test_an_opening_call_sums_every_interval_of_its_day() -> None:
    day = Day()
    day.opens_day()
    table = "\n".join(f"r{n} retailer-sells sell 16000 100000 {n}" for n in range(4))
    day.places("retailer", table)
    day.places("ben", "a ben-load buy 30000 300 0\nb ben-load buy 1 200 2")
    day.clears_day()
    events = sums(day)
    assert [(event.start_s, event.call) for event in events] == [
        (at(number), CallKind.DAY_AHEAD) for number in range(4)
    ]
    assert [area(event).bid_wh for event in events] == [300, 0, 200, 0]
    assert [area(event).bought_wh for event in events] == [300, 0, 0, 0]
    assert [area(event).scheduled_wh for event in events] == [-300, 0, 0, 0]


def crowd(story: Story, count: int, area_id: str = "RUR") -> None:
    """So many more owners with a load each, who ask for 100 Wh."""
    names = [f"{area_id.lower()}-{number}" for number in range(count)]
    story.does(
        RegisterParticipants(
            now_us=story.now_us,
            actor="op",
            participants=tuple(
                Participant(participant_id=name, name=name, area_id=area_id) for name in names
            ),
        )
    )
    story.does(
        RegisterUnits(
            now_us=story.now_us,
            actor="op",
            units=tuple(
                unit(f"{name}-load", name, UnitKind.LOAD, withdrawal_max_w=4_000, area_id=area_id)
                for name in names
            ),
        )
    )
    deposits = tuple(
        Deposit(deposit_id=f"more-{name}", participant_id=name, amount_quanta=10**9)
        for name in names
    )
    story.does(MakeDeposits(now_us=story.now_us, actor="op", deposits=deposits))
    story.opens()
    for name in names:
        story.places(name, f"b {name}-load buy 30000 100")


@pytest.mark.parametrize(("count", "bid_wh"), [(10, 1_000), (9, None)])
def test_bids_are_public_from_ten_owners_on(count: int, bid_wh: int | None) -> None:
    story = Story()
    crowd(story, count)
    story.places("ann", "s ann-solar sell 100 500")
    story.clears(clear)
    (event,) = sums(story)
    shown = public(event, "RUR")
    assert shown.bid_wh == bid_wh
    assert shown.offered_wh is None, "one owner offers"
    assert area(event).offered_wh == 500
    assert public(event, None).bid_wh is None
    assert [item.area_id for item in event.public] == ["RUR", "GRID", None]


def test_an_expected_load_is_public_by_its_own_owners() -> None:
    story = Story()
    crowd(story, 8)  # beside Ann and Ben
    clears_expecting(story, load_RUR=4_000, generation_RUR=90)
    (event,) = sums(story)
    shown = public(event, "RUR")
    assert (shown.load_forecast_wh, shown.generation_forecast_wh) == (4_000, None)
    assert area(event).generation_forecast_wh == 90


def test_sums_change_nothing() -> None:
    """They are told; what is decided later does not hang on them."""
    story = Story(rules=replace(RULES, trading_until_s=MIDNIGHT_S + STEP_S))
    trades(story)
    story.clears(clear)
    (event,) = sums(story)
    before = state_hash(story.engine.state)
    story.engine.apply(event)
    assert state_hash(story.engine.state) == before
