"""Events change the state: one function per event, no rule, no refusal.

The one idea: whatever was decided before a restart is applied again in the same way, so the live
path and the recovery path are the same code.
"""

from collections import Counter
from typing import Final

from market.control.market import MarketControl
from market.control.readings import SETTLED_KEPT
from market.engine.facts import apply_acts, apply_calls, apply_continuous
from market.engine.state import MarketState
from market.model.mandate import MandateGranted, MandateRevoked, OwnLimitsSet
from market.model.messages import (
    DayClosed,
    DepositsMade,
    IntervalSettled,
    MarketCreated,
    MeasurementsRecorded,
    OrdersAccepted,
    OrdersCancelled,
    OrdersJoinedCall,
    OrdersPended,
    ParticipantsRegistered,
    Phase,
    PhaseChanged,
    SetpointsChanged,
    Step,
    TradesMade,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.money import TransferKind, participant_account
from market.model.order import Venue
from market.model.service import OutageEnded, OutageReported
from market.model.stop import (
    DeadManArmed,
    ReleaseProposed,
    StopKind,
    StopScope,
    TradingReleased,
    TradingStopped,
)
from market.settlement.bill import PAYMENTS
from market.trading.capacity import Capacity
from market.trading.deadlines import DeadlineKind
from market.trading.matching import ContinuousBook
from market.trading.phases import Phases

_COUNTED: Final = PAYMENTS | {TransferKind.LINE_RENT, TransferKind.LIMIT_RENT}
_KEEP_SETTLED_S: Final = 86_400
"""Positions stay this long after settlement: longer than any storage reading may be late."""


def market_created(event: MarketCreated) -> MarketState:
    """The state of a market that has just come to be."""
    phases = Phases(event.rules)
    capacity = Capacity(event.grid, event.rules.interval_minutes)
    return MarketState(
        rules=event.rules,
        grid=event.grid,
        phases=phases,
        capacity=capacity,
        continuous=ContinuousBook(event.grid, capacity, phases),
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
    apply_calls.note_orders(state, participant_id, event.placed_by, orders)
    if event.venue is Venue.CONTINUOUS:
        apply_continuous.accepted(state, event)
        return
    apply_calls.accepted(state, event)


def orders_pended(state: MarketState, event: OrdersPended) -> None:
    """Orders wait for their owner's word."""
    apply_calls.note_orders(state, event.participant_id, event.placed_by, event.orders)
    apply_continuous.pended(state, event)


def orders_joined_call(state: MarketState, event: OrdersJoinedCall) -> None:
    """Orders stand in the closing call of their interval now, holding what they held."""
    for order_id in event.order_ids:
        state.book.join(state.continuous.remove(order_id))


def orders_cancelled(state: MarketState, event: OrdersCancelled) -> None:
    """Orders leave the book; their money is free again."""
    for order_id in event.order_ids:
        if (
            apply_continuous.leave(state, order_id) is None
            and state.sleeping.pop(order_id, None) is None
            and not apply_continuous.leave_block(state, order_id)
        ):
            apply_calls.give_back(state, state.book.cancel(order_id))


def phase_changed(state: MarketState, event: PhaseChanged) -> None:
    """An interval goes on along its road, or a stop beside it begins or ends."""
    if event.step is None and event.phase in (Phase.CONTINUOUS, Phase.VOLATILITY_CALL):
        _interruption(state, event)
        return
    state.phases.enter(event.start_s, event.phase, event.step)
    if event.step is Step.CLOSE_GATE:
        state.standing.forget(event.start_s)
        state.recalls.forget(event.start_s)
    if event.step is Step.CLEAR:
        left_over = bool(state.acts.given_up_wh(event.start_s))
        state.networks.cleared(event.start_s, left_over=left_over)
    if event.step is Step.END_DELIVERY:
        apply_acts.end_limits(state, event.start_s + state.step_s)
        state.told.over(event.start_s)
    if event.step is Step.OPEN_CALL:
        for area in state.grid.areas:
            state.deadlines.drop(DeadlineKind.VOLATILITY, f"{event.start_s}/{area.area_id}")


def _interruption(state: MarketState, event: PhaseChanged) -> None:
    """A call of an area's interval begins beside the road, or ends."""
    key = f"{event.start_s}/{event.area_id}"
    if event.phase is Phase.CONTINUOUS:
        state.phases.resume(event.start_s, event.area_id)
        state.deadlines.drop(DeadlineKind.VOLATILITY, key)
        return
    assert event.until_us is not None, "a call beside the road ends by itself"
    state.phases.stop(event.start_s, event.area_id, event.phase)
    state.deadlines.put(DeadlineKind.VOLATILITY, key, event.until_us)


def trading_stopped(state: MarketState, event: TradingStopped) -> None:
    """A stop holds; a halt shows as a phase too."""
    stop = event.stop
    state.stops.add(stop)
    if stop.kind is StopKind.HALT:
        state.phases.stop(*_place(stop.scope, stop.key), Phase.HALT)


def _place(scope: StopScope, key: str) -> tuple[int | None, str | None]:
    """Interval and area of a halt."""
    return (
        int(key) if scope is StopScope.INTERVAL else None,
        key if scope is StopScope.AREA else None,
    )


def release_proposed(state: MarketState, event: ReleaseProposed) -> None:
    """One of two people wants a stop to end."""
    state.stops.propose((event.kind, event.scope, event.key), event.actor, event.until_us)


def trading_released(state: MarketState, event: TradingReleased) -> None:
    """A stop has ended."""
    state.stops.end((event.kind, event.scope, event.key))
    if event.kind is StopKind.HALT:
        state.phases.resume(*_place(event.scope, event.key))


def dead_man_armed(state: MarketState, event: DeadManArmed) -> None:
    """The timer itself runs in real time outside; that it is armed outlives a restart."""
    if event.after_s:
        state.dead_man_s[event.participant_id] = event.after_s
    else:
        state.dead_man_s.pop(event.participant_id, None)


def trades_made(state: MarketState, event: TradesMade) -> None:
    """Trades become positions."""
    state.positions.add(event.start_s, event.trades)
    if event.trades and event.trades[0].venue is not Venue.CALL:
        state.recalls.made(event.start_s, event.trades, event.made_us)
    for trade in event.trades:
        if trade.venue is Venue.CONTINUOUS:
            apply_continuous.traded(state, trade)
    state.next_trade_number += len(event.trades)


def transfers_booked(state: MarketState, event: TransfersBooked) -> None:
    """Money moves; congestion rent is also counted by day, and payments by participant."""
    state.ledger.book(event.transfers)
    if state.exposures.is_on:
        _note_moves(state, event)
    for item in event.transfers:
        if item.kind not in _COUNTED:
            continue
        if item.kind in PAYMENTS:
            state.payments.moved(item)
        elif item.start_s is not None:
            rents = state.day_rent_quanta.setdefault(state.local_day(item.start_s), {})
            rents[item.credit_account] = rents.get(item.credit_account, 0) + item.amount_quanta


def _note_moves(state: MarketState, event: TransfersBooked) -> None:
    """Accounts that have to be looked at again, and taxes a bill will add."""
    prefix = participant_account("")
    for item in event.transfers:
        for account in (item.debit_account, item.credit_account):
            if account.startswith(prefix):
                state.collateral.touched.add(account.removeprefix(prefix))
    if state.rules.taxes:
        state.unbilled.booked(event.transfers, state.rules)


def setpoints_changed(state: MarketState, event: SetpointsChanged) -> None:
    """Set-points went out; the next ones are newer."""
    newest = max((item.sequence for item in event.setpoints), default=0)
    state.setpoint_sequence = max(state.setpoint_sequence, newest)
    if state.rules.area_move_ppm_per_minute is not None:
        state.told.note(event.start_s, event.setpoints)


def measurements_recorded(state: MarketState, event: MeasurementsRecorded) -> None:
    """Readings stand until a newer one of the same unit and interval comes; some never count."""
    state.readings.take(event.area_id, event.measurements)
    late = Counter(state.local_day(item.start_s) for item in event.measurements if item.late)
    for day, count in late.items():
        state.settlements.late(day, count)
    counting = [item for item in event.measurements if not (item.late or item.older)]
    for reading in counting:
        readings = state.measured_wh.setdefault(reading.start_s, {})
        readings[reading.unit_id] = reading.injection_wh
    state.positions.read(counting)


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
    state.day_ahead_outcomes.pop(event.start_s, None)
    state.capacity.forget(event.start_s)
    state.acts.settled(event.start_s)
    state.forced.settled(event.start_s + state.step_s)
    state.burdens.settled(event.start_s, state.local_day(event.start_s))
    state.networks.forget(event.start_s)
    state.measured_wh.pop(event.start_s, None)
    state.readings.forget(event.start_s - SETTLED_KEPT * state.step_s)
    state.positions.forget(event.start_s - _KEEP_SETTLED_S, state.storages)
    state.exposures.over(event.start_s)


def day_closed(state: MarketState, event: DayClosed) -> None:
    """The day's rent is given back; burdens that are too old are forgotten."""
    closing = state.phases.day_to_close()
    if closing is None or closing[0] != event.day:
        raise AssertionError(f"day {event.day} is not the one to close")
    state.phases.close_day(closing[1])
    state.settlements.close(event.day, closing[1], state.rules.tariff)
    state.day_rent_quanta.pop(event.day, None)
    state.day_withdrawal_wh.pop(event.day, None)
    state.burdens.close_day(event.day)


def mandate_granted(state: MarketState, event: MandateGranted) -> None:
    """A mandate holds."""
    state.mandates.add(event.mandate)


def mandate_revoked(state: MarketState, event: MandateRevoked) -> None:
    """A mandate holds no longer."""
    state.mandates.revoke(event.mandate_id)


def own_limits_set(state: MarketState, event: OwnLimitsSet) -> None:
    """The limits hold for what comes from now on."""
    state.own_limits[event.participant_id] = event.limits


def outage_reported(state: MarketState, event: OutageReported) -> None:
    """The unit is out for these intervals."""
    state.outages[event.outage.unit_id] = event.outage


def outage_ended(state: MarketState, event: OutageEnded) -> None:
    """The unit is in service."""
    state.outages.pop(event.unit_id, None)
