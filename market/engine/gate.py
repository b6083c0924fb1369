"""From the gate to the schedule: a call opens, closes, is cleared, and becomes trades.

The one idea: trades, transfers, released holds and set-points come in one decision, so they are
durable together or not at all.
"""

from collections.abc import Iterator

from market.engine.setup import applied, refused
from market.engine.state import MarketState
from market.model.messages import (
    ApplyClearing,
    CloseGate,
    Decision,
    IntervalCleared,
    OpenCall,
    OrdersClosed,
    Phase,
    PhaseChanged,
    SetpointsChanged,
    TradesMade,
    TransfersBooked,
)
from market.model.order import Side
from market.model.trade import ClearingOutcome, Trade
from market.settlement.energy import auction_transfers
from market.trading.auction import published_curves
from market.trading.book import CallBook


def open_call(state: MarketState, command: OpenCall) -> Decision:
    """Order entry of an interval begins."""
    return _enter(state, command.start_s, Phase.CALL, command.now_us)


def close_gate(state: MarketState, command: CloseGate) -> Decision:
    """Order entry of an interval ends; the book is sealed until the result."""
    return _enter(state, command.start_s, Phase.LOCKED, command.now_us)


def _enter(state: MarketState, start_s: int, phase: Phase, now_us: int) -> Decision:
    refusal = state.phases.step_refusal(start_s, phase)
    if refusal is not None:
        return refused([refusal])
    return applied(PhaseChanged(start_s=start_s, phase=phase, now_us=now_us))


def apply_clearing(state: MarketState, command: ApplyClearing) -> Decision:
    """Make an audited outcome of a locked interval into facts."""
    outcome = command.outcome
    start_s = outcome.start_s
    refusal = state.phases.step_refusal(start_s, Phase.DELIVERY_LOCK)
    if refusal is not None:
        return refused([refusal])
    call = state.book.call(start_s)
    trades = tuple(_trades(state, call, outcome))
    supply, demand = published_curves(
        call=call, grid=state.grid, last_resort_id=state.last_resort_id
    )
    transfers = auction_transfers(outcome=outcome, trades=trades, grid=state.grid)
    return applied(
        IntervalCleared(outcome=outcome, supply_curve=supply, demand_curve=demand),
        TradesMade(start_s=start_s, trades=trades),
        TransfersBooked(transfers=transfers),
        OrdersClosed(start_s=start_s),
        *_setpoints(state, start_s, trades),
        PhaseChanged(start_s=start_s, phase=Phase.DELIVERY_LOCK, now_us=command.now_us),
    )


def _trades(state: MarketState, call: CallBook, outcome: ClearingOutcome) -> Iterator[Trade]:
    """One leg per filled order, in acceptance sequence; checks each fill against its order."""
    row_of = {order_id: row for row, order_id in enumerate(call.order_id)}
    price_of = {area.area_id: area.price_ticks for area in outcome.areas}
    match_id = f"mat-{outcome.start_s}"
    number = state.next_trade_number
    for order_id, energy_wh in zip(outcome.filled_order_ids, outcome.filled_wh, strict=True):
        row = row_of[order_id]
        price_ticks = price_of[call.area_id[row]]
        if price_ticks is None or not 0 < energy_wh <= call.energy_wh[row]:
            raise AssertionError(f"outcome of {outcome.start_s} does not fit order {order_id}")
        yield Trade(
            trade_id=f"trd-{number}",
            match_id=match_id,
            order_id=order_id,
            participant_id=call.participant_id[row],
            unit_id=call.unit_id[row],
            area_id=call.area_id[row],
            start_s=outcome.start_s,
            side=Side.SELL if call.is_sell[row] else Side.BUY,
            price_ticks=price_ticks,
            energy_wh=energy_wh,
        )
        number += 1


def _setpoints(
    state: MarketState, start_s: int, trades: tuple[Trade, ...]
) -> tuple[SetpointsChanged, ...]:
    scheduled_wh = state.positions.scheduled_wh(start_s)
    for trade in trades:
        scheduled_wh[trade.unit_id] = scheduled_wh.get(trade.unit_id, 0) + trade.injection_wh
    return state.control.schedule(
        start_s=start_s, scheduled_wh=scheduled_wh, sequence=state.setpoint_sequence + 1
    )
