"""One writer: in order, durable before anybody is told, and silent once it has failed."""
# house: long because what the writer promises is told in one place.

import asyncio
import random
import sqlite3
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from market.engine.engine import Engine
from market.model.messages import (
    Command,
    Decision,
    Event,
    OrdersAccepted,
    PlaceOrders,
)
from market.model.rejection import Code
from market.sequencer import (
    BATCH_COMMANDS_MAX,
    QUEUE_COMMANDS_MAX,
    Published,
    QueueFull,
    Sequencer,
    SequencerStopped,
)
from market.store import restore
from market.store.database import Readers, WriterReplaced
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, RULES
from tests.market.written import (
    SETUP,
    StillClock,
    due_command,
    live,
    place,
    projected,
    with_sequencer,
    write_life,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "village.sqlite"


async def set_up(sequencer: Sequencer) -> None:
    for command in SETUP:
        committed = await sequencer.submit(command)
        assert committed.answer.rejections == ()


def one_order(number: int, *, now_us: int = DAY_BEFORE_US) -> PlaceOrders:
    return place("ann", f"n-{number} ann-load buy 100 1", now_us=now_us)


def in_journal(path: Path) -> list[restore.ProvenBatch]:
    readers = Readers(path)
    with readers.connect() as connection:
        found = list(restore.batches(connection))
    readers.close()
    return found


# --- order and durability ------------------------------------------------------


def test_commands_get_a_sequence_without_a_gap_in_the_order_sent(path: Path) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        committed = await asyncio.gather(
            *(sequencer.submit(one_order(number)) for number in range(300))
        )
        assert [item.seq for item in committed] == list(range(len(SETUP) + 1, len(SETUP) + 301))
        assert sequencer.committed_seq == len(SETUP) + 300
        ids = [item.answer.orders[0].order_id for item in committed]
        assert ids == [f"ord-{number}" for number in range(1, 301)]

    with_sequencer(path, story)


def test_what_waits_together_is_written_together(path: Path) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        committed = await asyncio.gather(
            *(sequencer.submit(one_order(number)) for number in range(BATCH_COMMANDS_MAX + 1))
        )
        assert {item.batch for item in committed} == {len(SETUP) + 1, len(SETUP) + 2}

    with_sequencer(path, story)


def test_nobody_is_told_before_it_is_on_disk(path: Path) -> None:
    """Whoever hears of an event finds it in the file, through a connection of its own."""
    on_disk: list[bool] = []

    async def story(sequencer: Sequencer) -> None:
        def heard(published: Published) -> None:
            reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            (last,) = reader.execute("SELECT max(first_event_seq) FROM journal").fetchone()
            reader.close()
            on_disk.append(last <= published.event_seq and last > before)

        before = 0
        sequencer.subscribe(heard)
        for command in SETUP:
            await sequencer.submit(command)
            before = sequencer.committed_event_seq
        assert len(on_disk) == sequencer.committed_event_seq

    with_sequencer(path, story)

    assert all(on_disk)


def test_events_are_published_in_order_each_with_its_command(path: Path) -> None:
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

    with_sequencer(path, story, clock=StillClock(DAY_BEFORE_US + 10**12))


def test_a_listener_that_fails_neither_stops_the_market_nor_stays_unheard(path: Path) -> None:
    troubles: list[dict[str, Any]] = []
    heard: list[Published] = []

    async def story(sequencer: Sequencer) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, about: troubles.append(about))

        def fails(_: Published) -> None:
            raise KeyError("a bug")

        sequencer.subscribe(fails)
        sequencer.subscribe(heard.append)
        await set_up(sequencer)

    with_sequencer(path, story)

    assert len(troubles) == len(heard) > 0
    assert isinstance(troubles[0]["exception"], KeyError)


def test_a_business_no_is_an_answer_and_is_in_the_journal(path: Path) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        committed = await sequencer.submit(place("ann", "big ann-solar sell 100 9999999"))
        (answer,) = committed.answer.orders
        assert answer.rejection is not None
        assert answer.rejection.code is Code.EXCEEDS_CAPABILITY

    with_sequencer(path, story)

    assert len(in_journal(path)[-1].batch.entries[0].events) == 1


# --- time -----------------------------------------------------------------------


def test_time_never_goes_back_and_never_ahead_of_the_clock(path: Path) -> None:
    clock = StillClock(DAY_BEFORE_US + 50)

    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        times = [
            (await sequencer.submit(one_order(number, now_us=DAY_BEFORE_US + offset))).now_us
            for number, offset in enumerate([10, 5, 70, 20])
        ]
        assert [time - DAY_BEFORE_US for time in times] == [10, 10, 50, 50]
        assert sequencer.now_us == DAY_BEFORE_US + 50

    with_sequencer(path, story, clock=clock)


def test_what_was_due_happens_at_its_time_however_late(path: Path) -> None:
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

    with_sequencer(path, story, clock=clock)


# --- load -----------------------------------------------------------------------


def test_a_full_queue_says_so_but_never_to_the_timetable(path: Path) -> None:
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

    with_sequencer(path, story)


def test_who_has_gone_before_its_turn_is_not_served(path: Path) -> None:
    async def story(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        impatient = asyncio.create_task(sequencer.submit(one_order(1)))
        patient = asyncio.create_task(sequencer.submit(one_order(2)))
        await asyncio.sleep(0)
        impatient.cancel()
        committed = await patient
        assert committed.answer.orders[0].order_id == "ord-1"

    with_sequencer(path, story)


def test_queries_see_an_acknowledged_write_once_asked_to(path: Path) -> None:
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
                    "SELECT count(*) FROM orders WHERE client_order_id = ?", (f"n-{number}",)
                )
                assert found.scalar_one() == 1
            await asyncio.gather(*others)

    with_sequencer(path, story)


# --- failure --------------------------------------------------------------------


class Stumbling(Engine):
    """An engine with a bug in deciding or applying orders of one participant."""

    def __init__(self, *, decides: bool = True, applies: bool = True) -> None:
        super().__init__()
        self.decides, self.applies = decides, applies

    def decide(self, command: Command) -> Decision:
        if not self.decides and isinstance(command, PlaceOrders) and command.actor == "ben":
            raise ZeroDivisionError("a bug")
        return super().decide(command)

    def apply(self, event: Event) -> None:
        if not self.applies and isinstance(event, OrdersAccepted) and event.participant_id == "ben":
            raise ZeroDivisionError("a bug")
        super().apply(event)


def test_a_bug_in_deciding_is_the_askers_trouble_alone(path: Path) -> None:
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

    with_sequencer(path, story, engine=Stumbling(decides=False))


def test_a_bug_in_applying_stops_the_market_and_leaves_no_trace(path: Path) -> None:
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
        assert isinstance(sequencer.fault, ZeroDivisionError)
        return sequencer.committed_seq

    assert with_sequencer(path, story, engine=Stumbling(applies=False)) == len(SETUP)
    assert in_journal(path)[-1].batch.last_command_seq == len(SETUP)


def test_a_full_disk_is_never_a_false_yes_and_stops_the_market(path: Path) -> None:
    """SQLite is given no page more, so that a commit really fails."""
    acknowledged: list[str] = []

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

    with_sequencer(path, until_full)
    found = with_sequencer(path, afterwards)

    assert acknowledged, "the fault must come after some orders"
    assert found[: len(acknowledged)] == acknowledged
    assert len(found) - len(acknowledged) in {0, 1}, "at most the one whose answer was unknown"


def test_the_older_of_two_writers_is_refused(path: Path) -> None:
    async def story(older: Sequencer) -> None:
        await set_up(older)
        newer = Sequencer.open(path, clock=StillClock())
        assert newer.epoch == older.epoch + 1
        await newer.start()
        with pytest.raises(SequencerStopped):
            await older.submit(one_order(1))
        assert isinstance(older.fault, WriterReplaced)
        committed = await newer.submit(one_order(1))
        assert committed.answer.orders[0].order_id == "ord-1"
        await newer.close()

    with_sequencer(path, story)


def test_a_closed_market_takes_nothing(path: Path) -> None:
    async def story() -> None:
        sequencer = Sequencer.open(path, clock=StillClock())
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


def test_a_restart_brings_the_same_state_and_a_new_epoch(path: Path) -> None:
    before = write_life(path)

    async def story(sequencer: Sequencer) -> None:
        assert state_of(sequencer.engine) == state_of(before)
        assert sequencer.epoch == 2
        assert sequencer.projected_seq == sequencer.committed_seq == len(in_journal(path))

    with_sequencer(path, story)


def test_a_restart_in_the_middle_goes_on_as_if_nothing_had_happened(path: Path) -> None:
    """A life with a restart before every command ends like one without."""
    whole = path.with_name("whole.sqlite")
    write_life(whole)
    for proven in in_journal(whole):
        for entry in proven.batch.entries:
            clock = StillClock(max(proven.batch.now_us, entry.command.now_us))

            async def story(sequencer: Sequencer, command: Command = entry.command) -> None:
                await sequencer.submit(command)

            with_sequencer(path, story, clock=clock)

    once, often = in_journal(whole), in_journal(path)
    assert [item.batch.entries for item in often] == [item.batch.entries for item in once]
    assert [item.batch.epoch for item in often] == list(range(1, len(often) + 1))


def test_the_journals_commands_decided_again_lead_to_the_same_events(path: Path) -> None:
    write_life(path)
    engine = Engine()
    for proven in in_journal(path):
        for entry in proven.batch.entries:
            events = engine.decide(entry.command).events
            assert events == entry.events
            for event in events:
                engine.apply(event)


def test_projections_made_again_are_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.trading.auction.OWNERS_MIN", 2)  # so that there are curves too
    write_life(path)

    async def story(sequencer: Sequencer) -> None:
        with sequencer.readers.connect() as connection:
            before = projected(connection)
        await sequencer.rebuild_projections()
        with sequencer.readers.connect() as connection:
            assert projected(connection) == before
        assert all(before.values()), "every projection has rows to compare"

    with_sequencer(path, story)


@pytest.mark.parametrize("how", ["from nothing", "another version"])
def test_projections_that_are_behind_catch_up_at_the_start(how: str, path: Path) -> None:
    write_life(path)
    connection = sqlite3.connect(path)
    names = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    kept = {"meta", "journal"}
    before = {
        name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)  # noqa: S608
        for name in names
        if name not in kept
    }
    if how == "from nothing":
        for name in before:
            connection.execute(f'DELETE FROM "{name}"')  # noqa: S608
        connection.execute("DELETE FROM meta WHERE name LIKE 'projected_%'")
    else:
        connection.execute("UPDATE meta SET value = 0 WHERE name = 'projection_version'")
        connection.execute("DROP TABLE orders")
        connection.execute("CREATE TABLE orders (of_old TEXT)")
    connection.commit()
    connection.close()

    async def story(sequencer: Sequencer) -> None:
        with sequencer.readers.connect() as reading:
            assert projected(reading) == before

    with_sequencer(path, story)


def test_a_long_journal_is_caught_up_piece_by_piece(path: Path) -> None:
    async def write(sequencer: Sequencer) -> None:
        await set_up(sequencer)
        for number in range(450):
            await sequencer.submit(one_order(number))

    with_sequencer(path, write)
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM orders")
    connection.execute("DELETE FROM markets")
    connection.execute("DELETE FROM participants")
    connection.execute("DELETE FROM units")
    connection.execute("DELETE FROM transfers")
    connection.execute("DELETE FROM accounts")
    connection.execute("UPDATE meta SET value = 0 WHERE name = 'projected_batch'")
    connection.commit()
    connection.close()

    async def read(sequencer: Sequencer) -> int:
        with sequencer.readers.connect() as reading:
            return int(reading.exec_driver_sql("SELECT count(*) FROM orders").scalar_one())

    assert with_sequencer(path, read) == 450


def test_what_is_projected_is_what_the_engine_knows(path: Path) -> None:
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

    with_sequencer(path, story)


@pytest.mark.parametrize(
    "kills", [pytest.param(10, id="few"), pytest.param(200, id="many", marks=pytest.mark.long)]
)
def test_kill_at_any_moment_loses_nothing_acknowledged_and_doubles_nothing(
    kills: int, path: Path
) -> None:
    """A real process, a real SIGKILL, many times over the same file."""
    moments = random.Random(7)
    acknowledged: dict[str, str] = {}
    for number in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.market.killed_writer", str(path), f"round{number}"],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        # Killed after so many acknowledgements: a random place in the traffic, not a wall time.
        lines = [process.stdout.readline() for _ in range(moments.randrange(1, 120))]
        process.kill()
        lines += process.stdout.readlines()
        process.wait()
        process.stdout.close()
        complete = [line.decode().split() for line in lines if line.endswith(b"\n")]
        acknowledged.update(dict(complete))

    async def story(sequencer: Sequencer) -> list[tuple[str, str]]:
        await sequencer.submit(place("ann", "after ann-load buy 100 1"))
        await sequencer.projected(sequencer.committed_seq)
        assert sequencer.engine.state.ledger.sum_quanta() == 0
        with sequencer.readers.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT client_order_id, order_id FROM orders ORDER BY sequence"
            )
            return [(client, order) for client, order in rows]

    found = with_sequencer(path, story)

    assert len(found) == len(dict(found)), "no order stands twice"
    assert [order for _, order in found] == [f"ord-{n}" for n in range(1, len(found) + 1)]
    lost = {client for client, order in acknowledged.items() if dict(found).get(client) != order}
    assert lost == set()
    assert len(acknowledged) > 100
    batches = [item.batch for item in in_journal(path)]
    assert {batch.epoch for batch in batches} >= set(range(1, kills + 1))
    assert any(len(batch.entries) > 1 for batch in batches), "kills came among whole batches too"
    for before, after in pairwise(batches):
        assert after.first_command_seq == before.last_command_seq + 1


def test_the_same_order_again_after_a_kill_is_harmless(path: Path) -> None:
    async def first(sequencer: Sequencer) -> str | None:
        await set_up(sequencer)
        return (await sequencer.submit(one_order(1))).answer.orders[0].order_id

    async def again(sequencer: Sequencer) -> str | None:
        (answer,) = (await sequencer.submit(one_order(1))).answer.orders
        assert answer.repeated
        return answer.order_id

    assert with_sequencer(path, first) == with_sequencer(path, again)


def test_rules_are_kept_word_for_word(path: Path) -> None:
    write_life(path)
    created = in_journal(path)[0].batch.entries[0].command

    assert created == SETUP[0]
    assert replace(RULES, trading_until_s=MIDNIGHT_S + 1_800) == created.rules  # type: ignore[union-attr]
