"""The market's public Python client: `Client` for scripts, `AsyncClient` for programs.

    from wattmarket import Client

    with Client("http://localhost:8000", credentials="credentials.json", name="RUR-P0001") as market:
        order = market.orders.place(unit_id="RUR-P0001-load", side="buy", energy_kwh="0.250",
                                    start="2016-06-15T12:00:00+01:00", price_per_mwh="210.00")
        print(order["order_id"], order["state"])

The one idea: both speak the same verbs (`verbs.py`); here is only how they are opened and closed.
They know the wire and nothing else of the project.
"""

import ssl
from functools import cache
from pathlib import Path
from types import TracebackType

import httpx

from wattmarket.errors import UsageError
from wattmarket.exchange import Awaiting, Blocking
from wattmarket.session import (
    PATIENCE_S,
    TIMEOUT_S,
    AwaitingSession,
    BlockingSession,
    Identity,
    read_identity,
)
from wattmarket.stream import MarketStream, websocket_address
from wattmarket.verbs import MarketVerbs

CONNECTIONS_MAX = 16
"""Kept open to one server; the server answers faster over few busy connections than over many."""


@cache
def trusted() -> ssl.SSLContext:
    """Whose certificates are trusted: what this machine says when it is first asked.

    Reading that takes longer than many a call, so all clients of a process share it.
    """
    return httpx.create_ssl_context()


class Client(MarketVerbs[Blocking]):
    """The market, in blocking calls."""

    def __init__(
        self,
        url: str,
        *,
        market: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        credentials: str | Path | None = None,
        name: str | None = None,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
        http: httpx.Client | None = None,
    ) -> None:
        """Open a client. Without credentials it sees what is public.

        Args:
            url: the server, "http://localhost:8000".
            market: market id; None: the one the credentials file names.
            client_id: with `client_secret`: who one is.
            client_secret: see `client_id`.
            credentials: instead of the two: a file that holds them.
            name: which entry of that file.
            timeout_s: how long one request waits for its answer.
            patience_s: how long a request is repeated before the caller is told.
            http: a connection pool to share; None: an own one, closed with the client.

        Raises:
            UsageError: the credentials are incomplete or cannot be read.
        """
        self._own = http is None
        self._http = http or httpx.Client(
            base_url=url,
            timeout=timeout_s,
            limits=connection_limits(CONNECTIONS_MAX),
            verify=trusted(),
        )
        super().__init__(
            BlockingSession(
                self._http,
                patience_s=patience_s,
                market=market,
                identity=_identity(client_id, client_secret, credentials, name),
            )
        )

    def close(self) -> None:
        """Close the connections, unless they are shared."""
        if self._own:
            self._http.close()

    def __enter__(self) -> "Client":
        """The client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()


class AsyncClient(MarketVerbs[Awaiting]):
    """The market, in awaited calls, and its stream."""

    def __init__(
        self,
        url: str,
        *,
        market: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        credentials: str | Path | None = None,
        name: str | None = None,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """Open a client; the arguments are those of `Client`."""
        self._own = http is None
        self._url = url
        self._http = http or httpx.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            limits=connection_limits(CONNECTIONS_MAX),
            verify=trusted(),
        )
        self._awaiting = AwaitingSession(
            self._http,
            patience_s=patience_s,
            market=market,
            identity=_identity(client_id, client_secret, credentials, name),
        )
        super().__init__(self._awaiting)

    def stream(self, *subscriptions: tuple[str, str], disconnect_grace_s: int = 0) -> MarketStream:
        """Follow channels of the market; reconnects and resynchronises by itself.

            async with client.stream(("market", "village"), ("area", "RUR")) as events:
                async for event in events: ...

        Args:
            *subscriptions: pairs of channel and key, as docs/wire.md lists them.
            disconnect_grace_s: real seconds that orders which hang on its session stay when it
                breaks off, at most 60.
        """
        return MarketStream(
            address=websocket_address(self._url, self._awaiting.in_market("stream")),
            subscriptions=subscriptions,
            session=self._awaiting,
            disconnect_grace_s=disconnect_grace_s,
        )

    async def aclose(self) -> None:
        """Close the connections, unless they are shared."""
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> "AsyncClient":
        """The client itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()


def connection_limits(connections_max: int) -> httpx.Limits:
    """Limits of a pool that keeps its connections open."""
    return httpx.Limits(
        max_connections=connections_max,
        max_keepalive_connections=connections_max,
        keepalive_expiry=60.0,
    )


def _identity(
    client_id: str | None,
    client_secret: str | None,
    credentials: str | Path | None,
    name: str | None,
) -> Identity | None:
    if credentials is not None:
        if client_id is not None or client_secret is not None:
            raise UsageError("either a credentials file or client_id and client_secret, not both")
        return read_identity(credentials, name)
    if client_id is None and client_secret is None:
        return None
    if not client_id or not client_secret:
        raise UsageError("client_id and client_secret belong together")
    return Identity(client_id=client_id, client_secret=client_secret)
