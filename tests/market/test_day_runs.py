"""A closed day is settled as a whole: again when its facts change, booked once, whatever interrupts it.

house: long because everything that can happen to a run is told once, on one life.
"""

import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from market.day_runs import DayRuns
from market.model.messages import RecordMeasurements, RegisterParticipants, RegisterUnits
from market.model.money import TransferKind, participant_account
from market.model.participant import Participant, UnitKind
from market.model.power import Measurement
from market.model.recall import DecideRecall, RequestRecall, TradeState
from market.model.rejection import Code
from market.model.rules import Tariff
from market.model.settlement_run import (
    BeginSettlement,
    Completeness,
    FinishSettlement,
    RunKind,
    RunState,
)
from market.sequencer import QueueFull, Sequencer
from market.settlement.dues import Dues
from market.settlement.run import settle_day
from market.store import queries
from market.store.database import Store
from market.store.queries.money import amounts_by_account
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, RULES, STEP_S, unit
from tests.market.written import (
    MARKET_ID,
    StillClock,
    every_mode,
    on_a_weak_grid,
    out_of_reach,
    projected,
    with_sequencer,
    write_life,
)

DAY = "2016-06-15"
LATE_S = MIDNIGHT_S + 3 * STEP_S


def _clock(days: int = 0) -> StillClock:
    return StillClock((LATE_S + days * 86_400) * 1_000_000)


def _runs(
    store: Store,
    act: Callable[[Sequencer, DayRuns], Coroutine[Any, Any, Any]],
    *,
    days: int = 0,
) -> Any:  # noqa: ANN401 - whatever the act gives
    clock = _clock(days)

    async def run(sequencer: Sequencer) -> Any:  # noqa: ANN401
        return await act(sequencer, DayRuns(sequencer, clock, market_id=MARKET_ID))

    return with_sequencer(store, run, clock=clock)


async def _all(sequencer: Sequencer, runs: DayRuns) -> list[queries.RunView]:
    """Do what is due; all runs so far."""
    while await runs.step():
        assert sequencer.engine.state.ledger.sum_quanta() == 0
    return await _listed(sequencer)


async def _listed(sequencer: Sequencer) -> list[queries.RunView]:
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        return list(queries.settlement_runs(connection, MARKET_ID).items)


def _late(unit_id: str = "ben-load", injection_wh: int = -1_000) -> RecordMeasurements:
    reading = Measurement(unit_id=unit_id, start_s=MIDNIGHT_S, injection_wh=injection_wh)
    return RecordMeasurements(
        now_us=LATE_S * 1_000_000, actor="gateway", area_id="RUR", measurements=(reading,)
    )


def _corrected(tariff: Tariff | None = None) -> BeginSettlement:
    return BeginSettlement(
        now_us=LATE_S * 1_000_000,
        actor="op",
        day=DAY,
        kind=RunKind.CORRECTED,
        reason="a meter was read late",
        tariff=tariff,
    )


async def _day(sequencer: Sequencer) -> queries.StoredDay:
    """The day's facts as of now."""
    await sequencer.projected(sequencer.committed_seq)
    state = sequencer.engine.state
    with sequencer.readers.connect() as connection:
        return queries.stored_day(
            connection,
            MARKET_ID,
            participants=state.participants,
            units=state.units,
            day=DAY,
            tariff=state.settlements.days[DAY].tariff,
            event_seq=sequencer.committed_event_seq,
        )


@pytest.mark.parametrize("life", [every_mode, on_a_weak_grid, out_of_reach])
def test_a_day_that_has_not_changed_comes_to_what_its_intervals_booked(
    store: Store, life: Callable[[], Any]
) -> None:
    write_life(store, life())

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        stored = await _day(sequencer)
        assert settle_day(stored.facts).dues == stored.booked
        assert stored.booked
        (view,) = await _all(sequencer, runs)
        assert (view.run.version, view.run.kind, view.differences) == (1, RunKind.PRELIMINARY, 0)
        assert view.run.state is RunState.FINISHED
        assert view.areas_done == len(view.run.areas) == 2
        assert await _all(sequencer, runs) == [view]

    _runs(store, check)


def test_a_late_reading_posts_just_the_difference(store: Store) -> None:
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        ledger = sequencer.engine.state.ledger
        before = dict(ledger.accounts())
        stood = (await _day(sequencer)).booked
        await sequencer.submit(_late())
        await sequencer.submit(_corrected())
        _, view = await _all(sequencer, runs)
        assert (view.run.version, view.run.kind) == (2, RunKind.CORRECTED)
        assert (view.run.completeness.late, view.run.reason) == (1, "a meter was read late")
        with sequencer.readers.connect() as connection:
            moved = queries.run_differences(connection, MARKET_ID, view.run.run_id)
        assert len(moved) == view.differences
        own = [
            item for item in moved if "participant:ben" in (item.debit_account, item.credit_account)
        ]
        assert {item.kind for item in own} >= {TransferKind.DEVIATION, TransferKind.NETWORK_FEE}
        # 1,450 Wh less than was read before: the fees on them come back.
        fees_quanta = 1_450 * (RULES.tariff.network_ticks + RULES.tariff.levies_ticks)
        fees = [
            item for item in own if item.kind in {TransferKind.NETWORK_FEE, TransferKind.LEVIES}
        ]
        assert sum(item.amount_quanta for item in fees) == fees_quanta
        assert {item.credit_account for item in fees} == {participant_account("ben")}
        reached = dict(before)
        for item in moved:
            reached[item.debit_account] -= item.amount_quanta
            reached[item.credit_account] = reached.get(item.credit_account, 0) + item.amount_quanta
        assert reached == dict(ledger.accounts())
        after = await _day(sequencer)
        assert after.booked == settle_day(after.facts).dues != stood

    _runs(store, check)


def test_what_a_late_reading_lacks_of_an_area_out_of_reach_is_no_deviation(store: Store) -> None:
    write_life(store, out_of_reach())

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        traded = sequencer.engine.state.positions.scheduled_wh(MIDNIGHT_S)
        assert traded["ben-load"] < -1_000
        await sequencer.submit(_late())
        await sequencer.submit(_corrected())
        _, view = await _all(sequencer, runs)
        with sequencer.readers.connect() as connection:
            moved = queries.run_differences(connection, MARKET_ID, view.run.run_id)
        own = {
            item.kind: item.amount_quanta
            for item in moved
            if "participant:ben" in (item.debit_account, item.credit_account)
        }
        assert own[TransferKind.INSTRUCTED] > 0
        # What the first reading was beyond the trades was a deviation, and is none any more.
        first_wh = -2_450 - traded["ben-load"]
        assert (TransferKind.DEVIATION in own) == (first_wh != 0)

    _runs(store, check)


def test_run_twice_nothing_is_booked_twice(store: Store) -> None:
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await sequencer.submit(_late())
        first = await _all(sequencer, runs)
        assert [view.run.version for view in first] == [1]
        assert first[0].differences
        again = await sequencer.submit(_corrected())
        assert (again.events, again.answer.rejections) == ((), ())
        assert await _all(sequencer, runs) == first

    _runs(store, check)


def test_other_fees_are_a_new_version_and_hold_from_then_on(store: Store) -> None:
    write_life(store)
    dearer = Tariff(network_ticks=7_001, levies_ticks=RULES.tariff.levies_ticks)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        await sequencer.submit(_corrected(dearer))
        _, view = await _all(sequencer, runs)
        with sequencer.readers.connect() as connection:
            moved = queries.run_differences(connection, MARKET_ID, view.run.run_id)
        assert moved
        assert {item.kind for item in moved} == {TransferKind.NETWORK_FEE}
        assert (await sequencer.submit(_corrected(dearer))).events == ()
        await sequencer.submit(_late())
        await sequencer.submit(_corrected())
        *_, last = await _all(sequencer, runs)
        assert (last.run.version, last.run.tariff) == (3, dearer)

    _runs(store, check)


def test_who_comes_after_a_day_was_closed_gets_nothing_of_its_rent(store: Store) -> None:
    """Nobody withdrew, so the line's rent is shared equally: among those who were there."""
    write_life(store)
    eve = Participant(participant_id="eve", name="Eve", area_id="RUR")
    house = unit("eve-load", "eve", UnitKind.LOAD, withdrawal_max_w=10_000)
    now = {"now_us": LATE_S * 1_000_000, "actor": "op"}

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        await sequencer.submit(RegisterParticipants(**now, participants=(eve,)))
        await sequencer.submit(RegisterUnits(**now, units=(house,)))
        for start_s in (MIDNIGHT_S, MIDNIGHT_S + STEP_S):
            still = tuple(
                Measurement(unit_id=name, start_s=start_s, injection_wh=0)
                for name in ("ann-load", "ann-battery", "ann-solar", "ben-load")
            )
            await sequencer.submit(RecordMeasurements(**now, area_id="RUR", measurements=still))
        await sequencer.submit(_corrected())
        _, view = await _all(sequencer, runs)
        # Her house was not there, so it lacks no reading either.
        assert (view.run.completeness.late, view.run.completeness.substituted) == (8, 0)
        with sequencer.readers.connect() as connection:
            given = amounts_by_account(connection, MARKET_ID)
        rent = {
            name: kinds[TransferKind.RENT_RETURN]
            for name, kinds in given.items()
            if kinds.get(TransferKind.RENT_RETURN)
        }
        whole_quanta = -rent.pop("rent:GRID-RUR")
        assert rent == {
            "participant:ann": whole_quanta // 2,
            "participant:ben": whole_quanta // 2,
        }

    _runs(store, check)


def test_a_recalled_trade_is_not_of_the_day_whose_versions_stay_readable(store: Store) -> None:
    """Two operators undo what Ben took of Ann's listing; then a reading comes late."""
    match = {"match_id": "mat-1", "start_s": MIDNIGHT_S, "now_us": DAY_BEFORE_US}
    undone = (
        RequestRecall(actor="op1", reason="wrong price", **match),
        DecideRecall(actor="op1", cancel=True, **match),
        DecideRecall(actor="op2", cancel=True, **match),
    )
    write_life(store, (*every_mode(), *undone))
    clock = _clock()

    def bens_lines(sequencer: Sequencer, as_of_us: int | None) -> tuple[int, int, int]:
        """Version, and of the first interval what was metered and what it paid for trades."""
        with sequencer.readers.connect() as connection:
            found = queries.settled_detail(
                connection, MARKET_ID, participant_id="ben", day=DAY, as_of_us=as_of_us
            )
        assert found is not None
        number, rows = found
        return number, rows[0]["metered_wh"], rows[0]["trade_quanta"]

    async def check(sequencer: Sequencer) -> None:
        runs = DayRuns(sequencer, clock, market_id=MARKET_ID)
        (first,) = await _all(sequencer, runs)
        with sequencer.readers.connect() as connection:
            trades = queries.trades(connection, MARKET_ID, participant_id="ben").items
        recalled = [item for item in trades if item.match_id == "mat-1"]
        assert {item.state for item in recalled} == {TradeState.CANCELLED}
        bought_quanta = sum(
            item.amount_quanta
            for item in trades
            if item.start_s == MIDNIGHT_S and item.state is not TradeState.CANCELLED
        )
        assert bens_lines(sequencer, None) == (1, -2_450, -bought_quanta)
        assert first.differences == 0

        stood_us = clock.time_us
        clock.time_us += 3_600 * 10**6
        await sequencer.submit(_late())
        await sequencer.submit(_corrected())
        _, second = await _all(sequencer, runs)
        assert second.differences > 0
        with sequencer.readers.connect() as connection:
            moved = queries.run_differences(connection, MARKET_ID, second.run.run_id)
        assert TransferKind.TRADE not in {item.kind for item in moved}
        assert bens_lines(sequencer, None) == (2, -1_000, -bought_quanta)
        assert bens_lines(sequencer, clock.time_us)[0] == 2
        assert bens_lines(sequencer, stood_us) == (1, -2_450, -bought_quanta)
        with sequencer.readers.connect() as connection:
            before = queries.settled_detail(
                connection, MARKET_ID, participant_id="ben", day=DAY, as_of_us=stood_us - 1
            )
        assert before is None

    with_sequencer(store, check, clock=clock)


def test_versions_stay_readable(store: Store) -> None:
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        await sequencer.submit(_late())
        await sequencer.submit(_corrected())
        await _all(sequencer, runs)
        metered = {}
        with sequencer.readers.connect() as connection:
            for version in (1, 2, None):
                found = queries.settled_detail(
                    connection, MARKET_ID, participant_id="ben", day=DAY, version=version
                )
                assert found is not None
                number, rows = found
                assert {row["unit_id"] for row in rows} == {"ben-load"}
                metered[version] = (number, rows[0]["metered_wh"])
            assert metered == {1: (1, -2_450), 2: (2, -1_000), None: (2, -1_000)}
            missing = queries.settled_detail(
                connection, MARKET_ID, participant_id="ben", day=DAY, version=3
            )
        assert missing is None

    _runs(store, check)


def test_a_day_becomes_final_when_no_reading_may_come_any_more(store: Store) -> None:
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        first, last = await _all(sequencer, runs)
        assert (first.run.kind, last.run.kind) == (RunKind.PRELIMINARY, RunKind.FINAL)
        assert (last.run.version, last.differences) == (2, 0)
        assert not await runs.step()

    _runs(store, check, days=RULES.late_readings_days + 1)


class _Killed(Exception):
    """The process is gone."""


@pytest.mark.parametrize("after", range(5))
def test_killed_in_between_it_goes_on_and_is_booked_once(store: Store, after: int) -> None:
    write_life(store)
    _runs(store, _all)

    async def killed(sequencer: Sequencer, runs: DayRuns) -> None:
        await sequencer.submit(_late())
        await sequencer.submit(_corrected())
        submit, left = sequencer.submit, after

        async def until(command: Any) -> Any:  # noqa: ANN401
            nonlocal left
            if not left:
                raise _Killed
            left -= 1
            return await submit(command)

        sequencer.submit = until  # type: ignore[method-assign]
        with contextlib.suppress(_Killed):
            await runs.step()

    _runs(store, killed)

    async def goes_on(sequencer: Sequencer, runs: DayRuns) -> tuple[list[Any], Dues]:
        # What comes meanwhile is none of the run's business.
        if sequencer.engine.state.settlements.run is not None:
            await sequencer.submit(_late("ann-load", -500))
        views = await _all(sequencer, runs)
        with sequencer.readers.connect() as connection:
            moved = queries.run_differences(connection, MARKET_ID, views[-1].run.run_id)
        return views, {
            (item.debit_account, item.credit_account, item.kind): item.amount_quanta
            for item in moved
        }

    views, moved = _runs(store, goes_on)
    assert [view.run.version for view in views] == [1, 2]
    assert ("grid_operator", "participant:ben", TransferKind.NETWORK_FEE) in moved
    assert not [key for key in moved if "participant:ann" in key and key[2] is TransferKind.LEVIES]
    rebuilt = with_sequencer(store, _rebuilt)
    assert rebuilt[0] == rebuilt[1]


async def _rebuilt(sequencer: Sequencer) -> tuple[Any, Any]:
    """Every projection, and every projection made again."""
    with sequencer.readers.connect() as connection:
        before = projected(connection)
    await sequencer.rebuild_projections()
    with sequencer.readers.connect() as connection:
        return before, projected(connection)


def test_a_busy_market_is_asked_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.day_runs.BUSY_S", 0)
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        submit, refused = sequencer.submit, set[type]()

        async def busy(command: Any) -> Any:  # noqa: ANN401
            if type(command) not in refused:
                refused.add(type(command))
                raise QueueFull
            return await submit(command)

        sequencer.submit = busy  # type: ignore[method-assign]
        (view,) = await _all(sequencer, runs)
        assert (view.run.state, len(refused)) == (RunState.FINISHED, 3)

    _runs(store, check)


def test_an_operators_run_that_began_a_moment_before_comes_first(store: Store) -> None:
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        submit = sequencer.submit

        async def behind(command: Any) -> Any:  # noqa: ANN401
            sequencer.submit = submit  # type: ignore[method-assign]
            await submit(replace(_corrected(), kind=RunKind.FINAL))
            return await submit(command)

        sequencer.submit = behind  # type: ignore[method-assign]
        (view,) = await _all(sequencer, runs)
        assert (view.run.kind, view.run.state) == (RunKind.FINAL, RunState.FINISHED)

    _runs(store, check)


def test_what_may_not_be_is_refused(store: Store) -> None:
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        other = BeginSettlement(
            now_us=LATE_S * 1_000_000, actor="op", day="2016-06-16", kind=RunKind.CORRECTED
        )
        assert await _codes(sequencer, other) == [Code.PHASE_CONFLICT]
        finish = FinishSettlement(
            now_us=LATE_S * 1_000_000,
            actor="market",
            run_id="set-1",
            transfers=(),
            completeness=Completeness(),
        )
        assert await _codes(sequencer, finish) == [Code.NOT_FOUND]
        assert await _codes(sequencer, _corrected()) == []
        assert await _codes(sequencer, finish) == [Code.PHASE_CONFLICT]
        cheaper = Tariff(network_ticks=1, levies_ticks=1)
        assert await _codes(sequencer, _corrected(cheaper)) == [Code.PHASE_CONFLICT]
        await _all(sequencer, runs)

    _runs(store, check)


async def _codes(sequencer: Sequencer, command: Any) -> list[Code]:  # noqa: ANN401
    return [fault.code for fault in (await sequencer.submit(command)).answer.rejections]
