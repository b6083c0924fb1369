"""The lean transport against a server of a few lines that answers, cuts, stalls and chunks."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from sim.transport import LeanTransport
from tests.patience import PATIENCE_S

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n"


async def ask(
    handler: Handler, count: int, *, connections_max: int = 2, then_timeout_s: float | None = None
) -> list[httpx.Response]:
    """`count` requests at once; then, if wanted, one more that is given so much time."""
    serving: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def serve() -> None:
            try:
                await handler(reader, writer)
            except OSError:
                pass  # the client is gone
            finally:
                writer.close()

        serving.add(asyncio.create_task(serve()))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = LeanTransport(connections_max=connections_max, timeout_s=PATIENCE_S)
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", transport=transport
        ) as http:
            responses = await asyncio.gather(
                *(http.post("/orders", content=b"body-%d" % number) for number in range(count))
            )
            if then_timeout_s is not None:
                transport._timeout_s = then_timeout_s  # noqa: SLF001  # connecting has had all the time
                responses.append(await http.post("/orders", content=b"one more"))
            return responses
    finally:
        server.close()
        await asyncio.gather(*serving)
        await asyncio.sleep(0)  # the writers' transports close in the next turn


class Server:
    """Answers each request of a connection, and remembers how many there were."""

    def __init__(self, answer: bytes = OK) -> None:
        self.connections = 0
        self.bodies: list[bytes] = []
        self._answer = answer

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            assert head.startswith(b"POST /orders HTTP/1.1\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            self.bodies.append(await reader.readexactly(length))
            writer.write(self._answer)
        writer.close()


def test_many_requests_share_few_connections_and_each_gets_its_answer() -> None:
    server = Server()

    responses = asyncio.run(ask(server, 20))

    assert [(response.status_code, response.content) for response in responses] == [
        (200, b"ok")
    ] * 20
    assert server.connections == 2
    assert sorted(server.bodies) == sorted(b"body-%d" % number for number in range(20))


def test_an_answer_in_chunks_is_put_together() -> None:
    (response,) = asyncio.run(ask(Server(CHUNKED), 1))
    assert response.content == b"ok!"


def test_a_connection_the_server_closes_is_not_used_again() -> None:
    server = Server(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    responses = asyncio.run(ask(server, 3, connections_max=1))

    assert len(responses) == server.connections == 3


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b"no http"]
)
def test_a_cut_or_broken_answer_is_a_read_error(answer: bytes) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    with pytest.raises(httpx.ReadError):
        asyncio.run(ask(cut, 1))


def test_no_answer_in_time_is_a_read_timeout() -> None:
    answered: list[bytes] = []

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"body-0")
        writer.write(OK)
        answered.append(head)
        await reader.read()
        writer.close()

    with pytest.raises(httpx.ReadTimeout):
        asyncio.run(ask(stall, 1, then_timeout_s=0.05))
    assert len(answered) == 1


def test_a_server_that_is_not_there_is_a_connect_error() -> None:
    async def nobody() -> None:
        transport = LeanTransport(connections_max=1, timeout_s=PATIENCE_S)
        async with httpx.AsyncClient(base_url="http://127.0.0.1:9", transport=transport) as http:
            await http.get("/")

    with pytest.raises(httpx.ConnectError):
        asyncio.run(nobody())
