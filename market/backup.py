"""Backup and restore: a folder that says what it is worth, and a data folder made from it.

The one idea: a backup is proven when it is taken and again when it is used. Each market's copy is lived
again from its journal, so the manifest names the batch, the hash of its chain and the hash of its state;
a restore that does not reach the same hashes leaves nothing behind.

The folder: `manifest.json`, `markets/<market>.sqlite`, `identity.sqlite`. It holds the clients' hashed
secrets and the key that signs tokens: only its owner may read it.
"""

import re
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from market.engine.state_form import StateFault
from market.replay import ReplayDiffers, Replayed, replay
from market.store import copies, database
from market.store.database import Readers, Stores
from market.store.faults import StoreFault

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MARKETS: Final = "markets"
IDENTITY: Final = "identity.sqlite"
OWNER_ONLY: Final = 0o700
_MARKET_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
"""A name that can be no way out of the folder."""

_FAULTS: Final = (
    OSError,
    ReplayDiffers,
    SQLAlchemyError,
    StateFault,
    StoreFault,
    sqlite3.Error,
)

Told = Callable[[str], None]


class BackupRefused(Exception):
    """A backup cannot be taken, or cannot be trusted; what was begun is gone again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedFile:
    """One file of a backup."""

    file: str
    """Where it lies in the folder."""
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedMarket:
    """One market of a backup, and where its journal ends."""

    market_id: str
    copy: CopiedFile
    batch: int
    epoch: int
    commands: int
    events: int
    now_us: int
    """Market time of the last batch."""
    chain_hash: str
    state_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    format: int
    markets: tuple[CopiedMarket, ...]
    identity: CopiedFile | None


def take(
    stores: Stores,
    identity: Path | None,
    target: Path,
    *,
    only: Collection[str] = (),
    told: Told = lambda _: None,
) -> Manifest:
    """Copy markets and identities, prove the copies, and write the manifest last.

    Args:
        stores: where the markets are kept.
        identity: the file of clients; None: there is none.
        target: a folder that is not there, or is empty.
        only: the markets that are wanted; empty: all.
        told: what is being done, for whoever waits.

    Raises:
        BackupRefused: the target is not empty, a market is not kept there, or a copy does not prove
            itself.
    """
    kept_here = stores.markets()
    if unknown := set(only) - set(kept_here):
        raise BackupRefused(f"no such market here: {', '.join(sorted(unknown))}")
    with _made(target) as folder:
        folder.joinpath(MARKETS).mkdir(mode=OWNER_ONLY)
        copied = []
        # Identities last: a client made during the copying of its market is in the backup then.
        for market_id in sorted(only or kept_here):
            file = folder.joinpath(MARKETS) / f"{market_id}.sqlite"
            told(f"copying {market_id}")
            _copy(stores.of(market_id), file)
            told(f"proving {market_id}")
            copied.append(_described(market_id, folder, file, _lived(file)))
        clients = None
        if identity is not None:
            told("copying identities")
            copies.copy_file(identity, folder.joinpath(IDENTITY))
            clients = _file(folder, folder.joinpath(IDENTITY))
        manifest = Manifest(format=FORMAT, markets=tuple(copied), identity=clients)
        path = folder.joinpath(MANIFEST)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
        for item in (path, folder.joinpath(MARKETS), folder):
            copies.flush(item)
    return manifest


def read_manifest(backup: Path) -> Manifest:
    """What a backup says it holds.

    Raises:
        BackupRefused: no backup, or one of another format.
    """
    try:
        manifest = msgspec.json.decode(backup.joinpath(MANIFEST).read_bytes(), type=Manifest)
    except OSError as fault:
        raise BackupRefused(f"{backup}: no backup: {fault.strerror}") from fault
    except msgspec.DecodeError as fault:
        raise BackupRefused(f"{backup.joinpath(MANIFEST)}: {fault}") from fault
    names = [market.market_id for market in manifest.markets]
    if len(set(names)) < len(names) or not all(map(_MARKET_ID.fullmatch, names)):
        raise BackupRefused("the markets' names are none")
    if manifest.format != FORMAT:
        raise BackupRefused(f"format {manifest.format}, wanted {FORMAT}")
    return manifest


def restore(
    backup: Path, target: Path, *, url: str | None = None, told: Told = lambda _: None
) -> Manifest:
    """Make a data folder from a backup; projections are made again at the next start if need be.

    Args:
        backup: the folder of the backup.
        target: a folder that is not there, or is empty.
        url: a PostgreSQL database that is to keep the markets; None: files in the folder do.
        told: what is being done, for whoever waits.

    Raises:
        BackupRefused: the target is not empty, a file is not the one that was backed up, or a market
            does not reach the state it had.
    """
    manifest = read_manifest(backup)
    with _made(target) as folder:
        folder.joinpath(MARKETS).mkdir(mode=OWNER_ONLY)
        for market in manifest.markets:
            told(f"copying {market.market_id}")
            name = f"{MARKETS}/{market.market_id}.sqlite"
            file = _taken(backup, market.copy, name, folder)
            told(f"proving {market.market_id}")
            if _described(market.market_id, folder, file, _lived(file)) != market:
                raise BackupRefused(f"{market.market_id} does not reach the state it had")
        if url is not None:
            told("filling the database")
            _fill(Stores(folder.joinpath(MARKETS), url), manifest, folder)
        if manifest.identity is not None:
            _taken(backup, manifest.identity, IDENTITY, folder)
        copies.flush(folder.joinpath(MARKETS))
        copies.flush(folder)
    return manifest


@contextmanager
def _made(target: Path) -> Iterator[Path]:
    """A folder beside the target that takes its name when all went well, and goes otherwise."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupRefused(f"{target} is not empty")
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.with_name(f"{target.name}.part")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=OWNER_ONLY)
    try:
        yield folder
    except _FAULTS as fault:
        shutil.rmtree(folder)
        raise BackupRefused(str(fault)) from fault
    except BaseException:
        shutil.rmtree(folder)
        raise
    folder.replace(target)
    copies.flush(target.parent)


def _copy(store: database.Store, file: Path) -> None:
    if isinstance(store, Path):
        copies.copy_file(store, file)
        return
    readers = Readers(store)
    try:
        with readers.connect() as connection:
            copies.export(connection, file)
    finally:
        readers.close()


def _fill(stores: Stores, manifest: Manifest, folder: Path) -> None:
    """Move the proven files' rows into a database; all markets or none."""
    known = set(stores.markets())
    taken = [market.market_id for market in manifest.markets if market.market_id in known]
    if taken:
        raise BackupRefused(f"the database keeps {', '.join(taken)} already")
    begun: list[str] = []
    try:
        for market in manifest.markets:
            begun.append(market.market_id)
            file = folder.joinpath(market.copy.file)
            _move(file, stores.of(market.market_id), market)
            file.unlink()
    except BaseException:
        for market_id in begun:
            stores.remove(market_id)
        raise


def _move(file: Path, store: database.Store, market: CopiedMarket) -> None:
    """Rows of a file into an empty store, lived again there before they stay."""
    readers, writing = Readers(file), database.open_writer(store)
    try:
        # Nobody else knows this market yet: its first writer is who fills it.
        with writing.begin(), readers.connect() as reading:
            database.create_schema(writing)
            copies.copy_rows(reading, writing)
            if replay(writing, events_only=True).state_hash.hex() != market.state_hash:
                raise BackupRefused(f"{market.market_id} does not reach the state it had")
    finally:
        writing.close()
        writing.engine.dispose()
        readers.close()


def _lived(file: Path) -> Replayed:
    """Where the events of a copy's journal lead, each row proven."""
    readers = Readers(file)
    try:
        with readers.connect() as connection:
            return replay(connection, events_only=True)
    finally:
        readers.close()


def _file(folder: Path, path: Path) -> CopiedFile:
    name = path.relative_to(folder).as_posix()
    return CopiedFile(file=name, bytes=path.stat().st_size, sha256=copies.file_hash(path))


def _described(market_id: str, folder: Path, file: Path, lived: Replayed) -> CopiedMarket:
    return CopiedMarket(
        market_id=market_id,
        copy=_file(folder, file),
        batch=lived.batch,
        epoch=lived.epoch,
        commands=lived.commands,
        events=lived.events,
        now_us=lived.now_us,
        chain_hash=lived.chain_hash.hex(),
        state_hash=lived.state_hash.hex(),
    )


def _taken(backup: Path, copied: CopiedFile, name: str, folder: Path) -> Path:
    """A file of a backup in its new place, if it is the one the manifest means."""
    if copied.file != name:
        raise BackupRefused(f"{copied.file} is named, wanted {name}")
    path = folder.joinpath(name)
    shutil.copyfile(backup.joinpath(name), path)
    path.chmod(copies.OWNER_ONLY)
    copies.flush(path)
    if _file(folder, path) != copied:
        raise BackupRefused(f"{name} is not the file that was backed up")
    return path
