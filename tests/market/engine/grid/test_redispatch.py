"""Who is told something else than it has traded: what it is paid, and what the meters say of the grid."""

import pytest

from market.control.grid_check import see
from market.model.alarm import AlarmKind, AlarmRaised
from market.model.grid_check import (
    GridSeen,
)
from market.model.messages import DeviationsSeen, EndDelivery, RecordMeasurements
from market.model.money import (
    BALANCING,
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    participant_account,
)
from market.model.power import Measurement
from market.settlement.redispatch import fees_borne
from tests.builders import MIDNIGHT_S, Story
from tests.market.engine.feeders import Calculator, feeder
from tests.market.engine.sunny import (
    TIGHT_PPM,
    checks,
    redispatched_wh,
    settles,
    sunny,
    told,
)


def quanta_of(transfers: list[Transfer], kind: TransferKind, account: str) -> int:
    return sum(
        item.amount_quanta * ((item.credit_account == account) - (item.debit_account == account))
        for item in transfers
        if item.kind is kind
    )


def test_who_does_as_told_deviates_by_nothing_and_gives_back_the_area_price_less_wear() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    checks(story)
    moved_wh = redispatched_wh(story)
    price_ticks = story.engine.state.outcomes[MIDNIGHT_S].areas[0].price_ticks
    assert price_ticks is not None
    exact = {"ann-solar": 2_500, "ann-load": 0, "ann-battery": moved_wh, "ben-load": 0}
    transfers = settles(story, exact)
    adder_ticks = max(price_ticks * 50_000 // 1_000_000, 50)
    ann = participant_account("ann")
    assert quanta_of(transfers, TransferKind.DEVIATION, ann) == 0
    assert quanta_of(transfers, TransferKind.REDISPATCH, ann) == moved_wh * (
        price_ticks - adder_ticks
    )
    # What the battery keeps is not fed in: the last resort is given its bid back, less the loss.
    retailer = participant_account("retailer")
    lost_wh = -moved_wh - round(-moved_wh * 0.02)
    owed = quanta_of(transfers, TransferKind.REPLACEMENT, retailer)
    assert owed == pytest.approx(8_000 * lost_wh, abs=2 * 8_000)
    assert quanta_of(transfers, TransferKind.LAST_RESORT, retailer) == 0
    assert story.engine.state.ledger.balance_quanta(BALANCING) == 0
    seen = told(story, DeviationsSeen)[-1]
    assert isinstance(seen, DeviationsSeen)
    assert {item.deviation_wh for item in seen.deviations} == {0}


@pytest.mark.usefixtures("without_battery")
def test_sun_that_is_cut_is_compensated_with_the_area_price() -> None:
    cut, free = sunny(feeder(voltage_max_ppm=TIGHT_PPM)), sunny(feeder())
    for story in (cut, free):
        checks(story)
    kept_wh = 2_500 + redispatched_wh(cut)
    settles(cut, {"ann-solar": kept_wh, "ann-load": 0, "ann-battery": 0, "ben-load": 0})
    settles(free, {"ann-solar": 2_500, "ann-load": 0, "ann-battery": 0, "ben-load": 0})
    ann = participant_account("ann")
    balances = [story.engine.state.ledger.balance_quanta(ann) for story in (cut, free)]
    assert balances[0] == balances[1]  # as if the sun had been let in
    assert cut.engine.state.ledger.balance_quanta(
        GRID_OPERATOR
    ) < free.engine.state.ledger.balance_quanta(GRID_OPERATOR)


@pytest.mark.usefixtures("without_battery")
def test_who_does_not_follow_is_neither_paid_nor_replaced() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    checks(story)
    transfers = settles(story, {"ann-solar": 2_500, "ann-load": 0, "ann-battery": 0, "ben-load": 0})
    kinds = {item.kind for item in transfers}
    assert not kinds & {
        TransferKind.REDISPATCH,
        TransferKind.REPLACEMENT,
        TransferKind.DEVIATION,
        TransferKind.LAST_RESORT,
    }


def test_a_deviation_beside_redispatch_is_settled_as_before_on_what_is_left() -> None:
    """The last resort is paid the same for the sum as if nobody had told anything to anybody."""
    told_story, plain = sunny(feeder(voltage_max_ppm=TIGHT_PPM)), sunny(feeder())
    for story in (told_story, plain):
        checks(story)
    moved_wh = redispatched_wh(told_story)
    measured = {
        "ann-solar": 2_450,
        "ann-load": 0,
        "ann-battery": moved_wh - 30,
        "ben-load": -100,
    }
    paid = [settles(story, measured) for story in (told_story, plain)]
    retailer = participant_account("retailer")
    sums = [
        quanta_of(transfers, TransferKind.LAST_RESORT, retailer)
        + quanta_of(transfers, TransferKind.REPLACEMENT, retailer)
        for transfers in paid
    ]
    assert sums[0] == sums[1]
    assert quanta_of(paid[0], TransferKind.DEVIATION, participant_account("ben")) == quanta_of(
        paid[1], TransferKind.DEVIATION, participant_account("ben")
    )


def test_meters_show_a_grid_outside_its_limits_and_the_minutes_are_counted() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    checks(story)
    settles(story, {"ann-solar": 2_500, "ann-load": 0, "ann-battery": 0, "ben-load": 0})
    (seen,) = told(story, GridSeen)
    assert isinstance(seen, GridSeen)
    assert seen.outside_minutes == 15
    assert seen.picture.highest_bus == "barn"
    assert seen.picture.loss_w > 0
    assert story.engine.state.networks.outside_minutes("RUR") == 15
    (alarm,) = told(story, AlarmRaised)
    assert isinstance(alarm, AlarmRaised)
    assert alarm.alarm.kind is AlarmKind.GRID_VOLTAGE


def test_a_unit_without_a_reading_counts_as_it_was_told() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    checks(story)
    transfers = settles(story, {"ann-solar": 2_500, "ann-load": 0, "ben-load": 0})
    assert quanta_of(transfers, TransferKind.DEVIATION, participant_account("ann")) == 0
    (seen,) = told(story, GridSeen)
    assert isinstance(seen, GridSeen)
    assert seen.outside_minutes == 0


def test_reactive_power_that_meters_tell_is_in_the_picture_of_their_grid() -> None:
    seen = []
    for reactive_var in (None, -8_000):
        story = sunny(feeder())
        checks(story)
        story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
        reading = Measurement(
            unit_id="ann-solar",
            start_s=MIDNIGHT_S,
            injection_wh=2_500,
            reactive_var=reactive_var,
        )
        command = RecordMeasurements(
            now_us=story.now_us, actor="gateway", area_id="RUR", measurements=(reading,)
        )
        assert story.does(command).rejections == ()
        (area,) = see(story.engine.measured_powers(MIDNIGHT_S), Calculator())
        seen.append(area.picture)
    # An inverter that takes reactive power holds the voltage down, and loses more on the way.
    assert seen[1].highest_voltage_ppm < seen[0].highest_voltage_ppm
    assert seen[1].loss_w > seen[0].loss_w


def test_fees_on_what_was_withdrawn_only_because_of_it_are_paid_back() -> None:
    story = sunny(feeder(voltage_max_ppm=TIGHT_PPM))
    checks(story)
    moved_wh = redispatched_wh(story)
    assert moved_wh < 0
    # The sun does not come; the battery takes what it was told to take, from outside.
    transfers = settles(
        story, {"ann-solar": 0, "ann-load": -500, "ann-battery": moved_wh, "ben-load": -200}
    )
    ann, ticks = participant_account("ann"), 7_000 + 5_000
    charged = quanta_of(transfers, TransferKind.NETWORK_FEE, ann) + quanta_of(
        transfers, TransferKind.LEVIES, ann
    )
    assert charged == -ticks * (500 - moved_wh)
    (refund,) = (
        item
        for item in transfers
        if item.reference == "ann" and item.debit_account == GRID_OPERATOR
    )
    assert (refund.kind, refund.amount_quanta) == (TransferKind.REDISPATCH, ticks * -moved_wh)


@pytest.mark.parametrize(
    ("solar_wh", "load_wh", "told_wh", "refunded_wh"),
    [
        (500, -1_000, -2_000, 500),  # 1.5 kWh would have gone out; 0.5 come in instead
        (500, -4_000, -2_000, 2_000),  # all that is lost comes in
        (500, -100, -2_000, 0),  # still goes out
        (2_500, -1_000, 0, 0),
    ],
)
def test_a_home_whose_roof_was_cut_pays_no_fee_for_that(
    solar_wh: int, load_wh: int, told_wh: int, refunded_wh: int
) -> None:
    state = Story().engine.state
    borne = fees_borne(
        moved_wh={"ann-solar": told_wh},
        measured_wh={"ann-solar": solar_wh, "ann-load": load_wh, "ben-load": -300},
        units=state.units,
        rules=state.rules,
        participants=state.participants,
        start_s=MIDNIGHT_S,
    )
    assert sum(item.amount_quanta for item in borne) == 12_000 * refunded_wh


def test_what_a_spared_load_saves_stays_its_own() -> None:
    state = Story().engine.state
    assert (
        fees_borne(
            moved_wh={"ann-load": 500},
            measured_wh={"ann-load": -500},
            units=state.units,
            rules=state.rules,
            participants=state.participants,
            start_s=MIDNIGHT_S,
        )
        == ()
    )
