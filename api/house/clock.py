"""The server's one source of time: the real clock, or a simulated one that may run faster.

The one idea: market time never passes a hold. Whoever has something to do at a market time holds the
clock there until it is done, so a slow auction stops an accelerated day instead of being skipped.
A simulated clock goes on from the hold without a jump: real time lost while held is not caught up.
The real clock cannot be late for ever, so it jumps to the present when the hold is lifted.
"""

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from typing import Final, Protocol

NANOSECONDS_PER_US: Final = 1_000
US_PER_SECOND: Final = 1_000_000
NAP_S_MAX: Final = 60.0
"""Longest sleep before time is looked at again: the machine's own clock may be set meanwhile."""


class RealTime(Protocol):
    """What a clock needs of the machine; tests hand in a virtual one."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since some moment; never decreases."""
        ...

    def wall_us(self) -> int:
        """UTC microseconds as the machine believes them to be; may be set back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when so much real time has passed."""
        ...


class MachineTime:
    """The machine's own clocks."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of the monotonic clock."""
        return time.monotonic_ns()

    def wall_us(self) -> int:
        """UTC microseconds of the wall clock."""
        return time.time_ns() // NANOSECONDS_PER_US

    async def sleep(self, seconds: float) -> None:
        """Sleep in the event loop."""
        await asyncio.sleep(seconds)


class _HeldClock(ABC):
    """What both clocks share: holds, and waiting. The time may be read from any thread."""

    def __init__(self, real_time: RealTime | None) -> None:
        self._real_time: RealTime = MachineTime() if real_time is None else real_time
        self._lock = threading.Lock()
        self._now_us = 0
        self._holds: dict[str, int] = {}
        self._changed = asyncio.Event()

    def now_us(self) -> int:
        """Market time, UTC microseconds; never decreases, never goes beyond any hold."""
        with self._lock:
            return self._advance()

    def hold_at(self, holder: str, due_us: int | None) -> None:
        """Keep market time from passing `due_us` for this holder; None lifts the hold.

        A hold in the past stops the clock where it is. Call it in the event loop.
        """
        with self._lock:
            self._advance()  # up to the holds as they were
            if due_us is None:
                self._holds.pop(holder, None)
            else:
                self._holds[holder] = due_us
        self._tell_waiting()

    async def wait_until(self, due_us: int) -> None:
        """Return once market time has reached `due_us`."""
        while (missing_us := due_us - self.now_us()) > 0:
            changed = self._changed
            held = self._hold_us()
            if not self.running or (held is not None and held < due_us):
                await changed.wait()
            else:
                seconds = missing_us / (US_PER_SECOND * self.speed)
                await self._sleep_unless(changed, min(seconds, NAP_S_MAX))

    @abstractmethod
    def start(self) -> None:
        """Let time pass. A clock that runs goes on running."""

    @abstractmethod
    def resume_from(self, now_us: int) -> None:
        """After a restart: never tell a time before the last one committed."""

    @property
    @abstractmethod
    def simulated(self) -> bool:
        """False: market time is the time of day."""

    @property
    @abstractmethod
    def speed(self) -> float:
        """Seconds of market time in a second of real time."""

    @property
    @abstractmethod
    def running(self) -> bool:
        """False: market time stands still until `start`."""

    @abstractmethod
    def _advance(self) -> int:
        """Bring `_now_us` up to the present, the holds kept, and give it back. Lock is taken."""

    def _hold_us(self) -> int | None:
        return min(self._holds.values(), default=None)

    def _held(self, ahead_us: int) -> int:
        """The nearest to `ahead_us` that the holds allow and that does not go back."""
        hold_us = self._hold_us()
        allowed_us = ahead_us if hold_us is None else min(ahead_us, hold_us)
        return max(allowed_us, self._now_us)

    def _tell_waiting(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _sleep_unless(self, changed: asyncio.Event, seconds: float) -> None:
        """Sleep, but wake up early when holds or the running of the clock change."""
        sleeping = asyncio.ensure_future(self._real_time.sleep(seconds))
        changing = asyncio.ensure_future(changed.wait())
        try:
            await asyncio.wait((sleeping, changing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            changing.cancel()
            await asyncio.wait((sleeping, changing))


class RealClock(_HeldClock):
    """Market time is the time of day, never set back, and stopped at holds."""

    def __init__(self, *, real_time: RealTime | None = None) -> None:
        super().__init__(real_time)

    @property
    def simulated(self) -> bool:
        """It is not."""
        return False

    @property
    def speed(self) -> float:
        """As fast as the world."""
        return 1

    @property
    def running(self) -> bool:
        """Always."""
        return True

    def start(self) -> None:
        """Nothing to do: the world does not wait."""

    def resume_from(self, now_us: int) -> None:
        """Never tell a time before the last one committed, should the machine's clock be behind."""
        with self._lock:
            self._now_us = max(self._now_us, now_us)
        self._tell_waiting()

    def _advance(self) -> int:
        self._now_us = self._held(self._real_time.wall_us())
        return self._now_us


class SimulatedClock(_HeldClock):
    """Market time that begins where it is told and runs `speed` times as fast as real time."""

    def __init__(
        self,
        *,
        start_us: int,
        speed: float,
        running: bool = False,
        real_time: RealTime | None = None,
    ) -> None:
        if not speed > 0:
            raise ValueError("a clock runs forward: speed must be above zero")
        super().__init__(real_time)
        self._speed = speed
        self._running = running
        self._now_us = self._from_us = start_us
        self._from_ns = self._real_time.monotonic_ns()

    @property
    def simulated(self) -> bool:
        """It is."""
        return True

    @property
    def speed(self) -> float:
        """Seconds of market time in a second of real time."""
        return self._speed

    @property
    def running(self) -> bool:
        """False until `start`."""
        return self._running

    def start(self) -> None:
        """Let time pass from where it stands."""
        with self._lock:
            if not self._running:
                self._count_from(self._now_us)
                self._running = True
        self._tell_waiting()

    def resume_from(self, now_us: int) -> None:
        """Go on from the last committed time when that is later than where the clock stands."""
        with self._lock:
            if now_us > self._advance():
                self._now_us = now_us
                self._count_from(now_us)
        self._tell_waiting()

    def _count_from(self, now_us: int) -> None:
        self._from_us, self._from_ns = now_us, self._real_time.monotonic_ns()

    def _advance(self) -> int:
        if not self._running:
            return self._now_us
        passed_ns = self._real_time.monotonic_ns() - self._from_ns
        ahead_us = self._from_us + int(passed_ns * self._speed) // NANOSECONDS_PER_US
        self._now_us = self._held(ahead_us)
        if self._now_us < ahead_us:
            self._count_from(self._now_us)  # what was lost at the hold is not caught up
        return self._now_us
