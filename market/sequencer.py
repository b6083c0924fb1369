"""One writer per market: queue, engine, one commit, then answers, then published events.

The one idea: what somebody has been told is on disk. A batch is whatever waits; while one batch is
being written the next gathers, so load makes batches larger by itself. The engine is at most one
batch ahead of the disk, and when a commit fails nothing goes on: the process ends and starts again
from the journal, which is the same path as any other start.

This is the only module that begins a transaction which writes to a market's file.
"""
# house: long because queue, batch, commit, answer and recovery are one promise, read as one.

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from sqlalchemy import Connection

from market.engine.engine import Engine
from market.model.clock import Clock
from market.model.messages import (
    Answer,
    ApplyClearing,
    CancelOrders,
    CloseDay,
    CloseGate,
    Command,
    Decision,
    EndDelivery,
    Event,
    OpenCall,
    PlaceOrders,
    RecordMeasurements,
    SettleInterval,
)
from market.model.rejection import Code
from market.store import database, journal, restore
from market.store.journal import Batch, Entry
from market.store.projections import PROJECTION_VERSION, Projector

QUEUE_COMMANDS_MAX: Final = 2_000
"""Most commands that may wait: about two seconds of work on a slow disk."""
QUEUE_ROWS_MAX: Final = 200_000
"""Most rows (orders, readings) in waiting commands: bounds memory when each brings thousands."""
BATCH_COMMANDS_MAX: Final = 500
"""Most commands in one transaction: keeps the first one from waiting long for the last one."""
BATCH_ROWS_MAX: Final = 5_000
"""Rows after which a batch takes no further command: the engine runs between two I/O turns."""
BEHIND_BATCHES_MAX: Final = 8
"""Batches the projections may be behind when nobody waits for them."""
IDLE_S: Final = 0.02
"""Real time without a command after which the projections follow though nobody asks."""
CATCH_UP_BATCHES: Final = 200
"""Batches projected in one transaction when catching up: bounds memory."""

_TIMED: Final = (OpenCall, CloseGate, ApplyClearing, EndDelivery, SettleInterval, CloseDay)
"""Commands of the timetable: they happen at the time they were due, and are never turned away."""

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


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


Subscriber = Callable[[Published], None]


@dataclass(slots=True, kw_only=True)
class _Waiting:
    command: Command
    rows: int
    answered: asyncio.Future[Committed]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    waiting: _Waiting
    command: Command
    decision: Decision


class Sequencer:
    """The one writer of one market."""

    def __init__(self, path: Path, *, clock: Clock, engine: Engine) -> None:
        self._clock = clock
        self._engine = engine
        self._queue: deque[_Waiting] = deque()
        self._queued_rows = 0
        self._in_flight: list[_Waiting] = []
        self._unprojected: deque[Batch] = deque()
        self._readers_waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._rebuilds: list[asyncio.Future[None]] = []
        self._subscribers: list[Subscriber] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._batch, self._hash = 0, journal.FIRST_HASH
        self._command_seq = self._event_seq = self._projected_seq = 0
        self._now_us = 0
        self.epoch = 0
        self.failed = asyncio.Event()
        """Set when a commit or the engine has failed: the process must end."""
        self.fault: BaseException | None = None
        self._journal: Connection = database.open_writer(path)
        self._tables: Connection = database.open_projector(path)
        # One thread: whatever touches the writing connections happens there, in order.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="market-writer")
        self.readers = database.Readers(path)

    @classmethod
    def open(cls, path: Path, *, clock: Clock, engine: Engine | None = None) -> "Sequencer":
        """Open a market's file, prove and apply its journal, bring its projections up to date.

        Raises:
            StoreFault: the file cannot be used as it is (see `market.store.database`).
        """
        made = cls(path, clock=clock, engine=Engine() if engine is None else engine)
        try:
            made._recover()
        except BaseException:
            made._release()
            raise
        return made

    @property
    def engine(self) -> Engine:
        """The engine, to be read only: at most one batch ahead of the disk."""
        return self._engine

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

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Be told of every event from now on, in order, once it is durable.

        The subscriber is called in the event loop and must not block. Gives back what ends it.
        """
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

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
        if self._closing or self.failed.is_set():
            raise SequencerStopped("the market takes no commands")
        rows = _rows(command)
        if not isinstance(command, _TIMED) and (
            len(self._queue) >= QUEUE_COMMANDS_MAX or self._queued_rows + rows > QUEUE_ROWS_MAX
        ):
            raise QueueFull(f"{len(self._queue)} commands wait")
        waiting = _Waiting(
            command=command, rows=rows, answered=asyncio.get_running_loop().create_future()
        )
        self._queue.append(waiting)
        self._queued_rows += rows
        self._wake.set()
        return await waiting.answered

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

    def _recover(self) -> None:
        with self._transaction(self._journal) as connection:
            database.create_schema(connection)
            self.epoch = database.read_meta(connection, "epoch", 0) + 1
            database.write_meta(connection, "epoch", self.epoch)
        with self.readers.connect() as connection:
            for proven in restore.batches(connection):
                for entry in proven.batch.entries:
                    for event in entry.events:
                        self._engine.apply(event)
                self._note(proven.batch, proven.hash)
            reached = database.read_meta(connection, "projected_batch", 0)
            version = database.read_meta(connection, "projection_version", 0)
        if reached > self._batch:
            raise restore.JournalBroken(f"the journal ends at {self._batch}, {reached} was seen")
        if version != PROJECTION_VERSION:
            self._rebuild()
        else:
            self._catch_up(reached)
        self._projected_seq = self._command_seq

    def _catch_up(self, reached: int) -> None:
        with self.readers.connect() as reading:
            behind = (proven.batch for proven in restore.batches(reading, after_batch=reached))
            while batches := list(islice(behind, CATCH_UP_BATCHES)):
                self._project(batches)

    # --- the loop -------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while not (self._closing and not self._queue):
                idle_s = IDLE_S if self._unprojected else None
                try:
                    async with asyncio.timeout(idle_s):
                        await self._wake.wait()
                except TimeoutError:
                    await self._project_pending()
                self._wake.clear()
                await self._work()
            await self._project_pending()
        except asyncio.CancelledError as fault:
            self._fail(fault)
            raise
        except Exception as fault:  # noqa: BLE001 - told by `failed`, kept in `fault`
            self._fail(fault)

    async def _work(self) -> None:
        """Batches, projections and rebuilds until none is due; neither can starve another."""
        while self._queue or self._rebuilds or self._projections_are_due():
            if self._queue:
                await self._commit_batch()
            if self._projections_are_due():
                await self._project_pending()
            if self._rebuilds:
                asked = len(self._rebuilds)
                await self._in_thread(self._rebuild)
                self._unprojected.clear()
                self._show(self._command_seq)
                for done in self._rebuilds[:asked]:
                    _resolve(done, None)
                del self._rebuilds[:asked]

    def _projections_are_due(self) -> bool:
        """Under load they follow in larger pieces, which costs less; a reader's wish comes first."""
        waited_for = any(seq <= self._command_seq for seq, _ in self._readers_waiting)
        return waited_for or len(self._unprojected) >= BEHIND_BATCHES_MAX

    async def _project_pending(self) -> None:
        if self._unprojected:
            batches = list(self._unprojected)
            await self._in_thread(self._project, batches)
            self._unprojected.clear()
        self._show(self._command_seq)

    async def _commit_batch(self) -> None:
        decided = self._decide_batch()
        if not decided:
            return
        entries = tuple(Entry(command=d.command, events=d.decision.events) for d in decided)
        batch = Batch(
            batch=self._batch + 1,
            epoch=self.epoch,
            now_us=max(self._now_us, *(d.command.now_us for d in decided)),
            first_command_seq=self._command_seq + 1,
            first_event_seq=self._event_seq + 1,
            entries=entries,
        )
        own_hash = await self._in_thread(self._append, batch)
        self._note(batch, own_hash)
        self._unprojected.append(batch)
        self._in_flight = []
        self._tell(batch, decided)

    def _decide_batch(self) -> list[_Decided]:
        """Decide and apply what waits, command by command, up to the limits of a batch."""
        decided: list[_Decided] = []
        now_us, rows = self._now_us, 0
        while self._queue and len(decided) < BATCH_COMMANDS_MAX and rows < BATCH_ROWS_MAX:
            waiting = self._queue.popleft()
            self._queued_rows -= waiting.rows
            if waiting.answered.done():
                continue  # whoever asked has gone, and it was never begun
            command = self._stamped(waiting.command, now_us)
            try:
                decision = self._engine.decide(command)
            except Exception as fault:  # noqa: BLE001 - whoever asked gets it
                # Deciding changes nothing, so this is the asker's trouble and nobody else's.
                waiting.answered.set_exception(fault)
                continue
            self._in_flight.append(waiting)
            for event in decision.events:
                self._engine.apply(event)
            now_us, rows = max(now_us, command.now_us), rows + waiting.rows
            decided.append(_Decided(waiting=waiting, command=command, decision=decision))
        return decided

    def _stamped(self, command: Command, now_us: int) -> Command:
        """The command with its time: never before the last one, never ahead of the clock."""
        if isinstance(command, _TIMED):
            return command
        stamp_us = max(min(command.now_us, self._clock.now_us()), now_us)
        return command if stamp_us == command.now_us else replace(command, now_us=stamp_us)

    def _note(self, batch: Batch, own_hash: bytes) -> None:
        """Remember where the journal ends."""
        self._batch, self._hash = batch.batch, own_hash
        self._command_seq, self._event_seq = batch.last_command_seq, batch.last_event_seq
        self._now_us = batch.now_us

    def _tell(self, batch: Batch, decided: list[_Decided]) -> None:
        """Answer who asked, then tell everybody; all of it is on disk."""
        for seq, item in enumerate(decided, start=batch.first_command_seq):
            committed = Committed(
                batch=batch.batch,
                seq=seq,
                events=item.decision.events,
                answer=item.decision.answer,
                now_us=item.command.now_us,
            )
            _resolve(item.waiting.answered, committed)
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
        for waiting in (*self._in_flight, *self._queue):
            if not waiting.answered.done():
                waiting.answered.set_exception(reason)
        for future in (*(seen for _, seen in self._readers_waiting), *self._rebuilds):
            if not future.done():
                future.set_exception(reason)
        self._in_flight, self._readers_waiting, self._rebuilds = [], [], []
        self._queue.clear()
        self._queued_rows = 0

    def _release(self) -> None:
        self._thread.shutdown()
        self.readers.close()
        self._tables.close()
        self._journal.close()

    async def _in_thread(
        self,
        act: Callable[_Arguments, _Result],
        *arguments: _Arguments.args,
        **_: _Arguments.kwargs,
    ) -> _Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, act, *arguments)

    # --- in the writing thread ------------------------------------------------

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[Connection]:
        """The one place where a transaction that writes begins and ends."""
        with connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _writing(self, connection: Connection) -> Iterator[Connection]:
        """A transaction of the market's writer, refused when a newer one has taken over."""
        with self._transaction(connection):
            if database.read_meta(connection, "epoch", 0) != self.epoch:
                raise database.WriterReplaced("a newer writer has started on this file")
            yield connection

    def _append(self, batch: Batch) -> bytes:
        with self._writing(self._journal) as connection:
            return journal.append(connection, batch, self._hash)

    def _project(self, batches: list[Batch]) -> None:
        with self._writing(self._tables) as connection:
            Projector(connection).project(batches)

    def _rebuild(self) -> None:
        with self.readers.connect() as reading, self._writing(self._tables) as connection:
            database.recreate_projections(connection)
            projector = Projector(connection)
            everything = (proven.batch for proven in restore.batches(reading))
            while batches := list(islice(everything, CATCH_UP_BATCHES)):
                projector.project(batches)
            database.write_meta(connection, "projection_version", PROJECTION_VERSION)


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
