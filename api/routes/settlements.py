"""Days settled as a whole: runs, what they changed, and what they say of one's own units."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.runs import DETAIL_COLUMNS, detail_line, difference, run
from api.call import AS_OF, PAGE, Address, Call, QueryField, answer, listed, page_limit
from api.incoming.runs import SettlementRunIn
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.errors import refuse
from api.wire.formats import TABLES
from market.model.rejection import Code
from market.model.settlement_run import BeginSettlement, RunKind
from market.store import queries
from market.store.queries import RunView


async def start_run(call: Call) -> Response:
    """Settle a day again; where nothing has changed its last run stands."""
    wanted = await call.read(SettlementRunIn)
    day = wanted.day
    await call.market.submit(
        BeginSettlement(
            now_us=call.now_us(),
            actor=call.actor,
            day=day,
            kind=RunKind.CORRECTED,
            reason=wanted.reason,
            tariff=wanted.fees(),
        )
    )
    found = await call.stored(
        lambda connection, market_id: queries.last_run(connection, market_id, day)
    )
    assert found is not None, "it has begun, or one has ended before"
    return answer(run(found))


async def list_runs(call: Call) -> Response:
    """Runs in the order in which they began."""
    day = call.query.get("day")
    page = await call.stored(
        lambda connection, market_id: queries.settlement_runs(
            connection,
            market_id,
            day=None if day is None else day.isoformat(),
            cursor=call.query.get("cursor"),
            limit=page_limit(call),
        )
    )
    return listed(call, [run(item) for item in page.items], page.next_cursor)


async def _found(call: Call) -> RunView:
    """The run of the address.

    Raises:
        RefusedError: NOT_FOUND.
    """
    try:
        run_id = fields.identifier(call.path_id["run_id"])
    except fields.FieldError:
        raise refuse(Code.NOT_FOUND, "run_id") from None
    found = await call.stored(
        lambda connection, market_id: queries.settlement_run(connection, market_id, run_id)
    )
    if found is None:
        raise refuse(Code.NOT_FOUND, "run_id")
    return found


async def list_differences(call: Call) -> Response:
    """What a run has booked."""
    run_id = (await _found(call)).run.run_id
    items = await call.stored(
        lambda connection, market_id: queries.run_differences(connection, market_id, run_id)
    )
    return answer({"items": [difference(item) for item in items], "next_cursor": None})


async def list_lines(call: Call) -> Response:
    """What a run says of every unit and interval, area after area."""
    found = (await _found(call)).run
    area_id: str | None = call.query.get("area_id")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        first = _offset(cursor)
        lines, more = queries.settled_lines(
            connection, market_id, found.run_id, area_id=area_id, first=first, limit=limit
        )
        items = [detail_line(line, found.version) for line in lines]
        return items, str(first + limit) if more else None

    return await answer_list(call, f"settlement-{found.day}", DETAIL_COLUMNS, read)


def _offset(cursor: str | None) -> int:
    """How many lines come before those of a cursor.

    Raises:
        CursorFault: no list has given it out.
    """
    text = cursor or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise queries.CursorFault
    return int(text)


async def list_details(call: Call) -> Response:
    """What a version of a day says of one's own units, interval by interval."""
    day, version = call.query["day"].isoformat(), call.query.get("version")
    as_of_us = call.query.get("as_of")
    participant_id = call.participant_id

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        first = _offset(cursor)
        found = queries.settled_detail(
            connection,
            market_id,
            participant_id=participant_id,
            day=day,
            version=version,
            as_of_us=as_of_us,
        )
        if found is None:
            return [], None
        number, lines = found
        items = [detail_line(line, number) for line in lines[first : first + limit]]
        return items, str(first + limit) if len(lines) > first + limit else None

    return await answer_list(call, "settlement", DETAIL_COLUMNS, read)


def _version(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise fields.FieldError(Code.FIELD_FORMAT)
    return int(text)


_DAY: Final = QueryField(name="day", read=fields.local_day, about="Local day, 2016-06-15")

ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/settlement-runs",
        handler=start_run,
        about="Settle a closed day again, as readings or fees have changed",
        body=SettlementRunIn,
        idempotent=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/settlement-runs",
        handler=list_runs,
        about="Runs that settled days as a whole: versions, progress, completeness",
        query=(_DAY, *PAGE),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/settlement-runs/{{run_id}}/differences",
        handler=list_differences,
        about="What a run has moved between accounts",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/settlement-runs/{{run_id}}/lines",
        handler=list_lines,
        about="What a run says of every unit, interval by interval",
        query=(
            QueryField(name="area_id", read=fields.identifier, about="Only of one area's units"),
            *PAGE,
        ),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/account/settlement",
        handler=list_details,
        about="One's own units in a settled day, interval by interval",
        query=(
            QueryField(name="day", read=fields.local_day, about=_DAY.about, required=True),
            QueryField(
                name="version", read=_version, about="A version of the day; the last one else"
            ),
            AS_OF,
            *PAGE,
        ),
        answers=TABLES,
    ),
)
