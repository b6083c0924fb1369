"""One writer: in order, durable before anybody is told, and silent once it has failed."""
# house: long because what the writer promises is told in one place.

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from market.engine import engine as engine_lines
from market.engine.engine import Engine, HalfApplied
from market.engine.state import MarketState
from market.model.messages import (
    Command,
    Decision,
    OrdersAccepted,
    PlaceOrders,
)
from market.model.rejection import Code
from market.replay import replay
from market.sequencer import (
    BATCH_COMMANDS_MAX,
    QUEUE_COMMANDS_MAX,
    Published,
    QueueFull,
    Sequencer,
    SequencerStopped,
)
from market.store import restore
from market.store.database import Readers, Store, WriterReplaced
from market.store.journal import Batch
from market.store.tables import journal, meta, orders
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, RULES
from tests.market.stores import NewStore, opened
from tests.market.written import (
    SETUP,
    StillClock,
    due_command,
    every_mode,
    helped_next_door,
    live,
    over_a_line,
    place,
    projected,
    short_of_cover,
    with_sequencer,
    write_life,
)
from tests.patience import PATIENCE_S


async def set_up(sequencer: Sequencer) -> None:
    for command in SETUP:
        committed = await sequencer.submit(command)
        assert committed.answer.rejections == ()


def one_order(number: int, *, now_us: int = DAY_BEFORE_US) -> PlaceOrders:
    return place("ann", f"n-{number} ann-load buy 100 1", now_us=now_us)


def in_journal(store: Store) -> list[restore.ProvenBatch]:
    readers = Readers(store)
    with readers.connect() as connection:
        found = list(restore.batches(connection))
    readers.close()
    return found


# --- order and durability ------------------------------------------------------


def test_commands_get_a_sequence_without_a_gap_in_the_order_sent(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        committed = await asyncio.gather(
            *(sequencer.submit(one_order(number)) for number in range(300))
        )
        assert [item.seq for item in committed] == list(range(len(SETUP) + 1, len(SETUP) + 301))
        assert sequencer.committed_seq == len(SETUP) + 300
        ids = [item.answer.orders[0].order_id for item in committed]
        assert ids == [f"ord-{number}" for number in range(1, 301)]

    with_sequencer(store, story)


def test_what_waits_together_is_written_together(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        committed = await asyncio.gather(
            *(sequencer.submit(one_order(number)) for number in range(BATCH_COMMANDS_MAX + 1))
        )
        assert {item.batch for item in committed} == {len(SETUP) + 1, len(SETUP) + 2}

    with_sequencer(store, story)


def test_nobody_is_told_before_it_is_on_disk(store: Store) -> None:
    """Whoever hears of an event finds it in the file, through a connection of its own."""
    on_disk: list[bool] = []
    own = Readers(store)

    async def story(sequencer: Sequencer) -> None:
        def heard(published: Published) -> None:
            with own.connect() as reader:
                last = reader.execute(select(func.max(journal.c.first_event_seq))).scalar_one()
            on_disk.append(last <= published.event_seq and last > before)

        before = 0
        sequencer.subscribe(heard)
        for command in SETUP:
            await sequencer.submit(command)
            before = sequencer.committed_event_seq
        assert len(on_disk) == sequencer.committed_event_seq

    with_sequencer(store, story)
    own.close()

    assert all(on_disk)


def test_events_are_published_in_order_each_with_its_command(store: Store) -> None:
    heard: list[Published] = []

    async def story(sequencer: Sequencer) -> None:
        unsubscribe = sequencer.subscribe(heard.append)
        clock = StillClock()
        committed = await live(sequencer, clock)
        assert [item.event_seq for item in heard] == list(range(1, len(heard) + 1))
        for item in committed:
            mine = tuple(told.event for told in heard if told.command_seq == item.seq)
            assert mine == item.events
        unsubscribe()
        await sequencer.submit(SETUP[0])
        assert heard[-1].command_seq == committed[-1].seq

    with_sequencer(store, story, clock=StillClock(DAY_BEFORE_US + 10**12))


def test_a_listener_that_fails_neither_stops_the_market_nor_stays_unheard(store: Store) -> None:
    troubles: list[dict[str, Any]] = []
    heard: list[Published] = []

    async def story(sequencer: Sequencer) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, about: troubles.append(about))

        def fails(_: Published) -> None:
            raise KeyError("a bug")

        sequencer.subscribe(fails)
        sequencer.subscribe(heard.append)
        await set_up(sequencer)

    with_sequencer(store, story)

    assert len(troubles) == len(heard) > 0
    assert isinstance(troubles[0]["exception"], KeyError)


def test_a_business_no_is_an_answer_and_is_in_the_journal(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        committed = await sequencer.submit(place("ann", "big ann-solar sell 100 9999999"))
        (answer,) = committed.answer.orders
        assert answer.rejection is not None
        assert answer.rejection.code is Code.EXCEEDS_CAPABILITY

    with_sequencer(store, story)

    assert len(in_journal(store)[-1].batch.entries[0].events) == 1


# --- one batch at the disk, the next one being decided ---------------------------


class SlowDisk:
    """Holds back what the writer appends until it is let go, as a slow flush does."""

    def __init__(self, sequencer: Sequencer, *, fault: Exception | None = None) -> None:
        self._append, self._fault = sequencer._append, fault  # noqa: SLF001 - the flush itself
        self.reached, self.free = threading.Event(), threading.Event()
        sequencer._append = self._held  # type: ignore[method-assign]  # noqa: SLF001

    def _held(self, batch: Batch) -> bytes:
        self.reached.set()
        assert self.free.wait(timeout=PATIENCE_S)
        if self._fault is not None:
            raise self._fault
        return self._append(batch)


async def until(true: Callable[[], bool]) -> None:
    """Let others go on until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - the engine and the thread ring no bell
            await asyncio.sleep(0.001)


def test_the_next_batch_is_decided_while_the_disk_is_busy_and_nobody_is_told(store: Store) -> None:
    heard: list[Published] = []

    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        sequencer.subscribe(heard.append)
        disk = SlowDisk(sequencer)
        first = asyncio.create_task(sequencer.submit(one_order(1)))
        await until(disk.reached.is_set)
        more = [asyncio.create_task(sequencer.submit(one_order(2 + number))) for number in range(3)]
        await until(lambda: sequencer.engine.state.next_order_number == 5)
        assert sequencer.committed_seq == len(SETUP)
        assert not heard
        assert not any(task.done() for task in (first, *more))

        disk.free.set()
        committed = await asyncio.gather(first, *more)
        assert [item.batch - len(SETUP) for item in committed] == [1, 2, 2, 2]
        assert [item.seq - len(SETUP) for item in committed] == [1, 2, 3, 4]
        assert [item.command_seq - len(SETUP) for item in heard] == [1, 2, 3, 4]

    with_sequencer(store, story)


def test_time_does_not_go_back_behind_a_batch_that_is_being_written(store: Store) -> None:
    clock = StillClock(DAY_BEFORE_US + 50)

    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        disk = SlowDisk(sequencer)
        first = asyncio.create_task(sequencer.submit(one_order(1, now_us=DAY_BEFORE_US + 40)))
        await until(disk.reached.is_set)
        second = asyncio.create_task(sequencer.submit(one_order(2, now_us=DAY_BEFORE_US + 10)))
        await until(lambda: sequencer.engine.state.next_order_number == 3)
        disk.free.set()
        times = [item.now_us for item in await asyncio.gather(first, second)]
        assert times == [DAY_BEFORE_US + 40] * 2

    with_sequencer(store, story, clock=clock)


def test_a_failed_flush_answers_neither_its_batch_nor_the_one_behind(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        disk = SlowDisk(sequencer, fault=OSError("no disk"))
        first = asyncio.create_task(sequencer.submit(one_order(1)))
        await until(disk.reached.is_set)
        second = asyncio.create_task(sequencer.submit(one_order(2)))
        await until(lambda: sequencer.engine.state.next_order_number == 3)
        disk.free.set()
        for waiting in (first, second):
            with pytest.raises(SequencerStopped):
                await waiting
        assert isinstance(sequencer.fault, OSError)

    with_sequencer(store, story)

    assert in_journal(store)[-1].batch.last_command_seq == len(SETUP)


def test_what_was_read_of_the_decided_may_be_told_once_it_is_durable(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        assert sequencer.decided_seq == sequencer.committed_seq
        await sequencer.durable(sequencer.decided_seq)
        disk = SlowDisk(sequencer)
        first = asyncio.create_task(sequencer.submit(one_order(1)))
        await until(disk.reached.is_set)
        first_read = asyncio.create_task(sequencer.durable(sequencer.decided_seq))
        second = asyncio.create_task(sequencer.submit(one_order(2)))
        await until(lambda: sequencer.engine.state.next_order_number == 3)
        assert sequencer.decided_seq == sequencer.committed_seq + 2
        reads = [asyncio.create_task(sequencer.durable(sequencer.decided_seq)) for _ in range(2)]
        await asyncio.sleep(0)
        reads.pop().cancel()  # who has gone holds up nobody
        await sequencer.durable(len(SETUP))
        assert not first_read.done()
        disk.free.set()
        await first_read
        assert sequencer.committed_seq >= len(SETUP) + 1
        await reads[0]
        assert sequencer.committed_seq == len(SETUP) + 2
        await asyncio.gather(first, second)

    with_sequencer(store, story)


def test_what_was_read_of_the_decided_is_never_told_when_the_flush_fails(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        disk = SlowDisk(sequencer, fault=OSError("no disk"))
        first = asyncio.create_task(sequencer.submit(one_order(1)))
        await until(disk.reached.is_set)
        read = asyncio.create_task(sequencer.durable(sequencer.decided_seq))
        await asyncio.sleep(0)
        assert not read.done()
        disk.free.set()
        for waiting in (first, read):
            with pytest.raises(SequencerStopped):
                await waiting
        with pytest.raises(SequencerStopped):
            await sequencer.durable(sequencer.committed_seq)

    with_sequencer(store, story)


def test_rebuilds_and_snapshots_find_engine_and_journal_at_the_same_place(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is done in the middle of the next batch, when a snapshot and a rebuild are due."""
    monkeypatch.setattr("market.sequencer.BATCH_COMMANDS_MAX", 10 * QUEUE_COMMANDS_MAX)
    monkeypatch.setattr("market.sequencer.TURN_COMMANDS_MAX", 7)
    many = 900

    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        disk = SlowDisk(sequencer)
        waiting = [asyncio.create_task(sequencer.submit(one_order(0)))]
        await until(disk.reached.is_set)
        waiting += [
            asyncio.create_task(sequencer.submit(one_order(1 + number))) for number in range(many)
        ]
        await until(lambda: sequencer.engine.state.next_order_number > 20)
        monkeypatch.setattr("market.sequencer.SNAPSHOT_EVENTS_MAX", 1)
        disk.free.set()
        await sequencer.rebuild_projections()
        assert not waiting[-1].done()
        await asyncio.gather(*waiting)
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            assert connection.execute(select(func.count()).select_from(orders)).scalar() == 1 + many
            assert replay(connection).snapshots_checked > 0

    with_sequencer(store, story)


# --- several at once --------------------------------------------------------------


def test_lists_show_everything_before_a_snapshot_keeps_the_writer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, free = threading.Event(), threading.Event()
    monkeypatch.setattr("market.sequencer.IDLE_S", PATIENCE_S)

    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        await sequencer.projected(sequencer.committed_seq)
        await sequencer.submit(one_order(1))
        assert sequencer.projected_seq < sequencer.committed_seq
        take = sequencer._take_snapshot  # noqa: SLF001 - what takes its time

        def held() -> None:
            reached.set()
            assert free.wait(timeout=PATIENCE_S)
            take()

        sequencer._take_snapshot = held  # type: ignore[method-assign]  # noqa: SLF001
        monkeypatch.setattr("market.sequencer.SNAPSHOT_EVENTS_MAX", 1)
        waits = asyncio.create_task(sequencer.submit(one_order(2)))
        try:
            await until(reached.is_set)
            assert sequencer.projected_seq == sequencer.committed_seq == len(SETUP) + 1
            await sequencer.projected(sequencer.committed_seq)
        finally:
            monkeypatch.undo()
            free.set()
        await waits

    with_sequencer(store, story)


def test_what_is_brought_together_is_decided_in_order_each_with_its_own_sequence(
    store: Store,
) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        assert await sequencer.submit_many([]) == []
        many = [one_order(number) for number in range(BATCH_COMMANDS_MAX + 20)]
        committed, one = await asyncio.gather(
            sequencer.submit_many(many), sequencer.submit(one_order(9_999))
        )
        first = len(SETUP) + 1
        assert [item.seq for item in (*committed, one)] == [*range(first, first + len(many) + 1)]
        assert [item.answer.orders[0].order_id for item in committed] == [
            f"ord-{number}" for number in range(1, len(many) + 1)
        ]

    with_sequencer(store, story)


def test_several_for_which_there_is_no_room_are_refused_together(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        first = asyncio.create_task(
            sequencer.submit_many([one_order(number) for number in range(QUEUE_COMMANDS_MAX - 5)])
        )
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await sequencer.submit_many([one_order(90_000 + number) for number in range(6)])
        fits = await sequencer.submit_many([one_order(80_000 + number) for number in range(5)])
        assert fits[-1].seq == len(SETUP) + len(await first) + 5

    with_sequencer(store, story)


# --- time -----------------------------------------------------------------------


def test_time_never_goes_back_and_never_ahead_of_the_clock(store: Store) -> None:
    clock = StillClock(DAY_BEFORE_US + 50)

    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        times = [
            (await sequencer.submit(one_order(number, now_us=DAY_BEFORE_US + offset))).now_us
            for number, offset in enumerate([10, 5, 70, 20])
        ]
        assert [time - DAY_BEFORE_US for time in times] == [10, 10, 50, 50]
        assert sequencer.now_us == DAY_BEFORE_US + 50

    with_sequencer(store, story, clock=clock)


def test_what_was_due_happens_at_its_time_however_late(store: Store) -> None:
    clock = StillClock(DAY_BEFORE_US)

    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        clock.time_us = DAY_BEFORE_US + 10**10
        await sequencer.submit(one_order(1, now_us=clock.time_us))
        timer = sequencer.engine.next_timer()
        assert timer is not None
        assert timer.due_us < clock.time_us
        committed = await sequencer.submit(due_command(sequencer.engine, timer))
        assert committed.now_us == timer.due_us
        assert sequencer.now_us == clock.time_us

    with_sequencer(store, story, clock=clock)


# --- load -----------------------------------------------------------------------


def test_a_full_queue_says_so_but_never_to_the_timetable(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        waiting = [
            asyncio.create_task(sequencer.submit(one_order(number)))
            for number in range(QUEUE_COMMANDS_MAX)
        ]
        await asyncio.sleep(0)  # each of them has queued; the writer has not had its turn
        with pytest.raises(QueueFull) as full:
            await sequencer.submit(one_order(99_999))
        assert full.value.code is Code.SYSTEM_BUSY
        timer = sequencer.engine.next_timer()
        assert timer is not None
        closing = await sequencer.submit(due_command(sequencer.engine, timer))
        done = await asyncio.gather(*waiting)
        assert closing.seq > max(item.seq for item in done)

    with_sequencer(store, story)


def test_who_has_gone_before_its_turn_is_not_served(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        impatient = asyncio.create_task(sequencer.submit(one_order(1)))
        patient = asyncio.create_task(sequencer.submit(one_order(2)))
        await asyncio.sleep(0)
        impatient.cancel()
        committed = await patient
        assert committed.answer.orders[0].order_id == "ord-1"

    with_sequencer(store, story)


def test_queries_see_an_acknowledged_write_once_asked_to(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        for number in range(20):
            others = [
                asyncio.create_task(sequencer.submit(one_order(1_000 + 50 * number + other)))
                for other in range(50)
            ]
            committed = await sequencer.submit(one_order(number))
            await sequencer.projected(committed.seq)
            with sequencer.readers.connect() as connection:
                found = connection.exec_driver_sql(
                    f"SELECT count(*) FROM orders WHERE client_order_id = 'n-{number}'"  # noqa: S608
                )
                assert found.scalar_one() == 1
            await asyncio.gather(*others)

    with_sequencer(store, story)


# --- failure --------------------------------------------------------------------


def stumble_deciding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in deciding orders of one participant, where the engine itself looks for what decides."""
    decide = engine_lines._DECIDES[PlaceOrders]  # noqa: SLF001 - the table is the engine's

    def stumbling(state: MarketState, command: PlaceOrders) -> Decision | Iterator[Decision]:
        if command.actor == "ben":
            raise ZeroDivisionError("a bug")
        return decide(state, command)

    monkeypatch.setitem(engine_lines._DECIDES, PlaceOrders, stumbling)  # noqa: SLF001


def stumble_applying(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in making it true that orders of one participant were accepted."""
    act = engine_lines._APPLIES[OrdersAccepted]  # noqa: SLF001 - the table is the engine's
    assert act is not None

    def stumbling(state: MarketState, event: OrdersAccepted) -> None:
        if event.participant_id == "ben":
            raise ZeroDivisionError("a bug")
        act(state, event)

    monkeypatch.setitem(engine_lines._APPLIES, OrdersAccepted, stumbling)  # noqa: SLF001


def test_a_bug_in_deciding_is_the_askers_trouble_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumble_deciding(monkeypatch)

    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        bens = sequencer.submit(place("ben", "b ben-load buy 100 1"))
        answers = await asyncio.gather(
            sequencer.submit(one_order(1)),
            bens,
            sequencer.submit(one_order(2)),
            return_exceptions=True,
        )
        assert isinstance(answers[1], ZeroDivisionError)
        assert not isinstance(answers[0], BaseException)
        assert not isinstance(answers[2], BaseException)
        assert answers[2].seq == answers[0].seq + 1
        assert not sequencer.failed.is_set()

    with_sequencer(store, story)


def test_a_bug_in_deciding_one_of_several_is_told_once_the_others_are_durable(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumble_deciding(monkeypatch)

    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        bens = place("ben", "b ben-load buy 100 1")
        with pytest.raises(ZeroDivisionError):
            await sequencer.submit_many([one_order(1), bens, one_order(2)])
        assert sequencer.committed_seq == len(SETUP) + 2
        assert not sequencer.failed.is_set()

    with_sequencer(store, story)


def test_a_bug_in_applying_stops_the_market_and_leaves_no_trace(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumble_applying(monkeypatch)

    async def story(sequencer: Sequencer) -> int:
        await set_up(sequencer)
        answers = await asyncio.gather(
            sequencer.submit(one_order(1)),
            sequencer.submit(place("ben", "b ben-load buy 100 1")),
            sequencer.submit(one_order(2)),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [SequencerStopped] * 3
        assert sequencer.failed.is_set()
        assert isinstance(sequencer.fault, HalfApplied)
        assert isinstance(sequencer.fault.__cause__, ZeroDivisionError)
        return sequencer.committed_seq

    assert with_sequencer(store, story) == len(SETUP)
    assert in_journal(store)[-1].batch.last_command_seq == len(SETUP)


def test_a_full_disk_is_never_a_false_yes_and_stops_the_market(tmp_path: Path) -> None:
    """SQLite is given no page more, so that a commit really fails."""
    acknowledged: list[str] = []
    store = tmp_path / "village.sqlite"

    async def until_full(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        connection = sequencer._journal  # noqa: SLF001 - only the writer's own pages can run out
        with connection.begin():
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 6}")

        async def place_for_ever() -> None:
            for number in range(10_000):
                committed = await sequencer.submit(one_order(number))
                acknowledged.extend(
                    answer.order_id for answer in committed.answer.orders if answer.order_id
                )

        with pytest.raises(SequencerStopped) as stopped:
            await place_for_ever()
        await sequencer.failed.wait()
        assert "full" in str(sequencer.fault)
        assert stopped.value.code is Code.SYSTEM_UNAVAILABLE
        for refused in (
            sequencer.submit(one_order(20_000)),
            sequencer.projected(10**9),
            sequencer.rebuild_projections(),
        ):
            with pytest.raises(SequencerStopped):
                await refused

    async def afterwards(sequencer: Sequencer) -> list[str]:
        with sequencer.readers.connect() as connection:
            rows = connection.exec_driver_sql("SELECT order_id FROM orders ORDER BY sequence")
            return list(rows.scalars())

    with_sequencer(store, until_full)
    found = with_sequencer(store, afterwards)

    assert acknowledged, "the fault must come after some orders"
    assert found[: len(acknowledged)] == acknowledged
    assert len(found) - len(acknowledged) in {0, 1}, "at most the one whose answer was unknown"


def test_the_older_of_two_writers_is_refused(store: Store) -> None:
    async def story(older: Sequencer) -> None:
        await set_up(older)
        newer = Sequencer.open(store, clock=StillClock())
        assert newer.epoch == older.epoch + 1
        await newer.start()
        with pytest.raises(SequencerStopped):
            await older.submit(one_order(1))
        assert isinstance(older.fault, WriterReplaced)
        committed = await newer.submit(one_order(1))
        assert committed.answer.orders[0].order_id == "ord-1"
        await newer.close()

    with_sequencer(store, story)


def test_a_closed_market_takes_nothing(store: Store) -> None:
    async def story() -> None:
        sequencer = Sequencer.open(store, clock=StillClock())
        await sequencer.start()
        last = asyncio.create_task(sequencer.submit(SETUP[0]))
        await asyncio.sleep(0)
        await sequencer.close()
        assert (await last).seq == 1
        with pytest.raises(SequencerStopped):
            await sequencer.submit(SETUP[1])
        with pytest.raises(SequencerStopped):
            await sequencer.projected(5)

    asyncio.run(story())


# --- restart --------------------------------------------------------------------


def state_of(engine: Engine) -> dict[str, object]:
    """What an engine knows, in values that can be compared."""
    state = engine.state
    return {
        "accounts": dict(state.ledger.accounts()),
        "held": {name: state.ledger.held_quanta(name) for name in state.participants},
        "orders": state.client_orders,
        "next": (state.next_order_number, state.next_trade_number, state.setpoint_sequence),
        "timer": engine.next_timer(),
        "outcomes": state.outcomes,
        "units": state.units,
    }


def test_a_restart_brings_the_same_state_and_a_new_epoch(store: Store) -> None:
    before = write_life(store)

    async def story(sequencer: Sequencer) -> None:
        assert state_of(sequencer.engine) == state_of(before)
        assert sequencer.epoch == 2
        assert sequencer.projected_seq == sequencer.committed_seq == len(in_journal(store))

    with_sequencer(store, story)


def test_a_restart_in_the_middle_goes_on_as_if_nothing_had_happened(new_store: NewStore) -> None:
    """A life with a restart before every command ends like one without."""
    whole, store = new_store(), new_store()
    write_life(whole)
    for proven in in_journal(whole):
        for entry in proven.batch.entries:
            clock = StillClock(max(proven.batch.now_us, entry.command.now_us))

            async def story(sequencer: Sequencer, command: Command = entry.command) -> None:
                await sequencer.submit(command)

            with_sequencer(store, story, clock=clock)

    once, often = in_journal(whole), in_journal(store)
    assert [item.batch.entries for item in often] == [item.batch.entries for item in once]
    assert [item.batch.epoch for item in often] == list(range(1, len(often) + 1))


def test_the_journals_commands_decided_again_lead_to_the_same_events(store: Store) -> None:
    write_life(store)
    engine = Engine()
    for proven in in_journal(store):
        for entry in proven.batch.entries:
            assert engine.execute(entry.command).events == entry.events


def test_projections_made_again_are_the_same(
    new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # so that there are curves too
    monkeypatch.setattr("market.trading.public_curves.OWNERS_MIN", 2)
    lives = (
        (every_mode(), True),
        (helped_next_door(), False),
        (over_a_line(), False),
        (short_of_cover(), False),
    )
    without_rows: list[set[str]] = []
    for commands, billed in lives:
        store = new_store()
        write_life(store, commands, billed=billed, disputed=billed, paid=billed)

        async def story(sequencer: Sequencer) -> None:
            with sequencer.readers.connect() as connection:
                before = projected(connection)
            await sequencer.rebuild_projections()
            with sequencer.readers.connect() as connection:
                assert projected(connection) == before
            without_rows.append({name for name, rows in before.items() if not rows})

        with_sequencer(store, story)
    assert not set.intersection(*without_rows), "every projection has rows to compare"


def test_who_reads_while_projections_are_made_again_sees_what_was_there(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        committed = await sequencer.submit(one_order(1))
        await sequencer.projected(committed.seq)
        count = select(func.count()).select_from(orders)
        with sequencer.readers.connect() as connection:
            before = connection.execute(select(func.count()).select_from(journal)).scalar_one()
            await sequencer.rebuild_projections()
            assert connection.execute(count).scalar_one() == 1
            after = connection.execute(select(func.count()).select_from(journal)).scalar_one()
        assert before == after == len(SETUP) + 1

    with_sequencer(store, story)


@pytest.mark.parametrize("how", ["from nothing", "another version"])
def test_projections_that_are_behind_catch_up_at_the_start(how: str, store: Store) -> None:
    write_life(store)
    with opened(store, unguarded=True) as connection:
        before = projected(connection)
        if how == "from nothing":
            for name in before:
                connection.exec_driver_sql(f'DELETE FROM "{name}"')  # noqa: S608
            connection.execute(delete(meta).where(meta.c.name.startswith("projected_")))
        else:
            connection.exec_driver_sql(
                "UPDATE meta SET value = 0 WHERE name = 'projection_version'"
            )
            connection.exec_driver_sql("DROP TABLE orders")
            connection.exec_driver_sql("CREATE TABLE orders (of_old TEXT)")

    async def story(sequencer: Sequencer) -> None:
        with sequencer.readers.connect() as reading:
            assert projected(reading) == before

    with_sequencer(store, story)


def test_a_long_journal_is_caught_up_piece_by_piece(store: Store) -> None:
    async def write(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        for number in range(450):
            await sequencer.submit(one_order(number))

    with_sequencer(store, write)
    with opened(store, unguarded=True) as connection:
        for name in projected(connection):
            connection.exec_driver_sql(f'DELETE FROM "{name}"')  # noqa: S608
        connection.exec_driver_sql("UPDATE meta SET value = 0 WHERE name = 'projected_batch'")

    async def read(sequencer: Sequencer) -> int:
        with sequencer.readers.connect() as reading:
            return int(reading.exec_driver_sql("SELECT count(*) FROM orders").scalar_one())

    assert with_sequencer(store, read) == 450


def test_what_is_projected_is_what_the_engine_knows(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        clock = StillClock()
        for command in SETUP:
            await sequencer.submit(command)
        for number in range(30):
            await sequencer.submit(one_order(number))
        engine = sequencer.engine
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            balances = connection.exec_driver_sql("SELECT account, balance_quanta FROM accounts")
            assert {name: int(text) for name, text in balances} == dict(
                engine.state.ledger.accounts()
            )
            held = connection.exec_driver_sql(
                "SELECT sum(held_quanta) FROM orders WHERE participant_id = 'ann'"
            ).scalar_one()
            assert held == engine.state.ledger.held_quanta("ann") == 3_000
        assert clock.time_us == DAY_BEFORE_US

    with_sequencer(store, story)


def test_the_same_order_again_after_a_kill_is_harmless(store: Store) -> None:
    async def first(sequencer: Sequencer) -> str | None:
        await set_up(sequencer)
        return (await sequencer.submit(one_order(1))).answer.orders[0].order_id

    async def again(sequencer: Sequencer) -> str | None:
        (answer,) = (await sequencer.submit(one_order(1))).answer.orders
        assert answer.repeated
        return answer.order_id

    assert with_sequencer(store, first) == with_sequencer(store, again)


def test_rules_are_kept_word_for_word(store: Store) -> None:
    write_life(store)
    created = in_journal(store)[0].batch.entries[0].command

    assert created == SETUP[0]
    assert replace(RULES, trading_until_s=MIDNIGHT_S + 1_800) == created.rules  # type: ignore[union-attr]
