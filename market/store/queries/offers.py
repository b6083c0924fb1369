"""What stands outside the books: listings with their search, inquiries, quotes, contracts, rules.

The one idea: a list is in the order things were made; a listing for partners is there for them and its
owner only, for everybody else it does not exist.
"""
# house: long because every list of what stands outside the books is asked here.

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, or_, select, tuple_

from market.model.contract import Contract, ContractState, ContractView
from market.model.listing import (
    Inquiry,
    InquiryView,
    Listing,
    ListingState,
    ListingView,
    Quote,
    QuoteState,
    QuoteView,
    Take,
)
from market.model.order import Side
from market.model.participant import UnitKind
from market.model.standing import Forecast, StandingRule, StandingView
from market.store import tables
from market.store.offer_rows import offer_number
from market.store.queries.conditions import between, equal
from market.store.queries.pages import (
    AnyRow,
    bounded,
    cursor_of,
    fact,
    number_and_name,
    numbers,
    page,
    read_page,
)
from market.store.views import Page

LISTING_PREFIX: Final = "lst"
TAKE_PREFIX: Final = "tak"
INQUIRY_PREFIX: Final = "inq"
QUOTE_PREFIX: Final = "quo"
CONTRACT_PREFIX: Final = "con"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingSearch:
    """What one looks for; None: anything."""

    state: ListingState | None = ListingState.OPEN
    area_id: str | None = None
    near_area_id: str | None = None
    """Listings of this area come first."""
    side: Side | None = None
    price_min_ticks: int | None = None
    price_max_ticks: int | None = None
    source: UnitKind | None = None
    green: bool | None = None
    seller: str | None = None
    """The name it is shown under."""
    participant_id: str | None = None
    """Of this owner, whatever name it is shown under."""
    start_s: int | None = None
    from_s: int | None = None
    until_s: int | None = None
    """With something left in an interval that starts in [from_s, until_s)."""


def listings(
    connection: Connection,
    market_id: str,
    search: ListingSearch,
    *,
    viewer_id: str | None = None,
    sees_all: bool = False,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[ListingView]:
    """Listings in the order posted, those of the near area first.

    Args:
        connection: of a reader.
        market_id: the market.
        search: what is looked for.
        viewer_id: who looks: its own and those for it as a partner are seen too; None: the public.
        sees_all: True: those for partners are seen too, whoever they are for.
        cursor: read on from here.
        limit: most listings to give back.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.listings.c
    far = case((c.area_id == search.near_area_id, 0), else_=1) if search.near_area_id else None
    query = select(tables.listings).where(c.market_id == market_id, *_wishes(search))
    if not sees_all:
        query = query.where(_visible(viewer_id))
    if far is not None:
        query = query.add_columns(far.label("far")).order_by(far, c.number)
    else:
        query = query.order_by(c.number)
    if cursor is not None:
        if far is None:
            query = query.where(c.number > numbers(cursor, 1)[0])
        else:
            query = query.where(tuple_(far, c.number) > tuple_(*numbers(cursor, 2)))
    count = bounded(limit)
    rows = connection.execute(query.limit(count + 1)).all()
    left = _left(connection, market_id, [row.number for row in rows[:count]])
    return page(
        rows,
        count,
        lambda row: _listing_view(row, left[row.number]),
        lambda row: cursor_of(row.number) if far is None else cursor_of(row.far, row.number),
    )


def _visible(viewer_id: str | None) -> ColumnElement[bool]:
    c, partners = tables.listings.c, tables.listing_partners.c
    if viewer_id is None:
        return ~c.is_private
    for_viewer = (
        select(partners.number)
        .where(
            partners.market_id == c.market_id,
            partners.number == c.number,
            partners.participant_id == viewer_id,
        )
        .exists()
    )
    return or_(~c.is_private, c.participant_id == viewer_id, for_viewer)


def _wishes(search: ListingSearch) -> list[ColumnElement[bool]]:
    c = tables.listings.c
    equal: tuple[tuple[ColumnElement[Any], object], ...] = (
        (c.state, search.state),
        (c.area_id, search.area_id),
        (c.side, search.side),
        (c.source, search.source),
        (c.is_green, search.green),
        (c.shown_as, search.seller),
        (c.participant_id, search.participant_id),
    )
    found = [column == _plain(wanted) for column, wanted in equal if wanted is not None]
    if search.price_min_ticks is not None:
        found.append(c.price_ticks >= search.price_min_ticks)
    if search.price_max_ticks is not None:
        found.append(c.price_ticks <= search.price_max_ticks)
    times = _times(search)
    if times:
        legs = tables.listing_legs.c
        same = (legs.market_id == c.market_id, legs.number == c.number, legs.left_wh > 0)
        found.append(select(legs.number).where(*same, *times).exists())
    return found


def _times(search: ListingSearch) -> list[ColumnElement[bool]]:
    start_s = tables.listing_legs.c.start_s
    times = []
    if search.start_s is not None:
        times.append(start_s == search.start_s)
    if search.from_s is not None:
        times.append(start_s >= search.from_s)
    if search.until_s is not None:
        times.append(start_s < search.until_s)
    return times


def _plain(value: object) -> object:
    return getattr(value, "value", value)


def _left(
    connection: Connection, market_id: str, listed: Sequence[int]
) -> defaultdict[int, list[tuple[int, int]]]:
    """What is left of these listings, by number."""
    legs = tables.listing_legs.c
    left: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    if listed:
        query = (
            select(legs.number, legs.start_s, legs.left_wh)
            .where(legs.market_id == market_id, legs.number.in_(listed), legs.left_wh > 0)
            .order_by(legs.number, legs.start_s)
        )
        for row in connection.execute(query):
            left[row.number].append((row.start_s, row.left_wh))
    return left


def _listing_view(row: AnyRow, left: list[tuple[int, int]]) -> ListingView:
    return ListingView(
        listing=fact(Listing, row, source=UnitKind(row.source)),
        state=ListingState(row.state),
        left=tuple(left),
    )


def listing(
    connection: Connection,
    market_id: str,
    listing_id: str,
    *,
    viewer_id: str | None = None,
    sees_all: bool = False,
) -> ListingView | None:
    """One listing, if the viewer may see it; None: it does not exist for it."""
    row = _one(connection, tables.listings, market_id, offer_number(listing_id, LISTING_PREFIX), [])
    if row is None:
        return None
    seen = select(tables.listings.c.number).where(
        tables.listings.c.market_id == market_id,
        tables.listings.c.number == row.number,
        _visible(viewer_id),
    )
    if not sees_all and connection.execute(seen).one_or_none() is None:
        return None
    return _listing_view(row, _left(connection, market_id, [row.number])[row.number])


def take(connection: Connection, market_id: str, take_id: str) -> Take | None:
    """What was taken under an id; None: nothing."""
    row = _one(connection, tables.takes, market_id, offer_number(take_id, TAKE_PREFIX), [])
    return None if row is None else fact(Take, row)


def _one(
    connection: Connection,
    table: Table,
    market_id: str,
    number: int | None,
    wanted: Sequence[ColumnElement[bool]],
) -> AnyRow | None:
    if number is None:
        return None
    query = select(table).where(table.c.market_id == market_id, table.c.number == number, *wanted)
    return connection.execute(query).one_or_none()


# --- inquiries and quotes -----------------------------------------------------------


def inquiries(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    state: QuoteState | None = None,
    inquiry_id: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[InquiryView]:
    """Inquiries in the order made: those a participant made or was asked by; None: all.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c, asked = tables.inquiries.c, tables.inquiry_asked.c
    query = select(tables.inquiries).where(c.market_id == market_id)
    if participant_id is not None:
        was_asked = (
            select(asked.number)
            .where(
                asked.market_id == c.market_id,
                asked.number == c.number,
                asked.participant_id == participant_id,
            )
            .exists()
        )
        query = query.where(or_(c.participant_id == participant_id, was_asked))
    if state is not None:
        query = query.where(c.state == state.value)
    if inquiry_id is not None:
        query = query.where(c.number == offer_number(inquiry_id, INQUIRY_PREFIX))
    rows, count = _some(connection, query, c.number, cursor, limit)
    declined = _declined(connection, market_id, [row.number for row in rows[:count]])
    return page(
        rows,
        count,
        lambda row: InquiryView(
            inquiry=fact(Inquiry, row),
            state=QuoteState(row.state),
            declined=tuple(declined[row.number]),
        ),
        lambda row: cursor_of(row.number),
    )


def _some(
    connection: Connection,
    query: Select[Any],
    number: ColumnElement[int],
    cursor: str | None,
    limit: int,
) -> tuple[Sequence[AnyRow], int]:
    """Rows behind a cursor by number, one more than asked for, and how many were."""
    if cursor is not None:
        query = query.where(number > numbers(cursor, 1)[0])
    count = bounded(limit)
    return connection.execute(query.order_by(number).limit(count + 1)).all(), count


def _declined(
    connection: Connection, market_id: str, made: Sequence[int]
) -> defaultdict[int, list[str]]:
    asked = tables.inquiry_asked.c
    declined: defaultdict[int, list[str]] = defaultdict(list)
    if made:
        query = (
            select(asked.number, asked.participant_id)
            .where(asked.market_id == market_id, asked.number.in_(made), asked.declined)
            .order_by(asked.number, asked.participant_id)
        )
        for row in connection.execute(query):
            declined[row.number].append(row.participant_id)
    return declined


def quotes(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    inquiry_id: str | None = None,
    quote_id: str | None = None,
    state: QuoteState | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[QuoteView]:
    """Quotes in the order given: those a participant gave or may accept; None: all.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.quotes.c
    query = select(tables.quotes).where(c.market_id == market_id)
    if participant_id is not None:
        query = query.where(or_(c.participant_id == participant_id, c.buyer_id == participant_id))
    if inquiry_id is not None:
        query = query.where(c.inquiry_id == inquiry_id)
    if quote_id is not None:
        query = query.where(c.number == offer_number(quote_id, QUOTE_PREFIX))
    if state is not None:
        query = query.where(c.state == state.value)
    rows, count = _some(connection, query, c.number, cursor, limit)
    return page(
        rows,
        count,
        lambda row: QuoteView(
            quote=fact(Quote, row), buyer_id=row.buyer_id, state=QuoteState(row.state)
        ),
        lambda row: cursor_of(row.number),
    )


# --- contracts ----------------------------------------------------------------------


def contracts(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    contract_id: str | None = None,
    state: ContractState | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[ContractView]:
    """Contracts in the order registered: those a participant is a party of; None: all.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.contracts.c
    query = select(tables.contracts).where(c.market_id == market_id)
    if participant_id is not None:
        own = or_(c.participant_id == participant_id, c.counterparty_id == participant_id)
        query = query.where(own)
    if contract_id is not None:
        query = query.where(c.number == offer_number(contract_id, CONTRACT_PREFIX))
    if state is not None:
        query = query.where(c.state == state.value)
    rows, count = _some(connection, query, c.number, cursor, limit)
    return page(
        rows,
        count,
        lambda row: ContractView(contract=fact(Contract, row), state=ContractState(row.state)),
        lambda row: cursor_of(row.number),
    )


def held_quanta(connection: Connection, market_id: str, participant_id: str) -> int:
    """Money held for a participant's offers that stand; added here, as a sum may pass 64 bits."""
    listed, legs = tables.listings.c, tables.listing_legs.c
    quoted, agreed = tables.quotes.c, tables.contracts.c
    open_listings = (
        select(listed.hold_ticks * legs.left_wh)
        .where(
            listed.market_id == market_id,
            listed.participant_id == participant_id,
            listed.state == ListingState.OPEN.value,
            listed.hold_ticks > 0,
        )
        .join(
            tables.listing_legs,
            and_(legs.market_id == listed.market_id, legs.number == listed.number),
        )
    )
    open_quotes = select(quoted.held_quanta).where(
        quoted.market_id == market_id,
        quoted.participant_id == participant_id,
        quoted.state == QuoteState.OPEN.value,
    )
    proposed = select(agreed.held_quanta).where(
        agreed.market_id == market_id,
        agreed.participant_id == participant_id,
        agreed.state == ContractState.PROPOSED.value,
    )
    asked = (open_listings.select_from(tables.listings), open_quotes, proposed)
    return sum(sum(connection.execute(query).scalars()) for query in asked)


# --- standing rules -------------------------------------------------------------------


def standing_rules(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    rule_id: str | None = None,
    withdrawn: bool | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[StandingView]:
    """Rules in the order set: a participant's; None: all.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.standing_rules.c
    query = select(tables.standing_rules).where(c.market_id == market_id)
    query = equal(
        query,
        (c.participant_id, participant_id),
        (c.rule_id, rule_id),
        (c.withdrawn, withdrawn),
    )
    rows, count = _some(connection, query, c.number, cursor, limit)
    return page(
        rows,
        count,
        lambda row: StandingView(rule=fact(StandingRule, row), withdrawn=row.withdrawn),
        lambda row: cursor_of(row.number),
    )


def forecasts(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    unit_id: str | None = None,
    from_s: int | None = None,
    until_s: int | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Forecast]:
    """The newest forecast of each unit and interval, in order of time and unit.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.forecasts.c
    query = select(tables.forecasts).where(c.market_id == market_id)
    query = equal(query, (c.participant_id, participant_id), (c.unit_id, unit_id))
    query = between(query, c.start_s, from_s, until_s)
    if cursor is not None:
        query = query.where(tuple_(c.start_s, c.unit_id) > tuple_(*number_and_name(cursor)))
    return read_page(
        connection,
        query,
        (c.start_s, c.unit_id),
        limit,
        lambda row: fact(Forecast, row),
    )
