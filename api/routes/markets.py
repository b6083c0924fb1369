"""Markets: create one, list them, read a definition."""

from typing import Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import definitions
from api.call import BATCH_BODY_MAX, PAGE, Address, Call, answer, listed, page_limit
from api.incoming.definitions import MarketIn
from market.model.messages import CreateMarket


async def create_market(call: Call) -> Response:
    """Create a market; the same definition again is harmless."""
    wanted = await call.read(MarketIn, BATCH_BODY_MAX)
    command = CreateMarket(
        now_us=call.now_us(),
        actor=call.actor,
        rules=wanted.rules(),
        grid=wanted.grid(),
    )
    new = await call.house.create_market(command)
    return answer(definitions.market(command.rules, command.grid), 201 if new else 200)


async def list_markets(call: Call) -> Response:
    """All markets of the deployment, by id."""
    limit, after = page_limit(call), call.query.get("cursor", "")
    ids = sorted(market_id for market_id in call.house.markets if market_id > after)
    shown = [call.house.markets[market_id] for market_id in ids[:limit]]
    items = [definitions.market(market.rules, market.grid) for market in shown]
    return listed(call, items, ids[limit - 1] if len(ids) > limit else None)


async def get_market(call: Call) -> Response:
    """One market's definition."""
    return answer(definitions.market(call.market.rules, call.market.grid))


ADDRESSES: Final = (
    Address(
        method="POST",
        path="/v1/markets",
        handler=create_market,
        about="Create a market with its rules and grid",
        body=MarketIn,
        created=True,
    ),
    Address(
        method="GET", path="/v1/markets", handler=list_markets, about="All markets", query=PAGE
    ),
    Address(method="GET", path=MARKET, handler=get_market, about="One market's definition"),
)
