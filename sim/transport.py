"""A lean way to send many small requests over few connections, for httpx.

The one idea: a village is hundreds of participants in one process, so what a request costs the
client counts as much as what it costs the server. The general transport looks through its whole
pool before and after each request; this one takes the next idle connection and keeps it open.
Only what the simulation needs: plain HTTP/1.1 to one server, whole bodies, no proxies.
"""

import asyncio
from types import TracebackType

import httptools
import httpx


class LeanTransport(httpx.AsyncBaseTransport):
    """Keep-alive connections to one server, at most `connections_max`."""

    def __init__(self, *, connections_max: int, timeout_s: float) -> None:
        """Nothing is opened before the first request."""
        self._timeout_s = timeout_s
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        # More requests than connections wait here, in order.
        self._free = asyncio.Semaphore(connections_max)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and read its whole answer.

        Raises:
            httpx.TransportError: no connection, a cut one, or no answer in time. `ConnectError`
                and `ConnectTimeout` mean that nothing was sent.
        """
        body = await request.aread()
        async with self._free:
            connection = await self._connection(request)
            try:
                async with asyncio.timeout(self._timeout_s):
                    response = await connection.exchange(_head(request) + body)
            except TimeoutError as late:
                self._drop(connection)
                raise httpx.ReadTimeout("no answer in time", request=request) from late
            except (OSError, EOFError, httptools.HttpParserError) as cut:
                self._drop(connection)
                raise httpx.ReadError(f"connection cut: {cut}", request=request) from cut
            except BaseException:
                # Cancelled in the middle: what comes next on this connection is not ours.
                self._drop(connection)
                raise
            if connection.is_usable:
                self._idle.append(connection)
            else:
                self._drop(connection)
            return response

    async def aclose(self) -> None:
        """Close all connections."""
        for connection in tuple(self._open):
            self._drop(connection)

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        failure: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Close all connections."""
        await self.aclose()

    async def _connection(self, request: httpx.Request) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
            self._drop(connection)
        host, port = request.url.host, request.url.port or 80
        try:
            async with asyncio.timeout(self._timeout_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    _Connection, host, port
                )
        except TimeoutError as late:
            raise httpx.ConnectTimeout("no connection in time", request=request) from late
        except OSError as refused:
            raise httpx.ConnectError(str(refused), request=request) from refused
        self._open.add(connection)
        return connection

    def _drop(self, connection: "_Connection") -> None:
        self._open.discard(connection)
        connection.close()


class _Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._answer: asyncio.Future[httpx.Response] | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._lost = False

    @property
    def is_usable(self) -> bool:
        """Whether another request can go over it."""
        return not self._lost

    def exchange(self, sent: bytes) -> "asyncio.Future[httpx.Response]":
        """Send a request; the future has its answer, or an OSError when the connection ends."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._headers, self._body = [], []
        self._transport.write(sent)
        return self._answer

    def close(self) -> None:
        """End it."""
        self._lost = True
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Parse what came; anything outside an answer ends the connection."""
        if self._parser is None or self._answer is None or self._answer.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as fault:
            self._fail(fault)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for an answer is told."""
        self._lost = True
        self._fail(exc or ConnectionResetError("closed by the server"))

    def _fail(self, fault: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(fault)

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field."""
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        """A part of the body, without the framing of chunks."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        assert self._parser is not None
        assert self._answer is not None
        if not self._parser.should_keep_alive():
            self._lost = True
        if not self._answer.done():
            self._answer.set_result(
                httpx.Response(
                    self._parser.get_status_code(),
                    # The body is here without the framing of chunks.
                    headers=[h for h in self._headers if h[0].lower() != b"transfer-encoding"],
                    content=b"".join(self._body),
                )
            )


def _head(request: httpx.Request) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%s: %s" % field for field in request.headers.raw]
    return b"\r\n".join([*lines, b"", b""])
