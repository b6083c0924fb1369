"""Readings: once, in order, late, doubtful, signed."""

from dataclasses import replace

import pytest

from clearing.clear import clear
from market.model.alarm import AlarmKind, AlarmRaised
from market.model.messages import (
    EndDelivery,
    MeasurementsRecorded,
    RecordMeasurements,
    RegisterUnits,
    SettleInterval,
)
from market.model.participant import UnitKind
from market.model.power import Doubt, Measurement
from market.model.rejection import Code
from market.model.rules import MarketRules
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story, unit

BEN = Measurement(unit_id="ben-load", start_s=MIDNIGHT_S, injection_wh=-2_000, sequence=7)


def _ended(rules: MarketRules = RULES, solar: int = 0) -> Story:
    """The first interval's delivery is over; there are so many more solar units."""
    story = Story(rules=rules)
    more = tuple(
        unit(f"solar-{number}", "ben", UnitKind.SOLAR, injection_max_w=10_000)
        for number in range(solar)
    )
    if more:
        story.does(RegisterUnits(now_us=story.now_us, actor="op", units=more))
    for start_s in (MIDNIGHT_S, MIDNIGHT_S + STEP_S):
        story.opens(start_s)
        story.clears(clear, start_s)
        story.now_us = (start_s + STEP_S) * 1_000_000
        story.does(EndDelivery(now_us=story.now_us, start_s=start_s))
    return story


def _reads(story: Story, *readings: Measurement) -> list[tuple[Code, str | None]]:
    command = RecordMeasurements(
        now_us=story.now_us, actor="gateway", area_id="RUR", measurements=readings
    )
    return [(rejection.code, rejection.pointer) for rejection in story.does(command).rejections]


def _recorded(story: Story) -> list[Measurement]:
    return [
        reading
        for event in story.events
        if isinstance(event, MeasurementsRecorded)
        for reading in event.measurements
        if not reading.substituted
    ]


def _doubts(story: Story) -> dict[str, Doubt]:
    return {item.unit_id: item.doubt for item in _recorded(story) if item.doubt is not None}


def _settles(story: Story) -> None:
    for start_s in (MIDNIGHT_S, MIDNIGHT_S + STEP_S):
        command = SettleInterval(now_us=story.now_us, start_s=start_s)
        assert story.does(command).rejections == ()


def _counting_wh(story: Story) -> int:
    return story.engine.state.measured_wh[MIDNIGHT_S]["ben-load"]


# --- once and in order ----------------------------------------------------------------


def test_the_same_reading_again_changes_nothing() -> None:
    story = _ended()
    assert _reads(story, BEN, BEN) == []
    assert _reads(story, BEN) == []
    plain = Measurement(unit_id="ann-load", start_s=MIDNIGHT_S, injection_wh=-1_000)
    assert _reads(story, plain) == _reads(story, plain) == []
    assert _recorded(story) == [BEN, plain]


@pytest.mark.parametrize(
    "other",
    [replace(BEN, injection_wh=-1_999), replace(BEN, start_s=MIDNIGHT_S + STEP_S)],
    ids=["other energy", "other interval"],
)
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two"])
def test_one_count_is_good_for_one_reading(other: Measurement, together: bool) -> None:
    story = _ended()
    if together:
        assert _reads(story, BEN, other) == [(Code.SEQUENCE_REUSED, "items/1/sequence")]
        assert _recorded(story) == []
        return
    assert _reads(story, BEN) == []
    assert _reads(story, other) == [(Code.SEQUENCE_REUSED, "items/0/sequence")]
    assert _counting_wh(story) == -2_000


def test_a_newer_reading_takes_the_place_of_an_older_one_and_never_the_other_way_round() -> None:
    story = _ended()
    newer = replace(BEN, sequence=9, injection_wh=-2_200)
    overtaken = replace(BEN, sequence=8, injection_wh=-2_100)
    for reading in (BEN, newer, overtaken):
        assert _reads(story, reading) == []
    assert _counting_wh(story) == -2_200
    assert _recorded(story) == [BEN, newer, replace(overtaken, older=True)]
    assert _reads(story, overtaken, BEN) == []  # both are there already
    assert len(_recorded(story)) == 3


def test_an_older_count_of_another_interval_is_in_order_there() -> None:
    story = _ended()
    later = replace(BEN, start_s=MIDNIGHT_S + STEP_S, sequence=8)
    assert _reads(story, later) == _reads(story, BEN) == []
    assert not any(reading.older for reading in _recorded(story))


def test_without_a_count_the_last_to_come_counts() -> None:
    story = _ended()
    plain = replace(BEN, sequence=None)
    assert _reads(story, plain, replace(plain, injection_wh=-1_500)) == []
    assert _counting_wh(story) == -1_500


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in three"])
def test_without_a_count_an_older_word_repeated_does_not_come_back(together: bool) -> None:
    story = _ended()
    plain = replace(BEN, sequence=None)
    newer = replace(plain, injection_wh=-1_500)
    batches = [(plain, newer, plain)] if together else [(plain,), (newer,), (plain,)]
    for batch in batches:
        assert _reads(story, *batch) == []
    assert _recorded(story) == [plain, newer]
    assert _counting_wh(story) == -1_500


FORGED = replace(BEN, injection_wh=-500)
SIGNED = replace(BEN, signature="5" * 64)


@pytest.mark.parametrize(
    "forged",
    [
        FORGED,
        replace(FORGED, sequence=None),
        replace(FORGED, sequence=10**9),
        replace(FORGED, start_s=MIDNIGHT_S + STEP_S),
        BEN,
    ],
    ids=["its count", "no count", "a count far ahead", "its count elsewhere", "its words"],
)
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two"])
def test_what_is_not_signed_does_not_forestall_what_is(forged: Measurement, together: bool) -> None:
    story = _ended()
    for batch in [(forged, SIGNED)] if together else [(forged,), (SIGNED,)]:
        assert _reads(story, *batch) == []
    assert _counting_wh(story) == -2_000
    assert _recorded(story) == [forged, SIGNED]
    assert _reads(story, SIGNED) == []
    assert len(_recorded(story)) == 2


@pytest.mark.parametrize("sequence", [None, 10**9])
def test_what_is_not_signed_does_not_replace_what_is(sequence: int | None) -> None:
    story = _ended()
    forged = replace(FORGED, sequence=sequence)
    assert _reads(story, SIGNED) == _reads(story, forged) == []
    assert _counting_wh(story) == -2_000
    assert _recorded(story) == [SIGNED, replace(forged, older=True)]
    assert _reads(story, FORGED) == [(Code.SEQUENCE_REUSED, "items/0/sequence")]


# --- late -----------------------------------------------------------------------------


def test_a_late_reading_is_kept_and_moves_no_money() -> None:
    story = _ended()
    _settles(story)
    before = dict(story.engine.state.ledger.accounts())
    assert _reads(story, BEN) == _reads(story, BEN) == []
    (kept,) = _recorded(story)
    assert kept == replace(BEN, late=True)
    assert dict(story.engine.state.ledger.accounts()) == before
    assert MIDNIGHT_S not in story.engine.state.measured_wh


def test_what_was_put_in_place_of_a_reading_is_no_reading() -> None:
    story = _ended()
    _settles(story)
    as_scheduled = Measurement(unit_id="ben-load", start_s=MIDNIGHT_S, injection_wh=0)
    assert _reads(story, as_scheduled) == []
    assert _recorded(story) == [replace(as_scheduled, late=True)]


def test_a_repeat_after_settlement_is_a_repeat() -> None:
    story = _ended()
    assert _reads(story, BEN) == []
    _settles(story)
    assert _reads(story, BEN) == []
    assert _recorded(story) == [BEN]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in three"])
def test_a_correction_taken_back_is_a_word_of_its_own(together: bool) -> None:
    """Who said what when: first A, then late B, then A again; the last word is A."""
    story = _ended()
    plain = replace(BEN, sequence=None)
    other = replace(plain, injection_wh=-1_500)
    assert _reads(story, plain) == []
    _settles(story)
    for batch in (
        [(other, other, plain, plain)] if together else [(other, other), (plain,), (plain,)]
    ):
        assert _reads(story, *batch) == []
    kept = [plain, replace(other, late=True), replace(plain, late=True)]
    assert _recorded(story) == kept
    assert _reads(story, other) == []
    assert _recorded(story) == [*kept, replace(other, late=True)]


def test_a_word_overtaken_before_settlement_is_a_new_one_after_it() -> None:
    story = _ended()
    plain = replace(BEN, sequence=None)
    newer = replace(plain, injection_wh=-1_500)
    assert _reads(story, plain, newer) == []
    _settles(story)
    assert _reads(story, newer) == []
    assert _recorded(story) == [plain, newer]
    assert _reads(story, plain) == []
    assert _recorded(story) == [plain, newer, replace(plain, late=True)]


def test_a_count_said_again_after_settlement_is_a_repeat_whatever_came_between() -> None:
    story = _ended()
    assert _reads(story, BEN) == []
    _settles(story)
    newer = replace(BEN, sequence=9, injection_wh=-1_500)
    assert _reads(story, newer, BEN) == _reads(story, BEN) == []
    assert _recorded(story) == [BEN, replace(newer, late=True)]


def test_too_late_is_when_no_correction_will_be_made() -> None:
    story = _ended(replace(RULES, late_readings_days=1))
    _settles(story)
    story.now_us = (MIDNIGHT_S + 86_401) * 1_000_000
    assert _reads(story, BEN) == [(Code.MEASUREMENT_TOO_LATE, "items/0/start")]


# --- doubtful -------------------------------------------------------------------------


def _sun(*energies_wh: int) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(unit_id=f"solar-{number}", start_s=MIDNIGHT_S, injection_wh=energy_wh)
        for number, energy_wh in enumerate(energies_wh)
    )


def test_solar_far_above_all_other_solar_is_marked_and_somebody_is_called() -> None:
    story = _ended(solar=5)
    assert _reads(story, *_sun(500, 520, 480, 510, 1_900)) == []
    assert _doubts(story) == {"solar-4": Doubt.NEIGHBOURS}
    (alarm,) = [event.alarm for event in story.events if isinstance(event, AlarmRaised)]
    assert (alarm.kind, alarm.member_id) == (AlarmKind.MEASUREMENT_DOUBTFUL, "solar-4")
    assert alarm.parameters["doubt"] == "neighbours"
    assert story.engine.state.measured_wh[MIDNIGHT_S]["solar-4"] == 1_900  # marked, not refused


def test_one_reading_is_held_against_those_that_came_before() -> None:
    story = _ended(solar=5)
    *rest, liar = _sun(500, 520, 480, 510, 1_900)
    assert _reads(story, *rest) == _reads(story, liar) == []
    assert _doubts(story) == {"solar-4": Doubt.NEIGHBOURS}


@pytest.mark.parametrize("energies_wh", [(500, 520, 480, 510, 900), (0, 0, 0, 0, 200), (500, 520, 1_900)])  # fmt: skip
def test_more_than_the_others_alone_is_no_doubt(energies_wh: tuple[int, ...]) -> None:
    story = _ended(solar=5)
    assert _reads(story, *_sun(*energies_wh)) == []
    assert _doubts(story) == {}


def test_a_battery_whose_charge_does_not_follow_its_meter_is_marked() -> None:
    story = _ended()
    battery = Measurement(
        unit_id="ann-battery", start_s=MIDNIGHT_S, injection_wh=0, state_of_charge_wh=5_000
    )
    assert _reads(story, battery) == []
    later = replace(battery, start_s=MIDNIGHT_S + STEP_S, injection_wh=-2_000)
    assert _reads(story, replace(later, state_of_charge_wh=6_900)) == []  # 2000 Wh at 95 %
    assert _doubts(story) == {}
    assert _reads(story, replace(later, state_of_charge_wh=5_000)) == []
    assert _doubts(story) == {"ann-battery": Doubt.STORAGE}


def test_one_grid_has_one_frequency() -> None:
    story = _ended(solar=5)
    readings = [replace(reading, frequency_mhz=50_010) for reading in _sun(1, 2, 3, 4, 5)]
    readings[2] = replace(readings[2], frequency_mhz=49_500)
    assert _reads(story, *readings) == []
    assert _doubts(story) == {"solar-2": Doubt.FREQUENCY}


def test_power_beyond_the_nameplate_cannot_be() -> None:
    story = _ended()
    assert _reads(story, replace(BEN, power_w=-10_501)) == [
        (Code.MEASUREMENT_IMPLAUSIBLE, "items/0/power_kw")
    ]
    assert _reads(story, replace(BEN, power_w=-10_500)) == []


# --- signed ---------------------------------------------------------------------------


def test_a_market_may_take_signed_readings_only() -> None:
    story = _ended(replace(RULES, readings_signed=True))
    assert _reads(story, BEN) == [(Code.SIGNATURE_MISSING, "items/0/signature")]
    assert _reads(story, replace(BEN, signature="0" * 64)) == []


def test_readings_are_forgotten_a_while_after_settlement() -> None:
    story = _ended()
    assert _reads(story, BEN) == []
    readings = story.engine.state.readings
    assert list(readings.versions(MIDNIGHT_S, "RUR", "ben-load")) == [BEN]
    readings.forget(MIDNIGHT_S + 1)
    assert list(readings.versions(MIDNIGHT_S, "RUR", "ben-load")) == []
    readings.take("RUR", [BEN])  # the fixture holds the state against its events
