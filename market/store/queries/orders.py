"""Orders and what became of them: trades."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Select, select, tuple_

from market.model.messages import Phase
from market.model.order import (
    BasketOrder,
    BlockOrder,
    CurveOrder,
    LimitOrder,
    Order,
    OrderColumns,
    OrderHeader,
    OrderOptions,
    OrderState,
    OrderView,
    Side,
    StorageOrder,
    Venue,
)
from market.model.recall import StoredTrade, TradeState
from market.store import tables
from market.store.projections import order_number
from market.store.queries.conditions import between, equal
from market.store.queries.pages import AnyRow, bounded, fact, numbers, read_page
from market.store.views import Page

_SEALED = (Phase.SCHEDULED.value, Phase.CALL.value)


def _order(row: AnyRow) -> Order:
    """The order of a row: its kind says what else is in its terms."""
    header = fact(OrderHeader, row, side=Side(row.side), venue=Venue(row.venue))
    terms = msgspec.json.decode(row.terms)
    match terms.pop("kind"):
        case "limit":
            options = msgspec.convert(terms["options"], OrderOptions)
            return LimitOrder(
                header=header, price_ticks=row.price_ticks, energy_wh=row.energy_wh, options=options
            )
        case "block":
            known = {"header": header, "price_ticks": row.price_ticks}
            options = msgspec.convert(terms.pop("options"), OrderOptions)
            legs = tuple((start_s, wh) for start_s, wh in terms.pop("legs"))
            return BlockOrder(**known, **terms, legs=legs, options=options)
        case "curve":
            return CurveOrder(header=header, steps=tuple((p, wh) for p, wh in terms["steps"]))
        case "storage":
            return StorageOrder(header=header, **terms)
        case "basket":
            return BasketOrder(header=header, rows=msgspec.convert(terms["rows"], OrderColumns))
        case kind:
            raise AssertionError(f"an order of kind {kind} in the table")


def _order_view(row: AnyRow) -> OrderView:
    return OrderView(
        order=_order(row),
        state=OrderState(row.state),
        filled_wh=row.filled_wh,
        held_quanta=row.held_quanta,
        price_ticks=row.price_ticks,
        energy_wh=row.energy_wh,
    )


def _trade(row: AnyRow) -> StoredTrade:
    return fact(
        StoredTrade,
        row,
        side=Side(row.side),
        venue=Venue(row.venue),
        state=TradeState(row.state),
    )


def order(
    connection: Connection, market_id: str, order_id: str, *, after_gate: bool = False
) -> OrderView | None:
    """One order by the market's id; None: there is none.

    `after_gate`: as if there were none while its interval may still be traded.
    """
    number = order_number(order_id)
    if number is None:
        return None
    c = tables.orders.c
    query = select(tables.orders).where(
        c.market_id == market_id, c.sequence == number, c.order_id == order_id
    )
    if after_gate:
        query = query.where(c.start_s.in_(_opened(market_id)))
    found = connection.execute(query).one_or_none()
    return None if found is None else _order_view(found)


def orders(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    start_s: int | None = None,
    state: OrderState | None = None,
    unit_id: str | None = None,
    client_order_id: str | None = None,
    placed_by: str | None = None,
    area_id: str | None = None,
    side: Side | None = None,
    order_ids: Sequence[str] | None = None,
    after_gate: bool = False,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[OrderView]:
    """Orders in acceptance sequence.

    Args:
        connection: of a reader.
        market_id: the market.
        participant_id: only this owner's; None: everybody's.
        start_s: only of this delivery interval.
        state: only in this state; ACTIVE ones stand in a book.
        unit_id: only of this unit.
        client_order_id: only with this id of the owner's.
        placed_by: only those that this participant placed under a mandate.
        area_id: only of units in this area.
        side: only of this side.
        order_ids: only these; at most LIMIT_MAX.
        after_gate: True: only of intervals whose gate has closed (sealed until then).
        cursor: read on from here.
        limit: most orders to give back.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.orders.c
    query = select(tables.orders).where(c.market_id == market_id)
    query = equal(
        query,
        (c.participant_id, participant_id),
        (c.start_s, start_s),
        (c.state, state),
        (c.unit_id, unit_id),
        (c.client_order_id, client_order_id),
        (c.placed_by, placed_by),
        (c.area_id, area_id),
        (c.side, side),
    )
    if order_ids is not None:
        sequences = [number for number in map(order_number, order_ids) if number is not None]
        query = query.where(c.sequence.in_(sequences))
    if after_gate:
        query = query.where(c.start_s.in_(_opened(market_id)))
    if cursor is not None:
        query = query.where(c.sequence > numbers(cursor, 1)[0])
    return read_page(connection, query, (c.sequence,), limit, _order_view)


def _opened(market_id: str) -> Select[tuple[int]]:
    """Intervals whose gate has closed."""
    c = tables.intervals.c
    return select(c.start_s).where(c.market_id == market_id, c.phase.not_in(_SEALED))


def trades(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    unit_id: str | None = None,
    area_id: str | None = None,
    start_s: int | None = None,
    from_s: int | None = None,
    until_s: int | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[StoredTrade]:
    """Trades in the order in which they were made; from_s <= delivery start < until_s.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.trades.c
    query = select(tables.trades).where(c.market_id == market_id)
    query = equal(
        query,
        (c.participant_id, participant_id),
        (c.unit_id, unit_id),
        (c.area_id, area_id),
        (c.start_s, start_s),
    )
    query = between(query, c.start_s, from_s, until_s)
    if cursor is not None:
        query = query.where(tuple_(c.event_seq, c.row) > tuple_(*numbers(cursor, 2)))
    return read_page(connection, query, (c.event_seq, c.row), limit, _trade)


def recent_trades(
    connection: Connection, market_id: str, *, area_id: str, limit: int = 100
) -> tuple[StoredTrade, ...]:
    """The area's last trades, oldest of them first."""
    c = tables.trades.c
    query = (
        select(tables.trades)
        .where(c.market_id == market_id, c.area_id == area_id)
        .order_by(c.event_seq.desc(), c.row.desc())
        .limit(bounded(limit))
    )
    return tuple(_trade(row) for row in reversed(connection.execute(query).all()))
