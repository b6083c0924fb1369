"""Bills: drafted and issued by operators, read by those they are for."""

from functools import partial
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import bills as bill_answers
from api.call import PAGE, Address, Call, QueryField, answer
from api.incoming.bills import BillsIssueIn, BillsMonthIn
from api.lists import answer_list
from api.pages.bill import Language, bill_page
from api.processes.printing import pdf_of
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES, Form, Record
from market.model.bill import BillsDrafted, BillsIssued, BillState, DraftBills, IssueBills
from market.model.participant import Role
from market.model.rejection import Code
from market.store import queries
from market.store.queries import StoredBill

BILLS_AT_ONCE: Final = 500
"""Bills of one command: what else waits for the engine meanwhile waits some milliseconds."""
SOURCES_AT_ONCE: Final = 10_000
"""Participants whose sums are held in memory at once: some ten megabytes. The month's rows are read once for each
so many, so fewer would cost time."""


async def draft_bills(call: Call) -> Response:
    """Make the bills of a month; those that would say the same again are left as they are."""
    wanted = await call.read(BillsMonthIn)
    rules = call.market.rules
    everybody = await call.stored(queries.billed_participants)
    drafted = 0
    for start in range(0, len(everybody), SOURCES_AT_ONCE):
        names = everybody[start : start + SOURCES_AT_ONCE]
        as_of_event_seq, sources = await call.stored(
            partial(queries.bill_sources, rules=rules, month=wanted.month, participant_ids=names)
        )
        for first in range(0, len(sources), BILLS_AT_ONCE):
            committed = await call.market.submit(
                DraftBills(
                    now_us=call.now_us(),
                    actor=call.actor,
                    month=wanted.month,
                    as_of_event_seq=as_of_event_seq,
                    sources=sources[first : first + BILLS_AT_ONCE],
                )
            )
            drafted += sum(
                len(event.bills) for event in committed.events if isinstance(event, BillsDrafted)
            )
    return answer({"month": wanted.month, "drafted": drafted, "participants": len(everybody)})


async def issue_bills(call: Call) -> Response:
    """Let drafts of a month stand, and book their tax and rounding."""
    wanted = await call.read(BillsIssueIn)
    committed = await call.market.submit(
        IssueBills(
            now_us=call.now_us(),
            actor=call.actor,
            month=wanted.month,
            bill_ids=wanted.bill_ids,
        )
    )
    issued = [
        bill.bill_id
        for event in committed.events
        if isinstance(event, BillsIssued)
        for bill in event.bills
    ]
    return answer({"month": wanted.month, "issued": len(issued)})


async def list_bills(call: Call) -> Response:
    """Bills: one's own that were issued, or all."""
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    state: BillState | None = call.query.get("state")
    rules, now_us = call.market.rules, call.now_us()

    def read(
        connection: Connection, market_id: str, cursor: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        page = queries.bills(
            connection,
            market_id,
            participant_id=own or call.query.get("participant_id"),
            month=call.query.get("month"),
            state=state,
            issued=own is not None,
            cursor=cursor,
            limit=limit,
        )
        items = queries.with_owed(connection, market_id, rules, page.items)
        found = [bill_answers.bill(item, now_us, for_operator=own is None) for item in items]
        return found, page.next_cursor

    return await answer_list(call, "bills", bill_answers.BILL, read)


async def _found(call: Call) -> StoredBill:
    """The bill of the address.

    Raises:
        RefusedError: NOT_FOUND; also a draft, or another's bill, for who may not see it.
    """
    try:
        bill_id = fields.identifier(call.path_id["bill_id"])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None
    rules = call.market.rules

    def read(connection: Connection, market_id: str) -> StoredBill | None:
        stored = queries.bill(connection, market_id, bill_id)
        found = () if stored is None else (stored,)
        return next(iter(queries.with_owed(connection, market_id, rules, found)), None)

    found = await call.stored(read)
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    if found is None or (
        own is not None and (found.bill.participant_id != own or found.issued_us is None)
    ):
        raise refuse(Code.NOT_FOUND)
    return found


async def get_bill(call: Call) -> Response:
    """One bill with its lines."""
    for_operator = call.who.role is Role.OPERATOR
    found, now_us = await _found(call), call.now_us()
    return answer(bill_answers.bill(found, now_us, for_operator=for_operator))


async def get_bill_page(call: Call) -> Response:
    """One bill as a page for people, in English or 中文; as HTML, or as PDF to keep."""
    found = await _found(call)
    names = await call.stored(
        lambda connection, market_id: queries.participants(
            connection, market_id, participant_id=found.bill.participant_id
        )
    )
    text = bill_page(
        found,
        rules=call.market.rules,
        name=names.items[0].name,
        now_us=call.now_us(),
        language=call.query.get("language") or Language.EN,
    )
    if call.form is not Form.PDF:
        return Response(text, media_type="text/html; charset=utf-8")
    name = f"bill-{found.bill.month}-{found.bill.participant_id}.pdf"
    return Response(
        await pdf_of(text),
        media_type=Form.PDF.value,
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


async def list_bill_details(call: Call) -> Response:
    """Every trade and posting behind the lines of one bill."""
    found = await _found(call)

    def read(
        connection: Connection, market_id: str, cursor: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        page = queries.bill_details(connection, market_id, found.bill, cursor=cursor, limit=limit)
        return [bill_answers.detail(item) for item in page.items], page.next_cursor

    name = f"bill-{found.bill.month}-{found.bill.participant_id}"
    return await answer_list(call, name, bill_answers.DETAIL, read)


_BILL: Final = f"{MARKET}/bills/{{bill_id}}"
ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/bills:draft",
        handler=draft_bills,
        about="Make the bills of a month that is over",
        body=BillsMonthIn,
        idempotent=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/bills:issue",
        handler=issue_bills,
        about="Let drafts stand, and book their tax and rounding",
        body=BillsIssueIn,
        idempotent=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/bills",
        handler=list_bills,
        about="Bills, in the order drafted",
        query=(
            *PAGE,
            QueryField(name="month", read=fields.local_month, about="Only of one month, 2016-06"),
            QueryField(
                name="participant_id", read=fields.identifier, about="Only of one participant"
            ),
            QueryField(
                name="state", read=partial(fields.one_of, BillState), about="Only in one state"
            ),
        ),
        answers=TABLES,
    ),
    Address(method="GET", path=_BILL, handler=get_bill, about="One bill with its lines"),
    Address(
        method="GET",
        path=f"{_BILL}/page",
        handler=get_bill_page,
        about="One bill as a page for people",
        query=(
            QueryField(
                name="language",
                read=partial(fields.one_of, Language),
                about="en or zh; en by default",
            ),
        ),
        answers=(Form.HTML, Form.PDF),
    ),
    Address(
        method="GET",
        path=f"{_BILL}/details",
        handler=list_bill_details,
        about="Every trade and posting behind one bill",
        query=PAGE,
        answers=TABLES,
    ),
)
