"""Clearing runs: what was solved together, how well and how fast, what bound, what blocks got and why."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.clearing_runs import BLOCK, RUN, block, run, run_of
from api.call import FROM, PAGE, START, TO, Address, Call, QueryField, answer
from api.incoming.clearing_runs import WhatIfIn
from api.lists import Found, answer_list
from api.processes.verifying import verified
from api.processes.what_if import without
from api.wire import fields
from api.wire.errors import refuse
from api.wire.formats import TABLES
from market.model.call import CallKind
from market.model.interval import instant_text
from market.model.rejection import Code
from market.store import queries


def _call_kind(text: str) -> CallKind:
    kind = fields.one_of(CallKind, text)
    if kind is CallKind.REOPENING:  # of one price, and found without a solver
        raise fields.FieldError(Code.FIELD_FORMAT)
    return kind


async def list_clearing_runs(call: Call) -> Response:
    """Calls that were cleared, in order of their first interval."""
    minutes = call.market.rules.interval_minutes

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.clearing_runs(
            connection,
            market_id,
            from_s=call.query.get("from"),
            until_s=call.query.get("to"),
            call=call.query.get("call"),
            cursor=cursor,
            limit=limit,
        )
        return [run(item, minutes) for item in page.items], page.next_cursor

    return await answer_list(call, "clearing-runs", RUN, read)


async def get_clearing_run(call: Call) -> Response:
    """One call that was cleared."""
    named = run_of(call.path_id["run_id"])
    if named is None:
        raise refuse(Code.NOT_FOUND)
    kind, start_s = named
    found = await call.stored(
        lambda connection, market_id: queries.clearing_run(connection, market_id, kind, start_s)
    )
    if found is None:
        raise refuse(Code.NOT_FOUND)
    return answer(run(found, call.market.rules.interval_minutes))


async def verify_clearing_run(call: Call) -> Response:
    """Bring the run's book back from the journal, solve and audit it again, and compare."""
    name = call.path_id["run_id"]
    named = run_of(name)
    if named is None:
        raise refuse(Code.NOT_FOUND)
    market_id = call.market.rules.market_id
    told = await verified(call.house.store_of(market_id), market_id, *named)
    return answer({"run_id": name, **told})


async def clear_without(call: Call) -> Response:
    """Solve a run again without some of its orders, and lay both beside each other."""
    name = call.path_id["run_id"]
    named = run_of(name)
    if named is None:
        raise refuse(Code.NOT_FOUND)
    wanted = await call.read(WhatIfIn)
    if wanted.participant_id is None and not wanted.order_ids:
        raise refuse(Code.FIELD_MISSING, "participant_id")
    kind, start_s = named
    shown_s = start_s if wanted.start_s is None else wanted.start_s
    market_id = call.market.rules.market_id
    told = await without(
        call.house.store_of(market_id),
        market_id,
        kind,
        start_s,
        shown_s=shown_s,
        participant_id=wanted.participant_id,
        order_ids=wanted.order_ids,
    )
    return answer({"run_id": name, "start": instant_text(shown_s), **told})


async def list_blocks(call: Call) -> Response:
    """Blocks and storages of a call, and why each got what it got."""
    kind: CallKind = call.query.get("call", CallKind.CLOSING)
    start_s: int = call.query["start"]
    minutes = call.market.rules.interval_minutes

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        first = _first(cursor)
        told = queries.blocks_told(connection, market_id, kind, start_s)
        if told is None:
            return [], None
        shown = told[first : first + limit]
        more = len(told) > first + limit
        return [block(item, minutes) for item in shown], str(first + limit) if more else None

    return await answer_list(call, "blocks", BLOCK, read)


def _first(cursor: str | None) -> int:
    text = cursor or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise queries.CursorFault(text)
    return int(text)


CALL: Final = QueryField(name="call", read=_call_kind, about="day_ahead or closing")

ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/clearing-runs",
        handler=list_clearing_runs,
        about="Calls that were cleared: rung, gap, duration, receipt, what bound",
        query=(FROM, TO, CALL, *PAGE),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/clearing-runs/{{run_id}}",
        handler=get_clearing_run,
        about="One call that was cleared",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/clearing-runs/{{run_id}}:verify",
        handler=verify_clearing_run,
        about="Solve and audit a run again from the journal, and compare; one at a time",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/clearing-runs/{{run_id}}:what-if",
        handler=clear_without,
        about="Solve a run again without some of its orders; nothing is changed; one at a time",
        body=WhatIfIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/blocks",
        handler=list_blocks,
        about="Blocks and storages of a call, accepted, rejected or paradoxically rejected, and why",
        query=(
            QueryField(
                name="start",
                read=START.read,
                about="The call's interval; of a day's opening call its first",
                required=True,
            ),
            CALL,
            *PAGE,
        ),
        answers=TABLES,
    ),
)
