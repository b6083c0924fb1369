"""What a server holds while it runs: its clients, its clock, and its open markets.

The one idea: a market is its file. Opening it brings back everything; whatever goes wrong with a
market's writer ends the process, because a server that goes on could tell what is not on disk.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import structlog

from api.auth import Tokens
from api.errors import RefusedError
from api.identity import IdentityStore
from api.live import LiveMarket
from api.seed import read_seed
from api.settings import Settings
from api.stream import Hub
from market.model.clock import Clock
from market.model.grid import Grid
from market.model.interval import MICROSECONDS
from market.model.messages import Command, CreateMarket
from market.model.rejection import Rejection
from market.model.rules import MarketRules
from market.sequencer import Committed, Sequencer, SubmitRefused
from market.timetable import Solver, Timetable

_FILES: Final = ("", "-wal", "-shm")
"""What SQLite adds to the name of a market's file."""

log = structlog.get_logger("api.house")


class ServerClock(Clock, Protocol):
    """The clock as the server shows it."""

    @property
    def simulated(self) -> bool:
        """False: the time of day."""
        ...

    @property
    def speed(self) -> float:
        """Market seconds per real second."""
        ...

    @property
    def running(self) -> bool:
        """False: it waits to be started."""
        ...

    def start(self) -> None:
        """Let time pass."""
        ...

    def resume_from(self, now_us: int) -> None:
        """Go on from the last committed time."""
        ...


@dataclass(slots=True, kw_only=True)
class OpenMarket:
    """One market while the server runs."""

    rules: MarketRules
    grid: Grid
    sequencer: Sequencer
    hub: Hub
    timetable: Timetable
    running: asyncio.Task[None]

    @property
    def live(self) -> LiveMarket:
        """What the stream knows; the same as what is on disk."""
        return self.hub.live

    async def submit(self, command: Command) -> Committed:
        """Have a command decided and made durable.

        Raises:
            RefusedError: the market takes nothing now, or the command as a whole was refused.
        """
        try:
            committed = await self.sequencer.submit(command)
        except SubmitRefused as fault:
            raise RefusedError([Rejection(code=fault.code)]) from fault
        if committed.answer.rejections:
            raise RefusedError(committed.answer.rejections)
        return committed

    async def settle_reads(self) -> None:
        """Return once queries see everything that was acknowledged before now."""
        try:
            await self.sequencer.projected(self.sequencer.committed_seq)
        except SubmitRefused as fault:
            raise RefusedError([Rejection(code=fault.code)]) from fault


class House:
    """Everything the routes need, in one place."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: ServerClock,
        identity: IdentityStore,
        tokens: Tokens,
        real_time_s: Callable[[], float],
        on_fault: Callable[[BaseException], None],
        heartbeat_s: float = 5.0,
        solver: Solver | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.identity = identity
        self.tokens = tokens
        self.real_time_s = real_time_s
        self.heartbeat_s = heartbeat_s
        """How often every socket hears that all is well; real time."""
        self.on_fault = on_fault
        self._solver = solver
        """Clears the auctions; None: each market starts its own clearing process."""
        self.markets: dict[str, OpenMarket] = {}
        self._making = asyncio.Lock()
        self._watching: set[asyncio.Task[None]] = set()

    def _path(self, market_id: str) -> Path:
        return self.settings.markets_dir / f"{market_id}.sqlite"

    async def open_markets(self) -> None:
        """Open every market that has a file; the clock goes on from the latest committed time."""
        self.settings.markets_dir.mkdir(parents=True, exist_ok=True)
        opened: dict[str, Sequencer] = {}
        for path in sorted(self.settings.markets_dir.glob("*.sqlite")):
            sequencer = await asyncio.to_thread(Sequencer.open, path, clock=self.clock)
            if sequencer.committed_event_seq == 0:
                # The server ended between making the file and creating the market in it.
                await sequencer.close()
                _remove(path)
                continue
            opened[path.stem] = sequencer
        latest_us = max((sequencer.now_us for sequencer in opened.values()), default=0)
        if latest_us:
            self.clock.resume_from(latest_us)
        for market_id, sequencer in opened.items():
            await sequencer.start()
            await self._open(market_id, sequencer)
        start_us = self.settings.start_us
        ran_before = start_us is not None and latest_us > start_us
        # Only now: every market's timetable holds the clock at what is due next.
        if ran_before or not self.settings.paused:
            self.clock.start()

    async def create_market(self, command: CreateMarket) -> bool:
        """Create a market; True when it is new, False for a harmless repeat.

        Raises:
            RefusedError: it exists with other content, or its definition is refused. Nothing is
                left behind then.
        """
        market_id = command.rules.market_id
        async with self._making:
            existing = self.markets.get(market_id)
            if existing is not None:
                await existing.submit(command)
                return False
            path = self._path(market_id)
            sequencer = await asyncio.to_thread(Sequencer.open, path, clock=self.clock)
            try:
                await sequencer.start()
                committed = await sequencer.submit(command)
            except SubmitRefused as fault:
                raise RefusedError([Rejection(code=fault.code)]) from fault
            if committed.answer.rejections:
                await sequencer.close()
                _remove(path)
                raise RefusedError(committed.answer.rejections)
            await self._open(market_id, sequencer)
            # Whoever is told of the market finds the calls open that are due to be.
            await self.markets[market_id].timetable.caught_up()
            return True

    async def _open(self, market_id: str, sequencer: Sequencer) -> None:
        await sequencer.projected(sequencer.committed_seq)
        seed = await asyncio.to_thread(
            read_seed,
            sequencer.readers,
            market_id,
            now_s=self.clock.now_us() // MICROSECONDS,
        )
        hub = Hub(LiveMarket(seed), epoch=sequencer.epoch, clock=self.clock, on_fault=self.on_fault)
        sequencer.subscribe(hub.published)
        timetable = Timetable(sequencer, self.clock, market_id=market_id, service=self._solver)
        self.markets[market_id] = OpenMarket(
            rules=seed.rules,
            grid=seed.grid,
            sequencer=sequencer,
            hub=hub,
            timetable=timetable,
            running=asyncio.create_task(timetable.run(), name=f"timetable {market_id}"),
        )
        self._watch(self.markets[market_id])
        log.info("market open", market_id=market_id, epoch=sequencer.epoch)

    def _watch(self, market: OpenMarket) -> None:
        """A market whose writer or timetable has failed ends the process."""

        async def writer_failed() -> None:
            await market.sequencer.failed.wait()
            self.on_fault(market.sequencer.fault or RuntimeError("a market's writer failed"))

        def timetable_ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (fault := task.exception()) is not None:
                self.on_fault(fault)

        market.running.add_done_callback(timetable_ended)
        watcher = asyncio.create_task(writer_failed(), name="writer watch")
        self._watching.add(watcher)
        watcher.add_done_callback(self._watching.discard)

    async def close(self) -> None:
        """End the timetables, finish what waits, close every file."""
        for watcher in tuple(self._watching):
            watcher.cancel()
        timetables = [market.running for market in self.markets.values()]
        for running in timetables:
            running.cancel()
        await asyncio.gather(*timetables, return_exceptions=True)  # their faults were told before
        for market_id, market in self.markets.items():
            for listener in tuple(market.hub.listeners):
                listener.close()
            try:
                await market.sequencer.close()
            except Exception:
                # Its writer failed; the others are still to be closed in good order.
                log.exception("market not closed", market_id=market_id)
        self.identity.close()


def _remove(path: Path) -> None:
    for suffix in _FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
