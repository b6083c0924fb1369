"""One reader of the stream: what waits to be sent to it, and when that is too much.

The one idea: a frame goes straight into the socket while the socket takes it; only a reader that
lags has a queue. The queue is bounded in messages, bytes and age, so slowness costs its owner the
connection and nobody else anything. What may be conflated waits as one mark, whatever happens
meanwhile, and is written out when its turn comes.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from api.access.auth import Access
from api.stream.frames import Port

QUEUE_MAX: Final = 2_000
"""Messages that may wait for one reader. More means it does not keep up."""
QUEUE_BYTES_MAX: Final = 8_000_000
"""The same as memory: a thousand such readers would still be the exception, one is nothing."""
ASKED_MAX: Final = 16
"""Messages that may wait when the reader's next request is looked at. Who asks for more than it
reads waits for itself, and the server does not work ahead for it."""


@dataclass(slots=True, eq=False)
class Mark:
    """The place in the queue of a feed that is conflated: what it means is written out at its turn."""

    feed: Hashable
    make: Callable[[], bytes | None]
    """The frame; None: the feed is not wanted any more."""


class Listener:
    """One reader's queue."""

    def __init__(
        self,
        access: Access | None,
        port: Port | None = None,
        *,
        real_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.access = access
        self.evicted = False
        """True: it read too slowly and gets nothing more but the word to start over."""
        self.ended = False
        """True: the server closes."""
        self.refused: str | None = None
        """The code for which its access was taken away; it gets nothing more but that."""
        self._port = port
        self._real_s = real_s
        self._waiting: deque[tuple[float, bytes | Mark]] = deque()
        self._bytes = 0
        self._marks: dict[Hashable, Mark] = {}
        self._ready = asyncio.Event()
        self._drained = asyncio.Event()

    @property
    def only_listens(self) -> bool:
        """True: it has no socket of its own and is fed by whoever asks for the next frame."""
        return self._port is None

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._waiting)

    @property
    def lags(self) -> bool:
        """True: something waits, so what comes now waits behind it."""
        return bool(self._waiting)

    @property
    def oldest_s(self) -> float:
        """When the message that waits longest came; call only while something waits."""
        return self._waiting[0][0]

    def offer(self, frame: bytes) -> None:
        """Send a frame, or let it wait; when that is too much, the reader is let go."""
        if not self.write(frame):
            self._queue(frame, len(frame))

    def write(self, frame: bytes) -> bool:
        """Send a frame if that can be done at once; False: it would have to wait."""
        port = self._port
        return (
            not self._waiting and port is not None and not self.evicted and port.write_frame(frame)
        )

    def conflate(self, feed: Hashable, make: Callable[[], bytes | None]) -> None:
        """Let a feed wait as one mark; another one of the same feed adds nothing."""
        if feed not in self._marks:
            self._marks[feed] = mark = Mark(feed, make)
            self._queue(mark, 0)

    def is_behind(self, feed: Hashable) -> bool:
        """True: a mark of the feed waits, and will say what happens now."""
        return feed in self._marks

    def forget(self, feed: Hashable) -> None:
        """The feed's mark says nothing any more."""
        mark = self._marks.pop(feed, None)
        if mark is not None:
            mark.make = _nothing

    def _queue(self, item: bytes | Mark, size: int) -> None:
        if self.evicted:
            return
        self._bytes += size
        if len(self._waiting) >= QUEUE_MAX or self._bytes > QUEUE_BYTES_MAX:
            self.evict()
            return
        self._waiting.append((self._real_s(), item))
        self._ready.set()

    def evict(self) -> None:
        """Forget what waits; the sender notices and ends the socket."""
        self.evicted = True
        self._waiting.clear()
        self._marks.clear()
        self._ready.set()
        self._drained.set()

    def refuse(self, code: str) -> None:
        """Its access was taken away: the sender notices and ends the socket with the code."""
        self.refused = code
        self.evict()

    def close(self) -> None:
        """Nothing more will come: the server ends."""
        self.ended = True
        self._ready.set()
        self._drained.set()

    # --- who sends -------------------------------------------------------------------

    async def waits(self) -> bool:
        """True once something is to be sent; False: the reader was let go, or the server ends."""
        while not self._waiting:
            if self.evicted or self.ended:
                return False
            self._ready.clear()
            await self._ready.wait()
        return True

    def take(self) -> bytes | None:
        """The frame that waits longest; None: its feed is not wanted any more."""
        _, item = self._waiting.popleft()
        if isinstance(item, Mark):
            self._marks.pop(item.feed, None) if self._marks.get(item.feed) is item else None
            frame = item.make()
        else:
            frame = item
            self._bytes -= len(frame)
        if len(self._waiting) <= ASKED_MAX:
            self._drained.set()
        return frame

    async def next(self) -> bytes | None:
        """The next frame to send; None: the reader was let go, or the server ends."""
        while await self.waits():
            frame = self.take()
            if frame is not None:
                return frame
        return None

    async def drained(self) -> None:
        """Return once little waits for this reader. Always lets others go first."""
        await asyncio.sleep(0)
        while len(self._waiting) > ASKED_MAX and not (self.evicted or self.ended):
            self._drained.clear()
            await self._drained.wait()


def _nothing() -> None:
    """Nothing is to be sent."""
