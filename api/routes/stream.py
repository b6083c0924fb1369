"""One websocket: authenticate, subscribe, listen.

The one idea: three things go on at once (reading what the client says, sending what waits, the
heartbeat), and whichever ends first ends the socket with its code. Nothing a client does or leaves
undone can hold up the market: its queue is bounded and its slowness is its own.
"""
# house: long because one socket's conversation is read in one place.

import asyncio
import contextlib
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.access.auth import Access
from api.access.permissions import MARKET, Channel
from api.access.throttle import Kind
from api.house.house import House, OpenMarket
from api.house.liveness import GRACE_S_MAX
from api.routes.server import clock_reading
from api.stream.conversation import (
    DECODER,
    LOGGED_OUT,
    NOT_UNDERSTOOD,
    REFUSED,
    SERVER_ENDS,
    SILENT,
    TOO_MANY,
    TOO_SLOW,
    Authenticate,
    Heartbeat,
    Logout,
    Message,
    Resend,
    Subscribe,
    Unsubscribe,
)
from api.stream.frames import port_of
from api.stream.hub import SUBSCRIPTIONS_MAX
from api.stream.listener import QUEUE_MAX, Listener
from api.stream.replay import Replay
from api.stream.topics import HELD_MAX, HELD_S, Held, Key, Topic, frame_of
from api.wire.errors import (
    PROBLEMS,
    RefusedError,
    detail_of,
    new_trace_id,
    problem_response,
    refuse,
)
from market.model.interval import MICROSECONDS, moment_text
from market.model.participant import Role
from market.model.rejection import Code

PATH: Final = f"{MARKET}/stream"
AUTHENTICATE_S: Final = 10.0
"""How long a new socket may stay silent; real time."""
SILENCE_S: Final = 15.0
"""How long a socket may stay silent later on: three heartbeats; real time."""
SLOW_S: Final = 5.0
"""How long a message may wait for a reader that does not read; real time."""
LAST_WORD_S: Final = 30.0
"""How long a slow reader may take to hear that it has to start over; real time."""
AGAIN_AT_ONCE: Final = 500
"""Changes sent again before the reader must have taken most of them."""
MESSAGE_BYTES_MAX: Final = 64 * 1024


class _Ended(Exception):
    """The socket ends with this code; None: the client has gone."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


async def stream(websocket: WebSocket) -> None:
    """Serve one socket until one of the two sides ends it."""
    house: House = websocket.app.state.house
    market = house.markets.get(websocket.path_params["market"])
    if market is None:
        await websocket.send_denial_response(_no_market())
        return
    await websocket.accept()
    await _Session(websocket, house, market).run()


def _no_market() -> Response:
    return problem_response(refuse(Code.NOT_FOUND), instance=PATH, trace_id=new_trace_id())


class _Session:
    """One socket's conversation."""

    def __init__(self, websocket: WebSocket, house: House, market: OpenMarket) -> None:
        self._websocket = websocket
        self._address = websocket.client.host if websocket.client else ""
        self._house = house
        self._hub = market.hub
        self._market_id = market.rules.market_id
        self._market = market
        self._port = port_of(websocket.scope)
        self._session_id: str | None = None
        self._logged_out = False
        self._area_id: str | None = None
        """The area whose own level speaks here; None: somebody else does."""
        self._listener = Listener(access=None, port=self._port, real_s=self._hub.real_s)

    async def run(self) -> None:
        """Talk until somebody ends it, then say why."""
        self._hub.join(self._listener)
        try:
            ended = await self._talk()
        finally:
            self._hub.leave(self._listener)
            if self._session_id is not None:
                self._market.liveness.end(self._session_id, orderly=self._logged_out)
        await self._say_goodbye(ended)

    async def _talk(self) -> _Ended:
        try:
            async with asyncio.timeout(AUTHENTICATE_S):
                await self._first_message()
        except TimeoutError:
            return _Ended(REFUSED, Code.AUTH_REQUIRED.value)
        except _Ended as ended:
            return ended
        tasks = [
            asyncio.create_task(act) for act in (self._read_all(), self._send_all(), self._beat())
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in done:
            fault = task.exception()
            if isinstance(fault, _Ended):
                return fault
            if fault is not None:
                raise fault
        raise AssertionError("a part of the conversation ended without a reason")

    async def _say_goodbye(self, ended: _Ended) -> None:
        if ended.code is None:
            return
        with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(LAST_WORD_S):
                if ended.code == TOO_SLOW:
                    await self._port.drained()
                    self._port.write_frame(self._hub.slow_reader_frame())
                await self._websocket.close(ended.code, ended.reason)

    # --- reading ------------------------------------------------------------------

    async def _message(self) -> Message:
        try:
            message = await self._websocket.receive()
        except WebSocketDisconnect:
            raise _Ended(None) from None
        if message["type"] == "websocket.disconnect":
            raise _Ended(None)
        text = message.get("text")
        if text is None:
            raise _Ended(NOT_UNDERSTOOD, "text messages only")
        try:
            decoded: Message = DECODER.decode(text)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise _Ended(NOT_UNDERSTOOD, "no message of this stream") from None
        return decoded

    async def _next_message(self) -> Message:
        try:
            async with asyncio.timeout(SILENCE_S):
                return await self._message()
        except TimeoutError:
            raise _Ended(SILENT, "nothing was heard") from None

    async def _first_message(self) -> None:
        message = await self._message()
        if not isinstance(message, Authenticate):
            raise _Ended(REFUSED, Code.AUTH_REQUIRED.value)
        self._authenticate(message)

    async def _read_all(self) -> None:
        while True:
            await self._listener.drained()
            said = await self._next_message()
            if self._area_id is not None:
                self._market.reach.hear(self._area_id)
            match said:
                case Authenticate() as message:
                    self._authenticate(message)
                case Subscribe() as message:
                    await self._subscribe(message)
                case Unsubscribe(channel=channel, key=key):
                    if (found := self._subscribed(channel, key)) is not None:
                        self._hub.unsubscribe(self._listener, found)
                case Resend() as message:
                    await self._resend(message)
                case Heartbeat():
                    pass
                case Logout():
                    self._logged_out = True
                    raise _Ended(LOGGED_OUT, "logged out")

    def _authenticate(self, message: Authenticate) -> None:
        access = self._access(message)
        if (unfit := self._house.access_fault(access)) is not None:
            raise _Ended(REFUSED, unfit.value)
        self._listener.access = access
        self._begin_session(message)
        self._offer("hello", self._hello())
        for lost in self._hub.recheck(self._listener):
            self._say_not_found(lost)

    def _access(self, message: Authenticate) -> Access | None:
        token, ticket = message.token, message.ticket
        if isinstance(token, msgspec.UnsetType) is isinstance(ticket, msgspec.UnsetType):
            raise _Ended(NOT_UNDERSTOOD, "either a token or a ticket")
        if isinstance(ticket, str):
            found = self._house.tickets.use(ticket)
            if found is None:
                raise _Ended(REFUSED, Code.TOKEN_INVALID.value)
            return found
        if not isinstance(token, str):
            return None
        try:
            return self._house.tokens.check(token)
        except RefusedError as fault:
            raise _Ended(REFUSED, fault.code.value) from None

    def _begin_session(self, message: Authenticate) -> None:
        """A participant's stream is a session on which orders may hang."""
        access, liveness = self._listener.access, self._market.liveness
        participant_id = None if access is None else access.principal.participant_id
        if participant_id is not None and self._session_id is None:
            self._session_id = liveness.begin(participant_id)
        if self._session_id is not None:
            grace_s = min(max(message.disconnect_grace_s, 0), GRACE_S_MAX)
            liveness.set_grace(self._session_id, grace_s)

    def _hello(self) -> dict[str, object]:
        access = self._listener.access
        now_s = self._house.real_time_s()
        return {
            "market_id": self._market_id,
            "session_id": self._session_id,
            "role": None if access is None else access.principal.role.value,
            "expires_in": None if access is None else int(access.ends_s - now_s),
            **_clock_part(self._house),
            "server_time": moment_text(int(now_s * MICROSECONDS)),
            "heartbeat_s": self._house.heartbeat_s,
            "subscriptions_max": SUBSCRIPTIONS_MAX,
            "limits": {
                "subscriptions": SUBSCRIPTIONS_MAX,
                "message_bytes": MESSAGE_BYTES_MAX,
                "silence_s": SILENCE_S,
                "unsent_messages": QUEUE_MAX,
                "unsent_s": SLOW_S,
                "held_messages": HELD_MAX,
                "held_s": HELD_S,
            },
            **self._budgets(),
        }

    def _budgets(self) -> dict[str, object]:
        """What is left of one's own budgets; nothing for those without a token."""
        access = self._listener.access
        if access is None:
            return {}
        return {"budgets": self._house.throttles.usage(access.principal, self._address)}

    def _pays(self, key: Key | None) -> bool:
        """Pay for one subscription or resend; False: the client was told to wait."""
        access = self._listener.access
        throttles = self._house.throttles
        try:
            purse = throttles.purse(None if access is None else access.principal, self._address)
            throttles.spend(purse, Kind.SUBSCRIBE)
        except RefusedError as refused:
            (fault,) = refused.rejections
            data = {"code": fault.code.value, "detail": detail_of(fault), **fault.parameters}
            self._offer("error", data, key)
            return False
        return True

    async def _subscribe(self, message: Subscribe) -> None:
        key = _key(message.channel, message.key)
        if not self._pays(key):
            return
        if key is None or not self._hub.may_read(self._listener.access, *key):
            self._say_not_found(key)
            return
        topics = self._topics
        if key not in topics and len(topics) >= SUBSCRIPTIONS_MAX:
            raise _Ended(TOO_MANY, f"at most {SUBSCRIPTIONS_MAX} subscriptions")
        from_seq = message.from_seq
        if from_seq is not None:
            from_seq = await self._catch_up(key, from_seq)
        self._hub.subscribe(self._listener, key, from_seq)
        access = self._listener.access
        if key[0] is Channel.AREA and access is not None and access.principal.role is Role.AREA:
            self._area_id = key[1]
            self._market.reach.hear(key[1])

    async def _catch_up(self, key: Key, from_seq: int) -> int | None:
        """Send what is held, until few are missing: those go with the subscription.

        None: they are not held any more.
        """
        self._hub.unsubscribe(self._listener, key)
        topic = self._hub.topic(key)
        while (missed := topic.find(from_seq, topic.seq)) is not None:
            if len(missed) <= AGAIN_AT_ONCE:
                return from_seq
            for item in missed[:AGAIN_AT_ONCE]:
                self._listener.offer(frame_of("delta", item.rest))
            from_seq += AGAIN_AT_ONCE
            await self._listener.drained()
        return None

    @property
    def _topics(self) -> dict[Key, Topic]:
        return self._hub.topics_of(self._listener)

    def _subscribed(self, channel: str, key: str) -> Key | None:
        found = _key(channel, key)
        return found if found in self._topics else None

    async def _resend(self, message: Resend) -> None:
        """Send changes again: from memory, an account's from the journal too."""
        key = self._subscribed(message.channel, message.key)
        if not self._pays(key):
            return
        if key is None:
            self._say_not_found(None)
            return
        topic = self._topics[key]
        first, last = message.first, min(message.last, topic.seq)
        missed = topic.find(first, last)
        if missed is not None:
            await self._send_again(missed)
            return
        start = topic.checkpoint_before(first) if first <= last else None
        if start is None:
            self._hub.give_up(self._listener, key, first)
            return
        minutes = self._market.rules.interval_minutes
        await self._replay(topic, Replay(start, minutes, first=first, last=last))

    async def _send_again(self, missed: list[Held]) -> None:
        for number, item in enumerate(missed, start=1):
            self._listener.offer(frame_of("resend", item.rest))
            if number % AGAIN_AT_ONCE == 0:
                await self._listener.drained()

    async def _replay(self, topic: Topic, replay: Replay) -> None:
        readers = self._market.sequencer.readers
        while topic.key in self._topics:
            async with self._hub.replaying:
                # A pool of its own: solving auctions may keep the event loop's few threads busy.
                found = await run_in_threadpool(replay.step, readers)
            if found is None:
                return
            for item in found:
                frame = self._hub.envelopes.frame(
                    "resend", item.data, key=topic.key, seq=item.seq, ts=item.ts
                )
                self._listener.offer(frame)
                await self._listener.drained()

    # --- sending --------------------------------------------------------------------

    async def _send_all(self) -> None:
        """What could not be written at once: as soon as the socket takes it, or never."""
        listener, port = self._listener, self._port
        try:
            while await listener.waits():
                async with asyncio.timeout(listener.oldest_s + SLOW_S - self._hub.real_s()):
                    await port.drained()
                while listener.lags and port.takes:
                    if (frame := listener.take()) is not None:
                        port.write_frame(frame)
        except TimeoutError:
            listener.evict()
        if listener.refused is not None:
            raise _Ended(REFUSED, listener.refused)
        raise _Ended(TOO_SLOW if listener.evicted else SERVER_ENDS)

    async def _beat(self) -> None:
        """Tell the number of every subscription, so that silence cannot hide a lost message."""
        while True:
            await asyncio.sleep(self._house.heartbeat_s)
            fault = self._house.access_fault(self._listener.access)
            if fault is not None:
                raise _Ended(REFUSED, fault.value)
            for lost in self._hub.recheck(self._listener):
                self._say_not_found(lost)
            self._hub.check_books()
            topics = self._topics
            seqs = {f"{channel.value}.{key}": t.seq for (channel, key), t in topics.items()}
            self._offer("heartbeat", {"seqs": seqs, **_clock_part(self._house), **self._budgets()})

    def _offer(self, kind: str, data: object, key: Key | None = None) -> None:
        self._listener.offer(self._hub.envelopes.frame(kind, data, key=key))

    def _say_not_found(self, key: Key | None) -> None:
        """A channel that does not exist and one that is not the reader's: the same words."""
        data = {"code": Code.NOT_FOUND.value, "detail": PROBLEMS[Code.NOT_FOUND].title}
        self._offer("error", data, key)


def _key(channel: str, key: str) -> Key | None:
    """A channel and key by their names; None: there is no such channel."""
    try:
        return Channel(channel), key
    except ValueError:
        return None


def _clock_part(house: House) -> dict[str, object]:
    reading = clock_reading(house)
    return {name: reading[name] for name in ("now", "running", "speed")}
