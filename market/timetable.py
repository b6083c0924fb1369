"""What the clock makes happen: calls open, gates close, auctions run, intervals are settled.

The one idea: timers are not kept, they follow from the market's state, so a restart finds the same
next one. The clock is held at it until it is done: market time never passes unfinished work. Each
act carries the time it was due, however late it happens.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, assert_never

from clearing.problem import ClearingProblem, ClearingResult
from clearing.service import ClearingService, reasons_of
from market.control.activation_check import helped
from market.control.grid_check import FLOW_DEADLINE_S, GridSolver, check, see
from market.control.network_arrays import (
    NetworkArrays,
    PowerFlow,
    PowerRows,
    RedispatchProblem,
    RedispatchResult,
)
from market.model.activation import AreaActivation
from market.model.call import CallKind
from market.model.clock import Clock
from market.model.grid_check import ApplyGridCheck, ChecksReopened
from market.model.messages import (
    ApplyClearing,
    CloseDay,
    CloseDayAhead,
    CloseGate,
    Command,
    DayClosed,
    EndDelivery,
    ExpireDue,
    MarketCreated,
    OpenCall,
    OpenContinuous,
    OpenDayAhead,
    PhaseChanged,
    SettleInterval,
)
from market.model.timer import Timer, TimerKind
from market.sequencer import Published, Sequencer

SOLVE_DEADLINE_S: Final = 10.0
"""Real time an auction may take before its result comes from a lower rung."""
SOLVE_DAY_DEADLINE_S: Final = 120.0
"""The same of an opening call, whose intervals hang together by blocks and storages."""
GRID_DEADLINE_S: Final = 10
"""Real time the cheapest change of an area may take before injection is cut by rule."""
GRIDS_DEADLINE_S: Final = 120
"""Real time that calculating all areas of an interval may take; what is left then goes by rule, at once.

So it is decided before the gate is five minutes past, however many areas there are and whatever hangs.
"""
SEEN_DEADLINE_S: Final = 30
"""Real time the power flows of an interval's readings may wait for the solver's process."""
_AUCTIONS: Final = {
    TimerKind.CLEAR: CallKind.CLOSING,
    TimerKind.CLEAR_DAY_AHEAD: CallKind.DAY_AHEAD,
}


class TimetableFault(Exception):
    """The market refused an act that was due: its timers and its rules disagree."""


class Solver(GridSolver, Protocol):
    """What clears an auction and always answers; `clearing.service.ClearingService` does."""

    def solve(self, problem: ClearingProblem, deadline_s: float) -> ClearingResult:
        """An audited result, on some rung; blocks the calling thread."""
        ...


class InTime:
    """A solver whose calls together take no longer than they may; safe to use from any thread."""

    def __init__(self, solver: GridSolver, deadline_s: int, stopwatch: Callable[[], float]) -> None:
        """Time runs from now on."""
        self._solver = solver
        self._stopwatch = stopwatch
        self._until = stopwatch() + deadline_s

    @property
    def is_over(self) -> bool:
        """True when no time is left."""
        return self._stopwatch() >= self._until

    def power_flow(
        self,
        network: NetworkArrays,
        power_w: PowerRows,
        reactive_var: PowerRows | None = None,
        *,
        deadline_s: int = FLOW_DEADLINE_S,
    ) -> PowerFlow:
        """Voltages and flows of each step."""
        left_s = self._at_most(deadline_s)
        return self._solver.power_flow(network, power_w, reactive_var, deadline_s=left_s)

    def redispatch(self, problem: RedispatchProblem, deadline_s: int) -> RedispatchResult:
        """The cheapest change, or one by rule when there is no better one in time."""
        return self._solver.redispatch(problem, self._at_most(deadline_s))

    def _at_most(self, deadline_s: int) -> int:
        return min(deadline_s, max(0, int(self._until - self._stopwatch())))


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
        self._deadline_us: int | None = None
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
        self._deadline_us = self._sequencer.engine.next_deadline_us()
        self._clock.hold_at(self._holder, None if timer is None else timer.due_us)
        return timer

    def _heard(self, published: Published) -> None:
        """Only these events, and a new deadline, can put another timer in front."""
        if isinstance(
            published.event, MarketCreated | PhaseChanged | DayClosed | ChecksReopened
        ) or (self._sequencer.engine.next_deadline_us() != self._deadline_us):
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
        command: Command
        if timer.kind in _AUCTIONS:
            command = await self._clearing(timer, _AUCTIONS[timer.kind], service)
        elif timer.kind is TimerKind.CHECK_GRID:
            command = await self._grid_check(timer, service)
        elif timer.kind is TimerKind.SETTLE and self._sequencer.engine.knows_networks:
            command = await self._settlement(timer, service)
        else:
            command = _command(timer)
        committed = await self._sequencer.submit(command)
        if committed.answer.rejections:
            raise TimetableFault(f"{timer} was refused: {committed.answer.rejections}")
        if self._sequencer.engine.next_timer() == timer:
            raise TimetableFault(f"{timer} was done and is still due")

    async def _clearing(self, timer: Timer, call: CallKind, service: Solver) -> ApplyClearing:
        """Solve a locked call's auction. How long it took is for people, never for decisions."""
        engine = self._sequencer.engine
        stopwatch = asyncio.get_running_loop().time
        await self._warmed()
        began_s = stopwatch()
        auction = engine.clearing_problem(timer.start_s, call)
        closing = call is CallKind.CLOSING
        deadline_s = SOLVE_DEADLINE_S if closing else SOLVE_DAY_DEADLINE_S
        result = await asyncio.to_thread(service.solve, auction.problem, deadline_s)
        solve_ms = round((stopwatch() - began_s) * 1000)
        outcomes = engine.clearing_outcomes(auction, result, solve_ms)
        reasons = await asyncio.to_thread(reasons_of, auction.problem, result)
        return ApplyClearing(
            now_us=timer.due_us,
            call=call,
            outcomes=outcomes,
            explained=engine.explained(auction, reasons),
        )

    async def _grid_check(self, timer: Timer, service: Solver) -> ApplyGridCheck:
        """Hold the schedules against the grids of their areas, before they stand, and find who helps.

        What changes meanwhile (a stop, a grid's next version) is held against them as well.
        """
        engine, start_s = self._sequencer.engine, timer.start_s
        if engine.knows_networks:
            await self._warmed()
        solver = InTime(service, GRIDS_DEADLINE_S, asyncio.get_running_loop().time)
        plans, turn = engine.grid_plans(start_s), engine.check_turn(start_s)
        while True:
            seq = self._sequencer.committed_seq
            areas = await asyncio.to_thread(check, plans, solver, GRID_DEADLINE_S)
            offers = engine.activation_offers(start_s, areas)
            activations: tuple[AreaActivation, ...] = ()
            if offers is not None:
                activations = await asyncio.to_thread(helped, offers, plans, areas, solver)
            if solver.is_over or self._sequencer.committed_seq == seq:
                break
            calculated = (plans, offers)
            plans, turn = engine.grid_plans(start_s), engine.check_turn(start_s)
            if (plans, engine.activation_offers(start_s, areas)) == calculated:
                break
        return ApplyGridCheck(
            now_us=timer.due_us,
            start_s=start_s,
            areas=areas,
            activations=activations,
            turn=turn,
        )

    async def _settlement(self, timer: Timer, service: Solver) -> SettleInterval:
        """Settle on the readings, and hold them against the grids too."""
        await self._warmed()
        powers = self._sequencer.engine.measured_powers(timer.start_s)
        solver = InTime(service, SEEN_DEADLINE_S, asyncio.get_running_loop().time)
        seen = await asyncio.to_thread(see, powers, solver)
        return SettleInterval(now_us=timer.due_us, start_s=timer.start_s, grid=seen)

    async def _warmed(self) -> None:
        if self._warming is not None:
            await asyncio.shield(self._warming)


def _command(timer: Timer) -> Command:  # noqa: C901 - one arm a timer
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
        case TimerKind.OPEN_DAY_AHEAD:
            return OpenDayAhead(now_us=timer.due_us, start_s=timer.start_s)
        case TimerKind.CLOSE_DAY_AHEAD:
            return CloseDayAhead(now_us=timer.due_us, start_s=timer.start_s)
        case TimerKind.OPEN_CONTINUOUS:
            return OpenContinuous(now_us=timer.due_us, start_s=timer.start_s)
        case TimerKind.EXPIRE:
            return ExpireDue(now_us=timer.due_us)
        case TimerKind.CLEAR | TimerKind.CLEAR_DAY_AHEAD:
            raise AssertionError("an auction is solved first")
        case TimerKind.CHECK_GRID:
            raise AssertionError("power flows are calculated first")
        case _:
            assert_never(timer.kind)
