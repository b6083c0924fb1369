"""What the auctions decided: prices, intervals, curves."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from market.model.call import CallKind
from market.model.messages import Phase
from market.model.rules import MarketRules
from market.model.trade import AreaOutcome, LineOutcome
from market.model.units import SECONDS_PER_MINUTE
from market.store import tables
from market.store.queries.conditions import between
from market.store.queries.market import market
from market.store.queries.pages import AnyRow, fact
from market.store.views import AreaPrice, Curve, IntervalRow, IntervalView, PricedCurve

INTERVALS_MAX = 10_000
"""Most intervals in one page: a hundred days of quarter-hours. One more tells that there is more."""
PRICES_MAX = INTERVALS_MAX + 4_000
"""Most area prices read for one page: a page, and the areas of the intervals it begins and ends in."""


def prices(
    connection: Connection,
    market_id: str,
    *,
    from_s: int,
    until_s: int,
    call: CallKind | None = None,
) -> tuple[AreaPrice, ...]:
    """Area prices of cleared intervals, from_s <= start < until_s, in order of time.

    `call`: of one kind of call; None: of the last one of each interval.
    """
    c = tables.area_outcomes.c
    query = select(tables.area_outcomes).where(
        c.market_id == market_id, c.start_s >= from_s, c.start_s < until_s
    )
    if call is not None:
        query = query.where(c.call == call.value)
    rows = connection.execute(query.order_by(c.start_s, c.call, c.position).limit(PRICES_MAX))
    found = _last_calls(rows)
    return tuple(AreaPrice(start_s=row.start_s, area=fact(AreaOutcome, row)) for row in found)


def _last_calls(rows: Iterable[AnyRow]) -> Iterator[AnyRow]:
    """Of each interval's rows those of its last call: the closing call is first by its name."""
    start_s, call = None, ""
    for row in rows:
        if row.start_s != start_s:
            start_s, call = row.start_s, row.call
        if row.call == call:
            yield row


def intervals(
    connection: Connection,
    market_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
) -> tuple[IntervalView, ...]:
    """Delivery intervals of the trading period, from_s <= start < until_s, in order of time.

    Those nothing has happened to yet are SCHEDULED. Without bounds: the whole trading period, as
    far as it is known. At most INTERVALS_MAX and one.
    """
    definition = market(connection, market_id)
    if definition is None:
        return ()
    known = _rows(connection, market_id, from_s, until_s)
    starts = _starts(definition.rules, from_s, until_s, max(known, default=None))
    if not starts:
        return ()
    first_s, last_s = starts[0], starts[-1]
    areas = _outcomes(connection, market_id, first_s, last_s)
    lines = _flows(connection, market_id, first_s, last_s)
    return tuple(
        IntervalView(
            interval=known.get(start_s) or _scheduled(start_s),
            areas=tuple(areas.get(start_s, ())),
            lines=tuple(lines.get(start_s, ())),
        )
        for start_s in starts
    )


def _starts(
    rules: MarketRules, from_s: int | None, until_s: int | None, last_known_s: int | None
) -> range:
    """Starts of the intervals asked for that lie in the trading period."""
    step_s = rules.interval_minutes * SECONDS_PER_MINUTE
    first_s = rules.trading_from_s
    if from_s is not None and from_s > first_s:
        first_s += -(-(from_s - first_s) // step_s) * step_s
    end_s = rules.trading_until_s
    if end_s is None:  # a market without an end goes as far as its calls have been opened
        end_s = first_s if last_known_s is None else last_known_s + step_s
    if until_s is not None:
        end_s = min(end_s, until_s)
    return range(first_s, end_s, step_s)[: INTERVALS_MAX + 1]


def _rows(
    connection: Connection, market_id: str, from_s: int | None, until_s: int | None
) -> dict[int, IntervalRow]:
    c = tables.intervals.c
    query = select(tables.intervals).where(c.market_id == market_id)
    query = between(query, c.start_s, from_s, until_s)
    rows = connection.execute(query.order_by(c.start_s).limit(INTERVALS_MAX + 1))
    return {row.start_s: fact(IntervalRow, row, phase=Phase(row.phase)) for row in rows}


def _scheduled(start_s: int) -> IntervalRow:
    return IntervalRow(
        start_s=start_s,
        phase=Phase.SCHEDULED,
        phase_since_us=None,
        rung=None,
        reproducible=None,
        welfare_quanta=None,
        upper_bound_quanta=None,
        solve_ms=None,
        receipt_hash=None,
        audit_faults=None,
        trade_count=None,
        ledger_sum_quanta=None,
    )


def _outcomes(
    connection: Connection, market_id: str, first_s: int, last_s: int
) -> dict[int, list[AreaOutcome]]:
    c = tables.area_outcomes.c
    found: defaultdict[int, list[AreaOutcome]] = defaultdict(list)
    rows = connection.execute(
        select(tables.area_outcomes)
        .where(c.market_id == market_id, c.start_s.between(first_s, last_s))
        .order_by(c.start_s, c.call, c.position)
    )
    for row in _last_calls(rows):
        found[row.start_s].append(fact(AreaOutcome, row))
    return found


def _flows(
    connection: Connection, market_id: str, first_s: int, last_s: int
) -> dict[int, list[LineOutcome]]:
    c = tables.line_outcomes.c
    found: defaultdict[int, list[LineOutcome]] = defaultdict(list)
    rows = connection.execute(
        select(tables.line_outcomes)
        .where(c.market_id == market_id, c.start_s.between(first_s, last_s))
        .order_by(c.start_s, c.call, c.position)
    )
    for row in _last_calls(rows):
        found[row.start_s].append(fact(LineOutcome, row))
    return found


def curves(
    connection: Connection, market_id: str, *, start_s: int, call: CallKind | None = None
) -> tuple[PricedCurve, ...]:
    """Supply and demand of one interval, per area and for all together; empty before the result.

    `call`: of one kind of call; None: of the last one of the interval.
    """
    c, areas = tables.curves.c, tables.area_outcomes.c
    priced = tables.curves.outerjoin(
        tables.area_outcomes,
        (areas.market_id == c.market_id)
        & (areas.start_s == c.start_s)
        & (areas.call == c.call)
        & (areas.area_id == c.area_id),
    )
    query = (
        select(c.start_s, c.call, c.area_id, c.supply, c.demand, areas.price_ticks)
        .select_from(priced)
        .where(c.market_id == market_id, c.start_s == start_s)
    )
    if call is not None:
        query = query.where(c.call == call.value)
    rows = connection.execute(query.order_by(c.call, c.position))
    return tuple(
        PricedCurve(curve=fact(Curve, row), price_ticks=row.price_ticks)
        for row in _last_calls(rows)
    )
