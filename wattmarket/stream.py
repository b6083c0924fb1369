"""The market's stream for a program: an asynchronous iterator that never has a hole.

The one idea: whatever happens (a lost message, a cut, a server that starts anew), the reader sees
either the next message or a fresh snapshot that replaces what it knew. The rule for the numbers is
in `feed.py`, the books and their checksums are in `book.py`; here are the socket, the token, the
heartbeat and the waiting before a new attempt.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from wattmarket.book import CHANNEL, Book
from wattmarket.errors import RefusedError, StreamError, UnreachableError
from wattmarket.feed import Event, Feed, Taken
from wattmarket.session import REFRESH_BEFORE_S, AwaitingSession

SILENCE_S = 15.0
"""Three heartbeats: a socket silent for longer is given up."""
PAUSE_FIRST_S = 0.1
PAUSE_MAX_S = 5.0
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
"""A snapshot of a whole day of intervals is large; the server's own limit is for what it is sent."""
TOKEN_REFUSED = 4001
FINAL_CODES = {4003: "the server did not understand a message", 4009: "too many subscriptions"}


class MarketStream:
    """Channels of one market, followed through cuts and restarts.

    Use as asynchronous context manager and iterate; leaving it closes the socket, which is a cut for
    orders that hang on the session unless `logout` was said.
    """

    def __init__(
        self,
        *,
        address: str,
        subscriptions: Iterable[tuple[str, str]],
        session: AwaitingSession,
        disconnect_grace_s: int = 0,
    ) -> None:
        self._address = address
        self._session = session
        self._grace_s = disconnect_grace_s
        self.session_id: str | None = None
        """A participant's session while connected, on which orders may hang; another one after a cut."""
        self._feeds = {pair: Feed(*pair) for pair in subscriptions}
        self.books: dict[str, Book] = {}
        """The books followed, by key, as they stand after the last event."""
        self.mismatches = 0
        """How often a book did not add up and was asked for anew."""
        self._socket: ClientConnection | None = None
        self._logged_out = False
        self._events = self._follow()
        # Only spreads out the attempts of many clients; nothing is decided by it.
        self._jitter = random.Random()  # noqa: S311  # no secret

    async def subscribe(self, channel: str, key: str) -> None:
        """Follow one more channel; its snapshot comes as an event."""
        feed = self._feeds.setdefault((channel, key), Feed(channel, key))
        if self._socket is not None:
            await self._send(self._socket, feed.subscribe())

    async def unsubscribe(self, channel: str, key: str) -> None:
        """Follow a channel no longer."""
        if channel == CHANNEL:
            self.books.pop(key, None)
        if self._feeds.pop((channel, key), None) is not None and self._socket is not None:
            await self._send(self._socket, {"type": "unsubscribe", "channel": channel, "key": key})

    async def logout(self) -> None:
        """End in good order: orders that hang on the session stay, and the iteration ends."""
        self._logged_out = True
        if self._socket is not None:
            await self._send(self._socket, {"type": "logout"})

    def __aiter__(self) -> AsyncIterator[Event]:
        """Events, in order, without a hole, for as long as one reads."""
        return self._events

    async def __aenter__(self) -> "MarketStream":
        """Nothing is sent yet; the first event asked for opens the socket."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the socket."""
        await self._events.aclose()

    async def _follow(self) -> AsyncGenerator[Event, None]:
        """Connect, read until the socket ends, wait a little, again."""
        refused_tokens, pause_s = 0, PAUSE_FIRST_S
        while not self._logged_out:
            try:
                async with connect(
                    self._address, max_size=MESSAGE_BYTES_MAX, compression=None, ping_interval=None
                ) as socket:
                    self._socket = socket
                    async for event in self._read(socket):
                        refused_tokens, pause_s = 0, PAUSE_FIRST_S
                        yield event
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd is not None else None
                if code in FINAL_CODES:
                    raise StreamError(f"{FINAL_CODES[code]} ({code})") from closed
                if code == TOKEN_REFUSED:
                    self._session.forget_token()
                    refused_tokens += 1
                    if refused_tokens > 1:
                        raise StreamError("the server takes no token of ours (4001)") from closed
            except (OSError, TimeoutError, InvalidHandshake, InvalidMessage, UnreachableError):
                pass
            finally:
                self._socket = self.session_id = None
            await asyncio.sleep(self._jitter.uniform(PAUSE_FIRST_S, pause_s + PAUSE_FIRST_S))
            pause_s = min(PAUSE_MAX_S, pause_s * 2)

    async def _read(self, socket: ClientConnection) -> AsyncIterator[Event]:
        await self._authenticate(socket)
        for feed in self._feeds.values():
            await self._send(socket, feed.subscribe())
        while True:
            async with asyncio.timeout(SILENCE_S):
                raw = await socket.recv(decode=False)
            message = msgspec.json.decode(raw)
            taken = self._take(message)
            for request in taken.requests:
                await self._send(socket, request)
            for event in taken.events:
                yield event
            if message["type"] == "heartbeat":
                await self._beat(socket)

    def _take(self, message: dict[str, Any]) -> Taken:
        feed = self._feeds.get((message.get("channel") or "", message.get("key") or ""))
        match message["type"]:
            case "snapshot" | "delta" | "resend":
                return self._followed(feed, feed.take(message)) if feed is not None else Taken()
            case "resync_required":
                return feed.resync() if feed is not None else Taken()
            case "heartbeat":
                return self._take_heartbeat(message)
            case "error":
                said = message.get("data") or {}
                raise StreamError(f"{said.get('code', 'error')}: {said.get('detail', '')}")
            case "hello":
                self.session_id = (message.get("data") or {}).get("session_id")
                return Taken()
            case _:  # what a later server may add
                return Taken()

    def _followed(self, feed: Feed, taken: Taken) -> Taken:
        """What came, with a book kept along; one that does not add up is asked for anew."""
        if feed.channel != CHANNEL:
            return taken
        for index, event in enumerate(taken.events):
            if event.type == "snapshot":
                self.books[feed.key] = Book()
            if not self.books[feed.key].take(event):
                self.mismatches += 1
                anew = feed.resync()
                return Taken(taken.events[:index], taken.requests + anew.requests)
        return taken

    def _take_heartbeat(self, message: dict[str, Any]) -> Taken:
        """A heartbeat names the last number of every feed: silence cannot hide a lost message."""
        data = message.get("data") or {}
        taken = Taken()
        for feed in self._feeds.values():
            last = (data.get("seqs") or {}).get(f"{feed.channel}.{feed.key}")
            if last is not None and message["epoch"] == feed.epoch:
                taken.requests += feed.missing(last).requests
        taken.events.append(
            Event(
                type="heartbeat",
                channel="",
                key="",
                epoch=message["epoch"],
                seq=-1,
                ts=message["ts"],
                data=data,
            )
        )
        return taken

    async def _beat(self, socket: ClientConnection) -> None:
        """Answer a heartbeat, and renew the token over the same socket before it ends."""
        if 0 < self._session.token_left_s < 2 * REFRESH_BEFORE_S:
            with contextlib.suppress(RefusedError, UnreachableError):
                self._session.forget_token()
                await self._authenticate(socket)
        await self._send(socket, {"type": "heartbeat"})

    async def _authenticate(self, socket: ClientConnection) -> None:
        token = await self._session.run(self._session.token())
        said: dict[str, Any] = {"type": "authenticate", "token": token}
        if self._grace_s:
            said["disconnect_grace_s"] = self._grace_s
        await self._send(socket, said)

    @staticmethod
    async def _send(socket: ClientConnection, message: dict[str, Any]) -> None:
        await socket.send(msgspec.json.encode(message).decode())


def websocket_address(url: str, path: str) -> str:
    """The stream's address on the server with this HTTP address."""
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + path, "", ""))
