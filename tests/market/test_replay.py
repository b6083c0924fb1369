"""A recorded day lives again: the same events, the same state, in whatever process."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from market.engine.engine import Engine
from market.engine.state_hash import state_hash
from market.model.messages import OrdersAccepted
from market.model.recall import RequestRecall, TradeState
from market.replay import ReplayDiffers, Replayed, replay
from market.store import copies, journal, queries, restore, tables
from market.store.database import Readers, Store, create_schema
from market.store.journal import Entry
from market.store.restore import JournalBroken
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S
from tests.market.store.test_snapshot import put, recorded, state_after
from tests.market.stores import opened
from tests.market.written import MARKET_ID, every_mode, write_life


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A data folder with one recorded day, and the hash of the state that lived it."""
    data = tmp_path_factory.mktemp("data")
    (data / "markets").mkdir()
    engine = write_life(data / "markets" / "village.sqlite")
    return data, state_hash(engine.state).hex()


@pytest.fixture
def kept(lived: tuple[Path, str], store: Store) -> Store:
    """A store of its own with that day in it."""
    readers = Readers(lived[0] / "markets" / "village.sqlite")
    with readers.connect() as reading, opened(store) as writing:
        create_schema(writing)
        copies.copy_rows(reading, writing)
    readers.close()
    return store


def again(kept: Store, *, events_only: bool = False, until_batch: int | None = None) -> Replayed:
    readers = Readers(kept)
    try:
        with readers.connect() as connection:
            return replay(connection, events_only=events_only, until_batch=until_batch)
    finally:
        readers.close()


def rewrite(kept: Store, number: int, entries: tuple[Entry, ...]) -> None:
    """Another history: one batch says something else, and the chain behind it is made to fit."""
    proven = recorded(kept)
    with opened(kept, unguarded=True) as connection:
        connection.execute(tables.journal.delete())
        connection.execute(tables.snapshots.delete())
        chain = journal.FIRST_HASH
        for item in proven:
            batch = item.batch
            if batch.batch == number:
                batch = replace(batch, entries=entries)
            chain = journal.append(connection, batch, chain)


@pytest.mark.parametrize("seed", ["1", "77"])
@pytest.mark.parametrize("how", [[], ["--events"]])
def test_a_recorded_day_ends_at_the_same_hash_in_another_process(
    lived: tuple[Path, str], seed: str, how: list[str]
) -> None:
    data, expected = lived
    done = subprocess.run(
        [sys.executable, "-m", "wattmarket", "replay", str(data), "village", "--json", *how],
        env={"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)

    assert found["state_hash"] == expected
    assert found["snapshots_checked"] == 1
    assert found["batch"] == len(recorded(data / "markets" / "village.sqlite"))


def test_commands_events_and_snapshots_lead_to_the_same_state_after_every_batch(
    kept: Store, lived: tuple[Path, str]
) -> None:
    proven = recorded(kept)
    for number in range(1, len(proven) + 1):
        lived_until = again(kept, until_batch=number)
        applied = state_after(proven[:number])
        read = Engine()
        read.restore(applied.snapshot())

        assert lived_until == again(kept, events_only=True, until_batch=number)
        assert lived_until.batch == number
        assert lived_until.chain_hash == proven[number - 1].hash
        assert lived_until.state_hash == state_hash(applied.state) == state_hash(read.state)
    assert again(kept).state_hash.hex() == lived[1]


def test_how_far_it_has_come_is_told(kept: Store) -> None:
    told: list[int] = []
    readers = Readers(kept)
    with readers.connect() as connection:
        replay(connection, progress=told.append)
    readers.close()

    assert told == list(range(1, len(recorded(kept)) + 1))


def test_an_empty_journal_is_an_empty_state(store: Store) -> None:
    with opened(store) as connection:
        create_schema(connection)
    found = again(store)

    assert (found.batch, found.commands, found.events) == (0, 0, 0)
    assert found.state_hash == state_hash(None)


def test_the_first_difference_is_named(kept: Store) -> None:
    number, entry = next(
        (proven.batch.batch, proven.batch.entries[0])
        for proven in recorded(kept)
        if isinstance(proven.batch.entries[0].events[0], OrdersAccepted)
    )
    accepted = entry.events[0]
    assert isinstance(accepted, OrdersAccepted)
    dearer = replace(accepted.orders, price_ticks=(9_001, *accepted.orders.price_ticks[1:]))
    events = (replace(accepted, orders=dearer), *entry.events[1:])
    rewrite(kept, number, (replace(entry, events=events),))

    expected = (
        rf"batch {number}, command {number}: .*price_ticks \[0\] is 9000, the journal has 9001"
    )
    with pytest.raises(ReplayDiffers, match=expected):
        again(kept)


def test_an_event_too_few_is_named(kept: Store) -> None:
    last = recorded(kept)[-1].batch
    entry = last.entries[-1]
    rewrite(kept, last.batch, (*last.entries[:-1], replace(entry, events=entry.events[:-1])))

    with pytest.raises(ReplayDiffers, match=f"{len(entry.events)} events, the journal has"):
        again(kept)


def test_a_command_that_breaks_off_is_named(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("market.engine.setup.create_market", breaks)

    with pytest.raises(ReplayDiffers, match="batch 1, command 1: CreateMarket breaks off"):
        again(kept)


def test_a_snapshot_of_another_state_is_named(kept: Store) -> None:
    proven = recorded(kept)
    put(kept, proven[9], state_after(proven[:9]).snapshot())

    with pytest.raises(ReplayDiffers, match="batch 10: its snapshot is of another state"):
        again(kept, events_only=True)


def test_a_broken_journal_is_not_replayed(kept: Store) -> None:
    with opened(kept, unguarded=True) as connection:
        second = tables.journal.update().where(tables.journal.c.batch == 2)
        connection.execute(second.values(events=b"\x90"))

    with pytest.raises(JournalBroken, match="batch 2"):
        again(kept)


def test_the_last_batch_of_a_journal(kept: Store) -> None:
    readers = Readers(kept)
    with readers.connect() as connection:
        assert restore.last_batch(connection) == len(recorded(kept))
    readers.close()


def test_a_recalled_trade_is_recalled_again(store: Store) -> None:
    asks = tuple(
        RequestRecall(
            now_us=DAY_BEFORE_US,
            actor=who,
            match_id="mat-1",
            start_s=MIDNIGHT_S,
            reason="a slip",
            participant_id=who,
        )
        for who in ("ben", "ann")
    )
    engine = write_life(store, (*every_mode(), *asks))
    readers = Readers(store)
    with readers.connect() as reading:
        found = queries.trades(reading, MARKET_ID, start_s=MIDNIGHT_S).items
        recalled = {trade.match_id for trade in found if trade.state is TradeState.CANCELLED}
        (position,) = queries.positions(
            reading, MARKET_ID, unit_id="ben-load", start_s=MIDNIGHT_S
        ).items
    readers.close()
    assert recalled == {"mat-1"}
    bought = [trade for trade in found if trade.unit_id == "ben-load"]
    assert position.bought_wh == sum(t.energy_wh for t in bought if t.match_id != "mat-1")
    for events_only in (False, True):
        assert again(store, events_only=events_only).state_hash == state_hash(engine.state)
