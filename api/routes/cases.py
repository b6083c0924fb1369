"""Cases: bills are disputed by those they are for, and operators look into them."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.cases import CASE, case
from api.call import PAGE, Address, Call, QueryField, answer
from api.incoming.cases import DecisionIn, DisputeIn, WordsIn
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.errors import RefusedError, refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES
from market.model.case import (
    Case,
    CaseKind,
    CaseOpened,
    CaseOutcome,
    CaseState,
    CaseTarget,
    DecideCase,
    DisputeBill,
    MonthRead,
    NoteCase,
    Remedy,
    TakeCase,
    WithdrawCase,
)
from market.model.messages import Command
from market.model.participant import Role
from market.model.rejection import Code
from market.store import queries

TRIES: Final = 5
"""How often a month is read again that a run has booked for before a credit was decided."""


def _id(call: Call, name: str) -> str:
    try:
        return fields.identifier(call.path_id[name])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None


async def dispute_bill(call: Call) -> Response:
    """Say what of one's bill is wrong; the very same again while the case is open changes nothing."""
    bill_id, wanted = _id(call, "bill_id"), await call.read(DisputeIn)
    found = await call.stored(
        lambda connection, market_id: queries.bill(connection, market_id, bill_id)
    )
    who = call.who.participant_id
    if found is None or who is None or found.bill.participant_id != who or found.issued_us is None:
        raise refuse(Code.NOT_FOUND)
    command = DisputeBill(
        now_us=call.now_us(),
        actor=call.actor,
        participant_id=who,
        bill=found.bill,
        claims=wanted.claims(),
        reason=wanted.reason,
    )
    committed = await call.market.submit(command)
    new = [event.case for event in committed.events if isinstance(event, CaseOpened)]
    if new:
        return answer(case(new[0], for_operator=False), 201)
    # The market has opened no other, as one is open that says the same.
    cases = call.decided.cases
    return answer(case(_same(cases.open_about(who, found.bill.month), command), for_operator=False))


def _same(known: Sequence[Case], command: DisputeBill) -> Case:
    """The open case that says the same.

    Raises:
        RefusedError: it was closed this very moment.
    """
    claims = [(item.line, item.amount_quanta) for item in command.claims]
    for item in known:
        dispute = item.dispute
        if (
            item.history[0].text == command.reason
            and dispute is not None
            and dispute.bill_id == command.bill.bill_id
            and [(line.line, line.amount_quanta) for line in dispute.lines] == claims
        ):
            return item
    raise refuse(Code.CASE_CLOSED)


async def case_of(call: Call) -> Case:
    """The case of the address.

    Raises:
        RefusedError: NOT_FOUND; also of another's.
    """
    case_id = _id(call, "case_id")
    found = await call.stored(
        lambda connection, market_id: queries.case(connection, market_id, case_id)
    )
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    if found is None or own not in {None, found.participant_id}:
        raise refuse(Code.NOT_FOUND)
    return found


def _for_operator(call: Call) -> bool:
    return call.who.role is Role.OPERATOR


async def case_changed(call: Call, command: Command) -> Response:
    """The case of the address after a command."""
    await call.market.submit(command)
    return answer(case(await case_of(call), for_operator=_for_operator(call)))


async def get_case(call: Call) -> Response:
    """One case with its history."""
    return answer(case(await case_of(call), for_operator=_for_operator(call)))


async def list_cases(call: Call) -> Response:
    """Cases in the order in which they were opened: one's own, or all."""
    own, for_operator = call.own(Role.PARTICIPANT, call.who.participant_id), _for_operator(call)
    wanted = queries.CaseFilter(
        kind=call.query.get("kind"),
        states=call.query.get("state"),
        outcome=call.query.get("outcome"),
        participant_id=own or call.query.get("participant_id"),
        owner=call.query.get("owner"),
        bill_id=call.query.get("bill_id"),
        month=call.query.get("month"),
        missed=call.query.get("missed"),
    )

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.cases(connection, market_id, wanted, cursor=cursor, limit=limit)
        return [case(item, for_operator=for_operator) for item in page.items], page.next_cursor

    return await answer_list(call, "cases", CASE, read)


async def take_case(call: Call) -> Response:
    """Look after it from now on."""
    found = await case_of(call)
    command = TakeCase(now_us=call.now_us(), actor=call.actor, case_id=found.case_id)
    return await case_changed(call, command)


async def comment_case(call: Call) -> Response:
    """Say something in it, for both sides to read."""
    found, wanted = await case_of(call), await call.read(WordsIn)
    command = NoteCase(
        now_us=call.now_us(),
        actor=call.actor,
        case_id=found.case_id,
        text=wanted.text,
        participant_id=call.own(Role.PARTICIPANT, call.who.participant_id),
    )
    return await case_changed(call, command)


async def withdraw_case(call: Call) -> Response:
    """No longer want it looked into."""
    found = await case_of(call)
    command = WithdrawCase(
        now_us=call.now_us(),
        actor=call.actor,
        case_id=found.case_id,
        participant_id=found.participant_id,
    )
    return await case_changed(call, command)


async def decide_case(call: Call) -> Response:
    """Close it with an answer, or propose a credit, which a second operator gives."""
    found, wanted = await case_of(call), await call.read(DecisionIn)
    for _ in range(TRIES):
        command = DecideCase(
            now_us=call.now_us(),
            actor=call.actor,
            case_id=found.case_id,
            remedy=wanted.remedy,
            claims=wanted.claims(),
            answer=wanted.answer,
            read=await _month_read(call, found, wanted.remedy),
        )
        try:
            return await case_changed(call, command)
        except RefusedError as refused:
            if refused.code is not Code.REVISION_MISMATCH:
                raise
    raise refuse(Code.SYSTEM_BUSY)


async def _month_read(call: Call, about: Case, remedy: Remedy | None) -> MonthRead | None:
    """What was booked of the disputed month, where a credit is to be given."""
    dispute = about.dispute
    if remedy is not Remedy.CREDIT or dispute is None:
        return None
    return await call.stored(
        lambda connection, market_id: queries.month_read(
            connection, market_id, call.market.rules, dispute.month, about.participant_id
        )
    )


_CASE: Final = f"{MARKET}/cases/{{case_id}}"
ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/bills/{{bill_id}}/disputes",
        handler=dispute_bill,
        about="Dispute some lines of one's bill, or so much of it as a whole",
        body=DisputeIn,
        created=True,
        idempotent=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/cases",
        handler=list_cases,
        about="Cases, closed ones too, in the order opened",
        query=(
            QueryField(name="kind", read=partial(fields.one_of, CaseKind), about="One kind"),
            QueryField(name="state", read=partial(fields.some_of, CaseState), about="open, in_work, closed; several with commas between"),
            QueryField(name="outcome", read=partial(fields.one_of, CaseOutcome), about="upheld, rejected, withdrawn, resolved"),
            QueryField(name="participant_id", read=fields.identifier, about="Only of one participant"),
            QueryField(name="owner", read=fields.identifier, about="Only those one operator has taken"),
            QueryField(name="bill_id", read=fields.identifier, about="Only about one bill"),
            QueryField(name="month", read=fields.local_month, about="Only about bills of one month, 2016-06"),
            QueryField(name="missed", read=partial(fields.one_of, CaseTarget), about="Only those that missed a target: taken, answered, closed"),
            *PAGE,
        ),
        answers=TABLES,
    ),
    Address(method="GET", path=_CASE, handler=get_case, about="One case with its history"),
    Address(
        method="POST",
        path=f"{_CASE}:take",
        handler=take_case,
        about="Look after a case from now on",
    ),
    Address(
        method="POST",
        path=f"{_CASE}:comment",
        handler=comment_case,
        about="Say something in a case",
        body=WordsIn,
    ),
    Address(
        method="POST",
        path=f"{_CASE}:withdraw",
        handler=withdraw_case,
        about="No longer want a case looked into",
    ),
    Address(
        method="POST",
        path=f"{_CASE}:decide",
        handler=decide_case,
        about="Close a case with an answer; a credit takes two operators",
        body=DecisionIn,
    ),
)  # fmt: skip
