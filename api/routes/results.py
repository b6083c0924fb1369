"""What was decided and traded: trades, positions, prices, intervals, curves, depth."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, TypedDict

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET, Channel
from api.answers import columns, results, trading
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
)
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES, Form, Record, encoded
from market.model.call import CallKind
from market.model.interval import MarketDay, instant_text
from market.model.participant import Role
from market.model.rejection import Code
from market.model.units import SECONDS_PER_MINUTE
from market.store import queries

_DAY: Final = QueryField(
    name="day", read=fields.local_day, about="Intervals of one market day, 2016-06-15"
)
_AREA: Final = QueryField(name="area_id", read=fields.identifier, about="One area")
_SPAN: Final = (FROM, TO, _DAY, *PAGE)


def _step_s(call: Call) -> int:
    return call.market.rules.interval_minutes * SECONDS_PER_MINUTE


class _Span(TypedDict):
    from_s: int | None
    until_s: int | None


def asked_span(call: Call) -> _Span:
    """The intervals asked for, by `from` and `to`, by a day, or by both."""
    from_s: int | None = call.query.get("from")
    until_s: int | None = call.query.get("to")
    day: date | None = call.query.get("day")
    if day is not None:
        rules = call.market.rules
        starts_s = MarketDay(
            day=day, zone=rules.time_zone, minutes=rules.interval_minutes
        ).starts_s()
        from_s = starts_s[0] if from_s is None else max(from_s, starts_s[0])
        until_s = starts_s.stop if until_s is None else min(until_s, starts_s.stop)
    return {"from_s": from_s, "until_s": until_s}


async def list_trades(call: Call) -> Response:
    """Trades in the order in which they were made: one's own, or all."""
    minutes, span = call.market.rules.interval_minutes, asked_span(call)

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.trades(
            connection,
            market_id,
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
            unit_id=call.query.get("unit_id"),
            area_id=call.query.get("area_id"),
            start_s=call.query.get("start"),
            **span,
            cursor=cursor,
            limit=limit,
        )
        return [trading.trade(item, minutes) for item in page.items], page.next_cursor

    return await answer_list(call, "trades", columns.TRADE, read)


async def list_area_trades(call: Call) -> Response:
    """An area's trades as everybody may see them: without a name."""
    area_id, span = _known_area(call, call.path_id["area_id"]), asked_span(call)
    step_s = _step_s(call)

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.trades(
            connection,
            market_id,
            area_id=area_id,
            start_s=call.query.get("start"),
            **span,
            cursor=cursor,
            limit=limit,
        )
        records = [
            {
                **trading.public_trade(item),
                "area_id": item.area_id,
                "start": instant_text(item.start_s),
                "end": instant_text(item.start_s + step_s),
            }
            for item in page.items
        ]
        return records, page.next_cursor

    return await answer_list(call, f"trades-{area_id}", columns.PUBLIC_TRADE, read)


def _known_area(call: Call, area_id: str) -> str:
    if all(area.area_id != area_id for area in call.market.grid.areas):
        raise refuse(Code.AREA_UNKNOWN)
    return area_id


async def list_positions(call: Call) -> Response:
    """What units have traded, per interval: one's own, those of one's area, or all."""
    minutes, span = call.market.rules.interval_minutes, asked_span(call)
    own_area = call.own(Role.AREA, call.who.area_id)
    asked_area = call.query.get("area_id")
    if own_area is not None and asked_area not in {None, own_area}:
        raise refuse(Code.AREA_UNKNOWN, "area_id")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.positions(
            connection,
            market_id,
            participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
            area_id=own_area or asked_area,
            unit_id=call.query.get("unit_id"),
            start_s=call.query.get("start"),
            **span,
            cursor=cursor,
            limit=limit,
        )
        return [trading.position(item, minutes) for item in page.items], page.next_cursor

    return await answer_list(call, "positions", columns.POSITION, read)


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise queries.CursorFault(text)
    return int(text)


def _first_s(call: Call, from_s: int | None, cursor: str | None) -> int:
    """Start of the first interval of this page."""
    read_on_s = 0 if cursor is None else _whole_number(cursor)
    return max(from_s or 0, read_on_s, call.market.rules.trading_from_s)


def _until_s(call: Call, asked_s: int | None, first_s: int, intervals: int) -> int:
    """An end so near that no more than this many intervals are read."""
    enough_s = first_s + intervals * _step_s(call)
    return enough_s if asked_s is None else min(asked_s, enough_s)


async def list_prices(call: Call) -> Response:
    """Area prices of cleared intervals, in order of time and area."""
    span = asked_span(call)
    minutes = call.market.rules.interval_minutes
    areas = len(call.market.grid.areas)

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        interval, _, skipped = (cursor or "").partition("~")
        first_s = _first_s(call, span["from_s"], interval or None)
        skip = _whole_number(skipped) if skipped else 0
        until_s = _until_s(call, span["until_s"], first_s, (limit + skip) // areas + 2)
        found = queries.prices(
            connection,
            market_id,
            from_s=first_s,
            until_s=until_s,
            call=call.query.get("call"),
        )
        rows = found[skip:]
        behind = None
        if len(rows) > limit:
            last_s = rows[limit].start_s
            before = sum(row.start_s == last_s for row in found[: skip + limit])
            behind = f"{last_s}~{before}"
        return [results.price(row.area, row.start_s, minutes) for row in rows[:limit]], behind

    return await answer_list(call, "prices", columns.PRICE, read)


def _call_kind(text: str) -> CallKind:
    if text not in {CallKind.DAY_AHEAD.value, CallKind.CLOSING.value}:
        raise FieldError(Code.FIELD_FORMAT)
    return CallKind(text)


async def list_intervals(call: Call) -> Response:
    """Delivery intervals with phase, result, areas and lines, in order of time."""
    span, market = asked_span(call), call.market

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        first_s = _first_s(call, span["from_s"], cursor)
        until_s = _until_s(call, span["until_s"], first_s, limit + 1)
        found = queries.intervals(connection, market_id, from_s=first_s, until_s=until_s)
        behind = str(found[limit].interval.start_s) if len(found) > limit else None
        rules, grid = market.rules, market.grid
        return [results.stored_interval(view, rules, grid) for view in found[:limit]], behind

    return await answer_list(call, "intervals", columns.INTERVAL, read)


async def get_curves(call: Call) -> Response:
    """Supply and demand of one interval, once its result is out."""
    start_s: int = call.query["start"]
    found = await call.stored(
        lambda connection, market_id: queries.curves(
            connection, market_id, start_s=start_s, call=call.query.get("call")
        )
    )
    if not found:
        raise refuse(Code.NOT_FOUND, "start")
    areas = [results.curve(item) for item in found]
    return answer({"start": instant_text(start_s), "areas": areas})


async def get_depth(call: Call) -> Response:
    """The open book of continuous trading of one area, level by level; `market`: small areas merged."""
    key: str = call.query["area_id"]
    live = call.market.live
    if not live.is_key(Channel.BOOK, key):
        raise refuse(Code.AREA_UNKNOWN, "area_id")
    shown = live.snapshot(Channel.BOOK, key, call.now_us())
    start_s: int | None = call.query.get("start")
    if start_s is not None:
        start = instant_text(start_s)
        shown["intervals"] = [item for item in shown["intervals"] if item["start"] == start]
    if call.form is Form.JSON:
        return answer(shown)
    content = encoded(call.form, columns.DEPTH, _depth_rows(shown, _step_s(call)))
    return Response(content, media_type=call.form.value)


def _depth_rows(shown: Mapping[str, Any], step_s: int) -> list[Record]:
    return [
        {
            **level,
            "area_id": shown["area"],
            "start": interval["start"],
            "end": instant_text(fields.instant_s(interval["start"]) + step_s),
        }
        for interval in shown["intervals"]
        for level in interval["levels"]
    ]


_CALL: Final = QueryField(
    name="call",
    read=_call_kind,
    about="day_ahead or closing; without it the last one of each interval",
)

ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/trades",
        handler=list_trades,
        about="Trades one may see",
        query=(START, UNIT, _AREA, *_SPAN),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/areas/{{area_id}}/trades",
        handler=list_area_trades,
        about="An area's trades as everybody sees them, without a name",
        query=(START, *_SPAN),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/positions",
        handler=list_positions,
        about="Traded energy per unit, area and interval",
        query=(START, UNIT, _AREA, *_SPAN),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/prices",
        handler=list_prices,
        about="Area prices of cleared intervals",
        query=(*_SPAN, _CALL),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/intervals",
        handler=list_intervals,
        about="Delivery intervals with phase and result",
        query=_SPAN,
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/curves",
        handler=get_curves,
        about="Supply and demand of one interval, once its result is out",
        query=(
            QueryField(name="start", read=START.read, about=START.about, required=True),
            _CALL,
        ),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/depth",
        handler=get_depth,
        about="The open book of continuous trading, level by level",
        query=(
            QueryField(
                name="area_id",
                read=fields.identifier,
                about="An area, or market: what small areas hold together",
                required=True,
            ),
            START,
        ),
        answers=TABLES,
    ),
)
