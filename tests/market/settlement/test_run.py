"""A day settled as a whole is what its intervals booked one by one, to the quantum."""

from collections import defaultdict
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearing.clear import clear
from market.model.interval import MarketDay
from market.model.messages import (
    CloseDay,
    EndDelivery,
    RecordMeasurements,
    SettleInterval,
    TransfersBooked,
)
from market.model.money import GRID_OPERATOR, TransferKind, participant_account
from market.model.participant import VoltageLevel
from market.model.power import Measurement
from market.model.rules import DayKind, NetworkBand, NetworkTariff
from market.settlement.day_facts import DayFacts
from market.settlement.dues import Dues, add_transfers, booked, differences, is_of_meters
from market.settlement.imbalance import deviation_prices, deviation_transfers
from market.settlement.instructed import settled_instructed
from market.settlement.network import network_transfers, withdrawal_wh
from market.settlement.rent import rent_return
from market.settlement.run import settle_day
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story
from tests.market.settlement.days import days, lived, with_tariff

HOUR = tuple(range(MIDNIGHT_S, MIDNIGHT_S + 4 * STEP_S, STEP_S))


# house: long because it is an interval's settlement from end to end, step by step
def _one_by_one(facts: DayFacts) -> Dues:
    """The same day by what settles an interval, in plain numbers."""
    dues: Dues = {}
    day_wh: defaultdict[str, int] = defaultdict(int)
    names = list(facts.units)
    (retailer,) = (
        item.participant_id for item in facts.participants.values() if item.is_last_resort
    )
    for column, start_s in enumerate(facts.starts_s):
        traded_wh: defaultdict[str, int] = defaultdict(int)
        for place in np.flatnonzero(facts.trades.interval == column):
            name = names[facts.trades.unit[place]]
            traded_wh[name] += int(facts.trades.injection_wh[place])
        measured_wh = {name: int(facts.metered_wh[row, column]) for row, name in enumerate(names)}
        told_wh = {
            name: energy_wh
            for row, name in enumerate(names)
            if (energy_wh := int(facts.instructed_wh[row, column]))
        }
        prices = deviation_prices(
            rules=facts.rules, grid=facts.grid, outcome=facts.priced[column], start_s=start_s
        )
        told = settled_instructed(
            instructed_wh=told_wh,
            uncompensated_wh={
                name: int(facts.uncompensated_wh[row, column]) for row, name in enumerate(names)
            },
            activations=facts.activations.get(column, ()),
            traded_wh=traded_wh,
            measured_wh=measured_wh,
            prices=prices,
            outcome=facts.priced[column],
            exchange=facts.exchanged[column],
            units=facts.units,
            rules=facts.rules,
            grid=facts.grid,
            participants=facts.participants,
            start_s=start_s,
            last_resort_participant_id=retailer,
        )
        add_transfers(dues, told.transfers)
        add_transfers(
            dues,
            deviation_transfers(
                prices=prices,
                units=facts.units,
                scheduled_wh={
                    name: traded_wh[name] + told.moved_wh.get(name, 0) for name in facts.units
                },
                measured_wh=measured_wh,
                rules=facts.rules,
                grid=facts.grid,
                start_s=start_s,
                last_resort_participant_id=retailer,
                outcome=told.exchange,
                replaced_wh=told.replaced_wh,
            ),
        )
        withdrawn_wh = withdrawal_wh(facts.units, measured_wh)
        for owner, energy_wh in withdrawn_wh.items():
            day_wh[owner] += energy_wh
        add_transfers(
            dues,
            network_transfers(
                withdrawal_wh=withdrawn_wh,
                rules=facts.rules,
                participants=facts.participants,
                start_s=start_s,
            ),
        )
    add_transfers(
        dues,
        rent_return(
            rents_quanta=facts.rents_quanta,
            withdrawal_wh=day_wh,
            participants=facts.participants,
            grid=facts.grid,
            day=facts.day,
        ),
    )
    return dues


@given(facts=days(starts_s=HOUR))
def test_a_day_is_due_what_its_intervals_are_one_by_one(facts: DayFacts) -> None:
    assert settle_day(facts).dues == _one_by_one(facts)


@given(facts=days(starts_s=HOUR))
def test_what_a_day_is_due_is_what_runs_compare_and_may_book(facts: DayFacts) -> None:
    """Were a kind left out, a run would not know what was booked of it, and could not book the rest."""
    assert [key for key in settle_day(facts).dues if not is_of_meters(*key)] == []


@given(facts=days(starts_s=HOUR))
def test_where_no_last_resort_is_nobody_is_charged_for_deviating(facts: DayFacts) -> None:
    """Nobody would take the other side."""
    alone = {name: replace(item, is_last_resort=False) for name, item in facts.participants.items()}
    settled = settle_day(replace(facts, participants=alone))
    assert not settled.detail.deviation_quanta.any()
    assert settled.detail.deviation_quanta.dtype == np.int64
    kinds = {kind for _, _, kind in settled.dues}
    assert kinds.isdisjoint({TransferKind.DEVIATION, TransferKind.LAST_RESORT})


@given(facts=days(starts_s=HOUR))
def test_fees_by_voltage_level_and_hour_are_what_its_intervals_are_one_by_one(
    facts: DayFacts,
) -> None:
    """Of three metering points each pays the fee of its level; one level has no tariff of its own."""

    def by_hour(level: VoltageLevel, ticks: int) -> NetworkTariff:
        bands = tuple(
            NetworkBand(
                days=DayKind.ALL, from_hour=hour, to_hour=hour + 1, ticks=ticks * (hour % 7 - 1)
            )
            for hour in range(24)
        )
        return NetworkTariff(voltage_level=level, from_day="2016-01-01", bands=bands)

    by_level = (by_hour(VoltageLevel.LOW, 1_000), by_hour(VoltageLevel.HIGH, 317))
    tariff = replace(facts.rules.tariff, by_level=by_level)
    levels = dict(zip(facts.participants, 10 * tuple(VoltageLevel), strict=False))
    told = replace(
        facts,
        rules=replace(facts.rules, tariff=tariff),
        participants={
            name: replace(item, voltage_level=levels[name])
            for name, item in facts.participants.items()
        },
    )
    assert settle_day(told).dues == _one_by_one(told)


@pytest.mark.parametrize(
    ("day", "intervals"), [("2016-03-27", 92), ("2016-10-30", 100), ("2016-02-29", 96)]
)
@settings(max_examples=5)
@given(data=st.data())
def test_so_is_a_day_on_which_clocks_change(data: st.DataObject, day: str, intervals: int) -> None:
    rules = replace(RULES, time_zone="Europe/Berlin")
    starts_s = MarketDay(day=date.fromisoformat(day), zone=rules.time_zone, minutes=15).starts_s()
    assert len(starts_s) == intervals
    facts = data.draw(days(starts_s=starts_s, rules=rules))
    settled = settle_day(facts)
    assert settled.detail.metered_wh.shape[1] == intervals
    assert settled.dues == _one_by_one(facts)


@given(facts=days(starts_s=HOUR))
def test_what_units_are_shown_adds_up_to_what_their_owners_are_due(facts: DayFacts) -> None:
    settled = settle_day(facts)
    detail = settled.detail
    shown: defaultdict[tuple[str, TransferKind | None], int] = defaultdict(int)
    due: defaultdict[tuple[str, TransferKind | None], int] = defaultdict(int)
    for column, kind in (
        (detail.deviation_quanta, TransferKind.DEVIATION),
        (detail.instructed_quanta, None),
        (detail.network_fee_quanta, TransferKind.NETWORK_FEE),
        (detail.levies_quanta, TransferKind.LEVIES),
    ):
        for unit, quanta in zip(facts.units.values(), column.sum(axis=1).tolist(), strict=True):
            shown[participant_account(unit.participant_id), kind] += quanta
    for (giver, receiver, kind), quanta in settled.dues.items():
        for account, sign in ((giver, -1), (receiver, 1)):
            told = kind in {
                TransferKind.REDISPATCH,
                TransferKind.ACTIVATION,
                TransferKind.INSTRUCTED,
            }
            if account.startswith("participant:"):
                due[account, None if told else kind] += sign * quanta
    for (account, kind), quanta in shown.items():
        assert due[account, kind] == quanta
    used_wh = detail.traded_wh + detail.own_use_wh + detail.own_storage_wh + detail.retail_wh
    assert np.array_equal(used_wh, detail.metered_wh)
    assert np.array_equal(detail.told_wh, facts.instructed_wh)
    assert {getattr(detail, name).dtype for name in detail.names()} == {np.dtype(np.int64)}


@settings(max_examples=30)
@given(before=days(starts_s=HOUR), after=days(starts_s=HOUR))
def test_differences_lead_from_what_was_booked_to_what_is_due(
    before: DayFacts, after: DayFacts
) -> None:
    one, other = settle_day(before).dues, settle_day(after).dues
    reached = dict(one)
    add_transfers(reached, differences(one, other, "run-2"))
    assert reached == other
    assert differences(one, one, "run-2") == ()


@given(facts=days(starts_s=HOUR, told=False))
def test_other_fees_change_fees_alone(facts: DayFacts) -> None:
    before = settle_day(facts).dues
    dearer = settle_day(
        with_tariff(facts, RULES.tariff.network_ticks + 1, RULES.tariff.levies_ticks)
    )
    changed = differences(before, dearer.dues, "run-2")
    assert {item.kind for item in changed} <= {TransferKind.NETWORK_FEE}
    withdrawn_wh = sum(
        energy_wh for owner, energy_wh in dearer.withdrawal_wh.items() if owner != "retailer"
    )
    assert sum(item.amount_quanta for item in changed) == withdrawn_wh
    assert {item.credit_account for item in changed} <= {GRID_OPERATOR}


def _lives(readings: dict[int, dict[str, int]]) -> Story:
    """An hour of the usual village, traded, read, settled and closed."""
    story = Story(rules=replace(RULES, trading_until_s=MIDNIGHT_S + 4 * STEP_S))
    for number, start_s in enumerate(HOUR):
        story.opens(start_s)
        story.places("retailer", f"r{number} retailer-sells sell 16000 9000 {number}")
        story.places(
            "ann",
            f"s{number} ann-solar sell 10000 {500 * number + 1} {number}\n"
            f"l{number} ann-load buy 400000 {1000 - number} {number}",
        )
        story.places("ben", f"l{number} ben-load buy 400000 {2600 - 7 * number} {number}")
        story.clears(clear, start_s)
        story.does(EndDelivery(now_us=story.now_us, start_s=start_s))
        _reads(story, start_s, readings.get(number, {}))
        story.does(SettleInterval(now_us=story.now_us, start_s=start_s))
    assert story.does(CloseDay(now_us=story.now_us, day="2016-06-15")).rejections == ()
    return story


def _reads(story: Story, start_s: int, readings: dict[str, int]) -> None:
    command = RecordMeasurements(
        now_us=story.now_us,
        actor="gateway",
        area_id="RUR",
        measurements=tuple(
            Measurement(unit_id=name, start_s=start_s, injection_wh=energy_wh)
            for name, energy_wh in readings.items()
        ),
    )
    assert story.does(command).rejections == ()


READINGS = {
    0: {"ann-load": -1_100, "ben-load": -2_500, "ann-solar": 3},
    1: {"ann-solar": 700, "ann-load": -900, "ann-battery": 250, "ben-load": -2_593},
    3: {"ann-solar": 2_000, "ann-battery": -700},
}


def _booked(story: Story) -> Dues:
    return booked(
        item
        for event in story.events
        if isinstance(event, TransfersBooked)
        for item in event.transfers
    )


def test_a_lived_day_comes_to_what_it_has_booked() -> None:
    story = _lives(READINGS)
    due = settle_day(lived(story.events, HOUR)).dues
    assert due == _booked(story)
    kinds = {kind for _, _, kind in due}
    assert {TransferKind.DEVIATION, TransferKind.RENT_RETURN, TransferKind.LAST_RESORT} <= kinds


def test_a_late_reading_comes_to_what_it_would_have_come_to_in_time() -> None:
    late, early = _lives(READINGS), _lives({**READINGS, 2: {"ben-load": -1_000}})
    _reads(late, HOUR[2], {"ben-load": -1_000})
    due = settle_day(lived(late.events, HOUR)).dues
    assert due == _booked(early)
    assert due != _booked(late)
