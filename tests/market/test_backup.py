"""A backup is one moment of a market that goes on trading, and restores to exactly that state."""

import asyncio
import json
import shutil
import sqlite3
import uuid
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection

from market.backup import MANIFEST, BackupRefused, Manifest, read_manifest, restore, take
from market.engine.state_hash import state_hash
from market.sequencer import Sequencer
from market.store import copies
from market.store.database import Readers, Store, Stores
from market.store.tables import journal
from tests.market.store.test_snapshot import recorded, state_after
from tests.market.stores import lift_guards, unguarded_file
from tests.market.written import (
    SETUP,
    StillClock,
    place,
    projected,
    with_sequencer,
    write_life,
)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a recorded day and some clients."""
    folder = tmp_path_factory.mktemp("lived")
    (folder / "markets").mkdir(parents=True)
    write_life(folder / "markets" / "village.sqlite")
    clients = sqlite3.connect(folder / "identity.sqlite")
    clients.execute("CREATE TABLE clients (client_id TEXT)")
    clients.execute("INSERT INTO clients VALUES ('ann')")
    clients.commit()
    clients.close()
    return folder


@pytest.fixture
def data(lived: Path, tmp_path: Path) -> Path:
    """Such a folder for one test alone."""
    return shutil.copytree(lived, tmp_path / "var")


def backup_of(data: Path, target: Path) -> Manifest:
    return take(Stores(data / "markets"), data / "identity.sqlite", target)


def hash_at(path: Store, batch: int) -> str:
    return state_hash(state_after(recorded(path)[:batch]).state).hex()


def test_a_backup_restores_to_the_same_state_clients_and_lists(data: Path, tmp_path: Path) -> None:
    manifest = backup_of(data, tmp_path / "backup")
    assert restore(tmp_path / "backup", tmp_path / "again") == manifest
    old, new = (folder / "markets" / "village.sqlite" for folder in (data, tmp_path / "again"))
    (market,) = manifest.markets

    assert market.batch == len(recorded(old))
    assert market.state_hash == hash_at(old, market.batch)
    assert recorded(new) == recorded(old)
    clients = sqlite3.connect(tmp_path / "again" / "identity.sqlite")
    assert clients.execute("SELECT client_id FROM clients").fetchall() == [("ann",)]
    clients.close()

    async def story(sequencer: Sequencer) -> None:
        assert state_hash(sequencer.engine.state).hex() == market.state_hash
        with sequencer.readers.connect() as connection:
            assert projected(connection) == before

    readers = Readers(old)
    with readers.connect() as connection:
        before = projected(connection)
    readers.close()
    with_sequencer(new, story)


def kept_in(store: Store) -> Stores:
    """The stores of a server that keeps this one."""
    if isinstance(store, Path):
        return Stores(store.parent)
    return Stores(Path(), store.url)


def name_of(store: Store) -> str:
    return store.stem if isinstance(store, Path) else store.market_id


def test_a_backup_can_be_taken_while_the_market_trades(store: Store, tmp_path: Path) -> None:
    """Orders are written all the while; the copy is a whole moment of them."""
    name = name_of(store)

    async def trade_and_copy(sequencer: Sequencer) -> list[Manifest]:
        for command in SETUP:
            await sequencer.submit(command)
        going = True
        numbers = count(1)
        loop = asyncio.get_running_loop()

        async def places_one() -> None:
            await sequencer.submit(place("ann", f"n-{next(numbers)} ann-load buy 100 1"))

        async def traffic() -> None:
            while going:
                await places_one()

        def trades_on(_step: str) -> None:
            """However quick the copy, the market has gone on before it and after it."""
            asyncio.run_coroutine_threadsafe(places_one(), loop).result()

        traders = [asyncio.create_task(traffic()) for _ in range(4)]
        found = []
        for number in range(3):
            before = sequencer.committed_seq
            target = tmp_path / f"backup-{number}"
            found.append(
                await asyncio.to_thread(
                    take, kept_in(store), None, target, only=(name,), told=trades_on
                )
            )
            assert found[-1].markets[0].commands > before
            assert sequencer.committed_seq > found[-1].markets[0].commands
        going = False
        await asyncio.gather(*traders)
        return found

    manifests = with_sequencer(store, trade_and_copy)
    assert manifests[0].markets[0].batch < manifests[2].markets[0].batch
    for number, manifest in enumerate(manifests):
        (market,) = manifest.markets
        restore(tmp_path / f"backup-{number}", tmp_path / f"again-{number}")
        new = tmp_path / f"again-{number}" / "markets" / f"{name}.sqlite"

        assert market.state_hash == hash_at(store, market.batch)
        assert recorded(new) == recorded(store)[: market.batch]
        sequencer = Sequencer.open(new, clock=StillClock())
        assert state_hash(sequencer.engine.state).hex() == market.state_hash
        assert sequencer.committed_seq == sequencer.projected_seq == market.commands
        asyncio.run(sequencer.close())


def test_a_backup_of_files_restores_into_a_database_and_back(
    data: Path, tmp_path: Path, postgres_url: str
) -> None:
    market_id = f"village-{uuid.uuid4().hex}"
    file = data / "markets" / "village.sqlite"
    file.rename(file.with_name(f"{market_id}.sqlite"))
    stores = Stores(tmp_path, postgres_url)
    manifest = backup_of(data, tmp_path / "backup")
    try:
        restore(tmp_path / "backup", tmp_path / "again", url=postgres_url)
        assert [path.name for path in (tmp_path / "again").rglob("*.sqlite")] == ["identity.sqlite"]
        with pytest.raises(BackupRefused, match=f"keeps {market_id} already"):
            restore(tmp_path / "backup", tmp_path / "third", url=postgres_url)
        assert not (tmp_path / "third").exists()
        back = take(stores, None, tmp_path / "backup-2", only=(market_id,))
        assert recorded(stores.of(market_id)) == recorded(data / "markets" / f"{market_id}.sqlite")

        async def story(sequencer: Sequencer) -> None:
            assert sequencer.snapshot_batch == manifest.markets[0].batch
            assert state_hash(sequencer.engine.state).hex() == manifest.markets[0].state_hash
            with sequencer.readers.connect() as connection:
                assert all(projected(connection).values()) == all(before.values())
                assert projected(connection) == before

        readers = Readers(data / "markets" / f"{market_id}.sqlite")
        with readers.connect() as connection:
            before = projected(connection)
        readers.close()
        with_sequencer(stores.of(market_id), story)
    finally:
        stores.remove(market_id)
    assert back.markets[0].state_hash == manifest.markets[0].state_hash


def test_what_does_not_arrive_in_the_database_leaves_nothing_there(
    data: Path, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    market_id = f"village-{uuid.uuid4().hex}"
    file = data / "markets" / "village.sqlite"
    file.rename(file.with_name(f"{market_id}.sqlite"))
    backup_of(data, tmp_path / "backup")
    move = copies.copy_rows

    def loses_the_last(source: Connection, target: Connection) -> None:
        move(source, target)
        last = target.execute(journal.select().order_by(journal.c.batch.desc())).first()
        assert last is not None
        lift_guards(target)
        target.execute(journal.delete().where(journal.c.batch == last.batch))

    monkeypatch.setattr("market.store.copies.copy_rows", loses_the_last)
    with pytest.raises(BackupRefused, match="does not reach the state"):
        restore(tmp_path / "backup", tmp_path / "again", url=postgres_url)

    assert market_id not in Stores(tmp_path, postgres_url).markets()
    assert not (tmp_path / "again").exists()


def test_a_market_that_is_not_kept_here_is_not_backed_up(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no such market here: hamlet"):
        take(Stores(data / "markets"), None, tmp_path / "backup", only=("hamlet", "village"))


def test_an_export_leaves_lists_to_be_made_again(data: Path, tmp_path: Path) -> None:
    """Of a database only the journal's rows are taken."""
    readers = Readers(data / "markets" / "village.sqlite")
    with readers.connect() as connection:
        before = projected(connection)
        copies.export(connection, tmp_path / "export.sqlite")
    readers.close()
    exported = sqlite3.connect(tmp_path / "export.sqlite")
    tables = {name for (name,) in exported.execute("SELECT name FROM sqlite_master")}
    exported.close()
    assert "orders" not in tables

    async def story(sequencer: Sequencer) -> None:
        assert sequencer.snapshot_batch > 0
        with sequencer.readers.connect() as connection:
            assert projected(connection) == before

    with_sequencer(tmp_path / "export.sqlite", story)


def test_only_the_owner_may_read_a_backup(data: Path, tmp_path: Path) -> None:
    backup_of(data, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again")

    for folder in (tmp_path / "backup", tmp_path / "again"):
        files = [path for path in folder.rglob("*") if path.name != MANIFEST]
        assert len(files) == 3
        assert {path.stat().st_mode & 0o077 for path in (folder, *files)} == {0}


def test_a_folder_in_use_is_not_touched(data: Path, tmp_path: Path) -> None:
    backup_of(data, tmp_path / "backup")

    with pytest.raises(BackupRefused, match="is not empty"):
        backup_of(data, tmp_path / "backup")
    with pytest.raises(BackupRefused, match="is not empty"):
        restore(tmp_path / "backup", data)
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "backup", tmp_path / "empty")
    assert (tmp_path / "empty" / "identity.sqlite").exists()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def in_manifest(change: Callable[[dict[str, object]], object], backup: Path) -> None:
    told = json.loads((backup / MANIFEST).read_text())
    change(told)
    (backup / MANIFEST).write_text(json.dumps(told))


def forget_the_last_batch(backup: Path) -> None:
    """A journal that is whole in itself, with a manifest whose file hash fits, but too short."""
    file = backup / "markets" / "village.sqlite"
    connection = unguarded_file(file)
    connection.execute("DELETE FROM journal WHERE batch = (SELECT max(batch) FROM journal)")
    connection.commit()
    connection.close()
    in_manifest(
        lambda told: told["markets"][0]["copy"].update(  # type: ignore[index]
            sha256=copies.file_hash(file), bytes=file.stat().st_size
        ),
        backup,
    )


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda backup: flip(backup / "markets" / "village.sqlite"), "not the file"),
        (lambda backup: flip(backup / "identity.sqlite"), "not the file"),
        (lambda backup: (backup / "identity.sqlite").unlink(), "identity.sqlite"),
        (lambda backup: (backup / MANIFEST).unlink(), "no backup"),
        (lambda backup: (backup / MANIFEST).write_text("{"), "truncated"),
        (partial(in_manifest, lambda told: told.update(format=9)), "format 9"),
        (partial(in_manifest, lambda told: told["markets"][0].update(market_id="../x")), "names"),
        (partial(in_manifest, lambda told: told["identity"].update(file="../x")), "wanted"),
        (partial(in_manifest, lambda told: told["markets"][0].update(state_hash="")), "the state"),
        (forget_the_last_batch, "the state"),
    ],
)
def test_a_backup_that_does_not_prove_itself_leaves_nothing_behind(
    data: Path, tmp_path: Path, damage: Callable[[Path], object], why: str
) -> None:
    backup_of(data, tmp_path / "backup")
    damage(tmp_path / "backup")

    with pytest.raises(BackupRefused, match=why):
        restore(tmp_path / "backup", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert not (tmp_path / "again.part").exists()


def test_a_broken_store_is_not_backed_up(data: Path, tmp_path: Path) -> None:
    connection = unguarded_file(data / "markets" / "village.sqlite")
    connection.execute("UPDATE journal SET events = x'90' WHERE batch = 2")
    connection.commit()
    connection.close()

    with pytest.raises(BackupRefused, match="batch 2"):
        backup_of(data, tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["var"]


def test_what_a_broken_off_backup_left_is_in_nobodys_way(data: Path, tmp_path: Path) -> None:
    (tmp_path / "backup.part").mkdir()
    (tmp_path / "backup.part" / "half").touch()
    backup_of(data, tmp_path / "backup")

    assert read_manifest(tmp_path / "backup").markets[0].market_id == "village"
    assert not (tmp_path / "backup" / "half").exists()
