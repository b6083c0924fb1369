"""A session with a server: who one is, the token, what is repeated, how an answer is read.

The one idea: everything that decides is in `Session` and does no input or output; the two
sessions below it differ only in how they send one request and wait.

Repeats: a cut connection, a timeout and the answers 429, 502, 503 and 504 are tried again with
growing, jittered pauses. That is harmless because an order keeps its `client_order_id`, what an
operator sets up is the same the second time, and any other act (making credentials) keeps the name
it was given before the first try, its `Idempotency-Key`.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import httpx
import msgspec
import stamina

from wattmarket.errors import (
    UNDER_WAY,
    BusyError,
    NotAuthenticatedError,
    UnreachableError,
    UsageError,
    refusal,
)
from wattmarket.exchange import Awaiting, Blocking, Exchange, Outgoing, R
from wattmarket.tables import Json
from wattmarket.values import as_wire

JSON = "application/json"
REFRESH_BEFORE_S = 60.0
"""A token is renewed this long before it ends, so that it cannot end on the way."""
TIMEOUT_S = 10.0
PAUSE_MAX_S = 1.0
"""Longest pause between two tries (and a little jitter): a server that is back is soon noticed."""
PATIENCE_S = 45.0
"""How long a request is repeated before the caller is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Client credentials as the server gave them out."""

    client_id: str
    client_secret: str = field(repr=False)
    market_id: str | None = None
    """The market they are for; None: an operator's, for every market."""


def read_identity(path: str | Path, name: str | None = None) -> Identity:
    """Read credentials from a file: an operator's own, or one entry of a market's.

    Args:
        path: JSON file, either `{"client_id", "client_secret"}` or
            `{"market_id", "clients": {name: {"client_id", "client_secret", ...}}}`.
        name: which entry; needed for the second form.

    Raises:
        UsageError: no such file or entry, or the file is something else.
    """
    try:
        content = msgspec.json.decode(Path(path).read_bytes())
    except (OSError, msgspec.DecodeError) as fault:
        raise UsageError(f"credentials {path} cannot be read: {fault}") from fault
    entry: Any = content
    if isinstance(content, dict) and "clients" in content:
        if name is None:
            raise UsageError(f"{path} holds several credentials: say which with name=")
        entry = content["clients"].get(name)
        if entry is None:
            raise UsageError(f"{path} has no credentials for {name!r}")
    if not isinstance(entry, dict) or not {"client_id", "client_secret"} <= entry.keys():
        raise UsageError(f"{path} holds no client_id and client_secret")
    market_id = content.get("market_id") if entry is not content else None
    return Identity(
        client_id=entry["client_id"], client_secret=entry["client_secret"], market_id=market_id
    )


class Session:
    """Identity, token and rules of one client; does no input or output."""

    def __init__(
        self,
        *,
        market: str | None,
        identity: Identity | None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._market = market or (identity.market_id if identity else None)
        self._identity = identity
        self._token = ""
        self._token_until_s = 0.0
        self._now_s = now_s

    @property
    def market(self) -> str:
        """The market that the verbs are about.

        Raises:
            UsageError: none was named.
        """
        if self._market is None:
            raise UsageError("no market named: Client(url, market=...)")
        return self._market

    def in_market(self, path: str) -> str:
        """An address of the session's market."""
        return f"/v1/markets/{self.market}/{path}"

    def token(self) -> Exchange[str | None]:
        """A token good for a while longer, or None without credentials."""
        if self._identity is None:
            return None
        if self._now_s() >= self._token_until_s - REFRESH_BEFORE_S:
            yield from self._fetch_token()
        return self._token

    @property
    def token_left_s(self) -> float:
        """How long the present token lasts, in seconds."""
        return self._token_until_s - self._now_s()

    def forget_token(self) -> None:
        """Fetch a new one with the next request."""
        self._token_until_s = 0.0

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Json = None,
        act: bool = False,
    ) -> Exchange[Json]:
        """Send one request and read its JSON answer.

        Args:
            method: HTTP method.
            path: address below the server's.
            params: query; entries that are None are left out, times become text.
            json: body; decimals and times become text, floats are refused.
            act: True: it would do something twice; the server is given a name to know it by.

        Raises:
            RefusedError: the server answered no.
        """
        body = None if json is None else msgspec.json.encode(as_wire(json))
        response = yield from self.fetch(
            method, path, params=params, body=body, key=uuid.uuid4().hex if act else None
        )
        return read_answer(response)

    def fetch(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        media: str = JSON,
        accept: str = JSON,
        key: str | None = None,
        wait_s: float = 0.0,
    ) -> Exchange[httpx.Response]:
        """Send one request and give back its good answer as it came.

        Args:
            method: HTTP method.
            path: address below the server's.
            params: query, as for `ask`.
            body: what to send, as it is.
            media: media type of the body.
            accept: media type the answer is wanted in.
            key: name of an act that is not an order, the same in every try; None: it needs none.
            wait_s: real seconds to let go by first.

        Raises:
            RefusedError: the server answered no.
        """
        query = {
            key: as_wire(value, key) for key, value in (params or {}).items() if value is not None
        }
        for last_try in (False, True):
            token = yield from self.token()
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            if body is not None:
                headers["Content-Type"] = media
            if accept != JSON:
                headers["Accept"] = accept
            if key is not None:
                headers["Idempotency-Key"] = key
            try:
                response = yield Outgoing(
                    method=method,
                    path=path,
                    params=query,
                    body=body,
                    headers=headers,
                    wait_s=0.0 if last_try else wait_s,
                )
                return response if response.is_success else _refused(response)
            except NotAuthenticatedError:
                # A restarted server may have another key: one new token, then the caller is told.
                if last_try or token is None:
                    raise
                self.forget_token()
        raise AssertionError("the second try either returned or raised")

    def _fetch_token(self) -> Exchange[None]:
        assert self._identity is not None
        asked_s = self._now_s()
        form = httpx.QueryParams(
            grant_type="client_credentials",
            client_id=self._identity.client_id,
            client_secret=self._identity.client_secret,
        )
        response = yield Outgoing(
            method="POST",
            path="/v1/token",
            body=str(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        answer = read_answer(response)
        self._token = answer["access_token"]
        self._token_until_s = asked_s + float(answer["expires_in"])


def _refused(response: httpx.Response) -> NoReturn:
    read_answer(response)
    raise AssertionError("an answer that is no success is raised")


def read_answer(response: httpx.Response) -> Json:
    """The JSON of a good answer.

    Raises:
        RefusedError: any status of 400 and above, or an answer that is no JSON.
    """
    try:
        content = msgspec.json.decode(response.content) if response.content else None
    except msgspec.DecodeError as fault:
        if response.is_success:
            raise refusal(502, {"code": "ANSWER_NOT_JSON", "detail": str(fault)}) from fault
        content = None
    if response.is_success:
        return content
    problem = content if isinstance(content, dict) else None
    raise refusal(response.status_code, problem, response.headers.get("Retry-After"))


def _pause(failure: Exception) -> bool | float:
    """Which failure is worth a repeat, and after which pause."""
    if isinstance(failure, BusyError):
        return failure.retry_after_s if failure.retry_after_s is not None else True
    return isinstance(failure, httpx.TransportError)


def _raise_if_busy(response: httpx.Response) -> httpx.Response:
    # A cut act whose first try is still under way is answered as soon as that one is done.
    waits = response.status_code == 409 and UNDER_WAY.encode() in response.content
    if waits or response.status_code in (429, 502, 503, 504):
        read_answer(response)
    return response


def _unreachable(outgoing: Outgoing, failure: httpx.TransportError) -> UnreachableError:
    kind = type(failure).__name__
    return UnreachableError(f"{outgoing.method} {outgoing.path}: no answer ({kind} {failure})")


class BlockingSession(Session, Blocking):
    """A session over httpx.Client."""

    def __init__(
        self,
        http: httpx.Client,
        *,
        market: str | None,
        identity: Identity | None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        super().__init__(market=market, identity=identity)
        self.http = http
        self._patience_s = patience_s

    def run(self, exchange: Exchange[R]) -> R:
        """Carry the conversation to its end."""
        try:
            outgoing = next(exchange)
            while True:
                outgoing = exchange.send(self._send(outgoing))
        except StopIteration as end:
            result: R = end.value
            return result

    def _send(self, outgoing: Outgoing) -> httpx.Response:
        if outgoing.wait_s:
            time.sleep(outgoing.wait_s)
        try:
            for attempt in stamina.retry_context(
                on=_pause, attempts=None, timeout=self._patience_s, wait_initial=0.05,
                wait_max=PAUSE_MAX_S, wait_jitter=0.2,
            ):  # fmt: skip
                with attempt:
                    return _raise_if_busy(
                        self.http.request(
                            outgoing.method,
                            outgoing.path,
                            params=outgoing.params or None,
                            content=outgoing.body,
                            headers=outgoing.headers,
                        )
                    )
        except httpx.TransportError as failure:
            raise _unreachable(outgoing, failure) from None  # its words are in ours
        raise AssertionError("a retry context ends with a value or an exception")


class AwaitingSession(Session, Awaiting):
    """A session over httpx.AsyncClient."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        market: str | None,
        identity: Identity | None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        super().__init__(market=market, identity=identity)
        self.http = http
        self._patience_s = patience_s

    async def run(self, exchange: Exchange[R]) -> R:
        """Carry the conversation to its end."""
        try:
            outgoing = next(exchange)
            while True:
                outgoing = exchange.send(await self._send(outgoing))
        except StopIteration as end:
            result: R = end.value
            return result

    async def _send(self, outgoing: Outgoing) -> httpx.Response:
        if outgoing.wait_s:
            await asyncio.sleep(outgoing.wait_s)
        try:
            async for attempt in stamina.retry_context(
                on=_pause, attempts=None, timeout=self._patience_s, wait_initial=0.05,
                wait_max=PAUSE_MAX_S, wait_jitter=0.2,
            ):  # fmt: skip
                with attempt:
                    return _raise_if_busy(
                        await self.http.request(
                            outgoing.method,
                            outgoing.path,
                            params=outgoing.params or None,
                            content=outgoing.body,
                            headers=outgoing.headers,
                        )
                    )
        except httpx.TransportError as failure:
            raise _unreachable(outgoing, failure) from None  # its words are in ours
        raise AssertionError("a retry context ends with a value or an exception")
