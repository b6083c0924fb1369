"""One channel and key of the stream: its number, what is kept of it, who listens.

The one idea: a change is written as JSON once. What differs between the first sending and a
repetition is the type alone, which stands first; all that follows is kept as it was written.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from api.access.permissions import Channel
from api.answers.values import Answer
from api.channels.open_orders import AccountState
from api.stream.frames import text_frame
from api.stream.listener import Listener
from market.model.clock import Clock
from market.model.interval import moment_text

HELD_MAX: Final = 10_000
"""Changes per channel and key that can be sent again ..."""
HELD_S: Final = 300.0
"""... unless they are older than this; real seconds. A topic nobody has listened to for so long
keeps nothing at all."""
HELD_BYTES_MAX: Final = 16_000_000
"""The same as memory, since one change may hold thousands of rows."""
CHECKPOINT_EVERY: Final = 1_000
"""Changes of an account between two states kept: bounds what a replay from the journal follows."""

Key = tuple[Channel, str]


class Envelopes:
    """Writes messages; the shape is the same for all of them."""

    def __init__(self, epoch: int, clock: Clock) -> None:
        self.epoch = epoch
        self._clock = clock

    def rest(
        self,
        data: Any,  # noqa: ANN401 - whatever the message carries
        *,
        key: Key | None = None,
        seq: int | None = None,
        ts: str | None = None,
    ) -> bytes:
        """Everything of a message but its type, as JSON."""
        message = {
            "channel": None if key is None else key[0].value,
            "key": None if key is None else key[1],
            "epoch": self.epoch,
            "seq": seq,
            "ts": ts or moment_text(self._clock.now_us()),
            "data": data,
        }
        return msgspec.json.encode(message)

    def frame(
        self,
        kind: str,
        data: Any,  # noqa: ANN401 - whatever the message carries
        *,
        key: Key | None = None,
        seq: int | None = None,
        ts: str | None = None,
    ) -> bytes:
        """One message, ready for a socket."""
        return frame_of(kind, self.rest(data, key=key, seq=seq, ts=ts))


def frame_of(kind: str, rest: bytes) -> bytes:
    """A message of `Envelopes.rest` with its type, ready for a socket."""
    return text_frame(b'{"type":"%b",%b' % (kind.encode(), rest[1:]))


@dataclass(slots=True)
class Held:
    """A change that can be sent again."""

    seq: int
    at_s: float
    """When it was told; real seconds."""
    rest: bytes
    data: Answer | None = None
    """What it says; kept for channels that are conflated."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An account as it was after one of its changes."""

    seq: int
    event_seq: int
    """The journal's event up to which it is true."""
    state: AccountState


@dataclass(slots=True, eq=False)
class Topic:
    """One channel and key: its number and who listens."""

    key: Key
    real_s: Callable[[], float] = time.monotonic
    seq: int = 0
    listeners: dict[Listener, None] = field(default_factory=dict)
    held: deque[Held] | None = None
    """The last changes; None: nobody listens, and nobody did for long."""
    left_s: float = 0.0
    """When the last listener went; real seconds."""
    held_bytes: int = 0
    checkpoints: list[Checkpoint] = field(default_factory=list)
    """Of an account: where a replay from the journal may begin."""
    unchecked: int = 0
    """Of a book: changes since the last checksum."""
    checked_s: float = 0.0

    def wanted(self) -> bool:
        """True: somebody listens, or did a short while ago and may come back for what is missed."""
        if self.held is None:
            return False
        if self.listeners or self.real_s() - self.left_s <= HELD_S:
            return True
        self.held, self.held_bytes = None, 0
        return False

    def hold(self, change: Held) -> None:
        """Keep a change for those who miss it, and forget what is beyond the bounds."""
        held = self.held
        assert held is not None, "only what somebody listens to is held"
        held.append(change)
        self.held_bytes += len(change.rest)
        oldest_s = change.at_s - HELD_S
        while len(held) > HELD_MAX or held[0].at_s < oldest_s or self._is_heavy(held):
            self.held_bytes -= len(held.popleft().rest)

    def _is_heavy(self, held: deque[Held]) -> bool:
        return self.held_bytes > HELD_BYTES_MAX and len(held) > 1

    def find(self, first: int, last: int) -> list[Held] | None:
        """The changes first…last; None when one of them is not held or has not happened."""
        held = self.held or ()
        oldest = held[0].seq if held else self.seq + 1
        if not oldest <= first <= self.seq + 1:
            return None
        if not held:
            return []
        start = first - oldest
        return [held[index] for index in range(start, min(len(held), last - oldest + 1))]

    def checkpoint_before(self, seq: int) -> Checkpoint | None:
        """The last state kept from before a change; None: none is that old."""
        earlier = [found for found in self.checkpoints if found.seq < seq]
        return earlier[-1] if earlier else None
