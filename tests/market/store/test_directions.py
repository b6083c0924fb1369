"""A tax on shortages alone, and a day settled again: its bill is made, with both directions told apart."""

from dataclasses import replace

import pytest

from market.day_runs import DayRuns
from market.model.bill import Bill, ChargeKind, TaxRule
from market.model.messages import Command, RecordMeasurements
from market.model.power import Measurement
from market.model.settlement_run import BeginSettlement, RunKind
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Store
from tests.builders import MIDNIGHT_S, STEP_S
from tests.market.store.test_bills import TAXED, bills_of, read
from tests.market.written import (
    MARKET_ID,
    SETUP,
    TRADING,
    StillClock,
    bill,
    due_command,
    with_sequencer,
    write_life,
)

AFTER_US = (MIDNIGHT_S + 3 * STEP_S) * 1_000_000
SHORT, LONG = ChargeKind.DEVIATION_SHORT, ChargeKind.DEVIATION_LONG


def taxed(on: ChargeKind) -> tuple[Command, ...]:
    tax = TaxRule(
        tax_id="short", name="On one side", from_day="2016-01-01", rate_ppm=100_000, on=(on,)
    )
    created = replace(SETUP[0], rules=replace(TAXED, taxes=(tax,)))  # type: ignore[call-arg]
    return (created, *SETUP[1:], *TRADING)


async def read_late(sequencer: Sequencer, *readings_wh: int) -> None:
    """Ben's meter is read once more, interval by interval, and the day is settled again."""
    clock = StillClock(AFTER_US)
    runs = DayRuns(sequencer, clock, market_id=MARKET_ID)
    while await runs.step():
        pass
    readings = tuple(
        Measurement(
            unit_id="ben-load", start_s=MIDNIGHT_S + place * STEP_S, injection_wh=reading_wh
        )
        for place, reading_wh in enumerate(readings_wh)
    )
    for command in (
        RecordMeasurements(now_us=AFTER_US, actor="gateway", area_id="RUR", measurements=readings),
        BeginSettlement(
            now_us=AFTER_US, actor="op", day="2016-06-15", kind=RunKind.CORRECTED, reason="late"
        ),
    ):
        assert (await sequencer.submit(command)).answer.rejections == ()
    while await runs.step():
        pass


def bills_after(store: Store, on: ChargeKind, *readings: tuple[int, ...]) -> list[Bill]:
    """Ben's bills of a life in which his meter is read so each time, drafted after each run."""
    write_life(store, taxed(on))

    async def correct(sequencer: Sequencer) -> None:
        for reading in readings:
            await read_late(sequencer, *reading)
            await bill(sequencer, StillClock(AFTER_US))

    with_sequencer(store, correct, clock=StillClock(AFTER_US))
    for name, item in bills_of(store, state=None).items():
        if item.issued_us is not None and name == "ben":
            account = read(store, queries.account, participant_id=name)
            assert account.balance_quanta == item.bill.paid_in_quanta - item.bill.total_quanta
    return [item.bill for item in read(store, queries.bills, participant_id="ben").items]


def base(of: Bill) -> int:
    return sum(tax.base_quanta for tax in of.taxes)


def of_kind(of: Bill, kind: ChargeKind) -> int:
    return sum(line.amount_quanta for line in of.lines if line.kind is kind)


@pytest.mark.parametrize("on", [SHORT, LONG])
def test_a_bill_with_a_tax_on_one_direction_is_made(store: Store, on: ChargeKind) -> None:
    """2,450 Wh were read of 2,400 bought: 50 Wh short; later 1,000, which is 1,400 Wh long."""
    (ben,) = bills_after(store, on, (-1_000,))

    told = [line for line in ben.lines if line.correction and line.kind in {SHORT, LONG}]
    assert {line.kind for line in told} == {SHORT, LONG}
    assert all(line.correction and line.correction.version == 2 for line in told)
    assert not [line for line in ben.lines if line.kind is ChargeKind.DEVIATION]
    assert base(ben) == of_kind(ben, on)
    assert ben.net_quanta == sum(line.amount_quanta for line in ben.lines)


def test_versions_follow_each_other_and_the_last_one_counts(store: Store) -> None:
    """The same reading in the end gives the same tax, whichever versions there were between."""
    straight = bills_after(store, SHORT, (-1_000, -2_600))
    last = straight[-1]
    assert base(last) == of_kind(last, SHORT)


def test_what_comes_to_the_same_by_another_way_has_the_same_tax(store: Store) -> None:
    first, _, last = bills_after(store, SHORT, (-1_000, -2_600), (-2_000,), (-1_000,))
    assert of_kind(last, SHORT) == of_kind(first, SHORT)
    assert of_kind(last, LONG) == of_kind(first, LONG)
    assert (base(last), last.total_quanta) == (base(first), first.total_quanta)


def test_a_day_on_which_nobody_had_a_unit_does_not_hold_up_its_months_bills(store: Store) -> None:
    clock = StillClock()

    async def lives(sequencer: Sequencer) -> None:
        for command in taxed(SHORT)[:2]:
            assert (await sequencer.submit(command)).answer.rejections == ()
        while (timer := sequencer.engine.next_timer()) is not None:
            clock.time_us = max(clock.time_us, timer.due_us)
            await sequencer.submit(due_command(sequencer.engine, timer))
        runs = DayRuns(sequencer, clock, market_id=MARKET_ID)
        while await runs.step():
            pass
        assert sequencer.engine.state.settlements.days["2016-06-15"].version
        await bill(sequencer, clock)

    with_sequencer(store, lives, clock=clock)
