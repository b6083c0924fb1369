"""Certificates: balances, statement, what people do with them, and how green a day was."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import certificates
from api.call import FROM, PAGE, TO, Address, Call, QueryField, answer
from api.incoming.certificates import ActIn, ExportIn, MoveIn, RetireIn
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.errors import RefusedError, refuse
from api.wire.formats import TABLES
from market.model.certificate import (
    BUNDLE_WH,
    CertificateCommand,
    ExportCertificates,
    LotsRead,
    MoveCertificates,
    RetireCertificates,
)
from market.model.participant import Role
from market.model.rejection import Code
from market.store import queries

TRIES: Final = 5
"""How often lots are read again that changed before their act was decided."""

_Read = Callable[[Connection, str], LotsRead]


# --- what is there ----------------------------------------------------------------------


async def list_own(call: Call) -> Response:
    """One's own certificates by day and unit."""
    return await _balances(call, call.participant_id)


async def list_all(call: Call) -> Response:
    """Everybody's certificates by day and unit."""
    return await _balances(call, call.query.get("participant_id"))


async def _balances(call: Call, participant_id: str | None) -> Response:
    first, until = call.query.get("from_day"), call.query.get("to_day")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.certificate_balances(
            connection,
            market_id,
            participant_id=participant_id,
            from_day=first,
            until_day=until,
            cursor=cursor,
            limit=limit,
        )
        return [certificates.balance(item) for item in page.items], page.next_cursor

    return await answer_list(call, "certificates", certificates.BALANCE, read)


async def get_statement(call: Call) -> Response:
    """Every lot in one's hands, with source, place and time."""
    participant_id, zone = call.participant_id, call.market.rules.time_zone
    from_s, until_s = call.query.get("from"), call.query.get("to")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.certificate_statement(
            connection,
            market_id,
            participant_id=participant_id,
            zone=zone,
            from_s=from_s,
            until_s=until_s,
            cursor=cursor,
            limit=limit,
        )
        return [certificates.lot(item) for item in page.items], page.next_cursor

    return await answer_list(call, "certificate-statement", certificates.LOT, read)


async def list_acts(call: Call) -> Response:
    """What was done, lot by lot: one's own and what one received, or all."""
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    participant_id = own or call.query.get("participant_id")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.certificate_acts(
            connection, market_id, participant_id=participant_id, cursor=cursor, limit=limit
        )
        return [certificates.act_row(item) for item in page.items], page.next_cursor

    return await answer_list(call, "certificate-acts", certificates.ACT, read)


async def get_green_share(call: Call) -> Response:
    """How green a settled day was, interval by interval; with a participant's token its own too."""
    day = call.query["day"].isoformat()
    access, market = call.access, call.market.rules.market_id
    own = None
    if access is not None and access.principal.market_id == market:
        own = access.principal.participant_id

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        first = _place(cursor)
        shares = queries.green_shares(connection, market_id, day=day, participant_id=own)
        rows = [row for item in shares for row in certificates.green_rows(item)]
        end = first + limit
        return rows[first:end], str(end) if len(rows) > end else None

    return await answer_list(call, f"green-share-{day}", certificates.GREEN, read)


def _place(cursor: str | None) -> int:
    text = cursor or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise queries.CursorFault
    return int(text)


# --- what is done -----------------------------------------------------------------------


async def move(call: Call) -> Response:
    """Give certificates to another participant."""
    wanted = await call.read(MoveIn)
    participant_id, parts = _holder(call, wanted), wanted.parts()
    return await _done(
        call,
        participant_id,
        wanted.reference,
        _lots(call, participant_id, wanted),
        lambda read: MoveCertificates(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=participant_id,
            reference=wanted.reference,
            receiver_id=wanted.receiver_id,
            parts=parts,
            read=read,
        ),
    )


async def retire(call: Call) -> Response:
    """Use certificates up for one's own use of their intervals."""
    wanted = await call.read(RetireIn)
    participant_id, parts = _holder(call, wanted), wanted.parts()
    return await _done(
        call,
        participant_id,
        wanted.reference,
        _lots(call, participant_id, wanted),
        lambda read: RetireCertificates(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=participant_id,
            reference=wanted.reference,
            parts=parts,
            read=read,
        ),
    )


async def export(call: Call) -> Response:
    """Take certificates out in bundles of 1 MWh, oldest first."""
    wanted = await call.read(ExportIn)
    participant_id, zone = _holder(call, wanted), call.market.rules.time_zone

    def oldest(connection: Connection, market_id: str) -> LotsRead:
        enough_wh = _free_wh(call, participant_id)
        if wanted.bundles is not None:
            enough_wh = min(enough_wh, BUNDLE_WH * wanted.bundles)
        return queries.oldest_lots(
            connection, market_id, participant_id=participant_id, enough_wh=enough_wh, zone=zone
        )

    return await _done(
        call,
        participant_id,
        wanted.reference,
        oldest,
        lambda read: ExportCertificates(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=participant_id,
            reference=wanted.reference,
            bundles_max=wanted.bundles,
            read=read,
        ),
    )


def _holder(call: Call, wanted: ActIn) -> str:
    """Whose certificates they are.

    Raises:
        RefusedError: NOT_FOUND for another's; FIELD_MISSING where an operator names nobody.
    """
    own = call.own(Role.PARTICIPANT, call.who.participant_id)
    if own is None:
        if wanted.participant_id is None:
            raise refuse(Code.FIELD_MISSING, "participant_id")
        return wanted.participant_id
    if wanted.participant_id not in {None, own}:
        raise refuse(Code.NOT_FOUND, "participant_id")
    return own


def _lots(call: Call, participant_id: str, wanted: RetireIn) -> _Read:
    zone = call.market.rules.time_zone
    lots = tuple(part.lot for part in wanted.parts())
    return lambda connection, market_id: queries.lots_read(
        connection, market_id, participant_id=participant_id, lots=lots, zone=zone
    )


def _free_wh(call: Call, participant_id: str) -> int:
    return call.decided.certificates.free_wh(participant_id)


async def _done(
    call: Call,
    participant_id: str,
    reference: str,
    read: _Read,
    command: Callable[[LotsRead], CertificateCommand],
) -> Response:
    """Read the lots, have the act decided on them, and answer what it did.

    Raises:
        RefusedError: the act is refused; SYSTEM_BUSY where the lots kept changing meanwhile.
    """
    for _ in range(TRIES):
        found = await call.stored(read)
        try:
            await call.market.submit(command(found))
        except RefusedError as refused:
            if refused.code is not Code.REVISION_MISMATCH:
                raise
            continue
        rows = await call.stored(
            lambda connection, market_id: queries.certificate_act(
                connection, market_id, participant_id=participant_id, reference=reference
            )
        )
        return answer(certificates.act(rows, _free_wh(call, participant_id)))
    raise refuse(Code.SYSTEM_BUSY)


_DAYS: Final = (
    QueryField(
        name="from_day", read=fields.local_day_text, about="Local days from this on, 2016-06-15"
    ),
    QueryField(name="to_day", read=fields.local_day_text, about="Local days before this"),
)
_WHOSE: Final = QueryField(
    name="participant_id", read=fields.identifier, about="Only of one participant"
)

ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/account/certificates",
        handler=list_own,
        about="One's own certificates by day and unit",
        query=(*_DAYS, *PAGE),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/account/certificates/statement",
        handler=get_statement,
        about="Every lot in one's hands, with source, place and time",
        query=(FROM, TO, *PAGE),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/certificates",
        handler=list_all,
        about="Everybody's certificates by participant, day and unit",
        query=(_WHOSE, *_DAYS, *PAGE),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/certificates/acts",
        handler=list_acts,
        about="What was moved, retired and exported, lot by lot",
        query=(_WHOSE, *PAGE),
        answers=TABLES,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/certificates:move",
        handler=move,
        about="Give certificates to another participant",
        body=MoveIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/certificates:retire",
        handler=retire,
        about="Use certificates up for one's own use of their intervals",
        body=RetireIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/certificates:export",
        handler=export,
        about="Take certificates out in bundles of 1 MWh, oldest first",
        body=ExportIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/green-share",
        handler=get_green_share,
        about="How green a settled day was, interval by interval",
        query=(
            QueryField(
                name="day", read=fields.local_day, about="Local day, 2016-06-15", required=True
            ),
            *PAGE,
        ),
        answers=TABLES,
    ),
)
