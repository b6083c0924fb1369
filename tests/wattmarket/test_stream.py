"""The stream against a socket that cuts, loses, restarts and goes quiet."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.patience import PATIENCE_S
from wattmarket import AsyncClient, Event
from wattmarket.book import checksum_of
from wattmarket.errors import StreamError
from wattmarket.stream import websocket_address

MARKET = ("market", "village")


def message(type_: str, seq: int = -1, *, epoch: int = 1, **data: object) -> str:
    return json.dumps(
        {"type": type_, "channel": "market", "key": "village", "epoch": epoch, "seq": seq,
         "ts": "2016-06-15T00:00:00Z", "data": data}
    )  # fmt: skip


def token(_: httpx.Request) -> httpx.Response:
    return httpx.Response(
        200, json={"access_token": "t", "token_type": "Bearer", "expires_in": 600}
    )


async def follow(handler: Callable[[ServerConnection], Awaitable[None]], count: int) -> list[Event]:
    """The first `count` events a client sees of the server played by `handler`."""
    async with serve(handler, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        http = httpx.AsyncClient(base_url="http://m", transport=httpx.MockTransport(token))
        async with (
            http,
            AsyncClient(
                f"http://127.0.0.1:{port}",
                market="village", client_id="c", client_secret="s", http=http,
            ) as client,
            client.stream(MARKET) as events,
        ):  # fmt: skip
            seen: list[Event] = []
            async for event in events:
                seen.append(event)
                if len(seen) == count:
                    break
            return seen


def events_of(handler: Callable[[ServerConnection], Awaitable[None]], count: int) -> list[Event]:
    async def bounded() -> list[Event]:
        async with asyncio.timeout(PATIENCE_S):
            return await follow(handler, count)

    return asyncio.run(bounded())


async def greet(socket: ServerConnection) -> dict[str, Any]:
    """Read the authentication and the subscription."""
    first = json.loads(await socket.recv())
    assert first == {"type": "authenticate", "token": "t"}
    await socket.send(message("hello"))
    wanted: dict[str, Any] = json.loads(await socket.recv())
    assert (wanted["type"], wanted["channel"], wanted["key"]) == ("subscribe", *MARKET)
    return wanted


def test_snapshot_then_deltas_in_order() -> None:
    async def server(socket: ServerConnection) -> None:
        await greet(socket)
        for said in (
            message("snapshot", 4),
            message("delta", 5, event="phase"),
            message("delta", 6),
        ):
            await socket.send(said)
        await socket.wait_closed()

    seen = events_of(server, 3)

    assert [(event.type, event.seq) for event in seen] == [
        ("snapshot", 4), ("delta", 5), ("delta", 6),
    ]  # fmt: skip
    assert seen[1].data == {"event": "phase"}


def test_a_lost_message_is_asked_for_and_nothing_is_seen_out_of_order() -> None:
    async def server(socket: ServerConnection) -> None:
        await greet(socket)
        await socket.send(message("snapshot", 4))
        await socket.send(message("delta", 7))
        asked = json.loads(await socket.recv())
        assert (asked["type"], asked["from"], asked["to"]) == ("resend", 5, 6)
        await socket.send(message("delta", 5))
        await socket.send(message("delta", 6))
        await socket.wait_closed()

    assert [event.seq for event in events_of(server, 4)] == [4, 5, 6, 7]


def test_a_heartbeat_betrays_a_lost_message_and_is_answered() -> None:
    async def server(socket: ServerConnection) -> None:
        await greet(socket)
        await socket.send(message("snapshot", 4))
        await socket.send(message("heartbeat", seqs={"market.village": 5}, now="x"))
        said = [json.loads(await socket.recv()) for _ in range(2)]
        assert sorted(one["type"] for one in said) == ["heartbeat", "resend"]
        await socket.send(message("delta", 5))
        await socket.wait_closed()

    assert [event.type for event in events_of(server, 3)] == ["snapshot", "heartbeat", "delta"]


def test_a_cut_and_a_new_epoch_end_in_a_fresh_snapshot() -> None:
    connections = 0

    async def server(socket: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await greet(socket)
        await socket.send(message("snapshot", 4 if connections == 1 else 1, epoch=connections))
        if connections == 1:
            await socket.send(message("delta", 5))
            socket.transport.abort()
        else:
            await socket.send(message("delta", 2, epoch=2))
            await socket.wait_closed()

    seen = events_of(server, 4)

    assert [(event.type, event.epoch, event.seq) for event in seen] == [
        ("snapshot", 1, 4), ("delta", 1, 5), ("snapshot", 2, 1), ("delta", 2, 2),
    ]  # fmt: skip


def test_too_slow_a_reader_comes_back_and_starts_over() -> None:
    connections = 0

    async def server(socket: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await greet(socket)
        await socket.send(message("snapshot", 10 * connections))
        if connections == 1:
            await socket.close(4008, "resync")
        await socket.wait_closed()

    assert [event.seq for event in events_of(server, 2)] == [10, 20]


@pytest.mark.parametrize(
    ("code", "words"), [(4009, "too many"), (4003, "did not understand"), (4001, "no token")]
)
def test_what_a_reconnect_cannot_cure_is_told(code: int, words: str) -> None:
    async def server(socket: ServerConnection) -> None:
        await greet(socket)
        await socket.close(code, "no")

    with pytest.raises(StreamError, match=words):
        events_of(server, 1)


def test_a_refused_subscription_is_told() -> None:
    async def server(socket: ServerConnection) -> None:
        await greet(socket)
        await socket.send(message("error", code="NOT_FOUND", detail="no such channel"))
        await socket.wait_closed()

    with pytest.raises(StreamError, match="NOT_FOUND"):
        events_of(server, 1)


def book_message(type_: str, seq: int, energy_kwh: str, **more: object) -> str:
    levels = [{"side": "buy", "price_per_mwh": "50.00", "energy_kwh": energy_kwh}]
    intervals = [{"start": "2016-06-15T12:00:00Z", "phase": "continuous", "levels": levels}]
    data = {"revision": seq, "intervals": intervals, **more}
    return json.dumps(
        {"type": type_, "channel": "book", "key": "RUR", "epoch": 1, "seq": seq,
         "ts": "2016-06-15T00:00:00Z", "data": data}
    )  # fmt: skip


def test_a_book_that_does_not_add_up_is_asked_for_anew() -> None:
    right = checksum_of({("2016-06-15T12:00:00Z", "buy", "50.00"): "3.000"})

    async def server(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.recv()
        await socket.send(book_message("snapshot", 4, "1.000"))
        await socket.send(book_message("delta", 5, "2.000", checksum=right))
        said = [json.loads(await socket.recv()) for _ in range(2)]
        assert [one["type"] for one in said] == ["unsubscribe", "subscribe"]
        await socket.send(book_message("snapshot", 9, "3.000", checksum=right))
        await socket.wait_closed()

    async def scenario() -> None:
        async with serve(server, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            http = httpx.AsyncClient(base_url="http://m", transport=httpx.MockTransport(token))
            async with (
                http,
                AsyncClient(
                    f"http://127.0.0.1:{port}",
                    market="village", client_id="c", client_secret="s", http=http,
                ) as client,
                client.stream(("book", "RUR")) as events,
                asyncio.timeout(PATIENCE_S),
            ):  # fmt: skip
                seen: list[int] = []
                async for event in events:
                    seen.append(event.seq)
                    if len(seen) == 2:
                        break
                assert seen == [4, 9]
                assert events.mismatches == 1
                assert events.books["RUR"].checksum == right

    asyncio.run(scenario())


def test_the_streams_address_follows_the_servers() -> None:
    assert websocket_address("http://h:8000", "/v1/x") == "ws://h:8000/v1/x"
    assert websocket_address("https://h/base/", "/v1/x") == "wss://h/base/v1/x"


def test_a_participant_s_session_is_named_and_ends_in_good_order() -> None:
    said: list[dict[str, Any]] = []

    async def server(socket: ServerConnection) -> None:
        said.append(json.loads(await socket.recv()))
        await socket.recv()
        await socket.send(message("hello", session_id="ses-1-1"))
        await socket.send(message("snapshot", 4))
        said.append(json.loads(await socket.recv()))
        await socket.close(1000, "logged out")

    async def scenario() -> None:
        async with serve(server, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            http = httpx.AsyncClient(base_url="http://m", transport=httpx.MockTransport(token))
            async with (
                http,
                AsyncClient(
                    f"http://127.0.0.1:{port}",
                    market="village", client_id="c", client_secret="s", http=http,
                ) as client,
                client.stream(MARKET, disconnect_grace_s=20) as events,
                asyncio.timeout(PATIENCE_S),
            ):  # fmt: skip
                assert events.session_id is None
                seen = []
                async for event in events:  # ends by itself after the goodbye
                    seen.append(event.seq)
                    assert events.session_id == "ses-1-1"
                    await events.logout()
                assert seen == [4]
                assert events.session_id is None

    asyncio.run(scenario())
    assert said == [
        {"type": "authenticate", "token": "t", "disconnect_grace_s": 20},
        {"type": "logout"},
    ]
