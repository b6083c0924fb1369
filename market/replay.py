"""Replay: a recorded market lived again from its journal, and proven to come out the same.

The one idea: commands carry all they need, the time included, so a fresh engine that is given them has to
answer with the journal's events and end at the same state. The first difference is named and ends the
replay; snapshots on the way are held against the state that was reached.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from market.engine.engine import Engine
from market.engine.state_hash import hash_of
from market.engine.state_reading import gc_paused
from market.model.messages import Event
from market.store import restore, snapshot
from market.store.journal import FIRST_HASH, Batch, Entry

SHOWN_MAX: Final = 300
"""Longest text shown of a value that differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """Where a replay ended."""

    batch: int
    """The last batch; 0: the journal is empty."""
    epoch: int
    now_us: int
    commands: int
    events: int
    chain_hash: bytes
    """Of the last batch's row."""
    state_hash: bytes
    snapshots_checked: int
    """Snapshots on the way that this software wrote; all of them agreed."""


class ReplayDiffers(Exception):
    """The journal says something else than a fresh engine does."""

    def __init__(self, batch: int, command_seq: int | None, what: str) -> None:
        where = f"batch {batch}"
        if command_seq is not None:
            where += f", command {command_seq}"
        super().__init__(f"{where}: {what}")
        self.batch = batch
        self.command_seq = command_seq


def replay(
    connection: Connection,
    *,
    events_only: bool = False,
    until_batch: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Live a journal again from its first row, each row proven on the way.

    Args:
        connection: reads the market's store.
        events_only: apply the journal's events, as a restart does; False: execute the commands.
        until_batch: the last batch to take; None: all.
        progress: told the number of each batch that is done.

    Raises:
        ReplayDiffers: the first command whose events are others, or a snapshot of another state.
        JournalBroken: the journal does not prove itself.
        StateRefused: the state has no canonical form.
    """
    engine = Engine()
    taken = snapshot.hashes(connection)
    batch, chain, checked = _BEFORE_ALL, FIRST_HASH, 0
    with gc_paused():
        for proven in restore.batches(connection):
            if until_batch is not None and proven.batch.batch > until_batch:
                break
            batch, chain = proven.batch, proven.hash
            _live_again(engine, batch, events_only=events_only)
            if batch.batch in taken:
                checked += 1
                if hash_of(engine.snapshot()) != taken[batch.batch]:
                    raise ReplayDiffers(batch.batch, None, "its snapshot is of another state")
            progress(batch.batch)
        return Replayed(
            batch=batch.batch,
            epoch=batch.epoch,
            now_us=batch.now_us,
            commands=batch.last_command_seq,
            events=batch.last_event_seq,
            chain_hash=chain,
            state_hash=hash_of(engine.snapshot()),
            snapshots_checked=checked,
        )


_BEFORE_ALL: Final = Batch(
    batch=0, epoch=0, now_us=0, first_command_seq=1, first_event_seq=1, entries=()
)


def _live_again(engine: Engine, batch: Batch, *, events_only: bool) -> None:
    for command_seq, entry in enumerate(batch.entries, start=batch.first_command_seq):
        if events_only:
            for event in entry.events:
                engine.apply(event)
            continue
        try:
            events = engine.execute(entry.command).events
        except Exception as fault:
            what = f"{type(entry.command).__name__} breaks off: {fault!r}"
            raise ReplayDiffers(batch.batch, command_seq, what) from fault
        if events != entry.events:
            raise ReplayDiffers(batch.batch, command_seq, _first_difference(entry, events))


def _first_difference(entry: Entry, events: tuple[Event, ...]) -> str:
    """In words: which event of a command differs, and where."""
    name = type(entry.command).__name__
    for number, (ours, theirs) in enumerate(zip(events, entry.events, strict=False), start=1):
        if ours != theirs:
            return f"{name}: event {number} {_difference(ours, theirs)}"
    return f"{name}: {len(events)} events, the journal has {len(entry.events)}"


def _difference(ours: object, theirs: object) -> str:
    """The innermost field in which two facts differ."""
    if type(ours) is type(theirs) and dataclasses.is_dataclass(ours):
        for field in dataclasses.fields(ours):
            mine, other = getattr(ours, field.name), getattr(theirs, field.name)
            if mine != other:
                return f"{type(ours).__name__}.{field.name} {_difference(mine, other)}"
    if isinstance(ours, tuple) and isinstance(theirs, tuple) and len(ours) == len(theirs):
        for place, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            if mine != other:
                return f"[{place}] {_difference(mine, other)}"
    return f"is {_shown(ours)}, the journal has {_shown(theirs)}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
