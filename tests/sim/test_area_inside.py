"""An area's process with an area inside: who may follow what, how it comes below, what it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from market.model.reach import AreaReport, LimitsHeld, Standing
from sim.area_server import AreaServer
from tests.journeys.hamlet import free_port
from wattmarket import Event

NOW_S = 1_700_000_000
ROWS = [
    {"unit_id": "heat", "area_id": "INN"},
    {"unit_id": "car", "area_id": "RUR"},
    {"unit_id": "far", "area_id": "SEM"},
]
SETPOINT = {
    "unit_id": "heat", "start": "2023-11-14T22:15:00Z", "until": "2023-11-14T22:30:00Z",
    "target_kw": "-1.000", "fallback_kw": "0.000", "wait_s": 0, "before_kw": "0.000", "sequence": 4,
}  # fmt: skip
LIMIT = {
    "unit_id": "heat", "from": "2023-11-14T22:15:00Z", "until": "2023-11-14T22:30:00Z",
    "withdrawal_max_kw": "0.500", "injection_max_kw": "0.000", "sequence": 9, "reason": "works",
}  # fmt: skip
LENT = {
    "area_id": "INN", "from": "2023-11-14T22:15:00Z", "until": "2023-11-14T22:30:00Z",
    "import_max_kw": "4.000", "export_max_kw": "0.000", "sequence": 7, "epoch": 3,
}  # fmt: skip
REPORT = {
    "sequence": 2, "standing": "returning", "given_import_kw": "1.000", "given_export_kw": "0.000",
    "given_until": "2023-11-14T22:15:00Z",
}  # fmt: skip


class Market:
    """Plays the market: its addresses, and its stream on a port of its own."""

    def __init__(self) -> None:
        self.away = False
        self.bodies: dict[str, Any] = {}
        self.tokens: list[str] = []
        self.sockets: dict[str, ServerConnection] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("gone", request=request)
        path, token = request.url.path, request.headers.get("authorization", "")[7:]
        if path.endswith("/units"):
            own = [row for row in ROWS if token == "all" or row["area_id"] == token]
            return httpx.Response(200, json={"items": own, "next_cursor": None})
        self.bodies[path] = msgspec.json.decode(request.content or b"null")
        if path.endswith(":report") and token not in path:
            return httpx.Response(404, json={"code": "NOT_FOUND"})
        return httpx.Response(200, json={"area_id": "INN", "epoch": 9, "decoupled_by": None})

    async def stream(self, socket: ServerConnection) -> None:
        self.tokens.append(msgspec.json.decode(await socket.recv())["token"])
        asked = msgspec.json.decode(await socket.recv())
        self.sockets[asked["key"]] = socket
        if asked["key"] == "GONE":
            await self.say(socket, asked, "error", {"code": "NOT_FOUND"}, 0)
        snapshot = {"area": asked["key"], "setpoints": [SETPOINT], "limits": [], "decoupled": True}
        await self.say(socket, asked, "snapshot", snapshot, 20)
        await socket.wait_closed()

    async def tell(self, key: str, seq: int, **data: object) -> None:
        asked = {"channel": "area" if key.isupper() else "unit", "key": key}
        await self.say(self.sockets[key], asked, "delta", data, seq)

    @staticmethod
    async def say(
        socket: ServerConnection, to: dict[str, str], kind: str, data: object, seq: int
    ) -> None:
        place = {"channel": to["channel"], "key": to["key"], "ts": "", "epoch": 9, "seq": seq}
        await socket.send(msgspec.json.encode({"type": kind, **place, "data": data}).decode())


class Level:
    """Plays the area's level."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Event]] = []
        self.reports: list[tuple[AreaReport, object]] = []
        self.keeps: list[LimitsHeld] = []

    def said_inside(self, area_id: str, event: Event) -> None:
        self.said.append((area_id, event))

    def reported(self, report: AreaReport, rows: list[dict[str, Any]] | None) -> int | None:
        self.reports.append((report, rows))
        return 3 if report.area_id == "INN" else None

    def held(self, held: LimitsHeld) -> None:
        self.keeps.append(held)


class Place:
    """The process of RUR; INN is in it, DEEP in that one."""

    def __init__(self) -> None:
        self.market, self.level = Market(), Level()
        self.heard: list[tuple[str, list[tuple[str, int]]]] = []
        self.market_port, self.port = free_port(), free_port()
        url = f"http://127.0.0.1:{self.market_port}"
        http = httpx.AsyncClient(base_url=url, transport=httpx.MockTransport(self.market))
        self.server = AreaServer(
            market_url=url, market_id="yard", host="127.0.0.1", port=self.port, http=http
        )
        self.server.begin(
            3,
            ["car"],
            lambda: NOW_S,
            lambda unit_id, marks: self.heard.append((unit_id, list(marks))),
            area_id="RUR",
            below=["INN"],
            inside=["INN", "DEEP", "GONE"],
            level=self.level,
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[httpx.AsyncClient]:
        serving = asyncio.create_task(self.server.serve())
        url = f"http://127.0.0.1:{self.port}"
        async with (
            serve(self.market.stream, "127.0.0.1", self.market_port),
            httpx.AsyncClient(base_url=url) as client,
        ):
            while True:
                try:
                    await client.get("/v1/health")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.02)
            yield client
            self.server.end()
            await serving

    @asynccontextmanager
    async def socket(self, token: str, channel: str, key: str) -> AsyncIterator["Socket"]:
        async with connect(f"ws://127.0.0.1:{self.port}/v1/markets/yard/stream") as opened:
            socket = Socket(opened)
            await socket.say(type="authenticate", token=token)
            await socket.say(type="subscribe", channel=channel, key=key)
            assert (await socket.hear())["type"] == "hello"
            yield socket

    async def report(self, client: httpx.AsyncClient, area_id: str = "INN") -> httpx.Response:
        return await client.post(
            f"/v1/markets/yard/areas/{area_id}:report",
            json=REPORT,
            headers={"Authorization": f"Bearer {area_id}"},
        )

    async def hold(self, client: httpx.AsyncClient, token: str) -> httpx.Response:
        return await client.post(
            "/v1/markets/yard/areas/INN:held",
            json={"held": [{"epoch": 3, "sequence": 7}]},
            headers={"Authorization": f"Bearer {token}"},
        )


class Socket:
    """A socket, in words."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def say(self, **message: object) -> None:
        await self._socket.send(msgspec.json.encode(message).decode())

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            return msgspec.json.decode(await self._socket.recv(), type=dict[str, Any])


@pytest.fixture
def place() -> Place:
    return Place()


def test_an_inner_area_hears_the_market_with_its_own_token_and_what_it_is_lent(
    place: Place,
) -> None:
    async def story() -> None:
        async with place.open() as client, place.socket("INN", "area", "INN") as socket:
            snapshot = await socket.hear()
            assert place.market.tokens == ["INN"]
            assert (snapshot["type"], snapshot["epoch"]) == ("snapshot", 3)
            assert snapshot["data"]["lent_by"] == "RUR"
            assert snapshot["data"]["decoupled"] is True
            # What the market schedules in it is said by the level, and only then.
            assert snapshot["data"]["setpoints"] == []
            assert [area_id for area_id, _ in place.level.said] == ["INN"]
            place.server.setpoint("INN", SETPOINT)
            place.server.lend("INN", LENT)
            told = [await socket.hear(), await socket.hear()]
            assert [one["data"]["event"] for one in told] == ["setpoints", "lent"]
            await place.market.tell("INN", 21, event="setpoints", setpoints=[SETPOINT])
            await place.market.tell("INN", 22, event="limits", limits=[LIMIT])
            limits = await socket.hear()
            assert limits["data"]["limits"] == [LIMIT]
            assert [one["seq"] for one in (*told, limits)] == [
                snapshot["seq"] + 1,
                snapshot["seq"] + 2,
                snapshot["seq"] + 3,
            ]
            await socket.say(type="heartbeat")
            assert (await place.report(client)).status_code == 200
            # It is known now: whoever comes again need not wait for the market.
            async with place.socket("INN", "area", "INN") as again:
                data = (await again.hear())["data"]
                assert (data["setpoints"], data["limits"]) == ([SETPOINT], [LIMIT])
                assert data["lent"] == [LENT]

    asyncio.run(story())
    assert place.heard == [("heat", [("setpoint", 4)])]


def test_it_comes_below_by_a_report_that_the_market_has_taken(place: Place) -> None:
    async def story() -> None:
        async with place.open() as client:
            assert (await place.hold(client, "INN")).status_code == 404
            assert (await place.report(client)).json()["epoch"] == 3
            assert (await place.hold(client, "INN")).status_code == 200
            assert (await place.hold(client, "all")).status_code == 404
            assert (await place.report(client, "DEEP")).json()["epoch"] == 9

    asyncio.run(story())
    (report, rows), (deep, _) = place.level.reports
    assert (report.standing, rows) == (Standing.RETURNING, [ROWS[0]])
    assert deep.area_id == "DEEP"
    assert place.level.keeps == [LimitsHeld(area_id="INN", epoch=3, sequence=7)]


def test_without_the_market_a_report_is_taken_here_of_an_area_that_was_known(
    place: Place,
) -> None:
    async def story() -> None:
        async with place.open() as client:
            place.market.away = True
            assert (await place.report(client)).status_code == 503
            place.market.away = False
            await place.report(client)
            place.market.away = True
            answer = await place.report(client)
            assert (answer.status_code, answer.json()["epoch"]) == (200, 3)

    asyncio.run(story())
    assert [rows for _, rows in place.level.reports] == [[ROWS[0]], None]


def test_channels_of_areas_inside_and_their_units_are_passed_on_and_no_others(
    place: Place,
) -> None:
    async def story() -> None:
        async with place.open():
            async with place.socket("DEEP", "area", "DEEP") as socket:
                deep = await socket.hear()
                assert "lent_by" not in deep["data"]
                assert deep["data"]["setpoints"] == [SETPOINT]
                await place.market.tell("DEEP", 21, event="act")
                assert (await socket.hear())["seq"] == deep["seq"] + 1
            async with place.socket("all", "unit", "heat") as socket:
                assert (await socket.hear())["key"] == "heat"
            for channel, key in (("unit", "far"), ("area", "SEM"), ("market", "yard")):
                async with place.socket("all", channel, key) as socket:
                    assert (await socket.hear())["type"] == "error"
            async with place.socket("INN", "area", "GONE") as socket:
                assert (await socket.hear())["type"] == "error"

    asyncio.run(story())


def test_states_and_alarms_of_units_are_kept_while_the_market_is_away(place: Place) -> None:
    def words(unit_id: str) -> list[tuple[str, dict[str, object]]]:
        alarm = {"kind": "contact_lost", "level": "unit", "member_id": unit_id}
        return [
            (f"units/{unit_id}:state", {"state": "stale"}),
            (f"units/{unit_id}:state", {"state": "normal"}),
            ("alarms", alarm),
            ("alarms", alarm),
        ]

    async def story() -> None:
        async with place.open() as client:
            async with place.socket("RUR", "unit", "car") as socket:
                await socket.hear()
            place.market.away = True
            for unit_id, status in (("car", 202), ("heat", 503)):
                for path, body in words(unit_id):
                    headers = {"Authorization": "Bearer RUR"}
                    answer = await client.post(
                        f"/v1/markets/yard/{path}", json=body, headers=headers
                    )
                    assert answer.status_code == status

    asyncio.run(story())
    assert place.server.states() == {"car": {"state": "normal"}}
    assert [alarm["member_id"] for alarm in place.server.alarms()] == ["car"]
    assert place.server.states() == {}
    assert place.server.alarms() == []


def test_a_state_that_reached_the_market_takes_the_place_of_the_one_kept(place: Place) -> None:
    async def story() -> None:
        headers = {"Authorization": "Bearer RUR"}
        path = "/v1/markets/yard/units/car:state"
        async with place.open() as client:
            async with place.socket("RUR", "unit", "car") as socket:
                await socket.hear()
            for away in (True, False):
                place.market.away = away
                await client.post(path, json={"state": "stale"}, headers=headers)

    asyncio.run(story())
    assert place.server.states() == {}
