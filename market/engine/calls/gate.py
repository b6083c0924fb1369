"""From the gate to the schedule: a call opens, closes, is cleared, and becomes trades.

The one idea: trades, transfers, released holds and set-points come in one decision, so they are
durable together or not at all.
"""

from collections.abc import Iterator

from market.engine.calls.cleared_trades import going_on, trades_of
from market.engine.calls.implausible import implausible
from market.engine.calls.sessions import hand_over
from market.engine.control.steering import first_setpoints
from market.engine.control.summing import areas_summed
from market.engine.decisions import applied, refused
from market.engine.facts.phase_steps import step_taken
from market.engine.interventions.recalls import end_at_gate
from market.engine.interventions.stops import decoupled
from market.engine.offers.offers import at_gate, listing_wedges
from market.engine.offers.standing import orders_for
from market.engine.state import MarketState
from market.model.call import CallKind, OrdersExplained
from market.model.messages import (
    ApplyClearing,
    CloseGate,
    Decision,
    Event,
    IntervalCleared,
    OpenCall,
    OrdersClosed,
    Step,
    TradesMade,
    TransfersBooked,
)
from market.model.rejection import Code, Rejection
from market.model.summing import AreasSummed
from market.model.trade import Trade
from market.settlement.energy import auction_transfers
from market.trading.public_curves import published_curves


def open_call(state: MarketState, command: OpenCall) -> Iterator[Decision]:
    """Order entry of an interval begins; standing rules place theirs."""
    refusal = state.phases.step_refusal(command.start_s, Step.OPEN_CALL)
    if refusal is not None:
        yield refused([refusal])
        return
    yield applied(
        *hand_over(state, command.start_s),
        step_taken(command.start_s, Step.OPEN_CALL, command.now_us),
    )
    yield from orders_for(state, command.start_s, command.now_us, CallKind.CLOSING)


def close_gate(state: MarketState, command: CloseGate) -> Decision:
    """Order entry of an interval ends: what is still listed joins, then the book is sealed."""
    start_s, now_us = command.start_s, command.now_us
    refusal = state.phases.step_refusal(start_s, Step.CLOSE_GATE)
    if refusal is not None:
        return refused([refusal])
    return applied(
        *at_gate(state, start_s, now_us),
        *end_at_gate(state, start_s, now_us),
        *decoupled(state, start_s),
        *implausible(state, CallKind.CLOSING, (start_s,)),
        step_taken(start_s, Step.CLOSE_GATE, now_us),
    )


def apply_clearing(state: MarketState, command: ApplyClearing) -> Decision:
    """Make an audited outcome of a locked call into facts."""
    call, outcomes = command.call, command.outcomes
    closing = call is CallKind.CLOSING
    step = Step.CLEAR if closing else Step.CLEAR_DAY_AHEAD
    refusal = _call_refusal(state, command, step)
    if refusal is not None:
        return refused([refusal])
    start_s = outcomes[0].start_s
    events: list[Event] = []
    made: list[Trade] = []
    sums: list[AreasSummed] = []
    for outcome in outcomes:
        number = state.next_trade_number + len(made)
        trades = tuple(trades_of(state, call, start_s, outcome, number))
        made += trades
        sums.append(
            areas_summed(
                state,
                call=call,
                call_start_s=start_s,
                start_s=outcome.start_s,
                now_us=command.now_us,
                trades=trades,
            )
        )
        supply, demand = published_curves(
            call=state.book.call(call, start_s),
            book=state.book,
            start_s=outcome.start_s,
            grid=state.grid,
            last_resort_id=state.last_resort_id,
        )
        events += [
            IntervalCleared(outcome=outcome, supply_curve=supply, demand_curve=demand, call=call),
            TradesMade(start_s=outcome.start_s, trades=trades),
            TransfersBooked(
                transfers=auction_transfers(outcome=outcome, trades=trades, grid=state.grid)
            ),
        ]
        if closing:
            events += listing_wedges(state, outcome)
    rest = {} if closing else going_on(state, start_s, made)
    return applied(
        *events,
        OrdersExplained(call=call, start_s=start_s, explained=command.explained),
        OrdersClosed(
            start_s=start_s,
            call=call,
            last_start_s=None if closing else outcomes[-1].start_s,
            going_on=tuple(rest),
            going_on_wh=tuple(rest.values()),
        ),
        *(_setpoints(state, start_s, made, command.now_us) if closing else ()),
        *sums,
        *(step_taken(outcome.start_s, step, command.now_us) for outcome in outcomes),
    )


def _call_refusal(state: MarketState, command: ApplyClearing, step: Step) -> Rejection | None:
    """Why these outcomes are not those of the call whose turn it is."""
    starts_s = tuple(outcome.start_s for outcome in command.outcomes)
    if not starts_s:
        return Rejection(code=Code.PHASE_CONFLICT)
    refusal = state.phases.step_refusal(starts_s[0], step)
    whole = starts_s[:1]
    if refusal is None and command.call is CallKind.DAY_AHEAD:
        whole = state.phases.day_starts_s(starts_s[0])
    return refusal or (None if starts_s == whole else Rejection(code=Code.PHASE_CONFLICT))


def _setpoints(
    state: MarketState, start_s: int, trades: list[Trade], now_us: int
) -> Iterator[Event]:
    """Of everything the units have traded in the interval, in whatever mode."""
    scheduled_wh = state.positions.scheduled_wh(start_s)
    for trade in trades:
        scheduled_wh[trade.unit_id] = scheduled_wh.get(trade.unit_id, 0) + trade.injection_wh
    return first_setpoints(state, start_s, scheduled_wh, now_us)
