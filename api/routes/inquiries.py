"""Inquiries and quotes: ask, answer, accept, decline."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.access.throttle import Kind
from api.answers import offers as offer_answers
from api.answers.values import Answer
from api.call import PAGE, Address, Call, QueryField, answer
from api.incoming.offers import InquiryIn, QuoteIn
from api.lists import Found, answer_list
from api.routes.wishes import done, made, path_id, sender, viewer
from api.wire import fields
from api.wire.errors import refuse
from market.model.listing import (
    AcceptQuote,
    AskQuotes,
    CloseInquiry,
    DeclineInquiry,
    GiveQuote,
    QuoteState,
    WithdrawQuote,
)
from market.model.rejection import Code
from market.store import queries


def _state(text: str) -> QuoteState:
    return fields.one_of(QuoteState, text)


def _inquiry_id(call: Call) -> str:
    return path_id(call, "inquiry_id", Code.QUOTE_UNKNOWN)


def _quote_id(call: Call) -> str:
    return path_id(call, "quote_id", Code.QUOTE_UNKNOWN)


async def _inquiry(call: Call, inquiry_id: str) -> Answer:
    who = viewer(call)
    page = await call.stored(
        lambda connection, market_id: queries.inquiries(
            connection, market_id, participant_id=who, inquiry_id=inquiry_id, limit=1
        )
    )
    if not page.items:
        raise refuse(Code.QUOTE_UNKNOWN)
    return offer_answers.inquiry(page.items[0], who)


async def _quote(call: Call, quote_id: str) -> Answer:
    who = viewer(call)
    page = await call.stored(
        lambda connection, market_id: queries.quotes(
            connection, market_id, participant_id=who, quote_id=quote_id, limit=1
        )
    )
    if not page.items:
        raise refuse(Code.QUOTE_UNKNOWN)
    return offer_answers.quote(page.items[0], who)


async def ask_quotes(call: Call) -> Response:
    """Ask sellers for a quote: 201, or 200 for a harmless repeat."""
    wanted = await call.read(InquiryIn)
    command = AskQuotes(
        **sender(call), client_inquiry_id=wanted.client_inquiry_id, terms=wanted.terms()
    )
    return await made(call, command, _inquiry)


async def get_inquiry(call: Call) -> Response:
    """One inquiry, as the one who asked or was asked sees it."""
    return answer(await _inquiry(call, _inquiry_id(call)))


async def list_inquiries(call: Call) -> Response:
    """Inquiries one has made or was asked in, in the order made."""
    who, state = viewer(call), call.query.get("state")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.inquiries(
            connection, market_id, participant_id=who, state=state, cursor=cursor, limit=limit
        )
        return [offer_answers.inquiry(view, who) for view in page.items], page.next_cursor

    return await answer_list(call, "inquiries", (), read)


async def close_inquiry(call: Call) -> Response:
    """Want no quote any more; quotes that stand are lost."""
    command = CloseInquiry(**sender(call), inquiry_id=_inquiry_id(call))
    return await done(call, command, _inquiry)


async def decline_inquiry(call: Call) -> Response:
    """Give no quote to an inquiry one was asked in."""
    command = DeclineInquiry(**sender(call), inquiry_id=_inquiry_id(call))
    return await done(call, command, _inquiry)


async def give_quote(call: Call) -> Response:
    """Answer an inquiry with a price: 201, or 200 for a harmless repeat."""
    wanted = await call.read(QuoteIn)
    command = GiveQuote(
        **sender(call),
        client_quote_id=wanted.client_quote_id,
        terms=wanted.terms(_inquiry_id(call)),
    )
    return await made(call, command, _quote)


async def get_quote(call: Call) -> Response:
    """One quote, as the one who gave it or may accept it sees it."""
    return answer(await _quote(call, _quote_id(call)))


async def list_quotes(call: Call) -> Response:
    """Quotes one has given or may accept, in the order given."""
    who, query = viewer(call), call.query

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.quotes(
            connection,
            market_id,
            participant_id=who,
            inquiry_id=query.get("inquiry_id"),
            state=query.get("state"),
            cursor=cursor,
            limit=limit,
        )
        return [offer_answers.quote(view, who) for view in page.items], page.next_cursor

    return await answer_list(call, "quotes", (), read)


async def accept_quote(call: Call) -> Response:
    """Accept a quote: that makes the trade. Doing it again is harmless."""
    return await done(call, AcceptQuote(**sender(call), quote_id=_quote_id(call)), _quote)


async def withdraw_quote(call: Call) -> Response:
    """Take a quote back."""
    return await done(call, WithdrawQuote(**sender(call), quote_id=_quote_id(call)), _quote)


_STATE: Final = QueryField(name="state", read=_state, about="One state")

ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/inquiries",
        handler=ask_quotes,
        about="Ask sellers for a quote",
        body=InquiryIn,
        budget=Kind.NEW,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/inquiries",
        handler=list_inquiries,
        about="Inquiries one has made or was asked in",
        query=(_STATE, *PAGE),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/inquiries/{{inquiry_id}}",
        handler=get_inquiry,
        about="One inquiry",
    ),
    Address(
        method="DELETE",
        path=f"{MARKET}/inquiries/{{inquiry_id}}",
        handler=close_inquiry,
        about="Want no quote any more",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/inquiries/{{inquiry_id}}:decline",
        handler=decline_inquiry,
        about="Give no quote to an inquiry",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/inquiries/{{inquiry_id}}/quotes",
        handler=give_quote,
        about="Answer an inquiry with a price",
        body=QuoteIn,
        budget=Kind.NEW,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/quotes",
        handler=list_quotes,
        about="Quotes one has given or may accept",
        query=(
            _STATE,
            QueryField(name="inquiry_id", read=fields.identifier, about="One inquiry"),
            *PAGE,
        ),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/quotes/{{quote_id}}",
        handler=get_quote,
        about="One quote",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/quotes/{{quote_id}}:accept",
        handler=accept_quote,
        about="Accept a quote: that makes the trade",
        budget=Kind.NEW,
    ),
    Address(
        method="DELETE",
        path=f"{MARKET}/quotes/{{quote_id}}",
        handler=withdraw_quote,
        about="Take a quote back",
    ),
)
