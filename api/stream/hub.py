"""The stream's hub: numbers each change, keeps the last ones, hands them to those who listen.

The one idea: `seq` counts without a gap per (channel, key); a change is written as JSON once and the
same bytes go to everybody. A listener that lags has a queue of its own, so one who reads too slowly
is told to start over and is let go, and nobody else notices. Depth is different: who lags there
gets what stands at each level when its turn comes, in one message that says which it stands for.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from api.access.auth import Access
from api.access.permissions import CHANNELS, Channel, Reach
from api.answers.values import Answer
from api.channels.deltas import Delta
from api.channels.live import LiveMarket
from api.stream.listener import Listener
from api.stream.topics import CHECKPOINT_EVERY, Checkpoint, Envelopes, Held, Key, Topic, frame_of
from market.model.clock import Clock
from market.model.interval import moment_text
from market.model.participant import Role
from market.sequencer import Published

SUBSCRIPTIONS_MAX: Final = 256
"""Channels and keys on one socket; a gateway or an aggregator opens more sockets."""
CHECK_EVERY: Final = 100
"""Changes of a book between two checksums ..."""
CHECK_S: Final = 10.0
"""... or this long after the first one since; real seconds."""


class Hub:
    """All channels of one market."""

    def __init__(
        self,
        live: LiveMarket,
        *,
        epoch: int,
        clock: Clock,
        on_fault: Callable[[BaseException], None],
        real_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.live = live
        self.envelopes = Envelopes(epoch, clock)
        self.real_s = real_s
        self._clock = clock
        self._on_fault = on_fault
        self._topics: dict[Key, Topic] = {}
        self._flushing = False
        """True: the books are told as soon as the batch is through."""
        self._unchecked: dict[Topic, None] = {}
        """Books with changes since their last checksum."""
        self.replaying = asyncio.Lock()
        """Held by who reads the journal for a replay: one at a time is enough work."""
        self.listeners: dict[Listener, dict[Key, Topic]] = {}
        """Everybody here, and what each listens to."""

    def published(self, published: Published) -> None:
        """Follow an event of the market. Called by the sequencer, in order, without gaps."""
        try:
            changes = self.live.apply(published.event, published.now_us, published.event_seq)
            ts = moment_text(published.now_us)
            told = [
                topic
                for channel, key, make in changes
                if (topic := self._change((channel, key), ts, published.event_seq, make))
            ]
            # Only now: the changes of one event belong together.
            for topic in told:
                self._after(topic)
            if self.live.books.is_dirty and not self._flushing:
                # After the batch: its other events follow at once.
                self._flushing = True
                asyncio.get_running_loop().call_soon(self.flush_books)
        except BaseException as fault:
            # A hub that has missed an event would tell everybody something that is not so.
            self._on_fault(fault)
            raise

    def flush_books(self) -> None:
        """Tell what books show differently since the last time."""
        self._flushing = False
        self.tell(self.live.flush_books())

    def tell(self, changes: Iterable[Delta]) -> None:
        """Tell what is no event of the market: it is true now, and nobody keeps it."""
        try:
            ts = moment_text(self._clock.now_us())
            for channel, key, make in changes:
                topic = self._change((channel, key), ts, self.live.event_seq, make)
                if topic is not None:
                    self._after(topic)
        except BaseException as fault:
            self._on_fault(fault)
            raise

    def _change(
        self, key: Key, ts: str, event_seq: int, make: Callable[[], Answer]
    ) -> Topic | None:
        topic = self.topic(key)
        topic.seq += 1
        if not topic.wanted():
            return None  # nobody listens, so nobody can ask for it again either
        self._tell(topic, ts, {**make(), "event_seq": event_seq})
        return topic

    def _tell(self, topic: Topic, ts: str, data: Answer) -> None:
        """Write the change with the topic's number, keep it, and send it to everybody."""
        is_book = topic.key[0] is Channel.BOOK
        rest = self.envelopes.rest(data, key=topic.key, seq=topic.seq, ts=ts)
        topic.hold(Held(topic.seq, self.real_s(), rest, data if is_book else None))
        if not topic.listeners:
            return
        frame = frame_of("delta", rest)
        if not is_book:
            for listener in topic.listeners:
                listener.offer(frame)
            return
        for listener in topic.listeners:
            if not listener.write(frame):
                listener.conflate(topic, partial(self._conflated, listener, topic, topic.seq))

    def _after(self, topic: Topic) -> None:
        """A checksum when it is due, a state to replay from when that is."""
        channel = topic.key[0]
        if channel is Channel.BOOK:
            topic.unchecked += 1
            if topic.unchecked == 1:
                topic.checked_s = self.real_s()
                self._unchecked[topic] = None
            if topic.unchecked >= CHECK_EVERY:
                self._check(topic)
        elif (
            channel is Channel.ACCOUNT and topic.seq - topic.checkpoints[-1].seq >= CHECKPOINT_EVERY
        ):
            topic.checkpoints.append(self._checkpoint(topic))

    def _checkpoint(self, topic: Topic) -> Checkpoint:
        state = self.live.accounts.state(topic.key[1])
        return Checkpoint(topic.seq, self.live.event_seq, state)

    def check_books(self) -> None:
        """Tell checksums that have been due for a while. Called with every heartbeat."""
        due_s = self.real_s() - CHECK_S
        for topic in [topic for topic in self._unchecked if topic.checked_s <= due_s]:
            self._check(topic)

    def _check(self, topic: Topic) -> None:
        topic.unchecked = 0
        self._unchecked.pop(topic, None)
        topic.seq += 1
        if topic.wanted():
            data = {**self.live.books.check(topic.key[1]), "event_seq": self.live.event_seq}
            self._tell(topic, moment_text(self._clock.now_us()), data)

    def topic(self, key: Key) -> Topic:
        """A channel and key; made when it is asked for."""
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = Topic(key, self.real_s)
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
            case _:  # of the market as a whole: own to everybody of the market
                return True

    def topics_of(self, listener: Listener) -> dict[Key, Topic]:
        """What a reader listens to."""
        return self.listeners[listener]

    def subscribe(self, listener: Listener, key: Key, from_seq: int | None) -> None:
        """Begin to send a channel: with a snapshot, or from a number that is still held."""
        topic = self.topic(key)
        if not topic.wanted():
            topic.held = deque()
            if key[0] is Channel.ACCOUNT:
                topic.checkpoints.append(self._checkpoint(topic))
        self.listeners[listener][key] = topic
        topic.listeners[listener] = None
        listener.forget(topic)
        missed = None if from_seq is None else topic.find(from_seq, topic.seq)
        if missed is not None:
            for item in missed:
                listener.offer(frame_of("delta", item.rest))
        else:
            frame = self._snapshot(topic)
            if key[0] is not Channel.BOOK:
                listener.offer(frame)
            elif not listener.write(frame):
                listener.conflate(topic, partial(self._snapshot, topic))

    def _snapshot(self, topic: Topic) -> bytes:
        data = self.live.snapshot(*topic.key, self._clock.now_us())
        return self.envelopes.frame("snapshot", data, key=topic.key, seq=topic.seq)

    def _conflated(self, listener: Listener, topic: Topic, first: int) -> bytes | None:
        """All that happened to a book since `first` in one message: the latest of each level."""
        if topic.key not in self.listeners.get(listener, {}):
            return None
        missed = topic.find(first, topic.seq)
        if missed is None:
            return self._snapshot(topic)
        items = [item.data for item in missed if item.data is not None]
        data = {**self.live.books.merge(topic.key[1], items), "since": first}
        data["event_seq"] = self.live.event_seq
        return self.envelopes.frame("delta", data, key=topic.key, seq=topic.seq)

    def unsubscribe(self, listener: Listener, key: Key) -> None:
        """Send a channel no longer."""
        topic = self.listeners[listener].pop(key, None)
        if topic is not None:
            listener.forget(topic)
            topic.listeners.pop(listener, None)
            topic.left_s = self.real_s()

    def give_up(self, listener: Listener, key: Key, first: int) -> None:
        """Changes asked for again are not held any more: the reader must start over."""
        topic = self.listeners[listener][key]
        self.unsubscribe(listener, key)
        data = {"expected": first, "current": topic.seq, "reason": "not_held"}
        frame = self.envelopes.frame("resync_required", data, key=key, seq=topic.seq)
        listener.offer(frame)

    def recheck(self, listener: Listener) -> list[Key]:
        """End the subscriptions a reader may not have any more; gives their keys."""
        lost = [key for key in self.listeners[listener] if not self.may_read(listener.access, *key)]
        for key in lost:
            self.unsubscribe(listener, key)
        return lost

    def join(self, listener: Listener) -> None:
        """Note a reader."""
        self.listeners[listener] = {}

    def leave(self, listener: Listener) -> None:
        """Forget a reader and its subscriptions."""
        for key in tuple(self.listeners[listener]):
            self.unsubscribe(listener, key)
        del self.listeners[listener]

    def slow_reader_frame(self) -> bytes:
        """The last message to a reader who does not keep up."""
        data = {"expected": None, "current": None, "reason": "slow_reader"}
        return self.envelopes.frame("resync_required", data)
