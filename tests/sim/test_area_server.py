"""What an area's units connect to: passed on while the market is there, remembered while it is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from sim.area_server import AreaServer
from tests.journeys.hamlet import free_port

NOW_S = 1_700_000_000
LIMIT = {
    "unit_id": "car", "from": "2023-11-14T22:00:00Z", "until": "2023-11-14T22:30:00Z",
    "withdrawal_max_kw": "4.000", "injection_max_kw": "0.000", "sequence": 7, "epoch": 3, "reason": "",
}  # fmt: skip
FORM = {"grant_type": "client_credentials", "client_id": "device-1", "client_secret": "s"}
ITEM = {"unit_id": "car", "start": "2023-11-14T22:00:00Z", "consumption_kwh": "1.000"}


class Market:
    """Plays the market's addresses."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("gone", request=request)
        self.asked.append(request.url.path)
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"access_token": "tok", "expires_in": 3600})
        if request.headers.get("authorization") != "Bearer tok":
            return httpx.Response(401, json={"code": "AUTH_REQUIRED"})
        if request.url.path.endswith("/units"):
            items = [{"unit_id": "car"}, {"unit_id": "elsewhere"}]
            return httpx.Response(200, json={"items": items, "next_cursor": None})
        return httpx.Response(201, json={"count": 1})


class Place:
    def __init__(self) -> None:
        self.market = Market()
        self.heard: list[tuple[str, list[tuple[str, int]]]] = []
        self.port = free_port()
        http = httpx.AsyncClient(base_url="http://m", transport=httpx.MockTransport(self.market))
        self.server = AreaServer(
            market_url="http://m", market_id="yard", host="127.0.0.1", port=self.port, http=http
        )
        self.server.begin(
            3,
            ["car", "roof"],
            lambda: NOW_S,
            lambda unit_id, marks: self.heard.append((unit_id, list(marks))),
        )


@pytest.fixture
def place() -> Place:
    return Place()


class Socket:
    """A unit's socket, in words."""

    def __init__(self, place: Place, token: str | None) -> None:
        self._connecting = connect(f"ws://127.0.0.1:{place.port}/v1/markets/yard/stream")
        self._token = token

    async def __aenter__(self) -> "Socket":
        self.socket = await self._connecting.__aenter__()
        await self.say(type="authenticate", token=self._token)
        return self

    async def __aexit__(self, *failure: Any) -> None:  # noqa: ANN401 - as it is
        await self._connecting.__aexit__(*failure)

    async def say(self, **message: object) -> None:
        await self.socket.send(msgspec.json.encode(message).decode())

    async def hear(self) -> dict[str, Any]:
        return msgspec.json.decode(await self.socket.recv(), type=dict[str, Any])


@asynccontextmanager
async def served(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    serving = asyncio.create_task(place.server.serve())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{place.port}") as client:
        while True:
            try:
                await client.get("/v1/health")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.02)
        yield client
    place.server.end()
    await serving


def lived(place: Place, story: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served(place) as client:
            await story(client)

    asyncio.run(run())


def test_requests_are_passed_on_with_the_units_own_token(place: Place) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/token", data=FORM)
        assert answer.json()["access_token"] == "tok"
        assert (await client.get("/v1/markets/yard/units")).status_code == 401
        bearer = {"Authorization": "Bearer tok"}
        assert (await client.get("/v1/markets/yard/units", headers=bearer)).status_code == 200

    lived(place, story)
    assert "/v1/token" in place.market.asked


def test_without_the_market_known_credentials_get_their_token_and_readings_are_kept(
    place: Place,
) -> None:
    bearer = {"Authorization": "Bearer tok"}
    address = "/v1/markets/yard/measurements:batch"

    async def story(client: httpx.AsyncClient) -> None:
        await client.post("/v1/token", data=FORM)
        async with Socket(place, "tok") as socket:
            assert (await socket.hear())["type"] == "hello"
        place.market.away = True
        assert (await client.post("/v1/token", data=FORM)).json()["access_token"] == "tok"
        other = {**FORM, "client_secret": "t"}
        assert (await client.post("/v1/token", data=other)).status_code == 503
        own = {"area_id": "RUR", "items": [ITEM]}
        assert (await client.post(address, json=own, headers=bearer)).status_code == 202
        foreign = {"area_id": "RUR", "items": [{**ITEM, "unit_id": "roof"}]}
        assert (await client.post(address, json=foreign, headers=bearer)).status_code == 503
        assert (await client.post(address, json=own)).status_code == 503
        assert (await client.get("/v1/clock")).status_code == 503

    lived(place, story)
    assert place.server.readings() == [ITEM]
    assert place.server.readings() == []


def test_a_unit_hears_its_own_channel_only_and_its_answer_confirms(place: Place) -> None:
    place.server.limit("car", LIMIT)

    async def story(_: httpx.AsyncClient) -> None:
        async with Socket(place, "tok") as socket:
            hello = await socket.hear()
            assert (hello["type"], hello["epoch"]) == ("hello", 3)
            for key in ("roof", "elsewhere"):
                await socket.say(type="subscribe", channel="unit", key=key)
                assert (await socket.hear())["type"] == "error"
            await socket.say(type="subscribe", channel="unit", key="car")
            snapshot = await socket.hear()
            assert snapshot["data"]["limits"] == [LIMIT]
            assert snapshot["seq"] == 1
            await socket.say(type="heartbeat")
            await socket.say(type="resend", channel="unit", key="car", **{"from": 1, "to": 1})
            assert (await socket.hear())["type"] == "resync_required"

    lived(place, story)
    assert place.heard == [("car", [("limit", 7)])]


@pytest.mark.parametrize("token", [None, "bad"])
def test_who_has_no_good_token_hears_nothing(place: Place, token: str | None) -> None:
    async def story(_: httpx.AsyncClient) -> None:
        async with Socket(place, token) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.hear()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4001

    lived(place, story)


def test_what_is_over_is_in_no_snapshot(place: Place) -> None:
    place.server.limit("car", {**LIMIT, "until": "2023-11-14T22:10:00Z"})
    place.server._forget(NOW_S)  # noqa: SLF001  # each beat does

    async def story(_: httpx.AsyncClient) -> None:
        async with Socket(place, "tok") as socket:
            await socket.hear()
            await socket.say(type="subscribe", channel="unit", key="car")
            assert (await socket.hear())["data"]["limits"] == []

    lived(place, story)
