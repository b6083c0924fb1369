"""Prices, volumes and flows of a report: one scan of the trades, one of each table of lines.

The one idea: all three are the same trades that stand, added up by something else; so energy sold is energy
bought and energy lost, which the report says.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from market.model.call import CallKind
from market.model.interval import MarketDay, day_of
from market.model.order import Side, Venue
from market.model.participant import UnitKind
from market.model.recall import TradeState
from market.model.rules import MarketRules
from market.model.trade import LineOutcome
from market.store import tables
from market.store.period_views import FlowRow, PeriodSpan, PeriodTrades, PriceRow, VolumeRow
from market.store.queries.market import MarketDefinition
from market.store.queries.money import joined, split_sum, whole_sum
from market.store.queries.pages import fact


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """Trades of one interval, area, mode, side and sort of unit."""

    start_s: int
    area_id: str
    venue: Venue
    side: Side
    source: UnitKind
    trades: int
    energy_wh: int
    value_quanta: int
    least_ticks: int
    most_ticks: int


def period_trades(
    connection: Connection, market_id: str, definition: MarketDefinition, span: PeriodSpan
) -> PeriodTrades:
    """What was traded for the days of a report; prices of one day by interval, of several by day."""
    sums = list(_sums(connection, market_id, span))
    if len(span.days) == 1:
        called = _called(connection, market_id, span)
        prices = _prices(sums, lambda start_s: start_s, definition, called)
    else:
        starts_s = _day_starts_s(sums, definition.rules)
        prices = _prices(sums, starts_s.__getitem__, definition, {})
    return PeriodTrades(
        prices=prices,
        volumes=_volumes(sums),
        flows=_flows(connection, market_id, definition, span),
    )


def _sums(connection: Connection, market_id: str, span: PeriodSpan) -> Iterable[_Sum]:
    c, units = tables.trades.c, tables.units.c
    by = (c.start_s, c.area_id, c.venue, c.side, units.kind)
    rows = connection.execute(
        select(
            *by,
            func.count(),
            whole_sum(c.energy_wh),
            *split_sum(c.price_ticks * c.energy_wh),
            func.min(c.price_ticks),
            func.max(c.price_ticks),
        )
        .select_from(
            tables.trades.join(
                tables.units, (units.market_id == c.market_id) & (units.unit_id == c.unit_id)
            )
        )
        .where(
            c.market_id == market_id,
            c.start_s >= span.from_s,
            c.start_s < span.until_s,
            c.state != TradeState.CANCELLED.value,
        )
        .group_by(*by)
        .order_by(*by)
    )
    for start_s, area_id, venue, side, kind, trades, energy_wh, high, low, least, most in rows:
        yield _Sum(
            start_s=start_s,
            area_id=area_id,
            venue=Venue(venue),
            side=Side(side),
            source=UnitKind(kind),
            trades=trades,
            energy_wh=energy_wh,
            value_quanta=joined(high, low),
            least_ticks=least,
            most_ticks=most,
        )


def _day_starts_s(sums: Iterable[_Sum], rules: MarketRules) -> dict[int, int]:
    """Of each traded interval the first second of its local day."""
    days = {
        start_s: day_of(start_s, rules.time_zone) for start_s in {item.start_s for item in sums}
    }
    first = {
        day: MarketDay(day=day, zone=rules.time_zone, minutes=rules.interval_minutes).starts_s()[0]
        for day in set(days.values())
    }
    return {start_s: first[day] for start_s, day in days.items()}


def _called(
    connection: Connection, market_id: str, span: PeriodSpan
) -> dict[tuple[int, str], int | None]:
    """The price of an interval's last call in each area: the closing one's, else the opening one's."""
    c = tables.area_outcomes.c
    rows = connection.execute(
        select(c.start_s, c.area_id, c.price_ticks)
        .where(c.market_id == market_id, c.start_s >= span.from_s, c.start_s < span.until_s)
        .order_by(case((c.call == CallKind.CLOSING.value, 1), else_=0))
    )
    return {(start_s, area_id): price_ticks for start_s, area_id, price_ticks in rows}


def _prices(
    sums: Iterable[_Sum],
    start_of: Callable[[int], int],
    definition: MarketDefinition,
    called: dict[tuple[int, str], int | None],
) -> tuple[PriceRow, ...]:
    """By area in the market's order, then in order of time."""
    found: dict[tuple[int, str], PriceRow] = {
        key: PriceRow(
            area_id=key[1],
            start_s=key[0],
            price_ticks=price_ticks,
            energy_wh=0,
            value_quanta=0,
            least_ticks=None,
            most_ticks=None,
        )
        for key, price_ticks in called.items()
    }
    for item in sums:
        key = (start_of(item.start_s), item.area_id)
        before = found.get(key)
        least, most = item.least_ticks, item.most_ticks
        if before is not None and before.least_ticks is not None and before.most_ticks is not None:
            least, most = min(least, before.least_ticks), max(most, before.most_ticks)
        found[key] = PriceRow(
            area_id=item.area_id,
            start_s=key[0],
            price_ticks=None if before is None else before.price_ticks,
            energy_wh=item.energy_wh + (0 if before is None else before.energy_wh),
            value_quanta=item.value_quanta + (0 if before is None else before.value_quanta),
            least_ticks=least,
            most_ticks=most,
        )
    index = definition.grid.area_index()
    ordered = sorted(found, key=lambda key: (index[key[1]], key[0]))
    return tuple(found[key] for key in ordered)


def _volumes(sums: Iterable[_Sum]) -> tuple[VolumeRow, ...]:
    found: defaultdict[tuple[Venue, Side, UnitKind], list[int]] = defaultdict(lambda: [0, 0, 0])
    for item in sums:
        kept = found[item.venue, item.side, item.source]
        for place, value in enumerate((item.trades, item.energy_wh, item.value_quanta)):
            kept[place] += value
    return tuple(
        VolumeRow(
            venue=venue,
            side=side,
            source=source,
            trades=trades,
            energy_wh=energy_wh,
            value_quanta=value_quanta,
        )
        for (venue, side, source), (trades, energy_wh, value_quanta) in sorted(found.items())
    )


def _flows(
    connection: Connection, market_id: str, definition: MarketDefinition, span: PeriodSpan
) -> tuple[FlowRow, ...]:
    """Every line in both directions, in the market's order."""
    calls, received, full = _in_calls(connection, market_id, span)
    matched: defaultdict[tuple[str, bool], int] = defaultdict(int)
    c = tables.line_uses.c
    for line_id, forward, sent_wh, arrived_wh in connection.execute(
        select(c.line_id, c.forward, whole_sum(c.sent_wh), whole_sum(c.received_wh))
        .where(c.market_id == market_id, c.start_s >= span.from_s, c.start_s < span.until_s)
        .group_by(c.line_id, c.forward)
    ):
        matched[line_id, forward] += sent_wh
        received[line_id, forward] += arrived_wh
    return tuple(
        FlowRow(
            line_id=line.line_id,
            from_area=line.from_area if forward else line.to_area,
            to_area=line.to_area if forward else line.from_area,
            call_wh=calls[line.line_id, forward],
            match_wh=matched[line.line_id, forward],
            received_wh=received[line.line_id, forward],
            full_intervals=full[line.line_id, forward],
        )
        for line in definition.grid.lines
        for forward in (True, False)
    )


def _in_calls(
    connection: Connection, market_id: str, span: PeriodSpan
) -> tuple[defaultdict[tuple[str, bool], int], ...]:
    """Sent, received, and intervals without anything left, by line and direction."""
    c = tables.line_outcomes.c
    sums = (
        whole_sum(c.sent_forward_wh),
        whole_sum(c.received_forward_wh),
        whole_sum(c.sent_backward_wh),
        whole_sum(c.received_backward_wh),
    )
    inside = (c.market_id == market_id, c.start_s >= span.from_s, c.start_s < span.until_s)
    sent: defaultdict[tuple[str, bool], int] = defaultdict(int)
    received: defaultdict[tuple[str, bool], int] = defaultdict(int)
    full: defaultdict[tuple[str, bool], int] = defaultdict(int)
    for line_id, *of in connection.execute(
        select(c.line_id, *sums).where(*inside).group_by(c.line_id)
    ):
        for forward in (True, False):
            at = 0 if forward else 2
            sent[line_id, forward] += of[at]
            received[line_id, forward] += of[at + 1]
    closing = (*inside, c.call == CallKind.CLOSING.value)
    for row in connection.execute(select(tables.line_outcomes).where(*closing)):
        line = fact(LineOutcome, row)
        full[line.line_id, True] += 0 < line.sent_forward_wh == line.capacity_forward_wh
        full[line.line_id, False] += 0 < line.sent_backward_wh == line.capacity_backward_wh
    return sent, received, full
