"""Events change the state: one function per event, no rule, no refusal.

The one idea: whatever was decided before a restart is applied again in the same way, so the live
path and the recovery path are the same code.
"""

from typing import Final

from market.control.market import MarketControl
from market.engine.orders import terms_of
from market.engine.state import MarketState
from market.model.messages import (
    DayClosed,
    DepositsMade,
    IntervalCleared,
    IntervalSettled,
    MarketCreated,
    MeasurementsRecorded,
    OrdersAccepted,
    OrdersCancelled,
    OrdersClosed,
    ParticipantsRegistered,
    PhaseChanged,
    SetpointsChanged,
    TradesMade,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.money import TransferKind
from market.trading.book import order_number
from market.trading.phases import Phases

_RENT_KINDS: Final = frozenset({TransferKind.LINE_RENT, TransferKind.LIMIT_RENT})
_KEEP_SETTLED_S: Final = 86_400
"""Positions stay this long after settlement: longer than any storage reading may be late."""


def market_created(event: MarketCreated) -> MarketState:
    """The state of a market that has just come to be."""
    return MarketState(
        rules=event.rules,
        grid=event.grid,
        phases=Phases(event.rules),
        control=MarketControl(event.grid, (), event.rules),
    )


def participants_registered(state: MarketState, event: ParticipantsRegistered) -> None:
    """Note new participants."""
    state.participants.update((item.participant_id, item) for item in event.participants)


def units_registered(state: MarketState, event: UnitsRegistered) -> None:
    """Note new units and put them under control."""
    state.storages.update(
        (item.unit_id, item.storage) for item in event.units if item.storage is not None
    )
    state.units.update((item.unit_id, item) for item in event.units)
    state.control.add_units(event.units)


def deposits_made(state: MarketState, event: DepositsMade) -> None:
    """Note deposit ids; the money comes with TransfersBooked."""
    state.deposits.update(
        (item.deposit_id, (item.participant_id, item.amount_quanta)) for item in event.deposits
    )


def orders_accepted(state: MarketState, event: OrdersAccepted) -> None:
    """Orders stand in the book; their money is held."""
    participant_id, orders = event.participant_id, event.orders
    state.ledger.hold(participant_id, sum(orders.held_quanta))
    state.book.add(participant_id, orders)
    for row, order_id in enumerate(orders.order_id):
        key = (participant_id, orders.client_order_id[row])
        state.client_orders[key] = (order_id, terms_of(orders, row))
        state.order_owner[order_id] = participant_id
    state.next_order_number = order_number(orders.order_id[-1]) + 1


def orders_cancelled(state: MarketState, event: OrdersCancelled) -> None:
    """Orders leave the book; their money is free again."""
    for order_id in event.order_ids:
        state.ledger.release(event.participant_id, state.book.cancel(order_id))


def phase_changed(state: MarketState, event: PhaseChanged) -> None:
    """An interval goes on along its road."""
    state.phases.enter(event.start_s, event.phase)


def interval_cleared(state: MarketState, event: IntervalCleared) -> None:
    """Keep the outcome until settlement needs it."""
    state.outcomes[event.outcome.start_s] = event.outcome


def trades_made(state: MarketState, event: TradesMade) -> None:
    """Trades become positions."""
    state.positions.add(event.start_s, event.trades)
    state.next_trade_number += len(event.trades)


def orders_closed(state: MarketState, event: OrdersClosed) -> None:
    """The interval's book is dropped; every hold of it is released."""
    for participant_id, held_quanta in state.book.close(event.start_s):
        state.ledger.release(participant_id, held_quanta)


def transfers_booked(state: MarketState, event: TransfersBooked) -> None:
    """Money moves; congestion rent is also counted by day."""
    state.ledger.book(event.transfers)
    for item in event.transfers:
        if item.kind in _RENT_KINDS and item.start_s is not None:
            rents = state.day_rent_quanta.setdefault(state.local_day(item.start_s), {})
            rents[item.credit_account] = rents.get(item.credit_account, 0) + item.amount_quanta


def setpoints_changed(state: MarketState, event: SetpointsChanged) -> None:
    """Set-points went out; the next ones are newer."""
    newest = max((item.sequence for item in event.setpoints), default=0)
    state.setpoint_sequence = max(state.setpoint_sequence, newest)


def measurements_recorded(state: MarketState, event: MeasurementsRecorded) -> None:
    """Readings stand until a newer one of the same unit and interval comes."""
    for reading in event.measurements:
        readings = state.measured_wh.setdefault(reading.start_s, {})
        readings[reading.unit_id] = reading.injection_wh
    state.positions.read(event.measurements)


def interval_settled(state: MarketState, event: IntervalSettled) -> None:
    """Count withdrawals for the day; the interval's working data are no longer needed.

    The sum was stated before the interval's transfers were booked; they must not have moved it.
    """
    if state.ledger.sum_quanta() != event.ledger_sum_quanta:
        raise AssertionError(f"the ledger does not sum up after settling {event.start_s}")
    withdrawn = state.day_withdrawal_wh.setdefault(state.local_day(event.start_s), {})
    for participant_id, energy_wh in event.withdrawal_wh:
        withdrawn[participant_id] = withdrawn.get(participant_id, 0) + energy_wh
    state.outcomes.pop(event.start_s, None)
    state.measured_wh.pop(event.start_s, None)
    state.positions.forget(event.start_s - _KEEP_SETTLED_S, state.storages)


def day_closed(state: MarketState, event: DayClosed) -> None:
    """The day's rent is given back."""
    closing = state.phases.day_to_close()
    if closing is None or closing[0] != event.day:
        raise AssertionError(f"day {event.day} is not the one to close")
    state.phases.close_day(closing[1])
    state.day_rent_quanta.pop(event.day, None)
    state.day_withdrawal_wh.pop(event.day, None)
