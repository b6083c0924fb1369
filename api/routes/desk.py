"""The service desk: what people bring, what operators note, how it ends, how well it was done."""

from datetime import date, timedelta
from typing import Final, Literal, get_args

from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.cases import case
from api.answers.desk import indicator
from api.call import Address, Call, QueryField, answer
from api.incoming.cases import CaseIn, RatingIn, ResolutionIn, WordsIn
from api.routes.cases import case_changed, case_of
from api.wire import fields
from api.wire.errors import RefusedError, refuse
from api.wire.fields import FieldError
from market.model.case import CaseOpened, NoteCase, OpenCase, RateCase, ReopenCase, ResolveCase
from market.model.interval import MICROSECONDS, MarketDay, day_of
from market.model.participant import Role
from market.model.rejection import Code, Rejection
from market.store import queries

DAYS_MAX: Final = 366
"""Most days of indicators in one answer."""


async def open_case(call: Call) -> Response:
    """Bring something to the desk; the same under the same own id changes nothing."""
    wanted = await call.read(CaseIn)
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    if own is not None and wanted.participant_id not in {None, own}:
        raise refuse(Code.PARTICIPANT_UNKNOWN, "participant_id")
    participant_id = own or wanted.participant_id
    if participant_id is None:
        raise RefusedError([Rejection(code=Code.FIELD_MISSING, pointer="participant_id")])
    committed = await call.market.submit(
        OpenCase(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=participant_id,
            kind=wanted.case_kind(),
            client_case_id=wanted.client_case_id,
            subject=wanted.subject,
            text=wanted.text,
            unit_id=wanted.unit_id,
            details=wanted.details,
        )
    )
    for_operator = call.who.role is Role.OPERATOR
    new = [event.case for event in committed.events if isinstance(event, CaseOpened)]
    if new:
        return answer(case(new[0], for_operator=for_operator), 201)
    known = call.decided.cases.by_client
    case_id, _ = known[participant_id, wanted.client_case_id]
    found = await call.stored(
        lambda connection, market_id: queries.case(connection, market_id, case_id)
    )
    assert found is not None, "what was opened is there"
    return answer(case(found, for_operator=for_operator))


async def note_case(call: Call) -> Response:
    """Note something for operators only."""
    found, wanted = await case_of(call), await call.read(WordsIn)
    command = NoteCase(
        now_us=call.now_us(),
        actor=call.actor,
        case_id=found.case_id,
        text=wanted.text,
        internal=True,
    )
    return await case_changed(call, command)


async def resolve_case(call: Call) -> Response:
    """Close what came to the desk with an answer."""
    found, wanted = await case_of(call), await call.read(ResolutionIn)
    command = ResolveCase(
        now_us=call.now_us(),
        actor=call.actor,
        case_id=found.case_id,
        outcome=wanted.case_outcome(),
        answer=wanted.answer,
    )
    return await case_changed(call, command)


async def reopen_case(call: Call) -> Response:
    """Go on with what was closed within the last two weeks."""
    found, wanted = await case_of(call), await call.read(WordsIn)
    command = ReopenCase(
        now_us=call.now_us(),
        actor=call.actor,
        case_id=found.case_id,
        text=wanted.text,
        participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
    )
    return await case_changed(call, command)


async def rate_case(call: Call) -> Response:
    """Say how one was served: 1 to 5, and a word."""
    found, wanted = await case_of(call), await call.read(RatingIn)
    command = RateCase(
        now_us=call.now_us(),
        actor=call.actor,
        case_id=found.case_id,
        participant_id=found.participant_id,
        rating=wanted.rating,
        text=wanted.text,
    )
    return await case_changed(call, command)


By = Literal["day", "month"]


def _by(text: str) -> str:
    if text not in get_args(By):
        raise FieldError(Code.FIELD_FORMAT)
    return text


async def service_indicators(call: Call) -> Response:
    """How well the desk kept its targets, by local day or month of opening and by kind."""
    rules, now_us = call.market.rules, call.now_us()
    today = day_of(now_us // MICROSECONDS, rules.time_zone)
    until: date = call.query.get("to_day", today)
    first: date = call.query.get("from_day", until - timedelta(days=30))
    if not 0 <= (until - first).days < DAYS_MAX:
        raise refuse(Code.FIELD_RANGE, "from_day", max=str(DAYS_MAX))
    minutes, zone = rules.interval_minutes, rules.time_zone
    first_s = MarketDay(day=first, zone=zone, minutes=minutes).starts_s()[0]
    until_s = MarketDay(day=until, zone=zone, minutes=minutes).starts_s().stop
    length = 7 if call.query.get("by") == "month" else 10
    found = await call.stored(
        lambda connection, market_id: queries.service_indicators(
            connection,
            market_id,
            from_us=first_s * MICROSECONDS,
            until_us=until_s * MICROSECONDS,
            now_us=now_us,
            period=lambda opened_us: day_of(opened_us // MICROSECONDS, zone).isoformat()[:length],
        )
    )
    return answer({"items": [indicator(item) for item in found], "next_cursor": None})


_CASE: Final = f"{MARKET}/cases/{{case_id}}"
ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/cases",
        handler=open_case,
        about="Bring a fault, a complaint, a question or an application to the service desk",
        body=CaseIn,
        created=True,
    ),
    Address(
        method="POST",
        path=f"{_CASE}:note",
        handler=note_case,
        about="Note something in a case for operators only",
        body=WordsIn,
    ),
    Address(
        method="POST",
        path=f"{_CASE}:resolve",
        handler=resolve_case,
        about="Close what came to the service desk with an answer",
        body=ResolutionIn,
    ),
    Address(
        method="POST",
        path=f"{_CASE}:reopen",
        handler=reopen_case,
        about="Go on with a case that was closed within the last two weeks",
        body=WordsIn,
    ),
    Address(
        method="POST",
        path=f"{_CASE}:rate",
        handler=rate_case,
        about="Rate how a closed case was dealt with, 1 to 5, with a word",
        body=RatingIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/service-indicators",
        handler=service_indicators,
        about="How well the service desk kept its targets, by day or month and kind",
        query=(
            QueryField(name="from_day", read=fields.local_day, about="First local day of opening; 30 days back if not given"),
            QueryField(name="to_day", read=fields.local_day, about="Last local day; today if not given"),
            QueryField(name="by", read=_by, about="day or month; day if not given"),
        ),
    ),
)  # fmt: skip
