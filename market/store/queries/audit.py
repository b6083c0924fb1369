"""The audit trail: every command of the journal as one line, and the chain it stands in.

The one idea: it is read from the journal itself, each row proven on the way, so it cannot say anything
else than what a restart would believe. Of what a command holds only counts are shown: a sealed order
stays sealed for the operator too.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from market.model.messages import Event, OrdersRejected
from market.store import restore
from market.store.journal import Entry
from market.store.queries.pages import bounded, cursor_of, numbers
from market.store.restore import ProvenBatch
from market.store.tables import journal
from market.store.views import Page

_encode: Final = msgspec.json.Encoder(enc_hook=str).encode
BATCHES_READ_MAX: Final = 1_000
"""Batches looked through for one page: bounds how long one reading takes, whatever is asked for."""
_ROWS: Final = (
    "orders", "rows", "order_ids", "participants", "units", "deposits", "measurements", "forecasts", "outcomes",
)  # fmt: skip
"""Names of what a command may hold many of."""


class Result(StrEnum):
    """What came of a command, as its facts say it."""

    ACCEPTED = "accepted"
    PARTLY = "partly"
    """Some rows were taken, some refused."""
    REFUSED = "refused"
    """Every row was refused."""
    NO_CHANGE = "no_change"
    """No facts: a harmless repeat, or refused as a whole; only its answer said which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which commands are asked for; None: all."""

    actor: str | None = None
    kind: str | None = None
    from_seq: int | None = None
    to_seq: int | None = None
    """The last one."""
    from_us: int | None = None
    """Of batches up to whose end the market had come at least so far ..."""
    until_us: int | None = None
    """... and not so far. What the timetable did late says when it was due; this is when it was done."""
    about: str | None = None
    """Only what names this id, in the command or in what came of it."""

    def fits(self, entry: Entry) -> bool:
        """True for a command of the actor and kind that are asked for, about what is asked for."""
        return (
            (self.actor is None or _text(entry, "actor") == self.actor)
            and (self.kind is None or type(entry.command).__name__ == self.kind)
            and (self.about is None or _names(entry, self.about))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One command and what came of it."""

    command_seq: int
    batch: int
    epoch: int
    now_us: int
    """Market time with which it was decided."""
    actor: str | None
    """The credential it came with; None: the market's own timetable."""
    participant_id: str | None
    """For whom."""
    placed_by: str | None
    """The agent, under a mandate."""
    kind: str
    rows: int
    """How many things it held; 1 where it is one."""
    result: Result
    codes: Mapping[str, int]
    """Refused rows by code."""
    events: Mapping[str, int]
    """Its facts by name."""
    first_event_seq: int | None
    """Of its first fact; None: it has none."""
    previous_hash: bytes
    hash: bytes
    """Of its batch."""


def audit(
    connection: Connection,
    *,
    wanted: AuditFilter,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[AuditLine]:
    """Commands in the order decided. With filters a page may be short, or empty, and yet not the last.

    Raises:
        CursorFault: a cursor no list has given out.
        JournalBroken: a gap, a changed byte, a row that does not decode.
    """
    after_seq = 0 if cursor is None else numbers(cursor, 1)[0]
    after_seq = max(after_seq, (wanted.from_seq or 1) - 1)
    count = bounded(limit)
    found: list[AuditLine] = []
    read_seq: int | None = None
    begin = _batch_before(connection, after_seq)
    if wanted.from_us is not None:
        begin = max(begin, _batch_before_time(connection, wanted.from_us))
    for proven in islice(restore.batches(connection, after_batch=begin), BATCHES_READ_MAX):
        if wanted.until_us is not None and proven.batch.now_us >= wanted.until_us:
            return Page(items=tuple(found), next_cursor=None)
        for line, entry in _lines(proven):
            if line.command_seq <= after_seq:
                continue
            if wanted.to_seq is not None and line.command_seq > wanted.to_seq:
                return Page(items=tuple(found), next_cursor=None)
            if not wanted.fits(entry):
                continue
            if len(found) == count:
                return Page(items=tuple(found), next_cursor=cursor_of(found[-1].command_seq))
            found.append(line)
        read_seq = proven.batch.last_command_seq
    more = read_seq is not None and _goes_on_behind(connection, read_seq)
    return Page(items=tuple(found), next_cursor=cursor_of(read_seq) if more and read_seq else None)


def _batch_before(connection: Connection, after_seq: int) -> int:
    """The batch before the one that holds the command behind `after_seq`."""
    c = journal.c
    holding = connection.execute(
        select(func.max(c.batch)).where(c.first_command_seq <= after_seq + 1)
    ).scalar()
    return 0 if holding is None else holding - 1


def _batch_before_time(connection: Connection, from_us: int) -> int:
    """The last batch that ended before a market time; it is found by halving, since none goes back."""
    c = journal.c
    low, high = 0, connection.execute(select(func.max(c.batch))).scalar() or 0
    while low < high:
        middle = (low + high + 1) // 2
        ended_us = connection.execute(select(c.now_us).where(c.batch == middle)).scalar()
        if ended_us is not None and ended_us < from_us:
            low = middle
        else:
            high = middle - 1
    return low


def _names(entry: Entry, name: str) -> bool:
    """True when an id stands anywhere in a command or its facts, as a whole text."""
    said = b'"' + name.encode() + b'"'
    return said in _encode(entry.command) or any(said in _encode(event) for event in entry.events)


def _goes_on_behind(connection: Connection, read_seq: int) -> bool:
    last = connection.execute(select(func.max(journal.c.first_command_seq))).scalar()
    return last is not None and last > read_seq


def _lines(proven: ProvenBatch) -> Iterator[tuple[AuditLine, Entry]]:
    batch = proven.batch
    event_seq = batch.first_event_seq
    for command_seq, entry in enumerate(batch.entries, batch.first_command_seq):
        codes = _codes(entry.events)
        line = AuditLine(
            command_seq=command_seq,
            batch=batch.batch,
            epoch=batch.epoch,
            now_us=entry.command.now_us,
            actor=_text(entry, "actor"),
            participant_id=_text(entry, "participant_id") or _text(entry, "owner"),
            placed_by=_text(entry, "placed_by"),
            kind=type(entry.command).__name__,
            rows=_rows(entry),
            result=_result(entry.events),
            codes=codes,
            events=dict(sorted(Counter(type(event).__name__ for event in entry.events).items())),
            first_event_seq=event_seq if entry.events else None,
            previous_hash=proven.previous_hash,
            hash=proven.hash,
        )
        yield line, entry
        event_seq += len(entry.events)


def _text(entry: Entry, name: str) -> str | None:
    """A command's field of that name; None: it has none, or it is empty."""
    value = getattr(entry.command, name, None)
    return value if isinstance(value, str) and value else None


def _rows(entry: Entry) -> int:
    for name in _ROWS:
        held = getattr(entry.command, name, None)
        if isinstance(held, Sized):
            return len(held)
    return 1


def _codes(events: tuple[Event, ...]) -> dict[str, int]:
    counts = Counter(
        rejection.code.value
        for event in events
        if isinstance(event, OrdersRejected)
        for rejection in event.rejections
    )
    return dict(sorted(counts.items()))


def _result(events: tuple[Event, ...]) -> Result:
    refusals = sum(isinstance(event, OrdersRejected) for event in events)
    if not events:
        return Result.NO_CHANGE
    if not refusals:
        return Result.ACCEPTED
    return Result.REFUSED if refusals == len(events) else Result.PARTLY


# --- the chain on demand --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainProof:
    """How far the journal proves itself."""

    after_batch: int
    last_batch: int
    """The last one that was proven; `after_batch` where none was."""
    commands: int
    events: int
    hash: bytes | None
    """Of the last one."""
    fault: str | None
    """What is wrong with the one behind it; None: nothing was found."""
    goes_on: bool
    """True: there are more batches behind what was read."""


def chain_proof(connection: Connection, *, after_batch: int) -> ChainProof:
    """Prove batches behind one, so many at most: their links, their bytes, that they can be read."""
    last, commands, events, proof, fault = after_batch, 0, 0, None, None
    try:
        for proven in islice(
            restore.batches(connection, after_batch=after_batch), BATCHES_READ_MAX
        ):
            last, proof = proven.batch.batch, proven.hash
            commands += len(proven.batch.entries)
            events += sum(len(entry.events) for entry in proven.batch.entries)
    except restore.JournalBroken as broken:
        fault = str(broken)
    return ChainProof(
        after_batch=after_batch,
        last_batch=last,
        commands=commands,
        events=events,
        hash=proof,
        fault=fault,
        goes_on=fault is None and restore.last_batch(connection) > last,
    )
