"""One writer per market: queue, engine, one commit, then answers, then published events.

The one idea: what somebody has been told is on disk. A batch is whatever waits; while one batch is
being written the next is decided, command by command as they come, and goes to the disk when the disk
is free, so load makes batches larger by itself. The engine is at most one batch ahead of the one that is
being written, and when a commit fails nothing goes on: the process ends and starts again from the
journal, which is the same path as any other start. Whoever reads what is decided (`Sequencer.state`) tells it
only once it is durable too (`Sequencer.durable`).

This is the only module that begins a transaction which writes to a market's store. A transaction
that fails, for whatever reason, is not tried again: nothing of it was told to anybody.
"""
# house: long because queue, batch, commit, answer and recovery are one promise, read as one.

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, TypeAlias, TypeVar, TypeVarTuple

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from market.engine.engine import Engine, HalfApplied
from market.engine.state import MarketState
from market.engine.state_form import StateRefused, StateUnread
from market.engine.state_hash import hash_of
from market.engine.state_reading import gc_paused
from market.model.clock import Clock
from market.model.messages import (
    Answer,
    ApplyClearing,
    CancelOrders,
    CloseDay,
    CloseDayAhead,
    CloseGate,
    Command,
    EndDelivery,
    Event,
    ExpireDue,
    OpenCall,
    OpenContinuous,
    OpenDayAhead,
    PlaceOrders,
    RecordMeasurements,
    SettleInterval,
)
from market.model.rejection import Code
from market.store import database, journal, restore, snapshot
from market.store.journal import Batch, Entry
from market.store.projections import PROJECTION_VERSION, Projector

QUEUE_COMMANDS_MAX: Final = 2_000
"""Most commands that may wait: about two seconds of work on a slow disk."""
QUEUE_ROWS_MAX: Final = 200_000
"""Most rows (orders, readings) in waiting commands: bounds memory when each brings thousands."""
BATCH_COMMANDS_MAX: Final = 500
"""Most commands in one transaction: keeps the first one from waiting long for the last one."""
BATCH_ROWS_MAX: Final = 5_000
"""Rows after which a batch takes no further command: bounds a transaction, and what is undone with it."""
TURN_COMMANDS_MAX: Final = 100
"""Most commands decided before the event loop has its turn: the network is served between them."""
BEHIND_BATCHES_MAX: Final = 8
"""Batches the projections may be behind when nobody waits for them."""
IDLE_S: Final = 0.02
"""Real time without a command after which the projections follow though nobody asks."""
CATCH_UP_BATCHES: Final = 200
"""Batches projected in one transaction when catching up: bounds memory."""

SNAPSHOT_EVENTS: Final = 200_000
"""Events behind the last snapshot after which a quiet moment is used for the next one."""
SNAPSHOT_EVENTS_MAX: Final = 1_000_000
"""Events after which it is taken though commands wait: bounds what a restart has to read."""

_TIMED: Final = frozenset[type](
    {
        OpenDayAhead,
        CloseDayAhead,
        OpenContinuous,
        OpenCall,
        CloseGate,
        ApplyClearing,
        EndDelivery,
        SettleInterval,
        CloseDay,
        ExpireDue,
    }
)
"""Commands of the timetable: they happen at the time they were due, and are never turned away."""

log = structlog.get_logger("market.sequencer")

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")


class SubmitRefused(Exception):
    """A command was not taken.

    SubmitRefused
    ├── QueueFull          try again later; nothing has happened
    └── SequencerStopped   the market is down; what was waiting may or may not have happened
    """

    code: Code


class QueueFull(SubmitRefused):
    """Too much is waiting already."""

    code = Code.SYSTEM_BUSY


class SequencerStopped(SubmitRefused):
    """The sequencer has failed or was closed."""

    code = Code.SYSTEM_UNAVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A command that is on disk."""

    batch: int
    seq: int
    """The command's own sequence, gap-free per market."""
    events: tuple[Event, ...]
    answer: Answer
    now_us: int
    """The market time with which it was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An event that is on disk."""

    event_seq: int
    """Gap-free per market."""
    now_us: int
    command_seq: int
    event: Event


Decided: TypeAlias = MarketState
"""What is decided, by a name for those who only read it."""
Decider: TypeAlias = Engine
"""Who decides it, likewise: asked, never told to decide."""
Subscriber = Callable[[Published], None]
CommitWatcher = Callable[[float, int], None]
"""Is told how long a batch took to the disk and back, in seconds, and how many commands it held."""


@dataclass(slots=True)
class _Asker:
    """Who waits for one command, or for several that were brought together."""

    left: int
    """Commands of it that are neither durable nor refused by a fault."""
    answered: asyncio.Future[list[Committed]]
    committed: list[Committed] = field(default_factory=list)
    fault: Exception | None = None

    def settle(self) -> None:
        """One command less to wait for; after the last one, answer."""
        self.left -= 1
        if self.left or self.answered.done():
            return
        if self.fault is None:
            self.answered.set_result(self.committed)
        else:
            self.answered.set_exception(self.fault)


_Waiting: TypeAlias = tuple[Command, int, _Asker]
"""A command, its rows, and who asked."""
_Decided: TypeAlias = tuple[_Asker, Entry, Answer]
"""Who waits, what goes into the journal, and what is answered once it is there."""


@dataclass(slots=True)
class _OpenBatch:
    """What is decided and goes to the disk next."""

    decided: list[_Decided] = field(default_factory=list)
    rows: int = 0

    def is_full(self) -> bool:
        """Whether it takes no further command."""
        return len(self.decided) >= BATCH_COMMANDS_MAX or self.rows >= BATCH_ROWS_MAX


@dataclass(slots=True)
class _Appending:
    """A batch on its way to the disk."""

    future: asyncio.Future[bytes]
    """Done, with the row's hash, once it is there."""
    batch: Batch
    decided: list[_Decided]
    began_s: float
    """By the event loop's own clock; for those who watch, never for decisions."""


@dataclass(slots=True)
class _Projecting:
    """Batches on their way into the projections."""

    future: asyncio.Future[None]


class Sequencer:
    """The one writer of one market."""

    def __init__(self, store: database.Store, *, clock: Clock, engine: Engine) -> None:
        self._clock = clock
        self._engine = engine
        self._queue: deque[_Waiting] = deque()
        self._queued_rows = 0
        self._open = _OpenBatch()
        self._under_way: _Appending | _Projecting | None = None
        """What the writing thread is at; nothing else is begun there before it is done."""
        self._in_flight: deque[_Asker] = deque()
        self._unprojected: deque[Batch] = deque()
        self._readers_waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._tellers_waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        """Who has read what is decided and waits to tell it; in the order of the sequences."""
        self._rebuilds: list[asyncio.Future[None]] = []
        self._subscribers: list[Subscriber] = []
        self._commit_watchers: list[CommitWatcher] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._batch, self._hash = 0, journal.FIRST_HASH
        self._decided_seq = self._command_seq = self._event_seq = self._projected_seq = 0
        self._now_us = self._decided_us = 0
        self._snapshot_batch = self._snapshot_event_seq = 0
        self.epoch = 0
        self.failed = asyncio.Event()
        """Set when a commit or the engine has failed: the process must end."""
        self.fault: BaseException | None = None
        self._journal: Connection = database.open_writer(store)
        self._tables: Connection = database.open_projector(store)
        # One thread: whatever touches the writing connections happens there, in order.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="market-writer")
        self.readers = database.Readers(store)

    @classmethod
    def open(
        cls,
        store: database.Store,
        *,
        clock: Clock,
        engine: Engine | None = None,
        verify: bool = False,
    ) -> "Sequencer":
        """Open a market's store, bring back its state, bring its projections up to date.

        The state is the newest snapshot that proves itself and the journal behind it, or the whole
        journal. What is read is proven; `verify` reads and proves all of it.

        Raises:
            StoreFault: the store cannot be used as it is (see `market.store.database`).
        """
        made = cls(store, clock=clock, engine=Engine() if engine is None else engine)
        try:
            made._recover(verify=verify)
        except BaseException:
            made._release()
            raise
        return made

    @property
    def engine(self) -> Engine:
        """The engine, to be read only, as `state` is."""
        return self._engine

    @property
    def state(self) -> MarketState:
        """What is decided, to be read only.

        It may be ahead of the disk, by the batch that is being written and the next one. What was read here is
        told to nobody before `durable(decided_seq)` has returned: a crash could take it back.
        """
        return self._engine.state

    @property
    def decided_seq(self) -> int:
        """Sequence of the last command decided; 0: none."""
        return self._decided_seq

    @property
    def now_us(self) -> int:
        """The largest market time committed; 0: nothing was."""
        return self._now_us

    @property
    def committed_seq(self) -> int:
        """Sequence of the last durable command; 0: none."""
        return self._command_seq

    @property
    def committed_event_seq(self) -> int:
        """Sequence of the last durable event; 0: none."""
        return self._event_seq

    @property
    def projected_seq(self) -> int:
        """Sequence of the last command the projections show."""
        return self._projected_seq

    @property
    def waiting(self) -> int:
        """Commands that wait to be decided; QUEUE_COMMANDS_MAX at most."""
        return len(self._queue)

    @property
    def batch(self) -> int:
        """The last batch of the journal that is durable; 0: none."""
        return self._batch

    @property
    def snapshot_batch(self) -> int:
        """The batch of the last snapshot written or read; 0: none."""
        return self._snapshot_batch

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Be told of every event from now on, in order, once it is durable.

        The subscriber is called in the event loop and must not block. Gives back what ends it.
        """
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def watch_commits(self, watcher: CommitWatcher) -> None:
        """Be told of every batch once it is durable, before anybody is answered.

        The watcher is called in the event loop, must not block, and must not raise.
        """
        self._commit_watchers.append(watcher)

    async def start(self) -> None:
        """Begin to take commands."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="sequencer")

    async def close(self) -> None:
        """Finish what waits, bring the projections up to date, and let go of the file."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait({self._task})
        self._give_up(SequencerStopped("the market is closed"))
        self._release()

    async def submit(self, command: Command) -> Committed:
        """Put a command into the queue and wait until it is durable.

        A business "no" is in the answer.

        Raises:
            QueueFull: too much waits; nothing has happened.
            SequencerStopped: the market is down. If it was raised while waiting, the outcome is
                unknown until the market is up again and is asked by the client's own id.
        """
        return (await self._queued((command,)))[0]

    async def submit_many(self, commands: Sequence[Command]) -> list[Committed]:
        """Put several commands into the queue, next to each other, and wait until all are durable.

        For who brings many at once: nobody has to be woken for each of them. Every one is a command of
        its own, decided alone and in the order given; they may come into more than one batch. When one
        was the fault of a bug in deciding it, that is raised once the others are durable.

        Raises:
            QueueFull: too much waits; none of them has happened.
            SequencerStopped: as for `submit`, of each of them.
        """
        return await self._queued(commands) if commands else []

    def _queued(self, commands: Sequence[Command]) -> asyncio.Future[list[Committed]]:
        if self._closing or self.failed.is_set():
            raise SequencerStopped("the market takes no commands")
        rows = [_rows(command) for command in commands]
        if (
            len(self._queue) + len(commands) > QUEUE_COMMANDS_MAX
            or self._queued_rows + sum(rows) > QUEUE_ROWS_MAX
        ) and any(type(command) not in _TIMED for command in commands):
            raise QueueFull(f"{len(self._queue)} commands wait")
        asker = _Asker(len(commands), asyncio.get_running_loop().create_future())
        for command, its_rows in zip(commands, rows, strict=True):
            self._queue.append((command, its_rows, asker))
            self._queued_rows += its_rows
        self._wake.set()
        return asker.answered

    async def projected(self, seq: int) -> None:
        """Return once queries see command `seq`.

        Raises:
            SequencerStopped: the market went down before they did.
        """
        if seq <= self._projected_seq:
            return
        if self._closing or self.failed.is_set():
            raise SequencerStopped("the market is down")
        seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._readers_waiting.append((seq, seen))
        self._wake.set()
        await seen

    async def durable(self, seq: int) -> None:
        """Return once command `seq` is on disk; at once when it is.

        Raises:
            SequencerStopped: the market went down; what was decided may be on no disk.
        """
        if self.failed.is_set():
            raise SequencerStopped("the market is down")
        if seq <= self._command_seq:
            return
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tellers_waiting.append((seq, told))
        await told

    async def rebuild_projections(self) -> None:
        """Throw the projections away and make them again from the journal, between two batches.

        Raises:
            SequencerStopped: the market went down before it was done.
        """
        if self._closing or self.failed.is_set():
            raise SequencerStopped("the market is down")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rebuilds.append(done)
        self._wake.set()
        await done

    # --- start ---------------------------------------------------------------

    def _recover(self, *, verify: bool) -> None:
        with self._transaction(self._journal) as connection:
            database.take_over(connection)
        with self._transaction(self._journal) as connection:
            database.create_schema(connection)
            self.epoch = database.read_meta(connection, "epoch", 0) + 1
            database.write_meta(connection, epoch=self.epoch)
        with self.readers.connect() as connection:
            with gc_paused():
                self._restore_state(connection, verify=verify)
            reached = database.read_meta(connection, "projected_batch", 0)
            version = database.read_meta(connection, "projection_version", 0)
            seen = max(reached, snapshot.last_batch(connection))
        if seen > self._batch:
            raise restore.JournalBroken(f"the journal ends at {self._batch}, {seen} was seen")
        if version != PROJECTION_VERSION:
            self._rebuild()
        else:
            self._catch_up(reached)
        self._projected_seq = self._command_seq

    def _restore_state(self, connection: Connection, *, verify: bool) -> None:
        """The newest snapshot that proves itself, then what the journal says after it."""
        applied = self._load_snapshot(connection)
        self._snapshot_batch = applied
        for proven in restore.events(connection, after_batch=0 if verify else max(applied - 1, 0)):
            if proven.batch > applied:
                for events in proven.events:
                    for event in events:
                        self._engine.apply(event)
            self._note(proven, proven.hash)
            if proven.batch == applied:
                self._snapshot_event_seq = self._event_seq

    def _load_snapshot(self, connection: Connection) -> int:
        """The batch after which the engine stands now; 0: no snapshot was believed."""
        for found in snapshot.newest_first(connection):
            if isinstance(found, snapshot.LeftAside):
                log.warning("snapshot left aside", batch=found.batch, reason=found.reason)
                continue
            try:
                self._engine.restore(found.state)
            except StateUnread as fault:
                log.warning("snapshot left aside", batch=found.batch, reason=str(fault))
                continue
            return found.batch
        return 0

    def _catch_up(self, reached: int) -> None:
        with self.readers.connect() as reading:
            behind = (proven.batch for proven in restore.batches(reading, after_batch=reached))
            while batches := list(islice(behind, CATCH_UP_BATCHES)):
                self._project(batches)

    # --- the loop -------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while not (self._closing and not self._queue):
                await self._woken()
                await self._work()
            await self._drain()
            await self._project_pending()
            if self._event_seq > self._snapshot_event_seq:
                await self._in_thread(self._take_snapshot)
        except asyncio.CancelledError as fault:
            self._fail(fault)
            raise
        except Exception as fault:  # noqa: BLE001 - told by `failed`, kept in `fault`
            self._fail(fault)

    async def _woken(self) -> None:
        """Wait until there is something to do; a moment in which there is not is used."""
        at_rest = self._under_way is None
        behind = self._unprojected or self._snapshot_is_due(SNAPSHOT_EVENTS)
        try:
            async with asyncio.timeout(IDLE_S if at_rest and behind else None):
                await self._wake.wait()
        except TimeoutError:
            await self._project_pending()
            if self._snapshot_is_due(SNAPSHOT_EVENTS):
                await self._in_thread(self._take_snapshot)
        self._wake.clear()

    async def _work(self) -> None:
        """Decide, write, answer, project, until all that can be done now waits for the disk."""
        while True:
            written = self._written()
            if self._rebuilds or self._snapshot_is_due(SNAPSHOT_EVENTS_MAX):
                self._tell(written)
                await self._between_batches()
                continue
            self._write_next()
            self._tell(written)  # the disk has the next one already
            decided = self._decide_turn()
            self._write_next()
            if not decided:
                return
            await asyncio.sleep(0)

    async def _between_batches(self) -> None:
        """What wants the journal and the engine to be at the same place."""
        await self._drain()
        if self._snapshot_is_due(SNAPSHOT_EVENTS_MAX):
            await self._project_pending()  # it takes seconds, for which no reader has to wait
            await self._in_thread(self._take_snapshot)
        if self._rebuilds:
            asked = len(self._rebuilds)
            await self._in_thread(self._rebuild)
            self._unprojected.clear()
            self._show(self._command_seq)
            for done in self._rebuilds[:asked]:
                _resolve(done, None)
            del self._rebuilds[:asked]

    def _snapshot_is_due(self, events: int) -> bool:
        return self._event_seq - self._snapshot_event_seq >= events

    def _projections_are_due(self) -> bool:
        """Under load they follow in larger pieces, which costs less; a reader's wish comes first."""
        waited_for = any(seq <= self._command_seq for seq, _ in self._readers_waiting)
        return waited_for or len(self._unprojected) >= BEHIND_BATCHES_MAX

    async def _project_pending(self) -> None:
        """Bring the projections up to date; nothing is being written."""
        if self._unprojected:
            batches = list(self._unprojected)
            await self._in_thread(self._project, batches)
            self._unprojected.clear()
        self._show(self._command_seq)

    async def _drain(self) -> None:
        """Write what is decided and answer it; after this the engine is where the journal ends."""
        while True:
            self._tell(self._written())
            self._write_next(drains=True)
            if self._under_way is None:
                return
            await asyncio.wait({self._under_way.future})

    def _write_next(self, *, drains: bool = False) -> None:
        """Give the thread its next work when it has none.

        A batch goes once it is full or nothing waits that could be in it, or as it is. Projections go before it when
        they are due, and cannot be due again before it is written, so neither can starve the other.
        """
        if self._under_way is not None:
            return
        if not self._unprojected:
            self._show(self._command_seq)
        if self._projections_are_due():
            self._under_way = _Projecting(self._begin(self._project, list(self._unprojected)))
        elif self._open.decided and (drains or self._open.is_full() or not self._queue):
            decided, self._open = self._open.decided, _OpenBatch()
            batch = self._batch_of(decided)
            began_s = asyncio.get_running_loop().time()
            self._under_way = _Appending(self._begin(self._append, batch), batch, decided, began_s)
        else:
            return
        self._under_way.future.add_done_callback(self._has_written)

    def _has_written(self, future: asyncio.Future[Any]) -> None:
        if not future.cancelled():
            future.exception()  # looked at, lest it be reported as lost when something else failed
        self._wake.set()

    def _written(self) -> _Appending | None:
        """A batch that has become durable, whose askers have to be told; None: none has.

        Raises:
            Exception: what the thread was at has failed.
        """
        done = self._under_way
        if done is None or not done.future.done():
            return None
        self._under_way = None
        if isinstance(done, _Projecting):
            done.future.result()
            self._unprojected.clear()
            self._show(self._command_seq)
            return None
        self._note(done.batch, done.future.result())
        took_s = asyncio.get_running_loop().time() - done.began_s
        for watcher in self._commit_watchers:
            watcher(took_s, len(done.decided))
        self._unprojected.append(done.batch)
        return done

    def _batch_of(self, decided: list[_Decided]) -> Batch:
        """The next batch of the journal; the one before is on disk."""
        entries = tuple([entry for _, entry, _ in decided])
        return Batch(
            batch=self._batch + 1,
            epoch=self.epoch,
            now_us=max(self._now_us, *[entry.command.now_us for entry in entries]),
            first_command_seq=self._command_seq + 1,
            first_event_seq=self._event_seq + 1,
            entries=entries,
        )

    def _decide_turn(self) -> bool:
        """Decide and apply what waits, command by command, until a turn or the batch is full."""
        queue, batch = self._queue, self._open
        for _ in range(min(len(queue), TURN_COMMANDS_MAX)):
            if batch.is_full():
                return False
            command, rows, asker = queue.popleft()
            self._queued_rows -= rows
            if asker.answered.done():
                continue  # whoever asked has gone, and it was never begun
            command = self._stamped(command, self._decided_us)
            try:
                decision = self._engine.execute(command)
            except HalfApplied:
                # Memory and journal differ from here on: the process must end.
                self._in_flight.append(asker)
                raise
            except Exception as fault:  # noqa: BLE001 - whoever asked gets it
                # Nothing has changed, so this is the asker's trouble and nobody else's.
                asker.fault = fault
                asker.settle()
                continue
            self._in_flight.append(asker)
            self._decided_seq += 1
            self._decided_us = max(self._decided_us, command.now_us)
            batch.rows += rows
            entry = Entry(command=command, events=decision.events)
            batch.decided.append((asker, entry, decision.answer))
        return bool(queue)

    def _stamped(self, command: Command, now_us: int) -> Command:
        """The command with its time: never before the last one, never ahead of the clock."""
        if type(command) in _TIMED:
            return command
        stamp_us = max(min(command.now_us, self._clock.now_us()), now_us)
        return command if stamp_us == command.now_us else replace(command, now_us=stamp_us)

    def _note(self, batch: Batch | restore.ProvenEvents, own_hash: bytes) -> None:
        """Remember where the journal ends."""
        self._batch, self._hash = batch.batch, own_hash
        self._command_seq, self._event_seq = batch.last_command_seq, batch.last_event_seq
        self._now_us = batch.now_us
        self._decided_seq = max(self._decided_seq, self._command_seq)
        self._decided_us = max(self._decided_us, batch.now_us)

    def _tell(self, written: _Appending | None) -> None:
        """Answer who asked, then tell everybody; all of it is on disk."""
        if written is None:
            return
        batch, decided = written.batch, written.decided
        for seq, (asker, entry, answer) in enumerate(decided, start=batch.first_command_seq):
            committed = Committed(
                batch=batch.batch,
                seq=seq,
                events=entry.events,
                answer=answer,
                now_us=entry.command.now_us,
            )
            asker.committed.append(committed)
            asker.settle()
            self._in_flight.popleft()
        while self._tellers_waiting and self._tellers_waiting[0][0] <= batch.last_command_seq:
            _resolve(self._tellers_waiting.popleft()[1], None)
        if not self._subscribers:
            return
        event_seq = batch.first_event_seq
        for command_seq, entry in enumerate(batch.entries, start=batch.first_command_seq):
            for event in entry.events:
                now_us = entry.command.now_us
                self._publish(
                    Published(
                        event_seq=event_seq, now_us=now_us, command_seq=command_seq, event=event
                    )
                )
                event_seq += 1

    def _publish(self, published: Published) -> None:
        for subscriber in tuple(self._subscribers):
            try:
                subscriber(published)
            except Exception as fault:  # noqa: BLE001 - handed to the event loop's handler
                # A listener's trouble must not stop the market, nor stay unheard.
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "a subscriber of the market failed", "exception": fault}
                )

    def _show(self, command_seq: int) -> None:
        """Queries see everything up to this command now."""
        self._projected_seq = command_seq
        still: list[tuple[int, asyncio.Future[None]]] = []
        for seq, seen in self._readers_waiting:
            if seq <= command_seq:
                _resolve(seen, None)
            else:
                still.append((seq, seen))
        self._readers_waiting = still

    def _fail(self, fault: BaseException) -> None:
        """Nothing goes on after this; what is on disk is found again at the next start."""
        self.fault = fault
        self.failed.set()
        stopped = SequencerStopped("the market has stopped; its outcome is unknown")
        stopped.__cause__ = fault
        self._give_up(stopped)

    def _give_up(self, reason: SequencerStopped) -> None:
        for asker in (*self._in_flight, *(asker for _, _, asker in self._queue)):
            if not asker.answered.done():
                asker.answered.set_exception(reason)
        waiting = (*self._readers_waiting, *self._tellers_waiting)
        for future in (*(seen for _, seen in waiting), *self._rebuilds):
            if not future.done():
                future.set_exception(reason)
        self._readers_waiting, self._rebuilds = [], []
        self._tellers_waiting.clear()
        self._in_flight.clear()
        self._queue.clear()
        self._queued_rows = 0

    def _release(self) -> None:
        self._thread.shutdown()
        self.readers.close()
        self._tables.close()
        self._journal.close()

    async def _in_thread(
        self,
        act: Callable[[*_Arguments], _Result],
        *arguments: *_Arguments,
    ) -> _Result:
        return await self._begin(act, *arguments)

    def _begin(
        self,
        act: Callable[[*_Arguments], _Result],
        *arguments: *_Arguments,
    ) -> asyncio.Future[_Result]:
        """Have the writing thread do it."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._thread, act, *arguments)

    # --- in the writing thread ------------------------------------------------

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[Connection]:
        """The one place where a transaction that writes begins and ends."""
        with connection.begin():
            begin = database.BEGIN.get(connection.dialect.name)
            if begin is not None:
                connection.exec_driver_sql(begin)
            yield connection

    @contextmanager
    def _writing(self, connection: Connection) -> Iterator[Connection]:
        """A transaction of the market's writer, refused when a newer one has taken over."""
        try:
            with self._transaction(connection):
                if database.read_epoch(connection) != self.epoch:
                    raise database.WriterReplaced("a newer writer has started on this store")
                yield connection
        except DBAPIError as fault:
            if self._is_replaced():
                raise database.WriterReplaced("a newer writer has taken over") from fault
            raise

    def _is_replaced(self) -> bool:
        """Whether a failed transaction failed because a newer writer ended it."""
        try:
            with self.readers.connect() as connection:
                return database.read_meta(connection, "epoch", 0) != self.epoch
        except DBAPIError:
            return False  # nobody can be asked; the fault that led here says more

    def _append(self, batch: Batch) -> bytes:
        with self._writing(self._journal) as connection:
            return journal.append(connection, batch, self._hash)

    def _project(self, batches: list[Batch]) -> None:
        with self._writing(self._tables) as connection:
            Projector(connection).project(batches)

    def _take_snapshot(self) -> None:
        """Write the state down. Nothing is decided meanwhile: the loop waits for this thread."""
        self._snapshot_event_seq = self._event_seq
        try:
            state = self._engine.snapshot()
        except (StateRefused, RuntimeError) as fault:
            # RuntimeError: a reader's question made a dictionary grow under our hands. The journal
            # has everything; only the next start takes longer.
            log.warning("no snapshot", batch=self._batch, reason=str(fault))
            return
        taken = snapshot.Snapshot(
            batch=self._batch, chain_hash=self._hash, state_hash=hash_of(state), state=state
        )
        with self._writing(self._tables) as connection:
            snapshot.write(connection, taken)
        self._snapshot_batch = taken.batch

    def _rebuild(self) -> None:
        with self.readers.connect() as reading, self._writing(self._tables) as connection:
            known = database.read_meta(connection, "projection_version", 0)
            if known == PROJECTION_VERSION:
                database.empty_projections(connection)
            else:
                database.recreate_projections(connection)
            projector = Projector(connection)
            everything = (proven.batch for proven in restore.batches(reading))
            while batches := list(islice(everything, CATCH_UP_BATCHES)):
                projector.project(batches)
            database.write_meta(connection, projection_version=PROJECTION_VERSION)


def _rows(command: Command) -> int:
    """How much work a command brings, in rows."""
    match command:
        case PlaceOrders():
            return len(command.orders)
        case CancelOrders():
            return len(command.order_ids)
        case RecordMeasurements():
            return len(command.measurements)
        case _:
            return 1


def _resolve(future: asyncio.Future[_Result], result: _Result) -> None:
    """Give a result to whoever still waits for it."""
    if not future.done():
        future.set_result(result)
