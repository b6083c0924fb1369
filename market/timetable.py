"""What the clock makes happen: calls open, gates close, auctions run, intervals are settled.

The one idea: timers are not kept, they follow from the market's state, so a restart finds the same
next one. The clock is held at it until it is done: market time never passes unfinished work. Each
act carries the time it was due, however late it happens.
"""

import asyncio
from typing import Final, Protocol, assert_never

from clearing.problem import ClearingProblem, ClearingResult
from clearing.service import ClearingService
from market.model.clock import Clock
from market.model.messages import (
    ApplyClearing,
    CloseDay,
    CloseGate,
    Command,
    DayClosed,
    EndDelivery,
    MarketCreated,
    OpenCall,
    PhaseChanged,
    SettleInterval,
)
from market.model.timer import Timer, TimerKind
from market.sequencer import Published, Sequencer

SOLVE_DEADLINE_S: Final = 10.0
"""Real time an auction may take before its result comes from a lower rung."""


class TimetableFault(Exception):
    """The market refused an act that was due: its timers and its rules disagree."""


class Solver(Protocol):
    """What clears an auction and always answers; `clearing.service.ClearingService` does."""

    def solve(self, problem: ClearingProblem, deadline_s: float) -> ClearingResult:
        """An audited result, on some rung; blocks the calling thread."""
        ...


class Timetable:
    """Does what is due in one market. From when it is made, the clock waits for it."""

    def __init__(
        self,
        sequencer: Sequencer,
        clock: Clock,
        *,
        market_id: str,
        service: Solver | None = None,
    ) -> None:
        """With no `service`, `run` starts one of its own and closes it at the end."""
        self._sequencer = sequencer
        self._clock = clock
        self._service = service
        self._holder = f"timetable {market_id}"
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._warming: asyncio.Future[None] | None = None
        self._hold_at_next()

    async def run(self) -> None:
        """Do what is due, for ever. The hold stays when this ends: nobody would do what comes next.

        Raises:
            TimetableFault: an act was refused, or did not get its timer out of the way.
            SubmitRefused: the market's writer is down.
        """
        unsubscribe = self._sequencer.subscribe(self._heard)
        try:
            if self._service is not None:
                await self._run(self._service)
            else:
                await self._run_with_own_service()
        finally:
            unsubscribe()
            self._idle.set()

    async def caught_up(self) -> None:
        """Return once nothing is overdue (calls of a new market are open), or `run` has ended."""
        await self._idle.wait()

    async def _run_with_own_service(self) -> None:
        """Its process takes seconds to warm up; only the first auction has to wait for that."""
        service = ClearingService()
        self._warming = asyncio.ensure_future(asyncio.to_thread(service.start))
        try:
            await self._run(service)
        finally:
            await asyncio.wait({self._warming})
            await asyncio.to_thread(service.close)

    async def _run(self, service: Solver) -> None:
        while True:
            self._changed.clear()
            timer = self._hold_at_next()
            if timer is None or timer.due_us > self._clock.now_us():
                self._idle.set()
            else:
                self._idle.clear()
            if timer is None:
                await self._changed.wait()
            elif await self._is_reached(timer.due_us):
                await self._act(timer, service)

    def _hold_at_next(self) -> Timer | None:
        timer = self._sequencer.engine.next_timer()
        self._clock.hold_at(self._holder, None if timer is None else timer.due_us)
        return timer

    def _heard(self, published: Published) -> None:
        """Only these events can put another timer in front."""
        if isinstance(published.event, MarketCreated | PhaseChanged | DayClosed):
            self._changed.set()

    async def _is_reached(self, due_us: int) -> bool:
        """True once the time has come; False when the timers have changed before."""
        if self._clock.now_us() >= due_us:
            return True
        due = asyncio.ensure_future(self._clock.wait_until(due_us))
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((due, changed), return_when=asyncio.FIRST_COMPLETED)
            if due.done():
                due.result()  # a clock's trouble is not swallowed
            return due.done()
        finally:
            due.cancel()
            changed.cancel()
            await asyncio.wait((due, changed))

    async def _act(self, timer: Timer, service: Solver) -> None:
        if timer.kind is TimerKind.CLEAR:
            command: Command = await self._clearing(timer, service)
        else:
            command = _command(timer)
        committed = await self._sequencer.submit(command)
        if committed.answer.rejections:
            raise TimetableFault(f"{timer} was refused: {committed.answer.rejections}")
        if self._sequencer.engine.next_timer() == timer:
            raise TimetableFault(f"{timer} was done and is still due")

    async def _clearing(self, timer: Timer, service: Solver) -> ApplyClearing:
        """Solve a locked interval's auction. How long it took is for people, never for decisions."""
        engine = self._sequencer.engine
        stopwatch = asyncio.get_running_loop().time
        if self._warming is not None:
            await asyncio.shield(self._warming)
        began_s = stopwatch()
        auction = engine.clearing_problem(timer.start_s)
        result = await asyncio.to_thread(service.solve, auction.problem, SOLVE_DEADLINE_S)
        solve_ms = round((stopwatch() - began_s) * 1000)
        outcome = engine.clearing_outcome(auction, result, solve_ms)
        return ApplyClearing(now_us=timer.due_us, outcome=outcome)


def _command(timer: Timer) -> Command:
    """The command of every kind of timer but an auction's."""
    match timer.kind:
        case TimerKind.OPEN_CALL:
            return OpenCall(now_us=timer.due_us, start_s=timer.start_s)
        case TimerKind.CLOSE_GATE:
            return CloseGate(now_us=timer.due_us, start_s=timer.start_s)
        case TimerKind.END_DELIVERY:
            return EndDelivery(now_us=timer.due_us, start_s=timer.start_s)
        case TimerKind.SETTLE:
            return SettleInterval(now_us=timer.due_us, start_s=timer.start_s)
        case TimerKind.CLOSE_DAY:
            return CloseDay(now_us=timer.due_us, day=timer.day)
        case TimerKind.CLEAR:
            raise AssertionError("an auction is solved first")
        case _:
            assert_never(timer.kind)
