"""What the auctions decided: trades, prices, intervals, curves."""

from typing import Final

from starlette.responses import Response

from api import answers
from api.call import (
    FROM,
    PAGE,
    START,
    TO,
    UNIT,
    Address,
    Call,
    QueryField,
    answer,
    listed,
    page_limit,
)
from api.errors import refuse
from api.permissions import MARKET
from market.model.interval import instant_text
from market.model.participant import Role
from market.model.rejection import Code
from market.model.units import SECONDS_PER_MINUTE
from market.store import queries

_SPAN: Final = (FROM, TO, *PAGE)


async def list_trades(call: Call) -> Response:
    """Trades in the order in which they were made: one's own, or all."""
    page = await call.stored(
        lambda connection, market_id: queries.trades(
            connection,
            market_id,
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
            unit_id=call.query.get("unit_id"),
            start_s=call.query.get("start"),
            from_s=call.query.get("from"),
            until_s=call.query.get("to"),
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    minutes = call.market.rules.interval_minutes
    return listed(call, [answers.trade(item, minutes) for item in page.items], page.next_cursor)


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise refuse(Code.FIELD_FORMAT, "cursor")
    return int(text)


def _first_s(call: Call, cursor: str | None) -> int:
    """Start of the first interval of this page."""
    from_s: int = call.query.get("from", call.market.rules.trading_from_s)
    read_on_s = 0 if cursor is None else _whole_number(cursor)
    return max(from_s, read_on_s, call.market.rules.trading_from_s)


def _until_s(call: Call, first_s: int, intervals: int) -> int:
    """An end so near that no more than this many intervals are read."""
    step_s = call.market.rules.interval_minutes * SECONDS_PER_MINUTE
    enough_s = first_s + intervals * step_s
    until_s: int = min(call.query.get("to", enough_s), enough_s)
    return until_s


async def list_prices(call: Call) -> Response:
    """Area prices of cleared intervals, in order of time and area."""
    limit = page_limit(call)
    interval, _, skipped = call.query.get("cursor", "").partition("~")
    first_s = _first_s(call, interval or None)
    skip = _whole_number(skipped) if skipped else 0
    areas = len(call.market.grid.areas)
    until_s = _until_s(call, first_s, (limit + skip) // areas + 2)
    found = await call.stored(
        lambda connection, market_id: queries.prices(
            connection, market_id, from_s=first_s, until_s=until_s
        )
    )
    rows = found[skip:]
    next_cursor = None
    if len(rows) > limit:
        last_s = rows[limit].start_s
        before = sum(row.start_s == last_s for row in found[: skip + limit])
        next_cursor = f"{last_s}~{before}"
    minutes = call.market.rules.interval_minutes
    items = [answers.price(row.area, row.start_s, minutes) for row in rows[:limit]]
    return listed(call, items, next_cursor)


async def list_intervals(call: Call) -> Response:
    """Delivery intervals with phase, result, areas and lines, in order of time."""
    limit = page_limit(call)
    first_s = _first_s(call, call.query.get("cursor"))
    until_s = _until_s(call, first_s, limit + 1)
    found = await call.stored(
        lambda connection, market_id: queries.intervals(
            connection, market_id, from_s=first_s, until_s=until_s
        )
    )
    next_cursor = str(found[limit].interval.start_s) if len(found) > limit else None
    market = call.market
    items = [answers.stored_interval(view, market.rules, market.grid) for view in found[:limit]]
    return listed(call, items, next_cursor)


async def get_curves(call: Call) -> Response:
    """Supply and demand of one interval, once its result is out."""
    start_s: int = call.query["start"]
    found = await call.stored(
        lambda connection, market_id: queries.curves(connection, market_id, start_s=start_s)
    )
    if not found:
        raise refuse(Code.NOT_FOUND, "start")
    areas = [answers.curve(item) for item in found]
    return answer({"start": instant_text(start_s), "areas": areas})


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/trades",
        handler=list_trades,
        about="Trades one may see",
        query=(START, UNIT, *_SPAN),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/prices",
        handler=list_prices,
        about="Area prices of cleared intervals",
        query=_SPAN,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/intervals",
        handler=list_intervals,
        about="Delivery intervals with phase and result",
        query=_SPAN,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/curves",
        handler=get_curves,
        about="Supply and demand of one interval, once its result is out",
        query=(QueryField(name="start", read=START.read, about=START.about, required=True),),
    ),
)
