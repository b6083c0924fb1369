"""Reports for the operator: a day or a month as one document, as tables, and as a page."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Final

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.reports import REPORT_TABLES, is_closed, report_document
from api.call import PAGE, Address, Call, QueryField, answer
from api.lists import Found, answer_list
from api.pages.report import PAGE_HEADERS, Language, report_page
from api.wire import fields
from api.wire.errors import refuse
from api.wire.formats import TABLES, Form
from market.model.interval import MICROSECONDS, MarketMonth, day_of
from market.model.rejection import Code
from market.model.rules import MarketRules
from market.store import queries
from market.store.queries import MarketDefinition, PeriodReport

_CURSOR_DIGITS_MAX: Final = 9


def _period(call: Call) -> tuple[str, queries.PeriodSpan]:
    """The name and the days that are asked for."""
    rules = call.market.rules
    month: str | None = call.query.get("month")
    if month is not None:
        return month, queries.span_of(MarketMonth.of(month, rules.time_zone).days, rules)
    day: date = call.query["day"]
    return day.isoformat(), queries.span_of((day,), rules)


def _asked(call: Call) -> Callable[[Connection, str], PeriodReport]:
    """What is asked of the store for the report."""
    definition = MarketDefinition(rules=call.market.rules, grid=call.market.grid)
    _, span = _period(call)
    now_us = call.now_us()
    return lambda connection, market_id: queries.period_report(
        connection, market_id, definition, span, now_us=now_us
    )


def _today(call: Call, rules: MarketRules) -> date:
    return day_of(call.now_us() // MICROSECONDS, rules.time_zone)


async def get_report(call: Call) -> Response:
    """The whole report."""
    rules = call.market.rules
    name, _ = _period(call)
    report = await call.stored(_asked(call))
    return answer(report_document(report, rules, name=name, today=_today(call, rules)))


async def get_page(call: Call) -> Response:
    """The report as a page for people, in English or 中文."""
    rules = call.market.rules
    name, _ = _period(call)
    report = await call.stored(_asked(call))
    text = await run_in_threadpool(
        report_page,
        report,
        rules=rules,
        name=name,
        closed=is_closed(report, _today(call, rules)),
        language=call.query.get("language") or Language.EN,
    )
    return Response(text, media_type="text/html; charset=utf-8", headers=PAGE_HEADERS)


async def list_table(call: Call) -> Response:
    """One table of the report."""
    table = call.path_id["table"]
    found = REPORT_TABLES.get(table)
    if found is None:
        raise refuse(Code.NOT_FOUND, "table")
    rules, ask = call.market.rules, _asked(call)
    name, _ = _period(call)

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        text = cursor or "0"
        if not (text.isascii() and text.isdecimal() and len(text) <= _CURSOR_DIGITS_MAX):
            raise queries.CursorFault
        first = int(text)
        records = found.rows(ask(connection, market_id), rules)
        more = len(records) > first + limit
        return records[first : first + limit], str(first + limit) if more else None

    return await answer_list(call, f"{table}-{name}", found.columns, read)


_DAY: Final = QueryField(
    name="day", read=fields.local_day, about="Local day of the market, 2016-06-15", required=True
)
_MONTH: Final = QueryField(
    name="month", read=fields.local_month, about="Local month of the market, 2016-06", required=True
)
_LANGUAGE: Final = QueryField(
    name="language", read=partial(fields.one_of, Language), about="en or zh; en by default"
)


def _addresses(noun: str, period: QueryField) -> tuple[Address, ...]:
    path = f"{MARKET}/reports/{noun}"
    return (
        Address(
            method="GET",
            path=path,
            handler=get_report,
            about=f"Report of a {noun}: all tables, and whether they prove each other",
            query=(period,),
        ),
        Address(
            method="GET",
            path=f"{path}/page",
            handler=get_page,
            about=f"Report of a {noun} as a page for people, with charts",
            query=(period, _LANGUAGE),
            answers=(Form.HTML,),
        ),
        Address(
            method="GET",
            path=f"{path}/{{table}}",
            handler=list_table,
            about=f"One table of the report of a {noun}",
            query=(period, *PAGE),
            answers=TABLES,
        ),
    )


ADDRESSES: Final = (*_addresses("day", _DAY), *_addresses("month", _MONTH))
