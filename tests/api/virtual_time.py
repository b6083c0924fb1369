"""Real time as a test lets it pass."""

import asyncio
import heapq
from typing import Final

START_US: Final = 1_465_938_000_000_000


class VirtualTime:
    """Real time as the test lets it pass; sleepers wake when their time has come."""

    def __init__(self, wall_us: int = START_US) -> None:
        self.ns = 5_000_000_000
        self.wall_offset_us = wall_us - self.ns // 1_000
        self.sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def monotonic_ns(self) -> int:
        return self.ns

    def wall_us(self) -> int:
        return self.ns // 1_000 + self.wall_offset_us

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due_ns = self.ns + max(1, round(seconds * 1e9))
        heapq.heappush(self.sleepers, (due_ns, id(woken), woken))
        await woken

    async def passes(self, seconds: float) -> None:
        """Let real time pass, waking whoever sleeps on the way."""
        until_ns = self.ns + round(seconds * 1e9)
        await settle()
        while self.sleepers and self.sleepers[0][0] <= until_ns:
            due_ns, _, woken = heapq.heappop(self.sleepers)
            self.ns = max(self.ns, due_ns)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self.ns = until_ns
        await settle()


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)
