"""What an area's units and inner areas connect to: the market's stream in the same form, and its addresses.

The one idea: who is below does not know that it is not the market they speak to. Channels of this area's
own units, and of areas directly inside, come from the area's level; all others, and every request, are
passed on with the caller's own token, so rights are judged where they are known.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, Protocol

import httpx
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sim.area_lines import BEAT_S, Line, Lines, Pair
from sim.area_passage import GivenToken, follow
from sim.area_requests import Above, Known, Requests
from wattmarket import Event
from wattmarket.values import time_from_seconds

SILENCE_S: Final = 15.0
CHANNELS_MAX: Final = 256
REFUSED: Final = 4001
SILENT: Final = 4002
NOT_UNDERSTOOD: Final = 4003
TOO_MANY: Final = 4009

Heard = Callable[[str, Iterable[tuple[str, int]]], None]


class Level(Above, Protocol):
    """The area's level, as its server sees it."""

    def said_inside(self, area_id: str, event: Event) -> None:
        """What the market says to an area inside, as it passes through."""
        ...


class _Server(uvicorn.Server):
    """The process ends by its own signals, not by the server's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


class AreaServer:
    """Sockets and requests of one area's units and inner areas."""

    def __init__(
        self,
        *,
        market_url: str,
        market_id: str,
        host: str,
        port: int,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """Nothing listens yet; `http` is the way to the market, an own one if there is none."""
        self._url = market_url
        self._market_id = market_id
        self._host, self._port = host, port
        self._http = http or httpx.AsyncClient(base_url=market_url, timeout=5.0)
        self._requests = Requests(
            http=self._http, market_id=market_id, hears_market=lambda: self._now["market"]
        )
        self._serving: _Server | None = None
        self._lines = Lines()
        self._level: Level | None = None
        self._area_id = ""
        self._setpoints: dict[Pair, dict[Pair, dict[str, Any]]] = {}
        """By channel, and by unit and start."""
        self._limits: dict[Pair, dict[Pair, dict[str, Any]]] = {}
        """By channel, and by unit and start."""
        self._lent: dict[str, dict[str, dict[str, Any]]] = {}
        """By area inside, and by start."""
        self._inside: frozenset[str] = frozenset()
        self._seqs: dict[Pair, int] = {}
        """Channels that come from here."""
        self._beaten_s = 0.0
        self._now: dict[str, Any] = {"now": None, "running": False, "speed": 0, "market": False}

    def begin(
        self,
        epoch: int,
        unit_ids: Iterable[str],
        now_s: Callable[[], int | None],
        heard: Heard,
        *,
        area_id: str = "",
        below: Iterable[str] = (),
        inside: Iterable[str] = (),
        level: Level | None = None,
    ) -> None:
        """Which start of the area's level speaks, of which units, and who is told of answers.

        Args:
            epoch: the level's start.
            unit_ids: units directly in the area.
            now_s: market time.
            heard: is told what a unit, or the area it is in, has surely heard.
            area_id: the area.
            below: areas directly in it.
            inside: areas in it at any depth.
            level: hears what areas inside say, and what is said to them.
        """
        self._lines.epoch = epoch
        units = frozenset(unit_ids)
        self._seqs = {("unit", unit_id): 0 for unit_id in units}
        self._seqs |= {("area", name): 0 for name in below}
        self._inside = frozenset(inside)
        self._now_s = now_s
        self._heard = heard
        self._area_id = area_id
        self._level = level
        self._requests.begin(units, level)

    async def serve(self) -> None:
        """Listen until `end`."""
        config = uvicorn.Config(
            self.app(), host=self._host, port=self._port, log_config=None, ws_ping_interval=None
        )
        self._serving = _Server(config)
        await self._serving.serve()

    def end(self) -> None:
        """Listen no longer; `serve` returns soon."""
        if self._serving is not None:
            self._serving.should_exit = self._serving.force_exit = True

    def app(self) -> Starlette:
        """The application that units and inner areas speak to."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            sending = asyncio.create_task(self._lines.send_all())
            yield
            sending.cancel()
            self._lines.end()
            await self._http.aclose()

        methods = ["GET", "POST", "PUT", "DELETE"]
        return Starlette(
            routes=[
                WebSocketRoute("/v1/markets/{market}/stream", self._stream),
                Route("/{path:path}", self._requests.answer, methods=methods),
            ],
            lifespan=lifespan,
        )

    # --- what the level says ----------------------------------------------------------------

    def setpoint(self, member_id: str, row: dict[str, Any]) -> None:
        """A unit's schedule for a window: to the unit, or to the area inside that it is in."""
        mark = row["unit_id"], ("setpoint", row["sequence"])
        pair, data = ("unit", member_id), {"event": "setpoint", **row}
        if ("area", member_id) in self._seqs:
            pair, data = ("area", member_id), {"event": "setpoints", "setpoints": [row]}
        self._setpoints.setdefault(pair, {})[row["unit_id"], row["start"]] = row
        self._delta(pair, data, mark)

    def limit(self, unit_id: str, row: dict[str, Any]) -> None:
        """What a unit may do at most for a while."""
        pair = ("unit", unit_id)
        self._limits.setdefault(pair, {})[unit_id, row["from"]] = row
        data = {"event": "limits", "limits": [row]}
        self._delta(pair, data, (unit_id, ("limit", row["sequence"])))

    def lend(self, area_id: str, row: dict[str, Any]) -> None:
        """What an area inside has for a while; it says itself when it keeps to that."""
        self._lent.setdefault(area_id, {})[row["from"]] = row
        self._delta(("area", area_id), {"event": "lent", "lent": [row]})

    def beat(self, now_s: int | None, speed: float, *, hears_market: bool) -> None:
        """The area lives; every few seconds who is below hears of it, and whether the market does."""
        self._now = self._lines.now = {
            "now": None if now_s is None else time_from_seconds(now_s),
            "running": speed > 0,
            "speed": speed,
            "market": hears_market,
        }
        self._forget(now_s)
        real_s = asyncio.get_running_loop().time()
        if real_s - self._beaten_s < BEAT_S or now_s is None:
            return
        self._beaten_s = real_s
        for line in self._lines.all():
            seqs = {f"{channel}.{key}": seq for (channel, key), seq in line.pairs.items()}
            self._lines.say(line, "heartbeat", {"seqs": seqs, **self._now})

    def readings(self) -> list[dict[str, Any]]:
        """What units read while the market was away; handed over once."""
        return self._requests.readings()

    def states(self) -> dict[str, dict[str, Any]]:
        """By unit, the state it was in last while the market was away; handed over once."""
        return self._requests.states()

    def alarms(self) -> list[dict[str, Any]]:
        """Alarms of units from the time when the market was away; handed over once."""
        return self._requests.alarms()

    def _forget(self, now_s: int | None) -> None:
        if now_s is None:
            return
        now = time_from_seconds(now_s)
        for kept in (*self._setpoints.values(), *self._limits.values()):
            for place in [place for place, row in kept.items() if row["until"] <= now]:
                del kept[place]
        for lent in self._lent.values():
            for start in [start for start, row in lent.items() if row["until"] <= now]:
                del lent[start]

    def _delta(
        self, pair: Pair, data: dict[str, Any], mark: tuple[str, tuple[str, int]] | None = None
    ) -> None:
        self._seqs[pair] += 1
        for line in self._lines.all():
            if pair in line.pairs:
                if mark is not None:
                    line.said.setdefault(mark[0], []).append(mark[1])
                self._lines.tell(line, "delta", data, pair)

    # --- sockets ------------------------------------------------------------------------------

    async def _stream(self, socket: WebSocket) -> None:
        await socket.accept()
        line = Line(socket)
        code = REFUSED
        try:
            first = await self._message(socket)
            known = await self._requests.who(first.get("token"))
            if first.get("type") != "authenticate" or known is None:
                await socket.close(REFUSED)
                return
            line.token = str(first["token"])
            self._lines.join(line)
            self._lines.say(line, "hello", {"market_id": self._market_id, "heartbeat_s": BEAT_S})
            code = SILENT
            while line in self._lines:
                code = await self._follow(line, known, await self._message(socket)) or code
        except (TimeoutError, msgspec.DecodeError) as fault:
            code = NOT_UNDERSTOOD if isinstance(fault, msgspec.DecodeError) else code
        except (WebSocketDisconnect, KeyError):
            return
        finally:
            self._lines.leave(line)
        with contextlib.suppress(RuntimeError):
            await socket.close(code)

    @staticmethod
    async def _message(socket: WebSocket) -> dict[str, Any]:
        async with asyncio.timeout(SILENCE_S):
            text = await socket.receive_text()
        return msgspec.json.decode(text, type=dict[str, Any])

    async def _follow(self, line: Line, known: Known, message: dict[str, Any]) -> int | None:
        """Do what a message asks for; a code: the socket ends with it."""
        pair = str(message.get("channel")), str(message.get("key"))
        match message.get("type"):
            case "subscribe":
                return self._subscribe(line, known, pair)
            case "unsubscribe":
                self._unsubscribe(line, pair)
            case "resend":
                data = {"expected": message.get("from"), "reason": "not_held"}
                self._unsubscribe(line, pair)
                self._lines.say(line, "resync_required", data, pair)
            case "heartbeat":
                # It answers in order: what was said before it answered has arrived.
                for heard_id, marks in line.said.items():
                    self._heard(heard_id, marks)
                line.said.clear()
            case "authenticate" if await self._requests.who(message.get("token")) is not None:
                # A newer token of the same: what is followed for it goes on with that.
                line.token = str(message["token"])
            case "logout":
                self._lines.leave(line)
            case _:
                pass
        return None

    def _subscribe(self, line: Line, known: Known, pair: Pair) -> int | None:
        channel, key = pair
        self._unsubscribe(line, pair)
        if len({*line.pairs, *line.following}) >= CHANNELS_MAX:
            self._lines.leave(line)
            return TOO_MANY
        is_own = pair in self._seqs
        if channel == "unit" and is_own and key in known.units:
            self._snapshot(line, pair)
        elif not is_own and channel == "unit" and known.areas_of(key) & self._inside:
            self._pass_on(line, pair)
        elif channel == "area" and key in self._inside:
            self._pass_on(line, pair)
            if is_own and known.area_id == key:
                # It was heard before: what is lent here does not wait for the market.
                self._snapshot(line, pair)
        else:
            self._lines.say(line, "error", {"code": "NOT_FOUND", "detail": "no such channel"})
        return None

    @staticmethod
    def _unsubscribe(line: Line, pair: Pair) -> None:
        line.pairs.pop(pair, None)
        task = line.following.pop(pair, None)
        if task is not None:
            task.cancel()

    def _snapshot(self, line: Line, pair: Pair, base: dict[str, Any] | None = None) -> None:
        """All of a channel that comes from here; of an area inside with what the market says of it."""
        setpoints = sorted(self._setpoints.get(pair, {}).values(), key=_sequence)
        limits = sorted(self._limits.get(pair, {}).values(), key=_sequence)
        for row in setpoints:
            line.said.setdefault(row["unit_id"], []).append(("setpoint", row["sequence"]))
        data: dict[str, Any]
        if pair[0] == "unit":
            for row in limits:
                line.said.setdefault(pair[1], []).append(("limit", row["sequence"]))
            data = {"unit": pair[1], "report": None}
        else:
            lent = sorted(self._lent.get(pair[1], {}).values(), key=_sequence)
            unsaid = {"area": pair[1], "units": [], "decoupled": False, "reports": []}
            data = {**(base or unsaid), "lent_by": self._area_id, "lent": lent}
        # Limits first: a set-point is held against them.
        data |= {"setpoints": setpoints, "limits": limits}
        self._lines.tell(line, "snapshot", data, pair, self._seqs[pair])

    # --- what comes from the market ---------------------------------------------------------

    def _pass_on(self, line: Line, pair: Pair) -> None:
        """Follow a channel of the market for somebody else, with their token."""

        async def run() -> None:
            session = GivenToken(self._http, self._market_id, lambda: line.token)
            refused = await follow(session, self._url, pair, partial(self._passed, line, pair))
            line.following.pop(pair, None)
            line.pairs.pop(pair, None)
            if not refused:
                self._lines.say(
                    line, "error", {"code": "NOT_FOUND", "detail": "no such channel"}, pair
                )
                return
            # Its token is good no longer: it connects again with another one.
            self._requests.forget(line.token)
            self._lines.leave(line)
            with contextlib.suppress(RuntimeError):
                await line.socket.close(REFUSED)

        line.following[pair] = asyncio.create_task(run())

    def _passed(self, line: Line, pair: Pair, event: Event) -> None:
        """A message of the market for somebody below; schedules of an area inside go by the level."""
        data = event.data
        if pair[0] == "area" and self._level is not None:
            self._level.said_inside(pair[1], event)
        if pair in self._seqs:
            kept = self._limits.setdefault(pair, {})
            for row in data.get("limits") or ():
                if isinstance(row, dict) and "unit_id" in row:
                    kept[row["unit_id"], row["from"]] = row
            if event.type == "snapshot":
                self._snapshot(line, pair, data)
            elif "setpoints" not in data and pair in line.pairs:
                self._lines.tell(line, "delta", data, pair)
        elif event.type == "snapshot" or pair in line.pairs:
            self._lines.tell(line, event.type, data, pair)


def _sequence(row: dict[str, Any]) -> int:
    return int(row["sequence"])
