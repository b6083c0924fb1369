"""What is due happens when it is due, in order, and market time waits for it."""
# house: long because every kind of timer is watched in one world.

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from api.house.clock import SimulatedClock
from clearing.clear import clear
from clearing.fallback import fallback
from clearing.network import FlowProblem, NetworkArrays, PowerFlow
from clearing.power_flow import power_flow
from clearing.problem import ClearingProblem, ClearingResult
from clearing.redispatch.decide import redispatch
from clearing.redispatch_problem import RedispatchProblem, RedispatchResult
from clearing.service import ClearingService
from market.engine.engine import Engine
from market.model.call import CallKind, OrdersExplained
from market.model.messages import (
    Command,
    CreateMarket,
    DayClosed,
    Decision,
    IntervalCleared,
    Phase,
    PhaseChanged,
)
from market.model.rejection import Code, Rejection
from market.model.rules import DayAheadRules
from market.sequencer import Published, Sequencer
from market.timetable import (
    SOLVE_DAY_DEADLINE_S,
    SOLVE_DEADLINE_S,
    Timetable,
    TimetableFault,
)
from tests.api.virtual_time import VirtualTime, settle
from tests.builders import DAY_BEFORE_US, GRID, MIDNIGHT_S, STEP_S
from tests.market.written import MARKET_ID, SETUP, TRADING, TWO_INTERVALS
from tests.patience import PATIENCE_S

SECOND = 1_000_000
GATE_US = (MIDNIGHT_S - STEP_S) * SECOND


class Here:
    """Solves in the calling thread; waits for a signal first, when given one."""

    def __init__(
        self,
        *,
        may_solve: threading.Event | None = None,
        may_cure: threading.Event | None = None,
    ) -> None:
        self.may_solve, self.may_cure = may_solve, may_cure
        self.deadlines: list[float] = []
        self.cures: list[float] = []

    def solve(self, problem: ClearingProblem, deadline_s: float) -> ClearingResult:
        self.deadlines.append(deadline_s)
        if self.may_solve is not None:
            assert self.may_solve.wait(timeout=PATIENCE_S)
        return clear(problem)

    def power_flow(
        self,
        network: NetworkArrays,
        power_w: NDArray[np.float64],
        reactive_var: NDArray[np.float64] | None = None,
        *,
        deadline_s: float = 10.0,
    ) -> PowerFlow:
        assert deadline_s >= 0
        return power_flow(FlowProblem(network=network, power_w=power_w, reactive_var=reactive_var))

    def redispatch(self, problem: RedispatchProblem, deadline_s: float) -> RedispatchResult:
        self.cures.append(deadline_s)
        if self.may_cure is not None:
            assert self.may_cure.wait(timeout=PATIENCE_S)
        return redispatch(problem)


class Fails(Here):
    """A solver that had to climb down to the fallback."""

    def solve(self, problem: ClearingProblem, deadline_s: float) -> ClearingResult:
        return fallback(problem, f"no result within {deadline_s} s")


class World:
    """A market with a simulated clock in virtual real time."""

    def __init__(
        self, path: Path, *, engine: Engine | None = None, solver: Here | None = None
    ) -> None:
        self.real = VirtualTime()
        self.clock = SimulatedClock(
            start_us=DAY_BEFORE_US, speed=720, running=True, real_time=self.real
        )
        self.sequencer = Sequencer.open(path, clock=self.clock, engine=engine)
        self.clock.resume_from(self.sequencer.now_us)
        self.solver = solver or Here()
        self.heard: list[Published] = []
        self.times_us: list[int] = []
        self.sequencer.subscribe(self._hears)

    def _hears(self, published: Published) -> None:
        self.heard.append(published)
        self.times_us.append(self.clock.now_us())

    async def start(self) -> None:
        await self.sequencer.start()
        self.timetable = Timetable(
            self.sequencer, self.clock, market_id=MARKET_ID, service=self.solver
        )
        self.running = asyncio.create_task(self.timetable.run())

    async def until(self, done: Callable[[], bool]) -> None:
        """Let real time pass in small steps until something is so."""
        give_up_s = time.monotonic() + PATIENCE_S
        while not (done() or self.running.done()):
            assert time.monotonic() < give_up_s
            await self.real.passes(0.05)
            await asyncio.sleep(0.0005)  # real threads (disk, solver) get their turn
        if self.running.done():
            self.running.result()
        assert done()

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.wait({self.running})
        await self.sequencer.close()

    def phases(self) -> list[tuple[int, Phase]]:
        return [
            ((told.event.start_s - MIDNIGHT_S) // STEP_S, told.event.phase)
            for told in self.heard
            if isinstance(told.event, PhaseChanged)
        ]

    def closed_day(self) -> bool:
        return any(isinstance(told.event, DayClosed) for told in self.heard)


def in_world(
    path: Path,
    story: Callable[[World], Coroutine[Any, Any, None]],
    *,
    engine: Engine | None = None,
    solver: Here | None = None,
) -> World:
    """A world in which a story happens, with its timetable running."""

    async def run() -> World:
        world = World(path, engine=engine, solver=solver)
        await world.start()
        try:
            await story(world)
        finally:
            await world.stop()
        return world

    return asyncio.run(run())


async def prepare(world: World) -> None:
    """The market is made through the sequencer while its timetable already runs."""
    for command in SETUP[:4]:
        await world.sequencer.submit(command)
    await world.until(lambda: len(world.phases()) == 2)
    for command in TRADING:
        await world.sequencer.submit(command)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "village.sqlite"


def test_a_day_runs_by_itself_in_the_right_order(path: Path) -> None:
    async def story(world: World) -> None:
        await prepare(world)
        await world.until(world.closed_day)
        await world.until(lambda: world.sequencer.engine.next_timer() is None)

    world = in_world(path, story)

    assert world.phases() == [
        (0, Phase.CALL),
        (1, Phase.CALL),
        (0, Phase.LOCKED),
        (0, Phase.DELIVERY_LOCK),
        (1, Phase.LOCKED),
        (1, Phase.DELIVERY_LOCK),
        (0, Phase.SETTLING),
        (1, Phase.SETTLING),
        (0, Phase.SETTLED),
        (1, Phase.SETTLED),
    ]
    assert world.solver.deadlines == [SOLVE_DEADLINE_S] * 2


def test_an_opening_call_is_solved_for_all_of_its_day_before_the_day_begins(path: Path) -> None:
    day_ahead = DayAheadRules(opens_minutes=1_560, gate_minutes=60)
    rules = replace(TWO_INTERVALS, call_opens_minutes=30, day_ahead=day_ahead)
    made = CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=rules, grid=GRID)

    async def story(world: World) -> None:
        for command in (made, *SETUP[1:4]):
            await world.sequencer.submit(command)
        await world.until(lambda: len(world.phases()) == 2)
        for command in TRADING:
            await world.sequencer.submit(command)
        await world.until(world.closed_day)
        await world.until(lambda: world.sequencer.engine.next_timer() is None)

    world = in_world(path, story)

    assert world.phases()[:6] == [
        (0, Phase.CALL),
        (1, Phase.CALL),
        (0, Phase.LOCKED),
        (1, Phase.LOCKED),
        (0, Phase.SCHEDULED),
        (1, Phase.SCHEDULED),
    ]
    cleared = [t.event for t in world.heard if isinstance(t.event, IntervalCleared)]
    assert [event.call for event in cleared] == [CallKind.DAY_AHEAD] * 2 + [CallKind.CLOSING] * 2
    assert world.solver.deadlines == [SOLVE_DAY_DEADLINE_S] + [SOLVE_DEADLINE_S] * 2
    told = [t.event for t in world.heard if isinstance(t.event, OrdersExplained)]
    assert len(told[0].explained.numbers) == 10  # one was refused, one was cancelled


def test_every_act_carries_its_due_time_and_happens_then(path: Path) -> None:
    async def story(world: World) -> None:
        await prepare(world)
        await world.until(world.closed_day)

    world = in_world(path, story)

    gate = [
        (told.now_us, seen_us)
        for told, seen_us in zip(world.heard, world.times_us, strict=True)
        if isinstance(told.event, PhaseChanged) and told.event.phase is not Phase.CALL
    ]
    assert gate
    # The two opened at once were overdue when the market was made; from then on nothing is late.
    assert all(due_us == seen_us for due_us, seen_us in gate)


def test_market_time_waits_for_a_slow_auction(path: Path) -> None:
    may_solve = threading.Event()

    async def story(world: World) -> None:
        await prepare(world)
        await world.until(lambda: (0, Phase.LOCKED) in world.phases())
        await world.until(lambda: bool(world.solver.deadlines))
        await world.real.passes(1_000)
        assert world.clock.now_us() == GATE_US
        assert (0, Phase.DELIVERY_LOCK) not in world.phases()
        may_solve.set()
        await world.until(lambda: (0, Phase.DELIVERY_LOCK) in world.phases())
        await settle()
        assert world.clock.now_us() < GATE_US + 900 * SECOND, "lost time is not caught up"
        await world.until(lambda: (1, Phase.LOCKED) in world.phases())

    in_world(path, story, solver=Here(may_solve=may_solve))


def test_a_restart_in_the_middle_of_an_auction_solves_it_again(path: Path) -> None:
    never = threading.Event()

    async def cut_off(world: World) -> None:
        await prepare(world)
        await world.until(lambda: bool(world.solver.deadlines))

    async def goes_on(world: World) -> None:
        assert world.clock.now_us() == GATE_US
        await world.until(lambda: (0, Phase.DELIVERY_LOCK) in world.phases())
        assert world.solver.deadlines == [SOLVE_DEADLINE_S]
        await world.until(world.closed_day)

    async def first() -> None:
        world = World(path, solver=Here(may_solve=never))
        await world.start()
        await cut_off(world)
        await world.stop()
        never.set()  # only so that the thread can end

    asyncio.run(first())
    in_world(path, goes_on)


def test_a_fallback_is_a_result_and_says_so(path: Path) -> None:
    async def story(world: World) -> None:
        await prepare(world)
        await world.until(lambda: (0, Phase.DELIVERY_LOCK) in world.phases())

    world = in_world(path, story, solver=Fails())

    (outcome,) = (t.event.outcome for t in world.heard if isinstance(t.event, IntervalCleared))
    assert outcome.rung == "merit_order"


def test_without_a_market_nothing_is_due_and_time_passes(path: Path) -> None:
    async def story(world: World) -> None:
        await world.real.passes(10)
        assert world.clock.now_us() == DAY_BEFORE_US + 7_200 * SECOND

    in_world(path, story)


def test_the_clock_is_held_from_when_the_timetable_is_made(path: Path) -> None:
    async def create(world: World) -> None:
        await prepare(world)

    async def made_but_not_run() -> None:
        world = World(path)
        Timetable(world.sequencer, world.clock, market_id=MARKET_ID, service=world.solver)
        await world.real.passes(100_000)
        timer = world.sequencer.engine.next_timer()
        assert timer is not None
        assert world.clock.now_us() == timer.due_us
        await world.sequencer.close()

    in_world(path, create)
    asyncio.run(made_but_not_run())


class Contrary(Engine):
    """An engine that refuses what it said was due, or does not do it."""

    def __init__(self, *, refuses: bool) -> None:
        super().__init__()
        self.refuses = refuses

    def execute(self, command: Command) -> Decision:
        decision = next(iter(self.decide(command)))
        if not any(isinstance(event, PhaseChanged) for event in decision.events):
            return super().execute(command)
        if not self.refuses:
            return replace(decision, events=())
        no = Rejection(code=Code.PHASE_CONFLICT)
        return Decision(events=(), answer=replace(decision.answer, rejections=(no,)))


@pytest.mark.parametrize("refuses", [True, False])
def test_an_act_that_does_not_happen_is_a_fault_and_no_endless_loop(
    refuses: bool, path: Path
) -> None:
    async def story(world: World) -> None:
        await world.sequencer.submit(SETUP[0])
        with pytest.raises(TimetableFault):
            await asyncio.wait_for(asyncio.shield(world.running), timeout=PATIENCE_S)

    in_world(path, story, engine=Contrary(refuses=refuses))


def test_what_is_overdue_is_done_before_it_has_caught_up(path: Path) -> None:
    async def story(world: World) -> None:
        await world.sequencer.submit(SETUP[0])
        await world.timetable.caught_up()
        assert world.phases() == [(0, Phase.CALL), (1, Phase.CALL)]

    in_world(path, story)


def test_calls_open_while_the_solver_is_still_warming_up(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = threading.Event()
    started = ClearingService.start

    def slow_start(service: ClearingService) -> None:
        assert warm.wait(timeout=PATIENCE_S)
        started(service)

    monkeypatch.setattr(ClearingService, "start", slow_start)

    async def story() -> None:
        world = World(path)
        await world.sequencer.start()
        world.timetable = Timetable(world.sequencer, world.clock, market_id=MARKET_ID)
        world.running = asyncio.create_task(world.timetable.run())
        await prepare(world)
        await world.until(lambda: (0, Phase.LOCKED) in world.phases())
        await world.real.passes(1_000)
        assert world.clock.now_us() == GATE_US
        warm.set()
        await world.until(lambda: (0, Phase.DELIVERY_LOCK) in world.phases())
        await world.stop()

    asyncio.run(story())


def test_a_timetable_without_a_service_starts_and_ends_its_own(path: Path) -> None:
    async def story() -> None:
        world = World(path)
        await world.sequencer.start()
        timetable = Timetable(world.sequencer, world.clock, market_id=MARKET_ID)
        world.running = asyncio.create_task(timetable.run())
        await prepare(world)
        await world.until(lambda: (0, Phase.DELIVERY_LOCK) in world.phases())
        await world.stop()

    asyncio.run(story())
