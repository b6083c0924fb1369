"""What was told in the end is what deviations, substituted readings and money go by."""

from collections import Counter
from typing import Any

import pytest

from clearing.clear import clear
from market.engine.control.told import orders_by_treatment, told_schedule_wh
from market.model.act import (
    Act,
    ActKind,
    ControlReason,
    Curtailed,
    PerformAct,
    UnitsCurtailed,
)
from market.model.alarm import ControlLevel
from market.model.interval import MICROSECONDS
from market.model.messages import (
    DeviationsSeen,
    EndDelivery,
    IntervalSettled,
    MeasurementsRecorded,
    RecordMeasurements,
    SettleInterval,
    TransfersBooked,
)
from market.model.money import CENTRAL, GRID_OPERATOR, TransferKind, participant_account
from market.model.power import Deviation, Measurement
from market.model.system import SystemSeen
from market.settlement.ordered import Ordered
from tests.builders import MIDNIGHT_S, STEP_S, Story
from tests.market.engine.feeders import feeder
from tests.market.engine.sunny import TIGHT_PPM, checks, redispatched_wh, sunny

ANN, BEN = participant_account("ann"), participant_account("ben")
UNIT, AREA = ControlLevel.UNIT, ControlLevel.AREA


@pytest.fixture
def story() -> Story:
    """Ann has sold 500 Wh of sun and bought 1000, Ben has bought 2000; it has not begun."""
    told = Story()
    told.opens()
    told.places("retailer", "r retailer-sells sell 16000 100000")
    told.places("ann", "s ann-solar sell 10000 500\nl ann-load buy 400000 1000")
    told.places("ben", "l ben-load buy 400000 2000")
    told.clears(clear)
    return told


def at(story: Story, minute: int) -> None:
    """Market time, minutes after the interval's start."""
    story.now_us = (MIDNIGHT_S + 60 * minute) * MICROSECONDS


def orders(story: Story, kind: ActKind, level: ControlLevel, member_id: str, **more: Any) -> None:  # noqa: ANN401 - of the act
    act = Act(kind=kind, level=level, member_id=member_id, **more)
    command = PerformAct(now_us=story.now_us, actor="op", act=act, reason="works")
    assert story.does(command).rejections == ()


def settles(story: Story, **measured_wh: int) -> dict[str, Counter[TransferKind]]:
    """Meters report, the interval is settled; what each account got, less what it paid, by kind."""
    at(story, 16)
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    readings = tuple(
        Measurement(unit_id=name.replace("_", "-"), start_s=MIDNIGHT_S, injection_wh=energy_wh)
        for name, energy_wh in measured_wh.items()
    )
    if readings:
        command = RecordMeasurements(
            now_us=story.now_us, actor="g", area_id="RUR", measurements=readings
        )
        assert story.does(command).rejections == ()
    before = len(story.events)
    assert story.does(SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S)).rejections == ()
    assert story.engine.state.ledger.sum_quanta() == 0
    assert story.engine.state.ledger.balance_quanta(CENTRAL) == 0
    found: dict[str, Counter[TransferKind]] = {}
    for event in story.events[before:]:
        for item in event.transfers if isinstance(event, TransfersBooked) else ():
            for account, sign in ((item.debit_account, -1), (item.credit_account, 1)):
                of = found.setdefault(account, Counter())
                of[item.kind] += sign * item.amount_quanta
    return found


def prices(story: Story) -> tuple[int, int, int]:
    """Of the village: what a surplus earns, the area price, what a shortage costs."""
    (event,) = [event for event in story.events if isinstance(event, IntervalSettled)]
    long = dict(event.deviation_price_long_ticks)["RUR"]
    short = dict(event.deviation_price_short_ticks)["RUR"]
    return long, (long + short) // 2, short


def deviation(story: Story, unit_id: str) -> Deviation:
    (event,) = [event for event in story.events if isinstance(event, DeviationsSeen)]
    (found,) = [item for item in event.deviations if item.member_id == unit_id]
    return found


def test_who_keeps_a_limit_does_not_deviate_and_keeps_what_was_sold(story: Story) -> None:
    orders(story, ActKind.LIMIT, UNIT, "ann-solar", injection_max_w=400)
    moved = settles(story, ann_solar=100, ben_load=-2_000, ann_load=-1_000)
    assert deviation(story, "ann-solar") == Deviation(
        level="unit",
        member_id="ann-solar",
        start_s=MIDNIGHT_S,
        scheduled_wh=100,
        measured_wh=100,
        curtailed_wh=-400,
        reason="operator_limit",
    )
    assert set(moved[ANN]) == {
        TransferKind.NETWORK_FEE,
        TransferKind.LEVIES,
        TransferKind.REDISPATCH,
    }
    # Her home takes 400 Wh more from the street only because of the limit: fees of that are paid back.
    assert moved[ANN][TransferKind.REDISPATCH] == 400 * 12_000
    assert moved[GRID_OPERATOR][TransferKind.REPLACEMENT] < 0
    (area,) = [
        area
        for event in story.events
        if isinstance(event, SystemSeen)
        for area in event.areas
        if area.area_id == "RUR"
    ]
    assert area.scheduled_wh == area.measured_wh == -2_900


def test_less_than_the_limit_is_a_deviation_from_the_limit(story: Story) -> None:
    orders(story, ActKind.LIMIT, UNIT, "ann-solar", injection_max_w=400)
    moved = settles(story, ann_solar=60, ben_load=-2_000, ann_load=-1_000)
    _, _, short = prices(story)
    assert moved[ANN][TransferKind.DEVIATION] == -40 * short


def test_not_to_follow_brings_nothing(story: Story) -> None:
    orders(story, ActKind.LIMIT, UNIT, "ann-solar", injection_max_w=400)
    moved = settles(story, ann_solar=500, ben_load=-2_000, ann_load=-1_000)
    assert set(moved[ANN]) == {TransferKind.NETWORK_FEE, TransferKind.LEVIES}
    assert deviation(story, "ann-solar").deviation_wh == 400


@pytest.mark.parametrize("kind", [ActKind.STOP, ActKind.EMERGENCY_STOP])
def test_who_is_stopped_gives_back_the_area_price(story: Story, kind: ActKind) -> None:
    orders(story, kind, UNIT, "ann-solar")
    orders(story, kind, UNIT, "ben-load")
    moved = settles(story, ann_solar=0, ben_load=0, ann_load=-1_000)
    _, price, _ = prices(story)
    assert moved[ANN][TransferKind.INSTRUCTED] == -500 * price
    assert moved[BEN] == {TransferKind.INSTRUCTED: 2_000 * price}
    assert TransferKind.DEVIATION not in moved[ANN]
    assert moved[GRID_OPERATOR][TransferKind.INSTRUCTED] == -1_500 * price


def test_a_load_that_is_limited_is_paid_the_price_and_its_trouble(story: Story) -> None:
    orders(story, ActKind.LIMIT, UNIT, "ben-load", withdrawal_max_w=2_000)
    moved = settles(story, ann_solar=500, ben_load=-500, ann_load=-1_000)
    _, _, short = prices(story)
    assert moved[BEN][TransferKind.REDISPATCH] == 1_500 * short
    assert TransferKind.DEVIATION not in moved[BEN]


def test_who_gives_way_to_an_areas_limit_is_paid_for_it(story: Story) -> None:
    """The village was to take in 10 kW and may take 6: the battery gives the rest."""
    orders(story, ActKind.LIMIT, AREA, "RUR", withdrawal_max_w=6_000)
    moved = settles(story, ann_solar=500, ben_load=-2_000, ann_load=-1_000, ann_battery=1_000)
    _, _, short = prices(story)
    assert deviation(story, "ann-battery").reason == "operator_limit"
    assert deviation(story, "ann-battery").deviation_wh == 0
    assert moved[ANN][TransferKind.REDISPATCH] == 1_000 * short
    assert TransferKind.DEVIATION not in moved[ANN]


def test_a_stop_halfway_is_an_order_from_then_on(story: Story) -> None:
    at(story, 6)
    orders(story, ActKind.STOP, UNIT, "ann-solar")
    moved = settles(story, ann_solar=190, ben_load=-2_000, ann_load=-1_000)
    _, price, short = prices(story)
    assert deviation(story, "ann-solar").scheduled_wh == 200
    assert moved[ANN][TransferKind.INSTRUCTED] == -300 * price
    assert moved[ANN][TransferKind.DEVIATION] == -10 * short


def test_a_limit_and_then_a_stop_are_each_settled_as_what_they_are(story: Story) -> None:
    orders(story, ActKind.LIMIT, UNIT, "ann-solar", injection_max_w=1_000)  # of 2 kW
    at(story, 6)
    orders(story, ActKind.STOP, UNIT, "ann-solar")
    moved = settles(story, ann_solar=100, ben_load=-2_000, ann_load=-1_000)
    _, price, _ = prices(story)
    assert instructed_reasons(story) == {"operator_limit": -100, "stopped": -300}
    assert moved[ANN][TransferKind.INSTRUCTED] == -300 * price
    assert TransferKind.DEVIATION not in moved[ANN]


def instructed_reasons(story: Story) -> dict[str, int]:
    """The pieces that held in the end, by reason, Wh."""
    told = [
        item for event in story.events if isinstance(event, UnitsCurtailed) for item in event.items
    ]
    first, then = told
    cut = then.from_s - first.from_s
    return {
        first.reason.value: first.change_w * cut // 3_600,
        then.reason.value: then.energy_wh,
    }


@pytest.mark.parametrize("reason", [ControlReason.TRIP, ControlReason.FAIL_SAFE])
def test_a_fault_of_its_own_is_told_with_its_reason_and_priced_as_a_deviation(
    story: Story, reason: ControlReason
) -> None:
    state = story.engine.state
    piece = Curtailed(
        unit_id="ann-solar",
        start_s=MIDNIGHT_S,
        from_s=MIDNIGHT_S,
        until_s=MIDNIGHT_S + STEP_S,
        change_w=-2_000,
        reason=reason,
    )
    state.acts.curtail(piece)
    assert told_schedule_wh(state, MIDNIGHT_S)["ann-solar"] == 500
    moved = settles(story, ann_solar=0, ben_load=-2_000, ann_load=-1_000)
    _, _, short = prices(story)
    assert moved[ANN][TransferKind.DEVIATION] == -500 * short
    assert deviation(story, "ann-solar").reason == reason.value


def test_who_is_not_read_did_as_told(story: Story) -> None:
    orders(story, ActKind.STOP, UNIT, "ann-solar")
    settles(story, ben_load=-2_000, ann_load=-1_000)
    substituted = {
        item.unit_id: item.injection_wh
        for event in story.events
        if isinstance(event, MeasurementsRecorded)
        for item in event.measurements
        if item.substituted
    }
    assert substituted == {"ann-solar": 0, "ann-battery": 0}


def test_nothing_is_an_order_to_the_last_resort(story: Story) -> None:
    orders(story, ActKind.LIMIT, UNIT, "retailer-sells", injection_max_w=0)
    assert orders_by_treatment(story.engine.state, MIDNIGHT_S) == Ordered()


def test_a_change_for_the_grid_stands_with_its_deviation_too() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    checks(story)
    told_wh = redispatched_wh(story)
    settles(story, ann_solar=2_500, ann_battery=told_wh)
    seen = deviation(story, "ann-battery")
    assert (seen.curtailed_wh, seen.reason, seen.deviation_wh) == (told_wh, "grid_voltage", 0)
