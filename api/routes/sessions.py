"""Sessions: when each call of an interval opens, closes and is settled, and how it really went."""

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.clearing_runs import run
from api.answers.results import stored_interval
from api.answers.values import Answer
from api.call import FROM, PAGE, START, TO, Address, Call, QueryField, answer
from api.lists import Found, answer_list
from api.routes.clearing_runs import CALL
from api.routes.results import asked_span
from api.wire import fields
from api.wire.errors import refuse
from api.wire.formats import TABLES
from market.model.act import StoredAct
from market.model.call import CallKind
from market.model.interval import MICROSECONDS, instant_text, moment_text
from market.model.messages import Step
from market.model.rejection import Code
from market.model.units import SECONDS_PER_MINUTE
from market.store import queries

GRID_CHECK_MINUTES: Final = 5
"""After the gate, by when a schedule that its grid would not bear is another one."""
SESSION: Final = (
    "session", "start", "end", "phase", "opens_at", "gate_at", "ends_at", "settles_at", "rung", "solve_ms",
    "trades", "receipt_hash",
)  # fmt: skip
"""The columns of a file of sessions."""
_OPENS: Final = {CallKind.DAY_AHEAD: Step.OPEN_DAY_AHEAD, CallKind.CLOSING: Step.OPEN_CALL}
_GATE: Final = {CallKind.DAY_AHEAD: Step.CLOSE_DAY_AHEAD, CallKind.CLOSING: Step.CLOSE_GATE}


async def list_sessions(call: Call) -> Response:
    """The calendar: the closing session of each interval, with what became of it."""
    span, market = asked_span(call), call.market
    rules, grid = market.rules, market.grid
    phases = call.decided.phases
    step_s = rules.interval_minutes * SECONDS_PER_MINUTE

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        first_s = max(span["from_s"] or 0, _second(cursor), rules.trading_from_s)
        enough_s = first_s + (limit + 1) * step_s
        until_s = enough_s if span["until_s"] is None else min(span["until_s"], enough_s)
        found = queries.intervals(connection, market_id, from_s=first_s, until_s=until_s)
        behind = str(found[limit].interval.start_s) if len(found) > limit else None
        records: list[Any] = []
        for view in found[:limit]:
            shown = stored_interval(view, rules, grid)
            due_us = phases.due_us(view.interval.start_s)
            records.append(
                {
                    "session": CallKind.CLOSING.value,
                    **{name: shown[name] for name in ("start", "end", "phase")},
                    "opens_at": moment_text(min(due_us.values())),
                    "gate_at": moment_text(due_us[Step.CLOSE_GATE]),
                    "ends_at": moment_text(due_us[Step.END_DELIVERY]),
                    "settles_at": moment_text(due_us[Step.SETTLE]),
                    **{name: shown[name] for name in _RESULT},
                }
            )
        return records, behind

    return await answer_list(call, "sessions", SESSION, read)


_RESULT: Final = ("rung", "solve_ms", "trades", "receipt_hash", "audit_faults")


def _second(cursor: str | None) -> int:
    text = cursor or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise queries.CursorFault(text)
    return int(text)


async def show_timeline(call: Call) -> Response:
    """One session against its deadlines: steps of the interval, its clearing, areas that went alone."""
    kind: CallKind = call.query.get("call", CallKind.CLOSING)
    start_s: int = call.query["start"]
    market = call.market
    phases, rules = call.decided.phases, market.rules
    if not phases.is_interval(start_s):
        raise refuse(Code.NOT_FOUND, "start")
    due_us = phases.due_us(start_s)
    gate_us = due_us.get(_GATE[kind])
    if gate_us is None:  # a market without opening calls
        raise refuse(Code.NOT_FOUND, "call")
    opens_s, settles_s = min(due_us.values()) // MICROSECONDS, due_us[Step.SETTLE] // MICROSECONDS
    first_s = start_s if kind is CallKind.CLOSING else phases.day_first_s(start_s)

    def read(connection: Connection, market_id: str) -> tuple[Any, ...]:
        return (
            queries.phase_steps(connection, market_id, start_s),
            queries.clearing_run(connection, market_id, kind, first_s),
            queries.decouplings(connection, market_id, from_s=opens_s, until_s=settles_s + 1),
        )

    steps, cleared, alone = await call.stored(read)
    grid_us = due_us[Step.CLOSE_GATE] + GRID_CHECK_MINUTES * SECONDS_PER_MINUTE * MICROSECONDS
    deadlines = [*due_us.items(), ("grid_check", grid_us)]
    minutes = rules.interval_minutes
    return answer(
        {
            "session": kind.value,
            "start": instant_text(start_s),
            "end": instant_text(start_s + minutes * SECONDS_PER_MINUTE),
            "opens_at": moment_text(due_us[_OPENS[kind]]),
            "gate_at": moment_text(gate_us),
            "deadlines": [
                {"what": str(what), "at": moment_text(at_us)}
                for what, at_us in sorted(deadlines, key=lambda item: item[1])
            ],
            "steps": sorted(
                [*(_step(item) for item in steps), *(_alone(item) for item in alone)],
                key=lambda item: item["at"],
            ),
            "clearing": None if cleared is None else run(cleared, minutes),
        }
    )


def _step(item: queries.PhaseStep) -> Answer:
    return {
        "at": moment_text(item.now_us),
        "what": item.step or item.phase,
        "phase": item.phase,
        "area_id": item.area_id,
        "until": None if item.until_us is None else moment_text(item.until_us),
        "reason": None,
        "by": [],
    }


def _alone(item: StoredAct) -> Answer:
    """An area that people have decoupled, or coupled again."""
    return {
        "at": moment_text(item.at_us),
        "what": item.kind.value,
        "phase": None,
        "area_id": item.member_id,
        "until": None,
        "reason": item.reason,
        "by": list(item.actors),
    }


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/sessions",
        handler=list_sessions,
        about="The calendar of sessions: when each opens, closes and is settled, and what came of it",
        query=(
            FROM,
            TO,
            QueryField(name="day", read=fields.local_day, about="Of one market day, 2016-06-15"),
            *PAGE,
        ),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/sessions/timeline",
        handler=show_timeline,
        about="One session against its deadlines",
        query=(
            QueryField(name="start", read=START.read, about=START.about, required=True),
            CALL,
        ),
    ),
)
