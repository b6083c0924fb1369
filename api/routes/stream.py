"""One websocket: authenticate, subscribe, listen.

The one idea: three things go on at once (reading what the client says, sending what waits, the
heartbeat), and whichever ends first ends the socket with its code. Nothing a client does or leaves
undone can hold up the market: its queue is bounded and its slowness is its own.
"""

import asyncio
import contextlib
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.errors import PROBLEMS, RefusedError, new_trace_id, problem_response, refuse
from api.house import House, OpenMarket
from api.permissions import MARKET, Channel
from api.routes.server import clock_reading
from api.stream import SUBSCRIPTIONS_MAX, Key, Listener
from market.model.rejection import Code

PATH: Final = f"{MARKET}/stream"
AUTHENTICATE_S: Final = 10.0
"""How long a new socket may stay silent; real time."""
SLOW_S: Final = 5.0
"""How long one message may wait for the reader's buffers; real time."""
LAST_WORD_S: Final = 30.0
"""How long a slow reader may take to hear that it has to start over; real time."""

REFUSED: Final = 4001
NOT_UNDERSTOOD: Final = 4003
TOO_SLOW: Final = 4008
TOO_MANY: Final = 4009
SERVER_ENDS: Final = 1012


class _Authenticate(msgspec.Struct, tag_field="type", tag="authenticate"):
    token: str | None


class _Subscribe(msgspec.Struct, tag_field="type", tag="subscribe"):
    channel: str
    key: str
    from_seq: int | None = None


class _Unsubscribe(msgspec.Struct, tag_field="type", tag="unsubscribe"):
    channel: str
    key: str


class _Resend(msgspec.Struct, tag_field="type", tag="resend"):
    channel: str
    key: str
    first: int = msgspec.field(name="from")
    last: int = msgspec.field(name="to")


class _Heartbeat(msgspec.Struct, tag_field="type", tag="heartbeat"):
    pass


_Message = _Authenticate | _Subscribe | _Unsubscribe | _Resend | _Heartbeat
_DECODER: Final = msgspec.json.Decoder(_Message)


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
        self._house = house
        self._hub = market.hub
        self._market_id = market.rules.market_id
        self._listener = Listener(access=None)

    async def run(self) -> None:
        """Talk until somebody ends it, then say why."""
        self._hub.join(self._listener)
        try:
            ended = await self._talk()
        finally:
            self._hub.leave(self._listener)
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
                    await self._send(self._hub.slow_reader_text())
                await self._websocket.close(ended.code, ended.reason)

    # --- reading ------------------------------------------------------------------

    async def _message(self) -> _Message:
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
            decoded: _Message = _DECODER.decode(text)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise _Ended(NOT_UNDERSTOOD, "no message of this stream") from None
        return decoded

    async def _first_message(self) -> None:
        message = await self._message()
        if not isinstance(message, _Authenticate):
            raise _Ended(REFUSED, Code.AUTH_REQUIRED.value)
        self._authenticate(message)

    async def _read_all(self) -> None:
        while True:
            await self._listener.drained()
            match await self._message():
                case _Authenticate() as message:
                    self._authenticate(message)
                case _Subscribe() as message:
                    self._subscribe(message)
                case _Unsubscribe(channel=channel, key=key):
                    if (found := self._subscribed(channel, key)) is not None:
                        self._hub.unsubscribe(self._listener, found)
                case _Resend(channel=channel, key=key, first=first, last=last):
                    if (found := self._subscribed(channel, key)) is not None:
                        self._hub.resend(self._listener, found, first, last)
                    else:
                        self._say_not_found(None)
                case _Heartbeat():
                    pass

    def _authenticate(self, message: _Authenticate) -> None:
        access = None
        if message.token is not None:
            try:
                access = self._house.tokens.check(message.token)
            except RefusedError as fault:
                raise _Ended(REFUSED, fault.code.value) from None
        self._listener.access = access
        self._offer("hello", self._hello())
        for lost in self._hub.recheck(self._listener):
            self._say_not_found(lost)

    def _hello(self) -> dict[str, object]:
        access = self._listener.access
        left_s = None if access is None else int(access.ends_s - self._house.real_time_s())
        return {
            "market_id": self._market_id,
            "role": None if access is None else access.principal.role.value,
            "expires_in": left_s,
            **_clock_part(self._house),
            "heartbeat_s": self._house.heartbeat_s,
            "subscriptions_max": SUBSCRIPTIONS_MAX,
        }

    def _subscribe(self, message: _Subscribe) -> None:
        key = _key(message.channel, message.key)
        if key is None or not self._hub.may_read(self._listener.access, *key):
            self._say_not_found(key)
            return
        topics = self._listener.topics
        if key not in topics and len(topics) >= SUBSCRIPTIONS_MAX:
            raise _Ended(TOO_MANY, f"at most {SUBSCRIPTIONS_MAX} subscriptions")
        self._hub.subscribe(self._listener, key, message.from_seq)

    def _subscribed(self, channel: str, key: str) -> Key | None:
        found = _key(channel, key)
        return found if found in self._listener.topics else None

    # --- sending --------------------------------------------------------------------

    async def _send(self, text: str) -> None:
        await self._websocket.send({"type": "websocket.send", "text": text})

    async def _send_all(self) -> None:
        try:
            while (text := await self._listener.next()) is not None:
                async with asyncio.timeout(SLOW_S):
                    await self._send(text)
        except TimeoutError:
            self._listener.evict()
        except WebSocketDisconnect:
            raise _Ended(None) from None
        raise _Ended(TOO_SLOW if self._listener.evicted else SERVER_ENDS)

    async def _beat(self) -> None:
        """Tell the number of every subscription, so that silence cannot hide a lost message."""
        while True:
            await asyncio.sleep(self._house.heartbeat_s)
            access = self._listener.access
            if access is not None and self._house.real_time_s() >= access.ends_s:
                raise _Ended(REFUSED, Code.TOKEN_EXPIRED.value)
            for lost in self._hub.recheck(self._listener):
                self._say_not_found(lost)
            topics = self._listener.topics
            seqs = {f"{channel.value}.{key}": t.seq for (channel, key), t in topics.items()}
            self._offer("heartbeat", {"seqs": seqs, **_clock_part(self._house)})

    def _offer(self, kind: str, data: object, key: Key | None = None) -> None:
        self._listener.offer(self._hub.envelopes.text(kind, data, key=key))

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
