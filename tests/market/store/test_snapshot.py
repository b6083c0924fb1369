"""A snapshot is believed if it proves itself; otherwise the journal tells the whole story."""

import asyncio
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, select
from structlog.testing import capture_logs

from market.engine.engine import Engine
from market.engine.state_hash import hash_of, state_hash
from market.sequencer import Sequencer
from market.store import copies, snapshot
from market.store.database import Readers, Store, create_schema
from market.store.restore import JournalBroken, ProvenBatch, batches
from market.store.tables import journal, snapshots
from tests.market.stores import opened
from tests.market.written import SETUP, StillClock, place, with_sequencer, write_life


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("life") / "village.sqlite"
    write_life(path)
    return path


@pytest.fixture
def kept(life: Path, store: Store) -> Store:
    """A store of its own with that life in it."""
    readers = Readers(life)
    with readers.connect() as reading, opened(store) as writing:
        create_schema(writing)
        copies.copy_rows(reading, writing)
    readers.close()
    return store


def recorded(store: Store) -> list[ProvenBatch]:
    readers = Readers(store)
    with readers.connect() as connection:
        found = list(batches(connection))
    readers.close()
    return found


def state_after(proven: list[ProvenBatch]) -> Engine:
    engine = Engine()
    for item in proven:
        for entry in item.batch.entries:
            for event in entry.events:
                engine.apply(event)
    return engine


def put(store: Store, proven: ProvenBatch, state: bytes) -> None:
    """Leave a snapshot in the store as if it had been the last one."""
    with opened(store) as connection:
        connection.execute(snapshots.delete())
        taken = snapshot.Snapshot(
            batch=proven.batch.batch,
            chain_hash=proven.hash,
            state_hash=hash_of(state),
            state=state,
        )
        snapshot.write(connection, taken)


def change(store: Store, statement: Executable) -> None:
    with opened(store, unguarded=True) as connection:
        assert connection.execute(statement).rowcount > 0  # type: ignore[attr-defined]


def kept_batches(store: Store) -> list[int]:
    with opened(store) as connection:
        return sorted(connection.execute(select(snapshots.c.batch)).scalars())


def started(store: Store, *, verify: bool = False) -> tuple[int, bytes, list[Any]]:
    """Batch of the snapshot a start used, the state's hash then, and what was logged."""
    with capture_logs() as logs:
        sequencer = Sequencer.open(store, clock=StillClock(), verify=verify)
        found = sequencer.snapshot_batch, state_hash(sequencer.engine.state)
        asyncio.run(sequencer.close())  # never started, so it writes nothing
    return *found, logs


def test_a_market_that_closes_leaves_a_snapshot_of_its_last_batch(kept: Store) -> None:
    proven = recorded(kept)
    batch, found, logs = started(kept)

    assert batch == len(proven)
    assert found == state_hash(state_after(proven).state)
    assert logs == []


def test_a_snapshot_at_any_batch_and_the_tail_lead_to_the_same_state(kept: Store) -> None:
    proven = recorded(kept)
    _, whole, _ = started(kept)
    for number in range(1, len(proven)):
        put(kept, proven[number - 1], state_after(proven[:number]).snapshot())

        assert started(kept)[:2] == (number, whole)
        assert started(kept, verify=True)[:2] == (number, whole)


def test_after_a_restart_from_a_snapshot_life_goes_on(store: Store) -> None:
    async def first(sequencer: Sequencer) -> None:
        for command in SETUP:
            await sequencer.submit(command)
        await sequencer.submit(place("ann", "n-1 ann-load buy 100 1"))

    async def second(sequencer: Sequencer) -> None:
        assert sequencer.snapshot_batch == len(SETUP) + 1
        committed = await sequencer.submit(place("ann", "n-2 ann-load buy 100 1"))
        assert committed.seq == len(SETUP) + 2
        assert committed.answer.orders[0].order_id == "ord-2"
        repeated = await sequencer.submit(place("ann", "n-1 ann-load buy 100 1"))
        assert repeated.answer.orders[0].order_id == "ord-1"

    with_sequencer(store, first)
    with_sequencer(store, second)
    batch, found, _ = started(store)

    assert batch == len(SETUP) + 3
    assert found == state_hash(state_after(recorded(store)).state)


def test_the_last_two_stay(store: Store) -> None:
    async def act(sequencer: Sequencer) -> None:
        await sequencer.submit(SETUP[sequencer.committed_seq])

    for _ in range(4):
        with_sequencer(store, act)

    assert kept_batches(store) == [3, 4]


def test_a_start_that_changes_nothing_leaves_no_other_snapshot(kept: Store) -> None:
    async def nothing(_: Sequencer) -> None:
        return

    with_sequencer(kept, nothing)

    assert started(kept)[0] == len(recorded(kept))


def test_many_events_are_followed_by_a_snapshot_in_a_quiet_moment(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.sequencer.SNAPSHOT_EVENTS", 4)
    monkeypatch.setattr("market.sequencer.IDLE_S", 0)
    taken: list[int] = []
    write = snapshot.write

    def noted(connection: Any, found: snapshot.Snapshot) -> None:  # noqa: ANN401
        taken.append(found.batch)
        write(connection, found)

    monkeypatch.setattr("market.store.snapshot.write", noted)

    async def story(sequencer: Sequencer) -> None:
        for command in SETUP:
            committed = await sequencer.submit(command)
            await sequencer.projected(committed.seq)

    with_sequencer(store, story)

    assert len(taken) > 1
    assert started(store)[0] == taken[-1]


def test_very_many_events_are_followed_by_a_snapshot_though_commands_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.sequencer.SNAPSHOT_EVENTS_MAX", 3)
    monkeypatch.setattr("market.sequencer.BATCH_COMMANDS_MAX", 1)

    async def story(sequencer: Sequencer) -> None:
        seen = []
        for command in SETUP:
            await sequencer.submit(command)
            seen.append(sequencer.snapshot_batch)
        assert any(batch > 0 for batch in seen)

    with_sequencer(store, story)


def reason(logs: list[Any]) -> str:
    (line,) = logs
    assert line["event"] == "snapshot left aside"
    return str(line["reason"])


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ({"software": "another"}, "other software"),
        ({"format_version": 99}, "other software"),
        ({"chain_hash": b"\0"}, "another row"),
        ({"state_hash": b"\0"}, "its state is not"),
        ({"blob_hash": b"\0"}, "its bytes are not"),
        ({"blob": b"cut off"}, "its bytes are not"),
        ({"blob": b"", "blob_hash": sha256(b"").digest()}, ""),
        ({"blob": bytes(20), "blob_hash": sha256(bytes(20)).digest()}, ""),
    ],
)
def test_a_damaged_or_foreign_snapshot_is_left_aside_and_said(
    kept: Store, damage: dict[str, object], why: str
) -> None:
    _, whole, _ = started(kept)
    change(kept, snapshots.update().values(damage))
    batch, found, logs = started(kept)

    assert (batch, found) == (0, whole)
    assert why in reason(logs)


def test_the_snapshot_before_is_used_when_the_last_is_damaged(store: Store) -> None:
    async def act(sequencer: Sequencer) -> None:
        await sequencer.submit(SETUP[sequencer.committed_seq])

    with_sequencer(store, act)
    with_sequencer(store, act)
    change(store, snapshots.update().where(snapshots.c.batch == 2).values(blob=b""))
    batch, found, logs = started(store)

    assert batch == 1
    assert found == state_hash(state_after(recorded(store)).state)
    assert logs[0]["batch"] == 2


@pytest.mark.parametrize("state", [b"", b"\x90", Engine().snapshot()])
def test_a_whole_snapshot_of_no_market_is_left_aside(kept: Store, state: bytes) -> None:
    _, whole, _ = started(kept)
    put(kept, recorded(kept)[-1], state)
    batch, found, logs = started(kept)

    assert (batch, found) == (0, whole)
    assert reason(logs)


def test_a_snapshot_of_another_market_is_left_aside(kept: Store, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"

    async def act(sequencer: Sequencer) -> None:
        for command in (*SETUP, place("ann", "n-1 ann-load buy 100 1")):
            await sequencer.submit(command)

    with_sequencer(other, act)
    _, whole, _ = started(kept)
    put(kept, recorded(other)[-1], state_after(recorded(other)).snapshot())
    batch, found, logs = started(kept)

    assert (batch, found) == (0, whole)
    assert "another row" in reason(logs)


def test_a_journal_that_ends_before_its_snapshot_does_not_open(kept: Store) -> None:
    last = len(recorded(kept))
    change(kept, journal.delete().where(journal.c.batch == last))

    with pytest.raises(JournalBroken, match=f"{last} was seen"):
        Sequencer.open(kept, clock=StillClock())


def test_only_what_is_read_is_proven_unless_asked(kept: Store) -> None:
    started(kept)  # makes the lists, for which everything is read
    change(kept, journal.update().where(journal.c.batch == 2).values(events=b"\x90"))

    assert started(kept)[0] > 2
    with pytest.raises(JournalBroken, match="batch 2"):
        Sequencer.open(kept, clock=StillClock(), verify=True)


def test_a_state_that_cannot_be_written_costs_a_snapshot_and_nothing_else(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(sequencer: Sequencer) -> None:
        await sequencer.submit(SETUP[0])
        monkeypatch.setattr(sequencer.engine.state, "next_trade_number", 0.5)

    with capture_logs() as logs:
        with_sequencer(store, act)

    assert [line["event"] for line in logs] == ["no snapshot"]
    assert "next_trade_number" in logs[0]["reason"]
    assert started(store)[0] == 0


def test_a_store_older_than_snapshots_gets_the_table(kept: Store) -> None:
    _, whole, _ = started(kept)
    with opened(kept) as connection:
        connection.exec_driver_sql("DROP TABLE snapshots")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")

    assert started(kept)[:2] == (0, whole)


def test_the_software_is_known_by_its_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(files: dict[str, str]) -> str:
        folder = tmp_path / "market"
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        monkeypatch.setattr(snapshot, "__file__", str(folder / "store" / "snapshot.py"))
        calculate: Callable[[], str] = snapshot.software.__wrapped__
        return calculate()

    first = told({"ledger.py": "a = 1\n", "store/snapshot.py": "b = 1\n"})

    assert told({"ledger.py": "a = 1\n", "store/snapshot.py": "b = 2\n"}) == first
    assert told({"ledger.py": "a = 2\n", "store/snapshot.py": "b = 1\n"}) != first
    assert told({"ledgers.py": "a = 1\n", "store/snapshot.py": "b = 1\n"}) != first
    assert len(first) == 64
