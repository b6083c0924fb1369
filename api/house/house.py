"""What a server holds while it runs: its clients, its clock, and its open markets.

The one idea: a market is its store. Opening it brings back everything; whatever goes wrong with a
market's writer ends the process, because a server that goes on could tell what is not on disk.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import structlog

from api.access.auth import Access, Tokens
from api.access.challenges import Challenges
from api.access.enrolment import Enrolments
from api.access.idempotency import KeptAnswers
from api.access.identity import IdentityStore, Principal
from api.access.passkeys import Passkeys
from api.access.people import People
from api.access.sessions import Sessions
from api.access.throttle import Throttles
from api.access.tickets import Tickets
from api.access.totp import Seal
from api.channels.book_film import Films
from api.channels.calendar import Stop
from api.channels.live import LiveMarket
from api.channels.seed import read_seed
from api.house.liveness import Liveness
from api.house.metrics import Metrics
from api.house.reach import Reach
from api.payments.bank_file import BankFilePort
from api.payments.port import PaymentPort
from api.payments.seeded_gateway import SeededGateway
from api.processes.power_flows import PowerFlows
from api.settings import Settings
from api.stream.hub import Hub
from api.wire.errors import RefusedError
from market.day_runs import DayRuns
from market.model.clock import Clock
from market.model.grid import Grid
from market.model.interval import MICROSECONDS
from market.model.messages import Command, CreateMarket
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules
from market.sequencer import Committed, Sequencer, SubmitRefused
from market.store.database import Store, Stores
from market.timetable import Solver, Timetable

GUESSES_AT_ONCE: Final = 2
"""Passwords compared at once: each takes 19 MiB and a core for some hundredths of a second."""

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
    liveness: Liveness
    reach: Reach
    watching: asyncio.Task[None]
    """Looks who is still heard."""
    settling: asyncio.Task[None]
    """Settles days as a whole."""
    films: Films = field(default_factory=Films)
    """Books of intervals that somebody looks back at."""

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
        """Return once queries see everything that was acknowledged before now.

        Raises:
            RefusedError: the market is down.
        """
        try:
            await self.sequencer.projected(self.sequencer.committed_seq)
        except SubmitRefused as fault:
            raise RefusedError([Rejection(code=fault.code)]) from fault

    async def settle_decided(self) -> None:
        """Return once all that is decided now is durable; at once when it is.

        Raises:
            RefusedError: the market is down.
        """
        try:
            await self.sequencer.durable(self.sequencer.decided_seq)
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
        self.enrolments = Enrolments(identity)
        seal = Seal(identity.signing_key(int(real_time_s())).key)
        self.people = People(identity, self.enrolments, seal=seal)
        self.sessions = Sessions(identity, self._principal_of, real_time_s)
        self.passkeys = Passkeys(site_id=settings.site_id, origin=settings.page_origin)
        self.challenges = Challenges(real_time_s)
        self.tickets = Tickets(real_time_s)
        self.guessing = asyncio.Semaphore(GUESSES_AT_ONCE)
        """Who wants a password compared waits for it."""
        self.flows = PowerFlows()
        self.kept_answers = KeptAnswers(identity, real_time_s)
        self.payment_port: PaymentPort = (
            BankFilePort()
            if settings.payment_port == "bank_file"
            else SeededGateway(settings.payment_seed)
        )
        """How the markets are joined to a bank."""
        self.throttles = Throttles(settings.budgets, real_time_s=real_time_s)
        self.metrics = Metrics()
        """What is counted of requests and markets."""
        self.real_time_s = real_time_s
        self.started_s = int(real_time_s())
        """Real UTC second since which the server runs."""
        self.heartbeat_s = heartbeat_s
        """How often every socket hears that all is well; real time."""
        self.on_fault = on_fault
        self._solver = solver
        """Clears the auctions; None: each market starts its own clearing process."""
        self._stores = Stores(settings.markets_dir, settings.database_address)
        self.markets: dict[str, OpenMarket] = {}
        self._making = asyncio.Lock()
        self._watching: set[asyncio.Task[None]] = set()

    def _principal_of(self, person_id: str) -> Principal | None:
        person = self.people.get(person_id)
        return None if person is None else person.principal

    def access_fault(self, access: Access | None) -> Code | None:
        """Why an access that was good may no longer be used; None: it may."""
        if access is None:
            return None
        if self.real_time_s() >= access.ends_s:
            return Code.TOKEN_EXPIRED
        if access.principal.client_id in self.identity.revoked:
            return Code.CREDENTIALS_REVOKED
        if self.identity.is_suspended(access.principal):
            return Code.ACCOUNT_SUSPENDED
        if access.session_id is not None and self.sessions.get(access.session_id) is None:
            return Code.SESSION_ENDED
        return None

    def end_refused_streams(self) -> None:
        """Close every socket whose access has been taken away. Call it in the event loop."""
        for market in self.markets.values():
            for listener in tuple(market.hub.listeners):
                fault = self.access_fault(listener.access)
                if fault is not None:
                    listener.refuse(fault.value)

    def store_of(self, market_id: str) -> Store:
        """Where a market is kept."""
        return self._stores.of(market_id)

    def kept_bytes(self, market_id: str) -> int | None:
        """How large a market's file is with its journal of changes; None: a database server keeps it."""
        store = self._stores.of(market_id)
        if not isinstance(store, Path):
            return None
        files = (store, *(store.with_name(store.name + end) for end in ("-wal", "-shm")))
        return sum(file.stat().st_size for file in files if file.exists())

    async def open_markets(self) -> None:
        """Open every market that is kept; the clock goes on from the latest committed time."""
        opened: dict[str, Sequencer] = {}
        for market_id in await asyncio.to_thread(self._stores.markets):
            store = self._stores.of(market_id)
            sequencer = await asyncio.to_thread(
                Sequencer.open, store, clock=self.clock, verify=self.settings.verify
            )
            if sequencer.committed_event_seq == 0:
                # The server ended between making the store and creating the market in it.
                await sequencer.close()
                await asyncio.to_thread(self._stores.remove, market_id)
                continue
            opened[market_id] = sequencer
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
            store = self._stores.of(market_id)
            sequencer = await asyncio.to_thread(Sequencer.open, store, clock=self.clock)
            try:
                await sequencer.start()
                committed = await sequencer.submit(command)
            except SubmitRefused as fault:
                raise RefusedError([Rejection(code=fault.code)]) from fault
            if committed.answer.rejections:
                await sequencer.close()
                await asyncio.to_thread(self._stores.remove, market_id)
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
            stops=_stops(sequencer),
            decoupled=tuple(sequencer.state.acts.decoupled),
            unit_reports=tuple(sequencer.state.unit_reports.values()),
        )
        hub = Hub(LiveMarket(seed), epoch=sequencer.epoch, clock=self.clock, on_fault=self.on_fault)
        sequencer.subscribe(hub.published)
        reach = Reach(sequencer, self.clock, hub.real_s)
        timetable = Timetable(sequencer, self.clock, market_id=market_id, service=self._solver)
        day_runs = DayRuns(sequencer, self.clock, market_id=market_id)
        self.markets[market_id] = OpenMarket(
            rules=seed.rules,
            grid=seed.grid,
            sequencer=sequencer,
            hub=hub,
            timetable=timetable,
            running=asyncio.create_task(timetable.run(), name=f"timetable {market_id}"),
            liveness=Liveness(sequencer, self.clock),
            reach=reach,
            watching=asyncio.create_task(reach.run(), name=f"reach {market_id}"),
            settling=asyncio.create_task(day_runs.run(), name=f"day runs {market_id}"),
        )
        self.metrics.watch_market(market_id, sequencer, self.clock)
        await self.markets[market_id].liveness.recover()
        self._watch(self.markets[market_id])
        log.info("market open", market_id=market_id, epoch=sequencer.epoch)

    def _watch(self, market: OpenMarket) -> None:
        """A market whose writer, timetable or runs have failed ends the process."""

        async def writer_failed() -> None:
            await market.sequencer.failed.wait()
            self.on_fault(market.sequencer.fault or RuntimeError("a market's writer failed"))

        def timetable_ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (fault := task.exception()) is not None:
                self.on_fault(fault)

        market.running.add_done_callback(timetable_ended)
        market.settling.add_done_callback(timetable_ended)
        watcher = asyncio.create_task(writer_failed(), name="writer watch")
        self._watching.add(watcher)
        watcher.add_done_callback(self._watching.discard)

    def end_events(self) -> None:
        """End the answers of server-sent events. Call it in the event loop."""
        for market in self.markets.values():
            for listener in tuple(market.hub.listeners):
                if listener.only_listens:
                    listener.close()

    async def close(self) -> None:
        """End the timetables, finish what waits, close every store."""
        for watcher in tuple(self._watching):
            watcher.cancel()
        await self.let_go(self.markets)
        self.identity.close()

    async def let_go(self, markets: Mapping[str, OpenMarket]) -> None:
        """End the timetables of these markets, finish what waits, close their stores."""
        timetables = [
            running
            for market in markets.values()
            for running in (market.running, market.watching, market.settling)
        ]
        for running in timetables:
            running.cancel()
        await asyncio.gather(*timetables, return_exceptions=True)  # their faults were told before
        for market_id, market in markets.items():
            market.liveness.close()
            market.reach.close()
            for listener in tuple(market.hub.listeners):
                listener.close()
            try:
                await market.sequencer.close()
            except Exception:
                # Its writer failed; the others are still to be closed in good order.
                log.exception("market not closed", market_id=market_id)


def _stops(sequencer: Sequencer) -> tuple[Stop, ...]:
    """Halts and volatility calls that hold: nothing is decided while a market is opened."""
    stops = sequencer.state.phases.stops()
    return tuple((start_s, area_id, phase) for (start_s, area_id), phase in stops)
