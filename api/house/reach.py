"""Which areas' own levels are still heard, in real time; who is not is missed by the market.

The one idea: that an area has a level of its own is a fact of the market, so after a restart the wait for
each of them begins anew and nothing else has to be remembered. A server that stood still itself has
heard nobody, and blames nobody for that time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

import structlog

from market.model.clock import Clock
from market.model.messages import Command
from market.model.reach import HearArea, MissArea
from market.sequencer import Sequencer, SubmitRefused

LOOK_S: Final = 1.0
SLEPT_S: Final = 3.0
"""A later look than this means that the server itself did not run."""
THRESHOLDS_S: Final = (15, 120)
"""Three heartbeats; and as long as units wait for their grid channel."""
_SERVER: Final = "server"

log = structlog.get_logger("api.reach")


class AreaWatch:
    """When each area was heard last; decides nothing but whose silence is to be told. No clock of its own."""

    def __init__(self, areas: Iterable[str], at_s: float) -> None:
        self._heard_s = dict.fromkeys(areas, at_s)
        self._told: dict[str, int] = {}
        """By area, how many thresholds were told."""
        self._looked_s = at_s

    def hear(self, area_id: str, at_s: float) -> bool:
        """A sign of life; True when the area is new."""
        is_new = area_id not in self._heard_s
        self._heard_s[area_id] = at_s
        self._told.pop(area_id, None)
        return is_new

    def silent_s(self, area_id: str, at_s: float) -> int | None:
        """For how long it was not heard, whole seconds; None: it is not waited for."""
        heard_s = self._heard_s.get(area_id)
        return None if heard_s is None else int(at_s - heard_s)

    def look(self, at_s: float) -> Iterator[tuple[str, int]]:
        """Areas whose silence has passed another threshold, and for how long; until `told`."""
        slept_s = at_s - self._looked_s
        self._looked_s = at_s
        if slept_s > SLEPT_S:
            self._heard_s = {name: heard_s + slept_s for name, heard_s in self._heard_s.items()}
        for area_id, heard_s in self._heard_s.items():
            passed = sum(at_s - heard_s >= threshold_s for threshold_s in THRESHOLDS_S)
            if passed > self._told.get(area_id, 0):
                yield area_id, int(at_s - heard_s)

    def told(self, area_id: str, silent_s: int) -> None:
        """The market knows of it."""
        self._told[area_id] = sum(silent_s >= threshold_s for threshold_s in THRESHOLDS_S)


class Reach:
    """Areas of one market."""

    def __init__(
        self, sequencer: Sequencer, clock: Clock, monotonic_s: Callable[[], float]
    ) -> None:
        self._sequencer = sequencer
        self._clock = clock
        self._monotonic_s = monotonic_s
        self._watch = AreaWatch(sequencer.state.areas_heard, monotonic_s())
        self._acting: set[asyncio.Task[bool]] = set()

    def hear(self, area_id: str) -> None:
        """An area's level speaks on the stream, or reports."""
        self._watch.hear(area_id, self._monotonic_s())
        if area_id not in self._sequencer.state.areas_heard:
            now_us = self._clock.now_us()
            command = HearArea(now_us=now_us, actor=_SERVER, area_id=area_id)
            self._begin(self._submit(command))

    def silent_s(self, area_id: str) -> int | None:
        """For how long an area was not heard; None: it is not waited for."""
        return self._watch.silent_s(area_id, self._monotonic_s())

    async def run(self) -> None:
        """Look once a second, for as long as the task lives."""
        while True:
            await asyncio.sleep(LOOK_S)
            for area_id, silent_s in tuple(self._watch.look(self._monotonic_s())):
                command = MissArea(
                    now_us=self._clock.now_us(),
                    actor=_SERVER,
                    area_id=area_id,
                    silent_s=silent_s,
                )
                if await self._submit(command):
                    self._watch.told(area_id, silent_s)

    def _begin(self, act: Awaitable[bool]) -> None:
        task = asyncio.ensure_future(act)
        self._acting.add(task)
        task.add_done_callback(self._acting.discard)

    async def _submit(self, command: Command) -> bool:
        """True when the market has taken it; a market that is busy is asked again at the next look."""
        try:
            await self._sequencer.submit(command)
        except SubmitRefused as fault:
            log.info("area waits", code=fault.code.value)
            return False
        return True

    def close(self) -> None:
        """Let go."""
        for task in self._acting:
            task.cancel()
