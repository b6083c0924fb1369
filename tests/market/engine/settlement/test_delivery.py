"""Readings come in, deviations and fees are booked, rent is given back, the day closes."""

import pytest

from clearing.clear import clear
from market.model.messages import (
    CloseDay,
    DeviationsSeen,
    EndDelivery,
    IntervalSettled,
    MeasurementsRecorded,
    Phase,
    RecordMeasurements,
    SettleInterval,
)
from market.model.money import BALANCING, CENTRAL, LEVIES, participant_account
from market.model.power import Measurement
from market.model.rejection import Code
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story


def _delivered() -> Story:
    story = Story()
    story.opens()
    story.places("retailer", "r retailer-sells sell 16000 100000")
    story.places("ann", "s ann-solar sell 10000 500\nl ann-load buy 400000 1000")
    story.places("ben", "l ben-load buy 400000 2000")
    story.clears(clear)
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    return story


def _reads(story: Story, table: str, area_id: str = "RUR") -> list[Code]:
    rows = [line.split() for line in table.strip().splitlines()]
    readings = tuple(
        Measurement(
            unit_id=row[0],
            start_s=MIDNIGHT_S,
            injection_wh=int(row[1]),
            state_of_charge_wh=int(row[2]) if len(row) > 2 else None,
        )
        for row in rows
    )
    command = RecordMeasurements(
        now_us=story.now_us, actor="gateway", area_id=area_id, measurements=readings
    )
    return [rejection.code for rejection in story.does(command).rejections]


def _settles(story: Story) -> IntervalSettled:
    answer = story.does(SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S))
    assert answer.rejections == ()
    (settled,) = (event for event in story.events if isinstance(event, IntervalSettled))
    return settled


EXACT = """
    ann-solar 500
    ann-load -1000
    ann-battery 0 5000
    ben-load -2000
"""


def _balances(story: Story) -> dict[str, int]:
    return dict(story.engine.state.ledger.accounts())


def test_who_delivers_exactly_pays_fees_on_net_withdrawal_only() -> None:
    story = _delivered()
    before = _balances(story)
    assert _reads(story, EXACT) == []
    settled = _settles(story)
    after = _balances(story)
    assert dict(settled.withdrawal_wh)["ann"] == 500  # 1000 used, 500 from the own roof
    tariff = RULES.tariff.network_ticks + RULES.tariff.levies_ticks
    for owner, withdrawn_wh in (("ann", 500), ("ben", 2_000)):
        account = participant_account(owner)
        assert before[account] - after[account] == withdrawn_wh * tariff
    assert after[LEVIES] == 2_500 * RULES.tariff.levies_ticks
    assert after.get(BALANCING, 0) == 0


def test_a_shortage_costs_more_than_the_price_and_a_surplus_earns_less() -> None:
    short, exact, long = _delivered(), _delivered(), _delivered()
    _reads(exact, EXACT)
    _reads(short, EXACT.replace("ben-load -2000", "ben-load -2100"))
    _reads(long, EXACT.replace("ben-load -2000", "ben-load -1900"))
    for story in (short, exact, long):
        _settles(story)
        assert story.engine.state.ledger.sum_quanta() == 0
        assert story.engine.state.ledger.balance_quanta(CENTRAL) == 0
    account = participant_account("ben")
    fees = 100 * (RULES.tariff.network_ticks + RULES.tariff.levies_ticks)
    balances = [s.engine.state.ledger.balance_quanta(account) for s in (short, exact, long)]
    paid_more, paid_less = balances[1] - balances[0] - fees, balances[2] - balances[1] - fees
    assert paid_more > paid_less > 0


def test_each_level_of_control_sees_the_deviation() -> None:
    story = _delivered()
    _reads(story, EXACT.replace("ben-load -2000", "ben-load -2100"))
    _settles(story)
    (seen,) = (event for event in story.events if isinstance(event, DeviationsSeen))
    deviations = {(d.level, d.member_id): d.deviation_wh for d in seen.deviations}
    assert deviations["unit", "ben-load"] == -100
    assert deviations["area", "RUR"] == -100
    assert [wh for (level, _), wh in deviations.items() if level == "market"] == [-100]


def test_a_silent_meter_is_put_at_its_schedule_and_marked() -> None:
    story = _delivered()
    _reads(story, "ann-solar 500\nann-load -1000\nann-battery 0 5000")
    _settles(story)
    marked = [
        reading
        for event in story.events
        if isinstance(event, MeasurementsRecorded)
        for reading in event.measurements
        if reading.substituted
    ]
    assert [(r.unit_id, r.injection_wh) for r in marked] == [("ben-load", -2_000)]


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        ("nobody 0", Code.UNIT_UNKNOWN),
        ("retailer-sells 0", Code.UNIT_UNKNOWN),  # another area's
        ("ben-load -2626", Code.MEASUREMENT_IMPLAUSIBLE),
        ("ben-load 1", Code.MEASUREMENT_IMPLAUSIBLE),
        ("ann-battery 0 10001", Code.MEASUREMENT_IMPLAUSIBLE),
        ("ann-load 0 100", Code.MEASUREMENT_IMPLAUSIBLE),
    ],
)
def test_an_impossible_reading_is_refused_and_nothing_of_the_batch_is_taken(
    reading: str, code: Code
) -> None:
    story = _delivered()
    events = len(story.events)
    assert _reads(story, f"ann-solar 500\n{reading}") == [code]
    assert len(story.events) == events


def test_a_reading_does_not_come_before_its_time() -> None:
    story = Story()
    story.opens()
    assert _reads(story, "ben-load 0") == [Code.MEASUREMENT_TOO_EARLY]


def test_an_interval_is_settled_once() -> None:
    story = _delivered()
    _settles(story)
    again = story.does(SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S))
    assert [r.code for r in again.rejections] == [Code.PHASE_CONFLICT]


def test_rent_of_a_full_line_goes_back_to_the_members_when_the_day_closes() -> None:
    story = Story()
    for number in range(96):
        story.opens(MIDNIGHT_S + STEP_S * number)
    story.places("retailer", "r retailer-sells sell 16000 100000")
    loads = "\n".join(f"l{n} ann-load buy {30000 + n} 500" for n in range(5))
    story.places("ann", loads)
    story.places("ben", "l ben-load buy 35000 2500")
    for number in range(96):
        start_s = MIDNIGHT_S + STEP_S * number
        story.clears(clear, start_s)
        story.does(EndDelivery(now_us=story.now_us, start_s=start_s))
        story.does(SettleInterval(now_us=story.now_us, start_s=start_s))
        assert story.engine.state.phases.of(start_s) is Phase.SETTLED
    rents = story.engine.state.day_rent_quanta["2016-06-15"]
    assert sum(rents.values()) > 0
    answer = story.does(CloseDay(now_us=story.now_us, day="2016-06-15"))
    assert answer.rejections == ()
    assert story.engine.next_timer() is None
    ledger = story.engine.state.ledger
    assert all(ledger.balance_quanta(account) == 0 for account in rents)
    assert ledger.sum_quanta() == 0
