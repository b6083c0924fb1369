"""Why an order stands where it stands: what the calls said of it, how it left, what it traded.

The one idea: the reasons were worked out at the uncross and lie in columns by call; an order's are
found by its number, and everything else that explains it is a fact of another list.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from market.model.call import CALL_REASONS, CallKind, CallReason, Explained
from market.model.order import Order, OrderView, Side, Venue
from market.model.trade import AreaOutcome, LineOutcome
from market.store import tables
from market.store.queries.grids import UnitTold, unit_told
from market.store.queries.orders import order as one_order
from market.store.queries.pages import fact
from market.store.views import OrderEnd, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTold:
    """What one call made of an order."""

    call: CallKind
    start_s: int
    """The interval; of an opening call the day's first."""
    reasons: tuple[CallReason, ...]
    """One, or one per step of a curve."""
    gain_quanta: int | None
    """What a block or storage gains, or would have gained; None: of simple orders."""
    short_ticks: int | None
    """By how much a block's limit or an idle storage's best use was missed."""
    tied_wh: int
    """Energy at the price in its area, interval and side; 0: it was not there."""
    tied_accepted_wh: int
    areas: tuple[AreaOutcome, ...]
    """Prices of the order's own interval; of several its first."""
    lines: tuple[LineOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradedPrices:
    """Continuous trades of an area's interval while an order was there."""

    lowest_ticks: int
    highest_ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStory:
    """Everything that explains an order."""

    view: OrderView
    end: OrderEnd | None
    """How it left before it was filled; None: it did not, or with its call."""
    calls: tuple[CallTold, ...]
    traded_quanta: int
    """Price times energy of its trades, all together."""
    traded_wh: int
    seen: TradedPrices | None
    """What others paid in continuous trading; None: nobody traded, or it was never there."""
    told: UnitTold | None = None
    """What its unit was told instead of its trades in the interval; None: they stand."""


def order_story(
    connection: Connection, market_id: str, order_id: str, *, after_gate: bool = False
) -> OrderStory | None:
    """What explains one order; None: there is none. `after_gate` as in `order`."""
    view = one_order(connection, market_id, order_id, after_gate=after_gate)
    if view is None:
        return None
    header = view.order.header
    c = tables.order_ends.c
    found = connection.execute(
        select(tables.order_ends).where(c.market_id == market_id, c.sequence == header.sequence)
    ).one_or_none()
    quanta, energy_wh = _traded(connection, market_id, order_id)
    return OrderStory(
        view=view,
        end=None if found is None else fact(OrderEnd, found),
        calls=_calls(connection, market_id, view.order),
        traded_quanta=quanta,
        traded_wh=energy_wh,
        seen=_seen(connection, market_id, view.order),
        told=unit_told(connection, market_id, header.unit_id, header.start_s),
    )


def refused(
    connection: Connection, market_id: str, participant_id: str, client_order_id: str
) -> Refusal | None:
    """The last refusal of an order under an owner's id; None: none was."""
    c = tables.refusals.c
    row = connection.execute(
        select(tables.refusals)
        .where(
            c.market_id == market_id,
            c.participant_id == participant_id,
            c.client_order_id == client_order_id,
        )
        .order_by(c.event_seq.desc(), c.row.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else fact(Refusal, row)


def _traded(connection: Connection, market_id: str, order_id: str) -> tuple[int, int]:
    c = tables.trades.c
    rows = connection.execute(
        select(c.price_ticks, c.energy_wh).where(c.market_id == market_id, c.order_id == order_id)
    ).all()
    return sum(row.price_ticks * row.energy_wh for row in rows), sum(row.energy_wh for row in rows)


def _seen(connection: Connection, market_id: str, order: Order) -> TradedPrices | None:
    """Prices others traded at; trades are public, open orders are not."""
    if order.header.venue is not Venue.CONTINUOUS:
        return None
    c = tables.trades.c
    row = connection.execute(
        select(func.min(c.price_ticks), func.max(c.price_ticks)).where(
            c.market_id == market_id,
            c.start_s == order.header.start_s,
            c.area_id == order.header.area_id,
            c.venue == Venue.CONTINUOUS.value,
            c.order_id != order.header.order_id,
        )
    ).one()
    lowest, highest = row
    return None if lowest is None else TradedPrices(lowest_ticks=lowest, highest_ticks=highest)


def _calls(connection: Connection, market_id: str, order: Order) -> tuple[CallTold, ...]:
    """The opening call, then the closing call, as far as the order was in them."""
    c = tables.call_reasons.c
    at_s = order.header.start_s
    mine = (c.market_id == market_id) & (c.start_s <= at_s)
    day = (
        select(tables.call_reasons)
        .where(mine, c.call == CallKind.DAY_AHEAD.value)
        .order_by(c.start_s.desc())
        .limit(1)
    )
    closing = select(tables.call_reasons).where(
        mine, c.call == CallKind.CLOSING.value, c.start_s == at_s
    )
    rows = [connection.execute(query).one_or_none() for query in (day, closing)]
    told = [
        _told(connection, market_id, order, CallKind(row.call), row.start_s, row.explained)
        for row in rows
        if row is not None
    ]
    return tuple(item for item in told if item is not None)


def _told(
    connection: Connection,
    market_id: str,
    order: Order,
    call: CallKind,
    start_s: int,
    explained: Explained,
) -> CallTold | None:
    header = order.header
    number = header.sequence
    reasons = tuple(
        CALL_REASONS[reason]
        for its, reason in zip(explained.numbers, explained.reasons, strict=True)
        if its == number
    )
    if not reasons:
        return None
    place = (header.area_id, header.start_s, header.side is Side.SELL)
    tied = [item for item in explained.tied if (item.area_id, item.start_s, item.sells) == place]
    is_tied = bool(tied) and CallReason.MARGINAL in reasons
    return CallTold(
        call=call,
        start_s=start_s,
        reasons=reasons,
        gain_quanta=dict(explained.gains).get(number),
        short_ticks=dict(explained.short).get(number),
        tied_wh=tied[0].energy_wh if is_tied else 0,
        tied_accepted_wh=tied[0].accepted_wh if is_tied else 0,
        areas=_areas(connection, market_id, call, header.start_s),
        lines=_lines(connection, market_id, call, header.start_s),
    )


def _areas(
    connection: Connection, market_id: str, call: CallKind, start_s: int
) -> tuple[AreaOutcome, ...]:
    c = tables.area_outcomes.c
    rows = connection.execute(
        select(tables.area_outcomes)
        .where(c.market_id == market_id, c.start_s == start_s, c.call == call.value)
        .order_by(c.position)
    )
    return tuple(fact(AreaOutcome, row) for row in rows)


def _lines(
    connection: Connection, market_id: str, call: CallKind, start_s: int
) -> tuple[LineOutcome, ...]:
    c = tables.line_outcomes.c
    rows = connection.execute(
        select(tables.line_outcomes)
        .where(c.market_id == market_id, c.start_s == start_s, c.call == call.value)
        .order_by(c.position)
    )
    return tuple(fact(LineOutcome, row) for row in rows)
