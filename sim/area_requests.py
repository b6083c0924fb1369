"""Requests of an area's units and inner areas: passed on with their own token, kept while the market is away.

The one idea: rights are judged where they are known. What a token was found good for is remembered, so that
who was known before can come back, and is heard, while nobody can be asked.
"""

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

import httpx
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from market.model.reach import AreaReport, LimitsHeld
from sim.area_passage import units_of
from sim.area_words import report_of
from wattmarket import WattmarketError

BODY_BYTES_MAX: Final = 64 * 1024
WAITING_MAX: Final = 10_000
"""Readings and alarms kept while the market is away."""
TOKENS_MAX: Final = 1_000
_PASSED_ON: Final = ("authorization", "content-type", "accept", "idempotency-key")
_AWAY: Final = b'{"code":"SYSTEM_UNAVAILABLE","detail":"the market is out of reach"}'
_JSON: Final = "application/json"


@dataclass(slots=True)
class Known:
    """Whom a token is of."""

    units: frozenset[str]
    """Units directly in this area that it is good for."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """All units that it is good for, as the market lists them."""
    area_id: str | None = None
    """The area inside whose own report came with it, and was taken."""

    def areas_of(self, unit_id: str) -> set[str]:
        """Where a unit that it is good for is; nothing: it is not good for it."""
        return {str(row.get("area_id")) for row in self.rows if row["unit_id"] == unit_id}


class Above(Protocol):
    """The area's level, as requests see it."""

    def reported(self, report: AreaReport, rows: list[dict[str, Any]] | None) -> int | None:
        """An area inside has reported; this level's start, where it is directly above that area."""
        ...

    def held(self, held: LimitsHeld) -> None:
        """An area inside keeps to what it was lent."""
        ...


@dataclass(slots=True)
class Kept:
    """What was said while the market was away, to be told when it is back."""

    readings: list[dict[str, Any]] = field(default_factory=list)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By unit, the newest."""
    alarms: list[dict[str, Any]] = field(default_factory=list)


class Requests:
    """What an area's process answers, and what it hands on."""

    def __init__(
        self, *, http: httpx.AsyncClient, market_id: str, hears_market: Callable[[], bool]
    ) -> None:
        """Nothing is known yet; `http` is the way to the market."""
        self._http = http
        self._market_id = market_id
        self._hears_market = hears_market
        self._own: frozenset[str] = frozenset()
        self._above: Above | None = None
        self._known: dict[str, Known] = {}
        self._answers: dict[str, tuple[bytes, str]] = {}
        """By digest of credentials, the last token the market gave for them."""
        self._kept = Kept()

    def begin(self, unit_ids: frozenset[str], above: Above | None) -> None:
        """Which units are directly in the area, and who hears of areas inside."""
        self._own = unit_ids
        self._above = above

    def readings(self) -> list[dict[str, Any]]:
        """What units read while the market was away; handed over once."""
        taken, self._kept.readings = self._kept.readings, []
        return taken

    def states(self) -> dict[str, dict[str, Any]]:
        """By unit, the state it was in last while the market was away; handed over once."""
        taken, self._kept.states = self._kept.states, {}
        return taken

    def alarms(self) -> list[dict[str, Any]]:
        """Alarms of units from the time when the market was away; handed over once."""
        taken, self._kept.alarms = self._kept.alarms, []
        return taken

    async def who(self, token: object) -> Known | None:
        """Whom a token is of: asked of the market once, remembered while it is away."""
        if not isinstance(token, str):
            return None
        known = self._known.get(token)
        if known is not None:
            return known
        try:
            rows = await units_of(self._http, self._market_id, token)
        except WattmarketError:
            return None
        units = frozenset(row["unit_id"] for row in rows) & self._own
        if len(self._known) >= TOKENS_MAX:
            self._known.clear()
        known = self._known[token] = Known(units, rows)
        return known

    def forget(self, token: str) -> None:
        """It is not taken any more."""
        self._known.pop(token, None)

    async def answer(self, request: Request) -> Response:
        """Hand a request on; alone, answer what can be answered."""
        body = await request.body()
        if len(body) > BODY_BYTES_MAX:
            return Response(status_code=413)
        kind, name = self._act(request)
        if kind == "held":
            return self._held(request, name, body)
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        try:
            answer = await self._http.request(
                request.method, path, content=body or None, headers=headers
            )
        except httpx.TransportError:
            return self._alone(request, kind, name, body)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and not self._hears_market():
            # An area around is there, and has no market either.
            return self._alone(request, kind, name, body)
        content = answer.content
        if answer.is_success:
            content = await self._passed(request, kind, name, body, content)
        media = answer.headers.get("content-type", _JSON)
        return Response(content, answer.status_code, media_type=media)

    def _act(self, request: Request) -> tuple[str, str]:
        """What is said, and by which unit or area; empty: nothing of concern here."""
        if request.method != "POST":
            return "", ""
        if request.url.path == "/v1/token":
            return "token", ""
        rest = request.url.path.removeprefix(f"/v1/markets/{self._market_id}/")
        if rest in {"measurements:batch", "alarms"}:
            return rest, ""
        place, _, named = rest.partition("/")
        name, _, act = named.partition(":")
        acts = {("units", "state"), ("areas", "report"), ("areas", "held")}
        return (act, name) if (place, act) in acts else ("", "")

    async def _passed(
        self, request: Request, kind: str, name: str, body: bytes, content: bytes
    ) -> bytes:
        """The market has taken it."""
        if kind == "token":
            self._answers[_digest(body)] = (content, _JSON)
        elif kind == "state":
            self._kept.states.pop(name, None)  # this one is newer
        elif kind == "report":
            token = _token(request)
            known = await self.who(token)
            with contextlib.suppress(msgspec.DecodeError, KeyError, TypeError, ValueError):
                report = report_of(name, msgspec.json.decode(body))
                if known is not None:
                    known.area_id = name
                    if report.standing != "joined":
                        with contextlib.suppress(WattmarketError):
                            known.rows = await units_of(self._http, self._market_id, token)
                rows = None if known is None else known.rows
                return self._reported(report, rows, content)
        return content

    def _reported(
        self, report: AreaReport, rows: list[dict[str, Any]] | None, content: bytes
    ) -> bytes:
        """The answer to an area directly inside names the start of this level."""
        epoch = None if self._above is None else self._above.reported(report, rows)
        if epoch is None:
            return content
        answer = msgspec.json.decode(content, type=dict[str, Any])
        return msgspec.json.encode({**answer, "epoch": epoch})

    def _held(self, request: Request, area_id: str, body: bytes) -> Response:
        """An area inside keeps to limits; nobody else hears of it."""
        known = self._known.get(_token(request))
        if self._above is None or known is None or known.area_id != area_id:
            return Response(status_code=404)
        try:
            said = msgspec.json.decode(body)
            marks = [(int(mark["epoch"]), int(mark["sequence"])) for mark in said["held"]]
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            return Response(status_code=422)
        for epoch, sequence in marks:
            self._above.held(LimitsHeld(area_id=area_id, epoch=epoch, sequence=sequence))
        return _json({"held": len(marks)}, 200)

    def _alone(self, request: Request, kind: str, name: str, body: bytes) -> Response:
        """Without the market: what it said before, and what can wait is kept; the rest is refused."""
        if kind == "token" and (given := self._answers.get(_digest(body))):
            return Response(given[0], media_type=given[1])
        known = self._known.get(_token(request))
        away = Response(_AWAY, 503, media_type="application/problem+json")
        if known is None:
            return away
        with contextlib.suppress(msgspec.DecodeError, KeyError, TypeError, ValueError):
            said: dict[str, Any] = msgspec.json.decode(body or b"{}")
            match kind:
                case "measurements:batch":
                    return self._keep_readings(known, said["items"]) or away
                case "state" if name in known.units:
                    self._kept.states[name] = dict(said)
                    return _json({"unit_id": name}, 202)
                case "alarms" if (said["level"], said["member_id"]) in _units(known):
                    if len(self._kept.alarms) < WAITING_MAX and said not in self._kept.alarms:
                        self._kept.alarms.append(dict(said))
                    return _json({}, 202)
                case "report" if known.area_id == name and self._above is not None:
                    epoch = self._above.reported(report_of(name, said), None)
                    if epoch is not None:
                        return _json({"area_id": name, "epoch": epoch, "decoupled_by": None}, 200)
        return away

    def _keep_readings(self, known: Known, items: list[dict[str, Any]]) -> Response | None:
        own = [item for item in items if item["unit_id"] in known.units]
        if len(own) != len(items) or len(self._kept.readings) + len(own) > WAITING_MAX:
            return None
        self._kept.readings += own
        return _json({"count": len(own)}, 202)


def _units(known: Known) -> set[tuple[str, str]]:
    return {("unit", unit_id) for unit_id in known.units}


def _json(content: dict[str, Any], status: int) -> Response:
    return Response(msgspec.json.encode(content), status, media_type=_JSON)


def _token(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _digest(body: bytes) -> str:
    """Credentials are remembered by their digest only."""
    given = parse_qs(body.decode("latin-1"))
    said = "\x00".join(
        value for name in ("client_id", "client_secret") for value in given.get(name, ())
    )
    return hashlib.sha256(said.encode()).hexdigest()
