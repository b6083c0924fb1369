"""A market day in numbers: one scan of each projection, put together."""

from collections import Counter

from sqlalchemy import Connection, func, select

from market.model.call import CallKind
from market.model.money import participant_account
from market.model.order import OrderState, Side
from market.model.recall import TradeState
from market.model.trade import LineOutcome
from market.store import tables
from market.store.queries.money import amounts_by_account, ledger, whole_sum
from market.store.queries.pages import fact
from market.store.views import CallResult, DayTotals, ParticipantTotals


def day_totals(connection: Connection, market_id: str, *, from_s: int, until_s: int) -> DayTotals:
    """Totals of the intervals with from_s <= start < until_s; balances are those of now."""
    t = tables.intervals.c
    cleared = connection.execute(
        select(t.trade_count).where(
            t.market_id == market_id,
            t.start_s >= from_s,
            t.start_s < until_s,
            t.rung.is_not(None),
        )
    ).all()
    results = _call_results(connection, market_id, from_s, until_s)
    auctions = {_auction(row): row for row in results}.values()
    flows = _flows(connection, market_id, from_s, until_s)
    traded_wh = _traded_wh(connection, market_id, from_s, until_s)
    states = _order_states(connection, market_id, from_s, until_s)
    refused = tables.refusals.c
    return DayTotals(
        from_s=from_s,
        until_s=until_s,
        intervals_cleared=len(cleared),
        trade_count=sum(row.trade_count or 0 for row in cleared),
        orders_accepted=sum(states.values()),
        orders_rejected=connection.execute(
            select(func.count()).where(
                refused.market_id == market_id,
                refused.start_s >= from_s,
                refused.start_s < until_s,
            )
        ).scalar_one(),
        orders_cancelled=states.get(OrderState.CANCELLED, 0),
        bought_wh=sum(wh for (_, side), wh in traded_wh.items() if side is Side.BUY),
        sold_wh=sum(wh for (_, side), wh in traded_wh.items() if side is Side.SELL),
        losses_wh=sum(_lost_wh(line) for line in flows),
        welfare_quanta=sum(row.welfare_quanta for row in results),
        audit_failures=sum(len(row.audit_faults) for row in results),
        solve_ms=tuple(sorted(row.solve_ms for row in auctions)),
        binding_intervals=dict(Counter(line.line_id for line in flows if _binds(line))),
        rungs=dict(Counter(row.rung for row in auctions)),
        ledger=ledger(connection, market_id),
        participants=_participants(connection, market_id, from_s, until_s, traded_wh),
    )


def _call_results(
    connection: Connection, market_id: str, from_s: int, until_s: int
) -> list[CallResult]:
    c = tables.call_results.c
    rows = connection.execute(
        select(tables.call_results)
        .where(c.market_id == market_id, c.start_s >= from_s, c.start_s < until_s)
        .order_by(c.start_s, c.call)
    )
    return [fact(CallResult, row) for row in rows]


def _auction(row: CallResult) -> tuple[str, str | int]:
    """What auction it was: an opening call is one for many intervals, and they share its receipt."""
    opening = row.call == CallKind.DAY_AHEAD.value
    return row.call, row.receipt_hash if opening else row.start_s


def _flows(connection: Connection, market_id: str, from_s: int, until_s: int) -> list[LineOutcome]:
    c = tables.line_outcomes.c
    rows = connection.execute(
        select(tables.line_outcomes)
        .where(c.market_id == market_id, c.start_s >= from_s, c.start_s < until_s)
        .order_by(c.position, c.start_s)
    )
    return [fact(LineOutcome, row) for row in rows]


def _lost_wh(line: LineOutcome) -> int:
    sent_wh = line.sent_forward_wh + line.sent_backward_wh
    return sent_wh - line.received_forward_wh - line.received_backward_wh


def _binds(line: LineOutcome) -> bool:
    """True when the line carried all it could in the direction it carried anything."""
    forward = 0 < line.sent_forward_wh == line.capacity_forward_wh
    backward = 0 < line.sent_backward_wh == line.capacity_backward_wh
    return forward or backward


def _traded_wh(
    connection: Connection, market_id: str, from_s: int, until_s: int
) -> dict[tuple[str, Side], int]:
    """Energy by participant and side."""
    c = tables.trades.c
    rows = connection.execute(
        select(c.participant_id, c.side, whole_sum(c.energy_wh))
        .where(
            c.market_id == market_id,
            c.start_s >= from_s,
            c.start_s < until_s,
            c.state != TradeState.CANCELLED.value,
        )
        .group_by(c.participant_id, c.side)
    )
    return {(participant_id, Side(side)): wh for participant_id, side, wh in rows}


def _order_states(
    connection: Connection, market_id: str, from_s: int, until_s: int
) -> dict[OrderState, int]:
    """Accepted orders by what became of them."""
    c = tables.orders.c
    rows = connection.execute(
        select(c.state, func.count())
        .where(c.market_id == market_id, c.start_s >= from_s, c.start_s < until_s)
        .group_by(c.state)
    )
    return {OrderState(state): count for state, count in rows}


def _participants(
    connection: Connection,
    market_id: str,
    from_s: int,
    until_s: int,
    traded_wh: dict[tuple[str, Side], int],
) -> tuple[ParticipantTotals, ...]:
    amounts = amounts_by_account(connection, market_id, from_s=from_s, until_s=until_s)
    withdrawn_wh = _withdrawn_wh(connection, market_id, from_s, until_s)
    substituted = _substituted(connection, market_id, from_s, until_s)
    c = tables.participants.c
    rows = connection.execute(
        select(c.participant_id, c.area_id)
        .where(c.market_id == market_id)
        .order_by(c.participant_id)
    )
    totals = []
    for participant_id, area_id in rows:
        own = amounts.get(participant_account(participant_id), {})
        totals.append(
            ParticipantTotals(
                participant_id=participant_id,
                area_id=area_id,
                amounts_quanta=own,
                total_quanta=sum(own.values()),
                bought_wh=traded_wh.get((participant_id, Side.BUY), 0),
                sold_wh=traded_wh.get((participant_id, Side.SELL), 0),
                withdrawal_wh=withdrawn_wh.get(participant_id, 0),
                substituted=substituted.get(participant_id, 0),
            )
        )
    return tuple(totals)


def _withdrawn_wh(
    connection: Connection, market_id: str, from_s: int, until_s: int
) -> dict[str, int]:
    c = tables.withdrawals.c
    rows = connection.execute(
        select(c.participant_id, whole_sum(c.withdrawal_wh))
        .where(c.market_id == market_id, c.start_s >= from_s, c.start_s < until_s)
        .group_by(c.participant_id)
    )
    return {participant_id: wh for participant_id, wh in rows}  # noqa: C416 - typed pairs


def _substituted(
    connection: Connection, market_id: str, from_s: int, until_s: int
) -> dict[str, int]:
    """Readings put in by rule, by owner of the unit."""
    c, units = tables.measurements.c, tables.units.c
    rows = connection.execute(
        select(units.participant_id, func.count())
        .select_from(
            tables.measurements.join(
                tables.units, (units.market_id == c.market_id) & (units.unit_id == c.unit_id)
            )
        )
        .where(
            c.market_id == market_id,
            c.start_s >= from_s,
            c.start_s < until_s,
            c.substituted.is_(True),
        )
        .group_by(units.participant_id)
    )
    return {participant_id: count for participant_id, count in rows}  # noqa: C416 - typed pairs
