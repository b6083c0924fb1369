"""A day's gaps: settled on what stands in, until a reading comes; what was told wins over every guess."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from market.day_runs import DayRuns
from market.model.act import ActKind
from market.model.alarm import ControlLevel
from market.model.messages import Command, CreateMarket, RecordMeasurements
from market.model.money import TransferKind, participant_account
from market.model.power import Measurement
from market.model.settlement_run import BeginSettlement, Completeness, RunKind
from market.model.timer import TimerKind
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Store
from tests.builders import MIDNIGHT_S, RULES, STEP_S
from tests.market.written import (
    MARKET_ID,
    SETUP,
    TRADING,
    StillClock,
    act,
    due_command,
    place,
    with_sequencer,
)

DAY = "2016-06-15"
END_S = MIDNIGHT_S + 5 * STEP_S
BEN = participant_account("ben")


def _setup(intervals: int, first: int = 0) -> tuple[Command, ...]:
    """The usual market, of some quarters of an hour; it begins so many of them after midnight."""
    create, *rest = SETUP
    assert isinstance(create, CreateMarket)
    rules = replace(
        RULES,
        trading_from_s=MIDNIGHT_S + first * STEP_S,
        trading_until_s=MIDNIGHT_S + intervals * STEP_S,
    )
    return (replace(create, rules=rules), *rest)


def _runs(store: Store, check: Callable[[Sequencer, DayRuns], Coroutine[Any, Any, None]]) -> None:
    clock = StillClock(END_S * 1_000_000)

    async def run(sequencer: Sequencer) -> None:
        await check(sequencer, DayRuns(sequencer, clock, market_id=MARKET_ID))

    with_sequencer(store, run, clock=clock)


async def _all(sequencer: Sequencer, runs: DayRuns) -> list[queries.RunView]:
    """Do what is due; all runs so far."""
    while await runs.step():
        assert sequencer.engine.state.ledger.sum_quanta() == 0
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        return list(queries.settlement_runs(connection, MARKET_ID).items)


def _reads(injection_wh: int, start_s: int) -> RecordMeasurements:
    reading = Measurement(unit_id="ben-load", start_s=start_s, injection_wh=injection_wh)
    return RecordMeasurements(
        now_us=END_S * 1_000_000, actor="gateway", area_id="RUR", measurements=(reading,)
    )


def _corrected(day: str = DAY) -> BeginSettlement:
    return BeginSettlement(
        now_us=END_S * 1_000_000,
        actor="op",
        day=day,
        kind=RunKind.CORRECTED,
        reason="a meter was read late",
    )


def _with_gaps(store: Store, said: Mapping[int, int], *, intervals: int, first: int = 0) -> None:
    """Some quarters of an hour in which nothing is traded; Ben's meter says these of them."""
    clock = StillClock()

    async def lives(sequencer: Sequencer) -> None:
        for command in _setup(intervals, first)[:4]:
            await sequencer.submit(command)
        while (timer := sequencer.engine.next_timer()) is not None:
            clock.time_us = max(clock.time_us, timer.due_us)
            await sequencer.submit(due_command(sequencer.engine, timer))
            place = (timer.start_s - MIDNIGHT_S) // STEP_S
            if timer.kind is TimerKind.END_DELIVERY and place in said:
                reading = _reads(said[place], timer.start_s)
                assert (await sequencer.submit(reading)).answer.rejections == ()

    with_sequencer(store, lives, clock=clock)


async def _own(sequencer: Sequencer, run_id: str) -> dict[TransferKind, int]:
    """What a run has moved to Ben, by kind."""
    moved: dict[TransferKind, int] = {}
    with sequencer.readers.connect() as connection:
        for item in queries.run_differences(connection, MARKET_ID, run_id):
            if item.credit_account == BEN:
                moved[item.kind] = moved.get(item.kind, 0) + item.amount_quanta
            elif item.debit_account == BEN:
                moved[item.kind] = moved.get(item.kind, 0) - item.amount_quanta
    return moved


def test_a_gap_is_settled_on_what_stands_in_until_it_is_read(store: Store) -> None:
    """Scheduled nothing, so settled on nothing; by the line 2,300 Wh, by the meter at last 2,400."""
    _with_gaps(store, {0: -2_000, 1: -2_200, 3: -2_400}, intervals=4)
    short_ticks = 20_408  # (160 + 40) / 0.98, delivered: nothing was traded
    fees = {
        TransferKind.NETWORK_FEE: RULES.tariff.network_ticks,
        TransferKind.LEVIES: RULES.tariff.levies_ticks,
    }

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        (first,) = await _all(sequencer, runs)
        assert first.run.completeness == Completeness(measured=3, substituted=13, linear=1)
        assert first.run.completeness.schedule == 12
        assert await _own(sequencer, first.run.run_id) == {
            TransferKind.DEVIATION: -2_300 * short_ticks,
            **{kind: -2_300 * ticks for kind, ticks in fees.items()},
        }
        assert (await sequencer.submit(_corrected())).events == ()
        await sequencer.submit(_reads(-2_400, MIDNIGHT_S + 2 * STEP_S))
        await sequencer.submit(_corrected())
        _, last = await _all(sequencer, runs)
        assert last.run.completeness == Completeness(measured=3, late=1, substituted=12)
        assert await _own(sequencer, last.run.run_id) == {
            TransferKind.DEVIATION: -100 * short_ticks,
            **{kind: -100 * ticks for kind, ticks in fees.items()},
        }
        told = {}
        with sequencer.readers.connect() as connection:
            for version in (1, 2):
                found = queries.settled_detail(
                    connection, MARKET_ID, participant_id="ben", day=DAY, version=version
                )
                assert found is not None
                told[version] = [(row["metered_wh"], row["method"]) for row in found[1]]
        read = [(-2_000, "measured"), (-2_200, "measured")]
        assert told[1] == [*read, (-2_300, "linear"), (-2_400, "measured")]
        assert told[2] == [*read, (-2_400, "measured"), (-2_400, "measured")]

    _runs(store, check)


async def _told(sequencer: Sequencer, day: str) -> list[tuple[int, str]]:
    """What the last version of a day says of Ben, and how it knows."""
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        found = queries.settled_detail(
            connection, MARKET_ID, participant_id="ben", day=day, version=None
        )
    assert found is not None
    return [(row["metered_wh"], row["method"]) for row in found[1]]


def test_a_late_reading_changes_what_stands_in_beside_it_and_on_the_day_before(
    store: Store,
) -> None:
    """23:45 and midnight are silent; then midnight is read, and the line over it is another one."""
    before = "2016-06-14"
    _with_gaps(store, {-2: -2_000, 1: -2_300, 2: -2_450}, intervals=3, first=-2)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        assert await _told(sequencer, before) == [(-2_000, "measured"), (-2_100, "linear")]
        assert await _told(sequencer, DAY) == [
            (-2_200, "linear"),
            (-2_300, "measured"),
            (-2_450, "measured"),
        ]
        assert (await sequencer.submit(_corrected(before))).events == ()
        await sequencer.submit(_reads(-2_400, MIDNIGHT_S))
        for day in (before, DAY):
            await sequencer.submit(_corrected(day))
            await _all(sequencer, runs)
        assert await _told(sequencer, before) == [(-2_000, "measured"), (-2_200, "linear")]
        assert await _told(sequencer, DAY) == [
            (-2_400, "measured"),
            (-2_300, "measured"),
            (-2_450, "measured"),
        ]

    _runs(store, check)


def test_of_a_gap_that_is_read_in_part_the_rest_lies_on_a_shorter_line(store: Store) -> None:
    _with_gaps(store, {0: -2_000, 3: -2_300}, intervals=4)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        ends = (-2_000, "measured"), (-2_300, "measured")
        assert await _told(sequencer, DAY) == [
            ends[0],
            (-2_100, "linear"),
            (-2_200, "linear"),
            ends[1],
        ]
        await sequencer.submit(_reads(-1_000, MIDNIGHT_S + STEP_S))
        await sequencer.submit(_corrected())
        await _all(sequencer, runs)
        assert await _told(sequencer, DAY) == [
            ends[0],
            (-1_000, "measured"),
            (-1_650, "linear"),
            ends[1],
        ]

    _runs(store, check)


def test_a_unit_that_was_told_something_and_is_silent_did_as_it_was_told(store: Store) -> None:
    """Ben is limited in the second quarter; his meter says the first and the third, and no line wins."""
    limit = act(
        ActKind.LIMIT,
        ControlLevel.UNIT,
        "ben-load",
        withdrawal_max_w=4_000,
        from_s=MIDNIGHT_S + STEP_S,
        until_s=MIDNIGHT_S + 2 * STEP_S,
    )
    clock = StillClock()

    async def lives(sequencer: Sequencer) -> None:
        for command in (*_setup(3), *TRADING[1:3]):
            await sequencer.submit(command)
        limited = False
        while (timer := sequencer.engine.next_timer()) is not None:
            clock.time_us = max(clock.time_us, timer.due_us)
            if timer.kind is TimerKind.END_DELIVERY and not limited:
                limited = True
                done = await sequencer.submit(replace(limit, now_us=clock.time_us))
                assert done.answer.rejections == ()
            await sequencer.submit(due_command(sequencer.engine, timer))
            if timer.kind is TimerKind.END_DELIVERY and timer.start_s != MIDNIGHT_S + STEP_S:
                await sequencer.submit(_reads(-2_400, timer.start_s))

    with_sequencer(store, lives, clock=clock)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        (view,) = await _all(sequencer, runs)
        assert view.run.completeness.linear == 0
        with sequencer.readers.connect() as connection:
            found = queries.settled_detail(
                connection, MARKET_ID, participant_id="ben", day=DAY, version=1
            )
        assert found is not None
        told = found[1][1]
        assert (told["method"], told["metered_wh"], told["scheduled_wh"]) == (
            "schedule",
            -1_000,
            -1_000,
        )
        assert told["instructed_wh"] > 0
        assert told["deviation_quanta"] == 0

    _runs(store, check)


def test_the_line_over_midnight_passes_a_last_quarter_that_was_read_while_it_was_limited(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """23:30 is silent, 23:45 no model: the line ends at midnight, of which the first run knew nothing."""
    # By the name of the module, as the package has a function of that name.
    monkeypatch.setattr(import_module("market.store.queries.day_changes"), "SHARE_MAX", 0)
    before, last_s = "2016-06-14", MIDNIGHT_S - STEP_S
    limit = act(
        ActKind.LIMIT,
        ControlLevel.UNIT,
        "ben-load",
        withdrawal_max_w=4_000,
        from_s=last_s,
        until_s=MIDNIGHT_S,
    )
    clock = StillClock()

    async def lives(sequencer: Sequencer) -> None:
        runs = DayRuns(sequencer, clock, market_id=MARKET_ID)

        async def does(command: Command) -> None:
            assert (await sequencer.submit(command)).answer.rejections == ()

        trading = (
            place("ben", "b-1 ben-load buy 400000 2000 -1"),
            place("retailer", "r-1 retailer-sells sell 12000 200000 -1"),
        )
        for command in _setup(1, -3)[:4]:
            await does(command)
        said = {-3: -2_000, -1: -1_000}
        while (timer := sequencer.engine.next_timer()) is not None:
            clock.time_us = max(clock.time_us, timer.due_us)
            if timer.kind is TimerKind.END_DELIVERY and timer.start_s == last_s - STEP_S:
                await does(replace(limit, now_us=clock.time_us))
            await does(due_command(sequencer.engine, timer))
            if timer.kind is TimerKind.OPEN_CALL and timer.start_s == last_s:
                for command in trading:
                    await does(command)
            quarter = (timer.start_s - MIDNIGHT_S) // STEP_S
            if timer.kind is TimerKind.END_DELIVERY and quarter in said:
                await does(_reads(said[quarter], timer.start_s))
            if timer.kind is TimerKind.CLOSE_DAY and timer.day == before:
                await _all(sequencer, runs)
                told = await _told(sequencer, before)
                assert [method for _, method in told] == ["measured", "schedule", "measured"]
                await does(_reads(-2_300, MIDNIGHT_S))
                # Somebody else's reading is late, so the day may be settled again.
                late = Measurement(unit_id="ann-load", start_s=last_s, injection_wh=-100)
                await does(replace(_reads(0, last_s), measurements=(late,)))
                await does(replace(_corrected(before), now_us=clock.time_us))
                views = await _all(sequencer, runs)
                assert len(views) == 2
                assert await _told(sequencer, before) == [
                    (-2_000, "measured"),
                    (-2_100, "linear"),
                    (-1_000, "measured"),
                ]
                return
        raise AssertionError("the day was never closed")

    with_sequencer(store, lives, clock=clock)
