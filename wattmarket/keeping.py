"""Keeping the books: replay a recorded market, back it up while it trades, restore it.

The one idea: these work on the store itself, beside a server or without one, and read it only. What they find
is printed as a table or as JSON; what they are doing goes to standard error.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattmarket.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from market.backup import Manifest
    from market.store.database import Readers, Stores

NO = 1
"""Exit code: done, and the answer is no."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]
Data = Annotated[Path, typer.Argument(help="The server's data folder (WATTMARKET_VAR).")]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="WATTMARKET_DATABASE_URL",
        show_default=False,
        help="The PostgreSQL database that keeps the markets; files in the folder without it.",
    ),
]


def replay(
    data: Annotated[
        str, typer.Argument(help="The data folder, or the address of a PostgreSQL database.")
    ],
    market: Annotated[str, typer.Argument(help="Market id.")],
    events: Annotated[
        bool, typer.Option("--events", help="Apply the recorded events, as a restart does.")
    ] = False,
    until_batch: Annotated[
        int | None, typer.Option(min=1, help="The last batch to take; all without it.")
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Live a recorded market again and print its state's hash. Exit 1: it comes out differently."""
    from market.engine.state_form import StateFault
    from market.replay import ReplayDiffers
    from market.replay import replay as live_again
    from market.store import restore
    from market.store.database import StoreFault

    is_address = "://" in data
    stores = _stores(Path(data), data if is_address else database)
    readers = _readers(stores, market)
    try:
        with readers.connect() as connection:
            last = restore.last_batch(connection)
            with _progress(min(last, until_batch or last), market) as progress:
                found = live_again(
                    connection, events_only=events, until_batch=until_batch, progress=progress
                )
    except (ReplayDiffers, StateFault, StoreFault) as fault:
        typer.echo(f"wattmarket: {market}: {fault}", err=True)
        raise typer.Exit(NO) from fault
    finally:
        readers.close()
    _show(
        {
            "market": market,
            "batch": found.batch,
            "commands": found.commands,
            "events": found.events,
            "snapshots_checked": found.snapshots_checked,
            "chain_hash": found.chain_hash.hex(),
            "state_hash": found.state_hash.hex(),
        },
        as_json=as_json,
    )


def backup(
    data: Data,
    target: Annotated[Path, typer.Argument(help="A new folder for the backup.")],
    market: Annotated[
        list[str] | None, typer.Option(help="Only this market; may be given several times.")
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Copy every market and all clients, while a server trades, and prove the copies."""
    from market.backup import BackupRefused, take

    stores = _stores(data, database)
    if not stores.markets():
        raise UsageError(f"{data}: no market is kept here")
    identity = data / "identity.sqlite"
    clients = identity if identity.exists() else None
    try:
        manifest = take(stores, clients, target, only=market or (), told=_say)
    except BackupRefused as fault:
        typer.echo(f"wattmarket: no backup: {fault}", err=True)
        raise typer.Exit(NO) from fault
    _show_manifest(manifest, as_json=as_json)


def restore(
    backup: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    data: Annotated[Path, typer.Argument(help="A new data folder.")],
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Make a data folder from a backup, every market proven on the way."""
    from market.backup import BackupRefused
    from market.backup import restore as make

    try:
        manifest = make(backup, data, url=_address(database), told=_say)
    except BackupRefused as fault:
        typer.echo(f"wattmarket: not restored: {fault}", err=True)
        raise typer.Exit(NO) from fault
    _show_manifest(manifest, as_json=as_json)


def _stores(data: Path, database: str | None) -> "Stores":
    """Where a server with this folder and this database keeps its markets."""
    from market.store.database import Stores, StoreUnreachable

    url = _address(database)
    if url is None and not (data / "markets").is_dir():
        raise UsageError(f"{data}: no market is kept here")
    stores = Stores(data / "markets", url)
    try:
        stores.markets()
    except StoreUnreachable as fault:
        raise UsageError(str(fault)) from fault
    return stores


def _address(database: str | None) -> str | None:
    from market.store.database import url_of

    if database is None:
        return None
    try:
        url_of(database)
    except ValueError as fault:
        raise UsageError(f"--database: {fault}") from fault
    return database


def _readers(stores: "Stores", market: str) -> "Readers":
    from market.store.database import Readers

    if market not in stores.markets():
        raise UsageError(f"{market}: there is no such market here")
    return Readers(stores.of(market))


@contextmanager
def _progress(total: int, market: str) -> "Iterator[Callable[[int], None]]":
    """A bar on standard error, where somebody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(market, total=total)
        yield lambda batch: bar.update(task, completed=batch)


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _show_manifest(manifest: "Manifest", *, as_json: bool) -> None:
    import msgspec

    if as_json:
        _show(msgspec.to_builtins(manifest), as_json=True)
        return
    for market in manifest.markets:
        _show(
            {
                "market": market.market_id,
                "batch": market.batch,
                "events": market.events,
                "state_hash": market.state_hash,
            },
            as_json=False,
        )


def _show(values: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(values, indent=1))
        return
    for name, value in values.items():
        typer.echo(f"{name:<18} {value}")
