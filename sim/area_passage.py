"""One channel of the market, followed for somebody else with the token that they showed.

The one idea: whoever connects to an area's process has the rights they have at the market, and no others;
what they ask for there is asked for with their own token.
"""

from collections.abc import Callable
from typing import Any, Final

import httpx

from wattmarket import Event, StreamError
from wattmarket.exchange import Exchange
from wattmarket.session import AwaitingSession
from wattmarket.stream import MarketStream, websocket_address
from wattmarket.verbs import MarketVerbs

PATIENCE_S: Final = 0.5
"""A request for somebody who waits is not repeated for long."""


class GivenToken(AwaitingSession):
    """A session with a token that was shown: it is used as long as it is taken, and never renewed."""

    def __init__(self, http: httpx.AsyncClient, market_id: str, token: Callable[[], str]) -> None:
        """`token` gives the newest one that was shown."""
        super().__init__(http, market=market_id, identity=None, patience_s=PATIENCE_S)
        self._given = token
        self.is_refused = False
        """The market has said that it does not take it."""

    def forget_token(self) -> None:
        """There is no other one to fetch."""
        self.is_refused = True

    def token(self) -> Exchange[str | None]:
        """The token as it was shown last."""
        yield from ()
        return self._given()


async def units_of(http: httpx.AsyncClient, market_id: str, token: str) -> list[dict[str, Any]]:
    """The units that a token is good for.

    Raises:
        UnreachableError: the market is away.
        RefusedError: it takes no such token, or is busy.
    """
    rows: list[dict[str, Any]] = await MarketVerbs(
        GivenToken(http, market_id, lambda: token)
    ).units()
    return rows


async def follow(
    session: GivenToken, url: str, pair: tuple[str, str], hear: Callable[[Event], None]
) -> bool:
    """Hand on what a channel says, through cuts and restarts of the market, until it says no more.

    Returns:
        True: the token is taken no longer; False: there is no such channel for it.
    """
    address = websocket_address(url, session.in_market("stream"))
    stream = MarketStream(address=address, subscriptions=[pair], session=session)
    try:
        async with stream as events:
            async for event in events:
                if event.type != "heartbeat":
                    hear(event)
    except StreamError:
        pass
    return session.is_refused
