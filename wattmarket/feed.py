"""The client's rule for numbered messages: nothing twice, nothing missing, nothing out of order.

The one idea: a feed (one channel and key) applies only the message after the last one. Older ones
are dropped; after a gap the later ones wait while the missing ones are asked for; another epoch
means the server started anew, so only a fresh snapshot counts. A message that stands for several
(a book's, when its reader lagged) counts when it begins no later than what comes next. No input or
output here: messages go in, events and requests come out.
"""

from dataclasses import dataclass, field
from typing import Any

WAITING_MAX = 10_000
"""Messages kept behind a gap; as many as a server keeps for a resend. Beyond: a new snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One message of the stream, in order.

    `type` is "snapshot" (the whole state: what was known before is replaced), "delta" (one change)
    or "heartbeat" (all is well; `data` has `now`, `running`, `speed`).
    """

    type: str
    channel: str
    key: str
    epoch: int | str
    seq: int
    ts: str
    data: Any

    @property
    def first(self) -> int:
        """The first number it stands for; its own, but for a book's change that stands for several."""
        since = self.data.get("since") if isinstance(self.data, dict) else None
        return self.seq if since is None else int(since)


@dataclass(slots=True)
class Taken:
    """What came of a message: events for the reader and requests for the server."""

    events: list[Event] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)


class Feed:
    """One subscription: a channel and a key."""

    def __init__(self, channel: str, key: str) -> None:
        self.channel = channel
        self.key = key
        self.epoch: int | str | None = None
        self.seq = -1
        self._waiting: dict[int, Event] = {}
        self._asked_until = -1

    def subscribe(self) -> dict[str, Any]:
        """The request for a snapshot and all that follows; what was known is forgotten."""
        self.epoch = None
        self.seq = -1
        self._waiting.clear()
        self._asked_until = -1
        return {"type": "subscribe", "channel": self.channel, "key": self.key}

    def take(self, message: dict[str, Any]) -> Taken:
        """Judge a snapshot, a delta or a repeated delta of this feed."""
        event = Event(
            type="snapshot" if message["type"] == "snapshot" else "delta",
            channel=self.channel,
            key=self.key,
            epoch=message["epoch"],
            seq=message["seq"],
            ts=message["ts"],
            data=message["data"],
        )
        if event.type == "snapshot":
            self.epoch, self.seq = event.epoch, event.seq
            self._waiting = {
                first: late for first, late in self._waiting.items() if late.seq > event.seq
            }
            return Taken([event, *self._drain()])
        if self.epoch is None:
            return Taken()  # a straggler: the snapshot asked for is on its way
        if event.epoch != self.epoch:
            return self.resync()
        if event.seq <= self.seq:
            return Taken()
        if event.first <= self.seq + 1:
            self.seq = event.seq
            return Taken([event, *self._drain()])
        if len(self._waiting) >= WAITING_MAX:
            return self.resync()
        taken = self.missing(event.first - 1)
        self._waiting[event.first] = event
        return taken

    def missing(self, last: int) -> Taken:
        """Ask for everything up to `last` that has not come, once."""
        waiting = (late.seq for late in self._waiting.values())
        known = max(self.seq, self._asked_until, *waiting)
        if self.epoch is None or last <= known:
            return Taken()
        self._asked_until = last
        return Taken(
            requests=[
                {
                    "type": "resend",
                    "channel": self.channel,
                    "key": self.key,
                    "from": known + 1,
                    "to": last,
                }
            ]
        )

    def resync(self) -> Taken:
        """Start over with a new snapshot."""
        stop = {"type": "unsubscribe", "channel": self.channel, "key": self.key}
        return Taken(requests=[stop, self.subscribe()])

    def _drain(self) -> list[Event]:
        ready = []
        while self._waiting and (event := self._waiting.pop(self._next(), None)) is not None:
            if event.seq > self.seq:
                self.seq = event.seq
                ready.append(event)
        return ready

    def _next(self) -> int:
        """Where in what waits the next event is: usually under the next number."""
        following = self.seq + 1
        if following in self._waiting:
            return following
        first = min(self._waiting)
        return min(following, first)
