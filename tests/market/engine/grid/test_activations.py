"""What an area cannot do itself is done by the cheapest unit of any area, if that is cheaper than the last resort."""

from dataclasses import replace

import pytest

from market.control.activation_check import helped
from market.control.grid_check import check
from market.model.act import ControlReason
from market.model.activation import ActivationCause
from market.model.alarm import ControlLevel
from market.model.grid_check import ApplyGridCheck, IntervalChecked, UnitsRedispatched
from market.model.messages import SetpointsChanged
from market.model.money import (
    BALANCING,
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    participant_account,
)
from market.model.participant import UnitKind
from market.model.timer import TimerKind
from tests.builders import MIDNIGHT_S, Story, unit
from tests.market.engine.feeders import Calculator, feeder
from tests.market.engine.neighbours import (
    TIE,
    TWO,
    UNITS_MORE,
    activated,
    checks,
    clears,
    limits,
    settles,
    villages,
    weak_roof,
)

CLEO = participant_account("cleo")
RETAILER = participant_account("retailer")


def quanta_of(transfers: list[Transfer], kind: TransferKind, account: str) -> int:
    return sum(
        item.amount_quanta * ((item.credit_account == account) - (item.debit_account == account))
        for item in transfers
        if item.kind is kind
    )


def target_w(story: Story, unit_id: str) -> int:
    return [
        item.target_w
        for event in story.events
        if isinstance(event, SetpointsChanged)
        for item in event.setpoints
        if item.unit_id == unit_id
    ][-1]


def cut_wh(story: Story) -> int:
    """What redispatch took away from the roof."""
    (moved,) = (event for event in story.events if isinstance(event, UnitsRedispatched))
    (change,) = moved.changes
    assert change.unit_id == "ann-solar"
    return -change.change_w * 15 // 60


@pytest.mark.usefixtures("without_battery")
def test_the_neighbours_battery_gives_what_the_weak_roof_may_not() -> None:
    story = villages((weak_roof(),))
    clears(story)
    checks(story)

    (event,) = activated(story)
    assert (event.area_id, event.for_area) == ("SEM", "RUR")
    assert event.cause is ActivationCause.REDISPATCH
    assert event.line_ids == ("RUR-SEM",)
    assert event.received_wh == cut_wh(story) > 0
    (told,) = event.units
    assert told.unit_id == "cleo-battery"
    # Two per cent are lost on the way, and no Wh more is given than that takes.
    assert told.energy_wh - -(-told.energy_wh * 2 // 100) == event.received_wh
    assert told.energy_wh == told.to_w * 15 // 60
    assert target_w(story, "cleo-battery") == told.to_w
    assert event.cost_quanta == told.energy_wh * (12_600 + 500)
    assert event.cost_quanta < event.last_resort_quanta
    assert (
        story.engine.state.networks.changes(MIDNIGHT_S)["cleo-battery"].reason
        is ControlReason.ACTIVATION
    )


@pytest.mark.usefixtures("without_battery")
def test_the_grid_operator_pays_the_helper_at_cost_and_the_last_resort_nothing() -> None:
    story = villages((weak_roof(),))
    clears(story)
    checks(story)
    (event,) = activated(story)
    transfers = settles(story)

    assert quanta_of(transfers, TransferKind.ACTIVATION, CLEO) == 12_600 * event.energy_wh
    assert quanta_of(transfers, TransferKind.ACTIVATION, GRID_OPERATOR) == -12_600 * event.energy_wh
    kinds = {item.kind for item in transfers}
    assert not kinds & {
        TransferKind.REPLACEMENT,
        TransferKind.LAST_RESORT,
        TransferKind.DEVIATION,
        TransferKind.LINE_FEE,  # from the grid operator to itself
    }
    assert story.engine.state.ledger.balance_quanta(BALANCING) == 0


@pytest.mark.usefixtures("without_battery")
def test_a_helper_that_follows_by_half_is_paid_for_half_and_the_last_resort_does_the_rest() -> None:
    story = villages((weak_roof(),))
    clears(story)
    checks(story)
    (event,) = activated(story)
    half_wh = event.energy_wh // 2
    transfers = settles(story, cleo_battery=half_wh)

    assert quanta_of(transfers, TransferKind.ACTIVATION, CLEO) == 12_600 * half_wh
    assert quanta_of(transfers, TransferKind.DEVIATION, CLEO) == 0
    missing_wh = event.received_wh - (half_wh - -(-half_wh * 2 // 100))
    sent_wh = -(-missing_wh * 100 // 98)
    assert quanta_of(transfers, TransferKind.REPLACEMENT, RETAILER) == 16_000 * sent_wh


@pytest.mark.usefixtures("without_battery")
def test_no_more_is_asked_than_the_line_carries() -> None:
    narrow = replace(TIE, capacity_forward_w=400, capacity_backward_w=400)
    grid = replace(TWO, lines=(*TWO.lines[:-1], narrow))
    story = villages((weak_roof(),), grid=grid)
    clears(story)
    checks(story)
    (event,) = activated(story)
    assert event.energy_wh == 100 < cut_wh(story)


@pytest.mark.usefixtures("without_battery")
def test_who_is_dearer_than_the_last_resort_is_not_asked() -> None:
    dear = replace(TIE, fee_forward_ticks=9_000, fee_backward_ticks=9_000)
    story = villages((weak_roof(),), grid=replace(TWO, lines=(*TWO.lines[:-1], dear)))
    clears(story)
    checks(story)
    assert not activated(story)
    transfers = settles(story)
    assert quanta_of(transfers, TransferKind.REPLACEMENT, RETAILER) > 0


@pytest.mark.usefixtures("without_battery")
@pytest.mark.parametrize(
    ("highest_ppm", "helps_wh"), [(1_100_000, None), (1_002_000, 0), (1_000_100, 0)]
)
def test_the_helpers_own_grid_has_to_bear_it(highest_ppm: int, helps_wh: int | None) -> None:
    """Where it bears less it is asked less; where it bears nothing, nothing."""
    places = {"cleo-solar": "station", "dan-load": "station", "cleo-battery": "barn"}
    suburb = feeder(area_id="SEM", voltage_max_ppm=highest_ppm, places=places)
    story = villages((weak_roof(), suburb))
    clears(story)
    checks(story)
    whole_wh = cut_wh(story)
    got_wh = sum(event.received_wh for event in activated(story))
    if helps_wh is None:
        assert got_wh == whole_wh
    else:
        assert helps_wh <= got_wh < whole_wh


def test_what_a_limited_roof_has_sold_is_given_by_others_and_the_grid_operator_pays() -> None:
    """Without any grid: the roof may give four of ten kilowatts it has sold."""
    story = villages()
    limits(story, ControlLevel.UNIT, "ann-solar", injection_max_w=4_000)
    clears(story)
    timer = story.engine.next_timer()
    assert timer is not None
    assert timer.kind is TimerKind.CHECK_GRID
    checks(story)

    (event,) = activated(story)
    # Her own battery is nearer than Cleo's: no line, no loss.
    assert (event.area_id, event.for_area, event.line_ids) == ("RUR", "RUR", ())
    assert event.cause is ActivationCause.LEFT_OVER
    assert event.received_wh == event.energy_wh == 1_500
    assert target_w(story, "ann-battery") == 6_000
    transfers = settles(story, ann_solar=1_000)
    ann = participant_account("ann")
    # Her roof did as it was told and keeps what it has sold; her battery is paid for the rest.
    assert quanta_of(transfers, TransferKind.DEVIATION, ann) == 0
    assert quanta_of(transfers, TransferKind.REDISPATCH, ann) == 0
    assert quanta_of(transfers, TransferKind.ACTIVATION, ann) == 12_600 * 1_500
    assert quanta_of(transfers, TransferKind.ACTIVATION, GRID_OPERATOR) == -12_600 * 1_500
    assert quanta_of(transfers, TransferKind.LAST_RESORT, RETAILER) == 0
    assert quanta_of(transfers, TransferKind.REPLACEMENT, RETAILER) == 0
    assert story.engine.state.ledger.balance_quanta(BALANCING) == 0
    assert len([event for event in story.events if isinstance(event, IntervalChecked)]) == 1


@pytest.mark.usefixtures("without_battery")
def test_what_is_left_over_comes_from_another_area_and_replaces_the_last_resort() -> None:
    story = villages()
    limits(story, ControlLevel.UNIT, "ann-solar", injection_max_w=4_000)
    clears(story)
    checks(story)
    (event,) = activated(story)
    assert (event.area_id, event.for_area, event.received_wh) == ("SEM", "RUR", 1_500)
    sent_wh = event.energy_wh
    transfers = settles(story, ann_solar=1_000)
    assert quanta_of(transfers, TransferKind.ACTIVATION, CLEO) == 12_600 * sent_wh
    assert quanta_of(transfers, TransferKind.ACTIVATION, GRID_OPERATOR) == -12_600 * sent_wh
    kinds = {item.kind for item in transfers}
    assert not kinds & {
        TransferKind.REPLACEMENT,
        TransferKind.LAST_RESORT,
        TransferKind.DEVIATION,
        TransferKind.LINE_FEE,  # from the grid operator to itself
    }
    assert story.engine.state.ledger.balance_quanta(BALANCING) == 0


@pytest.mark.usefixtures("without_battery")
def test_with_help_nobody_who_pays_is_worse_off_than_with_the_last_resort() -> None:
    balances = []
    for is_asked in (True, False):
        story = villages((weak_roof(),))
        limits(story, ControlLevel.UNIT, "cleo-solar", injection_max_w=9_000)
        clears(story)
        if is_asked:
            checks(story)
            assert len(activated(story)) > 0
        else:
            areas = check(story.engine.grid_plans(MIDNIGHT_S), Calculator(), 10)
            command = ApplyGridCheck(now_us=story.now_us, start_s=MIDNIGHT_S, areas=areas)
            assert story.does(command).rejections == ()
        settles(story, cleo_solar=2_250)
        ledger = story.engine.state.ledger
        balances.append({name: ledger.balance_quanta(name) for name in (GRID_OPERATOR, BALANCING)})
    helped_by, alone = balances
    assert sum(helped_by.values()) > sum(alone.values())


@pytest.mark.usefixtures("without_battery")
def test_an_area_at_its_own_limit_is_not_asked_for_more() -> None:
    story = villages((weak_roof(),))
    limits(story, ControlLevel.AREA, "SEM", injection_max_w=200)
    clears(story)
    checks(story)
    (event,) = activated(story)
    assert event.energy_wh == 50


@pytest.mark.usefixtures("without_battery")
def test_who_is_limited_meanwhile_does_not_help_and_the_check_stands() -> None:
    story = villages((weak_roof(),))
    clears(story)
    plans = story.engine.grid_plans(MIDNIGHT_S)
    areas = check(plans, Calculator(), 10)
    offers = story.engine.activation_offers(MIDNIGHT_S, areas)
    assert offers is not None
    chosen = helped(offers, plans, areas, Calculator())
    assert chosen
    limits(story, ControlLevel.UNIT, "cleo-battery", injection_max_w=10)
    command = ApplyGridCheck(
        now_us=story.now_us, start_s=MIDNIGHT_S, areas=areas, activations=chosen
    )
    assert story.does(command).rejections == ()
    assert not activated(story)
    assert target_w(story, "cleo-battery") == 0


def test_too_much_is_taken_by_who_saves_it_for_later() -> None:
    """Ben's mill, limited, cannot take what it has bought; a battery does, as far as that pays."""
    story = villages(units=UNITS_MORE)
    limits(story, ControlLevel.UNIT, "mill-load", withdrawal_max_w=4_000)
    clears(story)
    checks(story)
    # A battery gives back 11 400 less fees and levies of 12 000: the last resort's 7 840 is more.
    assert not activated(story)


def test_a_unit_nobody_steers_and_a_retailer_never_help() -> None:
    stubborn = tuple(replace(item, controllable=False) for item in UNITS_MORE)
    more = unit("dan-mill", "dan", UnitKind.GENERATOR, injection_max_w=20_000, area_id="SEM")
    story = villages((weak_roof(),), units=(*stubborn, more))
    clears(story)
    checks(story)
    assert not [event for event in activated(story) if event.area_id == "SEM"]
