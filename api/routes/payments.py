"""Payments: what the bank says comes in, what nobody could place, what goes to the bank, a day compared."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import payments as payment_answers
from api.bulk.csv_lines import at_line
from api.call import FILE_BODY_MAX, PAGE, Address, Call, QueryField, answer
from api.incoming.payments import AssignIn, ReturnIn
from api.lists import Found, answer_list
from api.payments.bank_file import StatementFile, payment_file
from api.wire import fields
from api.wire.errors import RefusedError, refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES, Form, Record, encoded, taken
from market.model.interval import MICROSECONDS, MarketMonth, moment_text
from market.model.messages import Event
from market.model.participant import Role
from market.model.payment import (
    BankRow,
    DecidePayment,
    PaymentActProposed,
    PaymentDecided,
    PaymentDecision,
    PaymentsRecorded,
    PaymentState,
    Payout,
    PayoutsChanged,
    PayoutState,
    RecordPayments,
    RejectPayouts,
    SendPayouts,
)
from market.model.rejection import Code, Rejection
from market.store import queries

ROWS_AT_ONCE: Final = 1_000
"""Rows of one command: what else waits for the engine meanwhile waits some milliseconds."""
_COUNTED: Final = ("rows", "repeated", "matched", "unmatched")


# --- what the bank says -------------------------------------------------------------------


async def add_payment_file(call: Call) -> Response:
    """Take a bank's statement; with one fault in it nothing is taken.

    201 when something of it is new, 200 when all was known.
    """
    taken(call.request.headers.get("content-type"), (Form.CSV,))
    file = StatementFile(call.market.rules.currency)
    async for piece in call.pieces(FILE_BODY_MAX):
        await run_in_threadpool(file.feed, piece)
    rows, lines = await run_in_threadpool(file.finished)
    _check_known(call, rows, lines)
    counts = await _recorded(call, rows, lines)
    return answer(counts, 200 if counts["repeated"] == counts["rows"] else 201)


def _check_known(call: Call, rows: Sequence[BankRow], lines: Sequence[int]) -> None:
    """Nothing is taken of a statement that says otherwise of a movement than one before.

    What comes in at the same time by another request is looked at by the market once more.
    """
    differs = call.decided.differs_from_known
    beside: dict[str, BankRow] = {}
    faults = []
    for row, line in zip(rows, lines, strict=True):
        if beside.setdefault(row.bank_id, row) != row or differs(row):
            fault = Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS)
            faults.append(at_line(fault, line, "bank_id"))
    if faults:
        raise RefusedError(faults)


async def _recorded(call: Call, rows: Sequence[BankRow], lines: Sequence[int]) -> dict[str, int]:
    """What became of the rows, counted.

    Raises:
        RefusedError: with lines of the file.
    """
    counts: Counter[str] = Counter()
    call.spend(max(0, len(rows) - 1) // ROWS_AT_ONCE)
    for first in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[first : first + ROWS_AT_ONCE]
        try:
            committed = await call.market.submit(
                RecordPayments(now_us=call.now_us(), actor=call.actor, rows=tuple(part))
            )
        except RefusedError as refused:
            raise RefusedError(
                [_of_line(fault, lines[first:]) for fault in refused.rejections]
            ) from None
        counts.update(_told(len(part), committed.events))
    return {name: counts[name] for name in _COUNTED}


def _of_line(fault: Rejection, lines: Sequence[int]) -> Rejection:
    """A fault of a row of the command as one of the file."""
    parts = (fault.pointer or "").split("/")
    if parts[0] != "rows":
        return fault
    return at_line(fault, lines[int(parts[1])], parts[2])


def _told(rows: int, events: Sequence[Event]) -> dict[str, int]:
    new = [
        payment
        for event in events
        if isinstance(event, PaymentsRecorded)
        for payment in event.payments
    ]
    unmatched = sum(payment.state is PaymentState.UNMATCHED for payment in new)
    return {
        "rows": rows,
        "repeated": rows - len(new),
        "matched": len(new) - unmatched,
        "unmatched": unmatched,
    }


async def list_payments(call: Call) -> Response:
    """Movements: those of oneself, or all."""
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    day: date | None = call.query.get("day")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.payments(
            connection,
            market_id,
            participant_id=own or call.query.get("participant_id"),
            day=None if day is None else day.isoformat(),
            state=call.query.get("state"),
            cursor=cursor,
            limit=limit,
        )
        return [payment_answers.payment(item) for item in page.items], page.next_cursor

    return await answer_list(call, "payments", payment_answers.PAYMENT, read)


# --- what nobody could place --------------------------------------------------------------


async def assign_payment(call: Call) -> Response:
    """Say whose an unmatched movement is, or what it was for; a second operator agrees."""
    wanted = await call.read(AssignIn)
    return await _decided(
        call,
        DecidePayment(
            now_us=call.now_us(),
            actor=call.actor,
            bank_id=_bank_id(call),
            decision=wanted.decision,
            reason=wanted.reason,
            participant_id=wanted.participant_id,
            bill_id=wanted.bill_id,
            payout_id=wanted.payout_id,
        ),
    )


async def return_payment(call: Call) -> Response:
    """Send an unmatched movement back; a second operator agrees."""
    wanted = await call.read(ReturnIn)
    return await _decided(
        call,
        DecidePayment(
            now_us=call.now_us(),
            actor=call.actor,
            bank_id=_bank_id(call),
            decision=PaymentDecision.RETURN,
            reason=wanted.reason,
            payee_account=wanted.payee_account,
        ),
    )


def _bank_id(call: Call) -> str:
    try:
        return fields.identifier(call.path_id["bank_id"])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None


async def _decided(call: Call, command: DecidePayment) -> Response:
    committed = await call.market.submit(command)
    decided = [event.payment for event in committed.events if isinstance(event, PaymentDecided)]
    return answer(
        {
            "payment": payment_answers.payment(decided[0]) if decided else None,
            "second_person_until": second_person_until(committed.events),
        }
    )


def second_person_until(events: Sequence[Event]) -> str | None:
    """Until when a second operator may say the same; None: it is done."""
    waiting = [event for event in events if isinstance(event, PaymentActProposed)]
    return moment_text(waiting[0].until_us) if waiting else None


# --- what goes to the bank ------------------------------------------------------------------


async def send_payments(call: Call) -> Response:
    """Let all approved payouts go, and hand what is not confirmed to the bank's channel."""
    market = call.market
    committed = await market.submit(SendPayouts(now_us=call.now_us(), actor=call.actor))
    new = [
        payout
        for event in committed.events
        if isinstance(event, PayoutsChanged)
        for payout in event.payouts
    ]
    # All that are on their way, not the new ones only: a server that ended in between sends them now.
    sent = call.decided.payments.in_state(PayoutState.SENT)
    await call.settled()  # money that has gone is not taken back by a crash
    await call.house.payment_port.send(market.rules, sent)
    return answer(
        {
            "file_id": new[0].file_id if new else None,
            "count": len(new),
            "items": [payment_answers.withdrawal(item) for item in new],
        }
    )


async def collect_payments(call: Call) -> Response:
    """Ask the bank's channel what it has to say, and book it."""
    market, now_us = call.market, call.now_us()
    payments = call.decided.payments
    sent, demands = payments.in_state(PayoutState.SENT), payments.all_demands()
    await call.settled()  # a gateway tells payers of what is demanded
    heard = await call.house.payment_port.heard(
        market.rules, sent=sent, demands=demands, now_us=now_us
    )
    counts = await _recorded(call, heard.rows, range(1, len(heard.rows) + 1))
    rejected = 0
    if heard.rejected:
        committed = await market.submit(
            RejectPayouts(now_us=now_us, actor=call.actor, rejected=heard.rejected)
        )
        rejected = sum(
            len(event.payouts) for event in committed.events if isinstance(event, PayoutsChanged)
        )
    return answer({**counts, "rejected": rejected})


async def get_payment_file(call: Call) -> Response:
    """The file for the bank: all that went with one sending."""
    try:
        file_id = fields.identifier(call.path_id["file_id"])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None

    def read(connection: Connection, market_id: str) -> list[Payout]:
        return list(_sent_with(connection, market_id, file_id))

    found = await call.stored(read)
    if not found:
        raise refuse(Code.NOT_FOUND)
    content = await run_in_threadpool(payment_file, found, call.market.rules.currency)
    headers = {"Content-Disposition": f'attachment; filename="{found[0].file_id}.csv"'}
    return Response(content, media_type=Form.CSV.value, headers=headers)


def _sent_with(connection: Connection, market_id: str, file_id: str) -> Iterator[Payout]:
    cursor: str | None = None
    while True:
        page = queries.payouts(
            connection, market_id, file_id=file_id, cursor=cursor, limit=queries.LIMIT_MAX
        )
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


# --- a day compared -------------------------------------------------------------------------


async def get_reconciliation(call: Call) -> Response:
    """What the bank says of a day, and what the ledger booked on it."""
    day: date = call.query["day"]
    rules = call.market.rules
    month = MarketMonth.of(day.isoformat()[:7], rules.time_zone)
    from_us = month.day_start_s(day) * MICROSECONDS
    until_us = month.day_start_s(day + timedelta(days=1)) * MICROSECONDS
    found = await call.stored(
        lambda connection, market_id: queries.bank_day(
            connection, market_id, day.isoformat(), from_us=from_us, until_us=until_us
        )
    )
    if call.form is Form.JSON:
        return answer(payment_answers.reconciliation(found, rules.currency))
    rows: list[Record] = payment_answers.rows_of(found)
    content = await run_in_threadpool(encoded, call.form, payment_answers.RECONCILIATION, rows)
    name = f"reconciliation-{day.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=call.form.value, headers=headers)


_PAYMENT: Final = f"{MARKET}/payments/{{bank_id}}"
ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/payments:file",
        handler=add_payment_file,
        about="Take a bank's statement, up to 250,000 rows; with one fault in it nothing is taken",
        takes=(Form.CSV,),
        created=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/payments:send",
        handler=send_payments,
        about="Let all approved withdrawals go to the bank",
        idempotent=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/payments:collect",
        handler=collect_payments,
        about="Ask the bank's channel what it has to say, and book it",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/payments/reconciliation",
        handler=get_reconciliation,
        about="A day of the bank against the ledger, and what is open",
        query=(
            QueryField(
                name="day",
                read=fields.local_day,
                about="Local day of the market, 2016-06-15",
                required=True,
            ),
        ),
        answers=(Form.JSON, Form.CSV),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/payments",
        handler=list_payments,
        about="Movements on the market's bank account, in the order told",
        query=(
            *PAGE,
            QueryField(name="day", read=fields.local_day, about="Only of one day of the bank"),
            QueryField(
                name="participant_id", read=fields.identifier, about="Only of one participant"
            ),
            QueryField(
                name="state", read=partial(fields.one_of, PaymentState), about="Only in one state"
            ),
        ),
        answers=TABLES,
    ),
    Address(
        method="POST",
        path=f"{_PAYMENT}:assign",
        handler=assign_payment,
        about="Say what an unmatched movement was for; takes two operators",
        body=AssignIn,
    ),
    Address(
        method="POST",
        path=f"{_PAYMENT}:return",
        handler=return_payment,
        about="Send an unmatched movement back; takes two operators",
        body=ReturnIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/payment-files/{{file_id}}",
        handler=get_payment_file,
        about="The file for the bank with the payouts of one sending",
        answers=(Form.CSV,),
    ),
)
