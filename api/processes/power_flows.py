"""Power flows worked out on demand, by a process of its own (`market/power_flows.py`).

The one idea: the same powers in the same grids flow alike, so an answer is kept under what was asked; many who look
at one picture cost one calculation.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

from api.wire.errors import refuse
from market.model.grid_check import AreaFlow
from market.model.rejection import Code

COMMAND: Final = (sys.executable, "-m", "market.power_flows")
DEADLINE_S: Final = 60.0
"""Real time: a second to start, and seconds for the largest grids, on a machine that is busy."""
WAITING_MAX: Final = 8
"""Most that wait for their turn."""
KEPT_MAX: Final = 64


class FlowFailed(Exception):
    """The process ended without an answer: a fault of ours."""


class PowerFlows:
    """Calculates one after another, and keeps the latest answers."""

    def __init__(self, command: Sequence[str] = COMMAND, *, deadline_s: float = DEADLINE_S) -> None:
        """`command` starts the process, which may take so many real seconds."""
        self._command, self._deadline_s = command, deadline_s
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._kept: dict[bytes, tuple[AreaFlow, ...]] = {}

    async def of(self, powers: Sequence[Any]) -> tuple[AreaFlow, ...]:
        """What flows in each grid with these powers of its members, inner areas first.

        Raises:
            RefusedError: SYSTEM_BUSY: too many wait, or it takes too long.
            FlowFailed: a fault of ours.
        """
        asked = msgspec.json.encode(powers)
        key = blake2b(asked).digest()
        if (known := self._kept.get(key)) is not None:
            return known
        if self._waiting >= WAITING_MAX:
            raise refuse(Code.SYSTEM_BUSY)
        self._waiting += 1
        try:
            async with self._turn:
                # Who waited may have waited for just this.
                if key not in self._kept:
                    self._kept[key] = await self._calculated(asked)
                while len(self._kept) > KEPT_MAX:
                    del self._kept[next(iter(self._kept))]
                return self._kept[key]
        finally:
            self._waiting -= 1

    async def _calculated(self, asked: bytes) -> tuple[AreaFlow, ...]:
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
        try:
            told, _ = await asyncio.wait_for(process.communicate(asked), self._deadline_s)
        except TimeoutError:
            raise refuse(Code.SYSTEM_BUSY) from None
        finally:
            # Also where nobody waits for it any more.
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise FlowFailed(f"the process ended with {process.returncode}")
        return msgspec.json.decode(told, type=tuple[AreaFlow, ...])
