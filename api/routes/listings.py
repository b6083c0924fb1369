"""Listings: post, search, take, withdraw."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.access.throttle import Kind
from api.answers import offers as offer_answers
from api.answers.values import Answer
from api.call import FROM, PAGE, START, TO, Address, Call, QueryField, answer
from api.incoming.offers import ListingIn, TakeIn, curve
from api.lists import Found, answer_list
from api.routes.wishes import done, made, path_id, sees_all, sender, viewer
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.listing import (
    ListingState,
    PostListing,
    TakeListing,
    WithdrawListing,
)
from market.model.order import Side
from market.model.participant import UnitKind
from market.model.rejection import Code
from market.store import queries
from market.store.queries import ListingSearch

_FLAGS: Final = {"true": True, "false": False}


def flag(text: str) -> bool:
    """`true` or `false`.

    Raises:
        FieldError: neither.
    """
    if text not in _FLAGS:
        raise FieldError(Code.FIELD_FORMAT)
    return _FLAGS[text]


def _state(text: str) -> ListingState | None:
    return None if text == "all" else fields.one_of(ListingState, text)


def _minutes(call: Call) -> int:
    return call.market.rules.interval_minutes


async def _listing(call: Call, listing_id: str) -> Answer:
    who = viewer(call)
    view = await call.stored(
        lambda connection, market_id: queries.listing(
            connection, market_id, listing_id, viewer_id=who, sees_all=sees_all(call)
        )
    )
    if view is None:
        raise refuse(Code.LISTING_UNKNOWN)
    return offer_answers.listing(view, _minutes(call), who)


async def post_listing(call: Call) -> Response:
    """Offer energy to whoever takes it: 201, or 200 for a harmless repeat."""
    wanted = await call.read(ListingIn)
    command = PostListing(
        **sender(call), client_listing_id=wanted.client_listing_id, terms=wanted.terms()
    )
    return await made(call, command, _listing)


async def get_listing(call: Call) -> Response:
    """One listing."""
    return answer(await _listing(call, path_id(call, "listing_id", Code.LISTING_UNKNOWN)))


async def list_listings(call: Call) -> Response:
    """Listings one may take, those of the near area first."""
    who, query, minutes = viewer(call), call.query, _minutes(call)
    mine = query.get("mine", False)
    if mine and who is None:
        raise refuse(Code.AUTH_REQUIRED if call.access is None else Code.NOT_PERMITTED)
    search = ListingSearch(
        state=query.get("state", ListingState.OPEN),
        area_id=query.get("area_id"),
        near_area_id=query.get("near_area_id"),
        side=query.get("side"),
        price_min_ticks=query.get("price_min_per_mwh"),
        price_max_ticks=query.get("price_max_per_mwh"),
        source=query.get("source"),
        green=query.get("green"),
        seller=query.get("seller"),
        participant_id=who if mine else None,
        start_s=query.get("start"),
        from_s=query.get("from"),
        until_s=query.get("to"),
    )

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.listings(
            connection,
            market_id,
            search,
            viewer_id=who,
            sees_all=sees_all(call),
            cursor=cursor,
            limit=limit,
        )
        items = [offer_answers.listing(view, minutes, who) for view in page.items]
        return items, page.next_cursor

    return await answer_list(call, "listings", (), read)


async def _taken(call: Call, take_id: str) -> Answer:
    take = await call.stored(
        lambda connection, market_id: queries.take(connection, market_id, take_id)
    )
    assert take is not None, "a take that was answered is stored"
    return offer_answers.take(take, _minutes(call))


async def take_listing(call: Call) -> Response:
    """Take all or part of a listing: 200 with what was taken, a repeat too."""
    wanted = await call.read(TakeIn)
    command = TakeListing(
        **sender(call),
        client_take_id=wanted.client_take_id,
        listing_id=path_id(call, "listing_id", Code.LISTING_UNKNOWN),
        unit_id=wanted.unit_id,
        legs=curve(wanted.legs),
    )
    return await done(call, command, _taken)


async def withdraw_listing(call: Call) -> Response:
    """Take back what is left of a listing; answers it as it stands then."""
    listing_id = path_id(call, "listing_id", Code.LISTING_UNKNOWN)
    command = WithdrawListing(**sender(call), listing_id=listing_id)
    return await done(call, command, _listing)


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/listings",
        handler=post_listing,
        about="Offer energy to whoever takes it",
        body=ListingIn,
        budget=Kind.NEW,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/listings",
        handler=list_listings,
        about="Listings one may take, in the order posted",
        query=(
            START,
            FROM,
            TO,
            QueryField(
                name="state", read=_state, about="One state; all: any. open where it is not given"
            ),
            QueryField(name="area_id", read=fields.identifier, about="One area"),
            QueryField(
                name="near_area_id", read=fields.identifier, about="Listings of this area first"
            ),
            QueryField(
                name="side", read=lambda text: fields.one_of(Side, text), about="buy or sell"
            ),
            QueryField(
                name="price_min_per_mwh", read=fields.price_ticks, about="At this price or above"
            ),
            QueryField(
                name="price_max_per_mwh", read=fields.price_ticks, about="At this price or below"
            ),
            QueryField(
                name="source",
                read=lambda text: fields.one_of(UnitKind, text),
                about="Kind of the unit behind it",
            ),
            QueryField(name="green", read=flag, about="true: renewable energy; false: other"),
            QueryField(name="seller", read=fields.plain_text, about="The name it is shown under"),
            QueryField(name="mine", read=flag, about="true: one's own only"),
            *PAGE,
        ),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/listings/{{listing_id}}",
        handler=get_listing,
        about="One listing",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/listings/{{listing_id}}:take",
        handler=take_listing,
        about="Take all or part of a listing",
        body=TakeIn,
        budget=Kind.NEW,
    ),
    Address(
        method="DELETE",
        path=f"{MARKET}/listings/{{listing_id}}",
        handler=withdraw_listing,
        about="Take back what is left of a listing",
    ),
)
