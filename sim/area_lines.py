"""The sockets of those below an area's process, and what is sent over them.

The one idea: each socket has its own numbers, without a gap for each of its channels, whether a message
comes from the area's level or was passed on; so a reader sees the same stream as the market's.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

BEAT_S: Final = 5.0
"""Real time between heartbeats, and the longest that a message may wait for its reader."""

Pair = tuple[str, str]
"""A channel and its key."""


@dataclass(eq=False, slots=True)
class Line:
    """One socket of a unit, or of an area inside."""

    socket: WebSocket
    token: str = ""
    pairs: dict[Pair, int] = field(default_factory=dict)
    """Channels it follows, and the number of the last message of each."""
    said: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """By unit, what was said since the last answer."""
    following: dict[Pair, asyncio.Task[None]] = field(default_factory=dict)
    """Channels of the market that are followed for it."""

    def end(self) -> None:
        """Nothing is followed for it any more."""
        for task in self.following.values():
            task.cancel()


class Lines:
    """Everybody who is here."""

    def __init__(self) -> None:
        self.epoch = 0
        """Which start of the area's level speaks."""
        self.now: dict[str, Any] = {"now": None}
        """The time, as heartbeats say it."""
        self._lines: dict[Line, None] = {}
        self._outbox: asyncio.Queue[tuple[Line, dict[str, Any]]] = asyncio.Queue()

    def __contains__(self, line: Line) -> bool:
        """True while it is here."""
        return line in self._lines

    def all(self) -> Iterable[Line]:
        """Everybody who is here."""
        return tuple(self._lines)

    def join(self, line: Line) -> None:
        """Somebody has come."""
        self._lines[line] = None

    def leave(self, line: Line) -> None:
        """Somebody has gone."""
        self._lines.pop(line, None)
        line.end()

    def end(self) -> None:
        """Nobody is here any more."""
        for line in self.all():
            self.leave(line)

    def tell(self, line: Line, kind: str, data: object, pair: Pair, first: int = 1) -> None:
        """A message of a channel, under the next number that the line has for it.

        Args:
            line: to whom.
            kind: snapshot or delta.
            data: what is said.
            pair: channel and key.
            first: the number, when it is the first message.
        """
        line.pairs[pair] = line.pairs.get(pair, first - 1) + 1
        self.say(line, kind, data, pair, line.pairs[pair])

    def say(
        self, line: Line, kind: str, data: object, pair: Pair | None = None, seq: int | None = None
    ) -> None:
        """A message, in its envelope."""
        channel, key = (None, None) if pair is None else pair
        message = {
            "type": kind,
            "channel": channel,
            "key": key,
            "epoch": self.epoch,
            "seq": seq,
            "ts": self.now["now"],
            "data": data,
        }
        self._outbox.put_nowait((line, message))

    async def send_all(self) -> None:
        """Send what is said, for as long as the task lives."""
        while True:
            line, message = await self._outbox.get()
            if line not in self._lines:
                continue
            try:
                async with asyncio.timeout(BEAT_S):
                    await line.socket.send_text(msgspec.json.encode(message).decode())
            except (TimeoutError, RuntimeError, WebSocketDisconnect):
                # Who does not read is gone; it starts over with a snapshot.
                self.leave(line)
