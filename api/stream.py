"""The stream's hub: numbers each change, keeps the last ones, hands them to those who listen.

The one idea: `seq` counts without a gap per (channel, key); a change is written as JSON once and the
same text goes to everybody. A listener has a bounded queue of its own, so one who reads too slowly
is told to start over and is let go, and nobody else notices.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from api.answers import Answer
from api.auth import Access
from api.live import LiveMarket
from api.permissions import CHANNELS, Channel, Reach
from market.model.clock import Clock
from market.model.interval import moment_text
from market.model.participant import Role
from market.sequencer import Published

HELD_MAX: Final = 1_000
"""Changes per channel and key that can be sent again: a reader may be away for minutes."""
HELD_ROWS_MAX: Final = 20_000
"""The same as rows, since one change may hold thousands: some ten MB for one channel and key."""
QUEUE_MAX: Final = 2_000
"""Messages that may wait for one reader. More means it does not keep up."""
QUEUE_CHARACTERS_MAX: Final = 8_000_000
"""The same as memory: 10,000 such readers would still be the exception, one is nothing."""
ASKED_MAX: Final = 16
"""Messages that may wait when the reader's next request is looked at. Who asks for more than it
reads waits for itself, and the server does not work ahead for it."""
SUBSCRIPTIONS_MAX: Final = 256
"""Channels and keys on one socket; a gateway or an aggregator opens more sockets."""

Key = tuple[Channel, str]


class Envelopes:
    """Writes messages; the shape is the same for all of them."""

    def __init__(self, epoch: int, clock: Clock) -> None:
        self.epoch = epoch
        self._clock = clock

    def text(
        self,
        kind: str,
        data: Any,  # noqa: ANN401 - whatever the message carries
        *,
        key: Key | None = None,
        seq: int | None = None,
        ts: str | None = None,
    ) -> str:
        """One message as JSON."""
        message = {
            "type": kind,
            "channel": None if key is None else key[0].value,
            "key": None if key is None else key[1],
            "epoch": self.epoch,
            "seq": seq,
            "ts": ts or moment_text(self._clock.now_us()),
            "data": data,
        }
        return msgspec.json.encode(message).decode()


class Listener:
    """One reader: its subscriptions and what waits to be sent to it."""

    def __init__(self, access: Access | None) -> None:
        self.access = access
        self.topics: dict[Key, Topic] = {}
        self.evicted = False
        """True: it read too slowly and gets nothing more but the word to start over."""
        self.ended = False
        """True: the server closes."""
        self._waiting: deque[str] = deque()
        self._characters = 0
        self._ready = asyncio.Event()
        self._drained = asyncio.Event()

    def offer(self, text: str) -> None:
        """Put a message into the queue; when it does not fit, the reader is let go."""
        if self.evicted:
            return
        self._characters += len(text)
        if len(self._waiting) >= QUEUE_MAX or self._characters > QUEUE_CHARACTERS_MAX:
            self.evict()
            return
        self._waiting.append(text)
        self._ready.set()

    def evict(self) -> None:
        """Forget what waits; the sender notices and ends the socket."""
        self.evicted = True
        self._waiting.clear()
        self._ready.set()
        self._drained.set()

    def close(self) -> None:
        """Nothing more will come: the server ends."""
        self.ended = True
        self._ready.set()
        self._drained.set()

    async def drained(self) -> None:
        """Return once little waits for this reader. Always lets others go first."""
        await asyncio.sleep(0)
        while len(self._waiting) > ASKED_MAX and not self.evicted:
            self._drained.clear()
            await self._drained.wait()

    async def next(self) -> str | None:
        """The next message to send; None: the reader was let go, or the server ends."""
        while not self._waiting:
            if self.evicted or self.ended:
                return None
            self._ready.clear()
            await self._ready.wait()
        text = self._waiting.popleft()
        self._characters -= len(text)
        if len(self._waiting) <= ASKED_MAX:
            self._drained.set()
        return text


@dataclass(slots=True)
class _Held:
    seq: int
    ts: str
    data: Answer

    @property
    def rows(self) -> int:
        """How much it holds."""
        return 1 + len(self.data.get("items", ())) + len(self.data.get("setpoints", ()))


@dataclass(slots=True)
class Topic:
    """One channel and key: its number and who listens."""

    key: Key
    seq: int = 0
    listeners: dict[Listener, None] = field(default_factory=dict)
    held: deque[_Held] | None = None
    """The last changes; None until somebody listens for the first time."""
    held_rows: int = 0

    def hold(self, change: _Held) -> None:
        """Keep a change for those who miss it, and forget the oldest beyond the bounds."""
        held = self.held
        assert held is not None, "only what somebody listens to is held"
        held.append(change)
        self.held_rows += change.rows
        while len(held) > HELD_MAX or (self.held_rows > HELD_ROWS_MAX and len(held) > 1):
            self.held_rows -= held.popleft().rows


class Hub:
    """All channels of one market."""

    def __init__(
        self,
        live: LiveMarket,
        *,
        epoch: int,
        clock: Clock,
        on_fault: Callable[[BaseException], None],
    ) -> None:
        self.live = live
        self.envelopes = Envelopes(epoch, clock)
        self._clock = clock
        self._on_fault = on_fault
        self._topics: dict[Key, Topic] = {}
        self.listeners: dict[Listener, None] = {}

    def published(self, published: Published) -> None:
        """Follow an event of the market. Called by the sequencer, in order, without gaps."""
        try:
            changes = self.live.apply(published.event, published.now_us, published.event_seq)
            ts = moment_text(published.now_us)
            for channel, key, make in changes:
                self._change((channel, key), ts, published.event_seq, make)
        except BaseException as fault:
            # A hub that has missed an event would tell everybody something that is not so.
            self._on_fault(fault)
            raise

    def _change(self, key: Key, ts: str, event_seq: int, make: Callable[[], Answer]) -> None:
        topic = self._topic(key)
        topic.seq += 1
        if topic.held is None:
            return  # nobody has ever listened, so nobody can ask for it again either
        data = {**make(), "event_seq": event_seq}
        topic.hold(_Held(topic.seq, ts, data))
        if topic.listeners:
            text = self.envelopes.text("delta", data, key=key, seq=topic.seq, ts=ts)
            for listener in topic.listeners:
                listener.offer(text)

    def _topic(self, key: Key) -> Topic:
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = Topic(key)
        return topic

    # --- what readers ask -----------------------------------------------------------

    def may_read(self, access: Access | None, channel: Channel, key: str) -> bool:
        """True when the key exists and is the reader's to see; both answer alike otherwise."""
        if not self.live.is_key(channel, key):
            return False
        permission = CHANNELS[channel]
        if permission.public:
            return True
        if access is None:
            return False
        who = access.principal
        reach = permission.reach.get(who.role)
        if reach is None or who.market_id not in {None, self.live.rules.market_id}:
            return False
        return reach is Reach.ALL or self._is_own(who.role, access, channel, key)

    def _is_own(self, role: Role, access: Access, channel: Channel, key: str) -> bool:
        who = access.principal
        match channel:
            case Channel.ACCOUNT:
                return role is Role.PARTICIPANT and who.participant_id == key
            case Channel.AREA:
                return role is Role.AREA and who.area_id == key
            case Channel.UNIT:
                unit = self.live.units[key]
                return (
                    (role is Role.PARTICIPANT and unit.participant_id == who.participant_id)
                    or (role is Role.AREA and unit.area_id == who.area_id)
                    or (role is Role.DEVICE and unit.unit_id == who.unit_id)
                )
            case Channel.MARKET | Channel.TRADES:
                return True

    def subscribe(self, listener: Listener, key: Key, from_seq: int | None) -> None:
        """Begin to send a channel: with a snapshot, or from a number that is still held."""
        topic = self._topic(key)
        if topic.held is None:
            topic.held = deque()
        listener.topics[key] = topic
        topic.listeners[listener] = None
        missed = None if from_seq is None else self._held(topic, from_seq, topic.seq)
        if missed is not None:
            self._send_again(listener, topic, missed, "delta")
            return
        data = self.live.snapshot(key[0], key[1], self._clock.now_us())
        listener.offer(self.envelopes.text("snapshot", data, key=key, seq=topic.seq))

    def unsubscribe(self, listener: Listener, key: Key) -> None:
        """Send a channel no longer."""
        topic = listener.topics.pop(key, None)
        if topic is not None:
            topic.listeners.pop(listener, None)

    def resend(self, listener: Listener, key: Key, first: int, last: int) -> None:
        """Send changes again; when they are no longer held the reader must start over."""
        topic = listener.topics[key]
        missed = self._held(topic, first, min(last, topic.seq))
        if missed is None:
            self.unsubscribe(listener, key)
            data = {"expected": first, "current": topic.seq, "reason": "not_held"}
            text = self.envelopes.text("resync_required", data, key=key, seq=topic.seq)
            listener.offer(text)
            return
        self._send_again(listener, topic, missed, "resend")

    def _held(self, topic: Topic, first: int, last: int) -> list[_Held] | None:
        """The changes first…last; None when one of them is not held or has not happened."""
        held = topic.held or ()
        oldest = held[0].seq if held else topic.seq + 1
        if not oldest <= first <= topic.seq + 1:
            return None
        return [item for item in held if first <= item.seq <= last]

    def _send_again(
        self, listener: Listener, topic: Topic, missed: Iterable[_Held], kind: str
    ) -> None:
        for item in missed:
            listener.offer(
                self.envelopes.text(kind, item.data, key=topic.key, seq=item.seq, ts=item.ts)
            )

    def recheck(self, listener: Listener) -> list[Key]:
        """End the subscriptions a reader may not have any more; gives their keys."""
        lost = [key for key in listener.topics if not self.may_read(listener.access, *key)]
        for key in lost:
            self.unsubscribe(listener, key)
        return lost

    def join(self, listener: Listener) -> None:
        """Note a reader."""
        self.listeners[listener] = None

    def leave(self, listener: Listener) -> None:
        """Forget a reader and its subscriptions."""
        for key in tuple(listener.topics):
            self.unsubscribe(listener, key)
        self.listeners.pop(listener, None)

    def slow_reader_text(self) -> str:
        """The last message to a reader who does not keep up."""
        data = {"expected": None, "current": None, "reason": "slow_reader"}
        return self.envelopes.text("resync_required", data)
