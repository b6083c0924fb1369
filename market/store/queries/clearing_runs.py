"""Clearing runs: each call that was cleared, as a whole, and what its blocks and storages got.

The one idea: a run is what was solved together: the intervals of a day's opening call, or the one
interval of a closing call. Its rows by interval are the results of calls; the first of them has the welfare.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, or_, select, tuple_

from market.model.call import CALL_REASONS, CallKind, CallReason, Explained
from market.model.order import OrderView
from market.model.trade import AreaOutcome, LineOutcome
from market.store import tables
from market.store.queries.conditions import between
from market.store.queries.orders import orders
from market.store.queries.pages import AnyRow, bounded, cursor_of, fact, number_and_name, page
from market.store.views import CallResult, Page

BLOCKS_MAX: Final = 10_000
"""Most blocks and storages of one call that are told: as many as one answer holds."""
_NAMES_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingLimit:
    """A line that was full, or an area's connection that was, in one interval of a call."""

    start_s: int
    member_id: str
    """The line, or the area."""
    is_line: bool
    direction: str
    """Of a line forward or backward, of a connection import or export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearingRun:
    """One call that was cleared."""

    result: CallResult
    """Of its first interval."""
    last_start_s: int
    intervals: int
    binding: tuple[BindingLimit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTold:
    """A block or storage of a call, and why it got what it got."""

    view: OrderView
    traded_wh: int
    """What it traded in all its intervals."""
    reason: CallReason
    gain_quanta: int | None
    short_ticks: int | None


def clearing_runs(
    connection: Connection,
    market_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
    call: CallKind | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[ClearingRun]:
    """Calls that were cleared, by their first interval, from_s <= start < until_s.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.call_results.c
    query = select(tables.call_results).where(c.market_id == market_id, _is_first(market_id))
    query = between(query, c.start_s, from_s, until_s)
    if call is not None:
        query = query.where(c.call == call.value)
    if cursor is not None:
        query = query.where(tuple_(c.start_s, c.call) > tuple_(*number_and_name(cursor)))
    count = bounded(limit)
    rows = connection.execute(query.order_by(c.start_s, c.call).limit(count + 1)).all()
    spans = _spans(connection, market_id, rows[:count])
    binding = _binding(connection, market_id, spans)
    return page(
        rows,
        count,
        lambda row: _run(row, spans[row.call, row.start_s], binding),
        lambda row: cursor_of(row.start_s, row.call),
    )


def clearing_run(
    connection: Connection, market_id: str, call: CallKind, start_s: int
) -> ClearingRun | None:
    """One call by its first interval; None: it was not cleared, or has no such first one."""
    found = clearing_runs(
        connection, market_id, from_s=start_s, until_s=start_s + 1, call=call, limit=1
    )
    return found.items[0] if found.items else None


def _is_first(market_id: str) -> ColumnElement[bool]:
    """Of an opening call, whose intervals have one receipt, the row of the first interval."""
    c = tables.call_results.c
    opening = c.call == CallKind.DAY_AHEAD.value
    firsts = (
        select(func.min(c.start_s))
        .where(c.market_id == market_id, opening)
        .group_by(c.receipt_hash)
    )
    return or_(~opening, c.start_s.in_(firsts))


_Key = tuple[str, int]
_Span = tuple[int, int]
"""The last interval of a call, and how many it has."""


def _spans(connection: Connection, market_id: str, rows: Iterable[AnyRow]) -> Mapping[_Key, _Span]:
    found = {(row.call, row.start_s): (row.start_s, 1) for row in rows}
    days = {row.receipt_hash: row.start_s for row in rows if row.call == CallKind.DAY_AHEAD.value}
    c = tables.call_results.c
    counted = (
        select(c.receipt_hash, func.max(c.start_s), func.count())
        .where(
            c.market_id == market_id,
            c.call == CallKind.DAY_AHEAD.value,
            c.receipt_hash.in_(sorted(days)),
        )
        .group_by(c.receipt_hash)
    )
    for receipt_hash, last_s, count in connection.execute(counted) if days else ():
        found[CallKind.DAY_AHEAD.value, days[receipt_hash]] = (last_s, count)
    return found


def _run(row: AnyRow, span: _Span, binding: Mapping[_Key, list[BindingLimit]]) -> ClearingRun:
    last_s, intervals = span
    return ClearingRun(
        result=fact(CallResult, row),
        last_start_s=last_s,
        intervals=intervals,
        binding=tuple(binding.get((row.call, row.start_s), ())),
    )


def _binding(
    connection: Connection, market_id: str, spans: Mapping[_Key, _Span]
) -> Mapping[_Key, list[BindingLimit]]:
    """What bound in the intervals of these calls."""
    if not spans:
        return {}
    first_s = min(start_s for _, start_s in spans)
    last_s = max(last_s for last_s, _ in spans.values())
    opening = sorted(
        (start_s, last_s) for (call, start_s), (last_s, _) in spans.items()
        if call == CallKind.DAY_AHEAD.value
    )  # fmt: skip
    found: defaultdict[_Key, list[BindingLimit]] = defaultdict(list)
    for call, limit in _limits(connection, market_id, first_s, last_s):
        key = (call, limit.start_s)
        if call == CallKind.DAY_AHEAD.value:
            key = next(
                (
                    (call, start_s)
                    for start_s, end_s in opening
                    if start_s <= limit.start_s <= end_s
                ),
                key,
            )
        if key in spans:
            found[key].append(limit)
    return found


def _limits(
    connection: Connection, market_id: str, first_s: int, last_s: int
) -> Iterator[tuple[str, BindingLimit]]:
    c = tables.line_outcomes.c
    full = or_(
        (c.sent_forward_wh > 0) & (c.sent_forward_wh >= c.capacity_forward_wh),
        (c.sent_backward_wh > 0) & (c.sent_backward_wh >= c.capacity_backward_wh),
    )
    lines = (
        select(tables.line_outcomes)
        .where(c.market_id == market_id, c.start_s.between(first_s, last_s), full)
        .order_by(c.start_s, c.call, c.position)
    )
    for row in connection.execute(lines):
        line = fact(LineOutcome, row)
        forward = line.sent_forward_wh > 0 and line.sent_forward_wh >= line.capacity_forward_wh
        yield (
            row.call,
            BindingLimit(
                start_s=row.start_s,
                member_id=line.line_id,
                is_line=True,
                direction="forward" if forward else "backward",
            ),
        )
    a = tables.area_outcomes.c
    apart = (
        select(tables.area_outcomes)
        .where(
            a.market_id == market_id,
            a.start_s.between(first_s, last_s),
            a.price_ticks.is_not(None),
            a.connection_price_ticks.is_not(None),
            a.price_ticks != a.connection_price_ticks,
        )
        .order_by(a.start_s, a.call, a.position)
    )
    for row in connection.execute(apart):
        area = fact(AreaOutcome, row)
        assert area.price_ticks is not None, "the query wants one"
        assert area.connection_price_ticks is not None, "the query wants one"
        dearer = area.price_ticks > area.connection_price_ticks
        yield (
            row.call,
            BindingLimit(
                start_s=row.start_s,
                member_id=area.area_id,
                is_line=False,
                direction="import" if dearer else "export",
            ),
        )


# --- blocks -------------------------------------------------------------------------


def blocks_told(
    connection: Connection, market_id: str, call: CallKind, start_s: int
) -> tuple[BlockTold, ...] | None:
    """Blocks and storages of a call with their reasons, in acceptance order; None: it has none told.

    Args:
        connection: of a reader.
        market_id: the market.
        call: which call.
        start_s: its interval; of an opening call the day's first.
    """
    c = tables.call_reasons.c
    explained: Explained | None = connection.execute(
        select(c.explained).where(
            c.market_id == market_id, c.call == call.value, c.start_s == start_s
        )
    ).scalar()
    if explained is None:
        return None
    gains, short = dict(explained.gains), dict(explained.short)
    reasons = {
        number: CALL_REASONS[place]
        for number, place in zip(explained.numbers, explained.reasons, strict=True)
        # What they gain is said of every block and storage, and of nothing else.
        if number in gains or CALL_REASONS[place] is CallReason.NOT_IN_AUCTION
    }
    numbers = sorted(reasons)[:BLOCKS_MAX]
    names = [f"ord-{number}" for number in numbers]
    views = orders(connection, market_id, order_ids=names, limit=BLOCKS_MAX).items if names else ()
    traded = _traded_wh(connection, market_id, names)
    return tuple(
        BlockTold(
            view=view,
            traded_wh=traded.get(view.order.header.order_id, 0),
            reason=reasons[view.order.header.sequence],
            gain_quanta=gains.get(view.order.header.sequence),
            short_ticks=short.get(view.order.header.sequence),
        )
        for view in views
    )


def _traded_wh(connection: Connection, market_id: str, names: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    c = tables.trades.c
    for first in range(0, len(names), _NAMES_AT_ONCE):
        rows = connection.execute(
            select(c.order_id, func.sum(c.energy_wh))
            .where(c.market_id == market_id, c.order_id.in_(names[first : first + _NAMES_AT_ONCE]))
            .group_by(c.order_id)
        )
        found |= {order_id: int(energy_wh) for order_id, energy_wh in rows}
    return found
